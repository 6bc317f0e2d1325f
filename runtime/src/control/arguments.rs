//! The argument area: spreading lists and values into it, rest lists, keyword arguments.
//!
//! Indexes and counts are raw words here. Nothing allocates between reading the area and using it
//! except Rust allocation, which never collects.

use super::anchored_thunk;
use super::errors::{too_many_arguments, wrong_type};
use crate::abi::layout::HEADER_SIZE_SHIFT;
use crate::abi::tags;
use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ErrorKind, REGISTER_ARGS, ThreadContext, offset};
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::{cons, list};
use crate::value::{LispResult, Value, nil};

/// What a counting function returns when it recorded a pending error.
const FAILED: u64 = u64::MAX;

// (ctx, list, start) and (ctx, value, count, start) -> new count.
anchored_thunk!("rook_spread_list_far", spread_list, ["cmp rax, -1", "je rook_raise_pending", "ret"]);
anchored_thunk!("rook_rt_spread_values", spread_values, ["cmp rax, -1", "je rook_raise_pending", "ret"]);
// (ctx, start, nargs) -> list; (ctx, start, nargs, keywords, whether others are allowed) -> NIL.
anchored_thunk!("rook_rt_rest_list", rest_list, ["ret"]);
anchored_thunk!(
    "rook_parse_keys_far",
    parse_keys,
    ["cmp rax, {mark}", "je rook_raise_pending", "ret"],
    mark = const crate::abi::tags::ERROR_MARK
);

// What these two do nearly always, without entering Rust: short proper lists; an even number of
// arguments, all of whose keywords the callee knows.
core::arch::global_asm!(
    ".pushsection .text.rook_rt_arguments,\"ax\",@progbits",
    ".globl rook_rt_spread_list", ".hidden rook_rt_spread_list", ".type rook_rt_spread_list,@function",
    ".p2align 4",
    "rook_rt_spread_list:",
    "mov rax, rdx",
    "mov r9, rsi",
    "mov r8, [r15 + {args}]",
    "1:",
    "cmp r9, [r15 + {nil}]",
    "je 2f",
    "mov ecx, r9d",
    "and ecx, {tag_mask}",
    "cmp ecx, {cons_tag}",
    "jne rook_spread_list_far",
    "cmp rax, {short}",
    "jae rook_spread_list_far",
    "mov r10, [r9 - {cons_tag}]",
    "mov [r8 + rax * 8], r10",
    "inc rax",
    "mov r9, [r9 - {cons_tag} + 8]",
    "jmp 1b",
    "2:",
    "xor ecx, ecx",
    "cmp rax, {register_args}",
    "cmova rcx, rax",
    "mov [r15 + {arg_count}], rcx",
    "ret",
    ".size rook_rt_spread_list, . - rook_rt_spread_list",
    ".globl rook_rt_parse_keys", ".hidden rook_rt_parse_keys", ".type rook_rt_parse_keys,@function",
    ".p2align 4",
    "rook_rt_parse_keys:",
    "mov eax, edx",
    "sub eax, esi",
    "test al, 1",
    "jne rook_parse_keys_far",
    "mov r9, [rcx - {other_tag}]",
    "shr r9, {size_shift}",
    "cmp r9, {few_keys}",
    "ja rook_parse_keys_far",
    "cmp rdx, {short}",
    "ja rook_parse_keys_far",
    // The values are gathered on the stack: the area holds the arguments still to be read.
    "sub rsp, 8 * {few_keys}",
    "mov r11, r9",
    "1:",
    "dec r11",
    "js 2f",
    "mov qword ptr [rsp + r11 * 8], {unsupplied}",
    "jmp 1b",
    "2:",
    "mov rax, [r15 + {args}]",
    "mov r11, rsi",
    "3:",
    "cmp r11, rdx",
    "jae 7f",
    "mov r10, [rax + r11 * 8]",
    "xor edi, edi",
    "4:",
    "cmp rdi, r9",
    "jae 9f",
    "cmp r10, [rcx + rdi * 8 + 8 - {other_tag}]",
    "je 5f",
    "inc rdi",
    "jmp 4b",
    // The first of several counts.
    "5:",
    "cmp qword ptr [rsp + rdi * 8], {unsupplied}",
    "jne 6f",
    "mov r10, [rax + r11 * 8 + 8]",
    "mov [rsp + rdi * 8], r10",
    "6:",
    "add r11, 2",
    "jmp 3b",
    "7:",
    "lea rax, [rax + rsi * 8]",
    "xor edi, edi",
    "8:",
    "cmp rdi, r9",
    "jae 10f",
    "mov r10, [rsp + rdi * 8]",
    "mov [rax + rdi * 8], r10",
    "inc rdi",
    "jmp 8b",
    "9:",
    "add rsp, 8 * {few_keys}",
    "mov rdi, r15",
    "jmp rook_parse_keys_far",
    "10:",
    "add rsp, 8 * {few_keys}",
    "mov rax, [r15 + {nil}]",
    "ret",
    ".size rook_rt_parse_keys, . - rook_rt_parse_keys",
    ".popsection",
    args = const offset::ARGS,
    arg_count = const offset::ARG_COUNT,
    nil = const offset::NIL,
    tag_mask = const tags::TAG_MASK,
    cons_tag = const tags::CONS_TAG,
    other_tag = const tags::OTHER_TAG,
    unsupplied = const tags::UNSUPPLIED,
    size_shift = const HEADER_SIZE_SHIFT,
    few_keys = const FEW_KEYS,
    short = const SHORT,
    register_args = const REGISTER_ARGS,
);
const _: () = assert!(SHORT + FEW_KEYS <= ARGUMENT_AREA_WORDS);

/// Argument `i` of the current call.
fn argument(ctx: &ThreadContext, i: u64) -> Value {
    // SAFETY: callers stay below a count that the area holds.
    unsafe { *(ctx.args as *const Value).add(i as usize) }
}

fn set_argument(ctx: &mut ThreadContext, i: u64, value: Value) {
    debug_assert!(i < ARGUMENT_AREA_WORDS as u64, "checked before storing");
    // SAFETY: within the area, asserted above and checked by callers.
    unsafe { *(ctx.args as *mut Value).add(i as usize) = value };
}

/// Makes the stored arguments visible to the collector when the callee will look for them there.
fn publish(ctx: &mut ThreadContext, count: u64) {
    ctx.arg_count = if count > REGISTER_ARGS as u64 { count } else { 0 };
}

fn fail(ctx: &mut ThreadContext) -> u64 {
    ctx.arg_count = 0;
    ctx.pending_final = 1;
    FAILED
}

extern "C" fn spread_list(ctx: &mut ThreadContext, items: Value, start: u64) -> u64 {
    let mut rest = items;
    let mut count = start;
    while rest.is_cons() {
        if count >= ARGUMENT_AREA_WORDS as u64 {
            too_many_arguments(ctx, count as usize + 1);
            return fail(ctx);
        }
        set_argument(ctx, count, rest.car());
        count += 1;
        rest = rest.cdr();
    }
    if !rest.is_nil() {
        wrong_type(ctx, items, Sym::LIST);
        return fail(ctx);
    }
    publish(ctx, count);
    count
}

extern "C" fn spread_values(ctx: &mut ThreadContext, value: Value, count: u64, start: u64) -> u64 {
    let end = start + count;
    if end > ARGUMENT_AREA_WORDS as u64 {
        too_many_arguments(ctx, end as usize);
        return fail(ctx);
    }
    for i in 0..count {
        // SAFETY: `count` values lie in the values area.
        let v = if i == 0 { value } else { unsafe { *(ctx.values as *const Value).add(i as usize) } };
        set_argument(ctx, start + i, v);
    }
    ctx.value_count = 0;
    publish(ctx, end);
    end
}

extern "C" fn rest_list(ctx: &mut ThreadContext, start: u64, nargs: u64) -> Value {
    (start..nargs).rev().fold(nil(), |rest, i| {
        let item = argument(ctx, i);
        cons(ctx, item, rest)
    })
}

/// Keywords whose values are gathered without allocating.
const FEW_KEYS: usize = 16;
/// Arguments that the quick ways handle.
const SHORT: usize = 256;

/// Leaves in args[start..] the values of the keywords of a simple vector, in its order, UNSUPPLIED
/// for those that the arguments args[start..nargs] do not give.
extern "C" fn parse_keys(ctx: &mut ThreadContext, start: u64, nargs: u64, keywords: Value, others: u64) -> Value {
    let size = keywords.size();
    if start as usize + size > ARGUMENT_AREA_WORDS {
        too_many_arguments(ctx, start as usize + size);
        ctx.arg_count = 0;
        return Value(crate::abi::tags::ERROR_MARK);
    }
    let mut few = [Value::UNSUPPLIED; FEW_KEYS];
    let mut many = Vec::new();
    let found = if size <= FEW_KEYS {
        &mut few[..size]
    } else {
        many.resize(size, Value::UNSUPPLIED);
        &mut many[..]
    };
    let mut clean = (nargs - start).is_multiple_of(2);
    for i in (start..nargs.saturating_sub(1)).step_by(2) {
        let (key, value) = (argument(ctx, i), argument(ctx, i + 1));
        match (0..size).find(|&k| keywords.slot(k) == key) {
            // The first of several counts.
            Some(k) if found[k] == Value::UNSUPPLIED => found[k] = value,
            Some(_) => {}
            None => clean = clean && others != 0,
        }
    }
    if !clean && let Err(_) = check(ctx, start, nargs, keywords, others != 0) {
        ctx.arg_count = 0;
        return Value(crate::abi::tags::ERROR_MARK);
    }
    for (k, &value) in found.iter().enumerate() {
        set_argument(ctx, start + k as u64, value);
    }
    nil()
}

/// Reports an odd number of keyword arguments, and keywords that the callee does not know.
fn check(ctx: &mut ThreadContext, start: u64, nargs: u64, keywords: Value, others: bool) -> LispResult {
    if !(nargs - start).is_multiple_of(2) {
        let items: Vec<Value> = (start..nargs).map(|i| argument(ctx, i)).collect();
        let items = list(ctx, &items);
        return Err(ctx.raise(ErrorKind::OddKeywords, &[items, nil()]));
    }
    let allow = well_known(Sym::KW_ALLOW_OTHER_KEYS);
    let allowed = (start..nargs).step_by(2).find(|&i| argument(ctx, i) == allow).is_some_and(|i| !argument(ctx, i + 1).is_nil());
    if others || allowed {
        return Ok(nil());
    }
    let is_known = |key: Value| key == allow || (0..keywords.size()).any(|k| keywords.slot(k) == key);
    let unknown: Vec<Value> = (start..nargs).step_by(2).map(|i| argument(ctx, i)).filter(|&key| !is_known(key)).collect();
    if unknown.is_empty() {
        return Ok(nil());
    }
    let unknown = list(ctx, &unknown);
    Err(ctx.raise(ErrorKind::UnknownKeyword, &[unknown, nil()]))
}
