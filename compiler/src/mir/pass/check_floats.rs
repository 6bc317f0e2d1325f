//! Floating-point errors: a result that is infinite or not a number is checked where the program
//! could observe it.
//!
//! Infinities and NaNs go through additions, multiplications and the like, so a result that only
//! feeds such operations needs no check of its own: the last one has it. A result that is stored,
//! boxed, passed, returned, compared, divided by or carried along an edge is checked right behind the
//! operation. The check calls the runtime, which knows whether it is an error.

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
    let mut observed = vec![false; f.values.len()];
    // Operations whose result shows what went into them; their operands are observed with it.
    let mut shows: Vec<(ValueId, [ValueId; 2])> = Vec::new();
    for block in &f.blocks {
        for inst in &block.insts {
            match inst.inst {
                Inst::FloatOp(FloatOp::Div, a, b) => {
                    observed[b.0 as usize] = true;
                    shows.push((inst.results[0], [a, a]));
                }
                Inst::FloatOp(FloatOp::Add | FloatOp::Sub | FloatOp::Mul, a, b) => shows.push((inst.results[0], [a, b])),
                Inst::DoubleToSingle(a) | Inst::SingleToDouble(a) | Inst::FloatUnary(_, a) => {
                    shows.push((inst.results[0], [a, a]));
                }
                _ => inst.inst.for_each_operand(&mut |v| observed[v.0 as usize] = true),
            }
        }
        if let Some(t) = &block.terminator {
            t.for_each_operand(&mut |v| observed[v.0 as usize] = true);
        }
    }
    // A conversion or unary operation that is observed has no check of its own: its operand has it.
    for &(result, [a, _]) in shows.iter().rev() {
        if observed[result.0 as usize] && !fails[result.0 as usize] {
            observed[a.0 as usize] = true;
        }
    }
    for block in &mut f.blocks {
        let insts = std::mem::take(&mut block.insts);
        for inst in insts {
            let trap = failing(&inst.inst).filter(|_| observed[inst.results[0].0 as usize]);
            let (result, span) = (inst.results.first().copied(), inst.span);
            block.insts.push(inst);
            if let (Some((op, a, b)), Some(result)) = (trap, result) {
                block.insts.push(InstData { inst: Inst::CheckFloat(op, result, a, b), results: Vec::new(), span });
            }
        }
    }
}
