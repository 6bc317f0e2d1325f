//! Primitives of chapter 16: making, copying, comparing, hashing and recoding strings.
//!
//! String arguments may be strings of any representation; results are simple and fresh.

use super::characters::expect_character;
use super::{bounds, set_second_value};
use crate::abi::layout::{self, kind};
use crate::abi::tags::OTHER_TAG;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, wrong_type};
use crate::heap::{allocate, check_allocation};
use crate::io::decode::{Decoded, Encoding, REPLACEMENT, decode, encode};
use crate::object::character::{downcase, is_alphanumeric, upcase};
use crate::object::text::{StringSpan, expect_designator, expect_string, string_span};
use crate::object::{base_string_bytes, string_from_code_points, string_ref};
use crate::primitives;
use crate::value::{LispResult, Value, nil};
use std::cmp::Ordering;

/// A string that can hold any character.
fn new_wide_string(ctx: &mut ThreadContext, len: usize, k: u8) -> LispResult {
    let header = layout::header(k, len as u64);
    check_allocation(ctx, layout::object_bytes(header))?;
    Ok(Value(allocate(ctx, header) as u64 | OTHER_TAG))
}

/// Stores into a simple string; false when its storage is too narrow.
pub(super) fn put(s: Value, i: usize, c: u32) -> bool {
    debug_assert!(i < s.size(), "the caller checks the bounds");
    // SAFETY: a simple string, index in bounds by the caller's check.
    unsafe {
        let body = s.base().add(1);
        if s.is_kind(kind::STRING) {
            *(body as *mut u32).add(i) = c;
        } else if c < 256 {
            *(body as *mut u8).add(i) = c as u8;
        } else {
            return false;
        }
    }
    true
}

/// Recases part of a copy of `text`.
fn recased(
    ctx: &mut ThreadContext,
    text: Value,
    start: Value,
    end: Value,
    recase: impl FnOnce(&mut [u32]),
) -> LispResult {
    let mut chars = expect_designator(ctx, text)?;
    let (start, end) = bounds(ctx, text, start, end, chars.len())?;
    recase(&mut chars[start..end]);
    Ok(string_from_code_points(ctx, &chars))
}

/// Recases part of a string in place. A character whose partner does not fit the string's storage stays.
fn recase_in_place(
    ctx: &mut ThreadContext,
    text: Value,
    start: Value,
    end: Value,
    recase: impl FnOnce(&mut [u32]),
) -> LispResult {
    let mut chars = expect_string(ctx, text)?;
    let (start, end) = bounds(ctx, text, start, end, chars.len())?;
    recase(&mut chars[start..end]);
    if let Some(span) = string_span(text) {
        for (i, &c) in chars.iter().enumerate().take(end).skip(start) {
            put(span.data, span.start + i, c);
        }
    }
    Ok(text)
}

fn map_with(f: fn(u32) -> u32) -> impl FnOnce(&mut [u32]) {
    move |chars| chars.iter_mut().for_each(|c| *c = f(*c))
}

fn capitalize(chars: &mut [u32]) {
    let mut in_word = false;
    for c in chars {
        let part_of_word = is_alphanumeric(*c);
        *c = if part_of_word && !in_word { upcase(*c) } else { downcase(*c) };
        in_word = part_of_word;
    }
}

/// The two parts that a comparison is about: `edges` is NIL or a simple vector of four.
fn compared(ctx: &mut ThreadContext, a: Value, b: Value, edges: Value) -> LispResult<(Part, Part)> {
    if edges.is_nil() {
        return Ok((part(ctx, a, nil(), nil())?, part(ctx, b, nil(), nil())?));
    }
    if !edges.is_kind(kind::SIMPLE_VECTOR) || edges.size() != 4 {
        return Err(wrong_type(ctx, edges, Sym::SIMPLE_VECTOR));
    }
    Ok((part(ctx, a, edges.slot(0), edges.slot(1))?, part(ctx, b, edges.slot(2), edges.slot(3))?))
}

/// Part of a string, without copying when it is a string.
struct Part {
    start: usize,
    len: usize,
    text: Text,
}
enum Text {
    InPlace(StringSpan),
    Copied(Vec<u32>),
}

impl Part {
    fn get(&self, i: usize) -> u32 {
        match &self.text {
            Text::InPlace(span) => string_ref(span.data, span.start + self.start + i),
            Text::Copied(chars) => chars[self.start + i],
        }
    }
}

fn part(ctx: &mut ThreadContext, v: Value, start: Value, end: Value) -> LispResult<Part> {
    let (text, total) = match string_span(v) {
        Some(span) => (Text::InPlace(span), span.len),
        None => {
            let chars = expect_designator(ctx, v)?;
            let total = chars.len();
            (Text::Copied(chars), total)
        }
    };
    let (start, end) = bounds(ctx, v, start, end, total)?;
    Ok(Part { start, len: end - start, text })
}

fn compare(a: &Part, b: &Part, fold: bool) -> (usize, Ordering) {
    let key = |c: u32| if fold { downcase(c) } else { c };
    for i in 0..a.len.min(b.len) {
        match key(a.get(i)).cmp(&key(b.get(i))) {
            Ordering::Equal => {}
            different => return (i, different),
        }
    }
    (a.len.min(b.len), a.len.cmp(&b.len))
}

fn octet_body(ctx: &mut ThreadContext, v: Value) -> LispResult<*mut u8> {
    if !v.is_kind(kind::VECTOR_U8) {
        return Err(wrong_type(ctx, v, Sym::VECTOR));
    }
    Ok(v.base().wrapping_add(1) as *mut u8)
}

/// The bytes of a simple vector of octets between two bounds. Valid until the vector changes.
pub(super) fn octets<'a>(ctx: &mut ThreadContext, v: Value, start: Value, end: Value) -> LispResult<&'a mut [u8]> {
    let body = octet_body(ctx, v)?;
    let (start, end) = bounds(ctx, v, start, end, v.size())?;
    // SAFETY: within the vector's body; nothing moves while a primitive runs.
    Ok(unsafe { std::slice::from_raw_parts_mut(body.add(start), end - start) })
}

fn encoding(format: Value) -> Encoding {
    let is_latin = format.is_symbol() && crate::object::symbol::symbol_text(format).starts_with("LATIN");
    if is_latin { Encoding::Latin1 } else { Encoding::Utf8 }
}

primitives! {
    /// A string of `size` times `fill`; with `base` one byte per character.
    fn make_string(ctx, size, fill, base) {
        let len = expect_fixnum(ctx, size)?;
        let c = expect_character(ctx, fill)?;
        let Ok(len) = usize::try_from(len) else { return Err(wrong_type(ctx, size, Sym::UNSIGNED_BYTE)) };
        let k = if base.is_nil() || c > 255 { kind::STRING } else { kind::BASE_STRING };
        let s = new_wide_string(ctx, len, k)?;
        for i in 0..if c == 0 { 0 } else { len } {
            put(s, i, c);
        }
        Ok(s)
    }
    /// A simple copy of part of a string designator.
    fn substring(ctx, text, start, end) {
        let part = part(ctx, text, start, end)?;
        let chars: Vec<u32> = (0..part.len).map(|i| part.get(i)).collect();
        Ok(string_from_code_points(ctx, &chars))
    }
    fn string_upcase(ctx, text, start, end) { recased(ctx, text, start, end, map_with(upcase)) }
    fn string_downcase(ctx, text, start, end) { recased(ctx, text, start, end, map_with(downcase)) }
    fn string_capitalize(ctx, text, start, end) { recased(ctx, text, start, end, capitalize) }
    fn nstring_upcase(ctx, text, start, end) { recase_in_place(ctx, text, start, end, map_with(upcase)) }
    fn nstring_downcase(ctx, text, start, end) { recase_in_place(ctx, text, start, end, map_with(downcase)) }
    fn nstring_capitalize(ctx, text, start, end) { recase_in_place(ctx, text, start, end, capitalize) }

    /// Compares parts of two string designators: -1, 0 or 1. Second value: the index in the first
    /// where they differ. `edges` is NIL or a simple vector start1, end1, start2, end2.
    fn string_compare(ctx, a, b, edges, fold) {
        let (a, b) = compared(ctx, a, b, edges)?;
        let (i, order) = compare(&a, &b, !fold.is_nil());
        set_second_value(ctx, Value::fixnum((a.start + i) as i64));
        Ok(Value::fixnum(order as i64))
    }
    /// Whether parts of two string designators have the same characters, with `fold` regardless of case.
    fn string_equal_p(ctx, a, b, edges, fold) {
        let (a, b) = compared(ctx, a, b, edges)?;
        Ok(Value::bool(a.len == b.len && compare(&a, &b, !fold.is_nil()).1 == Ordering::Equal))
    }
    /// A hash of the characters, with `fold` regardless of case.
    fn string_hash(ctx, text, fold) {
        let fold = !fold.is_nil();
        if let Some(span) = string_span(text).filter(|_| !fold) {
            let range = span.start..span.start + span.len;
            let hash = match base_string_bytes(span.data) {
                Some(bytes) => layout::name_hash(bytes[range].iter().map(|&b| b as u32)),
                None => layout::name_hash(range.map(|i| string_ref(span.data, i))),
            };
            return Ok(Value::fixnum(hash as i64));
        }
        let chars = expect_designator(ctx, text)?;
        let keys = chars.into_iter().map(|c| if fold { downcase(c) } else { c });
        Ok(Value::fixnum(layout::name_hash(keys) as i64))
    }
    /// The strings of a list, one after the other.
    fn string_append(ctx, strings) {
        let mut all = Vec::new();
        for s in strings.list_iter() {
            all.extend(expect_designator(ctx, s)?);
        }
        Ok(string_from_code_points(ctx, &all))
    }
    /// Part of a string as a vector of octets in :UTF-8 or :LATIN-1.
    fn string_to_octets(ctx, text, start, end, format) {
        let part = part(ctx, text, start, end)?;
        let mut bytes = Vec::with_capacity(part.len);
        for i in 0..part.len {
            encode(encoding(format), part.get(i), &mut bytes);
        }
        let header = layout::header(kind::VECTOR_U8, bytes.len() as u64);
        check_allocation(ctx, layout::object_bytes(header))?;
        let v = Value(allocate(ctx, header) as u64 | OTHER_TAG);
        octets(ctx, v, Value::ZERO, nil())?.copy_from_slice(&bytes);
        Ok(v)
    }
    /// Octets as a string. Second value: how many ill-formed sequences were replaced.
    fn octets_to_string(ctx, vector, start, end, format) {
        let mut bytes: &[u8] = octets(ctx, vector, start, end)?;
        let (mut chars, mut replaced) = (Vec::with_capacity(bytes.len()), 0);
        while !bytes.is_empty() {
            let (c, len) = match decode(encoding(format), bytes) {
                Decoded::Character(c, len) => (c, len),
                Decoded::Invalid(len) => (REPLACEMENT, len),
                Decoded::Incomplete => (REPLACEMENT, bytes.len()),
            };
            replaced += (c == REPLACEMENT && len < 3) as i64;
            chars.push(c);
            bytes = &bytes[len..];
        }
        set_second_value(ctx, Value::fixnum(replaced));
        Ok(string_from_code_points(ctx, &chars))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;
    use crate::object::{simple_vector, string, string_to_rust};

    #[test]
    fn case_of_parts() {
        with_context(|ctx| {
            let s = string(ctx, "hello wORLD x2y");
            let n = |i| Value::fixnum(i);
            assert_eq!(string_to_rust(Value(string_upcase(ctx, s, n(1), n(3)))), "hELlo wORLD x2y");
            assert_eq!(string_to_rust(Value(string_capitalize(ctx, s, n(0), nil()))), "Hello World X2y");
            assert_eq!(string_to_rust(Value(substring(ctx, s, n(6), nil()))), "wORLD x2y");
            nstring_downcase(ctx, s, n(0), nil());
            assert_eq!(string_to_rust(s), "hello world x2y");
            assert_eq!(string_upcase(ctx, s, n(3), n(99)), crate::abi::tags::ERROR_MARK);
        });
    }

    #[test]
    fn comparison_finds_the_first_difference() {
        with_context(|ctx| {
            let (a, b) = (string(ctx, "abcX"), string(ctx, "ABCy"));
            let second = |ctx: &ThreadContext| {
                // SAFETY: the values area of a context has room for two values.
                Value(unsafe { *(ctx.values as *const u64).add(1) })
            };
            assert_eq!(Value(string_compare(ctx, a, b, nil(), crate::value::t())), Value::fixnum(-1));
            assert_eq!(second(ctx), Value::fixnum(3));
            assert_eq!(Value(string_compare(ctx, a, b, nil(), nil())), Value::fixnum(1));
            let edges = simple_vector(ctx, &[Value::fixnum(1), Value::fixnum(2), Value::fixnum(1), Value::fixnum(2)]);
            assert!(!Value(string_equal_p(ctx, a, b, edges, crate::value::t())).is_nil());
            assert!(Value(string_equal_p(ctx, a, b, edges, nil())).is_nil());
        });
    }

    #[test]
    fn octets_and_back() {
        with_context(|ctx| {
            let s = string(ctx, "aλ😀");
            let bytes = Value(string_to_octets(ctx, s, Value::ZERO, nil(), nil()));
            assert_eq!(bytes.size(), 7);
            let back = Value(octets_to_string(ctx, bytes, Value::ZERO, nil(), nil()));
            assert_eq!(string_to_rust(back), "aλ😀");
        });
    }
}
