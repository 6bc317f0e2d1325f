//! C copies of Lisp strings that are passed as arguments.
//!
//! A copy must live until the C function returns, and nothing runs then. So copies are kept with the
//! frame that made them and freed when a later call shows that the earlier one is over: copies of deeper
//! frames at once, of the same frame when there are more than one call can take.

use crate::abi::thread_context::ThreadContext;
use crate::control::errors::{expect_string, simple_error};
use crate::value::{LispResult, Value, nil};
use std::cell::RefCell;
use std::ffi::{CStr, CString};

/// Copies kept per frame: more than one call has string arguments.
const PER_FRAME: usize = 64;

struct Copy {
    frame: u64,
    /// Owns the bytes that C reads.
    _text: CString,
}

thread_local! {
    static COPIES: RefCell<Vec<Copy>> = const { RefCell::new(Vec::new()) };
}

/// A NUL-terminated UTF-8 copy that lives as long as the C call that the current frame prepares.
pub fn temporary(ctx: &mut ThreadContext, v: Value) -> LispResult<u64> {
    if v.is_nil() {
        return Ok(0);
    }
    let text = to_c(ctx, v)?;
    let address = text.as_ptr() as u64;
    let frame = ctx.lisp_fp;
    COPIES.with_borrow_mut(|copies| {
        // Frames further down the stack have lower addresses and are gone or done with their call.
        copies.retain(|copy| copy.frame >= frame);
        let same = copies.iter().filter(|copy| copy.frame == frame).count();
        if same >= PER_FRAME
            && let Some(oldest) = copies.iter().position(|copy| copy.frame == frame)
        {
            copies.remove(oldest);
        }
        copies.push(Copy { frame, _text: text });
    });
    Ok(address)
}

/// A Lisp string as C text; one that contains a NUL is refused.
pub fn to_c(ctx: &mut ThreadContext, v: Value) -> LispResult<CString> {
    let text = expect_string(ctx, v)?;
    CString::new(text).map_err(|_| simple_error(ctx, "~S contains a null character and cannot be a C string.", &[v]))
}

/// A Lisp string from C text; NIL for null.
///
/// # Safety
/// `address` is 0 or that of a NUL-terminated string.
pub unsafe fn from_c(ctx: &mut ThreadContext, address: u64) -> Value {
    if address == 0 {
        return nil();
    }
    // SAFETY: by the caller's promise.
    let text = unsafe { CStr::from_ptr(address as *const libc::c_char) };
    crate::object::string(ctx, &text.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::string;
    use crate::object::testing::with_context;

    #[test]
    fn copies_live_until_their_frame_calls_again() {
        with_context(|ctx| {
            let text = string(ctx, "grüß dich");
            ctx.lisp_fp = 5000;
            let outer = temporary(ctx, text).expect("a string");
            ctx.lisp_fp = 4000;
            temporary(ctx, text).expect("a string");
            ctx.lisp_fp = 5000;
            temporary(ctx, text).expect("a string");
            assert_eq!(COPIES.with_borrow(Vec::len), 2, "the deeper frame's copy is gone");
            // SAFETY: the copy is alive.
            assert_eq!(string_to_text(unsafe { from_c(ctx, outer) }), "grüß dich");
            for _ in 0..200 {
                temporary(ctx, text).expect("a string");
            }
            assert_eq!(COPIES.with_borrow(Vec::len), PER_FRAME);
            ctx.lisp_fp = 0;
            let bad = string(ctx, "a\0b");
            assert!(temporary(ctx, bad).is_err());
        });
    }

    fn string_to_text(v: Value) -> String {
        crate::object::string_to_rust(v)
    }
}
