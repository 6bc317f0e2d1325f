//! Floats as text: shortest digits, the printed forms, and fixed notation with exact rounding.
//!
//! Must not know streams or printer variables: the default float format comes as an argument.

use super::bignum;
use super::float::{self, Format};
use super::{Number, classify, integer, ratio};
use crate::value::Value;
use dashu_int::UBig;
use dashu_int::ops::DivRem;

/// Shortest decimal digits: the value is `0.d1d2d3… * 10^point`. Neither end has a zero, but for
/// zero itself, which is the digit 0 with the point after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digits {
    pub digits: String,
    pub point: i64,
}

/// The digits of a finite float's magnitude: the fewest that read back as the same float.
pub fn shortest_digits(f: f64, format: Format) -> Digits {
    let mut buffer = zmij::Buffer::new();
    let text = match format {
        Format::Single => buffer.format_finite(f.abs() as f32),
        Format::Double => buffer.format_finite(f.abs()),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().expect("a decimal exponent");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading = (all.len() - significant.len()) as i64;
    match significant.trim_end_matches('0') {
        "" => Digits { digits: "0".into(), point: 1 },
        digits => Digits { digits: digits.into(), point: whole.len() as i64 - leading + exponent },
    }
}

/// The printed representation of a float. `marker` is its exponent marker; without one it is of the
/// default format, and E is used where an exponent is needed.
pub fn print_float(f: f64, format: Format, marker: Option<char>) -> String {
    if !f.is_finite() {
        return print_special(f, format);
    }
    let sign = if f.is_sign_negative() { "-" } else { "" };
    let Digits { digits, point } = shortest_digits(f, format);
    let size = f.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = fixed(&digits, point);
        return match marker {
            Some(m) => format!("{sign}{text}{m}0"),
            None => format!("{sign}{text}"),
        };
    }
    let (first, rest) = digits.split_at(1);
    let rest = if rest.is_empty() { "0" } else { rest };
    format!("{sign}{first}.{rest}{}{}", marker.unwrap_or('e'), point - 1)
}

/// Digits in fixed notation, with at least one on each side of the point.
fn fixed(digits: &str, point: i64) -> String {
    if point <= 0 {
        return format!("0.{}{digits}", "0".repeat(-point as usize));
    }
    let point = point as usize;
    if digits.len() <= point {
        return format!("{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{}.{}", &digits[..point], &digits[point..])
}

fn print_special(f: f64, format: Format) -> String {
    let name = match format {
        Format::Single => "SINGLE-FLOAT",
        Format::Double => "DOUBLE-FLOAT",
    };
    if f.is_nan() {
        return format!("#<{name} quiet NaN>");
    }
    format!("#<{name}{} infinity>", if f < 0.0 { " negative" } else { "" })
}

/// A rational or finite float with exactly `places` digits after the point, from half way away from
/// zero. Without a whole part nothing stands before the point.
pub fn exact_fixed(v: Value, places: usize) -> Option<String> {
    let (negative, n, d) = exact_fraction(v)?;
    let scaled = n * UBig::from(10u8).pow(places);
    let (quotient, remainder) = scaled.div_rem(&d);
    let up = &remainder + &remainder >= d;
    let digits = (quotient + UBig::from(up)).to_string();
    Some(place_point(negative, digits, places))
}

/// As `exact_fixed`, but rounds a float's shortest decimal digits instead of its exact value, as
/// someone expects who sees 0.005 printed.
pub fn shortest_fixed(f: f64, format: Format, places: usize) -> String {
    let Digits { digits, point } = shortest_digits(f, format);
    // The digits as an integer over a power of ten, cut or padded to `places`.
    let keep = point + places as i64;
    let digits = if keep < 0 {
        "0".to_string()
    } else if keep as usize >= digits.len() {
        format!("{digits}{}", "0".repeat(keep as usize - digits.len()))
    } else {
        let (kept, dropped) = digits.split_at(keep as usize);
        let kept = if kept.is_empty() { "0" } else { kept };
        let value = UBig::from_str_radix(kept, 10).expect("decimal digits");
        (value + UBig::from(dropped.as_bytes()[0] >= b'5')).to_string()
    };
    place_point(f.is_sign_negative(), digits, places)
}

fn place_point(negative: bool, digits: String, places: usize) -> String {
    let digits = format!("{digits:0>places$}");
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let whole = whole.trim_start_matches('0');
    format!("{}{whole}.{fraction}", if negative { "-" } else { "" })
}

/// Sign, numerator and denominator of a rational or finite float.
fn exact_fraction(v: Value) -> Option<(bool, UBig, UBig)> {
    let of_float = |f: f64, format| {
        let (mantissa, exponent) = float::decode(f, format);
        let (up, down) = (exponent.max(0) as usize, (-exponent).max(0) as usize);
        (f.is_sign_negative(), UBig::from(mantissa) << up, UBig::ONE << down)
    };
    match classify(v)? {
        Number::Integer(_) | Number::Ratio(_) => {
            let (n, d) = ratio::parts(v);
            Some((integer::is_negative(n), bignum::to_ubig(n), bignum::to_ubig(d)))
        }
        Number::Single(f) if f.is_finite() => Some(of_float(f as f64, Format::Single)),
        Number::Double(f) if f.is_finite() => Some(of_float(f, Format::Double)),
        _ => None,
    }
}
