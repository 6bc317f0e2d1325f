//! Walking HIR: the direct children of a node, in evaluation order. Bodies of functions named by
//! `Lambda`, `Functions` and `Protected` are not children; they live in the unit's table.

use super::node::*;

/// Defines a walker; `$r` is `&` or `&mut` spelled as the tokens that follow `&`.
macro_rules! walker {
    ($(#[$doc:meta])* $name:ident, $iter:ident, $($m:tt)?) => {
        $(#[$doc])*
        pub fn $name(node: &$($m)? Hir, f: &mut dyn FnMut(&$($m)? Hir)) {
            match &$($m)? node.kind {
                Kind::Const(_)
                | Kind::Local(_)
                | Kind::Global(_)
                | Kind::Lambda(_)
                | Kind::LocalFunction(_)
                | Kind::GlobalFunction(_)
                | Kind::Go(..) => {}
                Kind::SetLocal(_, e)
                | Kind::SetGlobal(_, e)
                | Kind::Functions(_, e)
                | Kind::Block(_, e)
                | Kind::ReturnFrom(_, e)
                | Kind::The(_, _, e)
                | Kind::ExitTo(_, e)
                | Kind::Leave(_, e) => f(e),
                Kind::If(a, b, c) | Kind::Progv(a, b, c) => {
                    f(a);
                    f(b);
                    f(c);
                }
                Kind::Seq(es)
                | Kind::Prim(_, es)
                | Kind::Primitive(_, es)
                | Kind::Foreign(_, es)
                | Kind::Values(es) => es.$iter().for_each(f),
                Kind::Let(bindings, body) => {
                    bindings.$iter().for_each(|(_, e)| f(e));
                    f(body);
                }
                Kind::Bind(bindings, body) => {
                    bindings.$iter().for_each(|(_, e)| f(e));
                    f(body);
                }
                Kind::LetValues(_, a, b)
                | Kind::Catch(a, b)
                | Kind::UnwindProtect(a, b)
                | Kind::ValuesProg1(a, b)
                | Kind::Throw(a, b) => {
                    f(a);
                    f(b);
                }
                Kind::Call(callee, es) => {
                    if let Callee::Value(e) = callee {
                        f(e);
                    }
                    es.$iter().for_each(f);
                }
                Kind::ValuesCall(g, es) => {
                    f(g);
                    es.$iter().for_each(f);
                }
                Kind::Tagbody(_, segments) | Kind::TagbodyFrom(_, _, segments) => {
                    segments.$iter().for_each(|(_, forms)| forms.$iter().for_each(&mut *f));
                }
                Kind::Protected(p) => match &$($m)? p.kind {
                    ProtectedKind::Block(_) | ProtectedKind::Tagbody(_) => {}
                    ProtectedKind::Catch(e) | ProtectedKind::Cleanup(e) => f(e),
                },
            }
        }
    };
}

walker!(
    /// Calls `f` on each direct child.
    for_each_child, iter,
);
walker!(
    /// Calls `f` on each direct child, to change it.
    for_each_child_mut, iter_mut, mut
);

/// Calls `f` on each initial form of a lambda list.
pub fn for_each_init(params: &Params, f: &mut dyn FnMut(&Hir)) {
    params.optional.iter().for_each(|o| f(&o.init));
    params.keys.iter().flatten().for_each(|k| f(&k.init));
}

/// Calls `f` on each initial form of a lambda list, to change it.
pub fn for_each_init_mut(params: &mut Params, f: &mut dyn FnMut(&mut Hir)) {
    params.optional.iter_mut().for_each(|o| f(&mut o.init));
    params.keys.iter_mut().flatten().for_each(|k| f(&mut k.init));
}
