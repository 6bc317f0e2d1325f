//! Calls, closures, foreign calls.

use super::*;
use crate::hir::analysis::known_call::known_call;
use crate::hir::{Callee, ForeignCall, ForeignType, Hir};
use rook_runtime::abi::tags;

impl Builder<'_, '_> {
    pub fn call_node(&mut self, callee: &Callee, args: &[Hir], want: Want) -> Out {
        if args.len() >= 2 && self.is_global(callee, "COMMON-LISP", "APPLY")
            || args.len() == 2 && self.is_global(callee, "ROOK-KERNEL", "%APPLY")
        {
            return self.apply(args, want);
        }
        match callee {
            Callee::Global(symbol) => {
                let values = self.all(args);
                let out = self.general_call(Target::Symbol(*symbol), values, want);
                match (out, self.s.unit.results.get(symbol)) {
                    (Out::One(v), Some(&(ty, spec))) => Out::One(self.check_spec(v, ty, spec)),
                    _ => out,
                }
            }
            Callee::Value(f) => {
                let f = self.function_value(f);
                let values = self.all(args);
                self.general_call(Target::Function(f), values, want)
            }
            Callee::Known(f) => self.known_call(*f, args, want),
        }
    }

    /// A function designator as a FUNCTION object.
    pub fn function_value(&mut self, f: &Hir) -> ValueId {
        let v = self.one(f);
        if self.ty(v).set.is_subset_of(TypeSet::FUNCTION) {
            return v;
        }
        self.tagged(Inst::CoerceToFunction(v), TypeSet::FUNCTION)
    }

    fn apply(&mut self, args: &[Hir], want: Want) -> Out {
        let f = self.function_value(&args[0]);
        let values = self.all(&args[1..]);
        let (list, fixed) = values.split_last().expect("apply has a list argument");
        for (i, &v) in fixed.iter().enumerate() {
            self.effect(Inst::ArgSet(i as u32, v));
        }
        let start = self.const_word(fixed.len() as i64);
        let count = self.word(Inst::Runtime(RuntimeCall::SpreadList, vec![*list, start]));
        let call = Call { target: Target::Function(f), args: vec![], spread_count: Some(count) };
        self.finish_call(call, Returns::Many, want)
    }

    pub fn general_call(&mut self, target: Target, args: Vec<ValueId>, want: Want) -> Out {
        self.finish_call(Call { target, args, spread_count: None }, Returns::Many, want)
    }

    /// Emits the call as a tail call where that is proper.
    pub fn finish_call(&mut self, call: Call, returns: Returns, want: Want) -> Out {
        if want == Want::Tail && self.may_tail_call() && returns == self.f.returns && !self.reports_error(&call) {
            self.terminate(Terminator::TailCall(call));
            self.dead();
            return Out::None;
        }
        match returns {
            Returns::One(repr) => {
                let v = self.emit(Inst::Call(call), repr, Type::ANY);
                self.finish(v, want)
            }
            Returns::Many => {
                let v = self.f.new_value(Repr::Tagged, Type::ANY);
                let c = self.f.new_value(Repr::Word, Type::ANY);
                self.push(Inst::Call(call), vec![v, c]);
                self.finish_many(v, c, want)
            }
        }
    }

    /// Calls that report errors keep their caller's frame, so that backtraces show it.
    fn reports_error(&self, call: &Call) -> bool {
        const REPORTERS: [&str; 5] = ["ERROR", "CERROR", "BREAK", "INVOKE-DEBUGGER", "SIGNAL"];
        let Target::Symbol(id) = call.target else { return false };
        REPORTERS.iter().any(|name| crate::names::symbol_is(self.s.datums.get(id), "COMMON-LISP", name))
    }

    fn known_call(&mut self, f: FnId, args: &[Hir], want: Want) -> Out {
        let unit: &Unit = self.s.unit;
        let callee = unit.function(f);
        let Some(plan) = known_call(callee, args, self.s.datums) else {
            // The general entry reports what is wrong, or sorts out computed keywords.
            let function = self.local_function(f);
            let values = self.all(args);
            return self.general_call(Target::Function(function), values, want);
        };
        let values = self.all(args);
        let required = callee.params.required.len();
        let mut actual: Vec<ValueId> = values[..required].to_vec();
        for o in &plan.optional {
            actual.push(self.supplied(o.map(|i| values[i])));
        }
        if callee.params.rest.is_some() {
            let nil = self.nil();
            let list = values[plan.rest_from..]
                .iter()
                .rev()
                .fold(nil, |tail, &v| self.tagged(Inst::Cons(v, tail), TypeSet::CONS));
            actual.push(list);
        }
        for k in &plan.keys {
            actual.push(self.supplied(k.map(|i| values[i])));
        }
        if let Some(header) = self.header
            && f == self.hir_id
            && want == Want::Tail
            && self.may_tail_call()
        {
            self.effect(Inst::PollLoop);
            self.jump(header, actual);
            self.dead();
            return Out::None;
        }
        let free = self.s.closures.free_of(f).to_vec();
        let mut all: Vec<ValueId> = free.into_iter().map(|v| self.read_storage(v)).collect();
        all.extend(actual);
        let target = self.s.direct[&f];
        let returns = self.s.program.functions[target.0 as usize].returns;
        self.finish_call(Call { target: Target::Direct(target), args: all, spread_count: None }, returns, want)
    }

    fn supplied(&mut self, v: Option<ValueId>) -> ValueId {
        v.unwrap_or_else(|| self.immediate(tags::UNSUPPLIED))
    }

    /// A fresh closure (or the static function object) of a lambda.
    pub fn closure(&mut self, f: FnId) -> ValueId {
        let func = self.s.general[&f];
        let free = self.s.closures.free_of(f).to_vec();
        if free.is_empty() {
            return self.tagged(Inst::FunctionObject(func), TypeSet::FUNCTION);
        }
        let captured = free.into_iter().map(|v| self.read_storage(v)).collect();
        self.tagged(Inst::MakeClosure(func, captured), TypeSet::FUNCTION)
    }

    pub fn local_function(&mut self, f: FnId) -> ValueId {
        match self.s.closures.closure_var.get(&f).copied() {
            Some(v) => self.read_storage(v),
            None => self.closure(f),
        }
    }

    /// Makes the closures of local functions that escape; those that capture each other are patched.
    pub fn make_closures(&mut self, fs: &[FnId]) {
        let group: Vec<(FnId, VarId)> =
            fs.iter().filter_map(|f| self.s.closures.closure_var.get(f).map(|&v| (*f, v))).collect();
        let mut made: Vec<(FnId, ValueId)> = Vec::new();
        for &(f, _) in &group {
            let free = self.s.closures.free_of(f).to_vec();
            let captured = free
                .into_iter()
                .map(|v| if group.iter().any(|&(_, g)| g == v) { self.nil() } else { self.read_storage(v) })
                .collect();
            let func = self.s.general[&f];
            made.push((f, self.tagged(Inst::MakeClosure(func, captured), TypeSet::FUNCTION)));
        }
        for (&(_, var), &(_, value)) in group.iter().zip(&made) {
            self.write_storage(var, value);
        }
        for &(f, closure) in &made {
            for (i, v) in self.s.closures.free_of(f).to_vec().into_iter().enumerate() {
                if let Some(position) = group.iter().position(|&(_, g)| g == v) {
                    self.effect(Inst::ClosureSet(closure, i as u32, made[position].1));
                }
            }
        }
    }

    pub fn foreign_call(&mut self, call: &ForeignCall, args: &[Hir]) -> ValueId {
        let mut values = self.all(args);
        let mut raw = Vec::new();
        if call.symbol.is_none() {
            let address = values.remove(0);
            let fixnum = self.primitive("pointer_to_integer", vec![address]);
            raw.push(self.word(Inst::Untag(fixnum)));
        }
        // Lisp values become raw words last, when no conversion can run between that and the call.
        let is_value = |ty: ForeignType| ty == ForeignType::Value;
        let types = call.arguments.iter().copied();
        let converted: Vec<Option<ValueId>> =
            types.clone().zip(&values).map(|(ty, &v)| (!is_value(ty)).then(|| self.to_foreign(ty, v))).collect();
        for ((ty, v), word) in types.zip(values).zip(converted) {
            raw.push(word.unwrap_or_else(|| self.to_foreign(ty, v)));
        }
        let result = match call.result {
            ForeignType::Void => None,
            ForeignType::Double => Some(Repr::Double),
            ForeignType::Single => Some(Repr::Single),
            _ => Some(Repr::Word),
        };
        let inst = Inst::ForeignCall { symbol: call.symbol.clone(), args: raw, result, variadic: false };
        let Some(repr) = result else {
            self.effect(inst);
            self.effect(Inst::Poll);
            return self.nil();
        };
        let v = self.emit(inst, repr, Type::ANY);
        let v = self.of_foreign(call.result, v);
        // An exit that C was in the way of goes on here.
        self.effect(Inst::Poll);
        v
    }

    /// A Lisp value as a C argument. Primitives check the range and make C strings.
    fn to_foreign(&mut self, ty: ForeignType, v: ValueId) -> ValueId {
        let name = match ty {
            ForeignType::Single | ForeignType::Double => {
                let d = self.primitive("to_double", vec![v]);
                let d = self.emit(
                    Inst::Assume(d, Refinement::Type(Type::of(TypeSet::DOUBLE))),
                    Repr::Tagged,
                    Type::of(TypeSet::DOUBLE),
                );
                let raw = self.emit(Inst::UnboxDouble(d), Repr::Double, Type::ANY);
                if ty == ForeignType::Single {
                    return self.emit(Inst::DoubleToSingle(raw), Repr::Single, Type::ANY);
                }
                return raw;
            }
            ForeignType::Value => return self.word(Inst::Bits(v)),
            ForeignType::Bool => {
                let nil = self.nil();
                let is_nil = self.bool(Inst::Eq(v, nil));
                let not = self.bool(Inst::BoolNot(is_nil));
                return self.word(Inst::BoolToWord(not));
            }
            _ => "foreign_argument",
        };
        let code = self.fixnum(ty as i64);
        // The primitive leaves the raw word in the context; its fixnum halves would lose bits.
        self.primitive(name, vec![v, code]);
        self.word(Inst::UnwindTarget)
    }

    fn of_foreign(&mut self, ty: ForeignType, v: ValueId) -> ValueId {
        match ty {
            ForeignType::Double => self.tagged(Inst::BoxDouble(v), TypeSet::DOUBLE),
            ForeignType::Single => self.tagged(Inst::BoxSingle(v), TypeSet::SINGLE),
            ForeignType::Value => self.any(Inst::FromBits(v)),
            ForeignType::Int8 | ForeignType::Int16 | ForeignType::Int32 | ForeignType::Uint8 | ForeignType::Uint16 | ForeignType::Uint32 => {
                let (shift, signed) = match ty {
                    ForeignType::Int8 => (56, true),
                    ForeignType::Int16 => (48, true),
                    ForeignType::Int32 => (32, true),
                    ForeignType::Uint8 => (56, false),
                    ForeignType::Uint16 => (48, false),
                    _ => (32, false),
                };
                let n = self.const_word(shift);
                let up = self.word(Inst::WordOp(WordOp::ShiftLeft, v, n));
                let op = if signed { WordOp::ShiftRightSigned } else { WordOp::ShiftRight };
                let word = self.word(Inst::WordOp(op, up, n));
                self.tagged(Inst::Tag(word), TypeSet::FIXNUM)
            }
            _ => {
                // 64-bit integers, pointers and strings: made by a primitive from the two halves.
                let n = self.const_word(32);
                let high = self.word(Inst::WordOp(WordOp::ShiftRight, v, n));
                let up = self.word(Inst::WordOp(WordOp::ShiftLeft, v, n));
                let low = self.word(Inst::WordOp(WordOp::ShiftRight, up, n));
                let high = self.tagged(Inst::Tag(high), TypeSet::FIXNUM);
                let low = self.tagged(Inst::Tag(low), TypeSet::FIXNUM);
                let code = self.fixnum(ty as i64);
                self.primitive("foreign_result", vec![high, low, code])
            }
        }
    }
}
