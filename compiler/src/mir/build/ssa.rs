//! SSA construction on the fly (Braun et al., "Simple and Efficient Construction of Static Single
//! Assignment Form"): variables are read through predecessors; unsealed blocks get parameters that
//! are completed when the block is sealed; parameters that turn out trivial are replaced.

use crate::hash::HashMap;

use crate::hir::VarId;
use crate::mir::*;
use crate::types::Type;

/// Variable definitions per block while a function is built.
#[derive(Default)]
pub struct Ssa {
    defs: HashMap<(Block, VarId), ValueId>,
    /// Values of variables that are bound once and never assigned. A binding dominates all reads,
    /// so these need no parameters, and keep their types where blocks are not sealed yet.
    constants: HashMap<VarId, ValueId>,
    sealed: Vec<bool>,
    incomplete: HashMap<Block, Vec<(VarId, ValueId)>>,
    /// Predecessor edges of each block.
    preds: Vec<Vec<Block>>,
}

impl Ssa {
    fn grow(&mut self, block: Block) {
        let n = block.0 as usize + 1;
        if self.preds.len() < n {
            self.preds.resize(n, Vec::new());
            self.sealed.resize(n, false);
        }
    }

    /// Records an edge. Must precede sealing of `to`.
    pub fn add_edge(&mut self, from: Block, to: Block) {
        self.grow(to);
        assert!(!self.sealed[to.0 as usize], "edge into a sealed block");
        self.preds[to.0 as usize].push(from);
    }

    /// As `write`, for a variable that has this value wherever it can be read.
    pub fn bind_constant(&mut self, block: Block, var: VarId, value: ValueId) {
        self.constants.insert(var, value);
        self.write(block, var, value);
    }

    pub fn write(&mut self, block: Block, var: VarId, value: ValueId) {
        self.defs.insert((block, var), value);
    }

    /// All predecessors are known: completes pending parameters.
    pub fn seal(&mut self, f: &mut Function, block: Block) {
        self.grow(block);
        if std::mem::replace(&mut self.sealed[block.0 as usize], true) {
            return;
        }
        for (var, param) in self.incomplete.remove(&block).unwrap_or_default() {
            self.add_operands(f, block, var, param);
        }
    }

    pub fn read(&mut self, f: &mut Function, block: Block, var: VarId) -> ValueId {
        // Follow single predecessors without recursion: straight-line code can be long.
        let mut trail = Vec::new();
        let mut at = block;
        let value = loop {
            if let Some(&v) = self.defs.get(&(at, var)) {
                break v;
            }
            self.grow(at);
            let sealed = self.sealed[at.0 as usize];
            let preds = &self.preds[at.0 as usize];
            match (sealed, preds.as_slice()) {
                (true, [p]) => {
                    trail.push(at);
                    at = *p;
                }
                (true, []) => {
                    // Unreachable code: any value will do.
                    let v = f.new_value(Repr::Tagged, Type::ANY);
                    f.block_mut(at).insts.insert(0, InstData { inst: Inst::Nil, results: vec![v], span: Default::default() });
                    self.write(at, var, v);
                    break v;
                }
                _ if self.constants.contains_key(&var) => break self.constants[&var],
                (false, _) => {
                    let param = self.append_param(f, at);
                    self.incomplete.entry(at).or_default().push((var, param));
                    self.write(at, var, param);
                    break param;
                }
                (true, _) => {
                    let param = self.append_param(f, at);
                    self.write(at, var, param);
                    self.add_operands(f, at, var, param);
                    break param;
                }
            }
        };
        for b in trail {
            self.write(b, var, value);
        }
        value
    }

    fn append_param(&mut self, f: &mut Function, block: Block) -> ValueId {
        let param = f.new_value(Repr::Tagged, Type::ANY);
        f.block_mut(block).params.push(param);
        param
    }

    fn add_operands(&mut self, f: &mut Function, block: Block, var: VarId, param: ValueId) {
        let preds = self.preds[block.0 as usize].clone();
        let index = f.block(block).params.iter().position(|&p| p == param).expect("parameter of its block");
        for pred in preds {
            let value = self.read(f, pred, var);
            push_edge_argument(f, pred, block, index, value);
        }
    }
}

/// Appends `value` to the edge `from -> to`; `index` is the position of the parameter it feeds.
fn push_edge_argument(f: &mut Function, from: Block, to: Block, index: usize, value: ValueId) {
    let terminator = f.block_mut(from).terminator.as_mut().expect("a predecessor has a terminator");
    for_each_edge(terminator, &mut |target, implicit, args| {
        if target == to {
            assert_eq!(args.len() + implicit, index, "edge arguments in parameter order");
            args.push(value);
        }
    });
}

/// Calls `f(target, implicit results, arguments)` for each edge of a terminator.
pub fn for_each_edge(t: &mut Terminator, f: &mut dyn FnMut(Block, usize, &mut Vec<ValueId>)) {
    match t {
        Terminator::Jump(b, args) => f(*b, 0, args),
        Terminator::Branch(_, (a, a_args), (b, b_args)) => {
            f(*a, 0, a_args);
            f(*b, 0, b_args);
        }
        // Switch edges carry no arguments: their targets have one predecessor each.
        Terminator::Switch(..) => {}
        Terminator::TryCall { normal, handler, normal_results, .. } => {
            f(handler.0, 2, &mut handler.1);
            f(normal.0, *normal_results, &mut normal.1);
        }
        Terminator::Return(_)
        | Terminator::TailCall(_)
        | Terminator::Throw(..)
        | Terminator::ExitTo(..)
        | Terminator::ContinueUnwind(..)
        | Terminator::Unreachable => {}
    }
}
