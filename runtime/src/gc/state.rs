//! The collector's state per thread: options, statistics, thresholds, epoch.

use super::options::{CollectorKind, Fault, GcOptions};
use super::remembered::StaticMap;
use super::stats::Stats;
use crate::abi::thread_context::ThreadContext;
use crate::heap::pace::Pace;
use crate::heap::space;
use crate::os::memory;
use crate::stack::frame_table;
use std::sync::Once;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A full collection is not worth it below this size of the old generation.
const MINIMUM_FULL_THRESHOLD: u64 = 64 << 20;

pub struct Collector {
    pub options: GcOptions,
    pub stats: Stats,
    /// Changes whenever objects may have moved.
    pub epoch: u64,
    /// Changes whenever old objects may have moved.
    pub full_epoch: u64,
    /// Bytes of the old generation that make the next collection a full one.
    pub full_threshold: u64,
    /// The last full collection left old blocks in place because there was no room to copy them.
    pub(super) kept_dense: bool,
    /// Static objects outside the heap: the image's, and those of loaded files.
    pub(super) static_areas: Vec<StaticArea>,
    pub(super) random: u64,
}

/// Static objects that lie without gaps in `[start, end)`.
pub(super) struct StaticArea {
    pub start: u64,
    pub end: u64,
    /// Where objects start, made when first needed.
    pub map: Option<StaticMap>,
}

fn image_area() -> Option<StaticArea> {
    let image = frame_table::image()?;
    let (start, end) = (image.static_start as u64, image.static_end as u64);
    (start < end).then_some(StaticArea { start, end, map: None })
}

/// Makes the objects in `[start, end)`, outside the heap, roots for good. Until now they referred to
/// nothing young, or were stored into with the barrier.
///
/// # Safety
/// Objects lie there without gaps from `start`, which is a multiple of 16, and stay there.
pub unsafe fn register_static_area(ctx: &mut ThreadContext, start: *mut u8, end: *mut u8) {
    if start < end {
        of(ctx).static_areas.push(StaticArea { start: start as u64, end: end as u64, map: None });
    }
}

/// The collector of a context, made on first use with the options of the environment.
pub fn of(ctx: &mut ThreadContext) -> &'static mut Collector {
    if ctx.collector == 0 {
        use_options(ctx, GcOptions::from_environment());
    }
    // SAFETY: made by `use_options`, freed only by `detach`; only the context's own thread uses it.
    unsafe { &mut *(ctx.collector as *mut Collector) }
}

/// Makes the collector of a context, or changes its options.
pub fn use_options(ctx: &mut ThreadContext, options: GcOptions) {
    let reports = options.counters || options.verbose;
    if ctx.collector == 0 {
        let collector = Collector {
            random: options.seed.max(1),
            options: GcOptions::default(),
            stats: Stats::default(),
            epoch: 1,
            full_epoch: 1,
            full_threshold: MINIMUM_FULL_THRESHOLD,
            kept_dense: false,
            static_areas: image_area().into_iter().collect(),
        };
        ctx.collector = Box::into_raw(Box::new(collector)) as u64;
    }
    // SAFETY: as for `of`.
    let collector = unsafe { &mut *(ctx.collector as *mut Collector) };
    collector.options = options;
    collector.arm(ctx);
    if reports {
        report_at_exit(collector);
    }
}

/// Frees the collector's state of a context.
pub fn detach(ctx: &mut ThreadContext) {
    if ctx.collector != 0 {
        let collector = ctx.collector as *mut Collector;
        let _ = REPORTED.compare_exchange(collector, std::ptr::null_mut(), Ordering::AcqRel, Ordering::Relaxed);
        // SAFETY: the word came from `Box::into_raw` in `use_options` and is cleared here.
        drop(unsafe { Box::from_raw(collector) });
        ctx.collector = 0;
    }
}

/// The collector whose counters are printed at exit.
static REPORTED: AtomicPtr<Collector> = AtomicPtr::new(std::ptr::null_mut());

fn report_at_exit(collector: *mut Collector) {
    extern "C" fn report() {
        // SAFETY: the pointer is cleared when the collector is freed, and other threads are gone or idle.
        if let Some(collector) = unsafe { REPORTED.load(Ordering::Acquire).as_ref() } {
            complain!("rook-gc: {}", collector.stats.report());
        }
    }
    static ONCE: Once = Once::new();
    REPORTED.store(collector, Ordering::Release);
    ONCE.call_once(|| {
        // SAFETY: `report` is a plain C function.
        unsafe { libc::atexit(report) };
    });
}

impl Collector {
    /// Arms the stress modes that work through the heap and the context.
    fn arm(&mut self, ctx: &mut ThreadContext) {
        let options = &self.options;
        let heap = space::of(ctx);
        heap.step = options.every.is_some() || options.oom.is_some() || options.safepoint;
        let every = if options.safepoint { 1 } else { options.every.unwrap_or(0) };
        heap.pace = Pace::new(every, options.thin);
        heap.fail_at = options.oom.unwrap_or(0);
        ctx.alloc_limit = if heap.step { ctx.alloc_ptr } else { ctx.alloc_limit };
        ctx.card_table = heap.cards.address();
        if options.inject == Some(Fault::SkipBarrier)
            && let Some(decoy) = memory::map_zeroed(crate::abi::thread_context::CARD_COUNT)
        {
            // Marks go where nobody looks. The decoy lives as long as the process, like the option.
            ctx.card_table = decoy as u64;
            self.stats.injected += 1;
        }
        if self.polls_always() {
            space::request_collection(ctx);
        }
    }

    /// Whether every safepoint must reach the collector.
    pub(super) fn polls_always(&self) -> bool {
        self.options.safepoint || self.options.stack.is_some()
    }

    /// After a full collection that left `live` bytes.
    pub(super) fn set_threshold(&mut self, live: u64, limit: u64) {
        let roomy = live.saturating_mul(2).max(MINIMUM_FULL_THRESHOLD);
        // Near the limit, collect when half of what is left is used, or an eighth of all.
        let left = limit.saturating_sub(live);
        self.full_threshold = roomy.min(live + (left / 2).max(limit / 8));
    }

    pub fn never_collects(&self) -> bool {
        self.options.collector == CollectorKind::Null
    }
    pub fn always_full(&self) -> bool {
        self.options.collector == CollectorKind::Single || self.options.move_all
    }

    /// The next number of the replayable random sequence.
    pub(super) fn next_random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}
