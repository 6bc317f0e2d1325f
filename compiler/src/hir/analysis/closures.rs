//! Free variables, captured variables and escaping functions.
//!
//! A function's free variables are those bound elsewhere that it, or a function it calls directly
//! or creates, needs. A known function that never escapes gets them as extra arguments (lambda
//! lifting); one that escapes finds them in its closure.

use std::collections::BTreeSet;

use crate::hash::{HashMap, HashSet};

use super::known_call::known_call;
use crate::datum::Datums;
use crate::hir::visit::{for_each_child, for_each_init};
use crate::hir::*;
use crate::types::Type;

/// The result. Functions never reached from the top level are absent from `reached`.
#[derive(Debug, Default)]
pub struct Closures {
    /// Function that binds each variable.
    pub owner: HashMap<VarId, FnId>,
    /// Free variables, in the order of closure slots and extra arguments.
    pub free: HashMap<FnId, Vec<VarId>>,
    pub captured: HashSet<VarId>,
    pub assigned: HashSet<VarId>,
    /// Used as a value (or defined globally): needs a general entry.
    pub escaping: HashSet<FnId>,
    /// Called directly: needs a direct entry.
    pub called: HashSet<FnId>,
    /// For escaping local functions with free variables: the variable that holds the closure.
    pub closure_var: HashMap<FnId, VarId>,
    pub reached: HashSet<FnId>,
    /// Protected bodies that return by way of exits.
    pub leaving: HashSet<FnId>,
}

impl Closures {
    /// Whether the variable lives in a heap cell.
    pub fn is_boxed(&self, v: VarId) -> bool {
        self.captured.contains(&v) && self.assigned.contains(&v)
    }
    pub fn free_of(&self, f: FnId) -> &[VarId] {
        self.free.get(&f).map_or(&[], |v| v)
    }
}

/// What one function refers to directly.
#[derive(Default)]
struct References {
    vars: BTreeSet<VarId>,
    /// Functions whose free variables this one must have: called, created or protected bodies.
    needs: BTreeSet<FnId>,
    /// `#'local` references.
    closures: BTreeSet<FnId>,
}

/// Analyses the unit. Adds a variable to the unit for each escaping local function.
pub fn closures(unit: &mut Unit, datums: &Datums) -> Closures {
    let mut result = Closures::default();
    let mut references: HashMap<FnId, References> = HashMap::default();
    let mut local_functions = Vec::new();
    let mut work: Vec<FnId> = unit.roots().collect();
    result.escaping.extend(work.iter().copied());
    while let Some(f) = work.pop() {
        if !result.reached.insert(f) {
            continue;
        }
        let mut walker = Walker { unit, datums, f, result: &mut result, refs: References::default(), work: &mut work, local_functions: &mut local_functions };
        walker.function();
        let refs = walker.refs;
        references.insert(f, refs);
    }
    for (g, owner) in local_functions {
        if result.escaping.contains(&g) {
            unit.vars.push(Var {
                name: format!("#'{}", unit.functions[g.0 as usize].name),
                declared: Type::ANY,
                declared_spec: None,
                assigned: false,
                dynamic_extent: false,
                ignored: false,
                span: unit.functions[g.0 as usize].span,
            });
            let v = VarId(unit.vars.len() as u32 - 1);
            result.closure_var.insert(g, v);
            result.owner.insert(v, owner);
            // The owner fills the closure.
            references.entry(owner).or_default().needs.insert(g);
        }
    }
    let mut free: HashMap<FnId, BTreeSet<VarId>> = HashMap::default();
    let mut changed = true;
    while changed {
        changed = false;
        for (&f, refs) in &references {
            let mut set = refs.vars.clone();
            for g in &refs.needs {
                set.extend(free.get(g).into_iter().flatten());
            }
            for g in &refs.closures {
                if free.get(g).is_some_and(|s| !s.is_empty()) {
                    set.extend(result.closure_var.get(g));
                }
            }
            set.retain(|v| result.owner.get(v) != Some(&f));
            let old = free.entry(f).or_default();
            if *old != set {
                *old = set;
                changed = true;
            }
        }
    }
    for (f, set) in free {
        result.captured.extend(set.iter().copied());
        result.free.insert(f, set.into_iter().collect());
    }
    result.closure_var.retain(|g, _| result.free.get(g).is_some_and(|v| !v.is_empty()));
    result
}

struct Walker<'a> {
    unit: &'a Unit,
    datums: &'a Datums,
    f: FnId,
    result: &'a mut Closures,
    refs: References,
    work: &'a mut Vec<FnId>,
    /// Local functions and the function whose `Functions` node binds them.
    local_functions: &'a mut Vec<(FnId, FnId)>,
}

impl Walker<'_> {
    fn function(&mut self) {
        let f = self.unit.function(self.f);
        let params = &f.params;
        params.required.iter().chain(&params.rest).for_each(|&v| self.bind(v));
        for o in &params.optional {
            self.bind(o.var);
            o.supplied.iter().for_each(|&v| self.bind(v));
        }
        for k in params.keys.iter().flatten() {
            self.bind(k.var);
            k.supplied.iter().for_each(|&v| self.bind(v));
        }
        for_each_init(params, &mut |init| self.node(init));
        self.node(&f.body);
    }

    fn bind(&mut self, v: VarId) {
        self.result.owner.insert(v, self.f);
    }

    fn need(&mut self, f: FnId) {
        self.refs.needs.insert(f);
        self.work.push(f);
    }

    fn node(&mut self, node: &Hir) {
        match &node.kind {
            Kind::Local(v) | Kind::ExitTo(v, _) => {
                self.refs.vars.insert(*v);
            }
            Kind::SetLocal(v, _) => {
                self.refs.vars.insert(*v);
                self.result.assigned.insert(*v);
            }
            Kind::Let(bindings, _) => bindings.iter().for_each(|(v, _)| self.bind(*v)),
            Kind::LetValues(vars, _, _) => vars.iter().for_each(|&v| self.bind(v)),
            Kind::TagbodyFrom(v, _, _) => {
                self.refs.vars.insert(*v);
            }
            Kind::Lambda(g) => {
                self.result.escaping.insert(*g);
                self.need(*g);
            }
            Kind::Functions(fs, _) => {
                for &g in fs {
                    self.local_functions.push((g, self.f));
                }
            }
            Kind::LocalFunction(g) => self.escape(*g),
            Kind::Call(Callee::Known(g), args) => {
                if known_call(self.unit.function(*g), args, self.datums).is_some() {
                    self.result.called.insert(*g);
                    self.need(*g);
                } else {
                    self.escape(*g);
                }
            }
            Kind::Protected(p) => {
                self.result.called.insert(p.body);
                self.need(p.body);
                if !p.exits.is_empty() {
                    self.result.leaving.insert(p.body);
                }
                match &p.kind {
                    ProtectedKind::Block(token) | ProtectedKind::Tagbody(token) => self.bind(*token),
                    ProtectedKind::Catch(_) | ProtectedKind::Cleanup(_) => {}
                }
            }
            _ => {}
        }
        for_each_child(node, &mut |child| self.node(child));
    }

    fn escape(&mut self, g: FnId) {
        self.result.escaping.insert(g);
        self.refs.closures.insert(g);
        self.work.push(g);
    }
}
