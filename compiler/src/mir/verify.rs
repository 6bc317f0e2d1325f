//! The verifier of MIR. What it checks, for every block that can be reached:
//!
//! 1. Blocks end with a terminator; successors exist; nothing branches to the entry block.
//! 2. A value is defined once; every use is dominated by the definition, also on edges.
//! 3. Operands and results have the representations that the instruction asks for, in number too.
//! 4. Edges carry as many arguments as the target has parameters, of the same representations.
//! 5. The entry block's parameters fit the kind of entry; returns fit `Function::returns`.
//! 6. Direct calls name a direct entry and pass its parameters exactly; other calls pass tagged values.
//! 7. A tail call's callee returns what the caller returns.
//! 8. A protected call's normal edge receives its results, its handler (value, count), before their own
//!    arguments; exit slots exist. Results of a call are visible on its normal edge only, because only
//!    that edge names them.
//! 9. Function objects and closures are made of functions with a general entry.
//! 10. Primitives exist and get as many arguments as they declare.
//! 11. What is called as a function or unboxed is typed as such; cells and closures may be.

use crate::hash::HashMap;
use std::sync::LazyLock;

use super::dominance::Dominators;
use super::function::*;
use super::print::type_text;
use crate::codegen::runtime_call_name;
use crate::types::TypeSet;
use rook_runtime::primitives;

use Repr::{Bool, Double, Single, Tagged, Word};

static PRIMITIVES: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| primitives::all().iter().map(|p| (p.name, p.arity)).collect());

/// Everything that is wrong with a program; empty when it is sound.
pub fn verify(program: &Program) -> Vec<String> {
    let mut problems = Vec::new();
    for (i, function) in program.functions.iter().enumerate() {
        let mut verifier = Verifier { program, f: function, at: String::new(), problems: Vec::new() };
        verifier.function();
        problems.extend(verifier.problems.into_iter().map(|p| format!("f{i} {:?} {p}", function.name)));
    }
    for id in &program.top_level {
        match program.functions.get(id.0 as usize) {
            Some(f) if f.entry == Entry::General => {}
            _ => problems.push(format!("top-level f{} is no function with a general entry", id.0)),
        }
    }
    problems
}

struct Verifier<'a> {
    program: &'a Program,
    f: &'a Function,
    /// Where we are, for messages.
    at: String,
    problems: Vec<String>,
}

/// Where a value is defined: block, and position (0 for parameters, i + 1 for instruction i).
type Place = (Block, usize);

/// What an instruction asks for: representations of operands and results.
type Shape = (Vec<Repr>, Vec<Repr>);

impl Verifier<'_> {
    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(format!("{}: {}", self.at, text.into()));
    }

    fn require(&mut self, holds: bool, text: impl FnOnce() -> String) {
        if !holds {
            self.problem(text());
        }
    }

    fn function(&mut self) {
        self.at = "head".to_owned();
        if self.f.blocks.is_empty() {
            return self.problem("has no blocks");
        }
        if !self.structure() {
            return;
        }
        let dominators = Dominators::of(self.f);
        let places = self.definitions(&dominators);
        self.entry_params();
        for &block in dominators.order() {
            let data = self.f.block(block);
            for (i, inst) in data.insts.iter().enumerate() {
                self.at = format!("b{}[{i}]", block.0);
                inst.inst.for_each_operand(&mut |&v| self.use_of(v, (block, i), &places, &dominators));
                self.instruction(inst);
            }
            self.at = format!("b{} end", block.0);
            let terminator = data.terminator.as_ref().expect("`structure` found one");
            terminator.for_each_operand(&mut |&v| self.use_of(v, (block, data.insts.len()), &places, &dominators));
            self.terminator(terminator);
        }
    }

    /// Invariant 1, and ids in range: without it nothing else can be looked at.
    fn structure(&mut self) -> bool {
        let blocks = self.f.blocks.len() as u32;
        let values = self.f.values.len() as u32;
        for (i, block) in self.f.blocks.iter().enumerate() {
            self.at = format!("b{i}");
            let mut in_range = true;
            let mut check = |v: &ValueId| in_range &= v.0 < values;
            block.params.iter().for_each(&mut check);
            for inst in &block.insts {
                inst.results.iter().for_each(&mut check);
                inst.inst.for_each_operand(&mut check);
            }
            if let Some(t) = &block.terminator {
                t.for_each_operand(&mut check);
            }
            self.require(in_range, || "names a value that does not exist".to_owned());
            for next in self.f.successors(Block(i as u32)) {
                self.require(next.0 < blocks, || format!("b{} does not exist", next.0));
                self.require(next.0 != 0, || "branches to the entry block".to_owned());
            }
        }
        if self.problems.is_empty() {
            for block in self.f.reverse_postorder() {
                self.at = format!("b{}", block.0);
                self.require(self.f.block(block).terminator.is_some(), || "has no terminator".to_owned());
            }
        }
        self.problems.is_empty()
    }

    fn definitions(&mut self, dominators: &Dominators) -> Vec<Option<Place>> {
        let mut places: Vec<Option<Place>> = vec![None; self.f.values.len()];
        for &block in dominators.order() {
            let data = self.f.block(block);
            self.at = format!("b{}", block.0);
            let params = data.params.iter().map(|&p| (p, 0));
            let results = data.insts.iter().enumerate().flat_map(|(i, inst)| inst.results.iter().map(move |&r| (r, i + 1)));
            for (v, position) in params.chain(results) {
                let before = places[v.0 as usize].replace((block, position));
                self.require(before.is_none(), || format!("v{} is defined twice", v.0));
            }
        }
        places
    }

    fn use_of(&mut self, v: ValueId, at: Place, places: &[Option<Place>], dominators: &Dominators) {
        let Some((block, position)) = places[v.0 as usize] else {
            return self.problem(format!("v{} is not defined", v.0));
        };
        let visible = if block == at.0 { position <= at.1 } else { dominators.dominates(block, at.0) };
        self.require(visible, || format!("v{} is used where its definition in b{} does not dominate", v.0, block.0));
    }

    fn entry_params(&mut self) {
        self.at = "b0".to_owned();
        let reprs = self.reprs(&self.f.blocks[0].params);
        let general = [Tagged, Word, Tagged, Tagged, Tagged, Tagged];
        if self.f.entry == Entry::General {
            self.require(reprs == general, || format!("a general entry has parameters {reprs:?}"));
            self.require(self.f.returns == Returns::Many, || "a general entry returns value and count".to_owned());
        }
    }

    fn reprs(&self, values: &[ValueId]) -> Vec<Repr> {
        values.iter().map(|&v| self.f.repr(v)).collect()
    }

    fn typed(&mut self, v: ValueId, set: TypeSet, what: &str) {
        let ty = self.f.ty(v);
        self.require(ty.set.is_subset_of(set), || format!("v{} is {what} but typed {}", v.0, type_text(ty)));
    }

    fn may_be(&mut self, v: ValueId, set: TypeSet, what: &str) {
        let ty = self.f.ty(v);
        self.require(!ty.set.is_disjoint_from(set), || format!("v{} is {what} but typed {}", v.0, type_text(ty)));
    }

    /// What a callee returns.
    fn results_of(&self, call: &Call) -> Vec<Repr> {
        let returns = match call.target {
            Target::Direct(id) => self.program.functions.get(id.0 as usize).map_or(Returns::Many, |f| f.returns),
            _ => Returns::Many,
        };
        result_reprs(returns)
    }

    fn call(&mut self, call: &Call) {
        let args = self.reprs(&call.args);
        match call.target {
            Target::Direct(id) => {
                let Some(callee) = self.program.functions.get(id.0 as usize) else {
                    return self.problem(format!("f{} does not exist", id.0));
                };
                self.require(callee.entry == Entry::Direct, || format!("f{} has no direct entry", id.0));
                let params: Vec<Repr> = callee.blocks.first().map_or(Vec::new(), |b| b.params.iter().map(|&p| callee.repr(p)).collect());
                self.require(args == params, || format!("f{} wants {params:?}, gets {args:?}", id.0));
                self.require(call.spread_count.is_none(), || "a direct call has its arguments in place".to_owned());
            }
            Target::Symbol(_) => self.tagged_args(&args),
            Target::Function(f) => {
                self.require(self.f.repr(f) == Tagged, || "the callee is no tagged value".to_owned());
                self.typed(f, TypeSet::FUNCTION, "called");
                self.tagged_args(&args);
            }
        }
        if let Some(count) = call.spread_count {
            self.require(self.f.repr(count) == Word && args.is_empty(), || "a spread call has a raw count and no arguments".to_owned());
        }
    }

    fn tagged_args(&mut self, args: &[Repr]) {
        self.require(args.iter().all(|&r| r == Tagged), || format!("arguments are tagged, not {args:?}"));
    }

    fn edge(&mut self, target: Block, before: &[Repr], args: &[ValueId]) {
        let given: Vec<Repr> = before.iter().copied().chain(self.reprs(args)).collect();
        let params = self.reprs(&self.f.block(target).params);
        self.require(given == params, || format!("b{} has parameters {params:?}, gets {given:?}", target.0));
    }

    fn general(&mut self, id: FuncId) {
        let general = self.program.functions.get(id.0 as usize).is_some_and(|f| f.entry == Entry::General);
        self.require(general, || format!("f{} is no function with a general entry", id.0));
    }

    fn instruction(&mut self, data: &InstData) {
        let mut operands = Vec::new();
        data.inst.for_each_operand(&mut |&v| operands.push(v));
        let given = self.reprs(&operands);
        let results = self.reprs(&data.results);
        let (wanted, wanted_results) = match &data.inst {
            Inst::Call(call) => {
                self.call(call);
                let wanted = self.results_of(call);
                self.require(results == wanted, || format!("the callee returns {wanted:?}, results are {results:?}"));
                return;
            }
            Inst::Primitive(name, args) => {
                match PRIMITIVES.get(name) {
                    Some(&arity) => self.require(arity == args.len(), || format!("{name} takes {arity} arguments, gets {}", args.len())),
                    None => self.problem(format!("there is no primitive {name}")),
                }
                self.tagged_args(&given);
                self.require(matches!(results[..], [] | [Tagged]), || format!("{name} gives one tagged value"));
                return;
            }
            Inst::ForeignCall { symbol, result, .. } => {
                let wanted: Vec<Repr> = result.iter().copied().collect();
                self.require(results == wanted, || format!("the C function returns {wanted:?}"));
                self.require(given.iter().all(|r| matches!(r, Word | Double | Single)), || format!("C gets raw words and floats, not {given:?}"));
                self.require(symbol.is_some() || given.first() == Some(&Word), || "the address is missing".to_owned());
                return;
            }
            inst => shape(inst, &given),
        };
        self.require(given == wanted, || format!("{:?} wants {wanted:?}, gets {given:?}", data.inst));
        self.require(results == wanted_results, || format!("{:?} gives {wanted_results:?}, results are {results:?}", data.inst));
        match &data.inst {
            Inst::FunctionObject(id) | Inst::MakeClosure(id, _) => self.general(*id),
            Inst::UnboxDouble(v) => self.typed(*v, TypeSet::DOUBLE, "unboxed"),
            Inst::UnboxSingle(v) => self.typed(*v, TypeSet::SINGLE, "unboxed"),
            Inst::CellRef(v) | Inst::CellSet(v, _) => {
                self.may_be(*v, TypeSet::kind(rook_runtime::abi::layout::kind::VALUE_CELL), "used as a cell");
            }
            Inst::ClosureRef(v, _) | Inst::ClosureSet(v, ..) => self.may_be(*v, TypeSet::FUNCTION, "used as a closure"),
            _ => {}
        }
    }

    fn terminator(&mut self, terminator: &Terminator) {
        match terminator {
            Terminator::Jump(block, args) => self.edge(*block, &[], args),
            Terminator::Branch(condition, then, otherwise) => {
                self.require(self.f.repr(*condition) == Bool, || "branches on what is no condition".to_owned());
                self.edge(then.0, &[], &then.1);
                self.edge(otherwise.0, &[], &otherwise.1);
            }
            Terminator::Switch(v, cases, default) => {
                self.require(self.f.repr(*v) == Word, || "switches on what is no word".to_owned());
                let mut keys: Vec<i64> = cases.iter().map(|c| c.0).collect();
                keys.sort_unstable();
                self.require(keys.windows(2).all(|w| w[0] != w[1]), || "a case occurs twice".to_owned());
                cases.iter().for_each(|case| self.edge(case.1, &[], &[]));
                self.edge(*default, &[], &[]);
            }
            Terminator::Return(values) => {
                let (given, wanted) = (self.reprs(values), result_reprs(self.f.returns));
                self.require(given == wanted, || format!("returns {given:?}, must return {wanted:?}"));
            }
            Terminator::TailCall(call) => {
                self.call(call);
                let (given, wanted) = (self.results_of(call), result_reprs(self.f.returns));
                self.require(given == wanted, || format!("the callee returns {given:?}, the caller {wanted:?}"));
            }
            Terminator::TryCall { call, slot, kind: _, tag, normal, normal_results, handler } => {
                self.call(call);
                self.require(slot.0 < self.f.exit_slots, || format!("exit slot {} does not exist", slot.0));
                self.require(self.f.repr(*tag) == Tagged, || "the tag is no tagged value".to_owned());
                let results = self.results_of(call);
                self.require(results.len() == *normal_results, || format!("the call has {} results", results.len()));
                self.edge(normal.0, &results, &normal.1);
                self.edge(handler.0, &[Tagged, Word], &handler.1);
            }
            Terminator::Throw(a, b, c) | Terminator::ExitTo(a, b, c) => {
                let given = self.reprs(&[*a, *b, *c]);
                self.require(given == [Tagged, Tagged, Word], || format!("leaves with {given:?}"));
            }
            Terminator::ContinueUnwind(a, b, c) => {
                let given = self.reprs(&[*a, *b, *c]);
                self.require(given == [Word, Tagged, Word], || format!("continues with {given:?}"));
            }
            Terminator::Unreachable => {}
        }
    }
}

fn result_reprs(returns: Returns) -> Vec<Repr> {
    match returns {
        Returns::Many => vec![Tagged, Word],
        Returns::One(repr) => vec![repr],
    }
}

/// How an element is held in a value.
fn element_repr(element: Element) -> Repr {
    match element {
        Element::Tagged => Tagged,
        Element::F64 => Double,
        Element::F32 => Single,
        _ => Word,
    }
}

/// Representations that an instruction with operands of these representations wants and gives.
fn shape(inst: &Inst, given: &[Repr]) -> Shape {
    let operands = given.len();
    // Float operations take either format.
    let float = if given.first() == Some(&Single) { Single } else { Double };
    let shape = |args: &[Repr], results: &[Repr]| (args.to_vec(), results.to_vec());
    match inst {
        Inst::Const(_) | Inst::Immediate(_) | Inst::Nil | Inst::T | Inst::FunctionObject(_) => shape(&[], &[Tagged]),
        Inst::Word(_) | Inst::UnwindTarget => shape(&[], &[Word]),
        Inst::Double(_) => shape(&[], &[Double]),
        Inst::Single(_) => shape(&[], &[Single]),
        Inst::Untag(_) | Inst::Bits(_) | Inst::Header { .. } => shape(&[Tagged], &[Word]),
        Inst::Tag(_) | Inst::FromBits(_) => shape(&[Word], &[Tagged]),
        Inst::Boolean(_) => shape(&[Bool], &[Tagged]),
        Inst::BoolToWord(_) => shape(&[Bool], &[Word]),
        Inst::BoxDouble(_) => shape(&[Double], &[Tagged]),
        Inst::BoxSingle(_) => shape(&[Single], &[Tagged]),
        Inst::UnboxDouble(_) => shape(&[Tagged], &[Double]),
        Inst::UnboxSingle(_) => shape(&[Tagged], &[Single]),
        Inst::WordToDouble(_) => shape(&[Word], &[Double]),
        Inst::DoubleToWord(_) => shape(&[Double], &[Word]),
        Inst::WordToSingle(_) => shape(&[Word], &[Single]),
        Inst::SingleToDouble(_) => shape(&[Single], &[Double]),
        Inst::DoubleToSingle(_) => shape(&[Double], &[Single]),
        Inst::WordOp(..) => shape(&[Word, Word], &[Word]),
        Inst::Checked(..) => shape(&[Word, Word], &[Word, Bool]),
        Inst::CompareWord(..) => shape(&[Word, Word], &[Bool]),
        Inst::FloatOp(..) => shape(&[float, float], &[float]),
        Inst::FloatUnary(..) => shape(&[float], &[float]),
        Inst::CompareFloat(..) => shape(&[float, float], &[Bool]),
        Inst::CheckFloat(TrapOp::Narrow, ..) => shape(&[Single, Double, Double], &[]),
        Inst::CheckFloat(..) => shape(&[float, float, float], &[]),
        Inst::CheckFloats(..) => (vec![float; operands], Vec::new()),
        Inst::BoolNot(_) => shape(&[Bool], &[Bool]),
        Inst::BoolAnd(..) | Inst::BoolOr(..) => shape(&[Bool, Bool], &[Bool]),
        Inst::Eq(..) | Inst::ArithCompare(..) => shape(&[Tagged, Tagged], &[Bool]),
        Inst::Is(..) => shape(&[Tagged], &[Bool]),
        Inst::Arith(..) | Inst::Cons(..) | Inst::CheckInstance(..) => shape(&[Tagged, Tagged], &[Tagged]),
        Inst::Check(..) | Inst::CoerceToFunction(_) | Inst::MakeCell(_) | Inst::CellRef(_) | Inst::ClosureRef(..) => {
            shape(&[Tagged], &[Tagged])
        }
        Inst::Assume(_, refinement) => match refinement {
            Refinement::Compare(..) => shape(&[Tagged, Tagged], &[Tagged]),
            _ => shape(&[Tagged], &[Tagged]),
        },
        Inst::CheckIndex(..) => shape(&[Word, Word, Tagged], &[Word]),
        Inst::Load { element, .. } => shape(&[Tagged], &[element_repr(*element)]),
        Inst::Store { element, .. } => shape(&[Tagged, element_repr(*element)], &[]),
        Inst::LoadIndexed { element, .. } => shape(&[Tagged, Word], &[element_repr(*element)]),
        Inst::StoreIndexed { element, .. } => shape(&[Tagged, Word, element_repr(*element)], &[]),
        Inst::CellSet(..) | Inst::ClosureSet(..) => shape(&[Tagged, Tagged], &[]),
        Inst::MakeClosure(..) => (vec![Tagged; operands], vec![Tagged]),
        Inst::ArgRef(_) | Inst::ValueRef(_) | Inst::SymbolValue(_) | Inst::SymbolFunction(_) => shape(&[], &[Tagged]),
        Inst::ArgRefIndexed(_) => shape(&[Word], &[Tagged]),
        Inst::ArgSet(..) | Inst::ValueSet(..) | Inst::SetSymbolValue(..) | Inst::Bind(..) => shape(&[Tagged], &[]),
        Inst::PollSometimes(_) => shape(&[Tagged], &[]),
        Inst::SetArgCount(_) | Inst::SetValueCount(_) | Inst::Settle(_) => shape(&[Word], &[]),
        Inst::Unbind(_) | Inst::Poll | Inst::PollLoop => shape(&[], &[]),
        Inst::Runtime(call, _) => {
            let args: &[Repr] = match call {
                RuntimeCall::SaveValues => &[Tagged, Word],
                RuntimeCall::RestoreValues => &[Tagged],
                RuntimeCall::SpreadList => &[Tagged, Word],
                RuntimeCall::SpreadValues => &[Tagged, Word, Word],
                RuntimeCall::RestList => &[Word, Word],
                RuntimeCall::ParseKeys => &[Word, Word, Tagged, Word],
            };
            let counts = matches!(call, RuntimeCall::SpreadList | RuntimeCall::SpreadValues);
            let results: &[Repr] = match runtime_call_name(*call).1 {
                2 => &[Tagged, Word],
                _ if counts => &[Word],
                _ => &[Tagged],
            };
            shape(args, results)
        }
        Inst::Call(_) | Inst::Primitive(..) | Inst::ForeignCall { .. } => unreachable!("checked by the caller"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datum::Datums;
    use crate::mir::parse::parse_program;
    use crate::testing::with_context;

    /// The complaints about the body of a direct function `(v0 tagged, v1 word) -> tagged`.
    fn complaints(body: &str) -> String {
        with_context(|ctx| {
            let text = format!("top\nfunction f0 \"F\" direct tagged exits=1 {{\nb0(v0:any v1:word):\n{body}\n}}");
            let program = parse_program(ctx, &mut Datums::new(), &text).expect("the text is MIR");
            verify(&program).join("\n")
        })
    }

    #[test]
    fn sound_programs_pass() {
        assert_eq!(complaints("v2:any = cons v0 v0\njump b1(v2)\nb1(v3:any):\nreturn v3"), "");
    }

    #[test]
    fn each_invariant_is_checked() {
        for (body, complaint) in [
            ("v2:any = cons v0 v0", "no terminator"),
            ("jump b0()", "entry block"),
            ("jump b7()", "b7 does not exist"),
            ("v0:any = nil\nreturn v0", "defined twice"),
            ("return v2\nb1():\nv2:any = nil\nreturn v2", "not defined"),
            ("v2:bool = is nil v0\nbranch v2 b1() b2()\nb1():\nv3:any = nil\njump b2()\nb2():\nreturn v3", "does not dominate"),
            ("v2:any = cons v0 v1\nreturn v2", "wants [Tagged, Tagged]"),
            ("v2:word = cons v0 v0\nreturn v0", "gives [Tagged]"),
            ("jump b1(v1)\nb1(v3:any):\nreturn v3", "gets [Word]"),
            ("return v1", "must return [Tagged]"),
            ("v2:any v3:word = call function v0\nreturn v2", "typed any"),
            ("v2:any v3:word = call direct f0 v0\nreturn v2", "wants [Tagged, Word]"),
            ("v2:any = call direct f9 v0\nreturn v2", "f9 does not exist"),
            ("v2:function = assume function v0\ntail-call function v2 v0", "the caller [Tagged]"),
            ("v2:any = function-object f0\nreturn v2", "general entry"),
            ("try-call x1 catch v0 direct f0 v0 v1 normal 1 b1() handler b2()\nb1(v2:any):\nreturn v2\nb2(v3:any v4:word):\nreturn v3", "exit slot 1"),
            ("try-call x0 catch v0 direct f0 v0 v1 normal 1 b1() handler b1()\nb1(v2:any):\nreturn v2", "gets [Tagged, Word]"),
            ("v2:any = primitive add v0\nreturn v2", "takes 2 arguments"),
            ("v2:double = unbox-double v0\nreturn v0", "unboxed"),
        ] {
            let text = complaints(body);
            assert!(text.contains(complaint), "{body}\nsays {text:?}, not {complaint:?}");
        }
    }
}
