//! The argument area as compiled code uses it.

use super::*;

/// Calls a raw thunk of the runtime with the context in r15, as compiled code would.
fn raw_call(ctx: &mut ThreadContext, thunk: u64, args: [u64; 3]) -> u64 {
    let result: u64;
    // SAFETY: the thunks follow the SysV rules for registers; r15 is saved around the call.
    unsafe {
        core::arch::asm!(
            "push r15",
            "mov r15, rdi",
            "push rbp",
            "call rax",
            "pop rbp",
            "pop r15",
            inout("rax") thunk => result,
            in("rdi") ctx as *mut ThreadContext,
            in("rsi") args[0],
            in("rdx") args[1],
            in("rcx") args[2],
            clobber_abi("C"),
        );
    }
    ctx.lisp_fp = 0;
    ctx.lisp_pc = 0;
    result
}

#[test]
fn lists_are_spread_and_gathered() {
    with_context(|ctx| {
        let items: Vec<Value> = (10..16).map(n).collect();
        let spread = list(ctx, &items);
        let count = raw_call(ctx, entry!(rook_rt_spread_list), [spread.0, 0, 0]);
        assert_eq!((count, ctx.arg_count), (6, 6));
        let rest = Value(raw_call(ctx, entry!(rook_rt_rest_list), [2, 6, 0]));
        assert!(rest.list_iter().eq(items[2..].iter().copied()));
        ctx.arg_count = 0;
    });
}

#[test]
fn keywords_are_found_and_checked() {
    with_raise(|ctx| {
        let (a, b) = (fresh_symbol(ctx), fresh_symbol(ctx));
        let allow = well_known(Sym::KW_ALLOW_OTHER_KEYS);
        let known = crate::object::simple_vector(ctx, &[a]);
        let find = |ctx: &mut ThreadContext, key: Value, nargs| Value(raw_call(ctx, entry!(rook_rt_find_key), [1, nargs, key.0]));
        let check = |ctx: &mut ThreadContext, nargs| Value(raw_call(ctx, entry!(rook_rt_check_keys), [1, nargs, known.0]));
        let supply = |ctx: &mut ThreadContext, args: &[Value]| {
            let items = list(ctx, args);
            raw_call(ctx, entry!(rook_rt_spread_list), [items.0, 0, 0])
        };
        let nargs = supply(ctx, &[nil(), a, n(1), a, n(2)]);
        assert_eq!(find(ctx, a, nargs), n(1), "the first of two counts");
        assert_eq!(find(ctx, b, nargs), Value::UNSUPPLIED);
        assert_eq!(check(ctx, nargs), nil());
        let nargs = supply(ctx, &[nil(), b, n(1)]);
        assert_eq!(check(ctx, nargs).car(), b, "unknown keywords are listed");
        assert_eq!(ctx.pending_kind, ErrorKind::UnknownKeyword as u64);
        let nargs = supply(ctx, &[nil(), b, n(1), allow, t()]);
        assert_eq!(check(ctx, nargs), nil());
        let nargs = supply(ctx, &[nil(), a]);
        check(ctx, nargs);
        assert_eq!(ctx.pending_kind, ErrorKind::OddKeywords as u64);
    });
}
