//! Random graphs, mutated at random under random collections, compared with a shadow graph in Rust.

use super::*;
use crate::abi::layout::kind;
use crate::object::{record, set_car, set_cdr, set_slot};
use crate::stack::{Handle, HandleScope};
use std::collections::HashMap;

/// A node of the shadow graph: slot 0 of its object is its number; the others follow.
#[derive(Clone)]
struct Node {
    is_cons: bool,
    children: Vec<Option<usize>>,
}

struct Random(u64);
impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % n as u64) as usize
    }
}

const ROOTS: usize = 24;

struct Graph<'a> {
    world: World,
    handles: Vec<Handle<'a>>,
    nodes: Vec<Node>,
    roots: [Option<usize>; ROOTS],
    random: Random,
}

impl Graph<'_> {
    /// A random node that is reachable, with its object.
    fn pick(&mut self) -> Option<(usize, Value)> {
        let root = self.random.below(ROOTS);
        let mut node = self.roots[root]?;
        let mut object = self.handles[root].get();
        for _ in 0..self.random.below(12) {
            let child = self.random.below(self.nodes[node].children.len());
            let Some(next) = self.nodes[node].children[child] else { break };
            object = child_of(object, self.nodes[node].is_cons, child);
            node = next;
        }
        Some((node, object))
    }

    /// A new object with random children becomes a root.
    fn grow(&mut self) {
        let id = self.nodes.len();
        let is_cons = self.random.below(2) == 0;
        let count = match self.random.below(200) {
            0 => 5000,
            n if n < 20 => 100,
            n => n % 5 + 1,
        };
        let picks: Vec<Option<(usize, Value)>> = (0..if is_cons { 1 } else { count }).map(|_| self.pick()).collect();
        let number = Value::fixnum(id as i64);
        let values: Vec<Value> = picks.iter().map(|pick| pick.map_or(nil(), |(_, value)| value)).collect();
        let object = if is_cons {
            cons(&mut self.world, number, values[0])
        } else {
            let slots: Vec<Value> = std::iter::once(number).chain(values).collect();
            record(&mut self.world, kind::SIMPLE_VECTOR, &slots)
        };
        self.nodes.push(Node { is_cons, children: picks.iter().map(|pick| pick.map(|(node, _)| node)).collect() });
        let root = self.random.below(ROOTS);
        self.roots[root] = Some(id);
        self.handles[root].set(object);
    }

    /// A random reachable slot gets a random value.
    fn mutate(&mut self) {
        let Some((holder, object)) = self.pick() else { return };
        let new = self.pick();
        let child = self.random.below(self.nodes[holder].children.len());
        let value = new.map_or(nil(), |(_, value)| value);
        if self.nodes[holder].is_cons {
            set_cdr(&mut self.world, object, value);
        } else {
            set_slot(&mut self.world, object, child + 1, value);
        }
        self.nodes[holder].children[child] = new.map(|(node, _)| node);
    }

    fn drop_root(&mut self) {
        let root = self.random.below(ROOTS);
        self.roots[root] = None;
        self.handles[root].set(nil());
    }

    /// The heap's graph and the shadow are the same, sharing included.
    fn compare(&mut self) {
        let mut seen: HashMap<usize, Value> = HashMap::new();
        let mut work: Vec<(usize, Value)> = Vec::new();
        for (root, handle) in self.roots.iter().zip(&self.handles) {
            match root {
                Some(node) => work.push((*node, handle.get())),
                None => assert!(handle.get().is_nil(), "an empty root stays empty"),
            }
        }
        while let Some((id, object)) = work.pop() {
            if let Some(&known) = seen.get(&id) {
                assert_eq!(known, object, "node {id} is one object");
                continue;
            }
            seen.insert(id, object);
            let node = &self.nodes[id];
            let number = if node.is_cons { object.car() } else { object.slot(0) };
            assert_eq!(number, Value::fixnum(id as i64), "the object is node {id}");
            for (index, child) in node.children.iter().enumerate() {
                let value = child_of(object, node.is_cons, index);
                match child {
                    Some(child) => work.push((*child, value)),
                    None => assert!(value.is_nil(), "no child {index} of node {id}"),
                }
            }
        }
    }
}

fn child_of(object: Value, is_cons: bool, child: usize) -> Value {
    if is_cons { object.cdr() } else { object.slot(child + 1) }
}

fn run(gc: &str, seed: u64, steps: usize) {
    let mut world = World::new(gc);
    let scope = HandleScope::new(&mut world);
    let handles = (0..ROOTS).map(|_| scope.handle(nil())).collect();
    let mut graph = Graph { world, handles, nodes: Vec::new(), roots: [None; ROOTS], random: Random(seed) };
    for _ in 0..steps {
        match graph.random.below(1000) {
            0..600 => graph.grow(),
            600..970 => graph.mutate(),
            970..980 => graph.drop_root(),
            980..998 => graph.world.collect(Level::Minor),
            _ => graph.world.collect(Level::Full),
        }
        if graph.random.below(200) == 0 {
            graph.compare();
        }
    }
    graph.world.collect(Level::Full);
    graph.compare();
    let census = graph.world.verified();
    assert!(census.objects > 0 && graph.world.collector().stats.moved_objects > 0, "the test did something");
}

#[test]
fn random_graphs_agree_with_their_shadows() {
    for seed in 1..=6 {
        run("verify,poison", seed, 8000);
    }
    run("", 77, 100_000);
}

#[test]
fn random_graphs_agree_when_everything_moves() {
    run("move-all,verify,poison", 11, 4000);
    run("verify,protect", 12, 4000);
    run("collector=single,verify", 13, 4000);
}

#[test]
#[ignore = "takes minutes"]
fn random_graphs_at_length() {
    for seed in 100..400 {
        for gc in ["verify,poison", "move-all,verify,poison", "verify,protect", "poison,every=50"] {
            run(gc, seed, 20_000);
        }
    }
}

#[test]
fn pinned_fuzz() {
    let mut world = World::new("verify,poison");
    let scope = HandleScope::new(&mut world);
    let mut slots = [0u64; 4];
    let mut segment = crate::abi::thread_context::Segment {
        previous: std::ptr::null_mut(),
        slots: slots.as_mut_ptr(),
        count: 4,
        flags: 0,
    };
    world.segments = &raw mut segment;
    let roots: Vec<Handle> = (0..8).map(|_| scope.handle(nil())).collect();
    let mut random = Random(5);
    for step in 0..20_000 {
        let tail = roots[random.below(8)].get();
        let cell = cons(&mut world, Value::fixnum(step), tail);
        roots[random.below(8)].set(cell);
        let target = roots[random.below(8)].get();
        if target.is_cons() {
            set_car(&mut world, target, cell);
        }
        match random.below(400) {
            // SAFETY: the segment's slots are alive.
            0..20 => unsafe { *segment.slots.add(random.below(4)) = roots[random.below(8)].get().0 },
            20..24 => world.collect(Level::Minor),
            24 => world.collect(Level::Full),
            25..40 => roots[random.below(8)].set(nil()),
            _ => {}
        }
    }
    world.verified();
    world.segments = std::ptr::null_mut();
    drop(roots);
}
