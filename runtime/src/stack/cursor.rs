//! The frame cursor: walks the RBP chain of Lisp frames from where Lisp stopped.
//!
//! `pc = [fp + 8], fp = [fp]`; the site found for a return address describes the frame it returns to.
//! Frames of Rust and C are skipped by the anchors that entry frames save. Never computes a caller's
//! SP. A return address that is in no table is a fatal, named error: it would mean missed roots.

use super::frame_table::Site;
use super::registry::CodeRegistry;
use super::watermark;
use crate::abi::thread_context::{ThreadContext, WATERMARKS};
use crate::control::keep;

// Return addresses inside the runtime's own assembly: the entry thunk, whose frames hold the previous
// anchor, and the allocation thunk, whose frames hold no Lisp values (like those of `control::keep`).
unsafe extern "C" {
    static rook_enter_lisp_return: [u8; 0];
    static rook_allocation_retry: [u8; 0];
}

/// Words of an entry frame, below its RBP: what the walk continues with.
const SAVED_FP: u64 = 8;
const SAVED_PC: u64 = 16;

/// One Lisp frame that is waiting for a call to return.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    pub fp: u64,
    pub pc: u64,
    pub site: Site,
}

impl Frame {
    /// Addresses of the frame's live tagged values.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = *mut u64> + use<> {
        let fp = self.fp;
        self.site.slots().map(move |k| (fp - 8 * k as u64) as *mut u64)
    }
}

/// The Lisp frames, innermost first.
pub struct Frames<'a> {
    registry: &'a CodeRegistry,
    fp: u64,
    pc: u64,
    strict: bool,
    /// True return addresses behind the watermarks' stubs.
    watermark_pcs: [u64; WATERMARKS],
    /// The walk ends at a watermark with a number below this.
    end_below: usize,
    reached: Option<usize>,
    watermarks_met: usize,
}

impl<'a> Frames<'a> {
    /// All frames from the anchor of `ctx`; an unknown return address ends the process.
    pub fn new(ctx: &ThreadContext, registry: &'a CodeRegistry) -> Frames<'a> {
        Frames::above_watermark(ctx, registry, 0)
    }

    /// The frames above the first watermark met that is one of the first `count`.
    pub fn above_watermark(ctx: &ThreadContext, registry: &'a CodeRegistry, count: usize) -> Frames<'a> {
        let (fp, pc, watermark_pcs) = (ctx.lisp_fp, ctx.lisp_pc, ctx.watermark_pcs);
        Frames { registry, fp, pc, strict: true, watermark_pcs, end_below: count, reached: None, watermarks_met: 0 }
    }

    /// The watermark that ended the walk.
    pub fn reached(&self) -> Option<usize> {
        self.reached
    }
    /// Watermarks that the walk passed.
    pub fn watermarks_met(&self) -> usize {
        self.watermarks_met
    }

    /// The same for diagnostics: an unknown return address ends the walk.
    pub fn lenient(ctx: &ThreadContext, registry: &'a CodeRegistry) -> Frames<'a> {
        Frames { strict: false, ..Frames::new(ctx, registry) }
    }
}

/// # Safety
/// `address` is a word of a live frame.
unsafe fn word(address: u64) -> u64 {
    // SAFETY: by the caller's promise.
    unsafe { *(address as *const u64) }
}

impl Frames<'_> {
    /// Frame pointer and return address of the next frame, without its layout.
    pub fn advance(&mut self) -> Option<(u64, u64)> {
        loop {
            let (fp, mut pc) = (self.fp, self.pc);
            if fp == 0 {
                return None;
            }
            if let Some(index) = watermark::index_of(pc) {
                if index < self.end_below {
                    self.reached = Some(index);
                    self.fp = 0;
                    return None;
                }
                self.watermarks_met += 1;
                pc = self.watermark_pcs[index];
            }
            if pc == &raw const rook_enter_lisp_return as u64 {
                // SAFETY: an entry frame holds the previous anchor at fixed places below its RBP.
                unsafe { (self.fp, self.pc) = (word(fp - SAVED_FP), word(fp - SAVED_PC)) };
                continue;
            }
            // SAFETY: RBP of a live frame points at the saved RBP and the return address.
            unsafe { (self.fp, self.pc) = (word(fp), word(fp + 8)) };
            if pc != &raw const rook_allocation_retry as u64 && pc != keep::return_address() {
                return Some((fp, pc));
            }
        }
    }
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let (fp, pc) = self.advance()?;
        match self.registry.site(pc) {
            Some(site) => Some(Frame { fp, pc, site }),
            None if self.strict => unknown_return_address(pc, fp),
            None => {
                self.fp = 0;
                None
            }
        }
    }
}

#[cold]
fn unknown_return_address(pc: u64, fp: u64) -> ! {
    eprintln!("rook: fatal: return address {pc:#x} (frame {fp:#x}) is in no frame table");
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::frame_table::testing;
    use crate::stack::registry::{self, CodeUnit, register_code};

    #[test]
    fn walks_the_chain_and_finds_slots() {
        // SAFETY: a thread context is plain words and pointers; all zero is its state before attaching.
        let mut ctx: Box<ThreadContext> = unsafe { Box::new(std::mem::zeroed()) };
        let owned = testing::table(&[(16, 32, &[1, 3]), (40, 64, &[2])]);
        let text = owned.table.text_start as u64;
        register_code(&mut ctx, CodeUnit { frames: owned.table, constants: Box::new([]), release: None });
        // Two frames, innermost first: [slots…, saved fp, return address].
        let mut stack = [0u64; 32];
        let start = stack.as_mut_ptr();
        let (inner, outer) = (start.wrapping_add(8) as u64, start.wrapping_add(20) as u64);
        // SAFETY: both words lie in the array.
        unsafe {
            *start.add(8) = outer;
            *start.add(9) = text + 40;
        }
        (ctx.lisp_fp, ctx.lisp_pc) = (inner, text + 16);
        let registry = registry::of(&mut ctx);
        let frames: Vec<Frame> = Frames::new(&ctx, registry).collect();
        assert_eq!(frames.len(), 2, "the chain ends at a null frame pointer");
        let slots: Vec<u64> = frames[0].slots().map(|p| p as u64).collect();
        assert_eq!(slots, [inner - 8, inner - 24], "slot k lies k words below RBP");
        assert_eq!(frames[1].slots().map(|p| p as u64).collect::<Vec<_>>(), [outer - 16]);
        registry::detach(&mut ctx);
    }
}
