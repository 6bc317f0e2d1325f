//! Assembly at the borders of Lisp: entering it, and the landing of exits.
//!
//! `rook_enter_lisp` is the only way from Rust or C into Lisp. Its frame, below its RBP:
//!
//! ```text
//! -8   previous lisp_fp      -16  previous lisp_pc     -24  previous entry_frame
//! -32  rbx   -40  r12   -48  r13   -56  r14   -64  r15 of the caller
//! -72  address of the `Outcome`
//! -160 a DOOR exit record (72 bytes)
//! ```
//! The collector's cursor knows the first two places and the return address `rook_enter_lisp_return`.

use crate::abi::tags::{FUNCTION_TAG, SYMBOL_TAG};
use crate::abi::thread_context::{EXIT_RECORD_BYTES, ThreadContext, exit_kind, exit_offset, offset};
use crate::value::Value;

/// What came out of Lisp: the primary value and the raw count.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    pub value: Value,
    pub count: u64,
}

const RECORD: i32 = -160;
const _: () = assert!(EXIT_RECORD_BYTES == 72, "the entry frame has room for one exit record");

unsafe extern "C" {
    /// Calls the function object `function` with `nargs` arguments. Returns 0 when it returned, 1 when
    /// an exit stopped here (its target is then in `unwind_target`); either way `out` is filled.
    ///
    /// # Safety
    /// `ctx` is this thread's context, `function` a FUNCTION object, `args` has `nargs` values,
    /// `nargs <= ARGUMENT_AREA_WORDS`.
    pub fn rook_enter_lisp(
        ctx: *mut ThreadContext,
        function: Value,
        nargs: u64,
        args: *const Value,
        out: *mut Outcome,
    ) -> u64;
}

core::arch::global_asm!(
    ".pushsection .text.rook_enter_lisp,\"ax\",@progbits",
    ".globl rook_enter_lisp",
    ".hidden rook_enter_lisp",
    ".type rook_enter_lisp,@function",
    ".globl rook_enter_lisp_return",
    ".hidden rook_enter_lisp_return",
    ".p2align 4",
    "rook_enter_lisp:",
    ".cfi_startproc",
    "push rbp",
    ".cfi_def_cfa_offset 16",
    ".cfi_offset rbp, -16",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "sub rsp, 160",
    "mov [rbp - 32], rbx",
    "mov [rbp - 40], r12",
    "mov [rbp - 48], r13",
    "mov [rbp - 56], r14",
    "mov [rbp - 64], r15",
    "mov [rbp - 72], r8",
    "mov r15, rdi",
    // The anchor and entry frame of before.
    "mov rax, [r15 + {lisp_fp}]",
    "mov [rbp - 8], rax",
    "mov rax, [r15 + {lisp_pc}]",
    "mov [rbp - 16], rax",
    "mov rax, [r15 + {entry_frame}]",
    "mov [rbp - 24], rax",
    // The door: exits that come here restore what is now.
    "mov [rbp + {record} + {r_entry}], rax",
    "mov rax, [r15 + {exit_chain}]",
    "mov [rbp + {record} + {r_previous}], rax",
    "lea rax, [rip + 30f]",
    "mov [rbp + {record} + {r_handler}], rax",
    "mov [rbp + {record} + {r_fp}], rbp",
    "mov [rbp + {record} + {r_sp}], rsp",
    "mov qword ptr [rbp + {record} + {r_kind}], {door}",
    "lea rax, [rip + rook_nil + {symbol_tag}]",
    "mov [rbp + {record} + {r_tag}], rax",
    "mov rax, [r15 + {binding_ptr}]",
    "mov [rbp + {record} + {r_binding}], rax",
    "mov rax, [r15 + {segments}]",
    "mov [rbp + {record} + {r_segments}], rax",
    "lea rax, [rbp + {record}]",
    "mov [r15 + {exit_chain}], rax",
    "mov [r15 + {entry_frame}], rbp",
    // Arguments: function in rsi, count in rdx, address in rcx.
    "mov r10, rdx",
    "mov r11, rcx",
    "mov rdi, rsi",
    "mov rsi, r10",
    "xor edx, edx",
    "xor ecx, ecx",
    "xor r8d, r8d",
    "xor r9d, r9d",
    "test r10, r10",
    "je 12f",
    "mov rdx, [r11]",
    "cmp r10, 2",
    "jb 12f",
    "mov rcx, [r11 + 8]",
    "je 12f",
    "mov r8, [r11 + 16]",
    "cmp r10, 4",
    "jb 12f",
    "mov r9, [r11 + 24]",
    "je 12f",
    "mov [r15 + {arg_count}], r10",
    "mov rbx, [r15 + {args}]",
    "mov eax, 4",
    "11:",
    "mov r12, [r11 + rax*8]",
    "mov [rbx + rax*8], r12",
    "inc rax",
    "cmp rax, r10",
    "jb 11b",
    "12:",
    "call [rdi + 8 - {function_tag}]",
    "rook_enter_lisp_return:",
    "mov r8, [rbp - 72]",
    "mov [r8], rax",
    "mov [r8 + 8], rcx",
    "mov rax, [rbp + {record} + {r_previous}]",
    "mov [r15 + {exit_chain}], rax",
    "mov rax, [rbp - 24]",
    "mov [r15 + {entry_frame}], rax",
    "xor eax, eax",
    "20:",
    "mov rcx, [rbp - 8]",
    "mov [r15 + {lisp_fp}], rcx",
    "mov rcx, [rbp - 16]",
    "mov [r15 + {lisp_pc}], rcx",
    "mov rbx, [rbp - 32]",
    "mov r12, [rbp - 40]",
    "mov r13, [rbp - 48]",
    "mov r14, [rbp - 56]",
    "mov r15, [rbp - 64]",
    "mov rsp, rbp",
    "pop rbp",
    ".cfi_remember_state",
    ".cfi_def_cfa rsp, 8",
    "ret",
    ".cfi_restore_state",
    // The door's handler: chain, bindings, segments and entry frame are restored already.
    "30:",
    "mov r8, [rbp - 72]",
    "mov [r8], rax",
    "mov [r8 + 8], rdx",
    "mov eax, 1",
    "jmp 20b",
    ".cfi_endproc",
    ".size rook_enter_lisp, . - rook_enter_lisp",
    ".popsection",
    record = const RECORD,
    lisp_fp = const offset::LISP_FP,
    lisp_pc = const offset::LISP_PC,
    entry_frame = const offset::ENTRY_FRAME,
    exit_chain = const offset::EXIT_CHAIN,
    binding_ptr = const offset::BINDING_PTR,
    segments = const offset::SEGMENTS,
    arg_count = const offset::ARG_COUNT,
    args = const offset::ARGS,
    r_previous = const exit_offset::PREVIOUS,
    r_handler = const exit_offset::HANDLER,
    r_fp = const exit_offset::FP,
    r_sp = const exit_offset::SP,
    r_kind = const exit_offset::KIND,
    r_tag = const exit_offset::TAG,
    r_binding = const exit_offset::BINDING_PTR,
    r_segments = const exit_offset::SEGMENTS,
    r_entry = const exit_offset::ENTRY_FRAME,
    door = const exit_kind::DOOR,
    symbol_tag = const SYMBOL_TAG,
    function_tag = const FUNCTION_TAG,
);

// `rook_exit_jump`: rax = exit record that control lands at; r15 = context, which holds the payload.
core::arch::global_asm!(
    ".pushsection .text.rook_exit_jump,\"ax\",@progbits",
    ".globl rook_exit_jump",
    ".hidden rook_exit_jump",
    ".type rook_exit_jump,@function",
    ".p2align 4",
    "rook_exit_jump:",
    "mov rcx, rax",
    "mov rax, [r15 + {value}]",
    "mov rdx, [r15 + {count}]",
    "mov rbp, [rcx + {fp}]",
    "mov rsp, [rcx + {sp}]",
    "jmp [rcx + {handler}]",
    ".size rook_exit_jump, . - rook_exit_jump",
    ".popsection",
    value = const offset::EXIT_VALUE,
    count = const offset::EXIT_COUNT,
    fp = const exit_offset::FP,
    sp = const exit_offset::SP,
    handler = const exit_offset::HANDLER,
);
