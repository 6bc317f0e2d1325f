//! C segments: Lisp values that a C function retains, on a chain that every exit cuts.
//!
//! A segment is a struct on the C stack (the scope macro `ROOK_SEGMENT`) or on the C heap
//! (`gc_push_segment`). Slots start as NIL and are roots.

use crate::abi::thread_context::ThreadContext;

/// Segment flag: the record and its slots came from `gc_push_segment` and are freed when popped.
pub const OWNED: u64 = 1;

/// Takes the innermost segment off the chain.
pub fn pop(ctx: &mut ThreadContext) {
    let segment = ctx.segments;
    if segment.is_null() {
        return;
    }
    // SAFETY: a segment on the chain is live: its C frame was not left yet, or it is owned by us.
    unsafe {
        ctx.segments = (*segment).previous;
        if (*segment).flags & OWNED != 0 {
            let slots = std::ptr::slice_from_raw_parts_mut((*segment).slots, (*segment).count as usize);
            drop(Box::from_raw(slots));
            drop(Box::from_raw(segment));
        }
    }
}
