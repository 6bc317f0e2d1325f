//! Numbers in text: integers, ratios and floats (CLHS 2.3.1).
//!
//! Decides what a token means and makes the number; arithmetic belongs to `number`.

use crate::abi::thread_context::ThreadContext;
use crate::number;
use crate::object::character::digit_weight;
use crate::object::double;
use crate::value::{LispResult, Value};

/// What a float without an exponent, or with exponent marker E, becomes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatFormat {
    Single,
    Double,
}

/// What a token is.
pub enum Number {
    /// Not the syntax of a number.
    None,
    Value(Value),
    /// The syntax of a number that cannot be made: why.
    Error(String),
}

/// Reads a token as a number in `base`.
pub fn parse(ctx: &mut ThreadContext, token: &[u32], base: u32, format: FloatFormat) -> LispResult<Number> {
    let Some(text) = ascii_candidate(token, base) else { return Ok(Number::None) };
    if let Some(value) = parse_integer(ctx, &text, base) {
        return Ok(Number::Value(value));
    }
    if let Some(ratio) = parse_ratio(ctx, &text, base)? {
        return Ok(ratio);
    }
    Ok(parse_float(ctx, &text, format).unwrap_or(Number::None))
}

/// The token as ASCII text, if it could begin a number.
fn ascii_candidate(token: &[u32], base: u32) -> Option<String> {
    let first = *token.first()?;
    let sign_or_dot = matches!(first, 0x2b | 0x2d | 0x2e);
    if !(sign_or_dot && token.len() > 1 || first < 0x80 && digit_weight(first, base.max(10)).is_some()) {
        return None;
    }
    token.iter().map(|&c| u8::try_from(c).ok().filter(u8::is_ascii).map(char::from)).collect()
}

fn split_sign(text: &str) -> (&str, &str) {
    match text.as_bytes().first() {
        Some(b'+') => ("", &text[1..]),
        Some(b'-') => ("-", &text[1..]),
        _ => ("", text),
    }
}

fn all_digits(text: &str, base: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(base))
}

fn parse_integer(ctx: &mut ThreadContext, text: &str, base: u32) -> Option<Value> {
    let (sign, digits) = split_sign(text);
    if all_digits(digits, base) {
        return Some(make_integer(ctx, sign, digits, base));
    }
    let decimal = digits.strip_suffix('.')?;
    all_digits(decimal, 10).then(|| make_integer(ctx, sign, decimal, 10))
}

fn make_integer(ctx: &mut ThreadContext, sign: &str, digits: &str, base: u32) -> Value {
    // Twelve digits of base 36 fit into 63 bits.
    if digits.len() <= 11 {
        let magnitude = i64::from_str_radix(digits, base).unwrap_or(0);
        return Value::fixnum(if sign == "-" { -magnitude } else { magnitude });
    }
    number::parse_integer(ctx, &format!("{sign}{digits}"), base)
}

/// The integer at the start of a text, surrounding whitespace allowed before it, and the index where
/// it ends: what `parse-integer` is made of.
pub fn parse_integer_prefix(ctx: &mut ThreadContext, text: &[u32], radix: u32) -> (Option<Value>, usize) {
    let is_space = |c: &&u32| matches!(**c, 0x20 | 9 | 10 | 12 | 13);
    let mut at = text.iter().take_while(is_space).count();
    let sign = if text.get(at) == Some(&0x2d) { "-" } else { "" };
    at += matches!(text.get(at), Some(0x2b | 0x2d)) as usize;
    let weights = text[at..].iter().map_while(|&c| digit_weight(c, radix));
    let digits: String = weights.filter_map(|w| char::from_digit(w, radix)).collect();
    at += digits.len();
    if digits.is_empty() {
        return (None, at);
    }
    (Some(make_integer(ctx, sign, &digits, radix)), at)
}

fn parse_ratio(ctx: &mut ThreadContext, text: &str, base: u32) -> LispResult<Option<Number>> {
    let (sign, body) = split_sign(text);
    let Some((numerator, denominator)) = body.split_once('/') else { return Ok(None) };
    if !all_digits(numerator, base) || !all_digits(denominator, base) {
        return Ok(None);
    }
    if denominator.bytes().all(|b| b == b'0') {
        return Ok(Some(Number::Error(format!("The ratio {text} has denominator zero."))));
    }
    let numerator = make_integer(ctx, sign, numerator, base);
    let denominator = make_integer(ctx, "", denominator, base);
    number::make_ratio(ctx, numerator, denominator).map(|v| Some(Number::Value(v)))
}

/// The parts of a float: mantissa, exponent marker if any, exponent text.
fn split_float(body: &str) -> Option<(&str, Option<u8>, &str)> {
    let marker_at = body.find(|c: char| c.is_ascii_alphabetic());
    let (mantissa, marker, exponent) = match marker_at {
        Some(i) => (&body[..i], Some(body.as_bytes()[i].to_ascii_uppercase()), &body[i + 1..]),
        None => (body, None, "0"),
    };
    if marker.is_some_and(|m| !b"ESFDL".contains(&m)) || !all_digits(split_sign(exponent).1, 10) {
        return None;
    }
    let well_formed = match mantissa.split_once('.') {
        None => marker.is_some() && all_digits(mantissa, 10),
        Some((whole, fraction)) => {
            let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
            // `1.` alone is an integer; `1.e5` is a float.
            digits(whole) && digits(fraction) && (!fraction.is_empty() || marker.is_some() && !whole.is_empty())
        }
    };
    well_formed.then_some((mantissa, marker, exponent))
}

fn parse_float(ctx: &mut ThreadContext, text: &str, default: FloatFormat) -> Option<Number> {
    let (sign, body) = split_sign(text);
    let (mantissa, marker, exponent) = split_float(body)?;
    let format = match marker {
        None | Some(b'E') => default,
        Some(b'S' | b'F') => FloatFormat::Single,
        _ => FloatFormat::Double,
    };
    let normal = format!("{sign}{mantissa}e{exponent}");
    let is_zero = mantissa.bytes().all(|b| matches!(b, b'0' | b'.'));
    let (finite, vanished) = match format {
        FloatFormat::Single => {
            let f: f32 = normal.parse().ok()?;
            if f.is_finite() && (f != 0.0 || is_zero) {
                return Some(Number::Value(Value::single(f)));
            }
            (f.is_finite(), f == 0.0)
        }
        FloatFormat::Double => {
            let f: f64 = normal.parse().ok()?;
            if f.is_finite() && (f != 0.0 || is_zero) {
                return Some(Number::Value(double(ctx, f)));
            }
            (f.is_finite(), f == 0.0)
        }
    };
    debug_assert!(!finite || vanished, "only overflow and underflow get here");
    let shown: String = text.chars().take(60).collect();
    let why = if finite { "small" } else { "large" };
    Some(Number::Error(format!("The float {shown} is too {why} for its format.")))
}
