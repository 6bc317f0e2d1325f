//! The node types of HIR.

use std::collections::HashMap;

use crate::datum::DatumId;
use crate::known_functions::PrimOp;
use crate::source::Span;
use crate::types::Type;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);
    )*};
}
ids! {
    /// A lexical variable (index into `Unit::vars`).
    VarId;
    /// A function: lambda, flet/labels function or top-level function (index into `Unit::functions`).
    FnId;
    /// A `block`.
    BlockId;
    /// A `tagbody`.
    TagbodyId;
    /// A tag of a `tagbody`.
    TagId;
}

/// One expression and where it came from.
#[derive(Clone, Debug)]
pub struct Hir {
    pub kind: Kind,
    pub span: Span,
}

/// What an expression does. Evaluation order is left to right.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A literal (also numbers, NIL and T).
    Const(DatumId),
    Local(VarId),
    /// Value of the expression is the value stored.
    SetLocal(VarId, Box<Hir>),
    /// A special or global variable: dynamic binding, then global value; unbound is an error.
    Global(DatumId),
    SetGlobal(DatumId, Box<Hir>),
    If(Box<Hir>, Box<Hir>, Box<Hir>),
    /// Never empty.
    Seq(Vec<Hir>),
    /// Parallel lexical binding.
    Let(Vec<(VarId, Hir)>, Box<Hir>),
    /// Dynamic binding of symbols, in parallel, around the body.
    Bind(Vec<(DatumId, Hir)>, Box<Hir>),
    /// Binds variables to the values of one form; missing values are NIL.
    LetValues(Vec<VarId>, Box<Hir>, Box<Hir>),
    /// A function object (closure). The function's data are in `Unit::functions`.
    Lambda(FnId),
    /// Local functions (`flet` and `labels` alike after renaming), visible in each other and the body.
    Functions(Vec<FnId>, Box<Hir>),
    /// `#'f` of a local function.
    LocalFunction(FnId),
    /// `#'f` of a global function: error when undefined.
    GlobalFunction(DatumId),
    Call(Callee, Vec<Hir>),
    /// An operator the compiler knows; argument count already right.
    Prim(PrimOp, Vec<Hir>),
    /// `(%primitive name args…)`: a Rust primitive of the runtime's table, argument count checked.
    Primitive(&'static str, Vec<Hir>),
    /// `(%foreign-call …)`.
    Foreign(Box<ForeignCall>, Vec<Hir>),
    Block(BlockId, Box<Hir>),
    ReturnFrom(BlockId, Box<Hir>),
    /// Each segment: an optional tag, then its forms. Value NIL.
    Tagbody(TagbodyId, Vec<(Option<TagId>, Vec<Hir>)>),
    Go(TagbodyId, TagId),
    Catch(Box<Hir>, Box<Hir>),
    /// Protected form, cleanup form.
    UnwindProtect(Box<Hir>, Box<Hir>),
    /// Start of the body function of a protected tagbody: dispatch on its parameter.
    /// (Only as the whole body of such a function: index variable, segments as in `Tagbody`.)
    TagbodyFrom(VarId, TagbodyId, Vec<(Option<TagId>, Vec<Hir>)>),
    /// `multiple-value-call`: function, argument forms each giving all their values.
    ValuesCall(Box<Hir>, Vec<Hir>),
    /// `multiple-value-prog1`: values of the first, then the rest for effect.
    ValuesProg1(Box<Hir>, Box<Hir>),
    /// `(values …)` with its arguments as single values.
    Values(Vec<Hir>),
    /// `progv`: symbols, values, body.
    Progv(Box<Hir>, Box<Hir>, Box<Hir>),
    /// A type promise: specifier datum for the error message. Checked unless safety is 0.
    The(Type, DatumId, Box<Hir>),
    /// `throw`: tag, form giving all values.
    Throw(Box<Hir>, Box<Hir>),
    /// After `resolve_exits`: a protected construct whose body was outlined into a function.
    Protected(Box<Protected>),
    /// After `resolve_exits`: leave for the block or tagbody that bound the token variable, with
    /// the values of the form (a tagbody gets the index of the tag as a fixnum).
    ExitTo(VarId, Box<Hir>),
    /// After `resolve_exits`, in the body of a protected construct: ends the body by way of the exit
    /// with this index, with the values of the form (NIL for a tagbody).
    Leave(u32, Box<Hir>),
}

/// A construct that exits can reach from other functions. Its body is a function without
/// parameters (a tagbody's takes the index of the segment to start at, -1 for the beginning).
#[derive(Clone, Debug)]
pub struct Protected {
    pub kind: ProtectedKind,
    pub body: FnId,
    /// Where `Leave` nodes of the body go on: it returns to here with the index of one.
    pub exits: Vec<Exit>,
}

/// An exit that only leaves protected bodies, no closure: it needs no search, the bodies return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    Return(BlockId),
    Go(TagbodyId, TagId),
    /// On to the exit with this index of the construct whose body this one is in.
    Leave(u32),
}

#[derive(Clone, Debug)]
pub enum ProtectedKind {
    /// Token variable, bound to a fresh object around the call.
    Block(VarId),
    Tagbody(VarId),
    /// Tag form.
    Catch(Hir),
    /// Cleanup form.
    Cleanup(Hir),
}

/// What a call calls.
#[derive(Clone, Debug)]
pub enum Callee {
    /// Through the symbol's function cell.
    Global(DatumId),
    /// A local function, or (after known-call discovery) a top-level function of the same unit.
    Known(FnId),
    /// The value of an expression: a function or a symbol (function designator, as `funcall`).
    Value(Box<Hir>),
}

/// A call of a C function.
#[derive(Clone, Debug)]
pub struct ForeignCall {
    /// C symbol; `None` when the first argument is the address.
    pub symbol: Option<String>,
    pub arguments: Vec<ForeignType>,
    pub result: ForeignType,
    /// The collector may run on other threads; takes no Lisp values.
    pub blocking: bool,
}

/// C types of arguments and results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForeignType {
    Void,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Single,
    Double,
    /// A macptr, or NIL for null.
    Pointer,
    /// A Lisp string passed as a NUL-terminated UTF-8 copy; as a result, read back into a string.
    CString,
    /// A `rook_value`.
    Value,
    Bool,
}

/// A lexical variable.
#[derive(Clone, Debug)]
pub struct Var {
    /// Name for dumps and debuggers.
    pub name: String,
    /// Declared type (ANY when none) and its specifier for messages.
    pub declared: Type,
    pub declared_spec: Option<DatumId>,
    /// Some `SetLocal` names it.
    pub assigned: bool,
    /// Declared `dynamic-extent`.
    pub dynamic_extent: bool,
    pub ignored: bool,
    pub span: Span,
}

/// An optional parameter: variable, initial value, supplied-p variable.
#[derive(Clone, Debug)]
pub struct Optional {
    pub var: VarId,
    pub init: Hir,
    pub supplied: Option<VarId>,
}

/// A keyword parameter.
#[derive(Clone, Debug)]
pub struct Keyword {
    /// The keyword symbol.
    pub keyword: DatumId,
    pub var: VarId,
    pub init: Hir,
    pub supplied: Option<VarId>,
}

/// A lambda list after expansion. Initial forms see the parameters to their left. `&aux` and
/// special parameters have become `Let` and `Bind` nodes of the body (a special parameter that a
/// later initial form could see is bound by making the later ones part of the body as well).
#[derive(Clone, Debug, Default)]
pub struct Params {
    pub required: Vec<VarId>,
    pub optional: Vec<Optional>,
    pub rest: Option<VarId>,
    pub keys: Option<Vec<Keyword>>,
    pub allow_other_keys: bool,
}

impl Params {
    /// Only required parameters.
    pub fn is_fixed(&self) -> bool {
        self.optional.is_empty() && self.rest.is_none() && self.keys.is_none()
    }
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name for backtraces and dumps, for example `FIB`, `(SETF FOO)`, `(LAMBDA in FOO)`.
    pub name: String,
    /// The global function name (symbol) it defines, when it is a top-level definition.
    pub global: Option<DatumId>,
    pub params: Params,
    pub body: Hir,
    pub policy: Policy,
    pub span: Span,
    /// Declared `inline` (local or global).
    pub inline: bool,
    pub notinline: bool,
}

/// The `optimize` qualities in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    pub speed: u8,
    pub safety: u8,
    pub debug: u8,
    pub space: u8,
    pub compilation_speed: u8,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { speed: 1, safety: 1, debug: 1, space: 1, compilation_speed: 1 }
    }
}

/// What is compiled at once: a file, or one form in memory.
#[derive(Debug, Default)]
pub struct Unit {
    pub vars: Vec<Var>,
    pub functions: Vec<Function>,
    /// Top-level functions without parameters, in order of execution.
    pub top_level: Vec<FnId>,
    /// Functions without free variables that are wanted as objects by who compiles the unit.
    pub wanted: Vec<FnId>,
    /// What is proclaimed of the results of global functions: type, and specifier for messages.
    pub results: HashMap<DatumId, (Type, DatumId)>,
    pub next_block: u32,
    pub next_tagbody: u32,
    pub next_tag: u32,
}

impl Unit {
    /// Where a walk over the functions that are reached begins.
    pub fn roots(&self) -> impl Iterator<Item = FnId> {
        self.top_level.iter().chain(&self.wanted).copied()
    }
    pub fn var(&self, id: VarId) -> &Var {
        &self.vars[id.0 as usize]
    }
    pub fn function(&self, id: FnId) -> &Function {
        &self.functions[id.0 as usize]
    }
}
