//! Generic arithmetic: fixnums and known doubles inline, everything else in the runtime.
//!
//! A tagged fixnum is twice its value, so sums, differences and comparisons work on tagged words, and
//! the overflow of 64 bits is exactly the overflow of fixnums.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use rook_runtime::abi::tags::{FIXNUM_MASK, FIXNUM_SHIFT, MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};

use super::convert::{float_cc, int_cc};
use super::function::Lowering;
use crate::mir::{Arith, CheckedOp, Compare, ValueId};
use crate::types::Type;

/// A branch target with its arguments.
pub(super) type Edge = (ir::Block, Vec<BlockArg>);

/// Whether `op` on fixnums of these types cannot leave the fixnum range.
fn stays_fixnum(op: Arith, a: Type, b: Type) -> bool {
    let apply = |x: i64, y: i64| match op {
        Arith::Add => x as i128 + y as i128,
        Arith::Sub => x as i128 - y as i128,
        Arith::Mul => x as i128 * y as i128,
    };
    [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)]
        .into_iter()
        .all(|(x, y)| (MOST_NEGATIVE_FIXNUM as i128..=MOST_POSITIVE_FIXNUM as i128).contains(&apply(x, y)))
}

impl Lowering<'_, '_> {
    /// Tagged bits of an operand that is a fixnum constant.
    fn fixnum_constant(&self, v: ValueId) -> Option<i64> {
        self.immediates[v.0 as usize].filter(|bits| bits & FIXNUM_MASK == 0).map(|bits| bits as i64)
    }

    fn is_fixnum(&self, v: ValueId) -> bool {
        self.ty(v).is_fixnum() || self.fixnum_constant(v).is_some()
    }

    fn may_be_fixnum(&self, v: ValueId) -> bool {
        self.ty(v).has_fixnum()
    }

    fn type_with_constant(&self, v: ValueId) -> Type {
        match self.fixnum_constant(v) {
            Some(bits) => Type::fixnum_range(bits >> FIXNUM_SHIFT, bits >> FIXNUM_SHIFT),
            None => self.ty(v),
        }
    }

    /// Goes on when both operands are fixnums, else to `slow`: one test for both.
    fn require_fixnums(&mut self, a: ValueId, b: ValueId, slow: ir::Block) {
        let bits = match (self.is_fixnum(a), self.is_fixnum(b)) {
            (true, true) => return,
            (true, false) => self.value(b),
            (false, true) => self.value(a),
            (false, false) => {
                let (a, b) = (self.value(a), self.value(b));
                self.b.ins().bor(a, b)
            }
        };
        let low = self.b.ins().band_imm_u(bits, FIXNUM_MASK as i64);
        let fast = self.fresh_block();
        self.brif(low, slow, fast);
        self.b.switch_to_block(fast);
    }

    fn unboxed(&mut self, a: ValueId, b: ValueId) -> (ir::Value, ir::Value) {
        let (a, b) = (self.value(a), self.value(b));
        (self.unbox_double(a), self.unbox_double(b))
    }

    pub fn lower_arith(&mut self, op: Arith, a: ValueId, b: ValueId, result: ValueId) {
        let name = match op {
            Arith::Add => "add",
            Arith::Sub => "sub",
            Arith::Mul => "mul",
        };
        let (x, y) = (self.value(a), self.value(b));
        if !self.may_be_fixnum(a) || !self.may_be_fixnum(b) {
            let value = self.call_primitive(name, &[x, y]);
            self.define(result, value);
            return;
        }
        let both = self.is_fixnum(a) && self.is_fixnum(b);
        let fits = stays_fixnum(op, self.type_with_constant(a), self.type_with_constant(b))
            || both && self.ty(result).is_fixnum();
        if both && fits {
            let value = self.fixnum_arith(op, x, y);
            self.define(result, value);
            return;
        }
        let slow = self.cold_block();
        self.require_fixnums(a, b, slow);
        let value = if fits { self.fixnum_arith(op, x, y) } else { self.fixnum_arith_checked(op, a, b, slow) };
        let (join, joined) = self.join_block(types::I64);
        self.root(joined);
        self.jump(join, &[value]);
        self.b.switch_to_block(slow);
        self.keep_references();
        // Fixnums hardly ever overflow; what is unknown may well be no fixnum.
        let value = if both { self.call_kept_primitive(name, &[x, y]) } else { self.call_primitive(name, &[x, y]) };
        self.jump(join, &[value]);
        self.b.switch_to_block(join);
        self.define(result, joined);
    }

    /// On tagged fixnums, overflow ruled out.
    fn fixnum_arith(&mut self, op: Arith, x: ir::Value, y: ir::Value) -> ir::Value {
        match op {
            Arith::Add => self.b.ins().iadd(x, y),
            Arith::Sub => self.b.ins().isub(x, y),
            Arith::Mul => {
                let raw = self.b.ins().sshr_imm_u(x, FIXNUM_SHIFT as i64);
                self.b.ins().imul(raw, y)
            }
        }
    }

    /// On tagged fixnums; goes to `slow` on overflow.
    fn fixnum_arith_checked(&mut self, op: Arith, a: ValueId, b: ValueId, slow: ir::Block) -> ir::Value {
        let (x, y) = (self.value(a), self.value(b));
        // With a constant, one comparison tells: r = x + k overflowed when r lies on the wrong side of x.
        let constant = match op {
            Arith::Add => self.fixnum_constant(b).map(|k| (x, k)).or(self.fixnum_constant(a).map(|k| (y, k))),
            Arith::Sub => self.fixnum_constant(b).and_then(|k| k.checked_neg()).map(|k| (x, k)),
            Arith::Mul => None,
        };
        let (value, overflow) = match (op, constant) {
            (_, Some((x, k))) => {
                let r = self.b.ins().iadd_imm_s(x, k);
                let wrong = if k >= 0 { IntCC::SignedLessThan } else { IntCC::SignedGreaterThan };
                (r, self.b.ins().icmp(wrong, r, x))
            }
            (Arith::Add, None) => self.checked(CheckedOp::Add, x, y),
            (Arith::Sub, None) => self.checked(CheckedOp::Sub, x, y),
            (Arith::Mul, None) => {
                let raw = self.b.ins().sshr_imm_u(x, FIXNUM_SHIFT as i64);
                self.checked(CheckedOp::Mul, raw, y)
            }
        };
        let next = self.fresh_block();
        self.brif(overflow, slow, next);
        self.b.switch_to_block(next);
        value
    }

    /// The condition itself when it needs no call.
    fn simple_compare(&mut self, op: Compare, a: ValueId, b: ValueId) -> Option<ir::Value> {
        if self.ty(a).is_double() && self.ty(b).is_double() {
            let (x, y) = self.unboxed(a, b);
            return Some(self.b.ins().fcmp(float_cc(op), x, y));
        }
        let (x, y) = (self.value(a), self.value(b));
        (self.is_fixnum(a) && self.is_fixnum(b)).then(|| self.b.ins().icmp(int_cc(op), x, y))
    }

    /// The runtime's answer, as a condition.
    fn slow_compare(&mut self, op: Compare, a: ValueId, b: ValueId) -> ir::Value {
        let (name, holds) = match op {
            Compare::Eq => ("num_eq", IntCC::NotEqual),
            Compare::Ne => ("num_eq", IntCC::Equal),
            Compare::Lt | Compare::Below => ("lt", IntCC::NotEqual),
            Compare::Le => ("le", IntCC::NotEqual),
            Compare::Gt => ("gt", IntCC::NotEqual),
            Compare::Ge => ("ge", IntCC::NotEqual),
        };
        let (x, y) = (self.value(a), self.value(b));
        let answer = self.call_primitive(name, &[x, y]);
        let nil = self.nil();
        self.b.ins().icmp(holds, answer, nil)
    }

    pub fn lower_arith_compare(&mut self, op: Compare, a: ValueId, b: ValueId, result: ValueId) {
        let condition = match self.simple_compare(op, a, b) {
            Some(condition) => condition,
            None if !self.may_be_fixnum(a) || !self.may_be_fixnum(b) => self.slow_compare(op, a, b),
            None => {
                let (join, joined) = self.join_block(types::I8);
                let slow = self.cold_block();
                self.require_fixnums(a, b, slow);
                let (x, y) = (self.value(a), self.value(b));
                let fast = self.b.ins().icmp(int_cc(op), x, y);
                self.jump(join, &[fast]);
                self.b.switch_to_block(slow);
                let answer = self.slow_compare(op, a, b);
                self.jump(join, &[answer]);
                self.b.switch_to_block(join);
                joined
            }
        };
        self.define(result, condition);
    }

    pub fn branch_on_arith_compare(&mut self, op: Compare, a: ValueId, b: ValueId, then: Edge, otherwise: Edge) {
        let condition = match self.simple_compare(op, a, b) {
            Some(condition) => condition,
            None if !self.may_be_fixnum(a) || !self.may_be_fixnum(b) => self.slow_compare(op, a, b),
            None => {
                let slow = self.cold_block();
                self.require_fixnums(a, b, slow);
                let (x, y) = (self.value(a), self.value(b));
                let fast = self.b.ins().icmp(int_cc(op), x, y);
                self.branch(fast, &then, &otherwise);
                self.b.switch_to_block(slow);
                self.slow_compare(op, a, b)
            }
        };
        self.branch(condition, &then, &otherwise);
    }
}
