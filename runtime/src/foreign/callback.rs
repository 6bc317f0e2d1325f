//! Callbacks: C function pointers that call Lisp functions.
//!
//! Each callback is a trampoline in a page of them, followed by a page with their data, so that code is
//! never written after it was made executable. An exit out of the Lisp function does not unwind C: it
//! waits (`waiting`), and the callback returns its declared error value.

use super::{convert, waiting};
use crate::abi::foreign::{DOUBLE, SINGLE, VOID};
use crate::abi::thread_context::ThreadContext;
use crate::capi::calls;
use crate::control::{Exit, call_lisp};
use crate::os::memory;
use crate::stack::handles;
use crate::thread::{self, fatal_error};
use crate::value::Value;
use std::sync::{Mutex, PoisonError};

/// One callback.
pub struct Callback {
    /// A persistent handle on the Lisp function.
    function: *mut u64,
    arguments: Vec<i64>,
    result: i64,
    error_word: u64,
}

/// What a trampoline reads: its callback, and the common code.
#[repr(C)]
struct Data {
    callback: *mut Callback,
    common: u64,
}

const TRAMPOLINE_BYTES: usize = 16;
const PER_PAGE: usize = memory::PAGE / TRAMPOLINE_BYTES;
const _: () = assert!(size_of::<Data>() == TRAMPOLINE_BYTES, "trampoline and data share one index");

/// Trampolines that no callback uses, by address.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

// Reached from a trampoline with r11 = callback. Saves the argument registers of the SysV convention.
core::arch::global_asm!(
    ".pushsection .text.rook_callback_common,\"ax\",@progbits",
    ".globl rook_callback_common",
    ".hidden rook_callback_common",
    ".type rook_callback_common,@function",
    ".p2align 4",
    "rook_callback_common:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "sub rsp, 128",
    "mov [rsp], rdi",
    "mov [rsp + 8], rsi",
    "mov [rsp + 16], rdx",
    "mov [rsp + 24], rcx",
    "mov [rsp + 32], r8",
    "mov [rsp + 40], r9",
    "movsd [rsp + 48], xmm0",
    "movsd [rsp + 56], xmm1",
    "movsd [rsp + 64], xmm2",
    "movsd [rsp + 72], xmm3",
    "movsd [rsp + 80], xmm4",
    "movsd [rsp + 88], xmm5",
    "movsd [rsp + 96], xmm6",
    "movsd [rsp + 104], xmm7",
    "mov rdi, r11",
    "mov rsi, rsp",
    "lea rdx, [rbp + 16]",
    "call {dispatch}",
    "movq xmm0, rax",
    "leave",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_endproc",
    ".size rook_callback_common, . - rook_callback_common",
    ".popsection",
    dispatch = sym dispatch,
);

unsafe extern "C" {
    fn rook_callback_common();
}

/// The words of a C call, in the order of their types.
struct Words {
    integers: *const u64,
    floats: *const u64,
    stack: *const u64,
    integer_count: usize,
    float_count: usize,
    stack_count: usize,
}

impl Words {
    /// # Safety
    /// The C caller passed an argument of this type next.
    unsafe fn next(&mut self, code: i64) -> u64 {
        let (area, used, limit) = if matches!(code, SINGLE | DOUBLE) {
            (self.floats, &mut self.float_count, 8)
        } else {
            (self.integers, &mut self.integer_count, 6)
        };
        let (area, used) = if *used < limit { (area, used) } else { (self.stack, &mut self.stack_count) };
        *used += 1;
        // SAFETY: the areas hold as many words as the counts admit, the stack as many as C pushed.
        unsafe { *area.add(*used - 1) }
    }
}

extern "C" fn dispatch(callback: *mut Callback, registers: *const u64, stack: *const u64) -> u64 {
    let ctx = thread::current();
    if ctx.is_null() {
        fatal_error("a callback was called on a thread that has no Lisp");
    }
    if callback.is_null() {
        fatal_error("a callback was called after it was freed");
    }
    // SAFETY: the context of this thread; the callback lives until it is freed, also over this call
    // when Lisp frees it: what is needed is copied first.
    let (ctx, callback) = unsafe { (&mut *ctx, &*callback) };
    let (types, result, error_word) = (callback.arguments.clone(), callback.result, callback.error_word);
    // SAFETY: the handle lives with the callback.
    let function = Value(unsafe { *callback.function });
    let mut words = Words {
        integers: registers,
        floats: registers.wrapping_add(6),
        stack,
        integer_count: 0,
        float_count: 0,
        stack_count: 0,
    };
    calls::note_entry(ctx, false);
    let outcome = call(ctx, function, &types, &mut words).and_then(|v| Ok(convert::to_word(ctx, v, result)?));
    match outcome {
        Ok(word) => {
            waiting::rearm(ctx);
            word
        }
        Err(exit) => {
            // Where no Lisp code waits for C, an error has been reported, and nothing is to go on.
            match calls::raise_if_alone(ctx, Err(exit)) {
                Err(exit) if calls::unhandled(&exit).is_none() => waiting::wait(ctx, exit),
                _ => {}
            }
            error_word
        }
    }
}

fn call(ctx: &mut ThreadContext, function: Value, types: &[i64], words: &mut Words) -> Result<Value, Exit> {
    let mut args = Vec::with_capacity(types.len());
    for &code in types {
        // SAFETY: the C caller passes what the callback was declared to take.
        args.push(unsafe {
            let word = words.next(code);
            convert::from_word(ctx, word, code)?
        });
    }
    call_lisp(ctx, function, &args)
}

/// A C function pointer that calls `function`. `error_word` is what C gets when an exit leaves it.
pub fn make(ctx: &mut ThreadContext, function: Value, arguments: Vec<i64>, result: i64, error_word: u64) -> u64 {
    let function = handles::of(ctx).new_persistent(function);
    let callback = Box::into_raw(Box::new(Callback { function, arguments, result, error_word }));
    let trampoline = take_trampoline();
    // SAFETY: the data page lies right behind the trampoline's page and is writable.
    unsafe { (*data_of(trampoline)).callback = callback };
    trampoline as u64
}

/// Frees a callback that `make` made; false when the address is none.
pub fn free(ctx: &mut ThreadContext, address: u64) -> bool {
    let known = PAGES.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|&page| {
        (page..page + memory::PAGE).contains(&(address as usize)) && (address as usize).is_multiple_of(TRAMPOLINE_BYTES)
    });
    if !known {
        return false;
    }
    // SAFETY: a trampoline of ours; its data tells whether it is in use.
    unsafe {
        let data = data_of(address as usize);
        let callback = std::mem::replace(&mut (*data).callback, std::ptr::null_mut());
        if callback.is_null() {
            return false;
        }
        let callback = Box::from_raw(callback);
        handles::of(ctx).free_persistent(callback.function);
    }
    FREE.lock().unwrap_or_else(PoisonError::into_inner).push(address as usize);
    true
}

static PAGES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn data_of(trampoline: usize) -> *mut Data {
    (trampoline + memory::PAGE) as *mut Data
}

fn take_trampoline() -> usize {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    if free.is_empty() {
        let Some(page) = memory::map_zeroed(2 * memory::PAGE) else { fatal_error("no memory for callbacks") };
        for i in 0..PER_PAGE {
            // SAFETY: inside the two fresh pages.
            unsafe { write_trampoline(page.add(i * TRAMPOLINE_BYTES)) };
            free.push(page as usize + i * TRAMPOLINE_BYTES);
        }
        // SAFETY: the first of the two pages, complete now.
        let done = unsafe { libc::mprotect(page as *mut _, memory::PAGE, libc::PROT_READ | libc::PROT_EXEC) };
        if done != 0 {
            fatal_error("callbacks need executable memory, which the system refuses");
        }
        PAGES.lock().unwrap_or_else(PoisonError::into_inner).push(page as usize);
    }
    free.pop().unwrap_or_else(|| unreachable!("a page of trampolines was just added"))
}

/// `mov r11, [callback]; jmp [common]`, both relative to the data a page further on.
///
/// # Safety
/// `at` is writable, and so is its data.
unsafe fn write_trampoline(at: *mut u8) {
    const LOAD: usize = 7;
    const JUMP: usize = 6;
    let callback = (memory::PAGE - LOAD) as u32;
    let common = (memory::PAGE + 8 - LOAD - JUMP) as u32;
    let mut code = [0xcc; TRAMPOLINE_BYTES];
    code[..3].copy_from_slice(&[0x4c, 0x8b, 0x1d]);
    code[3..LOAD].copy_from_slice(&callback.to_le_bytes());
    code[LOAD..LOAD + 2].copy_from_slice(&[0xff, 0x25]);
    code[LOAD + 2..LOAD + JUMP].copy_from_slice(&common.to_le_bytes());
    // SAFETY: by the caller's promise.
    unsafe {
        std::ptr::copy_nonoverlapping(code.as_ptr(), at, TRAMPOLINE_BYTES);
        (*data_of(at as usize)).common = rook_callback_common as *const () as u64;
    }
}

/// Whether a type code can be passed through a callback.
pub fn is_argument_type(code: i64) -> bool {
    code > VOID && code < crate::abi::foreign::COUNT
}
