//! Drops blocks that the entry does not reach and renumbers the rest in reverse postorder, so that
//! every block comes after its dominators. A cold block that runs whenever one does that is not cold, as
//! the last way left of several, is not cold itself.

use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        let order = f.reverse_postorder();
        let mut new_ids = vec![None; f.blocks.len()];
        for (i, b) in order.iter().enumerate() {
            new_ids[b.0 as usize] = Some(Block(i as u32));
        }
        let mut old: Vec<Option<BlockData>> = std::mem::take(&mut f.blocks).into_iter().map(Some).collect();
        for b in order {
            let mut data = old[b.0 as usize].take().expect("each block once");
            if let Some(t) = &mut data.terminator {
                t.for_each_successor_mut(&mut |s| *s = new_ids[s.0 as usize].expect("a successor is reachable"));
            }
            f.blocks.push(data);
        }
        warm(f);
    }
}

fn warm(f: &mut Function) {
    for b in 0..f.blocks.len() {
        if !f.blocks[b].cold
            && let Some(Terminator::Jump(next, _)) = f.blocks[b].terminator
        {
            f.block_mut(next).cold = false;
        }
    }
}
