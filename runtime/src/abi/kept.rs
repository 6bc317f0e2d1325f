//! What compiled code calls by way of `rook_keep_registers` (`control::keep`), by number.

macro_rules! kept {
    ($($name:literal)*) => {
        /// Linker names; the position is the number.
        pub const KEPT: &[&str] = &[$($name),*];
        core::arch::global_asm!(
            ".pushsection .text.rook_keep_registers,\"ax\",@progbits",
            ".globl rook_kept_table", ".hidden rook_kept_table",
            ".p2align 2",
            "rook_kept_table:",
            $(concat!(".long ", $name, " - rook_kept_table"),)*
            ".popsection",
        );
    };
}

// The last two take operation and format, then result and operands as raw floats.
kept! {
    "rook_rt_entry_slow" "rook_rt_alloc_slow" "rook_rt_type_error" "rook_rt_standard_type_error"
    "rook_rt_final_index_error" "rook_rt_structure_type_error" "rook_rt_add" "rook_rt_sub" "rook_rt_mul"
    "rook_keep_double_trap" "rook_keep_single_trap"
}
