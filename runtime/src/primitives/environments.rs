//! What macro functions ask about the environment they are expanded in.
//!
//! The compiler owns environments and fills the hook when it is linked in. Without it every
//! environment is the global one, and the symbol itself answers.

use std::sync::OnceLock;

use crate::abi::layout::SYMBOL_MACRO;
use crate::control::errors::expect_symbol;
use crate::object::symbol::{has_flag, symbol_function};
use crate::object::list;
use crate::primitives;
use crate::value::{Value, nil};

/// The compiler's answers about a name in an environment object (NIL: the global one).
#[derive(Clone, Copy)]
pub struct Questions {
    /// The expander of the macro that the name is.
    pub macro_function: fn(name: Value, environment: Value) -> Option<Value>,
    /// The expansion of the symbol macro that the name is.
    pub symbol_macro: fn(name: Value, environment: Value) -> Option<Value>,
    /// Whether the name is a local function or macro.
    pub is_local_function: fn(name: Value, environment: Value) -> bool,
    /// Information under an indicator symbol, with that of the file being compiled.
    pub info: fn(name: Value, indicator: Value) -> Option<Value>,
}

static QUESTIONS: OnceLock<Questions> = OnceLock::new();

/// Fills the hook; later calls have no effect.
pub fn set_questions(questions: Questions) {
    let _ = QUESTIONS.set(questions);
}

primitives! {
    /// The expander of a macro, or NIL.
    fn macro_function_in(ctx, name, environment) {
        let name = expect_symbol(ctx, name)?;
        let found = match QUESTIONS.get() {
            Some(questions) => (questions.macro_function)(name, environment),
            None => has_flag(name, SYMBOL_MACRO).then(|| symbol_function(name).slot(2)),
        };
        Ok(found.unwrap_or(nil()))
    }
    /// A list of the expansion of a symbol macro, or NIL.
    fn symbol_macro_in(ctx, name, environment) {
        let name = expect_symbol(ctx, name)?;
        match QUESTIONS.get().and_then(|questions| (questions.symbol_macro)(name, environment)) {
            Some(expansion) => Ok(list(ctx, &[expansion])),
            None => Ok(nil()),
        }
    }
    /// Whether the name is bound as a function or macro by a surrounding form.
    fn locally_defined_p(ctx, name, environment) {
        let name = expect_symbol(ctx, name)?;
        Ok(Value::bool(QUESTIONS.get().is_some_and(|questions| (questions.is_local_function)(name, environment))))
    }
    /// A list of the value under an indicator in force at compile time, or NIL.
    fn compile_time_info(ctx, name, indicator) {
        let name = expect_symbol(ctx, name)?;
        let found = match QUESTIONS.get() {
            Some(questions) => (questions.info)(name, indicator),
            None => crate::object::symbol::property(name, indicator),
        };
        match found {
            Some(value) => Ok(list(ctx, &[value])),
            None => Ok(nil()),
        }
    }
}
