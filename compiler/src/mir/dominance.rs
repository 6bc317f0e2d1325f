//! Dominator tree of a function's blocks (Cooper, Harvey and Kennedy's iteration).

use super::function::{Block, Function};

/// Immediate dominators, with positions in reverse postorder.
pub struct Dominators {
    /// By block: position in reverse postorder; `usize::MAX` when unreachable.
    position: Vec<usize>,
    /// By position: position of the immediate dominator; the entry's is itself.
    immediate: Vec<usize>,
    order: Vec<Block>,
}

impl Dominators {
    pub fn of(f: &Function) -> Dominators {
        let order = f.reverse_postorder();
        let mut position = vec![usize::MAX; f.blocks.len()];
        for (i, block) in order.iter().enumerate() {
            position[block.0 as usize] = i;
        }
        let mut predecessors = vec![Vec::new(); order.len()];
        for (i, &block) in order.iter().enumerate() {
            for next in f.successors(block) {
                predecessors[position[next.0 as usize]].push(i);
            }
        }
        let mut immediate = vec![usize::MAX; order.len()];
        immediate[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for i in 1..order.len() {
                let known = predecessors[i].iter().copied().filter(|&p| immediate[p] != usize::MAX);
                let new = known.reduce(|a, b| common(&immediate, a, b)).expect("a reached block has a visited predecessor");
                if immediate[i] != new {
                    immediate[i] = new;
                    changed = true;
                }
            }
        }
        Dominators { position, immediate, order }
    }

    /// Reachable blocks, each after its dominators.
    pub fn order(&self) -> &[Block] {
        &self.order
    }

    /// Position of a reachable block in that order.
    pub fn position(&self, block: Block) -> usize {
        self.position[block.0 as usize]
    }

    pub fn is_reachable(&self, block: Block) -> bool {
        self.position[block.0 as usize] != usize::MAX
    }

    /// Whether every path to `b` goes through `a` (a block dominates itself). Both are reachable.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, mut b) = (self.position[a.0 as usize], self.position[b.0 as usize]);
        while b > a {
            b = self.immediate[b];
        }
        a == b
    }
}

fn common(immediate: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        if a > b {
            a = immediate[a];
        } else {
            b = immediate[b];
        }
    }
    a
}
