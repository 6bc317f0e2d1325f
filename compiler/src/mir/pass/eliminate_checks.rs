//! Uses inferred types: decided tests become constants, decided branches jumps, satisfied checks
//! vanish; `open_code` says what arithmetic on known floats and elements of known vectors become.
//!
//! ```text
//! v2 = check FIXNUM v1        (v1 : fixnum)          =>  v1 for v2
//! v3 = arith add v1 v2        (both double-floats)   =>  box (fadd (unbox v1) (unbox v2))
//! branch (is CONS v1) a b     (v1 : cons)            =>  jump a
//! ```

use crate::hash::HashMap;

use super::{open_code, ranges};
use super::substitute::Substitution;
use crate::mir::*;
use crate::types::{Type, TypeSet};

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        eliminate(f, program.specifiers);
    }
}

fn eliminate(f: &mut Function, specifiers: Option<Specifiers>) {
    let mut substitution = Substitution::default();
    let mut known: HashMap<ValueId, bool> = HashMap::default();
    // Blocks are in reverse postorder: definitions come before uses.
    for b in 0..f.blocks.len() {
        let insts = std::mem::take(&mut f.blocks[b].insts);
        let mut out = Vec::with_capacity(insts.len());
        for mut data in insts {
            data.inst.for_each_operand_mut(&mut |v| *v = substitution.resolve(*v));
            rewrite(f, data, &mut out, &mut substitution, &mut known, specifiers);
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
    specifiers: Option<Specifiers>,
) {
    let result = data.results.first().copied();
    match data.inst {
        Inst::Check(ty, _, v) if f.ty(v).is_subtype_of(ty) => {
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
        Inst::CompareWord(op, a, b) => {
            let (x, y) = (f.ty(a), f.ty(b));
            if x.is_fixnum() && y.is_fixnum()
                && let Some(truth) = ranges::decide(op, x, y)
            {
                known.insert(result.expect("a comparison has a result"), truth);
            }
        }
        Inst::ArithCompare(c, a, b) if f.ty(a).is_fixnum() && f.ty(b).is_fixnum() => {
            let x = emit(f, out, Inst::Bits(a), Repr::Word, data.span);
            let y = emit(f, out, Inst::Bits(b), Repr::Word, data.span);
            out.push(InstData { inst: Inst::CompareWord(c, x, y), results: data.results, span: data.span });
            return;
        }
        Inst::Arith(..) | Inst::ArithCompare(..) | Inst::Primitive(..) => {
            if open_code::rewrite(f, &data, specifiers, out, substitution) {
                return;
            }
        }
        _ => {}
    }
    out.push(data);
}

fn emit(f: &mut Function, out: &mut Vec<InstData>, inst: Inst, repr: Repr, span: crate::source::Span) -> ValueId {
    let v = f.new_value(repr, Type::ANY);
    out.push(InstData { inst, results: vec![v], span });
    v
}
