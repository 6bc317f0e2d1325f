//! Tests of the collector without compiled code: object graphs made through `object`, rooted by handles.

mod compiled;
mod frames;
mod fuzz;
mod graphs;
mod limits;
mod measure;
mod statics;

use super::options::GcOptions;
use super::verify::{Census, check};
use super::{Collector, Level, collect};
use crate::abi::thread_context::ThreadContext;
use crate::heap::{self, HeapOptions};
use crate::object::cons;
use crate::stack::{handles, registry};
use crate::value::{Value, nil};
use std::ops::{Deref, DerefMut};

/// A context with a heap of its own, taken down at the end.
struct World(Box<ThreadContext>);

impl World {
    fn new(gc: &str) -> World {
        World::with(gc, HeapOptions { reserve: 16 << 30, limit: 4 << 30, nursery: 1 << 20 })
    }

    fn with(gc: &str, options: HeapOptions) -> World {
        // SAFETY: a thread context is plain words and pointers; all zero is its state before attaching.
        let mut ctx: Box<ThreadContext> = unsafe { Box::new(std::mem::zeroed()) };
        heap::attach_with(&mut ctx, options);
        let (parsed, complaints) = GcOptions::parse(gc);
        assert!(complaints.is_empty(), "the test's options are options: {complaints:?}");
        super::use_options(&mut ctx, parsed);
        World(ctx)
    }

    fn collector(&mut self) -> &'static mut Collector {
        super::of(&mut self.0)
    }

    fn collect(&mut self, level: Level) {
        assert!(collect(&mut self.0, level), "the collector runs");
    }

    fn verified(&mut self) -> Census {
        match check(&mut self.0) {
            Ok(census) => census,
            Err(fault) => panic!("the heap is in order: {fault}"),
        }
    }

    /// `(0 1 2 … n-1)`.
    fn iota(&mut self, n: i64) -> Value {
        (0..n).rev().fold(nil(), |rest, i| cons(&mut self.0, Value::fixnum(i), rest))
    }
}

impl Deref for World {
    type Target = ThreadContext;
    fn deref(&self) -> &ThreadContext {
        &self.0
    }
}
impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut ThreadContext {
        &mut self.0
    }
}
impl Drop for World {
    fn drop(&mut self) {
        super::detach(&mut self.0);
        handles::detach(&mut self.0);
        registry::detach(&mut self.0);
        heap::detach(&mut self.0);
    }
}

fn is_iota(list: Value, n: i64) -> bool {
    let mut next = 0;
    let mut rest = list;
    while rest.is_cons() {
        if rest.car() != Value::fixnum(next) {
            return false;
        }
        next += 1;
        rest = rest.cdr();
    }
    rest.is_nil() && next == n
}
