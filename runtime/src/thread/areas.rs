//! The areas of a thread context: arguments, values, thread-local values, binding stack.
//!
//! All are address space that is touched on demand.

use super::{fatal_error, limits};
use crate::abi::tags::NO_TLS_VALUE;
use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ThreadContext, VALUE_AREA_WORDS};
use crate::os::memory;

/// Words of the thread-local table: how many symbols can be bound dynamically in one process.
pub const TLS_WORDS: usize = 1 << 22;
/// Address space of the binding stack, and the share of it where address space is scarce.
const BINDING_BYTES: u64 = 1 << 30;
const BINDING_SHARE: u64 = 32;

/// Where each area begins in its first page. A load waits for an earlier store to an address with the
/// same low twelve bits, so what is used together must not lie alike: a binding stores an entry and
/// loads a thread-local word.
const VALUES_OFFSET: usize = 512;
const TLS_OFFSET: usize = 1024;
const BINDING_OFFSET: usize = 2048 + 1024;
const PAGE: usize = 4096;

fn area(words: usize, offset: usize) -> u64 {
    match memory::map_zeroed(words * 8 + PAGE) {
        Some(base) => (base as usize + offset) as u64,
        None => fatal_error("no address space for a thread's areas"),
    }
}

/// Maps the areas of a fresh context.
pub fn map(ctx: &mut ThreadContext) {
    ctx.args = area(ARGUMENT_AREA_WORDS, 0);
    ctx.values = area(VALUE_AREA_WORDS, VALUES_OFFSET);
    ctx.tls = area(TLS_WORDS, TLS_OFFSET);
    ctx.tls_count = crate::control::binding::index_count();
    for i in 0..ctx.tls_count as usize {
        // SAFETY: indexes given away lie in the table.
        unsafe { *(ctx.tls as *mut u64).add(i) = NO_TLS_VALUE };
    }
    let binding_bytes = memory::within_share(BINDING_BYTES, BINDING_SHARE).max(limits::LEAST_BINDING_BYTES);
    ctx.binding_base = area(binding_bytes as usize / 8, BINDING_OFFSET);
    ctx.binding_ptr = ctx.binding_base;
    ctx.binding_end = ctx.binding_base + binding_bytes;
    limits::set_binding_size(ctx, limits::configured_binding_size());
}

/// Unmaps the areas.
pub fn unmap(ctx: &mut ThreadContext) {
    let binding_bytes = (ctx.binding_end - ctx.binding_base) as usize;
    let areas = [
        (&mut ctx.args, ARGUMENT_AREA_WORDS * 8, 0),
        (&mut ctx.values, VALUE_AREA_WORDS * 8, VALUES_OFFSET),
        (&mut ctx.tls, TLS_WORDS * 8, TLS_OFFSET),
        (&mut ctx.binding_base, binding_bytes, BINDING_OFFSET),
    ];
    for (base, bytes, offset) in areas {
        // SAFETY: mapped by `map` with this size and offset; the context is going away.
        unsafe { memory::release((std::mem::take(base) as usize - offset) as *mut u8, bytes + PAGE) };
    }
    (ctx.binding_ptr, ctx.binding_limit, ctx.binding_end) = (0, 0, 0);
}
