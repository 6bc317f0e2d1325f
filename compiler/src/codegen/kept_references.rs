//! References that stay in registers over the cold calls of a loop.
//!
//! Cranelift stores a value that is live at a safepoint in the frame where it is defined, and loads it
//! again at each use behind. A loop that calls only in cold paths (checks, polls, full nursery chunks)
//! would do so in every iteration. So the references that such loops use are variables here: a cold path
//! copies those that live on to values of its own, which alone are live at its call, and what the
//! collector made of them reaches the code behind as block parameters.

use cranelift_codegen::ir::{self, types};
use cranelift_frontend::Variable;

use super::function::Lowering;
use crate::hash::{HashMap, HashSet};
use crate::mir::loops::Loop;
use crate::mir::origins::{assumptions, unassumed};
use crate::mir::{Block, Function, Inst, Repr, Terminator, ValueId, WordOp};
use rook_runtime::abi::layout::HEADER_SIZE_SHIFT;

/// A set of the variables of a function: bit `i` for the `i`th.
type Variables = u64;
const MOST_VARIABLES: usize = Variables::BITS as usize;
/// Lengths of vectors that may be kept in registers in loops.
const MOST_LENGTHS: usize = 3;
/// Larger functions are left alone, for the time that it takes.
const MOST_BLOCKS: usize = 4000;

pub(super) struct KeptReferences {
    /// By value: its variable; a value and what is assumed of it share one.
    variable_of: HashMap<ValueId, u32>,
    /// By variable: the value that defines it.
    origins: Vec<ValueId>,
    variables: Vec<Variable>,
    /// By block: variables that are live at its end.
    live_out: Vec<Variables>,
    /// Lengths that indexes are compared with in memory, not in registers: tag and vector.
    lengths: HashMap<ValueId, (u64, ValueId)>,
    /// For each instruction of the block at hand: variables live before it.
    live_before: Vec<Variables>,
}

/// Whether the instruction calls on the way that is usually taken.
fn calls(inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::Call(_) | Inst::Primitive(..) | Inst::Runtime(..) | Inst::ForeignCall { .. } | Inst::Bind(..) | Inst::CoerceToFunction(_)
    )
}

impl KeptReferences {
    /// None when no loop would gain.
    pub fn of(f: &Function, loops: &[Loop]) -> Option<KeptReferences> {
        let has_exits = || f.blocks.iter().any(|b| matches!(b.terminator, Some(Terminator::TryCall { .. })));
        if loops.is_empty() || f.blocks.len() > MOST_BLOCKS || has_exits() {
            return None;
        }
        let order = f.reverse_postorder();
        let quiet = |b: &Block| !f.block(*b).insts.iter().any(|data| calls(&data.inst));
        let loops = loops.iter().filter(|l| l.blocks.iter().all(quiet));
        let mut in_loops = vec![false; f.blocks.len()];
        loops.for_each(|l| l.blocks.iter().for_each(|b| in_loops[b.0 as usize] = true));
        if !in_loops.contains(&true) {
            return None;
        }
        let assumed = assumptions(f);
        let constants: HashSet<ValueId> =
            f.blocks.iter().flat_map(|b| &b.insts).filter(|data| data.inst.is_constant()).map(|data| data.results[0]).collect();
        let mut kept = KeptReferences {
            variable_of: HashMap::default(),
            origins: Vec::new(),
            variables: Vec::new(),
            live_out: vec![0; f.blocks.len()],
            lengths: lengths(f, &in_loops),
            live_before: Vec::new(),
        };
        let mut add = |v: &ValueId| {
            let origin = unassumed(&assumed, *v);
            let data = &f.values[origin.0 as usize];
            if data.repr == Repr::Tagged && data.ty.set.may_be_reference() && !constants.contains(&origin) && !kept.variable_of.contains_key(&origin) {
                kept.variable_of.insert(origin, kept.origins.len() as u32);
                kept.origins.push(origin);
            }
        };
        for &b in order.iter().filter(|b| in_loops[b.0 as usize]) {
            f.block(b).insts.iter().for_each(|data| data.inst.for_each_operand(&mut add));
            f.block(b).terminator.iter().for_each(|t| t.for_each_operand(&mut add));
        }
        if kept.origins.is_empty() || kept.origins.len() > MOST_VARIABLES {
            return None;
        }
        for v in (0..assumed.len()).filter(|&v| assumed[v].is_some()) {
            let v = ValueId(v as u32);
            if let Some(&i) = kept.variable_of.get(&unassumed(&assumed, v)) {
                kept.variable_of.insert(v, i);
            }
        }
        kept.find_live(f, &order);
        Some(kept)
    }

    fn bit(&self, v: ValueId) -> Variables {
        self.variable_of.get(&v).map_or(0, |&i| 1 << i)
    }

    /// The variable that the value defines.
    fn defined_bit(&self, v: ValueId) -> Variables {
        self.variable_of.get(&v).filter(|&&i| self.origins[i as usize] == v).map_or(0, |&i| 1 << i)
    }

    fn find_live(&mut self, f: &Function, order: &[Block]) {
        let mut live_in: Vec<Variables> = vec![0; f.blocks.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for &b in order.iter().rev() {
                let out = f.successors(b).into_iter().fold(0, |live, next| live | live_in[next.0 as usize]);
                self.live_out[b.0 as usize] = out;
                let live = self.walk(f, b, &mut |_, _| ());
                changed |= live != live_in[b.0 as usize];
                live_in[b.0 as usize] = live;
            }
        }
    }

    /// Calls `each` with what is live before each instruction, last first; the result is live before the block.
    fn walk(&self, f: &Function, b: Block, each: &mut dyn FnMut(usize, Variables)) -> Variables {
        let block = f.block(b);
        let mut live = self.live_out[b.0 as usize];
        block.terminator.iter().for_each(|t| t.for_each_operand(&mut |v| live |= self.bit(*v)));
        for (i, data) in block.insts.iter().enumerate().rev() {
            data.results.iter().for_each(|&v| live &= !self.defined_bit(v));
            data.inst.for_each_operand(&mut |v| live |= self.bit(*v));
            each(i, live);
        }
        block.params.iter().fold(live, |live, &p| live & !self.defined_bit(p))
    }

    /// Where the length is to be found when it should not be in a register.
    pub fn length_in_memory(&self, length: ValueId) -> Option<(u64, ValueId)> {
        self.lengths.get(&length).copied()
    }

    pub fn variable(&self, v: ValueId) -> Option<Variable> {
        self.variable_of.get(&v).map(|&i| self.variables[i as usize])
    }

    pub fn defines(&self, v: ValueId) -> bool {
        self.defined_bit(v) != 0
    }
}

/// The lengths that indexes are checked against in the loops, when they are many, or on cold paths only.
fn lengths(f: &Function, in_loops: &[bool]) -> HashMap<ValueId, (u64, ValueId)> {
    let mut headers: HashMap<ValueId, (u64, ValueId)> = HashMap::default();
    let mut shifts: HashMap<ValueId, (ValueId, ValueId)> = HashMap::default();
    let mut words: HashMap<ValueId, i64> = HashMap::default();
    let (mut checked, mut cold): (Vec<ValueId>, Vec<ValueId>) = Default::default();
    for (b, block) in f.blocks.iter().enumerate() {
        for data in &block.insts {
            match data.inst {
                Inst::Header { tag, base } => {
                    headers.insert(data.results[0], (tag as u64, base));
                }
                Inst::WordOp(WordOp::ShiftRight, word, n) => {
                    shifts.insert(data.results[0], (word, n));
                }
                Inst::Word(n) => {
                    words.insert(data.results[0], n);
                }
                Inst::CheckIndex(_, length, _) if block.cold => cold.push(length),
                Inst::CheckIndex(_, length, _) if in_loops[b] && !checked.contains(&length) => checked.push(length),
                _ => {}
            }
        }
    }
    if checked.len() <= MOST_LENGTHS {
        cold.retain(|length| !checked.contains(length));
        checked.clear();
    }
    let header_of = |length: ValueId| {
        let (word, n) = *shifts.get(&length)?;
        let shifted = words.get(&n) == Some(&(HEADER_SIZE_SHIFT as i64));
        if shifted { headers.get(&word).copied() } else { None }
    };
    checked.into_iter().chain(cold).filter_map(|length| Some((length, header_of(length)?))).collect()
}

impl Lowering<'_, '_> {
    pub fn declare_kept_references(&mut self) {
        if let Some(mut kept) = KeptReferences::of(self.function, &self.loops) {
            for _ in &kept.origins {
                let variable = self.b.declare_var(types::I64);
                self.b.declare_var_needs_stack_map(variable);
                kept.variables.push(variable);
            }
            self.kept = Some(kept);
        }
    }

    /// Before the instructions of a block are lowered.
    pub fn enter_block_with_kept_references(&mut self, block: Block) {
        if let Some(mut kept) = self.kept.take() {
            let mut live_before = vec![0; self.function.block(block).insts.len()];
            kept.walk(self.function, block, &mut |i, live| live_before[i] = live);
            kept.live_before = live_before;
            self.kept = Some(kept);
        }
    }

    /// At the start of a cold path that calls in the midst of the instruction at hand and comes back: what is
    /// live over it are copies from here on.
    pub fn keep_references(&mut self) {
        let Some(kept) = &self.kept else { return };
        let live = kept.live_before[self.position];
        let variables: Vec<Variable> = kept.variables.iter().enumerate().filter(|(i, _)| live >> i & 1 != 0).map(|(_, &v)| v).collect();
        if variables.is_empty() {
            return;
        }
        let originals: Vec<ir::Value> = variables.iter().map(|&variable| self.b.use_var(variable)).collect();
        let block = self.cold_block();
        self.jump(block, &originals);
        self.b.switch_to_block(block);
        for variable in variables {
            let copy = self.b.append_block_param(block, types::I64);
            self.root(copy);
            self.b.def_var(variable, copy);
        }
    }
}
