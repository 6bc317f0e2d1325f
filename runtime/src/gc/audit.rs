//! The stack map audit: scans frames conservatively and compares with their maps.
//!
//! A word that looks like a reference into a block in use but is not in the map must be dead. The
//! audit cannot prove that; it counts such words, and lists them when verbose.

use super::state as collector_state;
use super::trace::is_reference;
use crate::abi::thread_context::ThreadContext;
use crate::heap;
use crate::heap::block::state;
use crate::stack::cursor::Frames;
use crate::stack::registry;

pub fn audit(ctx: &mut ThreadContext) {
    let heap = heap::of(ctx);
    let collector = collector_state::of(ctx);
    let code = registry::of(ctx);
    for frame in Frames::new(ctx, code) {
        collector.stats.audited_frames += 1;
        let mapped: Vec<u64> = frame.slots().map(|slot| slot as u64).collect();
        let mut slot = frame.fp - frame.site.frame_size() as u64;
        while slot < frame.fp {
            collector.stats.audited_words += 1;
            // SAFETY: the words between SP and RBP of a live frame are readable.
            let word = unsafe { *(slot as *const u64) };
            let looks_live = is_reference(word)
                && heap.blocks.contains(word)
                && heap.blocks.state(heap.blocks.block_of(word)) & state::IN_USE != 0;
            if looks_live && !mapped.contains(&slot) {
                collector.stats.audit_unmapped += 1;
                if collector.options.verbose {
                    let name = code.function(frame.pc).map_or("?", |function| function.name);
                    let distance = (frame.fp - slot) / 8;
                    eprintln!("rook-gc: audit: {name} line {}: slot {distance} holds {word:#x}, unmapped", frame.site.line());
                }
            }
            slot += 8;
        }
    }
}
