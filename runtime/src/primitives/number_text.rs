//! Primitives that turn numbers into text and text into numbers.

use super::set_second_value;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::number::float::{self, Format};
use crate::number::{bignum, errors, integer, text};
use crate::object::symbol::well_known;
use crate::object::{string, string_to_rust};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

fn finite_argument(ctx: &mut ThreadContext, x: Value) -> LispResult<(f64, Format)> {
    match float::argument(ctx, x)? {
        (f, format) if f.is_finite() => Ok((f, format)),
        _ => Err(errors::wrong_type(ctx, x, Sym::RATIONAL)),
    }
}

/// A count of decimal places; the limit keeps the text within memory.
fn places_argument(ctx: &mut ThreadContext, places: Value) -> LispResult<usize> {
    match places.to_fixnum() {
        Some(n) if (0..1 << 24).contains(&n) => Ok(n as usize),
        _ => Err(errors::wrong_type(ctx, places, Sym::UNSIGNED_BYTE)),
    }
}

/// The exponent marker of a float that is not of the default format.
fn marker(format: Format, default: Value) -> Option<char> {
    let default_is_double = default == well_known(Sym::DOUBLE_FLOAT) || default == well_known(Sym::LONG_FLOAT);
    match format {
        Format::Single if default_is_double => Some('f'),
        Format::Double if !default_is_double => Some('d'),
        _ => None,
    }
}

primitives! {
    /// Digits of an integer in radix 2 to 36, without radix marks.
    fn integer_to_string(ctx, n, radix) {
        let Some(base) = radix.to_fixnum().filter(|r| (2..=36).contains(r)) else {
            return Err(errors::wrong_type(ctx, radix, Sym::UNSIGNED_BYTE));
        };
        if !bignum::is_integer(n) {
            return Err(errors::wrong_type(ctx, n, Sym::INTEGER));
        }
        let digits = integer::to_text(n, base as u32);
        Ok(string(ctx, &digits))
    }
    /// The integer with these digits (an optional sign, then digits of the radix), or NIL.
    fn string_to_integer(ctx, digits, radix) {
        let Some(base) = radix.to_fixnum().filter(|r| (2..=36).contains(r)) else {
            return Err(errors::wrong_type(ctx, radix, Sym::UNSIGNED_BYTE));
        };
        if !digits.is_string() {
            return Err(errors::wrong_type(ctx, digits, Sym::STRING));
        }
        let text = string_to_rust(digits);
        let body = text.strip_prefix(['+', '-']).unwrap_or(&text);
        if body.is_empty() || !body.chars().all(|c| c.is_digit(base as u32)) {
            return Ok(nil());
        }
        Ok(integer::parse(ctx, &text, base as u32))
    }
    /// Shortest digits of a finite float's magnitude; second value K: it is 0.DIGITS times 10 to the K.
    fn float_to_digits(ctx, x) {
        let (f, format) = finite_argument(ctx, x)?;
        let text::Digits { digits, point } = text::shortest_digits(f, format);
        set_second_value(ctx, Value::fixnum(point));
        Ok(string(ctx, &digits))
    }
    /// What PRIN1 prints for a float, given the value of *READ-DEFAULT-FLOAT-FORMAT*.
    fn float_to_string(ctx, x, default_format) {
        let (f, format) = float::argument(ctx, x)?;
        let printed = text::print_float(f, format, marker(format, default_format));
        Ok(string(ctx, &printed))
    }
    /// A rational or finite float with exactly so many digits after the point, rounded from its exact
    /// value; nothing stands before the point when the whole part is zero.
    fn real_to_fixed(ctx, x, places) {
        let places = places_argument(ctx, places)?;
        match text::exact_fixed(x, places) {
            Some(digits) => Ok(string(ctx, &digits)),
            None => Err(errors::wrong_type(ctx, x, Sym::RATIONAL)),
        }
    }
    /// As real-to-fixed for a finite float, but rounds its shortest decimal digits.
    fn float_to_fixed(ctx, x, places) {
        let (f, format) = finite_argument(ctx, x)?;
        let places = places_argument(ctx, places)?;
        let digits = text::shortest_fixed(f, format, places);
        Ok(string(ctx, &digits))
    }
}
