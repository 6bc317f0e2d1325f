//! Reading symbols: home package and name as Rust text.

use rook_runtime::abi::layout::package;
use rook_runtime::object::symbol as symbols;
use rook_runtime::object::{string_chars, string_to_rust};
use rook_runtime::value::Value;

/// Name of a symbol.
pub fn symbol_name(s: Value) -> String {
    string_to_rust(symbols::symbol_name(s))
}

/// Name of a symbol's home package, empty when it has none.
pub fn package_name(s: Value) -> String {
    let p = symbols::symbol_package(s);
    if p.is_nil() { String::new() } else { string_to_rust(p.slot(package::NAME)) }
}

/// Whether `s` is the symbol of this home package and name.
pub fn symbol_is(s: Value, home: &str, name: &str) -> bool {
    let equal = |string: Value, text: &str| string_chars(string).eq(text.chars().map(|c| c as u32));
    s.is_symbol() && equal(symbols::symbol_name(s), name) && {
        let p = symbols::symbol_package(s);
        !p.is_nil() && equal(p.slot(package::NAME), home)
    }
}
