//! Floats: their two formats, exact and rounded conversion to and from rationals, comparison.
//!
//! Every conversion rounds once, to the nearest, from half way to the even one, subnormals included.
//! A finite number that has no finite float is an overflow; what is too small becomes zero.

use super::bignum::{self, Int};
use super::limbs;
use super::{Number, classify, errors, integer, ratio};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object;
use crate::value::{LispResult, Value};
use dashu_int::ops::DivRem;
use dashu_int::{IBig, UBig};
use std::cmp::Ordering;

/// A float type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Single,
    Double,
}

impl Format {
    /// Bits of the significand, the hidden one included.
    pub const fn digits(self) -> u32 {
        match self {
            Format::Single => 24,
            Format::Double => 53,
        }
    }
    /// Exponents of the leading bit of the least and the greatest normal number.
    const fn exponents(self) -> (i64, i64) {
        match self {
            Format::Single => (-126, 127),
            Format::Double => (-1022, 1023),
        }
    }
    /// The format of a float; `None` for anything else.
    pub fn of(v: Value) -> Option<Format> {
        match classify(v)? {
            Number::Single(_) => Some(Format::Single),
            Number::Double(_) => Some(Format::Double),
            _ => None,
        }
    }
    /// The wider of two.
    pub fn max(self, other: Format) -> Format {
        if self == Format::Single { other } else { self }
    }
    /// `x`, which this format can represent, as a Lisp float.
    #[inline]
    pub fn box_float(self, ctx: &mut ThreadContext, x: f64) -> Value {
        match self {
            Format::Single => Value::single(x as f32),
            Format::Double => object::double(ctx, x),
        }
    }
}

/// 2 to the power of `k`, which a double can represent.
fn power_of_two(k: i64) -> f64 {
    debug_assert!((-1074..=1023).contains(&k), "the power must be representable");
    if k >= -1022 { f64::from_bits(((k + 1023) as u64) << 52) } else { f64::from_bits(1 << (k + 1074)) }
}

/// `mantissa * 2^exponent` rounded to `format`, infinite when too large. `inexact` says that the true
/// value lies a little above; then the mantissa must have its highest bit set.
pub fn compose(mantissa: u64, exponent: i64, inexact: bool, format: Format) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let shift = mantissa.leading_zeros();
    debug_assert!(!inexact || shift == 0, "rounding needs all the bits");
    let mantissa = mantissa << shift;
    let leading = exponent - shift as i64 + 63;
    let (least, greatest) = format.exponents();
    if leading > greatest {
        return f64::INFINITY;
    }
    let keep = format.digits() as i64 - (least - leading).max(0);
    if keep < 0 {
        return 0.0;
    }
    let drop = 64 - keep as u32;
    let (kept, rest) = if drop == 64 { (0, mantissa) } else { (mantissa >> drop, mantissa & ((1 << drop) - 1)) };
    let half = 1u64 << (drop - 1);
    let up = rest > half || rest == half && (inexact || kept & 1 == 1);
    let rounded = (kept + up as u64) as f64 * power_of_two(leading - 63 + drop as i64);
    if format == Format::Single && rounded > f32::MAX as f64 { f64::INFINITY } else { rounded }
}

/// `magnitude * 2^exponent` (and a little more when `inexact`) rounded to `format`.
fn compose_limbs(magnitude: &[u64], exponent: i64, inexact: bool, format: Format) -> f64 {
    let bits = limbs::bit_length(magnitude);
    if bits <= 64 {
        debug_assert!(!inexact || bits == 64, "rounding needs all the bits");
        return compose(magnitude.first().copied().unwrap_or(0), exponent, inexact, format);
    }
    let shift = bits - 64;
    let tail = &magnitude[(shift / 64) as usize..];
    let lost = magnitude[..(shift / 64) as usize].iter().any(|&l| l != 0);
    let mut top = [0; 2];
    let lost = limbs::shift_right(&mut top[..tail.len()], tail, shift % 64) || lost;
    compose(top[0], exponent + shift as i64, lost || inexact, format)
}

/// An integer rounded to `format`, infinite when too large. The value is one of that format.
#[inline]
pub fn integer_to_float(n: Value, format: Format) -> f64 {
    if let Some(n) = n.to_fixnum() {
        return match format {
            Format::Single => n as f32 as f64,
            Format::Double => n as f64,
        };
    }
    let int = Int::of_bignum(n);
    let magnitude = compose_limbs(int.limbs, 0, false, format);
    if int.negative { -magnitude } else { magnitude }
}

/// A rational rounded to `format`, infinite when too large.
pub fn rational_to_float(v: Value, format: Format) -> f64 {
    let (n, d) = ratio::parts(v);
    if d == Value::fixnum(1) {
        return integer_to_float(n, format);
    }
    let exact = 1i64 << format.digits();
    if let (Some(x), Some(y)) = (n.to_fixnum(), d.to_fixnum())
        && x.abs() <= exact
        && y <= exact
    {
        // One division of exact operands rounds once.
        return match format {
            Format::Single => (x as f32 / y as f32) as f64,
            Format::Double => x as f64 / y as f64,
        };
    }
    let magnitude = quotient_to_float(bignum::to_ubig(n), bignum::to_ubig(d), format);
    if integer::is_negative(n) { -magnitude } else { magnitude }
}

/// `n / d` rounded to `format`, by way of a quotient of 65 to 67 bits.
fn quotient_to_float(n: UBig, d: UBig, format: Format) -> f64 {
    let length = |x: &UBig| limbs::bit_length(x.as_words()) as i64;
    let shift = 66 - (length(&n) - length(&d));
    let (quotient, remainder) =
        if shift >= 0 { (n << shift as usize).div_rem(d) } else { n.div_rem(d << -shift as usize) };
    compose_limbs(quotient.as_words(), -shift, !remainder.is_zero(), format)
}

/// A real number in `format`. What is finite and too large is an overflow.
pub fn to_float(ctx: &mut ThreadContext, v: Value, format: Format) -> LispResult<f64> {
    let converted = match classify(v) {
        Some(Number::Integer(n)) => integer_to_float(n, format),
        Some(Number::Ratio(r)) => rational_to_float(r, format),
        Some(Number::Single(f)) => return Ok(f as f64),
        Some(Number::Double(f)) if format == Format::Double => return Ok(f),
        Some(Number::Double(f)) => {
            let single = f as f32 as f64;
            if single.is_infinite() && f.is_finite() {
                return Err(conversion_overflow(ctx, v));
            }
            return Ok(single);
        }
        _ => return Err(errors::wrong_type(ctx, v, Sym::REAL)),
    };
    if converted.is_infinite() {
        return Err(conversion_overflow(ctx, v));
    }
    Ok(converted)
}

/// A float's value as a double, and its format; anything else is an error.
pub fn argument(ctx: &mut ThreadContext, v: Value) -> LispResult<(f64, Format)> {
    match classify(v) {
        Some(Number::Single(f)) => Ok((f as f64, Format::Single)),
        Some(Number::Double(f)) => Ok((f, Format::Double)),
        _ => Err(errors::wrong_type(ctx, v, Sym::FLOAT)),
    }
}

#[cold]
fn conversion_overflow(ctx: &mut ThreadContext, v: Value) -> crate::value::Raised {
    errors::arithmetic_error(ctx, ErrorKind::FloatingPointOverflow, Sym::FLOAT, &[v])
}

/// Significand and exponent: a finite float is `±significand * 2^exponent`, with the significand
/// having all digits of the format unless the float is subnormal.
pub fn decode(f: f64, format: Format) -> (u64, i64) {
    let (fraction, biased, digits, least) = match format {
        Format::Single => {
            let bits = (f as f32).to_bits() as u64;
            (bits & ((1 << 23) - 1), bits >> 23 & 0xff, 24, -149)
        }
        Format::Double => {
            let bits = f.to_bits();
            (bits & ((1 << 52) - 1), bits >> 52 & 0x7ff, 53, -1074)
        }
    };
    if biased == 0 { (fraction, least) } else { (fraction | 1 << (digits - 1), biased as i64 - 1 + least) }
}

/// The finite float `f` as numerator and a power of two that divides it: `f = n / 2^k`, k >= 0.
fn exact_parts(f: f64) -> (IBig, usize) {
    let (mut mantissa, mut exponent) = decode(f, Format::Double);
    if mantissa == 0 {
        return (IBig::ZERO, 0);
    }
    let zeros = mantissa.trailing_zeros();
    mantissa >>= zeros;
    exponent += zeros as i64;
    let magnitude = UBig::from(mantissa) << exponent.max(0) as usize;
    (IBig::from_parts(bignum::sign(f < 0.0), magnitude), (-exponent).max(0) as usize)
}

/// The rational equal to a finite float.
pub fn to_rational(ctx: &mut ThreadContext, f: f64) -> LispResult {
    if f.trunc() == f && f.abs() < (1u64 << 62) as f64 {
        return Ok(Value::fixnum(f as i64));
    }
    let (n, k) = exact_parts(f);
    let n = bignum::from_ibig(ctx, &n)?;
    if k == 0 {
        return Ok(n);
    }
    let d = super::bits::shift(ctx, Value::fixnum(1), k as i64)?;
    Ok(object::record(ctx, crate::abi::layout::kind::RATIO, &[n, d]))
}

/// The integer equal to the finite float `f`, which has no fraction.
pub fn to_integer(ctx: &mut ThreadContext, f: f64) -> LispResult {
    debug_assert!(f.trunc() == f, "only a whole float equals an integer");
    to_rational(ctx, f)
}

/// The simplest rational that reads as the finite float `f` of `format`.
pub fn rationalize(ctx: &mut ThreadContext, f: f64, format: Format) -> LispResult {
    let (mantissa, exponent) = decode(f, format);
    if mantissa == 0 || exponent >= 0 {
        return to_rational(ctx, f);
    }
    // Bounds half way to the neighbours, over 4 * 2^-exponent; below a power of two the neighbour
    // is nearer.
    let low = if mantissa == 1 << (format.digits() - 1) { 1u8 } else { 2 };
    let center = UBig::from(mantissa) << 2;
    let denominator = UBig::ONE << (2 - exponent) as usize;
    let (n, d) = simplest_between((&center - low, denominator.clone()), (center + 2u8, denominator));
    let n = bignum::from_limbs(ctx, f < 0.0, n.as_words())?;
    let d = bignum::from_ubig(ctx, &d)?;
    ratio::make_ratio(ctx, n, d)
}

/// The fraction with the least denominator strictly between two others, by continued fractions.
/// A denominator of zero stands for infinity.
fn simplest_between(low: (UBig, UBig), high: (UBig, UBig)) -> (UBig, UBig) {
    let (whole, rest) = (&low.0).div_rem(&low.1);
    let next = &whole + UBig::ONE;
    if high.1.is_zero() || &next * &high.1 < high.0 {
        return (next, UBig::ONE);
    }
    let high_rest = &high.0 - &whole * &high.1;
    let (n, d) = simplest_between((high.1, high_rest), (low.1, rest));
    (&whole * &n + d, n)
}

/// Compares a float with a rational, exactly. `None` when the float is not a number.
pub fn compare_with_rational(f: f64, r: Value) -> Option<Ordering> {
    if let Some(n) = r.to_fixnum()
        && n.unsigned_abs() < 1 << 53
    {
        return f.partial_cmp(&(n as f64));
    }
    if f.is_nan() {
        return None;
    }
    if f.is_infinite() {
        return Some(if f > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let (n, k) = exact_parts(f);
    let (rn, rd) = ratio::parts(r);
    Some((n * bignum::to_ibig(rd)).cmp(&(bignum::to_ibig(rn) << k)))
}
