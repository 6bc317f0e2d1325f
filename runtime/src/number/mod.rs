//! Numbers: the tower from fixnums to complex numbers, as the primitives see it.
//!
//! `limbs` are kernels on slices; `bignum` gives views of integers and makes them; `integer`,
//! `division` and `bits` are the integer operations; `ratio`, `float` and `complex` the other types;
//! `arithmetic` and `quotient` dispatch over all of them; `transcendental` has the irrational
//! functions; `text` prints floats. Errors are raised by `errors`, with the operator as the user
//! knows it. Must not call Lisp, so no value here needs a handle.

pub mod errors;
pub mod limbs;
pub mod bignum;
pub mod integer;
pub mod division;
pub mod bits;
pub mod ratio;
pub mod float;
pub mod complex;
pub mod arithmetic;
pub mod quotient;
pub mod complex_float;
pub mod transcendental;
pub mod random;
pub mod text;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod float_tests;
#[cfg(test)]
mod measure;

pub use complex::make_complex;
pub use ratio::make_ratio;

use crate::abi::layout::kind;
use crate::abi::thread_context::ThreadContext;
use crate::value::Value;

/// A number by its representation.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Fixnum or bignum.
    Integer(Value),
    Ratio(Value),
    Single(f32),
    Double(f64),
    Complex(Value),
}

/// What sort of number `v` is, if it is one.
#[inline]
pub fn classify(v: Value) -> Option<Number> {
    if v.is_fixnum() {
        return Some(Number::Integer(v));
    }
    if v.is_double() {
        return Some(Number::Double(v.as_double()));
    }
    if v.is_single() {
        return Some(Number::Single(v.as_single()));
    }
    match v.other_kind()? {
        kind::BIGNUM => Some(Number::Integer(v)),
        kind::RATIO => Some(Number::Ratio(v)),
        kind::COMPLEX => Some(Number::Complex(v)),
        _ => None,
    }
}

/// An integer from an optional sign and digits of `radix` (at least one; the caller has checked).
/// The reader has the digits in memory already, so the integer, which is smaller, is not refused.
pub fn parse_integer(ctx: &mut ThreadContext, digits: &str, radix: u32) -> Value {
    integer::parse(ctx, digits, radix)
}
