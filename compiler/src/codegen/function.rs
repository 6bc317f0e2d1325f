//! The lowering of one function: signatures, blocks, dispatch over instructions and terminators.

use crate::hash::{HashMap, HashSet};

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, AbiParam, BlockArg, InstBuilder, MemFlagsData, Signature, SourceLoc, StackSlot, StackSlotData, StackSlotKind,
    TrapCode, UserFuncName, types,
};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Switch};
use rook_runtime::abi::thread_context::{EXIT_RECORD_BYTES, offset};

use super::arith::Edge;
use super::kept_references::KeptReferences;
use super::{ConstantStyle, Symbols, function_name};
use crate::datum::Datums;
use crate::mir::dominance::Dominators;
use crate::mir::loops::{Loop, innermost, loops};
use crate::mir::{Block, Entry, FuncId, Function, Inst, InstData, Program, Repr, Returns, Terminator, ValueId};
use crate::source::Span;
use crate::types::Type;

/// The trap of code that cannot run.
pub(super) const UNREACHABLE: TrapCode = TrapCode::unwrap_user(1);

/// State of lowering one function.
pub(super) struct Lowering<'a, 'f> {
    pub b: FunctionBuilder<'f>,
    pub program: &'a Program,
    pub function: &'a Function,
    pub datums: &'a Datums,
    pub symbols: &'a mut Symbols,
    pub style: ConstantStyle,
    values: Vec<Option<ir::Value>>,
    blocks: Vec<Option<ir::Block>>,
    /// Tagged bits of values that are known words.
    pub immediates: Vec<Option<u64>>,
    /// Number of uses of each value.
    uses: Vec<u32>,
    pub exit_slots: Vec<StackSlot>,
    /// By namespace and index.
    pub func_refs: HashMap<(u32, u32), ir::FuncRef>,
    pub globals: HashMap<(u32, u32, i64), ir::GlobalValue>,
    pub general_sig: Option<ir::SigRef>,
    /// CLIF values that the collector knows of.
    pub rooted: HashSet<ir::Value>,
    pub kept: Option<KeptReferences>,
    /// Index of the instruction at hand in its block.
    pub position: usize,
    /// Whether the block at hand is laid out behind the function.
    is_cold: bool,
    /// Inner ones first.
    pub loops: Vec<Loop>,
    /// Successors of the block at hand that its innermost loop does not contain.
    loop_exits: Vec<ir::Block>,
    spans: Vec<Span>,
}

/// Fills `clif` with the code of `program.functions[id]`; the result maps source locations to spans.
#[expect(clippy::too_many_arguments, reason = "everything that lowering reads, passed once")]
pub fn lower_function(
    clif: &mut ir::Function,
    builder_context: &mut FunctionBuilderContext,
    frontend: TargetFrontendConfig,
    program: &Program,
    id: FuncId,
    datums: &Datums,
    symbols: &mut Symbols,
    style: ConstantStyle,
) -> Vec<Span> {
    let function = &program.functions[id.0 as usize];
    clif.name = UserFuncName::User(function_name(id));
    clif.signature = signature(function);
    let mut lowering = Lowering {
        b: FunctionBuilder::new(clif, builder_context),
        program,
        function,
        datums,
        symbols,
        style,
        values: vec![None; function.values.len()],
        blocks: vec![None; function.blocks.len()],
        immediates: vec![None; function.values.len()],
        uses: count_uses(function),
        exit_slots: Vec::new(),
        func_refs: HashMap::default(),
        globals: HashMap::default(),
        general_sig: None,
        rooted: HashSet::default(),
        kept: None,
        position: 0,
        is_cold: false,
        loops: loops_of(function),
        loop_exits: Vec::new(),
        spans: Vec::new(),
    };
    lowering.run();
    let spans = lowering.spans;
    lowering.b.seal_all_blocks();
    lowering.b.finalize(frontend);
    spans
}

pub(super) fn clif_type(repr: Repr) -> ir::Type {
    match repr {
        Repr::Tagged | Repr::Word => types::I64,
        Repr::Double => types::F64,
        Repr::Single => types::F32,
        Repr::Bool => types::I8,
    }
}

pub(super) fn as_block_args(values: &[ir::Value]) -> Vec<BlockArg> {
    values.iter().map(|&v| BlockArg::Value(v)).collect()
}

/// The machine signature of a function.
pub(super) fn signature(function: &Function) -> Signature {
    let mut sig = Signature::new(CallConv::Tail);
    match function.entry {
        Entry::General => sig.params.extend([AbiParam::new(types::I64); 6]),
        Entry::Direct => {
            let params = &function.blocks[0].params;
            sig.params.extend(params.iter().map(|&p| AbiParam::new(clif_type(function.repr(p)))));
        }
    }
    sig.returns = match function.returns {
        Returns::Many => vec![AbiParam::new(types::I64); 2],
        Returns::One(repr) => vec![AbiParam::new(clif_type(repr))],
    };
    sig
}

/// `(fn, nargs, a0..a3) -> (value, count)`.
pub(super) fn general_signature() -> Signature {
    let mut sig = Signature::new(CallConv::Tail);
    sig.params.extend([AbiParam::new(types::I64); 6]);
    sig.returns.extend([AbiParam::new(types::I64); 2]);
    sig
}

fn count_uses(function: &Function) -> Vec<u32> {
    let mut uses = vec![0; function.values.len()];
    let mut count = |v: &ValueId| uses[v.0 as usize] += 1;
    for block in &function.blocks {
        block.insts.iter().for_each(|i| i.inst.for_each_operand(&mut count));
        if let Some(t) = &block.terminator {
            t.for_each_operand(&mut count);
        }
    }
    uses
}

fn loops_of(function: &Function) -> Vec<Loop> {
    let has_loops = function.blocks.iter().any(|b| b.insts.iter().any(|data| data.inst.is_poll()));
    if has_loops { loops(function, &Dominators::of(function)) } else { Vec::new() }
}

/// Whether the function can call Lisp, so that recursion or a loop of tail calls can go through it.
fn is_leaf(function: &Function) -> bool {
    function.blocks.iter().all(|block| {
        !matches!(block.terminator, Some(Terminator::TailCall(_) | Terminator::TryCall { .. }))
            && !block.insts.iter().any(|i| matches!(i.inst, Inst::Call(_) | Inst::ForeignCall { .. }))
    })
}

impl Lowering<'_, '_> {
    fn run(&mut self) {
        let order = self.function.reverse_postorder();
        self.declare_kept_references();
        for _ in 0..self.function.exit_slots {
            let data = StackSlotData::new(StackSlotKind::ExplicitSlot, EXIT_RECORD_BYTES as u32, 3);
            let slot = self.b.create_sized_stack_slot(data);
            self.exit_slots.push(slot);
        }
        for &block in &order {
            let clif = self.b.create_block();
            self.blocks[block.0 as usize] = Some(clif);
            let data = self.function.block(block);
            if data.cold && block != Block(0) {
                self.b.set_cold_block(clif);
            }
            for &param in &data.params {
                let value = self.b.append_block_param(clif, clif_type(self.function.repr(param)));
                self.bind(param, value);
            }
        }
        for &block in &order {
            let clif = self.clif_block(block);
            self.b.switch_to_block(clif);
            self.is_cold = self.function.block(block).cold && block != Block(0);
            self.find_loop_exits(block);
            for (i, &param) in self.function.block(block).params.iter().enumerate() {
                let value = self.b.block_params(clif)[i];
                self.define_variable(param, value);
            }
            if block == Block(0) && self.function.entry_check && !is_leaf(self.function) {
                self.set_span(self.function.span);
                self.entry_check();
            }
            self.lower_block(block);
        }
    }

    fn lower_block(&mut self, block: Block) {
        let data = self.function.block(block);
        let terminator = data.terminator.as_ref().unwrap_or_else(|| panic!("block {} of {} has no terminator", block.0, self.function.name));
        let (body, fused) = match data.insts.split_last() {
            Some((last, body)) if self.fuses(last, terminator) => (body, Some(last)),
            Some((InstData { inst: Inst::Poll | Inst::PollLoop, .. }, body)) if matches!(terminator, Terminator::Jump(..)) => (body, data.insts.last()),
            _ => (&data.insts[..], None),
        };
        self.enter_block_with_kept_references(block);
        for (i, inst) in body.iter().enumerate() {
            self.position = i;
            self.set_span(inst.span);
            self.lower_inst(inst);
        }
        self.position = body.len();
        match (fused, terminator) {
            (Some(inst), Terminator::Jump(target, args)) => {
                self.set_span(inst.span);
                self.poll_and_jump(self.clif_block(*target), args);
            }
            (Some(inst), Terminator::Branch(_, then, otherwise)) => {
                self.set_span(inst.span);
                let then = (self.clif_block(then.0), self.block_args(&then.1));
                let otherwise = (self.clif_block(otherwise.0), self.block_args(&otherwise.1));
                match inst.inst {
                    Inst::Is(set, v) => self.branch_on_type(set, v, then, otherwise),
                    Inst::ArithCompare(op, a, b) => self.branch_on_arith_compare(op, a, b, then, otherwise),
                    _ => unreachable!("only these fuse"),
                }
            }
            _ => {
                self.set_span(data.terminator_span);
                self.lower_terminator(terminator);
            }
        }
    }

    /// Whether the last instruction of a block is a test of which only the block's branch makes use.
    fn fuses(&self, last: &InstData, terminator: &Terminator) -> bool {
        matches!(last.inst, Inst::Is(..) | Inst::ArithCompare(..))
            && matches!(terminator, Terminator::Branch(c, ..) if last.results == [*c] && self.uses[c.0 as usize] == 1)
    }

    /// Names the source position of what is emitted next.
    fn set_span(&mut self, span: Span) {
        if self.spans.last() != Some(&span) {
            self.spans.push(span);
        }
        self.b.set_srcloc(SourceLoc::new(self.spans.len() as u32 - 1));
    }

    pub fn clif_block(&self, block: Block) -> ir::Block {
        self.blocks[block.0 as usize].expect("blocks that are reached have been made")
    }

    pub fn block_args(&mut self, args: &[ValueId]) -> Vec<BlockArg> {
        as_block_args(&self.values(args))
    }

    /// The CLIF value of a MIR value.
    pub fn value(&mut self, v: ValueId) -> ir::Value {
        if let Some(variable) = self.kept.as_ref().and_then(|kept| kept.variable(v)) {
            let value = self.b.use_var(variable);
            self.rooted.insert(value);
            return value;
        }
        self.values[v.0 as usize]
            .unwrap_or_else(|| panic!("{}: v{} is used where it is not defined", self.function.name, v.0))
    }

    pub fn values(&mut self, vs: &[ValueId]) -> Vec<ir::Value> {
        vs.iter().map(|&v| self.value(v)).collect()
    }

    /// Binds a MIR value; the collector learns of it when it may be a reference.
    pub fn define(&mut self, v: ValueId, value: ir::Value) {
        self.bind(v, value);
        self.define_variable(v, value);
    }

    fn define_variable(&mut self, v: ValueId, value: ir::Value) {
        if let Some(kept) = &self.kept
            && kept.defines(v)
        {
            let variable = kept.variable(v).expect("what defines a variable has one");
            self.b.def_var(variable, value);
        }
    }

    fn bind(&mut self, v: ValueId, value: ir::Value) {
        let data = &self.function.values[v.0 as usize];
        if data.repr == Repr::Tagged && data.ty.set.may_be_reference() {
            self.root(value);
        }
        self.values[v.0 as usize] = Some(value);
    }

    /// Binds a MIR value to a word that is no reference into the moving heap.
    pub fn define_static(&mut self, v: ValueId, value: ir::Value) {
        self.values[v.0 as usize] = Some(value);
    }

    /// Makes the collector see an intermediate value.
    pub fn root(&mut self, value: ir::Value) -> ir::Value {
        self.b.declare_value_needs_stack_map(value);
        self.rooted.insert(value);
        value
    }

    pub fn ty(&self, v: ValueId) -> Type {
        self.function.ty(v)
    }

    pub fn iconst(&mut self, n: i64) -> ir::Value {
        self.b.ins().iconst(types::I64, n)
    }

    /// The thread context.
    pub fn context(&mut self) -> ir::Value {
        self.b.ins().get_pinned_reg(types::I64)
    }

    pub fn load_context(&mut self, offset: i32) -> ir::Value {
        let context = self.context();
        self.load(context, offset)
    }

    pub fn store_context(&mut self, offset: i32, value: ir::Value) {
        let context = self.context();
        self.store(context, offset, value);
    }

    pub fn load(&mut self, address: ir::Value, offset: i32) -> ir::Value {
        self.b.ins().load(types::I64, MemFlagsData::trusted(), address, offset)
    }

    pub fn store(&mut self, address: ir::Value, offset: i32, value: ir::Value) {
        self.b.ins().store(MemFlagsData::trusted(), value, address, offset);
    }

    /// A fresh block behind the function.
    pub fn cold_block(&mut self) -> ir::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// A fresh block beside the one at hand.
    pub fn fresh_block(&mut self) -> ir::Block {
        if self.is_cold { self.cold_block() } else { self.b.create_block() }
    }

    /// A fresh block with one parameter of this type; tagged ones are rooted by the caller.
    pub fn join_block(&mut self, ty: ir::Type) -> (ir::Block, ir::Value) {
        let block = self.fresh_block();
        let param = self.b.append_block_param(block, ty);
        (block, param)
    }

    pub fn jump(&mut self, block: ir::Block, args: &[ir::Value]) {
        self.b.ins().jump(block, &as_block_args(args));
    }

    /// Branches without block arguments.
    pub fn brif(&mut self, condition: ir::Value, then: ir::Block, otherwise: ir::Block) {
        self.b.ins().brif(condition, then, &[], otherwise, &[]);
    }

    /// Branches to either edge. One that leaves the loop comes first: Cranelift moves code out of a loop only
    /// until it has met what lies behind, and it walks the second edge first.
    pub fn branch(&mut self, condition: ir::Value, then: &Edge, otherwise: &Edge) {
        if self.loop_exits.contains(&otherwise.0) && !self.loop_exits.contains(&then.0) {
            let inverse = self.b.ins().icmp_imm_u(IntCC::Equal, condition, 0);
            self.b.ins().brif(inverse, otherwise.0, &otherwise.1, then.0, &then.1);
        } else {
            self.b.ins().brif(condition, then.0, &then.1, otherwise.0, &otherwise.1);
        }
    }

    /// Finds the successors of a block that lie outside its loop.
    fn find_loop_exits(&mut self, block: Block) {
        self.loop_exits.clear();
        let Some(innermost) = innermost(&self.loops, block) else { return };
        let exits: Vec<ir::Block> = self.function.successors(block).into_iter().filter(|b| !innermost.blocks.contains(b)).map(|b| self.clif_block(b)).collect();
        self.loop_exits.extend(exits);
    }

    /// Goes on in a fresh block when `condition` holds, else to `otherwise`.
    pub fn continue_if(&mut self, condition: ir::Value, otherwise: ir::Block) {
        let next = self.fresh_block();
        self.brif(condition, next, otherwise);
        self.b.switch_to_block(next);
    }

    fn lower_inst(&mut self, data: &InstData) {
        let result = data.results.first().copied();
        let one = || result.expect("the instruction has a result");
        match &data.inst {
            Inst::Const(id) => self.lower_const(*id, one()),
            Inst::Immediate(bits) => {
                let value = self.iconst(*bits as i64);
                self.immediates[one().0 as usize] = Some(*bits);
                self.define_static(one(), value);
            }
            Inst::Nil => {
                let nil = self.nil();
                self.define_static(one(), nil);
            }
            Inst::T => {
                let t = self.t();
                self.define_static(one(), t);
            }
            Inst::FunctionObject(id) => self.lower_function_object(*id, one()),
            Inst::Word(_)
            | Inst::Double(_)
            | Inst::Single(_)
            | Inst::Untag(_)
            | Inst::Tag(_)
            | Inst::Bits(_)
            | Inst::FromBits(_)
            | Inst::Boolean(_)
            | Inst::BoolToWord(_)
            | Inst::UnboxDouble(_)
            | Inst::UnboxSingle(_)
            | Inst::BoxSingle(_)
            | Inst::WordToDouble(_)
            | Inst::DoubleToWord(_)
            | Inst::WordToSingle(_)
            | Inst::SingleToDouble(_)
            | Inst::DoubleToSingle(_)
            | Inst::WordOp(..)
            | Inst::CompareWord(..)
            | Inst::FloatOp(..)
            | Inst::FloatUnary(..)
            | Inst::CompareFloat(..)
            | Inst::BoolNot(_)
            | Inst::BoolAnd(..)
            | Inst::BoolOr(..)
            | Inst::Eq(..) => {
                let value = self.lower_raw(&data.inst);
                self.define(one(), value);
            }
            Inst::Assume(v, _) => {
                let value = self.value(*v);
                self.immediates[one().0 as usize] = self.immediates[v.0 as usize];
                self.define(one(), value);
            }
            Inst::Checked(op, a, b) => self.lower_checked(*op, *a, *b, &data.results),
            Inst::Is(set, v) => self.lower_is(*set, *v, one()),
            Inst::Arith(op, a, b) => self.lower_arith(*op, *a, *b, one()),
            Inst::ArithCompare(op, a, b) => self.lower_arith_compare(*op, *a, *b, one()),
            Inst::Check(ty, spec, v) => self.lower_check(*ty, *spec, *v, one()),
            Inst::CheckInstance(_, depth, v, layout) => self.lower_check_instance(*depth, *v, *layout, one()),
            Inst::CheckFloats(ops, operands) => self.lower_check_floats(ops, operands),
            Inst::CheckFloat(op, v, a, b) => self.lower_check_float(*op, *v, *a, *b),
            Inst::CheckIndex(index, length, sequence) => self.lower_check_index(*index, *length, *sequence, one()),
            Inst::CoerceToFunction(v) => self.lower_coerce_to_function(*v, one()),
            Inst::Load { element, tag, offset, base } => {
                let base = self.value(*base);
                let value = self.load_element(*element, base, offset - *tag as i32);
                self.define(one(), value);
            }
            Inst::Store { element, tag, offset, base, value, barrier } => {
                let (base, value) = (self.value(*base), self.value(*value));
                self.store_element(*element, base, offset - *tag as i32, value, *barrier);
            }
            Inst::LoadIndexed { element, tag, offset, base, index } => {
                let address = self.element_address(*element, *base, *index);
                let value = self.load_element(*element, address, offset - *tag as i32);
                self.define(one(), value);
            }
            Inst::StoreIndexed { element, tag, offset, base, index, value, barrier } => {
                let value = self.value(*value);
                let address = self.element_address(*element, *base, *index);
                self.store_element(*element, address, offset - *tag as i32, value, *barrier);
            }
            Inst::Header { tag, base } => {
                let base = self.value(*base);
                let header = self.load(base, -(*tag as i32));
                self.define(one(), header);
            }
            Inst::Cons(car, cdr) => self.lower_cons(*car, *cdr, one()),
            Inst::MakeCell(v) => self.lower_make_cell(*v, one()),
            Inst::CellRef(cell) => self.lower_cell_ref(*cell, one()),
            Inst::CellSet(cell, v) => self.lower_cell_set(*cell, *v),
            Inst::BoxDouble(v) => {
                let raw = self.value(*v);
                let boxed = self.box_double(raw);
                self.define(one(), boxed);
            }
            Inst::MakeClosure(id, captured) => self.lower_make_closure(*id, captured, one()),
            Inst::ClosureRef(closure, i) => self.lower_closure_ref(*closure, *i, one()),
            Inst::ClosureSet(closure, i, v) => self.lower_closure_set(*closure, *i, *v),
            Inst::ArgRef(i) => self.lower_area_ref(offset::ARGS, *i, one()),
            Inst::ArgRefIndexed(i) => self.lower_arg_ref_indexed(*i, one()),
            Inst::ArgSet(i, v) => self.lower_area_set(offset::ARGS, *i, *v),
            Inst::SetArgCount(n) => {
                let n = self.value(*n);
                self.store_context(offset::ARG_COUNT, n);
            }
            Inst::ValueRef(i) => self.lower_area_ref(offset::VALUES, *i, one()),
            Inst::ValueSet(i, v) => self.lower_area_set(offset::VALUES, *i, *v),
            Inst::SetValueCount(n) => {
                let n = self.value(*n);
                self.store_context(offset::VALUE_COUNT, n);
            }
            Inst::SymbolValue(symbol) => self.lower_symbol_value(*symbol, one()),
            Inst::SetSymbolValue(symbol, v) => self.lower_set_symbol_value(*symbol, *v),
            Inst::Bind(symbol, v) => self.lower_bind(*symbol, *v),
            Inst::Unbind(symbol) => self.lower_unbind(*symbol),
            Inst::SymbolFunction(symbol) => self.lower_symbol_function(*symbol, one()),
            Inst::UnwindTarget => {
                let target = self.load_context(offset::UNWIND_TARGET);
                self.define(one(), target);
            }
            Inst::Call(call) => self.lower_call(call, &data.results),
            Inst::Primitive(name, args) => self.lower_primitive(name, args, result),
            Inst::Runtime(call, args) => self.lower_runtime_call(*call, args, &data.results),
            Inst::ForeignCall { symbol, args, result: repr, variadic: _ } => {
                self.lower_foreign_call(symbol.as_deref(), args, *repr, result)
            }
            Inst::Poll | Inst::PollLoop => self.poll(),
            Inst::PollSometimes(counter) => self.poll_sometimes(*counter),
            Inst::Settle(v) => {
                let value = self.value(*v);
                self.store_context(offset::KEPT_RESULT, value);
            }
        }
    }

    fn lower_terminator(&mut self, terminator: &Terminator) {
        match terminator {
            Terminator::Jump(block, args) => {
                let args = self.block_args(args);
                self.b.ins().jump(self.blocks[block.0 as usize].expect("a reached block"), &args);
            }
            Terminator::Branch(condition, then, otherwise) => {
                let condition = self.value(*condition);
                let then = (self.clif_block(then.0), self.block_args(&then.1));
                let otherwise = (self.clif_block(otherwise.0), self.block_args(&otherwise.1));
                self.branch(condition, &then, &otherwise);
            }
            Terminator::Switch(v, cases, default) => {
                let mut switch = Switch::new();
                for (n, block) in cases {
                    switch.set_entry(*n as u64 as u128, self.clif_block(*block));
                }
                let (v, default) = (self.value(*v), self.clif_block(*default));
                switch.emit(&mut self.b, v, default);
            }
            Terminator::Return(values) => {
                let values = self.values(values);
                self.b.ins().return_(&values);
            }
            Terminator::TailCall(call) => self.lower_tail_call(call),
            Terminator::TryCall { call, slot, kind, tag, normal, normal_results: _, handler } => {
                self.lower_try_call(call, *slot, *kind, *tag, normal, handler)
            }
            Terminator::Throw(tag, value, count) => self.leave("rook_rt_throw", &[*tag, *value, *count]),
            Terminator::ExitTo(token, value, count) => self.leave("rook_rt_exit_to", &[*token, *value, *count]),
            Terminator::ContinueUnwind(target, v, c) => self.leave("rook_rt_continue_unwind", &[*target, *v, *c]),
            Terminator::Unreachable => {
                self.b.ins().trap(UNREACHABLE);
            }
        }
    }
}
