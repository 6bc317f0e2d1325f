//! Reading symbols: home package and name as Rust text.

use rook_runtime::abi::layout::{package, symbol};
use rook_runtime::object::{string_chars, string_to_rust};
use rook_runtime::value::Value;

/// Name of a symbol.
pub fn symbol_name(s: Value) -> String {
    string_to_rust(s.slot(symbol::NAME))
}

/// Name of a symbol's home package, empty when it has none.
pub fn package_name(s: Value) -> String {
    let p = s.slot(symbol::PACKAGE);
    if p.is_nil() { String::new() } else { string_to_rust(p.slot(package::NAME)) }
}

/// Whether `s` is the symbol of this home package and name.
pub fn symbol_is(s: Value, home: &str, name: &str) -> bool {
    let equal = |string: Value, text: &str| string_chars(string).eq(text.chars().map(|c| c as u32));
    s.is_symbol() && equal(s.slot(symbol::NAME), name) && {
        let p = s.slot(symbol::PACKAGE);
        !p.is_nil() && equal(p.slot(package::NAME), home)
    }
}
