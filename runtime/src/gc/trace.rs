//! The tracer: updates slots, evacuates objects out of from-space, marks objects in place.
//!
//! Worklists are explicit, so depth of data costs no stack. Knows objects only through
//! `heap::objects`, and nothing of where roots come from.

use crate::abi::tags::{CONS_TAG, FIXNUM_MASK, FORWARD_MARK, TAG_MASK, UNBOUND};
use crate::heap::Heap;
use crate::heap::block::{AGING, BLOCK_BYTES, OLD, state};
use crate::heap::objects::{bytes_from_first_word, has_code_entry, has_weak_slot, has_mixed_slots, is_header, mixed_words, object_bytes, tagged_words};
use crate::stack::registry::CodeRegistry;

/// One bit per tag that refers to an object.
const REFERENCE_TAGS: u64 = 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 11 | 1 << 13;

/// Whether the word refers to an object in memory.
#[inline(always)]
pub fn is_reference(word: u64) -> bool {
    REFERENCE_TAGS >> (word & TAG_MASK) & 1 == 1
}

/// # Safety
/// Four words that hold values lie at `address`.
#[inline(always)]
unsafe fn holds_four_fixnums(address: u64) -> bool {
    // SAFETY: by the caller's promise.
    let [a, b, c, d] = unsafe { *(address as *const [u64; 4]) };
    (a | b | c | d) & FIXNUM_MASK == 0
}

/// Where copies of one generation go.
#[derive(Clone, Copy, Default)]
struct Destination {
    block: Option<usize>,
    /// Copies below this address have been scanned.
    scan: u64,
    next: u64,
    limit: u64,
}

pub struct Tracer<'a> {
    pub heap: &'a mut Heap,
    /// In a full collection: the code units, revived by the functions found.
    code: Option<&'a mut CodeRegistry>,
    base: u64,
    bytes: u64,
    /// By generation; the nursery's is never used.
    destinations: [Destination; 3],
    /// Copied but unscanned runs of objects: start, end, generation.
    pending: Vec<(u64, u64, u8)>,
    /// Marked but unscanned objects, by address.
    marked: Vec<u64>,
    /// Live weak objects.
    weak: Vec<u64>,
    full: bool,
    /// What is reached now becomes old at once.
    pub promote: bool,
    pub moved_objects: u64,
    pub moved_bytes: u64,
    /// Objects marked where they lie: pinned ones and large ones.
    pub stayed_objects: u64,
    pub weak_cleared: u64,
}

impl<'a> Tracer<'a> {
    /// A tracer for a minor collection, or for a full one when the code registry is given.
    pub fn new(heap: &'a mut Heap, code: Option<&'a mut CodeRegistry>) -> Tracer<'a> {
        let (base, bytes) = (heap.blocks.base, heap.blocks.bytes);
        let full = code.is_some();
        let mut tracer = Tracer {
            heap,
            code,
            base,
            bytes,
            destinations: [Destination::default(); 3],
            pending: Vec::new(),
            marked: Vec::new(),
            weak: Vec::new(),
            full,
            promote: false,
            moved_objects: 0,
            moved_bytes: 0,
            stayed_objects: 0,
            weak_cleared: 0,
        };
        tracer.resume_promotion_block();
        tracer
    }

    /// Promotion goes on in the block that the last minor collection left half full.
    fn resume_promotion_block(&mut self) {
        let Some(block) = self.heap.promotion_block.take() else { return };
        if self.heap.blocks.state(block) != state::IN_USE | OLD {
            return;
        }
        let start = self.heap.blocks.start_of(block);
        let next = start + self.heap.blocks.info(block).used as u64;
        self.destinations[OLD as usize] = Destination { block: Some(block), scan: next, next, limit: start + BLOCK_BYTES };
    }

    /// Generation that a survivor of a block in `state` belongs to.
    #[inline(always)]
    fn target(&self, state: u8) -> u8 {
        if self.full || self.promote || state & state::GENERATION != 0 { OLD } else { AGING }
    }

    /// Makes the slot refer to where its object lives after the collection, and the object live.
    /// True when that object is young.
    ///
    /// # Safety
    /// `slot` is a readable, writable word that holds a value.
    #[inline(always)]
    pub unsafe fn update(&mut self, slot: *mut u64) -> bool {
        // SAFETY: by the caller's promise.
        let value = unsafe { *slot };
        if value.wrapping_sub(self.base) >= self.bytes || !is_reference(value) {
            return false;
        }
        let block = self.heap.blocks.block_of(value);
        let state = self.heap.blocks.state(block);
        if state & state::FROM != 0 {
            let target = self.target(state);
            // SAFETY: a reference into a from-space block refers to an object there.
            unsafe { *slot = self.evacuate(value, target) };
            return target != OLD;
        }
        if state & state::IN_PLACE != 0 && self.heap.blocks.mark(value & !TAG_MASK) {
            self.marked.push(value & !TAG_MASK);
            self.stayed_objects += 1;
            if self.promote {
                self.heap.blocks.set_state(block, state & !state::GENERATION | OLD);
                return false;
            }
        }
        state & state::GENERATION != OLD
    }

    /// # Safety
    /// `value` refers to an object in from-space.
    #[inline(always)]
    unsafe fn evacuate(&mut self, value: u64, target: u8) -> u64 {
        // SAFETY: the object is there, or its forwarding words are.
        unsafe {
            if value & TAG_MASK == CONS_TAG {
                return self.evacuate_list(value, target);
            }
            let from = (value & !TAG_MASK) as *mut u64;
            let header = *from;
            if !is_header(header) {
                return header;
            }
            let bytes = object_bytes(header);
            let to = self.allocate(target, bytes);
            std::ptr::copy_nonoverlapping(from, to as *mut u64, (bytes / 8) as usize);
            let forwarded = to | value & TAG_MASK;
            *from = forwarded;
            self.moved_objects += 1;
            self.moved_bytes += bytes;
            forwarded
        }
    }

    /// Evacuates a cons and, next to it, the cells that follow in its list.
    ///
    /// # Safety
    /// `value` refers to a cons in from-space.
    unsafe fn evacuate_list(&mut self, value: u64, target: u8) -> u64 {
        // SAFETY: `value` and each `rest` that passes the tests refer to conses in from-space; `cell` is a fresh copy.
        unsafe {
            let from = (value - CONS_TAG) as *mut u64;
            if *from == FORWARD_MARK {
                return *from.add(1);
            }
            let first = self.copy_cons(from, target);
            let mut cell = first;
            loop {
                let rest_slot = (cell as *mut u64).add(1);
                let rest = *rest_slot;
                if rest & TAG_MASK != CONS_TAG || rest.wrapping_sub(self.base) >= self.bytes {
                    break;
                }
                let state = self.heap.blocks.state(self.heap.blocks.block_of(rest));
                if state & state::FROM == 0 || self.target(state) != target {
                    break;
                }
                let from = (rest - CONS_TAG) as *mut u64;
                if *from == FORWARD_MARK {
                    *rest_slot = *from.add(1);
                    break;
                }
                cell = self.copy_cons(from, target);
                *rest_slot = cell | CONS_TAG;
            }
            first | CONS_TAG
        }
    }

    /// # Safety
    /// `from` is a cons in from-space that has not been forwarded.
    #[inline(always)]
    unsafe fn copy_cons(&mut self, from: *mut u64, target: u8) -> u64 {
        let to = self.allocate(target, 16);
        // SAFETY: two words each.
        unsafe {
            *(to as *mut u64) = *from;
            *(to as *mut u64).add(1) = *from.add(1);
            *from = FORWARD_MARK;
            *from.add(1) = to | CONS_TAG;
        }
        self.moved_objects += 1;
        self.moved_bytes += 16;
        to
    }

    #[inline(always)]
    fn allocate(&mut self, generation: u8, bytes: u64) -> u64 {
        let destination = &mut self.destinations[generation as usize];
        if destination.next + bytes > destination.limit {
            self.next_block(generation);
        }
        let destination = &mut self.destinations[generation as usize];
        let address = destination.next;
        destination.next += bytes;
        if generation == OLD {
            self.heap.blocks.set_start(address);
        }
        address
    }

    #[cold]
    fn next_block(&mut self, generation: u8) {
        self.retire_destination(generation);
        let block = self.heap.take_survivor_block(generation);
        let start = self.heap.blocks.start_of(block);
        self.destinations[generation as usize] =
            Destination { block: Some(block), scan: start, next: start, limit: start + BLOCK_BYTES };
    }

    fn retire_destination(&mut self, generation: u8) {
        let destination = std::mem::take(&mut self.destinations[generation as usize]);
        if let Some(block) = destination.block {
            let start = self.heap.blocks.start_of(block);
            let info = self.heap.blocks.info(block);
            info.used = (destination.next - start) as u32;
            info.live = info.used;
            if destination.scan < destination.next {
                self.pending.push((destination.scan, destination.next, generation));
            }
        }
    }

    /// Scans until nothing reachable is unscanned.
    pub fn drain(&mut self) {
        loop {
            let mut idle = true;
            for generation in [AGING, OLD] {
                let destination = &mut self.destinations[generation as usize];
                if destination.scan < destination.next {
                    let (start, end) = (destination.scan, destination.next);
                    destination.scan = end;
                    // SAFETY: the run was filled with copies of objects.
                    unsafe { self.scan_run(start, end, generation == OLD) };
                    idle = false;
                }
            }
            if let Some((start, end, generation)) = self.pending.pop() {
                // SAFETY: as above.
                unsafe { self.scan_run(start, end, generation == OLD) };
                idle = false;
            } else if let Some(object) = self.marked.pop() {
                let block = self.heap.blocks.block_of(object);
                let state = self.heap.blocks.state(block);
                // SAFETY: a marked object lies there.
                unsafe {
                    if state & state::LARGE == 0 {
                        self.heap.blocks.info(block).live += bytes_from_first_word(*(object as *const u64)) as u32;
                    }
                    self.scan_object(object, state & state::GENERATION == OLD);
                }
                idle = false;
            }
            if idle {
                return;
            }
        }
    }

    /// # Safety
    /// Objects lie without gaps in `[start, end)`.
    unsafe fn scan_run(&mut self, start: u64, end: u64, old: bool) {
        let mut object = start;
        while object < end {
            // SAFETY: by the caller's promise.
            unsafe {
                let first = *(object as *const u64);
                self.scan_object(object, old);
                object += bytes_from_first_word(first);
            }
        }
    }

    /// Updates the slots of an object; an old one that refers to young objects gets dirty cards.
    ///
    /// # Safety
    /// An object lies at `object`.
    #[inline(always)]
    pub unsafe fn scan_object(&mut self, object: u64, old: bool) {
        // SAFETY: by the caller's promise.
        unsafe {
            let first = *(object as *const u64);
            let words = tagged_words(first);
            self.scan_words(object, words.start, words.end, old);
            if is_header(first) {
                self.scan_special(object, first, old);
            }
        }
    }

    /// # Safety
    /// The words `[first, end)` from `object` hold values.
    #[inline(always)]
    pub unsafe fn scan_words(&mut self, object: u64, first: usize, end: usize, old: bool) {
        let mut word = first;
        while word < end {
            // Long runs of fixnums, as fresh arrays have them, go by four at a time.
            // SAFETY: by the caller's promise.
            while word + 4 <= end && unsafe { holds_four_fixnums(object + 8 * word as u64) } {
                word += 4;
            }
            if word == end {
                break;
            }
            let slot = object + 8 * word as u64;
            // SAFETY: by the caller's promise.
            if unsafe { self.update(slot as *mut u64) } && old {
                self.heap.cards.mark(slot);
            }
            word += 1;
        }
    }

    /// What is not in a range of strong slots: weak references, code entries, slots between raw ones.
    ///
    /// # Safety
    /// An object with this header lies at `object`.
    #[inline(always)]
    pub unsafe fn scan_special(&mut self, object: u64, header: u64, old: bool) {
        if has_weak_slot(header) {
            self.weak.push(object);
        } else if has_mixed_slots(header) {
            for word in mixed_words(header) {
                // SAFETY: these words of the object hold values.
                unsafe { self.scan_words(object, word, word + 1, old) };
            }
        } else if self.full && has_code_entry(header) {
            // SAFETY: such an object's second word is its entry.
            self.revive_code(unsafe { *((object + 8) as *const u64) });
        }
    }

    /// The code at `address` is live, and so are its unit's constants.
    pub fn revive_code(&mut self, address: u64) {
        let Some((constants, count)) = self.code.as_mut().and_then(|code| code.revive(address)) else { return };
        // SAFETY: a unit's constants are values. A full collection leaves no young objects.
        unsafe { self.scan_words(constants as u64, 0, count, false) };
    }

    /// After `drain`: weak references follow their objects or are cleared to the unbound marker.
    pub fn settle_weak(&mut self) {
        for object in std::mem::take(&mut self.weak) {
            let slot = (object + 8) as *mut u64;
            // SAFETY: a weak object's first slot is a value; it refers to an object or to its remains in from-space.
            unsafe {
                let value = *slot;
                if !is_reference(value) || !self.heap.blocks.contains(value) {
                    continue;
                }
                match self.survivor(value) {
                    Some((new, young)) => {
                        *slot = new;
                        if young {
                            self.heap.cards.mark(slot as u64);
                        }
                    }
                    None => {
                        *slot = UNBOUND;
                        self.weak_cleared += 1;
                    }
                }
            }
        }
    }

    /// Where the object that `value` referred to lives now, and whether it is young; `None` when it is dead.
    ///
    /// # Safety
    /// `value` refers to an object in the heap as it was before the collection, or to its new place.
    unsafe fn survivor(&self, value: u64) -> Option<(u64, bool)> {
        let state = self.heap.blocks.state(self.heap.blocks.block_of(value));
        if state & state::FROM != 0 {
            let from = (value & !TAG_MASK) as *const u64;
            // SAFETY: by the caller's promise.
            let new = unsafe {
                let first = *from;
                if value & TAG_MASK == CONS_TAG {
                    (first == FORWARD_MARK).then(|| *from.add(1))
                } else {
                    (!is_header(first)).then_some(first)
                }
            };
            return new.map(|new| (new, self.target(state) != OLD));
        }
        let dead = state & state::IN_PLACE != 0 && !self.heap.blocks.is_marked(value & !TAG_MASK);
        (!dead).then_some((value, state & state::GENERATION != OLD))
    }

    /// Ends the copying: the destination blocks are ordinary blocks afterwards.
    pub fn finish(&mut self) {
        let promotion = self.destinations[OLD as usize].block;
        self.retire_destination(AGING);
        self.retire_destination(OLD);
        debug_assert!(self.pending.is_empty(), "everything copied was scanned");
        self.heap.promotion_block = promotion;
    }
}
