//! The thread context of the running thread: making it, finding it, raising pending errors.
//!
//! Must not know what Lisp code does with its areas, nor collect: it asks the collector to.

pub mod areas;
pub mod limits;
pub mod safepoint;
pub mod signals;
pub mod stack;

use crate::abi::thread_context::{ErrorKind, PENDING_ARGS, ThreadContext};
use crate::value::{Raised, Value, nil};
use std::cell::Cell;

/// Exit codes: a program's own failure, our bug or a fault, an interrupt.
pub const EXIT_FAILURE: i32 = 1;
pub const EXIT_FATAL: i32 = 101;
pub const EXIT_INTERRUPT: i32 = 130;

thread_local! {
    static CURRENT: Cell<*mut ThreadContext> = const { Cell::new(std::ptr::null_mut()) };
}

/// The context of the running thread, or null.
pub fn current() -> *mut ThreadContext {
    CURRENT.get()
}

/// Makes `ctx` the context of the running thread.
pub fn set_current(ctx: *mut ThreadContext) {
    CURRENT.set(ctx);
}

/// A new context with its areas mapped, its heap not attached, and no stack bounds yet.
pub fn create() -> Box<ThreadContext> {
    // SAFETY: every field is an integer or a raw pointer, for which zero is a value.
    let mut ctx: Box<ThreadContext> = unsafe { Box::new(std::mem::zeroed()) };
    ctx.nil = nil().0;
    areas::map(&mut ctx);
    ctx
}

/// Masks the traps of floating-point operations for the running thread: results are checked instead.
pub fn mask_float_traps() {
    /// All six exceptions masked, rounding to nearest.
    const MASKED: u32 = 0x1f80;
    // SAFETY: loads the control register of SSE from memory and changes nothing else.
    unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &MASKED, options(nostack, readonly)) };
}

/// Ends the process with a message: for states in which no Lisp can run.
#[cold]
pub fn fatal_error(message: &str) -> ! {
    complain!("rook: fatal: {message}");
    std::process::exit(EXIT_FATAL)
}

impl ThreadContext {
    /// Records a pending error; the caller returns the result up to its primitive.
    pub fn raise(&mut self, kind: ErrorKind, args: &[Value]) -> Raised {
        assert!(args.len() <= PENDING_ARGS, "too many pending-error arguments");
        self.pending_kind = kind as u64;
        self.pending_final = 0;
        self.pending_arg_count = args.len() as u64;
        for (slot, arg) in self.pending_args.iter_mut().zip(args) {
            *slot = arg.0;
        }
        Raised(())
    }
}
