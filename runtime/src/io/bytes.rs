//! Integers on binary streams: the octets of an integer of some width.
//!
//! An element of n bits takes n/8 octets, rounded up, low octet first. Signs are the library's.

use super::lisp_stream::{read_bytes, write_bytes};
use crate::abi::layout::{self, BIGNUM_NEGATIVE, kind};
use crate::abi::tags::{MOST_POSITIVE_FIXNUM, OTHER_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::errors::wrong_type;
use crate::heap::allocate;
use crate::value::{LispResult, Value, nil};

/// Widest element, in bits.
const MAX_BITS: i64 = 1 << 15;

fn octet_count(ctx: &mut ThreadContext, bits: Value) -> LispResult<usize> {
    match bits.to_fixnum() {
        Some(n @ 1..=MAX_BITS) => Ok((n as usize).div_ceil(8)),
        _ => Err(wrong_type(ctx, bits, Sym::FIXNUM)),
    }
}

/// The next unsigned integer; NIL when fewer octets are left than it takes.
pub fn read(ctx: &mut ThreadContext, s: Value, bits: Value) -> LispResult {
    let mut octets = vec![0; octet_count(ctx, bits)?];
    let n = read_bytes(ctx, s, &mut octets)?;
    Ok(if n < octets.len() { nil() } else { integer(ctx, &octets) })
}

/// Writes the low octets of an integer in two's complement.
pub fn write(ctx: &mut ThreadContext, s: Value, n: Value, bits: Value) -> LispResult<()> {
    let count = octet_count(ctx, bits)?;
    match octets_of(n, count) {
        Some(octets) => write_bytes(ctx, s, &octets),
        None => Err(wrong_type(ctx, n, Sym::INTEGER)),
    }
}

/// Negates little-endian two's complement.
fn negate(octets: &mut [u8]) {
    let mut carry = true;
    for octet in octets {
        let (sum, overflow) = (!*octet).overflowing_add(carry as u8);
        *octet = sum;
        carry = overflow;
    }
}

/// The unsigned integer of these octets.
fn integer(ctx: &mut ThreadContext, octets: &[u8]) -> Value {
    let mut limbs: Vec<u64> = octets.chunks(8).map(limb).collect();
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    match limbs[..] {
        [] => return Value::ZERO,
        [one] if one <= MOST_POSITIVE_FIXNUM as u64 => return Value::fixnum(one as i64),
        _ => {}
    }
    let base = allocate(ctx, layout::header(kind::BIGNUM, limbs.len() as u64));
    for (i, limb) in limbs.iter().enumerate() {
        // SAFETY: the fresh bignum has a word for each limb after its header.
        unsafe { *base.add(1 + i) = *limb };
    }
    Value(base as u64 | OTHER_TAG)
}

fn limb(octets: &[u8]) -> u64 {
    octets.iter().rev().fold(0, |limb, &octet| limb << 8 | octet as u64)
}

/// The low `count` octets of an integer; `None` when `n` is none.
fn octets_of(n: Value, count: usize) -> Option<Vec<u8>> {
    let (negative, mut octets) = if let Some(n) = n.to_fixnum() {
        (n < 0, n.unsigned_abs().to_le_bytes().to_vec())
    } else if n.is_kind(kind::BIGNUM) {
        let limbs = (0..n.size()).flat_map(|i| n.slot(i).0.to_le_bytes());
        (n.header_word() & BIGNUM_NEGATIVE != 0, limbs.collect())
    } else {
        return None;
    };
    octets.resize(count, 0);
    if negative {
        negate(&mut octets);
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn integers_go_both_ways() {
        with_context(|ctx| {
            for (count, n) in [(1, 255), (2, 0x1234), (8, MOST_POSITIVE_FIXNUM), (20, 1), (1, 0)] {
                let octets = octets_of(Value::fixnum(n), count).expect("an integer");
                assert_eq!(octets.len(), count);
                assert_eq!(integer(ctx, &octets), Value::fixnum(n));
            }
            assert_eq!(octets_of(Value::fixnum(-2), 2), Some(vec![0xfe, 0xff]));
            assert_eq!(octets_of(nil(), 1), None);
        });
    }

    #[test]
    fn wide_integers_are_bignums() {
        with_context(|ctx| {
            for octets in [vec![0xff; 8], vec![1; 24]] {
                let big = integer(ctx, &octets);
                assert!(big.is_kind(kind::BIGNUM));
                assert_eq!(octets_of(big, octets.len()), Some(octets));
            }
        });
    }
}
