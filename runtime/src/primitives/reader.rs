//! Primitives of chapter 23: reading and readtables.
//!
//! Macros of the reader itself stand in readtables as fixnums; the library shows them as functions,
//! which call `reader-call-builtin`.

use super::characters::expect_character;
use super::{bounds, set_second_value};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, wrong_type};
use crate::object::character::upcase;
use crate::object::text::expect_string;
use crate::primitives;
use crate::reader::readtable::{self, Builtin, Macro, Syntax, is_readtable};
use crate::reader::{self, Options};
use crate::value::{LispResult, Value, nil, t};

fn expect_readtable(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if is_readtable(v) { Ok(v) } else { Err(wrong_type(ctx, v, Sym::READTABLE)) }
}

/// What a macro entry shows as: a function designator, a fixnum, T for a dispatching one, NIL for none.
fn macro_value(entry: Option<Macro>) -> Value {
    match entry {
        None => nil(),
        Some(Macro::Builtin(id)) => Value::fixnum(id.0),
        Some(Macro::Function(function)) => function,
        Some(Macro::Dispatch(_)) => t(),
    }
}

fn not_dispatching(ctx: &mut ThreadContext, c: Value) -> crate::value::Raised {
    crate::control::errors::simple_error(ctx, "~S is not a dispatching macro character.", &[c])
}

primitives! {
    /// Reads an object. At the end: an error, or `eof_value` when `eof_error` is NIL.
    fn read_object(ctx, stream, eof_error, eof_value, recursive, preserve) {
        let options = Options { recursive: !recursive.is_nil(), preserve_whitespace: !preserve.is_nil() };
        let scope = crate::stack::handles::HandleScope::new(ctx);
        let (stream, eof_value) = (scope.handle(stream), scope.handle(eof_value));
        match reader::read(ctx, stream.get(), options)? {
            Some(value) => Ok(value),
            None if eof_error.is_nil() => Ok(eof_value.get()),
            None => Err(ctx.raise(ErrorKind::EndOfFile, &[stream.get()])),
        }
    }
    fn read_delimited_list(ctx, delimiter, stream, recursive) {
        let delimiter = expect_character(ctx, delimiter)?;
        reader::read_delimited_list(ctx, stream, delimiter, !recursive.is_nil())
    }
    /// Does what the macro `id` of the reader does on a stream. Second value: NIL when no object came of it.
    fn reader_call_builtin(ctx, stream, character, id, argument) {
        let c = expect_character(ctx, character)?;
        let id = Builtin(expect_fixnum(ctx, id)?);
        let value = reader::call_builtin(ctx, stream, id, c, argument.to_fixnum())?;
        set_second_value(ctx, Value::bool(value.is_some()));
        Ok(value.unwrap_or(nil()))
    }
    /// Whether a symbol name, printed as it is, would be read as something else in the current state.
    fn name_needs_escape(ctx, name) {
        let chars = expect_string(ctx, name)?;
        reader::name_needs_escape(ctx, &chars).map(Value::bool)
    }
    /// The integer that part of a string spells, or NIL. Second value: the index where it stopped.
    fn parse_integer_text(ctx, text, start, end, radix) {
        let chars = expect_string(ctx, text)?;
        let (start, end) = bounds(ctx, text, start, end, chars.len())?;
        let radix = match radix.to_fixnum() {
            Some(n @ 2..=36) => n as u32,
            _ => return Err(wrong_type(ctx, radix, Sym::INTEGER)),
        };
        let (value, stop) = reader::parse_integer_prefix(ctx, &chars[start..end], radix);
        set_second_value(ctx, Value::fixnum((start + stop) as i64));
        Ok(value.unwrap_or(nil()))
    }

    fn readtable_whitespace_p(ctx, table, c) {
        let table = expect_readtable(ctx, table)?;
        let c = expect_character(ctx, c)?;
        Ok(Value::bool(readtable::syntax(table, c) == Syntax::Whitespace))
    }
    fn readtablep(ctx, v) { Ok(Value::bool(is_readtable(v))) }
    /// A readtable with standard syntax.
    fn make_standard_readtable(ctx) { Ok(readtable::make_standard(ctx)) }
    /// Copies into `to`, or a new readtable when that is NIL. `from` NIL means standard syntax.
    fn copy_readtable(ctx, from, to) {
        let from = if from.is_nil() { readtable::make_standard(ctx) } else { expect_readtable(ctx, from)? };
        if to.is_nil() {
            return Ok(readtable::copy(ctx, from));
        }
        let to = expect_readtable(ctx, to)?;
        readtable::copy_into(ctx, from, to);
        Ok(to)
    }
    fn readtable_case(ctx, table) { expect_readtable(ctx, table).map(readtable::case_keyword) }
    fn set_readtable_case(ctx, table, case) {
        let table = expect_readtable(ctx, table)?;
        if readtable::set_case(ctx, table, case) { Ok(case) } else { Err(wrong_type(ctx, case, Sym::SYMBOL)) }
    }
    /// A function designator, a fixnum for a macro of the reader, T for a dispatching character, NIL.
    /// Second value: whether it may stand inside tokens.
    fn readtable_macro(ctx, table, character) {
        let (table, c) = (expect_readtable(ctx, table)?, expect_character(ctx, character)?);
        let inside = readtable::syntax(table, c) == Syntax::NonTerminatingMacro;
        set_second_value(ctx, Value::bool(inside));
        Ok(macro_value(readtable::macro_character(table, c)))
    }
    fn set_readtable_macro(ctx, table, character, function, non_terminating) {
        let (table, c) = (expect_readtable(ctx, table)?, expect_character(ctx, character)?);
        readtable::set_macro_character(ctx, table, c, function, !non_terminating.is_nil());
        Ok(t())
    }
    fn make_readtable_dispatch(ctx, table, character, non_terminating) {
        let (table, c) = (expect_readtable(ctx, table)?, expect_character(ctx, character)?);
        readtable::make_dispatch(ctx, table, c, !non_terminating.is_nil());
        Ok(t())
    }
    fn readtable_dispatch_macro(ctx, table, character, sub) {
        let (table, c) = (expect_readtable(ctx, table)?, expect_character(ctx, character)?);
        let sub = upcase(expect_character(ctx, sub)?);
        match readtable::dispatch_table(table, c) {
            Some(dispatch) => Ok(macro_value(readtable::dispatch_macro(dispatch, sub))),
            None => Err(not_dispatching(ctx, character)),
        }
    }
    fn set_readtable_dispatch_macro(ctx, table, character, sub, function) {
        let (table, c) = (expect_readtable(ctx, table)?, expect_character(ctx, character)?);
        let sub = upcase(expect_character(ctx, sub)?);
        if readtable::set_dispatch_entry(ctx, table, c, sub, function) {
            Ok(t())
        } else {
            Err(not_dispatching(ctx, character))
        }
    }
    fn set_readtable_syntax_from(ctx, to_table, to, from_table, from) {
        let (to_table, from_table) = (expect_readtable(ctx, to_table)?, expect_readtable(ctx, from_table)?);
        let (to, from) = (expect_character(ctx, to)?, expect_character(ctx, from)?);
        readtable::set_syntax_from(ctx, to_table, to, from_table, from);
        Ok(t())
    }
}
