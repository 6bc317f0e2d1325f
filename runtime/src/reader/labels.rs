//! `#n=` and `#n#`: labels, and structure that contains itself.
//!
//! While the object of a label is read, a reference to it is a placeholder, which is replaced
//! everywhere once the object is known.

use super::lisp;
use crate::abi::layout::{array, kind};
use crate::abi::tags::INSTANCE_TAG;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::{cons, record, set_car, set_cdr, set_slot};
use crate::value::{Value, nil};
use std::collections::HashSet;

/// Slot 0 of a placeholder: UNBOUND before a reference, UNSUPPLIED after, or the labelled object.
const OBJECT: usize = 0;

/// A new label. Labels of one outermost read live in a variable, an alist from number to placeholder.
pub fn define(ctx: &mut ThreadContext, label: i64) -> Value {
    let placeholder = record(ctx, kind::VALUE_CELL, &[Value::UNBOUND]);
    let entry = cons(ctx, Value::fixnum(label), placeholder);
    let labels = lisp::variable(ctx, Sym::READER_LABELS);
    let labels = cons(ctx, entry, if labels.is_list() { labels } else { nil() });
    lisp::set_variable(ctx, Sym::READER_LABELS, labels);
    placeholder
}

fn find(ctx: &ThreadContext, label: i64) -> Option<Value> {
    let labels = lisp::variable(ctx, Sym::READER_LABELS);
    labels.list_iter().find(|entry| entry.car() == Value::fixnum(label)).map(|entry| entry.cdr())
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
