//! Random MIR programs, run as machine code under collector stress and by a small interpreter.
//!
//! Programs have loops, branches, conses, boxed doubles, direct calls with up to nine arguments, two
//! results, protected calls and throws. `ROOK_FUZZ=N` sets the number of programs, `ROOK_FUZZ_SEED` the first.

use std::rc::Rc;

use super::load_unit;
use crate::backend::{Backend, Target as CodeTarget};
use crate::datum::{DatumId, Datums};
use crate::mir::print::print_program;
use crate::mir::verify::verify;
use crate::mir::*;
use crate::source::Span;
use crate::testing::with_context;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::tags::CONS_TAG;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::call_lisp_values;
use rook_runtime::gc::options::GcOptions;
use rook_runtime::object::symbol::make_symbol_named;
use rook_runtime::value::Value;

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }
    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

// ---------------------------------------------------------------- generation

const FUNCTIONS: usize = 5;
const MASK: i64 = 0xffff;
const ANY: Type = Type::ANY;

struct Generator<'a> {
    random: &'a mut Random,
    f: Function,
    block: Block,
    /// Values in scope: fixnums below `MASK + 1`, and anything.
    fixnums: Vec<ValueId>,
    any: Vec<ValueId>,
    /// Callees: id, number of parameters, whether it returns two results.
    callees: Vec<(FuncId, usize, bool)>,
    tags: &'a [DatumId],
    fuel: usize,
}

impl Generator<'_> {
    fn emit(&mut self, inst: Inst, results: &[(Repr, Type)]) -> Vec<ValueId> {
        let results: Vec<ValueId> = results.iter().map(|&(repr, ty)| self.f.new_value(repr, ty)).collect();
        let data = InstData { inst, results: results.clone(), span: Span::default() };
        self.f.block_mut(self.block).insts.push(data);
        results
    }

    fn one(&mut self, inst: Inst, repr: Repr, ty: Type) -> ValueId {
        self.emit(inst, &[(repr, ty)])[0]
    }

    fn end(&mut self, terminator: Terminator, next: Block) {
        self.f.block_mut(self.block).terminator = Some(terminator);
        self.block = next;
    }

    fn param(&mut self, block: Block, repr: Repr, ty: Type) -> ValueId {
        let v = self.f.new_value(repr, ty);
        self.f.block_mut(block).params.push(v);
        v
    }

    fn fixnum(&mut self, n: i64) -> ValueId {
        self.one(Inst::Immediate((n << 1) as u64), Repr::Tagged, Type::fixnum_range(n, n))
    }

    /// Cuts a fixnum to the range that the generator works in.
    fn masked(&mut self, v: ValueId) -> ValueId {
        let raw = self.one(Inst::Untag(v), Repr::Word, ANY);
        let mask = self.one(Inst::Word(MASK), Repr::Word, ANY);
        let cut = self.one(Inst::WordOp(WordOp::And, raw, mask), Repr::Word, ANY);
        self.one(Inst::Tag(cut), Repr::Tagged, Type::FIXNUM)
    }

    fn statement(&mut self) {
        self.fuel = self.fuel.saturating_sub(1);
        let (a, b) = (self.random.pick(&self.fixnums), self.random.pick(&self.fixnums));
        let (x, y) = (self.random.pick(&self.any), self.random.pick(&self.any));
        match self.random.below(if self.fuel == 0 { 5 } else { 10 }) {
            0 => {
                let op = self.random.pick(&[Arith::Add, Arith::Sub, Arith::Mul]);
                let v = self.one(Inst::Arith(op, a, b), Repr::Tagged, Type::FIXNUM);
                let v = self.masked(v);
                self.fixnums.push(v);
            }
            1 | 2 => {
                let v = self.one(Inst::Cons(x, y), Repr::Tagged, Type::of(TypeSet::CONS));
                self.any.push(v);
            }
            3 => {
                let v = self.one(Inst::Cons(a, x), Repr::Tagged, Type::of(TypeSet::CONS));
                let offset = self.random.pick(&[0, 8]);
                let store = Inst::Store { element: Element::Tagged, tag: CONS_TAG as u8, offset, base: v, value: b, barrier: true };
                self.emit(store, &[]);
                self.any.push(v);
            }
            4 => {
                let raw = self.one(Inst::Untag(a), Repr::Word, ANY);
                let raw = self.one(Inst::WordToDouble(raw), Repr::Double, ANY);
                let boxed = self.one(Inst::BoxDouble(raw), Repr::Tagged, Type::of(TypeSet::DOUBLE));
                let sum = self.one(Inst::Arith(Arith::Add, boxed, boxed), Repr::Tagged, Type::of(TypeSet::DOUBLE));
                self.any.push(sum);
            }
            5 => self.branch(a, b, x),
            6 => self.repeat(),
            7 => self.call(),
            8 => self.protected_call(),
            _ => self.maybe_throw(a, b, x),
        }
    }

    /// Runs `body` with what it defines out of scope afterwards.
    fn scoped<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let (fixnums, any) = (self.fixnums.len(), self.any.len());
        let result = body(self);
        self.fixnums.truncate(fixnums);
        self.any.truncate(any);
        result
    }

    fn statements(&mut self, most: usize) {
        for _ in 0..self.random.below(most) + 1 {
            self.statement();
        }
    }

    fn branch(&mut self, a: ValueId, b: ValueId, x: ValueId) {
        let condition = match self.random.below(3) {
            0 => {
                let op = self.random.pick(&[Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge]);
                self.one(Inst::ArithCompare(op, a, b), Repr::Bool, ANY)
            }
            1 => self.one(Inst::Is(TypeSet::FIXNUM, x), Repr::Bool, ANY),
            _ => {
                let set = self.random.pick(&[TypeSet::CONS, TypeSet::NUMBER, TypeSet::DOUBLE]);
                self.one(Inst::Is(set, x), Repr::Bool, ANY)
            }
        };
        let (then, otherwise, join) = (self.f.new_block(), self.f.new_block(), self.f.new_block());
        let (n, v) = (self.param(join, Repr::Tagged, Type::FIXNUM), self.param(join, Repr::Tagged, ANY));
        self.end(Terminator::Branch(condition, (then, vec![]), (otherwise, vec![])), then);
        for next in [otherwise, join] {
            let args = self.scoped(|g| {
                g.statements(3);
                vec![g.random.pick(&g.fixnums), g.random.pick(&g.any)]
            });
            self.end(Terminator::Jump(join, args), next);
        }
        self.fixnums.push(n);
        self.any.push(v);
    }

    /// A loop with a few rounds and two carried values.
    fn repeat(&mut self) {
        let rounds = self.random.below(4) as i64 + 1;
        let (head, body, exit) = (self.f.new_block(), self.f.new_block(), self.f.new_block());
        let count = self.param(head, Repr::Tagged, Type::FIXNUM);
        let (n, v) = (self.param(head, Repr::Tagged, Type::FIXNUM), self.param(head, Repr::Tagged, ANY));
        let start = self.fixnum(rounds);
        let args = vec![start, self.random.pick(&self.fixnums), self.random.pick(&self.any)];
        self.end(Terminator::Jump(head, args), head);
        let zero = self.fixnum(0);
        let done = self.one(Inst::ArithCompare(Compare::Eq, count, zero), Repr::Bool, ANY);
        self.end(Terminator::Branch(done, (exit, vec![]), (body, vec![])), body);
        self.scoped(|g| {
            g.fixnums.push(n);
            g.any.push(v);
            g.statements(3);
            g.emit(Inst::Poll, &[]);
            let one = g.fixnum(1);
            let less = g.one(Inst::Arith(Arith::Sub, count, one), Repr::Tagged, Type::FIXNUM);
            let args = vec![less, g.random.pick(&g.fixnums), g.random.pick(&g.any)];
            g.end(Terminator::Jump(head, args), exit);
        });
        self.fixnums.push(n);
        self.any.push(v);
    }

    /// A call of a later function, its arguments: (fixnum, anything…).
    fn a_call(&mut self) -> Option<(Call, bool)> {
        if self.callees.is_empty() {
            return None;
        }
        let (id, params, two) = self.random.pick(&self.callees.clone());
        let mut args = vec![self.random.pick(&self.fixnums)];
        args.extend((1..params).map(|_| self.random.pick(&self.any)));
        Some((Call { target: Target::Direct(id), args, spread_count: None }, two))
    }

    fn call(&mut self) {
        let Some((call, two)) = self.a_call() else { return };
        let mut results = vec![(Repr::Tagged, ANY)];
        results.extend(two.then_some((Repr::Word, ANY)));
        let results = self.emit(Inst::Call(call), &results);
        self.any.push(results[0]);
        if let Some(&count) = results.get(1) {
            let n = self.one(Inst::Tag(count), Repr::Tagged, Type::FIXNUM);
            self.fixnums.push(n);
        }
    }

    fn protected_call(&mut self) {
        let Some((call, two)) = self.a_call() else { return };
        let tag = self.random.pick(self.tags);
        let tag = self.one(Inst::Const(tag), Repr::Tagged, Type::of(TypeSet::SYMBOL));
        let (normal, handler, join) = (self.f.new_block(), self.f.new_block(), self.f.new_block());
        let v = self.param(join, Repr::Tagged, ANY);
        let slot = ExitSlot(self.f.exit_slots);
        self.f.exit_slots += 1;
        let returned = self.param(normal, Repr::Tagged, ANY);
        if two {
            self.param(normal, Repr::Word, ANY);
        }
        let passed = self.random.pick(&self.any);
        let along = self.param(normal, Repr::Tagged, ANY);
        let caught = self.param(handler, Repr::Tagged, ANY);
        self.param(handler, Repr::Word, ANY);
        let kept = self.param(handler, Repr::Tagged, ANY);
        let try_call = Terminator::TryCall {
            call,
            slot,
            kind: ExitKind::Catch,
            tag,
            normal: (normal, vec![passed]),
            normal_results: 1 + two as usize,
            handler: (handler, vec![passed]),
        };
        self.end(try_call, normal);
        let pair = self.one(Inst::Cons(returned, along), Repr::Tagged, Type::of(TypeSet::CONS));
        self.end(Terminator::Jump(join, vec![pair]), handler);
        let pair = self.one(Inst::Cons(kept, caught), Repr::Tagged, Type::of(TypeSet::CONS));
        self.end(Terminator::Jump(join, vec![pair]), join);
        self.any.push(v);
    }

    fn maybe_throw(&mut self, a: ValueId, b: ValueId, x: ValueId) {
        let condition = self.one(Inst::ArithCompare(Compare::Lt, a, b), Repr::Bool, ANY);
        let (throw, next) = (self.f.new_block(), self.f.new_block());
        self.end(Terminator::Branch(condition, (throw, vec![]), (next, vec![])), throw);
        let tag = self.random.pick(self.tags);
        let tag = self.one(Inst::Const(tag), Repr::Tagged, Type::of(TypeSet::SYMBOL));
        let one = self.one(Inst::Word(1), Repr::Word, ANY);
        self.end(Terminator::Throw(tag, x, one), next);
    }
}

fn function(index: usize, entry: Entry, two: bool) -> Function {
    Function {
        name: format!("F{index}"),
        entry,
        returns: if two { Returns::Many } else { Returns::One(Repr::Tagged) },
        blocks: vec![BlockData::default()],
        values: Vec::new(),
        exit_slots: 0,
        keep_frames: false,
        entry_check: true,
        span: Span::default(),
        origin: None,
    }
}

/// f0 catches every tag around f1; f1 … call only later ones, so every program ends.
fn generate(random: &mut Random, tags: &[DatumId]) -> Program {
    let shapes: Vec<(usize, bool)> = (0..FUNCTIONS).map(|_| (random.below(9) + 1, random.below(2) == 0)).collect();
    let callee = |i: usize| (FuncId(i as u32 + 1 + tags.len() as u32), shapes[i].0, shapes[i].1);
    let mut program = Program { top_level: vec![FuncId(0)], ..Program::default() };
    // Wrappers: function i catches tag i around the next one.
    for i in 0..=tags.len() {
        let entry = if i == 0 { Entry::General } else { Entry::Direct };
        let mut g = Generator {
            random: &mut *random,
            f: function(i, entry, true),
            block: Block(0),
            fixnums: Vec::new(),
            any: Vec::new(),
            callees: Vec::new(),
            tags,
            fuel: 0,
        };
        if i == 0 {
            let reprs = [Repr::Tagged, Repr::Word, Repr::Tagged, Repr::Tagged, Repr::Tagged, Repr::Tagged];
            reprs.iter().for_each(|&repr| drop(g.param(Block(0), repr, ANY)));
        }
        let seven = g.fixnum(7);
        g.fixnums.push(seven);
        let nil = g.one(Inst::Nil, Repr::Tagged, Type::of(TypeSet::NIL));
        g.any.push(nil);
        if i == tags.len() {
            g.callees.push(callee(0));
            g.call();
        } else {
            g.callees.push((FuncId(i as u32 + 1), 0, true));
            let call = Call { target: Target::Direct(FuncId(i as u32 + 1)), args: vec![], spread_count: None };
            let tag = g.one(Inst::Const(tags[i]), Repr::Tagged, Type::of(TypeSet::SYMBOL));
            let (normal, handler) = (g.f.new_block(), g.f.new_block());
            g.f.exit_slots = 1;
            let v = g.param(normal, Repr::Tagged, ANY);
            g.param(normal, Repr::Word, ANY);
            let caught = g.param(handler, Repr::Tagged, ANY);
            let count = g.param(handler, Repr::Word, ANY);
            let (normal_edge, handler_edge) = ((normal, vec![]), (handler, vec![]));
            let kind = ExitKind::Catch;
            g.end(
                Terminator::TryCall { call, slot: ExitSlot(0), kind, tag, normal: normal_edge, normal_results: 2, handler: handler_edge },
                handler,
            );
            g.end(Terminator::Return(vec![caught, count]), normal);
            g.any = vec![v];
        }
        let result = *g.any.last().expect("a value");
        let one = g.one(Inst::Word(1), Repr::Word, ANY);
        g.end(Terminator::Return(vec![result, one]), Block(0));
        program.functions.push(g.f);
    }
    for (i, &(params, two)) in shapes.iter().enumerate() {
        let mut g = Generator {
            random: &mut *random,
            f: function(program.functions.len(), Entry::Direct, two),
            block: Block(0),
            fixnums: Vec::new(),
            any: Vec::new(),
            callees: (i + 1..FUNCTIONS).map(callee).collect(),
            tags,
            fuel: 12,
        };
        let first = g.param(Block(0), Repr::Tagged, Type::FIXNUM);
        g.fixnums.push(first);
        for _ in 1..params {
            let p = g.param(Block(0), Repr::Tagged, ANY);
            g.any.push(p);
        }
        g.any.push(first);
        g.statements(10);
        // The result shows everything that is still in scope.
        let mut all = g.one(Inst::Nil, Repr::Tagged, ANY);
        for v in [g.fixnums.clone(), g.any.clone()].concat() {
            if g.random.below(2) == 0 {
                all = g.one(Inst::Cons(v, all), Repr::Tagged, Type::of(TypeSet::CONS));
            }
        }
        let mut results = vec![all];
        if two {
            results.push(g.one(Inst::Word(i as i64), Repr::Word, ANY));
        }
        g.end(Terminator::Return(results), Block(0));
        program.functions.push(g.f);
    }
    program
}

// ---------------------------------------------------------------- interpretation

#[derive(Clone)]
enum V {
    Fixnum(i64),
    Nil,
    Double(f64),
    Symbol(DatumId),
    Cons(Rc<std::cell::RefCell<(V, V)>>),
    Word(i64),
    Raw(f64),
    Bool(bool),
}

/// A throw under way: tag and value.
type Thrown = (DatumId, V);

/// Steps after which a program is given up as too long.
const STEPS: usize = 20_000;

struct Interpreter<'a> {
    program: &'a Program,
    steps: usize,
}

impl Interpreter<'_> {
    fn run(&mut self, id: FuncId, args: Vec<V>) -> Result<Vec<V>, Thrown> {
        let f = &self.program.functions[id.0 as usize];
        let mut values: Vec<Option<V>> = vec![None; f.values.len()];
        let mut block = Block(0);
        let mut incoming = args;
        loop {
            if self.steps > STEPS {
                // Given up: nobody looks at the answer.
                let many = f.returns == Returns::Many;
                return Ok([V::Nil, V::Word(0)].into_iter().take(1 + many as usize).collect());
            }
            let data = f.block(block);
            for (&p, v) in data.params.iter().zip(incoming) {
                values[p.0 as usize] = Some(v);
            }
            self.steps += 1;
            for inst in &data.insts {
                self.steps += 1;
                let results = self.instruction(&inst.inst, &values)?;
                for (&r, v) in inst.results.iter().zip(results) {
                    values[r.0 as usize] = Some(v);
                }
            }
            let get = |v: &ValueId| values[v.0 as usize].clone().expect("defined");
            (block, incoming) = match data.terminator.as_ref().expect("ended") {
                Terminator::Jump(b, args) => (*b, args.iter().map(get).collect()),
                Terminator::Branch(c, then, otherwise) => {
                    let V::Bool(c) = get(c) else { unreachable!("a condition") };
                    let edge = if c { then } else { otherwise };
                    (edge.0, edge.1.iter().map(get).collect())
                }
                Terminator::Return(results) => return Ok(results.iter().map(get).collect()),
                Terminator::Throw(tag, v, _) => {
                    let V::Symbol(tag) = get(tag) else { unreachable!("a tag") };
                    return Err((tag, get(v)));
                }
                Terminator::TryCall { call, tag, normal, handler, .. } => {
                    let V::Symbol(tag) = get(tag) else { unreachable!("a tag") };
                    let Target::Direct(callee) = call.target else { unreachable!("only direct calls") };
                    match self.run(callee, call.args.iter().map(get).collect()) {
                        Ok(results) => (normal.0, results.into_iter().chain(normal.1.iter().map(get)).collect()),
                        Err((thrown, v)) if thrown == tag => {
                            (handler.0, [v, V::Word(1)].into_iter().chain(handler.1.iter().map(get)).collect())
                        }
                        Err(thrown) => return Err(thrown),
                    }
                }
                other => unreachable!("{other:?} is not generated"),
            };
        }
    }

    fn instruction(&mut self, inst: &Inst, values: &[Option<V>]) -> Result<Vec<V>, Thrown> {
        let get = |v: &ValueId| values[v.0 as usize].clone().expect("defined");
        let fixnum = |v: &ValueId| match get(v) {
            V::Fixnum(n) | V::Word(n) => n,
            _ => unreachable!("an integer"),
        };
        let order = |op: &Compare, a: i64, b: i64| match op {
            Compare::Eq => a == b,
            Compare::Ne => a != b,
            Compare::Lt | Compare::Below => a < b,
            Compare::Le => a <= b,
            Compare::Gt => a > b,
            Compare::Ge => a >= b,
        };
        Ok(vec![match inst {
            Inst::Immediate(bits) => V::Fixnum(*bits as i64 >> 1),
            Inst::Nil => V::Nil,
            Inst::Const(id) => V::Symbol(*id),
            Inst::Word(n) => V::Word(*n),
            Inst::Untag(v) => V::Word(fixnum(v)),
            Inst::Tag(v) => V::Fixnum(fixnum(v)),
            Inst::WordOp(WordOp::And, a, b) => V::Word(fixnum(a) & fixnum(b)),
            Inst::WordToDouble(v) => V::Raw(fixnum(v) as f64),
            Inst::BoxDouble(v) => {
                let V::Raw(d) = get(v) else { unreachable!("a raw double") };
                V::Double(d)
            }
            Inst::Arith(op, a, b) => match (get(a), get(b)) {
                (V::Double(a), V::Double(b)) => V::Double(a + b),
                _ => V::Fixnum(match op {
                    Arith::Add => fixnum(a) + fixnum(b),
                    Arith::Sub => fixnum(a) - fixnum(b),
                    Arith::Mul => fixnum(a) * fixnum(b),
                }),
            },
            Inst::ArithCompare(op, a, b) => V::Bool(order(op, fixnum(a), fixnum(b))),
            Inst::Is(set, v) => V::Bool(!set.is_disjoint_from(match get(v) {
                V::Fixnum(_) => TypeSet::FIXNUM,
                V::Nil => TypeSet::NIL,
                V::Double(_) => TypeSet::DOUBLE,
                V::Cons(_) => TypeSet::CONS,
                _ => TypeSet::PLAIN_SYMBOL,
            })),
            Inst::Cons(a, b) => V::Cons(Rc::new(std::cell::RefCell::new((get(a), get(b))))),
            Inst::Store { offset, base, value, .. } => {
                let V::Cons(cell) = get(base) else { unreachable!("a cons") };
                let mut cell = cell.borrow_mut();
                *(if *offset == 0 { &mut cell.0 } else { &mut cell.1 }) = get(value);
                return Ok(vec![]);
            }
            Inst::Poll => return Ok(vec![]),
            Inst::Call(call) => {
                let Target::Direct(callee) = call.target else { unreachable!("only direct calls") };
                return self.run(callee, call.args.iter().map(get).collect());
            }
            other => unreachable!("{other:?} is not generated"),
        }])
    }
}

/// Longest text compared; shared structure can be exponentially large as text.
const TEXT: usize = 20_000;

fn text_of(v: &V, out: &mut String) {
    match v {
        _ if out.len() > TEXT => {}
        V::Fixnum(n) => out.push_str(&format!("{n} ")),
        V::Nil => out.push_str("() "),
        V::Double(d) => out.push_str(&format!("{d}d ")),
        V::Symbol(_) => out.push_str("tag "),
        V::Cons(cell) => {
            out.push('(');
            text_of(&cell.borrow().0, out);
            text_of(&cell.borrow().1, out);
            out.push(')');
        }
        V::Word(_) | V::Raw(_) | V::Bool(_) => unreachable!("raw values are not returned"),
    }
}

fn text_of_object(v: Value, out: &mut String) {
    if out.len() > TEXT {
    } else if v.is_fixnum() {
        out.push_str(&format!("{} ", v.as_fixnum()));
    } else if v.is_nil() {
        out.push_str("() ");
    } else if v.is_double() {
        out.push_str(&format!("{}d ", v.as_double()));
    } else if v.is_cons() {
        out.push('(');
        text_of_object(v.car(), out);
        text_of_object(v.cdr(), out);
        out.push(')');
    } else {
        assert!(v.is_symbol(), "no other objects are made: {v:?}");
        out.push_str("tag ");
    }
}

// ---------------------------------------------------------------- comparison

/// Compares one program; false when it would run too long.
fn compare(ctx: &mut ThreadContext, seed: u64) -> bool {
    let mut datums = Datums::new();
    let tags: Vec<DatumId> = (0..2).map(|i| {
        let tag = make_symbol_named(ctx, &[0x54, 0x30 + i]);
        datums.id_of(tag)
    }).collect();
    let program = generate(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1), &tags);
    let problems = verify(&program);
    assert!(problems.is_empty(), "seed {seed}: {problems:?}");
    let mut interpreter = Interpreter { program: &program, steps: 0 };
    let results = interpreter.run(FuncId(0), vec![V::Nil, V::Word(0), V::Nil, V::Nil, V::Nil, V::Nil]);
    let Ok(results) = results else { unreachable!("every tag is caught") };
    if interpreter.steps > STEPS {
        return false;
    }
    let mut wanted = String::new();
    text_of(&results[0], &mut wanted);
    for optimize in [false, true] {
        let mut backend = Backend::new(CodeTarget { optimize, verify: true, ..CodeTarget::MEMORY });
        let unit = backend.compile(&program, &datums, Vec::new()).expect("the program compiles");
        let loaded = load_unit(ctx, &unit, &datums).expect("the unit loads");
        let function = loaded.top_level()[0];
        let values = call_lisp_values(ctx, function, &[]).expect("every tag is caught");
        let mut given = String::new();
        text_of_object(values[0], &mut given);
        assert_eq!(given, wanted, "seed {seed}, optimize {optimize}\n{}", print_program(&program, &datums));
    }
    true
}

#[test]
fn random_programs_agree_with_the_interpreter() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (count, first) = (number("ROOK_FUZZ", 60u64), number("ROOK_FUZZ_SEED", 1u64));
    with_context(|ctx| {
        let mut compared = 0;
        for seed in first..first + count {
            let options = if seed % 2 == 0 { "safepoint,move-all,poison" } else { "every=3,move-all,verify" };
            rook_runtime::gc::use_options(ctx, GcOptions::parse(options).0);
            compared += compare(ctx, seed) as u64;
        }
        rook_runtime::gc::use_options(ctx, GcOptions::default());
        assert!(compared > count / 2, "most programs are short enough to compare: {compared} of {count}");
    });
}
