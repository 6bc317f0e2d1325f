//! The areas of a thread context: arguments, values, thread-local values, binding stack.
//!
//! All are address space that is touched on demand.

use super::{fatal_error, limits};
use crate::abi::tags::NO_TLS_VALUE;
use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ThreadContext, VALUE_AREA_WORDS};
use crate::os::memory;

/// Words of the thread-local table: how many symbols can be bound dynamically in one process.
pub const TLS_WORDS: usize = 1 << 22;
/// Address space of the binding stack.
pub const BINDING_BYTES: usize = 1 << 30;

fn area(words: usize) -> u64 {
    match memory::map_zeroed(words * 8) {
        Some(base) => base as u64,
        None => fatal_error("no address space for a thread's areas"),
    }
}

/// Maps the areas of a fresh context.
pub fn map(ctx: &mut ThreadContext) {
    ctx.args = area(ARGUMENT_AREA_WORDS);
    ctx.values = area(VALUE_AREA_WORDS);
    ctx.tls = area(TLS_WORDS);
    ctx.tls_count = crate::control::binding::index_count();
    for i in 0..ctx.tls_count as usize {
        // SAFETY: indexes given away lie in the table.
        unsafe { *(ctx.tls as *mut u64).add(i) = NO_TLS_VALUE };
    }
    ctx.binding_base = area(BINDING_BYTES / 8);
    ctx.binding_ptr = ctx.binding_base;
    ctx.binding_end = ctx.binding_base + BINDING_BYTES as u64;
    limits::set_binding_size(ctx, limits::configured_binding_size());
}

/// Unmaps the areas.
pub fn unmap(ctx: &mut ThreadContext) {
    let areas = [
        (&mut ctx.args, ARGUMENT_AREA_WORDS * 8),
        (&mut ctx.values, VALUE_AREA_WORDS * 8),
        (&mut ctx.tls, TLS_WORDS * 8),
        (&mut ctx.binding_base, BINDING_BYTES),
    ];
    for (base, bytes) in areas {
        // SAFETY: mapped by `map` with this size; the context is going away.
        unsafe { memory::release(std::mem::take(base) as *mut u8, bytes) };
    }
    (ctx.binding_ptr, ctx.binding_limit, ctx.binding_end) = (0, 0, 0);
}
