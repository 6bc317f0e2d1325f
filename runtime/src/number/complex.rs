//! Complex numbers: two rationals (the imaginary one not zero) or two floats of one format.

use super::arithmetic::{self, Compare};
use super::float::{self, Format};
use super::{Number, classify, errors, ratio};
use crate::abi::layout::kind;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::record;
use crate::value::{LispResult, Value};

/// Real and imaginary part; a real number's imaginary part is the integer zero.
#[inline]
pub fn parts(v: Value) -> (Value, Value) {
    if v.is_kind(kind::COMPLEX) { (v.slot(0), v.slot(1)) } else { (v, Value::ZERO) }
}

/// The complex number of two reals, or the real itself where both are rational and the imaginary
/// part is zero. A float part makes the other one a float of the wider format.
pub fn make_complex(ctx: &mut ThreadContext, re: Value, im: Value) -> LispResult {
    for part in [re, im] {
        if matches!(classify(part), None | Some(Number::Complex(_))) {
            return Err(errors::wrong_type(ctx, part, Sym::REAL));
        }
    }
    let format = match (Format::of(re), Format::of(im)) {
        (None, None) if im == Value::ZERO => return Ok(re),
        (None, None) => return Ok(record(ctx, kind::COMPLEX, &[re, im])),
        (Some(a), Some(b)) => a.max(b),
        (a, b) => a.or(b).expect("one part is a float"),
    };
    let (x, y) = (float::to_float(ctx, re, format)?, float::to_float(ctx, im, format)?);
    Ok(from_floats(ctx, x, y, format))
}

/// The complex float of two parts that `format` can represent.
pub fn from_floats(ctx: &mut ThreadContext, re: f64, im: f64, format: Format) -> Value {
    let parts = [format.box_float(ctx, re), format.box_float(ctx, im)];
    record(ctx, kind::COMPLEX, &parts)
}

// A real operand has no imaginary part: calculating with a zero in its place would change the signs
// of zeros.

pub fn add(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    let re = arithmetic::add(ctx, ar, br)?;
    let im = match (a.is_kind(kind::COMPLEX), b.is_kind(kind::COMPLEX)) {
        (true, true) => arithmetic::add(ctx, ai, bi)?,
        (true, false) => ai,
        _ => bi,
    };
    make_complex(ctx, re, im)
}

pub fn sub(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    let re = arithmetic::sub(ctx, ar, br)?;
    let im = match (a.is_kind(kind::COMPLEX), b.is_kind(kind::COMPLEX)) {
        (true, true) => arithmetic::sub(ctx, ai, bi)?,
        (true, false) => ai,
        _ => arithmetic::negate(ctx, bi)?,
    };
    make_complex(ctx, re, im)
}

pub fn mul(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    if !(a.is_kind(kind::COMPLEX) && b.is_kind(kind::COMPLEX)) {
        let (re, im, factor) = if a.is_kind(kind::COMPLEX) { (ar, ai, b) } else { (br, bi, a) };
        let (re, im) = (arithmetic::mul(ctx, re, factor)?, arithmetic::mul(ctx, im, factor)?);
        return make_complex(ctx, re, im);
    }
    let re = difference_of_products(ctx, ar, br, ai, bi)?;
    let left = arithmetic::mul(ctx, ar, bi)?;
    let right = arithmetic::mul(ctx, ai, br)?;
    let im = arithmetic::add(ctx, left, right)?;
    make_complex(ctx, re, im)
}

/// `a * b - c * d`
fn difference_of_products(ctx: &mut ThreadContext, a: Value, b: Value, c: Value, d: Value) -> LispResult {
    let left = arithmetic::mul(ctx, a, b)?;
    let right = arithmetic::mul(ctx, c, d)?;
    arithmetic::sub(ctx, left, right)
}

pub fn div(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    if !b.is_kind(kind::COMPLEX) {
        let re = arithmetic::div(ctx, ar, br)?;
        let im = arithmetic::div(ctx, ai, br)?;
        return make_complex(ctx, re, im);
    }
    let format = [ar, br].into_iter().filter_map(Format::of).reduce(Format::max);
    if let Some(format) = format {
        let mut x = [0.0; 4];
        for (slot, part) in x.iter_mut().zip([ar, ai, br, bi]) {
            *slot = float::to_float(ctx, part, format)?;
        }
        let [ar, ai, br, bi] = x;
        if br == 0.0 && bi == 0.0 {
            return Err(errors::division_by_zero(ctx, Sym::DIVIDE, &[a, b]));
        }
        let (re, im) = divide_floats((ar, ai), (br, bi));
        let re = arithmetic::finish(ctx, Sym::DIVIDE, (a, b), format, re)?;
        let im = arithmetic::finish(ctx, Sym::DIVIDE, (a, b), format, im)?;
        return Ok(record(ctx, kind::COMPLEX, &[re, im]));
    }
    // Rationals: multiply by the conjugate.
    let bi_negated = arithmetic::sub(ctx, Value::ZERO, bi)?;
    let norm = difference_of_products(ctx, br, br, bi, bi_negated)?;
    let conjugate = record(ctx, kind::COMPLEX, &[br, bi_negated]);
    let product = mul(ctx, a, conjugate)?;
    let (re, im) = parts(product);
    let re = ratio::div(ctx, re, norm)?;
    let im = ratio::div(ctx, im, norm)?;
    make_complex(ctx, re, im)
}

/// Division that scales by the larger part of the divisor, so that nothing overflows on the way.
pub fn divide_floats((ar, ai): (f64, f64), (br, bi): (f64, f64)) -> (f64, f64) {
    if br.abs() >= bi.abs() {
        let scale = bi / br;
        let norm = br + bi * scale;
        ((ar + ai * scale) / norm, (ai - ar * scale) / norm)
    } else {
        let scale = br / bi;
        let norm = bi + br * scale;
        ((ar * scale + ai) / norm, (ai * scale - ar) / norm)
    }
}

pub fn equal(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult<bool> {
    let ((ar, ai), (br, bi)) = (parts(a), parts(b));
    Ok(arithmetic::compare(ctx, Compare::Equal, ar, br)? && arithmetic::compare(ctx, Compare::Equal, ai, bi)?)
}
