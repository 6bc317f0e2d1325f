//! Safepoint polls of loops: none where no loop goes through, and only in one of many iterations where
//! a loop counts.

use crate::mir::dominance::Dominators;
use crate::mir::loops::{innermost, loops};
use crate::mir::origins::definitions;
use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        if f.blocks.iter().any(|b| b.insts.iter().any(|data| data.inst == Inst::PollLoop)) {
            thin(f);
        }
    }
}

fn thin(f: &mut Function) {
    let dominators = Dominators::of(f);
    let loops = loops(f, &dominators);
    let definitions = definitions(f);
    for &b in dominators.order() {
        let innermost = innermost(&loops, b);
        let counter = innermost.and_then(|l| l.counter(f, &definitions));
        f.block_mut(b).insts.retain_mut(|data| {
            if data.inst == Inst::PollLoop
                && let Some(counter) = counter
            {
                data.inst = Inst::PollSometimes(counter);
            }
            data.inst != Inst::PollLoop || innermost.is_some()
        });
    }
}
