//! One tagged word of Lisp data, and the result type of Rust code that can raise a Lisp error.
//!
//! Must not allocate.

use crate::abi::layout::{self, kind};
use crate::abi::tags::*;

/// A tagged word.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Value(pub u64);

/// Proof that a pending error was recorded in the thread context (see `ThreadContext::raise`).
#[derive(Debug, Clone, Copy)]
pub struct Raised(pub(crate) ());

impl Raised {
    /// The proof again, for code that passed a pending error on in another form.
    pub fn still_pending() -> Raised {
        Raised(())
    }
}

/// Result of Rust code that may raise a Lisp error.
pub type LispResult<T = Value> = Result<T, Raised>;

unsafe extern "C" {
    static mut rook_nil: [u64; 10];
    static mut rook_t: [u64; 8];
}

// NIL and T: static symbols. NIL's symbol object starts 8 past a 16-byte boundary (see `tags`).
// Their NAME, PACKAGE, FUNCTION and HASH slots are filled in at start by `object::symbol`.
core::arch::global_asm!(
    ".pushsection .data.rook_nil,\"aw\",@progbits",
    ".globl rook_nil", ".hidden rook_nil", ".globl rook_t", ".hidden rook_t",
    ".p2align 4",
    ".quad 0",
    "rook_nil:",
    ".quad {const_header}",
    ".quad rook_nil + 11", // VALUE = car
    ".quad rook_nil + 11", // SETF = cdr
    ".quad rook_nil + 11", // FUNCTION
    ".quad rook_nil + 11", // NAME
    ".quad rook_nil + 11", // PACKAGE
    ".quad rook_nil + 11", // PLIST
    ".quad 0",             // HASH
    ".p2align 4",
    "rook_t:",
    ".quad {const_header}",
    ".quad rook_t + 11",
    ".quad rook_nil + 11",
    ".quad rook_nil + 11",
    ".quad rook_nil + 11",
    ".quad rook_nil + 11",
    ".quad rook_nil + 11",
    ".quad 0",
    ".popsection",
    const_header = const layout::header(kind::SYMBOL, 0) | layout::SYMBOL_CONSTANT,
);

/// NIL: the empty list and false.
#[inline(always)]
pub fn nil() -> Value {
    Value(&raw const rook_nil as u64 + SYMBOL_TAG)
}
/// T.
#[inline(always)]
pub fn t() -> Value {
    Value(&raw const rook_t as u64 + SYMBOL_TAG)
}

impl Value {
    pub const UNBOUND: Value = Value(UNBOUND);
    pub const UNSUPPLIED: Value = Value(UNSUPPLIED);
    pub const EOF: Value = Value(EOF_MARK);
    pub const EMPTY: Value = Value(EMPTY_MARK);
    pub const ZERO: Value = Value(0);

    /// A fixnum; `n` must be in fixnum range (debug-asserted).
    #[inline(always)]
    pub fn fixnum(n: i64) -> Value {
        debug_assert!((MOST_NEGATIVE_FIXNUM..=MOST_POSITIVE_FIXNUM).contains(&n));
        Value((n << FIXNUM_SHIFT) as u64)
    }
    pub fn try_fixnum(n: i64) -> Option<Value> {
        (MOST_NEGATIVE_FIXNUM..=MOST_POSITIVE_FIXNUM).contains(&n).then(|| Value::fixnum(n))
    }
    pub fn character(c: u32) -> Value {
        Value((c as u64) << CHARACTER_SHIFT | CHARACTER_BYTE)
    }
    pub fn single(f: f32) -> Value {
        Value((f.to_bits() as u64) << SINGLE_SHIFT | SINGLE_BYTE)
    }
    pub fn bool(b: bool) -> Value {
        if b { t() } else { nil() }
    }
    #[inline(always)]
    pub fn tag(self) -> u64 {
        self.0 & TAG_MASK
    }
    #[inline(always)]
    pub fn is_fixnum(self) -> bool {
        self.0 & FIXNUM_MASK == 0
    }
    #[inline(always)]
    pub fn is_nil(self) -> bool {
        self == nil()
    }
    /// A cons, not NIL.
    pub fn is_cons(self) -> bool {
        self.tag() == CONS_TAG && !self.is_nil()
    }
    pub fn is_list(self) -> bool {
        self.tag() == CONS_TAG
    }
    pub fn is_symbol(self) -> bool {
        self.tag() == SYMBOL_TAG || self.is_nil()
    }
    pub fn is_function(self) -> bool {
        self.tag() == FUNCTION_TAG
    }
    pub fn is_character(self) -> bool {
        self.0 & IMMEDIATE_BYTE_MASK == CHARACTER_BYTE
    }
    pub fn is_single(self) -> bool {
        self.0 & IMMEDIATE_BYTE_MASK == SINGLE_BYTE
    }
    pub fn is_double(self) -> bool {
        self.tag() == DOUBLE_TAG
    }
    /// A reference to an object in memory (NIL and T included).
    pub fn is_reference(self) -> bool {
        !self.is_fixnum() && self.tag() != IMMEDIATE_TAG && self.tag() != HEADER_TAG
    }
    /// Address of the object's first word (for NIL: of its symbol object).
    #[inline(always)]
    pub fn base(self) -> *mut u64 {
        if self.is_nil() {
            return (self.0 - SYMBOL_TAG) as *mut u64;
        }
        (self.0 & !TAG_MASK) as *mut u64
    }
    /// Kind of a headed object with OTHER_TAG; `None` for everything else.
    pub fn other_kind(self) -> Option<u8> {
        (self.tag() == OTHER_TAG).then(|| layout::header_kind(self.header_word()))
    }
    pub fn is_kind(self, k: u8) -> bool {
        self.other_kind() == Some(k)
    }
    /// Header word of a headed object.
    #[inline(always)]
    pub fn header_word(self) -> u64 {
        debug_assert!(self.is_reference() && !self.is_cons());
        // SAFETY: a headed reference points at a live object whose first word is its header.
        unsafe { *self.base() }
    }
    /// Size field of a headed object.
    pub fn size(self) -> usize {
        layout::header_size(self.header_word()) as usize
    }
    /// Slot `i` of a headed object with tagged slots. The caller knows kind and size.
    #[inline(always)]
    pub fn slot(self, i: usize) -> Value {
        // SAFETY: the caller has checked kind and bounds; slots follow the header.
        unsafe { Value(*self.base().add(1 + i)) }
    }
    pub fn as_fixnum(self) -> i64 {
        debug_assert!(self.is_fixnum());
        self.0 as i64 >> FIXNUM_SHIFT
    }
    pub fn to_fixnum(self) -> Option<i64> {
        self.is_fixnum().then(|| self.as_fixnum())
    }
    pub fn as_character(self) -> u32 {
        (self.0 >> CHARACTER_SHIFT) as u32
    }
    pub fn as_single(self) -> f32 {
        f32::from_bits((self.0 >> SINGLE_SHIFT) as u32)
    }
    pub fn as_double(self) -> f64 {
        debug_assert!(self.is_double());
        // SAFETY: a double-float object holds its value after the header.
        unsafe { f64::from_bits(*self.base().add(1)) }
    }
    /// Car of a list (NIL gives NIL).
    #[inline(always)]
    pub fn car(self) -> Value {
        debug_assert!(self.is_list());
        // SAFETY: a list-tagged word has its car at the untagged address, also NIL.
        unsafe { Value(*((self.0 - CONS_TAG) as *const u64)) }
    }
    #[inline(always)]
    pub fn cdr(self) -> Value {
        debug_assert!(self.is_list());
        // SAFETY: as for `car`.
        unsafe { Value(*((self.0 - CONS_TAG) as *const u64).add(1)) }
    }
    pub fn is_string(self) -> bool {
        matches!(self.other_kind(), Some(kind::STRING | kind::BASE_STRING))
    }
    /// Elements of a proper list (stops at the first non-cons).
    pub fn list_iter(self) -> impl Iterator<Item = Value> {
        let mut rest = self;
        std::iter::from_fn(move || {
            rest.is_cons().then(|| {
                let head = rest.car();
                rest = rest.cdr();
                head
            })
        })
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Value({:#x})", self.0)
    }
}
