//! What a program's size is made of: bytes by kind, and by cause.
//!
//! The cause of a byte is what must be reached for it to be reached: each function, symbol or object
//! answers for itself and for all that is reachable only through it (its subtree of dominators).

use rook_runtime::abi::layout;

use super::image::{Body, Function, Image};
use super::program::string_text;
use super::shake::Node;

/// Causes that the report lists.
const LISTED: usize = 25;
/// Names that are shown of the way to a cause.
const WAY: usize = 6;

/// What `rook build -v` says: bytes by kind of what was `kept`, then the heaviest causes.
pub fn report(image: &Image, kept: &Image, reached: &Reached) -> String {
    let kilobytes = |bytes: u64| format!("{:7.1} KB", bytes as f64 / 1024.0);
    let parents = reached.parents();
    let mut text = String::new();
    if let Some((node, primitive)) = &reached.complete_tables {
        let way = way(*node, &parents, image).join(" < ");
        text += &format!("all symbols of all packages are kept: {way} calls {primitive}\n");
    }
    if let Some(node) = reached.complex_control {
        let string = match Node::of(node, image) {
            Node::Object(o) => string_text(&image.objects[o as usize].body).unwrap_or_default(),
            _ => String::new(),
        };
        let way = way(node, &parents, image).join(" < ");
        text += &format!("the FORMAT interpreter is kept: {way} has the string {string:?}\n");
    }
    text += "by kind:\n";
    for (kind, count, bytes) in by_kind(kept).into_iter().filter(|k| k.2 >= 1024) {
        text += &format!("{}  {kind} ({count})\n", kilobytes(bytes));
    }
    text += "by cause (with all that only it reaches), and the way to it:\n";
    let causes = reached.causes(|n| match Node::of(n, image) {
        Node::Program | Node::Cells(_) => 0,
        Node::Object(o) => object_bytes(&image.objects[o as usize].body),
        Node::Function(f) => function_bytes(&image.functions[f as usize]),
    });
    let mut listed = Vec::new();
    for cause in causes {
        let Some(name) = name(Node::of(cause.node, image), image) else { continue };
        if listed.contains(&name) {
            continue;
        }
        let way = way(cause.node, &parents, image).join(" < ");
        text += &format!("{}  {way}\n", kilobytes(cause.bytes));
        listed.push(name);
        if listed.len() == LISTED {
            break;
        }
    }
    text
}

/// Names of the node and of what led to it, nearest first.
fn way(mut node: u32, parents: &[u32], image: &Image) -> Vec<String> {
    let mut way: Vec<String> = Vec::new();
    while node != 0 && way.len() < WAY {
        if let Some(step) = name(Node::of(node, image), image)
            && way.last() != Some(&step)
        {
            way.push(step);
        }
        node = parents[node as usize];
    }
    way
}

/// How a person calls a node: function objects, conses and strings have no name.
fn name(node: Node, image: &Image) -> Option<String> {
    match node {
        Node::Program => None,
        Node::Object(o) | Node::Cells(o) => image.objects[o as usize].symbol.as_ref().map(|symbol| symbol.1.clone()),
        Node::Function(f) => Some(image.functions[f as usize].name.clone()),
    }
}

/// The graph that shaking walked. Node 0 is the program; others are numbered by the walker.
#[derive(Default)]
pub struct Reached {
    /// Whether anybody will ask for the edges.
    pub wanted: bool,
    /// Successors of each node.
    pub edges: Vec<Vec<u32>>,
    /// The first function that needs all symbols of all packages, and the primitive that it calls.
    pub complete_tables: Option<(u32, String)>,
    /// The first FORMAT control string that only the interpreter can run.
    pub complex_control: Option<u32>,
}

/// One cause.
pub struct Cause {
    pub node: u32,
    /// Its own bytes and those that depend on it.
    pub bytes: u64,
}

impl Reached {
    pub fn connect(&mut self, from: u32, to: u32) {
        if !self.wanted {
            return;
        }
        let nodes = from.max(to) as usize + 1;
        if self.edges.len() < nodes {
            self.edges.resize_with(nodes, Vec::new);
        }
        self.edges[from as usize].push(to);
    }

    /// The heaviest causes first; `bytes` tells what a node takes by itself.
    pub fn causes(&self, bytes: impl Fn(u32) -> u64) -> Vec<Cause> {
        let order = self.postorder();
        let dominators = self.dominators(&order);
        let mut total: Vec<u64> = (0..self.edges.len() as u32).map(&bytes).collect();
        for &node in &order {
            if node != 0 {
                total[dominators[node as usize] as usize] += total[node as usize];
            }
        }
        let mut causes: Vec<Cause> =
            order.iter().filter(|&&n| n != 0).map(|&node| Cause { node, bytes: total[node as usize] }).collect();
        causes.sort_by_key(|c| (std::cmp::Reverse(c.bytes), c.node));
        causes
    }

    fn postorder(&self) -> Vec<u32> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.edges.len()];
        let mut stack = vec![(0u32, 0usize)];
        seen[0] = true;
        while let Some((node, next)) = stack.pop() {
            match self.edges[node as usize].get(next) {
                Some(&to) => {
                    stack.push((node, next + 1));
                    if !std::mem::replace(&mut seen[to as usize], true) {
                        stack.push((to, 0));
                    }
                }
                None => order.push(node),
            }
        }
        order
    }

    /// Immediate dominators, by the iteration of Cooper, Harvey and Kennedy.
    fn dominators(&self, order: &[u32]) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        let mut position = vec![0usize; self.edges.len()];
        let mut predecessors: Vec<Vec<u32>> = vec![Vec::new(); self.edges.len()];
        for (i, &node) in order.iter().enumerate() {
            position[node as usize] = i;
            for &to in &self.edges[node as usize] {
                predecessors[to as usize].push(node);
            }
        }
        let mut dominator = vec![NONE; self.edges.len()];
        dominator[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for &node in order.iter().rev().filter(|&&n| n != 0) {
                let mut new = NONE;
                for &p in predecessors[node as usize].iter().filter(|&&p| dominator[p as usize] != NONE) {
                    if new == NONE {
                        new = p;
                        continue;
                    }
                    let (mut a, mut b) = (p, new);
                    while a != b {
                        while position[a as usize] < position[b as usize] {
                            a = dominator[a as usize];
                        }
                        while position[b as usize] < position[a as usize] {
                            b = dominator[b as usize];
                        }
                    }
                    new = a;
                }
                changed |= std::mem::replace(&mut dominator[node as usize], new) != new;
            }
        }
        dominator
    }

    /// The node that first led to each, breadth first.
    fn parents(&self) -> Vec<u32> {
        let mut parents = vec![u32::MAX; self.edges.len()];
        parents[0] = 0;
        let mut queue = std::collections::VecDeque::from([0u32]);
        while let Some(node) = queue.pop_front() {
            for &to in &self.edges[node as usize] {
                if parents[to as usize] == u32::MAX {
                    parents[to as usize] = node;
                    queue.push_back(to);
                }
            }
        }
        parents
    }
}

/// Bytes of a static object.
pub fn object_bytes(body: &Body) -> u64 {
    match body {
        Body::Cons(..) => 16,
        Body::Slots(_, slots) => (8 + 8 * slots.len() as u64).next_multiple_of(16),
        Body::Function(_, _, slots) => (16 + 8 * slots.len() as u64).next_multiple_of(16),
        Body::Raw(_, bytes) => (8 + bytes.len() as u64).next_multiple_of(16),
    }
}

/// Bytes of a function with its part of the frame table.
pub fn function_bytes(f: &Function) -> u64 {
    let sites: usize = f.sites.iter().map(|s| 8 + 2 * s.slots.len()).sum();
    (f.code.len().next_multiple_of(16) + 16 + f.name.len() + 1 + sites) as u64
}

/// What the image consists of, in a line for each kind.
pub fn by_kind(image: &Image) -> Vec<(String, usize, u64)> {
    let mut kinds: std::collections::BTreeMap<String, (usize, u64)> = Default::default();
    for o in &image.objects {
        let name = match &o.body {
            Body::Cons(..) => "conses".to_string(),
            Body::Slots(h, _) | Body::Raw(h, _) | Body::Function(h, ..) => layout::kind_name(layout::header_kind(*h)).to_string(),
        };
        let entry = kinds.entry(name).or_default();
        entry.0 += 1;
        entry.1 += object_bytes(&o.body);
    }
    let code = image.functions.iter().map(|f| f.code.len().next_multiple_of(16) as u64).sum();
    let all: u64 = image.functions.iter().map(function_bytes).sum();
    let mut lines = vec![("code".to_string(), image.functions.len(), code), ("frame table".to_string(), image.functions.len(), all - code)];
    let mut data: Vec<_> = kinds.into_iter().map(|(name, (count, bytes))| (name, count, bytes)).collect();
    data.sort_by_key(|d| std::cmp::Reverse(d.2));
    lines.extend(data);
    lines
}
