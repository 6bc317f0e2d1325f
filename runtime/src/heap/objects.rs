//! Sizes and tagged words of objects, from the layout table, in the form the collector's inner loops use.
//!
//! Must not know any kind by name: everything comes from `abi::layout::shape_of`.

use crate::abi::layout::{Shape, header_kind, header_size, is_raw_slot, shape_of, slot_count};
use crate::abi::tags::{HEADER_TAG, TAG_MASK};
use std::ops::Range;

/// One kind's layout, precomputed.
#[derive(Clone, Copy)]
struct Map {
    /// log2 of the bits per element counted by the size field.
    element_shift: u8,
    /// Words after the header when the size field means something else, or 0.
    fixed_words: u8,
    /// First tagged word, counted from the header.
    first_tagged: u8,
    tagged: bool,
    weak: bool,
    /// Some slots are raw: `mixed_words`.
    mixed: bool,
}

const INVALID: Map = Map { element_shift: 6, fixed_words: 0, first_tagged: 1, tagged: false, weak: false, mixed: false };

static MAPS: [Map; 256] = {
    let mut maps = [INVALID; 256];
    let mut kind = 0;
    while kind < 256 {
        maps[kind] = match shape_of(kind as u8) {
            Shape::Slots => Map { tagged: true, ..INVALID },
            Shape::FixedSlots(n) => Map { fixed_words: n as u8, tagged: true, ..INVALID },
            Shape::Function => Map { first_tagged: 2, tagged: true, ..INVALID },
            Shape::Raw(bits) => Map { element_shift: bits.trailing_zeros() as u8, ..INVALID },
            Shape::Weak => Map { first_tagged: 2, tagged: true, weak: true, ..INVALID },
            Shape::Mixed => Map { mixed: true, ..INVALID },
            Shape::Invalid => INVALID,
        };
        kind += 1;
    }
    maps
};

#[inline(always)]
pub fn is_header(word: u64) -> bool {
    word & TAG_MASK == HEADER_TAG
}

/// Bytes of an object with this header, the same as `layout::object_bytes`.
#[inline(always)]
pub fn object_bytes(header: u64) -> u64 {
    let map = MAPS[header_kind(header) as usize];
    let size = if map.mixed { slot_count(header) } else { header_size(header) };
    let body = if map.fixed_words != 0 { map.fixed_words as u64 * 8 } else { ((size << map.element_shift) + 7) >> 3 };
    (body + 8 + 15) & !15
}

/// Bytes of the object that starts with `word`: a header, or the car of a cons.
#[inline(always)]
pub fn bytes_from_first_word(word: u64) -> u64 {
    if is_header(word) { object_bytes(word) } else { 16 }
}

/// Words that hold strong tagged values (`mixed_words` apart), counted from the object's first word.
#[inline(always)]
pub fn tagged_words(first_word: u64) -> Range<usize> {
    if !is_header(first_word) {
        return 0..2;
    }
    let map = MAPS[header_kind(first_word) as usize];
    if !map.tagged {
        return 0..0;
    }
    let words = if map.fixed_words != 0 { map.fixed_words as usize } else { header_size(first_word) as usize };
    map.first_tagged as usize..words + 1
}

/// Words that hold tagged values among raw ones, counted from the object's first word.
pub fn mixed_words(header: u64) -> impl Iterator<Item = usize> {
    (0..slot_count(header) as usize).filter(move |&i| !is_raw_slot(header, i)).map(|i| i + 1)
}

/// Whether some of the object's slots are raw: they are in no range of `tagged_words`.
#[inline(always)]
pub fn has_mixed_slots(first_word: u64) -> bool {
    is_header(first_word) && MAPS[header_kind(first_word) as usize].mixed
}

/// Whether the word after the header is the address of code.
#[inline(always)]
pub fn has_code_entry(first_word: u64) -> bool {
    is_header(first_word) && {
        let map = MAPS[header_kind(first_word) as usize];
        map.first_tagged == 2 && !map.weak
    }
}

/// Whether the object's first slot is weak.
#[inline(always)]
pub fn has_weak_slot(first_word: u64) -> bool {
    is_header(first_word) && MAPS[header_kind(first_word) as usize].weak
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::layout::{self, header, kind};

    #[test]
    fn sizes_agree_with_the_layout_table() {
        for k in 0..=255u8 {
            if shape_of(k) == Shape::Invalid {
                continue;
            }
            for size in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000, 65537] {
                // The size field of a mixed object is more than a size.
                let h = if k == kind::MIXED_INSTANCE { layout::mixed_header(size & 0xffff, 5) } else { header(k, size) };
                assert_eq!(object_bytes(h), layout::object_bytes(h), "kind {} size {size}", layout::kind_name(k));
            }
        }
    }

    #[test]
    fn tagged_words_follow_the_shapes() {
        assert_eq!(tagged_words(0), 0..2, "a cons is two tagged words");
        assert_eq!(tagged_words(header(kind::SYMBOL, 99)), 1..8, "a symbol's size field is not a size");
        assert_eq!(tagged_words(header(kind::FUNCTION, 3)), 2..4, "the entry is raw");
        assert_eq!(tagged_words(header(kind::STRING, 3)), 0..0, "strings are raw");
        assert_eq!(tagged_words(header(kind::WEAK_POINTER, 2)), 2..3, "slot 0 is weak");
        let mixed = layout::mixed_header(40, 0b1010);
        assert_eq!(tagged_words(mixed), 0..0, "mixed slots are no range");
        assert_eq!(mixed_words(mixed).take(4).collect::<Vec<_>>(), [1, 3, 5, 6], "slots 1 and 3 are raw");
        assert_eq!((mixed_words(mixed).count(), object_bytes(mixed)), (38, 336), "slots beyond the bits are tagged");
    }
}
