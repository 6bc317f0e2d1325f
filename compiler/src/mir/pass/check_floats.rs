//! Floating-point errors: a result that is infinite or not a number is checked where the program
//! could observe it.
//!
//! Infinities and NaNs go through additions, multiplications and the like, so a result that only
//! feeds such operations needs no check of its own: the last one has it. A result that is stored,
//! boxed, passed, returned, compared, divided by or carried along an edge is checked right behind the
//! operation. The check calls the runtime, which knows whether it is an error.
//!
//! Two kinds of edges are spared. A block parameter that is used only behind or on the way to a checked
//! result of its own block's region needs no check of what flows in: that check sees it. And a sum that
//! a counting loop without effects carries around is checked once, behind the loop.

use crate::hash::{HashMap, HashSet};

use crate::mir::build::ssa::for_each_edge;
use crate::mir::dominance::Dominators;
use crate::mir::loops::{Loop, loops};
use crate::mir::origins::{definitions, origin};
use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        check(f);
    }
}

/// Result, first and second operand of an operation that may fail.
fn failing(inst: &Inst) -> Option<(TrapOp, ValueId, ValueId)> {
    match *inst {
        Inst::FloatOp(op, a, b) => {
            let op = match op {
                FloatOp::Add => TrapOp::Add,
                FloatOp::Sub => TrapOp::Sub,
                FloatOp::Mul => TrapOp::Mul,
                FloatOp::Div => TrapOp::Div,
                FloatOp::Min | FloatOp::Max => return None,
            };
            Some((op, a, b))
        }
        Inst::DoubleToSingle(a) => Some((TrapOp::Narrow, a, a)),
        _ => None,
    }
}

/// Operands that show in the result of an operation when they are infinite or not numbers.
fn shown(inst: &Inst) -> Option<Vec<ValueId>> {
    Some(match *inst {
        Inst::FloatOp(FloatOp::Div, a, _) => vec![a],
        Inst::FloatOp(FloatOp::Add | FloatOp::Sub | FloatOp::Mul, a, b) => vec![a, b],
        Inst::DoubleToSingle(a) | Inst::SingleToDouble(a) | Inst::FloatUnary(_, a) => vec![a],
        _ => return None,
    })
}

fn check(f: &mut Function) {
    let mut fails = vec![false; f.values.len()];
    let mut any = false;
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        if failing(&inst.inst).is_some() {
            fails[inst.results[0].0 as usize] = true;
            any = true;
        }
    }
    if !any {
        return;
    }
    let mut observed = observed_by_instructions(f);
    let dominators = Dominators::of(f);
    let spared = Spared::find(f, &dominators, &observed);
    for &b in dominators.order() {
        let Some(mut t) = f.block_mut(b).terminator.take() else { continue };
        let mut bare = t.clone();
        for_each_edge(&mut bare, &mut |_, _, args| args.clear());
        bare.for_each_operand(&mut |v| observed[v.0 as usize] = true);
        for_each_edge(&mut t, &mut |to, implicit, args| {
            for (i, a) in args.iter().enumerate() {
                let param = f.block(to).params[i + implicit];
                if !spared.params.contains(&param) && !spared.edges.contains(&(b, param)) {
                    observed[a.0 as usize] = true;
                }
            }
        });
        f.block_mut(b).terminator = Some(t);
    }
    // A conversion or unary operation that is observed has no check of its own: its operand has it.
    let insts: Vec<&InstData> = f.blocks.iter().flat_map(|b| &b.insts).collect();
    for data in insts.iter().rev() {
        if let Some(operands) = shown(&data.inst)
            && observed[data.results[0].0 as usize]
            && !fails[data.results[0].0 as usize]
        {
            observed[operands[0].0 as usize] = true;
        }
    }
    for b in 0..f.blocks.len() {
        place_checks(f, Block(b as u32), &observed);
    }
    for (b, v) in spared.behind {
        let block = f.block_mut(b);
        let span = block.insts.first().map_or(block.terminator_span, |data| data.span);
        block.insts.insert(0, InstData { inst: Inst::CheckFloat(TrapOp::Add, v, v, v), results: Vec::new(), span });
    }
}

/// A check that waits for others: operation, result and operands.
type Pending = Vec<(TrapOp, ValueId, ValueId, ValueId)>;

/// Checks in one go, at most.
const MOST_PENDING: usize = 8;

/// Puts the checks into a block. Results that are only stored, divided by or computed with further, wait for
/// one another: one test of their sum will do.
fn place_checks(f: &mut Function, b: Block, observed: &[bool]) {
    let insts = std::mem::take(&mut f.block_mut(b).insts);
    let mut out = Vec::with_capacity(insts.len());
    let mut pending = Pending::new();
    for data in insts {
        if !pending.is_empty() && (pending.len() == MOST_PENDING || ends_waiting(f, &data, &pending)) {
            flush(f, &mut pending, &mut out);
        }
        let trap = failing(&data.inst).filter(|_| observed[data.results[0].0 as usize]);
        let (result, span) = (data.results.first().copied(), data.span);
        out.push(data);
        let (Some((op, x, y)), Some(result)) = (trap, result) else { continue };
        let alone = pending.first().is_some_and(|&(_, other, ..)| f.repr(other) != f.repr(result));
        if op == TrapOp::Narrow || alone {
            out.push(InstData { inst: Inst::CheckFloat(op, result, x, y), results: Vec::new(), span });
        } else {
            pending.push((op, result, x, y));
        }
    }
    flush(f, &mut pending, &mut out);
    f.block_mut(b).insts = out;
}

/// Whether what waits must be checked before the instruction: it has other effects than storing floats, or
/// makes something of a result that would not show.
fn ends_waiting(f: &Function, data: &InstData, pending: &Pending) -> bool {
    let waits = |v: ValueId| pending.iter().any(|&(_, result, ..)| result == v);
    let inst = &data.inst;
    match *inst {
        _ if f.is_fixnum_arith(data) => false,
        _ if shown(inst).is_some() => false,
        Inst::Store { element: Element::F64 | Element::F32, .. } | Inst::StoreIndexed { element: Element::F64 | Element::F32, .. } => {
            false
        }
        Inst::CheckIndex(..) | Inst::CheckInstance(..) => false,
        _ => {
            let mut used = false;
            inst.for_each_operand(&mut |v| used |= waits(*v));
            used || !super::eliminate_dead_code::is_pure(inst) || inst.is_safepoint()
        }
    }
}

fn flush(f: &mut Function, pending: &mut Pending, out: &mut Vec<InstData>) {
    let span = out.last().map_or(crate::source::Span::default(), |data| data.span);
    let mut checks = std::mem::take(pending);
    let mut push = |inst, results| out.push(InstData { inst, results, span });
    if checks.len() < 2 {
        if let Some((op, v, a, b)) = checks.pop() {
            push(Inst::CheckFloat(op, v, a, b), Vec::new());
        }
        return;
    }
    // As a tree: the results are there at about the same time, and a loop waits for the last addition.
    let mut sums: Vec<ValueId> = checks.iter().map(|check| check.1).collect();
    while sums.len() > 1 {
        for pair in std::mem::take(&mut sums).chunks(2) {
            let &[a, b] = pair else {
                sums.push(pair[0]);
                continue;
            };
            let sum = f.new_value(f.repr(a), crate::types::Type::ANY);
            push(Inst::FloatOp(FloatOp::Add, a, b), vec![sum]);
            sums.push(sum);
        }
    }
    let ops = checks.iter().map(|check| check.0).collect();
    let mut operands = vec![sums[0]];
    operands.extend(checks.iter().map(|check| check.1));
    push(Inst::CheckFloats(ops, operands), Vec::new());
}

/// Values that instructions observe other than by computing with them.
fn observed_by_instructions(f: &Function) -> Vec<bool> {
    let mut observed = vec![false; f.values.len()];
    for data in f.blocks.iter().flat_map(|b| &b.insts) {
        match data.inst {
            Inst::FloatOp(FloatOp::Div, _, b) => observed[b.0 as usize] = true,
            _ if shown(&data.inst).is_some() => {}
            _ => data.inst.for_each_operand(&mut |v| observed[v.0 as usize] = true),
        }
    }
    observed
}

/// Edges along which nothing need be checked.
#[derive(Default)]
struct Spared {
    /// Whatever flows into these parameters.
    params: HashSet<ValueId>,
    /// What flows into the parameter from the block.
    edges: HashSet<(Block, ValueId)>,
    /// Checks at the heads of blocks in place of those.
    behind: Vec<(Block, ValueId)>,
}

impl Spared {
    fn find(f: &Function, dominators: &Dominators, observed: &[bool]) -> Spared {
        let mut spared = Spared::default();
        let uses = Uses::of(f, dominators);
        for &b in dominators.order() {
            for &p in &f.block(b).params {
                if is_float(f, p) && uses.seen_by_a_check(f, dominators, observed, p) {
                    spared.params.insert(p);
                }
            }
        }
        let loops = loops(f, dominators);
        if loops.is_empty() {
            return spared;
        }
        let definitions = definitions(f);
        for l in &loops {
            let Some(exit) = counted_exit(f, l, &definitions) else { continue };
            for i in 0..f.block(l.header).params.len() {
                let p = f.block(l.header).params[i];
                if is_float(f, p) && !spared.params.contains(&p) && is_sum(f, l, &uses, &definitions, i, observed) {
                    spared.edges.extend(l.latches.iter().map(|&latch| (latch, p)));
                    spared.behind.push((exit, p));
                }
            }
        }
        spared
    }
}

fn is_float(f: &Function, v: ValueId) -> bool {
    matches!(f.repr(v), Repr::Double | Repr::Single)
}

/// Where float values are used.
struct Uses {
    /// Block and position; terminators come last.
    by_value: HashMap<ValueId, Vec<(Block, usize)>>,
}

impl Uses {
    fn of(f: &Function, dominators: &Dominators) -> Uses {
        let mut by_value: HashMap<ValueId, Vec<(Block, usize)>> = HashMap::default();
        for &b in dominators.order() {
            let block = f.block(b);
            let mut note = |v: ValueId, at: usize| {
                if is_float(f, v) {
                    by_value.entry(v).or_default().push((b, at));
                }
            };
            for (i, data) in block.insts.iter().enumerate() {
                data.inst.for_each_operand(&mut |v| note(*v, i));
            }
            if let Some(t) = &block.terminator {
                t.for_each_operand(&mut |v| note(*v, usize::MAX));
            }
        }
        Uses { by_value }
    }

    fn of_value(&self, v: ValueId) -> &[(Block, usize)] {
        self.by_value.get(&v).map_or(&[], |uses| uses)
    }

    /// Whether an operation that is checked for its own sake has the parameter among its operands,
    /// directly or through operations that show it, and every other use lies behind that check.
    fn seen_by_a_check(&self, f: &Function, dominators: &Dominators, observed: &[bool], p: ValueId) -> bool {
        let mut way: HashSet<(Block, usize)> = HashSet::default();
        let mut current = p;
        // Follow the first use, as long as it is an operation that shows the value.
        for _ in 0..8 {
            let Some(&first) = self.of_value(current).iter().find(|&&(b, i)| {
                self.of_value(current).iter().all(|&(c, j)| b == c && i <= j || b != c && dominators.dominates(b, c))
            }) else {
                return false;
            };
            let (b, i) = first;
            let Some(data) = f.block(b).insts.get(i) else { return false };
            let Some(operands) = shown(&data.inst) else { return false };
            if !operands.contains(&current) {
                return false;
            }
            way.insert(first);
            let result = data.results[0];
            if failing(&data.inst).is_some() && observed[result.0 as usize] {
                return self.all_behind(dominators, first, &way, p, f);
            }
            current = result;
        }
        false
    }

    /// Whether what is made of `p` before the check at `site` is on the way to it or stays unobserved till
    /// then: every use of a value on the way lies on the way or behind the check.
    fn all_behind(&self, dominators: &Dominators, site: (Block, usize), way: &HashSet<(Block, usize)>, p: ValueId, f: &Function) -> bool {
        let behind = |(b, i): (Block, usize)| if b == site.0 { i > site.1 } else { dominators.dominates(site.0, b) };
        let mut values = vec![p];
        values.extend(way.iter().filter(|&&at| at != site).map(|&(b, i)| f.block(b).insts[i].results[0]));
        values.iter().all(|&v| self.of_value(v).iter().all(|&at| way.contains(&at) || behind(at)))
    }
}

/// The block behind a loop that counts to a bound, without effects and with one way out.
fn counted_exit(f: &Function, l: &Loop, definitions: &HashMap<ValueId, Inst>) -> Option<Block> {
    let counter = l.counter(f, definitions)?;
    let Some(Terminator::Branch(c, (yes, _), (no, _))) = &f.block(l.header).terminator else { return None };
    let (inside, exit) = if l.blocks.contains(yes) { (*yes, *no) } else { (*no, *yes) };
    let predecessors = f.blocks.iter().enumerate().filter(|(b, _)| f.successors(Block(*b as u32)).contains(&exit)).count();
    if !l.blocks.contains(&inside) || l.blocks.contains(&exit) || predecessors != 1 {
        return None;
    }
    let Some(&Inst::CompareWord(Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge, a, b)) = definitions.get(c) else {
        return None;
    };
    let counts = |v: ValueId| match definitions.get(&v) {
        Some(&Inst::Bits(t) | &Inst::Untag(t)) => origin(definitions, t) == counter,
        _ => false,
    };
    if !counts(a) && !counts(b) {
        return None;
    }
    for &block in &l.blocks {
        let leaves = block != l.header && f.successors(block).iter().any(|next| !l.blocks.contains(next));
        if leaves || f.block(block).insts.iter().any(|data| !is_quiet(f, data)) {
            return None;
        }
    }
    Some(exit)
}

/// Whether nobody could tell when the instruction runs.
fn is_quiet(f: &Function, data: &InstData) -> bool {
    match data.inst {
        Inst::Arith(..) => f.is_fixnum_arith(data),
        Inst::Check(..) | Inst::CheckIndex(..) | Inst::CheckInstance(..) | Inst::Poll | Inst::PollLoop | Inst::PollSometimes(_) => true,
        ref inst => super::eliminate_dead_code::is_pure(inst),
    }
}

/// Whether the parameter is only added to within the loop: the next value comes from it and is used for
/// nothing else.
fn is_sum(f: &Function, l: &Loop, uses: &Uses, definitions: &HashMap<ValueId, Inst>, i: usize, observed: &[bool]) -> bool {
    let p = f.block(l.header).params[i];
    let next = l.next_values(f, i);
    let [x] = next[..] else { return false };
    let chained = match definitions.get(&x) {
        Some(inst @ Inst::FloatOp(FloatOp::Add | FloatOp::Sub | FloatOp::Mul, ..)) => shown(inst).is_some_and(|o| o.contains(&p)),
        _ => false,
    };
    let inside = uses.of_value(p).iter().filter(|(b, _)| l.blocks.contains(b)).count();
    chained && !observed[x.0 as usize] && inside == 1 && uses.of_value(x).len() == 1
}
