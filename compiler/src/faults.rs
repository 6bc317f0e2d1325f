//! Deliberate miscompiles, to see that the tests find them: `rook run --plant=FAULT`, and the fuzzer.
//!
//! They change the output of the pipeline, so the pipeline itself knows nothing of them.

use std::collections::HashSet;

use crate::backend::Unit;
use crate::mir::build::ssa::for_each_edge;
use crate::mir::*;
use crate::types::{Type, TypeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Stores of references do not mark their card.
    SkipBarrier,
    /// The first live slot of every call site is missing in its stack map.
    DropMapEntry,
    /// The first live slot of every call site is one word off.
    WrongSlot,
    /// Comparisons that check elimination made raw count equality in, or not.
    WrongComparison,
    /// Arithmetic that overflows gives a fixnum.
    DropOverflowCheck,
    /// The last two arguments of jumps are exchanged, but for those into loops, which might not end.
    SwapParams,
    /// Arithmetic on constants is folded to one more than the result.
    WrongFold,
}

const NAMES: [(&str, Fault); 7] = [
    ("skip-barrier", Fault::SkipBarrier),
    ("drop-map-entry", Fault::DropMapEntry),
    ("wrong-slot", Fault::WrongSlot),
    ("wrong-comparison", Fault::WrongComparison),
    ("drop-overflow-check", Fault::DropOverflowCheck),
    ("swap-params", Fault::SwapParams),
    ("wrong-fold", Fault::WrongFold),
];

impl Fault {
    pub fn parse(name: &str) -> Option<Fault> {
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, fault)| fault)
    }

    /// Names, for messages.
    pub fn names() -> String {
        NAMES.map(|(name, _)| name).join(", ")
    }

    /// Plants the fault in optimised MIR.
    pub fn plant(self, program: &mut Program) {
        for f in &mut program.functions {
            let heads = loop_heads(f);
            for b in 0..f.blocks.len() {
                let mut insts = std::mem::take(&mut f.blocks[b].insts);
                for i in 0..insts.len() {
                    let (before, rest) = insts.split_at_mut(i);
                    self.plant_in_inst(f, before, &mut rest[0]);
                }
                f.blocks[b].insts = insts;
                if let (Fault::SwapParams, Some(Terminator::Jump(to, args))) = (self, &mut f.blocks[b].terminator) {
                    let count = args.len();
                    let tagged = |v: &ValueId| f.values[v.0 as usize].repr == Repr::Tagged;
                    if count >= 2 && !heads.contains(to) && args[count - 2..].iter().all(tagged) {
                        args.swap(count - 2, count - 1);
                    }
                }
            }
        }
    }

    fn plant_in_inst(self, f: &mut Function, before: &[InstData], data: &mut InstData) {
        match (self, &mut data.inst) {
            (Fault::SkipBarrier, Inst::Store { barrier, .. } | Inst::StoreIndexed { barrier, .. }) => *barrier = false,
            (Fault::WrongComparison, Inst::CompareWord(op, ..)) => {
                *op = match *op {
                    Compare::Lt => Compare::Le,
                    Compare::Le => Compare::Lt,
                    Compare::Gt => Compare::Ge,
                    Compare::Ge => Compare::Gt,
                    op => op,
                };
            }
            (Fault::DropOverflowCheck, Inst::Arith(_, a, b)) => {
                let is_fixnum = |v: &ValueId| f.values[v.0 as usize].ty.set == TypeSet::FIXNUM;
                if is_fixnum(a) && is_fixnum(b) {
                    f.values[data.results[0].0 as usize].ty = Type::FIXNUM;
                }
            }
            (Fault::WrongFold, Inst::Arith(op, a, b)) => {
                if let (Some(a), Some(b)) = (constant(before, *a), constant(before, *b)) {
                    let n = match op {
                        Arith::Add => a + b,
                        Arith::Sub => a - b,
                        Arith::Mul => a.wrapping_mul(b),
                    };
                    data.inst = Inst::Immediate(((n + 1) << 1) as u64);
                }
            }
            _ => {}
        }
    }

    /// Plants the fault in machine code.
    pub fn plant_in_code(self, unit: &mut Unit) {
        for site in unit.functions.iter_mut().flat_map(|code| &mut code.sites) {
            match self {
                Fault::DropMapEntry if !site.slots.is_empty() => {
                    site.slots.remove(0);
                }
                Fault::WrongSlot if !site.slots.is_empty() => site.slots[0] += 1,
                _ => {}
            }
        }
    }
}

/// Blocks that a later one, or the block itself, jumps to.
fn loop_heads(f: &mut Function) -> HashSet<Block> {
    let mut heads = HashSet::new();
    for (b, block) in f.blocks.iter_mut().enumerate() {
        let Some(terminator) = &mut block.terminator else { continue };
        for_each_edge(terminator, &mut |to, _, _| {
            if to.0 as usize <= b {
                heads.insert(to);
            }
        });
    }
    heads
}

/// The fixnum that a value defined in the same block is known to be.
fn constant(before: &[InstData], v: ValueId) -> Option<i64> {
    let data = before.iter().find(|data| data.results.contains(&v))?;
    match data.inst {
        Inst::Immediate(bits) if bits & 1 == 0 => Some(bits as i64 >> 1),
        _ => None,
    }
}
