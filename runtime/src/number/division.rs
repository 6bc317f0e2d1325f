//! Integer division: quotient and remainder, rounded in each of the four ways of Common Lisp.
//!
//! Every argument must be an integer and the divisor not zero (the callers have checked).

use super::bignum::{Int, from_i128, from_limbs, from_u64, with_scratch};
use super::integer;
use super::limbs;
use crate::abi::thread_context::ThreadContext;
use crate::value::{LispResult, Value};
use dashu_int::ops::DivRem;
use std::cmp::Ordering;

/// Which way a quotient goes that is not an integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    Floor,
    Ceiling,
    Truncate,
    /// To the nearest, from half way to the even one.
    Round,
}

/// Divisors of more limbs than this are left to dashu.
pub const SCHOOLBOOK_LIMBS: usize = 24;

/// Quotient and remainder of `a / b`.
#[inline]
pub fn divide(ctx: &mut ThreadContext, a: Value, b: Value, rounding: Rounding) -> LispResult<(Value, Value)> {
    if let (Some(x), Some(y)) = (a.to_fixnum(), b.to_fixnum()) {
        let (q, r) = divide_words(x, y, rounding);
        return Ok((from_i128(ctx, q as i128), Value::fixnum(r)));
    }
    let (q, r) = truncate(ctx, a, b)?;
    adjust(ctx, q, r, b, rounding)
}

fn divide_words(x: i64, y: i64, rounding: Rounding) -> (i64, i64) {
    // Fixnums have 63 bits, so even the least divided by -1 fits a word.
    let (q, r) = (x / y, x % y);
    if r == 0 {
        return (q, r);
    }
    let up = (q + 1, r - y);
    let down = (q - 1, r + y);
    let positive = (r < 0) == (y < 0);
    match rounding {
        Rounding::Truncate => (q, r),
        Rounding::Floor => if positive { (q, r) } else { down },
        Rounding::Ceiling => if positive { up } else { (q, r) },
        Rounding::Round => match (r.unsigned_abs() * 2).cmp(&y.unsigned_abs()) {
            Ordering::Less => (q, r),
            Ordering::Equal if q % 2 == 0 => (q, r),
            _ => if positive { up } else { down },
        },
    }
}

/// From the truncated quotient and remainder to those of `rounding`.
fn adjust(ctx: &mut ThreadContext, q: Value, r: Value, b: Value, rounding: Rounding) -> LispResult<(Value, Value)> {
    if r == Value::ZERO {
        return Ok((q, r));
    }
    let positive = integer::is_negative(r) == integer::is_negative(b);
    let away = match rounding {
        Rounding::Truncate => false,
        Rounding::Floor => !positive,
        Rounding::Ceiling => positive,
        Rounding::Round => {
            let twice = integer::add(ctx, r, r)?;
            let (mut ct, mut cb) = ([0], [0]);
            match limbs::compare(Int::of(twice, &mut ct).limbs, Int::of(b, &mut cb).limbs) {
                Ordering::Less => false,
                Ordering::Equal => integer::is_odd(q),
                Ordering::Greater => true,
            }
        }
    };
    if !away {
        return Ok((q, r));
    }
    let one = Value::fixnum(1);
    if positive {
        Ok((integer::add(ctx, q, one)?, integer::sub(ctx, r, b)?))
    } else {
        Ok((integer::sub(ctx, q, one)?, integer::add(ctx, r, b)?))
    }
}

fn truncate(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult<(Value, Value)> {
    let (mut ca, mut cb) = ([0], [0]);
    let (x, y) = (Int::of(a, &mut ca), Int::of(b, &mut cb));
    debug_assert!(!y.is_zero(), "the caller has checked the divisor");
    if limbs::compare(x.limbs, y.limbs).is_lt() {
        return Ok((Value::ZERO, a));
    }
    let negative = x.negative != y.negative;
    match *y.limbs {
        [d] => with_scratch(x.limbs.len(), |out| {
            let r = limbs::divide_by_limb(out, x.limbs, d);
            Ok((from_limbs(ctx, negative, out)?, from_u64(ctx, x.negative, r)))
        }),
        _ if y.limbs.len() <= SCHOOLBOOK_LIMBS => truncate_schoolbook(ctx, x, y, negative),
        _ => {
            let (q, r) = x.to_ubig().div_rem(y.to_ubig());
            Ok((from_limbs(ctx, negative, q.as_words())?, from_limbs(ctx, x.negative, r.as_words())?))
        }
    }
}

fn truncate_schoolbook(ctx: &mut ThreadContext, x: Int, y: Int, negative: bool) -> LispResult<(Value, Value)> {
    let n = y.limbs.len();
    let shift = y.limbs[n - 1].leading_zeros() as u64;
    let mut divisor = [0; SCHOOLBOOK_LIMBS + 1];
    let divisor = &mut divisor[..n + 1];
    limbs::shift_left(divisor, y.limbs, shift);
    let divisor = &divisor[..n];
    let dividend_limbs = x.limbs.len() + 1;
    with_scratch(dividend_limbs + dividend_limbs - n, |scratch| {
        let (dividend, quotient) = scratch.split_at_mut(dividend_limbs);
        limbs::shift_left(dividend, x.limbs, shift);
        limbs::divide_normalized(quotient, dividend, divisor);
        let mut remainder = [0; SCHOOLBOOK_LIMBS];
        limbs::shift_right(&mut remainder[..n], &dividend[..n], shift);
        Ok((from_limbs(ctx, negative, quotient)?, from_limbs(ctx, x.negative, &remainder[..n])?))
    })
}

/// `a / b` where the division is known to leave nothing.
pub fn divide_exact(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    if b == Value::fixnum(1) {
        return Ok(a);
    }
    Ok(divide(ctx, a, b, Rounding::Truncate)?.0)
}
