//! Feature expressions (CLHS 24.1.2.1).

use super::{Failure, lisp};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::text::display_name;
use crate::value::Value;

const MAX_DEPTH: u32 = 1000;

/// Whether a feature expression holds.
pub fn holds(ctx: &ThreadContext, expression: Value) -> Result<bool, Failure> {
    let features = lisp::variable(ctx, Sym::FEATURES);
    evaluate(features, expression, 0)
}

fn evaluate(features: Value, expression: Value, depth: u32) -> Result<bool, Failure> {
    if depth > MAX_DEPTH {
        return Err(Failure::syntax("the feature expression is nested too deeply"));
    }
    if expression.is_symbol() {
        return Ok(features.list_iter().any(|feature| feature == expression));
    }
    if !expression.is_cons() {
        return Err(Failure::syntax("a feature expression is a symbol or a list"));
    }
    let (operator, mut operands) = (expression.car(), expression.cdr().list_iter());
    let mut each = |wanted: bool| {
        for operand in &mut operands {
            if evaluate(features, operand, depth + 1)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if operator == well_known(Sym::KW_OR) {
        each(true)
    } else if operator == well_known(Sym::KW_AND) {
        each(false).map(|some_fails| !some_fails)
    } else if operator == well_known(Sym::KW_NOT) && expression.cdr().is_cons() && expression.cdr().cdr().is_nil() {
        evaluate(features, expression.cdr().car(), depth + 1).map(|holds| !holds)
    } else {
        let shown = if operator.is_symbol() { display_name(operator) } else { String::from("a list") };
        Err(Failure::syntax(format!("{shown} does not begin a feature expression")))
    }
}
