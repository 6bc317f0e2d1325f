//! How compiled code reaches Rust: the primitive table and the macro that declares primitives.
//!
//! A primitive is an `extern "C"` function `(ctx, a0, …)` with at most five arguments after the
//! context. The macro emits, beside it, a thunk `rook_rt_<name>` in a section of its own. The thunk
//! records where Lisp stopped (frame pointer and return address), calls the Rust function, and turns
//! a pending error into a Lisp call of `rook-kernel::%raise` *after* every Rust frame is gone. So a
//! primitive reports errors by `Err(Raised)`, never by unwinding, and whatever the Lisp error
//! handling returns (a restart's value) becomes the primitive's value.
//!
//! Rust code never collects: allocation from Rust grows the nursery and requests a collection at
//! the next safepoint. Raw `Value`s are therefore valid throughout a primitive, except across
//! `call_lisp`, over which they must live in handles.

/// One primitive, as the compiler sees it.
#[derive(Clone, Copy)]
pub struct Primitive {
    /// Lisp spelling is the same with `_` as `-`.
    pub name: &'static str,
    /// Arguments after the context.
    pub arity: usize,
    /// Address of the thunk.
    pub address: usize,
}

/// Declares primitives: `primitives! { fn name(ctx, a, b) { body } … }`. Arguments are `Value`s,
/// `ctx` is `&mut ThreadContext`, the body evaluates to `LispResult`. Emits `pub const TABLE`.
#[macro_export]
macro_rules! primitives {
    ($($(#[$doc:meta])* fn $name:ident($ctx:ident $(, $arg:ident)*) $body:block)*) => {
        /// The primitives of this file.
        pub fn table() -> Vec<$crate::abi::primitives::Primitive> {
            vec![$({
                unsafe extern "C" { #[link_name = concat!("rook_rt_", stringify!($name))] fn thunk(); }
                $crate::abi::primitives::Primitive {
                    name: stringify!($name),
                    arity: 0 $(+ { let _ = stringify!($arg); 1 })*,
                    address: thunk as *const () as usize,
                }
            },)*]
        }
        $(
            $(#[$doc])*
            pub extern "C" fn $name(ctx: *mut $crate::abi::thread_context::ThreadContext $(, $arg: $crate::value::Value)*) -> u64 {
                // SAFETY: thunks pass the current thread's context, which outlives the call and is not aliased by Rust code while it runs.
                #[allow(unused_variables, reason = "not every primitive needs the context")]
                let $ctx = unsafe { &mut *ctx };
                let result: $crate::value::LispResult = (move || $body)();
                match result {
                    Ok(value) => value.0,
                    Err(_) => $crate::abi::tags::ERROR_MARK,
                }
            }
            $crate::primitive_thunk!($name);
        )*
    };
}

/// The assembly thunk of one primitive; see the module documentation.
#[macro_export]
macro_rules! primitive_thunk {
    ($name:ident) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.rook_rt_", stringify!($name), ",\"ax\",@progbits"),
            concat!(".globl rook_rt_", stringify!($name)),
            concat!(".hidden rook_rt_", stringify!($name)),
            concat!(".type rook_rt_", stringify!($name), ",@function"),
            ".p2align 4",
            concat!("rook_rt_", stringify!($name), ":"),
            "mov [r15 + {fp}], rbp",
            "mov rax, [rsp]",
            "mov [r15 + {pc}], rax",
            "sub rsp, 8",
            "call {target}",
            "add rsp, 8",
            "cmp rax, {mark}",
            "je rook_raise_pending",
            "ret",
            concat!(".size rook_rt_", stringify!($name), ", . - rook_rt_", stringify!($name)),
            ".popsection",
            fp = const $crate::abi::thread_context::offset::LISP_FP,
            pc = const $crate::abi::thread_context::offset::LISP_PC,
            mark = const $crate::abi::tags::ERROR_MARK,
            target = sym $name,
        );
    };
}
