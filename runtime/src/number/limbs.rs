//! Arithmetic on magnitudes: slices of 64-bit limbs, least significant first.
//!
//! These kernels serve the sizes that programs live in. They allocate nothing, know nothing of
//! Lisp, and write to slices that the caller sized. Inputs carry no leading zero limb unless said
//! otherwise; outputs may, and the caller trims.

use std::cmp::Ordering;

/// `limbs` without leading zeros.
#[inline]
pub fn trim(limbs: &[u64]) -> &[u64] {
    let mut n = limbs.len();
    while n > 0 && limbs[n - 1] == 0 {
        n -= 1;
    }
    &limbs[..n]
}

/// Bits up to and including the highest one.
#[inline]
pub fn bit_length(limbs: &[u64]) -> u64 {
    match limbs.last() {
        None => 0,
        Some(top) => limbs.len() as u64 * 64 - top.leading_zeros() as u64,
    }
}

/// Zero bits below the lowest one; 0 for zero.
pub fn trailing_zeros(limbs: &[u64]) -> u64 {
    match limbs.iter().position(|&l| l != 0) {
        None => 0,
        Some(i) => i as u64 * 64 + limbs[i].trailing_zeros() as u64,
    }
}

pub fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `out = a + b`, where `out` has one limb more than the longer of the two.
pub fn add(out: &mut [u64], a: &[u64], b: &[u64]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    debug_assert_eq!(out.len(), long.len() + 1, "a sum needs one limb more than its longer operand");
    let mut carry = false;
    let (low, high) = out.split_at_mut(short.len());
    for ((out, &x), &y) in low.iter_mut().zip(long).zip(short) {
        (*out, carry) = x.carrying_add(y, carry);
    }
    for (out, &x) in high.iter_mut().zip(&long[short.len()..]) {
        (*out, carry) = x.overflowing_add(carry as u64);
    }
    high[long.len() - short.len()] = carry as u64;
}

/// `out = a - b`, where `a >= b` and `out` is as long as `a`.
pub fn sub(out: &mut [u64], a: &[u64], b: &[u64]) {
    debug_assert!(compare(a, b).is_ge() && out.len() == a.len(), "a magnitude cannot be negative");
    let mut borrow = false;
    let (low, high) = out.split_at_mut(b.len());
    for ((out, &x), &y) in low.iter_mut().zip(a).zip(b) {
        (*out, borrow) = x.borrowing_sub(y, borrow);
    }
    for (out, &x) in high.iter_mut().zip(&a[b.len()..]) {
        (*out, borrow) = x.overflowing_sub(borrow as u64);
    }
    debug_assert!(!borrow, "a subtrahend must not exceed its minuend");
}

/// `out = a * b` by the schoolbook; `out` has as many limbs as both together.
pub fn mul(out: &mut [u64], a: &[u64], b: &[u64]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    debug_assert_eq!(out.len(), long.len() + short.len(), "a product needs the limbs of both factors");
    out.fill(0);
    for (i, &factor) in short.iter().enumerate() {
        let mut carry = 0;
        let row = &mut out[i..i + long.len() + 1];
        for (digit, &limb) in row.iter_mut().zip(long) {
            (*digit, carry) = limb.carrying_mul_add(factor, *digit, carry);
        }
        row[long.len()] = carry;
    }
}

/// `out = a << bits`; `out` has `bits / 64 + 1` limbs more than `a`.
pub fn shift_left(out: &mut [u64], a: &[u64], bits: u64) {
    let (skip, shift) = ((bits / 64) as usize, (bits % 64) as u32);
    debug_assert_eq!(out.len(), a.len() + skip + 1, "a left shift needs room for the bits shifted out");
    out[..skip].fill(0);
    if shift == 0 {
        out[skip..skip + a.len()].copy_from_slice(a);
        out[skip + a.len()] = 0;
        return;
    }
    let mut low = 0;
    for (i, &limb) in a.iter().enumerate() {
        out[skip + i] = limb << shift | low;
        low = limb >> (64 - shift);
    }
    out[skip + a.len()] = low;
}

/// `out = a >> bits`, where `out` has `bits / 64` limbs fewer than `a`. Tells whether a one was lost.
pub fn shift_right(out: &mut [u64], a: &[u64], bits: u64) -> bool {
    let (skip, shift) = ((bits / 64) as usize, (bits % 64) as u32);
    debug_assert!(skip < a.len() && out.len() == a.len() - skip, "a right shift keeps at least one limb");
    let lost = a[..skip].iter().any(|&l| l != 0) || a[skip] & ((1 << shift) - 1) != 0;
    for i in 0..out.len() {
        let high = a.get(skip + i + 1).copied().unwrap_or(0);
        out[i] = ((high as u128) << 64 | a[skip + i] as u128).wrapping_shr(shift) as u64;
    }
    lost
}

/// Divides the two-limb number `high:low` by `d`, where `high < d`.
#[inline(always)]
fn divide_wide(high: u64, low: u64, d: u64) -> (u64, u64) {
    assert!(high < d, "the quotient must fit a limb");
    let (quotient, remainder);
    // SAFETY: `div` faults only when the quotient does not fit, which `high < d` rules out (so `d`
    // is not zero either); it touches nothing but the two registers and the flags.
    unsafe {
        core::arch::asm!(
            "div {d}", d = in(reg) d,
            inout("rax") low => quotient, inout("rdx") high => remainder,
            options(pure, nomem, nostack),
        );
    }
    (quotient, remainder)
}

/// `out = a / d`, with `out` as long as `a`; returns the remainder. `d` is not zero.
pub fn divide_by_limb(out: &mut [u64], a: &[u64], d: u64) -> u64 {
    let mut remainder = 0;
    for i in (0..a.len()).rev() {
        (out[i], remainder) = divide_wide(remainder, a[i], d);
    }
    remainder
}

/// Schoolbook division (Knuth's algorithm D). `a` holds the dividend shifted left so that the
/// divisor's highest bit is set, with one more limb on top; `d` is the divisor, shifted alike, of
/// at least two limbs. Leaves the (shifted) remainder in the low limbs of `a` and writes
/// `a.len() - d.len()` quotient limbs.
pub fn divide_normalized(quotient: &mut [u64], a: &mut [u64], d: &[u64]) {
    let n = d.len();
    debug_assert!(n >= 2 && d[n - 1] >> 63 == 1, "the divisor must be normalized and have two limbs");
    debug_assert_eq!(quotient.len(), a.len() - n, "the quotient has the limbs that the divisor lacks");
    let (top, second) = (d[n - 1], d[n - 2]);
    for j in (0..quotient.len()).rev() {
        let digit = estimate_digit(a[j + n], a[j + n - 1], a[j + n - 2], top, second);
        let part = &mut a[j..=j + n];
        quotient[j] = if subtract_multiple(part, d, digit) {
            add_back(part, d);
            digit - 1
        } else {
            digit
        };
    }
}

/// The quotient digit of `a2:a1:a0` by `top:second`: exact, or one too large for the whole divisor.
fn estimate_digit(a2: u64, a1: u64, a0: u64, top: u64, second: u64) -> u64 {
    let (mut digit, mut rest) = if a2 >= top {
        // The digit is at most the largest limb; what is then left over may exceed a limb, and
        // needs no correction.
        let (rest, exceeds) = a1.overflowing_add(top);
        if exceeds {
            return u64::MAX;
        }
        (u64::MAX, rest)
    } else {
        divide_wide(a2, a1, top)
    };
    while digit as u128 * second as u128 > (rest as u128) << 64 | a0 as u128 {
        digit -= 1;
        let exceeds;
        (rest, exceeds) = rest.overflowing_add(top);
        if exceeds {
            break;
        }
    }
    digit
}

/// `part -= d * digit`; tells whether that went below zero.
fn subtract_multiple(part: &mut [u64], d: &[u64], digit: u64) -> bool {
    let mut carry = 0;
    let mut borrow = false;
    for (limb, &factor) in part.iter_mut().zip(d) {
        let product;
        (product, carry) = factor.carrying_mul(digit, carry);
        (*limb, borrow) = limb.borrowing_sub(product, borrow);
    }
    let top = part.last_mut().expect("one limb more than the divisor");
    (*top, borrow) = top.borrowing_sub(carry, borrow);
    borrow
}

fn add_back(part: &mut [u64], d: &[u64]) {
    let mut carry = false;
    for (limb, &addend) in part.iter_mut().zip(d) {
        (*limb, carry) = limb.carrying_add(addend, carry);
    }
    let top = part.last_mut().expect("one limb more than the divisor");
    *top = top.wrapping_add(carry as u64);
}

/// Replaces `limbs` by its two's complement.
pub fn negate(limbs: &mut [u64]) {
    let mut carry = true;
    for limb in limbs {
        (*limb, carry) = (!*limb).overflowing_add(carry as u64);
    }
}

/// Limbs of a signed number in two's complement, endless to the left.
pub struct TwosComplement<'a> {
    rest: std::slice::Iter<'a, u64>,
    negative: bool,
    carry: bool,
}

impl<'a> TwosComplement<'a> {
    pub fn new(negative: bool, magnitude: &'a [u64]) -> Self {
        TwosComplement { rest: magnitude.iter(), negative, carry: negative }
    }
    #[inline]
    pub fn next_limb(&mut self) -> u64 {
        let limb = self.rest.next().copied().unwrap_or(0);
        if !self.negative {
            return limb;
        }
        let (limb, carry) = (!limb).overflowing_add(self.carry as u64);
        self.carry = carry;
        limb
    }
}
