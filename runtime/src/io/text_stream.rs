//! String streams. Their whole state is in the Lisp STREAM object, so the collector frees them.
//!
//! Slot HANDLE is T; DATA1 the text, DATA2 a fixnum: the next character of an input stream, the
//! number of characters written to an output stream (DATA1 is then a buffer with room).

use super::Position;
use crate::abi::layout::{kind, stream};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::heap::allocate;
use crate::object::symbol::well_known;
use crate::object::{record, set_slot, string_from_code_points, string_ref};
use crate::value::{Value, nil, t};

const INITIAL_CHARACTERS: usize = 64;
/// A buffer larger than this is given up when its text is taken.
const KEPT_CHARACTERS: usize = 1 << 12;

fn make(ctx: &mut ThreadContext, direction: Sym, text: Value) -> Value {
    let mut slots = [nil(); stream::SLOTS];
    slots[stream::HANDLE] = t();
    slots[stream::DIRECTION] = well_known(direction);
    slots[stream::ELEMENT_TYPE] = well_known(Sym::CHARACTER);
    slots[stream::DATA1] = text;
    slots[stream::DATA2] = Value::ZERO;
    record(ctx, kind::STREAM, &slots)
}

/// An input stream over these characters.
pub fn make_input(ctx: &mut ThreadContext, text: &[u32]) -> Value {
    let text = string_from_code_points(ctx, text);
    make(ctx, Sym::KW_INPUT, text)
}

/// An output stream that collects characters.
pub fn make_output(ctx: &mut ThreadContext) -> Value {
    let buffer = make_buffer(ctx, kind::BASE_STRING, INITIAL_CHARACTERS);
    make(ctx, Sym::KW_OUTPUT, buffer)
}

fn make_buffer(ctx: &mut ThreadContext, k: u8, len: usize) -> Value {
    let base = allocate(ctx, crate::abi::layout::header(k, len as u64));
    Value(base as u64 | crate::abi::tags::OTHER_TAG)
}

/// Index of the next character (input), or count of characters written (output).
#[inline]
pub fn index(s: Value) -> usize {
    s.slot(stream::DATA2).as_fixnum() as usize
}
#[inline]
pub fn set_index(ctx: &mut ThreadContext, s: Value, index: usize) {
    set_slot(ctx, s, stream::DATA2, Value::fixnum(index as i64));
}
#[inline]
fn text(s: Value) -> Value {
    s.slot(stream::DATA1)
}

/// The next character, not consumed.
#[inline]
pub fn peek(s: Value) -> Option<u32> {
    let i = index(s);
    (i < text(s).size()).then(|| string_ref(text(s), i))
}
/// Number of characters of an input stream.
pub fn len(s: Value) -> usize {
    text(s).size()
}
#[inline]
pub fn read(ctx: &mut ThreadContext, s: Value) -> Option<u32> {
    let c = peek(s)?;
    set_index(ctx, s, index(s) + 1);
    Some(c)
}

/// Where the next character of an input stream begins; bytes count characters.
pub fn position(s: Value) -> Position {
    let chars = (0..index(s)).map(|i| string_ref(text(s), i));
    chars.fold(Position::START, |p, c| p.after(c, 1))
}

/// Appends one character.
#[inline]
pub fn write(ctx: &mut ThreadContext, s: Value, c: u32) {
    let i = index(s);
    let buffer = make_room(ctx, s, 1, c > 0xff);
    // SAFETY: `make_room` made room for index `i` and storage wide enough for `c`.
    unsafe { store(buffer, i, c) };
    set_index(ctx, s, i + 1);
}

/// Appends characters `start` to `end` of a simple string.
pub fn write_part(ctx: &mut ThreadContext, s: Value, data: Value, start: usize, end: usize) {
    let i = index(s);
    let wide = data.is_kind(kind::STRING) && (start..end).any(|k| string_ref(data, k) > 0xff);
    let buffer = make_room(ctx, s, end - start, wide);
    // SAFETY: `make_room` made room for as many characters, and storage wide enough for them.
    unsafe { copy(data, start, buffer, i, end - start) };
    set_index(ctx, s, i + end - start);
}

/// Stores character `i` of a simple string.
///
/// # Safety
/// `i` is less than its size, and `c` fits its kind.
unsafe fn store(string: Value, i: usize, c: u32) {
    // SAFETY: by the caller's promise.
    unsafe {
        let body = string.base().add(1);
        if string.is_kind(kind::BASE_STRING) {
            *(body as *mut u8).add(i) = c as u8;
        } else {
            *(body as *mut u32).add(i) = c;
        }
    }
}

/// Copies `n` characters between simple strings of any kinds.
///
/// # Safety
/// Both ranges lie inside their strings, and the characters fit the kind of `to`.
unsafe fn copy(from: Value, from_start: usize, to: Value, to_start: usize, n: usize) {
    // SAFETY: by the caller's promise.
    unsafe {
        let (source, target) = (from.base().add(1), to.base().add(1));
        match (from.is_kind(kind::BASE_STRING), to.is_kind(kind::BASE_STRING)) {
            (true, true) => std::ptr::copy((source as *const u8).add(from_start), (target as *mut u8).add(to_start), n),
            (false, false) => std::ptr::copy((source as *const u32).add(from_start), (target as *mut u32).add(to_start), n),
            (true, false) => {
                for k in 0..n {
                    *(target as *mut u32).add(to_start + k) = *(source as *const u8).add(from_start + k) as u32;
                }
            }
            (false, true) => {
                for k in 0..n {
                    *(target as *mut u8).add(to_start + k) = *(source as *const u32).add(from_start + k) as u8;
                }
            }
        }
    }
}

/// The buffer with room for `n` more characters, of wide storage when they need it.
fn make_room(ctx: &mut ThreadContext, s: Value, n: usize, wide: bool) -> Value {
    let old = text(s);
    let used = index(s);
    let widen = wide && old.is_kind(kind::BASE_STRING);
    if used + n <= old.size() && !widen {
        return old;
    }
    let k = if wide || old.is_kind(kind::STRING) { kind::STRING } else { kind::BASE_STRING };
    let room = if used + n > old.size() { (used * 2).max(used + n).max(INITIAL_CHARACTERS) } else { old.size() };
    let new = make_buffer(ctx, k, room);
    // SAFETY: `room` is at least `used`, and the storage is at least as wide as before.
    unsafe { copy(old, 0, new, 0, used) };
    set_slot(ctx, s, stream::DATA1, new);
    new
}

/// The characters written so far; the stream is empty afterwards. The string is a wide one, because
/// its new owner may store any character into it.
pub fn take(ctx: &mut ThreadContext, s: Value) -> Value {
    let n = index(s);
    let result = make_buffer(ctx, kind::STRING, n);
    // SAFETY: both strings have at least `n` characters, and a wide one holds any.
    unsafe { copy(text(s), 0, result, 0, n) };
    if text(s).size() > KEPT_CHARACTERS {
        let buffer = make_buffer(ctx, kind::BASE_STRING, INITIAL_CHARACTERS);
        set_slot(ctx, s, stream::DATA1, buffer);
    }
    set_index(ctx, s, 0);
    result
}

/// Characters since the last newline of an output stream.
pub fn column(s: Value) -> usize {
    let end = index(s);
    (0..end).rev().take_while(|&i| string_ref(text(s), i) != '\n' as u32).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::string_to_rust;
    use crate::object::testing::with_context;
    use crate::object::text::code_points;

    #[test]
    fn input_reads_and_knows_its_place() {
        with_context(|ctx| {
            let s = make_input(ctx, &code_points("a\nλ"));
            assert_eq!(read(ctx, s), Some('a' as u32));
            assert_eq!(read(ctx, s), Some('\n' as u32));
            assert_eq!(position(s), Position { byte: 2, line: 2, column: 1 });
            assert_eq!(peek(s), Some('λ' as u32));
            assert_eq!(read(ctx, s), Some('λ' as u32));
            assert_eq!(read(ctx, s), None);
        });
    }

    #[test]
    fn output_grows_and_widens() {
        with_context(|ctx| {
            let s = make_output(ctx);
            let expected: String = (0..200).map(|i| if i == 100 { 'λ' } else { 'x' }).collect();
            for c in expected.chars() {
                write(ctx, s, c as u32);
            }
            assert_eq!(column(s), 200);
            let taken = take(ctx, s);
            assert_eq!(string_to_rust(taken), expected);
            assert_eq!(column(s), 0);
            write(ctx, s, '\n' as u32);
            write(ctx, s, 'y' as u32);
            assert_eq!(column(s), 1);
            let taken = take(ctx, s);
            assert_eq!(string_to_rust(taken), "\ny");
        });
    }
}
