//! Watermarks: below one, no frame has run since the last minor collection, and all that the frames
//! hold is old, so a minor collection need not visit them.
//!
//! A watermark is a frame's return address replaced by the address of a stub; when the frame returns,
//! the stub forgets the watermark and goes on to the true address. An exit that leaves the frame needs
//! no care: the walk then no longer meets the stub, and older watermarks still hold. Several lie at
//! growing distances, so that a program that goes up and down loses only the nearest.
//! Must not know what a collection does with the frames.

use super::cursor::Frames;
use super::registry::CodeRegistry;
use crate::abi::thread_context::{ThreadContext, WATERMARKS, offset};

/// Bytes from stub to stub.
const STUB_BYTES: u64 = 32;

// Stub k: the return register values must survive, so everything goes through memory.
core::arch::global_asm!(
    ".pushsection .text.rook_watermark_stubs,\"ax\",@progbits",
    ".globl rook_watermark_stubs", ".hidden rook_watermark_stubs", ".type rook_watermark_stubs,@function",
    ".p2align 5",
    "rook_watermark_stubs:",
    ".set .Lrook_watermark, 0",
    ".rept {count}",
    "push qword ptr [r15 + {pcs} + 8 * .Lrook_watermark]",
    "mov dword ptr [r15 + {live}], .Lrook_watermark",
    "ret",
    ".p2align 5",
    ".set .Lrook_watermark, .Lrook_watermark + 1",
    ".endr",
    ".size rook_watermark_stubs, . - rook_watermark_stubs",
    ".popsection",
    count = const WATERMARKS,
    pcs = const offset::WATERMARK_PCS,
    live = const offset::WATERMARK_COUNT,
);

unsafe extern "C" {
    static rook_watermark_stubs: [u8; 0];
}

fn stub(index: usize) -> u64 {
    &raw const rook_watermark_stubs as u64 + STUB_BYTES * index as u64
}

/// The watermark whose stub `pc` is.
#[inline(always)]
pub fn index_of(pc: u64) -> Option<usize> {
    let distance = pc.wrapping_sub(&raw const rook_watermark_stubs as u64);
    (distance < STUB_BYTES * WATERMARKS as u64).then_some((distance / STUB_BYTES) as usize)
}

/// Frames between the newest frame and the nearest watermark, at least.
const NEAREST: usize = 32;
/// Each watermark is so many times as far away as the one before it.
const SPREAD: usize = 8;

/// What a minor collection must visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewFrames {
    /// Frames above the newest watermark that held.
    pub count: usize,
    /// Those from this number on lie below a watermark set just now: what they hold must become old at once.
    pub guarded_from: usize,
    /// Watermarks that held; the walk over the new frames ends at one of them.
    pub held: usize,
}

/// Places for watermarks: frame pointer of the frame whose return address is replaced, and that address.
type Places = Vec<(usize, u64, u64)>;

/// Finds the frames that are new since the last minor collection, and sets watermarks among them.
pub fn advance(ctx: &mut ThreadContext, code: &CodeRegistry) -> NewFrames {
    let (mut count, mut places) = survey(ctx, code);
    if ctx.watermark_count as usize + places.len() > WATERMARKS {
        places = if lift_all(ctx, code) {
            let all = survey(ctx, code);
            count = all.0;
            all.1
        } else {
            Vec::new()
        };
    }
    let held = ctx.watermark_count as usize;
    let mut guarded_from = count;
    // The farthest first: watermarks are numbered from the oldest frame up.
    for (index, fp, pc) in places.into_iter().rev() {
        let place = (fp + 8) as *mut u64;
        let next = ctx.watermark_count as usize;
        // SAFETY: the return address of a live frame, written by nobody else.
        unsafe {
            if *place == pc {
                ctx.watermark_pcs[next] = pc;
                *place = stub(next);
                ctx.watermark_count += 1;
                guarded_from = index + 1;
            }
        }
    }
    NewFrames { count, guarded_from, held }
}

/// Counts the frames above the newest watermark that still holds, forgets the others, and proposes places.
fn survey(ctx: &mut ThreadContext, code: &CodeRegistry) -> (usize, Places) {
    let mut places = Places::new();
    let (mut index, mut previous_fp, mut distance) = (0, 0, NEAREST);
    let mut frames = Frames::above_watermark(ctx, code, ctx.watermark_count as usize);
    while let Some((fp, pc)) = frames.advance() {
        if index == distance + 1 {
            places.push((distance, previous_fp, pc));
            distance *= SPREAD;
        }
        (index, previous_fp) = (index + 1, fp);
    }
    ctx.watermark_count = frames.reached().map_or(0, |watermark| watermark as u64 + 1);
    (index, places)
}

/// Puts all true return addresses back; false when one is not where a frame keeps it.
fn lift_all(ctx: &mut ThreadContext, code: &CodeRegistry) -> bool {
    let mut frames = Frames::new(ctx, code);
    let mut lifted = Vec::new();
    while let Some((fp, _)) = frames.advance() {
        // SAFETY: the return address of a live frame.
        if let Some(index) = index_of(unsafe { *((fp + 8) as *const u64) }) {
            lifted.push((fp, index));
        }
    }
    if frames.watermarks_met() != lifted.len() {
        return false;
    }
    for (fp, index) in lifted {
        // SAFETY: as above; the address replaced is put back.
        unsafe { *((fp + 8) as *mut u64) = ctx.watermark_pcs[index] };
    }
    ctx.watermark_count = 0;
    true
}
