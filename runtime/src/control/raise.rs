//! From a pending error to Lisp: the tails that primitives, undefined functions and macros jump to.
//!
//! A pending error becomes a call of `rook-kernel::%raise` that returns to the place that called the
//! primitive. No Rust frame is left then. Must not decide what an error means: that is Lisp's.

use super::exits;
use crate::abi::layout::FUNCTION_UNDEFINED;
use crate::abi::tags::FUNCTION_TAG;
use crate::abi::thread_context::{ErrorKind, ExitRecord, REGISTER_ARGS, ThreadContext, offset};
use crate::abi::well_known::Sym;
use crate::object::symbol::{symbol_function, symbol_text, well_known};
use crate::object::{list, string_to_rust};
use crate::value::{Value, nil};

// `rook_raise_pending`: jumped to with the stack as at a function's entry. Calls %RAISE in the place
// of the current function, or goes on with an unwinding that Rust frames had interrupted.
core::arch::global_asm!(
    ".pushsection .text.rook_raise_pending,\"ax\",@progbits",
    ".globl rook_raise_pending",
    ".hidden rook_raise_pending",
    ".type rook_raise_pending,@function",
    ".p2align 4",
    "rook_raise_pending:",
    "sub rsp, 8",
    "mov rdi, r15",
    "cmp qword ptr [r15 + {kind}], {resume}",
    "je 1f",
    "call {function}",
    "add rsp, 8",
    "mov rdi, rax",
    "xor esi, esi",
    "jmp [rdi + 8 - {function_tag}]",
    "1:",
    "call {landing}",
    "jmp rook_exit_jump",
    ".size rook_raise_pending, . - rook_raise_pending",
    ".popsection",
    kind = const offset::PENDING_KIND,
    resume = const ErrorKind::ResumeUnwind as u64,
    function = sym raise_function,
    landing = sym resume_landing,
    function_tag = const FUNCTION_TAG,
);

// `rook_undefined_entry` and `rook_macro_entry`: general entries of the objects that stand for an
// undefined function and for a macro; slot 1 of both is the name.
core::arch::global_asm!(
    ".pushsection .text.rook_undefined_entry,\"ax\",@progbits",
    ".globl rook_undefined_entry",
    ".hidden rook_undefined_entry",
    ".type rook_undefined_entry,@function",
    ".globl rook_macro_entry",
    ".hidden rook_macro_entry",
    ".type rook_macro_entry,@function",
    ".p2align 4",
    "rook_macro_entry:",
    "rook_undefined_entry:",
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
    "call {undefined}",
    "add rsp, 8",
    "jmp rook_raise_pending",
    ".size rook_undefined_entry, . - rook_undefined_entry",
    ".size rook_macro_entry, . - rook_macro_entry",
    ".popsection",
    fp = const offset::LISP_FP,
    pc = const offset::LISP_PC,
    args = const offset::ARGS,
    undefined = sym undefined_function,
);
const _: () = assert!(REGISTER_ARGS == 4, "the entry above spills four register arguments");

/// The function of %RAISE. Without one (nothing of the library is loaded) the error ends the process.
extern "C" fn raise_function(ctx: &mut ThreadContext) -> Value {
    let raise = well_known(Sym::RAISE);
    if raise.is_symbol() {
        let function = symbol_function(raise);
        if function.is_function() && function.header_word() & FUNCTION_UNDEFINED == 0 {
            return function;
        }
    }
    let args = &ctx.pending_args[..ctx.pending_arg_count as usize];
    let shown: Vec<String> = args.iter().map(|&a| brief(Value(a))).collect();
    crate::thread::fatal_error(&format!("error {} before the condition system is loaded: {}", ctx.pending_kind, shown.join(", ")))
}

/// A value in a few words, for errors that come too early for the printer.
fn brief(v: Value) -> String {
    if v.is_fixnum() {
        v.as_fixnum().to_string()
    } else if v.is_symbol() {
        symbol_text(v)
    } else if v.is_string() {
        format!("{:?}", string_to_rust(v))
    } else if v.is_cons() {
        let items: Vec<String> = v.list_iter().take(8).map(brief).collect();
        format!("({})", items.join(" "))
    } else {
        format!("#<{:#x}>", v.0)
    }
}

/// Takes up the unwinding that a door had handed to Rust.
pub extern "C" fn resume_landing(ctx: &mut ThreadContext) -> *mut ExitRecord {
    let (saved, target) = (Value(ctx.pending_args[0]), ctx.pending_args[1]);
    clear_pending(ctx);
    exits::continue_to(ctx, target, saved)
}

/// Forgets the pending error, so that its arguments are not kept alive.
pub fn clear_pending(ctx: &mut ThreadContext) {
    ctx.pending_arg_count = 0;
    ctx.pending_final = 0;
    ctx.pending_args.fill(0);
}

extern "C" fn undefined_function(ctx: &mut ThreadContext, function: Value, nargs: u64) {
    let area = ctx.args as *const Value;
    // SAFETY: the entry has spilled the register arguments, the caller has stored the others.
    let args: Vec<Value> = (0..nargs as usize).map(|i| unsafe { *area.add(i) }).collect();
    ctx.arg_count = 0;
    let arg_list = list(ctx, &args);
    let name = if function.size() > 1 { function.slot(1) } else { nil() };
    ctx.raise(ErrorKind::UndefinedFunction, &[name, arg_list]);
}
