//! The allocation slow path, safepoints, limits and stress modes.

use super::*;
use crate::abi::tags::{CONS_TAG, ERROR_MARK};
use crate::abi::thread_context::ErrorKind;
use crate::gc::mutator::allocate_for_lisp;
use crate::gc::{safepoint, stack_check_fails};
use crate::stack::HandleScope;

/// A cons, allocated as compiled code does.
fn lisp_cons(world: &mut World, car: Value, cdr: Value) -> Option<Value> {
    let scope = HandleScope::new(world);
    let (car, cdr) = (scope.handle(car), scope.handle(cdr));
    let address = if world.alloc_limit - world.alloc_ptr >= 16 {
        world.alloc_ptr += 16;
        world.alloc_ptr - 16
    } else {
        // SAFETY: the context is this thread's; there are no Lisp frames.
        unsafe { allocate_for_lisp(&raw mut **world, 16) }
    };
    if address == ERROR_MARK {
        return None;
    }
    // SAFETY: 16 fresh bytes.
    unsafe { *(address as *mut [u64; 2]) = [car.get().0, cdr.get().0] };
    Some(Value(address | CONS_TAG))
}

fn small(limit: u64) -> HeapOptions {
    HeapOptions { reserve: 1 << 30, limit, nursery: 1 << 20 }
}

#[test]
fn programs_that_drop_their_data_run_forever_in_little_memory() {
    let mut world = World::with("verify,poison", small(8 << 20));
    for i in 0..4_000_000 {
        lisp_cons(&mut world, Value::fixnum(i), nil()).expect("there is room");
    }
    assert!(world.collector().stats.minor > 30, "minor collections did it");
    assert!(heap::of(&mut world).used() <= 2 << 20);
}

#[test]
fn exhaustion_is_an_error_and_repeatable() {
    let mut world = World::with("", small(8 << 20));
    for round in 0..3 {
        let scope = HandleScope::new(&mut world);
        let list = scope.handle(nil());
        let mut count = 0;
        while let Some(cell) = lisp_cons(&mut world, Value::fixnum(count), list.get()) {
            list.set(cell);
            count += 1;
            assert!(count < 1 << 20, "the limit holds in round {round}");
        }
        assert_eq!(world.pending_kind, ErrorKind::HeapExhausted as u64);
        assert!(count > 300_000, "most of the limit could be used");
        assert!(lisp_cons(&mut world, nil(), nil()).is_some(), "handlers have a reserve");
        drop(scope);
        world.collect(Level::Full);
    }
}

#[test]
fn a_heap_near_its_limit_is_collected_without_doubling() {
    let mut world = World::with("verify,poison", small(32 << 20));
    let scope = HandleScope::new(&mut world);
    let list = scope.handle(nil());
    // Live data fills most of the limit; every second cell's car is a cell of its own that dies later.
    for i in 0..700_000 {
        let item = lisp_cons(&mut world, Value::fixnum(i), nil()).expect("there is room");
        let cell = lisp_cons(&mut world, item, list.get()).expect("there is room");
        list.set(cell);
    }
    for round in 0..4 {
        let before = heap::of(&mut world).blocks.frontier;
        world.collect(Level::Full);
        let grown = (heap::of(&mut world).blocks.frontier - before) as u64 * crate::heap::block::BLOCK_BYTES;
        assert!(grown <= 12 << 20, "round {round} took {grown} bytes");
    }
    let mut rest = list.get();
    while rest.is_cons() {
        crate::object::set_car(&mut world, rest, nil());
        rest = rest.cdr();
    }
    (0..8).for_each(|_| world.collect(Level::Full));
    let used = heap::of(&mut world).used();
    assert!(used < 14 << 20, "holes are squeezed out in time: {used}");
    assert_eq!(list.get().list_iter().count(), 700_000);
}

#[test]
fn stress_sees_every_allocation() {
    let mut world = World::new("every=3,verify,poison,move-all");
    let scope = HandleScope::new(&mut world);
    let list = scope.handle(nil());
    for i in (0..300).rev() {
        let cell = lisp_cons(&mut world, Value::fixnum(i), list.get()).expect("there is room");
        list.set(cell);
    }
    assert!(is_iota(list.get(), 300));
    let stats = &world.collector().stats;
    assert!(stats.full >= 99 && stats.poisoned_bytes > 0 && stats.verified_objects > 0, "{}", stats.report());
}

#[test]
fn injected_exhaustion_happens_once() {
    let mut world = World::new("oom=5");
    let results: Vec<bool> = (0..10).map(|_| lisp_cons(&mut world, nil(), nil()).is_some()).collect();
    assert_eq!(results.iter().filter(|ok| !**ok).count(), 1);
    assert!(!results[4], "the fifth request fails");
}

#[test]
fn safepoints_serve_requests() {
    let mut world = World::new("");
    world.real_stack_limit = 4096;
    world.iota(200_000);
    assert_eq!(world.gc_requested, 1, "Rust code overfilled the nursery");
    assert!(safepoint(&mut world).is_ok());
    assert_eq!((world.gc_requested, world.stack_limit), (0, 4096), "served");
    assert_eq!(heap::of(&mut world).used(), 0, "collected");
}

#[test]
fn a_safepoint_over_the_limit_is_an_error() {
    let mut world = World::with("", small(2 << 20));
    let scope = HandleScope::new(&mut world);
    let list = world.iota(400_000);
    let handle = scope.handle(list);
    assert!(safepoint(&mut world).is_err(), "what Rust allocated does not fit");
    assert!(is_iota(handle.get(), 400_000), "but nothing is lost");
}

#[test]
fn stack_checks_fail_on_demand() {
    let mut world = World::new("stack=3");
    assert_eq!(world.stack_limit, u64::MAX, "every check asks");
    let failures: Vec<bool> = (0..5).map(|_| stack_check_fails(&mut world)).collect();
    assert_eq!(failures, [false, false, true, false, false]);
}

#[test]
fn the_null_collector_never_collects() {
    let mut world = World::with("collector=null", small(4 << 20));
    let mut count = 0;
    while lisp_cons(&mut world, nil(), nil()).is_some() {
        count += 1;
    }
    assert!(count > 250_000 && world.collector().stats.minor == 0, "it fills the heap and stops");
}
