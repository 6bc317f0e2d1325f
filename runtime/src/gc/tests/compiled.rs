//! The collector under code in the Lisp calling convention: the allocation thunk, frames, the entry
//! frame, safepoints in between. On the context that the crate's tests share, so this also checks
//! that every room has made its static values roots.

use super::is_iota;
use crate::abi::frame::{FrameTable, SiteEntry};
use crate::abi::layout::{header, kind, symbol};
use crate::abi::tags::FUNCTION_TAG;
use crate::abi::thread_context::{ErrorKind, ThreadContext, offset};
use crate::abi::well_known::Sym;
use crate::control::call_lisp;
use crate::gc::options::GcOptions;
use crate::gc::{Level, collect, use_options, verify};
use crate::heap;
use crate::object::symbol::well_known;
use crate::object::testing::with_context;
use crate::object::set_slot;
use crate::stack::{CodeUnit, HandleScope, register_code};
use crate::value::{Value, nil};

// The general entry's registers: rdi function, rsi count, rdx rcx r8 r9 arguments.
core::arch::global_asm!(
    ".pushsection .text.rook_gc_test,\"ax\",@progbits",
    ".globl rook_gc_test_iota", ".hidden rook_gc_test_iota",
    ".globl rook_gc_test_iota_allocated", ".hidden rook_gc_test_iota_allocated",
    ".globl rook_gc_test_iota_polled", ".hidden rook_gc_test_iota_polled",
    ".globl rook_gc_test_relief", ".hidden rook_gc_test_relief",
    ".globl rook_gc_test_end", ".hidden rook_gc_test_end",
    ".globl rook_gc_test_landing_called", ".hidden rook_gc_test_landing_called",
    ".globl rook_gc_test_escape_called", ".hidden rook_gc_test_escape_called",
    ".globl rook_gc_test_escape", ".hidden rook_gc_test_escape",
    ".globl rook_gc_test_deep_second", ".hidden rook_gc_test_deep_second",
    ".globl rook_gc_test_deep_called", ".hidden rook_gc_test_deep_called",
    ".globl rook_gc_test_deep_first", ".hidden rook_gc_test_deep_first",
    ".globl rook_gc_test_deep", ".hidden rook_gc_test_deep",
    // (n): the list (0 … n-1); slot 1 is the list, slot 2 the counter.
    "rook_gc_test_iota:",
    "push rbp; mov rbp, rsp; sub rsp, 16",
    "lea rax, [rip + rook_nil + 11]; mov [rbp - 8], rax; mov [rbp - 16], rdx",
    "1: cmp qword ptr [rbp - 16], 0; je 4f",
    "sub qword ptr [rbp - 16], 2",
    "cmp rsp, [r15 + {stack_limit}]; jae 2f",
    "mov rdi, r15; call rook_rt_entry_slow",
    "rook_gc_test_iota_polled:",
    "2: mov rax, [r15 + {alloc_ptr}]; lea r10, [rax + 16]",
    "cmp r10, [r15 + {alloc_limit}]; ja 3f",
    "mov [r15 + {alloc_ptr}], r10; jmp 5f",
    "3: mov rdi, r15; mov esi, 16; call rook_rt_alloc_slow",
    "rook_gc_test_iota_allocated:",
    "5: mov r10, [rbp - 16]; mov [rax], r10; mov r10, [rbp - 8]; mov [rax + 8], r10",
    "add rax, 3; mov [rbp - 8], rax; jmp 1b",
    "4: mov rax, [rbp - 8]; mov ecx, 1; leave; ret",
    // In place of %RAISE: makes room and returns, so that the allocation is tried again.
    "rook_gc_test_relief:",
    "mov [r15 + {fp}], rbp; mov rax, [rsp]; mov [r15 + {pc}], rax",
    "sub rsp, 8; mov rdi, r15; call {relief}; add rsp, 8",
    "lea rax, [rip + rook_nil + 11]; mov ecx, 1; ret",
    // (n escape): the list (n … 1), made by recursion: each frame allocates a cons before the call, checks
    // it after, and allocates another. With `escape`, the innermost frame leaves for `rook_gc_test_escape`.
    // Slots: 1 the first cons, 2 n, 3 the result of the call; 4 is raw.
    "rook_gc_test_deep:",
    "push rbp; mov rbp, rsp; sub rsp, 32",
    "mov qword ptr [rbp - 8], 0; mov [rbp - 16], rdx; mov qword ptr [rbp - 24], 0; mov [rbp - 32], rcx",
    "test rdx, rdx; jne 1f",
    "test rcx, rcx; jne 7f",
    "lea rax, [rip + rook_nil + 11]; mov ecx, 1; leave; ret",
    "7: mov rbp, [r15 + {saved_result}]; lea rsp, [rbp - 16]; jmp rook_gc_test_landing",
    "1: mov rdi, r15; mov esi, 16; call rook_rt_alloc_slow",
    "rook_gc_test_deep_first:",
    "mov r10, [rbp - 16]; mov [rax], r10; mov qword ptr [rax + 8], 0; add rax, 3; mov [rbp - 8], rax",
    "mov rdx, [rbp - 16]; sub rdx, 2; mov rcx, [rbp - 32]; mov esi, 2",
    "call rook_gc_test_deep",
    "rook_gc_test_deep_called:",
    "mov [rbp - 24], rax",
    "mov r10, [rbp - 8]; mov r10, [r10 - 3]; cmp r10, [rbp - 16]; je 2f; ud2",
    "2: mov rdi, r15; mov esi, 16; call rook_rt_alloc_slow",
    "rook_gc_test_deep_second:",
    "mov r10, [rbp - 8]; mov r10, [r10 - 3]; mov [rax], r10",
    "mov r10, [rbp - 24]; mov [rax + 8], r10; add rax, 3; mov ecx, 1; leave; ret",
    // (n): calls (deep n t), which escapes, then gives (deep n nil). Slot 1 is n.
    "rook_gc_test_escape:",
    "push rbp; mov rbp, rsp; sub rsp, 16",
    "mov [rbp - 8], rdx; mov [r15 + {saved_result}], rbp; mov ecx, 2",
    "call rook_gc_test_deep",
    "rook_gc_test_escape_called:",
    "ud2",
    "rook_gc_test_landing:",
    "mov qword ptr [r15 + {saved_result}], 0; mov rdx, [rbp - 8]; xor ecx, ecx",
    "call rook_gc_test_deep",
    "rook_gc_test_landing_called:",
    "mov ecx, 1; leave; ret",
    "rook_gc_test_end:",
    ".popsection",
    saved_result = const offset::SAVED_RESULT,
    stack_limit = const offset::STACK_LIMIT,
    alloc_ptr = const offset::ALLOC_PTR,
    alloc_limit = const offset::ALLOC_LIMIT,
    fp = const offset::LISP_FP,
    pc = const offset::LISP_PC,
    relief = sym relief,
);

unsafe extern "C" {
    static rook_gc_test_iota: [u8; 0];
    static rook_gc_test_iota_allocated: [u8; 0];
    static rook_gc_test_iota_polled: [u8; 0];
    static rook_gc_test_relief: [u8; 0];
    static rook_gc_test_end: [u8; 0];
    static rook_gc_test_landing_called: [u8; 0];
    static rook_gc_test_escape_called: [u8; 0];
    static rook_gc_test_escape: [u8; 0];
    static rook_gc_test_deep_second: [u8; 0];
    static rook_gc_test_deep_called: [u8; 0];
    static rook_gc_test_deep_first: [u8; 0];
    static rook_gc_test_deep: [u8; 0];
}

const BIG_LIMIT: u64 = 1 << 30;

/// What the handler of an exhaustion does: collects with the stack as it is, then raises the limit.
extern "C" fn relief(ctx: &mut ThreadContext) {
    assert_eq!(ctx.pending_kind, ErrorKind::HeapExhausted as u64, "nothing else goes wrong");
    ctx.pending_arg_count = 0;
    collect(ctx, Level::Full);
    heap::set_limit(ctx, BIG_LIMIT);
}

/// Registers the frame table of the functions above.
fn register_functions(ctx: &mut ThreadContext) {
    let start = &raw const rook_gc_test_iota as u64;
    let (mut sites, mut infos) = (Vec::new(), Vec::new());
    let mut site = |address: *const [u8; 0], frame_size: u32, slots: &[u16]| {
        sites.push(SiteEntry { return_offset: (address as u64 - start) as u32, info_offset: infos.len() as u32, position: 0 });
        infos.extend((frame_size as u16 / 8).to_le_bytes());
        infos.extend((slots.len() as u16).to_le_bytes());
        infos.extend(slots.iter().flat_map(|slot| slot.to_le_bytes()));
    };
    site(&raw const rook_gc_test_iota_polled, 16, &[1, 2]);
    site(&raw const rook_gc_test_iota_allocated, 16, &[1, 2]);
    site(&raw const rook_gc_test_deep_first, 32, &[2]);
    site(&raw const rook_gc_test_deep_called, 32, &[1, 2]);
    site(&raw const rook_gc_test_deep_second, 32, &[1, 2, 3]);
    site(&raw const rook_gc_test_escape_called, 16, &[1]);
    site(&raw const rook_gc_test_landing_called, 16, &[1]);
    let (sites, infos) = (Vec::leak(sites), Vec::leak(infos));
    let frames = FrameTable {
        text_start: start as *const u8,
        text_size: &raw const rook_gc_test_end as u64 - start,
        sites: sites.as_ptr(),
        site_count: sites.len() as u64,
        functions: std::ptr::NonNull::dangling().as_ptr(),
        function_count: 0,
        infos: infos.as_ptr(),
        infos_size: infos.len() as u64,
        strings: std::ptr::NonNull::dangling().as_ptr(),
        strings_size: 0,
    };
    register_code(ctx, CodeUnit { frames, constants: Box::new([]), release: None });
}

fn function(ctx: &mut ThreadContext, entry: *const [u8; 0]) -> Value {
    let base = heap::allocate(ctx, header(kind::FUNCTION, 1));
    // SAFETY: a function of size one has its entry word after the header.
    unsafe { *base.add(1) = entry as u64 };
    Value(base as u64 | FUNCTION_TAG)
}

/// Runs `(iota n)` with these collector options and %RAISE standing for `relief`.
fn run(gc: &str, n: i64) {
    with_context(|ctx| {
        let scope = HandleScope::new(ctx);
        let raise = scope.handle(well_known(Sym::RAISE));
        let before = scope.handle(raise.get().slot(symbol::FUNCTION));
        register_functions(ctx);
        let iota = function(ctx, &raw const rook_gc_test_iota);
        let iota = scope.handle(iota);
        let relief = function(ctx, &raw const rook_gc_test_relief);
        set_slot(ctx, raise.get(), symbol::FUNCTION, relief);
        use_options(ctx, GcOptions::parse(gc).0);
        let limit = heap::limit(ctx);
        if gc.contains("oom") {
            heap::set_limit(ctx, BIG_LIMIT / 2);
        }
        let moved = super::super::of(ctx).stats.moved_objects;
        let list = call_lisp(ctx, iota.get(), &[Value::fixnum(n)]);
        use_options(ctx, GcOptions::default());
        assert!(is_iota(list.expect("no exit"), n), "the list is whole ({gc})");
        if gc.contains("oom") {
            assert_eq!(heap::limit(ctx), BIG_LIMIT, "the handler ran and the allocation was tried again");
        }
        heap::set_limit(ctx, limit);
        set_slot(ctx, raise.get(), symbol::FUNCTION, before.get());
        verify::verify(ctx, "after compiled code");
        let stats = &super::super::of(ctx).stats;
        assert!(stats.moved_objects > moved, "collections moved something: {}", stats.report());
        // The code is static, but its table is registered again by the next test.
        iota.set(nil());
        collect(ctx, Level::Full);
    });
}

#[test]
fn compiled_code_allocates_and_collects() {
    run("verify,poison", 2_000_000);
}

#[test]
fn compiled_code_is_collected_at_each_step() {
    run("every=7,verify,poison,audit", 600);
    run("safepoint,verify,poison,move-all", 60);
}

#[test]
fn a_handler_of_exhaustion_can_continue_the_allocation() {
    run("oom=50,every=20,verify,poison", 500);
}

/// Runs a function of one argument `n` that gives the list (n … 1).
fn run_deep(gc: &str, entry: *const [u8; 0], n: i64) {
    with_context(|ctx| {
        let scope = HandleScope::new(ctx);
        register_functions(ctx);
        let function = function(ctx, entry);
        let function = scope.handle(function);
        use_options(ctx, GcOptions::parse(gc).0);
        let watermarked = super::super::of(ctx).stats.watermarked;
        let list = call_lisp(ctx, function.get(), &[Value::fixnum(n), Value::ZERO]);
        use_options(ctx, GcOptions::default());
        let list = list.expect("no exit");
        assert!(super::super::of(ctx).stats.watermarked > watermarked, "collections skipped old frames ({gc})");
        assert!(list.list_iter().map(Value::as_fixnum).eq((1..=n).rev()), "the list is whole ({gc})");
        function.set(nil());
        collect(ctx, Level::Full);
    });
}

#[test]
fn deep_recursion_keeps_its_frames() {
    for gc in ["every=97,poison", "every=997,verify,poison", "every=501,verify,protect,audit"] {
        run_deep(gc, &raw const rook_gc_test_deep, 12_000);
        run_deep(gc, &raw const rook_gc_test_escape, 12_000);
    }
    run_deep("every=1,verify,poison", &raw const rook_gc_test_escape, 300);
}
