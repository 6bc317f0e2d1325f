//! The block table: the heap's address space cut into blocks, with all metadata at the side.
//!
//! Conses have no header and pages of dead objects are given back, so generations, marks and object
//! starts live in tables indexed by block number, never in the blocks. Knows no object kinds.

use crate::os::memory;

pub const BLOCK_SHIFT: u32 = 15;
/// Bytes of a block: 64 cards, so a block's cards fill one cache line of the card table.
pub const BLOCK_BYTES: u64 = 1 << BLOCK_SHIFT;
/// Objects above this size get a run of blocks of their own.
pub const LARGE_BYTES: u64 = BLOCK_BYTES / 2;
/// 64-bit words of a bitmap with one bit per 16 bytes of a block.
pub const BITMAP_WORDS: usize = (BLOCK_BYTES / 16 / 64) as usize;

/// Generations, in the low bits of a block's state.
pub const NURSERY: u8 = 0;
/// Survived one minor collection.
pub const AGING: u8 = 1;
pub const OLD: u8 = 2;

/// Bits of a block's state byte; 0 means free.
pub mod state {
    pub const GENERATION: u8 = 3;
    /// Being evacuated by the collection in progress.
    pub const FROM: u8 = 1 << 2;
    /// Subject to the collection in progress, but its objects are marked where they lie.
    pub const IN_PLACE: u8 = 1 << 3;
    /// First block of a large object.
    pub const LARGE: u8 = 1 << 4;
    /// Further block of a large object.
    pub const TAIL: u8 = 1 << 5;
    /// Dead and inaccessible (stress mode `protect`).
    pub const QUARANTINE: u8 = 1 << 6;
    pub const IN_USE: u8 = 1 << 7;
}

/// What the collector keeps per block besides its state byte.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct BlockInfo {
    /// Bytes allocated from the block's start (nursery and aging blocks are dense up to here).
    pub used: u32,
    /// Bytes of live objects when an old block was last copied into or marked.
    pub live: u32,
    /// The block's pages were touched since they were last given back.
    pub resident: bool,
    /// Large objects: number of blocks of the run (in its first block), or the first block (in the others).
    pub run: u32,
}

/// Blocks committed at a time.
const COMMIT_BLOCKS: usize = 32;
/// Blocks from this number on are materialised as a whole; small heaps grow page by page.
const POPULATED_FROM: usize = 128;
/// Alignment of the heap's address.
const HEAP_ALIGNMENT: usize = 2 << 20;

pub struct BlockTable {
    /// Address of block 0.
    pub base: u64,
    /// Bytes reserved.
    pub bytes: u64,
    /// Blocks below this number have been used at some time.
    pub frontier: usize,
    committed: usize,
    /// Blocks in use.
    pub used: usize,
    states: *mut u8,
    infos: *mut BlockInfo,
    starts: *mut u64,
    marks: *mut u64,
    /// One bit per block: free, and below the frontier.
    free: *mut u64,
    /// No free bit below this bitmap word.
    free_hint: usize,
}

impl BlockTable {
    /// Reserves address space for `bytes`, or as much of it as the system grants.
    pub fn reserve(bytes: u64) -> Option<BlockTable> {
        let mut bytes = bytes.next_multiple_of(BLOCK_BYTES * 64);
        loop {
            if let Some(table) = Self::try_reserve(bytes) {
                return Some(table);
            }
            bytes = (bytes / 2).next_multiple_of(BLOCK_BYTES * 64);
            if bytes <= BLOCK_BYTES * 64 {
                return None;
            }
        }
    }

    fn try_reserve(bytes: u64) -> Option<BlockTable> {
        let blocks = (bytes >> BLOCK_SHIFT) as usize;
        let base = memory::reserve_aligned(bytes as usize, HEAP_ALIGNMENT)? as u64;
        let [states, infos, starts, marks, free] = side_table_bytes(blocks).map(memory::map_zeroed);
        Some(BlockTable {
            base,
            bytes,
            frontier: 0,
            committed: 0,
            used: 0,
            states: states?,
            infos: infos? as *mut BlockInfo,
            starts: starts? as *mut u64,
            marks: marks? as *mut u64,
            free: free? as *mut u64,
            free_hint: 0,
        })
    }

    pub fn block_count(&self) -> usize {
        (self.bytes >> BLOCK_SHIFT) as usize
    }
    /// Number of the block that holds `address`, which lies in the heap.
    #[inline(always)]
    pub fn block_of(&self, address: u64) -> usize {
        debug_assert!(self.contains(address));
        ((address - self.base) >> BLOCK_SHIFT) as usize
    }
    #[inline(always)]
    pub fn contains(&self, address: u64) -> bool {
        address.wrapping_sub(self.base) < self.bytes
    }
    #[inline(always)]
    pub fn start_of(&self, block: usize) -> u64 {
        self.base + ((block as u64) << BLOCK_SHIFT)
    }
    #[inline(always)]
    pub fn state(&self, block: usize) -> u8 {
        debug_assert!(block < self.block_count());
        // SAFETY: the state table has a byte for each block.
        unsafe { *self.states.add(block) }
    }
    #[inline(always)]
    pub fn set_state(&mut self, block: usize, state: u8) {
        debug_assert!(block < self.block_count());
        // SAFETY: as for `state`.
        unsafe { *self.states.add(block) = state }
    }
    #[inline(always)]
    pub fn info(&mut self, block: usize) -> &mut BlockInfo {
        debug_assert!(block < self.block_count());
        // SAFETY: the info table has a record for each block.
        unsafe { &mut *self.infos.add(block) }
    }
    /// Object-start bits of an old block.
    #[inline(always)]
    pub fn starts(&mut self, block: usize) -> &mut [u64; BITMAP_WORDS] {
        // SAFETY: the table has BITMAP_WORDS words for each block.
        unsafe { &mut *(self.starts.add(block * BITMAP_WORDS) as *mut [u64; BITMAP_WORDS]) }
    }
    /// Mark bits; meaningful for blocks marked in place during a collection.
    #[inline(always)]
    pub fn marks(&mut self, block: usize) -> &mut [u64; BITMAP_WORDS] {
        // SAFETY: as for `starts`.
        unsafe { &mut *(self.marks.add(block * BITMAP_WORDS) as *mut [u64; BITMAP_WORDS]) }
    }
    #[inline(always)]
    pub fn set_start(&mut self, address: u64) {
        let bit = (address - self.base) >> 4;
        // SAFETY: one bit for each 16 bytes of the heap.
        unsafe { *self.starts.add((bit >> 6) as usize) |= 1 << (bit & 63) }
    }
    pub fn is_start(&self, address: u64) -> bool {
        let bit = (address - self.base) >> 4;
        // SAFETY: as for `set_start`.
        unsafe { *self.starts.add((bit >> 6) as usize) >> (bit & 63) & 1 == 1 }
    }
    pub fn is_marked(&self, address: u64) -> bool {
        let bit = (address - self.base) >> 4;
        // SAFETY: as for `set_start`.
        unsafe { *self.marks.add((bit >> 6) as usize) >> (bit & 63) & 1 == 1 }
    }
    /// Marks the object at `address`; true when it was not marked before.
    #[inline(always)]
    pub fn mark(&mut self, address: u64) -> bool {
        let bit = (address - self.base) >> 4;
        // SAFETY: as for `set_start`.
        unsafe {
            let word = self.marks.add((bit >> 6) as usize);
            let mask = 1 << (bit & 63);
            let fresh = *word & mask == 0;
            *word |= mask;
            fresh
        }
    }

    /// Takes one free block, or `None` when the address space or the system's memory is exhausted.
    pub fn take(&mut self, generation: u8) -> Option<usize> {
        let block = self.take_free_single().or_else(|| self.extend(1)).or_else(|| {
            self.release_quarantine();
            self.take_free_single()
        })?;
        self.used += 1;
        self.set_state(block, state::IN_USE | generation);
        self.info(block).used = 0;
        self.populate(block, 1);
        Some(block)
    }

    /// Materialises the pages of blocks that have none.
    fn populate(&mut self, first: usize, count: usize) {
        let mut block = first;
        while block < first + count {
            let start = block;
            while block < first + count && !std::mem::replace(&mut self.info(block).resident, true) {
                block += 1;
            }
            if block > start && start >= POPULATED_FROM {
                // SAFETY: the blocks are in use, hence committed.
                unsafe { memory::populate(self.start_of(start) as *mut u8, (block - start) << BLOCK_SHIFT) };
            }
            block += 1;
        }
    }

    /// Takes `count` adjacent free blocks for a large object.
    pub fn take_run(&mut self, count: usize, generation: u8) -> Option<usize> {
        let first = self.take_free_run(count).or_else(|| self.extend(count)).or_else(|| {
            self.release_quarantine();
            self.take_free_run(count)
        })?;
        self.used += count;
        self.set_state(first, state::IN_USE | state::LARGE | generation);
        self.info(first).run = count as u32;
        for block in first + 1..first + count {
            self.set_state(block, state::IN_USE | state::TAIL | generation);
            self.info(block).run = first as u32;
        }
        *self.starts(first) = [0; BITMAP_WORDS];
        self.populate(first, count);
        Some(first)
    }

    /// Gives blocks back to the table.
    pub fn free(&mut self, first: usize, count: usize) {
        for block in first..first + count {
            self.set_state(block, 0);
            // SAFETY: the bitmap has a bit for each block.
            unsafe { *self.free.add(block / 64) |= 1 << (block % 64) };
        }
        self.used -= count;
        self.free_hint = self.free_hint.min(first / 64);
    }

    /// Takes dead blocks out of use without making them available, until address space runs out.
    pub fn quarantine(&mut self, first: usize, count: usize) {
        let (start, bytes) = (self.start_of(first) as *mut u8, count << BLOCK_SHIFT);
        // SAFETY: dead blocks of this heap.
        let protected = unsafe {
            memory::decommit(start, bytes);
            memory::protect(start, bytes)
        };
        if !protected {
            return self.free(first, count);
        }
        for block in first..first + count {
            self.info(block).resident = false;
            self.set_state(block, state::QUARANTINE);
        }
        self.used -= count;
    }

    /// Makes all quarantined blocks available again.
    fn release_quarantine(&mut self) {
        for block in 0..self.frontier {
            if self.state(block) != state::QUARANTINE {
                continue;
            }
            // SAFETY: a dead block of this heap.
            if unsafe { memory::commit(self.start_of(block) as *mut u8, BLOCK_BYTES as usize) } {
                self.used += 1;
                self.free(block, 1);
            }
        }
    }

    fn take_free_single(&mut self) -> Option<usize> {
        let words = self.frontier.div_ceil(64);
        for word in self.free_hint..words {
            // SAFETY: `word` is within the bitmap.
            let bits = unsafe { &mut *self.free.add(word) };
            if *bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                *bits &= *bits - 1;
                self.free_hint = word;
                return Some(word * 64 + bit);
            }
        }
        self.free_hint = words.max(self.free_hint);
        None
    }

    fn is_free(&self, block: usize) -> bool {
        // SAFETY: the bitmap has a bit for each block.
        unsafe { *self.free.add(block / 64) >> (block % 64) & 1 == 1 }
    }

    fn take_free_run(&mut self, count: usize) -> Option<usize> {
        let mut block = self.free_hint * 64;
        let mut length = 0;
        while block < self.frontier {
            // SAFETY: `block` is below the block count.
            if block.is_multiple_of(64) && unsafe { *self.free.add(block / 64) } == 0 {
                block += 64;
                length = 0;
                continue;
            }
            length = if self.is_free(block) { length + 1 } else { 0 };
            block += 1;
            if length == count {
                let first = block - count;
                for taken in first..block {
                    // SAFETY: as for `is_free`.
                    unsafe { *self.free.add(taken / 64) &= !(1 << (taken % 64)) };
                }
                return Some(first);
            }
        }
        None
    }

    /// Takes `count` blocks at the frontier, committing memory as needed.
    fn extend(&mut self, count: usize) -> Option<usize> {
        let first = self.frontier;
        let end = first.checked_add(count)?;
        if end > self.block_count() {
            return None;
        }
        if end > self.committed {
            let step = COMMIT_BLOCKS.max(self.committed / 8);
            let target = end.next_multiple_of(COMMIT_BLOCKS).max(self.committed + step).min(self.block_count());
            let start = self.start_of(self.committed);
            let bytes = ((target - self.committed) as u64) << BLOCK_SHIFT;
            // SAFETY: the range lies in this heap's reservation.
            unsafe {
                if !memory::commit(start as *mut u8, bytes as usize) {
                    return None;
                }
            }
            self.committed = target;
        }
        self.frontier = end;
        Some(first)
    }

    /// Gives the memory of free blocks back to the system, but for the first `keep` of them; bytes returned.
    pub fn return_memory(&mut self, keep: usize) -> u64 {
        let (mut kept, mut returned) = (0, 0);
        let mut block = 0;
        while block < self.frontier {
            if !self.is_free(block) {
                block += 1;
                continue;
            }
            if kept < keep {
                kept += 1;
                block += 1;
                continue;
            }
            if !self.info(block).resident {
                block += 1;
                continue;
            }
            let first = block;
            while block < self.frontier && self.is_free(block) && std::mem::take(&mut self.info(block).resident) {
                block += 1;
            }
            let bytes = ((block - first) as u64) << BLOCK_SHIFT;
            // SAFETY: the blocks are free.
            unsafe { memory::decommit(self.start_of(first) as *mut u8, bytes as usize) };
            returned += bytes;
        }
        returned
    }
}

/// Bytes of the side tables for `blocks` blocks: states, infos, starts, marks, free bits.
fn side_table_bytes(blocks: usize) -> [usize; 5] {
    let bitmap = blocks * BITMAP_WORDS * 8;
    [blocks, blocks * size_of::<BlockInfo>(), bitmap, bitmap, blocks / 8].map(|b| b.next_multiple_of(memory::PAGE))
}

impl Drop for BlockTable {
    fn drop(&mut self) {
        let tables = [self.states, self.infos as *mut u8, self.starts as *mut u8, self.marks as *mut u8, self.free as *mut u8];
        // SAFETY: the mappings were made by `try_reserve` with these sizes.
        unsafe {
            memory::release(self.base as *mut u8, self.bytes as usize);
            for (table, bytes) in tables.into_iter().zip(side_table_bytes(self.block_count())) {
                memory::release(table, bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_reused_lowest_first_and_runs_are_adjacent() {
        let mut table = BlockTable::reserve(64 << 20).expect("address space");
        let blocks: Vec<usize> = (0..10).map(|_| table.take(NURSERY).expect("block")).collect();
        assert_eq!(blocks, (0..10).collect::<Vec<_>>(), "fresh blocks come in order");
        table.free(3, 1);
        table.free(5, 3);
        assert_eq!(table.take_run(2, OLD), Some(5), "a run skips the hole that is too small");
        assert_eq!(table.take(OLD), Some(3), "the lowest free block comes first");
        assert_eq!(table.take(OLD), Some(7), "then the next");
        assert_eq!(table.used, 10, "every block is in use again");
        assert_eq!(table.state(6) & state::TAIL, state::TAIL, "second block of the run is its tail");
    }

    #[test]
    fn exhausted_address_space_is_none() {
        let mut table = BlockTable::reserve(4 << 20).expect("address space");
        let count = table.block_count();
        assert!(table.take_run(count + 1, OLD).is_none(), "no run larger than the heap");
        assert!(table.take_run(count, OLD).is_some(), "the whole heap is one run");
        assert!(table.take(OLD).is_none(), "nothing is left");
    }
}
