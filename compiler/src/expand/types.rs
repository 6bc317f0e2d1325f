//! Type specifiers in source: `deftype` names expanded, then what the compiler makes of them.

use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::object::package;
use rook_runtime::value::{Value, nil};

use super::{Expanded, Expander};
use crate::datum::DatumId;
use crate::diag::Code;
use crate::env::global_info::Info;
use crate::env::{Env, Held};
use crate::types::specifier::denote;
use crate::types::{Type, TypeSet};

/// Expansions of one name after another before the definition is called endless.
const MAX_TYPE_EXPANSIONS: usize = 200;

impl Expander<'_> {
    /// What a specifier lets the compiler rely on: the type and the specifier for messages. `None`
    /// when it says nothing.
    pub(super) fn promise(&mut self, specifier: Held) -> Expanded<Option<(Type, DatumId)>> {
        let expanded = self.expand_type(specifier)?;
        let value = self.get(expanded);
        if value.is_cons() && value.car() == self.cl("VALUES") {
            return Ok(None);
        }
        let ty = denote(value).ty;
        if ty.set == TypeSet::ANY || ty.set.is_empty() {
            return Ok(None);
        }
        let id = self.datums.id_of(self.get(specifier));
        Ok(Some((ty, id)))
    }
    /// Types of the parameters (a list) and of the result, from a proclaimed `ftype`.
    pub(super) fn proclaimed_types(&mut self, name: Value) -> Option<(Held, Held)> {
        let ftype = self.compilation.info(name, Info::Ftype)?;
        let rest = if ftype.is_cons() && ftype.car() == self.cl("FUNCTION") { ftype.cdr() } else { return None };
        let proper = super::forms::proper_length(rest) == Some(2) && super::forms::proper_length(rest.car()).is_some();
        proper.then(|| (self.hold(rest.car()), self.hold(rest.cdr().car())))
    }
    /// What a proclaimed `ftype` says of the first value.
    pub(super) fn promised_result(&mut self, name: Held) -> Expanded<Option<(Type, DatumId)>> {
        let symbol = self.get(name);
        let Some((_, result)) = self.proclaimed_types(symbol) else { return Ok(None) };
        let spec = self.get(result);
        let several = spec.is_cons() && spec.car() == self.cl("VALUES");
        if !several {
            return self.promise(result);
        }
        let first = spec.cdr();
        if !first.is_cons() || first.car().is_symbol() && symbol_text(first.car()).starts_with('&') {
            return Ok(None);
        }
        let first = self.hold(first.car());
        self.promise(first)
    }
    /// The specifier with all `deftype` names expanded, also inside `or`, `and`, `not`, `values`.
    pub(super) fn expand_type(&mut self, specifier: Held) -> Expanded<Held> {
        let mut current = specifier;
        for _ in 0..MAX_TYPE_EXPANSIONS {
            let spec = self.get(current);
            let head = if spec.is_cons() { spec.car() } else { spec };
            if !head.is_symbol() || head.is_nil() {
                return Ok(current);
            }
            if let Some(expander) = self.compilation.info(head, Info::TypeExpander) {
                let (name, expander) = (self.hold(head), self.hold(expander));
                let expansion = self.call_expander(name, expander, spec, &Env::null())?;
                current = self.hold(expansion);
                continue;
            }
            let combines = symbol_package(head) == package::common_lisp()
                && matches!(symbol_text(head).as_str(), "OR" | "AND" | "NOT");
            return if spec.is_cons() && combines { self.expand_combination(current) } else { Ok(current) };
        }
        self.fail(Code::MacroError, "the expansion of a type specifier does not end")
    }
    fn expand_combination(&mut self, specifier: Held) -> Expanded<Held> {
        self.depth += 1;
        let result = if self.depth > super::MAX_DEPTH || super::stack_depth::is_low(self.ctx()) {
            self.fail(Code::NestingTooDeep, "a type specifier is nested too deeply")
        } else {
            self.expand_parts(specifier)
        };
        self.depth -= 1;
        result
    }
    fn expand_parts(&mut self, specifier: Held) -> Expanded<Held> {
        let spec = self.get(specifier);
        let parts: Vec<Held> = spec.cdr().list_iter().map(|part| self.hold(part)).collect();
        let mut expanded = Vec::new();
        for &part in &parts {
            expanded.push(self.expand_type(part)?);
        }
        if expanded == parts {
            return Ok(specifier);
        }
        let rest = expanded.iter().rev().fold(nil(), |rest, &part| self.cons(self.get(part), rest));
        let head: Value = self.get(specifier).car();
        let whole = self.cons(head, rest);
        Ok(self.hold(whole))
    }
}
