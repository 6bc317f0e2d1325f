//! Primitives of chapter 10: what symbols know of themselves. Slots are read inline by compiled code.

use crate::abi::layout::{SYMBOL_CONSTANT, SYMBOL_SPECIAL};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::errors::expect_symbol;
use crate::object::list;
use crate::object::package::keyword_package;
use crate::object::symbol::{has_flag, set_flag, setf_base, symbol_hash as hash_of, well_known};
use crate::primitives;
use crate::value::{LispResult, Value};

fn change_flag(ctx: &mut ThreadContext, symbol: Value, flag: u64, on: Value) -> LispResult {
    let symbol = expect_symbol(ctx, symbol)?;
    set_flag(symbol, flag, !on.is_nil());
    Ok(symbol)
}

primitives! {
    /// Whether the symbol is proclaimed special.
    fn symbol_special_p(ctx, symbol) {
        let symbol = expect_symbol(ctx, symbol)?;
        Ok(Value::bool(has_flag(symbol, SYMBOL_SPECIAL)))
    }
    /// Proclaims the symbol special, or takes that back when `on` is NIL.
    fn set_symbol_special(ctx, symbol, on) { change_flag(ctx, symbol, SYMBOL_SPECIAL, on) }
    /// Whether the symbol names a constant variable.
    fn symbol_constant_p(ctx, symbol) {
        let symbol = expect_symbol(ctx, symbol)?;
        Ok(Value::bool(has_flag(symbol, SYMBOL_CONSTANT)))
    }
    /// Makes the symbol a constant, or a variable again when `on` is NIL.
    fn set_symbol_constant(ctx, symbol, on) { change_flag(ctx, symbol, SYMBOL_CONSTANT, on) }
    /// The hash of the symbol's name; never changes.
    fn symbol_hash(ctx, symbol) {
        let symbol = expect_symbol(ctx, symbol)?;
        Ok(Value::fixnum(hash_of(symbol) as i64))
    }
    /// Whether the value is a keyword.
    fn keyword_p(ctx, v) {
        Ok(Value::bool(v.is_symbol() && crate::object::symbol::symbol_package(v) == keyword_package()))
    }
    /// The function name that a symbol carries: itself, or (SETF X) for a carrier of setf functions.
    fn function_name(ctx, symbol) {
        let symbol = expect_symbol(ctx, symbol)?;
        match setf_base(symbol) {
            Some(base) => Ok(list(ctx, &[well_known(Sym::SETF), base])),
            None => Ok(symbol),
        }
    }
}
