//! Control tested with hand-made functions in the Lisp calling convention.

macro_rules! entry {
    ($name:ident) => {{
        unsafe extern "C" {
            fn $name();
        }
        $name as *const () as u64
    }};
}

mod arguments;
mod overflow;

use super::*;
use crate::abi::layout::{self, kind, symbol};
use crate::abi::tags::FUNCTION_TAG;
use crate::abi::thread_context::{ErrorKind, ExitRecord, ThreadContext, exit_kind, exit_offset, offset};
use crate::abi::well_known::Sym;
use crate::heap::allocate;
use crate::object::symbol::{ensure_function_object, make_symbol_named, set_global_value, well_known};
use crate::object::testing::with_context;
use crate::object::{list, set_slot};
use crate::value::{Value, nil, t};
use std::sync::atomic::{AtomicU64, Ordering};

static CLEANUPS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count_cleanup(ctx: &mut ThreadContext) {
    // A cleanup may use the values area and run exits of its own.
    ctx.value_count = 0;
    // SAFETY: the values area has more than two words.
    unsafe { *(ctx.values as *mut u64).add(1) = 0 };
    CLEANUPS.fetch_add(1, Ordering::Relaxed);
}

crate::primitives! {
    /// Calls a function with two arguments through the door and passes exits on.
    fn test_call_back(ctx, function, a, b) {
        call_lisp(ctx, function, &[a, b]).map_err(|exit| resume(ctx, exit))
    }
    /// Binds a variable and calls a function with one argument; does not unbind.
    fn test_bind(ctx, sym, value) {
        binding::bind(ctx, sym, value)?;
        Ok(value)
    }
    fn test_type_error(ctx, datum) {
        Err(errors::wrong_type(ctx, datum, Sym::LIST))
    }
    /// (tag value): calls the protected throw through the door.
    fn test_protected_throw(ctx, tag, value) {
        let protect = Value(OUTER_PROTECT.load(Ordering::Relaxed));
        let throw = Value(OUTER_THROW.load(Ordering::Relaxed));
        let outcome = call_lisp(ctx, protect, &[throw, tag, value]);
        assert!(outcome.is_err(), "the throw stops at the door");
        outcome.map_err(|exit| resume(ctx, exit))
    }
}

// The general entry's registers: rdi function, rsi count, rdx rcx r8 r9 arguments.
core::arch::global_asm!(
    ".pushsection .text.rook_test_functions,\"ax\",@progbits",
    ".globl rook_test_bind_and_throw", ".hidden rook_test_bind_and_throw",
    ".globl rook_test_catch", ".hidden rook_test_catch",
    ".globl rook_test_exit_to", ".hidden rook_test_exit_to",
    ".globl rook_test_identity", ".hidden rook_test_identity",
    ".globl rook_test_link", ".hidden rook_test_link",
    ".globl rook_test_protect", ".hidden rook_test_protect",
    ".globl rook_test_raise", ".hidden rook_test_raise",
    ".globl rook_test_raising", ".hidden rook_test_raising",
    ".globl rook_test_sum", ".hidden rook_test_sum",
    ".globl rook_test_through_rust", ".hidden rook_test_through_rust",
    ".globl rook_test_throw", ".hidden rook_test_throw",
    // (a) -> a
    "rook_test_identity: mov rax, rdx; mov ecx, 1; ret",
    // (…) -> sum of all arguments, two values: sum and number of arguments
    "rook_test_sum:",
    "push rbp; mov rbp, rsp",
    "mov r10, [r15 + {args}]",
    "mov [r10], rdx; mov [r10 + 8], rcx; mov [r10 + 16], r8; mov [r10 + 24], r9",
    "mov qword ptr [r15 + {arg_count}], 0",
    "xor eax, eax; xor ecx, ecx",
    "1: cmp rcx, rsi; jae 2f; add rax, [r10 + rcx*8]; inc rcx; jmp 1b",
    "2: mov r10, [r15 + {values}]; add rsi, rsi; mov [r10 + 8], rsi",
    "mov ecx, 2; mov [r15 + {value_count}], rcx",
    "pop rbp; ret",
    // (tag value): throws two values, the second of them T
    "rook_test_throw:",
    "push rbp; mov rbp, rsp",
    "mov r10, [r15 + {values}]; lea rax, [rip + rook_t + 11]; mov [r10 + 8], rax",
    "mov qword ptr [r15 + {value_count}], 2",
    "mov rdi, r15; mov rsi, rdx; mov rdx, rcx; mov ecx, 2",
    "call rook_rt_throw",
    "pop rbp; mov ecx, 1; ret",
    // (token value): leaves for a block
    "rook_test_exit_to:",
    "push rbp; mov rbp, rsp",
    "mov rdi, r15; mov rsi, rdx; mov rdx, rcx; mov ecx, 1",
    "call rook_rt_exit_to",
    "ud2",
    // (tag function argument): calls (function tag argument) inside a catch (or, with 4 arguments, a block)
    "rook_test_catch:",
    "push rbp; mov rbp, rsp; sub rsp, 112",
    "mov [rbp - 8], rbx; mov [rbp - 16], r12",
    "xor eax, eax; cmp rsi, 4; jne 1f; mov eax, 1",
    "1: mov [rbp - 88 + {r_kind}], rax",
    "mov [rbp - 88 + {r_tag}], rdx",
    "lea rax, [rip + 3f]; mov [rbp - 88 + {r_handler}], rax",
    "call rook_test_link",
    "mov rdi, rcx; mov esi, 2; mov rcx, r8",
    "call [rdi + 3]",
    "mov r10, [rbp - 88 + {r_previous}]; mov [r15 + {exit_chain}], r10",
    "2: mov rbx, [rbp - 8]; mov r12, [rbp - 16]; leave; ret",
    "3: mov rcx, rdx; jmp 2b",
    // (function a b): calls (function a b) with a cleanup around it
    "rook_test_protect:",
    "push rbp; mov rbp, rsp; sub rsp, 112",
    "mov [rbp - 8], rbx; mov [rbp - 16], r12",
    "mov qword ptr [rbp - 88 + {r_kind}], 2",
    "lea rax, [rip + rook_nil + 11]; mov [rbp - 88 + {r_tag}], rax",
    "lea rax, [rip + 3f]; mov [rbp - 88 + {r_handler}], rax",
    "call rook_test_link",
    "mov rdi, rdx; mov esi, 2; mov rdx, rcx; mov rcx, r8",
    "call [rdi + 3]",
    "mov r10, [rbp - 88 + {r_previous}]; mov [r15 + {exit_chain}], r10",
    "mov rbx, [rbp - 8]; mov r12, [rbp - 16]; leave; ret",
    "3: mov rbx, [r15 + {unwind_target}]",
    "mov rdi, r15; mov rsi, rax; call rook_rt_save_values",
    "mov r12, rax",
    "mov rdi, r15; call {count_cleanup}",
    "mov rdi, r15; mov rsi, r12; call rook_rt_restore_values",
    "mov rdi, r15; mov rsi, rbx; mov rdx, rax; call rook_rt_continue_unwind",
    "ud2",
    // Links the record at rbp - 88; clobbers rax.
    "rook_test_link:",
    "mov [rbp - 88 + {r_fp}], rbp",
    "lea rax, [rbp - 112]; mov [rbp - 88 + {r_sp}], rax",
    "mov rax, [r15 + {exit_chain}]; mov [rbp - 88 + {r_previous}], rax",
    "mov rax, [r15 + {binding_ptr}]; mov [rbp - 88 + {r_binding}], rax",
    "mov rax, [r15 + {segments}]; mov [rbp - 88 + {r_segments}], rax",
    "mov rax, [r15 + {entry_frame}]; mov [rbp - 88 + {r_entry}], rax",
    "lea rax, [rbp - 88]; mov [r15 + {exit_chain}], rax; ret",
    // (function a b): the same through a primitive that calls back
    "rook_test_through_rust:",
    "push rbp; mov rbp, rsp",
    "mov rsi, rdx; mov rdx, rcx; mov rcx, r8; mov rdi, r15",
    "call rook_rt_test_call_back",
    "mov ecx, 1; pop rbp; ret",
    // (datum): a primitive that raises; gives what %RAISE gives
    "rook_test_raising:",
    "push rbp; mov rbp, rsp",
    "mov rsi, rdx; mov rdi, r15",
    "call rook_rt_test_type_error",
    "mov ecx, 1; pop rbp; ret",
    // (tag value): binds the variable that is the tag, then throws
    "rook_test_bind_and_throw:",
    "push rbp; mov rbp, rsp; sub rsp, 16",
    "mov [rbp - 8], rdx; mov [rbp - 16], rcx",
    "mov rsi, rdx; mov rdx, rcx; mov rdi, r15",
    "call rook_rt_test_bind",
    "mov rdi, r15; mov rsi, [rbp - 8]; mov rdx, [rbp - 16]; mov ecx, 1",
    "call rook_rt_throw",
    "ud2",
    // %RAISE: gives a list-free summary: the first pending argument, and clears the error
    "rook_test_raise: mov rax, [r15 + {pending_args}]; mov qword ptr [r15 + {pending_count}], 0; mov ecx, 1; ret",
    ".popsection",
    args = const offset::ARGS,
    arg_count = const offset::ARG_COUNT,
    values = const offset::VALUES,
    value_count = const offset::VALUE_COUNT,
    exit_chain = const offset::EXIT_CHAIN,
    unwind_target = const offset::UNWIND_TARGET,
    binding_ptr = const offset::BINDING_PTR,
    segments = const offset::SEGMENTS,
    entry_frame = const offset::ENTRY_FRAME,
    pending_args = const offset::PENDING_ARGS,
    pending_count = const std::mem::offset_of!(ThreadContext, pending_arg_count),
    count_cleanup = sym count_cleanup,
    r_previous = const exit_offset::PREVIOUS,
    r_handler = const exit_offset::HANDLER,
    r_fp = const exit_offset::FP,
    r_sp = const exit_offset::SP,
    r_kind = const exit_offset::KIND,
    r_tag = const exit_offset::TAG,
    r_binding = const exit_offset::BINDING_PTR,
    r_segments = const exit_offset::SEGMENTS,
    r_entry = const exit_offset::ENTRY_FRAME,
);
const _: () = assert!(exit_kind::CATCH == 0 && exit_kind::BLOCK == 1 && exit_kind::CLEANUP == 2, "kinds used above");
const _: () = assert!(size_of::<ExitRecord>() == 72, "room used above");

fn function(ctx: &mut ThreadContext, entry: u64) -> Value {
    let base = allocate(ctx, layout::header(kind::FUNCTION, 1));
    // SAFETY: a function of size one has its entry word after the header.
    unsafe { *base.add(1) = entry };
    Value(base as u64 | FUNCTION_TAG)
}

fn fresh_symbol(ctx: &mut ThreadContext) -> Value {
    make_symbol_named(ctx, &[0x58])
}

fn n(i: i64) -> Value {
    Value::fixnum(i)
}

/// Runs `f` with a test function as %RAISE.
fn with_raise(f: impl FnOnce(&mut ThreadContext)) {
    with_context(|ctx| {
        let raise = well_known(Sym::RAISE);
        let before = raise.slot(symbol::FUNCTION);
        let own = function(ctx, entry!(rook_test_raise));
        set_slot(ctx, raise, symbol::FUNCTION, own);
        f(ctx);
        set_slot(ctx, raise, symbol::FUNCTION, before);
    });
}

fn is_calm(ctx: &ThreadContext) -> bool {
    ctx.exit_chain.is_null() && ctx.entry_frame == 0 && ctx.unwind_target == 0 && ctx.lisp_fp == 0
}

#[test]
fn tables_tell_names_arities_and_addresses() {
    let tables: Vec<(&str, usize)> = table().iter().map(|p| (p.name, p.arity)).collect();
    assert_eq!(tables[0], ("test_call_back", 3));
    let thunks: Vec<u64> = table().iter().map(|p| p.address as u64).collect();
    assert_eq!(thunks[2], entry!(rook_rt_test_type_error));
    assert!(runtime_entries().iter().all(|&(name, address)| name.starts_with("rook_") && address != 0));
}

#[test]
fn a_call_passes_arguments_in_registers_and_in_the_area() {
    with_context(|ctx| {
        let identity = function(ctx, entry!(rook_test_identity));
        assert_eq!(call_lisp(ctx, identity, &[t()]).expect("no exit"), t());
        let sum = function(ctx, entry!(rook_test_sum));
        for count in [0, 1, 2, 3, 4, 5, 9, 300] {
            let args: Vec<Value> = (1..=count).map(n).collect();
            let values = call_lisp_values(ctx, sum, &args).expect("no exit");
            assert_eq!(values, [n(count * (count + 1) / 2), n(count)], "{count} arguments");
        }
        assert_eq!((ctx.arg_count, ctx.value_count), (0, 0));
        assert!(is_calm(ctx));
    });
}

#[test]
fn a_throw_arrives_with_all_its_values() {
    with_context(|ctx| {
        let (catch, throw) = (function(ctx, entry!(rook_test_catch)), function(ctx, entry!(rook_test_throw)));
        let tag = fresh_symbol(ctx);
        let values = call_lisp_values(ctx, catch, &[tag, throw, n(7)]).expect("caught in Lisp");
        assert_eq!(values, [n(7), t()]);
        assert!(is_calm(ctx));
    });
}

#[test]
fn a_block_is_left_by_its_token_only() {
    with_context(|ctx| {
        let (catch, leave) = (function(ctx, entry!(rook_test_catch)), function(ctx, entry!(rook_test_exit_to)));
        let token = list(ctx, &[nil()]);
        let values = call_lisp_values(ctx, catch, &[token, leave, n(9), nil()]).expect("left in Lisp");
        assert_eq!(values, [n(9)]);
    });
}

#[test]
fn cleanups_run_and_values_survive_them() {
    with_context(|ctx| {
        let throw = function(ctx, entry!(rook_test_throw));
        let protect = function(ctx, entry!(rook_test_protect));
        let catch = function(ctx, entry!(rook_test_catch));
        let tag = fresh_symbol(ctx);
        let before = CLEANUPS.load(Ordering::Relaxed);
        let caught = call_lisp(ctx, catch, &[tag, throw, n(1)]).expect("no exit");
        assert_eq!(caught, n(1));
        assert_eq!(CLEANUPS.load(Ordering::Relaxed), before, "no cleanup was on the way");
        let outer = Outer { tag, protect, throw };
        let values = outer.run(ctx);
        assert_eq!(values, [n(5), t()]);
        assert_eq!(CLEANUPS.load(Ordering::Relaxed), before + 1);
        assert!(is_calm(ctx));
    });
}

/// (catch tag (protect (throw tag 5))) with Rust between catch and protect.
struct Outer {
    tag: Value,
    protect: Value,
    throw: Value,
}

static OUTER_PROTECT: AtomicU64 = AtomicU64::new(0);
static OUTER_THROW: AtomicU64 = AtomicU64::new(0);

core::arch::global_asm!(
    ".pushsection .text.rook_test_protected,\"ax\",@progbits",
    ".globl rook_test_protected", ".hidden rook_test_protected",
    "rook_test_protected:",
    "push rbp; mov rbp, rsp",
    "mov rsi, rdx; mov rdx, rcx; mov rdi, r15",
    "call rook_rt_test_protected_throw",
    "ud2",
    ".popsection",
);

static CALLEE: AtomicU64 = AtomicU64::new(0);
static THROWER: AtomicU64 = AtomicU64::new(0);

// (tag value): calls (callee thrower tag value)
core::arch::global_asm!(
    ".pushsection .text.rook_test_call_callee,\"ax\",@progbits",
    ".globl rook_test_call_callee", ".hidden rook_test_call_callee",
    "rook_test_call_callee:",
    "push rbp; mov rbp, rsp",
    "mov r8, rcx; mov rcx, rdx",
    "mov rdx, [rip + {thrower}]; mov rdi, [rip + {callee}]",
    "mov esi, 3; call [rdi + 3]; pop rbp; ret",
    ".popsection",
    callee = sym CALLEE,
    thrower = sym THROWER,
);

/// (catch tag (c throw tag 5)): what comes out, for a function `c` that is to call `throw`.
pub fn catch_around(ctx: &mut ThreadContext, c: Value) -> Value {
    let c = c.slot(symbol::FUNCTION);
    CALLEE.store(c.0, Ordering::Relaxed);
    THROWER.store(function(ctx, entry!(rook_test_throw)).0, Ordering::Relaxed);
    let (catch, body) = (function(ctx, entry!(rook_test_catch)), function(ctx, entry!(rook_test_call_callee)));
    let tag = fresh_symbol(ctx);
    call_lisp(ctx, catch, &[tag, body, n(5)]).expect("caught in Lisp")
}

impl Outer {
    fn run(&self, ctx: &mut ThreadContext) -> Vec<Value> {
        OUTER_PROTECT.store(self.protect.0, Ordering::Relaxed);
        OUTER_THROW.store(self.throw.0, Ordering::Relaxed);
        let catch = function(ctx, entry!(rook_test_catch));
        let body = function(ctx, entry!(rook_test_protected));
        call_lisp_values(ctx, catch, &[self.tag, body, n(5)]).expect("caught in Lisp")
    }
}

#[test]
fn an_exit_beyond_the_door_is_reported_to_rust() {
    with_raise(|ctx| {
        let throw = function(ctx, entry!(rook_test_throw));
        let through = function(ctx, entry!(rook_test_through_rust));
        let tag = fresh_symbol(ctx);
        // No catch: %RAISE returns the tag through the Rust frame, and nothing is left over.
        assert_eq!(call_lisp(ctx, through, &[throw, tag, n(1)]).expect("no exit"), tag);
        assert!(is_calm(ctx));
    });
}

#[test]
fn bindings_are_undone_by_exits() {
    with_context(|ctx| {
        let sym = fresh_symbol(ctx);
        set_global_value(ctx, sym, n(1));
        let catch = function(ctx, entry!(rook_test_catch));
        let body = function(ctx, entry!(rook_test_bind_and_throw));
        let height = binding::height(ctx);
        assert_eq!(call_lisp(ctx, catch, &[sym, body, n(2)]).expect("caught"), n(2));
        assert_eq!(binding::height(ctx), height);
        assert_eq!(binding::value_or_unbound(ctx, sym), n(1));
        assert_ne!(binding::index_of(sym), 0);
    });
}

#[test]
fn dynamic_binding_shadows_and_restores() {
    with_context(|ctx| {
        let sym = fresh_symbol(ctx);
        assert!(binding::symbol_value(ctx, sym).is_err(), "unbound raises");
        assert_eq!(ctx.pending_kind, ErrorKind::UnboundVariable as u64);
        set_global_value(ctx, sym, n(1));
        let height = binding::height(ctx);
        binding::bind(ctx, sym, n(2)).expect("room");
        binding::bind(ctx, sym, n(3)).expect("room");
        binding::set_symbol_value(ctx, sym, n(4));
        assert_eq!(binding::value_or_unbound(ctx, sym), n(4));
        binding::unbind(ctx, 1);
        assert_eq!(binding::value_or_unbound(ctx, sym), n(2));
        binding::make_unbound(ctx, sym);
        assert_eq!(binding::value_or_unbound(ctx, sym), Value::UNBOUND);
        binding::unwind_to_height(ctx, height);
        assert_eq!(binding::value_or_unbound(ctx, sym), n(1));
        assert!(binding::bind(ctx, nil(), n(1)).is_err(), "constants cannot be bound");
    });
}

#[test]
fn a_full_binding_stack_is_a_condition_and_the_binding_is_made() {
    with_context(|ctx| {
        let sym = fresh_symbol(ctx);
        let height = binding::height(ctx);
        let limit = ctx.binding_limit;
        let mut made = 0;
        let overflow = loop {
            made += 1;
            if binding::bind(ctx, sym, n(made)).is_err() {
                break made;
            }
        };
        assert_eq!(ctx.pending_kind, ErrorKind::StackOverflow as u64);
        assert_eq!(binding::value_or_unbound(ctx, sym), n(overflow), "CONTINUE finds the binding in place");
        assert!(binding::bind(ctx, sym, nil()).is_ok(), "handlers have room");
        binding::unwind_to_height(ctx, height);
        crate::thread::limits::take_back_lent_room(ctx, 0);
        assert_eq!(ctx.binding_limit, limit, "the guard is armed again");
    });
}

#[test]
fn a_raising_primitive_becomes_a_call_of_raise() {
    with_raise(|ctx| {
        let raising = function(ctx, entry!(rook_test_raising));
        assert_eq!(call_lisp(ctx, raising, &[n(77)]).expect("%RAISE returned"), n(77));
        assert!(is_calm(ctx));
    });
}

#[test]
fn an_undefined_function_raises_with_its_name() {
    with_raise(|ctx| {
        let sym = fresh_symbol(ctx);
        let undefined = ensure_function_object(ctx, sym);
        let args: Vec<Value> = (0..6).map(n).collect();
        assert_eq!(call_lisp(ctx, undefined, &args).expect("%RAISE returned"), sym);
        let arguments = Value(ctx.pending_args[1]);
        assert!(arguments.list_iter().eq(args));
        assert_eq!(ctx.arg_count, 0);
    });
}

#[test]
fn a_throw_without_catch_is_a_control_error() {
    with_raise(|ctx| {
        let throw = function(ctx, entry!(rook_test_throw));
        let tag = fresh_symbol(ctx);
        assert_eq!(call_lisp(ctx, throw, &[tag, n(1)]).expect("%RAISE returned"), tag);
        assert_eq!(ctx.pending_kind, ErrorKind::Control as u64);
        assert_eq!(ctx.pending_final, 1);
    });
}

#[test]
fn values_are_kept_and_put_back() {
    with_context(|ctx| {
        for count in [0usize, 1, 2, 50] {
            for i in 1..count {
                // SAFETY: the values area is larger.
                unsafe { *(ctx.values as *mut u64).add(i) = n(i as i64).0 };
            }
            let first = if count == 0 { nil() } else { n(0) };
            let saved = values::save(ctx, first, count as u64);
            // SAFETY: as above.
            unsafe { *(ctx.values as *mut u64).add(1) = 0 };
            let out = values::restore(ctx, saved);
            assert_eq!((out.value, out.count), (first, count as u64));
            assert_eq!(ctx.value_count, if count > 1 { count as u64 } else { 0 });
            if count > 1 {
                // SAFETY: as above.
                assert_eq!(unsafe { *(ctx.values as *const u64).add(count - 1) }, n(count as i64 - 1).0);
            }
            ctx.value_count = 0;
        }
    });
}
