//! Stack overflow as a condition, on a Lisp stack of its own.

use super::*;

// (depth-tag value): recurses for ever, with an entry check
core::arch::global_asm!(
    ".pushsection .text.rook_test_recurse,\"ax\",@progbits",
    ".globl rook_test_recurse", ".hidden rook_test_recurse",
    "rook_test_recurse:",
    "push rbp; mov rbp, rsp; sub rsp, 32",
    "mov [rbp - 8], rdi; mov [rbp - 16], rsi; mov [rbp - 24], rdx; mov [rbp - 32], rcx",
    "cmp rsp, [r15 + {stack_limit}]; ja 1f",
    "mov rdi, r15; call rook_rt_entry_slow",
    "1: mov rdi, [rbp - 8]; mov rsi, [rbp - 16]; mov rdx, [rbp - 24]; mov rcx, [rbp - 32]",
    "call rook_test_recurse",
    "leave; ret",
    // %RAISE that throws the pending error's second argument to the tag in its closure slot
    ".globl rook_test_raise_throw", ".hidden rook_test_raise_throw",
    "rook_test_raise_throw:",
    "push rbp; mov rbp, rsp",
    "mov rsi, [rdi - 5 + 16]; mov rdx, [r15 + {pending_args} + 8]; mov rdi, r15; mov ecx, 1",
    "call rook_rt_throw",
    "ud2",
    ".popsection",
    stack_limit = const offset::STACK_LIMIT,
    pending_args = const offset::PENDING_ARGS,
);

#[test]
fn stack_overflow_is_a_condition_again_and_again() {
    with_context(|ctx| {
        let tag = fresh_symbol(ctx);
        let raise = well_known(Sym::RAISE);
        let before = raise.slot(symbol::FUNCTION);
        let base = allocate(ctx, layout::header(kind::FUNCTION, 2));
        // SAFETY: a function of size two: entry and one slot.
        unsafe {
            *base.add(1) = entry!(rook_test_raise_throw);
            *base.add(2) = tag.0;
        }
        set_slot(ctx, raise, symbol::FUNCTION, Value(base as u64 | FUNCTION_TAG));
        let (catch, recurse) = (function(ctx, entry!(rook_test_catch)), function(ctx, entry!(rook_test_recurse)));
        crate::thread::stack::map(ctx);
        crate::thread::limits::set_stack_size(ctx, 1 << 20);
        let limit = ctx.stack_limit;
        crate::thread::stack::run_on_lisp_stack(ctx, |ctx| {
            for round in 0..5 {
                let size = call_lisp(ctx, catch, &[tag, recurse, nil()]).expect("caught in Lisp");
                assert_eq!(size, n(1 << 20), "round {round}");
                assert_eq!(ctx.pending_kind, ErrorKind::StackOverflow as u64);
                assert_eq!(ctx.stack_limit, limit, "the check is armed again");
            }
            assert!(crate::thread::limits::grow_stack(ctx));
            let size = call_lisp(ctx, catch, &[tag, recurse, nil()]).expect("caught in Lisp");
            assert_eq!(size, n(3 << 19), "CONTINUE has raised the limit");
        });
        set_slot(ctx, raise, symbol::FUNCTION, before);
        raise::clear_pending(ctx);
        (ctx.stack_limit, ctx.real_stack_limit, ctx.soft_stack_limit) = (0, 0, 0);
        (ctx.stack_low, ctx.stack_high) = (0, 0);
        assert!(is_calm(ctx));
    });
}
