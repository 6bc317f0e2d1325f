//! How much native stack is left: expansion recurses over user forms.

use rook_runtime::abi::thread_context::ThreadContext;
use std::cell::Cell;

/// Room that expansion of one more level, and what it calls, must find.
const RESERVE: usize = 256 << 10;

thread_local! {
    /// Low end of the thread's own stack; 0 when not asked yet.
    static THREAD_STACK_LOW: Cell<usize> = const { Cell::new(0) };
}

/// Whether less than the reserve is left on the stack that is running now: the Lisp stack, or the
/// thread's own.
pub fn is_low(ctx: &ThreadContext) -> bool {
    let marker = 0u8;
    let here = &raw const marker as usize;
    let (low, high) = (ctx.stack_low as usize, ctx.stack_high as usize);
    let bound = if low <= here && here < high { low } else { thread_stack_low() };
    here < bound.saturating_add(RESERVE)
}

fn thread_stack_low() -> usize {
    let known = THREAD_STACK_LOW.get();
    if known != 0 {
        return known;
    }
    // SAFETY: asks for the attributes of the running thread into a local structure and frees it.
    let low = unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let mut address: *mut libc::c_void = std::ptr::null_mut();
        let mut size = 0usize;
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return 0;
        }
        libc::pthread_attr_getstack(&attributes, &mut address, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        address as usize
    };
    THREAD_STACK_LOW.set(low);
    low
}
