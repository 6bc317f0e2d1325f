//! Float primitives: conversion, decoding, bits, irrational functions, random numbers.

use super::set_second_value;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::number::float::{self, Format};
use crate::number::transcendental::{self, Function};
use crate::number::{Number, arithmetic, bignum, classify, errors, random as generator};
use crate::object::double;
use crate::primitives;
use crate::value::{LispResult, Value};

/// A finite float; the others have neither digits nor a rational value.
fn finite_argument(ctx: &mut ThreadContext, operator: Sym, x: Value) -> LispResult<(f64, Format)> {
    let (f, format) = float::argument(ctx, x)?;
    if !f.is_finite() {
        return Err(errors::arithmetic_error(ctx, ErrorKind::FloatingPointInvalid, operator, &[x]));
    }
    Ok((f, format))
}

/// `f * 2^k`, rounded once even where the result is subnormal.
fn scale(f: f64, k: i64, format: Format) -> f64 {
    let (mantissa, exponent) = float::decode(f, format);
    let magnitude = float::compose(mantissa, exponent.saturating_add(k), false, format);
    magnitude.copysign(f)
}

/// The low `width` bits of an integer as an unsigned word.
fn word_argument(ctx: &mut ThreadContext, x: Value, width: u32) -> LispResult<u64> {
    let mut cell = [0];
    if bignum::is_integer(x)
        && let Some(n) = bignum::Int::of(x, &mut cell).to_i128()
        && n >= -(1 << (width - 1))
        && n < 1 << width
    {
        return Ok(n as u64 & (u64::MAX >> (64 - width)));
    }
    Err(errors::wrong_type(ctx, x, Sym::INTEGER))
}

macro_rules! elementary {
    ($($name:ident = $function:ident;)*) => {
        primitives! {
            $(fn $name(ctx, x) { transcendental::apply(ctx, Function::$function, x) })*
        }
    };
}

/// The elementary functions of one argument.
pub mod elementary {
    use super::{Function, primitives, transcendental};
    elementary! {
        exp = Exp; log = Log; sqrt = Sqrt;
        sin = Sin; cos = Cos; tan = Tan; asin = Asin; acos = Acos; atan = Atan;
        sinh = Sinh; cosh = Cosh; tanh = Tanh; asinh = Asinh; acosh = Acosh; atanh = Atanh;
    }
}

primitives! {
    /// Raw words: an operation of compiled code, whether its result is a single-float, result and
    /// operands as bits of doubles. Raises when the result is an error.
    fn float_trap(ctx, op, single, result, a, b) {
        arithmetic::float_trap(ctx, op.0, single.0 != 0, [result, a, b].map(|v| f64::from_bits(v.0)))
    }
    /// Any real as a single-float.
    fn to_single_float(ctx, x) { Ok(Value::single(float::to_float(ctx, x, Format::Single)? as f32)) }
    /// Any real as a double-float.
    fn to_double_float(ctx, x) {
        if x.is_double() {
            return Ok(x);
        }
        let f = float::to_float(ctx, x, Format::Double)?;
        Ok(double(ctx, f))
    }
    /// The rational equal to a real.
    fn rational(ctx, x) {
        match classify(x) {
            Some(Number::Integer(_) | Number::Ratio(_)) => Ok(x),
            Some(Number::Single(_) | Number::Double(_)) => {
                let (f, _) = finite_argument(ctx, Sym::RATIONAL, x)?;
                float::to_rational(ctx, f)
            }
            _ => Err(errors::wrong_type(ctx, x, Sym::REAL)),
        }
    }
    /// The simplest rational that a real could have been read from.
    fn rationalize(ctx, x) {
        match classify(x) {
            Some(Number::Integer(_) | Number::Ratio(_)) => Ok(x),
            Some(Number::Single(_) | Number::Double(_)) => {
                let (f, format) = finite_argument(ctx, Sym::RATIONAL, x)?;
                float::rationalize(ctx, f, format)
            }
            _ => Err(errors::wrong_type(ctx, x, Sym::REAL)),
        }
    }
    /// The significand of a finite float, in [1/2, 1) unless zero; second value its exponent. The
    /// sign is FLOAT-SIGN's.
    fn decode_float(ctx, x) {
        let (f, format) = finite_argument(ctx, Sym::FLOAT, x)?;
        let (mantissa, exponent) = float::decode(f, format);
        let length = 64 - mantissa.leading_zeros() as i64;
        let exponent = if mantissa == 0 { 0 } else { exponent + length };
        set_second_value(ctx, Value::fixnum(exponent));
        let significand = float::compose(mantissa, -length, false, format);
        Ok(format.box_float(ctx, significand))
    }
    /// The significand of a finite float as an integer; second value its exponent.
    fn integer_decode_float(ctx, x) {
        let (f, format) = finite_argument(ctx, Sym::FLOAT, x)?;
        let (mantissa, exponent) = float::decode(f, format);
        set_second_value(ctx, Value::fixnum(exponent));
        Ok(Value::fixnum(mantissa as i64))
    }
    /// A float times a power of two.
    fn scale_float(ctx, x, k) {
        let (f, format) = float::argument(ctx, x)?;
        if !bignum::is_integer(k) {
            return Err(errors::wrong_type(ctx, k, Sym::INTEGER));
        }
        if !f.is_finite() || f == 0.0 {
            return Ok(x);
        }
        let bound = if crate::number::integer::is_negative(k) { -100_000 } else { 100_000 };
        let steps = k.to_fixnum().map_or(bound, |n| n.clamp(-100_000, 100_000));
        let scaled = scale(f, steps, format);
        if scaled.is_infinite() {
            return Err(errors::arithmetic_error(ctx, ErrorKind::FloatingPointOverflow, Sym::FLOAT, &[x, k]));
        }
        Ok(format.box_float(ctx, scaled))
    }
    /// 1 or -1 in the format of a float, by its sign bit.
    fn float_sign(ctx, x) {
        let (f, format) = float::argument(ctx, x)?;
        Ok(format.box_float(ctx, 1f64.copysign(f)))
    }
    /// The magnitude of the second float with the sign of the first, in the second's format.
    fn copy_float_sign(ctx, sign, magnitude) {
        let (s, _) = float::argument(ctx, sign)?;
        let (m, format) = float::argument(ctx, magnitude)?;
        Ok(format.box_float(ctx, m.copysign(s)))
    }
    /// Digits of a float's format.
    fn float_digits(ctx, x) {
        let (_, format) = float::argument(ctx, x)?;
        Ok(Value::fixnum(format.digits() as i64))
    }
    /// Significant digits of a float: 0 for zero, fewer than its format's for a subnormal.
    fn float_precision(ctx, x) {
        let (f, format) = finite_argument(ctx, Sym::FLOAT, x)?;
        let (mantissa, _) = float::decode(f, format);
        Ok(Value::fixnum(64 - mantissa.leading_zeros() as i64))
    }
    fn float_nan_p(ctx, x) { Ok(Value::bool(float::argument(ctx, x)?.0.is_nan())) }
    fn float_infinity_p(ctx, x) { Ok(Value::bool(float::argument(ctx, x)?.0.is_infinite())) }

    /// A single-float's bits as a signed integer.
    fn single_float_bits(ctx, x) {
        if !x.is_single() {
            return Err(errors::wrong_type(ctx, x, Sym::SINGLE_FLOAT));
        }
        Ok(Value::fixnum(x.as_single().to_bits() as i32 as i64))
    }
    /// A double-float's bits as a signed integer.
    fn double_float_bits(ctx, x) {
        let bits = double_bits(ctx, x)?;
        Ok(bignum::from_i128(ctx, bits as i64 as i128))
    }
    /// The upper 32 of a double-float's bits as a signed integer.
    fn double_float_high_bits(ctx, x) { Ok(Value::fixnum(double_bits(ctx, x)? as i64 >> 32)) }
    /// The lower 32 of a double-float's bits.
    fn double_float_low_bits(ctx, x) { Ok(Value::fixnum((double_bits(ctx, x)? & 0xffff_ffff) as i64)) }
    /// The single-float with these bits, given as a signed or unsigned integer.
    fn make_single_float(ctx, bits) { Ok(Value::single(f32::from_bits(word_argument(ctx, bits, 32)? as u32))) }
    /// The double-float with these upper and lower bits.
    fn make_double_float(ctx, high, low) {
        let (high, low) = (word_argument(ctx, high, 32)?, word_argument(ctx, low, 32)?);
        Ok(double(ctx, f64::from_bits(high << 32 | low)))
    }
    /// The double-float with these 64 bits, given as a signed or unsigned integer.
    fn bits_double_float(ctx, bits) {
        let bits = word_argument(ctx, bits, 64)?;
        Ok(double(ctx, f64::from_bits(bits)))
    }

    /// The angle of the point (x, y).
    fn atan2(ctx, y, x) { transcendental::atan2(ctx, y, x) }
    /// The angle of any number.
    fn phase(ctx, x) { transcendental::phase(ctx, x) }
    fn log_to_base(ctx, x, base) { transcendental::log_to_base(ctx, x, base) }
    /// EXPT.
    fn expt2(ctx, base, power) { transcendental::expt(ctx, base, power) }

    /// A random state from a state, a vector with a state's words, an integer, or T for a new one.
    fn make_random_state(ctx, source) { generator::make_state(ctx, source) }
    /// A number below a positive integer or float.
    fn random(ctx, limit, state) { generator::random(ctx, limit, state) }
}

fn double_bits(ctx: &mut ThreadContext, x: Value) -> LispResult<u64> {
    if !x.is_double() {
        return Err(errors::wrong_type(ctx, x, Sym::DOUBLE_FLOAT));
    }
    Ok(x.as_double().to_bits())
}
