//! Raising the common errors from Rust.

use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::text::{rust_text, string_code_points};
use crate::object::{list, string};
use crate::value::{LispResult, Raised, Value};

/// `datum` is not of the type that the well-known symbol names.
pub fn wrong_type(ctx: &mut ThreadContext, datum: Value, expected: Sym) -> Raised {
    ctx.raise(ErrorKind::Type, &[datum, well_known(expected)])
}

/// A simple error with a format control and its arguments.
pub fn simple_error(ctx: &mut ThreadContext, control: &str, args: &[Value]) -> Raised {
    formatted(ctx, ErrorKind::Simple, control, args)
}

/// A program error with a format control and its arguments.
pub fn program_error(ctx: &mut ThreadContext, control: &str, args: &[Value]) -> Raised {
    formatted(ctx, ErrorKind::Program, control, args)
}

fn formatted(ctx: &mut ThreadContext, kind: ErrorKind, control: &str, args: &[Value]) -> Raised {
    let control = string(ctx, control);
    let args = list(ctx, args);
    ctx.raise(kind, &[control, args])
}

/// A call with more arguments than the argument area holds.
pub fn too_many_arguments(ctx: &mut ThreadContext, count: usize) -> Raised {
    let args = [Value::fixnum(count as i64), Value::fixnum(ARGUMENT_AREA_WORDS as i64)];
    program_error(ctx, "A call with ~D arguments exceeds CALL-ARGUMENTS-LIMIT (~D).", &args)
}

/// `v` when it is a symbol.
pub fn expect_symbol(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if v.is_symbol() { Ok(v) } else { Err(wrong_type(ctx, v, Sym::SYMBOL)) }
}

/// `v` as a machine integer when it is a fixnum.
pub fn expect_fixnum(ctx: &mut ThreadContext, v: Value) -> LispResult<i64> {
    v.to_fixnum().ok_or_else(|| wrong_type(ctx, v, Sym::FIXNUM))
}

/// A string as Rust text.
pub fn expect_string(ctx: &mut ThreadContext, v: Value) -> LispResult<String> {
    match string_code_points(v) {
        Some(chars) => Ok(rust_text(&chars)),
        None => Err(wrong_type(ctx, v, Sym::STRING)),
    }
}
