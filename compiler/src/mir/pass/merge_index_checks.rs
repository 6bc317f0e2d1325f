//! One check for the indexes into several vectors, in loops.
//!
//! A block that checks an index against several lengths known outside the loop gets a version without
//! these checks, for an index that is below the least of them. The other version, cold, is the block as it
//! was: it makes the right error in the right place.
//!
//! ```text
//! b1:                              v20 = min v4 v5      (outside the loop)
//!   v8 = untag v7                b1:
//!   v9 = check-index v8 v4 v1      v8 = untag v7
//!   …                              v21 = compare-word below v8 v20
//!   v12 = check-index v8 v5 v2     branch v21 b2 b3
//!   …                        =>  b2:        …            jump b4(…)
//!                                b3: cold   v9 = check-index v8 v4 v1 …  jump b4(…)
//!                                b4(…):     what followed the last of the checks
//! ```

use super::ranges::word;
use crate::hash::{HashMap, HashSet};
use crate::mir::dominance::Dominators;
use crate::mir::loops::{Loop, innermost, loops};
use crate::mir::origins::{definitions, sites};
use crate::mir::*;
use crate::types::Type;
use rook_runtime::value::Value;

/// Checks that must go for each that comes.
const LEAST_GAIN: usize = 2;
/// Blocks of a function that are split, at most: each takes a walk over the function.
const MOST_BLOCKS: usize = 64;
/// Instructions that may be doubled for it.
const MOST_DOUBLED: usize = 250;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        let checks = f.blocks.iter().flat_map(|b| &b.insts).filter(|data| matches!(data.inst, Inst::CheckIndex(..)));
        if checks.count() > LEAST_GAIN {
            merge(f);
        }
    }
}

/// A block with checks to merge.
struct Candidate {
    block: Block,
    /// Indexes and the lengths that they are checked against.
    checks: Vec<(ValueId, Vec<ValueId>)>,
    /// Of these, the tests that decide all.
    tests: Vec<(ValueId, Vec<ValueId>)>,
}

fn merge(f: &mut Function) {
    let dominators = Dominators::of(f);
    let loops = loops(f, &dominators);
    let (sites, definitions) = (sites(f), definitions(f));
    let mut candidates: Vec<Candidate> = Vec::new();
    for &b in dominators.order() {
        if let Some(around) = innermost(&loops, b)
            && !f.block(b).cold
            && candidates.len() < MOST_BLOCKS
        {
            candidates.extend(candidate(f, b, around, &sites, &definitions));
        }
    }
    let mut limits: HashMap<Vec<ValueId>, ValueId> = HashMap::default();
    for (_, lengths) in candidates.iter().flat_map(|c| &c.tests) {
        if !limits.contains_key(lengths) {
            let limit = least(f, &dominators, lengths);
            limits.insert(lengths.clone(), limit);
        }
    }
    for candidate in candidates {
        split(f, &candidate, &limits);
    }
}

fn candidate(f: &Function, b: Block, around: &Loop, sites: &[(Block, usize)], definitions: &HashMap<ValueId, Inst>) -> Option<Candidate> {
    let block = f.block(b);
    let outside = |v: ValueId| !around.blocks.contains(&sites[v.0 as usize].0);
    let early = early(f, b, sites);
    let available = |v: ValueId| sites[v.0 as usize].0 != b || block.params.contains(&v) || early.contains(&v);
    let mut checks: Vec<(ValueId, Vec<ValueId>)> = Vec::new();
    let mut end = 0;
    for (i, data) in block.insts.iter().enumerate() {
        let Inst::CheckIndex(index, length, _) = data.inst else { continue };
        if !available(index) || !outside(length) {
            continue;
        }
        end = i + 1;
        match checks.iter_mut().find(|(v, _)| *v == index) {
            Some((_, lengths)) if lengths.contains(&length) => {}
            Some((_, lengths)) => lengths.push(length),
            None => checks.push((index, vec![length])),
        }
    }
    // Tests with the roots and offsets of their indexes.
    let mut tests: Vec<(ValueId, i64, ValueId, Vec<ValueId>)> = Vec::new();
    for (index, lengths) in &checks {
        let (root, offset) = root(f, definitions, *index);
        // A test whose index has the same root will do for both, when neither can be negative.
        let near = tests.iter_mut().find(|test| test.0 == root && f.ty(test.2).low >= 0 && f.ty(*index).low >= 0);
        let Some((_, largest, tested, all)) = near else {
            tests.push((root, offset, *index, lengths.clone()));
            continue;
        };
        if *largest < offset {
            (*largest, *tested) = (offset, *index);
        }
        for length in lengths {
            if !all.contains(length) {
                all.push(*length);
            }
        }
    }
    let mut tests: Vec<(ValueId, Vec<ValueId>)> = tests.into_iter().map(|(_, _, index, lengths)| (index, lengths)).collect();
    tests.iter_mut().for_each(|(_, lengths)| lengths.sort());
    let count: usize = checks.iter().map(|(_, lengths)| lengths.len()).sum();
    (count >= tests.len() + LEAST_GAIN && end <= MOST_DOUBLED).then_some(Candidate { block: b, checks, tests })
}

/// A value that the index is the sum of, and a constant.
fn root(f: &Function, definitions: &HashMap<ValueId, Inst>, index: ValueId) -> (ValueId, i64) {
    let constant = |v: ValueId| match definitions.get(&v) {
        Some(Inst::Immediate(bits)) if f.ty(v).is_fixnum() => Some(Value(*bits).as_fixnum()),
        _ => None,
    };
    let Some(&Inst::Untag(mut v)) = definitions.get(&index) else { return (index, 0) };
    let mut offset = 0i64;
    loop {
        let (inner, n) = match definitions.get(&v) {
            Some(&(Inst::Assume(inner, _) | Inst::Check(_, _, inner))) => (inner, 0),
            // The result is a fixnum, so it is the sum.
            Some(&Inst::Arith(op @ (Arith::Add | Arith::Sub), a, b)) if f.ty(v).is_fixnum() && f.ty(a).is_fixnum() && f.ty(b).is_fixnum() => {
                match (op, constant(a), constant(b)) {
                    (Arith::Add, _, Some(n)) => (a, n),
                    (Arith::Sub, _, Some(n)) => (a, -n),
                    (Arith::Add, Some(n), _) => (b, n),
                    _ => return (v, offset),
                }
            }
            _ => return (v, offset),
        };
        let Some(sum) = offset.checked_add(n) else { return (v, offset) };
        (v, offset) = (inner, sum);
    }
}

/// Results of instructions of the block that may stand at its start: constants, and arithmetic on what is
/// available there.
fn early(f: &Function, b: Block, sites: &[(Block, usize)]) -> HashSet<ValueId> {
    let mut early: HashSet<ValueId> = HashSet::default();
    let block = f.block(b);
    for data in &block.insts {
        let plain = match data.inst {
            Inst::Untag(_) | Inst::Tag(_) | Inst::Bits(_) => true,
            Inst::WordOp(op, ..) => !matches!(op, WordOp::Div | WordOp::Rem),
            ref inst => inst.is_constant() || f.is_fixnum_arith(data),
        };
        let mut available = plain;
        data.inst.for_each_operand(&mut |v| {
            available &= sites[v.0 as usize].0 != b || block.params.contains(v) || early.contains(v);
        });
        if available {
            early.insert(data.results[0]);
        }
    }
    early
}

/// The least of some lengths, made where the last of them is.
fn least(f: &mut Function, dominators: &Dominators, lengths: &[ValueId]) -> ValueId {
    let mut least = lengths[0];
    for &length in &lengths[1..] {
        let (a, b) = (f.ty(least), f.ty(length));
        let result = f.new_value(Repr::Word, word(a.low.min(b.low), a.high.min(b.high)));
        insert_behind(f, dominators, &[least, length], Inst::WordOp(WordOp::Min, least, length), vec![result]);
        least = result;
    }
    insert_behind(f, dominators, &[least], Inst::Settle(least), vec![]);
    least
}

/// Inserts an instruction behind the definitions of these values, of which each dominates the next or is
/// dominated by it.
fn insert_behind(f: &mut Function, dominators: &Dominators, values: &[ValueId], inst: Inst, results: Vec<ValueId>) {
    let sites = sites(f);
    let last = values.iter().map(|v| sites[v.0 as usize]).max_by_key(|&(b, i)| (dominators.position(b), i));
    let (block, i) = last.expect("an instruction has operands");
    f.block_mut(block).insts.insert(i, InstData { inst, results, span: Default::default() });
}

fn split(f: &mut Function, candidate: &Candidate, limits: &HashMap<Vec<ValueId>, ValueId>) {
    let sites = sites(f);
    let b = candidate.block;
    let merged = |inst: &Inst| match inst {
        Inst::CheckIndex(index, length, _) => candidate.checks.iter().any(|(v, lengths)| v == index && lengths.contains(length)),
        _ => false,
    };
    let Some(last) = f.block(b).insts.iter().rposition(|data| merged(&data.inst)) else { return };
    let span = f.block(b).insts[last].span;
    let early = early(f, b, &sites);
    let insts = std::mem::take(&mut f.block_mut(b).insts);
    let mut doubled = Vec::new();
    let mut head = Vec::new();
    let mut rest = Vec::new();
    for (i, data) in insts.into_iter().enumerate() {
        if i > last {
            rest.push(data);
        } else if data.results.first().is_some_and(|r| early.contains(r)) {
            head.push(data);
        } else {
            doubled.push(data);
        }
    }
    let (fast, slow, join) = (f.new_block(), f.new_block(), f.new_block());
    let block = f.block_mut(b);
    let (terminator, terminator_span) = (block.terminator.take(), block.terminator_span);
    let join_block = f.block_mut(join);
    join_block.insts = rest;
    join_block.terminator = terminator;
    join_block.terminator_span = terminator_span;
    // What is made in the doubled part and used elsewhere comes to the join as parameters.
    let mut used: HashSet<ValueId> = limits.values().copied().collect();
    for block in &f.blocks {
        block.insts.iter().for_each(|data| data.inst.for_each_operand(&mut |v| _ = used.insert(*v)));
        block.terminator.iter().for_each(|t| t.for_each_operand(&mut |v| _ = used.insert(*v)));
    }
    let outs: Vec<ValueId> = doubled.iter().flat_map(|data| &data.results).copied().filter(|v| used.contains(v)).collect();
    for (target, is_fast) in [(fast, true), (slow, false)] {
        let mut names: HashMap<ValueId, ValueId> = HashMap::default();
        let mut insts = Vec::with_capacity(doubled.len());
        for data in &doubled {
            if let Inst::CheckIndex(index, ..) = data.inst
                && is_fast
                && merged(&data.inst)
            {
                names.insert(data.results[0], names.get(&index).copied().unwrap_or(index));
                continue;
            }
            let mut data = data.clone();
            data.inst.for_each_operand_mut(&mut |v| *v = names.get(v).copied().unwrap_or(*v));
            for result in &mut data.results {
                let (repr, ty): (Repr, Type) = (f.repr(*result), f.ty(*result));
                let fresh = f.new_value(repr, ty);
                names.insert(*result, fresh);
                *result = fresh;
            }
            insts.push(data);
        }
        let args = outs.iter().map(|v| names[v]).collect();
        let block = f.block_mut(target);
        block.insts = insts;
        block.cold = !is_fast;
        block.terminator = Some(Terminator::Jump(join, args));
        block.terminator_span = span;
    }
    f.block_mut(join).params = outs;
    f.block_mut(b).insts = head;
    let mut from = b;
    for (i, (index, lengths)) in candidate.tests.iter().enumerate() {
        let next = if i + 1 == candidate.tests.len() { fast } else { f.new_block() };
        let inside = f.new_value(Repr::Bool, Type::ANY);
        let block = f.block_mut(from);
        block.insts.push(InstData { inst: Inst::CompareWord(Compare::Below, *index, limits[lengths]), results: vec![inside], span });
        block.terminator = Some(Terminator::Branch(inside, (next, vec![]), (slow, vec![])));
        block.terminator_span = span;
        from = next;
    }
}
