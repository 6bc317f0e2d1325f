//! Straight-line instructions: conversions, raw integer, double and condition operations.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use rook_runtime::abi::layout::slot_offset;
use rook_runtime::abi::tags::{DOUBLE_TAG, FIXNUM_SHIFT, SINGLE_BYTE, SINGLE_SHIFT};

use super::function::Lowering;
use crate::mir::{CheckedOp, Compare, FloatOp, FloatUnary, Inst, ValueId, WordOp};

pub(super) fn int_cc(compare: Compare) -> IntCC {
    match compare {
        Compare::Eq => IntCC::Equal,
        Compare::Ne => IntCC::NotEqual,
        Compare::Lt => IntCC::SignedLessThan,
        Compare::Le => IntCC::SignedLessThanOrEqual,
        Compare::Gt => IntCC::SignedGreaterThan,
        Compare::Ge => IntCC::SignedGreaterThanOrEqual,
        Compare::Below => IntCC::UnsignedLessThan,
    }
}

pub(super) fn float_cc(compare: Compare) -> FloatCC {
    match compare {
        Compare::Eq => FloatCC::Equal,
        Compare::Ne => FloatCC::NotEqual,
        Compare::Lt | Compare::Below => FloatCC::LessThan,
        Compare::Le => FloatCC::LessThanOrEqual,
        Compare::Gt => FloatCC::GreaterThan,
        Compare::Ge => FloatCC::GreaterThanOrEqual,
    }
}

impl Lowering<'_, '_> {
    /// Instructions that are one value computed from others, without control flow.
    pub fn lower_raw(&mut self, inst: &Inst) -> ir::Value {
        match *inst {
            Inst::Word(n) => self.iconst(n),
            Inst::Double(bits) => self.b.ins().f64const(f64::from_bits(bits)),
            Inst::Single(bits) => self.b.ins().f32const(f32::from_bits(bits)),
            Inst::Untag(v) => {
                let v = self.value(v);
                self.b.ins().sshr_imm_u(v, FIXNUM_SHIFT as i64)
            }
            Inst::Tag(v) => {
                let v = self.value(v);
                self.b.ins().ishl_imm_u(v, FIXNUM_SHIFT as i64)
            }
            Inst::Bits(v) | Inst::FromBits(v) => self.value(v),
            Inst::Boolean(c) => {
                let c = self.value(c);
                self.boolean(c)
            }
            Inst::BoolToWord(c) => {
                let c = self.value(c);
                self.b.ins().uextend(types::I64, c)
            }
            Inst::UnboxDouble(v) => {
                let v = self.value(v);
                self.unbox_double(v)
            }
            Inst::UnboxSingle(v) => {
                let v = self.value(v);
                let bits = self.b.ins().ushr_imm_u(v, SINGLE_SHIFT as i64);
                let bits = self.b.ins().ireduce(types::I32, bits);
                self.b.ins().bitcast(types::F32, MemFlagsData::new(), bits)
            }
            Inst::BoxSingle(v) => {
                let single = self.value(v);
                let bits = self.b.ins().bitcast(types::I32, MemFlagsData::new(), single);
                let bits = self.b.ins().uextend(types::I64, bits);
                let bits = self.b.ins().ishl_imm_u(bits, SINGLE_SHIFT as i64);
                self.b.ins().bor_imm_u(bits, SINGLE_BYTE as i64)
            }
            Inst::WordToDouble(v) => {
                let v = self.value(v);
                self.b.ins().fcvt_from_sint(types::F64, v)
            }
            Inst::WordToSingle(v) => {
                let v = self.value(v);
                self.b.ins().fcvt_from_sint(types::F32, v)
            }
            Inst::SingleToDouble(v) => {
                let v = self.value(v);
                self.b.ins().fpromote(types::F64, v)
            }
            Inst::DoubleToSingle(v) => {
                let v = self.value(v);
                self.b.ins().fdemote(types::F32, v)
            }
            Inst::DoubleToWord(v) => {
                let v = self.value(v);
                self.b.ins().fcvt_to_sint_sat(types::I64, v)
            }
            Inst::WordOp(op, a, b) => self.word_op(op, a, b),
            Inst::CompareWord(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().icmp(int_cc(op), a, b)
            }
            Inst::FloatOp(op, a, b) => {
                let (mut a, mut b) = (self.value(a), self.value(b));
                // A constant on the right is an operand in memory.
                if matches!(op, FloatOp::Add | FloatOp::Mul) && self.is_float_constant(a) {
                    (a, b) = (b, a);
                }
                let ins = self.b.ins();
                match op {
                    FloatOp::Add => ins.fadd(a, b),
                    FloatOp::Sub => ins.fsub(a, b),
                    FloatOp::Mul => ins.fmul(a, b),
                    FloatOp::Div => ins.fdiv(a, b),
                    FloatOp::Min => ins.fmin(a, b),
                    FloatOp::Max => ins.fmax(a, b),
                }
            }
            Inst::FloatUnary(op, v) => {
                let v = self.value(v);
                let ins = self.b.ins();
                match op {
                    FloatUnary::Neg => ins.fneg(v),
                    FloatUnary::Abs => ins.fabs(v),
                    FloatUnary::Sqrt => ins.sqrt(v),
                }
            }
            Inst::CompareFloat(op, a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().fcmp(float_cc(op), a, b)
            }
            Inst::BoolNot(c) => {
                let c = self.value(c);
                self.b.ins().bxor_imm_u(c, 1)
            }
            Inst::BoolAnd(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().band(a, b)
            }
            Inst::BoolOr(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().bor(a, b)
            }
            Inst::Eq(a, b) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().icmp(IntCC::Equal, a, b)
            }
            _ => unreachable!("{inst:?} is not a straight-line instruction"),
        }
    }

    fn is_float_constant(&self, v: ir::Value) -> bool {
        let inst = self.b.func.dfg.value_def(v).inst();
        inst.is_some_and(|inst| matches!(self.b.func.dfg.insts[inst].opcode(), ir::Opcode::F64const | ir::Opcode::F32const))
    }

    /// T or NIL.
    pub fn boolean(&mut self, condition: ir::Value) -> ir::Value {
        let (t, nil) = (self.t(), self.nil());
        self.b.ins().select(condition, t, nil)
    }

    pub fn unbox_double(&mut self, v: ir::Value) -> ir::Value {
        self.b.ins().load(types::F64, MemFlagsData::trusted(), v, slot_offset(0) - DOUBLE_TAG as i32)
    }

    fn word_op(&mut self, op: WordOp, a: ValueId, b: ValueId) -> ir::Value {
        let (a, b) = (self.value(a), self.value(b));
        let ins = self.b.ins();
        match op {
            WordOp::Add => ins.iadd(a, b),
            WordOp::Sub => ins.isub(a, b),
            WordOp::Mul => ins.imul(a, b),
            WordOp::And => ins.band(a, b),
            WordOp::Or => ins.bor(a, b),
            WordOp::Xor => ins.bxor(a, b),
            WordOp::ShiftLeft => ins.ishl(a, b),
            WordOp::ShiftRight => ins.ushr(a, b),
            WordOp::ShiftRightSigned => ins.sshr(a, b),
            WordOp::Div => ins.sdiv(a, b),
            WordOp::Rem => ins.srem(a, b),
            WordOp::Min => ins.smin(a, b),
        }
    }

    pub fn lower_checked(&mut self, op: CheckedOp, a: ValueId, b: ValueId, results: &[ValueId]) {
        let (a, b) = (self.value(a), self.value(b));
        let (value, overflow) = self.checked(op, a, b);
        self.define(results[0], value);
        self.define(results[1], overflow);
    }

    pub fn checked(&mut self, op: CheckedOp, a: ir::Value, b: ir::Value) -> (ir::Value, ir::Value) {
        let ins = self.b.ins();
        match op {
            CheckedOp::Add => ins.sadd_overflow(a, b),
            CheckedOp::Sub => ins.ssub_overflow(a, b),
            CheckedOp::Mul => ins.smul_overflow(a, b),
        }
    }
}
