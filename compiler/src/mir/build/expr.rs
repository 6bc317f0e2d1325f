//! Expressions: one method per HIR node kind that needs more than a line.

use super::*;
use crate::hir::{Callee, Hir, Kind};
use crate::known_functions::PrimOp;
use crate::types::specifier::type_of_constant;

impl Builder<'_, '_> {
    /// Builds for a single value.
    pub fn one(&mut self, node: &Hir) -> ValueId {
        match self.expr(node, Want::One) {
            Out::One(v) => v,
            // An exit: the code that follows is unreachable.
            _ => self.nil(),
        }
    }
    pub fn many(&mut self, node: &Hir) -> (ValueId, ValueId) {
        match self.expr(node, Want::Many) {
            Out::Many(v, c) => (v, c),
            _ => {
                let nil = self.nil();
                let one = self.const_word(1);
                (nil, one)
            }
        }
    }
    pub fn all(&mut self, nodes: &[Hir]) -> Vec<ValueId> {
        nodes.iter().map(|n| self.one(n)).collect()
    }

    pub fn expr(&mut self, node: &Hir, want: Want) -> Out {
        let outer = self.span;
        if node.span.line != 0 {
            self.span = node.span;
        }
        let out = self.node(node, want);
        self.span = outer;
        out
    }

    fn node(&mut self, node: &Hir, want: Want) -> Out {
        match &node.kind {
            Kind::Const(id) => {
                let v = self.constant(*id);
                self.finish(v, want)
            }
            Kind::Local(v) => {
                let v = self.read_var(*v);
                self.finish(v, want)
            }
            Kind::SetLocal(v, e) => {
                let value = self.one(e);
                let value = self.set_var(*v, value);
                self.finish(value, want)
            }
            Kind::Global(id) => {
                let v = self.any(Inst::SymbolValue(*id));
                self.finish(v, want)
            }
            Kind::SetGlobal(id, e) => {
                let v = self.one(e);
                self.effect(Inst::SetSymbolValue(*id, v));
                self.finish(v, want)
            }
            Kind::If(c, a, b) => self.if_node(c, a, b, want),
            Kind::Seq(es) => {
                let Some((last, init)) = es.split_last() else {
                    let nil = self.nil();
                    return self.finish(nil, want);
                };
                for e in init {
                    self.expr(e, Want::Effect);
                }
                self.expr(last, want)
            }
            Kind::Let(bindings, body) => {
                let values: Vec<ValueId> = bindings.iter().map(|(_, e)| self.one(e)).collect();
                for ((v, _), value) in bindings.iter().zip(values) {
                    self.bind_var(*v, value);
                }
                self.expr(body, want)
            }
            Kind::Bind(bindings, body) => self.bind_node(bindings, body, want),
            Kind::LetValues(vars, form, body) => self.let_values(vars, form, body, want),
            Kind::Lambda(f) => {
                let v = self.closure(*f);
                self.finish(v, want)
            }
            Kind::Functions(fs, body) => {
                self.make_closures(fs);
                self.expr(body, want)
            }
            Kind::LocalFunction(f) => {
                let v = self.local_function(*f);
                self.finish(v, want)
            }
            Kind::GlobalFunction(id) => {
                let v = self.tagged(Inst::SymbolFunction(*id), TypeSet::FUNCTION);
                self.finish(v, want)
            }
            Kind::Call(callee, args) => self.call_node(callee, args, want),
            Kind::Prim(op, args) => self.prim(*op, args, want),
            Kind::Primitive(name, args) => {
                let args = self.all(args);
                let v = self.primitive(name, args);
                self.finish(v, want)
            }
            Kind::Foreign(call, args) => {
                let v = self.foreign_call(call, args);
                self.finish(v, want)
            }
            Kind::Block(id, body) => {
                let join = self.new_join(want);
                self.blocks.insert(*id, BlockTarget { join, want, contours: self.contours.len() });
                let out = self.expr(body, want);
                if want == Want::Tail {
                    // Every way out has returned.
                    return Out::None;
                }
                self.jump_join(join, out);
                self.enter_join(join, want)
            }
            Kind::ReturnFrom(id, e) => {
                let target = &self.blocks[id];
                let (wanted, depth) = (target.want, target.contours);
                if wanted == Want::Tail && depth == self.contours.len() {
                    self.expr(e, Want::Tail);
                    return self.after_exit(want);
                }
                let inner = if wanted == Want::Tail { Want::Many } else { wanted };
                let out = self.expr(e, inner);
                self.return_from(*id, out);
                self.after_exit(want)
            }
            Kind::Tagbody(_, segments) => {
                self.segments(segments);
                let nil = self.nil();
                self.finish(nil, want)
            }
            Kind::TagbodyFrom(index, _, segments) => {
                self.tagbody_from(*index, segments);
                let nil = self.nil();
                self.finish(nil, want)
            }
            Kind::Go(_, tag) => {
                self.go_to_tag(*tag);
                self.after_exit(want)
            }
            Kind::Leave(index, e) => self.leave(*index, e, want),
            Kind::Protected(p) => self.protected(p, want),
            Kind::ExitTo(token, e) => {
                let (v, c) = self.many(e);
                let token = self.read_var(*token);
                self.terminate(Terminator::ExitTo(token, v, c));
                self.dead();
                self.after_exit(want)
            }
            Kind::Throw(tag, e) => {
                let tag = self.one(tag);
                let (v, c) = self.many(e);
                self.terminate(Terminator::Throw(tag, v, c));
                self.dead();
                self.after_exit(want)
            }
            Kind::ValuesCall(f, forms) => self.values_call(f, forms, want),
            Kind::ValuesProg1(first, rest) => match want {
                Want::Effect | Want::One => {
                    let out = self.expr(first, want);
                    self.expr(rest, Want::Effect);
                    out
                }
                Want::Many | Want::Tail => {
                    let (v, c) = self.many(first);
                    let saved = self.keep_values(v, c);
                    self.expr(rest, Want::Effect);
                    let (v, c) = self.kept_values(saved, c);
                    self.finish_many(v, c, want)
                }
            },
            Kind::Values(es) => self.values(es, want),
            Kind::Progv(symbols, values, body) => {
                let symbols = self.one(symbols);
                let values = self.one(values);
                let mark = self.primitive("progv_bind", vec![symbols, values]);
                self.contours.push(Contour::Mark(mark));
                let inner = if want == Want::Tail { Want::Many } else { want };
                let out = self.expr(body, inner);
                self.contours.pop();
                self.primitive("unbind_to", vec![mark]);
                self.convert(out, want)
            }
            Kind::The(ty, spec, e) => {
                let v = self.one(e);
                let v = self.check_spec(v, *ty, *spec);
                self.finish(v, want)
            }
            Kind::Catch(..) | Kind::UnwindProtect(..) => unreachable!("resolve_exits outlines protected bodies"),
        }
    }

    /// Leaves a block of this function with what was delivered.
    pub fn return_from(&mut self, id: hir::BlockId, out: Out) {
        let target = &self.blocks[&id];
        let (join, wanted, depth) = (target.join, target.want, target.contours);
        self.unwind_to(depth);
        let out = self.convert(out, wanted);
        if wanted != Want::Tail {
            self.jump_join(join, out);
            self.dead();
        }
    }

    pub fn go_to_tag(&mut self, tag: TagId) {
        let (block, depth) = self.tags[&tag];
        self.unwind_to(depth);
        self.effect(Inst::PollLoop);
        self.jump(block, vec![]);
        self.dead();
    }

    /// What an exit "delivers" to its context, which is unreachable.
    pub fn after_exit(&mut self, want: Want) -> Out {
        match want {
            Want::Effect | Want::Tail => Out::None,
            _ => {
                let nil = self.nil();
                self.finish(nil, want)
            }
        }
    }

    pub fn constant(&mut self, id: DatumId) -> ValueId {
        let value = self.s.datums.get(id);
        let ty = type_of_constant(value);
        if value.is_double() {
            self.s.program.doubles.insert(id, value.as_double().to_bits());
        }
        let inst = if value.is_nil() {
            Inst::Nil
        } else if value == rook_runtime::value::t() {
            Inst::T
        } else if !value.is_reference() {
            Inst::Immediate(value.0)
        } else {
            Inst::Const(id)
        };
        self.emit(inst, Repr::Tagged, ty)
    }

    fn if_node(&mut self, c: &Hir, a: &Hir, b: &Hir, want: Want) -> Out {
        let (yes, no) = (self.f.new_block(), self.f.new_block());
        self.condition(c, yes, no);
        self.seal_and_go(yes);
        if want == Want::Tail {
            self.expr(a, want);
            self.terminate(Terminator::Unreachable);
            self.seal_and_go(no);
            self.expr(b, want);
            return Out::None;
        }
        let join = self.new_join(want);
        let out = self.expr(a, want);
        self.jump_join(join, out);
        self.seal_and_go(no);
        let out = self.expr(b, want);
        self.jump_join(join, out);
        self.enter_join(join, want)
    }

    /// Branches on the truth of an expression. The targets must be unsealed.
    pub fn condition(&mut self, c: &Hir, yes: Block, no: Block) {
        match &c.kind {
            Kind::Const(id) => {
                let target = if self.s.datums.get(*id).is_nil() { no } else { yes };
                self.jump(target, vec![]);
            }
            Kind::Prim(PrimOp::Not | PrimOp::Null, args) => self.condition(&args[0], no, yes),
            Kind::If(a, b, d) => {
                let (left, right) = (self.f.new_block(), self.f.new_block());
                self.condition(a, left, right);
                self.seal_and_go(left);
                self.condition(b, yes, no);
                self.seal_and_go(right);
                self.condition(d, yes, no);
            }
            Kind::Seq(es) if !es.is_empty() => {
                let (last, init) = es.split_last().expect("not empty");
                for e in init {
                    self.expr(e, Want::Effect);
                }
                self.condition(last, yes, no);
            }
            Kind::Let(bindings, body) => {
                let values: Vec<ValueId> = bindings.iter().map(|(_, e)| self.one(e)).collect();
                for ((v, _), value) in bindings.iter().zip(values) {
                    self.bind_var(*v, value);
                }
                self.condition(body, yes, no);
            }
            Kind::Prim(op, args) if prims::is_predicate(*op) => {
                let values = self.all(args);
                let cond = self.predicate(*op, &values);
                let (then, otherwise) = (self.f.new_block(), self.f.new_block());
                self.branch(cond, then, otherwise);
                self.seal_and_go(then);
                self.refine(*op, args, &values, true);
                self.jump(yes, vec![]);
                self.seal_and_go(otherwise);
                self.refine(*op, args, &values, false);
                self.jump(no, vec![]);
            }
            Kind::Local(v) if !self.s.closures.is_boxed(*v) => {
                let value = self.read_var(*v);
                let nil = self.nil();
                let is_nil = self.bool(Inst::Eq(value, nil));
                let then = self.f.new_block();
                let (var, ty) = (*v, self.ty(value));
                self.terminate(Terminator::Branch(is_nil, (no, vec![]), (then, vec![])));
                self.seal_and_go(then);
                let narrow = Type { set: ty.set.minus(TypeSet::NIL), ..ty };
                let known = self.emit(Inst::Assume(value, Refinement::NotIn(TypeSet::NIL)), Repr::Tagged, narrow);
                self.write_storage(var, known);
                self.jump(yes, vec![]);
            }
            _ => {
                let v = self.one(c);
                let nil = self.nil();
                let is_nil = self.bool(Inst::Eq(v, nil));
                self.branch(is_nil, no, yes);
            }
        }
    }

    fn bind_node(&mut self, bindings: &[(DatumId, Hir)], body: &Hir, want: Want) -> Out {
        let values: Vec<ValueId> = bindings.iter().map(|(_, e)| self.one(e)).collect();
        let depth = self.contours.len();
        for ((symbol, _), value) in bindings.iter().zip(values) {
            self.effect(Inst::Bind(*symbol, value));
            self.contours.push(Contour::Binding(*symbol));
        }
        let inner = if want == Want::Tail { Want::Many } else { want };
        let out = self.expr(body, inner);
        self.unwind_to(depth);
        self.contours.truncate(depth);
        self.convert(out, want)
    }

    /// Undoes the dynamic extents deeper than `depth` before a local exit.
    pub fn unwind_to(&mut self, depth: usize) {
        for contour in self.contours[depth..].to_vec().into_iter().rev() {
            match contour {
                Contour::Binding(symbol) => self.effect(Inst::Unbind(symbol)),
                Contour::Mark(mark) => {
                    self.primitive("unbind_to", vec![mark]);
                }
            }
        }
    }

    fn let_values(&mut self, vars: &[VarId], form: &Hir, body: &Hir, want: Want) -> Out {
        if let Kind::Values(es) = &form.kind {
            let mut values = self.all(es);
            while values.len() < vars.len() {
                values.push(self.nil());
            }
            for (&v, value) in vars.iter().zip(values) {
                self.bind_var(v, value);
            }
            return self.expr(body, want);
        }
        match self.expr(form, Want::Many) {
            Out::Many(first, count) => {
                let mut values = vec![first];
                for i in 1..vars.len() {
                    values.push(self.nth_value(count, i as u32));
                }
                if vars.len() > 1 {
                    let zero = self.const_word(0);
                    self.effect(Inst::SetValueCount(zero));
                }
                for (&v, value) in vars.iter().zip(values) {
                    self.bind_var(v, value);
                }
            }
            _ => {
                for &v in vars {
                    let nil = self.nil();
                    self.bind_var(v, nil);
                }
            }
        }
        self.expr(body, want)
    }

    /// Value i of a multiple-value result, NIL when there are fewer.
    fn nth_value(&mut self, count: ValueId, i: u32) -> ValueId {
        let (given, missing) = (self.f.new_block(), self.f.new_block());
        let join = self.new_join(Want::One);
        let index = self.const_word(i as i64);
        let c = self.bool(Inst::CompareWord(Compare::Gt, count, index));
        self.branch(c, given, missing);
        self.seal_and_go(given);
        let v = self.any(Inst::ValueRef(i));
        self.jump(join, vec![v]);
        self.seal_and_go(missing);
        let nil = self.nil();
        self.jump(join, vec![nil]);
        self.enter_value(join)
    }

    fn values(&mut self, es: &[Hir], want: Want) -> Out {
        if let [e] = es {
            let v = self.one(e);
            return self.finish(v, want);
        }
        let values = self.all(es);
        if matches!(want, Want::Effect | Want::One) {
            let v = values.first().copied().unwrap_or_else(|| self.nil());
            return self.finish(v, want);
        }
        for (i, &v) in values.iter().enumerate().skip(1) {
            self.effect(Inst::ValueSet(i as u32, v));
        }
        let count = self.const_word(values.len() as i64);
        if values.len() > 1 {
            self.effect(Inst::SetValueCount(count));
        }
        let first = values.first().copied().unwrap_or_else(|| self.nil());
        self.finish_many(first, count, want)
    }

    pub fn restore_values(&mut self, saved: ValueId) -> (ValueId, ValueId) {
        let v = self.f.new_value(Repr::Tagged, Type::ANY);
        let c = self.f.new_value(Repr::Word, Type::ANY);
        self.push(Inst::Runtime(RuntimeCall::RestoreValues, vec![saved]), vec![v, c]);
        (v, c)
    }

    fn values_call(&mut self, f: &Hir, forms: &[Hir], want: Want) -> Out {
        let f = self.function_value(f);
        let mut saved = Vec::new();
        let Some((last, init)) = forms.split_last() else {
            return self.general_call(Target::Function(f), vec![], want);
        };
        for form in init {
            let (v, c) = self.many(form);
            saved.push(self.any(Inst::Runtime(RuntimeCall::SaveValues, vec![v, c])));
        }
        let (mut v, mut c) = self.many(last);
        let mut count = self.const_word(0);
        if !saved.is_empty() {
            let kept = self.any(Inst::Runtime(RuntimeCall::SaveValues, vec![v, c]));
            for s in saved {
                let (v, c) = self.restore_values(s);
                count = self.word(Inst::Runtime(RuntimeCall::SpreadValues, vec![v, c, count]));
            }
            (v, c) = self.restore_values(kept);
        }
        count = self.word(Inst::Runtime(RuntimeCall::SpreadValues, vec![v, c, count]));
        let call = Call { target: Target::Function(f), args: vec![], spread_count: Some(count) };
        self.finish_call(call, Returns::Many, want)
    }

    // Tagbodies.

    fn segments(&mut self, segments: &[(Option<TagId>, Vec<Hir>)]) {
        let blocks = self.declare_tags(segments);
        self.run_segments(segments, &blocks);
    }

    fn declare_tags(&mut self, segments: &[(Option<TagId>, Vec<Hir>)]) -> Vec<Option<Block>> {
        let depth = self.contours.len();
        segments
            .iter()
            .map(|(tag, _)| {
                tag.map(|t| {
                    let b = self.f.new_block();
                    self.tags.insert(t, (b, depth));
                    b
                })
            })
            .collect()
    }

    fn run_segments(&mut self, segments: &[(Option<TagId>, Vec<Hir>)], blocks: &[Option<Block>]) {
        for ((_, forms), block) in segments.iter().zip(blocks) {
            if let Some(b) = block {
                self.jump(*b, vec![]);
                self.go(*b);
            }
            for form in forms {
                self.expr(form, Want::Effect);
            }
        }
        for b in blocks.iter().flatten() {
            self.seal(*b);
        }
    }

    fn tagbody_from(&mut self, index: VarId, segments: &[(Option<TagId>, Vec<Hir>)]) {
        let blocks = self.declare_tags(segments);
        let index = self.read_var(index);
        let word = self.word(Inst::Untag(index));
        let start = self.f.new_block();
        // A switch target has one predecessor: step stones lead to the tags.
        let stones: Vec<(i64, Block, Block)> = blocks
            .iter()
            .enumerate()
            .filter_map(|(i, b)| b.map(|b| (i as i64, self.f.new_block(), b)))
            .collect();
        self.terminate(Terminator::Switch(word, stones.iter().map(|s| (s.0, s.1)).collect(), start));
        for (_, stone, tag) in stones {
            self.seal_and_go(stone);
            self.jump(tag, vec![]);
        }
        self.seal_and_go(start);
        self.run_segments(segments, &blocks);
    }

    /// Is the callee a lambda-free global of this name?
    pub fn is_global(&self, callee: &Callee, package: &str, name: &str) -> bool {
        let Callee::Global(id) = callee else { return false };
        crate::names::symbol_is(self.s.datums.get(*id), package, name)
    }
}
