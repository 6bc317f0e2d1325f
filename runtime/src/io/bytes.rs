//! Integers on binary streams: what the element type says, and the octets of an integer.
//!
//! An element of n bits takes n/8 octets, rounded up, low octet first.

use super::lisp_stream::{read_bytes, write_bytes};
use crate::abi::layout::{self, BIGNUM_NEGATIVE, kind, stream};
use crate::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM, OTHER_TAG};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::heap::allocate;
use crate::object::symbol::well_known;
use crate::value::{LispResult, Raised, Value, nil};

/// Widest element, in octets.
const MAX_OCTETS: usize = 1 << 12;

/// An integer type of whole octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Element {
    octets: usize,
    signed: bool,
}

/// The element type of a stream: `(unsigned-byte n)`, `(signed-byte n)`, BIT, or an octet for
/// everything else (a bivalent stream).
fn element_of(s: Value) -> Element {
    let octet = Element { octets: 1, signed: false };
    if !s.is_kind(kind::STREAM) {
        return octet;
    }
    let element_type = s.slot(stream::ELEMENT_TYPE);
    if !element_type.is_cons() || !element_type.cdr().is_cons() {
        return octet;
    }
    let bits = element_type.cdr().car().to_fixnum().and_then(|bits| usize::try_from(bits).ok());
    let octets = bits.map_or(1, |bits| bits.div_ceil(8).clamp(1, MAX_OCTETS));
    Element { octets, signed: element_type.car() == well_known(Sym::SIGNED_BYTE) }
}

/// The next integer; NIL when fewer octets are left than it takes.
pub fn read(ctx: &mut ThreadContext, s: Value) -> LispResult {
    let element = element_of(s);
    let mut octets = vec![0; element.octets];
    let n = read_bytes(ctx, s, &mut octets)?;
    Ok(if n < element.octets { nil() } else { integer(ctx, &mut octets, element.signed) })
}

/// Writes an integer; a type error when it does not fit the element type.
pub fn write(ctx: &mut ThreadContext, s: Value, n: Value) -> LispResult<()> {
    let element = element_of(s);
    match octets_of(n, element) {
        Some(octets) => write_bytes(ctx, s, &octets),
        None => Err(misfit(ctx, s, n)),
    }
}

fn misfit(ctx: &mut ThreadContext, s: Value, n: Value) -> Raised {
    let expected = if s.is_kind(kind::STREAM) { s.slot(stream::ELEMENT_TYPE) } else { well_known(Sym::INTEGER) };
    ctx.raise(ErrorKind::Type, &[n, expected])
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

fn integer(ctx: &mut ThreadContext, octets: &mut [u8], signed: bool) -> Value {
    let negative = signed && octets.last().is_some_and(|&top| top & 0x80 != 0);
    if negative {
        negate(octets);
    }
    let mut limbs: Vec<u64> = octets.chunks(8).map(limb).collect();
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    let sign = if negative { -1 } else { 1 };
    match limbs[..] {
        [] => return Value::ZERO,
        [one] => {
            let n = one as i128 * sign;
            if (MOST_NEGATIVE_FIXNUM as i128..=MOST_POSITIVE_FIXNUM as i128).contains(&n) {
                return Value::fixnum(n as i64);
            }
        }
        _ => {}
    }
    let flag = if negative { BIGNUM_NEGATIVE } else { 0 };
    let base = allocate(ctx, layout::header(kind::BIGNUM, limbs.len() as u64) | flag);
    for (i, limb) in limbs.iter().enumerate() {
        // SAFETY: the fresh bignum has a word for each limb after its header.
        unsafe { *base.add(1 + i) = *limb };
    }
    Value(base as u64 | OTHER_TAG)
}

fn limb(octets: &[u8]) -> u64 {
    octets.iter().rev().fold(0, |limb, &octet| limb << 8 | octet as u64)
}

/// The octets of an integer, when it fits.
fn octets_of(n: Value, element: Element) -> Option<Vec<u8>> {
    let (negative, mut octets) = if let Some(n) = n.to_fixnum() {
        (n < 0, n.unsigned_abs().to_le_bytes().to_vec())
    } else if n.is_kind(kind::BIGNUM) {
        let limbs = (0..n.size()).flat_map(|i| n.slot(i).0.to_le_bytes());
        (n.header_word() & BIGNUM_NEGATIVE != 0, limbs.collect())
    } else {
        return None;
    };
    if negative && !element.signed || octets.iter().skip(element.octets).any(|&octet| octet != 0) {
        return None;
    }
    octets.resize(element.octets, 0);
    if negative {
        negate(&mut octets);
    }
    // A signed element's top bit is its sign.
    let top = octets.last().is_some_and(|&top| top & 0x80 != 0);
    (!element.signed || top == negative).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn integers_go_both_ways() {
        with_context(|ctx| {
            for (octets, signed, n) in [
                (1, false, 255),
                (1, true, -128),
                (1, true, 127),
                (2, false, 0x1234),
                (8, true, MOST_NEGATIVE_FIXNUM),
                (9, false, MOST_POSITIVE_FIXNUM),
                (9, true, -1),
            ] {
                let element = Element { octets, signed };
                let mut bytes = octets_of(Value::fixnum(n), element).expect("it fits");
                assert_eq!(integer(ctx, &mut bytes, signed), Value::fixnum(n));
            }
            for (octets, signed, n) in [(1, false, 256), (1, false, -1), (1, true, 128), (1, true, -129)] {
                assert_eq!(octets_of(Value::fixnum(n), Element { octets, signed }), None, "{n}");
            }
        });
    }

    #[test]
    fn wide_integers_are_bignums() {
        with_context(|ctx| {
            let element = Element { octets: 8, signed: false };
            let big = integer(ctx, &mut [0xff; 8], false);
            assert!(big.is_kind(kind::BIGNUM));
            assert_eq!(octets_of(big, element), Some(vec![0xff; 8]));
            assert_eq!(octets_of(big, Element { octets: 8, signed: true }), None);
            let least = integer(ctx, &mut [0, 0, 0, 0, 0, 0, 0, 0x80], true);
            assert_eq!(octets_of(least, Element { octets: 8, signed: true }), Some(vec![0, 0, 0, 0, 0, 0, 0, 0x80]));
        });
    }
}
