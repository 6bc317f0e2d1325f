//! The heap of a thread: its blocks, its cards, the nursery chunk, large objects and the limit.
//!
//! Hands out memory and counts it; never decides when to collect beyond setting the request word.

use super::block::{AGING, BITMAP_WORDS, BLOCK_BYTES, BLOCK_SHIFT, BlockTable, LARGE_BYTES, NURSERY, OLD, state};
use super::cards::CardTable;
use super::options::HeapOptions;
use super::pace::Pace;
use crate::abi::tags::{FIXNUM_MASK, IMMEDIATE_TAG, TAG_MASK};
use crate::abi::thread_context::ThreadContext;
use crate::os::memory;
use std::sync::OnceLock;

/// One thread's heap. Threads get heaps of their own until they can stop one another.
pub struct Heap {
    pub blocks: BlockTable,
    pub cards: CardTable,
    /// Nursery and aging blocks in use.
    pub young: Vec<u32>,
    /// First blocks of large objects that are not old yet.
    pub young_large: Vec<u32>,
    /// The block that `alloc_ptr` points into.
    chunk: Option<usize>,
    /// Bytes of blocks taken for new objects since the last collection.
    pub taken: u64,
    /// Bytes that may be taken before a minor collection is due.
    pub nursery_budget: u64,
    /// Bytes in use after the last full collection: what is known to be needed.
    pub live_after_full: u64,
    /// Bytes allocated by the program, all told, up to the current chunk.
    pub allocated: u64,
    /// Block that survivors of minor collections go on being promoted into.
    pub promotion_block: Option<usize>,
    /// Stress: every allocation takes the slow path.
    pub step: bool,
    /// Stress: with `step`, the allocations at which a collection is due.
    pub pace: Pace,
    /// Stress: the allocation that fails, counted down; 0 = off.
    pub fail_at: u64,
    stress_due: bool,
    options: HeapOptions,
    limit: u64,
    /// After an exhaustion: bytes that may be in use while it is handled; 0 = none was signalled.
    lent: u64,
    /// Bytes of the last object for which Rust code exceeded the limit.
    pub overshoot: u64,
}

static OPTIONS: OnceLock<HeapOptions> = OnceLock::new();

/// Sets the sizes of heaps made later; false when a heap exists already.
pub fn init(options: HeapOptions) -> bool {
    OPTIONS.set(options).is_ok()
}

/// Gives a context its heap. Its first chunk comes with its first allocation.
pub fn attach(ctx: &mut ThreadContext) {
    let options = *OPTIONS.get_or_init(HeapOptions::from_environment);
    attach_with(ctx, options);
    // The one place where the heap knows its collector: stress modes must see the first allocation.
    crate::gc::of(ctx);
}

/// `attach` with sizes of its own.
pub fn attach_with(ctx: &mut ThreadContext, options: HeapOptions) {
    assert_eq!(ctx.heap, 0, "a context is attached to a heap once");
    let Some(heap) = Heap::new(options) else { fatal("no address space for the heap") };
    ctx.card_table = heap.cards.address();
    ctx.heap = Box::into_raw(Box::new(heap)) as u64;
    ctx.alloc_ptr = 0;
    ctx.alloc_limit = 0;
}

/// Takes a context's heap away; every reference into it dangles afterwards.
pub fn detach(ctx: &mut ThreadContext) {
    if ctx.heap != 0 {
        // SAFETY: the word came from `Box::into_raw` in `attach_with` and is cleared here.
        drop(unsafe { Box::from_raw(ctx.heap as *mut Heap) });
        (ctx.heap, ctx.card_table, ctx.alloc_ptr, ctx.alloc_limit) = (0, 0, 0, 0);
    }
}

/// The heap of a context, attached when it has none yet.
pub fn of(ctx: &mut ThreadContext) -> &'static mut Heap {
    if ctx.heap == 0 {
        attach(ctx);
    }
    // SAFETY: the word comes from `attach_with`; the heap lives until `detach`, and only the context's
    // own thread uses it, one borrow at a time.
    unsafe { &mut *(ctx.heap as *mut Heap) }
}

/// Ends the process when memory that cannot be refused is not to be had.
#[cold]
pub fn fatal(message: &str) -> ! {
    complain!("rook: fatal: {message}");
    std::process::abort()
}

#[cold]
pub(super) fn allocate_slow(ctx: &mut ThreadContext, bytes: u64) -> *mut u64 {
    let heap = of(ctx);
    let base = heap.allocate(ctx, bytes);
    if heap.is_over_limit() {
        heap.overshoot = bytes;
    }
    if heap.collection_is_due() {
        request_collection(ctx);
    }
    match base {
        Some(base) => base as *mut u64,
        None => fatal("the heap's address space is exhausted"),
    }
}

/// Asks for a collection at the next safepoint.
pub fn request_collection(ctx: &mut ThreadContext) {
    ctx.gc_requested = 1;
    ctx.stack_limit = u64::MAX;
}

impl Heap {
    fn new(options: HeapOptions) -> Option<Heap> {
        let mut options = options.normalised();
        let blocks = BlockTable::reserve(memory::within_share(options.reserve, 2))?;
        // Address space must be left to copy into.
        options.limit = options.limit.min(blocks.bytes / 3).max(super::options::MINIMUM_LIMIT);
        Some(Heap {
            blocks,
            cards: CardTable::new()?,
            young: Vec::new(),
            young_large: Vec::new(),
            chunk: None,
            taken: 0,
            nursery_budget: options.nursery,
            live_after_full: 0,
            allocated: 0,
            promotion_block: None,
            step: false,
            pace: Pace::default(),
            fail_at: 0,
            stress_due: false,
            options,
            limit: options.limit,
            lent: 0,
            overshoot: 0,
        })
    }

    /// Bytes of all blocks in use.
    pub fn used(&self) -> u64 {
        (self.blocks.used as u64) << BLOCK_SHIFT
    }
    /// Bytes of young blocks, large objects not counted.
    pub fn young_bytes(&self) -> u64 {
        (self.young.len() as u64) << BLOCK_SHIFT
    }
    pub fn limit(&self) -> u64 {
        self.limit
    }
    pub fn set_limit(&mut self, bytes: u64) {
        // Address space must be left to copy into.
        self.limit = bytes.clamp(super::options::MINIMUM_LIMIT, self.blocks.bytes / 3);
        self.lent = 0;
        self.nursery_budget = self.nursery_budget.min(self.maximum_nursery());
    }
    pub fn minimum_nursery(&self) -> u64 {
        self.options.nursery.min(self.maximum_nursery())
    }
    pub fn maximum_nursery(&self) -> u64 {
        (self.limit / 8).max(BLOCK_BYTES)
    }

    /// The limit, or more of it while an exhaustion is handled.
    fn effective_limit(&self) -> u64 {
        self.limit.max(self.lent)
    }
    fn reserve(&self) -> u64 {
        (self.limit / 8).clamp(8 * BLOCK_BYTES, 64 << 20)
    }
    /// Gives the handlers of an exhaustion room above what is in use: the reserve once, and little when
    /// that is used up while the memory is still held.
    pub fn lend_reserve(&mut self) {
        let room = if self.lent == 0 { self.reserve() } else { 8 * BLOCK_BYTES };
        self.lent = self.lent.max(self.used().max(self.limit) + room);
    }
    /// After a full collection: the reserve is whole again once the heap is clearly below its limit.
    pub fn settle_reserve(&mut self) {
        if self.used() + self.reserve() / 2 < self.limit {
            self.lent = 0;
        }
    }
    /// Whether `bytes` more fit under the limit now.
    pub fn has_room(&self, bytes: u64) -> bool {
        self.used().saturating_add(bytes.next_multiple_of(BLOCK_BYTES)) <= self.effective_limit()
    }
    /// Whether `bytes` could fit after a full collection. Until that has run, at the next safepoint,
    /// they may go as far as doubling the heap.
    pub fn could_fit(&self, bytes: u64) -> bool {
        bytes <= self.effective_limit() && self.used() + bytes <= 2 * self.effective_limit()
    }
    /// Bytes that a collection may copy without exceeding the limit by much.
    pub fn headroom(&self) -> u64 {
        (self.limit + self.reserve()).saturating_sub(self.used())
    }
    /// Whether the limit is exceeded (by Rust code, which may not fail).
    pub fn is_over_limit(&self) -> bool {
        self.used() > self.effective_limit()
    }
    /// Whether a minor collection is due.
    pub fn collection_is_due(&self) -> bool {
        self.taken >= self.nursery_budget || self.stress_due || self.is_over_limit()
    }
    /// The collector has run: nothing is due any more.
    pub fn collection_done(&mut self) {
        self.taken = 0;
        self.stress_due = false;
    }
    /// Stress mode `oom=K`: true exactly once, at the K-th question.
    pub fn failure_is_injected(&mut self) -> bool {
        let counting = self.fail_at > 0;
        self.fail_at = self.fail_at.saturating_sub(1);
        counting && self.fail_at == 0
    }

    /// Room for an object, from the chunk, a new chunk or a run of blocks; `None` only when address
    /// space or memory are exhausted.
    pub fn allocate(&mut self, ctx: &mut ThreadContext, bytes: u64) -> Option<u64> {
        self.stress_due |= self.step && self.pace.step(ctx.lisp_pc);
        if bytes > LARGE_BYTES {
            // Smaller than a block and there is room in the chunk: that was the fast path.
            return self.allocate_large(bytes);
        }
        if bytes > self.chunk_end() - ctx.alloc_ptr.min(self.chunk_end()) {
            self.retire_chunk(ctx);
            let block = self.blocks.take(NURSERY)?;
            self.young.push(block as u32);
            self.taken += BLOCK_BYTES;
            self.chunk = Some(block);
            ctx.alloc_ptr = self.blocks.start_of(block);
        }
        let base = ctx.alloc_ptr;
        ctx.alloc_ptr += bytes;
        ctx.alloc_limit = if self.step { ctx.alloc_ptr } else { self.chunk_end() };
        Some(base)
    }

    fn chunk_end(&self) -> u64 {
        self.chunk.map_or(0, |block| self.blocks.start_of(block) + BLOCK_BYTES)
    }

    fn allocate_large(&mut self, bytes: u64) -> Option<u64> {
        let count = bytes.div_ceil(BLOCK_BYTES);
        if count > self.blocks.block_count() as u64 {
            return None;
        }
        let block = self.blocks.take_run(count as usize, NURSERY)?;
        self.young_large.push(block as u32);
        self.taken += count * BLOCK_BYTES;
        self.allocated += bytes;
        Some(self.blocks.start_of(block))
    }

    /// Ends the current chunk: its block is walkable afterwards, and the next allocation takes a new one.
    pub fn retire_chunk(&mut self, ctx: &mut ThreadContext) {
        if let Some(block) = self.chunk.take() {
            let used = ctx.alloc_ptr - self.blocks.start_of(block);
            self.blocks.info(block).used = used as u32;
            self.allocated += used;
        }
        ctx.alloc_ptr = 0;
        ctx.alloc_limit = 0;
    }

    /// Whether the word is an immediate, or refers to an object that minor collections do not move.
    pub fn is_old(&self, word: u64) -> bool {
        let reference = word & FIXNUM_MASK != 0 && word & TAG_MASK != IMMEDIATE_TAG && self.blocks.contains(word);
        !reference || self.blocks.state(self.blocks.block_of(word)) & state::GENERATION == OLD
    }

    /// Bytes allocated by the program so far.
    pub fn allocated_now(&self, ctx: &ThreadContext) -> u64 {
        self.allocated + self.chunk.map_or(0, |block| ctx.alloc_ptr - self.blocks.start_of(block))
    }

    /// Makes the current chunk's block walkable without ending the chunk.
    pub fn sync_chunk(&mut self, ctx: &ThreadContext) {
        if let Some(block) = self.chunk {
            self.blocks.info(block).used = (ctx.alloc_ptr - self.blocks.start_of(block)) as u32;
        }
    }

    /// Objects in old blocks; after a full collection that is all that lives.
    pub fn count_old_objects(&mut self) -> u64 {
        let old = state::IN_USE | OLD;
        let mut count = 0;
        for block in 0..self.blocks.frontier {
            if self.blocks.state(block) & (state::IN_USE | state::GENERATION | state::TAIL) == old {
                count += self.blocks.starts(block).iter().map(|bits| bits.count_ones() as u64).sum::<u64>();
            }
        }
        count
    }

    /// A block for survivors.
    pub fn take_survivor_block(&mut self, generation: u8) -> usize {
        let Some(block) = self.blocks.take(generation) else {
            fatal("no memory left to copy live objects into");
        };
        if generation == AGING {
            self.young.push(block as u32);
        } else {
            *self.blocks.starts(block) = [0; BITMAP_WORDS];
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::{allocate_bytes, check_allocation};

    fn context() -> Box<ThreadContext> {
        // SAFETY: a thread context is plain words and pointers; all zero is its state before attaching.
        unsafe { Box::new(std::mem::zeroed()) }
    }

    #[test]
    fn small_objects_share_blocks_and_large_ones_have_their_own() {
        let mut ctx = context();
        attach_with(&mut ctx, HeapOptions::default());
        let first = allocate_bytes(&mut ctx, 16) as u64;
        let second = allocate_bytes(&mut ctx, 32) as u64;
        assert_eq!(second, first + 16, "bump allocation");
        let large = allocate_bytes(&mut ctx, BLOCK_BYTES) as u64;
        assert_eq!(large % BLOCK_BYTES, 0, "a large object starts a block");
        assert_eq!(allocate_bytes(&mut ctx, 16) as u64, first + 48, "the chunk goes on");
        detach(&mut ctx);
    }

    #[test]
    fn a_full_nursery_requests_a_collection_and_goes_on() {
        let mut ctx = context();
        attach_with(&mut ctx, HeapOptions { nursery: 1 << 20, ..HeapOptions::default() });
        for _ in 0..(2 << 20) / 16 {
            allocate_bytes(&mut ctx, 16);
        }
        assert_eq!(ctx.gc_requested, 1, "the request is made");
        assert_eq!(ctx.stack_limit, u64::MAX, "and the next safepoint will see it");
        detach(&mut ctx);
    }

    #[test]
    fn impossible_requests_are_errors() {
        let mut ctx = context();
        attach_with(&mut ctx, HeapOptions { limit: 1 << 20, ..HeapOptions::default() });
        assert!(check_allocation(&mut ctx, 1 << 19).is_ok(), "half the heap is possible");
        assert!(check_allocation(&mut ctx, 2 << 20).is_err(), "twice the heap is not");
        assert!(check_allocation(&mut ctx, u64::MAX).is_err(), "nor are sizes that overflow");
        detach(&mut ctx);
    }
}
