//! Strings of every representation as code points, for Rust code that takes text from Lisp.
//!
//! Must not decide what is an acceptable designator for a caller: it says what the value is.

use super::{string_chars, string_to_rust};
use crate::abi::layout::{array, kind};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::symbol::{symbol_name, well_known};
use crate::value::{LispResult, Value};

/// Where the elements of a string live: a simple string and the part of it that counts.
#[derive(Clone, Copy)]
pub struct StringSpan {
    pub data: Value,
    pub start: usize,
    pub len: usize,
}

/// The span of a string, simple or not; `None` when `v` is not a string. The length of a string
/// with a fill pointer is its fill pointer.
pub fn string_span(v: Value) -> Option<StringSpan> {
    if v.is_string() {
        return Some(StringSpan { data: v, start: 0, len: v.size() });
    }
    let mut span = array_span(v)?;
    while span.data.is_kind(kind::ARRAY) {
        span.start += span.data.slot(array::OFFSET).as_fixnum() as usize;
        span.data = span.data.slot(array::DATA);
    }
    span.data.is_string().then_some(span)
}

/// First step of `string_span` through a one-dimensional array header.
fn array_span(v: Value) -> Option<StringSpan> {
    if !v.is_kind(kind::ARRAY) || v.size() != array::DIMENSIONS + 1 {
        return None;
    }
    let len = v.slot(array::FILL_POINTER).to_fixnum().unwrap_or_else(|| v.slot(array::TOTAL).as_fixnum());
    let start = v.slot(array::OFFSET).as_fixnum() as usize;
    Some(StringSpan { data: v.slot(array::DATA), start, len: len as usize })
}

/// Code points of a string of any representation.
pub fn string_code_points(v: Value) -> Option<Vec<u32>> {
    let span = string_span(v)?;
    Some(string_chars(span.data).skip(span.start).take(span.len).collect())
}

/// Code points of a string designator (string, symbol, character).
pub fn designated_code_points(v: Value) -> Option<Vec<u32>> {
    if v.is_symbol() {
        return string_code_points(symbol_name(v));
    }
    if v.is_character() {
        return Some(vec![v.as_character()]);
    }
    string_code_points(v)
}

/// Code points of a string designator, or a type error.
pub fn expect_designator(ctx: &mut ThreadContext, v: Value) -> LispResult<Vec<u32>> {
    designated_code_points(v).ok_or_else(|| ctx.raise(ErrorKind::Type, &[v, well_known(Sym::STRING)]))
}

/// Code points of a string, or a type error.
pub fn expect_string(ctx: &mut ThreadContext, v: Value) -> LispResult<Vec<u32>> {
    string_code_points(v).ok_or_else(|| ctx.raise(ErrorKind::Type, &[v, well_known(Sym::STRING)]))
}

/// Rust text of a string designator; anything else by its tag. For messages.
pub fn display_name(v: Value) -> String {
    if v.is_string() {
        return string_to_rust(v);
    }
    match designated_code_points(v) {
        Some(chars) => rust_text(&chars),
        None => String::from("an object"),
    }
}

/// Code points as Rust text; surrogates become U+FFFD.
pub fn rust_text(chars: &[u32]) -> String {
    chars.iter().map(|&c| char::from_u32(c).unwrap_or('\u{fffd}')).collect()
}

/// Rust text as code points.
pub fn code_points(s: &str) -> Vec<u32> {
    s.chars().map(|c| c as u32).collect()
}
