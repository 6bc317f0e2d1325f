//! Non-local exits: finding the target record, restoring state, landing.
//!
//! Rust computes where control goes; the assembly tails jump there when every Rust frame is gone.
//! Must not run Lisp: cleanups get control by landing at their records and continue the exit.

use super::values;
use super::{anchored_thunk, binding};
use crate::abi::thread_context::{ErrorKind, ExitRecord, Segment, ThreadContext, exit_kind};
use crate::value::Value;

// (ctx, tag or token, value, count): never return, except by way of %RAISE for an unknown target.
anchored_thunk!("rook_rt_throw", throw, ["test rax, rax", "je rook_raise_pending", "jmp rook_exit_jump"]);
anchored_thunk!("rook_rt_exit_to", exit_to, ["test rax, rax", "je rook_raise_pending", "jmp rook_exit_jump"]);
// (ctx, target record, saved values)
anchored_thunk!("rook_rt_continue_unwind", continue_unwind, ["jmp rook_exit_jump"]);

extern "C" fn throw(ctx: &mut ThreadContext, tag: Value, value: Value, count: u64) -> *mut ExitRecord {
    leave(ctx, exit_kind::CATCH, tag, value, count)
}

extern "C" fn exit_to(ctx: &mut ThreadContext, token: Value, value: Value, count: u64) -> *mut ExitRecord {
    leave(ctx, exit_kind::BLOCK, token, value, count)
}

extern "C" fn continue_unwind(ctx: &mut ThreadContext, target: u64, saved: Value) -> *mut ExitRecord {
    continue_to(ctx, target, saved)
}

/// Where an exit to the innermost record of `kind` and `tag` lands first; null, with a control error
/// pending, when there is none.
fn leave(ctx: &mut ThreadContext, kind: u64, tag: Value, value: Value, count: u64) -> *mut ExitRecord {
    let Some(target) = find(ctx, kind, tag) else {
        ctx.value_count = 0;
        ctx.raise(ErrorKind::Control, &[tag]);
        ctx.pending_final = 1;
        return std::ptr::null_mut();
    };
    land(ctx, target, value, count)
}

/// The innermost record of this kind and tag on the chain, also beyond doors and cleanups.
pub fn find(ctx: &ThreadContext, kind: u64, tag: Value) -> Option<*mut ExitRecord> {
    let mut record = ctx.exit_chain;
    while !record.is_null() {
        // SAFETY: records on the chain lie in live frames.
        let r = unsafe { &*record };
        if r.kind == kind && r.tag == tag.0 {
            return Some(record);
        }
        record = r.previous;
    }
    None
}

/// Goes on to `target` with values kept by `values::save`.
pub fn continue_to(ctx: &mut ThreadContext, target: u64, saved: Value) -> *mut ExitRecord {
    assert_ne!(target, 0, "only an interrupted exit is continued");
    let outcome = values::restore(ctx, saved);
    land(ctx, target as *mut ExitRecord, outcome.value, outcome.count)
}

/// Restores the state of the first stop on the way to `target` and leaves the payload in the context.
pub fn land(ctx: &mut ThreadContext, target: *mut ExitRecord, value: Value, count: u64) -> *mut ExitRecord {
    let mut stop = ctx.exit_chain;
    // SAFETY: `target` is on the chain, so every record up to it lies in a live frame.
    let record = unsafe {
        while stop != target && !matches!((*stop).kind, exit_kind::CLEANUP | exit_kind::DOOR) {
            stop = (*stop).previous;
        }
        *stop
    };
    binding::unwind_to(ctx, record.binding_ptr);
    pop_segments(ctx, record.segments);
    ctx.exit_chain = record.previous;
    ctx.entry_frame = record.entry_frame;
    ctx.arg_count = 0;
    if count <= 1 {
        ctx.value_count = 0;
    }
    ctx.unwind_target = if stop == target { 0 } else { target as u64 };
    ctx.exit_value = value.0;
    ctx.exit_count = count;
    crate::foreign::waiting::forget_left(ctx, record.fp);
    crate::thread::limits::take_back_lent_room(ctx, record.sp);
    stop
}

/// Pops C segments until `segment` is the innermost.
pub fn pop_segments(ctx: &mut ThreadContext, segment: *mut Segment) {
    while ctx.segments != segment && !ctx.segments.is_null() {
        crate::capi::segments::pop(ctx);
    }
}
