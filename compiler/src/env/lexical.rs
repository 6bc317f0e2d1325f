//! Lexical environments: persistent chains of frames, shared by reference.
//!
//! Names and macro functions are `Held` by the compilation, so environments survive collections.

use std::rc::Rc;

use super::compilation::Held;
use crate::hir::{BlockId, FnId, Policy, TagId, TagbodyId, VarId};

/// What a variable name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variable {
    Lexical(VarId),
    Special,
    SymbolMacro(Held),
    /// A lexical variable around a macro definition: it has no value at compile time.
    Unavailable,
}

/// What a function name means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    Local(FnId),
    /// Expander of a `macrolet` macro.
    Macro(Held),
    /// A local function around a macro definition.
    Unavailable,
}

/// Inlining asked for by a declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inlining {
    Inline,
    Notinline,
}

/// One binding or declaration.
#[derive(Clone, Debug)]
pub enum Entry {
    Variable(Held, Variable),
    Function(Held, Function),
    Block(Held, BlockId),
    Tag(Held, TagbodyId, TagId),
    /// For a function name.
    Inlining(Held, Inlining),
    Policy(Policy),
    /// Everything outside is seen from a macro function: run-time bindings are unavailable.
    CompileTime,
}

struct Frame {
    outer: Env,
    entries: Vec<Entry>,
}

/// An environment. The default is the null lexical environment.
#[derive(Clone, Default)]
pub struct Env(Option<Rc<Frame>>);

impl Env {
    pub fn null() -> Env {
        Env(None)
    }
    pub fn is_null(&self) -> bool {
        self.0.is_none()
    }
    /// This environment extended by the entries; a later entry hides an earlier one.
    pub fn with(&self, entries: Vec<Entry>) -> Env {
        if entries.is_empty() {
            return self.clone();
        }
        Env(Some(Rc::new(Frame { outer: self.clone(), entries })))
    }
    /// The environment as the function of a local macro sees it.
    pub fn for_compile_time(&self) -> Env {
        if self.is_null() { self.clone() } else { self.with(vec![Entry::CompileTime]) }
    }
    /// The innermost entry for which `f` has an answer, and whether it is beyond a compile-time border.
    fn find<T>(&self, mut f: impl FnMut(&Entry) -> Option<T>) -> Option<(T, bool)> {
        let mut beyond = false;
        let mut env = self;
        while let Some(frame) = &env.0 {
            for entry in frame.entries.iter().rev() {
                if matches!(entry, Entry::CompileTime) {
                    beyond = true;
                }
                if let Some(found) = f(entry) {
                    return Some((found, beyond));
                }
            }
            env = &frame.outer;
        }
        None
    }
    /// Meaning of a variable name; `None` when it is not bound lexically.
    pub fn variable(&self, name: Held) -> Option<Variable> {
        let (variable, beyond) = self.find(|entry| match entry {
            Entry::Variable(n, v) if *n == name => Some(*v),
            _ => None,
        })?;
        Some(if beyond && matches!(variable, Variable::Lexical(_)) { Variable::Unavailable } else { variable })
    }
    /// Meaning of a function name; `None` when it is not bound lexically.
    pub fn function(&self, name: Held) -> Option<Function> {
        let (function, beyond) = self.find(|entry| match entry {
            Entry::Function(n, f) if *n == name => Some(*f),
            _ => None,
        })?;
        Some(if beyond && matches!(function, Function::Local(_)) { Function::Unavailable } else { function })
    }
    pub fn block(&self, name: Held) -> Option<BlockId> {
        let (block, beyond) = self.find(|entry| match entry {
            Entry::Block(n, b) if *n == name => Some(*b),
            _ => None,
        })?;
        (!beyond).then_some(block)
    }
    pub fn tag(&self, name: Held) -> Option<(TagbodyId, TagId)> {
        let (tag, beyond) = self.find(|entry| match entry {
            Entry::Tag(n, body, tag) if *n == name => Some((*body, *tag)),
            _ => None,
        })?;
        (!beyond).then_some(tag)
    }
    /// Local inlining declaration in force for a function name: an inner binding of the name hides
    /// outer declarations.
    pub fn inlining(&self, name: Held) -> Option<Inlining> {
        let (inlining, _) = self.find(|entry| match entry {
            Entry::Inlining(n, i) if *n == name => Some(Some(*i)),
            Entry::Function(n, _) if *n == name => Some(None),
            _ => None,
        })?;
        inlining
    }
    /// The policy set by the innermost `optimize` declaration.
    pub fn policy(&self) -> Option<Policy> {
        let (policy, _) = self.find(|entry| match entry {
            Entry::Policy(p) => Some(*p),
            _ => None,
        })?;
        Some(policy)
    }
    /// Whether run-time bindings (variables, functions, blocks, tags) surround this point.
    pub fn has_run_time_bindings(&self) -> bool {
        self.find(|entry| match entry {
            Entry::Variable(_, Variable::Lexical(_)) | Entry::Function(_, Function::Local(_)) => Some(()),
            Entry::Block(..) | Entry::Tag(..) => Some(()),
            _ => None,
        })
        .is_some()
    }
}
