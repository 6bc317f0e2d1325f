//! HIR to MIR: one direct entry per function that is called by name in its unit, one general entry
//! per function that is used as a value.
//!
//! Assumes `resolve_exits`. Assignment conversion (cells for variables both assigned and captured)
//! and closure conversion (lambda lifting for known calls, closures otherwise) happen here, from
//! the tables of `hir::analysis`.

mod calls;
mod exits;
mod expr;
mod functions;
mod prims;
mod slots;
mod vectors;
pub mod ssa;

use crate::hash::{HashMap, HashSet};

use crate::datum::{DatumId, Datums};
use crate::hir::analysis::closures::{Closures, closures};
use crate::hir::analysis::results::single_valued;
use crate::hir::{self, FnId, Policy, TagId, Unit, VarId};
use crate::mir::*;
use crate::source::Span;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::abi::well_known::Sym;
use rook_runtime::object::symbol::well_known;
use rook_runtime::value::Value;
use ssa::Ssa;

/// Builds the program of a unit.
pub fn build(ctx: &mut ThreadContext, unit: &mut Unit, datums: &mut Datums) -> Program {
    let closures = closures(unit, datums);
    let single = single_valued(unit, &closures.called);
    let mut specifier = |sym| datums.id_of(well_known(sym));
    let specifiers = Specifiers {
        fixnum: specifier(Sym::FIXNUM),
        integer: specifier(Sym::INTEGER),
        single_float: specifier(Sym::SINGLE_FLOAT),
        double_float: specifier(Sym::DOUBLE_FLOAT),
    };
    let mut shared = Shared {
        ctx,
        unit,
        datums,
        closures,
        single,
        program: Program { specifiers: Some(specifiers), ..Program::default() },
        direct: HashMap::default(),
        general: HashMap::default(),
    };
    shared.declare();
    let mut reached: Vec<FnId> = shared.closures.reached.iter().copied().collect();
    reached.sort();
    for f in reached {
        functions::build_function(&mut shared, f);
    }
    shared.program.top_level = shared.unit.top_level.iter().map(|f| shared.general[f]).collect();
    shared.program.wanted = shared.unit.wanted.iter().map(|f| shared.general[f]).collect();
    shared.program
}

/// What all function builders share.
pub(crate) struct Shared<'a> {
    pub ctx: &'a mut ThreadContext,
    pub unit: &'a Unit,
    pub datums: &'a mut Datums,
    pub closures: Closures,
    /// Functions whose direct entry returns one value.
    pub single: HashSet<FnId>,
    pub program: Program,
    pub direct: HashMap<FnId, FuncId>,
    pub general: HashMap<FnId, FuncId>,
}

impl Shared<'_> {
    /// Gives every reached function its entries, empty so far.
    fn declare(&mut self) {
        let mut reached: Vec<FnId> = self.closures.reached.iter().copied().collect();
        reached.sort();
        for f in reached {
            if self.closures.called.contains(&f) {
                let one = self.single.contains(&f) && !self.closures.leaving.contains(&f);
                let returns = if one { Returns::One(Repr::Tagged) } else { Returns::Many };
                let id = self.new_function(f, Entry::Direct, returns);
                self.direct.insert(f, id);
            }
            if self.closures.escaping.contains(&f) {
                let id = self.new_function(f, Entry::General, Returns::Many);
                self.general.insert(f, id);
            }
        }
    }

    fn new_function(&mut self, f: FnId, entry: Entry, returns: Returns) -> FuncId {
        let hir = self.unit.function(f);
        self.program.functions.push(Function {
            name: hir.name.clone(),
            entry,
            returns,
            blocks: Vec::new(),
            values: Vec::new(),
            exit_slots: 0,
            keep_frames: hir.policy.debug >= 2,
            entry_check: hir.policy.safety > 0,
            span: hir.span,
            origin: Some(f),
        });
        FuncId(self.program.functions.len() as u32 - 1)
    }
}

/// What the context wants of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Want {
    Effect,
    One,
    Many,
    /// The function's result: the expression ends the function.
    Tail,
}

/// What an expression delivered. After `Tail` (or an exit) the current block is unreachable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Out {
    None,
    One(ValueId),
    Many(ValueId, ValueId),
}

/// A dynamic extent that exits within the function must unwind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Contour {
    Binding(DatumId),
    /// Binding-stack mark (fixnum) to return to.
    Mark(ValueId),
}

struct BlockTarget {
    join: Block,
    want: Want,
    contours: usize,
}

pub(crate) struct Builder<'a, 'u> {
    pub s: &'a mut Shared<'u>,
    pub f: Function,
    pub hir_id: FnId,
    pub policy: Policy,
    pub ssa: Ssa,
    pub at: Block,
    pub span: Span,
    /// The function object, in general entries.
    pub self_value: Option<ValueId>,
    /// Loop header for self tail calls, in direct entries.
    pub header: Option<Block>,
    /// Number of leading parameters of `header`'s function that are free variables.
    blocks: HashMap<hir::BlockId, BlockTarget>,
    tags: HashMap<TagId, (Block, usize)>,
    contours: Vec<Contour>,
    is_top_level: bool,
}

impl<'a, 'u> Builder<'a, 'u> {
    fn new(s: &'a mut Shared<'u>, func: FuncId, hir_id: FnId) -> Self {
        let f = s.program.functions[func.0 as usize].clone();
        let policy = s.unit.function(hir_id).policy;
        let span = s.unit.function(hir_id).span;
        let is_top_level = s.unit.top_level.contains(&hir_id);
        let mut b = Builder {
            s,
            f,
            hir_id,
            policy,
            ssa: Ssa::default(),
            at: Block(0),
            span,
            self_value: None,
            header: None,
            blocks: HashMap::default(),
            tags: HashMap::default(),
            contours: Vec::new(),
            is_top_level,
        };
        let entry = b.f.new_block();
        b.ssa.seal(&mut b.f, entry);
        b
    }

    // Instructions.

    pub fn emit(&mut self, inst: Inst, repr: Repr, ty: Type) -> ValueId {
        let v = self.f.new_value(repr, ty);
        self.push(inst, vec![v]);
        v
    }
    pub fn push(&mut self, inst: Inst, results: Vec<ValueId>) {
        let span = self.span;
        let at = self.at;
        self.f.block_mut(at).insts.push(InstData { inst, results, span });
    }
    pub fn effect(&mut self, inst: Inst) {
        self.push(inst, Vec::new());
    }
    pub fn tagged(&mut self, inst: Inst, set: TypeSet) -> ValueId {
        self.emit(inst, Repr::Tagged, Type::of(set))
    }
    pub fn any(&mut self, inst: Inst) -> ValueId {
        self.tagged(inst, TypeSet::ANY)
    }
    pub fn word(&mut self, inst: Inst) -> ValueId {
        self.emit(inst, Repr::Word, Type::ANY)
    }
    pub fn bool(&mut self, inst: Inst) -> ValueId {
        self.emit(inst, Repr::Bool, Type::ANY)
    }
    pub fn nil(&mut self) -> ValueId {
        self.tagged(Inst::Nil, TypeSet::NIL)
    }
    pub fn const_word(&mut self, n: i64) -> ValueId {
        self.emit(Inst::Word(n), Repr::Word, Type::ANY)
    }
    pub fn fixnum(&mut self, n: i64) -> ValueId {
        self.emit(Inst::Immediate(Value::fixnum(n).0), Repr::Tagged, Type::fixnum_range(n, n))
    }
    pub fn immediate(&mut self, bits: u64) -> ValueId {
        self.tagged(Inst::Immediate(bits), TypeSet::MARK)
    }
    pub fn primitive(&mut self, name: &'static str, args: Vec<ValueId>) -> ValueId {
        self.any(Inst::Primitive(name, args))
    }
    pub fn ty(&self, v: ValueId) -> Type {
        self.f.ty(v)
    }
    /// The datum of a type-specifier symbol, for messages.
    pub fn spec(&mut self, sym: Sym) -> DatumId {
        self.s.datums.id_of(well_known(sym))
    }
    /// Checks that `v` is in `set` (policy permitting) and gives it the narrower type.
    pub fn check(&mut self, v: ValueId, set: TypeSet, sym: Sym) -> ValueId {
        let spec = self.spec(sym);
        self.check_spec(v, Type::of(set), spec)
    }
    pub fn check_spec(&mut self, v: ValueId, ty: Type, spec: DatumId) -> ValueId {
        let now = self.ty(v);
        let narrow = now.intersection(ty);
        if now.set.is_subset_of(ty.set) && narrow == now {
            return v;
        }
        if self.policy.safety == 0 {
            return self.emit(Inst::Assume(v, Refinement::Type(ty)), Repr::Tagged, narrow);
        }
        self.emit(Inst::Check(ty, spec, v), Repr::Tagged, narrow)
    }

    // Blocks.

    pub fn new_cold_block(&mut self) -> Block {
        let b = self.f.new_block();
        self.f.block_mut(b).cold = true;
        b
    }
    pub fn terminate(&mut self, t: Terminator) {
        let (at, span) = (self.at, self.span);
        let block = self.f.block_mut(at);
        assert!(block.terminator.is_none(), "a block ends once");
        block.terminator_span = span;
        let mut t = t;
        let mut targets = Vec::new();
        ssa::for_each_edge(&mut t, &mut |b, _, _| targets.push(b));
        if let Terminator::Switch(_, cases, default) = &t {
            targets.extend(cases.iter().map(|c| c.1).chain([*default]));
        }
        self.f.block_mut(at).terminator = Some(t);
        for b in targets {
            self.ssa.add_edge(at, b);
        }
    }
    pub fn jump(&mut self, to: Block, args: Vec<ValueId>) {
        self.terminate(Terminator::Jump(to, args));
    }
    pub fn branch(&mut self, c: ValueId, yes: Block, no: Block) {
        self.terminate(Terminator::Branch(c, (yes, Vec::new()), (no, Vec::new())));
    }
    pub fn go(&mut self, b: Block) {
        self.at = b;
    }
    pub fn seal(&mut self, b: Block) {
        self.ssa.seal(&mut self.f, b);
    }
    pub fn seal_and_go(&mut self, b: Block) {
        self.seal(b);
        self.at = b;
    }
    /// Continues in a block that nothing reaches (after an exit).
    pub fn dead(&mut self) {
        let b = self.f.new_block();
        self.seal_and_go(b);
    }

    /// A block where branches meet, with parameters for what is wanted.
    pub fn new_join(&mut self, want: Want) -> Block {
        let b = self.f.new_block();
        let params = match want {
            Want::Effect | Want::Tail => vec![],
            Want::One => vec![Repr::Tagged],
            Want::Many => vec![Repr::Tagged, Repr::Word],
        };
        for repr in params {
            let v = self.f.new_value(repr, Type::ANY);
            self.f.block_mut(b).params.push(v);
        }
        b
    }
    /// Ends the current branch into the join.
    pub fn jump_join(&mut self, join: Block, out: Out) {
        let args = match out {
            Out::None => vec![],
            Out::One(v) => vec![v],
            Out::Many(v, c) => vec![v, c],
        };
        self.jump(join, args);
    }
    /// What a join delivers once it is sealed.
    pub fn enter_join(&mut self, join: Block, want: Want) -> Out {
        let params = self.f.block(join).params.clone();
        self.seal_and_go(join);
        match want {
            Want::Effect | Want::Tail => Out::None,
            Want::One => Out::One(params[0]),
            Want::Many => Out::Many(params[0], params[1]),
        }
    }

    /// The value of a join with one parameter.
    pub fn enter_value(&mut self, join: Block) -> ValueId {
        let value = self.f.block(join).params[0];
        self.seal_and_go(join);
        value
    }

    // Variables.

    pub fn read_storage(&mut self, v: VarId) -> ValueId {
        self.ssa.read(&mut self.f, self.at, v)
    }
    pub fn write_storage(&mut self, v: VarId, value: ValueId) {
        self.ssa.write(self.at, v, value);
    }
    pub fn read_var(&mut self, v: VarId) -> ValueId {
        let storage = self.read_storage(v);
        if self.s.closures.is_boxed(v) { self.any(Inst::CellRef(storage)) } else { storage }
    }
    /// Binds a variable: checks the declared type, makes the cell.
    pub fn bind_var(&mut self, v: VarId, value: ValueId) {
        let value = self.check_declared(v, value);
        let storage = if self.s.closures.is_boxed(v) { self.any(Inst::MakeCell(value)) } else { value };
        self.bind_storage(v, storage);
    }
    /// The first value of a variable's storage: the only one unless it is assigned without a cell.
    pub fn bind_storage(&mut self, v: VarId, storage: ValueId) {
        if self.s.unit.var(v).assigned && !self.s.closures.is_boxed(v) {
            self.write_storage(v, storage);
        } else {
            self.ssa.bind_constant(self.at, v, storage);
        }
    }
    pub fn set_var(&mut self, v: VarId, value: ValueId) -> ValueId {
        let value = self.check_declared(v, value);
        if self.s.closures.is_boxed(v) {
            let cell = self.read_storage(v);
            self.effect(Inst::CellSet(cell, value));
        } else {
            self.write_storage(v, value);
        }
        value
    }
    fn check_declared(&mut self, v: VarId, value: ValueId) -> ValueId {
        let var = self.s.unit.var(v);
        match var.declared_spec {
            Some(spec) if var.declared != Type::ANY => {
                let declared = var.declared;
                self.check_spec(value, declared, spec)
            }
            _ => value,
        }
    }

    // Results.

    /// Delivers one value as wanted.
    pub fn finish(&mut self, v: ValueId, want: Want) -> Out {
        match want {
            Want::Effect => Out::None,
            Want::One => Out::One(v),
            Want::Many => {
                let one = self.const_word(1);
                Out::Many(v, one)
            }
            Want::Tail => {
                self.return_one(v);
                Out::None
            }
        }
    }
    pub fn finish_many(&mut self, v: ValueId, count: ValueId, want: Want) -> Out {
        match want {
            Want::Effect => Out::None,
            Want::One => Out::One(v),
            Want::Many => Out::Many(v, count),
            Want::Tail => {
                match self.f.returns {
                    Returns::Many => self.terminate(Terminator::Return(vec![v, count])),
                    Returns::One(_) => self.terminate(Terminator::Return(vec![v])),
                }
                self.dead();
                Out::None
            }
        }
    }
    pub fn return_one(&mut self, v: ValueId) {
        match self.f.returns {
            Returns::Many => {
                let one = self.const_word(1);
                self.terminate(Terminator::Return(vec![v, one]));
            }
            Returns::One(_) => self.terminate(Terminator::Return(vec![v])),
        }
        self.dead();
    }
    /// Delivers what an expression built with another want gave.
    pub fn convert(&mut self, out: Out, want: Want) -> Out {
        match out {
            Out::None => match want {
                Want::Effect => Out::None,
                _ => {
                    let nil = self.nil();
                    self.finish(nil, want)
                }
            },
            Out::One(v) => self.finish(v, want),
            Out::Many(v, c) => self.finish_many(v, c, want),
        }
    }
    /// A tail call here would be proper: no dynamic extent is open and frames may go. Top-level
    /// forms keep theirs: a backtrace then shows which form was running.
    pub fn may_tail_call(&self) -> bool {
        self.contours.is_empty() && self.policy.debug < 2 && !self.is_top_level
    }
}
