//! The argument area as compiled code uses it.

use super::*;

/// Calls a raw thunk of the runtime with the context in r15, as compiled code would.
fn raw_call(ctx: &mut ThreadContext, thunk: u64, args: [u64; 4]) -> u64 {
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
            in("r8") args[3],
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
        let count = raw_call(ctx, entry!(rook_rt_spread_list), [spread.0, 0, 0, 0]);
        assert_eq!((count, ctx.arg_count), (6, 6));
        let rest = Value(raw_call(ctx, entry!(rook_rt_rest_list), [2, 6, 0, 0]));
        assert!(rest.list_iter().eq(items[2..].iter().copied()));
        ctx.arg_count = 0;
    });
}

#[test]
fn keywords_are_found_and_checked() {
    with_raise(|ctx| {
        let (a, b, c) = (fresh_symbol(ctx), fresh_symbol(ctx), fresh_symbol(ctx));
        let allow = well_known(Sym::KW_ALLOW_OTHER_KEYS);
        let known = crate::object::simple_vector(ctx, &[a, c]);
        let parse = |ctx: &mut ThreadContext, args: &[Value], others| {
            let items = list(ctx, args);
            let nargs = raw_call(ctx, entry!(rook_rt_spread_list), [items.0, 0, 0, 0]);
            let result = Value(raw_call(ctx, entry!(rook_rt_parse_keys), [1, nargs, known.0, others]));
            // SAFETY: the area is longer than three words.
            let found = unsafe { [*(ctx.args as *const Value).add(1), *(ctx.args as *const Value).add(2)] };
            (result, found)
        };
        let absent = Value::UNSUPPLIED;
        assert_eq!(parse(ctx, &[nil(), a, n(1), a, n(2)], 0), (nil(), [n(1), absent]), "the first of two counts");
        assert_eq!(parse(ctx, &[nil(), c, n(1)], 0), (nil(), [absent, n(1)]));
        assert_eq!(parse(ctx, &[nil(), b, n(1)], 0).0.car(), b, "unknown keywords are listed");
        assert_eq!(ctx.pending_kind, ErrorKind::UnknownKeyword as u64);
        assert_eq!(parse(ctx, &[nil(), b, n(1), allow, t()], 0), (nil(), [absent, absent]));
        assert_eq!(parse(ctx, &[nil(), b, n(1), a, n(2)], 1), (nil(), [n(2), absent]));
        parse(ctx, &[nil(), a], 0);
        assert_eq!(ctx.pending_kind, ErrorKind::OddKeywords as u64);
    });
}
