//! Shared libraries and the addresses of C symbols.

use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::string;
use crate::value::LispResult;
use std::ffi::{CStr, CString};
use std::sync::{Mutex, PoisonError};

/// Handles of the libraries loaded so far, newest first in lookups.
static LIBRARIES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Loads a shared library; its symbols are found by `symbol_address` from then on.
pub fn load(ctx: &mut ThreadContext, name: &CStr) -> LispResult<u64> {
    // SAFETY: `name` is a C string; running a library's initialisers is what the program asked for.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) } as usize;
    if handle == 0 {
        let message = last_message();
        let message = string(ctx, &message);
        return Err(ctx.raise(ErrorKind::Foreign, &[message]));
    }
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    if !libraries.contains(&handle) {
        libraries.push(handle);
    }
    Ok(handle as u64)
}

/// Unloads a library; false when it was not loaded by `load`.
pub fn unload(handle: u64) -> bool {
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let before = libraries.len();
    libraries.retain(|&h| h as u64 != handle);
    // SAFETY: the handle came from `dlopen` and is not used again.
    libraries.len() < before && unsafe { libc::dlclose(handle as *mut _) } == 0
}

/// The address of a C symbol in the program and the libraries loaded.
pub fn symbol_address(name: &CStr) -> Option<u64> {
    let libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let places = std::iter::once(libc::RTLD_DEFAULT as usize).chain(libraries.into_iter().rev());
    places
        // SAFETY: valid handles and a C string.
        .map(|handle| unsafe { libc::dlsym(handle as *mut _, name.as_ptr()) } as u64)
        .find(|&address| address != 0)
}

/// As `symbol_address`, for Rust callers.
pub fn symbol_address_str(name: &str) -> Option<u64> {
    symbol_address(&CString::new(name).ok()?)
}

fn last_message() -> String {
    // SAFETY: `dlerror` gives null or a C string that is valid until the next call.
    unsafe {
        let message = libc::dlerror();
        if message.is_null() { "unknown error".to_string() } else { CStr::from_ptr(message).to_string_lossy().into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_the_c_library_are_found() {
        assert!(symbol_address_str("strlen").is_some());
        assert_eq!(symbol_address_str("rook_there_is_no_such_symbol"), None);
    }
}
