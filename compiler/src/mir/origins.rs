//! Where the values of a function come from.

use crate::hash::HashMap;

use super::function::*;

/// Definitions of values by instructions.
pub fn definitions(f: &Function) -> HashMap<ValueId, Inst> {
    let defined = f.blocks.iter().flat_map(|b| &b.insts).filter(|data| data.results.len() == 1);
    defined.map(|data| (data.results[0], data.inst.clone())).collect()
}

/// What the value is but for checks and assumptions.
pub fn origin(definitions: &HashMap<ValueId, Inst>, v: ValueId) -> ValueId {
    let mut v = v;
    while let Some(Inst::Assume(inner, _) | Inst::Check(_, _, inner)) = definitions.get(&v) {
        v = *inner;
    }
    v
}

/// What results of `Assume` were before.
pub fn assumptions(f: &Function) -> Vec<Option<ValueId>> {
    let mut assumed = vec![None; f.values.len()];
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        if let Inst::Assume(v, _) = inst.inst {
            assumed[inst.results[0].0 as usize] = Some(v);
        }
    }
    assumed
}

/// What the value is but for assumptions.
pub fn unassumed(assumed: &[Option<ValueId>], v: ValueId) -> ValueId {
    let mut v = v;
    while let Some(Some(inner)) = assumed.get(v.0 as usize) {
        v = *inner;
    }
    v
}

/// Where each value is defined: block, and position behind the instruction that does (0: a parameter).
pub fn sites(f: &Function) -> Vec<(Block, usize)> {
    let mut sites = vec![(Block(0), 0); f.values.len()];
    for (b, block) in f.blocks.iter().enumerate() {
        let b = Block(b as u32);
        block.params.iter().for_each(|p| sites[p.0 as usize] = (b, 0));
        for (i, data) in block.insts.iter().enumerate() {
            data.results.iter().for_each(|r| sites[r.0 as usize] = (b, i + 1));
        }
    }
    sites
}
