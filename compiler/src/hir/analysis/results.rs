//! Which functions always return exactly one value (greatest fixpoint over tail positions).
//!
//! Their direct entries return just that value (those of protected bodies with exits return a count
//! too: it carries the exit). An unknown call in tail position makes a function
//! many-valued, which also keeps its tail calls proper.

use crate::hash::HashSet;

use crate::hir::*;

/// The single-valued functions among `candidates`.
pub fn single_valued(unit: &Unit, candidates: &HashSet<FnId>) -> HashSet<FnId> {
    let mut single = candidates.clone();
    loop {
        let before = single.len();
        let next: HashSet<FnId> = single.iter().copied().filter(|&f| is_single(&unit.function(f).body, &single, unit)).collect();
        single = next;
        if single.len() == before {
            return single;
        }
    }
}

/// Whether the node gives exactly one value, given the functions believed to.
pub fn is_single(node: &Hir, single: &HashSet<FnId>, unit: &Unit) -> bool {
    let tail = |n: &Hir| is_single(n, single, unit);
    match &node.kind {
        Kind::Const(_)
        | Kind::Local(_)
        | Kind::SetLocal(..)
        | Kind::Global(_)
        | Kind::SetGlobal(..)
        | Kind::Lambda(_)
        | Kind::LocalFunction(_)
        | Kind::GlobalFunction(_)
        | Kind::Prim(..)
        | Kind::Primitive(..)
        | Kind::Foreign(..)
        | Kind::Tagbody(..)
        | Kind::TagbodyFrom(..)
        | Kind::Go(..)
        | Kind::Throw(..)
        | Kind::ExitTo(..)
        | Kind::Leave(..)
        | Kind::The(..) => true,
        Kind::If(_, a, b) => tail(a) && tail(b),
        Kind::Seq(es) => es.last().is_some_and(tail),
        Kind::Let(_, body) | Kind::LetValues(_, _, body) | Kind::Functions(_, body) => tail(body),
        Kind::Bind(_, body) | Kind::Progv(_, _, body) => tail(body),
        Kind::Block(b, body) => tail(body) && returns_single(body, *b, single, unit),
        // Control never arrives behind a return; its value counts at the block.
        Kind::ReturnFrom(..) => true,
        Kind::Call(Callee::Known(f), _) => single.contains(f),
        Kind::Call(..) | Kind::ValuesCall(..) => false,
        Kind::ValuesProg1(first, _) => tail(first),
        Kind::Values(es) => es.len() == 1,
        Kind::Protected(p) => match &p.kind {
            ProtectedKind::Cleanup(_) => single.contains(&p.body),
            ProtectedKind::Tagbody(_) => true,
            ProtectedKind::Block(_) | ProtectedKind::Catch(_) => false,
        },
        Kind::Catch(..) | Kind::UnwindProtect(..) => false,
    }
}

/// Whether every `return-from` of the block inside `node` gives one value.
fn returns_single(node: &Hir, block: BlockId, single: &HashSet<FnId>, unit: &Unit) -> bool {
    let mut all = true;
    match &node.kind {
        Kind::ReturnFrom(b, value) if *b == block => all = is_single(value, single, unit),
        // What the exits of protected bodies bring is not looked for.
        Kind::Protected(p) if p.exits.contains(&Exit::Return(block)) => all = false,
        _ => {}
    }
    visit::for_each_child(node, &mut |child| all = all && returns_single(child, block, single, unit));
    all
}
