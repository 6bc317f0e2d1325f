//! Calls from cold paths that keep every register.
//!
//! Compiled code leaves the number of a thunk (`abi::kept`) and its arguments in the context and calls
//! `rook_keep_registers` with Cranelift's `preserve_all` convention: nothing is clobbered, and no register
//! is named, so a rare error, overflow or safepoint inside a loop costs the loop neither spilled values nor
//! moves. (Named registers did: the allocator wants a value all along where a cold call wants it.) A number,
//! since an address would be computed outside the loop and kept in a register. The thunk gets the context
//! and the arguments as always; its result is left in the context. References are in the frame in any
//! case, where the collector updates them: a register that holds one is reloaded by the caller.
//! The walk over frames skips this one (`stack/cursor.rs`), which holds no values.

use crate::abi::thread_context::offset;

core::arch::global_asm!(
    ".pushsection .text.rook_keep_registers,\"ax\",@progbits",
    ".globl rook_keep_registers", ".hidden rook_keep_registers", ".type rook_keep_registers,@function",
    ".globl rook_keep_return", ".hidden rook_keep_return",
    ".p2align 4",
    "rook_keep_registers:",
    "push rbp",
    "mov rbp, rsp",
    "push rax; push rcx; push rdx; push rsi; push rdi; push r8; push r9; push r10; push r11",
    // 16 vector registers, and 8 bytes that align the stack.
    "sub rsp, 264",
    "movaps [rsp], xmm0; movaps [rsp + 16], xmm1; movaps [rsp + 32], xmm2; movaps [rsp + 48], xmm3",
    "movaps [rsp + 64], xmm4; movaps [rsp + 80], xmm5; movaps [rsp + 96], xmm6; movaps [rsp + 112], xmm7",
    "movaps [rsp + 128], xmm8; movaps [rsp + 144], xmm9; movaps [rsp + 160], xmm10; movaps [rsp + 176], xmm11",
    "movaps [rsp + 192], xmm12; movaps [rsp + 208], xmm13; movaps [rsp + 224], xmm14; movaps [rsp + 240], xmm15",
    "lea rax, [rip + rook_kept_table]",
    "mov rdi, [r15 + {number}]",
    "movsxd r10, dword ptr [rax + rdi * 4]",
    "add rax, r10",
    "mov rdi, r15",
    "mov rsi, [r15 + {args}]",
    "mov rdx, [r15 + {args} + 8]",
    "call rax",
    "rook_keep_return:",
    "mov [r15 + {result}], rax",
    "movaps xmm0, [rsp]; movaps xmm1, [rsp + 16]; movaps xmm2, [rsp + 32]; movaps xmm3, [rsp + 48]",
    "movaps xmm4, [rsp + 64]; movaps xmm5, [rsp + 80]; movaps xmm6, [rsp + 96]; movaps xmm7, [rsp + 112]",
    "movaps xmm8, [rsp + 128]; movaps xmm9, [rsp + 144]; movaps xmm10, [rsp + 160]; movaps xmm11, [rsp + 176]",
    "movaps xmm12, [rsp + 192]; movaps xmm13, [rsp + 208]; movaps xmm14, [rsp + 224]; movaps xmm15, [rsp + 240]",
    "add rsp, 264",
    "pop r11; pop r10; pop r9; pop r8; pop rdi; pop rsi; pop rdx; pop rcx; pop rax",
    "pop rbp",
    "ret",
    ".size rook_keep_registers, . - rook_keep_registers",
    ".globl rook_keep_single_trap", ".hidden rook_keep_single_trap", ".globl rook_keep_double_trap", ".hidden rook_keep_double_trap",
    "rook_keep_single_trap:",
    "cvtss2sd xmm0, dword ptr [r15 + {args} + 16]",
    "cvtss2sd xmm1, dword ptr [r15 + {args} + 24]",
    "cvtss2sd xmm2, dword ptr [r15 + {args} + 32]",
    "movq rcx, xmm0; movq r8, xmm1; movq r9, xmm2",
    "jmp rook_rt_float_trap",
    "rook_keep_double_trap:",
    "mov rcx, [r15 + {args} + 16]; mov r8, [r15 + {args} + 24]; mov r9, [r15 + {args} + 32]",
    "jmp rook_rt_float_trap",
    ".popsection",
    result = const offset::KEPT_RESULT,
    number = const offset::KEPT_NUMBER,
    args = const offset::KEPT_ARGS,
);

unsafe extern "C" {
    static rook_keep_return: [u8; 0];
}

/// The return address inside the stub.
pub fn return_address() -> u64 {
    &raw const rook_keep_return as u64
}
