//! The tagged word.
//!
//! ```text
//! ...........0   fixnum, 63 bits, value << 1
//! ........0001   immediate: low byte says which (special, character, single-float)
//! ........0011   cons (and NIL)
//! ........1011   symbol (except NIL)
//! ........0101   function
//! ........0111   instance (structure, condition, standard object)
//! ........1001   other object with a header
//! ........1101   double-float
//! ........1111   header word: never a value
//! ```
//!
//! Objects are 16-byte aligned. NIL is a symbol object whose base lies 8 past a 16-byte boundary:
//! `base + SYMBOL_TAG` then has the list tag, its car is the symbol's value slot and its cdr the
//! symbol's `setf` slot, both of which always hold NIL. So `car`, `cdr` and the symbol accessors
//! work on NIL without a branch.

pub const TAG_MASK: u64 = 15;

pub const FIXNUM_SHIFT: u32 = 1;
pub const FIXNUM_MASK: u64 = 1;
pub const MOST_POSITIVE_FIXNUM: i64 = (1 << 62) - 1;
pub const MOST_NEGATIVE_FIXNUM: i64 = -(1 << 62);

pub const IMMEDIATE_TAG: u64 = 1;
pub const CONS_TAG: u64 = 3;
pub const FUNCTION_TAG: u64 = 5;
pub const INSTANCE_TAG: u64 = 7;
pub const OTHER_TAG: u64 = 9;
pub const SYMBOL_TAG: u64 = 11;
pub const DOUBLE_TAG: u64 = 13;
pub const HEADER_TAG: u64 = 15;

/// Low byte of an immediate.
pub const IMMEDIATE_BYTE_MASK: u64 = 0xff;
pub const SPECIAL_BYTE: u64 = 0x01;
/// Character: `code << 8 | CHARACTER_BYTE`.
pub const CHARACTER_BYTE: u64 = 0x11;
pub const CHARACTER_SHIFT: u32 = 8;
/// Single-float: `bits << 32 | SINGLE_BYTE`.
pub const SINGLE_BYTE: u64 = 0x21;
pub const SINGLE_SHIFT: u32 = 32;

const fn special(n: u64) -> u64 {
    n << 8 | SPECIAL_BYTE
}
/// A symbol's value slot when unbound; an instance slot when unbound.
pub const UNBOUND: u64 = special(1);
/// A thread-local binding slot with no binding: use the symbol's global value.
pub const NO_TLS_VALUE: u64 = special(2);
/// An optional or keyword argument that was not supplied.
pub const UNSUPPLIED: u64 = special(3);
/// Returned by a Rust primitive that recorded a pending error in the thread context.
pub const ERROR_MARK: u64 = special(4);
/// Car of a cons that has been evacuated; its cdr is the new address. Only seen by the collector.
pub const FORWARD_MARK: u64 = special(5);
/// A deleted or empty hash-table slot.
pub const EMPTY_MARK: u64 = special(6);
/// End of file, for readers and stream primitives.
pub const EOF_MARK: u64 = special(7);
/// Filler for dead words in stress modes.
pub const POISON: u64 = 0xdead_beef_dead_be01;

/// Size in bytes that every object is a multiple of.
pub const OBJECT_ALIGNMENT: u64 = 16;
