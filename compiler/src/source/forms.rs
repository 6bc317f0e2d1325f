//! Where the conses of the form being compiled stood in the text.

use std::collections::HashMap;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::gc;
use rook_runtime::reader::{Position, SpanObserver};
use rook_runtime::value::Value;

use super::Span;
use crate::expand::{RootStack, Rooted};

/// Spans of conses, by identity. The conses are rooted; the address index is rebuilt after a
/// collection moved them.
#[derive(Default)]
pub struct SpanTable {
    file: u16,
    conses: RootStack,
    entries: Vec<(Rooted, Span)>,
    by_address: HashMap<u64, usize>,
    epoch: u64,
}

impl SpanTable {
    /// Which file the following forms are from.
    pub fn set_file(&mut self, file: u16) {
        self.file = file;
    }
    /// Forgets the conses of the last top-level form.
    pub fn clear(&mut self) {
        self.conses.release(0);
        self.entries.clear();
        self.by_address.clear();
    }
    /// Where a cons stood.
    pub fn find(&mut self, ctx: &mut ThreadContext, cons: Value) -> Option<Span> {
        if self.entries.is_empty() {
            return None;
        }
        let epoch = gc::of(ctx).epoch;
        if epoch != self.epoch || self.by_address.is_empty() {
            self.epoch = epoch;
            self.by_address.clear();
            let addresses = self.entries.iter().enumerate().map(|(i, (place, _))| (self.conses.get(*place).0, i));
            self.by_address.extend(addresses);
        }
        self.by_address.get(&cons.0).map(|&i| self.entries[i].1)
    }
}

impl SpanObserver for SpanTable {
    fn form(&mut self, value: Value, start: Position, end: Position) {
        if !value.is_cons() {
            return;
        }
        let span = Span {
            file: self.file,
            line: start.line,
            column: start.column.min(u16::MAX as u32) as u16,
            start: start.byte.min(u32::MAX as u64) as u32,
            end: end.byte.min(u32::MAX as u64) as u32,
        };
        let place = self.conses.push(value);
        self.entries.push((place, span));
        // The index is made when first asked for.
        self.by_address.clear();
    }
}
