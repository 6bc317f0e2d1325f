//! Machine integers as Lisp integers and back: fixnums and one-limb bignums.

use crate::abi::layout::{self, BIGNUM_NEGATIVE, kind};
use crate::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM, OTHER_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::heap::allocate;
use crate::value::Value;

pub fn from_i64(ctx: &mut ThreadContext, n: i64) -> Value {
    Value::try_fixnum(n).unwrap_or_else(|| one_limb(ctx, n.unsigned_abs(), n < 0))
}

pub fn from_u64(ctx: &mut ThreadContext, n: u64) -> Value {
    if n <= MOST_POSITIVE_FIXNUM as u64 { Value::fixnum(n as i64) } else { one_limb(ctx, n, false) }
}

fn one_limb(ctx: &mut ThreadContext, magnitude: u64, negative: bool) -> Value {
    let sign = if negative { BIGNUM_NEGATIVE } else { 0 };
    let base = allocate(ctx, layout::header(kind::BIGNUM, 1) | sign);
    // SAFETY: a fresh bignum of size one has one limb after its header.
    unsafe { *base.add(1) = magnitude };
    Value(base as u64 | OTHER_TAG)
}

/// The integer's value, when it is an integer of at most 64 bits and a sign.
pub fn to_i128(v: Value) -> Option<i128> {
    if let Some(n) = v.to_fixnum() {
        return Some(n as i128);
    }
    if !v.is_kind(kind::BIGNUM) || v.size() != 1 {
        return None;
    }
    // SAFETY: a bignum of size one has one limb after its header.
    let magnitude = unsafe { *v.base().add(1) } as i128;
    Some(if v.header_word() & BIGNUM_NEGATIVE != 0 { -magnitude } else { magnitude })
}

const _: () = assert!(MOST_NEGATIVE_FIXNUM == -MOST_POSITIVE_FIXNUM - 1, "fixnums are two's complement");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn all_machine_integers_survive_the_round_trip() {
        with_context(|ctx| {
            for n in [0, 1, -1, MOST_POSITIVE_FIXNUM, MOST_NEGATIVE_FIXNUM, i64::MAX, i64::MIN] {
                let v = from_i64(ctx, n);
                assert_eq!(to_i128(v), Some(n as i128));
            }
            let v = from_u64(ctx, u64::MAX);
            assert_eq!(to_i128(v), Some(u64::MAX as i128));
        });
    }
}
