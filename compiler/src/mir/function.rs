//! MIR data: functions, blocks, instructions, values.
//!
//! A value is defined once, by an instruction or as a block parameter. Representations:
//! `Tagged` is a Lisp value (the collector sees it when its type may be a reference); `Word` is a raw
//! 64-bit integer the collector ignores; `Double` and `Single` are raw floats; `Bool` is a condition (0 or 1).
//! A raw address derived from an object may not live across an instruction that can collect
//! (`Inst::is_safepoint`); the instruction set gives no way to name one.

use crate::hash::HashMap;

use crate::datum::DatumId;
use crate::hir::FnId;
use crate::source::Span;
use crate::types::{Type, TypeSet};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        pub struct $name(pub u32);
    )*};
}
ids! {
    /// An SSA value (index into `Function::values`).
    ValueId;
    /// A basic block (index into `Function::blocks`).
    Block;
    /// An exit-record slot in the frame.
    ExitSlot;
    /// A MIR function (index into `Program::functions`).
    FuncId;
}

/// How a value is held.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Repr {
    Tagged,
    Word,
    Double,
    Single,
    Bool,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ValueData {
    pub repr: Repr,
    /// Lisp type of a `Tagged` value; for `Word`, `low..=high` bounds it when known.
    pub ty: Type,
}

/// How a function is entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// `(fn, nargs, a0..a3) -> (value, count)`: entry block parameters are
    /// `fn: Tagged, nargs: Word, a0..a3: Tagged`.
    General,
    /// Exact parameters; entry block parameters are the function's own.
    Direct,
}

/// What a function returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Returns {
    /// `(value: Tagged, count: Word)`.
    Many,
    /// One value of this representation.
    One(Repr),
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub entry: Entry,
    pub returns: Returns,
    /// Block 0 is the entry; its parameters are the function's.
    pub blocks: Vec<BlockData>,
    pub values: Vec<ValueData>,
    pub exit_slots: u32,
    /// `debug >= 2`: no tail calls were made.
    pub keep_frames: bool,
    /// Entry check wanted (safety > 0); codegen omits it in leaf functions.
    pub entry_check: bool,
    pub span: Span,
    /// Which HIR function this came from.
    pub origin: Option<FnId>,
}

#[derive(Clone, Debug, Default)]
pub struct BlockData {
    pub params: Vec<ValueId>,
    pub insts: Vec<InstData>,
    /// `None` only while the block is being built.
    pub terminator: Option<Terminator>,
    pub terminator_span: Span,
    /// Unlikely to run: laid out behind the function.
    pub cold: bool,
}

#[derive(Clone, Debug)]
pub struct InstData {
    pub inst: Inst,
    /// Values defined, in order.
    pub results: Vec<ValueId>,
    pub span: Span,
}

/// Integer operations on `Word`s (wrapping).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WordOp {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    /// Arithmetic shift.
    ShiftRightSigned,
    /// Signed division; the divisor is neither 0 nor -1.
    Div,
    Rem,
    /// The lesser, signed.
    Min,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Unsigned less-than (bounds checks).
    Below,
}

/// Integer operations that report overflow of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CheckedOp {
    Add,
    Sub,
    Mul,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatOp {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
}

/// Float operations whose result may be an error though the operands are numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TrapOp {
    Add,
    Sub,
    Mul,
    Div,
    /// Double to single.
    Narrow,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatUnary {
    Neg,
    Abs,
    Sqrt,
}

/// Generic arithmetic on tagged numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arith {
    Add,
    Sub,
    Mul,
}

/// Element layouts of memory accesses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Element {
    /// A Lisp value.
    Tagged,
    U8,
    S8,
    U16,
    S16,
    U32,
    S32,
    /// 64 raw bits, as `Word`.
    Word,
    /// As `Double`.
    F64,
    /// As `Single`.
    F32,
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A direct entry of the same program: exact arguments.
    Direct(FuncId),
    /// Through a symbol's function cell: general convention.
    Symbol(DatumId),
    /// A value known to be a FUNCTION object: general convention.
    Function(ValueId),
}

/// A call: to a `Direct` target with exactly the callee's arguments; otherwise Tagged arguments,
/// any number (codegen puts those beyond four into the argument area).
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub target: Target,
    pub args: Vec<ValueId>,
    /// For general calls whose arguments are already in the argument area (`apply`): the raw count.
    /// Then `args` is empty and codegen loads the register arguments from `args[0..4]`.
    pub spread_count: Option<ValueId>,
}

/// What a dominating test or a trusted declaration tells of a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Refinement {
    Type(Type),
    NotIn(TypeSet),
    /// The comparison with the other (tagged) value holds.
    Compare(Compare, ValueId),
}

/// Instructions. `->` gives the results.
#[derive(Clone, PartialEq, Debug)]
pub enum Inst {
    // Constants.
    /// -> Tagged
    Const(DatumId),
    /// A fixnum, character or other immediate, as its tagged bits. -> Tagged
    Immediate(u64),
    /// -> Tagged
    Nil,
    /// -> Tagged
    T,
    /// -> Word
    Word(i64),
    /// -> Double (bits)
    Double(u64),
    /// -> Single (bits)
    Single(u32),
    /// The function object of a closed function (no captured values): a static object. -> Tagged
    FunctionObject(FuncId),

    // Conversions.
    /// Fixnum to raw integer. Tagged -> Word
    Untag(ValueId),
    /// Raw integer that fits to fixnum. Word -> Tagged
    Tag(ValueId),
    /// The bits of a tagged value, not to be dereferenced. Tagged -> Word
    Bits(ValueId),
    /// Raw bits that form a non-reference value (or were made by `Bits`). Word -> Tagged
    FromBits(ValueId),
    /// Condition to T or NIL. Bool -> Tagged
    Boolean(ValueId),
    /// Condition to 0 or 1. Bool -> Word
    BoolToWord(ValueId),
    /// Allocates a double-float. Double -> Tagged
    BoxDouble(ValueId),
    /// The contents of a known double-float. Tagged -> Double
    UnboxDouble(ValueId),
    /// The contents of a known single-float. Tagged -> Single
    UnboxSingle(ValueId),
    /// An immediate single-float. Single -> Tagged
    BoxSingle(ValueId),
    /// Word -> Double
    WordToDouble(ValueId),
    /// Word -> Single
    WordToSingle(ValueId),
    /// Single -> Double
    SingleToDouble(ValueId),
    /// Double -> Single, rounded
    DoubleToSingle(ValueId),
    /// Truncation of a double known to be in range. Double -> Word
    DoubleToWord(ValueId),

    // Raw arithmetic.
    WordOp(WordOp, ValueId, ValueId),
    /// -> Word, Bool (overflow)
    Checked(CheckedOp, ValueId, ValueId),
    /// -> Bool
    CompareWord(Compare, ValueId, ValueId),
    /// Operands and result in one format (so for the next two).
    FloatOp(FloatOp, ValueId, ValueId),
    FloatUnary(FloatUnary, ValueId),
    /// -> Bool
    CompareFloat(Compare, ValueId, ValueId),
    /// Logical operations on conditions. -> Bool
    BoolNot(ValueId),
    BoolAnd(ValueId, ValueId),
    BoolOr(ValueId, ValueId),

    // Tests on tagged values.
    /// Same word. -> Bool
    Eq(ValueId, ValueId),
    /// Whether the value's type lies in the set. -> Bool
    Is(TypeSet, ValueId),

    // Generic arithmetic: fixnums inline, the runtime otherwise. Operand types prune the tests.
    /// Tagged, Tagged -> Tagged
    Arith(Arith, ValueId, ValueId),
    /// Tagged, Tagged -> Bool
    ArithCompare(Compare, ValueId, ValueId),

    // Checks: cold calls that raise. The result is the operand with the narrower type.
    /// The value, of the type (bounds are those of fixnums); specifier for the message. Tagged -> Tagged
    Check(Type, DatumId, ValueId),
    /// An instance of the structure type with this name (a symbol, for the message), whose layout stands at
    /// `depth` among the ancestors of its own: a layout never changes. Value, layout: Tagged, Tagged -> Tagged
    CheckInstance(DatumId, u32, ValueId, ValueId),
    /// Raw index below raw length, else an index error naming the sequence. Word, Word, Tagged -> Word
    CheckIndex(ValueId, ValueId, ValueId),
    /// Result, operands of the operation it came from (equal for one operand): raises when the result is
    /// not finite though the operands allow it (`number::float_trap`).
    CheckFloat(TrapOp, ValueId, ValueId, ValueId),
    /// Several such checks in one: operations; operands are a sum of the results, then the results. All
    /// in one format. What the operands were is not kept: they would fill the registers.
    CheckFloats(Vec<TrapOp>, Vec<ValueId>),
    /// The same value, known to satisfy the refinement; no code. Tagged -> Tagged
    Assume(ValueId, Refinement),
    /// A function object: passes FUNCTIONs, maps symbols to their functions, else raises. Tagged -> Tagged
    CoerceToFunction(ValueId),

    // Memory. Offsets are from the object's base address (not the tagged pointer); `tag` is the
    // tag that the reference is known to carry (NIL counts as its list or symbol tag).
    Load { element: Element, tag: u8, offset: i32, base: ValueId },
    /// base, value. `barrier`: emit the card mark (elided for immediates and fresh objects).
    Store { element: Element, tag: u8, offset: i32, base: ValueId, value: ValueId, barrier: bool },
    /// base, index (Word, in elements)
    LoadIndexed { element: Element, tag: u8, offset: i32, base: ValueId, index: ValueId },
    StoreIndexed { element: Element, tag: u8, offset: i32, base: ValueId, index: ValueId, value: ValueId, barrier: bool },
    /// Header word of a headed object with OTHER_TAG or another known tag. -> Word
    Header { tag: u8, base: ValueId },

    // Allocation.
    Cons(ValueId, ValueId),
    /// A box for an assigned captured variable.
    MakeCell(ValueId),
    CellRef(ValueId),
    CellSet(ValueId, ValueId),
    /// A closure over captured values (function's entry is General). -> Tagged
    MakeClosure(FuncId, Vec<ValueId>),
    /// Captured value i of the closure whose function object is given. -> Tagged
    ClosureRef(ValueId, u32),
    /// Fills captured value i (mutually recursive closures), with barrier.
    ClosureSet(ValueId, u32, ValueId),

    // Thread context: arguments, values, bindings.
    /// args[i] of the argument area. -> Tagged
    ArgRef(u32),
    /// args[i] for a computed index (Word). -> Tagged
    ArgRefIndexed(ValueId),
    /// Stores to args[i].
    ArgSet(u32, ValueId),
    /// Sets `arg_count` (0: consumed).
    SetArgCount(ValueId),
    /// values[i]. -> Tagged
    ValueRef(u32),
    ValueSet(u32, ValueId),
    SetValueCount(ValueId),
    /// Value of a special or global variable; unbound raises. -> Tagged
    SymbolValue(DatumId),
    SetSymbolValue(DatumId, ValueId),
    /// Pushes a dynamic binding.
    Bind(DatumId, ValueId),
    /// Pops the innermost dynamic binding, which is this symbol's (on normal exits; other exits
    /// restore from records).
    Unbind(DatumId),
    /// Symbol's function object; undefined raises. -> Tagged
    SymbolFunction(DatumId),
    /// Where an escape lands: `unwind_target` of the context. -> Word
    UnwindTarget,

    // Calls.
    /// -> Tagged, Word (count) for general targets and Many callees; the one value of a One callee.
    Call(Call),
    /// A Rust primitive by name (without `rook_rt_`). -> Tagged
    Primitive(&'static str, Vec<ValueId>),
    /// Thunks with raw results or arguments: control and values (names in `codegen::runtime_calls`). -> as declared there
    Runtime(RuntimeCall, Vec<ValueId>),
    /// A C function with raw arguments already converted. -> Word or Double or nothing
    ForeignCall { symbol: Option<String>, args: Vec<ValueId>, result: Option<Repr>, variadic: bool },

    /// Safepoint poll where one is due: C has returned, and an exit that it was in the way of goes on.
    Poll,
    /// Safepoint poll on a loop back-edge.
    PollLoop,
    /// The same, once in many values of a fixnum that goes through consecutive ones.
    PollSometimes(ValueId),
    /// Has the word computed here: Cranelift computes what has no effects where it is used, which may be in
    /// a loop that it does not change in. Word ->
    Settle(ValueId),
}

/// Runtime entry points with a signature of their own (all through anchor thunks).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RuntimeCall {
    /// value Tagged, count Word -> Tagged (all values, kept in an object)
    SaveValues,
    /// saved Tagged -> Tagged, Word (sets the values area)
    RestoreValues,
    /// list Tagged, start Word -> Word: spreads a list into args[start..], returns the new count
    SpreadList,
    /// value Tagged, count Word, start Word -> Word: appends all values to args[start..]
    SpreadValues,
    /// start Word, nargs Word -> Tagged: fresh list of args[start..nargs]
    RestList,
    /// start Word, nargs Word, keywords vector Tagged, others allowed Word -> Tagged: leaves the
    /// keywords' values (or UNSUPPLIED) in args[start..]; raises
    ParseKeys,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    Jump(Block, Vec<ValueId>),
    Branch(ValueId, (Block, Vec<ValueId>), (Block, Vec<ValueId>)),
    /// Dense switch on a Word; default last.
    Switch(ValueId, Vec<(i64, Block)>, Block),
    Return(Vec<ValueId>),
    /// Proper tail call; the callee's results must be this function's.
    TailCall(Call),
    /// A protected call: links an exit record, calls, unlinks. `normal` receives the call's results
    /// before its own arguments; `handler` receives (value Tagged, count Word) before its own.
    TryCall {
        call: Call,
        slot: ExitSlot,
        kind: ExitKind,
        /// Catch tag or block token.
        tag: ValueId,
        normal: (Block, Vec<ValueId>),
        /// Results that the normal edge delivers before its own arguments: 1 or 2.
        normal_results: usize,
        handler: (Block, Vec<ValueId>),
    },
    /// Leaves for a catch tag: tag, value, count. Never returns.
    Throw(ValueId, ValueId, ValueId),
    /// Leaves for a block token: token, value, count.
    ExitTo(ValueId, ValueId, ValueId),
    /// Continues the unwinding that a cleanup interrupted: target Word, value, count.
    ContinueUnwind(ValueId, ValueId, ValueId),
    /// Not reachable.
    Unreachable,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExitKind {
    Catch,
    Block,
    Cleanup,
}

/// All functions of a unit, ready for code generation.
#[derive(Clone, Debug, Default)]
pub struct Program {
    pub functions: Vec<Function>,
    /// Top-level functions (general entries, no arguments), in order.
    pub top_level: Vec<FuncId>,
    /// General entries of `hir::Unit::wanted`.
    pub wanted: Vec<FuncId>,
    /// Bits of the constants that are double-floats.
    pub doubles: HashMap<DatumId, u64>,
    /// Specifiers that passes name in checks; none in programs made from text.
    pub specifiers: Option<Specifiers>,
}

/// Type specifiers as data, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Specifiers {
    pub fixnum: DatumId,
    pub integer: DatumId,
    pub single_float: DatumId,
    pub double_float: DatumId,
}

impl Function {
    pub fn repr(&self, v: ValueId) -> Repr {
        self.values[v.0 as usize].repr
    }
    pub fn ty(&self, v: ValueId) -> Type {
        self.values[v.0 as usize].ty
    }
    pub fn new_value(&mut self, repr: Repr, ty: Type) -> ValueId {
        self.values.push(ValueData { repr, ty });
        ValueId(self.values.len() as u32 - 1)
    }
    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData::default());
        Block(self.blocks.len() as u32 - 1)
    }
    pub fn block(&self, b: Block) -> &BlockData {
        &self.blocks[b.0 as usize]
    }
    pub fn block_mut(&mut self, b: Block) -> &mut BlockData {
        &mut self.blocks[b.0 as usize]
    }
    /// Generic arithmetic whose operands and result are fixnums, certainly: no call.
    pub fn is_fixnum_arith(&self, data: &InstData) -> bool {
        matches!(data.inst, Inst::Arith(_, a, b) if [a, b, data.results[0]].iter().all(|&v| self.ty(v).is_fixnum()))
    }
}

impl Inst {
    pub fn is_constant(&self) -> bool {
        use Inst::*;
        matches!(self, Const(_) | Immediate(_) | Nil | T | Word(_) | Double(_) | Single(_) | FunctionObject(_))
    }
    /// A safepoint poll. Loops have them, but those that cannot run for long.
    pub fn is_poll(&self) -> bool {
        matches!(self, Inst::Poll | Inst::PollLoop | Inst::PollSometimes(_))
    }
    /// Whether a collection may happen inside.
    pub fn is_safepoint(&self) -> bool {
        matches!(
            self,
            Inst::Call(_)
                | Inst::Primitive(..)
                | Inst::Runtime(..)
                | Inst::ForeignCall { .. }
                | Inst::Poll
                | Inst::PollLoop
                | Inst::PollSometimes(_)
                | Inst::Cons(..)
                | Inst::MakeCell(_)
                | Inst::MakeClosure(..)
                | Inst::BoxDouble(_)
                | Inst::Arith(..)
                | Inst::ArithCompare(..)
                | Inst::Check(..)
                | Inst::CheckInstance(..)
                | Inst::CheckIndex(..)
                | Inst::CheckFloat(..)
                | Inst::CheckFloats(..)
                | Inst::CoerceToFunction(_)
                | Inst::SymbolValue(_)
                | Inst::SymbolFunction(_)
                | Inst::Bind(..)
        )
    }
}
