//! Division of reals with an integer quotient: `floor`, `ceiling`, `truncate`, `round`, `mod`, `rem`.
//!
//! With floats the quotient is that of the exact values, and the remainder has the contagion's
//! format; it is exact whenever that format can represent it.

use super::arithmetic::trap;
use super::division::{self, Rounding};
use super::float::{self, Format};
use super::{Number, classify, errors, integer, ratio};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::value::{LispResult, Value};

impl Rounding {
    const fn operator(self) -> Sym {
        match self {
            Rounding::Floor => Sym::FLOOR,
            Rounding::Ceiling => Sym::CEILING,
            Rounding::Truncate => Sym::TRUNCATE,
            Rounding::Round => Sym::ROUND,
        }
    }
}

/// Integer quotient and remainder of two reals.
#[inline]
pub fn divide(ctx: &mut ThreadContext, x: Value, y: Value, rounding: Rounding) -> LispResult<(Value, Value)> {
    use Number::*;
    let (Some(a), Some(b)) = (classify(x), classify(y)) else { return Err(errors::not_real(ctx, x, y)) };
    match (a, b) {
        (Complex(_), _) | (_, Complex(_)) => Err(errors::not_real(ctx, x, y)),
        (Integer(_) | Ratio(_), Integer(Value::ZERO)) => {
            Err(errors::division_by_zero(ctx, rounding.operator(), &[x, y]))
        }
        (Integer(_), Integer(_)) => division::divide(ctx, x, y, rounding),
        (Integer(_) | Ratio(_), Integer(_) | Ratio(_)) => divide_rationals(ctx, x, y, rounding),
        (Double(_), _) | (_, Double(_)) => divide_floats(ctx, x, y, Format::Double, rounding),
        _ => divide_floats(ctx, x, y, Format::Single, rounding),
    }
}

fn divide_rationals(ctx: &mut ThreadContext, x: Value, y: Value, rounding: Rounding) -> LispResult<(Value, Value)> {
    let ((xn, xd), (yn, yd)) = (ratio::parts(x), ratio::parts(y));
    let n = integer::mul(ctx, xn, yd)?;
    let d = integer::mul(ctx, yn, xd)?;
    let (quotient, _) = division::divide(ctx, n, d, rounding)?;
    let product = ratio::mul(ctx, quotient, y)?;
    Ok((quotient, ratio::sub(ctx, x, product)?))
}

fn divide_floats(
    ctx: &mut ThreadContext,
    x: Value,
    y: Value,
    format: Format,
    rounding: Rounding,
) -> LispResult<(Value, Value)> {
    let (a, b) = (float::to_float(ctx, x, format)?, float::to_float(ctx, y, format)?);
    if b == 0.0 {
        return Err(errors::division_by_zero(ctx, rounding.operator(), &[x, y]));
    }
    if !a.is_finite() || b.is_nan() {
        let kind = ErrorKind::FloatingPointInvalid;
        return Err(errors::arithmetic_error(ctx, kind, rounding.operator(), &[x, y]));
    }
    // The remainder of truncation is always representable, and Rust computes it exactly.
    // What is left of nothing is a positive zero, as in the difference it stands for.
    let rest = if a % b == 0.0 { 0.0 } else { a % b };
    let quotient = truncated_quotient(ctx, a, b, rest)?;
    let positive = (rest < 0.0) == (b < 0.0);
    let away = rest != 0.0
        && match rounding {
            Rounding::Truncate => false,
            Rounding::Floor => !positive,
            Rounding::Ceiling => positive,
            Rounding::Round => {
                // Exact where the two sides are close, so that the comparison is.
                let other = b.abs() - rest.abs();
                rest.abs() > other || rest.abs() == other && integer::is_odd(quotient)
            }
        };
    if !away {
        return Ok((quotient, format.box_float(ctx, rest)));
    }
    let step = Value::fixnum(if positive { 1 } else { -1 });
    let quotient = integer::add(ctx, quotient, step)?;
    let rest = if positive { rest - b } else { rest + b };
    debug_assert!(trap(rest, &[a, b]).is_none(), "a remainder is not larger than its divisor");
    Ok((quotient, format.box_float(ctx, rest)))
}

/// The integer `(a - rest) / b`.
fn truncated_quotient(ctx: &mut ThreadContext, a: f64, b: f64, rest: f64) -> LispResult {
    if b.abs() == 1.0 {
        return float::to_integer(ctx, a.trunc() * b);
    }
    // Two roundings: below 2^51 they cannot reach half a unit.
    let estimate = (a - rest) / b;
    if estimate.abs() < (1u64 << 51) as f64 {
        return Ok(Value::fixnum(estimate.round() as i64));
    }
    let (x, y) = (float::to_rational(ctx, a)?, float::to_rational(ctx, b)?);
    Ok(divide_rationals(ctx, x, y, Rounding::Truncate)?.0)
}
