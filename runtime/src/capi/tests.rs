//! The C API tested from Rust as C would use it.

use super::calls::*;
use super::define::rook_define;
use super::segments::*;
use super::values::*;
use super::*;
use crate::abi::thread_context::Segment;
use crate::object::testing::with_context;
use crate::thread;
use crate::value::{Value, nil, t};

/// Runs `f` with the shared context as that of this thread.
fn as_c(f: impl FnOnce()) {
    with_context(|ctx| {
        thread::set_current(ctx);
        f();
        thread::set_current(std::ptr::null_mut());
    });
}

#[test]
fn numbers_and_strings_convert_both_ways() {
    as_c(|| {
        let (mut i, mut u, mut d) = (0, 0, 0.0);
        // SAFETY: the results are local variables, the texts literals.
        unsafe {
            assert!(rook_to_int64(rook_int64(i64::MIN), &mut i) && i == i64::MIN);
            assert!(rook_to_uint64(rook_uint64(u64::MAX), &mut u) && u == u64::MAX);
            assert!(!rook_to_int64(rook_uint64(u64::MAX), &mut i));
            assert!(rook_to_double(rook_double(1.5), &mut d) && d == 1.5);
            assert!(!rook_to_double(t(), &mut d));
            let mut buffer = [0u8; 6];
            let text = rook_string(c"größer".as_ptr());
            assert_eq!(rook_to_utf8(text, buffer.as_mut_ptr(), buffer.len()), 8);
            assert_eq!(&buffer, b"gr\xc3\xb6\0\0", "cut between characters");
            assert_eq!(rook_to_utf8(rook_int64(1), buffer.as_mut_ptr(), 6), -1);
        }
    });
}

#[test]
fn lists_and_vectors_are_checked() {
    as_c(|| {
        let list = rook_cons(rook_int64(1), rook_cons(rook_int64(2), nil()));
        assert_eq!(rook_length(list), 2);
        assert_eq!(rook_car(rook_int64(3)), nil());
        assert!(rook_set_cdr(rook_cdr(list), list));
        assert_eq!(rook_length(list), -1, "a circle has no length");
        let v = rook_vector(3);
        assert!(rook_vector_set(v, 2, t()) && !rook_vector_set(v, 3, t()));
        assert_eq!((rook_vector_ref(v, 2), rook_length(v), rook_kind(v)), (t(), 3, 8));
    });
}

#[test]
fn segments_start_as_nil_and_nest() {
    as_c(|| {
        gc_push_segment(std::ptr::null_mut(), 2);
        assert_eq!(rook_retained(1), nil());
        gc_set_retained(1, t());
        gc_prepare_call(0);
        let mut slots = [7u64; 1];
        let mut segment = Segment { previous: std::ptr::null_mut(), slots: std::ptr::null_mut(), count: 0, flags: 0 };
        // SAFETY: both live until the segment is left below.
        unsafe { rook_segment_enter(&mut segment, slots.as_mut_ptr(), 1) };
        assert_eq!(rook_retained(0), nil());
        gc_push_segment(std::ptr::null_mut(), 1);
        // SAFETY: entered above.
        unsafe { rook_segment_leave(&mut segment) };
        assert_eq!(rook_retained(1), t(), "leaving a scope closes what is open inside it");
        gc_pop_segment();
        assert!(context().segments.is_null());
    });
}

unsafe extern "C" fn last_argument(nargs: i32, args: *mut Value) -> Value {
    // SAFETY: there are `nargs` arguments.
    unsafe { *args.add(nargs as usize - 1) }
}

/// Opens a segment and leaves it open by passing an exit on.
unsafe extern "C" fn throws_over_c(_: i32, args: *mut Value) -> Value {
    gc_push_segment(std::ptr::null_mut(), 3);
    // SAFETY: the first argument is a function of two arguments.
    unsafe { rook_funcall(*args, 2, args.add(1)) }
}

/// Sees the exit, and lets it go on by returning.
unsafe extern "C" fn returns_on_exit(_: i32, args: *mut Value) -> Value {
    let mut result = nil();
    // SAFETY: as above.
    let status = unsafe { rook_call(*args, 2, args.add(1), &mut result) };
    assert_eq!(status, ROOK_EXIT);
    t()
}

/// Swallows the exit.
unsafe extern "C" fn drops_exit(_: i32, args: *mut Value) -> Value {
    // SAFETY: as above.
    let status = unsafe { rook_call(*args, 2, args.add(1), std::ptr::null_mut()) };
    assert_eq!(status, ROOK_EXIT);
    assert!(rook_drop_exit() && !rook_drop_exit());
    t()
}

#[test]
fn c_functions_take_many_arguments() {
    as_c(|| {
        // SAFETY: literals.
        let f = unsafe { rook_define(c"LAST-ARGUMENT".as_ptr(), std::ptr::null(), last_argument, 1, -1) };
        for count in [1, 4, 5, 40] {
            let args: Vec<Value> = (1..=count).map(Value::fixnum).collect();
            let mut result = nil();
            // SAFETY: `count` arguments and a local result.
            let status = unsafe { rook_call(f, count as i32, args.as_ptr(), &mut result) };
            assert_eq!((status, result), (ROOK_OK, Value::fixnum(count)));
        }
        assert!(context().segments.is_null());
    });
}

/// (catch tag (c-function throw tag value)), through hand-made Lisp code.
fn caught(name: &std::ffi::CStr, c: unsafe extern "C" fn(i32, *mut Value) -> Value) -> Value {
    let ctx = context();
    // SAFETY: literals.
    let c = unsafe { rook_define(name.as_ptr(), std::ptr::null(), c, 3, 3) };
    let result = crate::control::tests::catch_around(ctx, c);
    assert!(ctx.segments.is_null(), "every exit pops");
    assert!(ctx.exit_chain.is_null() && ctx.entry_frame == 0);
    result
}

/// (throw tag value level …): itself again until the level is 0, then the throw; a segment per level.
unsafe extern "C" fn deeper(_: i32, args: *mut Value) -> Value {
    // SAFETY: four arguments.
    let (throw, tag, value, level) = unsafe { (*args, *args.add(1), *args.add(2), *args.add(3)) };
    gc_push_segment(std::ptr::null_mut(), 1);
    gc_set_retained(0, value);
    let next = Value::fixnum(level.as_fixnum() - 1);
    // SAFETY: arrays of as many values as announced.
    unsafe {
        if level == Value::fixnum(0) {
            return rook_funcall(throw, 2, [tag, value].as_ptr());
        }
        let own = rook_intern(c"DEEPER".as_ptr(), std::ptr::null());
        let args = [throw, tag, value, next];
        let mut result = nil();
        if level.as_fixnum() % 2 == 0 {
            return rook_funcall(own, 4, args.as_ptr());
        }
        assert_eq!(rook_call(own, 4, args.as_ptr(), &mut result), ROOK_EXIT);
        rook_continue_exit()
    }
}

unsafe extern "C" fn hundred_levels(_: i32, args: *mut Value) -> Value {
    // SAFETY: three arguments, passed on with a level.
    unsafe {
        let own = rook_define(c"DEEPER".as_ptr(), std::ptr::null(), deeper, 4, 4);
        let args = [*args, *args.add(1), *args.add(2), Value::fixnum(100)];
        rook_funcall(own, 4, args.as_ptr())
    }
}

#[test]
fn an_exit_passes_a_hundred_levels_of_c_and_lisp() {
    as_c(|| assert_eq!(caught(c"HUNDRED-LEVELS", hundred_levels), Value::fixnum(5)));
}

#[test]
fn exits_pass_over_c_or_wait_for_it() {
    as_c(|| {
        assert_eq!(caught(c"THROWS-OVER-C", throws_over_c), Value::fixnum(5));
        assert_eq!(caught(c"RETURNS-ON-EXIT", returns_on_exit), Value::fixnum(5));
        assert_eq!(caught(c"DROPS-EXIT", drops_exit), t());
    });
}

#[test]
fn the_header_declares_what_the_library_defines() {
    let header = include_str!("../../include/rook.h");
    let code: String = header.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, code)| code)).collect();
    let sources = [
        include_str!("boot.rs"),
        include_str!("calls.rs"),
        include_str!("define.rs"),
        include_str!("segments.rs"),
        include_str!("values.rs"),
        include_str!("../start.rs"),
    ]
    .concat();
    let exported: Vec<&str> = sources
        .split("#[unsafe(no_mangle)]")
        .skip(1)
        .filter_map(|s| s.split_once("fn ")?.1.split_once('(').map(|(name, _)| name))
        .collect();
    for name in &exported {
        assert!(code.contains(&format!(" {name}(")) || code.contains(&format!("*{name}(")), "{name} is not in the header");
    }
    for line in code.lines().filter(|line| line.ends_with(';') && !line.starts_with(' ') && line.contains('(')) {
        let Some(name) = line.split('(').next().and_then(|head| head.rsplit([' ', '*']).next()) else { continue };
        let is_function = name.starts_with("rook_") || name.starts_with("gc_");
        assert!(!is_function || exported.contains(&name), "{name} is declared but not defined");
    }
    assert!(exported.len() > 40);
}

/// (list 1 2) with fresh conses.
fn fresh_list() -> Value {
    rook_cons(rook_int64(1), rook_cons(rook_int64(2), nil()))
}

unsafe extern "C" fn collect_everything(_: i32, _: *mut Value) -> Value {
    crate::gc::collect(context(), crate::gc::Level::Full);
    nil()
}

/// Retains one fresh list in a segment, another as its own argument, and calls Lisp that collects.
unsafe extern "C" fn retains_over_collection(_: i32, args: *mut Value) -> Value {
    // SAFETY: one argument; the callee takes none.
    unsafe {
        let argument = *args;
        gc_push_segment(std::ptr::null_mut(), 2);
        let kept = fresh_list();
        gc_set_retained(0, kept);
        let handle = rook_handle_new(fresh_list());
        let lost = crate::object::make_simple_vector(context(), 1, fresh_list());
        let pointer = crate::object::record(context(), crate::abi::layout::kind::WEAK_POINTER, &[lost]);
        gc_set_retained(1, pointer);
        gc_prepare_call(0);
        let collect = rook_intern(c"COLLECT-EVERYTHING".as_ptr(), std::ptr::null());
        assert_eq!(rook_call(collect, 0, std::ptr::null(), std::ptr::null_mut()), ROOK_OK);
        let is_intact = |list: Value| rook_car(list) == rook_int64(1) && rook_car(rook_cdr(list)) == rook_int64(2);
        assert_eq!(rook_retained(0), kept, "what a segment retains stays in place");
        assert!(is_intact(kept) && is_intact(argument) && is_intact(*args));
        assert!(is_intact(rook_handle_get(handle)), "a handle follows its value");
        rook_handle_free(handle);
        // The C variable still holds the bits of a dead object: nobody marked it.
        let weak = rook_retained(1).slot(0);
        assert_ne!(weak, lost, "a C variable is no root");
        gc_pop_segment();
        argument
    }
}

#[test]
fn segments_keep_values_over_a_collection_and_c_variables_do_not() {
    as_c(|| {
        // SAFETY: literals, and an array of one argument.
        unsafe {
            rook_define(c"COLLECT-EVERYTHING".as_ptr(), std::ptr::null(), collect_everything, 0, 0);
            let f = rook_define(c"RETAINS".as_ptr(), std::ptr::null(), retains_over_collection, 1, 1);
            let mut result = nil();
            assert_eq!(rook_call(f, 1, [fresh_list()].as_ptr(), &mut result), ROOK_OK);
            assert_eq!(rook_length(result), 2);
        }
    });
}
