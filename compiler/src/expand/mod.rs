//! Expansion: Lisp forms to HIR. Macros are expanded, names resolved, special operators understood.
//!
//! Must not know the back end: macro functions and compile-time evaluation are reached through
//! `Evaluator`, finished top-level functions leave through `Processor`.
//!
//! Objects move while macro functions run. A raw `Value` is therefore valid only until the next
//! call of a method that may expand something; forms needed later are `Rooted`, names and
//! specifiers are `Held`. Everything pushed on the root stack while one form is expanded is
//! released when `expand` returns.

mod binding;
mod calls;
mod control;
mod definitions;
mod forms;
mod kernel_forms;
mod lambda_list;
pub mod literals;
mod macro_lambda;
mod macroexpand;
mod operators;
mod proclaim;
mod quasiquote;
mod root_stack;
mod special_forms;
mod stack_depth;
#[cfg(test)]
mod tests;
mod top_level;
mod transforms;
mod types;
pub mod warnings;

use crate::hash::{HashMap, HashSet};
use std::rc::Rc;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::value::{Value, nil};

use crate::datum::Datums;
use crate::diag::{Code, Diagnostic, Expansion, Severity};
use crate::env::compilation::{Arity, Entered};
use crate::env::{Compilation, Env, Held};
use crate::hir::*;
use crate::source::Span;
use crate::source::forms::SpanTable;
pub use macroexpand::{answer_environment_questions, macro_function_in, symbol_macro_in};
use operators::Operator;
pub use operators::SPECIAL_OPERATORS;
pub use root_stack::{RootStack, Rooted};

/// Why code at compile time did not return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exit {
    /// It signalled an error; the text is the condition's report. Becomes a diagnostic.
    Error(String),
    /// A non-local exit is under way: hand it on.
    Unwind,
}

/// Runs Lisp code at compile time.
pub trait Evaluator {
    /// Calls a function object; primary value. The arguments need not be rooted by the caller.
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit>;
    /// Compiles and runs a form in an environment that holds only what exists at compile time (see
    /// `Env::for_compile_time`); primary value. Uses the current compilation.
    fn evaluate(&mut self, form: Value, env: &Env) -> Result<Value, Exit>;
}

/// Takes what expansion produces.
pub trait Processor: Evaluator {
    /// A top-level function without parameters is complete (it is the last of `unit.top_level`).
    /// In memory mode it takes unit and datums away (leaving fresh ones) and runs the function.
    fn emit(&mut self, unit: &mut Unit, datums: &mut Datums, function: FnId) -> Result<(), Exit>;
}

/// Whether definitions take effect now or when the compiled file is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// `compile-file`: definitions go to the compile-time overlay and into the unit.
    File,
    /// `eval`, `compile`, `load` of source: every top-level form is executed at once.
    Memory,
}

/// Why expansion of a form stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// A diagnostic was reported; the form becomes a run-time error.
    Reported,
    Unwind,
}

type Expanded<T = Hir> = Result<T, Stop>;

/// Deepest nesting of forms. Later passes recurse over the HIR, so this also bounds them.
pub const MAX_DEPTH: u32 = 10_000;

/// Expands forms into one unit.
pub struct Expander<'a> {
    ctx: *mut ThreadContext,
    pub mode: Mode,
    pub unit: Unit,
    pub datums: Datums,
    pub compilation: Rc<Compilation>,
    /// Macro functions and nested evaluations find the compilation while this lives.
    _entered: Entered,
    processor: &'a mut dyn Processor,
    roots: RootStack,
    /// Spans of conses read from text.
    pub spans: SpanTable,
    /// Innermost place in source text.
    span: Span,
    /// Whether the form under expansion itself was read from text.
    from_text: bool,
    trail: Vec<Expansion>,
    depth: u32,
    operators: HashMap<Held, Operator>,
    /// Global operators that the text itself names, in forms and as `#'name`.
    named: HashSet<Held>,
    /// Use of variables, beside `unit.vars`.
    variable_uses: Vec<binding::Use>,
    used_blocks: Vec<bool>,
    used_tagbodies: Vec<bool>,
    local_arities: HashMap<FnId, Arity>,
    /// Name of the function whose body is under expansion, for names of inner lambdas.
    function_name: String,
    /// Functions being expanded inline, outermost first.
    inlining: Vec<Held>,
    temporaries: u32,
    /// Depth of the top-level form under expansion; 0 for none.
    top_level_depth: u32,
}

impl<'a> Expander<'a> {
    pub fn new(
        ctx: *mut ThreadContext,
        compilation: Rc<Compilation>,
        mode: Mode,
        processor: &'a mut dyn Processor,
    ) -> Expander<'a> {
        Expander {
            ctx,
            mode,
            unit: Unit::default(),
            datums: Datums::new(),
            _entered: compilation.enter(),
            compilation,
            processor,
            roots: RootStack::default(),
            spans: SpanTable::default(),
            span: Span::default(),
            from_text: false,
            trail: Vec::new(),
            depth: 0,
            operators: HashMap::default(),
            named: HashSet::default(),
            variable_uses: Vec::new(),
            used_blocks: Vec::new(),
            used_tagbodies: Vec::new(),
            local_arities: HashMap::default(),
            function_name: String::new(),
            inlining: Vec::new(),
            temporaries: 0,
            top_level_depth: 0,
        }
    }
    fn ctx<'c>(&self) -> &'c mut ThreadContext {
        // SAFETY: `new` got the context of the running thread, which outlives the expander; callers
        // use the reference for one allocation or lookup, during which nothing else touches it.
        unsafe { &mut *self.ctx }
    }

    /// Expands one expression into a top-level function without parameters: what `eval` in an
    /// environment and `compile` need. The function is the last of `unit.top_level`.
    pub fn expression(&mut self, form: Value, env: &Env) -> Result<FnId, Exit> {
        let id = self.reserve_function("top-level form".into());
        let body = self.expand(form, env).map_err(|_| Exit::Unwind)?;
        self.unit.functions[id.0 as usize].body = body;
        self.unit.functions[id.0 as usize].policy = self.policy(env);
        self.unit.top_level.push(id);
        Ok(id)
    }

    /// Expands a form for its values. Invalidates raw values the caller holds.
    fn expand(&mut self, form: Value, env: &Env) -> Expanded {
        let mark = self.roots.mark();
        let (span, from_text) = (self.span, self.from_text);
        self.enter_span(form);
        self.depth += 1;
        let result = if self.depth > MAX_DEPTH || stack_depth::is_low(self.ctx()) {
            self.fail(Code::NestingTooDeep, "forms are nested too deeply")
        } else {
            self.expand_form(form, env)
        };
        self.depth -= 1;
        let result = match result {
            Err(Stop::Reported) => Ok(self.error_node()),
            other => other,
        };
        (self.span, self.from_text) = (span, from_text);
        self.roots.release(mark);
        result
    }
    fn expand_at(&mut self, form: Rooted, env: &Env) -> Expanded {
        self.expand(self.roots.get(form), env)
    }
    fn expand_all(&mut self, forms: &[Rooted], env: &Env) -> Expanded<Vec<Hir>> {
        forms.iter().map(|&form| self.expand_at(form, env)).collect()
    }
    /// Forms as an implicit progn.
    fn expand_progn(&mut self, forms: &[Rooted], env: &Env) -> Expanded {
        let nodes = self.expand_all(forms, env)?;
        Ok(self.sequence(nodes))
    }

    fn expand_form(&mut self, form: Value, env: &Env) -> Expanded {
        if form.is_cons() {
            return self.expand_compound(form, env);
        }
        if form.is_symbol() {
            return self.expand_variable(form, env);
        }
        self.literal(form)
    }

    /// Takes the form's own place in the text, if it has one.
    fn enter_span(&mut self, form: Value) {
        self.from_text = false;
        if form.is_cons()
            && let Some(span) = self.spans.find(self.ctx(), form)
        {
            self.span = span;
            self.from_text = true;
        }
    }

    fn node(&self, kind: Kind) -> Hir {
        Hir { kind, span: self.span }
    }
    fn constant(&mut self, value: Value) -> Hir {
        let id = self.datums.id_of(value);
        self.node(Kind::Const(id))
    }
    fn nil_node(&mut self) -> Hir {
        self.constant(nil())
    }
    /// One node that evaluates all in order; NIL for none.
    fn sequence(&mut self, mut nodes: Vec<Hir>) -> Hir {
        let Some(last) = nodes.pop() else { return self.nil_node() };
        nodes.retain(|node| !matches!(node.kind, Kind::Const(_) | Kind::Local(_)));
        if nodes.is_empty() {
            return last;
        }
        nodes.push(last);
        self.node(Kind::Seq(nodes))
    }
    fn policy(&self, env: &Env) -> Policy {
        env.policy().unwrap_or_else(|| self.global_policy())
    }

    /// Reports a problem at the present place.
    fn report(&self, code: Code, message: impl Into<String>) {
        self.report_diagnostic(Diagnostic::new(code, self.span, message));
    }
    fn report_diagnostic(&self, mut diagnostic: Diagnostic) {
        diagnostic.trail = self.trail.clone();
        self.compilation.report(diagnostic);
    }
    fn fail<T>(&self, code: Code, message: impl Into<String>) -> Expanded<T> {
        self.report(code, message);
        Err(Stop::Reported)
    }
    /// Reports that code at compile time signalled an error. Further lines of its text become notes.
    fn report_failure(&self, code: Code, what: &str, text: &str) {
        let mut lines = text.lines();
        let message = format!("{what}: {}", lines.next().unwrap_or_default());
        let diagnostic = Diagnostic::new(code, self.span, message);
        self.report_diagnostic(lines.fold(diagnostic, |diagnostic, line| diagnostic.with_note(line)));
    }
    /// What replaces a form that could not be expanded: a call that signals a program-error.
    fn error_node(&mut self) -> Hir {
        let reason = self.compilation.with_diagnostics(|diagnostics| {
            diagnostics.iter().last().filter(|d| d.severity == Severity::Error).map(|d| d.message.clone())
        });
        let mut place = reason.unwrap_or_else(|| "the form has a compile-time error".to_string());
        if self.span.line != 0 {
            place += &format!(" (line {})", self.span.line);
        }
        let text = rook_runtime::object::string(self.ctx(), &place);
        let argument = self.constant(text);
        self.kernel_call("%SOURCE-ERROR", vec![argument])
    }
}
