//! Forward type inference over the whole program: representation sets and fixnum ranges, through
//! block parameters, known calls and their results, refined by `Assume` and `Check`.
//!
//! Optimistic: values start empty and grow until nothing changes; a range that keeps growing is
//! widened to the whole. The types that building recorded (constants, declarations) bound the result.
//! Widening forgets bounds that every way into a loop respects; one step down from the result finds
//! them again (a type that follows from sound types is sound).

use crate::mir::build::ssa::for_each_edge;
use crate::mir::origins::{assumptions, unassumed};
use crate::mir::*;
use crate::types::{Type, TypeSet};
use super::ranges;
use rook_runtime::abi::tags::{FIXNUM_SHIFT, MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};

/// Range updates of one value before it is widened.
const WIDEN_AFTER: u8 = 4;

pub fn run(program: &mut Program) {
    let n = program.functions.len();
    let bounds: Vec<Vec<Type>> = program.functions.iter().map(|f| f.values.iter().map(|v| v.ty).collect()).collect();
    let mut state = State {
        params: program
            .functions
            .iter()
            .map(|f| {
                let open = f.entry == Entry::General;
                let block = f.blocks.first();
                block.map_or(vec![], |b| b.params.iter().map(|&p| if open { f.ty(p) } else { Type::EMPTY }).collect())
            })
            .collect(),
        returns: vec![Type::EMPTY; n],
        assumed: Vec::new(),
        changed: true,
    };
    for f in &mut program.functions {
        for v in &mut f.values {
            v.ty = Type::EMPTY;
        }
    }
    let mut updates: Vec<Vec<u8>> = program.functions.iter().map(|f| vec![0; f.values.len()]).collect();
    while state.changed {
        state.changed = false;
        for i in 0..n {
            state.assumed = assumptions(&program.functions[i]);
            infer(&mut program.functions[i], FuncId(i as u32), &bounds[i], &mut updates[i], &mut state);
        }
    }
    for (f, bounds) in program.functions.iter_mut().zip(&bounds) {
        state.assumed = assumptions(f);
        narrow(f, bounds, &state);
    }
    // Floats and conditions keep what building said; so do values in code that inference never reached.
    for (f, bounds) in program.functions.iter_mut().zip(&bounds) {
        for (v, bound) in f.values.iter_mut().zip(bounds) {
            let is_word = v.repr == Repr::Word;
            if !(v.repr == Repr::Tagged || is_word) || v.ty.set.is_empty() {
                v.ty = if is_word { ranges::WORD } else { *bound };
            }
        }
    }
}

struct State {
    /// Of the function at hand: what each result of `Assume` was before.
    assumed: Vec<Option<ValueId>>,
    params: Vec<Vec<Type>>,
    returns: Vec<Type>,
    changed: bool,
}

fn infer(f: &mut Function, id: FuncId, bounds: &[Type], updates: &mut [u8], state: &mut State) {
    if f.blocks.is_empty() {
        return;
    }
    let mut update = |f: &mut Function, state: &mut State, v: ValueId, ty: Type, is_param: bool| {
        let i = v.0 as usize;
        let old = f.values[i].ty;
        let mut new = match f.values[i].repr {
            Repr::Tagged => old.union(ty.intersection(bounds[i])),
            // A word's bounds are anywhere in 64 bits.
            Repr::Word if ty.set.is_empty() => return,
            Repr::Word => old.union(if ty.set == TypeSet::FIXNUM { ty } else { ranges::WORD }),
            _ => return,
        };
        if new == old {
            return;
        }
        updates[i] = updates[i].saturating_add(1);
        // Every cycle passes through a parameter, so widening those ends all growth, and the ranges
        // that tests give inside a loop survive.
        if is_param && updates[i] > WIDEN_AFTER {
            new = match f.values[i].repr {
                Repr::Tagged => widen(old, new, Type::FIXNUM).intersection(bounds[i]).union(old),
                _ => widen(old, new, ranges::WORD),
            };
        }
        if new != old {
            f.values[i].ty = new;
            state.changed = true;
        }
    };
    for (i, &p) in f.blocks[0].params.clone().iter().enumerate() {
        let ty = if f.repr(p) == Repr::Word { ranges::WORD } else { state.params[id.0 as usize][i] };
        update(f, state, p, ty, true);
    }
    for b in 0..f.blocks.len() {
        for k in 0..f.blocks[b].insts.len() {
            let results = f.blocks[b].insts[k].results.clone();
            let Some(&first) = results.first() else { continue };
            let ty = {
                let inst = &f.blocks[b].insts[k].inst;
                if let Inst::Call(call) = inst {
                    note_call(f, call, state);
                }
                let inst = &f.blocks[b].insts[k].inst;
                match f.repr(first) {
                    Repr::Word => ranges::word_type(f, inst),
                    _ => result_type(f, inst, bounds[first.0 as usize], state),
                }
            };
            update(f, state, first, ty, false);
            for &more in &results[1..] {
                update(f, state, more, Type::ANY, false);
            }
        }
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        match &t {
            Terminator::Return(vs) => {
                let ty = f.ty(vs[0]);
                let new = state.returns[id.0 as usize].union(ty);
                note_return(state, id, new);
            }
            Terminator::TailCall(call) => {
                note_call(f, call, state);
                let ty = match call.target {
                    Target::Direct(g) => state.returns[g.0 as usize],
                    _ => Type::ANY,
                };
                let new = state.returns[id.0 as usize].union(ty);
                note_return(state, id, new);
            }
            Terminator::TryCall { call, .. } => note_call(f, call, state),
            _ => {}
        }
        let mut feeds = Vec::new();
        for_each_edge(&mut t, &mut |to, implicit, args| {
            let params = &f.blocks[to.0 as usize].params;
            feeds.extend(params[..implicit].iter().map(|&p| (p, Type::ANY)));
            feeds.extend(params[implicit..].iter().zip(args.iter()).map(|(&p, &a)| (p, f.ty(a))));
        });
        f.blocks[b].terminator = Some(t);
        for (p, ty) in feeds {
            update(f, state, p, ty, true);
        }
    }
}

/// Ranges of block parameters from what reaches them, and of instructions from those.
fn narrow(f: &mut Function, bounds: &[Type], state: &State) {
    let mut reaching: Vec<Type> = vec![Type::EMPTY; f.values.len()];
    for b in 0..f.blocks.len() {
        let Some(mut t) = f.blocks[b].terminator.take() else { continue };
        for_each_edge(&mut t, &mut |to, implicit, args| {
            let params = &f.blocks[to.0 as usize].params;
            params[..implicit].iter().for_each(|p| reaching[p.0 as usize] = Type::ANY);
            for (p, a) in params[implicit..].iter().zip(args.iter()) {
                let ty = &mut reaching[p.0 as usize];
                *ty = ty.union(f.ty(*a));
            }
        });
        f.blocks[b].terminator = Some(t);
    }
    let meet = |old: Type, ty: Type| {
        let both = if old.is_fixnum() && ty.is_fixnum() { old.intersection(ty) } else { old };
        if both.set.is_empty() { old } else { both }
    };
    for b in 0..f.blocks.len() {
        if b != 0 {
            for i in 0..f.blocks[b].params.len() {
                let p = f.blocks[b].params[i].0 as usize;
                f.values[p].ty = meet(f.values[p].ty, reaching[p]);
            }
        }
        for k in 0..f.blocks[b].insts.len() {
            let Some(&first) = f.blocks[b].insts[k].results.first() else { continue };
            let inst = &f.blocks[b].insts[k].inst;
            let ty = match f.repr(first) {
                Repr::Tagged => result_type(f, inst, bounds[first.0 as usize], state),
                Repr::Word => ranges::word_type(f, inst),
                _ => continue,
            };
            let old = f.ty(first);
            f.values[first.0 as usize].ty = meet(old, ty);
        }
    }
}

/// Unbounds the sides of a range that grew: almost at first, so that a counter that is stepped before it
/// is compared with a bound stays a fixnum.
fn widen(old: Type, new: Type, all: Type) -> Type {
    let low = if old.low > all.low + 1 { all.low + 1 } else { all.low };
    let high = if old.high < all.high - 1 { all.high - 1 } else { all.high };
    Type {
        set: new.set,
        low: if new.low < old.low { low } else { new.low },
        high: if new.high > old.high { high } else { new.high },
    }
}

fn note_return(state: &mut State, id: FuncId, new: Type) {
    // Only the set crosses functions: ranges could grow call by call.
    let new = Type::of(new.set);
    if new != state.returns[id.0 as usize] && !new.set.is_empty() {
        state.returns[id.0 as usize] = new;
        state.changed = true;
    }
}

fn note_call(f: &Function, call: &Call, state: &mut State) {
    let Target::Direct(g) = call.target else { return };
    for (i, &a) in call.args.iter().enumerate() {
        let old = state.params[g.0 as usize][i];
        let new = Type::of(old.set.union(f.ty(a).set));
        if !new.set.is_empty() && new != old {
            state.params[g.0 as usize][i] = new;
            state.changed = true;
        }
    }
}

fn result_type(f: &Function, inst: &Inst, bound: Type, state: &State) -> Type {
    match inst {
        Inst::Arith(op, a, b) => {
            let ty = arith_type(*op, f.ty(*a), f.ty(*b));
            if *op == Arith::Mul && unassumed(&state.assumed, *a) == unassumed(&state.assumed, *b) { nonnegative_floats(ty) } else { ty }
        }
        Inst::Primitive(name, args) => primitive_type(name, args, f, bound),
        Inst::Check(ty, _, v) => f.ty(*v).intersection(*ty),
        Inst::CheckInstance(..) => Type::of(TypeSet::INSTANCE),
        Inst::Assume(v, refinement) => assumed_type(f, *v, *refinement),
        Inst::Call(Call { target: Target::Direct(g), .. }) => state.returns[g.0 as usize],
        Inst::CoerceToFunction(_) | Inst::MakeClosure(..) | Inst::FunctionObject(_) => Type::of(TypeSet::FUNCTION),
        Inst::Cons(..) => Type::of(TypeSet::CONS),
        Inst::BoxDouble(_) => Type::of(TypeSet::DOUBLE),
        Inst::BoxSingle(_) => Type::of(TypeSet::SINGLE),
        Inst::Tag(w) | Inst::FromBits(w) if f.ty(*w).set.is_empty() => Type::EMPTY,
        Inst::Tag(w) => bound.intersection(f.ty(*w)),
        Inst::FromBits(w) if bound.is_fixnum() => {
            let ty = f.ty(*w);
            bound.intersection(ranges::word(ty.low >> FIXNUM_SHIFT, ty.high >> FIXNUM_SHIFT))
        }
        Inst::Boolean(_) => Type::of(TypeSet::BOOLEAN),
        _ => bound,
    }
}

/// Known not to be below zero: what its square root or a sum with its like depends on.
fn is_nonnegative(ty: Type) -> bool {
    let signed = TypeSet::FLOAT.minus(TypeSet::NONNEGATIVE_DOUBLE).minus(TypeSet::NONNEGATIVE_SINGLE);
    let unknown = signed.union(TypeSet::BIGNUM).union(TypeSet::RATIO).union(TypeSet::COMPLEX);
    ty.set.is_disjoint_from(unknown) && (!ty.has_fixnum() || ty.low >= 0)
}

fn nonnegative_floats(ty: Type) -> Type {
    let replace = |set: TypeSet, all: TypeSet, nonnegative: TypeSet| {
        if set.is_disjoint_from(all) { set } else { set.minus(all).union(nonnegative) }
    };
    let set = replace(ty.set, TypeSet::DOUBLE, TypeSet::NONNEGATIVE_DOUBLE);
    Type { set: replace(set, TypeSet::SINGLE, TypeSet::NONNEGATIVE_SINGLE), ..ty }
}

/// Results of the primitives that `open_code` knows.
fn primitive_type(name: &str, args: &[ValueId], f: &Function, bound: Type) -> Type {
    // Operands of conversions that cannot fail.
    const OPEN: TypeSet = TypeSet(TypeSet::FLOAT.0 | TypeSet::FIXNUM.0);
    const CONVERTED: TypeSet = TypeSet(TypeSet::SINGLE.0 | TypeSet::FIXNUM.0);
    let ty = |i: usize| f.ty(args[i]);
    match name {
        "div" => {
            let (a, b) = (ty(0), ty(1));
            if a.set.is_empty() || b.set.is_empty() {
                return Type::EMPTY;
            }
            // Only what will be open-coded: a restart may put anything in place of an erroneous result.
            let open = |x: Type, y: Type| (x.is_double() || x.is_single()) && (y.is_double() || y.is_single() || y.is_fixnum());
            if open(a, b) || open(b, a) { arith_type(Arith::Mul, a, b) } else { bound }
        }
        "sqrt" if ty(0).set.is_empty() => Type::EMPTY,
        "sqrt" if is_nonnegative(ty(0)) && ty(0).set.is_subset_of(TypeSet::FLOAT) => ty(0),
        "abs" if ty(0).set.is_subset_of(TypeSet::FLOAT) => nonnegative_floats(ty(0)),
        "to_double_float" | "to_single_float" if ty(0).set.is_empty() => Type::EMPTY,
        "to_double_float" if is_nonnegative(ty(0)) && ty(0).set.is_subset_of(OPEN) => Type::of(TypeSet::NONNEGATIVE_DOUBLE),
        "to_single_float" if is_nonnegative(ty(0)) && ty(0).is_double() => Type::of(TypeSet::NONNEGATIVE_SINGLE),
        "to_double_float" if ty(0).set.is_subset_of(OPEN) => Type::of(TypeSet::DOUBLE),
        "to_single_float" if ty(0).is_double() || ty(0).set.is_subset_of(CONVERTED) => Type::of(TypeSet::SINGLE),
        // Integers of any size have an integer result; only a shift by a huge count fails, for good.
        "ash" | "logand2" | "logior2" | "logxor2" => {
            if ty(0).set.is_empty() || ty(1).set.is_empty() {
                Type::EMPTY
            } else if ty(0).set.union(ty(1).set).is_subset_of(TypeSet::INTEGER) {
                bound.intersection(Type::of(TypeSet::INTEGER))
            } else {
                bound
            }
        }
        "aref1" if ty(0).set.is_empty() => Type::EMPTY,
        "aref1" => ty(0).set.single_kind().and_then(super::open_code::element_type).unwrap_or(bound),
        _ => bound,
    }
}

fn assumed_type(f: &Function, v: ValueId, refinement: Refinement) -> Type {
    let ty = f.ty(v);
    match refinement {
        Refinement::Type(t) => ty.intersection(t),
        Refinement::NotIn(set) => Type { set: ty.set.minus(set), ..ty },
        Refinement::Compare(c, other) => {
            let o = f.ty(other);
            if !ty.is_fixnum() || !o.is_fixnum() {
                return ty;
            }
            let (low, high) = match c {
                Compare::Lt => (ty.low, ty.high.min(o.high.saturating_sub(1))),
                Compare::Le => (ty.low, ty.high.min(o.high)),
                Compare::Gt => (ty.low.max(o.low + 1), ty.high),
                Compare::Ge => (ty.low.max(o.low), ty.high),
                Compare::Eq => (ty.low.max(o.low), ty.high.min(o.high)),
                Compare::Ne | Compare::Below => (ty.low, ty.high),
            };
            // An empty range means the code is unreachable; keep the type harmless.
            if low > high { ty } else { Type::fixnum_range(low, high) }
        }
    }
}

/// Type of `a op b` by the rules of contagion.
pub fn arith_type(op: Arith, a: Type, b: Type) -> Type {
    if a.set.is_empty() || b.set.is_empty() {
        return Type::EMPTY;
    }
    if a.is_fixnum() && b.is_fixnum() {
        let (low, high) = fixnum_result(op, a, b);
        let range = (MOST_NEGATIVE_FIXNUM as i128..=MOST_POSITIVE_FIXNUM as i128).contains(&low)
            && (MOST_NEGATIVE_FIXNUM as i128..=MOST_POSITIVE_FIXNUM as i128).contains(&high);
        return if range { Type::fixnum_range(low as i64, high as i64) } else { Type::of(TypeSet::INTEGER) };
    }
    let (x, y) = (a.set.intersection(TypeSet::NUMBER), b.set.intersection(TypeSet::NUMBER));
    let has = |s: TypeSet, t: TypeSet| !s.is_disjoint_from(t);
    let mut set = TypeSet::EMPTY;
    if has(x, TypeSet::COMPLEX) || has(y, TypeSet::COMPLEX) {
        return Type::of(TypeSet::NUMBER);
    }
    let rational = has(x, TypeSet::RATIONAL) && has(y, TypeSet::RATIONAL);
    if rational {
        set = set.union(TypeSet::INTEGER);
        if has(x, TypeSet::RATIO) || has(y, TypeSet::RATIO) {
            set = set.union(TypeSet::RATIO);
        }
    }
    let real = |s: TypeSet| has(s, TypeSet::REAL);
    if has(x, TypeSet::DOUBLE) && real(y) || has(y, TypeSet::DOUBLE) && real(x) {
        set = set.union(TypeSet::DOUBLE);
    }
    let below_double = TypeSet::RATIONAL.union(TypeSet::SINGLE);
    if has(x, TypeSet::SINGLE) && has(y, below_double) || has(y, TypeSet::SINGLE) && has(x, below_double) {
        set = set.union(TypeSet::SINGLE);
    }
    // (* 0 1.0) may be the exact 0 in some systems; ours gives a float, as SBCL does.
    let ty = Type::of(if set.is_empty() { TypeSet::NUMBER } else { set });
    if op != Arith::Sub && is_nonnegative(a) && is_nonnegative(b) { nonnegative_floats(ty) } else { ty }
}

fn fixnum_result(op: Arith, a: Type, b: Type) -> (i128, i128) {
    let (al, ah, bl, bh) = (a.low as i128, a.high as i128, b.low as i128, b.high as i128);
    match op {
        Arith::Add => (al + bl, ah + bh),
        Arith::Sub => (al - bh, ah - bl),
        Arith::Mul => {
            let products = [al * bl, al * bh, ah * bl, ah * bh];
            (products.into_iter().min().expect("four products"), products.into_iter().max().expect("four products"))
        }
    }
}
