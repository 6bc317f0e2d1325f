//! Measurements, run by hand: `cargo test --release -p rook-runtime measure -- --ignored --nocapture`.

use super::*;
use crate::abi::tags::CONS_TAG;
use crate::gc::mutator::allocate_for_lisp;
use crate::stack::HandleScope;
use std::time::Instant;

/// A cons as compiled code makes it, without roots for its parts.
#[inline(always)]
fn quick_cons(world: &mut World, car: Value, cdr: Value) -> Value {
    let address = if world.alloc_limit - world.alloc_ptr >= 16 {
        world.alloc_ptr += 16;
        world.alloc_ptr - 16
    } else {
        // SAFETY: the context is this thread's; there are no Lisp frames.
        unsafe { allocate_for_lisp(&raw mut **world, 16) }
    };
    // SAFETY: 16 fresh bytes.
    unsafe { *(address as *mut [u64; 2]) = [car.0, cdr.0] };
    Value(address | CONS_TAG)
}

/// A tree of 2^depth - 1 conses, allocated by Rust.
fn tree(world: &mut World, depth: u32) -> Value {
    if depth == 0 {
        return nil();
    }
    let (left, right) = (tree(world, depth - 1), tree(world, depth - 1));
    cons(world, left, right)
}

/// The same by the allocation path of compiled code: may collect in between.
fn lisp_tree(world: &mut World, depth: u32) -> Value {
    let scope = HandleScope::new(world);
    if depth == 0 {
        return quick_cons(world, nil(), nil());
    }
    let left = lisp_tree(world, depth - 1);
    let left = scope.handle(left);
    let right = lisp_tree(world, depth - 1);
    let right = scope.handle(right);
    let cell = quick_cons(world, nil(), nil());
    // SAFETY: a fresh cons.
    unsafe { *((cell.0 - CONS_TAG) as *mut [u64; 2]) = [left.get().0, right.get().0] };
    cell
}

fn options() -> HeapOptions {
    HeapOptions { reserve: 16 << 30, limit: 8 << 30, ..HeapOptions::from_environment() }
}

fn time<R>(what: &str, f: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = f();
    println!("{what:<44} {:?}", start.elapsed());
    result
}

#[test]
#[ignore = "a measurement"]
fn measure_collections() {
    let mut world = World::with("", options());
    for _ in 0..3 {
        time("minor, empty heap", || world.collect(Level::Minor));
    }
    let scope = HandleScope::new(&mut world);
    let data = tree(&mut world, 22);
    let handle = scope.handle(data);
    time("first promotion of a 4 M cons tree (aging)", || world.collect(Level::Minor));
    time("second (old)", || world.collect(Level::Minor));
    for _ in 0..5 {
        time("minor, 64 MB old, nothing young", || world.collect(Level::Minor));
    }
    for _ in 0..3 {
        time("full, 4 M cons tree", || world.collect(Level::Full));
    }
    assert!(handle.get().is_cons());
}

#[test]
#[ignore = "a measurement"]
fn measure_allocation() {
    let mut world = World::with("", options());
    let count = 200_000_000u64;
    for _ in 0..2 {
        let start = Instant::now();
        for i in 0..count {
            std::hint::black_box(quick_cons(&mut world, Value((i as u64) << 1), nil()));
        }
        let elapsed = start.elapsed();
        let rate = count as f64 * 16.0 / elapsed.as_secs_f64() / 1e9;
        println!("conses that die: {:.2} ns each, {rate:.1} GB/s", elapsed.as_nanos() as f64 / count as f64);
    }
    println!("{}", world.collector().stats.report());
}

#[test]
#[ignore = "a measurement"]
fn measure_binary_trees() {
    let mut world = World::with("", options());
    let depth = 18;
    let scope = HandleScope::new(&mut world);
    let long = lisp_tree(&mut world, depth);
    let long = scope.handle(long);
    time("binary trees, depth 18", || {
        for d in (4..=depth).step_by(4) {
            for _ in 0..1u32 << (depth - d + 4) {
                std::hint::black_box(lisp_tree(&mut world, d));
            }
        }
    });
    println!("{}", world.collector().stats.report());
    println!("nursery {} KiB", heap::of(&mut world).nursery_budget >> 10);
    assert!(long.get().is_cons());
}

#[test]
#[ignore = "a measurement"]
fn measure_deep_stacks() {
    use crate::stack::frame_table::testing::table;
    use crate::stack::{CodeUnit, register_code};
    let sites: Vec<(u32, u32, &[u16])> = (1..60).map(|i| (4 * i, 64, [1u16, 2, 4].as_slice())).collect();
    let owned = table(&sites);
    for depth in [1_000usize, 20_000, 100_000, 1_000_000] {
        let mut world = World::with("", options());
        let text = owned.table.text_start as u64;
        register_code(&mut world, CodeUnit { frames: owned.table, constants: Box::new([]), release: None });
        // Frames of ten words: eight below RBP, the saved RBP, the return address.
        let mut stack = vec![0u64; depth * 10];
        let start = stack.as_mut_ptr() as u64;
        let fp = |frame: usize| start + 80 * frame as u64 + 64;
        for frame in 0..depth {
            let list = world.iota(1);
            stack[frame * 10 + 7] = list.0;
            stack[frame * 10 + 8] = if frame + 1 < depth { fp(frame + 1) } else { 0 };
            stack[frame * 10 + 9] = text + 4 * (1 + (frame as u64 * 7) % 59);
        }
        (world.lisp_fp, world.lisp_pc) = (fp(0), text + 4);
        for round in 0..4 {
            time(&format!("minor at depth {depth}, round {round}"), || world.collect(Level::Minor));
        }
    }
}
