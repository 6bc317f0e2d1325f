//! Machine integers as Lisp integers and back.

use crate::abi::thread_context::ThreadContext;
use crate::number::bignum::{self, Int};
use crate::value::Value;

pub fn from_i64(ctx: &mut ThreadContext, n: i64) -> Value {
    bignum::from_i128(ctx, n as i128)
}

pub fn from_u64(ctx: &mut ThreadContext, n: u64) -> Value {
    bignum::from_i128(ctx, n as i128)
}

/// The value of an integer that fits; `None` for larger ones and for what is no integer.
pub fn to_i128(v: Value) -> Option<i128> {
    if !bignum::is_integer(v) {
        return None;
    }
    Int::of(v, &mut [0]).to_i128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};
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
