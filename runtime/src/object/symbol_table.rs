//! The two symbol tables of a package: open addressing by the hash of the name.
//!
//! The layout is declared at `abi::layout::package`; images hold such tables ready made. Must not
//! know what packages mean to one another.

use crate::abi::layout::{near_reference, package};
use crate::abi::thread_context::ThreadContext;
use crate::object::symbol::{has_name, symbol_hash, symbol_name};
use crate::object::{make_simple_vector, set_slot, string_chars};
use crate::value::Value;

/// One of a package's two symbol tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    Internal,
    External,
}

impl Table {
    /// Slot of the table, slot of its count.
    pub(super) fn slots(self) -> (usize, usize) {
        match self {
            Table::Internal => (package::INTERNAL, package::INTERNAL_COUNT),
            Table::External => (package::EXTERNAL, package::EXTERNAL_COUNT),
        }
    }
}

pub(super) const MIN_TABLE_LEN: usize = 8;

/// The entry at an index: a symbol or one of the marks.
pub(super) fn table_entry(table: Value, i: usize) -> Value {
    let word = table.slot(i);
    if word == Value::ZERO { word } else { Value(near_reference(table.0, word.0)) }
}

/// Index of the entry with this name, if present.
pub(super) fn table_find(table: Value, hash: u64, name: &[u32]) -> Option<usize> {
    let mask = table.size() - 1;
    let mut i = hash as usize & mask;
    loop {
        let entry = table_entry(table, i);
        if entry == Value::ZERO {
            return None;
        }
        if entry != Value::EMPTY && symbol_hash(entry) == hash && has_name(entry, name) {
            return Some(i);
        }
        i = (i + 1) & mask;
    }
}

/// Stores `sym` into the first free entry of its probe sequence; the table has room.
fn table_put(ctx: &mut ThreadContext, table: Value, sym: Value) -> bool {
    let mask = table.size() - 1;
    let mut i = symbol_hash(sym) as usize & mask;
    while table.slot(i) != Value::ZERO && table.slot(i) != Value::EMPTY {
        i = (i + 1) & mask;
    }
    let was_empty = table.slot(i) == Value::ZERO;
    set_slot(ctx, table, i, sym);
    was_empty
}

/// The symbols of one table.
pub fn table_symbols(pkg: Value, which: Table) -> impl Iterator<Item = Value> {
    let table = pkg.slot(which.slots().0);
    (0..table.size()).map(move |i| table_entry(table, i)).filter(|&v| v != Value::ZERO && v != Value::EMPTY)
}

pub(super) fn add_to_table(ctx: &mut ThreadContext, pkg: Value, which: Table, sym: Value) {
    let (table_slot, count_slot) = which.slots();
    let used = pkg.slot(count_slot).as_fixnum() as usize;
    if (used + 1) * 4 > pkg.slot(table_slot).size() * 3 {
        rehash(ctx, pkg, which);
    }
    if table_put(ctx, pkg.slot(table_slot), sym) {
        let used = pkg.slot(count_slot).as_fixnum();
        set_slot(ctx, pkg, count_slot, Value::fixnum(used + 1));
    }
}

/// Replaces a table by one without deleted entries and with room to grow.
fn rehash(ctx: &mut ThreadContext, pkg: Value, which: Table) {
    let live: Vec<Value> = table_symbols(pkg, which).collect();
    let (table_slot, count_slot) = which.slots();
    let len = ((live.len() + 1) * 2).next_power_of_two().max(MIN_TABLE_LEN);
    let table = make_simple_vector(ctx, len, Value::ZERO);
    for &sym in &live {
        table_put(ctx, table, sym);
    }
    set_slot(ctx, pkg, table_slot, table);
    set_slot(ctx, pkg, count_slot, Value::fixnum(live.len() as i64));
}

pub(super) fn remove_from_table(ctx: &mut ThreadContext, pkg: Value, which: Table, sym: Value) -> bool {
    let table = pkg.slot(which.slots().0);
    let name: Vec<u32> = string_chars(symbol_name(sym)).collect();
    match table_find(table, symbol_hash(sym), &name) {
        Some(i) if table_entry(table, i) == sym => {
            set_slot(ctx, table, i, Value::EMPTY);
            true
        }
        _ => false,
    }
}
