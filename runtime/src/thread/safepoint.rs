//! The slow path of entry checks and back-edge polls: stack overflow, collection, interrupts.
//!
//! `stack_limit` is one word for all three. A request raises it to `u64::MAX`; the slow path puts the
//! real limit back before it reads the requests, so that none is lost.

use super::limits;
use crate::abi::tags::ERROR_MARK;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::gc;
use crate::os::allocator::REFUSED_BYTES;
use crate::object::symbol::well_known;
use crate::value::{LispResult, Value, nil};
use std::sync::atomic::{AtomicU64, Ordering};

/// Bits of `ThreadContext::interrupts`.
pub mod interrupt {
    /// Ctrl-C.
    pub const USER: u64 = 1;
    /// The binding stack overflowed where no error could be raised.
    pub const BINDING_OVERFLOW: u64 = 2;
    /// The system refused memory to Rust code, which went on in its reserve.
    pub const MEMORY: u64 = 8;
    /// An exit that a callback caught waits to go on.
    pub const FOREIGN_EXIT: u64 = 4;
}

// `rook_rt_entry_slow(ctx)`: the anchor is the frame that polls; its stack pointer decides whether the
// stack has overflowed.
core::arch::global_asm!(
    ".pushsection .text.rook_rt_entry_slow,\"ax\",@progbits",
    ".globl rook_rt_entry_slow",
    ".hidden rook_rt_entry_slow",
    ".type rook_rt_entry_slow,@function",
    ".p2align 4",
    "rook_rt_entry_slow:",
    "mov [r15 + {fp}], rbp",
    "mov rax, [rsp]",
    "mov [r15 + {pc}], rax",
    "mov rdi, r15",
    "mov rsi, rsp",
    "sub rsp, 8",
    "call {slow}",
    "add rsp, 8",
    "cmp rax, {mark}",
    "je rook_raise_pending",
    "ret",
    ".size rook_rt_entry_slow, . - rook_rt_entry_slow",
    ".popsection",
    fp = const crate::abi::thread_context::offset::LISP_FP,
    pc = const crate::abi::thread_context::offset::LISP_PC,
    slow = sym entry_slow,
    mark = const ERROR_MARK,
);

extern "C" fn entry_slow(ctx: &mut ThreadContext, sp: u64) -> u64 {
    match poll(ctx, sp) {
        Ok(()) => nil().0,
        Err(_) => ERROR_MARK,
    }
}

/// Serves what was requested. A real overflow comes last, when the requests are out of the way.
pub fn poll(ctx: &mut ThreadContext, sp: u64) -> LispResult<()> {
    // SAFETY: both words are plain memory of this thread; signal handlers write them atomically.
    let (limit, interrupts) = unsafe {
        (AtomicU64::from_ptr(&raw mut ctx.stack_limit), AtomicU64::from_ptr(&raw mut ctx.interrupts))
    };
    limit.store(ctx.real_stack_limit, Ordering::SeqCst);
    let pending = if ctx.no_gc == 0 { interrupts.swap(0, Ordering::SeqCst) } else { 0 };
    if ctx.gc_requested != 0
        && ctx.no_gc == 0
        && let Err(raised) = gc::safepoint(ctx)
    {
        // The interrupt waits for the next safepoint, behind the exhausted heap.
        interrupts.fetch_or(pending, Ordering::SeqCst);
        return Err(raised);
    }
    // One request is served per poll; the others wait for the next.
    let defer = |bits: u64| {
        if bits != 0 {
            interrupts.fetch_or(bits, Ordering::SeqCst);
            limit.store(u64::MAX, Ordering::SeqCst);
        }
    };
    if pending & interrupt::FOREIGN_EXIT != 0
        && let Some(raised) = crate::foreign::waiting::take_exit(ctx)
    {
        defer(pending & !interrupt::FOREIGN_EXIT);
        return Err(raised);
    }
    if pending & interrupt::MEMORY != 0 {
        defer(pending & !interrupt::MEMORY);
        let limit = crate::heap::limit(ctx);
        return Err(crate::heap::raise_exhausted(ctx, REFUSED_BYTES.load(Ordering::Relaxed), limit));
    }
    if pending & interrupt::BINDING_OVERFLOW != 0 {
        defer(pending & interrupt::USER);
        return Err(crate::control::binding::overflow(ctx));
    }
    if pending & interrupt::USER != 0 {
        return Err(ctx.raise(ErrorKind::Interrupt, &[]));
    }
    if sp < ctx.real_stack_limit || gc::stack_check_fails(ctx) {
        let size = Value::fixnum(limits::stack_size(ctx) as i64);
        limits::lend_stack_room(ctx);
        return Err(ctx.raise(ErrorKind::StackOverflow, &[well_known(Sym::C_STACK), size]));
    }
    Ok(())
}

/// Asks the thread of `ctx` to take the slow path at its next check.
///
/// # Safety
/// `ctx` is a live context. May be called from a signal handler.
pub unsafe fn request(ctx: *mut ThreadContext, bits: u64) -> u64 {
    // SAFETY: by the caller's promise; both words are only accessed atomically from here.
    unsafe {
        let before = AtomicU64::from_ptr(&raw mut (*ctx).interrupts).fetch_or(bits, Ordering::SeqCst);
        AtomicU64::from_ptr(&raw mut (*ctx).stack_limit).store(u64::MAX, Ordering::SeqCst);
        before
    }
}
