//! C segments: Lisp values that a C function retains, on a chain that every exit cuts.
//!
//! A segment is a struct on the C stack (the scope macro `ROOK_SEGMENT`) or on the C heap
//! (`gc_push_segment`). Slots start as NIL. What they hold is kept alive and in place, so C may go on
//! using the variable that it retained.

use super::context;
use crate::abi::thread_context::{Segment, ThreadContext};
use crate::thread::fatal_error;
use crate::value::{Value, nil};

/// Segment flag: the record and its slots came from `push_owned` and are freed when popped.
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

/// Opens a segment with these slots, owned by the chain. Gives the slots.
pub fn push_owned(ctx: &mut ThreadContext, values: Vec<u64>) -> *mut u64 {
    let count = values.len() as u64;
    let slots = Box::into_raw(values.into_boxed_slice()) as *mut u64;
    let segment = Segment { previous: ctx.segments, slots, count, flags: OWNED };
    ctx.segments = Box::into_raw(Box::new(segment));
    slots
}

/// Pops the segment of a Rust scope, unless an exit has done so.
pub fn pop_to(ctx: &mut ThreadContext, outer: *mut Segment) {
    while ctx.segments != outer && !ctx.segments.is_null() {
        pop(ctx);
    }
}

/// A slot of the innermost segment.
fn slot(ctx: &ThreadContext, i: i32) -> *mut u64 {
    // SAFETY: the innermost segment is live.
    let Some(segment) = (unsafe { ctx.segments.as_ref() }) else { fatal_error("no C segment is open") };
    if i < 0 || i as u64 >= segment.count {
        fatal_error(&format!("C segment slot {i} is out of range: the segment has {}", segment.count));
    }
    segment.slots.wrapping_add(i as usize)
}

/// Opens a segment of `retained` slots. The address of the last argument, which the original API
/// wants, says nothing here and may be null.
#[unsafe(no_mangle)]
pub extern "C" fn gc_push_segment(_last_argument: *mut libc::c_void, retained: i32) {
    push_owned(context(), vec![nil().0; retained.max(0) as usize]);
}

/// Retains `value` in slot `i` of the innermost segment.
#[unsafe(no_mangle)]
pub extern "C" fn gc_set_retained(i: i32, value: Value) {
    let place = slot(context(), i);
    // SAFETY: a slot of a live segment; segments are roots and need no barrier.
    unsafe { *place = value.0 };
}

/// What slot `i` of the innermost segment holds.
#[unsafe(no_mangle)]
pub extern "C" fn rook_retained(i: i32) -> Value {
    // SAFETY: a slot of a live segment.
    Value(unsafe { *slot(context(), i) })
}

/// Announces a call of Lisp with `nargs` arguments. The call itself roots its arguments; what is left
/// is the check that a segment is open.
#[unsafe(no_mangle)]
pub extern "C" fn gc_prepare_call(nargs: i32) {
    if context().segments.is_null() {
        fatal_error("gc_prepare_call: no C segment is open");
    }
    if nargs < 0 || nargs as usize > crate::abi::thread_context::ARGUMENT_AREA_WORDS {
        fatal_error("gc_prepare_call: no call takes so many arguments");
    }
}

/// Closes the innermost segment.
#[unsafe(no_mangle)]
pub extern "C" fn gc_pop_segment() {
    let ctx = context();
    if ctx.segments.is_null() {
        fatal_error("gc_pop_segment: no C segment is open");
    }
    pop(ctx);
}

/// Opens a segment in C's own storage: what `ROOK_SEGMENT` expands to.
///
/// # Safety
/// `segment` and its `count` slots live until the segment is closed or an exit cuts it off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_segment_enter(segment: *mut Segment, slots: *mut u64, count: u64) {
    let ctx = context();
    // SAFETY: by the caller's promise.
    unsafe {
        for i in 0..count as usize {
            *slots.add(i) = nil().0;
        }
        *segment = Segment { previous: ctx.segments, slots, count, flags: 0 };
    }
    ctx.segments = segment;
}

/// Closes a segment that `rook_segment_enter` opened, and what is still open inside it. After
/// `rook_shutdown` there is none left: a scope may end then.
///
/// # Safety
/// `segment` was opened by `rook_segment_enter`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_segment_leave(segment: *mut Segment) {
    if crate::thread::current().is_null() {
        return;
    }
    let ctx = context();
    // SAFETY: by the caller's promise.
    let outer = unsafe { (*segment).previous };
    pop_to(ctx, outer);
}
