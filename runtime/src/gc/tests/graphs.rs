//! Shapes of data: lists, nests, vectors, large objects, pins, weak pointers.

use super::*;
use crate::abi::layout::kind;
use crate::abi::thread_context::Segment;
use crate::heap::block::{BLOCK_BYTES, LARGE_BYTES};
use crate::object::{double, make_simple_vector, record, set_car, set_cdr, set_slot, string, string_to_rust};
use crate::stack::HandleScope;

#[test]
fn lists_move_and_keep_their_contents() {
    for gc in ["", "poison,verify", "protect,verify", "move-all,poison,verify", "collector=single,poison"] {
        let mut world = World::new(gc);
        let scope = HandleScope::new(&mut world);
        let list = world.iota(10_000);
        let handle = scope.handle(list);
        for round in 0..5 {
            let before = handle.get();
            world.collect(if round == 3 { Level::Full } else { Level::Minor });
            if round < 2 || gc.contains("move-all") {
                assert_ne!(handle.get(), before, "survivors move until they are old ({gc})");
            }
            assert!(is_iota(handle.get(), 10_000), "the list is whole after round {round} ({gc})");
        }
    }
}

#[test]
fn garbage_is_freed_and_memory_returned() {
    let mut world = World::new("verify");
    let scope = HandleScope::new(&mut world);
    let list = world.iota(1_000_000);
    let handle = scope.handle(list);
    (0..3).for_each(|_| world.collect(Level::Minor));
    assert!(heap::of(&mut world).used() >= 16_000_000, "the list is kept");
    handle.set(nil());
    world.collect(Level::Full);
    assert!(heap::of(&mut world).used() <= 2 * BLOCK_BYTES, "nothing is left");
    assert!(world.collector().stats.returned_bytes > 10_000_000, "the memory went back to the system");
}

#[test]
fn every_kind_of_slot_survives() {
    let mut world = World::new("move-all,poison,verify");
    let ctx = &mut *world;
    let scope = HandleScope::new(ctx);
    let text = string(ctx, "grüße, λ");
    let number = double(ctx, 2.5);
    let cell = record(ctx, kind::VALUE_CELL, &[text]);
    let vector = make_simple_vector(ctx, 3, cell);
    set_slot(ctx, vector, 0, number);
    set_slot(ctx, vector, 1, Value::character(0x1f600));
    let handle = scope.handle(vector);
    world.collect(Level::Full);
    world.collect(Level::Minor);
    let vector = handle.get();
    assert_eq!(vector.slot(0).as_double(), 2.5);
    assert_eq!(vector.slot(1).as_character(), 0x1f600);
    assert_eq!(string_to_rust(vector.slot(2).slot(0)), "grüße, λ");
}

#[test]
fn deep_structures_need_no_stack() {
    const DEPTH: i64 = 10_000_000;
    let run = || {
        let mut world = World::new("");
        let scope = HandleScope::new(&mut world);
        let list = world.iota(DEPTH);
        let nest = (0..DEPTH).fold(nil(), |inner, i| cons(&mut world, inner, Value::fixnum(i)));
        let (list, nest) = (scope.handle(list), scope.handle(nest));
        for level in [Level::Minor, Level::Minor, Level::Full] {
            world.collect(level);
            assert!(is_iota(list.get(), DEPTH), "the list is whole");
            let mut depth = 0;
            let mut rest = nest.get();
            while rest.is_cons() {
                depth += 1;
                assert_eq!(rest.cdr(), Value::fixnum(DEPTH - depth), "the nest is whole");
                rest = rest.car();
            }
            assert_eq!(depth, DEPTH);
        }
    };
    std::thread::Builder::new().stack_size(256 << 10).spawn(run).expect("a thread").join().expect("no overflow");
}

#[test]
fn old_objects_keep_young_ones_through_cards() {
    let mut world = World::new("poison,verify");
    let scope = HandleScope::new(&mut world);
    let list = world.iota(5_000);
    let holder = scope.handle(list);
    (0..3).for_each(|_| world.collect(Level::Minor));
    let mut cell = holder.get();
    let mut index = 0;
    while cell.is_cons() {
        if index % 7 == 0 {
            let young = cons(&mut world, Value::fixnum(index), nil());
            set_car(&mut world, cell, young);
        }
        (cell, index) = (cell.cdr(), index + 1);
    }
    for _ in 0..3 {
        world.collect(Level::Minor);
        for (index, item) in holder.get().list_iter().enumerate() {
            let expected = Value::fixnum(index as i64);
            assert_eq!(if index % 7 == 0 { item.car() } else { item }, expected, "stored into an old list");
        }
    }
}

#[test]
fn large_objects_stay_and_are_scanned() {
    let mut world = World::new("poison,verify");
    let scope = HandleScope::new(&mut world);
    let big = make_simple_vector(&mut world, 100_000, nil());
    let handle = scope.handle(big);
    for round in 0..6 {
        for i in (0..100_000).step_by(977) {
            let item = cons(&mut world, Value::fixnum(i as i64), Value::fixnum(round));
            set_slot(&mut world, handle.get(), i, item);
        }
        world.collect(if round == 4 { Level::Full } else { Level::Minor });
        assert_eq!(handle.get(), big, "large objects do not move");
        for i in (0..100_000).step_by(977) {
            assert_eq!((big.slot(i).car(), big.slot(i).cdr()), (Value::fixnum(i as i64), Value::fixnum(round)));
        }
    }
    handle.set(nil());
    world.collect(Level::Full);
    assert!(heap::of(&mut world).used() <= 2 * BLOCK_BYTES, "large garbage is freed");
}

#[test]
fn young_large_garbage_dies_in_minor_collections() {
    let mut world = World::new("verify");
    for _ in 0..100 {
        make_simple_vector(&mut world, LARGE_BYTES as usize, nil());
    }
    assert!(heap::of(&mut world).used() > 100 * LARGE_BYTES);
    world.collect(Level::Minor);
    assert_eq!(heap::of(&mut world).used(), 0, "nothing is left");
}

#[test]
fn pinned_objects_stay_among_the_dead() {
    for level in [Level::Minor, Level::Full] {
        let mut world = World::new("poison,verify");
        let mut slots = [0u64; 2];
        let list = world.iota(100);
        let text = string(&mut world, "pinned");
        slots[0] = list.0;
        slots[1] = text.0;
        let mut segment = Segment { previous: std::ptr::null_mut(), slots: slots.as_mut_ptr(), count: 2, flags: 0 };
        world.segments = &raw mut segment;
        for _ in 0..4 {
            world.iota(1000);
            world.collect(level);
            // SAFETY: the slots are alive; collections read and write them through the raw pointer.
            let now = unsafe { [slots.as_ptr().read_volatile(), slots.as_ptr().add(1).read_volatile()] };
            assert_eq!(now, [list.0, text.0], "what a C segment retains does not move");
            assert!(is_iota(list, 100), "nor does it lose what it refers to");
            assert_eq!(string_to_rust(text), "pinned");
        }
        assert!(world.collector().stats.pinned_blocks > 0, "blocks were promoted in place");
        world.segments = std::ptr::null_mut();
        world.collect(Level::Full);
        assert_eq!(heap::of(&mut world).used(), 0, "no longer pinned, no longer alive");
    }
}

#[test]
fn weak_pointers_follow_or_are_cleared() {
    let mut world = World::new("poison,verify");
    let scope = HandleScope::new(&mut world);
    let kept = scope.handle(Value::ZERO);
    let list = world.iota(3);
    kept.set(list);
    let lost = world.iota(3);
    let (to_kept, to_lost) = (record(&mut world, kind::WEAK_POINTER, &[list]), record(&mut world, kind::WEAK_POINTER, &[lost]));
    let (to_kept, to_lost) = (scope.handle(to_kept), scope.handle(to_lost));
    for level in [Level::Minor, Level::Minor, Level::Minor, Level::Full] {
        world.collect(level);
        assert_eq!(to_kept.get().slot(0), kept.get(), "follows its object");
        assert_eq!(to_lost.get().slot(0), Value::UNBOUND, "the dead are forgotten");
    }
    // An old weak pointer to a young object.
    let young = world.iota(2);
    set_slot(&mut world, to_lost.get(), 0, young);
    world.collect(Level::Minor);
    assert_eq!(to_lost.get().slot(0), Value::UNBOUND, "an old weak pointer keeps nothing alive");
    let young = world.iota(2);
    kept.set(young);
    set_slot(&mut world, to_kept.get(), 0, young);
    world.collect(Level::Minor);
    world.collect(Level::Minor);
    assert_eq!(to_kept.get().slot(0), kept.get(), "an old weak pointer follows a young object");
}

#[test]
fn cycles_die() {
    let mut world = World::new("verify");
    for _ in 0..1000 {
        let a = world.iota(1);
        let b = cons(&mut world, a, a);
        set_cdr(&mut world, a, b);
    }
    world.collect(Level::Minor);
    assert_eq!(heap::of(&mut world).used(), 0, "cycles are no reason to live");
}

#[test]
fn lost_barriers_and_skipped_forwards_are_found() {
    let mut world = World::new("inject=skip-barrier");
    let scope = HandleScope::new(&mut world);
    let list = world.iota(1);
    let old = scope.handle(list);
    (0..3).for_each(|_| world.collect(Level::Minor));
    let young = world.iota(1);
    set_car(&mut world, old.get(), young);
    assert!(check(&mut world).is_err(), "an unmarked card is a fault");
    drop(scope);

    let mut world = World::new("inject=skip-forward,poison");
    let scope = HandleScope::new(&mut world);
    for _ in 0..100 {
        let list = world.iota(1);
        scope.handle(list);
    }
    world.collect(Level::Minor);
    assert!(check(&mut world).is_err(), "a root into from-space is a fault");
}
