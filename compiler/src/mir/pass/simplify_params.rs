//! Replaces block parameters that only ever receive one value (or themselves).
//!
//! Sources that differ only by `Assume` count as one: after a conditional that refined a variable
//! on one side, the join needs no parameter.

use super::substitute::Substitution;
use crate::mir::build::ssa::for_each_edge;
use crate::mir::*;

pub fn run(program: &mut Program) {
    for f in &mut program.functions {
        simplify(f);
    }
}

/// The value behind any `Assume`s.
fn root(assumed: &[Option<ValueId>], s: &Substitution, v: ValueId) -> ValueId {
    let mut v = s.resolve(v);
    while let Some(inner) = assumed[v.0 as usize] {
        v = s.resolve(inner);
    }
    v
}

fn simplify(f: &mut Function) {
    let mut assumed = vec![None; f.values.len()];
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        if let Inst::Assume(v, _) = inst.inst {
            assumed[inst.results[0].0 as usize] = Some(v);
        }
    }
    let mut substitution = Substitution::default();
    loop {
        // Incoming arguments per block: None for results that an edge delivers by itself.
        let mut incoming: Vec<Vec<Vec<Option<ValueId>>>> = vec![Vec::new(); f.blocks.len()];
        for block in &mut f.blocks {
            if let Some(t) = &mut block.terminator {
                for_each_edge(t, &mut |to, implicit, args| {
                    let mut row = vec![None; implicit];
                    row.extend(args.iter().map(|&a| Some(a)));
                    incoming[to.0 as usize].push(row);
                });
            }
        }
        let mut removed: Vec<Vec<usize>> = vec![Vec::new(); f.blocks.len()];
        for (b, rows) in incoming.iter().enumerate().skip(1) {
            for (i, &param) in f.blocks[b].params.iter().enumerate() {
                if let Some(source) = only_source(param, i, rows, &assumed, &substitution)
                    && f.repr(source) == f.repr(param)
                {
                    substitution.insert(param, source);
                    removed[b].push(i);
                }
            }
        }
        if removed.iter().all(Vec::is_empty) {
            break;
        }
        remove_params(f, &removed);
    }
    substitution.apply(f);
}

/// The one value (up to `Assume`) that reaches parameter `i`, if there is one.
fn only_source(
    param: ValueId,
    i: usize,
    rows: &[Vec<Option<ValueId>>],
    assumed: &[Option<ValueId>],
    s: &Substitution,
) -> Option<ValueId> {
    let mut exact: Option<ValueId> = None;
    let mut common: Option<ValueId> = None;
    let mut same = true;
    for row in rows {
        let arg = s.resolve(row[i]?);
        let source = root(assumed, s, arg);
        if source == param {
            same &= arg == param;
            continue;
        }
        if *common.get_or_insert(source) != source {
            return None;
        }
        same &= *exact.get_or_insert(arg) == arg;
    }
    if same { exact } else { common }
}

/// Removes the listed parameter positions and the arguments that fed them.
pub fn remove_params(f: &mut Function, removed: &[Vec<usize>]) {
    for (b, positions) in removed.iter().enumerate() {
        for &i in positions.iter().rev() {
            f.blocks[b].params.remove(i);
        }
    }
    for block in &mut f.blocks {
        if let Some(t) = &mut block.terminator {
            for_each_edge(t, &mut |to, implicit, args| {
                for &i in removed[to.0 as usize].iter().rev() {
                    args.remove(i - implicit);
                }
            });
        }
    }
}
