//! Top-level forms as `compile-file` and `load` treat them (CLHS 3.2.3.1).

use rook_runtime::value::Value;

use super::forms::Documentation;
use super::macro_lambda::Context;
use super::operators::Operator;
use super::{Exit, Expanded, Expander, Stop};
use crate::diag::Code;
use crate::env::lexical::Function;
use crate::env::{Env, Held};
use crate::hir::*;

/// When the body of an `eval-when` is evaluated.
#[derive(Clone, Copy, Default)]
pub(super) struct Situations {
    pub compile_toplevel: bool,
    pub load_toplevel: bool,
    pub execute: bool,
}

/// The processing modes of the standard's figure 3-7.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CompileTime {
    /// compile-time-too: also evaluate.
    Too,
    Not,
}

impl Expander<'_> {
    /// Processes one top-level form read from a file or given to `eval`: compile-time effects, and
    /// emission of what is left to do at load time. `Err` only when a non-local exit is under way.
    pub fn process_top_level(&mut self, form: Value) -> Result<(), Exit> {
        let result = self.process(form, &Env::null(), CompileTime::Not);
        self.spans.clear();
        match result {
            Ok(()) | Err(Stop::Reported) => Ok(()),
            Err(Stop::Unwind) => Err(Exit::Unwind),
        }
    }

    fn process(&mut self, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        let mark = self.roots.mark();
        let (span, from_text) = (self.span, self.from_text);
        self.enter_span(form);
        self.depth += 1;
        let result = if self.depth > super::MAX_DEPTH || super::stack_depth::is_low(self.ctx()) {
            self.fail(Code::NestingTooDeep, "top-level forms are nested too deeply")
        } else {
            self.process_form(form, env, time)
        };
        self.depth -= 1;
        let result = match result {
            // The form cannot be processed; loading the file signals the error where it stands.
            Err(Stop::Reported) => {
                let node = self.error_node();
                self.emit_node(node, env)
            }
            other => other,
        };
        (self.span, self.from_text) = (span, from_text);
        self.roots.release(mark);
        result
    }
    fn process_form(&mut self, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        let head = if form.is_cons() { form.car() } else { Value::ZERO };
        if !head.is_symbol() {
            return self.emit_form(form, env, time);
        }
        let name = self.hold(head);
        self.note_named(name);
        let macro_function = match env.function(name) {
            Some(Function::Macro(expander)) => Some(expander),
            Some(_) => None,
            None if matches!(self.operator(head), Operator::Form(_)) => {
                return self.process_operator(&rook_runtime::object::symbol::symbol_text(head), form, env, time);
            }
            None => self.compilation.macro_function(head).map(|f| self.hold(f)),
        };
        match macro_function {
            Some(expander) => self.process_macro(name, expander, form, env, time),
            None => self.emit_form(form, env, time),
        }
    }
    fn process_macro(&mut self, name: Held, expander: Held, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        self.enter_expansion(name);
        let result =
            self.call_expander(name, expander, form, env).and_then(|expansion| self.process(expansion, env, time));
        self.trail.pop();
        result
    }
    /// A form whose operator is special or natively expanded.
    fn process_operator(&mut self, operator: &str, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        match operator {
            "PROGN" => {
                let forms = self.operands(form, 0, None)?;
                return self.process_all(&forms, env, time);
            }
            "LOCALLY" => {
                let a = self.operands(form, 0, None)?;
                let body = self.parse_body(&a, Documentation::No);
                let inner = self.declare_free(&body.declarations, &[], env);
                return self.process_all(&body.forms, &inner, time);
            }
            "MACROLET" => {
                let (inner, forms) = self.macrolet_environment(form, env)?;
                return self.process_all(&forms, &inner, time);
            }
            "SYMBOL-MACROLET" => {
                let (inner, forms) = self.symbol_macrolet_environment(form, env)?;
                return self.process_all(&forms, &inner, time);
            }
            "EVAL-WHEN" => return self.process_eval_when(form, env, time),
            _ => {}
        }
        let place = self.roots.push(form);
        if self.is_file() {
            match operator {
                "DEFUN" => self.defun_at_compile_time(form, env)?,
                "DEFMACRO" => self.macro_at_compile_time(form, env, Context::Macro)?,
                "DEFINE-COMPILER-MACRO" => self.macro_at_compile_time(form, env, Context::CompilerMacro)?,
                "DEFTYPE" => self.macro_at_compile_time(form, env, Context::Type)?,
                "DEFINE-SYMBOL-MACRO" => self.symbol_macro_at_compile_time(form)?,
                "%DEFINE-INFO" => self.define_info_at_compile_time(form, env)?,
                "DEFVAR" | "DEFPARAMETER" => self.variable_at_compile_time(form)?,
                "DEFCONSTANT" => self.constant_at_compile_time(form, env)?,
                "DECLAIM" => self.declaim_at_compile_time(form)?,
                "IN-PACKAGE" => self.in_package_at_compile_time(form)?,
                _ => {}
            }
        }
        self.emit_form(self.roots.get(place), env, time)
    }
    fn process_all(&mut self, forms: &[super::Rooted], env: &Env, time: CompileTime) -> Expanded<()> {
        for &form in forms {
            self.process(self.roots.get(form), env, time)?;
        }
        if forms.is_empty() && !self.is_file() {
            let node = self.nil_node();
            self.emit_node(node, env)?;
        }
        Ok(())
    }
    fn process_eval_when(&mut self, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        let a = self.operands(form, 1, None)?;
        let s = self.situations(self.roots.get(a[0]))?;
        if !self.is_file() {
            let body = if s.execute { &a[1..] } else { &[] };
            return self.process_all(body, env, CompileTime::Not);
        }
        let evaluate = s.compile_toplevel || s.execute && time == CompileTime::Too;
        if s.load_toplevel {
            let time = if evaluate { CompileTime::Too } else { CompileTime::Not };
            return self.process_all(&a[1..], env, time);
        }
        if evaluate {
            let progn = self.list_of(&a[1..]);
            let progn = self.cons(self.cl("PROGN"), progn);
            self.evaluate(progn, env)?;
        }
        Ok(())
    }
    /// The situations of an `eval-when`, in the new and the deprecated spelling.
    pub(super) fn situations(&mut self, list: Value) -> Expanded<Situations> {
        let items = self.elements(list, "the situations of eval-when")?;
        let mut situations = Situations::default();
        for item in items {
            let item = self.roots.get(item);
            let name = if item.is_symbol() { rook_runtime::object::symbol::symbol_text(item) } else { String::new() };
            match name.as_str() {
                "COMPILE-TOPLEVEL" | "COMPILE" => situations.compile_toplevel = true,
                "LOAD-TOPLEVEL" | "LOAD" => situations.load_toplevel = true,
                "EXECUTE" | "EVAL" => situations.execute = true,
                _ => {
                    let message = "the situations of eval-when are :compile-toplevel, :load-toplevel and :execute";
                    return self.fail(Code::MalformedForm, message);
                }
            }
        }
        Ok(situations)
    }

    /// A form that is left for load time (in memory: executed now).
    fn emit_form(&mut self, form: Value, env: &Env, time: CompileTime) -> Expanded<()> {
        let place = self.roots.push(form);
        if time == CompileTime::Too && self.is_file() {
            self.evaluate(form, env)?;
        }
        self.top_level_depth = self.depth + 1;
        let id = self.reserve_function("top-level form".into());
        let node = self.expand(self.roots.get(place), env)?;
        self.emit_function(id, node, env)
    }
    fn emit_node(&mut self, node: Hir, env: &Env) -> Expanded<()> {
        let id = self.reserve_function("top-level form".into());
        self.emit_function(id, node, env)
    }
    fn emit_function(&mut self, id: FnId, node: Hir, env: &Env) -> Expanded<()> {
        self.top_level_depth = 0;
        if self.is_file() && matches!(node.kind, Kind::Const(_)) {
            return Ok(());
        }
        let policy = self.policy(env);
        let function = &mut self.unit.functions[id.0 as usize];
        (function.body, function.policy) = (node, policy);
        self.unit.top_level.push(id);
        let result = self.processor.emit(&mut self.unit, &mut self.datums, id);
        if self.unit.functions.is_empty() {
            self.forget_unit();
        }
        match result {
            Ok(()) => Ok(()),
            Err(Exit::Unwind) => Err(Stop::Unwind),
            Err(Exit::Error(text)) => self.fail_emission(text),
        }
    }
    fn fail_emission(&mut self, text: String) -> Expanded<()> {
        self.report_failure(Code::CompileTimeError, "a top-level form signalled an error", &text);
        Ok(())
    }
    /// The processor took the unit away: nothing may refer to it any more.
    fn forget_unit(&mut self) {
        self.variable_uses.clear();
        self.used_blocks.clear();
        self.used_tagbodies.clear();
        self.local_arities.clear();
    }
    /// Whether the form under expansion is a top-level form itself.
    pub(super) fn is_top_level_form(&self) -> bool {
        self.top_level_depth == self.depth
    }
}
