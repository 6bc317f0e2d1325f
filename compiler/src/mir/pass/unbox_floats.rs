//! Representation selection for floats.
//!
//! Block parameters that always hold floats of one format, and are unboxed somewhere, become raw; so do
//! such arguments and results of direct entries. Boxes are then made where a tagged value is needed
//! and `unbox (box x)` is `x`; boxes nobody needs die in `eliminate_dead_code`.

use crate::hash::{HashMap, HashSet};

use super::substitute::Substitution;
use crate::mir::build::ssa::for_each_edge;
use crate::datum::DatumId;
use crate::mir::*;
use crate::types::Type;
use rook_runtime::abi::tags::SINGLE_SHIFT;

pub fn run(program: &mut Program) {
    let signatures = choose_signatures(program);
    for f in &mut program.functions {
        adapt_calls(f, &signatures);
    }
    for (f, signature) in program.functions.iter_mut().zip(&signatures) {
        let mut raw: HashSet<ValueId> = signature.params.iter().map(|&(i, _)| f.blocks[0].params[i]).collect();
        choose_params(f, &mut raw);
        make_raw(f, &raw, signature.returns);
        fold_boxes(f, &program.doubles);
    }
}

/// What becomes raw in a direct entry.
#[derive(Default)]
struct Signature {
    params: Vec<(usize, Repr)>,
    returns: Option<Repr>,
}

/// The raw representation of a tagged value that is known to be a float.
fn format(f: &Function, v: ValueId) -> Option<Repr> {
    if f.repr(v) != Repr::Tagged {
        return None;
    }
    let ty = f.ty(v);
    if ty.is_double() { Some(Repr::Double) } else { ty.is_single().then_some(Repr::Single) }
}

fn box_inst(repr: Repr, raw: ValueId) -> Inst {
    if repr == Repr::Double { Inst::BoxDouble(raw) } else { Inst::BoxSingle(raw) }
}

fn choose_signatures(program: &Program) -> Vec<Signature> {
    // A protected call delivers its results to an exit handler's join as tagged values.
    let mut protected = HashSet::default();
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
                params: (0..params.len()).filter_map(|p| format(f, params[p]).map(|repr| (p, repr))).collect(),
                returns: if f.returns == Returns::One(Repr::Tagged) { returned_format(f) } else { None },
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
                    if signatures[i].returns != signatures[g].returns {
                        signatures[i].returns = None;
                        signatures[g].returns = None;
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

/// The format of everything a function returns by itself; tail calls must agree with it. A function
/// that only makes tail calls returns what they do.
fn returned_format(f: &Function) -> Option<Repr> {
    let mut all = None;
    for t in f.blocks.iter().filter_map(|b| b.terminator.as_ref()) {
        if let Terminator::Return(vs) = t {
            let repr = format(f, vs[0])?;
            if *all.get_or_insert(repr) != repr {
                return None;
            }
        }
    }
    all
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
                if let Some(repr) = signature.returns {
                    let raw = f.new_value(repr, Type::ANY);
                    boxed = Some((repr, std::mem::replace(&mut data.results[0], raw)));
                }
            }
            let (span, raw) = (data.span, data.results.first().copied());
            out.push(data);
            if let (Some((repr, v)), Some(raw)) = (boxed, raw) {
                out.push(InstData { inst: box_inst(repr, raw), results: vec![v], span });
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
    for &(i, repr) in &s.params {
        call.args[i] = unbox(f, call.args[i], repr, out, span);
    }
}

/// The contents of a value. One that is not known to be a float comes from code that is never reached,
/// which inference left alone: anything will do.
fn unbox(f: &mut Function, v: ValueId, repr: Repr, out: &mut Vec<InstData>, span: crate::source::Span) -> ValueId {
    let raw = f.new_value(repr, Type::ANY);
    let inst = match (repr, format(f, v) == Some(repr)) {
        (Repr::Double, true) => Inst::UnboxDouble(v),
        (Repr::Double, false) => Inst::Double(0),
        (_, true) => Inst::UnboxSingle(v),
        (_, false) => Inst::Single(0),
    };
    out.push(InstData { inst, results: vec![raw], span });
    raw
}

/// Adds block parameters that hold floats and are unboxed, directly or through another chosen one.
fn choose_params(f: &mut Function, raw: &mut HashSet<ValueId>) {
    let mut wanted: HashSet<ValueId> = HashSet::default();
    let mut assumed: HashMap<ValueId, ValueId> = HashMap::default();
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        match inst.inst {
            Inst::UnboxDouble(v) | Inst::UnboxSingle(v) => {
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
    let mut implicit: HashSet<ValueId> = HashSet::default();
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
            if (wanted.contains(&target) || raw.contains(&target)) && format(f, target).is_some() {
                wanted.insert(source);
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    for block in f.blocks.iter().skip(1) {
        for &p in &block.params {
            if wanted.contains(&p) && format(f, p).is_some() && !implicit.contains(&p) {
                raw.insert(p);
            }
        }
    }
}

/// Changes the chosen parameters to raw floats: boxes them at the head of their block (dead boxes
/// vanish later) and unboxes what flows in.
fn make_raw(f: &mut Function, raw: &HashSet<ValueId>, returns: Option<Repr>) {
    for b in 0..f.blocks.len() {
        let span = f.blocks[b].terminator_span;
        let mut heads = Vec::new();
        for i in 0..f.blocks[b].params.len() {
            let p = f.blocks[b].params[i];
            if raw.contains(&p) {
                let repr = format(f, p).expect("only floats are chosen");
                let r = f.new_value(repr, Type::ANY);
                f.blocks[b].params[i] = r;
                heads.push(InstData { inst: box_inst(repr, r), results: vec![p], span });
            }
        }
        f.blocks[b].insts.splice(0..0, heads);
    }
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        let span = f.blocks[b].terminator_span;
        let is_raw = |repr| matches!(repr, Repr::Double | Repr::Single);
        let mut wanted = Vec::new();
        for_each_edge(&mut t, &mut |to, n, args| {
            for (i, a) in args.iter().enumerate() {
                let repr = f.repr(f.blocks[to.0 as usize].params[i + n]);
                if is_raw(repr) && f.repr(*a) == Repr::Tagged {
                    wanted.push((*a, repr));
                }
            }
        });
        let mut unboxed = HashMap::default();
        let mut out = std::mem::take(&mut f.blocks[b].insts);
        for (v, repr) in wanted {
            unboxed.entry(v).or_insert_with(|| unbox(f, v, repr, &mut out, span));
        }
        for_each_edge(&mut t, &mut |to, n, args| {
            for (i, a) in args.iter_mut().enumerate() {
                if is_raw(f.values[f.blocks[to.0 as usize].params[i + n].0 as usize].repr)
                    && let Some(&r) = unboxed.get(a)
                {
                    *a = r;
                }
            }
        });
        if let (Some(repr), Terminator::Return(vs)) = (returns, &mut t) {
            vs[0] = unbox(f, vs[0], repr, &mut out, span);
        }
        f.blocks[b].insts = out;
        f.blocks[b].terminator = Some(t);
    }
    if let Some(repr) = returns {
        f.returns = Returns::One(repr);
    }
}

/// `unbox (box x)` is `x`, also through `Assume`; the contents of a constant are one.
fn fold_boxes(f: &mut Function, doubles: &HashMap<DatumId, u64>) {
    let mut definitions: HashMap<ValueId, Inst> = HashMap::default();
    for inst in f.blocks.iter().flat_map(|b| &b.insts) {
        if matches!(
            inst.inst,
            Inst::BoxDouble(_) | Inst::BoxSingle(_) | Inst::Assume(..) | Inst::Const(_) | Inst::Immediate(_)
        ) {
            definitions.insert(inst.results[0], inst.inst.clone());
        }
    }
    let mut substitution = Substitution::default();
    for block in &mut f.blocks {
        block.insts.retain_mut(|inst| {
            let (Inst::UnboxDouble(v) | Inst::UnboxSingle(v)) = inst.inst else { return true };
            let mut v = v;
            while let Some(Inst::Assume(inner, _)) = definitions.get(&v) {
                v = *inner;
            }
            match definitions.get(&v) {
                Some(&(Inst::BoxDouble(x) | Inst::BoxSingle(x))) => {
                    substitution.insert(inst.results[0], x);
                    return false;
                }
                Some(Inst::Const(id)) => {
                    if let Some(&bits) = doubles.get(id) {
                        inst.inst = Inst::Double(bits);
                    }
                }
                Some(Inst::Immediate(bits)) => inst.inst = Inst::Single((bits >> SINGLE_SHIFT) as u32),
                _ => {}
            }
            true
        });
    }
    substitution.apply(f);
}
