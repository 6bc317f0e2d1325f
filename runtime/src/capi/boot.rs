//! Starting and ending the runtime from a C program.

use super::calls::ROOK_ERROR;
use crate::start::{self, StackKind};
use crate::thread;
use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt;

/// Starts the runtime on the calling thread and runs the image's top-level code. 0 when done, -1 when
/// the process has a runtime already, `ROOK_ERROR` when the top-level code failed. Signal handlers stay C's.
///
/// # Safety
/// `argv` has `argc` C strings, or `argc` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_boot(argc: i32, argv: *const *const libc::c_char) -> i32 {
    // SAFETY: by the caller's promise.
    let arguments = (0..argc.max(0) as usize).map(|i| unsafe { CStr::from_ptr(*argv.add(i)).to_bytes().to_vec() });
    let arguments = arguments.map(OsString::from_vec).collect();
    let Some(ctx) = start::boot(StackKind::Adopted) else { return -1 };
    start::set_arguments(arguments);
    if let Some(image) = crate::stack::frame_table::image() {
        // SAFETY: the context of this thread, just made.
        let outcome = start::run_init_functions(unsafe { &mut *ctx }, image);
        if outcome.is_err() {
            return ROOK_ERROR;
        }
    }
    0
}

/// Writes out the streams. The runtime must not be used afterwards; a process boots once.
#[unsafe(no_mangle)]
pub extern "C" fn rook_shutdown() {
    let _ = crate::io::table::finish_all();
    thread::set_current(std::ptr::null_mut());
}

/// Whether the calling thread can use the runtime.
#[unsafe(no_mangle)]
pub extern "C" fn rook_is_running() -> bool {
    !thread::current().is_null()
}
