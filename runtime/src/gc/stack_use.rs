//! How much stack a collection uses: what lies below it is painted before, and looked at afterwards.
//!
//! For tests, with the option `stack-use`: the paint costs a page fault for each page.

use crate::abi::tags::POISON;
use crate::abi::thread_context::ThreadContext;

/// What is painted. More is not measured.
const DEPTH: u64 = 512 << 10;
/// Left alone: the frames of the painter itself.
const GAP: u64 = 256;

/// The painted words, `None` where the stack ends too soon.
pub struct Paint(Option<(u64, u64)>);

impl Paint {
    /// Paints below the caller's frame.
    #[inline(never)]
    pub fn below_here(ctx: &ThreadContext) -> Paint {
        let here = 0u64;
        let top = (&raw const here as u64 - GAP) & !7;
        if !(ctx.stack_low + DEPTH..ctx.stack_high).contains(&top) {
            return Paint(None);
        }
        for address in (top - DEPTH..top).step_by(8) {
            // SAFETY: inside the Lisp stack and below every live frame; signal handlers have a stack of their own.
            unsafe { std::ptr::write_volatile(address as *mut u64, POISON) };
        }
        Paint(Some((top - DEPTH, top)))
    }

    /// Bytes from the top to the lowest word that has lost its paint; 0 when nothing was painted.
    #[inline(never)]
    pub fn used(&self) -> u64 {
        let Some((low, top)) = self.0 else { return 0 };
        // SAFETY: as for `below_here`.
        let touched = (low..top).step_by(8).find(|&address| unsafe { std::ptr::read_volatile(address as *const u64) } != POISON);
        top + GAP - touched.unwrap_or(top)
    }
}
