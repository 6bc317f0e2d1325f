//! One booted thread context shared by the unit tests of the crate, one test at a time.

use crate::abi::thread_context::ThreadContext;
use std::sync::{LazyLock, Mutex, PoisonError};

struct Shared(Box<ThreadContext>);
// SAFETY: the context is reached only under the mutex.
unsafe impl Send for Shared {}

static CONTEXT: LazyLock<Mutex<Shared>> = LazyLock::new(|| Mutex::new(Shared(boot())));

fn boot() -> Box<ThreadContext> {
    // SAFETY: every field is an integer or a raw pointer, for which zero is a value.
    let mut ctx: Box<ThreadContext> = unsafe { Box::new(std::mem::zeroed()) };
    ctx.values = Box::leak(vec![0u64; 64].into_boxed_slice()).as_mut_ptr() as u64;
    super::package::boot_without_image(&mut ctx);
    ctx
}

/// Runs `f` with the shared context, packages booted.
pub fn with_context<R>(f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    let mut shared = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    f(&mut shared.0)
}
