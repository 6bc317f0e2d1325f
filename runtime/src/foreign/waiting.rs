//! Exits that were caught on the way through C and wait until C has returned to Lisp.
//!
//! C frames are not unwound. An exit that reaches a callback or `rook_call` is kept here and goes on at
//! the safepoint that follows each C call in Lisp, unless C drops it, continues it itself, or meets
//! another exit meanwhile.

use crate::abi::thread_context::{PENDING_ARGS, ThreadContext};
use crate::control::{Exit, raise, resume};
use crate::object::simple_vector;
use crate::stack::handles;
use crate::thread::safepoint::{self, interrupt};
use crate::value::{Raised, Value};

/// An exit that waits for C to return to the Lisp code below `entry_frame`.
struct WaitingExit {
    target: u64,
    /// A persistent handle on the values.
    values: *mut u64,
    entry_frame: u64,
    /// Frame of the Lisp function that called C.
    caller: u64,
}

/// Keeps an exit until C has returned.
pub fn wait(ctx: &mut ThreadContext, exit: Exit) {
    if exit.target == 0 {
        // A conversion failed: the error is raised in the Lisp code that called C, as it stands.
        let count = (ctx.pending_arg_count as usize).min(PENDING_ARGS);
        let kind = Value::fixnum(ctx.pending_kind as i64);
        let args = ctx.pending_args[..count].iter().map(|&word| Value(word));
        let items: Vec<Value> = std::iter::once(kind).chain(args).collect();
        let values = simple_vector(ctx, &items);
        raise::clear_pending(ctx);
        push(ctx, 0, values);
    } else {
        push(ctx, exit.target, exit.values);
    }
}

fn push(ctx: &mut ThreadContext, target: u64, values: Value) {
    let (entry_frame, caller) = (ctx.entry_frame, ctx.lisp_fp);
    forget_left(ctx, caller);
    let values = handles::of(ctx).new_persistent(values);
    list(ctx).push(WaitingExit { target, values, entry_frame, caller });
    rearm(ctx);
}

fn list(ctx: &mut ThreadContext) -> &'static mut Vec<WaitingExit> {
    if ctx.foreign_exit == 0 {
        ctx.foreign_exit = Box::into_raw(Box::<Vec<WaitingExit>>::default()) as u64;
    }
    // SAFETY: made above, never freed before its context; only the context's own thread uses it.
    unsafe { &mut *(ctx.foreign_exit as *mut Vec<WaitingExit>) }
}

/// Asks for a safepoint while exits wait.
pub fn rearm(ctx: &mut ThreadContext) {
    if ctx.foreign_exit != 0 && !list(ctx).is_empty() {
        // SAFETY: a live context.
        unsafe { safepoint::request(ctx, interrupt::FOREIGN_EXIT) };
    }
}

/// Forgets the exits that wait for Lisp code in `frame` and in frames that it called: control has left
/// those for `frame`, or another exit takes their place.
pub fn forget_left(ctx: &mut ThreadContext, frame: u64) {
    while ctx.foreign_exit != 0 && list(ctx).last().is_some_and(|exit| exit.caller <= frame) {
        drop_newest(ctx);
    }
}

/// The exit that waits for the Lisp code running now, if there is one: raised and ready to go on.
pub fn take_exit(ctx: &mut ThreadContext) -> Option<Raised> {
    if ctx.foreign_exit == 0 {
        return None;
    }
    loop {
        let depth = |frame: u64| if frame == 0 { u64::MAX } else { frame };
        let here = ctx.entry_frame;
        let newest = list(ctx).last()?;
        if depth(newest.entry_frame) > depth(here) {
            return None;
        }
        let is_here = newest.entry_frame == here;
        let exit = list(ctx).pop()?;
        // SAFETY: the handle was made by `push` and is freed once.
        let values = unsafe {
            let values = Value(*exit.values);
            handles::of(ctx).free_persistent(exit.values);
            values
        };
        if is_here && exit.target == 0 {
            return Some(raise_kept(ctx, values));
        }
        if is_here {
            return Some(resume(ctx, Exit { target: exit.target, values }));
        }
    }
}

fn raise_kept(ctx: &mut ThreadContext, kept: Value) -> Raised {
    let count = kept.size() - 1;
    ctx.pending_kind = kept.slot(0).as_fixnum() as u64;
    ctx.pending_arg_count = count as u64;
    ctx.pending_final = 0;
    for i in 0..count {
        ctx.pending_args[i] = kept.slot(1 + i).0;
    }
    Raised(())
}

/// Forgets the newest waiting exit; false when there is none.
pub fn drop_newest(ctx: &mut ThreadContext) -> bool {
    if ctx.foreign_exit == 0 {
        return false;
    }
    let Some(exit) = list(ctx).pop() else { return false };
    // SAFETY: made by `push`, freed once.
    unsafe { handles::of(ctx).free_persistent(exit.values) };
    true
}
