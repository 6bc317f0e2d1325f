//! Drops pure instructions whose results are unused and block parameters nobody reads.
//!
//! Liveness starts at effects and terminators, so a cycle of parameters that only feed each other
//! dies as a whole; floats that a loop computes from one another live, for their errors. A cons that a
//! parameter carries on lives, too: a loop that gathers a list nobody reads fills the heap, as its text
//! says, and does not run forever.

use std::collections::HashSet;

use super::simplify_params::remove_params;
use crate::mir::build::ssa::for_each_edge;
use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        eliminate(f);
    }
}

/// Whether an instruction may be dropped when its results are unused.
pub fn is_pure(inst: &Inst) -> bool {
    match inst {
        Inst::Store { .. }
        | Inst::StoreIndexed { .. }
        | Inst::CellSet(..)
        | Inst::ClosureSet(..)
        | Inst::ArgSet(..)
        | Inst::SetArgCount(_)
        | Inst::ValueSet(..)
        | Inst::SetValueCount(_)
        | Inst::SetSymbolValue(..)
        | Inst::Bind(..)
        | Inst::Unbind(_)
        | Inst::Call(_)
        | Inst::Primitive(..)
        | Inst::Runtime(..)
        | Inst::ForeignCall { .. }
        | Inst::Poll
        | Inst::PollLoop
        | Inst::PollSometimes(_)
        | Inst::Settle(_)
        | Inst::Check(..)
        | Inst::CheckIndex(..)
        | Inst::CheckInstance(..)
        | Inst::CoerceToFunction(_)
        | Inst::SymbolValue(_)
        | Inst::SymbolFunction(_)
        // May raise a type error.
        | Inst::Arith(..)
        | Inst::ArithCompare(..) => false,
        _ => true,
    }
}

fn eliminate(f: &mut Function) {
    let mut live = vec![false; f.values.len()];
    let mut work: Vec<ValueId> = Vec::new();
    // Definition of each value: instruction operands, or the arguments that feed a parameter.
    let mut sources: Vec<Vec<ValueId>> = vec![Vec::new(); f.values.len()];
    let mut is_cons = vec![false; f.values.len()];
    for block in &mut f.blocks {
        for inst in &block.insts {
            let mut operands = Vec::new();
            inst.inst.for_each_operand(&mut |v| operands.push(*v));
            if is_pure(&inst.inst) {
                for r in &inst.results {
                    is_cons[r.0 as usize] = matches!(inst.inst, Inst::Cons(..));
                    sources[r.0 as usize] = operands.clone();
                }
            } else {
                work.extend(operands);
            }
        }
    }
    let (float_results, float_operands) = float_values(f);
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        for_each_edge(&mut t, &mut |to, implicit, args| {
            for (i, &a) in args.iter().enumerate() {
                let param = f.blocks[to.0 as usize].params[i + implicit];
                sources[param.0 as usize].push(a);
                // A loop that goes on with a float until there is an error ends by that error.
                if is_cons[a.0 as usize] || float_results.contains(&a) && float_operands.contains(&param) {
                    work.push(a);
                }
            }
        });
        roots_of(&t, &mut work);
        f.blocks[b].terminator = Some(t);
    }
    while let Some(v) = work.pop() {
        if !std::mem::replace(&mut live[v.0 as usize], true) {
            work.extend(&sources[v.0 as usize]);
        }
    }
    let mut removed: Vec<Vec<usize>> = vec![Vec::new(); f.blocks.len()];
    let implicit = implicit_params(f);
    for (b, block) in f.blocks.iter_mut().enumerate() {
        block.insts.retain(|inst| !is_pure(&inst.inst) || inst.results.iter().any(|r| live[r.0 as usize]));
        if b > 0 {
            removed[b] =
                (implicit[b]..block.params.len()).filter(|&i| !live[block.params[i].0 as usize]).collect();
        }
    }
    remove_params(f, &removed);
}

/// Results and operands of float operations that may fail.
fn float_values(f: &Function) -> (HashSet<ValueId>, HashSet<ValueId>) {
    let (mut results, mut operands) = (HashSet::new(), HashSet::new());
    for data in f.blocks.iter().flat_map(|b| &b.insts) {
        if let Inst::FloatOp(FloatOp::Add | FloatOp::Sub | FloatOp::Mul | FloatOp::Div, a, b) = data.inst {
            results.insert(data.results[0]);
            operands.extend([a, b]);
        }
    }
    (results, operands)
}

/// Operands of a terminator that are not block arguments.
fn roots_of(t: &Terminator, work: &mut Vec<ValueId>) {
    let mut bare = t.clone();
    for_each_edge(&mut bare, &mut |_, _, args| args.clear());
    bare.for_each_operand(&mut |v| work.push(*v));
}

/// Number of leading parameters that an edge delivers by itself.
fn implicit_params(f: &mut Function) -> Vec<usize> {
    let mut implicit = vec![0; f.blocks.len()];
    for block in &mut f.blocks {
        if let Some(t) = &mut block.terminator {
            for_each_edge(t, &mut |to, n, _| implicit[to.0 as usize] = implicit[to.0 as usize].max(n));
        }
    }
    implicit
}
