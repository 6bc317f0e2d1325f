//! One booted thread context shared by the unit tests of the crate, one test at a time.

use crate::abi::thread_context::ThreadContext;
use std::sync::{LazyLock, Mutex, PoisonError};

struct Shared(Box<ThreadContext>);
// SAFETY: the context is reached only under the mutex.
unsafe impl Send for Shared {}

static CONTEXT: LazyLock<Mutex<Shared>> = LazyLock::new(|| Mutex::new(Shared(boot())));

fn boot() -> Box<ThreadContext> {
    let mut ctx = crate::thread::create();
    super::package::boot_without_image(&mut ctx);
    crate::reader::init_variables(&mut ctx);
    ctx
}

/// Runs `f` with the shared context, packages booted.
pub fn with_context<R>(f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    let mut shared = CONTEXT.lock().unwrap_or_else(PoisonError::into_inner);
    f(&mut shared.0)
}
