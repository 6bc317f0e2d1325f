//! Stack maps and code units, with hand-made frames.

use super::*;
use crate::abi::layout::{header, kind};
use crate::abi::tags::FUNCTION_TAG;
use crate::object::simple_vector;
use crate::stack::frame_table::testing::{OwnedTable, table};
use crate::stack::{CodeUnit, HandleScope, register_code};
use std::cell::Cell;
use std::rc::Rc;

/// One frame with two mapped slots (1 and 3) and an unmapped one (2) on a stack of its own.
struct Stack {
    words: Box<[u64; 16]>,
    _table: OwnedTable,
}

fn enter(world: &mut World) -> Stack {
    let owned = table(&[(16, 64, &[1, 3])]);
    let text = owned.table.text_start as u64;
    register_code(world, CodeUnit { frames: owned.table, constants: Box::new([]), release: None });
    let mut words = Box::new([0u64; 16]);
    world.lisp_fp = &raw mut words[12] as u64;
    world.lisp_pc = text + 16;
    Stack { words, _table: owned }
}

#[test]
fn mapped_slots_are_updated_and_others_left() {
    let mut world = World::new("poison,verify,audit");
    let mut stack = enter(&mut world);
    let (kept, dead) = (world.iota(10), world.iota(5));
    (stack.words[11], stack.words[10], stack.words[9]) = (kept.0, dead.0, kept.0);
    world.collect(Level::Minor);
    assert!(is_iota(Value(stack.words[11]), 10) && stack.words[11] != kept.0, "slot 1 follows its object");
    assert_eq!(stack.words[9], stack.words[11], "slot 3 too");
    assert_eq!(stack.words[10], dead.0, "an unmapped word is left alone");
    let stats = &world.collector().stats;
    assert!(stats.audited_words == 8 && stats.audit_unmapped == 1, "the audit saw the unmapped word");
}

#[test]
fn faults_in_maps_are_found() {
    for fault in ["inject=drop-map-entry,poison", "inject=wrong-slot,poison"] {
        let mut world = World::new(fault);
        let mut stack = enter(&mut world);
        stack.words[11] = world.iota(10).0;
        world.collect(Level::Minor);
        assert!(check(&mut world).is_err(), "{fault} is found");
        world.lisp_fp = 0;
    }
}

#[test]
fn constants_are_roots_while_their_code_lives() {
    let mut world = World::new("poison,verify");
    let scope = HandleScope::new(&mut world);
    let owned = table(&[(16, 64, &[])]);
    let text = owned.table.text_start as u64;
    let constants = vec![world.iota(10).0].into_boxed_slice();
    let constant = constants.as_ptr();
    let released = Rc::new(Cell::new(false));
    let release: Box<dyn FnOnce()> = Box::new({
        let released = released.clone();
        move || released.set(true)
    });
    let id = register_code(&mut world, CodeUnit { frames: owned.table, constants, release: Some(release) });
    let base = crate::heap::allocate(&mut world, header(kind::FUNCTION, 2));
    // SAFETY: a fresh function with an entry and one slot.
    unsafe {
        *base.add(1) = text + 32;
        *base.add(2) = Value::fixnum(4).0;
    }
    let function = scope.handle(Value(base as u64 | FUNCTION_TAG));
    for level in [Level::Minor, Level::Minor, Level::Minor, Level::Full, Level::Full] {
        world.collect(level);
        // SAFETY: the unit is alive, and so are its constants.
        assert!(is_iota(Value(unsafe { constant.read_volatile() }), 10), "constants are updated");
    }
    assert!(!released.get() && registry::of(&mut world).is_registered(id), "a function keeps its code");
    // A store into a constant after the fact is found by its card.
    let young = world.iota(3);
    // SAFETY: a constant of a live unit.
    unsafe { crate::heap::store(&mut world, constant.cast_mut(), young) };
    world.collect(Level::Minor);
    // SAFETY: as above.
    assert!(is_iota(Value(unsafe { constant.read_volatile() }), 3), "stored constants are updated");
    function.set(nil());
    world.collect(Level::Minor);
    assert!(!released.get(), "a minor collection frees no code");
    (world.lisp_fp, world.lisp_pc) = (0, 0);
    world.collect(Level::Full);
    assert!(released.get(), "a full one does");
}

#[test]
fn return_addresses_keep_code() {
    let mut world = World::new("verify");
    let _stack = enter(&mut world);
    world.collect(Level::Full);
    assert_eq!(registry::of(&mut world).unit_count(), 1, "the frame's code stays");
    world.lisp_fp = 0;
    world.collect(Level::Full);
    assert_eq!(registry::of(&mut world).unit_count(), 0, "without the frame it goes");
}

#[test]
fn register_words_of_the_argument_area_do_not_go_stale() {
    let mut world = World::new("poison,verify");
    let mut args = [0u64; 8];
    world.args = args.as_mut_ptr() as u64;
    let list = world.iota(3);
    args[0] = list.0;
    world.collect(Level::Minor);
    // SAFETY: the area is alive; the collector wrote it through the context.
    assert_eq!(unsafe { args.as_ptr().read_volatile() }, 0, "a word that was not counted is cleared");
    let vector = simple_vector(&mut world, &[Value::fixnum(1)]);
    args[4] = vector.0;
    world.arg_count = 5;
    world.collect(Level::Minor);
    // SAFETY: as above.
    let moved = Value(unsafe { args.as_ptr().add(4).read_volatile() });
    assert!(moved != vector && moved.slot(0) == Value::fixnum(1), "counted words are roots");
    world.arg_count = 0;
}
