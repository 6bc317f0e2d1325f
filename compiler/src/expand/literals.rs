//! Literals of compiled files that hold instances: structures and pathnames.
//!
//! An instance refers to the layout of its type, which exists once per program and may be made only when
//! the file's own `defstruct` is executed. So the file holds such a literal with NIL in each place of an
//! instance, and a load-time form that makes the instances and puts them in place:
//! `(%revive literal ((type raw slot…)…) ((holder place . instance)…))`, where `raw` has a bit for each slot
//! that holds a raw double. A holder is a cons (place 0 or 1), a
//! vector, or the number of an instance.

use std::collections::{HashMap, HashSet};

use rook_runtime::abi::layout::{self, is_raw_slot, kind, slot_count};
use rook_runtime::abi::tags::INSTANCE_TAG;
use rook_runtime::object::{double, list};
use rook_runtime::object::symbol::symbol_text;
use rook_runtime::value::{Value, nil};

use super::{Expanded, Expander, Mode};
use crate::diag::Code;
use crate::env::Env;
use crate::hir::*;
use crate::link::unit_file;
use crate::names::symbol_is;

/// Slots of a layout (`stdlib/kernel/layouts.lisp`).
const LAYOUT_NAME: usize = 1;
const LAYOUT_KIND: usize = 9;

/// Whether values with this tag are instances.
pub fn is_instance(v: Value) -> bool {
    v.is_reference() && v.tag() == INSTANCE_TAG
}

/// The instances in a literal and where they are.
#[derive(Default)]
struct Found {
    instances: Vec<Value>,
    numbers: HashMap<u64, usize>,
    /// (holder, place, instance). Nothing collects while this lives.
    places: Vec<(Value, usize, usize)>,
    seen: HashSet<u64>,
    work: Vec<Value>,
    /// An object that no file can hold.
    foreign: Option<Value>,
}

impl Found {
    fn of(literal: Value) -> Found {
        let mut found = Found::default();
        found.meet(literal);
        while let Some(holder) = found.work.pop() {
            if holder.is_cons() {
                found.place(holder, 0, holder.car());
                found.place(holder, 1, holder.cdr());
            } else {
                let header = holder.header_word();
                let first = if is_instance(holder) { 1 } else { 0 };
                let tagged = (first..slot_count(header) as usize).filter(|&i| !is_raw_slot(header, i));
                tagged.for_each(|i| found.place(holder, i, holder.slot(i)));
            }
        }
        found
    }

    fn place(&mut self, holder: Value, place: usize, v: Value) {
        self.meet(v);
        if is_instance(v) {
            self.places.push((holder, place, self.numbers[&v.0]));
        }
    }

    fn meet(&mut self, v: Value) {
        if !unit_file::can_hold(v) {
            self.foreign = Some(v);
        }
        let has_parts = v.is_cons() || is_instance(v) || v.is_kind(kind::SIMPLE_VECTOR) || v.is_kind(kind::ARRAY);
        if !has_parts || !self.seen.insert(v.0) {
            return;
        }
        if is_instance(v) {
            self.numbers.insert(v.0, self.instances.len());
            self.instances.push(v);
        }
        self.work.push(v);
    }
}

impl Expander<'_> {
    /// The constant `value`, which the program's text or its macros gave.
    pub(super) fn literal(&mut self, value: Value) -> Expanded {
        if self.mode == Mode::Memory || !value.is_reference() || value.is_symbol() {
            return Ok(self.constant(value));
        }
        let found = Found::of(value);
        if let Some(foreign) = found.foreign {
            let kind = layout::kind_name(layout::header_kind(foreign.header_word())).to_lowercase().replace('_', "-");
            return self.fail(Code::MalformedForm, format!("an object of type {kind} cannot be a literal of a compiled file"));
        }
        if found.instances.is_empty() {
            return Ok(self.constant(value));
        }
        let mut instances = Vec::new();
        for &v in &found.instances {
            let layout = v.slot(0);
            let is_known = is_instance(layout) && {
                let (name, kind) = (layout.slot(LAYOUT_NAME), layout.slot(LAYOUT_KIND));
                kind.is_symbol() && symbol_text(kind) == "STRUCTURE"
                    || ["PATHNAME", "LOGICAL-PATHNAME"].iter().any(|known| symbol_is(name, "COMMON-LISP", known))
            };
            if !is_known {
                let name = if is_instance(layout) { self.spelling(layout.slot(LAYOUT_NAME)) } else { "this kind".into() };
                return self.fail(Code::MalformedForm, format!("an object of type {name} cannot be a literal of a compiled file"));
            }
            let header = v.header_word();
            let count = slot_count(header) as usize;
            let raw: i64 = (1..count).filter(|&i| is_raw_slot(header, i)).map(|i| 1 << i).sum();
            let mut parts = vec![layout.slot(LAYOUT_NAME), Value::fixnum(raw)];
            for i in 1..count {
                parts.push(match v.slot(i) {
                    slot if is_raw_slot(header, i) => double(self.ctx(), f64::from_bits(slot.0)),
                    slot if is_instance(slot) => nil(),
                    slot => slot,
                });
            }
            instances.push(list(self.ctx(), &parts));
        }
        let mut places = Vec::new();
        for &(holder, place, instance) in &found.places {
            let holder = found.numbers.get(&holder.0).map_or(holder, |&i| Value::fixnum(i as i64));
            let end = self.cons(Value::fixnum(place as i64), Value::fixnum(instance as i64));
            places.push(self.cons(holder, end));
        }
        let root = if is_instance(value) { nil() } else { value };
        let (instances, places) = (list(self.ctx(), &instances), list(self.ctx(), &places));
        let call = [root, instances, places].map(|part| list(self.ctx(), &[self.kernel("%LITERAL"), part]));
        let call = self.cons(self.kernel("%REVIVE"), list(self.ctx(), &call));
        let form = list(self.ctx(), &[self.cl("LOAD-TIME-VALUE"), call]);
        self.expand_load_time_value(form, &Env::null())
    }

    /// `(%literal object)`: a constant as it is.
    pub(super) fn expand_literal(&mut self, form: Value, _env: &Env) -> Expanded<Hir> {
        let a = self.operands(form, 1, Some(1))?;
        let value = self.roots.get(a[0]);
        Ok(self.constant(value))
    }
}
