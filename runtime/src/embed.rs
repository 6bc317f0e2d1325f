//! Embedding from Rust: booting, running Lisp on its own stack, and the evaluator hook that the
//! compiler fills when it is linked in.
//!
//! The runtime never names the compiler: run-time `eval`, `compile` and `load` go through this hook,
//! and signal an error where it is empty.

use crate::abi::thread_context::ThreadContext;
use crate::control::errors::simple_error;
use crate::start::{self, StackKind};
use crate::thread::{signals, stack};
use crate::value::{LispResult, Value, nil};
use std::sync::OnceLock;

/// What the compiler offers at run time. Values over a call into Lisp are the compiler's to root; an
/// exit from Lisp comes back as `Raised` through `control::resume`.
#[derive(Clone, Copy)]
pub struct Evaluator {
    /// Compiles a top-level form in the null lexical environment to a function of no arguments; the
    /// caller calls it, so that `eval` is a tail call in Lisp and unwinding passes no Rust frame.
    pub compile_form: fn(ctx: &mut ThreadContext, form: Value) -> LispResult,
    /// Compiles a lambda expression to a function; the name may be NIL.
    pub compile_lambda: fn(ctx: &mut ThreadContext, name: Value, lambda: Value) -> LispResult,
    /// `(operation, arguments)`: whatever else Lisp asks of the compiler, by keyword.
    pub request: fn(ctx: &mut ThreadContext, operation: Value, arguments: Value) -> LispResult,
}

static EVALUATOR: OnceLock<Evaluator> = OnceLock::new();

/// Fills the hook; false when it was filled before.
pub fn set_evaluator(evaluator: Evaluator) -> bool {
    EVALUATOR.set(evaluator).is_ok()
}

/// The evaluator, or an error that names what is missing.
pub fn evaluator(ctx: &mut ThreadContext, wanted: &str) -> LispResult<Evaluator> {
    match EVALUATOR.get() {
        Some(evaluator) => Ok(*evaluator),
        None => Err(simple_error(ctx, &format!("{wanted} needs the compiler; build the program with --runtime=full."), &[])),
    }
}

/// Whether a compiler is linked in.
pub fn has_evaluator() -> bool {
    EVALUATOR.get().is_some()
}

/// Boots the runtime for a Rust program that owns the process, and runs `f` on the Lisp stack. The
/// image's top-level code, if there is an image, has run by then.
pub fn run<R>(f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    let ctx = start::boot(StackKind::Mapped).unwrap_or_else(|| crate::thread::fatal_error("the runtime was started before"));
    signals::install(ctx);
    start::set_arguments(std::env::args_os().collect());
    // SAFETY: the context was just made for this thread and is used by nobody else.
    stack::run_on_lisp_stack(unsafe { &mut *ctx }, |ctx| {
        if let Some(image) = crate::stack::frame_table::image() {
            // The library's own top-level code; user programs are started by `rook_main`.
            if start::run_init_functions(ctx, image).is_err() {
                crate::thread::fatal_error("the library's top-level code failed");
            }
        }
        f(ctx)
    })
}

crate::primitives! {
    /// Compiles a form to a function of no arguments.
    fn compile_form(ctx, form) {
        (evaluator(ctx, "EVAL")?.compile_form)(ctx, form)
    }
    /// Compiles a lambda expression.
    fn compile_lambda(ctx, name, lambda) {
        (evaluator(ctx, "COMPILE")?.compile_lambda)(ctx, name, lambda)
    }
    /// Another request to the compiler.
    fn compiler_request(ctx, operation, arguments) {
        (evaluator(ctx, "This operation")?.request)(ctx, operation, arguments)
    }
    /// Whether a compiler is linked in.
    fn compiler_present_p(ctx) {
        Ok(if has_evaluator() { crate::value::t() } else { nil() })
    }
}
