//! Integers as endless rows of bits in two's complement: shifts, logic, counts.
//!
//! Every argument must be an integer (the callers have checked).

use super::bignum::{Int, check_limbs, from_limbs, with_scratch};
use super::integer;
use super::limbs::{self, TwosComplement};
use crate::abi::thread_context::ThreadContext;
use crate::value::{LispResult, Value};

/// A bitwise operation on limbs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Logic {
    And,
    Or,
    Xor,
}

impl Logic {
    #[inline(always)]
    fn apply(self, a: u64, b: u64) -> u64 {
        match self {
            Logic::And => a & b,
            Logic::Or => a | b,
            Logic::Xor => a ^ b,
        }
    }
}

#[inline]
pub fn logic(ctx: &mut ThreadContext, op: Logic, a: Value, b: Value) -> LispResult {
    if a.is_fixnum() && b.is_fixnum() {
        return Ok(Value(op.apply(a.0, b.0)));
    }
    let (mut ca, mut cb) = ([0], [0]);
    let (x, y) = (Int::of(a, &mut ca), Int::of(b, &mut cb));
    let negative = op.apply(x.negative as u64, y.negative as u64) == 1;
    // One limb of sign beyond the longer operand makes room for the complement.
    let count = x.limbs.len().max(y.limbs.len()) + 1;
    with_scratch(count, |out| {
        let mut left = TwosComplement::new(x.negative, x.limbs);
        let mut right = TwosComplement::new(y.negative, y.limbs);
        for limb in out.iter_mut() {
            *limb = op.apply(left.next_limb(), right.next_limb());
        }
        if negative {
            limbs::negate(out);
        }
        from_limbs(ctx, negative, out)
    })
}

/// All bits flipped: `-a - 1`.
pub fn not(ctx: &mut ThreadContext, a: Value) -> LispResult {
    integer::sub(ctx, Value::fixnum(-1), a)
}

/// `a` shifted left by the integer `count`, right where that is negative. A result that the heap
/// cannot hold is refused before any work is done.
pub fn ash(ctx: &mut ThreadContext, a: Value, count: Value) -> LispResult {
    if a == Value::ZERO {
        return Ok(a);
    }
    let count = match count.to_fixnum() {
        Some(n) => n,
        None if integer::is_negative(count) => i64::MIN,
        None => i64::MAX,
    };
    if count > 0 { shift(ctx, a, count) } else { shift_right(ctx, a, count.unsigned_abs()) }
}

/// `a` shifted left by `count >= 0` bits.
pub fn shift(ctx: &mut ThreadContext, a: Value, count: i64) -> LispResult {
    let count = count as u64;
    if let Some(n) = a.to_fixnum()
        && count < 64
    {
        return Ok(super::bignum::from_i128(ctx, (n as i128) << count));
    }
    let mut cell = [0];
    let x = Int::of(a, &mut cell);
    let size = x.limbs.len() as u64 + count / 64 + 1;
    check_limbs(ctx, size)?;
    with_scratch(size as usize, |out| {
        limbs::shift_left(out, x.limbs, count);
        from_limbs(ctx, x.negative, out)
    })
}

fn shift_right(ctx: &mut ThreadContext, a: Value, count: u64) -> LispResult {
    if let Some(n) = a.to_fixnum() {
        return Ok(Value::fixnum(n >> count.min(63)));
    }
    let x = Int::of_bignum(a);
    if count >= limbs::bit_length(x.limbs) {
        return Ok(Value::fixnum(if x.negative { -1 } else { 0 }));
    }
    // Rounds towards minus infinity, so a negative number that loses a one goes one further down.
    with_scratch(x.limbs.len() - (count / 64) as usize + 1, |out| {
        let (top, body) = out.split_last_mut().expect("at least one limb remains");
        if limbs::shift_right(body, x.limbs, count) && x.negative {
            let carried = body.iter_mut().all(|limb| {
                *limb = limb.wrapping_add(1);
                *limb == 0
            });
            *top = carried as u64;
        }
        from_limbs(ctx, x.negative, out)
    })
}

/// Bits needed in two's complement, without the sign.
pub fn integer_length(a: Value) -> u64 {
    if let Some(n) = a.to_fixnum() {
        return 64 - (n ^ (n >> 63)).leading_zeros() as u64;
    }
    let x = Int::of_bignum(a);
    let bits = limbs::bit_length(x.limbs);
    // A negative power of two needs one bit less than its magnitude.
    let is_power = limbs::trailing_zeros(x.limbs) + 1 == bits;
    bits - (x.negative && is_power) as u64
}

/// Bits that differ from the sign.
pub fn logcount(a: Value) -> u64 {
    let mut cell = [0];
    let x = Int::of(a, &mut cell);
    let ones: u64 = x.limbs.iter().map(|l| l.count_ones() as u64).sum();
    // The ones of -m's complement m - 1: below the lowest one of m all turn on, and that goes off.
    if x.negative { ones - 1 + limbs::trailing_zeros(x.limbs) } else { ones }
}

/// Bit `index`, counted from 0, of the endless row.
pub fn logbitp(a: Value, index: u64) -> bool {
    if let Some(n) = a.to_fixnum() {
        return n >> index.min(63) & 1 == 1;
    }
    let x = Int::of_bignum(a);
    let (limb, bit) = (index / 64, index % 64);
    let Some(&word) = usize::try_from(limb).ok().and_then(|i| x.limbs.get(i)) else { return x.negative };
    let word = if !x.negative {
        word
    } else if x.limbs[..limb as usize].iter().all(|&l| l == 0) {
        word.wrapping_neg()
    } else {
        !word
    };
    word >> bit & 1 == 1
}
