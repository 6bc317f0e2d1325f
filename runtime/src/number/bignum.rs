//! Integers as sign and magnitude: views of fixnums and bignums, and making either from limbs.
//!
//! Rust never collects, so a view of limbs in the heap stays valid over an allocation within one
//! primitive. Must not know any operation: those are in `integer`, `division` and `bits`.

use super::limbs;
use crate::abi::layout::{self, BIGNUM_NEGATIVE, kind};
use crate::abi::tags::{MOST_POSITIVE_FIXNUM, OTHER_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::heap;
use crate::value::{LispResult, Value};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;

/// An integer, borrowed. Limbs are the magnitude without leading zeros; zero has none.
#[derive(Clone, Copy, Debug)]
pub struct Int<'a> {
    pub negative: bool,
    pub limbs: &'a [u64],
}

/// Where the view of a fixnum keeps its limb.
pub type Cell = [u64; 1];

/// Results of this many limbs and more ask the heap first.
const LARGE_LIMBS: usize = 1 << 13;
/// Scratch space up to this many limbs lies on the stack.
const SCRATCH_LIMBS: usize = 52;

pub fn is_bignum(v: Value) -> bool {
    v.is_kind(kind::BIGNUM)
}

pub fn is_integer(v: Value) -> bool {
    v.is_fixnum() || is_bignum(v)
}

impl<'a> Int<'a> {
    /// The integer `v`; `cell` holds its limb when it is a fixnum.
    #[inline]
    pub fn of(v: Value, cell: &'a mut Cell) -> Int<'a> {
        if v.is_fixnum() {
            let n = v.as_fixnum();
            cell[0] = n.unsigned_abs();
            return Int { negative: n < 0, limbs: if n == 0 { &[] } else { cell } };
        }
        Int::of_bignum(v)
    }

    /// The bignum `v`.
    #[inline]
    pub fn of_bignum(v: Value) -> Int<'a> {
        debug_assert!(is_bignum(v), "only integers have limbs");
        let header = v.header_word();
        let count = layout::header_size(header) as usize;
        // SAFETY: a bignum has `count` limbs after its header, and neither moves nor dies while
        // Rust code runs, as only Lisp safepoints collect.
        let limbs = unsafe { std::slice::from_raw_parts(v.base().add(1), count) };
        Int { negative: header & BIGNUM_NEGATIVE != 0, limbs }
    }

    pub fn is_zero(self) -> bool {
        self.limbs.is_empty()
    }
    pub fn is_odd(self) -> bool {
        self.limbs.first().is_some_and(|l| l & 1 == 1)
    }
    pub fn negated(self) -> Int<'a> {
        Int { negative: !self.negative && !self.is_zero(), ..self }
    }
    pub fn compare(self, other: Int) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => limbs::compare(self.limbs, other.limbs),
            (true, true) => limbs::compare(other.limbs, self.limbs),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
    pub fn to_ubig(self) -> UBig {
        UBig::from_words(self.limbs)
    }
    pub fn to_ibig(self) -> IBig {
        IBig::from_sign_words(sign(self.negative), self.limbs)
    }
    /// The value when its magnitude is at most one limb.
    #[inline]
    pub fn to_word(self) -> Option<i128> {
        let magnitude = match *self.limbs {
            [] => 0,
            [limb] => limb as i128,
            _ => return None,
        };
        Some(if self.negative { -magnitude } else { magnitude })
    }
    /// The value when it fits.
    pub fn to_i128(self) -> Option<i128> {
        let magnitude = match *self.limbs {
            [] => 0,
            [low] => low as u128,
            [low, high] => (high as u128) << 64 | low as u128,
            _ => return None,
        };
        let n = i128::try_from(magnitude).ok()?;
        Some(if self.negative { -n } else { n })
    }
}

pub fn sign(negative: bool) -> Sign {
    if negative { Sign::Negative } else { Sign::Positive }
}

/// The integer with this sign and magnitude (leading zeros allowed): a fixnum where it fits.
#[inline]
pub fn from_limbs(ctx: &mut ThreadContext, negative: bool, magnitude: &[u64]) -> LispResult {
    if magnitude.len() >= LARGE_LIMBS {
        check_limbs(ctx, magnitude.len() as u64)?;
    }
    Ok(normalized(ctx, negative, magnitude))
}

/// As `from_limbs`, for magnitudes whose size was checked or is bounded.
#[inline]
pub fn normalized(ctx: &mut ThreadContext, negative: bool, magnitude: &[u64]) -> Value {
    let magnitude = limbs::trim(magnitude);
    match *magnitude {
        [] => Value::ZERO,
        [limb] if limb <= MOST_POSITIVE_FIXNUM as u64 + negative as u64 => {
            Value::fixnum(if negative { (limb as i64).wrapping_neg() } else { limb as i64 })
        }
        _ => copy_bignum(ctx, negative, magnitude),
    }
}

/// A bignum; the caller knows that the magnitude fits no fixnum.
#[inline]
fn copy_bignum(ctx: &mut ThreadContext, negative: bool, magnitude: &[u64]) -> Value {
    let header = layout::header(kind::BIGNUM, magnitude.len() as u64) | if negative { BIGNUM_NEGATIVE } else { 0 };
    let words = magnitude.len() + 1;
    let base = heap::allocate_bytes(ctx, ((words + 1) & !1) as u64 * 8);
    // SAFETY: the fresh object has room for the header, the limbs and a word of padding if needed.
    unsafe {
        *base = header;
        std::ptr::copy_nonoverlapping(magnitude.as_ptr(), base.add(1), magnitude.len());
        if words % 2 == 1 {
            *base.add(words) = 0;
        }
    }
    Value(base as u64 | OTHER_TAG)
}

/// Integers of more limbs (2^30 bits) would keep the machine busy for hours.
const MOST_LIMBS: u64 = 1 << 24;
/// From here on, whether there is memory to work in is asked first.
const LIMBS_WITHOUT_SCRATCH: u64 = 1 << 16;

/// Refuses results that the heap cannot hold, before they are computed.
pub fn check_limbs(ctx: &mut ThreadContext, count: u64) -> LispResult<()> {
    let bytes = count.saturating_mul(8).saturating_add(16) & !15;
    let lacks_scratch = || count > LIMBS_WITHOUT_SCRATCH && Vec::<u64>::new().try_reserve_exact(6 * count as usize).is_err();
    if count > MOST_LIMBS || lacks_scratch() {
        let limit = heap::limit(ctx);
        return Err(heap::raise_exhausted(ctx, bytes, limit));
    }
    heap::check_allocation(ctx, bytes)
}

/// The integer of one limb and a sign.
#[inline]
pub fn from_u64(ctx: &mut ThreadContext, negative: bool, magnitude: u64) -> Value {
    let n = if negative { (magnitude as i128).wrapping_neg() } else { magnitude as i128 };
    from_i128(ctx, n)
}

#[inline]
pub fn from_i128(ctx: &mut ThreadContext, n: i128) -> Value {
    if let Some(v) = i64::try_from(n).ok().and_then(Value::try_fixnum) {
        return v;
    }
    let magnitude = n.unsigned_abs();
    let pair = [magnitude as u64, (magnitude >> 64) as u64];
    copy_bignum(ctx, n < 0, limbs::trim(&pair))
}

pub fn from_ibig(ctx: &mut ThreadContext, n: &IBig) -> LispResult {
    let (sign, words) = n.as_sign_words();
    from_limbs(ctx, sign == Sign::Negative, words)
}

pub fn from_ubig(ctx: &mut ThreadContext, n: &UBig) -> LispResult {
    from_limbs(ctx, false, n.as_words())
}

/// The integer `v` for dashu.
pub fn to_ibig(v: Value) -> IBig {
    let mut cell = [0];
    Int::of(v, &mut cell).to_ibig()
}

/// The magnitude of the integer `v` for dashu.
pub fn to_ubig(v: Value) -> UBig {
    let mut cell = [0];
    Int::of(v, &mut cell).to_ubig()
}

/// Runs `f` with `count` zeroed limbs to work in.
#[inline]
pub fn with_scratch<R>(count: usize, f: impl FnOnce(&mut [u64]) -> R) -> R {
    if count <= 6 {
        f(&mut [0; 6][..count])
    } else if count <= SCRATCH_LIMBS {
        f(&mut [0; SCRATCH_LIMBS][..count])
    } else {
        f(&mut vec![0; count])
    }
}
