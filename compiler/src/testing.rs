//! One booted thread context shared by the unit tests of the crate, one test at a time, on a Lisp stack.

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::package::boot_without_image;
use rook_runtime::{heap, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

struct Shared(Box<ThreadContext>);
// SAFETY: the context is reached only under the mutex.
unsafe impl Send for Shared {}

static CONTEXT: LazyLock<Mutex<Shared>> = LazyLock::new(|| Mutex::new(Shared(boot())));

fn boot() -> Box<ThreadContext> {
    let mut ctx = thread::create();
    heap::attach(&mut ctx);
    thread::stack::map(&mut ctx);
    boot_without_image(&mut ctx);
    rook_runtime::reader::init_variables(&mut ctx);
    ctx
}

/// Runs `f` with the shared context on its Lisp stack.
pub fn with_context<R>(f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    let mut shared = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    // A failed assertion unwinds on this side of the stack switch, so that the other tests can go on.
    let result = thread::stack::run_on_lisp_stack(&mut *shared.0, |ctx| catch_unwind(AssertUnwindSafe(|| f(ctx))));
    drop(shared);
    result.unwrap_or_else(|panic| resume_unwind(panic))
}
