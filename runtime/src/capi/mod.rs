//! The C API: what `runtime/include/rook.h` declares, room by room.
//!
//! Functions take the context of the calling thread. Allocation never collects, so a `rook_value` in a C
//! variable stays good until C calls Lisp; what C needs afterwards is in a segment or a handle. No
//! Lisp error leaves a function of this room: calls report a status, accessors a default.

pub mod boot;
pub mod calls;
pub mod define;
pub mod segments;
pub mod values;

use crate::abi::thread_context::ThreadContext;
use crate::thread::{self, fatal_error};

/// The context of the calling thread, which must have one.
fn context() -> &'static mut ThreadContext {
    let ctx = thread::current();
    if ctx.is_null() {
        fatal_error("a rook_ function was called before rook_boot, or on a thread that did not boot");
    }
    // SAFETY: contexts live as long as their threads, and only their own thread gets them.
    unsafe { &mut *ctx }
}

#[cfg(test)]
mod tests;
