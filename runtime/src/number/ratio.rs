//! Ratios: two integers without a common divisor, the denominator greater than 1.
//!
//! The operations take any rational (integers count as n/1) and return one in lowest terms.

use super::bignum::from_i128;
use super::division::divide_exact;
use super::integer;
use super::{Number, classify, errors};
use crate::abi::layout::kind;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::record;
use crate::value::{LispResult, Value};
use std::cmp::Ordering;

const ONE: Value = Value(2);

/// Numerator and denominator of a rational.
#[inline]
pub fn parts(v: Value) -> (Value, Value) {
    if v.is_kind(kind::RATIO) { (v.slot(0), v.slot(1)) } else { (v, ONE) }
}

pub fn is_rational(v: Value) -> bool {
    matches!(classify(v), Some(Number::Integer(_) | Number::Ratio(_)))
}

/// `n / d` in lowest terms. A zero denominator is a division by zero.
pub fn make_ratio(ctx: &mut ThreadContext, n: Value, d: Value) -> LispResult {
    if d == Value::ZERO {
        return Err(errors::division_by_zero(ctx, Sym::DIVIDE, &[n, d]));
    }
    if d == ONE {
        return Ok(n);
    }
    // The division of small integers mostly comes out even.
    if let (Some(x), Some(y)) = (n.to_fixnum(), d.to_fixnum())
        && x % y == 0
    {
        return Ok(from_i128(ctx, (x / y) as i128));
    }
    let divisor = integer::gcd(ctx, n, d)?;
    let (n, d) = (divide_exact(ctx, n, divisor)?, divide_exact(ctx, d, divisor)?);
    from_lowest_terms(ctx, n, d)
}

/// `n / d`, which have no common divisor; the sign moves to the numerator.
fn from_lowest_terms(ctx: &mut ThreadContext, n: Value, d: Value) -> LispResult {
    let (n, d) = if integer::is_negative(d) {
        (integer::negate(ctx, n)?, integer::negate(ctx, d)?)
    } else {
        (n, d)
    };
    Ok(if d == ONE { n } else { record(ctx, kind::RATIO, &[n, d]) })
}

pub fn add(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    combine(ctx, a, b, integer::add)
}

pub fn sub(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    combine(ctx, a, b, integer::sub)
}

type IntegerOp = fn(&mut ThreadContext, Value, Value) -> LispResult;

fn combine(ctx: &mut ThreadContext, a: Value, b: Value, op: IntegerOp) -> LispResult {
    let ((an, ad), (bn, bd)) = (parts(a), parts(b));
    let left = integer::mul(ctx, an, bd)?;
    let right = integer::mul(ctx, bn, ad)?;
    let n = op(ctx, left, right)?;
    // With an integer on one side the denominator of the other stays, and stays in lowest terms.
    if ad == ONE || bd == ONE {
        return from_lowest_terms(ctx, n, if ad == ONE { bd } else { ad });
    }
    let d = integer::mul(ctx, ad, bd)?;
    make_ratio(ctx, n, d)
}

/// The product. Dividing crosswise by common divisors first keeps the numbers small.
pub fn mul(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let ((an, ad), (bn, bd)) = (parts(a), parts(b));
    multiply_parts(ctx, (an, ad), (bn, bd))
}

/// The quotient; `b` is not zero.
pub fn div(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let (bn, bd) = parts(b);
    if bd == ONE && parts(a).1 == ONE {
        return make_ratio(ctx, a, b);
    }
    multiply_parts(ctx, parts(a), (bd, bn))
}

fn multiply_parts(ctx: &mut ThreadContext, a: (Value, Value), b: (Value, Value)) -> LispResult {
    if a.0 == Value::ZERO || b.0 == Value::ZERO {
        return Ok(Value::ZERO);
    }
    let left = integer::gcd(ctx, a.0, b.1)?;
    let right = integer::gcd(ctx, b.0, a.1)?;
    let (an, bd) = (divide_exact(ctx, a.0, left)?, divide_exact(ctx, b.1, left)?);
    let (bn, ad) = (divide_exact(ctx, b.0, right)?, divide_exact(ctx, a.1, right)?);
    let n = integer::mul(ctx, an, bn)?;
    let d = integer::mul(ctx, ad, bd)?;
    from_lowest_terms(ctx, n, d)
}

pub fn compare(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult<Ordering> {
    let ((an, ad), (bn, bd)) = (parts(a), parts(b));
    let left = integer::mul(ctx, an, bd)?;
    let right = integer::mul(ctx, bn, ad)?;
    Ok(integer::compare(left, right))
}

pub fn equal(a: Value, b: Value) -> bool {
    let ((an, ad), (bn, bd)) = (parts(a), parts(b));
    integer::equal(an, bn) && integer::equal(ad, bd)
}

/// `base` to the power of any integer; a negative power of zero is a division by zero.
pub fn expt(ctx: &mut ThreadContext, base: Value, exponent: Value) -> LispResult {
    let (n, d) = parts(base);
    if integer::is_negative(exponent) {
        if base == Value::ZERO {
            return Err(errors::division_by_zero(ctx, Sym::DIVIDE, &[ONE, base]));
        }
        let exponent = integer::negate(ctx, exponent)?;
        let (n, d) = (integer::expt(ctx, d, exponent)?, integer::expt(ctx, n, exponent)?);
        return from_lowest_terms(ctx, n, d);
    }
    let (n, d) = (integer::expt(ctx, n, exponent)?, integer::expt(ctx, d, exponent)?);
    from_lowest_terms(ctx, n, d)
}
