//! The heap as Rust code sees it: allocation that never collects, and stores with the write barrier.
//!
//! `space` hands out memory, `block` and `cards` keep the metadata, `objects` knows sizes. Must not
//! walk stacks or collect: that is `gc`'s room, which works on the same `Heap`.

pub mod block;
pub mod cards;
pub mod objects;
pub mod options;
pub mod pace;
pub mod space;

pub use options::HeapOptions;
pub use space::{Heap, attach, attach_with, detach, init, of};

use crate::abi::layout;
use crate::abi::thread_context::{CARD_MASK, CARD_SHIFT, ErrorKind, ThreadContext};
use crate::value::{LispResult, Value};

/// Allocates an object with this header word and returns its base. Tagged slots are filled with
/// fixnum 0, raw bodies with zero bytes, the padding behind them included (strings are compared by words).
/// Never collects: when the nursery is full it takes another
/// block and requests a collection at the next safepoint. Sizes that a user controls go through
/// `check_allocation` first.
pub fn allocate(ctx: &mut ThreadContext, header: u64) -> *mut u64 {
    let bytes = layout::object_bytes(header);
    let base = allocate_bytes(ctx, bytes);
    // SAFETY: `allocate_bytes` returned `bytes` writable bytes, at least one word.
    unsafe {
        std::ptr::write_bytes(base as *mut u8, 0, bytes as usize);
        *base = header;
    }
    base
}

/// Raw, uninitialised room of `bytes` (a multiple of 16). Never collects.
#[inline]
pub fn allocate_bytes(ctx: &mut ThreadContext, bytes: u64) -> *mut u64 {
    debug_assert!(bytes > 0 && bytes.is_multiple_of(16), "objects are multiples of 16 bytes");
    if bytes > ctx.alloc_limit - ctx.alloc_ptr {
        return space::allocate_slow(ctx, bytes);
    }
    let base = ctx.alloc_ptr;
    ctx.alloc_ptr += bytes;
    base as *mut u64
}

/// Refuses an allocation of `bytes` that cannot succeed, before anything is touched. One that exceeds
/// the limit now but may fit after a collection is let through, and the heap is checked at the next
/// safepoint: collected, and if that does not help, the error is raised there.
pub fn check_allocation(ctx: &mut ThreadContext, bytes: u64) -> LispResult<()> {
    let heap = of(ctx);
    if heap.could_fit(bytes) && !heap.failure_is_injected() {
        return Ok(());
    }
    let limit = heap.limit();
    Err(raise_exhausted(ctx, bytes, limit))
}

/// The pending error for a heap that has no room for `bytes`.
pub fn raise_exhausted(ctx: &mut ThreadContext, bytes: u64, limit: u64) -> crate::value::Raised {
    let clip = |n: u64| Value::fixnum(n.min(crate::abi::tags::MOST_POSITIVE_FIXNUM as u64) as i64);
    ctx.raise(ErrorKind::HeapExhausted, &[clip(bytes), clip(limit)])
}

/// The soft limit in bytes.
pub fn limit(ctx: &mut ThreadContext) -> u64 {
    of(ctx).limit()
}

/// Changes the soft limit; it takes effect at the next allocation that needs a block.
pub fn set_limit(ctx: &mut ThreadContext, bytes: u64) {
    of(ctx).set_limit(bytes);
}

/// Stores `value` into the word at `address`, with the write barrier.
///
/// # Safety
/// `address` is a tagged slot of a live object.
#[inline]
pub unsafe fn store(ctx: &mut ThreadContext, address: *mut u64, value: Value) {
    // SAFETY: by the caller's promise; the card table has CARD_COUNT bytes.
    unsafe {
        *address = value.0;
        let card = (address as u64 >> CARD_SHIFT) & CARD_MASK;
        if ctx.card_table != 0 {
            *((ctx.card_table + card) as *mut u8) = 1;
        }
    }
}
