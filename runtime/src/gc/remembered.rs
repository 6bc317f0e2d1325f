//! The remembered set of a minor collection: dirty cards of old blocks and of the image's static data.
//!
//! Cards are hashed from addresses, so each dirty card stands for every address that shares it; all of
//! them are scanned, and those that still hold young references are marked dirty again.

use super::trace::Tracer;
use crate::heap::block::{BITMAP_WORDS, BLOCK_BYTES, BLOCK_SHIFT, OLD, state};
use crate::heap::cards::{CARD_BYTES, LINE, WINDOW_BYTES, WINDOWS};
use crate::heap::objects::{bytes_from_first_word, is_header, tagged_words};

/// Index of the last set bit below or at `bit`.
fn previous_start(bits: &[u64; BITMAP_WORDS], bit: usize) -> Option<usize> {
    let mut word = bit / 64;
    let mut candidates = bits[word] & (u64::MAX >> (63 - bit % 64));
    while candidates == 0 {
        word = word.checked_sub(1)?;
        candidates = bits[word];
    }
    Some(word * 64 + 63 - candidates.leading_zeros() as usize)
}

/// Index of the first set bit at or above `bit`.
pub fn next_start(bits: &[u64; BITMAP_WORDS], bit: usize) -> Option<usize> {
    let mut word = bit / 64;
    if word >= BITMAP_WORDS {
        return None;
    }
    let mut candidates = bits[word] & (u64::MAX << (bit % 64));
    while candidates == 0 {
        word += 1;
        if word == BITMAP_WORDS {
            return None;
        }
        candidates = bits[word];
    }
    Some(word * 64 + candidates.trailing_zeros() as usize)
}

/// Calls `f(start, end)` for each run of dirty cards of a line, as byte offsets.
fn dirty_runs(line: &[u8; LINE], mut f: impl FnMut(u64, u64)) {
    let mut card = 0;
    while card < LINE {
        if line[card] == 0 {
            card += 1;
            continue;
        }
        let first = card;
        while card < LINE && line[card] != 0 {
            card += 1;
        }
        f(first as u64 * CARD_BYTES, card as u64 * CARD_BYTES);
    }
}

impl Tracer<'_> {
    /// Scans the dirty cards of all old blocks. `windows` comes from `CardTable::begin`.
    pub fn scan_old_cards(&mut self, windows: &[usize]) {
        let first_window = (self.heap.blocks.base >> BLOCK_SHIFT) as usize % WINDOWS;
        for &window in windows {
            let line = *self.heap.cards.snapshot_line(window);
            let mut block = (window + WINDOWS - first_window) % WINDOWS;
            // Blocks that this collection fills may come along; scanning them early does no harm.
            while block < self.heap.blocks.frontier {
                let state = self.heap.blocks.state(block);
                let subject = state & (state::FROM | state::IN_PLACE) != 0;
                if state & state::IN_USE != 0 && state & state::GENERATION == OLD && !subject {
                    let start = self.heap.blocks.start_of(block);
                    dirty_runs(&line, |from, to| self.scan_block_range(block, state, start + from, start + to));
                }
                block += WINDOWS;
            }
        }
    }

    fn scan_block_range(&mut self, block: usize, state: u8, from: u64, to: u64) {
        if state & (state::LARGE | state::TAIL) != 0 {
            let head = if state & state::TAIL != 0 { self.heap.blocks.info(block).run as usize } else { block };
            let object = self.heap.blocks.start_of(head);
            // SAFETY: a large object starts its run.
            unsafe { self.scan_part(object, from, to) };
            return;
        }
        let start = self.heap.blocks.start_of(block);
        // A copy: scanning may add objects to the block that promotion goes on in; those are scanned anyway.
        let bits = *self.heap.blocks.starts(block);
        let first = ((from - start) / 16) as usize;
        let mut next = previous_start(&bits, first).or_else(|| next_start(&bits, first));
        while let Some(bit) = next {
            let object = start + 16 * bit as u64;
            if object >= to {
                break;
            }
            // SAFETY: start bits of old blocks are where objects start.
            unsafe { self.scan_part(object, from, to) };
            next = next_start(&bits, bit + 1);
        }
    }

    /// Scans the words of an object of the old generation that lie in `[from, to)`.
    ///
    /// # Safety
    /// An object lies at `object`.
    unsafe fn scan_part(&mut self, object: u64, from: u64, to: u64) {
        // SAFETY: by the caller's promise.
        unsafe {
            let header = *(object as *const u64);
            let words = tagged_words(header);
            let first = (from.saturating_sub(object) / 8) as usize;
            let end = (to.saturating_sub(object) / 8) as usize;
            self.scan_words(object, words.start.max(first), words.end.min(end), true);
            if is_header(header) {
                self.scan_special(object, header, true);
            }
        }
    }

    /// Scans the dirty cards of the image's static objects.
    pub fn scan_static_cards(&mut self, windows: &[usize], map: &StaticMap) {
        for &window in windows {
            let line = *self.heap.cards.snapshot_line(window);
            let aligned = map.start & !(BLOCK_BYTES - 1);
            let distance = (window + WINDOWS - (aligned >> BLOCK_SHIFT) as usize % WINDOWS) % WINDOWS;
            let mut address = aligned + distance as u64 * BLOCK_BYTES;
            while address < map.end {
                dirty_runs(&line, |from, to| {
                    let (from, to) = ((address + from).max(map.start), (address + to).min(map.end));
                    if from < to {
                        // SAFETY: static data is walkable from each object start.
                        unsafe {
                            let mut object = map.object_before(from);
                            while object < to {
                                let bytes = bytes_from_first_word(*(object as *const u64));
                                if object + bytes > from {
                                    self.scan_part(object, from, to);
                                }
                                object += bytes;
                            }
                        }
                    }
                });
                address += WINDOW_BYTES;
            }
        }
    }
}

/// Where objects of the static data start, per card.
pub struct StaticMap {
    pub start: u64,
    pub end: u64,
    /// Distance from each card's first byte of `start..end` to the first object that starts there, in
    /// units of 16 bytes; `NONE` when none does.
    first: Box<[u8]>,
}

const NONE: u8 = u8::MAX;

impl StaticMap {
    /// Walks the static data once.
    ///
    /// # Safety
    /// Objects lie without gaps in `[start, end)`.
    pub unsafe fn new(start: u64, end: u64) -> StaticMap {
        let mut first = vec![NONE; (end - start).div_ceil(CARD_BYTES) as usize].into_boxed_slice();
        let mut object = start;
        while object < end {
            let entry = &mut first[((object - start) / CARD_BYTES) as usize];
            if *entry == NONE {
                *entry = ((object - start) % CARD_BYTES / 16) as u8;
            }
            // SAFETY: by the caller's promise.
            object += bytes_from_first_word(unsafe { *(object as *const u64) });
        }
        StaticMap { start, end, first }
    }

    /// An object that starts at or before `address`, close to it.
    fn object_before(&self, address: u64) -> u64 {
        let mut card = ((address - self.start) / CARD_BYTES) as usize;
        loop {
            let object = self.start + card as u64 * CARD_BYTES + 16 * self.first[card] as u64;
            if self.first[card] != NONE && object <= address {
                return object;
            }
            // Card 0 starts with an object at `start`, which is not above any address of the range.
            card -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_bits_are_found_in_both_directions() {
        let mut bits = [0u64; BITMAP_WORDS];
        bits[0] = 1 << 5;
        bits[2] = 1 << 63;
        assert_eq!(previous_start(&bits, 4), None);
        assert_eq!(previous_start(&bits, 5), Some(5));
        assert_eq!(previous_start(&bits, 190), Some(5));
        assert_eq!(previous_start(&bits, 191), Some(191));
        assert_eq!(next_start(&bits, 0), Some(5));
        assert_eq!(next_start(&bits, 6), Some(191));
        assert_eq!(next_start(&bits, 192), None);
        assert_eq!(next_start(&bits, 64 * BITMAP_WORDS), None);
    }

    #[test]
    fn runs_of_dirty_cards_join() {
        let mut line = [0u8; LINE];
        line[0] = 1;
        line[1] = 1;
        line[LINE - 1] = 1;
        let mut runs = Vec::new();
        dirty_runs(&line, |from, to| runs.push((from / CARD_BYTES, to / CARD_BYTES)));
        assert_eq!(runs, [(0, 2), (LINE as u64 - 1, LINE as u64)]);
    }
}
