//! Control: the doors between Rust and Lisp, non-local exits, dynamic bindings, arguments, values.
//!
//! Every way into and out of compiled code is here. Must not know how code is made, and must not
//! keep a Rust frame that owns something on the stack when control leaves for Lisp.

pub mod arguments;
pub mod binding;
pub mod call;
pub mod entry;
pub mod errors;
pub mod exits;
pub mod keep;
pub mod raise;
pub mod values;

pub use call::{Exit, call_lisp, call_lisp_values, raise_at_once, resume};

/// Entry points of compiled code that are no primitives: they take or give raw words, or never
/// return. Names as the linker sees them, with their addresses.
pub fn runtime_entries() -> Vec<(&'static str, usize)> {
    macro_rules! addresses {
        ($($name:ident)*) => {{
            vec![$({
                unsafe extern "C" { #[link_name = stringify!($name)] fn entry(); }
                (stringify!($name), entry as *const () as usize)
            },)*]
        }};
    }
    addresses! {
        rook_raise_pending rook_undefined_entry rook_macro_entry rook_exit_jump
        rook_rt_throw rook_rt_exit_to rook_rt_continue_unwind
        rook_rt_save_values rook_rt_restore_values
        rook_rt_spread_list rook_rt_spread_values rook_rt_rest_list rook_rt_parse_keys
        rook_rt_unbind rook_rt_entry_slow rook_rt_alloc_slow rook_keep_registers
        rook_funcallable_entry rook_foreign_thunk
    }
}

/// Declares a thunk for compiled code: anchors the Lisp frame, calls the Rust function, then runs the
/// given tail. `rsp` is 8 past a 16-byte boundary at entry, as at every function entry.
macro_rules! anchored_thunk {
    ($name:literal, $target:path, [$($tail:literal),* $(,)?] $(, $operand:ident = $kind:ident $value:expr)*) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            ".p2align 4",
            concat!($name, ":"),
            "mov [r15 + {anchor_fp}], rbp",
            "mov rax, [rsp]",
            "mov [r15 + {anchor_pc}], rax",
            "sub rsp, 8",
            "call {anchor_target}",
            "add rsp, 8",
            $($tail,)*
            concat!(".size ", $name, ", . - ", $name),
            ".popsection",
            anchor_fp = const $crate::abi::thread_context::offset::LISP_FP,
            anchor_pc = const $crate::abi::thread_context::offset::LISP_PC,
            anchor_target = sym $target,
            $($operand = $kind $value,)*
        );
    };
}
pub(crate) use anchored_thunk;

#[cfg(test)]
pub(crate) mod tests;
