//! Drops checks of indexes that tests have shown to be below the length already: of the counter of a loop
//! that ends at the vector's length.
//!
//! ```text
//! v5 = tag v4                  (v4: the length)
//! v7 = assume lt v6 v5
//! v8 = untag v7          =>    v8 = untag v7
//! v9 = check-index v8 v4 v1    v8 for v9
//! ```

use super::substitute::Substitution;
use crate::hash::{HashMap, HashSet};
use crate::mir::build::ssa::for_each_edge;
use crate::mir::origins::definitions;
use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        if f.blocks.iter().any(|b| b.insts.iter().any(|data| matches!(data.inst, Inst::CheckIndex(..)))) {
            drop_checks(f);
        }
    }
}

fn drop_checks(f: &mut Function) {
    let facts = Facts { definitions: definitions(f), sources: sources(f) };
    let mut substitution = Substitution::default();
    for b in 0..f.blocks.len() {
        let mut insts = std::mem::take(&mut f.blocks[b].insts);
        insts.retain(|data| {
            let Inst::CheckIndex(index, length, _) = data.inst else { return true };
            let Some(&Inst::Untag(counter)) = facts.definitions.get(&index) else { return true };
            let inside = f.ty(counter).low >= 0 && facts.is_below(counter, length, &mut HashSet::default());
            if inside {
                substitution.insert(data.results[0], index);
            }
            !inside
        });
        f.blocks[b].insts = insts;
    }
    substitution.apply(f);
}

/// By block parameter: the values that edges pass for it.
fn sources(f: &mut Function) -> HashMap<ValueId, Vec<Option<ValueId>>> {
    let mut sources: HashMap<ValueId, Vec<Option<ValueId>>> = HashMap::default();
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        for_each_edge(&mut t, &mut |to, implicit, args| {
            // The first block's parameters are the function's as well.
            let params = if to == Block(0) { &[] } else { &f.blocks[to.0 as usize].params[..] };
            for (i, &p) in params.iter().enumerate() {
                sources.entry(p).or_default().push(i.checked_sub(implicit).map(|i| args[i]));
            }
        });
        f.blocks[b].terminator = Some(t);
    }
    sources
}

struct Facts {
    definitions: HashMap<ValueId, Inst>,
    sources: HashMap<ValueId, Vec<Option<ValueId>>>,
}

impl Facts {
    /// Whether a test that surely came before shows that the fixnum is less than the word. What is being
    /// asked already counts as shown: each turn of a loop relies on the one before.
    fn is_below(&self, v: ValueId, length: ValueId, asked: &mut HashSet<ValueId>) -> bool {
        if !asked.insert(v) {
            return true;
        }
        match self.definitions.get(&v) {
            Some(&Inst::Assume(_, Refinement::Compare(Compare::Lt, bound))) if self.is_word(bound, length) => true,
            Some(&(Inst::Assume(inner, _) | Inst::Check(_, _, inner))) => self.is_below(inner, length, asked),
            Some(_) => false,
            None => self.sources.get(&v).is_some_and(|vs| vs.iter().all(|v| v.is_some_and(|v| self.is_below(v, length, asked)))),
        }
    }

    /// Whether the fixnum is the word, tagged.
    fn is_word(&self, v: ValueId, word: ValueId) -> bool {
        match self.definitions.get(&v) {
            Some(&Inst::Tag(w)) => w == word,
            Some(&(Inst::Assume(inner, _) | Inst::Check(_, _, inner))) => self.is_word(inner, word),
            _ => false,
        }
    }
}
