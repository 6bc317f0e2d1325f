//! Calls of the file's own functions become direct (CLHS 3.2.2.3 allows it within a file).
//!
//! A function qualifies when the file defines it exactly once, at top level, not `notinline`. A call
//! becomes direct when the function is surely defined by the time it runs: the call stands in or
//! below the definition, or nothing between the call and the definition runs code of the file.
//! A file that changes function cells by computed names keeps all calls indirect; one that changes a
//! named cell keeps calls of that name indirect.

use crate::hash::{HashMap, HashSet};

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

/// Functions that call none of the file's functions, whatever they are given.
const INERT: [(&str, &str); 11] = [
    ("ROOK-KERNEL", "%STRUCTURE-LAYOUT"),
    ("ROOK-KERNEL", "%REVIVE"),
    ("ROOK-KERNEL", "%INSTALL-STRUCTURE"),
    ("ROOK-KERNEL", "%DEFINE-CONDITION-CLASS"),
    ("ROOK-KERNEL", "%SET-COMPILER-MACRO-FUNCTION"),
    ("COMMON-LISP", "PROCLAIM"),
    ("COMMON-LISP", "VECTOR"),
    ("COMMON-LISP", "LIST"),
    ("COMMON-LISP", "MAKE-ARRAY"),
    ("COMMON-LISP", "MAKE-HASH-TABLE"),
    ("COMMON-LISP", "MAKE-STRING"),
];

/// A place among the top-level forms: index, and how many forms above it run code of the file.
#[derive(Clone, Copy)]
struct Place {
    position: usize,
    running: usize,
}

struct Definition {
    function: FnId,
    place: Place,
}

/// Rewrites the unit.
pub fn discover_known_calls(unit: &mut Unit, datums: &Datums) {
    let (definitions, places) = find_definitions(unit, datums);
    let Some(redefined) = find_redefined(unit, datums) else { return };
    let known: HashMap<DatumId, Definition> =
        definitions.into_iter().filter(|(s, _)| !redefined.contains(s)).filter_map(|(s, d)| Some((s, d?))).collect();
    for (top, place) in places {
        rewrite_function(top, place, &known, unit, datums);
    }
}

/// The definitions of the file, `None` for names defined twice, and the places of all top-level forms.
fn find_definitions(unit: &Unit, datums: &Datums) -> (HashMap<DatumId, Option<Definition>>, Vec<(FnId, Place)>) {
    let mut definitions = HashMap::default();
    let mut places = Vec::new();
    let mut running = 0;
    for (position, &top) in unit.top_level.iter().enumerate() {
        let place = Place { position, running };
        places.push((top, place));
        let form = &unit.function(top).body;
        match definition(form) {
            Some((symbol, function)) => {
                let usable = !definitions.contains_key(&symbol) && !unit.function(function).notinline;
                definitions.insert(symbol, usable.then_some(Definition { function, place }));
            }
            None => running += !is_inert(form, datums) as usize,
        }
    }
    (definitions, places)
}

/// Names whose definition the file changes or takes; `None` when such a name is computed.
fn find_redefined(unit: &Unit, datums: &Datums) -> Option<HashSet<DatumId>> {
    let mut redefined = HashSet::default();
    let mut open = false;
    let top_level: HashSet<FnId> = unit.top_level.iter().copied().collect();
    for (i, f) in unit.functions.iter().enumerate() {
        for_each_init(&f.params, &mut |init| find_redefinitions(init, datums, &mut redefined, &mut open));
        if top_level.contains(&FnId(i as u32)) && definition(&f.body).is_some() {
            continue;
        }
        find_redefinitions(&f.body, datums, &mut redefined, &mut open);
    }
    (!open).then_some(redefined)
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
fn is_inert(form: &Hir, datums: &Datums) -> bool {
    let all = |forms: &[Hir]| forms.iter().all(|form| is_inert(form, datums));
    match &form.kind {
        Kind::Const(_) | Kind::Local(_) | Kind::Lambda(_) => true,
        Kind::Seq(es) | Kind::Primitive(_, es) | Kind::Prim(_, es) => all(es),
        Kind::SetGlobal(_, e) => is_inert(e, datums),
        Kind::If(a, b, c) => is_inert(a, datums) && is_inert(b, datums) && is_inert(c, datums),
        Kind::Call(Callee::Global(id), args) => {
            let callee = datums.get(*id);
            INERT.iter().any(|(package, name)| symbol_is(callee, package, name)) && all(args)
        }
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
        Kind::Primitive("set_symbol_function" | "fmakunbound" | "defun", args) => check(args),
        _ => {}
    }
    for_each_child(node, &mut |child| find_redefinitions(child, datums, named, open));
}

/// Rewrites a function that stands at a place, with all functions in it.
fn rewrite_function(id: FnId, place: Place, known: &HashMap<DatumId, Definition>, unit: &mut Unit, datums: &Datums) {
    let f = &mut unit.functions[id.0 as usize];
    // The lambda list stays in place: the function may call itself.
    let mut params = f.params.clone();
    let mut body = std::mem::replace(&mut f.body, Hir { kind: Kind::Seq(Vec::new()), span: Default::default() });
    let mut inner = Vec::new();
    for_each_init_mut(&mut params, &mut |init| rewrite(init, place, known, unit, datums, &mut inner));
    rewrite(&mut body, place, known, unit, datums, &mut inner);
    let f = &mut unit.functions[id.0 as usize];
    f.params = params;
    f.body = body;
    for id in inner {
        rewrite_function(id, place, known, unit, datums);
    }
}

fn rewrite(
    node: &mut Hir,
    place: Place,
    known: &HashMap<DatumId, Definition>,
    unit: &Unit,
    datums: &Datums,
    inner: &mut Vec<FnId>,
) {
    match &mut node.kind {
        Kind::Call(callee, args) => {
            if let Callee::Global(symbol) = callee
                && let Some(definition) = known.get(symbol)
                && is_defined(definition, place)
                && matches_arguments(unit, definition.function, args, datums)
            {
                *callee = Callee::Known(definition.function);
            }
        }
        Kind::Lambda(f) => inner.push(*f),
        Kind::Functions(fs, _) => inner.extend(fs.iter()),
        _ => {}
    }
    for_each_child_mut(node, &mut |child| rewrite(child, place, known, unit, datums, inner));
}

/// Whether the function is defined whenever code at the place runs.
fn is_defined(definition: &Definition, call: Place) -> bool {
    definition.place.position <= call.position || definition.place.running == call.running
}

/// The direct entry can take these arguments; otherwise the call stays indirect, which reports errors.
fn matches_arguments(unit: &Unit, f: FnId, args: &[Hir], datums: &Datums) -> bool {
    let function = unit.function(f);
    known_call(function, args, datums).is_some()
}
