//! Lisp data in dumps: readable for numbers, characters, strings, symbols and lists of them; a note
//! of the kind for everything else.

use rook_runtime::abi::layout::{header_kind, kind_name};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::symbol::{make_symbol, symbol_package, symbol_text};
use rook_runtime::object::{double, list_with_tail, package, string, string_to_rust};
use rook_runtime::value::{Value, nil};

use super::sexp::{Sexp, atom, quoted, unquoted};

/// Longest list and deepest nesting that is shown.
const MAX_LENGTH: usize = 10_000;
const MAX_DEPTH: usize = 500;
/// Stands for what is not shown; reads as a symbol of this name.
const CUT: &str = "#<...>";

/// The text of an object.
pub fn datum_text(value: Value) -> Sexp {
    text_at(value, 0)
}

fn text_at(value: Value, depth: usize) -> Sexp {
    if value.is_cons() {
        return list_text(value, depth);
    }
    atom(match () {
        () if value.is_fixnum() => value.as_fixnum().to_string(),
        () if value.is_symbol() => symbol_atom(value),
        () if value.is_character() => format!("#\\u+{:x}", value.as_character()),
        () if value.is_single() => float_atom(value.as_single() as f64, format!("{:?}f0", value.as_single()), 'f'),
        () if value.is_double() => float_atom(value.as_double(), format!("{:?}d0", value.as_double()), 'd'),
        () if value.is_string() => quoted(&string_to_rust(value), '"'),
        () if value.is_reference() => format!("#<{}>", kind_name(header_kind(value.header_word()))),
        () => format!("#<MARK-{:x}>", value.0),
    })
}

/// Infinities and NaNs by their bits.
fn float_atom(value: f64, text: String, letter: char) -> String {
    if value.is_finite() { text } else { format!("#{letter}{:x}", value.to_bits()) }
}

fn list_text(list: Value, depth: usize) -> Sexp {
    if depth > MAX_DEPTH {
        return atom(CUT);
    }
    let (mut items, mut rest) = (Vec::new(), list);
    while rest.is_cons() {
        if items.len() == MAX_LENGTH {
            items.push(atom(CUT));
            return Sexp::List(items);
        }
        items.push(text_at(rest.car(), depth + 1));
        rest = rest.cdr();
    }
    if !rest.is_nil() {
        items.push(atom("."));
        items.push(text_at(rest, depth + 1));
    }
    Sexp::List(items)
}

fn symbol_atom(symbol: Value) -> String {
    let name = symbol_text(symbol);
    let home = symbol_package(symbol);
    if home.is_nil() {
        return if name.starts_with("#<") { name } else { format!("#:{}", part(&name)) };
    }
    if package::is_keyword(symbol) {
        return format!(":{}", part(&name));
    }
    match package::package_text(home).as_str() {
        "COMMON-LISP" => format!("cl:{}", part(&name)),
        "ROOK-KERNEL" => format!("k:{}", part(&name)),
        other => format!("{}::{}", part(other), part(&name)),
    }
}

/// A part of a symbol's name, in bars where it could be taken for something else.
fn part(name: &str) -> String {
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "%*+-/<=>!?$&_.@^~".contains(c));
    if plain { name.to_string() } else { quoted(name, '|') }
}

fn unpart(text: &str) -> String {
    unquoted(text, '|').unwrap_or_else(|| text.to_string())
}

/// The object that a text stands for.
pub fn parse_datum(ctx: &mut ThreadContext, text: &Sexp) -> Result<Value, String> {
    match text {
        Sexp::Atom(text) => parse_atom(ctx, text),
        Sexp::List(items) => {
            let dotted = items.len() >= 3 && items[items.len() - 2] == atom(".");
            let (heads, tail) = match dotted {
                true => (&items[..items.len() - 2], parse_datum(ctx, &items[items.len() - 1])?),
                false => (&items[..], nil()),
            };
            let values = heads.iter().map(|item| parse_datum(ctx, item)).collect::<Result<Vec<_>, _>>()?;
            Ok(list_with_tail(ctx, &values, tail))
        }
    }
}

fn parse_atom(ctx: &mut ThreadContext, text: &str) -> Result<Value, String> {
    if let Ok(n) = text.parse::<i64>() {
        return Value::try_fixnum(n).ok_or_else(|| format!("{text} is no fixnum"));
    }
    if let Some(text) = unquoted(text, '"') {
        return Ok(string(ctx, &text));
    }
    if let Some(code) = text.strip_prefix("#\\u+") {
        return u32::from_str_radix(code, 16).map(Value::character).map_err(|e| e.to_string());
    }
    if text.starts_with("#<") {
        let name = string(ctx, text);
        return Ok(make_symbol(ctx, name));
    }
    if let Some(name) = text.strip_prefix("#:") {
        let name = string(ctx, &unpart(name));
        return Ok(make_symbol(ctx, name));
    }
    if let Some(bits) = text.strip_prefix("#d") {
        return u64::from_str_radix(bits, 16).map(|b| double(ctx, f64::from_bits(b))).map_err(|e| e.to_string());
    }
    if let Some(bits) = text.strip_prefix("#f") {
        return u64::from_str_radix(bits, 16).map(|b| Value::single(f64::from_bits(b) as f32)).map_err(|e| e.to_string());
    }
    if let Some(name) = text.strip_prefix(':') {
        return Ok(package::keyword(ctx, &unpart(name)));
    }
    if let Some((home, name)) = split_symbol(text) {
        let home = match home {
            "cl" => "COMMON-LISP".to_string(),
            "k" => "ROOK-KERNEL".to_string(),
            other => unpart(other),
        };
        let home = package::find_package_str(&home).ok_or_else(|| format!("there is no package {home}"))?;
        return Ok(package::intern_str(ctx, home, &unpart(name)));
    }
    if let Some(number) = text.strip_suffix("d0") {
        return number.parse().map(|f| double(ctx, f)).map_err(|_| format!("unknown datum {text}"));
    }
    if let Some(number) = text.strip_suffix("f0") {
        return number.parse().map(Value::single).map_err(|_| format!("unknown datum {text}"));
    }
    Err(format!("unknown datum {text}"))
}

/// `cl:NAME`, `k:NAME`, `PACKAGE::NAME`.
fn split_symbol(text: &str) -> Option<(&str, &str)> {
    for short in ["cl", "k"] {
        if let Some(name) = text.strip_prefix(short).and_then(|rest| rest.strip_prefix(':')) {
            return Some((short, name));
        }
    }
    let at = match text.strip_prefix('|') {
        Some(rest) => 1 + rest.find("|::")? + 1,
        None => text.find("::")?,
    };
    Some((&text[..at], &text[at + 2..]))
}
