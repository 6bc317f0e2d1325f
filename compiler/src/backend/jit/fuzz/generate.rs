//! Makes random programs: every value is defined before its uses, every loop ends, every tag is caught.

use crate::datum::DatumId;
use crate::mir::*;
use crate::source::Span;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::tags::{CONS_TAG, MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};

/// xorshift64*.
pub(super) struct Random(pub u64);

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
        match self.random.below(if self.fuel == 0 { 7 } else { 12 }) {
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
            5 => {
                let n = self.random.below(MASK as usize + 1) as i64;
                let v = self.fixnum(n);
                self.fixnums.push(v);
            }
            6 => self.large(a),
            7 => self.branch(a, b, x),
            8 => self.repeat(),
            9 => self.call(),
            10 => self.protected_call(),
            _ => self.maybe_throw(a, b, x),
        }
    }

    /// Arithmetic near the ends of the fixnums, with a result of either kind.
    fn large(&mut self, a: ValueId) {
        let near = self.random.below(1000) as i64;
        let (op, n) = self.random.pick(&[
            (Arith::Add, MOST_POSITIVE_FIXNUM - near),
            (Arith::Sub, MOST_NEGATIVE_FIXNUM + near),
            (Arith::Mul, MOST_POSITIVE_FIXNUM / (near + 1)),
        ]);
        let n = self.fixnum(n);
        let v = self.one(Inst::Arith(op, n, a), Repr::Tagged, Type::of(TypeSet::INTEGER));
        self.any.push(v);
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
pub(super) fn generate(random: &mut Random, tags: &[DatumId]) -> Program {
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
            for repr in reprs {
                g.param(Block(0), repr, ANY);
            }
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
