//! Primitives of chapter 21: descriptor and string streams. NIL stands for the end of a stream.
//!
//! Composite and user-defined streams are the library's; it calls these with their parts.

use super::characters::expect_character;
use super::strings::{octets, put};
use super::{bounds, set_second_value};
use crate::abi::layout::kind;
use crate::abi::thread_context::ErrorKind;
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, wrong_type};
use crate::io::decode::Encoding;
use crate::io::fd_stream::{FdStream, Flush};
use crate::io::lisp_stream::{self, Target, make_table_stream};
use crate::io::open::{self, Direction, IfExists, IfMissing};
use crate::io::{bytes, table, text_stream};
use crate::object::symbol::{symbol_text, well_known};
use crate::object::text::{expect_designator, expect_string, rust_text, string_span};
use crate::object::{list, record, string, wide_string_from_code_points};
use crate::primitives;
use crate::value::{Value, nil, t};

fn character_or_nil(c: Option<u32>) -> Value {
    c.map_or(nil(), Value::character)
}
fn integer_or_nil(n: Option<u64>) -> Value {
    n.and_then(|n| Value::try_fixnum(n as i64)).unwrap_or(nil())
}

fn keyword_text(v: Value) -> String {
    if v.is_symbol() { symbol_text(v) } else { String::new() }
}

fn if_exists(v: Value) -> Option<IfExists> {
    Some(match keyword_text(v).as_str() {
        "ERROR" => IfExists::Error,
        "RENAME" | "NEW-VERSION" => IfExists::Rename,
        "SUPERSEDE" | "RENAME-AND-DELETE" => IfExists::Supersede,
        "OVERWRITE" => IfExists::Overwrite,
        "APPEND" => IfExists::Append,
        "NIL" => IfExists::Nil,
        _ => return None,
    })
}

fn if_missing(v: Value) -> Option<IfMissing> {
    Some(match keyword_text(v).as_str() {
        "ERROR" => IfMissing::Error,
        "CREATE" => IfMissing::Create,
        "NIL" => IfMissing::Nil,
        _ => return None,
    })
}

fn direction(v: Value) -> Option<(Direction, Sym)> {
    Some(match keyword_text(v).as_str() {
        "INPUT" => (Direction::Input, Sym::KW_INPUT),
        "OUTPUT" => (Direction::Output, Sym::KW_OUTPUT),
        "IO" => (Direction::Io, Sym::KW_IO),
        _ => return None,
    })
}

fn on_descriptor<R>(s: Value, f: impl FnOnce(&mut FdStream) -> R) -> Option<R> {
    match lisp_stream::target(s)? {
        Target::Table(index) => table::with(index, f),
        _ => None,
    }
}

primitives! {
    /// The next character, or NIL at the end.
    fn stream_read_char(ctx, s) { lisp_stream::read_char(ctx, s).map(character_or_nil) }
    fn stream_peek_char(ctx, s) { lisp_stream::peek_char(ctx, s).map(character_or_nil) }
    /// Puts back the last character read, which is `c`.
    fn stream_unread_char(ctx, s, c) {
        expect_character(ctx, c)?;
        lisp_stream::unread_char(ctx, s).map(|()| nil())
    }
    /// A line, or NIL at the end. Second value: T when no newline ended it.
    fn stream_read_line(ctx, s) {
        match lisp_stream::read_line(ctx, s)? {
            Some((line, ended)) => {
                let line = wide_string_from_code_points(ctx, &line);
                set_second_value(ctx, Value::bool(!ended));
                Ok(line)
            }
            None => {
                set_second_value(ctx, t());
                Ok(nil())
            }
        }
    }
    /// Reads characters into part of a simple or other string; the index after the last one.
    fn stream_read_chars(ctx, s, text, start, end) {
        let Some(span) = string_span(text) else { return Err(wrong_type(ctx, text, Sym::STRING)) };
        let (start, end) = bounds(ctx, text, start, end, span.len)?;
        let chars = lisp_stream::read_chars(ctx, s, end - start)?;
        for (i, &c) in chars.iter().enumerate() {
            if !put(span.data, span.start + start + i, c) {
                return Err(wrong_type(ctx, Value::character(c), Sym::CL_CHARACTER_TYPE));
            }
        }
        Ok(Value::fixnum((start + chars.len()) as i64))
    }
    /// Whether input is there.
    fn stream_listen(ctx, s) { lisp_stream::listen(ctx, s).map(Value::bool) }
    fn stream_clear_input(ctx, s) { lisp_stream::clear_input(ctx, s).map(|()| nil()) }

    fn stream_write_char(ctx, s, c) {
        let code = expect_character(ctx, c)?;
        lisp_stream::write_char(ctx, s, code)?;
        Ok(c)
    }
    /// Writes part of a string.
    fn stream_write_string(ctx, s, text, start, end) {
        let Some(span) = string_span(text) else { return Err(wrong_type(ctx, text, Sym::STRING)) };
        let (start, end) = bounds(ctx, text, start, end, span.len)?;
        lisp_stream::write_part(ctx, s, span.data, span.start + start, span.start + end)?;
        Ok(text)
    }
    /// Characters since the last newline, or NIL when unknown.
    fn stream_column(ctx, s) { Ok(integer_or_nil(lisp_stream::column(s))) }
    /// Writes out what is buffered.
    fn stream_flush(ctx, s) { lisp_stream::flush(ctx, s).map(|()| nil()) }
    fn stream_clear_output(ctx, s) { lisp_stream::clear_output(ctx, s).map(|()| nil()) }

    fn make_string_input_stream(ctx, text, start, end) {
        let chars = expect_string(ctx, text)?;
        let (start, end) = bounds(ctx, text, start, end, chars.len())?;
        Ok(text_stream::make_input(ctx, &chars[start..end]))
    }
    fn make_string_output_stream(ctx) { Ok(text_stream::make_output(ctx)) }
    /// The index of the next character of a string input stream.
    fn string_stream_index(ctx, s) {
        match lisp_stream::target(s) {
            Some(Target::TextInput) => Ok(Value::fixnum(text_stream::index(s) as i64)),
            _ => Err(wrong_type(ctx, s, Sym::STREAM)),
        }
    }
    /// A stream object whose meaning the library knows: a type and parts.
    fn make_composite_stream(ctx, direction, element_type, composite_type, parts) {
        Ok(record(ctx, kind::STREAM, &[nil(), direction, element_type, composite_type, parts]))
    }
    /// What was written to a string output stream since the last time.
    fn get_output_stream_string(ctx, s) {
        match lisp_stream::target(s) {
            Some(Target::TextOutput) => Ok(text_stream::take(ctx, s)),
            _ => Err(wrong_type(ctx, s, Sym::STREAM)),
        }
    }

    /// Opens a file; NIL when the options say to give up. The name is a string, the options keywords.
    fn open_file(ctx, name, direction_keyword, exists, missing, format) {
        let path = rust_text(&expect_designator(ctx, name)?);
        let Some((to, keyword)) = direction(direction_keyword) else {
            return Err(wrong_type(ctx, direction_keyword, Sym::SYMBOL));
        };
        let Some(exists) = if_exists(exists) else { return Err(wrong_type(ctx, exists, Sym::SYMBOL)) };
        let Some(missing) = if_missing(missing) else { return Err(wrong_type(ctx, missing, Sym::SYMBOL)) };
        match open::open(path.as_bytes(), to, exists, missing) {
            Ok(None) => Ok(nil()),
            Ok(Some(mut stream)) => {
                if keyword_text(format).starts_with("LATIN") {
                    stream.set_encoding(Encoding::Latin1);
                }
                let index = table::add(stream);
                Ok(make_table_stream(ctx, index, keyword, well_known(Sym::CHARACTER)))
            }
            Err(message) => {
                let message = string(ctx, &message);
                Err(ctx.raise(ErrorKind::File, &[name, message]))
            }
        }
    }
    /// A stream over descriptors; NIL for a direction that it does not have. It owns them.
    fn make_descriptor_stream(ctx, input, output, each_line) {
        let input = if input.is_nil() { None } else { Some(expect_fixnum(ctx, input)? as i32) };
        let output = if output.is_nil() { None } else { Some(expect_fixnum(ctx, output)? as i32) };
        let direction = match (input, output) {
            (Some(_), None) => Sym::KW_INPUT,
            (None, Some(_)) => Sym::KW_OUTPUT,
            _ => Sym::KW_IO,
        };
        let mut stream = FdStream::new(input, output);
        if !each_line.is_nil() {
            stream.set_flush(Flush::EachLine);
        }
        let index = table::add(stream);
        Ok(make_table_stream(ctx, index, direction, well_known(Sym::CHARACTER)))
    }
    /// Closes a stream; NIL when it was closed before.
    fn stream_close(ctx, s, abort) { lisp_stream::close(ctx, s, !abort.is_nil()).map(Value::bool) }
    /// Whether the stream is a terminal.
    fn stream_interactive_p(ctx, s) {
        Ok(Value::bool(on_descriptor(s, |f| f.is_interactive()).unwrap_or(false)))
    }
    /// The descriptor of a stream, or NIL.
    fn stream_descriptor(ctx, s) {
        Ok(on_descriptor(s, |f| f.descriptor()).flatten().map_or(nil(), |fd| Value::fixnum(fd as i64)))
    }
    /// :UTF-8 or :LATIN-1.
    fn stream_encoding(ctx, s) {
        let name = match on_descriptor(s, |f| f.encoding()) {
            Some(Encoding::Latin1) => "LATIN-1",
            _ => "UTF-8",
        };
        Ok(crate::object::package::keyword(ctx, name))
    }
    /// How many ill-formed octet sequences were read as U+FFFD.
    fn stream_decoding_errors(ctx, s) {
        Ok(integer_or_nil(Some(on_descriptor(s, |f| f.replaced_sequences()).unwrap_or(0))))
    }
    /// List of byte offset, line and column of the next character to be read.
    fn stream_place(ctx, s) {
        let p = lisp_stream::position(s);
        let numbers = [p.byte as i64, p.line as i64, p.column as i64];
        Ok(list(ctx, &numbers.map(Value::fixnum)))
    }
    /// Bytes (string streams: characters) before the current place, or NIL.
    fn stream_file_position(ctx, s) { lisp_stream::file_position(ctx, s).map(integer_or_nil) }
    /// T when the stream could move there.
    fn set_stream_file_position(ctx, s, place) {
        let target = match place.to_fixnum() {
            Some(n @ 0..) => n as u64,
            _ => return Err(wrong_type(ctx, place, Sym::UNSIGNED_BYTE)),
        };
        lisp_stream::set_file_position(ctx, s, target).map(Value::bool)
    }
    /// Bytes in the file, or NIL.
    fn stream_file_length(ctx, s) { lisp_stream::file_length(ctx, s).map(integer_or_nil) }

    /// The next integer of a stream whose element type is an integer type of whole octets, low octet
    /// first; NIL at the end.
    fn stream_read_byte(ctx, s) { bytes::read(ctx, s) }
    fn stream_write_byte(ctx, s, n) {
        bytes::write(ctx, s, n)?;
        Ok(n)
    }
    /// Reads into part of a vector of octets; the index after the last one.
    fn stream_read_octets(ctx, s, vector, start, end) {
        let room = octets(ctx, vector, start, end)?;
        let n = lisp_stream::read_bytes(ctx, s, room)?;
        Ok(Value::fixnum(expect_fixnum(ctx, start)? + n as i64))
    }
    /// Writes part of a vector of octets.
    fn stream_write_octets(ctx, s, vector, start, end) {
        let bytes = octets(ctx, vector, start, end)?;
        lisp_stream::write_bytes(ctx, s, bytes)?;
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::layout::stream;
    use crate::abi::thread_context::ThreadContext;
    use crate::object::package::keyword;
    use crate::object::set_slot;
    use crate::object::string_to_rust;
    use crate::object::testing::with_context;

    #[test]
    fn a_file_is_written_and_read() {
        with_context(|ctx| {
            let path = std::env::temp_dir().join(format!("rook-streams-{}", std::process::id()));
            let name = string(ctx, path.to_str().unwrap());
            let (output, input) = (keyword(ctx, "OUTPUT"), keyword(ctx, "INPUT"));
            let (supersede, create, error) = (keyword(ctx, "SUPERSEDE"), keyword(ctx, "CREATE"), keyword(ctx, "ERROR"));
            let out = Value(open_file(ctx, name, output, supersede, create, nil()));
            let text = string(ctx, "λ one\ntwo");
            stream_write_string(ctx, out, text, Value::ZERO, nil());
            assert_eq!(Value(stream_column(ctx, out)), Value::fixnum(3));
            assert_eq!(Value(stream_close(ctx, out, nil())), t());
            let s = Value(open_file(ctx, name, input, error, error, nil()));
            assert_eq!(string_to_rust(Value(stream_read_line(ctx, s))), "λ one");
            assert_eq!(Value(stream_read_char(ctx, s)), Value::character('t' as u32));
            assert_eq!(Value(stream_file_position(ctx, s)), Value::fixnum(8));
            assert_eq!(Value(stream_file_length(ctx, s)), Value::fixnum(10));
            assert_eq!(string_to_rust(Value(stream_read_line(ctx, s))), "wo");
            assert!(Value(stream_read_line(ctx, s)).is_nil());
            stream_close(ctx, s, nil());
            let out = Value(open_file(ctx, name, output, supersede, create, nil()));
            let element = |ctx: &mut ThreadContext, kind: Sym, bits| {
                list(ctx, &[well_known(kind), Value::fixnum(bits)])
            };
            let numbers = [(Sym::UNSIGNED_BYTE, 8, 200), (Sym::SIGNED_BYTE, 16, -2), (Sym::SIGNED_BYTE, 64, i64::MIN >> 1)];
            for (kind, bits, n) in numbers {
                let element_type = element(ctx, kind, bits);
                set_slot(ctx, out, stream::ELEMENT_TYPE, element_type);
                assert_eq!(Value(stream_write_byte(ctx, out, Value::fixnum(n))), Value::fixnum(n));
                let bad = stream_write_byte(ctx, out, nil());
                assert_eq!(bad, crate::abi::tags::ERROR_MARK);
            }
            stream_close(ctx, out, nil());
            let s = Value(open_file(ctx, name, input, error, error, nil()));
            for (kind, bits, n) in numbers {
                let element_type = element(ctx, kind, bits);
                set_slot(ctx, s, stream::ELEMENT_TYPE, element_type);
                assert_eq!(Value(stream_read_byte(ctx, s)), Value::fixnum(n));
            }
            assert!(Value(stream_read_byte(ctx, s)).is_nil());
            stream_close(ctx, s, nil());
            std::fs::remove_file(&path).unwrap();
            assert_eq!(open_file(ctx, name, input, error, error, nil()), crate::abi::tags::ERROR_MARK);
            assert_eq!(ctx.pending_kind, ErrorKind::File as u64);
        });
    }
}
