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
pub fn index(s: Value) -> usize {
    s.slot(stream::DATA2).as_fixnum() as usize
}
pub fn set_index(ctx: &mut ThreadContext, s: Value, index: usize) {
    set_slot(ctx, s, stream::DATA2, Value::fixnum(index as i64));
}
fn text(s: Value) -> Value {
    s.slot(stream::DATA1)
}

/// The next character, not consumed.
pub fn peek(s: Value) -> Option<u32> {
    let i = index(s);
    (i < text(s).size()).then(|| string_ref(text(s), i))
}
/// Number of characters of an input stream.
pub fn len(s: Value) -> usize {
    text(s).size()
}
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
pub fn write(ctx: &mut ThreadContext, s: Value, c: u32) {
    let i = index(s);
    let mut buffer = text(s);
    if i == buffer.size() || (c > 0xff && buffer.is_kind(kind::BASE_STRING)) {
        buffer = grow(ctx, s, c);
    }
    // SAFETY: `grow` made room for index `i` and storage wide enough for `c`.
    unsafe {
        let body = buffer.base().add(1);
        if buffer.is_kind(kind::BASE_STRING) {
            *(body as *mut u8).add(i) = c as u8;
        } else {
            *(body as *mut u32).add(i) = c;
        }
    }
    set_index(ctx, s, i + 1);
}

/// A new buffer with the same characters, room for more, and wide storage when `c` needs it.
fn grow(ctx: &mut ThreadContext, s: Value, c: u32) -> Value {
    let old = text(s);
    let used = index(s);
    let k = if c > 0xff || old.is_kind(kind::STRING) { kind::STRING } else { kind::BASE_STRING };
    let room = if used == old.size() { (used * 2).max(INITIAL_CHARACTERS) } else { old.size() };
    let new = make_buffer(ctx, k, room);
    for i in 0..used {
        let c = string_ref(old, i);
        // SAFETY: `room` exceeds `used`, and the storage is at least as wide as before.
        unsafe {
            let body = new.base().add(1);
            if k == kind::BASE_STRING {
                *(body as *mut u8).add(i) = c as u8;
            } else {
                *(body as *mut u32).add(i) = c;
            }
        }
    }
    set_slot(ctx, s, stream::DATA1, new);
    new
}

/// The characters written so far; the stream is empty afterwards.
pub fn take(ctx: &mut ThreadContext, s: Value) -> Value {
    let chars: Vec<u32> = (0..index(s)).map(|i| string_ref(text(s), i)).collect();
    if text(s).size() > KEPT_CHARACTERS {
        let buffer = make_buffer(ctx, kind::BASE_STRING, INITIAL_CHARACTERS);
        set_slot(ctx, s, stream::DATA1, buffer);
    }
    set_index(ctx, s, 0);
    string_from_code_points(ctx, &chars)
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
