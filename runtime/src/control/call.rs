//! The one door through which Rust calls Lisp.
//!
//! Every exit stops at the door and comes back as `Err(Exit)`. The caller lets its own frames go and
//! passes the exit on with `resume`. Lisp may collect: every `Value` that Rust needs afterwards lives
//! in a handle over the call.

use super::entry::{Outcome, rook_enter_lisp};
use super::values;
use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::string;
use crate::object::symbol::{symbol_function, well_known};
use crate::value::{LispResult, Raised, Value, nil};

/// An exit on its way to an outer record, stopped at a door. Its values are raw: no Lisp may run
/// between catching and resuming it, unless they are put into a handle in between.
#[derive(Debug, Clone, Copy)]
#[must_use = "an exit that is dropped is lost; pass it to `resume`"]
pub struct Exit {
    /// The target record, or 0 when the exit is a pending error that was not raised yet.
    pub target: u64,
    /// All values, see `values::save`.
    pub values: Value,
}

impl From<Raised> for Exit {
    fn from(_: Raised) -> Exit {
        Exit { target: 0, values: nil() }
    }
}

/// Calls a function, or a symbol's function, and gives its primary value.
pub fn call_lisp(ctx: &mut ThreadContext, function: Value, args: &[Value]) -> Result<Value, Exit> {
    let outcome = enter(ctx, function, args)?;
    ctx.value_count = 0;
    Ok(outcome.value)
}

/// As `call_lisp`, all values.
pub fn call_lisp_values(ctx: &mut ThreadContext, function: Value, args: &[Value]) -> Result<Vec<Value>, Exit> {
    let outcome = enter(ctx, function, args)?;
    let area = ctx.values as *const Value;
    let rest = 1..outcome.count.max(1) as usize;
    // SAFETY: `count` values were left in the area.
    let mut all: Vec<Value> = rest.map(|i| unsafe { *area.add(i) }).collect();
    if outcome.count > 0 {
        all.insert(0, outcome.value);
    }
    ctx.value_count = 0;
    Ok(all)
}

fn enter(ctx: &mut ThreadContext, function: Value, args: &[Value]) -> Result<Outcome, Exit> {
    let function = function_of(ctx, function)?;
    if args.len() > ARGUMENT_AREA_WORDS {
        return Err(super::errors::too_many_arguments(ctx, args.len()).into());
    }
    let mut outcome = Outcome { value: nil(), count: 0 };
    // SAFETY: a FUNCTION object, `args.len()` arguments that fit the area, a place for the outcome.
    let status = unsafe { rook_enter_lisp(ctx, function, args.len() as u64, args.as_ptr(), &mut outcome) };
    if status == 0 {
        return Ok(outcome);
    }
    let target = std::mem::take(&mut ctx.unwind_target);
    let values = values::save(ctx, outcome.value, outcome.count);
    Err(Exit { target, values })
}

/// The function that a function designator stands for.
pub fn function_of(ctx: &mut ThreadContext, designator: Value) -> LispResult {
    if designator.is_function() {
        return Ok(designator);
    }
    if designator.is_symbol() {
        let function = symbol_function(designator);
        if function.is_function() {
            return Ok(function);
        }
        return Err(ctx.raise(ErrorKind::UndefinedFunction, &[designator, nil()]));
    }
    Err(ctx.raise(ErrorKind::Type, &[designator, well_known(Sym::FUNCTION)]))
}

/// Passes an exit on: the primitive returns the result, and the exit goes on when its frames are gone.
pub fn resume(ctx: &mut ThreadContext, exit: Exit) -> Raised {
    if exit.target == 0 {
        return Raised(());
    }
    ctx.raise(ErrorKind::ResumeUnwind, &[exit.values, Value(exit.target)])
}

/// Raises a pending error where no Lisp code waits for it: below a call that C's own `main` made.
pub fn raise_at_once(ctx: &mut ThreadContext) -> Result<Value, Exit> {
    call_lisp(ctx, well_known(Sym::RAISE), &[])
}

/// A text for an exit that nobody will resume.
pub fn describe(ctx: &mut ThreadContext, exit: Exit) -> Value {
    let text = if exit.target == 0 { "an error was pending" } else { "control left the program" };
    string(ctx, text)
}
