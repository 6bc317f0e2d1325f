//! Values as C words and back, by the type codes of `abi::foreign`.

use super::{integer, macptr, strings};
use crate::abi::foreign::*;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::control::errors::simple_error;
use crate::number::float::{Format, to_float};
use crate::object::{double, list, symbol};
use crate::value::{LispResult, Value, nil};

/// Smallest and largest value of an integer type.
fn range(code: i64) -> Option<(i128, i128)> {
    Some(match code {
        INT8 => (i8::MIN as i128, i8::MAX as i128),
        INT16 => (i16::MIN as i128, i16::MAX as i128),
        INT32 => (i32::MIN as i128, i32::MAX as i128),
        INT64 => (i64::MIN as i128, i64::MAX as i128),
        UINT8 => (0, u8::MAX as i128),
        UINT16 => (0, u16::MAX as i128),
        UINT32 => (0, u32::MAX as i128),
        UINT64 => (0, u64::MAX as i128),
        _ => return None,
    })
}

/// Bytes of a type in memory.
pub fn size_of(code: i64) -> usize {
    match code {
        VOID => 0,
        INT8 | UINT8 | BOOL => 1,
        INT16 | UINT16 => 2,
        INT32 | UINT32 | SINGLE => 4,
        _ => 8,
    }
}

/// A Lisp value as the word that C sees. Integers are checked against their type; signed ones are
/// sign-extended; floats give the bits of their C representation.
pub fn to_word(ctx: &mut ThreadContext, v: Value, code: i64) -> LispResult<u64> {
    if let Some((low, high)) = range(code) {
        return match integer::to_i128(v) {
            Some(n) if n >= low && n <= high => Ok(n as u64),
            _ => Err(range_error(ctx, v, code)),
        };
    }
    match code {
        VOID => Ok(0),
        SINGLE => Ok((to_float(ctx, v, Format::Single)? as f32).to_bits() as u64),
        DOUBLE => Ok(to_float(ctx, v, Format::Double)?.to_bits()),
        POINTER => macptr::address(ctx, v),
        CSTRING => strings::temporary(ctx, v),
        VALUE => Ok(v.0),
        BOOL => Ok(!v.is_nil() as u64),
        _ => Err(unknown_code(ctx, code)),
    }
}

/// The word of a C result or argument as a Lisp value.
///
/// # Safety
/// For a C string the word is null or the address of one; for a value it is a Lisp value.
pub unsafe fn from_word(ctx: &mut ThreadContext, word: u64, code: i64) -> LispResult {
    Ok(match code {
        VOID => nil(),
        INT8 => Value::fixnum(word as i8 as i64),
        INT16 => Value::fixnum(word as i16 as i64),
        INT32 => Value::fixnum(word as i32 as i64),
        INT64 => integer::from_i64(ctx, word as i64),
        UINT8 => Value::fixnum(word as u8 as i64),
        UINT16 => Value::fixnum(word as u16 as i64),
        UINT32 => Value::fixnum(word as u32 as i64),
        UINT64 => integer::from_u64(ctx, word),
        SINGLE => Value::single(f32::from_bits(word as u32)),
        DOUBLE => double(ctx, f64::from_bits(word)),
        POINTER => macptr::make(ctx, word),
        // SAFETY: by the caller's promise.
        CSTRING => unsafe { strings::from_c(ctx, word) },
        VALUE => Value(word),
        BOOL => Value::bool(word as u8 != 0),
        _ => return Err(unknown_code(ctx, code)),
    })
}

/// A type error that names the range: `(signed-byte 32)` and so on.
fn range_error(ctx: &mut ThreadContext, v: Value, code: i64) -> crate::value::Raised {
    let signed = matches!(code, INT8 | INT16 | INT32 | INT64);
    let head = symbol::well_known(if signed { Sym::SIGNED_BYTE } else { Sym::UNSIGNED_BYTE });
    let specifier = list(ctx, &[head, Value::fixnum(8 * size_of(code) as i64)]);
    ctx.raise(ErrorKind::Type, &[v, specifier])
}

fn unknown_code(ctx: &mut ThreadContext, code: i64) -> crate::value::Raised {
    simple_error(ctx, "~S is no code of a foreign type.", &[Value::fixnum(code)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;
    use crate::value::t;

    #[test]
    fn words_are_checked_and_extended() {
        with_context(|ctx| {
            assert_eq!(to_word(ctx, Value::fixnum(-1), INT8).ok(), Some(u64::MAX));
            assert!(to_word(ctx, Value::fixnum(128), INT8).is_err());
            assert!(to_word(ctx, Value::fixnum(-1), UINT64).is_err());
            assert!(to_word(ctx, t(), INT32).is_err());
            // SAFETY: no strings or values.
            unsafe {
                assert_eq!(from_word(ctx, 0xff, INT8).ok(), Some(Value::fixnum(-1)));
                assert_eq!(from_word(ctx, 0xff, UINT8).ok(), Some(Value::fixnum(255)));
                assert!(from_word(ctx, 0, POINTER).is_ok_and(Value::is_nil));
                let big = from_word(ctx, u64::MAX, UINT64).ok().and_then(integer::to_i128);
                assert_eq!(big, Some(u64::MAX as i128));
            }
            let pi = double(ctx, 3.5);
            let word = to_word(ctx, pi, DOUBLE).expect("a double");
            assert_eq!(f64::from_bits(word), 3.5);
        });
    }
}
