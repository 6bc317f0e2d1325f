//! Entries: parameters of direct entries, argument parsing of general entries.

use super::*;
use crate::hir::Params;
use rook_runtime::abi::tags;
use rook_runtime::abi::thread_context::REGISTER_ARGS;

/// The arguments of a call, matched with the lambda list. Missing ones are the UNSUPPLIED marker.
struct Arguments {
    required: Vec<ValueId>,
    optional: Vec<ValueId>,
    rest: Option<ValueId>,
    keys: Vec<ValueId>,
}

/// Builds the entries of one function.
pub fn build_function(s: &mut Shared, id: FnId) {
    let (direct, general) = (s.direct.get(&id).copied(), s.general.get(&id).copied());
    if let Some(func) = direct {
        let f = build_direct(Builder::new(s, func, id));
        s.program.functions[func.0 as usize] = f;
    }
    if let Some(func) = general {
        let f = build_general(Builder::new(s, func, id), direct);
        s.program.functions[func.0 as usize] = f;
    }
}

fn add_param(b: &mut Builder, block: Block, repr: Repr, ty: Type) -> ValueId {
    let v = b.f.new_value(repr, ty);
    b.f.block_mut(block).params.push(v);
    v
}

fn build_direct(mut b: Builder) -> Function {
    let params = b.s.unit.function(b.hir_id).params.clone();
    let free = b.s.closures.free_of(b.hir_id).to_vec();
    for v in free {
        let value = add_param(&mut b, Block(0), Repr::Tagged, Type::ANY);
        b.bind_storage(v, value);
    }
    // The header takes the arguments again for self tail calls.
    let header = b.f.new_block();
    let marked = Type::of(TypeSet::ANY.union(TypeSet::MARK));
    let shape: Vec<Type> = std::iter::empty()
        .chain(params.required.iter().map(|_| Type::ANY))
        .chain(params.optional.iter().map(|_| marked))
        .chain(params.rest.iter().map(|_| Type::of(TypeSet::LIST)))
        .chain(params.keys.iter().flatten().map(|_| marked))
        .collect();
    let args: Vec<ValueId> = shape.iter().map(|&ty| add_param(&mut b, Block(0), Repr::Tagged, ty)).collect();
    let inner: Vec<ValueId> = shape.iter().map(|&ty| add_param(&mut b, header, Repr::Tagged, ty)).collect();
    b.jump(header, args);
    b.go(header);
    b.header = Some(header);
    let mut rest = inner.into_iter();
    let arguments = Arguments {
        required: rest.by_ref().take(params.required.len()).collect(),
        optional: rest.by_ref().take(params.optional.len()).collect(),
        rest: params.rest.and_then(|_| rest.next()),
        keys: rest.collect(),
    };
    bind_and_run(&mut b, &params, arguments);
    b.seal(header);
    finish(b)
}

fn build_general(mut b: Builder, direct: Option<FuncId>) -> Function {
    let fn_value = add_param(&mut b, Block(0), Repr::Tagged, Type::of(TypeSet::FUNCTION));
    let nargs = add_param(&mut b, Block(0), Repr::Word, Type::ANY);
    let regs: Vec<ValueId> = (0..REGISTER_ARGS).map(|_| add_param(&mut b, Block(0), Repr::Tagged, Type::ANY)).collect();
    b.self_value = Some(fn_value);
    let params = b.s.unit.function(b.hir_id).params.clone();
    let arguments = parse_arguments(&mut b, &params, fn_value, nargs, &regs);
    let free = b.s.closures.free_of(b.hir_id).to_vec();
    let captured: Vec<ValueId> = (0..free.len()).map(|i| b.any(Inst::ClosureRef(fn_value, i as u32))).collect();
    let Some(direct) = direct else {
        for (v, value) in free.into_iter().zip(captured) {
            b.bind_storage(v, value);
        }
        bind_and_run(&mut b, &params, arguments);
        return finish(b);
    };
    let mut args = captured;
    args.extend(arguments.required);
    args.extend(arguments.optional);
    args.extend(arguments.rest);
    args.extend(arguments.keys);
    let call = Call { target: Target::Direct(direct), args, spread_count: None };
    if b.s.single.contains(&b.hir_id) {
        let v = b.any(Inst::Call(call));
        b.return_one(v);
    } else {
        b.terminate(Terminator::TailCall(call));
        b.dead();
    }
    finish(b)
}

/// Ends the open (unreachable) block and hands the function over.
fn finish(mut b: Builder) -> Function {
    b.terminate(Terminator::Unreachable);
    b.f
}

fn parse_arguments(b: &mut Builder, params: &Params, fn_value: ValueId, nargs: ValueId, regs: &[ValueId]) -> Arguments {
    let required = params.required.len();
    let positional = required + params.optional.len();
    let open = params.rest.is_some() || params.keys.is_some();
    check_count(b, fn_value, nargs, required, (!open).then_some(positional));
    let simple = !open && params.optional.is_empty();
    if simple && required <= REGISTER_ARGS {
        return Arguments { required: regs[..required].to_vec(), optional: vec![], rest: None, keys: vec![] };
    }
    let mut values: Vec<ValueId> = regs[..required.min(REGISTER_ARGS)].to_vec();
    for i in REGISTER_ARGS..required {
        values.push(b.any(Inst::ArgRef(i as u32)));
    }
    let optional = (required..positional).map(|i| optional_argument(b, nargs, i, regs)).collect();
    let none = Arguments { required: values, optional, rest: None, keys: vec![] };
    let arguments = if open { open_arguments(b, params, nargs, positional, regs, none) } else { none };
    if positional > REGISTER_ARGS {
        let zero = b.const_word(0);
        b.effect(Inst::SetArgCount(zero));
    }
    arguments
}

/// The rest list and the values of keywords. Calls without any do not touch the argument area.
fn open_arguments(
    b: &mut Builder,
    params: &Params,
    nargs: ValueId,
    positional: usize,
    regs: &[ValueId],
    arguments: Arguments,
) -> Arguments {
    let marked = Type::of(TypeSet::ANY.union(TypeSet::MARK));
    let (more, none, join) = (b.f.new_block(), b.f.new_block(), b.f.new_block());
    let start = b.const_word(positional as i64);
    let c = b.bool(Inst::CompareWord(Compare::Gt, nargs, start));
    b.branch(c, more, none);

    b.seal_and_go(more);
    for (i, &reg) in regs.iter().enumerate().skip(positional) {
        b.effect(Inst::ArgSet(i as u32, reg));
    }
    b.effect(Inst::SetArgCount(nargs));
    let mut results = Vec::new();
    if params.rest.is_some() {
        results.push(b.tagged(Inst::Runtime(RuntimeCall::RestList, vec![start, nargs]), TypeSet::LIST));
    }
    if let Some(keywords) = &params.keys {
        let names: Vec<DatumId> = keywords.iter().map(|k| k.keyword).collect();
        let vector = keyword_vector(b, &names);
        let others = b.const_word(params.allow_other_keys as i64);
        b.any(Inst::Runtime(RuntimeCall::ParseKeys, vec![start, nargs, vector, others]));
        for k in 0..keywords.len() {
            results.push(b.emit(Inst::ArgRef((positional + k) as u32), Repr::Tagged, marked));
        }
    }
    let zero = b.const_word(0);
    b.effect(Inst::SetArgCount(zero));
    b.jump(join, results.clone());

    b.seal_and_go(none);
    let mut absent = Vec::new();
    if params.rest.is_some() {
        absent.push(b.nil());
    }
    while absent.len() < results.len() {
        absent.push(b.immediate(tags::UNSUPPLIED));
    }
    b.jump(join, absent);
    let mut merged: Vec<ValueId> = Vec::new();
    for i in 0..results.len() {
        let ty = if i == 0 && params.rest.is_some() { Type::of(TypeSet::LIST) } else { marked };
        merged.push(add_param(b, join, Repr::Tagged, ty));
    }
    b.seal_and_go(join);
    let rest = params.rest.map(|_| merged.remove(0));
    Arguments { rest, keys: merged, ..arguments }
}

/// A vector constant of the accepted keywords, made when the unit is built.
fn keyword_vector(b: &mut Builder, names: &[DatumId]) -> ValueId {
    let id = b.s.datums.vector_of(b.s.ctx, names);
    b.tagged(Inst::Const(id), TypeSet::SIMPLE_VECTOR)
}

fn optional_argument(b: &mut Builder, nargs: ValueId, i: usize, regs: &[ValueId]) -> ValueId {
    let (given, missing) = (b.f.new_block(), b.f.new_block());
    let join = b.new_join(Want::One);
    let index = b.const_word(i as i64);
    let c = b.bool(Inst::CompareWord(Compare::Gt, nargs, index));
    b.branch(c, given, missing);
    b.seal_and_go(given);
    let v = match regs.get(i) {
        Some(&reg) => reg,
        None => b.any(Inst::ArgRef(i as u32)),
    };
    b.jump(join, vec![v]);
    b.seal_and_go(missing);
    let mark = b.immediate(tags::UNSUPPLIED);
    b.jump(join, vec![mark]);
    let v = b.enter_value(join);
    b.f.values[v.0 as usize].ty = Type::of(TypeSet::ANY.union(TypeSet::MARK));
    v
}

fn check_count(b: &mut Builder, fn_value: ValueId, nargs: ValueId, min: usize, max: Option<usize>) {
    if b.policy.safety == 0 {
        return;
    }
    let word = |b: &mut Builder, n: usize| b.const_word(n as i64);
    let good = match max {
        Some(max) if max == min => {
            let n = word(b, min);
            b.bool(Inst::CompareWord(Compare::Eq, nargs, n))
        }
        Some(max) => {
            let (low, span) = (word(b, min), word(b, max - min + 1));
            let offset = b.word(Inst::WordOp(WordOp::Sub, nargs, low));
            b.bool(Inst::CompareWord(Compare::Below, offset, span))
        }
        None if min == 0 => return,
        None => {
            let n = word(b, min);
            b.bool(Inst::CompareWord(Compare::Ge, nargs, n))
        }
    };
    let (ok, bad) = (b.f.new_block(), b.new_cold_block());
    b.branch(good, ok, bad);
    b.seal_and_go(bad);
    let count = b.tagged(Inst::Tag(nargs), TypeSet::FIXNUM);
    let v = b.primitive("wrong_argument_count", vec![fn_value, count]);
    b.return_one(v);
    b.terminate(Terminator::Unreachable);
    b.seal_and_go(ok);
}

/// Binds the parameters left to right and builds the body in tail position.
fn bind_and_run(b: &mut Builder, params: &Params, arguments: Arguments) {
    for (&v, &value) in params.required.iter().zip(&arguments.required) {
        b.bind_var(v, value);
    }
    for (o, &value) in params.optional.iter().zip(&arguments.optional) {
        bind_defaulted(b, o.var, &o.init, o.supplied, value);
    }
    if let (Some(v), Some(value)) = (params.rest, arguments.rest) {
        b.bind_var(v, value);
    }
    for (k, &value) in params.keys.iter().flatten().zip(&arguments.keys) {
        bind_defaulted(b, k.var, &k.init, k.supplied, value);
    }
    let unit: &Unit = b.s.unit;
    let body = &unit.function(b.hir_id).body;
    b.expr(body, Want::Tail);
}

fn bind_defaulted(b: &mut Builder, var: VarId, init: &hir::Hir, supplied: Option<VarId>, value: ValueId) {
    let (missing, given) = (b.f.new_block(), b.f.new_block());
    let join = b.f.new_block();
    let mut params = Vec::new();
    for _ in 0..1 + supplied.is_some() as usize {
        params.push(add_param(b, join, Repr::Tagged, Type::ANY));
    }
    let mark = b.immediate(tags::UNSUPPLIED);
    let c = b.bool(Inst::Eq(value, mark));
    b.branch(c, missing, given);
    b.seal_and_go(missing);
    let default = b.one(init);
    let mut args = vec![default];
    if supplied.is_some() {
        args.push(b.nil());
    }
    b.jump(join, args);
    b.seal_and_go(given);
    let narrowed = b.any(Inst::Assume(value, Refinement::NotIn(TypeSet::MARK)));
    let mut args = vec![narrowed];
    if supplied.is_some() {
        args.push(b.tagged(Inst::T, TypeSet::T));
    }
    b.jump(join, args);
    b.seal_and_go(join);
    b.bind_var(var, params[0]);
    if let Some(s) = supplied {
        b.bind_var(s, params[1]);
    }
}
