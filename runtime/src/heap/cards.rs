//! The card table behind the write barrier: one byte per card, hashed from the slot's address.
//!
//! Any address hashes to a card, so heap, large, static and foreign slots share the table. A block is
//! exactly one line of cards; `window` names such a line. Knows neither objects nor generations.

use super::block::BLOCK_BYTES;
use crate::abi::thread_context::{CARD_COUNT, CARD_MASK, CARD_SHIFT};
use crate::os::memory;

pub const CARD_BYTES: u64 = 1 << CARD_SHIFT;
/// Cards of one block.
pub const LINE: usize = (BLOCK_BYTES >> CARD_SHIFT) as usize;
/// Lines of the table; addresses that differ by a multiple of `WINDOW_BYTES` share their cards.
pub const WINDOWS: usize = CARD_COUNT / LINE;
pub const WINDOW_BYTES: u64 = (CARD_COUNT as u64) << CARD_SHIFT;

const _: () = assert!(LINE.is_multiple_of(8), "lines are scanned word by word");

pub struct CardTable {
    cards: *mut u8,
    /// The dirty cards as they were when the collection in progress began; clean outside collections.
    snapshot: *mut u8,
}

/// Index of the card of `address`.
#[inline(always)]
pub fn card_of(address: u64) -> usize {
    ((address >> CARD_SHIFT) & CARD_MASK) as usize
}

impl CardTable {
    pub fn new() -> Option<CardTable> {
        Some(CardTable { cards: memory::map_zeroed(CARD_COUNT)?, snapshot: memory::map_zeroed(CARD_COUNT)? })
    }

    /// The table's address, for compiled code.
    pub fn address(&self) -> u64 {
        self.cards as u64
    }

    #[inline(always)]
    pub fn mark(&mut self, address: u64) {
        // SAFETY: a card index is below CARD_COUNT.
        unsafe { *self.cards.add(card_of(address)) = 1 }
    }
    pub fn is_dirty(&self, address: u64) -> bool {
        // SAFETY: as for `mark`.
        unsafe { *self.cards.add(card_of(address)) != 0 }
    }
    /// Whether the card was dirty when the collection in progress began.
    pub fn was_dirty(&self, address: u64) -> bool {
        // SAFETY: as for `mark`.
        unsafe { *self.snapshot.add(card_of(address)) != 0 }
    }

    /// Moves the dirty cards into the snapshot, leaving a clean table; the windows that hold any.
    pub fn begin(&mut self) -> Vec<usize> {
        let mut windows = Vec::new();
        for window in 0..WINDOWS {
            // SAFETY: lines lie inside both tables, which are page-aligned.
            unsafe {
                let line = &mut *(self.cards.add(window * LINE) as *mut [u64; LINE / 8]);
                if line.iter().fold(0, |all, word| all | word) != 0 {
                    *(self.snapshot.add(window * LINE) as *mut [u64; LINE / 8]) = *line;
                    *line = [0; LINE / 8];
                    windows.push(window);
                }
            }
        }
        windows
    }

    /// The snapshot's line of a window.
    pub fn snapshot_line(&self, window: usize) -> &[u8; LINE] {
        debug_assert!(window < WINDOWS);
        // SAFETY: a line inside the snapshot.
        unsafe { &*(self.snapshot.add(window * LINE) as *const [u8; LINE]) }
    }

    /// Forgets the snapshot.
    pub fn finish(&mut self, windows: &[usize]) {
        for &window in windows {
            // SAFETY: as for `snapshot_line`.
            unsafe { *(self.snapshot.add(window * LINE) as *mut [u8; LINE]) = [0; LINE] };
        }
    }
}

impl Drop for CardTable {
    fn drop(&mut self) {
        // SAFETY: both mappings were made by `new`; no context uses them any more.
        unsafe {
            memory::release(self.cards, CARD_COUNT);
            memory::release(self.snapshot, CARD_COUNT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive_exactly_one_snapshot() {
        let mut cards = CardTable::new().expect("memory");
        let address = 0x1234_5678_9ab0;
        cards.mark(address);
        assert!(cards.is_dirty(address + WINDOW_BYTES), "addresses a window apart share a card");
        let windows = cards.begin();
        assert_eq!(windows.len(), 1, "one line is dirty");
        assert!(!cards.is_dirty(address) && cards.was_dirty(address), "the mark moved to the snapshot");
        cards.finish(&windows);
        assert!(!cards.was_dirty(address), "the snapshot is clean again");
    }
}
