//! Irrational functions of any number: roots, exponentials, logarithms, circular and hyperbolic.
//!
//! Everything is computed in doubles and rounded to the argument's format; rationals give singles.
//! A real argument outside a function's real domain gives a complex result.

use super::arithmetic::{self, trap};
use super::bignum::{self, Int};
use super::complex_float::Complex;
use super::float::{self, Format};
use super::{Number, bits, classify, complex, errors, integer, limbs, ratio};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::value::{LispResult, Value};
use std::f64::consts;

/// An elementary function of one argument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    Exp,
    Log,
    Sqrt,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
}

use Function::*;

impl Function {
    const fn operator(self) -> Sym {
        match self {
            Exp => Sym::EXP,
            Log => Sym::LOG,
            Sqrt => Sym::SQRT,
            Sin => Sym::SIN,
            Cos => Sym::COS,
            Tan => Sym::TAN,
            Asin => Sym::ASIN,
            Acos => Sym::ACOS,
            Atan => Sym::ATAN,
            Sinh => Sym::SINH,
            Cosh => Sym::COSH,
            Tanh => Sym::TANH,
            Asinh => Sym::ASINH,
            Acosh => Sym::ACOSH,
            Atanh => Sym::ATANH,
        }
    }

    /// The value at `x`, or the point just beside the branch cut that `x` lies on.
    fn at_real(self, x: f64) -> Result<f64, Complex> {
        let beside = |im: f64| Err(Complex::new(x, im));
        match self {
            Exp => Ok(x.exp()),
            Log if x < 0.0 => beside(0.0),
            Log => Ok(x.ln()),
            Sqrt if x < 0.0 => beside(0.0),
            Sqrt => Ok(x.sqrt()),
            Sin => Ok(x.sin()),
            Cos => Ok(x.cos()),
            Tan => Ok(x.tan()),
            // Continuous with quadrant II left of -1 and with quadrant IV right of 1.
            Asin | Acos if x.abs() > 1.0 => beside(0f64.copysign(-x)),
            Asin => Ok(x.asin()),
            Acos => Ok(x.acos()),
            Atan => Ok(x.atan()),
            Sinh => Ok(x.sinh()),
            Cosh => Ok(x.cosh()),
            Tanh => Ok(x.tanh()),
            Asinh => Ok(x.asinh()),
            Acosh if x < 1.0 => beside(0.0),
            Acosh => Ok(x.acosh()),
            // Continuous with quadrant III left of -1 and with quadrant I right of 1.
            Atanh if x.abs() > 1.0 => beside(0f64.copysign(x)),
            Atanh => Ok(x.atanh()),
        }
    }

    fn at(self, z: Complex) -> Complex {
        match self {
            Exp => z.exp(),
            Log => z.ln(),
            Sqrt => z.sqrt(),
            Sin => z.sin(),
            Cos => z.cos(),
            Tan => z.tan(),
            Asin => z.asin(),
            Acos => z.acos(),
            Atan => z.atan(),
            Sinh => z.sinh(),
            Cosh => z.cosh(),
            Tanh => z.tanh(),
            Asinh => z.asinh(),
            Acosh => z.acosh(),
            Atanh => z.atanh(),
        }
    }

    /// A pole of the function, where it divides by zero.
    fn is_pole(self, re: f64, im: f64) -> bool {
        match self {
            Log => re == 0.0 && im == 0.0,
            Atanh => re.abs() == 1.0 && im == 0.0,
            Atan => re == 0.0 && im.abs() == 1.0,
            _ => false,
        }
    }
}

/// The format that an irrational function of `v` gives its result in.
fn result_format(ctx: &mut ThreadContext, v: Value) -> LispResult<Format> {
    match classify(v) {
        None => Err(errors::wrong_type(ctx, v, Sym::NUMBER)),
        Some(Number::Double(_)) => Ok(Format::Double),
        Some(Number::Complex(z)) => Ok(Format::of(complex::parts(z).0).unwrap_or(Format::Single)),
        Some(_) => Ok(Format::Single),
    }
}

/// Any number as a complex double.
fn to_complex(ctx: &mut ThreadContext, v: Value) -> LispResult<Complex> {
    let (re, im) = complex::parts(v);
    Ok(Complex::new(float::to_float(ctx, re, Format::Double)?, float::to_float(ctx, im, Format::Double)?))
}

/// Applies an elementary function.
pub fn apply(ctx: &mut ThreadContext, function: Function, x: Value) -> LispResult {
    let format = result_format(ctx, x)?;
    if function == Log && ratio::is_rational(x) && x != Value::ZERO {
        let (size, negative) = log_of_rational(x);
        return if negative {
            finish_complex(ctx, Sym::LOG, &[x], format, Complex::new(size, consts::PI))
        } else {
            finish_real(ctx, Sym::LOG, &[x], format, size)
        };
    }
    let z = to_complex(ctx, x)?;
    if function.is_pole(z.re, z.im) {
        return Err(errors::division_by_zero(ctx, function.operator(), &[x]));
    }
    if matches!(classify(x), Some(Number::Complex(_))) {
        return finish_complex(ctx, function.operator(), &[x], format, function.at(z));
    }
    match function.at_real(z.re) {
        Ok(result) => {
            if let Some(kind) = trap(result, &[z.re]) {
                return Err(errors::arithmetic_error(ctx, kind, function.operator(), &[x]));
            }
            finish_real(ctx, function.operator(), &[x], format, result)
        }
        Err(beside) => finish_complex(ctx, function.operator(), &[x], format, function.at(beside)),
    }
}

/// A real result in `format`; what became infinite by rounding is an overflow.
fn finish_real(ctx: &mut ThreadContext, operator: Sym, operands: &[Value], format: Format, x: f64) -> LispResult {
    if format == Format::Single && x.is_finite() && (x as f32).is_infinite() {
        return Err(errors::arithmetic_error(ctx, ErrorKind::FloatingPointOverflow, operator, operands));
    }
    Ok(format.box_float(ctx, x))
}

fn finish_complex(
    ctx: &mut ThreadContext,
    operator: Sym,
    operands: &[Value],
    format: Format,
    z: Complex,
) -> LispResult {
    let re = finish_real(ctx, operator, operands, format, z.re)?;
    let im = finish_real(ctx, operator, operands, format, z.im)?;
    complex::make_complex(ctx, re, im)
}

/// Logarithm of a rational's magnitude, which may lie far outside the floats, and its sign.
fn log_of_rational(x: Value) -> (f64, bool) {
    let (n, d) = ratio::parts(x);
    let negative = integer::is_negative(n);
    let direct = float::rational_to_float(x, Format::Double).abs();
    let log = if direct.is_normal() { direct.ln() } else { log_of_integer(n) - log_of_integer(d) };
    (log, negative)
}

/// Logarithm of an integer's magnitude.
fn log_of_integer(n: Value) -> f64 {
    let mut cell = [0];
    let int = Int::of(n, &mut cell);
    let shift = limbs::bit_length(int.limbs).saturating_sub(64);
    let skip = (shift / 64) as usize;
    let low = int.limbs[skip] >> (shift % 64);
    let high = int.limbs.get(skip + 1).map_or(0, |&l| ((l as u128) << (64 - shift % 64)) as u64);
    ((low | high) as f64).ln() + shift as f64 * consts::LN_2
}

/// Logarithm to a base; exact powers of 2 and 10 give whole results.
pub fn log_to_base(ctx: &mut ThreadContext, x: Value, base: Value) -> LispResult {
    let format = result_format(ctx, x)?.max(result_format(ctx, base)?);
    let is_positive_real = |v: Value| {
        !matches!(classify(v), Some(Number::Complex(_))) && !is_negative_real(v) && !is_zero(v)
    };
    if is_positive_real(x) && is_positive_real(base) {
        let size = |v: Value| log_in_double(v);
        let special = if ratio::is_rational(base) { base.to_fixnum() } else { None };
        let value = float_or_nan(x);
        let result = match special {
            Some(2) if value.is_normal() => value.log2(),
            Some(10) if value.is_normal() => value.log10(),
            _ => size(x) / size(base),
        };
        if let Some(kind) = trap(result, &[size(x), size(base)]) {
            let kind = if size(base) == 0.0 { ErrorKind::DivisionByZero } else { kind };
            return Err(errors::arithmetic_error(ctx, kind, Sym::LOG, &[x, base]));
        }
        return finish_real(ctx, Sym::LOG, &[x, base], format, result);
    }
    let numerator = apply(ctx, Log, x)?;
    let denominator = apply(ctx, Log, base)?;
    arithmetic::div(ctx, numerator, denominator)
}

/// A real as a double, infinite when too large; not a number for complex ones.
fn float_or_nan(v: Value) -> f64 {
    match classify(v) {
        Some(Number::Integer(_) | Number::Ratio(_)) => float::rational_to_float(v, Format::Double),
        Some(Number::Single(f)) => f as f64,
        Some(Number::Double(f)) => f,
        _ => f64::NAN,
    }
}

fn log_in_double(v: Value) -> f64 {
    if ratio::is_rational(v) { log_of_rational(v).0 } else { float_or_nan(v).ln() }
}

fn is_zero(v: Value) -> bool {
    v == Value::ZERO || float_or_nan(v) == 0.0 && Format::of(v).is_some()
}

fn is_negative_real(v: Value) -> bool {
    float_or_nan(v) < 0.0
}

/// The angle of the point (x, y).
pub fn atan2(ctx: &mut ThreadContext, y: Value, x: Value) -> LispResult {
    let mut format = Format::Single;
    for v in [y, x] {
        match classify(v) {
            None | Some(Number::Complex(_)) => return Err(errors::wrong_type(ctx, v, Sym::REAL)),
            Some(Number::Double(_)) => format = Format::Double,
            Some(_) => {}
        }
    }
    let (a, b) = (float::to_float(ctx, y, Format::Double)?, float::to_float(ctx, x, Format::Double)?);
    Ok(format.box_float(ctx, a.atan2(b)))
}

/// The angle of any number; zero for zero.
pub fn phase(ctx: &mut ThreadContext, x: Value) -> LispResult {
    match classify(x) {
        None => Err(errors::wrong_type(ctx, x, Sym::NUMBER)),
        Some(Number::Complex(_)) => {
            let (re, im) = complex::parts(x);
            atan2(ctx, im, re)
        }
        Some(Number::Integer(_) | Number::Ratio(_)) if is_negative_real(x) => Ok(Value::single(consts::PI as f32)),
        Some(Number::Integer(_) | Number::Ratio(_)) => Ok(Value::single(0.0)),
        Some(Number::Single(f)) => Ok(Value::single(0f32.atan2(f))),
        Some(Number::Double(f)) => Ok(Format::Double.box_float(ctx, 0f64.atan2(f))),
    }
}

/// The magnitude of any number.
pub fn abs(ctx: &mut ThreadContext, x: Value) -> LispResult {
    match classify(x) {
        None => Err(errors::wrong_type(ctx, x, Sym::NUMBER)),
        Some(Number::Double(f)) => Ok(Format::Double.box_float(ctx, f.abs())),
        Some(Number::Single(f)) => Ok(Value::single(f.abs())),
        Some(Number::Integer(n)) => integer::abs(ctx, n),
        Some(Number::Ratio(r)) if integer::is_negative(ratio::parts(r).0) => ratio::sub(ctx, Value::ZERO, r),
        Some(Number::Ratio(r)) => Ok(r),
        Some(Number::Complex(_)) => {
            let format = result_format(ctx, x)?;
            let z = to_complex(ctx, x)?;
            let size = z.magnitude();
            if trap(size, &[z.re, z.im]).is_some() {
                return Err(errors::arithmetic_error(ctx, ErrorKind::FloatingPointOverflow, Sym::ABS, &[x]));
            }
            finish_real(ctx, Sym::ABS, &[x], format, size)
        }
    }
}

/// `base` to the power of any number.
pub fn expt(ctx: &mut ThreadContext, base: Value, power: Value) -> LispResult {
    use Number::*;
    let (Some(b), Some(p)) = (classify(base), classify(power)) else {
        return Err(errors::not_number(ctx, base, power));
    };
    match (b, p) {
        (Integer(_) | Ratio(_), Integer(_)) => ratio::expt(ctx, base, power),
        (Complex(_), Integer(_)) => complex_to_integer_power(ctx, base, power),
        (Complex(_), _) | (_, Complex(_)) => complex_power(ctx, base, power),
        _ => real_power(ctx, base, power),
    }
}

fn real_power(ctx: &mut ThreadContext, base: Value, power: Value) -> LispResult {
    let format = result_format(ctx, base)?.max(result_format(ctx, power)?);
    let x = float::to_float(ctx, base, Format::Double)?;
    // An integer beyond the doubles is as good as infinite.
    let y = float_or_nan(power);
    if x < 0.0 && y.is_finite() && y.trunc() != y {
        return complex_power(ctx, base, power);
    }
    if x == 0.0 && y < 0.0 {
        return Err(errors::division_by_zero(ctx, Sym::EXPT, &[base, power]));
    }
    let result = x.powf(y);
    if let Some(kind) = trap(result, &[x, if y.is_infinite() && ratio::is_rational(power) { 0.0 } else { y }]) {
        return Err(errors::arithmetic_error(ctx, kind, Sym::EXPT, &[base, power]));
    }
    finish_real(ctx, Sym::EXPT, &[base, power], format, result)
}

/// Refuses a power of a complex rational that the heap cannot hold, before any work is done.
fn check_complex_power(ctx: &mut ThreadContext, base: Value, power: Value) -> LispResult<()> {
    let (re, im) = complex::parts(base);
    if Format::of(re).is_some() {
        return Ok(());
    }
    let ((rn, rd), (ni, di)) = (ratio::parts(re), ratio::parts(im));
    let longest = [rn, rd, ni, di].map(magnitude_bits).into_iter().max().expect("four parts");
    // Every factor adds nearly the bits of the longest part (half a bit for 1 + i and its like); only
    // the powers of i and -i do not grow.
    let halves = if longest > 1 { 2 * (longest - 1) } else { (re != Value::ZERO) as u64 };
    let power = power.to_fixnum().map_or(u64::MAX, i64::unsigned_abs);
    bignum::check_limbs(ctx, halves.saturating_mul(power) / 128)
}

fn magnitude_bits(n: Value) -> u64 {
    let mut cell = [0];
    limbs::bit_length(Int::of(n, &mut cell).limbs)
}

/// By squaring, so that rational parts stay exact.
fn complex_to_integer_power(ctx: &mut ThreadContext, base: Value, power: Value) -> LispResult {
    check_complex_power(ctx, base, power)?;
    let one = Value::fixnum(1);
    if integer::is_negative(power) {
        let positive = integer::negate(ctx, power)?;
        let result = complex_to_integer_power(ctx, base, positive)?;
        return arithmetic::div(ctx, one, result);
    }
    if power == Value::ZERO {
        let zero = arithmetic::mul(ctx, base, power)?;
        return arithmetic::add(ctx, zero, one);
    }
    let mut result = base;
    for i in (0..bits::integer_length(power) - 1).rev() {
        result = arithmetic::mul(ctx, result, result)?;
        if bits::logbitp(power, i) {
            result = arithmetic::mul(ctx, result, base)?;
        }
    }
    Ok(result)
}

fn complex_power(ctx: &mut ThreadContext, base: Value, power: Value) -> LispResult {
    let format = result_format(ctx, base)?.max(result_format(ctx, power)?);
    let (b, p) = (to_complex(ctx, base)?, to_complex(ctx, power)?);
    if b.re == 0.0 && b.im == 0.0 {
        if p.re <= 0.0 {
            return Err(errors::division_by_zero(ctx, Sym::EXPT, &[base, power]));
        }
        return finish_complex(ctx, Sym::EXPT, &[base, power], format, Complex::new(0.0, 0.0));
    }
    let result = (p * b.ln()).exp();
    let operands = [b.re, b.im, p.re, p.im];
    if let Some(kind) = trap(result.re, &operands).or(trap(result.im, &operands)) {
        return Err(errors::arithmetic_error(ctx, kind, Sym::EXPT, &[base, power]));
    }
    finish_complex(ctx, Sym::EXPT, &[base, power], format, result)
}
