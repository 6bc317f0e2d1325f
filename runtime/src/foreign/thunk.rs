//! The thunk through which compiled code calls C: it records where Lisp stopped and jumps on, so
//! registers and stack arguments reach the C function exactly as the caller placed them.
//!
//! The target is in the context's `foreign_target`. al holds the upper bound of vector registers
//! that variadic callees want; others ignore it.

use crate::abi::thread_context::offset;

core::arch::global_asm!(
    ".pushsection .text.rook_foreign_thunk,\"ax\",@progbits",
    ".globl rook_foreign_thunk",
    ".hidden rook_foreign_thunk",
    ".type rook_foreign_thunk,@function",
    ".p2align 4",
    "rook_foreign_thunk:",
    "mov [r15 + {fp}], rbp",
    "mov rax, [rsp]",
    "mov [r15 + {pc}], rax",
    "mov eax, 8",
    "jmp [r15 + {target}]",
    ".size rook_foreign_thunk, . - rook_foreign_thunk",
    ".popsection",
    fp = const offset::LISP_FP,
    pc = const offset::LISP_PC,
    target = const offset::FOREIGN_TARGET,
);

unsafe extern "C" {
    fn rook_foreign_thunk();
}

/// Address of the thunk.
pub fn address() -> usize {
    rook_foreign_thunk as *const () as usize
}
