//! Operations on Lisp STREAM objects: descriptor streams and string streams.
//!
//! A composite stream (HANDLE is NIL) is none of this file's business: the library takes it apart
//! before it calls down. Errors are Lisp errors.

use super::fd_stream::FdStream;
use super::{IoError, IoResult, Position, table, text_stream};
use crate::abi::layout::{kind, stream};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::symbol::{set_global_value, well_known};
use crate::object::{record, set_slot, string, string_ref};
use crate::value::{LispResult, Raised, Value, nil, t};

/// What a STREAM object stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Index into the stream table.
    Table(usize),
    /// String input stream.
    TextInput,
    /// String output stream.
    TextOutput,
    /// A stream made of others, or user-defined.
    Composite,
    Closed,
}

/// What `s` stands for; `None` when it is no STREAM object.
#[inline]
pub fn target(s: Value) -> Option<Target> {
    if !s.is_kind(kind::STREAM) {
        return None;
    }
    let direction = s.slot(stream::DIRECTION);
    let handle = s.slot(stream::HANDLE);
    Some(match handle.to_fixnum() {
        _ if direction.is_nil() => Target::Closed,
        Some(index) => Target::Table(index as usize),
        None if handle == t() && direction == well_known(Sym::KW_INPUT) => Target::TextInput,
        None if handle == t() => Target::TextOutput,
        None => Target::Composite,
    })
}

/// A STREAM object over a table entry.
pub fn make_table_stream(ctx: &mut ThreadContext, index: usize, direction: Sym, element_type: Value) -> Value {
    let mut slots = [nil(); stream::SLOTS];
    slots[stream::HANDLE] = Value::fixnum(index as i64);
    slots[stream::DIRECTION] = well_known(direction);
    slots[stream::ELEMENT_TYPE] = element_type;
    record(ctx, kind::STREAM, &slots)
}

/// A character input stream over bytes in memory (UTF-8).
pub fn make_memory_stream(ctx: &mut ThreadContext, bytes: Vec<u8>) -> Value {
    let index = table::add(FdStream::from_bytes(bytes));
    make_table_stream(ctx, index, Sym::KW_INPUT, well_known(Sym::CHARACTER))
}

/// A character input stream over a table entry that somebody else owns and closes.
pub fn make_shared_stream(ctx: &mut ThreadContext, index: usize) -> Value {
    make_table_stream(ctx, index, Sym::KW_INPUT, well_known(Sym::CHARACTER))
}

/// Opens the standard streams and makes them the values of the standard variables. The library
/// adds the two-way streams made of them.
pub fn init_standard_streams(ctx: &mut ThreadContext) {
    table::open_standard_streams();
    for (index, direction, variable) in [
        (table::STDIN, Sym::KW_INPUT, Sym::STANDARD_INPUT),
        (table::STDOUT, Sym::KW_OUTPUT, Sym::STANDARD_OUTPUT),
        (table::STDERR, Sym::KW_OUTPUT, Sym::ERROR_OUTPUT),
    ] {
        let s = make_table_stream(ctx, index, direction, well_known(Sym::CHARACTER));
        set_global_value(ctx, well_known(variable), s);
    }
}

fn type_error(ctx: &mut ThreadContext, s: Value) -> Raised {
    ctx.raise(ErrorKind::Type, &[s, well_known(Sym::STREAM)])
}

/// A stream error with this text.
pub fn stream_error(ctx: &mut ThreadContext, s: Value, message: &str) -> Raised {
    let message = string(ctx, message);
    ctx.raise(ErrorKind::Stream, &[s, message])
}

fn direction_error(ctx: &mut ThreadContext, s: Value) -> Raised {
    stream_error(ctx, s, &IoError::Direction.message())
}

#[inline]
fn expect_target(ctx: &mut ThreadContext, s: Value) -> LispResult<Target> {
    match target(s) {
        Some(Target::Closed) => Err(stream_error(ctx, s, &IoError::Closed.message())),
        Some(Target::Composite) | None => Err(type_error(ctx, s)),
        Some(target) => Ok(target),
    }
}

/// Runs `f` on a table entry, again while signals interrupt it that Lisp need not see.
fn on_table<R>(
    ctx: &mut ThreadContext,
    s: Value,
    index: usize,
    mut f: impl FnMut(&mut FdStream) -> IoResult<R>,
) -> LispResult<R> {
    loop {
        match table::with(index, &mut f).unwrap_or(Err(IoError::Closed)) {
            Ok(result) => return Ok(result),
            Err(IoError::Interrupted) if ctx.interrupts == 0 => {}
            Err(IoError::Interrupted) => return Err(ctx.raise(ErrorKind::Interrupt, &[])),
            Err(error) => return Err(stream_error(ctx, s, &error.message())),
        }
    }
}

/// Before waiting for an interactive stream: show the prompt.
pub fn flush_prompt(input: &mut FdStream) {
    if input.is_interactive() {
        // A failing terminal shows itself at the next output operation.
        let _ = table::with(table::STDOUT, FdStream::flush);
    }
}

// Characters in.

/// The next character, or `None` at the end.
pub fn read_char(ctx: &mut ThreadContext, s: Value) -> LispResult<Option<u32>> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| {
            flush_prompt(f);
            f.read_char()
        }),
        Target::TextInput => Ok(text_stream::read(ctx, s)),
        _ => Err(direction_error(ctx, s)),
    }
}

pub fn peek_char(ctx: &mut ThreadContext, s: Value) -> LispResult<Option<u32>> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| {
            flush_prompt(f);
            f.peek_char()
        }),
        Target::TextInput => Ok(text_stream::peek(s)),
        _ => Err(direction_error(ctx, s)),
    }
}

/// Puts the last character back.
pub fn unread_char(ctx: &mut ThreadContext, s: Value) -> LispResult<()> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, FdStream::unread_char),
        Target::TextInput if text_stream::index(s) > 0 => {
            text_stream::set_index(ctx, s, text_stream::index(s) - 1);
            Ok(())
        }
        Target::TextInput => Err(stream_error(ctx, s, &IoError::Unread.message())),
        _ => Err(direction_error(ctx, s)),
    }
}

/// A line without its newline, and whether the newline was there; `None` at the end.
pub fn read_line(ctx: &mut ThreadContext, s: Value) -> LispResult<Option<(Vec<u32>, bool)>> {
    let mut line = Vec::new();
    let ended = match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| {
            flush_prompt(f);
            f.read_line(&mut line)
        })?,
        Target::TextInput => loop {
            match text_stream::read(ctx, s) {
                None => break false,
                Some(c) if c == '\n' as u32 => break true,
                Some(c) => line.push(c),
            }
        },
        _ => return Err(direction_error(ctx, s)),
    };
    Ok((ended || !line.is_empty()).then_some((line, ended)))
}

/// Up to `max` characters; fewer only at the end.
pub fn read_chars(ctx: &mut ThreadContext, s: Value, max: usize) -> LispResult<Vec<u32>> {
    let mut out = Vec::new();
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| {
            while out.len() < max
                && let Some(c) = f.read_char()?
            {
                out.push(c);
            }
            Ok(())
        })?,
        Target::TextInput => {
            while out.len() < max
                && let Some(c) = text_stream::read(ctx, s)
            {
                out.push(c);
            }
        }
        _ => return Err(direction_error(ctx, s)),
    }
    Ok(out)
}

pub fn listen(ctx: &mut ThreadContext, s: Value) -> LispResult<bool> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, FdStream::listen),
        Target::TextInput => Ok(text_stream::peek(s).is_some()),
        _ => Err(direction_error(ctx, s)),
    }
}

pub fn clear_input(ctx: &mut ThreadContext, s: Value) -> LispResult<()> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, FdStream::clear_input),
        Target::TextInput => Ok(()),
        _ => Err(direction_error(ctx, s)),
    }
}

/// Where the next character of an input stream begins, as far as the stream knows.
pub fn position(s: Value) -> Position {
    match target(s) {
        Some(Target::Table(index)) => table::with(index, |f| f.position()).unwrap_or(Position::START),
        Some(Target::TextInput) => text_stream::position(s),
        _ => Position::START,
    }
}

// Characters out.

pub fn write_char(ctx: &mut ThreadContext, s: Value, c: u32) -> LispResult<()> {
    write_chars(ctx, s, std::iter::once(c))
}

pub fn write_chars(ctx: &mut ThreadContext, s: Value, chars: impl Iterator<Item = u32>) -> LispResult<()> {
    match expect_target(ctx, s)? {
        Target::Table(index) => {
            let mut chars = chars;
            on_table(ctx, s, index, |f| f.write_chars(&mut chars))
        }
        Target::TextOutput => {
            for c in chars {
                text_stream::write(ctx, s, c);
            }
            Ok(())
        }
        _ => Err(direction_error(ctx, s)),
    }
}

/// Writes characters `start` to `end` of a simple string.
pub fn write_part(ctx: &mut ThreadContext, s: Value, data: Value, start: usize, end: usize) -> LispResult<()> {
    if target(s) == Some(Target::TextOutput) {
        text_stream::write_part(ctx, s, data, start, end);
        return Ok(());
    }
    write_chars(ctx, s, (start..end).map(|i| string_ref(data, i)))
}

pub fn write_str(ctx: &mut ThreadContext, s: Value, text: &str) -> LispResult<()> {
    write_chars(ctx, s, text.chars().map(|c| c as u32))
}

/// Characters since the last newline, when the stream knows.
pub fn column(s: Value) -> Option<u64> {
    match target(s)? {
        Target::Table(index) => table::with(index, |f| f.column()).flatten(),
        Target::TextOutput => Some(text_stream::column(s) as u64),
        _ => None,
    }
}

pub fn flush(ctx: &mut ThreadContext, s: Value) -> LispResult<()> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, FdStream::flush),
        _ => Ok(()),
    }
}

pub fn clear_output(ctx: &mut ThreadContext, s: Value) -> LispResult<()> {
    if let Target::Table(index) = expect_target(ctx, s)? {
        on_table(ctx, s, index, |f| {
            f.clear_output();
            Ok(())
        })?;
    }
    Ok(())
}

// Bytes, files, closing.

/// Fills `out` with bytes; fewer only at the end.
pub fn read_bytes(ctx: &mut ThreadContext, s: Value, out: &mut [u8]) -> LispResult<usize> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| f.read_bytes(out)),
        _ => Err(direction_error(ctx, s)),
    }
}

pub fn write_bytes(ctx: &mut ThreadContext, s: Value, bytes: &[u8]) -> LispResult<()> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| f.write_bytes(bytes)),
        _ => Err(direction_error(ctx, s)),
    }
}

/// Bytes (descriptor streams) or characters (string streams) before the current place.
pub fn file_position(ctx: &mut ThreadContext, s: Value) -> LispResult<Option<u64>> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| Ok(f.file_position())),
        _ => Ok(Some(text_stream::index(s) as u64)),
    }
}

/// Moves to a place; false when the stream cannot.
pub fn set_file_position(ctx: &mut ThreadContext, s: Value, target: u64) -> LispResult<bool> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, |f| f.set_file_position(target)),
        Target::TextInput if target <= text_stream::len(s) as u64 => {
            text_stream::set_index(ctx, s, target as usize);
            Ok(true)
        }
        _ => Ok(false),
    }
}

pub fn file_length(ctx: &mut ThreadContext, s: Value) -> LispResult<Option<u64>> {
    match expect_target(ctx, s)? {
        Target::Table(index) => on_table(ctx, s, index, FdStream::file_length),
        _ => Ok(None),
    }
}

/// Closes a stream; false when it was closed before.
pub fn close(ctx: &mut ThreadContext, s: Value, abort: bool) -> LispResult<bool> {
    let target = target(s).ok_or_else(|| type_error(ctx, s))?;
    if target == Target::Closed {
        return Ok(false);
    }
    set_slot(ctx, s, stream::DIRECTION, nil());
    if let Target::Table(index) = target {
        table::close(index, abort).map_err(|error| stream_error(ctx, s, &error.message()))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;
    use crate::object::text::code_points;

    #[test]
    fn memory_and_string_streams_behave_alike() {
        with_context(|ctx| {
            let memory = make_memory_stream(ctx, "ab\nλ".as_bytes().to_vec());
            let text = text_stream::make_input(ctx, &code_points("ab\nλ"));
            for s in [memory, text] {
                assert_eq!(peek_char(ctx, s).unwrap(), Some('a' as u32));
                assert_eq!(read_line(ctx, s).unwrap(), Some((code_points("ab"), true)));
                assert!(listen(ctx, s).unwrap());
                assert_eq!(read_char(ctx, s).unwrap(), Some('λ' as u32));
                unread_char(ctx, s).unwrap();
                assert_eq!(read_line(ctx, s).unwrap(), Some((code_points("λ"), false)));
                assert_eq!(read_line(ctx, s).unwrap(), None);
                assert!(write_char(ctx, s, 65).is_err());
                assert!(close(ctx, s, false).unwrap());
                assert!(!close(ctx, s, false).unwrap());
                assert!(read_char(ctx, s).is_err());
                assert_eq!(ctx.pending_kind, ErrorKind::Stream as u64);
            }
        });
    }

    #[test]
    fn what_is_no_stream_is_a_type_error() {
        with_context(|ctx| {
            assert!(read_char(ctx, nil()).is_err());
            assert_eq!(ctx.pending_kind, ErrorKind::Type as u64);
        });
    }

    #[test]
    fn string_output_counts_columns() {
        with_context(|ctx| {
            let s = text_stream::make_output(ctx);
            write_str(ctx, s, "one\ntwo").unwrap();
            assert_eq!(column(s), Some(3));
            assert!(read_char(ctx, s).is_err());
        });
    }
}
