//! The collection cycle as a list of phases.

use super::options::Fault;
use super::remembered::StaticMap;
use super::stack_use::Paint;
use super::state::{self as collector_state, Collector};
use super::trace::Tracer;
use super::{audit, roots, verify};
use crate::abi::tags::POISON;
use crate::abi::thread_context::ThreadContext;
use crate::heap::block::{BITMAP_WORDS, BLOCK_BYTES, BLOCK_SHIFT, OLD, state};
use crate::heap::objects::bytes_from_first_word;
use crate::heap::{self, Heap};
use crate::stack::cursor::{Frame, Frames};
use crate::stack::{registry, watermark};
use std::time::Instant;

/// How much to collect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// Nursery and aging blocks.
    Minor,
    /// Everything; memory goes back to the system.
    Full,
}

/// Collects. Every `Value` held by Rust code outside handles and roots is stale afterwards.
/// Returns false when collections are off (`no_gc`, the null collector).
pub fn collect(ctx: &mut ThreadContext, level: Level) -> bool {
    let collector = collector_state::of(ctx);
    if ctx.no_gc != 0 || collector.never_collects() {
        heap::of(ctx).collection_done();
        return false;
    }
    let level = if collector.always_full() { Level::Full } else { level };
    let started = Instant::now();
    let heap = heap::of(ctx);
    heap.retire_chunk(ctx);

    let verifies = collector.options.verify.is_some_and(|n| (collector.stats.minor + collector.stats.full).is_multiple_of(n));
    if verifies {
        verify::verify(ctx, "before collection");
    }
    if collector.options.audit {
        audit::audit(ctx);
    }
    let (moved, pinned) = (collector.stats.moved_objects, collector.stats.pinned_objects);
    let paint = collector.options.stack_use.then(|| Paint::below_here(ctx));
    match level {
        Level::Minor => minor(ctx, heap, collector),
        Level::Full => {
            full(ctx, heap, collector);
            collector.full_epoch += 1;
        }
    }
    let (moved, pinned) = (collector.stats.moved_objects - moved, collector.stats.pinned_objects - pinned);
    if let Some(paint) = paint {
        collector.stats.stack_bytes = collector.stats.stack_bytes.max(paint.used());
    }
    roots::clear_stale_words(ctx);
    heap.collection_done();
    heap.pace.charge(moved + pinned);
    (collector.stats.allocations, collector.stats.due) = (heap.pace.allocations, heap.pace.due);
    if collector.options.move_all {
        count_live(heap, collector, moved, pinned);
    }
    collector.epoch += 1;
    if verifies {
        verify::verify(ctx, "after collection");
    }
    collector.stats.record_pause(started.elapsed());
    if collector.options.verbose {
        let stats = &collector.stats;
        complain!("rook-gc: {level:?} #{} in {:?}, {} KiB in use", stats.minor + stats.full, stats.last, heap.used() >> 10);
    }
    true
}

/// Under `move-all`: what lives was moved, but for what is pinned or large.
fn count_live(heap: &mut Heap, collector: &mut Collector, moved: u64, pinned: u64) {
    let live = heap.count_old_objects();
    collector.stats.live_objects += live;
    if moved != live - pinned {
        complain!("rook: fatal: a collection that moves all moved {moved} objects of {live}, and {pinned} are pinned");
        std::process::abort()
    }
}

/// Memory of dead blocks that a full collection keeps for the next one to copy into, at most.
const KEPT_FOR_COPYING: u64 = 64 << 20;

fn minor(ctx: &mut ThreadContext, heap: &mut Heap, collector: &mut Collector) {
    let young = std::mem::take(&mut heap.young);
    let young_large = std::mem::take(&mut heap.young_large);
    let before = (young.len() as u64) << BLOCK_SHIFT;
    condemn_pinned(ctx, heap, collector, Level::Minor);
    condemn_young(heap, &young, &young_large);
    let windows = heap.cards.begin();

    let mut tracer = Tracer::new(heap, None);
    // Frames first: what lies below a new watermark must be promoted before anything else reaches it.
    let frames = trace_new_frames(ctx, &mut tracer, collector);
    trace_roots(ctx, &mut tracer, collector);
    tracer.scan_old_cards(&windows);
    trace_static_cards(&mut tracer, collector, &windows);
    trace_code_constants(ctx, &mut tracer);
    tracer.drain();
    tracer.settle_weak();
    finish_trace(tracer, collector);

    heap.cards.finish(&windows);
    young.iter().for_each(|&block| sweep_block(heap, collector, block as usize));
    young_large.iter().for_each(|&block| sweep_large(heap, collector, block as usize));
    collector.stats.minor += 1;
    adapt_nursery(heap, before, frames);
}

fn full(ctx: &mut ThreadContext, heap: &mut Heap, collector: &mut Collector) {
    heap.promotion_block = None;
    let frontier = heap.blocks.frontier;
    condemn_pinned(ctx, heap, collector, Level::Full);
    condemn_all(heap, collector);
    heap.young.clear();
    heap.young_large.clear();
    // No young object is left afterwards, so no card needs to stay dirty.
    let windows = heap.cards.begin();

    let code = registry::of(ctx);
    code.presume_dead();
    let mut tracer = Tracer::new(heap, Some(code));
    roots::for_each_code_address(ctx, |address| tracer.revive_code(address));
    let code = registry::of(ctx);
    for frame in Frames::new(ctx, code) {
        trace_frame(&frame, &mut tracer, collector);
    }
    trace_roots(ctx, &mut tracer, collector);
    trace_static_data(&mut tracer, collector);
    tracer.drain();
    tracer.settle_weak();
    finish_trace(tracer, collector);
    collector.stats.units_released += registry::of(ctx).release_dead() as u64;

    heap.cards.finish(&windows);
    for block in 0..frontier {
        match heap.blocks.state(block) {
            s if s & state::LARGE != 0 => sweep_large(heap, collector, block),
            s if s & (state::FROM | state::IN_PLACE) != 0 => sweep_block(heap, collector, block),
            _ => {}
        }
    }
    heap.live_after_full = heap.used();
    heap.settle_reserve();
    let kept = (heap.nursery_budget + heap.live_after_full.min(KEPT_FOR_COPYING)) >> BLOCK_SHIFT;
    collector.stats.returned_bytes += heap.blocks.return_memory(kept as usize);
    collector.stats.full += 1;
    collector.set_threshold(heap.live_after_full, heap.limit());
}

/// Blocks that hold pinned objects stay: their objects are marked where they lie, and they become old.
fn condemn_pinned(ctx: &ThreadContext, heap: &mut Heap, collector: &mut Collector, level: Level) {
    roots::for_each_pin(ctx, |slot| {
        // SAFETY: segment slots are readable words.
        let value = unsafe { *slot };
        if !super::trace::is_reference(value) || !heap.blocks.contains(value) {
            return;
        }
        let block = heap.blocks.block_of(value);
        let old = heap.blocks.state(block);
        let subject = level == Level::Full || old & state::GENERATION != OLD;
        if subject && old & (state::LARGE | state::TAIL | state::IN_PLACE) == 0 {
            heap.blocks.set_state(block, old | state::IN_PLACE);
            collector.stats.pinned_blocks += 1;
        }
    });
}

fn condemn_young(heap: &mut Heap, young: &[u32], young_large: &[u32]) {
    for &block in young {
        condemn_block(heap, block as usize);
    }
    for &block in young_large {
        let generation = heap.blocks.state(block as usize) & state::GENERATION;
        condemn_large(heap, block as usize, generation + 1);
    }
}

fn condemn_all(heap: &mut Heap, collector: &mut Collector) {
    collector.kept_dense = !collector.options.move_all && heap.headroom() < heap.used();
    if collector.kept_dense {
        keep_dense_blocks(heap);
    }
    for block in 0..heap.blocks.frontier {
        let old = heap.blocks.state(block);
        if old & state::IN_USE == 0 || old & state::TAIL != 0 {
            continue;
        }
        if old & state::LARGE != 0 {
            condemn_large(heap, block, OLD);
        } else {
            condemn_block(heap, block);
        }
    }
}

/// Near the limit there is no room to copy everything: of the old blocks only the emptiest are
/// evacuated, as far as the headroom reaches, and the others are marked in place.
fn keep_dense_blocks(heap: &mut Heap) {
    let is_old = |s: u8| s & (state::IN_USE | state::GENERATION) == state::IN_USE | OLD && s & (state::LARGE | state::TAIL) == 0;
    let mut blocks: Vec<usize> = (0..heap.blocks.frontier).filter(|&block| is_old(heap.blocks.state(block))).collect();
    blocks.sort_by_key(|&block| heap.blocks.info(block).live);
    let mut headroom = heap.headroom().saturating_sub(heap.young_bytes());
    for block in blocks {
        let live = heap.blocks.info(block).live as u64;
        if live <= headroom {
            headroom -= live;
        } else {
            headroom = 0;
            let old = heap.blocks.state(block);
            heap.blocks.set_state(block, old | state::IN_PLACE);
        }
    }
}

/// The block's objects are to be evacuated, or marked where they lie when the block is to stay.
fn condemn_block(heap: &mut Heap, block: usize) {
    let old = heap.blocks.state(block);
    if old & state::IN_PLACE != 0 {
        *heap.blocks.marks(block) = [0; BITMAP_WORDS];
        heap.blocks.info(block).live = 0;
        heap.blocks.set_state(block, state::IN_USE | state::IN_PLACE | OLD);
    } else {
        heap.blocks.set_state(block, old | state::FROM);
    }
}

/// Large objects never move; survivors of the collection belong to `generation`.
fn condemn_large(heap: &mut Heap, block: usize, generation: u8) {
    heap.blocks.marks(block)[0] = 0;
    heap.blocks.set_state(block, state::IN_USE | state::LARGE | state::IN_PLACE | generation.min(OLD));
}

/// Traces the frames that ran since the last minor collection; their number.
fn trace_new_frames(ctx: &mut ThreadContext, tracer: &mut Tracer, collector: &mut Collector) -> usize {
    let code = registry::of(ctx);
    let new = watermark::advance(ctx, code);
    collector.stats.watermarked += (new.held > 0) as u64;
    tracer.promote = true;
    let mut frames = Frames::above_watermark(ctx, code, new.held);
    for _ in 0..new.guarded_from {
        frames.advance();
    }
    for frame in frames {
        trace_frame(&frame, tracer, collector);
    }
    tracer.promote = false;
    for frame in Frames::above_watermark(ctx, code, new.held).take(new.guarded_from) {
        trace_frame(&frame, tracer, collector);
    }
    new.count
}

fn trace_frame(frame: &Frame, tracer: &mut Tracer, collector: &mut Collector) {
    roots::for_each_slot(frame, collector.options.inject, &mut |slot| trace_root(slot, tracer, collector));
}

fn trace_roots(ctx: &mut ThreadContext, tracer: &mut Tracer, collector: &mut Collector) {
    if collector.options.inject.is_some() {
        collector.stats.injected += 1;
    }
    roots::for_each_root_but_frames(ctx, |slot| trace_root(slot, tracer, collector));
}

#[inline(always)]
fn trace_root(slot: *mut u64, tracer: &mut Tracer, collector: &mut Collector) {
    // SAFETY: roots are words that hold values.
    unsafe {
        let before = *slot;
        tracer.update(slot);
        if collector.options.inject == Some(Fault::SkipForward) && collector.next_random().is_multiple_of(16) {
            *slot = before;
        }
    }
}

fn trace_static_cards(tracer: &mut Tracer, collector: &mut Collector, windows: &[usize]) {
    if windows.is_empty() {
        return;
    }
    for area in &mut collector.static_areas {
        // SAFETY: whoever registered the area promised that it is walkable.
        let map = area.map.get_or_insert_with(|| unsafe { StaticMap::new(area.start, area.end) });
        tracer.scan_static_cards(windows, map);
    }
}

fn trace_static_data(tracer: &mut Tracer, collector: &Collector) {
    for area in &collector.static_areas {
        let mut object = area.start;
        while object < area.end {
            // SAFETY: whoever registered the area promised that it is walkable.
            unsafe {
                let first = *(object as *const u64);
                tracer.scan_object(object, false);
                object += bytes_from_first_word(first);
            }
        }
    }
}

fn trace_code_constants(ctx: &mut ThreadContext, tracer: &mut Tracer) {
    let cards = std::ptr::from_ref(&tracer.heap.cards);
    // SAFETY: the snapshot is read while only the table itself is written.
    let dirty = |start: u64, count: usize| unsafe {
        let end = start + 8 * count as u64;
        (start..end).step_by(heap::cards::CARD_BYTES as usize).chain([end.max(1) - 1]).any(|address| (*cards).was_dirty(address))
    };
    registry::of(ctx).scan_constants(dirty, |start, count| {
        // SAFETY: a unit's constants are values.
        (0..count).fold(false, |young, i| unsafe { tracer.update(start.add(i)) } | young)
    });
}

fn finish_trace(mut tracer: Tracer, collector: &mut Collector) {
    tracer.finish();
    collector.stats.moved_objects += tracer.moved_objects;
    collector.stats.moved_bytes += tracer.moved_bytes;
    collector.stats.pinned_objects += tracer.stayed_objects;
    collector.stats.weak_cleared += tracer.weak_cleared;
}

/// Frees an evacuated block; a block marked in place becomes an old one that holds just the marked objects.
fn sweep_block(heap: &mut Heap, collector: &mut Collector, block: usize) {
    if heap.blocks.state(block) & state::IN_PLACE == 0 {
        release_blocks(heap, collector, block, 1);
        return;
    }
    let marks = *heap.blocks.marks(block);
    if marks == [0; BITMAP_WORDS] {
        release_blocks(heap, collector, block, 1);
        return;
    }
    if collector.options.poison {
        poison_unmarked(heap, collector, block, &marks);
    }
    *heap.blocks.starts(block) = marks;
    heap.blocks.set_state(block, state::IN_USE | OLD);
}

fn sweep_large(heap: &mut Heap, collector: &mut Collector, block: usize) {
    let old = heap.blocks.state(block);
    let count = heap.blocks.info(block).run as usize;
    if heap.blocks.marks(block)[0] & 1 == 0 {
        release_blocks(heap, collector, block, count);
        return;
    }
    let generation = old & state::GENERATION;
    heap.blocks.set_state(block, old & !state::IN_PLACE);
    if generation == OLD {
        heap.blocks.starts(block)[0] = 1;
        for tail in block + 1..block + count {
            heap.blocks.set_state(tail, state::IN_USE | state::TAIL | OLD);
        }
    } else {
        heap.young_large.push(block as u32);
    }
}

/// Returns dead blocks to the table, poisoned or protected when asked to.
fn release_blocks(heap: &mut Heap, collector: &mut Collector, first: usize, count: usize) {
    let start = heap.blocks.start_of(first);
    let bytes = (count as u64) << BLOCK_SHIFT;
    if collector.options.poison {
        // SAFETY: the blocks are dead.
        unsafe { fill(start, start + bytes) };
        collector.stats.poisoned_bytes += bytes;
    }
    if collector.options.protect {
        heap.blocks.quarantine(first, count);
        collector.stats.protected_blocks += count as u64;
        return;
    }
    heap.blocks.free(first, count);
}

fn poison_unmarked(heap: &mut Heap, collector: &mut Collector, block: usize, marks: &[u64; BITMAP_WORDS]) {
    let start = heap.blocks.start_of(block);
    let end = start + BLOCK_BYTES;
    let mut free = start;
    let mut bit = super::remembered::next_start(marks, 0);
    while let Some(index) = bit {
        let object = start + 16 * index as u64;
        // SAFETY: marked objects are whole; what lies between them is dead.
        unsafe {
            fill(free, object);
            collector.stats.poisoned_bytes += object - free;
            free = object + bytes_from_first_word(*(object as *const u64));
        }
        bit = super::remembered::next_start(marks, index + 1);
    }
    // SAFETY: behind the last marked object everything is dead.
    unsafe { fill(free, end) };
    collector.stats.poisoned_bytes += end.saturating_sub(free);
}

/// # Safety
/// `[start, end)` is dead memory.
unsafe fn fill(start: u64, end: u64) {
    let mut address = start;
    while address < end {
        // SAFETY: by the caller's promise.
        unsafe { *(address as *mut u64) = POISON };
        address += 8;
    }
}

/// A nursery whose survivors cost much grows, one whose survivors cost little shrinks. Frames that are
/// visited at each collection are a cost, too.
fn adapt_nursery(heap: &mut Heap, before: u64, frames: usize) {
    const LARGEST: u64 = 64 << 20;
    const BYTES_PER_FRAME: u64 = 64;
    if before < heap.nursery_budget / 2 {
        // An early collection says little about a full nursery.
        return;
    }
    let largest = LARGEST.min(heap.maximum_nursery());
    let smallest = heap.minimum_nursery().max(frames as u64 * BYTES_PER_FRAME).min(largest);
    let survived = heap.young_bytes();
    if survived > before / 8 {
        heap.nursery_budget *= 2;
    } else if survived < before / 64 {
        heap.nursery_budget /= 2;
    }
    heap.nursery_budget = heap.nursery_budget.clamp(smallest, largest);
}
