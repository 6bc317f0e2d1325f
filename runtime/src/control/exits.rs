//! Non-local exits: finding the target record, restoring state, landing.
//!
//! Rust computes where control goes; the assembly tails jump there when every Rust frame is gone.
//! Must not run Lisp: cleanups get control by landing at their records and continue the exit.

use super::values;
use super::{anchored_thunk, binding};
use crate::abi::thread_context::{
    BindingEntry, ErrorKind, ExitRecord, Segment, ThreadContext, exit_kind, exit_offset, offset,
};
use crate::value::Value;

/// An entry that leaves without entering Rust when no door lies on the way to where the exit stops first.
/// `$search` begins with the innermost record in rax; it goes to 6 with the record to stop at in rax and
/// what is then `unwind_target` in r8, or to 3, where the thunk named last does everything. Arguments are
/// (ctx, tag, token or target record, value, count) in rdi, rsi, rdx and rcx.
macro_rules! exit_entry {
    ($name:literal, [$($search:literal),*], $slow:literal $(, $operand:ident = $value:expr)*) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            concat!(".globl ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ",@function"),
            ".p2align 4",
            concat!($name, ":"),
            "mov rax, [r15 + {chain}]",
            $($search,)*
            "6:",
            "mov r9, [rax + {r_segments}]",
            "cmp r9, [r15 + {segments}]",
            "jne 3f",
            "mov r9, [r15 + {real_limit}]",
            "cmp r9, [r15 + {soft_limit}]",
            "jb 3f",
            "mov r9, [r15 + {binding_limit}]",
            "cmp r9, [r15 + {soft_binding_limit}]",
            "ja 3f",
            "mov [r15 + {unwind_target}], r8",
            // Bindings.
            "mov r8, [rax + {r_binding}]",
            "mov r9, [r15 + {binding}]",
            "1:",
            "cmp r9, r8",
            "jbe 2f",
            "sub r9, {entry_bytes}",
            "mov r10, [r9 + {entry_index}]",
            "mov r11, [r9 + {entry_value}]",
            "mov rsi, [r15 + {tls}]",
            "mov [rsi + r10 * 8], r11",
            "mov [r15 + {binding}], r9",
            "jmp 1b",
            "2:",
            "mov r8, [rax + {previous}]",
            "mov [r15 + {chain}], r8",
            "mov r8, [rax + {r_entry}]",
            "mov [r15 + {entry}], r8",
            "xor r8d, r8d",
            "mov [r15 + {arg_count}], r8",
            "cmp rcx, 1",
            "ja 4f",
            "mov [r15 + {value_count}], r8",
            "4:",
            "mov rbp, [rax + {r_fp}]",
            "mov rsp, [rax + {r_sp}]",
            "mov r8, [rax + {r_handler}]",
            "mov rax, rdx",
            "mov rdx, rcx",
            "jmp r8",
            "3:",
            concat!("jmp ", $slow),
            concat!(".size ", $name, ", . - ", $name),
            ".popsection",
            chain = const offset::EXIT_CHAIN,
            segments = const offset::SEGMENTS,
            real_limit = const offset::REAL_STACK_LIMIT,
            soft_limit = const offset::SOFT_STACK_LIMIT,
            binding_limit = const offset::BINDING_LIMIT,
            soft_binding_limit = const offset::SOFT_BINDING_LIMIT,
            binding = const offset::BINDING_PTR,
            tls = const offset::TLS,
            entry = const offset::ENTRY_FRAME,
            arg_count = const offset::ARG_COUNT,
            value_count = const offset::VALUE_COUNT,
            unwind_target = const offset::UNWIND_TARGET,
            entry_bytes = const size_of::<BindingEntry>(),
            entry_index = const std::mem::offset_of!(BindingEntry, index),
            entry_value = const std::mem::offset_of!(BindingEntry, old_value),
            r_binding = const exit_offset::BINDING_PTR,
            r_segments = const exit_offset::SEGMENTS,
            r_entry = const exit_offset::ENTRY_FRAME,
            r_fp = const exit_offset::FP,
            r_sp = const exit_offset::SP,
            r_handler = const exit_offset::HANDLER,
            kind = const exit_offset::KIND,
            previous = const exit_offset::PREVIOUS,
            cleanup = const exit_kind::CLEANUP,
            $($operand = const $value,)*
        );
    };
}

/// An `exit_entry!` that looks for a record of a kind and tag; the exit stops at the first cleanup.
macro_rules! tagged_exit_entry {
    ($name:literal, $kind:expr, $slow:literal) => {
        exit_entry!(
            $name,
            [
                "xor r8d, r8d",
                "5:",
                "test rax, rax",
                "je 3f",
                "mov r9, [rax + {kind}]",
                "cmp r9, {cleanup}",
                "jae 8f",
                "cmp rsi, [rax + {tag}]",
                "jne 7f",
                "cmp r9, {wanted}",
                "je 9f",
                "7:",
                "mov rax, [rax + {previous}]",
                "jmp 5b",
                "8:",
                "jne 3f",
                "test r8, r8",
                "cmove r8, rax",
                "jmp 7b",
                "9:",
                "test r8, r8",
                "je 6f",
                "xchg r8, rax"
            ],
            $slow,
            tag = exit_offset::TAG,
            wanted = $kind
        );
    };
}
const _: () = assert!(exit_kind::CATCH < exit_kind::CLEANUP && exit_kind::BLOCK < exit_kind::CLEANUP && exit_kind::DOOR > exit_kind::CLEANUP);
tagged_exit_entry!("rook_rt_throw", exit_kind::CATCH, "rook_throw_far");
tagged_exit_entry!("rook_rt_exit_to", exit_kind::BLOCK, "rook_exit_to_far");
exit_entry!(
    "rook_rt_continue_unwind",
    [
        "5:",
        "test rax, rax",
        "je 3f",
        "xor r8d, r8d",
        "cmp rax, rsi",
        "je 6f",
        "mov r8, rsi",
        "cmp qword ptr [rax + {kind}], {cleanup}",
        "je 6f",
        "ja 3f",
        "mov rax, [rax + {previous}]",
        "jmp 5b"
    ],
    "rook_continue_unwind_far"
);

// (ctx, tag, token or target record, value, count): never return, except by way of %RAISE for an
// unknown target.
anchored_thunk!("rook_throw_far", throw, ["test rax, rax", "je rook_raise_pending", "jmp rook_exit_jump"]);
anchored_thunk!("rook_exit_to_far", exit_to, ["test rax, rax", "je rook_raise_pending", "jmp rook_exit_jump"]);
anchored_thunk!("rook_continue_unwind_far", continue_unwind, ["jmp rook_exit_jump"]);

extern "C" fn throw(ctx: &mut ThreadContext, tag: Value, value: Value, count: u64) -> *mut ExitRecord {
    leave(ctx, exit_kind::CATCH, tag, value, count)
}

extern "C" fn exit_to(ctx: &mut ThreadContext, token: Value, value: Value, count: u64) -> *mut ExitRecord {
    leave(ctx, exit_kind::BLOCK, token, value, count)
}

extern "C" fn continue_unwind(ctx: &mut ThreadContext, target: u64, value: Value, count: u64) -> *mut ExitRecord {
    assert_ne!(target, 0, "only an interrupted exit is continued");
    land(ctx, target as *mut ExitRecord, value, count)
}

/// Where an exit to the innermost record of `kind` and `tag` lands first; null, with a control error
/// pending, when there is none.
fn leave(ctx: &mut ThreadContext, kind: u64, tag: Value, value: Value, count: u64) -> *mut ExitRecord {
    let Some(target) = find(ctx, kind, tag) else {
        ctx.value_count = 0;
        ctx.raise(ErrorKind::Control, &[tag]);
        ctx.pending_final = 1;
        return std::ptr::null_mut();
    };
    land(ctx, target, value, count)
}

/// The innermost record of this kind and tag on the chain, also beyond doors and cleanups.
pub fn find(ctx: &ThreadContext, kind: u64, tag: Value) -> Option<*mut ExitRecord> {
    let mut record = ctx.exit_chain;
    while !record.is_null() {
        // SAFETY: records on the chain lie in live frames.
        let r = unsafe { &*record };
        if r.kind == kind && r.tag == tag.0 {
            return Some(record);
        }
        record = r.previous;
    }
    None
}

/// Goes on to `target` with values kept by `values::save`.
pub fn continue_to(ctx: &mut ThreadContext, target: u64, saved: Value) -> *mut ExitRecord {
    let outcome = values::restore(ctx, saved);
    continue_unwind(ctx, target, outcome.value, outcome.count)
}

/// Restores the state of the first stop on the way to `target` and leaves the payload in the context.
pub fn land(ctx: &mut ThreadContext, target: *mut ExitRecord, value: Value, count: u64) -> *mut ExitRecord {
    let mut stop = ctx.exit_chain;
    // SAFETY: `target` is on the chain, so every record up to it lies in a live frame.
    let record = unsafe {
        while stop != target && !matches!((*stop).kind, exit_kind::CLEANUP | exit_kind::DOOR) {
            stop = (*stop).previous;
        }
        *stop
    };
    binding::unwind_to(ctx, record.binding_ptr);
    pop_segments(ctx, record.segments);
    ctx.exit_chain = record.previous;
    ctx.entry_frame = record.entry_frame;
    ctx.arg_count = 0;
    if count <= 1 {
        ctx.value_count = 0;
    }
    ctx.unwind_target = if stop == target { 0 } else { target as u64 };
    ctx.exit_value = value.0;
    ctx.exit_count = count;
    crate::foreign::waiting::forget_left(ctx, record.fp);
    crate::thread::limits::take_back_lent_room(ctx, record.sp);
    stop
}

/// Pops C segments until `segment` is the innermost.
pub fn pop_segments(ctx: &mut ThreadContext, segment: *mut Segment) {
    while ctx.segments != segment && !ctx.segments.is_null() {
        crate::capi::segments::pop(ctx);
    }
}
