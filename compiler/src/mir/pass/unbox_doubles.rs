//! Representation selection for double-floats.
//!
//! Block parameters that always hold a double-float, and are unboxed somewhere, become raw; so do
//! such arguments and results of direct entries. Boxes are then made where a tagged value is needed
//! and `unbox (box x)` is `x`; boxes nobody needs die in `eliminate_dead_code`.

use std::collections::{HashMap, HashSet};

use super::substitute::Substitution;
use crate::mir::build::ssa::for_each_edge;
use crate::mir::*;
use crate::types::{Type, TypeSet};

pub fn run(program: &mut Program) {
    let signatures = choose_signatures(program);
    for f in &mut program.functions {
        adapt_calls(f, &signatures);
    }
    for (f, signature) in program.functions.iter_mut().zip(&signatures) {
        let mut raw: HashSet<ValueId> = signature.params.iter().map(|&i| f.blocks[0].params[i]).collect();
        choose_params(f, &mut raw);
        make_raw(f, &raw, signature.returns_raw);
        fold_boxes(f);
    }
}

/// What becomes raw in a direct entry.
#[derive(Default)]
struct Signature {
    params: Vec<usize>,
    returns_raw: bool,
}

fn is_double(f: &Function, v: ValueId) -> bool {
    f.repr(v) == Repr::Tagged && f.ty(v).set == TypeSet::DOUBLE
}

fn choose_signatures(program: &Program) -> Vec<Signature> {
    // A protected call delivers its results to an exit handler's join as tagged values.
    let mut protected = HashSet::new();
    for t in program.functions.iter().flat_map(|f| &f.blocks).filter_map(|b| b.terminator.as_ref()) {
        if let Terminator::TryCall { call: Call { target: Target::Direct(g), .. }, .. } = t {
            protected.insert(*g);
        }
    }
    let mut signatures: Vec<Signature> = program
        .functions
        .iter()
        .enumerate()
        .map(|(i, f)| {
            if f.entry != Entry::Direct || protected.contains(&FuncId(i as u32)) || f.blocks.is_empty() {
                return Signature::default();
            }
            let params = &f.blocks[0].params;
            Signature {
                params: (0..params.len()).filter(|&p| is_double(f, params[p])).collect(),
                returns_raw: f.returns == Returns::One(Repr::Tagged) && returns_double(f),
            }
        })
        .collect();
    // A tail call hands on the callee's results: caller and callee must agree.
    loop {
        let mut changed = false;
        for (i, f) in program.functions.iter().enumerate() {
            for t in f.blocks.iter().filter_map(|b| b.terminator.as_ref()) {
                if let Terminator::TailCall(Call { target: Target::Direct(g), .. }) = t {
                    let g = g.0 as usize;
                    if signatures[i].returns_raw != signatures[g].returns_raw {
                        signatures[i].returns_raw = false;
                        signatures[g].returns_raw = false;
                        changed = true;
                    }
                }
            }
        }
        if !changed {
            return signatures;
        }
    }
}

fn returns_double(f: &Function) -> bool {
    let mut some = false;
    for t in f.blocks.iter().filter_map(|b| b.terminator.as_ref()) {
        match t {
            Terminator::Return(vs) => {
                some = true;
                if !is_double(f, vs[0]) {
                    return false;
                }
            }
            Terminator::TailCall(_) => some = true,
            _ => {}
        }
    }
    some
}

/// Rewrites calls of functions whose signature changes.
fn adapt_calls(f: &mut Function, signatures: &[Signature]) {
    for b in 0..f.blocks.len() {
        let insts = std::mem::take(&mut f.blocks[b].insts);
        let mut out = Vec::with_capacity(insts.len());
        for mut data in insts {
            let mut boxed = None;
            if let Inst::Call(call) = &mut data.inst
                && let Target::Direct(g) = call.target
            {
                let signature = &signatures[g.0 as usize];
                unbox_arguments(f, call, signature, &mut out, data.span);
                if signature.returns_raw {
                    let raw = f.new_value(Repr::Double, Type::ANY);
                    boxed = Some(std::mem::replace(&mut data.results[0], raw));
                }
            }
            let (span, raw) = (data.span, data.results.first().copied());
            out.push(data);
            if let (Some(v), Some(raw)) = (boxed, raw) {
                out.push(InstData { inst: Inst::BoxDouble(raw), results: vec![v], span });
            }
        }
        if let Some(Terminator::TailCall(mut call)) = f.blocks[b].terminator.clone()
            && let Target::Direct(g) = call.target
        {
            let span = f.blocks[b].terminator_span;
            unbox_arguments(f, &mut call, &signatures[g.0 as usize], &mut out, span);
            f.blocks[b].terminator = Some(Terminator::TailCall(call));
        }
        f.blocks[b].insts = out;
    }
}

fn unbox_arguments(f: &mut Function, call: &mut Call, s: &Signature, out: &mut Vec<InstData>, span: crate::source::Span) {
    for &i in &s.params {
        call.args[i] = unbox(f, call.args[i], out, span);
    }
}

fn unbox(f: &mut Function, v: ValueId, out: &mut Vec<InstData>, span: crate::source::Span) -> ValueId {
    let raw = f.new_value(Repr::Double, Type::ANY);
    out.push(InstData { inst: Inst::UnboxDouble(v), results: vec![raw], span });
    raw
}

/// Adds block parameters that hold doubles and are unboxed, directly or through another chosen one.
fn choose_params(f: &mut Function, raw: &mut HashSet<ValueId>) {
    let mut wanted: HashSet<ValueId> = HashSet::new();
    let mut assumed: HashMap<ValueId, ValueId> = HashMap::new();
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        match inst.inst {
            Inst::UnboxDouble(v) => {
                wanted.insert(v);
            }
            Inst::Assume(v, _) => {
                assumed.insert(inst.results[0], v);
            }
            _ => {}
        }
    }
    // A parameter feeds others: being wanted spreads backwards along edges and assumptions.
    let mut feeds: Vec<(ValueId, ValueId)> = Vec::new();
    let mut implicit: HashSet<ValueId> = HashSet::new();
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        for_each_edge(&mut t, &mut |to, n, args| {
            let params = &f.blocks[to.0 as usize].params;
            implicit.extend(&params[..n]);
            feeds.extend(args.iter().copied().zip(params[n..].iter().copied()));
        });
        f.blocks[b].terminator = Some(t);
    }
    feeds.extend(assumed.iter().map(|(&result, &v)| (v, result)));
    loop {
        let before = wanted.len();
        for &(source, target) in &feeds {
            if (wanted.contains(&target) || raw.contains(&target)) && is_double(f, target) {
                wanted.insert(source);
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    for block in f.blocks.iter().skip(1) {
        for &p in &block.params {
            if wanted.contains(&p) && is_double(f, p) && !implicit.contains(&p) {
                raw.insert(p);
            }
        }
    }
}

/// Changes the chosen parameters to raw doubles: boxes them at the head of their block (dead boxes
/// vanish later) and unboxes what flows in.
fn make_raw(f: &mut Function, raw: &HashSet<ValueId>, returns_raw: bool) {
    for b in 0..f.blocks.len() {
        let span = f.blocks[b].terminator_span;
        let mut heads = Vec::new();
        for i in 0..f.blocks[b].params.len() {
            let p = f.blocks[b].params[i];
            if raw.contains(&p) {
                let r = f.new_value(Repr::Double, Type::ANY);
                f.blocks[b].params[i] = r;
                heads.push(InstData { inst: Inst::BoxDouble(r), results: vec![p], span });
            }
        }
        f.blocks[b].insts.splice(0..0, heads);
    }
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        let span = f.blocks[b].terminator_span;
        let mut wanted = Vec::new();
        for_each_edge(&mut t, &mut |to, n, args| {
            for (i, a) in args.iter().enumerate() {
                if f.values[f.blocks[to.0 as usize].params[i + n].0 as usize].repr == Repr::Double
                    && f.values[a.0 as usize].repr == Repr::Tagged
                {
                    wanted.push(*a);
                }
            }
        });
        let mut unboxed = HashMap::new();
        let mut out = std::mem::take(&mut f.blocks[b].insts);
        for v in wanted {
            unboxed.entry(v).or_insert_with(|| unbox(f, v, &mut out, span));
        }
        for_each_edge(&mut t, &mut |to, n, args| {
            for (i, a) in args.iter_mut().enumerate() {
                if f.values[f.blocks[to.0 as usize].params[i + n].0 as usize].repr == Repr::Double
                    && let Some(&r) = unboxed.get(a)
                {
                    *a = r;
                }
            }
        });
        if returns_raw && let Terminator::Return(vs) = &mut t {
            vs[0] = unbox(f, vs[0], &mut out, span);
        }
        f.blocks[b].insts = out;
        f.blocks[b].terminator = Some(t);
    }
    if returns_raw {
        f.returns = Returns::One(Repr::Double);
    }
}

/// `unbox (box x)` is `x`, also through `Assume`.
fn fold_boxes(f: &mut Function) {
    let mut boxes: HashMap<ValueId, ValueId> = HashMap::new();
    let mut assumed: HashMap<ValueId, ValueId> = HashMap::new();
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        match inst.inst {
            Inst::BoxDouble(x) => {
                boxes.insert(inst.results[0], x);
            }
            Inst::Assume(v, _) => {
                assumed.insert(inst.results[0], v);
            }
            _ => {}
        }
    }
    let mut substitution = Substitution::default();
    for block in &mut f.blocks {
        block.insts.retain(|inst| {
            let Inst::UnboxDouble(v) = inst.inst else { return true };
            let mut v = v;
            while let Some(&inner) = assumed.get(&v) {
                v = inner;
            }
            match boxes.get(&v) {
                Some(&x) => {
                    substitution.insert(inst.results[0], x);
                    false
                }
                None => true,
            }
        });
    }
    substitution.apply(f);
}
