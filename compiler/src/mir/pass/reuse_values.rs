//! Reuses what was computed before: raw arithmetic, headers, contents of floats and checks whose operands
//! are the same, when the first one dominates. Calls lie between array accesses (of the cold paths of
//! checks), so that Cranelift would not.
//!
//! Headers of vectors and the contents of doubles never change, so reading them moves to where the
//! object comes from, out of the loops that use it, and takes along what is made of a header.
//!
//! ```text
//! v5 = header v1                                v5 = header v1      (behind the definition of v1)
//! v8 = check-index v7 v6 v1                     v8 = check-index v7 v6 v1
//! …                                       =>    …
//! v15 = header v1                               v8 for v18
//! v18 = check-index v7 v16 v1
//! ```

use crate::hash::{HashMap, HashSet};

use super::ranges::word;
use super::substitute::Substitution;
use crate::mir::dominance::Dominators;
use crate::mir::origins::{assumptions, sites};
use crate::mir::*;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::layout::kind;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        if !f.blocks.is_empty() {
            reuse(f);
        }
    }
}

/// Operation, a detail of it, and operands: what makes two computations equal.
type Key = (u8, u64, u32, u32);

fn reuse(f: &mut Function) {
    let dominators = Dominators::of(f);
    let (mut sites, assumed) = (sites(f), assumptions(f));
    let mut constants: HashMap<ValueId, i64> = HashMap::default();
    let mut gone: HashSet<ValueId> = HashSet::default();
    let mut substitution = Substitution::default();
    let mut seen: HashMap<Key, (Block, ValueId, Type)> = HashMap::default();
    // Instructions to put behind the definitions of their operands.
    let mut moved: HashMap<(Block, usize), Vec<InstData>> = HashMap::default();
    for &b in dominators.order() {
        let insts = std::mem::take(&mut f.block_mut(b).insts);
        let mut out = Vec::with_capacity(insts.len());
        for (i, mut data) in insts.into_iter().enumerate() {
            data.inst.for_each_operand_mut(&mut |v| *v = substitution.resolve(*v));
            let key = key_of(f, &data.inst, &assumed, &substitution);
            let Some(key) = key else {
                out.push((i, data));
                continue;
            };
            let result = data.results[0];
            if let Inst::Word(n) = data.inst {
                constants.insert(result, n);
            }
            let checked = if let Inst::Check(ty, ..) = data.inst { ty } else { Type::ANY };
            match seen.get(&key) {
                Some(&(block, v, ty)) if dominators.dominates(block, b) && ty == checked => {
                    substitution.insert(result, v);
                    continue;
                }
                _ => {}
            }
            // What follows from what moved moves with it; Cranelift does not move operations on constants.
            let derived = match data.inst {
                Inst::WordOp(_, word, n) if gone.contains(&word) => constants.get(&n).map(|&n| (word, n)),
                _ => None,
            };
            let source = derived.map(|(word, _)| word).or(movable(f, &data.inst));
            let home = source.map(|base| sites[base.0 as usize]).filter(|&(block, _)| block != b);
            match home {
                Some(site) => {
                    let insts = moved.entry(site).or_default();
                    if let (Some((_, n)), Inst::WordOp(_, _, operand)) = (derived, &mut data.inst) {
                        *operand = f.new_value(Repr::Word, word(n, n));
                        insts.push(InstData { inst: Inst::Word(n), results: vec![*operand], span: data.span });
                    }
                    insts.push(data);
                    sites[result.0 as usize] = site;
                    gone.insert(result);
                    seen.insert(key, (site.0, result, checked));
                }
                None => {
                    seen.insert(key, (b, result, checked));
                    out.push((i, data));
                }
            }
        }
        f.block_mut(b).insts = out.into_iter().map(|(_, data)| data).collect();
    }
    place(f, moved, &sites);
    substitution.apply(f);
}

/// Inserts what moved behind the definitions it depends on.
fn place(f: &mut Function, moved: HashMap<(Block, usize), Vec<InstData>>, sites: &[(Block, usize)]) {
    let mut moved: Vec<((Block, usize), Vec<InstData>)> = moved.into_iter().collect();
    moved.sort_by_key(|(site, _)| *site);
    for ((b, position), insts) in moved {
        // Instructions of the block may have gone: the place is behind the last that was there before.
        let block = f.block_mut(b);
        let index = block.insts.iter().position(|data| data.results.first().is_some_and(|r| {
            // Constants that came along are new.
            sites.get(r.0 as usize) == Some(&(b, position))
        }));
        let index = index.map_or(0, |i| i + 1);
        block.insts.splice(index..index, insts);
    }
}

/// Certainly a vector without array header, whose length never changes.
fn is_vector(f: &Function, v: ValueId) -> bool {
    f.ty(v).set.single_kind().is_some_and(|k| (kind::SIMPLE_VECTOR..=kind::VECTOR_F64).contains(&k))
}

/// The object that an instruction reads something immutable of, when its type is certain.
fn movable(f: &Function, inst: &Inst) -> Option<ValueId> {
    match *inst {
        Inst::Header { base, .. } if is_vector(f, base) => Some(base),
        Inst::UnboxDouble(v) if f.ty(v).is_double() => Some(v),
        _ => None,
    }
}

/// The key of a computation that may be reused.
fn key_of(f: &Function, inst: &Inst, assumed: &[Option<ValueId>], substitution: &Substitution) -> Option<Key> {
    // The same word, whatever is known of it.
    let bare = |v: ValueId| {
        let mut v = v;
        while let Some(inner) = assumed.get(v.0 as usize).copied().flatten() {
            v = substitution.resolve(inner);
        }
        v.0
    };
    Some(match *inst {
        Inst::Word(n) => (0, n as u64, 0, 0),
        Inst::Untag(v) => (1, 0, bare(v), 0),
        // The bits of a reference change when the object moves.
        Inst::Bits(v) if f.ty(v).set.is_subset_of(TypeSet::FIXNUM) => (2, 0, bare(v), 0),
        Inst::WordOp(op, a, b) => (3, op as u64, a.0, b.0),
        Inst::CompareWord(op, a, b) => (4, op as u64, a.0, b.0),
        Inst::Header { tag, base } if is_vector(f, base) => (5, tag as u64, bare(base), 0),
        Inst::CheckIndex(index, length, vector) => (6, vector.0 as u64, index.0, length.0),
        Inst::CheckInstance(name, depth, v, _) => (13, (depth as u64) << 32 | name.0 as u64, bare(v), 0),
        Inst::Check(_, spec, v) => (7, spec.0 as u64, v.0, 0),
        Inst::UnboxDouble(v) => (8, 0, bare(v), 0),
        Inst::UnboxSingle(v) => (9, 0, bare(v), 0),
        Inst::WordToDouble(v) => (10, 0, v.0, 0),
        Inst::WordToSingle(v) => (11, 0, v.0, 0),
        Inst::SingleToDouble(v) => (12, 0, v.0, 0),
        _ => return None,
    })
}
