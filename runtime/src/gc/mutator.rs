//! What running programs call: the slow path of allocation, safepoints, and policy between them.

use super::collect::{Level, collect};
use super::state;
use crate::abi::layout::HEADER_SIZE_MAX;
use crate::abi::tags::ERROR_MARK;
use crate::abi::thread_context::ThreadContext;
use crate::heap::{self, Heap, raise_exhausted, space};
use crate::value::LispResult;
use std::sync::atomic::{AtomicU64, Ordering};

// `rook_rt_alloc_slow(ctx, bytes) -> address`, called by compiled code when its chunk is full. Like the
// thunk of a primitive it records where Lisp stopped and raises errors after all Rust frames are gone.
// Unlike one it has a frame of its own, so that a handler that continues makes it try again.
core::arch::global_asm!(
    ".pushsection .text.rook_rt_alloc_slow,\"ax\",@progbits",
    ".globl rook_rt_alloc_slow", ".hidden rook_rt_alloc_slow", ".type rook_rt_alloc_slow,@function",
    ".globl rook_allocation_retry", ".hidden rook_allocation_retry",
    ".p2align 4",
    "rook_rt_alloc_slow:",
    "push rbp",
    "mov rbp, rsp",
    "push rsi",
    "sub rsp, 8",
    "2:",
    "mov rax, [rbp]",
    "mov [r15 + {fp}], rax",
    "mov rax, [rbp + 8]",
    "mov [r15 + {pc}], rax",
    "mov rdi, r15",
    "mov rsi, [rbp - 8]",
    "call {target}",
    "cmp rax, {mark}",
    "je 3f",
    "leave",
    "ret",
    "3:",
    "call rook_raise_pending",
    "rook_allocation_retry:",
    "jmp 2b",
    ".size rook_rt_alloc_slow, . - rook_rt_alloc_slow",
    ".popsection",
    fp = const crate::abi::thread_context::offset::LISP_FP,
    pc = const crate::abi::thread_context::offset::LISP_PC,
    mark = const ERROR_MARK,
    target = sym allocate_for_lisp,
);

/// The Rust half of `rook_rt_alloc_slow`: collects when due, then allocates; ERROR_MARK and a pending
/// error when there is no room.
///
/// # Safety
/// `ctx` is the context of the running thread, not otherwise borrowed, with the Lisp frame anchored.
pub unsafe extern "C" fn allocate_for_lisp(ctx: *mut ThreadContext, bytes: u64) -> u64 {
    // SAFETY: by the caller's promise.
    let ctx = unsafe { &mut *ctx };
    match make_room(ctx, bytes) {
        Ok(()) => match heap::of(ctx).allocate(ctx, bytes) {
            Some(address) => address,
            None => {
                let limit = heap::of(ctx).limit();
                raise_exhausted(ctx, bytes, limit);
                ERROR_MARK
            }
        },
        Err(_) => ERROR_MARK,
    }
}

/// Collects until `bytes` fit under the limit, or fails.
fn make_room(ctx: &mut ThreadContext, bytes: u64) -> LispResult<()> {
    let heap = heap::of(ctx);
    if bytes > HEADER_SIZE_MAX || heap.failure_is_injected() {
        let limit = heap.limit();
        return Err(raise_exhausted(ctx, bytes, limit));
    }
    if heap.collection_is_due() || ctx.gc_requested != 0 {
        collect_as_due(ctx);
    }
    if heap::of(ctx).has_room(bytes) {
        return Ok(());
    }
    if collect_until(ctx, |heap| heap.has_room(bytes)) { Ok(()) } else { exhausted(ctx, bytes) }
}

/// Collects everything; more than once while holes in blocks that stayed may still be squeezed out.
fn collect_until(ctx: &mut ThreadContext, enough: impl Fn(&Heap) -> bool) -> bool {
    for _ in 0..3 {
        let before = heap::of(ctx).used();
        let collected = collect(ctx, Level::Full);
        let heap = heap::of(ctx);
        if enough(heap) {
            return true;
        }
        // A sixteenth less: there may be more to gain.
        if !collected || !state::of(ctx).kept_dense || heap.used() > before - before / 16 {
            break;
        }
    }
    false
}

fn exhausted(ctx: &mut ThreadContext, bytes: u64) -> LispResult<()> {
    let heap = heap::of(ctx);
    heap.lend_reserve();
    let limit = heap.limit();
    Err(raise_exhausted(ctx, bytes, limit))
}

/// One collection at the level that the state of the heap asks for.
fn collect_as_due(ctx: &mut ThreadContext) {
    let (heap, collector) = (heap::of(ctx), state::of(ctx));
    let old = heap.used() - heap.young_bytes();
    let crowded = !heap.has_room(0) || old > collector.full_threshold;
    collect(ctx, if crowded { Level::Full } else { Level::Minor });
    // A minor collection may have promoted past the limit.
    if !crowded && !heap::of(ctx).has_room(0) {
        collect(ctx, Level::Full);
    }
    grant_request(ctx);
}

/// The request was served: safepoints are quiet again, unless something else wants them.
fn grant_request(ctx: &mut ThreadContext) {
    ctx.gc_requested = 0;
    if state::of(ctx).polls_always() {
        return space::request_collection(ctx);
    }
    // SAFETY: plain words of this thread; signal handlers write them atomically, the interrupt first.
    let (limit, interrupts) = unsafe {
        (AtomicU64::from_ptr(&raw mut ctx.stack_limit), AtomicU64::from_ptr(&raw mut ctx.interrupts))
    };
    limit.store(ctx.real_stack_limit, Ordering::SeqCst);
    if interrupts.load(Ordering::SeqCst) != 0 {
        limit.store(u64::MAX, Ordering::SeqCst);
    }
}

/// Called by the slow path of the entry check and of loop polls, with the Lisp frame anchored, when
/// `gc_requested` is set. Collects; an error is pending when the heap is over its limit all the same.
pub fn safepoint(ctx: &mut ThreadContext) -> LispResult<()> {
    if ctx.gc_requested == 0 {
        return Ok(());
    }
    let collector = state::of(ctx);
    collector.stats.safepoints += 1;
    if collector.options.safepoint || heap::of(ctx).collection_is_due() {
        collect_as_due(ctx);
    } else {
        grant_request(ctx);
    }
    if !heap::of(ctx).is_over_limit() {
        return Ok(());
    }
    let bytes = heap::of(ctx).overshoot;
    if collect_until(ctx, |heap| !heap.is_over_limit()) { Ok(()) } else { exhausted(ctx, bytes) }
}

/// Stress mode `stack=K`: true exactly once, at the K-th stack check. Asked by the entry check's slow path.
pub fn stack_check_fails(ctx: &mut ThreadContext) -> bool {
    let collector = state::of(ctx);
    let Some(left) = collector.options.stack else { return false };
    collector.options.stack = (left > 1).then_some(left - 1);
    left == 1
}
