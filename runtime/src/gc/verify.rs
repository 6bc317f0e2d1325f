//! The heap verifier: walks every block and checks tags, headers, sizes, object starts and cards.
//!
//! An oracle for the collector, so it shares no code with the tracer. Runs between collections, and
//! uses the mark bits of young blocks as scratch for their object starts.

use super::{roots, state as collector_state};
use crate::abi::layout::{Shape, header_kind, kind, kind_name, shape_of};
use crate::abi::tags::*;
use crate::abi::thread_context::ThreadContext;
use crate::heap::block::{BITMAP_WORDS, BLOCK_BYTES, OLD, state};
use crate::heap::objects::{bytes_from_first_word, has_mixed_slots, has_weak_slot, is_header, mixed_words, tagged_words};
use crate::heap::{self, Heap};
use crate::stack::registry;

/// What a verification saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    pub objects: u64,
    pub edges: u64,
    pub bytes: u64,
}

/// Verifies, and ends the process with a description of the first fault.
pub fn verify(ctx: &mut ThreadContext, when: &str) {
    match check(ctx) {
        Ok(census) => {
            let stats = &mut collector_state::of(ctx).stats;
            stats.verified_objects += census.objects;
            stats.verified_edges += census.edges;
        }
        Err(fault) => {
            eprintln!("rook: fatal: heap verification {when}: {fault}");
            std::process::abort()
        }
    }
}

/// Checks the whole heap and everything that refers into it.
pub fn check(ctx: &mut ThreadContext) -> Result<Census, String> {
    let heap = heap::of(ctx);
    heap.sync_chunk(ctx);
    let mut census = Census::default();
    for block in 0..heap.blocks.frontier {
        find_starts(heap, block)?;
    }
    for block in 0..heap.blocks.frontier {
        check_block(heap, block, &mut census)?;
    }
    check_outside(ctx, heap, &mut census)?;
    Ok(census)
}

fn is_old(state: u8) -> bool {
    state & state::GENERATION == OLD
}

/// Notes where the objects of young blocks and of large ones start.
fn find_starts(heap: &mut Heap, block: usize) -> Result<(), String> {
    let state = heap.blocks.state(block);
    if state & (state::FROM | state::IN_PLACE) != 0 {
        return Err(format!("block {block} is still condemned (state {state:#x})"));
    }
    if state & state::IN_USE == 0 || state & state::TAIL != 0 {
        return Ok(());
    }
    let start = heap.blocks.start_of(block);
    if state & state::LARGE != 0 {
        *heap.blocks.marks(block) = [0; BITMAP_WORDS];
        heap.blocks.marks(block)[0] = 1;
        // SAFETY: a large object starts its run.
        let bytes = bytes_from_first_word(unsafe { *(start as *const u64) });
        if bytes > heap.blocks.info(block).run as u64 * BLOCK_BYTES {
            return Err(format!("large object at {start:#x} of {bytes} bytes is larger than its blocks"));
        }
        return Ok(());
    }
    if is_old(state) {
        return Ok(());
    }
    *heap.blocks.marks(block) = [0; BITMAP_WORDS];
    let end = start + heap.blocks.info(block).used as u64;
    let mut object = start;
    while object < end {
        heap.blocks.mark(object);
        // SAFETY: young blocks are dense.
        object += checked_bytes(unsafe { *(object as *const u64) }, object)?;
    }
    if object != end {
        return Err(format!("objects of block {block} end at {object:#x}, not at {end:#x}"));
    }
    Ok(())
}

/// Size of the object, whose header must make sense.
fn checked_bytes(first: u64, object: u64) -> Result<u64, String> {
    if is_header(first) && shape_of(header_kind(first)) == Shape::Invalid {
        return Err(format!("object at {object:#x} has the invalid header {first:#x}"));
    }
    Ok(bytes_from_first_word(first))
}

fn check_block(heap: &mut Heap, block: usize, census: &mut Census) -> Result<(), String> {
    let state = heap.blocks.state(block);
    if state & state::IN_USE == 0 || state & state::TAIL != 0 {
        return Ok(());
    }
    let start = heap.blocks.start_of(block);
    let bits = if is_old(state) { *heap.blocks.starts(block) } else { *heap.blocks.marks(block) };
    let mut previous_end = start;
    for bit in (0..BITMAP_WORDS * 64).filter(|bit| bits[bit / 64] >> (bit % 64) & 1 == 1) {
        let object = start + 16 * bit as u64;
        if object < previous_end {
            return Err(format!("object at {object:#x} lies inside the one before it"));
        }
        // SAFETY: objects lie at start bits; the loop checks that they do not overlap.
        let first = unsafe { *(object as *const u64) };
        let bytes = checked_bytes(first, object)?;
        previous_end = object + bytes;
        if state & state::LARGE == 0 && previous_end > start + BLOCK_BYTES {
            return Err(format!("object at {object:#x} crosses the end of its block"));
        }
        census.objects += 1;
        census.bytes += bytes;
        check_object(heap, object, first, is_old(state), census)?;
    }
    Ok(())
}

fn check_object(heap: &mut Heap, object: u64, first: u64, old: bool, census: &mut Census) -> Result<(), String> {
    let weak = has_weak_slot(first).then_some(1);
    let mixed = has_mixed_slots(first).then(|| mixed_words(first)).into_iter().flatten();
    for word in tagged_words(first).chain(weak).chain(mixed) {
        let slot = object + 8 * word as u64;
        // SAFETY: a tagged word of a live object.
        let value = unsafe { *(slot as *const u64) };
        let fault = |problem: String| {
            let holder = if is_header(first) { kind_name(header_kind(first)) } else { "CONS" };
            format!("word {word} of the {holder} at {object:#x}: {problem}")
        };
        let young = check_value(heap, value).map_err(fault)?;
        if let Some(young) = young {
            census.edges += 1;
            if old && young && !heap.cards.is_dirty(slot) {
                return Err(fault(format!("the young object {value:#x} is not on a dirty card")));
            }
        }
    }
    Ok(())
}

/// Whether the value refers to a young object of the heap; `None` when it refers to nothing in the heap.
fn check_value(heap: &mut Heap, value: u64) -> Result<Option<bool>, String> {
    if value == POISON {
        return Err("poison".into());
    }
    if value == FORWARD_MARK || value & TAG_MASK == HEADER_TAG {
        return Err(format!("{value:#x} is not a value"));
    }
    if value & FIXNUM_MASK == 0 || value & TAG_MASK == IMMEDIATE_TAG || !heap.blocks.contains(value) {
        return Ok(None);
    }
    let object = value & !TAG_MASK;
    let block = heap.blocks.block_of(object);
    let state = heap.blocks.state(block);
    if state & state::IN_USE == 0 {
        return Err(format!("{value:#x} refers into a free block"));
    }
    let large_old = state & state::LARGE != 0 && is_old(state);
    let starts = if is_old(state) && !large_old { heap.blocks.is_start(object) } else { heap.blocks.is_marked(object) };
    if state & state::TAIL != 0 || !starts {
        return Err(format!("{value:#x} does not refer to the start of an object"));
    }
    // SAFETY: an object starts there.
    let first = unsafe { *(object as *const u64) };
    let tag = if !is_header(first) {
        CONS_TAG
    } else {
        match header_kind(first) {
            kind::SYMBOL => SYMBOL_TAG,
            kind::FUNCTION => FUNCTION_TAG,
            kind::INSTANCE | kind::MIXED_INSTANCE => INSTANCE_TAG,
            kind::DOUBLE => DOUBLE_TAG,
            _ => OTHER_TAG,
        }
    };
    if tag != value & TAG_MASK {
        return Err(format!("{value:#x} does not have the tag of its object ({first:#x})"));
    }
    Ok(Some(!is_old(state)))
}

/// Checks roots, code constants and static data.
fn check_outside(ctx: &mut ThreadContext, heap: &mut Heap, census: &mut Census) -> Result<(), String> {
    let mut result = Ok(());
    let mut check_root = |slot: *mut u64, what: &str| {
        // SAFETY: roots are readable words.
        let value = unsafe { *slot };
        match check_value(heap, value) {
            Ok(edge) => census.edges += edge.is_some() as u64,
            Err(fault) if result.is_ok() => result = Err(format!("{what} at {slot:p}: {fault}")),
            Err(_) => {}
        }
    };
    roots::for_each_root(ctx, None, |slot| check_root(slot, "root"));
    for constants in registry::of(ctx).constants() {
        constants.iter().for_each(|word| check_root(std::ptr::from_ref(word).cast_mut(), "code constant"));
    }
    result?;
    for area in &collector_state::of(ctx).static_areas {
        let mut object = area.start;
        while object < area.end {
            // SAFETY: whoever registered the area promised that it is walkable.
            let first = unsafe { *(object as *const u64) };
            let bytes = checked_bytes(first, object)?;
            check_object(heap, object, first, true, census)?;
            object += bytes;
        }
    }
    Ok(())
}
