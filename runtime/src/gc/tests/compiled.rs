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
    ".popsection",
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
}

const BIG_LIMIT: u64 = 1 << 30;

/// What the handler of an exhaustion does: collects with the stack as it is, then raises the limit.
extern "C" fn relief(ctx: &mut ThreadContext) {
    assert_eq!(ctx.pending_kind, ErrorKind::HeapExhausted as u64, "nothing else goes wrong");
    ctx.pending_arg_count = 0;
    collect(ctx, Level::Full);
    heap::set_limit(ctx, BIG_LIMIT);
}

/// Registers the frame table of `rook_gc_test_iota`.
fn register_iota(ctx: &mut ThreadContext) {
    let start = &raw const rook_gc_test_iota as u64;
    let offset_of = |address: *const [u8; 0]| (address as u64 - start) as u32;
    let (polled, allocated) = (offset_of(&raw const rook_gc_test_iota_polled), offset_of(&raw const rook_gc_test_iota_allocated));
    let mut info = Vec::new();
    info.extend(16u32.to_le_bytes());
    info.extend([0; 8]);
    info.extend(2u32.to_le_bytes());
    info.extend([1u16, 2].iter().flat_map(|slot| slot.to_le_bytes()));
    let info = Vec::leak(info);
    let sites: &[SiteEntry] = Vec::leak([polled, allocated].map(|return_offset| SiteEntry { return_offset, info_offset: 0 }).to_vec());
    let frames = FrameTable {
        text_start: start as *const u8,
        text_size: offset_of(&raw const rook_gc_test_relief) as u64,
        sites: sites.as_ptr(),
        site_count: sites.len() as u64,
        functions: std::ptr::NonNull::dangling().as_ptr(),
        function_count: 0,
        infos: info.as_ptr(),
        infos_size: info.len() as u64,
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
        register_iota(ctx);
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
