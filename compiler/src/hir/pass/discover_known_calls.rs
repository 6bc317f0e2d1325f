//! Calls of the file's own functions become direct (CLHS 3.2.2.3 allows it within a file).
//!
//! A function qualifies when the file defines it exactly once, at top level, not `notinline`, and no
//! form that could observe its absence runs before the definition: only definitions stand above it.
//! A file that changes function cells by computed names keeps all calls indirect; one that changes a
//! named cell keeps calls of that name indirect.

use std::collections::{HashMap, HashSet};

use crate::datum::{DatumId, Datums};
use crate::hir::analysis::known_call::known_call;
use crate::hir::visit::{for_each_child, for_each_child_mut, for_each_init, for_each_init_mut};
use crate::hir::*;
use crate::names::symbol_is;

/// Operators that replace or remove definitions.
const REDEFINERS: [(&str, &str); 10] = [
    ("ROOK-KERNEL", "%SET-FDEFINITION"),
    ("COMMON-LISP", "FMAKUNBOUND"),
    ("COMMON-LISP", "COMPILE"),
    ("COMMON-LISP", "LOAD"),
    ("COMMON-LISP", "EVAL"),
    ("COMMON-LISP", "TRACE"),
    ("COMMON-LISP", "FDEFINITION"),
    ("COMMON-LISP", "SYMBOL-FUNCTION"),
    ("ROOK-KERNEL", "%SET-SYMBOL-FUNCTION"),
    ("ROOK-KERNEL", "%SET-MACRO-FUNCTION"),
];

/// Rewrites the unit.
pub fn discover_known_calls(unit: &mut Unit, datums: &Datums) {
    let mut definitions: HashMap<DatumId, Option<FnId>> = HashMap::new();
    let mut definitions_only = true;
    for &top in &unit.top_level {
        let form = &unit.function(top).body;
        match definition(form) {
            Some((symbol, f)) => {
                let usable = definitions_only && !unit.function(f).notinline;
                let entry = definitions.entry(symbol).or_insert(if usable { Some(f) } else { None });
                if *entry != Some(f) {
                    *entry = None;
                }
            }
            None => definitions_only = definitions_only && is_inert(form),
        }
    }
    let mut redefined = HashSet::new();
    for f in &unit.functions {
        let mut open = false;
        for_each_init(&f.params, &mut |init| find_redefinitions(init, datums, &mut redefined, &mut open));
        find_redefinitions(&f.body, datums, &mut redefined, &mut open);
        if open {
            return;
        }
    }
    let known: HashMap<DatumId, FnId> =
        definitions.into_iter().filter(|(s, _)| !redefined.contains(s)).filter_map(|(s, f)| Some((s, f?))).collect();
    for i in 0..unit.functions.len() {
        let f = &mut unit.functions[i];
        // The lambda list stays in place: the function may call itself.
        let mut params = f.params.clone();
        let mut body = std::mem::replace(&mut f.body, Hir { kind: Kind::Seq(Vec::new()), span: Default::default() });
        for_each_init_mut(&mut params, &mut |init| rewrite(init, &known, unit, datums));
        rewrite(&mut body, &known, unit, datums);
        let f = &mut unit.functions[i];
        f.params = params;
        f.body = body;
    }
}

/// `(defun …)` as it reaches us: the primitive that stores the function, then the name.
fn definition(form: &Hir) -> Option<(DatumId, FnId)> {
    match &form.kind {
        Kind::Primitive("defun", args) => match (&args[0].kind, &args[1].kind) {
            (Kind::Const(symbol), Kind::Lambda(f)) => Some((*symbol, *f)),
            _ => None,
        },
        Kind::Seq(es) => es.first().and_then(definition),
        _ => None,
    }
}

/// Whether running the form cannot call a function of the file.
fn is_inert(form: &Hir) -> bool {
    match &form.kind {
        Kind::Const(_) | Kind::Local(_) | Kind::Lambda(_) => true,
        Kind::Seq(es) | Kind::Primitive(_, es) | Kind::Prim(_, es) => es.iter().all(is_inert),
        Kind::SetGlobal(_, e) => is_inert(e),
        Kind::If(a, b, c) => is_inert(a) && is_inert(b) && is_inert(c),
        _ => false,
    }
}

/// Notes symbols whose definition the code changes or takes; `open` when the name is computed.
fn find_redefinitions(node: &Hir, datums: &Datums, named: &mut HashSet<DatumId>, open: &mut bool) {
    let mut check = |args: &[Hir]| match args.iter().find_map(|a| match a.kind {
        Kind::Const(id) => Some(id),
        _ => None,
    }) {
        Some(id) => {
            named.insert(id);
        }
        None => *open = true,
    };
    match &node.kind {
        Kind::Call(Callee::Global(id), args) => {
            let callee = datums.get(*id);
            if REDEFINERS.iter().any(|(p, n)| symbol_is(callee, p, n)) {
                check(args);
            }
        }
        Kind::Primitive("set_symbol_function" | "fmakunbound", args) => check(args),
        _ => {}
    }
    for_each_child(node, &mut |child| find_redefinitions(child, datums, named, open));
}

fn rewrite(node: &mut Hir, known: &HashMap<DatumId, FnId>, unit: &Unit, datums: &Datums) {
    if let Kind::Call(callee, args) = &mut node.kind
        && let Callee::Global(symbol) = callee
        && let Some(&f) = known.get(symbol)
        && matches_arguments(unit, f, args, datums)
    {
        *callee = Callee::Known(f);
    }
    for_each_child_mut(node, &mut |child| rewrite(child, known, unit, datums));
}

/// The direct entry can take these arguments; otherwise the call stays indirect, which reports errors.
fn matches_arguments(unit: &Unit, f: FnId, args: &[Hir], datums: &Datums) -> bool {
    let function = unit.function(f);
    known_call(function, args, datums).is_some()
}
