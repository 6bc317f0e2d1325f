//! The allocator of Rust code: the system's, and a small reserve for when that refuses.
//!
//! Where Rust must not fail (growing a vector, say) it goes on in the reserve, and whoever asked to be
//! told makes a condition of it at the next safepoint. Requests above the reserve fail: who makes such
//! asks first, with `try_reserve`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const RESERVE_BYTES: usize = 4 << 20;

#[repr(align(64))]
struct Reserve(UnsafeCell<[u8; RESERVE_BYTES]>);
// SAFETY: the bytes are given away under the lock of `USE`, each to one owner at a time.
unsafe impl Sync for Reserve {}

static RESERVE: Reserve = Reserve(UnsafeCell::new([0; RESERVE_BYTES]));

/// How far the reserve is given away, and how many pieces of it are alive.
#[derive(Clone, Copy)]
struct Use {
    next: usize,
    live: usize,
}
static USE: Mutex<Use> = Mutex::new(Use { next: 0, live: 0 });

/// Bytes of the last request that the system refused.
pub static REFUSED_BYTES: AtomicU64 = AtomicU64::new(0);
/// What is called then: a `fn()`, or 0.
static LISTENER: AtomicUsize = AtomicUsize::new(0);

/// Has `listener` called, which must not allocate, whenever the reserve is used.
pub fn tell_refusals(listener: fn()) {
    LISTENER.store(listener as usize, Ordering::Release);
}

/// The allocator of the process.
pub struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

fn is_reserve(p: *const u8) -> bool {
    (p as usize).wrapping_sub(RESERVE.0.get() as usize) < RESERVE_BYTES
}

#[cold]
fn from_reserve(layout: Layout) -> *mut u8 {
    let mut used = USE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let start = used.next.next_multiple_of(layout.align().max(16));
    if layout.align() > 64 || layout.size() > RESERVE_BYTES - start.min(RESERVE_BYTES) {
        return std::ptr::null_mut();
    }
    *used = Use { next: start + layout.size(), live: used.live + 1 };
    drop(used);
    REFUSED_BYTES.store(layout.size() as u64, Ordering::Relaxed);
    let listener = LISTENER.load(Ordering::Acquire);
    if listener != 0 {
        // SAFETY: only `tell_refusals` stores there.
        unsafe { std::mem::transmute::<usize, fn()>(listener)() };
    }
    // SAFETY: inside the reserve.
    unsafe { (RESERVE.0.get() as *mut u8).add(start) }
}

fn give_back() {
    let mut used = USE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    used.live -= 1;
    if used.live == 0 {
        used.next = 0;
    }
}

// SAFETY: memory comes from the system or, each byte to one owner at a time, from the reserve.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let p = unsafe { System.alloc(layout) };
        if p.is_null() { from_reserve(layout) } else { p }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the caller's promise.
        let mut p = unsafe { System.alloc_zeroed(layout) };
        if p.is_null() {
            p = from_reserve(layout);
            if !p.is_null() {
                // SAFETY: a fresh piece of this size.
                unsafe { std::ptr::write_bytes(p, 0, layout.size()) };
            }
        }
        p
    }

    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        if is_reserve(p) {
            return give_back();
        }
        // SAFETY: by the caller's promise, and not ours.
        unsafe { System.dealloc(p, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, p: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !is_reserve(p) {
            // SAFETY: by the caller's promise, and not ours.
            let moved = unsafe { System.realloc(p, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: by the caller's promise; the old piece is still there.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                std::ptr::copy_nonoverlapping(p, moved, size.min(layout.size()));
                self.dealloc(p, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_whole_again_when_all_is_given_back() {
        let layout = Layout::from_size_align(RESERVE_BYTES / 2, 64).expect("a layout");
        let first = from_reserve(layout);
        let second = from_reserve(layout);
        assert!(is_reserve(first) && is_reserve(second) && first != second);
        assert!(from_reserve(layout).is_null(), "no third half");
        assert_eq!(REFUSED_BYTES.load(Ordering::Relaxed), layout.size() as u64);
        // SAFETY: both pieces are alive and not used again.
        unsafe {
            ALLOCATOR.dealloc(first, layout);
            ALLOCATOR.dealloc(second, layout);
        }
        let again = from_reserve(layout);
        assert!(!again.is_null(), "room again");
        // SAFETY: as above.
        unsafe { ALLOCATOR.dealloc(again, layout) };
    }
}
