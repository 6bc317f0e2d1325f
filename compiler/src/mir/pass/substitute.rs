//! Replacing values by others throughout a function.

use crate::hash::HashMap;

use crate::mir::{Function, ValueId};

/// Pending replacements; chains are followed.
#[derive(Default)]
pub struct Substitution(HashMap<ValueId, ValueId>);

impl Substitution {
    pub fn insert(&mut self, old: ValueId, new: ValueId) {
        assert_ne!(self.resolve(new), old, "a replacement must not form a cycle");
        self.0.insert(old, new);
    }
    pub fn resolve(&self, v: ValueId) -> ValueId {
        let mut v = v;
        while let Some(&next) = self.0.get(&v) {
            v = next;
        }
        v
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Rewrites every operand.
    pub fn apply(&self, f: &mut Function) {
        if self.is_empty() {
            return;
        }
        for block in &mut f.blocks {
            for inst in &mut block.insts {
                inst.inst.for_each_operand_mut(&mut |v| *v = self.resolve(*v));
            }
            if let Some(t) = &mut block.terminator {
                t.for_each_operand_mut(&mut |v| *v = self.resolve(*v));
            }
        }
    }
}
