//! Sum, difference, product, quotient and comparison of any two numbers: contagion and dispatch.
//!
//! Floating-point traps are explicit: a finite computation with an infinite result is an overflow,
//! one whose result is not a number is invalid, and any division by zero is an error.

use super::bignum::is_integer;
use super::float::{self, Format};
use super::{Number, classify, complex, errors, integer, ratio};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object;
use crate::value::{LispResult, Raised, Value};
use std::cmp::Ordering;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Sub,
    Mul,
    Div,
}

impl Op {
    const fn symbol(self) -> Sym {
        match self {
            Op::Add => Sym::PLUS,
            Op::Sub => Sym::MINUS,
            Op::Mul => Sym::TIMES,
            Op::Div => Sym::DIVIDE,
        }
    }

    #[inline(always)]
    fn doubles(self, a: f64, b: f64) -> f64 {
        match self {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div => a / b,
        }
    }

    #[inline(always)]
    fn singles(self, a: f32, b: f32) -> f32 {
        match self {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div => a / b,
        }
    }

    #[inline(always)]
    fn integers(self, ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
        match self {
            Op::Add => integer::add(ctx, a, b),
            Op::Sub => integer::sub(ctx, a, b),
            Op::Mul => integer::mul(ctx, a, b),
            Op::Div => ratio::make_ratio(ctx, a, b),
        }
    }

    fn rationals(self, ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
        match self {
            Op::Add => ratio::add(ctx, a, b),
            Op::Sub => ratio::sub(ctx, a, b),
            Op::Mul => ratio::mul(ctx, a, b),
            Op::Div if b == Value::ZERO => Err(errors::division_by_zero(ctx, Sym::DIVIDE, &[a, b])),
            Op::Div => ratio::div(ctx, a, b),
        }
    }

    fn complexes(self, ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
        match self {
            Op::Add => complex::add(ctx, a, b),
            Op::Sub => complex::sub(ctx, a, b),
            Op::Mul => complex::mul(ctx, a, b),
            Op::Div => complex::div(ctx, a, b),
        }
    }
}

pub fn add(ctx: &mut ThreadContext, x: Value, y: Value) -> LispResult {
    arith(ctx, Op::Add, x, y)
}
pub fn sub(ctx: &mut ThreadContext, x: Value, y: Value) -> LispResult {
    arith(ctx, Op::Sub, x, y)
}
pub fn mul(ctx: &mut ThreadContext, x: Value, y: Value) -> LispResult {
    arith(ctx, Op::Mul, x, y)
}
pub fn div(ctx: &mut ThreadContext, x: Value, y: Value) -> LispResult {
    arith(ctx, Op::Div, x, y)
}

#[inline(always)]
fn arith(ctx: &mut ThreadContext, op: Op, x: Value, y: Value) -> LispResult {
    if x.is_double() && y.is_double() {
        return double_arith(ctx, op, (x, y), x.as_double(), y.as_double());
    }
    if is_integer(x) && is_integer(y) {
        return op.integers(ctx, x, y);
    }
    match (x.to_fixnum(), y.to_fixnum()) {
        (Some(n), None) if y.is_double() => double_arith(ctx, op, (x, y), n as f64, y.as_double()),
        (None, Some(n)) if x.is_double() => double_arith(ctx, op, (x, y), x.as_double(), n as f64),
        _ => mixed_arith(ctx, op, x, y),
    }
}

#[inline(always)]
fn double_arith(ctx: &mut ThreadContext, op: Op, operands: (Value, Value), a: f64, b: f64) -> LispResult {
    let result = op.doubles(a, b);
    // Infinite or not a number: perhaps an error.
    if !result.is_finite() {
        float_trouble(ctx, op, operands, [a, b], result)?;
    }
    Ok(object::double(ctx, result))
}

fn mixed_arith(ctx: &mut ThreadContext, op: Op, x: Value, y: Value) -> LispResult {
    use Number::*;
    let (Some(a), Some(b)) = (classify(x), classify(y)) else { return Err(errors::not_number(ctx, x, y)) };
    match (a, b) {
        (Complex(_), _) | (_, Complex(_)) => op.complexes(ctx, x, y),
        (Integer(_), Integer(_)) => op.integers(ctx, x, y),
        (Integer(_) | Ratio(_), Integer(_) | Ratio(_)) => op.rationals(ctx, x, y),
        (Double(_), _) | (_, Double(_)) => {
            let (a, b) = (float::to_float(ctx, x, Format::Double)?, float::to_float(ctx, y, Format::Double)?);
            double_arith(ctx, op, (x, y), a, b)
        }
        (Single(_), _) | (_, Single(_)) => {
            let (a, b) = (float::to_float(ctx, x, Format::Single)?, float::to_float(ctx, y, Format::Single)?);
            let result = op.singles(a as f32, b as f32);
            if !result.is_finite() {
                float_trouble(ctx, op, (x, y), [a, b], result as f64)?;
            }
            Ok(Value::single(result))
        }
    }
}

/// Whether `result`, not finite, is an error: infinities and NaNs among the operands are not.
#[cold]
fn float_trouble(
    ctx: &mut ThreadContext,
    op: Op,
    (x, y): (Value, Value),
    floats: [f64; 2],
    result: f64,
) -> LispResult<()> {
    if op == Op::Div && floats[1] == 0.0 && !floats[0].is_nan() {
        return Err(errors::division_by_zero(ctx, Sym::DIVIDE, &[x, y]));
    }
    match trap(result, &floats) {
        Some(kind) => Err(errors::arithmetic_error(ctx, kind, op.symbol(), &[x, y])),
        None => Ok(()),
    }
}

/// Float exceptions that the processor has seen (invalid, division by zero, overflow), in MXCSR.
const STICKY: u32 = 0b1101;

/// What compiled code calls for a result that is not finite: `op` 0 to 3 are + - * /, 4 is a
/// conversion to single-float. When an operand is not finite either, the processor's flags tell
/// whether an earlier step of the same expression was the error.
pub fn float_trap(ctx: &mut ThreadContext, op: u64, single: bool, [result, a, b]: [f64; 3]) -> LispResult {
    let flags = take_float_flags();
    let format = if single { Format::Single } else { Format::Double };
    let op = match op {
        0 => Op::Add,
        1 => Op::Sub,
        2 => Op::Mul,
        3 => Op::Div,
        _ if a.is_finite() => {
            let operand = object::double(ctx, a);
            return Err(errors::arithmetic_error(ctx, ErrorKind::FloatingPointOverflow, Sym::SINGLE_FLOAT, &[operand]));
        }
        _ => return Ok(Value::ZERO),
    };
    let operands = (format.box_float(ctx, a), format.box_float(ctx, b));
    float_trouble(ctx, op, operands, [a, b], result)?;
    let kind = match flags {
        0 => return Ok(Value::ZERO),
        f if f & 0b1000 != 0 => ErrorKind::FloatingPointOverflow,
        f if f & 0b100 != 0 => ErrorKind::DivisionByZero,
        _ => ErrorKind::FloatingPointInvalid,
    };
    Err(errors::arithmetic_error(ctx, kind, op.symbol(), &[operands.0, operands.1]))
}

/// The sticky flags, cleared.
fn take_float_flags() -> u32 {
    let mut control: u32 = 0;
    // SAFETY: reads MXCSR and writes it back with only its exception flags changed.
    unsafe {
        core::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
        let cleared = control & !STICKY;
        core::arch::asm!("ldmxcsr [{}]", in(reg) &raw const cleared, options(nostack));
    }
    control & STICKY
}

/// The error that `result` stands for, given the operands it came from.
pub fn trap(result: f64, operands: &[f64]) -> Option<ErrorKind> {
    if result.is_nan() {
        return operands.iter().all(|x| !x.is_nan()).then_some(ErrorKind::FloatingPointInvalid);
    }
    (result.is_infinite() && operands.iter().all(|x| x.is_finite())).then_some(ErrorKind::FloatingPointOverflow)
}

/// `result`, computed as a double from finite operands, as a float of `format`.
pub fn finish(
    ctx: &mut ThreadContext,
    operator: Sym,
    (x, y): (Value, Value),
    format: Format,
    result: f64,
) -> LispResult {
    let rounded = if format == Format::Single { result as f32 as f64 } else { result };
    match trap(rounded, &[]) {
        Some(kind) => Err(errors::arithmetic_error(ctx, kind, operator, &[x, y])),
        None => Ok(format.box_float(ctx, rounded)),
    }
}

/// The negative of any number; that of zero is a zero of the other sign for floats.
pub fn negate(ctx: &mut ThreadContext, x: Value) -> LispResult {
    match classify(x) {
        Some(Number::Double(f)) => Ok(object::double(ctx, -f)),
        Some(Number::Single(f)) => Ok(Value::single(-f)),
        Some(Number::Complex(_)) => {
            let (re, im) = complex::parts(x);
            let (re, im) = (negate(ctx, re)?, negate(ctx, im)?);
            complex::make_complex(ctx, re, im)
        }
        _ => sub(ctx, Value::ZERO, x),
    }
}

/// A comparison of two reals (of any two numbers for `Equal`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

impl Compare {
    #[inline(always)]
    fn holds(self, order: Option<Ordering>) -> bool {
        match (self, order) {
            (_, None) => false,
            (Compare::Equal, Some(o)) => o.is_eq(),
            (Compare::Less, Some(o)) => o.is_lt(),
            (Compare::Greater, Some(o)) => o.is_gt(),
            (Compare::LessOrEqual, Some(o)) => o.is_le(),
            (Compare::GreaterOrEqual, Some(o)) => o.is_ge(),
        }
    }
}

/// Whether the comparison holds; never with a float that is not a number.
#[inline]
pub fn compare(ctx: &mut ThreadContext, op: Compare, x: Value, y: Value) -> LispResult<bool> {
    if x.is_double() && y.is_double() {
        return Ok(op.holds(x.as_double().partial_cmp(&y.as_double())));
    }
    if is_integer(x) && is_integer(y) {
        return Ok(op.holds(Some(integer::compare(x, y))));
    }
    if op == Compare::Equal
        && let (Some(Number::Complex(_)), Some(_)) | (Some(_), Some(Number::Complex(_))) = (classify(x), classify(y))
    {
        return complex::equal(ctx, x, y);
    }
    match order(ctx, x, y)? {
        Ok(order) => Ok(op.holds(order)),
        Err(NotReal) if op == Compare::Equal => Err(errors::not_number(ctx, x, y)),
        Err(NotReal) => Err(errors::not_real(ctx, x, y)),
    }
}

struct NotReal;

/// The exact order of two reals; `None` when one is not a number.
fn order(ctx: &mut ThreadContext, x: Value, y: Value) -> Result<Result<Option<Ordering>, NotReal>, Raised> {
    use Number::*;
    let (Some(a), Some(b)) = (classify(x), classify(y)) else { return Ok(Err(NotReal)) };
    Ok(Ok(match (a, b) {
        (Complex(_), _) | (_, Complex(_)) => return Ok(Err(NotReal)),
        (Integer(a), Integer(b)) => Some(integer::compare(a, b)),
        (Integer(_) | Ratio(_), Integer(_) | Ratio(_)) => Some(ratio::compare(ctx, x, y)?),
        (Integer(r) | Ratio(r), Single(_) | Double(_)) => {
            float::compare_with_rational(as_double(b), r).map(Ordering::reverse)
        }
        (Single(_) | Double(_), Integer(r) | Ratio(r)) => float::compare_with_rational(as_double(a), r),
        _ => as_double(a).partial_cmp(&as_double(b)),
    }))
}

/// A float of either format, exactly.
fn as_double(n: Number) -> f64 {
    match n {
        Number::Single(f) => f as f64,
        Number::Double(f) => f,
        _ => unreachable!("the caller has matched a float"),
    }
}

/// `eql` of two objects that are not `eq`: numbers of one type and representation.
pub fn eql(x: Value, y: Value) -> bool {
    use Number::*;
    if x == y {
        return true;
    }
    match (classify(x), classify(y)) {
        (Some(Double(a)), Some(Double(b))) => a.to_bits() == b.to_bits(),
        (Some(Integer(a)), Some(Integer(b))) => integer::equal(a, b),
        (Some(Ratio(a)), Some(Ratio(b))) => ratio::equal(a, b),
        (Some(Complex(a)), Some(Complex(b))) => {
            let ((ar, ai), (br, bi)) = (complex::parts(a), complex::parts(b));
            eql(ar, br) && eql(ai, bi)
        }
        _ => false,
    }
}
