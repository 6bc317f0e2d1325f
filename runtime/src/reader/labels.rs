//! `#n=` and `#n#`: labels, and structure that contains itself.
//!
//! While the object of a label is read, a reference to it is a placeholder, which is replaced
//! everywhere once the object is known.

use super::lisp;
use crate::abi::layout::{array, kind};
use crate::abi::tags::INSTANCE_TAG;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::{cons, make_simple_vector, record, set_car, set_cdr, set_slot};
use crate::value::{Value, nil};
use std::collections::HashSet;

/// Slot 0 of a placeholder: UNBOUND before a reference, UNSUPPLIED after, or the labelled object.
const OBJECT: usize = 0;

/// Slot of the label table that holds the sparse labels, an alist from number to placeholder. The
/// slots after it hold the placeholders of labels 0, 1, and so on; fixnum 0 means undefined.
const SPARSE: usize = 0;
const FIRST: usize = 1;
const MIN_LABELS: usize = 32;

/// The slot of a label in a table, or in the table that it could grow into.
fn dense_slot(label: i64, table_len: usize) -> Option<usize> {
    let slot = usize::try_from(label).ok()?.checked_add(FIRST)?;
    (slot < table_len.max(MIN_LABELS) * 2).then_some(slot)
}

/// The labels of the outermost read that is going on: a simple vector, or NIL for none.
fn table(ctx: &ThreadContext) -> Option<Value> {
    let table = lisp::variable(ctx, Sym::READER_LABELS);
    table.is_kind(kind::SIMPLE_VECTOR).then_some(table)
}

/// A table with room for `slot`, with what the old one holds; it becomes the current one.
fn grown_table(ctx: &mut ThreadContext, old: Option<Value>, slot: usize) -> Value {
    let len = (slot + 1).next_power_of_two().max(MIN_LABELS);
    let new = make_simple_vector(ctx, len, Value::ZERO);
    match old {
        Some(old) => (0..old.size()).for_each(|i| set_slot(ctx, new, i, old.slot(i))),
        None => set_slot(ctx, new, SPARSE, nil()),
    }
    lisp::set_variable(ctx, Sym::READER_LABELS, new);
    new
}

/// Begins the definition of a label; its placeholder.
pub fn define(ctx: &mut ThreadContext, label: i64) -> Value {
    let placeholder = record(ctx, kind::VALUE_CELL, &[Value::UNBOUND]);
    let current = table(ctx);
    let len = current.map_or(0, |t| t.size());
    match (dense_slot(label, len), current) {
        (Some(slot), Some(table)) if slot < len => set_slot(ctx, table, slot, placeholder),
        (Some(slot), _) => {
            let table = grown_table(ctx, current, slot);
            set_slot(ctx, table, slot, placeholder);
        }
        (None, _) => {
            let table = current.unwrap_or_else(|| grown_table(ctx, None, FIRST));
            let entry = cons(ctx, Value::fixnum(label), placeholder);
            let sparse = cons(ctx, entry, table.slot(SPARSE));
            set_slot(ctx, table, SPARSE, sparse);
        }
    }
    placeholder
}

fn find(ctx: &ThreadContext, label: i64) -> Option<Value> {
    let table = table(ctx)?;
    let dense = dense_slot(label, table.size()).filter(|&slot| slot < table.size()).map(|slot| table.slot(slot));
    if let Some(placeholder) = dense.filter(|&v| v != Value::ZERO) {
        return Some(placeholder);
    }
    let mut sparse = table.slot(SPARSE).list_iter();
    sparse.find(|entry| entry.car() == Value::fixnum(label)).map(|entry| entry.cdr())
}

pub fn is_defined(ctx: &ThreadContext, label: i64) -> bool {
    find(ctx, label).is_some()
}

/// What `#n#` reads as.
pub fn reference(ctx: &mut ThreadContext, label: i64) -> Option<Value> {
    let placeholder = find(ctx, label)?;
    let object = placeholder.slot(OBJECT);
    if object == Value::UNBOUND || object == Value::UNSUPPLIED {
        set_slot(ctx, placeholder, OBJECT, Value::UNSUPPLIED);
        return Some(placeholder);
    }
    Some(object)
}

/// Ends the definition of a label: `object` is what was read. `None` when it is the label itself.
pub fn complete(ctx: &mut ThreadContext, placeholder: Value, object: Value) -> Option<Value> {
    if object == placeholder {
        return None;
    }
    let was_used = placeholder.slot(OBJECT) == Value::UNSUPPLIED;
    set_slot(ctx, placeholder, OBJECT, object);
    if was_used {
        replace(ctx, placeholder, object);
    }
    Some(object)
}

/// Replaces `placeholder` by `object` in everything reachable from `object`.
fn replace(ctx: &mut ThreadContext, placeholder: Value, object: Value) {
    let mut seen = HashSet::new();
    let mut work = vec![object];
    while let Some(v) = work.pop() {
        if !has_parts(v) || !seen.insert(v.0) {
            continue;
        }
        if v.is_cons() {
            if v.car() == placeholder {
                set_car(ctx, v, object);
            }
            if v.cdr() == placeholder {
                set_cdr(ctx, v, object);
            }
            work.push(v.cdr());
            work.push(v.car());
            continue;
        }
        for i in parts(v) {
            if v.slot(i) == placeholder {
                set_slot(ctx, v, i, object);
            }
            work.push(v.slot(i));
        }
    }
}

fn has_parts(v: Value) -> bool {
    v.is_cons() || v.tag() == INSTANCE_TAG || matches!(v.other_kind(), Some(kind::SIMPLE_VECTOR | kind::ARRAY))
}

/// Slots of an object that can hold what was read.
fn parts(v: Value) -> std::ops::Range<usize> {
    if v.tag() == INSTANCE_TAG {
        1..v.size()
    } else if v.is_kind(kind::ARRAY) {
        array::DATA..array::DATA + 1
    } else {
        0..v.size()
    }
}
