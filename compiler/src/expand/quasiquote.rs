//! Backquote: templates to calls of `list`, `list*`, `cons`, `append`, with constant parts shared.
//!
//! The reader gives `(quasiquote template)` with `(unquote form)`, `(unquote-splicing form)` and
//! `(unquote-nsplicing form)` inside. Only builds lists, so raw values stay valid throughout.

use rook_runtime::abi::layout::kind;
use rook_runtime::object::simple_vector;
use rook_runtime::value::{Value, nil};

use super::{Expanded, Expander};
use crate::diag::Code;
use crate::env::Env;

/// A form under construction. Lists are kept in reverse, as they are built from the end.
enum Built {
    /// The object itself.
    Constant(Value),
    /// Elements (reversed) before a tail.
    Items(Vec<Value>, Box<Built>),
    /// Lists (reversed) appended before a tail.
    Append(Vec<Value>, Box<Built>),
    Form(Value),
}

/// The marker a list starts with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    Quasiquote,
    Unquote,
    Splice,
    None,
}

impl Expander<'_> {
    pub(super) fn expand_quasiquote(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(1))?;
        let built = self.template(self.roots.get(a[0]), 1)?;
        let expansion = self.built_form(built);
        self.expand(expansion, env)
    }
    pub(super) fn expand_stray_unquote(&mut self, _form: Value, _env: &Env) -> Expanded {
        self.fail(Code::MalformedForm, "a comma is not inside a backquote")
    }
    fn marker(&self, list: Value) -> Marker {
        let head = list.car();
        match () {
            () if head == self.kernel("QUASIQUOTE") => Marker::Quasiquote,
            () if head == self.kernel("UNQUOTE") => Marker::Unquote,
            () if head == self.kernel("UNQUOTE-SPLICING") || head == self.kernel("UNQUOTE-NSPLICING") => Marker::Splice,
            () => Marker::None,
        }
    }
    /// A template at a nesting level of backquotes.
    fn template(&mut self, template: Value, level: u32) -> Expanded<Built> {
        self.depth += 1;
        let result = if self.depth > super::MAX_DEPTH || super::stack_depth::is_low(self.ctx()) {
            self.fail(Code::NestingTooDeep, "a backquoted form is nested too deeply")
        } else {
            self.template_inside(template, level)
        };
        self.depth -= 1;
        result
    }
    fn template_inside(&mut self, template: Value, level: u32) -> Expanded<Built> {
        if template.is_kind(kind::SIMPLE_VECTOR) {
            return self.vector_template(template, level);
        }
        if !template.is_cons() {
            return Ok(Built::Constant(template));
        }
        match self.marker(template) {
            Marker::Quasiquote => self.list_template(template, level + 1, level),
            Marker::Unquote if level == 1 => {
                let rest = template.cdr();
                if !rest.is_cons() || !rest.cdr().is_nil() {
                    return self.fail(Code::MalformedForm, "a comma stands for one form here");
                }
                Ok(Built::Form(rest.car()))
            }
            Marker::Splice if level == 1 => {
                self.fail(Code::MalformedForm, ",@ can only stand inside a list")
            }
            Marker::Unquote | Marker::Splice => self.list_template(template, level - 1, level),
            Marker::None => self.list_template(template, level, level),
        }
    }
    /// A list: `level` is that of its elements, `head_level` that of the list itself (a marker at
    /// its head is an ordinary symbol there).
    fn list_template(&mut self, list: Value, level: u32, head_level: u32) -> Expanded<Built> {
        let mut cells = vec![list];
        let mut rest = list.cdr();
        // A marker in the middle is a dotted template: (a . ,b) reads as (a unquote b).
        while rest.is_cons() && (level != head_level || self.marker(rest) == Marker::None) {
            cells.push(rest);
            rest = rest.cdr();
            if cells.len() > 10_000_000 {
                return self.fail(Code::MalformedForm, "a backquoted list is circular");
            }
        }
        let mut built = if rest.is_nil() { Built::Constant(nil()) } else { self.template(rest, level)? };
        while let Some(cell) = cells.pop() {
            let is_marker = cells.is_empty() && level != head_level;
            built = if is_marker { self.add_item(cell, Built::Constant(cell.car()), built) } else { self.add_element(cell, built, level)? };
        }
        Ok(built)
    }
    /// Puts the element in a cell of the template before what was built of the rest.
    fn add_element(&mut self, cell: Value, rest: Built, level: u32) -> Expanded<Built> {
        let element = cell.car();
        let marker = if element.is_cons() { self.marker(element) } else { Marker::None };
        if level > 1 || matches!(marker, Marker::None | Marker::Quasiquote) {
            let item = self.template(element, level)?;
            return Ok(self.add_item(cell, item, rest));
        }
        // After an inner ,,@ a comma may have any number of forms.
        let mut forms: Vec<Value> = element.cdr().list_iter().collect();
        let mut rest = rest;
        while let Some(form) = forms.pop() {
            rest = match marker {
                Marker::Unquote => self.add_item(cell, Built::Form(form), rest),
                _ => self.add_splice(form, rest),
            };
        }
        Ok(rest)
    }
    fn add_item(&mut self, cell: Value, item: Built, rest: Built) -> Built {
        if let (Built::Constant(item), Built::Constant(rest)) = (&item, &rest) {
            let unchanged = *item == cell.car() && *rest == cell.cdr();
            return Built::Constant(if unchanged { cell } else { self.cons(*item, *rest) });
        }
        let form = self.built_form(item);
        match rest {
            Built::Items(mut items, tail) => {
                items.push(form);
                Built::Items(items, tail)
            }
            rest => Built::Items(vec![form], Box::new(rest)),
        }
    }
    fn add_splice(&mut self, form: Value, rest: Built) -> Built {
        match rest {
            Built::Constant(v) if v.is_nil() => Built::Form(form),
            Built::Append(mut lists, tail) => {
                lists.push(form);
                Built::Append(lists, tail)
            }
            rest => Built::Append(vec![form], Box::new(rest)),
        }
    }
    fn vector_template(&mut self, vector: Value, level: u32) -> Expanded<Built> {
        let items: Vec<Value> = (0..vector.size()).map(|i| vector.slot(i)).collect();
        let list = self.list(&items);
        if list.is_nil() {
            return Ok(Built::Constant(vector));
        }
        let built = self.list_template(list, level, level)?;
        match built {
            Built::Constant(list) => {
                let items: Vec<Value> = list.list_iter().collect();
                Ok(Built::Constant(simple_vector(self.ctx(), &items)))
            }
            built => {
                let list = self.built_form(built);
                let vector = self.list(&[self.cl("FUNCTION"), self.cl("VECTOR")]);
                Ok(Built::Form(self.list(&[self.cl("APPLY"), vector, list])))
            }
        }
    }
    /// The form that makes what was built.
    fn built_form(&mut self, built: Built) -> Value {
        match built {
            Built::Form(form) => form,
            Built::Constant(v) if v.is_nil() || !(v.is_symbol() || v.is_cons()) => v,
            Built::Constant(v) if rook_runtime::object::package::is_keyword(v) => v,
            Built::Constant(v) => self.quoted(v),
            Built::Items(items, tail) => {
                let empty = matches!(*tail, Built::Constant(v) if v.is_nil());
                let operator = match () {
                    () if empty => "LIST",
                    () if items.len() == 1 => "CONS",
                    () => "LIST*",
                };
                let end = if empty { nil() } else { let tail = self.built_form(*tail); self.list(&[tail]) };
                self.call_of(operator, items, end)
            }
            Built::Append(lists, tail) => {
                let tail = self.built_form(*tail);
                let end = self.list(&[tail]);
                self.call_of("APPEND", lists, end)
            }
        }
    }
    /// `(operator item… . end)` from reversed items.
    fn call_of(&mut self, operator: &'static str, items: Vec<Value>, end: Value) -> Value {
        let arguments = items.into_iter().fold(end, |rest, item| self.cons(item, rest));
        self.cons(self.cl(operator), arguments)
    }
}
