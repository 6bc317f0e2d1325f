//! The errors of the number room.

use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::{list, symbol::well_known};
use crate::value::{Raised, Value};

/// `datum` is not of the type that `expected` names.
#[cold]
pub fn wrong_type(ctx: &mut ThreadContext, datum: Value, expected: Sym) -> Raised {
    ctx.raise(ErrorKind::Type, &[datum, well_known(expected)])
}

/// The first of `x` and `y` that is not a number is of the wrong type.
#[cold]
pub fn not_number(ctx: &mut ThreadContext, x: Value, y: Value) -> Raised {
    let datum = if super::classify(x).is_none() { x } else { y };
    wrong_type(ctx, datum, Sym::NUMBER)
}

/// The first of `x` and `y` that is not a real number is of the wrong type.
#[cold]
pub fn not_real(ctx: &mut ThreadContext, x: Value, y: Value) -> Raised {
    let real = |v| matches!(super::classify(v), Some(n) if !matches!(n, super::Number::Complex(_)));
    let datum = if !real(x) { x } else { y };
    wrong_type(ctx, datum, Sym::REAL)
}

#[cold]
pub fn division_by_zero(ctx: &mut ThreadContext, operator: Sym, operands: &[Value]) -> Raised {
    arithmetic_error(ctx, ErrorKind::DivisionByZero, operator, operands)
}

#[cold]
pub fn arithmetic_error(ctx: &mut ThreadContext, kind: ErrorKind, operator: Sym, operands: &[Value]) -> Raised {
    let operands = list(ctx, operands);
    ctx.raise(kind, &[well_known(operator), operands])
}
