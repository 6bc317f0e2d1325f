//! Integers: sum, difference, product, comparison, greatest common divisor, powers and roots.
//!
//! Every argument must be an integer (the callers have checked). Fixnums go through 128-bit
//! arithmetic, small bignums through the kernels of `limbs`, large ones through dashu.

use super::bignum::{self, Int, check_limbs, from_i128, from_limbs, from_ubig, with_scratch};
use super::limbs;
use crate::abi::thread_context::ThreadContext;
use crate::heap;
use crate::value::{LispResult, Value};
use dashu_int::UBig;
use dashu_int::ops::{Gcd, SquareRoot};
use std::cmp::Ordering;

/// Factors of more limbs than this (the smaller one counts) are multiplied by dashu.
pub const SCHOOLBOOK_LIMBS: usize = 24;

#[inline]
pub fn add(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    if let (Some(x), Some(y)) = (a.to_fixnum(), b.to_fixnum()) {
        return Ok(from_i128(ctx, x as i128 + y as i128));
    }
    let (mut ca, mut cb) = ([0], [0]);
    add_signed(ctx, Int::of(a, &mut ca), Int::of(b, &mut cb))
}

#[inline]
pub fn sub(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    if let (Some(x), Some(y)) = (a.to_fixnum(), b.to_fixnum()) {
        return Ok(from_i128(ctx, x as i128 - y as i128));
    }
    let (mut ca, mut cb) = ([0], [0]);
    add_signed(ctx, Int::of(a, &mut ca), Int::of(b, &mut cb).negated())
}

fn add_signed(ctx: &mut ThreadContext, a: Int, b: Int) -> LispResult {
    if let (Some(x), Some(y)) = (a.to_word(), b.to_word()) {
        return Ok(from_i128(ctx, x + y));
    }
    if a.negative == b.negative {
        let longer = a.limbs.len().max(b.limbs.len());
        return with_scratch(longer + 1, |out| {
            limbs::add(out, a.limbs, b.limbs);
            from_limbs(ctx, a.negative, out)
        });
    }
    let (large, small) = if limbs::compare(a.limbs, b.limbs).is_ge() { (a, b) } else { (b, a) };
    with_scratch(large.limbs.len(), |out| {
        limbs::sub(out, large.limbs, small.limbs);
        from_limbs(ctx, large.negative, out)
    })
}

#[inline]
pub fn mul(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    if let (Some(x), Some(y)) = (a.to_fixnum(), b.to_fixnum()) {
        return Ok(from_i128(ctx, x as i128 * y as i128));
    }
    let (mut ca, mut cb) = ([0], [0]);
    mul_signed(ctx, Int::of(a, &mut ca), Int::of(b, &mut cb))
}

fn mul_signed(ctx: &mut ThreadContext, a: Int, b: Int) -> LispResult {
    let negative = a.negative != b.negative;
    if let (&[x], &[y]) = (a.limbs, b.limbs) {
        let (low, high) = x.carrying_mul(y, 0);
        return Ok(bignum::normalized(ctx, negative, &[low, high]));
    }
    let count = a.limbs.len() + b.limbs.len();
    if a.limbs.len().min(b.limbs.len()) <= SCHOOLBOOK_LIMBS {
        return with_scratch(count, |out| {
            limbs::mul(out, a.limbs, b.limbs);
            from_limbs(ctx, negative, out)
        });
    }
    check_limbs(ctx, count as u64)?;
    let product = if std::ptr::eq(a.limbs, b.limbs) { a.to_ubig().sqr() } else { a.to_ubig() * b.to_ubig() };
    from_limbs(ctx, negative, product.as_words())
}

pub fn negate(ctx: &mut ThreadContext, a: Value) -> LispResult {
    sub(ctx, Value::ZERO, a)
}

pub fn abs(ctx: &mut ThreadContext, a: Value) -> LispResult {
    if is_negative(a) { negate(ctx, a) } else { Ok(a) }
}

#[inline]
pub fn is_negative(a: Value) -> bool {
    if a.is_fixnum() { (a.0 as i64) < 0 } else { Int::of_bignum(a).negative }
}

pub fn is_odd(a: Value) -> bool {
    let mut cell = [0];
    Int::of(a, &mut cell).is_odd()
}

#[inline]
pub fn compare(a: Value, b: Value) -> Ordering {
    if a.is_fixnum() && b.is_fixnum() {
        return (a.0 as i64).cmp(&(b.0 as i64));
    }
    let (mut ca, mut cb) = ([0], [0]);
    Int::of(a, &mut ca).compare(Int::of(b, &mut cb))
}

pub fn equal(a: Value, b: Value) -> bool {
    a == b || !a.is_fixnum() && !b.is_fixnum() && compare(a, b).is_eq()
}

pub fn gcd(ctx: &mut ThreadContext, a: Value, b: Value) -> LispResult {
    if let (Some(x), Some(y)) = (a.to_fixnum(), b.to_fixnum()) {
        return Ok(bignum::from_u64(ctx, false, gcd_word(x.unsigned_abs(), y.unsigned_abs())));
    }
    if a == Value::ZERO || b == Value::ZERO {
        return abs(ctx, if a == Value::ZERO { b } else { a });
    }
    let (mut ca, mut cb) = ([0], [0]);
    let (x, y) = (Int::of(a, &mut ca), Int::of(b, &mut cb));
    // With one side a single limb, one division brings the other down to it.
    let reduced = match (x.limbs, y.limbs) {
        (&[small], large) | (large, &[small]) => {
            let rest = with_scratch(large.len(), |out| limbs::divide_by_limb(out, large, small));
            return Ok(bignum::from_u64(ctx, false, gcd_word(small, rest)));
        }
        _ => x.to_ubig().gcd(&y.to_ubig()),
    };
    from_ubig(ctx, &reduced)
}

/// Binary greatest common divisor.
pub fn gcd_word(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            (a, b) = (b, a);
        }
        b -= a;
        if b == 0 {
            return a << shift;
        }
    }
}

/// `base` to the power of the non-negative integer `exponent`. Results that the heap cannot hold
/// are refused before any work is done.
pub fn expt(ctx: &mut ThreadContext, base: Value, exponent: Value) -> LispResult {
    debug_assert!(!is_negative(exponent), "negative powers are ratios");
    if exponent == Value::ZERO || base == Value::fixnum(1) {
        return Ok(Value::fixnum(1));
    }
    if base == Value::ZERO {
        return Ok(base);
    }
    if base == Value::fixnum(-1) {
        return Ok(Value::fixnum(if is_odd(exponent) { -1 } else { 1 }));
    }
    let mut cell = [0];
    let int = Int::of(base, &mut cell);
    // The result has at least the base's logarithm, slightly rounded down, times EXPONENT bits.
    let top = int.limbs[int.limbs.len() - 1] as f64;
    let logarithm = (top.log2() + 64.0 * (int.limbs.len() - 1) as f64) * 0.999;
    let least = exponent.to_fixnum().map_or(u64::MAX, |e| (logarithm * e as f64) as u64);
    check_limbs(ctx, least / 64)?;
    let Some(exponent) = exponent.to_fixnum() else {
        let limit = heap::limit(ctx);
        return Err(heap::raise_exhausted(ctx, u64::MAX, limit));
    };
    if int.limbs == [2] {
        return super::bits::shift(ctx, Value::fixnum(if int.negative && exponent % 2 == 1 { -1 } else { 1 }), exponent);
    }
    let negative = int.negative && exponent % 2 == 1;
    if let &[limb] = int.limbs
        && let Some(power) = u32::try_from(exponent).ok().and_then(|e| (limb as u128).checked_pow(e))
    {
        return from_limbs(ctx, negative, &[power as u64, (power >> 64) as u64]);
    }
    let power = int.to_ubig().pow(exponent as usize);
    from_limbs(ctx, negative, power.as_words())
}

/// Largest integer whose square does not exceed the non-negative integer `a`.
pub fn isqrt(ctx: &mut ThreadContext, a: Value) -> LispResult {
    match a.to_fixnum() {
        Some(n) => Ok(Value::fixnum(n.isqrt())),
        None => from_ubig(ctx, &bignum::to_ubig(a).sqrt()),
    }
}

/// The square root when `a`, not negative, is a perfect square.
pub fn exact_sqrt(ctx: &mut ThreadContext, a: Value) -> LispResult<Option<Value>> {
    let root = isqrt(ctx, a)?;
    let square = mul(ctx, root, root)?;
    Ok(equal(square, a).then_some(root))
}

/// Any integer from its text: an optional sign and digits of `radix`, at least one.
pub fn parse(ctx: &mut ThreadContext, text: &str, radix: u32) -> Value {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if let Ok(n) = u64::from_str_radix(digits, radix) {
        return bignum::from_u64(ctx, negative, n);
    }
    let magnitude = UBig::from_str_radix(digits, radix).expect("the caller has checked the digits");
    bignum::normalized(ctx, negative, magnitude.as_words())
}

/// Digits of `a` in `radix` (2 to 36), upper case, with a minus sign where needed.
pub fn to_text(a: Value, radix: u32) -> String {
    if let (Some(n), 10) = (a.to_fixnum(), radix) {
        return n.to_string();
    }
    format!("{:#}", bignum::to_ibig(a).in_radix(radix as u8))
}
