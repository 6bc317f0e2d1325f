//! Taking forms apart and putting new ones together.

use rook_runtime::object::symbol::{make_symbol, symbol_name, symbol_package, symbol_text};
use rook_runtime::object::{cons, list, string};
use rook_runtime::value::{Value, nil};

use super::{Expanded, Expander, Rooted};
use crate::diag::Code;
use crate::env::declarations::{Declarations, function_symbol};
use crate::env::lexical::Entry;
use crate::env::{Env, Held};

/// The parts of a body with declarations.
pub(super) struct Body {
    pub declarations: Declarations,
    pub documentation: Option<Rooted>,
    pub forms: Vec<Rooted>,
}

/// Whether documentation strings are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Documentation {
    Allowed,
    No,
}

/// Length of a proper list; `None` for dotted and circular ones.
pub(super) fn proper_length(list: Value) -> Option<usize> {
    let (mut len, mut slow, mut fast) = (0, list, list);
    while fast.is_cons() {
        fast = fast.cdr();
        len += 1;
        if len % 2 == 0 {
            slow = slow.cdr();
            if slow == fast && fast.is_cons() {
                return None;
            }
        }
    }
    fast.is_nil().then_some(len)
}

impl Expander<'_> {
    /// The operands of a form, each rooted; their number must be in range.
    pub(super) fn operands(&mut self, form: Value, min: usize, max: Option<usize>) -> Expanded<Vec<Rooted>> {
        let Some(len) = proper_length(form.cdr()) else {
            let name = self.operator_name(form);
            return self.fail(Code::MalformedForm, format!("the form of {name} is not a proper list"));
        };
        if len < min || max.is_some_and(|max| len > max) {
            let name = self.operator_name(form);
            let wanted = match max {
                Some(max) if max == min => format!("{min}"),
                Some(max) => format!("{min} to {max}"),
                None => format!("at least {min}"),
            };
            return self.fail(Code::MalformedForm, format!("{name} takes {wanted} operands, not {len}"));
        }
        Ok(form.cdr().list_iter().map(|v| self.roots.push(v)).collect())
    }
    /// Elements of a proper list, each rooted.
    pub(super) fn elements(&mut self, list: Value, what: &str) -> Expanded<Vec<Rooted>> {
        if proper_length(list).is_none() {
            return self.fail(Code::MalformedForm, format!("{what} must be a proper list"));
        }
        Ok(list.list_iter().map(|v| self.roots.push(v)).collect())
    }
    fn operator_name(&self, form: Value) -> String {
        if form.car().is_symbol() { self.spelling(form.car()) } else { "the operator".into() }
    }
    /// A symbol as messages spell it.
    pub(super) fn spelling(&self, symbol: Value) -> String {
        let symbol = match rook_runtime::object::symbol::setf_base(symbol) {
            Some(base) => return format!("(setf {})", self.spelling(base)),
            None => symbol,
        };
        let mark = if symbol_package(symbol) == rook_runtime::object::package::keyword_package() { ":" } else { "" };
        format!("{mark}{}", symbol_text(symbol).to_lowercase())
    }
    pub(super) fn spelling_of(&self, held: Held) -> String {
        self.spelling(self.compilation.get(held))
    }

    /// Splits a body into declarations, documentation and forms, and reports wrong declarations.
    pub(super) fn parse_body(&mut self, forms: &[Rooted], documentation: Documentation) -> Body {
        let mut body = Body { declarations: Declarations::default(), documentation: None, forms: Vec::new() };
        let mut rest = forms;
        while let Some((&first, after)) = rest.split_first() {
            let form = self.roots.get(first);
            if form.is_cons() && form.car() == self.cl("DECLARE") {
                let compilation = self.compilation.clone();
                for problem in body.declarations.add(self.ctx(), &compilation, form.cdr()) {
                    self.report(Code::MalformedDeclaration, problem);
                }
            } else if documentation == Documentation::Allowed
                && form.is_string()
                && body.documentation.is_none()
                && !after.is_empty()
            {
                body.documentation = Some(first);
            } else {
                break;
            }
            rest = after;
        }
        body.forms = rest.to_vec();
        body
    }
    /// The environment of a body's forms: its free declarations. `bound` are the variables that the
    /// construct itself binds.
    pub(super) fn declare_free(&mut self, declarations: &Declarations, bound: &[Held], env: &Env) -> Env {
        let mut entries = Vec::new();
        for &name in &declarations.special {
            if !bound.contains(&name) {
                entries.push(Entry::Variable(name, crate::env::lexical::Variable::Special));
            }
        }
        for &(name, inlining) in &declarations.inlining {
            entries.push(Entry::Inlining(name, inlining));
        }
        let compilation = self.compilation.clone();
        if let Some(policy) = declarations.policy(&compilation, self.policy(env)) {
            entries.push(Entry::Policy(policy));
        }
        env.with(entries)
    }
    /// The symbol of a function name, or a diagnostic.
    pub(super) fn function_name_symbol(&mut self, name: Value) -> Expanded<Held> {
        match function_symbol(self.ctx(), name) {
            Some(symbol) if !symbol.is_nil() => Ok(self.compilation.hold(symbol)),
            _ => self.fail(Code::NotAFunctionName, "a function name is a symbol or (setf symbol)"),
        }
    }
    pub(super) fn hold(&self, value: Value) -> Held {
        self.compilation.hold(value)
    }
    pub(super) fn get(&self, held: Held) -> Value {
        self.compilation.get(held)
    }
    /// A symbol of COMMON-LISP.
    pub(super) fn cl(&self, name: &'static str) -> Value {
        self.compilation.name(self.ctx(), "COMMON-LISP", name)
    }
    /// A symbol of ROOK-KERNEL.
    pub(super) fn kernel(&self, name: &'static str) -> Value {
        self.compilation.name(self.ctx(), "ROOK-KERNEL", name)
    }
    pub(super) fn cons(&self, car: Value, cdr: Value) -> Value {
        cons(self.ctx(), car, cdr)
    }
    pub(super) fn list(&self, items: &[Value]) -> Value {
        list(self.ctx(), items)
    }
    /// `(quote value)`.
    pub(super) fn quoted(&self, value: Value) -> Value {
        self.list(&[self.cl("QUOTE"), value])
    }
    /// A list of rooted forms.
    pub(super) fn list_of(&self, forms: &[Rooted]) -> Value {
        forms.iter().rev().fold(nil(), |rest, &form| self.cons(self.roots.get(form), rest))
    }
    /// A fresh uninterned symbol.
    pub(super) fn gensym(&mut self, prefix: &str) -> Value {
        self.temporaries += 1;
        let name = string(self.ctx(), &format!("{prefix}{}", self.temporaries));
        make_symbol(self.ctx(), name)
    }
    /// The name of a block around the body of a function of this name.
    pub(super) fn block_name(&self, symbol: Value) -> Value {
        rook_runtime::object::symbol::setf_base(symbol).unwrap_or(symbol)
    }
    /// Name of a function for backtraces.
    pub(super) fn display_name(&self, symbol: Value) -> String {
        debug_assert!(symbol_name(symbol).is_string());
        symbol_text(symbol)
    }
}
