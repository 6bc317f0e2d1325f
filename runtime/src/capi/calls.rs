//! Calling Lisp from C: with a status, or with exits that pass over the C frames.

use super::context;
use super::values::{intern, text};
use crate::abi::layout::kind;
use crate::abi::primitives::Primitive;
use crate::abi::thread_context::{ErrorKind, ExitRecord, ThreadContext, exit_kind};
use crate::abi::well_known::Sym;
use crate::control::raise::resume_landing;
use crate::control::{Exit, call_lisp, exits, raise_at_once, resume};
use crate::foreign::waiting;
use crate::object::symbol::{ensure_function_object, well_known};
use crate::thread::{self, fatal_error};
use crate::value::{Value, nil};
use std::sync::atomic::{AtomicBool, Ordering};

/// Status of a call: it returned; an exit passed through; an error that nobody handled ended it.
pub const ROOK_OK: i32 = 0;
pub const ROOK_EXIT: i32 = 1;
pub const ROOK_ERROR: i32 = 2;

/// Whether the outermost call that C made gives C the condition of an error that nobody handled.
static GETS_CONDITION: AtomicBool = AtomicBool::new(false);

pub fn gets_condition() -> bool {
    GETS_CONDITION.load(Ordering::Relaxed)
}

/// C calls Lisp, in a way that gives it the condition of an error that nobody handled, or not.
pub fn note_entry(ctx: &ThreadContext, gets_condition: bool) {
    if ctx.entry_frame == 0 {
        GETS_CONDITION.store(gets_condition, Ordering::Relaxed);
    }
}

/// The condition that ended the outermost call from C, when the exit stands for that.
pub fn unhandled(exit: &Exit) -> Option<Value> {
    (exit.target == 0 && exit.values.is_kind(kind::SIMPLE_VECTOR)).then(|| exit.values.slot(0))
}

/// A pending error is raised by the Lisp code that called C, and where there is none at once.
pub fn raise_if_alone(ctx: &mut ThreadContext, outcome: Result<Value, Exit>) -> Result<Value, Exit> {
    match outcome {
        Err(exit) if exit.target == 0 && unhandled(&exit).is_none() && ctx.entry_frame == 0 => raise_at_once(ctx),
        outcome => outcome,
    }
}

/// # Safety
/// There are `nargs` values at `args`.
unsafe fn arguments(nargs: i32, args: *const Value) -> Vec<Value> {
    // SAFETY: by the caller's promise.
    (0..nargs.max(0) as usize).map(|i| unsafe { *args.add(i) }).collect()
}

/// Calls a function or a symbol's function. On `ROOK_OK` `result` gets the primary value. On
/// `ROOK_EXIT` an exit waits: it goes on when C returns to Lisp, at once with
/// `rook_continue_exit`, or never with `rook_drop_exit`. On `ROOK_ERROR` `result` gets the condition.
///
/// # Safety
/// There are `nargs` values at `args`; `result` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_call(function: Value, nargs: i32, args: *const Value, result: *mut Value) -> i32 {
    let ctx = context();
    // SAFETY: by the caller's promise.
    let args = unsafe { arguments(nargs, args) };
    let (status, value) = call(ctx, function, &args);
    if !result.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { *result = value };
    }
    status
}

/// Calls through `funcall` what is no function, so that the error is one of Lisp.
fn enter(ctx: &mut ThreadContext, function: Value, args: &[Value]) -> Result<Value, Exit> {
    if function.is_function() {
        return call_lisp(ctx, function, args);
    }
    if function.is_symbol() {
        let function = ensure_function_object(ctx, function);
        return call_lisp(ctx, function, args);
    }
    let funcall = ensure_function_object(ctx, well_known(Sym::FUNCALL));
    let all: Vec<Value> = std::iter::once(function).chain(args.iter().copied()).collect();
    call_lisp(ctx, funcall, &all)
}

fn call(ctx: &mut ThreadContext, function: Value, args: &[Value]) -> (i32, Value) {
    note_entry(ctx, true);
    let outcome = enter(ctx, function, args);
    match raise_if_alone(ctx, outcome) {
        Ok(value) => {
            waiting::rearm(ctx);
            (ROOK_OK, value)
        }
        Err(exit) => match unhandled(&exit) {
            Some(condition) => (ROOK_ERROR, condition),
            None => {
                waiting::wait(ctx, exit);
                (ROOK_EXIT, nil())
            }
        },
    }
}

/// As `rook_call`, but an exit passes over the calling C frames as if by `longjmp`.
///
/// # Safety
/// There are `nargs` values at `args`; the C frames between here and Lisp can be abandoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_funcall(function: Value, nargs: i32, args: *const Value) -> Value {
    let ctx = context();
    // SAFETY: by the caller's promise.
    let args = unsafe { arguments(nargs, args) };
    note_entry(ctx, false);
    let outcome = enter(ctx, function, &args);
    drop(args);
    match raise_if_alone(ctx, outcome) {
        Ok(value) => value,
        Err(Exit { target: 0, .. }) => fatal_error("nobody handled an error in rook_funcall; rook_call reports errors"),
        Err(exit) => go_on(ctx, exit),
    }
}

/// Continues the exit that the last `rook_call` stopped, over the C frames.
///
/// # Safety
/// The C frames between here and Lisp can be abandoned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_continue_exit() -> ! {
    let ctx = context();
    match waiting::take_exit(ctx) {
        // SAFETY: a pending error is recorded; no Rust frame below owns anything.
        Some(_) => unsafe { rook_leave_c(ctx) },
        None => fatal_error("rook_continue_exit: no exit waits"),
    }
}

/// Forgets the exit that the last `rook_call` stopped; false when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn rook_drop_exit() -> bool {
    waiting::drop_newest(context())
}

fn go_on(ctx: &mut ThreadContext, exit: Exit) -> ! {
    resume(ctx, exit);
    // SAFETY: a pending error is recorded, and this frame owns nothing.
    unsafe { rook_leave_c(ctx) }
}

unsafe extern "C" {
    /// Leaves C for Lisp: lands at the target of the pending exit.
    fn rook_leave_c(ctx: *mut ThreadContext) -> !;
}

core::arch::global_asm!(
    ".pushsection .text.rook_leave_c,\"ax\",@progbits",
    ".globl rook_leave_c",
    ".hidden rook_leave_c",
    ".type rook_leave_c,@function",
    ".p2align 4",
    "rook_leave_c:",
    "mov r15, rdi",
    "sub rsp, 8",
    "call {landing}",
    "jmp rook_exit_jump",
    ".size rook_leave_c, . - rook_leave_c",
    ".popsection",
    landing = sym leave_landing,
);
extern "C" fn leave_landing(ctx: &mut ThreadContext) -> *mut ExitRecord {
    if ctx.pending_kind != ErrorKind::ResumeUnwind as u64 {
        fatal_error("a call from C failed before it reached Lisp");
    }
    resume_landing(ctx)
}

/// Ends the innermost calls from C with an error: `result` of the outermost `rook_call` gets the
/// condition. Gives the record to land at, or null when C does not own this runtime.
pub fn outermost_call(ctx: &ThreadContext) -> Option<*mut ExitRecord> {
    if crate::start::is_process_owner() {
        return None;
    }
    let mut outermost = None;
    let mut record = ctx.exit_chain;
    while !record.is_null() {
        // SAFETY: records on the chain lie in live frames.
        unsafe {
            if (*record).kind == exit_kind::DOOR {
                outermost = Some(record);
            }
            record = (*record).previous;
        }
    }
    outermost
}

// `rook_rt_return_to_c(ctx, condition)`: lands at the outermost call from C, or gives NIL.
crate::control::anchored_thunk!(
    "rook_rt_return_to_c",
    return_to_c,
    ["test rax, rax", "jne rook_exit_jump", "lea rax, [rip + rook_nil + {tag}]", "ret"],
    tag = const crate::abi::tags::SYMBOL_TAG
);

unsafe extern "C" {
    fn rook_rt_return_to_c();
}

/// `(return-to-c condition)` for Lisp: ends the outermost call from C with an error; gives NIL in a program
/// that no C code embeds.
pub fn table() -> Vec<Primitive> {
    vec![Primitive { name: "return_to_c", arity: 1, address: rook_rt_return_to_c as *const () as usize }]
}

extern "C" fn return_to_c(ctx: &mut ThreadContext, condition: Value) -> *mut ExitRecord {
    match outermost_call(ctx) {
        Some(record) => exits::land(ctx, record, condition, 1),
        None => std::ptr::null_mut(),
    }
}

/// Reads and evaluates the first form of `source`; as `rook_call`.
///
/// # Safety
/// `source` is a C string; `result` is null or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_eval(source: *const libc::c_char, result: *mut Value) -> i32 {
    let ctx = context();
    // SAFETY: by the caller's promise.
    let source = unsafe { text(source) };
    let source = crate::object::string(ctx, &source);
    let (read, eval) = (intern(ctx, "COMMON-LISP", "READ-FROM-STRING"), intern(ctx, "COMMON-LISP", "EVAL"));
    let (mut status, mut value) = call(ctx, read, &[source]);
    if status == ROOK_OK {
        (status, value) = call(ctx, eval, &[value]);
    }
    if !result.is_null() {
        // SAFETY: by the caller's promise.
        unsafe { *result = value };
    }
    status
}

/// Whether the calling thread has Lisp frames below its C frames.
#[unsafe(no_mangle)]
pub extern "C" fn rook_in_lisp() -> bool {
    let ctx = thread::current();
    // SAFETY: the context of this thread.
    !ctx.is_null() && unsafe { (*ctx).entry_frame != 0 }
}
