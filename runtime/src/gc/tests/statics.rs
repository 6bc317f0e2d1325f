//! Static objects outside the heap.

use super::*;
use crate::abi::layout::{header, kind, object_bytes};
use crate::gc::register_static_area;

/// An area of conses, symbols, vectors and raw vectors in turn; the addresses of its tagged slots.
fn make_area(words: usize) -> (Vec<u128>, Vec<*mut u64>) {
    let mut area = vec![0u128; words / 2];
    let start = area.as_mut_ptr() as *mut u64;
    let (mut at, mut slots) = (0, Vec::new());
    let mut turn = 0u64;
    loop {
        let first = match turn % 5 {
            0 => 0,
            1 => header(kind::SYMBOL, 3),
            2 => header(kind::SIMPLE_VECTOR, turn % 300),
            3 => header(kind::STRING, turn % 1000),
            _ => header(kind::VALUE_CELL, 1),
        };
        let size = if first == 0 { 2 } else { object_bytes(first) as usize / 8 };
        if at + size > words {
            break;
        }
        // SAFETY: within the area.
        unsafe {
            *start.add(at) = first;
            let tagged = match turn % 5 {
                0 => 0..2,
                1 => 1..8,
                2 => 1..1 + (turn % 300) as usize,
                3 => {
                    // Raw data that looks like references.
                    (1..size).for_each(|i| *start.add(at + i) = 0x1111_1111_1111_1113);
                    0..0
                }
                _ => 1..2,
            };
            slots.extend(tagged.map(|i| start.add(at + i)));
        }
        at += size;
        turn += 1;
    }
    // What is left is one raw object.
    if at < words {
        // SAFETY: within the area, which is a multiple of two words long, like every object.
        unsafe { *start.add(at) = header(kind::FILLER, (words - at - 1) as u64) };
    }
    (area, slots)
}

#[test]
fn static_objects_are_roots_through_their_cards() {
    let mut world = World::new("verify,poison");
    let (mut area, slots) = make_area(200_000);
    let range = area.as_mut_ptr_range();
    // SAFETY: `make_area` leaves no gaps, and the area outlives the world's collections.
    unsafe { register_static_area(&mut world, range.start as *mut u8, range.end as *mut u8) };
    let mut expected = vec![None; slots.len()];
    for round in 0..12i64 {
        for step in 0..300 {
            let index = (step * 7919 + round as usize * 104_729) % slots.len();
            let list = world.iota(round + 1);
            // SAFETY: a tagged slot of a static object.
            unsafe { heap::store(&mut world, slots[index], list) };
            expected[index] = Some(round + 1);
        }
        world.collect(if round % 5 == 4 { Level::Full } else { Level::Minor });
        for (slot, length) in slots.iter().zip(&expected) {
            // SAFETY: as above.
            let value = Value(unsafe { slot.read_volatile() });
            match length {
                Some(length) => assert!(is_iota(value, *length), "the slot keeps its list"),
                None => assert_eq!(value, Value::ZERO, "other slots are left alone"),
            }
        }
    }
    assert!(world.collector().stats.minor > 5);
}
