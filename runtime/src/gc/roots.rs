//! The roots: every word outside the heap that may refer into it.
//!
//! One enumeration serves collection, verification and audit. Must not change a word itself.

use super::options::Fault;
use crate::abi::thread_context::{BindingEntry, PENDING_ARGS, REGISTER_ARGS, ThreadContext};
use crate::stack::cursor::{Frame, Frames};
use crate::stack::{handles, registry};
use crate::value::{nil, t};
use std::sync::{Mutex, PoisonError};

/// Static words of Rust and C that hold values: first address and number of words. They belong to the
/// process; each heap looks only at references into itself.
static RANGES: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Makes `words` words from `first` roots for good. They must stay readable and writable and always hold values.
pub fn register_range(first: *mut u64, words: usize) {
    RANGES.lock().unwrap_or_else(PoisonError::into_inner).push((first as usize, words));
}

/// Ends what `register_range` began.
pub fn unregister_range(first: *mut u64) {
    RANGES.lock().unwrap_or_else(PoisonError::into_inner).retain(|&(start, _)| start != first as usize);
}

/// Words of a symbol that the collector visits: all its slots.
const SYMBOL_SLOTS: usize = 7;

/// Calls `f` with each root slot of the context, frames included, static data not.
pub fn for_each_root(ctx: &mut ThreadContext, fault: Option<Fault>, mut f: impl FnMut(*mut u64)) {
    let code = registry::of(ctx);
    for frame in Frames::new(ctx, code) {
        for_each_slot(&frame, fault, &mut f);
    }
    for_each_root_but_frames(ctx, f);
}

/// The live slots of a frame. `fault` leaves out or displaces one on purpose.
pub fn for_each_slot(frame: &Frame, fault: Option<Fault>, f: &mut impl FnMut(*mut u64)) {
    for (index, slot) in frame.slots().enumerate() {
        match fault {
            Some(Fault::DropMapEntry) if index == 0 => continue,
            Some(Fault::WrongSlot) if index == 0 => f(slot.wrapping_sub(1)),
            _ => f(slot),
        }
    }
}

/// Every root but those in frames.
pub fn for_each_root_but_frames(ctx: &mut ThreadContext, mut f: impl FnMut(*mut u64)) {
    for_each_context_root(ctx, &mut f);
    for (start, count) in handles::of(ctx).ranges() {
        for_each_word(start, count, &mut f);
    }
    for symbol in [nil(), t()] {
        for_each_word(symbol.base().wrapping_add(1), SYMBOL_SLOTS, &mut f);
    }
    let ranges = RANGES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (start, count) in ranges {
        for_each_word(start as *mut u64, count, &mut f);
    }
}

fn for_each_word(start: *mut u64, count: usize, f: &mut impl FnMut(*mut u64)) {
    for i in 0..count {
        f(start.wrapping_add(i));
    }
}

/// The roots that the context itself holds.
fn for_each_context_root(ctx: &mut ThreadContext, f: &mut impl FnMut(*mut u64)) {
    let mut record = ctx.exit_chain;
    while !record.is_null() {
        // SAFETY: records on the chain lie in live frames.
        unsafe {
            f(&raw mut (*record).tag);
            record = (*record).previous;
        }
    }
    for_each_word(ctx.args as *mut u64, ctx.arg_count as usize, f);
    for_each_word(ctx.values as *mut u64, ctx.value_count as usize, f);
    for_each_word(ctx.tls as *mut u64, ctx.tls_count as usize, f);
    let mut binding = ctx.binding_base as *mut BindingEntry;
    while (binding as u64) < ctx.binding_ptr {
        // SAFETY: entries between base and pointer are in use.
        unsafe {
            f(&raw mut (*binding).old_value);
            binding = binding.add(1);
        }
    }
    let pending = (ctx.pending_arg_count as usize).min(PENDING_ARGS);
    for_each_word(ctx.pending_args.as_mut_ptr(), pending, f);
    f(&raw mut ctx.saved_result);
    for_each_pin(ctx, f);
}

/// The slots of C segments; what they refer to is pinned.
pub fn for_each_pin(ctx: &ThreadContext, mut f: impl FnMut(*mut u64)) {
    let mut segment = ctx.segments;
    while !segment.is_null() {
        // SAFETY: segments on the chain lie in live C frames.
        unsafe {
            for_each_word((*segment).slots, (*segment).count as usize, &mut f);
            segment = (*segment).previous;
        }
    }
}

/// Code addresses that must stay valid though no function object says so: return addresses and handlers.
pub fn for_each_code_address(ctx: &mut ThreadContext, mut f: impl FnMut(u64)) {
    let code = registry::of(ctx);
    for frame in Frames::new(ctx, code) {
        // The call lies before its return address.
        f(frame.pc - 1);
    }
    let mut record = ctx.exit_chain;
    while !record.is_null() {
        // SAFETY: records on the chain lie in live frames.
        unsafe {
            f((*record).handler);
            record = (*record).previous;
        }
    }
}

/// Clears words that the next use of their area counts as live but does not write: they may be stale.
pub fn clear_stale_words(ctx: &mut ThreadContext) {
    let clear = |area: u64, from: u64, to: u64| {
        for i in from..to {
            // SAFETY: the areas are longer than their register part.
            unsafe { *(area as *mut u64).add(i as usize) = 0 };
        }
    };
    if ctx.args != 0 {
        clear(ctx.args, ctx.arg_count, REGISTER_ARGS as u64);
    }
    if ctx.values != 0 {
        clear(ctx.values, ctx.value_count, 1);
    }
}
