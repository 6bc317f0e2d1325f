//! Constructors and accessors of Lisp objects for Rust code.

pub mod boot;
pub mod character;
pub mod cl_symbols;
pub mod package;
pub mod symbol;
pub mod symbol_table;
#[cfg(test)]
pub mod testing;
pub mod text;

use crate::abi::layout::{self, kind};
use crate::abi::tags::*;
use crate::abi::thread_context::ThreadContext;
use crate::heap::{allocate, store};
use crate::value::{Value, nil};

pub fn cons(ctx: &mut ThreadContext, car: Value, cdr: Value) -> Value {
    let base = crate::heap::allocate_bytes(ctx, 16);
    // SAFETY: 16 fresh bytes.
    unsafe {
        *base = car.0;
        *base.add(1) = cdr.0;
    }
    Value(base as u64 | CONS_TAG)
}

/// A list of `items`, ending in `tail`.
pub fn list_with_tail(ctx: &mut ThreadContext, items: &[Value], tail: Value) -> Value {
    items.iter().rev().fold(tail, |rest, &item| cons(ctx, item, rest))
}
pub fn list(ctx: &mut ThreadContext, items: &[Value]) -> Value {
    list_with_tail(ctx, items, nil())
}

#[inline]
pub fn double(ctx: &mut ThreadContext, f: f64) -> Value {
    let base = crate::heap::allocate_bytes(ctx, 16);
    // SAFETY: 16 fresh bytes: the header and one raw word.
    unsafe {
        *base = layout::header(kind::DOUBLE, 1);
        *base.add(1) = f.to_bits();
    }
    Value(base as u64 | DOUBLE_TAG)
}

/// An object of a `Slots` kind with OTHER_TAG, slots given.
pub fn record(ctx: &mut ThreadContext, k: u8, slots: &[Value]) -> Value {
    let base = allocate(ctx, layout::header(k, slots.len() as u64));
    for (i, slot) in slots.iter().enumerate() {
        // SAFETY: `i` is below the size just allocated.
        unsafe { *base.add(1 + i) = slot.0 };
    }
    Value(base as u64 | OTHER_TAG)
}

pub fn simple_vector(ctx: &mut ThreadContext, items: &[Value]) -> Value {
    record(ctx, kind::SIMPLE_VECTOR, items)
}

/// A simple vector of `n` elements, all `fill`.
pub fn make_simple_vector(ctx: &mut ThreadContext, n: usize, fill: Value) -> Value {
    let base = allocate(ctx, layout::header(kind::SIMPLE_VECTOR, n as u64));
    for i in 0..n {
        // SAFETY: within the fresh vector.
        unsafe { *base.add(1 + i) = fill.0 };
    }
    Value(base as u64 | OTHER_TAG)
}

/// A simple string; storage is one byte per character where all fit.
pub fn string(ctx: &mut ThreadContext, s: &str) -> Value {
    let chars: Vec<u32> = s.chars().map(|c| c as u32).collect();
    string_from_code_points(ctx, &chars)
}

pub fn string_from_code_points(ctx: &mut ThreadContext, chars: &[u32]) -> Value {
    let narrow = chars.iter().all(|&c| c < 256);
    let k = if narrow { kind::BASE_STRING } else { kind::STRING };
    let base = allocate(ctx, layout::header(k, chars.len() as u64));
    // SAFETY: the fresh string has room for `chars.len()` elements after its header.
    unsafe {
        let body = base.add(1);
        for (i, &c) in chars.iter().enumerate() {
            if narrow {
                *(body as *mut u8).add(i) = c as u8;
            } else {
                *(body as *mut u32).add(i) = c;
            }
        }
    }
    Value(base as u64 | OTHER_TAG)
}

/// A string of wide storage, for an owner who may store any character into it.
pub fn wide_string_from_code_points(ctx: &mut ThreadContext, chars: &[u32]) -> Value {
    let base = allocate(ctx, layout::header(kind::STRING, chars.len() as u64));
    // SAFETY: the fresh string has room for `chars.len()` elements after its header.
    unsafe { std::ptr::copy_nonoverlapping(chars.as_ptr(), base.add(1) as *mut u32, chars.len()) };
    Value(base as u64 | OTHER_TAG)
}

/// Code point `i` of a simple string.
pub fn string_ref(s: Value, i: usize) -> u32 {
    debug_assert!(s.is_string() && i < s.size());
    // SAFETY: kind and bounds are the caller's duty (asserted above in debug builds).
    unsafe {
        let body = s.base().add(1);
        if s.is_kind(kind::BASE_STRING) { *(body as *const u8).add(i) as u32 } else { *(body as *const u32).add(i) }
    }
}

/// The characters of a simple string that takes a byte for each; valid until the next allocation.
pub fn base_string_bytes(s: Value) -> Option<&'static [u8]> {
    // SAFETY: a base string has `size` bytes after its header.
    s.is_kind(kind::BASE_STRING).then(|| unsafe { std::slice::from_raw_parts(s.base().add(1) as *const u8, s.size()) })
}

/// Code points of a simple string.
pub fn string_chars(s: Value) -> impl Iterator<Item = u32> {
    (0..s.size()).map(move |i| string_ref(s, i))
}

/// A simple string as Rust text; lone surrogates become U+FFFD.
pub fn string_to_rust(s: Value) -> String {
    string_chars(s).map(|c| char::from_u32(c).unwrap_or('\u{fffd}')).collect()
}

/// Stores into slot `i` of a headed object, with the write barrier.
pub fn set_slot(ctx: &mut ThreadContext, object: Value, i: usize, value: Value) {
    // SAFETY: the caller knows that the object has a tagged slot `i`.
    unsafe { store(ctx, object.base().add(1 + i), value) }
}

pub fn set_car(ctx: &mut ThreadContext, cell: Value, value: Value) {
    debug_assert!(cell.is_cons());
    // SAFETY: a cons's car is its first word.
    unsafe { store(ctx, (cell.0 - CONS_TAG) as *mut u64, value) }
}
pub fn set_cdr(ctx: &mut ThreadContext, cell: Value, value: Value) {
    debug_assert!(cell.is_cons());
    // SAFETY: a cons's cdr is its second word.
    unsafe { store(ctx, ((cell.0 - CONS_TAG) as *mut u64).add(1), value) }
}
