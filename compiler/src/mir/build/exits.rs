//! Protected constructs: one `TryCall` of the outlined body each.

use super::*;
use crate::hir::{Exit, Protected, ProtectedKind};

/// A body that returns by way of exit `n` has `n + 1` in these upper bits of its count.
const EXIT_SHIFT: i64 = 32;

impl Builder<'_, '_> {
    pub fn protected(&mut self, p: &Protected, want: Want) -> Out {
        match &p.kind {
            ProtectedKind::Block(token) => {
                let nil = self.nil();
                let t = self.any(Inst::MakeCell(nil));
                self.write_storage(*token, t);
                self.caught(p, ExitKind::Block, t, want)
            }
            ProtectedKind::Catch(tag) => {
                let tag = self.one(tag);
                self.caught(p, ExitKind::Catch, tag, want)
            }
            ProtectedKind::Cleanup(cleanup) => self.unwind_protect(p, cleanup, want),
            ProtectedKind::Tagbody(token) => self.protected_tagbody(p, *token, want),
        }
    }

    /// Ends a protected body by way of an exit.
    pub fn leave(&mut self, index: u32, value: &hir::Hir, want: Want) -> Out {
        let (v, c) = self.many(value);
        self.return_to_exit(index, v, c);
        self.after_exit(want)
    }

    fn return_to_exit(&mut self, index: u32, v: ValueId, c: ValueId) {
        self.unwind_to(0);
        let code = self.const_word((index as i64 + 1) << EXIT_SHIFT);
        let c = self.word(Inst::WordOp(WordOp::Or, c, code));
        self.terminate(Terminator::Return(vec![v, c]));
        self.dead();
    }

    /// Splits off the returns of a body that took one of its exits: what remains is a normal return.
    /// Each exit is delivered with its values.
    fn take_exits(&mut self, p: &Protected, out: Out, deliver: &mut dyn FnMut(&mut Self, usize, ValueId, ValueId)) -> Out {
        let Out::Many(v, c) = out else { return out };
        if p.exits.is_empty() {
            return out;
        }
        let shift = self.const_word(EXIT_SHIFT);
        let taken = self.word(Inst::WordOp(WordOp::ShiftRight, c, shift));
        let count = self.word(Inst::WordOp(WordOp::ShiftLeft, c, shift));
        let count = self.word(Inst::WordOp(WordOp::ShiftRight, count, shift));
        let (mut next, normal) = (self.f.new_block(), self.f.new_block());
        let zero = self.const_word(0);
        let none = self.bool(Inst::CompareWord(Compare::Eq, taken, zero));
        self.branch(none, normal, next);
        for n in 0..p.exits.len() {
            self.seal_and_go(next);
            if n + 1 < p.exits.len() {
                let this = self.f.new_block();
                next = self.f.new_block();
                let code = self.const_word(n as i64 + 1);
                let c = self.bool(Inst::CompareWord(Compare::Eq, taken, code));
                self.branch(c, this, next);
                self.seal_and_go(this);
            }
            deliver(self, n, v, count);
        }
        self.seal_and_go(normal);
        Out::Many(v, count)
    }

    /// Goes on to where an exit leads.
    fn go_to_exit(&mut self, exit: Exit, v: ValueId, c: ValueId) {
        match exit {
            Exit::Return(block) => self.return_from(block, Out::Many(v, c)),
            Exit::Go(_, tag) => self.go_to_tag(tag),
            Exit::Leave(index) => self.return_to_exit(index, v, c),
        }
    }

    /// Like `take_exits`, going on at once.
    fn follow_exits(&mut self, p: &Protected, out: Out) -> Out {
        self.take_exits(p, out, &mut |b, n, v, c| b.go_to_exit(p.exits[n], v, c))
    }

    /// The arguments that carry the body's free variables.
    fn body_arguments(&mut self, body: FnId) -> Vec<ValueId> {
        let free = self.s.closures.free_of(body).to_vec();
        free.into_iter().map(|v| self.read_storage(v)).collect()
    }

    /// Emits the call; the normal block's parameters are the call's results.
    fn try_call(&mut self, body: FnId, extra: Vec<ValueId>, kind: ExitKind, tag: ValueId) -> (Block, Block) {
        let mut args = self.body_arguments(body);
        args.extend(extra);
        let direct = self.s.direct[&body];
        let single = self.s.program.functions[direct.0 as usize].returns != Returns::Many;
        let normal = self.new_join(if single { Want::One } else { Want::Many });
        let handler = self.new_join(Want::Many);
        let slot = ExitSlot(self.f.exit_slots);
        self.f.exit_slots += 1;
        let call = Call { target: Target::Direct(direct), args, spread_count: None };
        self.terminate(Terminator::TryCall {
            call,
            slot,
            kind,
            tag,
            normal: (normal, vec![]),
            normal_results: if single { 1 } else { 2 },
            handler: (handler, vec![]),
        });
        (normal, handler)
    }

    /// Enters a block with the results of the call or the exit's payload.
    fn results(&mut self, block: Block) -> Out {
        let params = self.f.block(block).params.clone();
        self.seal_and_go(block);
        match params[..] {
            [v] => Out::One(v),
            [v, c] => Out::Many(v, c),
            _ => unreachable!("one or two results"),
        }
    }

    /// `block` and `catch`: values of the body or of the exit.
    fn caught(&mut self, p: &Protected, kind: ExitKind, tag: ValueId, want: Want) -> Out {
        let (normal, handler) = self.try_call(p.body, vec![], kind, tag);
        let inner = if want == Want::Tail { Want::Many } else { want };
        let join = self.new_join(inner);
        for block in [normal, handler] {
            let mut out = self.results(block);
            if block == normal {
                out = self.follow_exits(p, out);
            }
            let out = self.convert(out, inner);
            self.jump_join(join, out);
        }
        let out = self.enter_join(join, inner);
        self.convert(out, want)
    }

    /// The cleanup's block takes values, their count and where to go on: 0 (the normal path), the
    /// number of an exit of the body, or the record of an exit under way. One value is kept as it is,
    /// others by `SaveValues`.
    fn unwind_protect(&mut self, p: &Protected, cleanup: &hir::Hir, want: Want) -> Out {
        let nil = self.nil();
        let (normal, handler) = self.try_call(p.body, vec![], ExitKind::Cleanup, nil);
        let keep_all = matches!(want, Want::Many | Want::Tail);
        let clean = self.f.new_block();
        let saved = self.f.new_value(Repr::Tagged, Type::ANY);
        let count = self.f.new_value(Repr::Word, Type::ANY);
        let target = self.f.new_value(Repr::Word, Type::ANY);
        self.f.block_mut(clean).params = vec![saved, count, target];

        let out = self.results(normal);
        let out = self.take_exits(p, out, &mut |b, n, v, c| {
            let kept = b.keep_values(v, c);
            let code = b.const_word(n as i64 + 1);
            b.jump(clean, vec![kept, c, code]);
        });
        let (kept, c) = match out {
            Out::Many(v, c) if keep_all => (self.keep_values(v, c), c),
            Out::One(v) | Out::Many(v, _) => (v, self.const_word(1)),
            Out::None => unreachable!("a call delivers"),
        };
        let single = matches!(out, Out::One(_));
        let none = self.const_word(0);
        self.jump(clean, vec![kept, c, none]);
        let Out::Many(v, c) = self.results(handler) else { unreachable!("a handler gets value and count") };
        let exit = self.word(Inst::UnwindTarget);
        let kept = self.keep_values(v, c);
        self.jump(clean, vec![kept, c, exit]);

        self.seal_and_go(clean);
        self.expr(cleanup, Want::Effect);
        let (done, mut next) = (self.f.new_block(), self.f.new_block());
        let is = |b: &mut Self, n: i64| {
            let n = b.const_word(n);
            b.bool(Inst::CompareWord(Compare::Eq, target, n))
        };
        let normal_end = is(self, 0);
        self.branch(normal_end, done, next);
        for (n, &exit) in p.exits.iter().enumerate() {
            self.seal_and_go(next);
            let this = self.f.new_block();
            next = self.f.new_block();
            let c = is(self, n as i64 + 1);
            self.branch(c, this, next);
            self.seal_and_go(this);
            let (v, c) = self.kept_values(saved, count);
            self.go_to_exit(exit, v, c);
        }
        self.seal_and_go(next);
        let (v, c) = self.kept_values(saved, count);
        self.terminate(Terminator::ContinueUnwind(target, v, c));
        self.seal_and_go(done);
        if keep_all && !single {
            let (v, c) = self.kept_values(saved, count);
            self.finish_many(v, c, want)
        } else {
            self.finish(saved, want)
        }
    }

    /// Values as one object: the only one itself, or all of them saved.
    pub fn keep_values(&mut self, v: ValueId, c: ValueId) -> ValueId {
        let (several, join) = (self.f.new_block(), self.new_join(Want::One));
        self.branch_on_one(c, (join, vec![v]), several);
        self.seal_and_go(several);
        let saved = self.any(Inst::Runtime(RuntimeCall::SaveValues, vec![v, c]));
        self.jump(join, vec![saved]);
        self.enter_value(join)
    }

    /// What `keep_values` kept, given the count.
    pub fn kept_values(&mut self, saved: ValueId, c: ValueId) -> (ValueId, ValueId) {
        let (several, join) = (self.f.new_block(), self.new_join(Want::Many));
        self.branch_on_one(c, (join, vec![saved, c]), several);
        self.seal_and_go(several);
        let (v, count) = self.restore_values(saved);
        self.jump(join, vec![v, count]);
        let Out::Many(v, c) = self.enter_join(join, Want::Many) else { unreachable!("many are wanted") };
        (v, c)
    }

    fn branch_on_one(&mut self, c: ValueId, one: (Block, Vec<ValueId>), several: Block) {
        let n = self.const_word(1);
        let is_one = self.bool(Inst::CompareWord(Compare::Eq, c, n));
        self.terminate(Terminator::Branch(is_one, one, (several, vec![])));
    }

    /// Calls the body from the beginning, and again from a tag whenever an exit names one.
    fn protected_tagbody(&mut self, p: &Protected, token: VarId, want: Want) -> Out {
        let nil = self.nil();
        let t = self.any(Inst::MakeCell(nil));
        self.write_storage(token, t);
        let again = self.f.new_block();
        let index = self.f.new_value(Repr::Tagged, Type::FIXNUM);
        self.f.block_mut(again).params.push(index);
        let start = self.fixnum(-1);
        self.jump(again, vec![start]);
        self.go(again);
        let (normal, handler) = self.try_call(p.body, vec![index], ExitKind::Block, t);
        let Out::Many(v, _) = self.results(handler) else { unreachable!("a handler gets value and count") };
        self.effect(Inst::PollLoop);
        let tag = self.emit(Inst::Assume(v, Refinement::Type(Type::FIXNUM)), Repr::Tagged, Type::FIXNUM);
        self.jump(again, vec![tag]);
        self.seal(again);
        let out = self.results(normal);
        self.follow_exits(p, out);
        let nil = self.nil();
        self.finish(nil, want)
    }
}
