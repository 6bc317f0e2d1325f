//! Signals: faults end the process with a name, Ctrl-C becomes a condition at the next safepoint.
//!
//! Handlers run on a stack of their own. The one of Ctrl-C touches nothing but the context's request
//! words; the one of faults writes what it knows and ends the process. Faults never become Lisp conditions: a faulting instruction has no stack map.

use super::safepoint::{self, interrupt};
use super::{EXIT_FATAL, EXIT_INTERRUPT, stack};
use crate::abi::thread_context::ThreadContext;
use crate::stack::cursor::Frames;
use crate::stack::registry;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The context that receives Ctrl-C and whose stack bounds explain faults.
static MAIN: AtomicPtr<ThreadContext> = AtomicPtr::new(std::ptr::null_mut());

const ALTERNATE_STACK: usize = 256 << 10;
const FRAMES_SHOWN: usize = 24;

/// A fault is being reported.
static FAULTED: AtomicBool = AtomicBool::new(false);

/// Installs the handlers for the running thread's context.
pub fn install(ctx: *mut ThreadContext) {
    MAIN.store(ctx, Ordering::SeqCst);
    // SAFETY: a leaked buffer serves as the alternate stack for the life of the process; the handlers
    // have the signature that SA_SIGINFO wants.
    unsafe {
        let buffer = Box::leak(vec![0u8; ALTERNATE_STACK].into_boxed_slice());
        let alternate = libc::stack_t { ss_sp: buffer.as_mut_ptr() as *mut _, ss_flags: 0, ss_size: ALTERNATE_STACK };
        libc::sigaltstack(&alternate, std::ptr::null_mut());
        for signal in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT] {
            set(signal, on_fault, libc::SA_ONSTACK | libc::SA_NODEFER);
        }
        set(libc::SIGINT, on_interrupt, libc::SA_ONSTACK);
    }
}

type Handler = extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void);

/// # Safety
/// `handler` does only what is allowed in a signal handler.
unsafe fn set(signal: i32, handler: Handler, flags: i32) {
    // SAFETY: an all-zero sigaction is valid before its fields are set.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | flags;
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
}

extern "C" fn on_interrupt(_: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    let ctx = MAIN.load(Ordering::SeqCst);
    if ctx.is_null() {
        end(EXIT_INTERRUPT);
    }
    // SAFETY: the main context lives until the process ends.
    let before = unsafe { safepoint::request(ctx, interrupt::USER) };
    if before & interrupt::USER != 0 {
        // The program did not come to a safepoint since the last Ctrl-C.
        end(EXIT_INTERRUPT);
    }
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    if FAULTED.swap(true, Ordering::SeqCst) {
        // The report itself faulted: what was found out by then is printed.
        end(EXIT_FATAL);
    }
    // SAFETY: the kernel passes valid records to a SA_SIGINFO handler.
    let (address, pc, fp) = unsafe {
        let registers = &(*(context as *const libc::ucontext_t)).uc_mcontext.gregs;
        let register = |r: i32| registers[r as usize] as u64;
        ((*info).si_addr() as u64, register(libc::REG_RIP), register(libc::REG_RBP))
    };
    let mut line = Line::default();
    line.text("rook: fatal: ");
    match signal {
        libc::SIGILL => line.text("trap"),
        libc::SIGFPE => line.text("arithmetic trap"),
        libc::SIGABRT => line.text("aborted"),
        _ if is_in_guard(address) => line.text("the Lisp stack ran into its guard page"),
        _ => {
            line.text("memory fault at ");
            line.hex(address);
        }
    }
    line.text(", pc ");
    line.hex(pc);
    line.text("\n");
    line.write();
    write_frames(pc, fp);
    end(EXIT_FATAL)
}

/// Names the Lisp frames: from the fault when Lisp code faulted, else from where Lisp was left. The
/// process is lost, so this may do what a handler should not.
fn write_frames(pc: u64, fp: u64) {
    let ctx = MAIN.load(Ordering::SeqCst);
    if ctx.is_null() {
        return;
    }
    // SAFETY: the main context lives until the process ends, and its thread does nothing else any more.
    let ctx = unsafe { &mut *ctx };
    if ctx.code == 0 {
        return;
    }
    let code = registry::of(ctx);
    if let Some(function) = code.function(pc) {
        write_frame(function.name);
        if (ctx.stack_low..ctx.stack_high - 16).contains(&fp) && fp.is_multiple_of(8) {
            // SAFETY: inside the Lisp stack, and a Lisp function's RBP points at its saved frame.
            (ctx.lisp_fp, ctx.lisp_pc) = unsafe { (*(fp as *const u64), *(fp as *const u64).add(1)) };
        }
    }
    for frame in Frames::lenient(ctx, code).take(FRAMES_SHOWN) {
        write_frame(code.function(frame.pc).map_or("?", |function| function.name));
    }
}

fn write_frame(name: &str) {
    let mut line = Line::default();
    line.text("  in ");
    line.text(name);
    line.text("\n");
    line.write();
}

fn is_in_guard(address: u64) -> bool {
    let ctx = MAIN.load(Ordering::SeqCst);
    if ctx.is_null() {
        return false;
    }
    // SAFETY: the main context lives until the process ends.
    let low = unsafe { (*ctx).stack_low };
    (low.saturating_sub(stack::GUARD)..low).contains(&address)
}

fn end(code: i32) -> ! {
    // SAFETY: ends the process without running anything.
    unsafe { libc::_exit(code) }
}

/// A message put together without allocation.
struct Line {
    bytes: [u8; 160],
    length: usize,
}

impl Default for Line {
    fn default() -> Line {
        Line { bytes: [0; 160], length: 0 }
    }
}

impl Line {
    fn text(&mut self, text: &str) {
        for &byte in text.as_bytes() {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
    }
    fn hex(&mut self, number: u64) {
        self.text("0x");
        let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
        for i in (0..digits).rev() {
            let digit = (number >> (4 * i)) & 15;
            let one = [b"0123456789abcdef"[digit as usize]];
            self.text(std::str::from_utf8(&one).unwrap_or("?"));
        }
    }
    fn write(&self) {
        // SAFETY: writes initialised bytes of this record.
        unsafe { libc::write(2, self.bytes.as_ptr() as *const _, self.length) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_text_and_numbers() {
        let mut line = Line::default();
        line.text("at ");
        line.hex(0xbeef);
        line.hex(0);
        assert_eq!(&line.bytes[..line.length], b"at 0xbeef0x0");
    }
}

#[cfg(test)]
mod process_tests {
    use super::*;
    use crate::abi::thread_context::ErrorKind;

    /// Runs `f` in a child process with handlers installed; gives its exit status and standard error.
    fn in_child(f: impl FnOnce(&mut ThreadContext)) -> (i32, String) {
        let mut pipe = [0; 2];
        // SAFETY: plain system calls; the child runs only `f` and ends without unwinding.
        unsafe {
            assert_eq!(libc::pipe(pipe.as_mut_ptr()), 0);
            let child = libc::fork();
            if child == 0 {
                libc::dup2(pipe[1], 2);
                let ctx = Box::leak(crate::thread::create());
                stack::map(ctx);
                install(ctx);
                f(ctx);
                libc::_exit(0);
            }
            libc::close(pipe[1]);
            let mut text = Vec::new();
            let mut buffer = [0u8; 512];
            loop {
                let count = libc::read(pipe[0], buffer.as_mut_ptr() as *mut _, buffer.len());
                if count <= 0 {
                    break;
                }
                text.extend_from_slice(&buffer[..count as usize]);
            }
            libc::close(pipe[0]);
            let mut status = 0;
            libc::waitpid(child, &mut status, 0);
            assert!(libc::WIFEXITED(status), "the child ends by exit, not by a signal");
            (libc::WEXITSTATUS(status), String::from_utf8_lossy(&text).into_owned())
        }
    }

    #[test]
    fn faults_end_the_process_with_a_name() {
        let (status, text) = in_child(|ctx| {
            // SAFETY: none, on purpose: the guard page of the stack.
            unsafe { std::ptr::write_volatile((ctx.stack_low - 8) as *mut u8, 1) };
        });
        assert_eq!(status, EXIT_FATAL);
        assert!(text.contains("guard page"), "{text}");
        let (status, text) = in_child(|_| {
            // SAFETY: none, on purpose: an unmapped address.
            unsafe { std::ptr::write_volatile(64 as *mut u8, 1) };
        });
        assert_eq!(status, EXIT_FATAL);
        assert!(text.contains("memory fault at 0x40"), "{text}");
    }

    #[test]
    fn an_interrupt_waits_for_a_safepoint_and_a_second_one_does_not() {
        let (status, _) = in_child(|ctx| {
            // SAFETY: signals this process.
            unsafe { libc::raise(libc::SIGINT) };
            assert_eq!(ctx.stack_limit, u64::MAX);
            let raised = safepoint::poll(ctx, u64::MAX).is_err();
            let is_interrupt = ctx.pending_kind == ErrorKind::Interrupt as u64;
            let is_calm = ctx.stack_limit == ctx.real_stack_limit;
            end(if raised && is_interrupt && is_calm { 7 } else { 8 })
        });
        assert_eq!(status, 7);
        let (status, _) = in_child(|_| {
            // SAFETY: as above.
            unsafe {
                libc::raise(libc::SIGINT);
                libc::raise(libc::SIGINT);
            }
        });
        assert_eq!(status, EXIT_INTERRUPT);
    }
}
