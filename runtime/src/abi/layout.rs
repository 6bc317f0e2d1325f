//! The object table: header word, kinds, fields, and how the collector scans each kind.
//!
//! Header word: bits 0-3 `HEADER_TAG`, bits 4-7 flags, bits 8-15 kind, bits 16-63 size.
//! Size means: number of slots after the header for kinds of shape `Slots`, number of elements for
//! raw vectors, number of 64-bit limbs for bignums (sign is flag `BIGNUM_NEGATIVE`), and the
//! thread-local binding index for symbols (0 = none).
//! Conses have no header: two words, car and cdr. A word with `HEADER_TAG` is never a value, so a
//! run of objects can be walked linearly.

use super::tags::HEADER_TAG;

pub const HEADER_FLAG_SHIFT: u32 = 4;
pub const HEADER_KIND_SHIFT: u32 = 8;
pub const HEADER_SIZE_SHIFT: u32 = 16;
pub const HEADER_SIZE_MAX: u64 = (1 << 48) - 1;

/// Symbol flags (in header bits 4-7).
pub const SYMBOL_SPECIAL: u64 = 1 << 4;
pub const SYMBOL_CONSTANT: u64 = 1 << 5;
/// The function slot holds a macro object: a FUNCTION whose entry signals and whose slot 1 is the symbol, slot 2 the expander.
pub const SYMBOL_MACRO: u64 = 1 << 6;
/// Has no home package binding needed at run time; reserved.
pub const SYMBOL_RESERVED: u64 = 1 << 7;

/// Bignum flag: negative. Limbs are the magnitude, little endian, no leading zero limb.
pub const BIGNUM_NEGATIVE: u64 = 1 << 4;
/// FUNCTION flag: funcallable instance.
pub const FUNCTION_FUNCALLABLE_INSTANCE: u64 = 1 << 4;
/// FUNCTION flag: undefined function; slot 1 is its name.
pub const FUNCTION_UNDEFINED: u64 = 1 << 5;
/// FUNCTION flag: macro object, see `SYMBOL_MACRO`.
pub const FUNCTION_MACRO: u64 = 1 << 6;

/// What the collector must know of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// Header then `size` tagged slots.
    Slots,
    /// Header then exactly `n` tagged slots; the size field means something else.
    FixedSlots(usize),
    /// Header, one raw word (code entry address), then `size - 1` tagged slots.
    Function,
    /// Header then raw bytes: `size` elements of this many bits.
    Raw(u32),
    /// Header then `size` tagged slots, of which slot 0 is weak.
    Weak,
    /// Header then slots of which some are raw words: the size field holds their number (`MIXED_SLOTS`)
    /// and a bit for each raw one.
    Mixed,
    /// Not a valid kind.
    Invalid,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $num:literal, $shape:expr;)*) => {
        /// Object kinds (header bits 8-15).
        pub mod kind {
            $($(#[$doc])* pub const $name: u8 = $num;)*
        }
        /// How objects of kind `k` are scanned.
        pub const fn shape_of(k: u8) -> Shape {
            match k {
                $($num => $shape,)*
                _ => Shape::Invalid,
            }
        }
        /// Name of kind `k`, for dumps and diagnostics.
        pub const fn kind_name(k: u8) -> &'static str {
            match k {
                $($num => stringify!($name),)*
                _ => "INVALID",
            }
        }
    };
}

kinds! {
    /// Slots: see `symbol`.
    SYMBOL = 1, Shape::FixedSlots(7);
    /// Raw entry, then closure values.
    FUNCTION = 2, Shape::Function;
    /// Slot 0 layout or class, then the instance's slots. Tag INSTANCE_TAG.
    INSTANCE = 3, Shape::Slots;
    /// One raw double (size 1). Tag DOUBLE_TAG.
    DOUBLE = 4, Shape::Raw(64);
    BIGNUM = 5, Shape::Raw(64);
    /// Slots: numerator, denominator.
    RATIO = 6, Shape::Slots;
    /// Slots: real part, imaginary part.
    COMPLEX = 7, Shape::Slots;
    SIMPLE_VECTOR = 8, Shape::Slots;
    /// 32-bit code points.
    STRING = 9, Shape::Raw(32);
    /// 8-bit code points (0..=255).
    BASE_STRING = 10, Shape::Raw(8);
    BIT_VECTOR = 11, Shape::Raw(1);
    VECTOR_U8 = 12, Shape::Raw(8);
    VECTOR_S8 = 13, Shape::Raw(8);
    VECTOR_U16 = 14, Shape::Raw(16);
    VECTOR_S16 = 15, Shape::Raw(16);
    VECTOR_U32 = 16, Shape::Raw(32);
    VECTOR_S32 = 17, Shape::Raw(32);
    VECTOR_U64 = 18, Shape::Raw(64);
    VECTOR_S64 = 19, Shape::Raw(64);
    VECTOR_F32 = 20, Shape::Raw(32);
    VECTOR_F64 = 21, Shape::Raw(64);
    /// Header of an array that is not a simple vector: see `array`.
    ARRAY = 22, Shape::Slots;
    /// One slot: the box of an assigned, captured variable.
    VALUE_CELL = 23, Shape::Slots;
    /// See `package`.
    PACKAGE = 24, Shape::Slots;
    /// See `stream`.
    STREAM = 25, Shape::Slots;
    HASH_TABLE = 26, Shape::Slots;
    READTABLE = 27, Shape::Slots;
    RANDOM_STATE = 28, Shape::Slots;
    WEAK_POINTER = 29, Shape::Weak;
    /// Foreign pointer: raw address, raw size, raw flags, raw finalizer.
    MACPTR = 30, Shape::Raw(64);
    /// Reserved for finalizer and zone records.
    RESERVED_RECORD = 31, Shape::Slots;
    /// As INSTANCE, with raw double-floats in some of the slots.
    MIXED_INSTANCE = 33, Shape::Mixed;
    /// Unused room inside a block; `size` is its length in words, header not counted.
    FILLER = 32, Shape::Raw(64);
}

/// The header word of an object.
pub const fn header(kind: u8, size: u64) -> u64 {
    size << HEADER_SIZE_SHIFT | (kind as u64) << HEADER_KIND_SHIFT | HEADER_TAG
}
pub const fn header_kind(h: u64) -> u8 {
    (h >> HEADER_KIND_SHIFT) as u8
}
pub const fn header_size(h: u64) -> u64 {
    h >> HEADER_SIZE_SHIFT
}

/// Bits of a MIXED_INSTANCE's size field that count its slots; the rest tell which of the first
/// `MIXED_RAW_SLOTS` are raw.
pub const MIXED_SLOT_BITS: u32 = 16;
pub const MIXED_RAW_SLOTS: usize = 32;

/// The header of an instance with raw slots.
pub const fn mixed_header(slots: u64, raw: u64) -> u64 {
    header(kind::MIXED_INSTANCE, slots | raw << MIXED_SLOT_BITS)
}
/// Number of slots of an object with this header, when it has slots at all.
pub const fn slot_count(h: u64) -> u64 {
    let size = header_size(h);
    if header_kind(h) == kind::MIXED_INSTANCE { size & ((1 << MIXED_SLOT_BITS) - 1) } else { size }
}
/// Whether slot `i` of an instance with this header is a raw word.
pub const fn is_raw_slot(h: u64, i: usize) -> bool {
    header_kind(h) == kind::MIXED_INSTANCE && i < MIXED_RAW_SLOTS && header_size(h) >> MIXED_SLOT_BITS >> i & 1 == 1
}

/// For each kind whose objects are as many elements as the size says, the logarithm of an element's bits.
const ELEMENT_BITS: [u8; 256] = {
    let mut table = [OTHER_SHAPE; 256];
    let mut k = 0;
    while k < 256 {
        table[k] = match shape_of(k as u8) {
            Shape::Slots | Shape::Function | Shape::Weak => 6,
            Shape::Raw(bits) => {
                assert!(bits.is_power_of_two(), "elements do not straddle words");
                bits.trailing_zeros() as u8
            }
            Shape::Mixed | Shape::FixedSlots(_) | Shape::Invalid => OTHER_SHAPE,
        };
        k += 1;
    }
    table
};
const OTHER_SHAPE: u8 = 0xff;

/// Bytes occupied by an object with this header, rounded up to the object alignment.
#[inline]
pub const fn object_bytes(h: u64) -> u64 {
    let log = ELEMENT_BITS[header_kind(h) as usize];
    if log == OTHER_SHAPE {
        return bytes_by_shape(h);
    }
    // Words of the body and the header, rounded up to two.
    let words = ((header_size(h) << log) + 63) >> 6;
    ((words + 2) & !1) * 8
}

const fn bytes_by_shape(h: u64) -> u64 {
    let size = header_size(h);
    let body = match shape_of(header_kind(h)) {
        Shape::Slots | Shape::Function | Shape::Weak => size * 8,
        Shape::Mixed => slot_count(h) * 8,
        Shape::FixedSlots(n) => n as u64 * 8,
        Shape::Raw(1) => size.div_ceil(64) * 8,
        Shape::Raw(bits) => size * (bits as u64 / 8),
        Shape::Invalid => 8,
    };
    (body + 8 + 15) & !15
}

/// Byte offset of slot `i` from the object's base.
pub const fn slot_offset(i: usize) -> i32 {
    8 + 8 * i as i32
}

/// Slot numbers of a symbol.
///
/// In static data SETF, NAME, PACKAGE and PLIST, and FUNCTION where no code loads it, hold *near references*:
/// what is referred to minus the symbol, both tagged (`near_reference`). So most symbols without value
/// are not relocated when a program starts, and its page stays shared with the file. A keyword there
/// has no value; `symbol::global_value` knows it.
pub mod symbol {
    /// Global value, or `UNBOUND`. For NIL: NIL (its car).
    pub const VALUE: usize = 0;
    /// The symbol that carries the function named `(setf this)`, or NIL. For NIL: NIL (its cdr).
    pub const SETF: usize = 1;
    /// NIL or a FUNCTION object: the definition, a macro object, or an undefined-function object.
    /// Every symbol that compiled code calls has a FUNCTION object here (`ensure_function_object`),
    /// so a call loads this slot and jumps without a test.
    pub const FUNCTION: usize = 2;
    pub const NAME: usize = 3;
    /// Home package or NIL.
    pub const PACKAGE: usize = 4;
    pub const PLIST: usize = 5;
    /// Fixnum: hash of the name; never changes.
    pub const HASH: usize = 6;

    /// Whether static symbols hold near references in this slot.
    pub const fn is_near(slot: usize) -> bool {
        !matches!(slot, VALUE | HASH)
    }
}

/// What a near reference is resolved to: a word of `holder`'s (tagged) slots that may be a fixnum for the
/// distance to what it refers to. The difference of two references, which are odd, is even.
pub const fn near_reference(holder: u64, word: u64) -> u64 {
    if word & crate::abi::tags::FIXNUM_MASK == 0 { holder.wrapping_add(word) } else { word }
}

/// Slot numbers of a layout (`stdlib/kernel/layouts.lisp`), an instance that describes instances.
pub mod layout_slot {
    pub const NAME: usize = 1;
    /// Simple vector of the layouts above it, least specific first, itself last; unbound before it is filled.
    pub const ANCESTORS: usize = 4;
}

/// Slot numbers of an array header (kind ARRAY).
pub mod array {
    /// The data vector, or the array displaced to.
    pub const DATA: usize = 0;
    /// Fixnum: index offset into DATA.
    pub const OFFSET: usize = 1;
    /// Fixnum fill pointer, or NIL.
    pub const FILL_POINTER: usize = 2;
    /// T when adjustable.
    pub const ADJUSTABLE: usize = 3;
    /// T when explicitly displaced.
    pub const DISPLACED: usize = 4;
    /// Fixnum: total size.
    pub const TOTAL: usize = 5;
    /// Dimensions follow, one fixnum each; rank = size - DIMENSIONS.
    pub const DIMENSIONS: usize = 6;
}

/// Slot numbers of a package.
pub mod package {
    pub const NAME: usize = 0;
    /// List of strings.
    pub const NICKNAMES: usize = 1;
    /// List of packages.
    pub const USE_LIST: usize = 2;
    pub const USED_BY: usize = 3;
    /// Symbol tables: SIMPLE_VECTOR of power-of-two length, open addressing by linear probing on the
    /// symbol's HASH; empty = fixnum 0, deleted = EMPTY_MARK. In static data entries are near references.
    pub const INTERNAL: usize = 4;
    pub const EXTERNAL: usize = 5;
    /// Fixnums: live + deleted entries of each table.
    pub const INTERNAL_COUNT: usize = 6;
    pub const EXTERNAL_COUNT: usize = 7;
    pub const SHADOWING: usize = 8;
    pub const DOCUMENTATION: usize = 9;
    /// Alist of local nicknames: (string . package).
    pub const LOCAL_NICKNAMES: usize = 10;
    pub const SLOTS: usize = 11;
}

/// Slot numbers of a stream. The state lives in the runtime's stream table.
pub mod stream {
    /// Fixnum index into the runtime's stream table, T for string streams (DATA1 the text, DATA2 the
    /// place in it), or NIL for composite streams.
    pub const HANDLE: usize = 0;
    /// Keyword: :input :output :io and so on; NIL when closed.
    pub const DIRECTION: usize = 1;
    /// Element type.
    pub const ELEMENT_TYPE: usize = 2;
    /// Two slots for composite streams and Lisp-side data.
    pub const DATA1: usize = 3;
    pub const DATA2: usize = 4;
    pub const SLOTS: usize = 5;
}

/// FNV-1a over the code points of a symbol name, cut to a positive fixnum. Both the runtime and the
/// compiler's static package tables use it.
pub fn name_hash(code_points: impl Iterator<Item = u32>) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for c in code_points {
        h = (h ^ c as u64).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (h ^ (h >> 29)) & ((1 << 60) - 1)
}
