//! The Lisp stack: a large reserved mapping with a guard at its low end, and switching to it.

use super::{fatal_error, limits};
use crate::abi::thread_context::{ThreadContext, offset};
use crate::os::memory;

/// Address space of the Lisp stack; the soft limit decides how much of it is used.
const RESERVED: u64 = 1 << 30;
/// Of scarce address space the stack gets this share.
const SHARE: u64 = 8;
const LEAST: u64 = 8 << 20;
/// Inaccessible bytes at the low end.
pub const GUARD: u64 = 64 << 10;

/// Maps a Lisp stack for `ctx` and arms the entry check.
pub fn map(ctx: &mut ThreadContext) {
    let size = limits::configured_stack_size();
    let wanted = RESERVED.max(size.saturating_mul(2).next_multiple_of(memory::PAGE as u64));
    let bytes = memory::within_share(wanted, SHARE).max(LEAST) as usize;
    let size = size.min(bytes as u64 / 2);
    let Some(base) = memory::map_zeroed(bytes) else { fatal_error("no address space for the Lisp stack") };
    // SAFETY: the first pages of the mapping just made, not used by anything.
    if !unsafe { memory::protect(base, GUARD as usize) } {
        fatal_error("the Lisp stack's guard cannot be set");
    }
    ctx.stack_low = base as u64 + GUARD;
    ctx.stack_high = base as u64 + bytes as u64;
    limits::set_stack_size(ctx, size);
    ctx.stack_limit = ctx.real_stack_limit;
}

/// Takes the stack that the running thread has from the system as the Lisp stack: for threads that C
/// owns. CONTINUE after an overflow then ends at its bounds.
pub fn adopt(ctx: &mut ThreadContext) {
    // SAFETY: plain queries about the running thread; the attribute object is destroyed again.
    let bounds = unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) == 0 {
            libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
            libc::pthread_attr_destroy(&mut attributes);
        }
        (low as u64, size as u64)
    };
    if bounds.1 == 0 {
        fatal_error("the bounds of this thread's stack are unknown");
    }
    ctx.stack_low = bounds.0 + GUARD;
    ctx.stack_high = bounds.0 + bounds.1;
    let usable = (ctx.stack_high - ctx.stack_low) * 3 / 4;
    limits::set_stack_size(ctx, limits::configured_stack_size().min(usable));
    ctx.stack_limit = ctx.real_stack_limit;
}

// SysV: (ctx, function, data, new stack top) -> what the function returned.
core::arch::global_asm!(
    ".pushsection .text.rook_switch_stack,\"ax\",@progbits",
    ".globl rook_switch_stack",
    ".hidden rook_switch_stack",
    ".type rook_switch_stack,@function",
    ".p2align 4",
    "rook_switch_stack:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "push rbx",
    "push r12",
    ".cfi_offset rbx, -24",
    ".cfi_offset r12, -32",
    "mov rbx, rdi",
    "mov r12, [rbx + {system}]",
    "mov [rbx + {system}], rsp",
    "mov rsp, rcx",
    "mov rdi, rdx",
    "call rsi",
    "mov [rbx + {system}], r12",
    "lea rsp, [rbp - 16]",
    "pop r12",
    "pop rbx",
    "pop rbp",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_endproc",
    ".size rook_switch_stack, . - rook_switch_stack",
    ".popsection",
    system = const offset::SYSTEM_STACK,
);

unsafe extern "C-unwind" {
    fn rook_switch_stack(
        ctx: *mut ThreadContext,
        function: extern "C-unwind" fn(*mut u8),
        data: *mut u8,
        top: u64,
    );
}

/// Runs `f` on the Lisp stack. Must not be nested.
pub fn run_on_lisp_stack<R>(ctx: &mut ThreadContext, f: impl FnOnce(&mut ThreadContext) -> R) -> R {
    struct Job<F, R> {
        ctx: *mut ThreadContext,
        f: Option<F>,
        result: Option<R>,
    }
    extern "C-unwind" fn run<F: FnOnce(&mut ThreadContext) -> R, R>(data: *mut u8) {
        // SAFETY: `data` is the job below, which outlives the call; the context is this thread's.
        unsafe {
            let job = &mut *(data as *mut Job<F, R>);
            let f = job.f.take().expect("a job runs once");
            job.result = Some(f(&mut *job.ctx));
        }
    }
    fn runner<F: FnOnce(&mut ThreadContext) -> R, R>(_: &Job<F, R>) -> extern "C-unwind" fn(*mut u8) {
        run::<F, R>
    }
    assert_eq!(ctx.system_stack, 0, "the Lisp stack is entered once");
    let top = ctx.stack_high & !15;
    let ctx = ctx as *mut ThreadContext;
    let mut job = Job { ctx, f: Some(f), result: None };
    let function = runner(&job);
    // SAFETY: the context's Lisp stack is mapped and unused; its top is 16-byte aligned. The borrow of
    // the context passes to the job until the call returns.
    unsafe { rook_switch_stack(ctx, function, &raw mut job as *mut u8, top) };
    job.result.expect("the job has run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_another_stack_and_comes_back() {
        let mut ctx = crate::thread::create();
        map(&mut ctx);
        let bounds = ctx.stack_low..ctx.stack_high;
        let mut seen = 0;
        let result = run_on_lisp_stack(&mut ctx, |_| {
            let local = 0u8;
            seen = &raw const local as u64;
            7
        });
        assert_eq!(result, 7);
        assert!(bounds.contains(&seen), "locals live on the Lisp stack");
        assert_eq!(ctx.system_stack, 0);
    }

    #[test]
    fn a_panic_passes_through_the_switch() {
        let mut ctx = crate::thread::create();
        map(&mut ctx);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            run_on_lisp_stack(&mut ctx, |_| std::panic::resume_unwind(Box::new(1)))
        }));
        assert!(caught.is_err());
    }
}
