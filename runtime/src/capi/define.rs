//! Lisp functions that are written in C.
//!
//! Such a function gets the number of its arguments and their place. The place is a segment of its own,
//! so arguments stay alive and where they are while C runs, whatever C calls.

use super::segments;
use super::values::{intern, text};
use crate::abi::layout::{self, kind, symbol};
use crate::abi::tags::{ERROR_MARK, FUNCTION_TAG};
use crate::abi::thread_context::{ErrorKind, ThreadContext, offset};
use crate::control::errors::too_many_arguments;
use crate::foreign::waiting;
use crate::object::set_slot;
use crate::value::{Value, nil};

/// `rook_value f(int32_t nargs, rook_value *args)`
type CFunction = unsafe extern "C" fn(i32, *mut Value) -> Value;

/// Slots of the function object: name, address of the C function as two fixnum halves, bounds of the
/// argument count (-1: any).
const NAME: usize = 1;
const ADDRESS_HIGH: usize = 2;
const ADDRESS_LOW: usize = 3;
const MINIMUM: usize = 4;
const MAXIMUM: usize = 5;
const SLOTS: u64 = 6;

// General entry of functions written in C.
core::arch::global_asm!(
    ".pushsection .text.rook_c_function_entry,\"ax\",@progbits",
    ".globl rook_c_function_entry",
    ".hidden rook_c_function_entry",
    ".type rook_c_function_entry,@function",
    ".p2align 4",
    "rook_c_function_entry:",
    "mov [r15 + {fp}], rbp",
    "mov rax, [rsp]",
    "mov [r15 + {pc}], rax",
    "mov rax, [r15 + {args}]",
    "mov [rax], rdx",
    "mov [rax + 8], rcx",
    "mov [rax + 16], r8",
    "mov [rax + 24], r9",
    "sub rsp, 8",
    "mov rdx, rsi",
    "mov rsi, rdi",
    "mov rdi, r15",
    "call {target}",
    "add rsp, 8",
    "cmp rax, {mark}",
    "je rook_raise_pending",
    "mov ecx, 1",
    "ret",
    ".size rook_c_function_entry, . - rook_c_function_entry",
    ".popsection",
    fp = const offset::LISP_FP,
    pc = const offset::LISP_PC,
    args = const offset::ARGS,
    mark = const ERROR_MARK,
    target = sym call_c,
);

unsafe extern "C" {
    fn rook_c_function_entry();
}

extern "C" fn call_c(ctx: *mut ThreadContext, function: Value, nargs: u64) -> u64 {
    // C may leave by `rook_funcall`, so this frame owns nothing while C runs.
    let prepared = {
        // SAFETY: the thunk passes this thread's context, not borrowed elsewhere.
        let ctx = unsafe { &mut *ctx };
        prepare(ctx, function, nargs)
    };
    let Some((c, args, outer)) = prepared else { return ERROR_MARK };
    // SAFETY: a C function of this type, and as many arguments as it was told.
    let value = unsafe { c(nargs as i32, args) };
    // SAFETY: as above; C has returned.
    let ctx = unsafe { &mut *ctx };
    segments::pop_to(ctx, outer);
    match waiting::take_exit(ctx) {
        Some(_) => ERROR_MARK,
        None => value.0,
    }
}

/// The C function, its arguments in a segment, and the segment around it. `None` with an error pending
/// when the count is wrong.
fn prepare(
    ctx: &mut ThreadContext,
    function: Value,
    nargs: u64,
) -> Option<(CFunction, *mut Value, *mut crate::abi::thread_context::Segment)> {
    let count = nargs as i64;
    let (minimum, maximum) = (function.slot(MINIMUM).as_fixnum(), function.slot(MAXIMUM).as_fixnum());
    if count < minimum || (maximum >= 0 && count > maximum) {
        ctx.arg_count = 0;
        ctx.raise(ErrorKind::WrongArgumentCount, &[function, Value::fixnum(count)]);
        return None;
    }
    if i32::try_from(nargs).is_err() {
        too_many_arguments(ctx, nargs as usize);
        return None;
    }
    let area = ctx.args as *const u64;
    // SAFETY: the entry has spilled the register arguments, the caller has stored the others.
    let values = (0..nargs as usize).map(|i| unsafe { *area.add(i) }).collect();
    ctx.arg_count = 0;
    let outer = ctx.segments;
    let args = segments::push_owned(ctx, values) as *mut Value;
    let half = |i: usize| function.slot(i).as_fixnum() as u64;
    let address = half(ADDRESS_HIGH) << 32 | half(ADDRESS_LOW);
    // SAFETY: the address was given to `rook_define` as a function of this type.
    let c = unsafe { std::mem::transmute::<u64, CFunction>(address) };
    Some((c, args, outer))
}

/// Makes `name` in `package` name a function written in C that takes `minimum` to `maximum` arguments
/// (-1: any number). Gives the symbol.
///
/// # Safety
/// Names are C strings or null; `function` stays callable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_define(
    name: *const libc::c_char,
    package: *const libc::c_char,
    function: CFunction,
    minimum: i32,
    maximum: i32,
) -> Value {
    let ctx = super::context();
    // SAFETY: by the caller's promise.
    let (name, package) = unsafe { (text(name), text(package)) };
    let sym = intern(ctx, if package.is_empty() { "COMMON-LISP-USER" } else { &package }, &name);
    if sym.is_nil() {
        return nil();
    }
    let address = function as *const () as u64;
    let base = crate::heap::allocate(ctx, layout::header(kind::FUNCTION, SLOTS));
    // SAFETY: a fresh function object's first word after the header is its entry.
    unsafe { *base.add(1) = rook_c_function_entry as *const () as u64 };
    let object = Value(base as u64 | FUNCTION_TAG);
    for (slot, value) in [
        (NAME, sym),
        (ADDRESS_HIGH, Value::fixnum((address >> 32) as i64)),
        (ADDRESS_LOW, Value::fixnum((address & 0xffff_ffff) as i64)),
        (MINIMUM, Value::fixnum(minimum.max(0) as i64)),
        (MAXIMUM, Value::fixnum(maximum.max(-1) as i64)),
    ] {
        set_slot(ctx, object, slot, value);
    }
    set_slot(ctx, sym, symbol::FUNCTION, object);
    sym
}
