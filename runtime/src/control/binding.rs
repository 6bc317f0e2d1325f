//! Dynamic variables: thread-local indexes, the binding stack, reading and writing values.
//!
//! The layout, and the sequences that compiled code uses inline, are described at
//! `abi::thread_context::BindingEntry`. A symbol gets its index, kept in its header's size field, when
//! it is bound for the first time. Must not know of `let` or `progv`.

use crate::abi::layout::{self, HEADER_SIZE_SHIFT, SYMBOL_CONSTANT, symbol};
use crate::abi::tags::NO_TLS_VALUE;
use crate::abi::thread_context::{BindingEntry, ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::symbol::{global_value, has_flag, well_known};
use crate::object::{set_slot, string};
use crate::thread::areas::TLS_WORDS;
use crate::thread::limits;
use crate::thread::safepoint::{self, interrupt};
use crate::value::{LispResult, Raised, Value, nil};
use std::sync::atomic::{AtomicU64, Ordering};

/// The next thread-local index to give away; 0 means none.
static NEXT_INDEX: AtomicU64 = AtomicU64::new(1);

/// Thread-local indexes given away so far, index 0 included.
pub fn index_count() -> u64 {
    NEXT_INDEX.load(Ordering::Relaxed)
}

fn tls_slot(ctx: &ThreadContext, index: u64) -> *mut u64 {
    (ctx.tls as *mut u64).wrapping_add(index as usize)
}

/// The thread-local index of a symbol, or 0.
pub fn index_of(sym: Value) -> u64 {
    layout::header_size(sym.header_word())
}

/// The thread-local index of a symbol, assigned now if it has none.
fn ensure_index(ctx: &mut ThreadContext, sym: Value) -> LispResult<u64> {
    let present = index_of(sym);
    if present != 0 {
        return Ok(present);
    }
    let index = NEXT_INDEX.fetch_add(1, Ordering::Relaxed);
    if index >= TLS_WORDS as u64 {
        NEXT_INDEX.store(TLS_WORDS as u64, Ordering::Relaxed);
        let message = string(ctx, "Too many dynamic variables are in use; ~S cannot be bound.");
        let args = crate::object::list(ctx, &[sym]);
        return Err(ctx.raise(ErrorKind::Simple, &[message, args]));
    }
    // SAFETY: the table has TLS_WORDS words; a symbol's first word is its header.
    unsafe {
        *tls_slot(ctx, index) = NO_TLS_VALUE;
        let header = sym.base();
        *header = *header & ((1 << HEADER_SIZE_SHIFT) - 1) | index << HEADER_SIZE_SHIFT;
    }
    ctx.tls_count = ctx.tls_count.max(index + 1);
    Ok(index)
}

/// The value of a dynamic or global variable, `Value::UNBOUND` when it has none.
pub fn value_or_unbound(ctx: &ThreadContext, sym: Value) -> Value {
    // SAFETY: every index in a symbol's header lies in the table, index 0 too.
    let local = unsafe { *tls_slot(ctx, index_of(sym)) };
    if local == NO_TLS_VALUE { global_value(sym) } else { Value(local) }
}

/// The value of a variable; unbound raises.
pub fn symbol_value(ctx: &mut ThreadContext, sym: Value) -> LispResult {
    match value_or_unbound(ctx, sym) {
        Value::UNBOUND => Err(ctx.raise(ErrorKind::UnboundVariable, &[sym])),
        value => Ok(value),
    }
}

/// The value of the well-known variable `id`, `Value::UNBOUND` when it has none.
pub fn well_known_value(ctx: &ThreadContext, id: Sym) -> Value {
    value_or_unbound(ctx, well_known(id))
}

/// Sets the current binding, or the global value when there is no binding.
pub fn set_symbol_value(ctx: &mut ThreadContext, sym: Value, value: Value) {
    let slot = tls_slot(ctx, index_of(sym));
    // SAFETY: as in `value_or_unbound`; the table is a root and needs no barrier.
    unsafe {
        if *slot == NO_TLS_VALUE {
            set_slot(ctx, sym, symbol::VALUE, value);
        } else {
            *slot = value.0;
        }
    }
}

/// Pushes a binding of `sym`. When the binding stack passes its limit, the binding is made in the room
/// kept for handlers and the overflow is raised afterwards: CONTINUE then finds it in place.
pub fn bind(ctx: &mut ThreadContext, sym: Value, value: Value) -> LispResult<()> {
    if push(ctx, sym, value)? { Err(overflow(ctx)) } else { Ok(()) }
}

/// As `bind`, but an overflow is raised at the next safepoint.
pub fn bind_quietly(ctx: &mut ThreadContext, sym: Value, value: Value) -> LispResult<()> {
    if push(ctx, sym, value)? {
        // SAFETY: the context is live.
        unsafe { safepoint::request(ctx, interrupt::BINDING_OVERFLOW) };
    }
    Ok(())
}

/// Makes a binding; true when it lies above the soft limit that was armed until now.
fn push(ctx: &mut ThreadContext, sym: Value, value: Value) -> LispResult<bool> {
    if has_flag(sym, SYMBOL_CONSTANT) {
        return Err(constant_error(ctx, sym));
    }
    let index = ensure_index(ctx, sym)?;
    let overflow = ctx.binding_ptr >= ctx.binding_limit;
    if overflow {
        limits::lend_binding_room(ctx);
    }
    let entry = ctx.binding_ptr as *mut BindingEntry;
    // SAFETY: the entry lies below the binding stack's limit.
    unsafe {
        *entry = BindingEntry { index, old_value: *tls_slot(ctx, index) };
        *tls_slot(ctx, index) = value.0;
    }
    ctx.binding_ptr += size_of::<BindingEntry>() as u64;
    Ok(overflow)
}

/// Raises the overflow of the binding stack.
pub fn overflow(ctx: &mut ThreadContext) -> Raised {
    let size = Value::fixnum(limits::binding_size(ctx) as i64);
    ctx.raise(ErrorKind::StackOverflow, &[well_known(Sym::BINDING_STACK), size])
}

/// Undoes bindings until the stack has the height `ptr`.
pub fn unwind_to(ctx: &mut ThreadContext, ptr: u64) {
    debug_assert!(ptr >= ctx.binding_base, "bindings are undone down to a height that was seen before");
    while ctx.binding_ptr > ptr {
        ctx.binding_ptr -= size_of::<BindingEntry>() as u64;
        // SAFETY: the entry was pushed by `bind` or its inline form.
        unsafe {
            let entry = *(ctx.binding_ptr as *const BindingEntry);
            *tls_slot(ctx, entry.index) = entry.old_value;
        }
    }
}

/// Undoes the `count` innermost bindings.
pub fn unbind(ctx: &mut ThreadContext, count: u64) {
    unwind_to(ctx, ctx.binding_ptr - count * size_of::<BindingEntry>() as u64);
}

/// Height of the binding stack, for `unwind_to_height`.
pub fn height(ctx: &ThreadContext) -> u64 {
    (ctx.binding_ptr - ctx.binding_base) / size_of::<BindingEntry>() as u64
}
pub fn unwind_to_height(ctx: &mut ThreadContext, height: u64) {
    unwind_to(ctx, ctx.binding_base + height * size_of::<BindingEntry>() as u64);
}

/// Makes the current binding, or the global value, unbound.
pub fn make_unbound(ctx: &mut ThreadContext, sym: Value) {
    set_symbol_value(ctx, sym, Value::UNBOUND);
}

pub(crate) fn constant_error(ctx: &mut ThreadContext, sym: Value) -> Raised {
    let message = string(ctx, "~S is a constant and cannot be bound or assigned.");
    let args = crate::object::list(ctx, &[sym]);
    ctx.raise(ErrorKind::Program, &[message, args])
}

// (ctx, raw count) -> NIL: undoes the innermost bindings of a normal exit.
super::anchored_thunk!("rook_rt_unbind", unbind_raw, ["ret"]);

extern "C" fn unbind_raw(ctx: &mut ThreadContext, count: u64) -> Value {
    unbind(ctx, count);
    nil()
}
