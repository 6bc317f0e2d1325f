//! Natural loops of a function, and counters in them.

use crate::hash::{HashMap, HashSet};

use super::dominance::Dominators;
use super::function::*;
use super::origins::origin;
use crate::mir::build::ssa::for_each_edge;
use rook_runtime::value::Value;

/// The blocks from which the header is reached again without leaving what it dominates.
pub struct Loop {
    pub header: Block,
    pub blocks: HashSet<Block>,
    /// Sources of the back edges.
    pub latches: Vec<Block>,
}

/// All loops, inner ones before those around them.
pub fn loops(f: &Function, dominators: &Dominators) -> Vec<Loop> {
    let mut predecessors: HashMap<Block, Vec<Block>> = HashMap::default();
    let mut latches: HashMap<Block, Vec<Block>> = HashMap::default();
    for &b in dominators.order() {
        for next in f.successors(b) {
            predecessors.entry(next).or_default().push(b);
            if dominators.dominates(next, b) {
                latches.entry(next).or_default().push(b);
            }
        }
    }
    let mut found: Vec<Loop> = latches.into_iter().map(|(header, latches)| {
        let mut blocks = HashSet::from_iter([header]);
        let mut work = latches.clone();
        while let Some(b) = work.pop() {
            if blocks.insert(b) {
                work.extend(predecessors.get(&b).into_iter().flatten());
            }
        }
        Loop { header, blocks, latches }
    }).collect();
    found.sort_by_key(|l| (l.blocks.len(), l.header));
    found
}

/// The innermost of these loops that the block is in; inner ones come first.
pub fn innermost(loops: &[Loop], b: Block) -> Option<&Loop> {
    loops.iter().find(|l| l.blocks.contains(&b))
}

impl Loop {
    /// The arguments that back edges pass for parameter `i` of the header.
    pub fn next_values(&self, f: &Function, i: usize) -> Vec<ValueId> {
        let mut values = Vec::new();
        for &latch in &self.latches {
            let mut t = f.block(latch).terminator.clone().expect("a latch jumps");
            for_each_edge(&mut t, &mut |to, implicit, args| {
                if to == self.header && i >= implicit {
                    values.push(args[i - implicit]);
                }
            });
        }
        values
    }

    /// A fixnum parameter of the header that goes up or down by one with every iteration.
    pub fn counter(&self, f: &Function, definitions: &HashMap<ValueId, Inst>) -> Option<ValueId> {
        let is_one = |v: ValueId| match definitions.get(&v) {
            Some(Inst::Immediate(bits)) => [1, -1].iter().any(|&n| Value::fixnum(n).0 == *bits),
            _ => false,
        };
        let params = &f.block(self.header).params;
        let counts = |i: usize, p: ValueId| {
            let next = self.next_values(f, i);
            !next.is_empty() && next.into_iter().all(|v| match definitions.get(&origin(definitions, v)) {
                Some(&Inst::Arith(Arith::Add | Arith::Sub, a, one)) if is_one(one) => origin(definitions, a) == p,
                Some(&Inst::Arith(Arith::Add, one, a)) if is_one(one) => origin(definitions, a) == p,
                _ => false,
            })
        };
        (0..params.len()).find(|&i| f.ty(params[i]).is_fixnum() && counts(i, params[i])).map(|i| params[i])
    }
}
