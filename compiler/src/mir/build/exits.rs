//! Protected constructs: one `TryCall` of the outlined body each.

use super::*;
use crate::hir::{Protected, ProtectedKind};

impl Builder<'_, '_> {
    pub fn protected(&mut self, p: &Protected, want: Want) -> Out {
        match &p.kind {
            ProtectedKind::Block(token) => {
                let nil = self.nil();
                let t = self.any(Inst::MakeCell(nil));
                self.write_storage(*token, t);
                self.caught(p.body, ExitKind::Block, t, want)
            }
            ProtectedKind::Catch(tag) => {
                let tag = self.one(tag);
                self.caught(p.body, ExitKind::Catch, tag, want)
            }
            ProtectedKind::Cleanup(cleanup) => self.unwind_protect(p.body, cleanup, want),
            ProtectedKind::Tagbody(token) => self.protected_tagbody(p.body, *token, want),
        }
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
        let single = self.s.single.contains(&body);
        let normal = self.new_join(if single { Want::One } else { Want::Many });
        let handler = self.new_join(Want::Many);
        let slot = ExitSlot(self.f.exit_slots);
        self.f.exit_slots += 1;
        let call = Call { target: Target::Direct(self.s.direct[&body]), args, spread_count: None };
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
    fn caught(&mut self, body: FnId, kind: ExitKind, tag: ValueId, want: Want) -> Out {
        let (normal, handler) = self.try_call(body, vec![], kind, tag);
        let inner = if want == Want::Tail { Want::Many } else { want };
        let join = self.new_join(inner);
        for block in [normal, handler] {
            let out = self.results(block);
            let out = self.convert(out, inner);
            self.jump_join(join, out);
        }
        let out = self.enter_join(join, inner);
        self.convert(out, want)
    }

    fn unwind_protect(&mut self, body: FnId, cleanup: &hir::Hir, want: Want) -> Out {
        let nil = self.nil();
        let (normal, handler) = self.try_call(body, vec![], ExitKind::Cleanup, nil);
        let keep_all = matches!(want, Want::Many | Want::Tail);
        // The cleanup's block: what the body gave, and the exit to continue (0 on the normal path).
        let clean = self.f.new_block();
        let saved = self.f.new_value(Repr::Tagged, Type::ANY);
        let target = self.f.new_value(Repr::Word, Type::ANY);
        self.f.block_mut(clean).params = vec![saved, target];
        let kept = match self.results(normal) {
            Out::Many(v, c) if keep_all => self.any(Inst::Runtime(RuntimeCall::SaveValues, vec![v, c])),
            Out::One(v) | Out::Many(v, _) => v,
            Out::None => unreachable!("a call delivers"),
        };
        let single = self.s.single.contains(&body);
        let none = self.const_word(0);
        self.jump(clean, vec![kept, none]);
        let Out::Many(v, c) = self.results(handler) else { unreachable!("a handler gets value and count") };
        let exit = self.word(Inst::UnwindTarget);
        let all = self.any(Inst::Runtime(RuntimeCall::SaveValues, vec![v, c]));
        self.jump(clean, vec![all, exit]);
        self.seal_and_go(clean);
        self.expr(cleanup, Want::Effect);
        let (done, go_on) = (self.f.new_block(), self.f.new_block());
        let zero = self.const_word(0);
        let normal_end = self.bool(Inst::CompareWord(Compare::Eq, target, zero));
        self.branch(normal_end, done, go_on);
        self.seal_and_go(go_on);
        self.terminate(Terminator::ContinueUnwind(target, saved));
        self.seal_and_go(done);
        if keep_all && !single {
            let (v, c) = self.restore_values(saved);
            self.finish_many(v, c, want)
        } else {
            self.finish(saved, want)
        }
    }

    /// Calls the body from the beginning, and again from a tag whenever an exit names one.
    fn protected_tagbody(&mut self, body: FnId, token: VarId, want: Want) -> Out {
        let nil = self.nil();
        let t = self.any(Inst::MakeCell(nil));
        self.write_storage(token, t);
        let again = self.f.new_block();
        let index = self.f.new_value(Repr::Tagged, Type::FIXNUM);
        self.f.block_mut(again).params.push(index);
        let start = self.fixnum(-1);
        self.jump(again, vec![start]);
        self.go(again);
        let (normal, handler) = self.try_call(body, vec![index], ExitKind::Block, t);
        let Out::Many(v, _) = self.results(handler) else { unreachable!("a handler gets value and count") };
        self.effect(Inst::Poll);
        let tag = self.emit(Inst::Assume(v, Refinement::Type(Type::FIXNUM)), Repr::Tagged, Type::FIXNUM);
        self.jump(again, vec![tag]);
        self.seal(again);
        self.results(normal);
        let nil = self.nil();
        self.finish(nil, want)
    }
}
