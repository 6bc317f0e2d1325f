//! The argument area: spreading lists and values into it, rest lists, keyword arguments.
//!
//! Indexes and counts are raw words here. Nothing allocates between reading the area and using it
//! except Rust allocation, which never collects.

use super::anchored_thunk;
use super::errors::{too_many_arguments, wrong_type};
use crate::abi::thread_context::{ARGUMENT_AREA_WORDS, ErrorKind, REGISTER_ARGS, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::{cons, list};
use crate::value::{LispResult, Value, nil};

/// What a counting function returns when it recorded a pending error.
const FAILED: u64 = u64::MAX;

// (ctx, list, start) and (ctx, value, count, start) -> new count.
anchored_thunk!("rook_rt_spread_list", spread_list, ["cmp rax, -1", "je rook_raise_pending", "ret"]);
anchored_thunk!("rook_rt_spread_values", spread_values, ["cmp rax, -1", "je rook_raise_pending", "ret"]);
// (ctx, start, nargs) -> list; (ctx, start, nargs, keywords, whether others are allowed) -> NIL.
anchored_thunk!("rook_rt_rest_list", rest_list, ["ret"]);
anchored_thunk!(
    "rook_rt_parse_keys",
    parse_keys,
    ["cmp rax, {mark}", "je rook_raise_pending", "ret"],
    mark = const crate::abi::tags::ERROR_MARK
);

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
