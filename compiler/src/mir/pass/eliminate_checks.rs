//! Uses inferred types: decided tests become constants, decided branches jumps, satisfied checks
//! vanish, arithmetic on known floats is open-coded.
//!
//! ```text
//! v2 = check FIXNUM v1        (v1 : fixnum)          =>  v1 for v2
//! v3 = arith add v1 v2        (both double-floats)   =>  box (fadd (unbox v1) (unbox v2))
//! branch (is CONS v1) a b     (v1 : cons)            =>  jump a
//! ```

use std::collections::HashMap;

use super::substitute::Substitution;
use crate::mir::*;
use crate::types::{Type, TypeSet};

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        eliminate(f);
    }
}

fn eliminate(f: &mut Function) {
    let mut substitution = Substitution::default();
    let mut known: HashMap<ValueId, bool> = HashMap::new();
    // Blocks are in reverse postorder: definitions come before uses.
    for b in 0..f.blocks.len() {
        let insts = std::mem::take(&mut f.blocks[b].insts);
        let mut out = Vec::with_capacity(insts.len());
        for mut data in insts {
            data.inst.for_each_operand_mut(&mut |v| *v = substitution.resolve(*v));
            rewrite(f, data, &mut out, &mut substitution, &mut known);
        }
        f.blocks[b].insts = out;
        if let Some(t) = &mut f.blocks[b].terminator {
            t.for_each_operand_mut(&mut |v| *v = substitution.resolve(*v));
            if let Terminator::Branch(c, yes, no) = t
                && let Some(&truth) = known.get(c)
            {
                let (block, args) = if truth { yes.clone() } else { no.clone() };
                *t = Terminator::Jump(block, args);
            }
        }
    }
    substitution.apply(f);
}

/// Emits the replacement of one instruction.
fn rewrite(
    f: &mut Function,
    data: InstData,
    out: &mut Vec<InstData>,
    substitution: &mut Substitution,
    known: &mut HashMap<ValueId, bool>,
) {
    let result = data.results.first().copied();
    match data.inst {
        Inst::Check(set, _, v) if f.ty(v).set.is_subset_of(set) && !f.ty(v).set.is_empty() => {
            substitution.insert(result.expect("a check has a result"), v);
            return;
        }
        Inst::CoerceToFunction(v) if f.ty(v).set == TypeSet::FUNCTION => {
            substitution.insert(result.expect("a coercion has a result"), v);
            return;
        }
        Inst::Is(set, v) => {
            let ty = f.ty(v).set;
            if ty.is_subset_of(set) && !ty.is_empty() {
                known.insert(result.expect("a test has a result"), true);
            } else if ty.is_disjoint_from(set) && !ty.is_empty() {
                known.insert(result.expect("a test has a result"), false);
            }
        }
        Inst::Eq(a, b) => {
            let (x, y) = (f.ty(a).set, f.ty(b).set);
            let single = |s: TypeSet| s == TypeSet::NIL || s == TypeSet::T;
            if x.is_disjoint_from(y) && !x.is_empty() && !y.is_empty() {
                known.insert(result.expect("a test has a result"), false);
            } else if x == y && single(x) || a == b {
                known.insert(result.expect("a test has a result"), true);
            }
        }
        Inst::BoolNot(v) => {
            if let Some(&t) = known.get(&v) {
                known.insert(result.expect("a condition"), !t);
            }
        }
        Inst::BoolAnd(a, b) | Inst::BoolOr(a, b) => {
            let is_and = matches!(data.inst, Inst::BoolAnd(..));
            let result = result.expect("a condition");
            match (known.get(&a).copied(), known.get(&b).copied()) {
                // One side decides, or does not matter.
                (Some(t), _) if t != is_and => {
                    known.insert(result, t);
                }
                (_, Some(t)) if t != is_and => {
                    known.insert(result, t);
                }
                (Some(_), Some(t)) => {
                    known.insert(result, t);
                }
                (Some(_), None) => return substitution.insert(result, b),
                (None, Some(_)) => return substitution.insert(result, a),
                (None, None) => {}
            }
        }
        Inst::Boolean(c) => {
            if let Some(&t) = known.get(&c) {
                let result = result.expect("a boolean");
                f.values[result.0 as usize].ty = Type::of(if t { TypeSet::T } else { TypeSet::NIL });
                let inst = if t { Inst::T } else { Inst::Nil };
                out.push(InstData { inst, results: data.results, span: data.span });
                return;
            }
        }
        Inst::Arith(op, a, b) => {
            if let (Some(x), Some(y)) = doubles(f, a, b, out, data.span) {
                let op = match op {
                    Arith::Add => DoubleOp::Add,
                    Arith::Sub => DoubleOp::Sub,
                    Arith::Mul => DoubleOp::Mul,
                };
                let raw = emit(f, out, Inst::DoubleOp(op, x, y), Repr::Double, data.span);
                let result = result.expect("arithmetic has a result");
                f.values[result.0 as usize].ty = Type::of(TypeSet::DOUBLE);
                out.push(InstData { inst: Inst::BoxDouble(raw), results: data.results, span: data.span });
                return;
            }
        }
        Inst::ArithCompare(c, a, b) => {
            if let (Some(x), Some(y)) = doubles(f, a, b, out, data.span) {
                out.push(InstData { inst: Inst::CompareDouble(c, x, y), results: data.results, span: data.span });
                return;
            }
            if f.ty(a).is_fixnum() && f.ty(b).is_fixnum() {
                let x = emit(f, out, Inst::Bits(a), Repr::Word, data.span);
                let y = emit(f, out, Inst::Bits(b), Repr::Word, data.span);
                out.push(InstData { inst: Inst::CompareWord(c, x, y), results: data.results, span: data.span });
                return;
            }
        }
        Inst::Primitive("div", ref args) => {
            if let (Some(x), Some(y)) = divisible(f, args, out, data.span) {
                let raw = emit(f, out, Inst::DoubleOp(DoubleOp::Div, x, y), Repr::Double, data.span);
                out.push(InstData { inst: Inst::BoxDouble(raw), results: data.results, span: data.span });
                return;
            }
        }
        _ => {}
    }
    out.push(data);
}

/// Both operands as raw doubles, when at least one is a double-float and the other a double-float
/// or a fixnum small enough to convert exactly.
fn doubles(
    f: &mut Function,
    a: ValueId,
    b: ValueId,
    out: &mut Vec<InstData>,
    span: crate::source::Span,
) -> (Option<ValueId>, Option<ValueId>) {
    let fits = |f: &Function, v: ValueId| f.ty(v).is_double() || is_small_fixnum(f.ty(v));
    if !(f.ty(a).is_double() || f.ty(b).is_double()) || !fits(f, a) || !fits(f, b) {
        return (None, None);
    }
    (Some(raw_double(f, a, out, span)), Some(raw_double(f, b, out, span)))
}

/// A division whose divisor cannot be zero: only then is it open-coded (a fixnum constant).
fn divisible(
    f: &mut Function,
    args: &[ValueId],
    out: &mut Vec<InstData>,
    span: crate::source::Span,
) -> (Option<ValueId>, Option<ValueId>) {
    let divisor = f.ty(args[1]);
    let not_zero = divisor.is_fixnum() && (divisor.low > 0 || divisor.high < 0);
    if !not_zero {
        return (None, None);
    }
    doubles(f, args[0], args[1], out, span)
}

fn is_small_fixnum(ty: Type) -> bool {
    const EXACT: i64 = 1 << 53;
    ty.is_fixnum() && ty.low >= -EXACT && ty.high <= EXACT
}

fn raw_double(f: &mut Function, v: ValueId, out: &mut Vec<InstData>, span: crate::source::Span) -> ValueId {
    if f.ty(v).is_double() {
        return emit(f, out, Inst::UnboxDouble(v), Repr::Double, span);
    }
    let word = emit(f, out, Inst::Untag(v), Repr::Word, span);
    emit(f, out, Inst::WordToDouble(word), Repr::Double, span)
}

fn emit(f: &mut Function, out: &mut Vec<InstData>, inst: Inst, repr: Repr, span: crate::source::Span) -> ValueId {
    let v = f.new_value(repr, Type::ANY);
    out.push(InstData { inst, results: vec![v], span });
    v
}
