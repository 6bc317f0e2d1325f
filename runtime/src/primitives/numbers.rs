//! Arithmetic primitives: what compiled code calls where its fixnum path does not apply.

use super::objects::hash_words;
use super::set_second_value;
use crate::abi::layout::{self, kind};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::number::arithmetic::{self, Compare};
use crate::number::bits::{self, Logic};
use crate::number::division::Rounding;
use crate::number::float::{self, Format};
use crate::number::{Number, bignum, classify, complex, errors, integer, quotient, ratio, transcendental};
use crate::primitives;
use crate::value::{LispResult, Value};

fn check_integers(ctx: &mut ThreadContext, operands: &[Value]) -> LispResult<()> {
    match operands.iter().find(|&&v| !bignum::is_integer(v)) {
        Some(&datum) => Err(errors::wrong_type(ctx, datum, Sym::INTEGER)),
        None => Ok(()),
    }
}

/// The quotient; the remainder becomes the second value.
fn divide(ctx: &mut ThreadContext, x: Value, y: Value, rounding: Rounding) -> LispResult {
    let (quotient, remainder) = quotient::divide(ctx, x, y, rounding)?;
    set_second_value(ctx, remainder);
    Ok(quotient)
}

fn logic(ctx: &mut ThreadContext, op: Logic, a: Value, b: Value) -> LispResult {
    check_integers(ctx, &[a, b])?;
    bits::logic(ctx, op, a, b)
}

primitives! {
    fn add(ctx, x, y) { arithmetic::add(ctx, x, y) }
    fn sub(ctx, x, y) { arithmetic::sub(ctx, x, y) }
    fn mul(ctx, x, y) { arithmetic::mul(ctx, x, y) }
    /// The function `/` of two arguments.
    fn div(ctx, x, y) { arithmetic::div(ctx, x, y) }
    fn negate(ctx, x) { arithmetic::negate(ctx, x) }
    fn abs(ctx, x) { transcendental::abs(ctx, x) }
    fn num_eq(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Equal, x, y)?)) }
    fn lt(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Less, x, y)?)) }
    fn gt(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Greater, x, y)?)) }
    fn le(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::LessOrEqual, x, y)?)) }
    fn ge(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::GreaterOrEqual, x, y)?)) }
    /// `eql` of two references that are not `eq`.
    fn eql_slow(ctx, x, y) { Ok(Value::bool(arithmetic::eql(x, y))) }
    /// `=` of two numbers; NIL when one is none.
    fn equalp_number(ctx, x, y) {
        if classify(x).is_none() || classify(y).is_none() {
            return Ok(Value::bool(false));
        }
        Ok(Value::bool(arithmetic::compare(ctx, Compare::Equal, x, y)?))
    }

    // Integer quotients of reals; the remainder is the second value.
    fn floor2(ctx, x, y) { divide(ctx, x, y, Rounding::Floor) }
    fn ceiling2(ctx, x, y) { divide(ctx, x, y, Rounding::Ceiling) }
    fn truncate2(ctx, x, y) { divide(ctx, x, y, Rounding::Truncate) }
    fn round2(ctx, x, y) { divide(ctx, x, y, Rounding::Round) }
    /// MOD, which is a keyword in Rust.
    fn modulo(ctx, x, y) { Ok(quotient::divide(ctx, x, y, Rounding::Floor)?.1) }
    fn rem(ctx, x, y) { Ok(quotient::divide(ctx, x, y, Rounding::Truncate)?.1) }

    fn ash(ctx, n, count) {
        check_integers(ctx, &[n, count])?;
        bits::ash(ctx, n, count)
    }
    fn logand2(ctx, a, b) { logic(ctx, Logic::And, a, b) }
    fn logior2(ctx, a, b) { logic(ctx, Logic::Or, a, b) }
    fn logxor2(ctx, a, b) { logic(ctx, Logic::Xor, a, b) }
    fn lognot(ctx, n) {
        check_integers(ctx, &[n])?;
        bits::not(ctx, n)
    }
    fn integer_length(ctx, n) {
        check_integers(ctx, &[n])?;
        Ok(Value::fixnum(bits::integer_length(n) as i64))
    }
    fn logcount(ctx, n) {
        check_integers(ctx, &[n])?;
        Ok(Value::fixnum(bits::logcount(n) as i64))
    }
    fn logbitp(ctx, index, n) {
        check_integers(ctx, &[index, n])?;
        if integer::is_negative(index) {
            return Err(errors::wrong_type(ctx, index, Sym::UNSIGNED_BYTE));
        }
        Ok(Value::bool(bits::logbitp(n, index.to_fixnum().map_or(u64::MAX, |i| i as u64))))
    }
    fn gcd2(ctx, a, b) {
        check_integers(ctx, &[a, b])?;
        integer::gcd(ctx, a, b)
    }
    fn isqrt(ctx, n) {
        check_integers(ctx, &[n])?;
        if integer::is_negative(n) {
            return Err(errors::wrong_type(ctx, n, Sym::UNSIGNED_BYTE));
        }
        integer::isqrt(ctx, n)
    }

    fn numerator(ctx, x) {
        if !ratio::is_rational(x) {
            return Err(errors::wrong_type(ctx, x, Sym::RATIONAL));
        }
        Ok(ratio::parts(x).0)
    }
    fn denominator(ctx, x) {
        if !ratio::is_rational(x) {
            return Err(errors::wrong_type(ctx, x, Sym::RATIONAL));
        }
        Ok(ratio::parts(x).1)
    }
    /// The function COMPLEX of two arguments.
    fn make_complex(ctx, re, im) { complex::make_complex(ctx, re, im) }
    fn realpart(ctx, x) {
        match classify(x) {
            Some(_) => Ok(complex::parts(x).0),
            None => Err(errors::wrong_type(ctx, x, Sym::NUMBER)),
        }
    }
    /// The imaginary part; a real's is zero times it.
    fn imagpart(ctx, x) {
        match classify(x) {
            Some(Number::Complex(_)) => Ok(complex::parts(x).1),
            Some(_) => arithmetic::mul(ctx, Value::ZERO, x),
            None => Err(errors::wrong_type(ctx, x, Sym::NUMBER)),
        }
    }

    /// Hash of a real by its value as a double-float: the same as raw-hash of that double, with one
    /// zero and one NaN.
    fn number_as_double_hash(ctx, x) {
        let value = match classify(x) {
            Some(Number::Integer(_) | Number::Ratio(_)) => float::rational_to_float(x, Format::Double),
            Some(Number::Single(f)) => f as f64,
            Some(Number::Double(f)) => f,
            _ => return Err(errors::wrong_type(ctx, x, Sym::REAL)),
        };
        let value = if value == 0.0 { 0.0 } else if value.is_nan() { f64::NAN } else { value };
        Ok(hash_words(layout::header(kind::DOUBLE, 1), &[value.to_bits()]))
    }
}
