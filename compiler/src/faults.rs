//! Deliberate miscompiles, to see that the tests find them: `rook run --plant=FAULT`, and the fuzzer.
//!
//! They change the output of the pipeline, so the pipeline itself knows nothing of them.

use std::collections::HashSet;

use rook_runtime::abi::tags::{CONS_TAG, INSTANCE_TAG, OTHER_TAG};

use crate::backend::Unit;
use crate::mir::build::ssa::for_each_edge;
use crate::mir::*;
use crate::types::{Type, TypeSet};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Stores of references into these holders do not mark their card.
    SkipBarrier(Holder),
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

/// What compiled code stores into without asking the runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    Any,
    Cons,
    Vector,
    Structure,
    /// A variable that closures share and assign.
    Variable,
    /// A function that is made before what it closes over.
    Function,
    /// The global value of a symbol.
    Symbol,
}

const NAMES: [(&str, Fault); 13] = [
    ("skip-barrier", Fault::SkipBarrier(Holder::Any)),
    ("skip-barrier-of-conses", Fault::SkipBarrier(Holder::Cons)),
    ("skip-barrier-of-vectors", Fault::SkipBarrier(Holder::Vector)),
    ("skip-barrier-of-structures", Fault::SkipBarrier(Holder::Structure)),
    ("skip-barrier-of-variables", Fault::SkipBarrier(Holder::Variable)),
    ("skip-barrier-of-functions", Fault::SkipBarrier(Holder::Function)),
    ("skip-barrier-of-symbols", Fault::SkipBarrier(Holder::Symbol)),
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
                let insts = std::mem::take(&mut f.blocks[b].insts);
                let mut planted = Vec::with_capacity(insts.len());
                for mut inst in insts {
                    self.plant_in_inst(f, &mut planted, &mut inst);
                    planted.push(inst);
                }
                f.blocks[b].insts = planted;
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

    /// `before`: the instructions of the block that come first.
    fn plant_in_inst(self, f: &mut Function, before: &mut Vec<InstData>, data: &mut InstData) {
        match (self, &mut data.inst) {
            (Fault::SkipBarrier(holder), Inst::Store { tag, barrier, .. } | Inst::StoreIndexed { tag, barrier, .. }) => {
                *barrier &= !holder.has_tag(*tag as u64);
            }
            (Fault::SkipBarrier(holder), inst @ (Inst::CellSet(..) | Inst::ClosureSet(..) | Inst::SetSymbolValue(..))) => {
                let (own, value) = match inst {
                    Inst::CellSet(_, v) => (Holder::Variable, v),
                    Inst::ClosureSet(_, _, v) => (Holder::Function, v),
                    Inst::SetSymbolValue(_, v) => (Holder::Symbol, v),
                    _ => unreachable!("one of these"),
                };
                if holder == own || holder == Holder::Any {
                    // What is no reference needs no barrier.
                    let disguised = f.new_value(Repr::Tagged, Type::FIXNUM);
                    let inst = Inst::Assume(*value, Refinement::Type(Type::FIXNUM));
                    before.push(InstData { inst, results: vec![disguised], span: data.span });
                    *value = disguised;
                }
            }
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

impl Holder {
    fn has_tag(self, tag: u64) -> bool {
        match self {
            Holder::Any => true,
            Holder::Cons => tag == CONS_TAG,
            Holder::Vector => tag == OTHER_TAG,
            Holder::Structure => tag == INSTANCE_TAG,
            _ => false,
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
