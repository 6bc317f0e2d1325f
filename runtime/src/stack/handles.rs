//! Handles: places for Lisp values that Rust and C keep over a collection.
//!
//! Scoped handles follow Rust scopes and are dropped together; persistent handles live until freed.
//! The collector updates every slot. Slots never move, so a handle is the address of its slot.

use crate::abi::thread_context::ThreadContext;
use crate::value::Value;
use std::marker::PhantomData;

const CHUNK: usize = 256;

/// Slots must not move, so the chunks are boxed.
type Chunk = Box<[u64; CHUNK]>;

/// Handles of one thread.
#[derive(Default)]
pub struct HandleArea {
    scoped: Vec<Chunk>,
    scoped_count: usize,
    persistent: Vec<Chunk>,
    free: Vec<*mut u64>,
}

/// The handles of a context, made on first use.
pub fn of(ctx: &mut ThreadContext) -> &'static mut HandleArea {
    if ctx.handles == 0 {
        ctx.handles = Box::into_raw(Box::<HandleArea>::default()) as u64;
    }
    // SAFETY: made above, freed only by `detach`; only the context's own thread uses it.
    unsafe { &mut *(ctx.handles as *mut HandleArea) }
}

/// Frees a context's handles.
pub fn detach(ctx: &mut ThreadContext) {
    if ctx.handles != 0 {
        // SAFETY: the word came from `Box::into_raw` in `of` and is cleared here.
        drop(unsafe { Box::from_raw(ctx.handles as *mut HandleArea) });
        ctx.handles = 0;
    }
}

impl HandleArea {
    fn push(&mut self, value: Value) -> *mut u64 {
        let (chunk, index) = (self.scoped_count / CHUNK, self.scoped_count % CHUNK);
        if chunk == self.scoped.len() {
            self.scoped.push(Box::new([0; CHUNK]));
        }
        self.scoped_count += 1;
        let slot = &mut self.scoped[chunk][index];
        *slot = value.0;
        slot
    }

    /// A slot that lives until `free_persistent`.
    pub fn new_persistent(&mut self, value: Value) -> *mut u64 {
        if self.free.is_empty() {
            let mut chunk = Box::new([0; CHUNK]);
            self.free.extend(chunk.iter_mut().rev().map(|slot| slot as *mut u64));
            self.persistent.push(chunk);
        }
        let Some(slot) = self.free.pop() else { unreachable!("a chunk of free slots was just added") };
        // SAFETY: the slot lies in a chunk that is never freed before the area.
        unsafe { *slot = value.0 };
        slot
    }

    /// Ends a persistent handle.
    ///
    /// # Safety
    /// `slot` came from `new_persistent` of this area and was not freed since.
    pub unsafe fn free_persistent(&mut self, slot: *mut u64) {
        // SAFETY: by the caller's promise.
        unsafe { *slot = 0 };
        self.free.push(slot);
    }

    /// All slots in use, as runs of words.
    pub fn ranges(&mut self) -> Vec<(*mut u64, usize)> {
        let mut left = self.scoped_count;
        let scoped = self.scoped.iter_mut().map(move |chunk| {
            let used = left.min(CHUNK);
            left -= used;
            (chunk.as_mut_ptr(), used)
        });
        scoped.chain(self.persistent.iter_mut().map(|chunk| (chunk.as_mut_ptr(), CHUNK))).collect()
    }
}

/// Handles made through a scope die with it. Scopes nest strictly.
pub struct HandleScope {
    area: *mut HandleArea,
    mark: usize,
}

impl HandleScope {
    pub fn new(ctx: &mut ThreadContext) -> HandleScope {
        let area = of(ctx);
        HandleScope { mark: area.scoped_count, area }
    }

    /// Roots `value` for the life of the scope.
    pub fn handle(&self, value: Value) -> Handle<'_> {
        // SAFETY: the area lives as long as its context, which outlives every scope on its thread.
        let slot = unsafe { (*self.area).push(value) };
        Handle { slot, scope: PhantomData }
    }
}

impl Drop for HandleScope {
    fn drop(&mut self) {
        // SAFETY: as for `handle`.
        unsafe { (*self.area).scoped_count = self.mark };
    }
}

/// A rooted value.
#[derive(Clone, Copy)]
pub struct Handle<'scope> {
    slot: *mut u64,
    scope: PhantomData<&'scope HandleScope>,
}

impl Handle<'_> {
    #[inline]
    pub fn get(self) -> Value {
        // SAFETY: the slot lives as long as the scope.
        Value(unsafe { *self.slot })
    }
    #[inline]
    pub fn set(self, value: Value) {
        // SAFETY: as for `get`. Handles are roots: no barrier.
        unsafe { *self.slot = value.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_nest_and_slots_stay() {
        // SAFETY: a thread context is plain words and pointers; all zero is its state before attaching.
        let mut ctx: Box<ThreadContext> = unsafe { Box::new(std::mem::zeroed()) };
        let outer = HandleScope::new(&mut ctx);
        let first = outer.handle(Value::fixnum(1));
        {
            let inner = HandleScope::new(&mut ctx);
            let many: Vec<Handle> = (0..1000).map(|i| inner.handle(Value::fixnum(i))).collect();
            assert_eq!(many[999].get(), Value::fixnum(999));
            assert_eq!(of(&mut ctx).scoped_count, 1001);
        }
        assert_eq!(of(&mut ctx).scoped_count, 1, "the inner scope's handles are gone");
        assert_eq!(first.get(), Value::fixnum(1), "the outer one's stay");
        let slot = of(&mut ctx).new_persistent(Value::fixnum(5));
        // SAFETY: made just above.
        unsafe { of(&mut ctx).free_persistent(slot) };
        assert_eq!(of(&mut ctx).new_persistent(Value::fixnum(6)), slot, "freed slots are reused");
        drop(outer);
        detach(&mut ctx);
    }
}
