//! Calls of standard functions that have a shorter form: source transformations on argument forms.

use super::operators::Transform;
use super::{Expanded, Expander, Rooted};
use crate::env::Env;
use crate::env::declarations::function_symbol;
use crate::hir::*;
use crate::known_functions::PrimOp;
use crate::types::TypeSet;

/// Longest `list` call that is built inline.
const MAX_INLINE_LIST: usize = 16;

/// Functions of COMMON-LISP with a transformation.
pub(super) const ALL: &[(&str, Transform)] = &[
    ("FUNCALL", |x, a, e| x.transform_funcall(a, e)),
    ("VALUES", |x, a, e| x.expand_all(a, e).map(|nodes| Some(x.node(Kind::Values(nodes))))),
    ("LIST", |x, a, e| x.transform_list(a, e)),
    ("LIST*", |x, a, e| x.transform_list_star(a, e)),
    ("FIRST", |x, a, e| x.transform_path("a", a, e)),
    ("REST", |x, a, e| x.transform_path("d", a, e)),
    ("SECOND", |x, a, e| x.transform_path("ad", a, e)),
    ("THIRD", |x, a, e| x.transform_path("add", a, e)),
    ("FOURTH", |x, a, e| x.transform_path("addd", a, e)),
    ("CAAR", |x, a, e| x.transform_path("aa", a, e)),
    ("CADR", |x, a, e| x.transform_path("ad", a, e)),
    ("CDAR", |x, a, e| x.transform_path("da", a, e)),
    ("CDDR", |x, a, e| x.transform_path("dd", a, e)),
    ("CAADR", |x, a, e| x.transform_path("aad", a, e)),
    ("CADAR", |x, a, e| x.transform_path("ada", a, e)),
    ("CADDR", |x, a, e| x.transform_path("add", a, e)),
    ("CDADR", |x, a, e| x.transform_path("dad", a, e)),
    ("CDDAR", |x, a, e| x.transform_path("dda", a, e)),
    ("CDDDR", |x, a, e| x.transform_path("ddd", a, e)),
    ("CADDDR", |x, a, e| x.transform_path("addd", a, e)),
    ("MIN", |x, a, e| x.transform_extremum(PrimOp::Min2, a, e)),
    ("MAX", |x, a, e| x.transform_extremum(PrimOp::Max2, a, e)),
    ("/=", |x, a, e| x.transform_not_equal(a, e)),
    ("AREF", |x, a, e| x.transform_aref(a, e)),
];

impl Expander<'_> {
    /// `(funcall #'f …)`, `(funcall 'f …)`, `(funcall (lambda …) …)`, and the general case.
    fn transform_funcall(&mut self, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        let Some((&function, rest)) = a.split_first() else { return Ok(None) };
        let designator = self.roots.get(function);
        let is_function = designator.is_cons() && designator.car() == self.cl("FUNCTION") && designator.cdr().is_cons();
        if is_function {
            let name = designator.cdr().car();
            let lambda = name.is_cons() && name.car() == self.cl("LAMBDA");
            if lambda {
                let call = self.cons(name, self.list_of(rest));
                return self.expand(call, env).map(Some);
            }
            if let Some(symbol) = function_symbol(self.ctx(), name) {
                let held = self.hold(symbol);
                let global = env.function(held).is_none();
                if !global && name.is_symbol() {
                    let call = self.cons(name, self.list_of(rest));
                    return self.expand(call, env).map(Some);
                }
                // Macros and special operators fall through to `function`, which reports them.
                let callable = self.compilation.macro_function(symbol).is_none()
                    && !matches!(self.operator(symbol), super::operators::Operator::Form(_));
                if global && callable {
                    let call = self.cons(symbol, self.list_of(rest));
                    return self.expand_global_call(held, call, env).map(Some);
                }
            }
        }
        let function = self.expand_at(function, env)?;
        let arguments = self.expand_all(rest, env)?;
        Ok(Some(self.node(Kind::Call(Callee::Value(Box::new(function)), arguments))))
    }
    fn transform_list(&mut self, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        if a.len() > MAX_INLINE_LIST {
            return Ok(None);
        }
        let mut nodes = self.expand_all(a, env)?;
        nodes.push(self.nil_node());
        Ok(Some(self.cons_up(nodes)))
    }
    fn transform_list_star(&mut self, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        if a.is_empty() || a.len() > MAX_INLINE_LIST {
            return Ok(None);
        }
        let nodes = self.expand_all(a, env)?;
        Ok(Some(if nodes.len() == 1 { self.node(Kind::Values(nodes)) } else { self.cons_up(nodes) }))
    }
    /// Conses nodes onto the last; evaluation stays left to right.
    fn cons_up(&mut self, mut nodes: Vec<Hir>) -> Hir {
        let mut result = nodes.pop().expect("there is a tail");
        while let Some(item) = nodes.pop() {
            result = self.node(Kind::Prim(PrimOp::Cons, vec![item, result]));
        }
        result
    }
    /// A composition of `car` (a) and `cdr` (d), the last applied first, as in `c[path]r`.
    fn transform_path(&mut self, path: &str, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        let &[argument] = a else { return Ok(None) };
        let mut node = self.expand_at(argument, env)?;
        for step in path.bytes().rev() {
            let op = if step == b'a' { PrimOp::Car } else { PrimOp::Cdr };
            node = self.node(Kind::Prim(op, vec![node]));
        }
        Ok(Some(node))
    }
    fn transform_extremum(&mut self, op: PrimOp, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        if a.is_empty() {
            return Ok(None);
        }
        let mut nodes = self.expand_all(a, env)?;
        if nodes.len() == 1 {
            let node = nodes.remove(0);
            return Ok(Some(self.checked("REAL", TypeSet::REAL, node)));
        }
        Ok(Some(self.fold_left(op, nodes)))
    }
    /// Two arguments; more need every pair and stay a call.
    fn transform_not_equal(&mut self, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        if a.len() != 2 {
            return Ok(None);
        }
        let nodes = self.expand_all(a, env)?;
        let equal = self.node(Kind::Prim(PrimOp::NumEq, nodes));
        Ok(Some(self.node(Kind::Prim(PrimOp::Not, vec![equal]))))
    }
    /// One-dimensional `aref`.
    fn transform_aref(&mut self, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        if a.len() != 2 {
            return Ok(None);
        }
        let nodes = self.expand_all(a, env)?;
        Ok(Some(self.node(Kind::Prim(PrimOp::Aref1, nodes))))
    }
}
