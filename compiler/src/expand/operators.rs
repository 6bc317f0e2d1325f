//! What a global operator name means to the expander: the table of native operators and the
//! dispatch on compound forms.

use crate::hash::HashMap;
use std::sync::OnceLock;

use rook_runtime::object::package;
use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::value::Value;

use super::{Expanded, Expander, Rooted};
use crate::diag::Code;
use crate::env::{Env, Held};
use crate::env::lexical::Function;
use crate::hir::Hir;
use crate::known_functions::{self, Known};

/// Expands a whole form `(operator . operands)`.
pub(super) type Handler = for<'a, 'b> fn(&'b mut Expander<'a>, Value, &Env) -> Expanded;
/// Expands a call of a global function in a shorter way, given its argument forms, or declines.
pub(super) type Transform = for<'a, 'b> fn(&'b mut Expander<'a>, &[Rooted], &Env) -> Expanded<Option<Hir>>;

/// Meaning of a global name in operator position.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    /// Special operator, or macro expanded natively.
    Form(Handler),
    Transformed(Transform),
    Known(&'static Known),
    Other,
}

type Row = (&'static str, Handler);

const COMMON_LISP: &[Row] = &[
    ("QUOTE", |x, f, e| x.expand_quote(f, e)),
    ("FUNCTION", |x, f, e| x.expand_function(f, e)),
    ("IF", |x, f, e| x.expand_if(f, e)),
    ("PROGN", |x, f, e| x.expand_progn_form(f, e)),
    ("SETQ", |x, f, e| x.expand_setq(f, e)),
    ("THE", |x, f, e| x.expand_the(f, e)),
    ("LOCALLY", |x, f, e| x.expand_locally(f, e)),
    ("EVAL-WHEN", |x, f, e| x.expand_eval_when(f, e)),
    ("LOAD-TIME-VALUE", |x, f, e| x.expand_load_time_value(f, e)),
    ("MULTIPLE-VALUE-CALL", |x, f, e| x.expand_multiple_value_call(f, e)),
    ("MULTIPLE-VALUE-PROG1", |x, f, e| x.expand_multiple_value_prog1(f, e)),
    ("PROGV", |x, f, e| x.expand_progv(f, e)),
    ("LET", |x, f, e| x.expand_let(f, e)),
    ("LET*", |x, f, e| x.expand_let_star(f, e)),
    ("FLET", |x, f, e| x.expand_flet(f, e)),
    ("LABELS", |x, f, e| x.expand_labels(f, e)),
    ("MACROLET", |x, f, e| x.expand_macrolet(f, e)),
    ("SYMBOL-MACROLET", |x, f, e| x.expand_symbol_macrolet(f, e)),
    ("MULTIPLE-VALUE-BIND", |x, f, e| x.expand_multiple_value_bind(f, e)),
    ("DESTRUCTURING-BIND", |x, f, e| x.expand_destructuring_bind(f, e)),
    ("BLOCK", |x, f, e| x.expand_block(f, e)),
    ("RETURN-FROM", |x, f, e| x.expand_return_from(f, e)),
    ("RETURN", |x, f, e| x.expand_return(f, e)),
    ("TAGBODY", |x, f, e| x.expand_tagbody(f, e)),
    ("GO", |x, f, e| x.expand_go(f, e)),
    ("CATCH", |x, f, e| x.expand_catch(f, e)),
    ("THROW", |x, f, e| x.expand_throw(f, e)),
    ("UNWIND-PROTECT", |x, f, e| x.expand_unwind_protect(f, e)),
    ("AND", |x, f, e| x.expand_and(f, e)),
    ("OR", |x, f, e| x.expand_or(f, e)),
    ("WHEN", |x, f, e| x.expand_when(f, e)),
    ("UNLESS", |x, f, e| x.expand_unless(f, e)),
    ("COND", |x, f, e| x.expand_cond(f, e)),
    ("PROG1", |x, f, e| x.expand_prog1(f, e)),
    ("PROG2", |x, f, e| x.expand_prog2(f, e)),
    ("LAMBDA", |x, f, e| x.expand_lambda_form(f, e)),
    ("DEFUN", |x, f, e| x.expand_defun(f, e)),
    ("DEFMACRO", |x, f, e| x.expand_defmacro(f, e)),
    ("DEFINE-COMPILER-MACRO", |x, f, e| x.expand_define_compiler_macro(f, e)),
    ("DEFTYPE", |x, f, e| x.expand_deftype(f, e)),
    ("DEFINE-SYMBOL-MACRO", |x, f, e| x.expand_define_symbol_macro(f, e)),
    ("DEFVAR", |x, f, e| x.expand_defvar(f, e)),
    ("DEFPARAMETER", |x, f, e| x.expand_defparameter(f, e)),
    ("DEFCONSTANT", |x, f, e| x.expand_defconstant(f, e)),
    ("DECLAIM", |x, f, e| x.expand_declaim(f, e)),
    ("IN-PACKAGE", |x, f, e| x.expand_in_package(f, e)),
    ("DECLARE", |x, f, e| x.expand_misplaced_declare(f, e)),
];

const ROOK_KERNEL: &[Row] = &[
    ("NAMED-LAMBDA", |x, f, e| x.expand_named_lambda(f, e)),
    ("QUASIQUOTE", |x, f, e| x.expand_quasiquote(f, e)),
    ("UNQUOTE", |x, f, e| x.expand_stray_unquote(f, e)),
    ("UNQUOTE-SPLICING", |x, f, e| x.expand_stray_unquote(f, e)),
    ("UNQUOTE-NSPLICING", |x, f, e| x.expand_stray_unquote(f, e)),
    ("%LITERAL", |x, f, e| x.expand_literal(f, e)),
    ("%PRIMITIVE", |x, f, e| x.expand_primitive(f, e)),
    ("%FOREIGN-CALL", |x, f, e| x.expand_foreign_call(f, e)),
    ("%EXPANDER-LAMBDA", |x, f, e| x.expand_expander_lambda(f, e)),
    ("%DEFINE-INFO", |x, f, e| x.expand_define_info(f, e)),
];

/// Names that are special operators for `special-operator-p` and for `(function name)`.
pub const SPECIAL_OPERATORS: &[&str] = &[
    "BLOCK", "CATCH", "EVAL-WHEN", "FLET", "FUNCTION", "GO", "IF", "LABELS", "LET", "LET*", "LOAD-TIME-VALUE",
    "LOCALLY", "MACROLET", "MULTIPLE-VALUE-CALL", "MULTIPLE-VALUE-PROG1", "PROGN", "PROGV", "QUOTE", "RETURN-FROM",
    "SETQ", "SYMBOL-MACROLET", "TAGBODY", "THE", "THROW", "UNWIND-PROTECT",
];

fn native(package: &str, name: &str) -> Option<Operator> {
    static INDEX: OnceLock<HashMap<(&'static str, &'static str), Operator>> = OnceLock::new();
    let index = INDEX.get_or_init(|| {
        let forms = |package, rows: &'static [Row]| {
            rows.iter().map(move |&(name, handler)| ((package, name), Operator::Form(handler)))
        };
        let transforms = super::transforms::ALL
            .iter()
            .map(|&(name, transform)| (("COMMON-LISP", name), Operator::Transformed(transform)));
        forms("COMMON-LISP", COMMON_LISP).chain(forms("ROOK-KERNEL", ROOK_KERNEL)).chain(transforms).collect()
    });
    index.get(&(package, name)).copied()
}

impl Expander<'_> {
    /// Meaning of a global operator name, from its home package and name.
    pub(super) fn operator(&mut self, symbol: Value) -> Operator {
        let held = self.hold(symbol);
        if let Some(&operator) = self.operators.get(&held) {
            return operator;
        }
        let home = symbol_package(symbol);
        let operator = if home.is_nil() {
            Operator::Other
        } else {
            let (package, name) = (package::package_text(home), symbol_text(symbol));
            native(&package, &name)
                .or_else(|| known_functions::find(&package, &name).map(Operator::Known))
                .unwrap_or(Operator::Other)
        };
        self.operators.insert(held, operator);
        operator
    }

    /// Remembers an operator that stands in the text, not in an expansion.
    pub(super) fn note_named(&mut self, name: Held) {
        if self.from_text {
            self.named.insert(name);
        }
    }
    /// `PACKAGE:NAME` of each global operator that the text itself names, sorted.
    pub fn named_operators(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .named
            .iter()
            .map(|&name| self.get(name))
            .filter(|&symbol| !symbol_package(symbol).is_nil())
            .map(|symbol| format!("{}:{}", package::package_text(symbol_package(symbol)), symbol_text(symbol)))
            .collect();
        names.sort();
        names
    }

    /// A compound form.
    pub(super) fn expand_compound(&mut self, form: Value, env: &Env) -> Expanded {
        let head = form.car();
        if head.is_cons() && head.car() == self.cl("LAMBDA") {
            return self.expand_lambda_call(form, env);
        }
        if !head.is_symbol() || head.is_nil() {
            return self.fail(Code::NotAFunctionName, "the first element of a form must be a symbol or a lambda expression");
        }
        let name = self.hold(head);
        self.note_named(name);
        match env.function(name) {
            Some(Function::Local(id)) => return self.expand_local_call(id, form, env),
            Some(Function::Macro(expander)) => return self.expand_macro_call(name, expander, form, env),
            Some(Function::Unavailable) => {
                let spelling = self.spelling(head);
                let message = format!("the local function {spelling} cannot be called at compile time");
                return self.fail(Code::UnavailableAtCompileTime, message);
            }
            None => {}
        }
        if let Operator::Form(handler) = self.operator(head) {
            return handler(self, form, env);
        }
        if let Some(expander) = self.compilation.macro_function(head) {
            let expander = self.hold(expander);
            return self.expand_macro_call(name, expander, form, env);
        }
        self.expand_global_call(name, form, env)
    }
}
