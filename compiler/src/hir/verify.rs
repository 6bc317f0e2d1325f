//! Checks what HIR promises: ids in range, variables bound where they are used, exits inside their
//! constructs, argument counts of operators, each function used in one place.

use super::node::*;
use super::visit::for_each_child;
use crate::known_functions::{KNOWN, PrimOp};

/// Everything that is wrong with a unit; empty when it is sound.
pub fn verify(unit: &Unit) -> Vec<String> {
    let mut verifier = Verifier {
        unit,
        problems: Vec::new(),
        bound: vec![false; unit.vars.len()],
        made: vec![0; unit.functions.len()],
        function: None,
        blocks: Vec::new(),
        tagbodies: Vec::new(),
        local_functions: Vec::new(),
        exits: 0,
    };
    for id in unit.roots() {
        verifier.root(id);
    }
    for (i, function) in unit.functions.iter().enumerate() {
        if verifier.made[i] > 1 {
            verifier.problems.push(format!("f{i} ({}) is made in {} places", function.name, verifier.made[i]));
        }
    }
    verifier.problems
}

struct Verifier<'a> {
    unit: &'a Unit,
    problems: Vec<String>,
    bound: Vec<bool>,
    /// In how many places each function is made.
    made: Vec<u32>,
    function: Option<FnId>,
    blocks: Vec<BlockId>,
    tagbodies: Vec<(TagbodyId, Vec<TagId>)>,
    local_functions: Vec<FnId>,
    /// Number of exits of the protected construct whose body this is.
    exits: u32,
}

impl Verifier<'_> {
    fn problem(&mut self, text: String) {
        let place = match self.function {
            Some(id) => format!("in f{} ({}): {text}", id.0, self.unit.functions[id.0 as usize].name),
            None => text,
        };
        self.problems.push(place);
    }
    fn root(&mut self, id: FnId) {
        if !self.function_in_range(id) {
            return;
        }
        let params = &self.unit.function(id).params;
        if !(params.required.is_empty() && params.is_fixed()) {
            self.problem(format!("the top-level function f{} has parameters", id.0));
        }
        self.function(id);
    }
    fn function_in_range(&mut self, id: FnId) -> bool {
        let fits = (id.0 as usize) < self.unit.functions.len();
        if !fits {
            self.problem(format!("f{} does not exist", id.0));
        }
        fits
    }
    /// Parameters and body of a function where it is made.
    fn function(&mut self, id: FnId) {
        if !self.function_in_range(id) {
            return;
        }
        self.made[id.0 as usize] += 1;
        if self.made[id.0 as usize] > 1 {
            return;
        }
        let outer = self.function.replace(id);
        let function = self.unit.function(id);
        for &var in &function.params.required {
            self.bind(var);
        }
        for optional in &function.params.optional {
            self.node(&optional.init);
            self.bind(optional.var);
            optional.supplied.iter().for_each(|&var| self.bind(var));
        }
        function.params.rest.iter().for_each(|&var| self.bind(var));
        for key in function.params.keys.iter().flatten() {
            self.node(&key.init);
            self.bind(key.var);
            key.supplied.iter().for_each(|&var| self.bind(var));
        }
        self.node(&function.body);
        self.function = outer;
    }
    fn bind(&mut self, var: VarId) {
        match self.bound.get_mut(var.0 as usize) {
            None => self.problem(format!("the variable {} does not exist", var.0)),
            Some(bound) if *bound => self.problem(format!("the variable {} is bound twice", var.0)),
            Some(bound) => *bound = true,
        }
    }
    fn used(&mut self, var: VarId) {
        match self.bound.get(var.0 as usize) {
            None => self.problem(format!("the variable {} does not exist", var.0)),
            Some(false) => self.problem(format!("the variable {} is used before it is bound", var.0)),
            Some(true) => {}
        }
    }
    fn nodes<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Hir>) {
        nodes.into_iter().for_each(|node| self.node(node));
    }
    fn node(&mut self, node: &Hir) {
        match &node.kind {
            Kind::Local(var) => self.used(*var),
            Kind::SetLocal(var, value) => {
                self.node(value);
                self.used(*var);
                if self.unit.vars.get(var.0 as usize).is_some_and(|v| !v.assigned) {
                    self.problem(format!("the variable {} is assigned but not marked so", var.0));
                }
            }
            Kind::Seq(nodes) => {
                if nodes.is_empty() {
                    self.problem("an empty sequence".into());
                }
                self.nodes(nodes);
            }
            Kind::Let(bindings, body) => {
                self.nodes(bindings.iter().map(|(_, init)| init));
                bindings.iter().for_each(|(var, _)| self.bind(*var));
                self.node(body);
            }
            Kind::LetValues(vars, values, body) => {
                self.node(values);
                vars.iter().for_each(|&var| self.bind(var));
                self.node(body);
            }
            Kind::Lambda(id) => self.function(*id),
            Kind::Functions(ids, body) => {
                let outer = self.local_functions.len();
                self.local_functions.extend(ids);
                ids.iter().for_each(|&id| self.function(id));
                self.node(body);
                self.local_functions.truncate(outer);
            }
            Kind::LocalFunction(id) => self.local_function(*id),
            Kind::Call(callee, arguments) => self.call(callee, arguments),
            Kind::Prim(op, arguments) => {
                let wanted = operands(*op);
                if wanted != arguments.len() {
                    self.problem(format!("{op:?} has {} operands instead of {wanted}", arguments.len()));
                }
                self.nodes(arguments);
            }
            Kind::Foreign(call, arguments) => {
                let wanted = call.arguments.len() + call.symbol.is_none() as usize;
                if wanted != arguments.len() {
                    self.problem(format!("a foreign call has {} arguments instead of {wanted}", arguments.len()));
                }
                self.nodes(arguments);
            }
            Kind::Block(id, body) => {
                self.blocks.push(*id);
                self.node(body);
                self.blocks.pop();
            }
            Kind::ReturnFrom(id, value) => {
                if !self.blocks.contains(id) {
                    self.problem(format!("a return from b{} outside of it", id.0));
                }
                self.node(value);
            }
            Kind::Tagbody(id, segments) => self.tagbody(*id, segments),
            Kind::TagbodyFrom(var, id, segments) => {
                self.used(*var);
                self.tagbody(*id, segments);
            }
            Kind::Go(id, tag) => {
                if !self.tagbodies.iter().any(|(body, tags)| body == id && tags.contains(tag)) {
                    self.problem(format!("a go to g{} outside of t{}", tag.0, id.0));
                }
            }
            Kind::Protected(protected) => {
                match &protected.kind {
                    ProtectedKind::Block(var) | ProtectedKind::Tagbody(var) => self.bind(*var),
                    ProtectedKind::Catch(node) | ProtectedKind::Cleanup(node) => self.node(node),
                }
                for exit in &protected.exits {
                    let known = match exit {
                        Exit::Return(block) => self.blocks.contains(block),
                        Exit::Go(body, tag) => self.tagbodies.iter().any(|(t, tags)| t == body && tags.contains(tag)),
                        Exit::Leave(index) => *index < self.exits,
                    };
                    if !known {
                        self.problem(format!("{exit:?} leads nowhere"));
                    }
                }
                let outer = std::mem::replace(&mut self.exits, protected.exits.len() as u32);
                self.function(protected.body);
                self.exits = outer;
            }
            Kind::Leave(index, value) => {
                if *index >= self.exits {
                    self.problem(format!("there is no exit {index}"));
                }
                self.node(value);
            }
            Kind::ExitTo(var, value) => {
                self.node(value);
                self.used(*var);
            }
            _ => for_each_child(node, &mut |child| self.node(child)),
        }
    }
    fn tagbody(&mut self, id: TagbodyId, segments: &[(Option<TagId>, Vec<Hir>)]) {
        self.tagbodies.push((id, segments.iter().filter_map(|(tag, _)| *tag).collect()));
        self.nodes(segments.iter().flat_map(|(_, forms)| forms));
        self.tagbodies.pop();
    }
    fn local_function(&mut self, id: FnId) {
        let top_level = self.unit.functions.get(id.0 as usize).is_some_and(|f| f.global.is_some());
        if self.function_in_range(id) && !top_level && !self.local_functions.contains(&id) {
            self.problem(format!("f{} is used outside of its scope", id.0));
        }
    }
    fn call(&mut self, callee: &Callee, arguments: &[Hir]) {
        match callee {
            Callee::Global(_) => {}
            Callee::Known(id) => self.local_function(*id),
            Callee::Value(function) => self.node(function),
        }
        self.nodes(arguments);
    }
}

/// Number of operands of an operator.
fn operands(op: PrimOp) -> usize {
    KNOWN.iter().find(|known| known.op == op).map_or(0, |known| known.args)
}
