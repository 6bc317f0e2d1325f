//! The functions compiled code may call, one file per library chapter; thin: check, unwrap, call.

pub mod arrays;
pub mod characters;
pub mod control;
pub mod definitions;
pub mod environments;
pub mod files;
pub mod foreign;
pub mod floats;
pub mod functions;
pub mod gc;
pub mod instances;
pub mod number_text;
pub mod numbers;
pub mod objects;
pub mod packages;
pub mod process;
pub mod reader;
pub mod streams;
pub mod strings;
pub mod symbols;
pub mod time;

use crate::abi::primitives::Primitive;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::value::{LispResult, Value};

/// Every primitive. Only the compiler refers to it, so a lean program keeps just what it calls.
pub fn all() -> Vec<Primitive> {
    [
        arrays::table(),
        characters::table(),
        control::table(),
        crate::capi::calls::table(),
        crate::embed::table(),
        definitions::table(),
        environments::table(),
        files::table(),
        foreign::table(),
        floats::table(),
        floats::elementary::table(),
        functions::table(),
        gc::table(),
        instances::table(),
        number_text::table(),
        numbers::table(),
        objects::table(),
        packages::table(),
        process::table(),
        reader::table(),
        streams::table(),
        strings::table(),
        symbols::table(),
        time::table(),
    ]
    .concat()
}

/// Leaves a second value for `%second-value`, which reads it before anything else can run.
pub(crate) fn set_second_value(ctx: &mut ThreadContext, value: Value) {
    // SAFETY: the values area of every context has room for many values.
    unsafe { *(ctx.values as *mut u64).add(1) = value.0 };
}

/// The bounds of a part of a sequence of `len` elements; NIL as `end` means its end.
pub(crate) fn bounds(
    ctx: &mut ThreadContext,
    sequence: Value,
    start: Value,
    end: Value,
    len: usize,
) -> LispResult<(usize, usize)> {
    let last = if end.is_nil() { Some(len) } else { index(end).filter(|&i| i <= len) };
    let Some(last) = last else { return Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[sequence, end])) };
    let first = if start.is_nil() { Some(0) } else { index(start).filter(|&i| i <= last) };
    match first {
        Some(first) => Ok((first, last)),
        None => Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[sequence, start])),
    }
}

fn index(v: Value) -> Option<usize> {
    v.to_fixnum().and_then(|i| usize::try_from(i).ok())
}
