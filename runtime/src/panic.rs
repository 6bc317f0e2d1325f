//! What a lean program has in place of the Rust standard library's backtraces and unwinding.
//!
//! A panic in the runtime prints its message and aborts (`panic = "abort"`), so nothing unwinds
//! through Rust. Making the lean archive (`Makefile`) binds the standard library's references to
//! these names; elsewhere nobody refers to them.

use std::ffi::{c_int, c_void};

/// In place of writing a Rust backtrace: writes nothing, successfully.
#[unsafe(no_mangle)]
extern "C" fn rook_no_backtrace(_backtrace: *const c_void, _formatter: *mut c_void) -> bool {
    false
}

/// In place of the personality routine of Rust frames: an exception of C++ ends here
/// (`_URC_FATAL_PHASE1_ERROR`), as nothing may pass through the runtime.
#[unsafe(no_mangle)]
extern "C" fn rook_no_personality() -> c_int {
    3
}

/// In place of going on to unwind after a cleanup of a Rust frame, which never runs.
#[unsafe(no_mangle)]
extern "C" fn rook_no_unwinding(_exception: *mut c_void) -> ! {
    std::process::abort()
}
