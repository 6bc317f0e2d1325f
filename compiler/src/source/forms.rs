//! A file's text to forms, with the place of each cons of the form being compiled.

use crate::hash::HashMap;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::gc;
use rook_runtime::reader::{Position, ReadErrorKind, SourceText, SpanObserver, read_from_str};
use rook_runtime::value::Value;

use super::Span;
use crate::diag::{Code, Diagnostic};
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

/// The span between two positions of a file.
fn span_between(file: u16, start: Position, end: Position) -> Span {
    Span {
        file,
        line: start.line,
        column: start.column.min(u16::MAX as u32) as u16,
        start: start.byte.min(u32::MAX as u64) as u32,
        end: end.byte.min(u32::MAX as u64) as u32,
    }
}

/// Reads the forms of one file, one after the other, because each may change how the next is read.
pub struct FormReader {
    text: SourceText,
    source: String,
    file: u16,
}

/// Why the next form could not be read.
pub enum ReadStop {
    /// The text is wrong; nothing after it can be read.
    Text(Box<Diagnostic>),
    /// Lisp code that the reader called left through an error or exit, which is pending.
    Raised,
}

impl FormReader {
    /// `file` is the text's number in the table of source files.
    pub fn new(text: &str, file: u16) -> FormReader {
        FormReader { text: SourceText::new(text), source: text.to_string(), file }
    }
    /// The next form, `None` at the end; the places of its conses go to `spans`.
    pub fn read(&mut self, ctx: &mut ThreadContext, spans: &mut SpanTable) -> Result<Option<Value>, ReadStop> {
        spans.set_file(self.file);
        read_from_str(ctx, &mut self.text, spans).map_err(|error| {
            let span = span_between(self.file, error.position, error.end);
            let mut lines = error.message.lines();
            let mut diagnostic = Diagnostic::new(Code::ReaderError, span, lines.next().unwrap_or_default());
            diagnostic = lines.fold(diagnostic, |diagnostic, line| diagnostic.with_note(line));
            match error.kind {
                ReadErrorKind::Raised(_) => return ReadStop::Raised,
                ReadErrorKind::Incomplete => {
                    let form = Span { end: span.end, ..span_between(self.file, error.form_start, error.form_start) };
                    if form.start != span.start {
                        diagnostic = diagnostic.with_label(form, "the top-level form begins here");
                    }
                    if let Some(next) = next_in_first_column(&self.source, span, form.line) {
                        diagnostic = diagnostic.with_label(next, "does this belong to it? a parenthesis may be missing before");
                    }
                }
                ReadErrorKind::Syntax => {}
            }
            ReadStop::Text(Box::new(diagnostic))
        })
    }
}

/// For a list that is not closed: the first form after the line where its top-level form begins that
/// looks like a top-level form itself.
fn next_in_first_column(text: &str, unclosed: Span, first_line: u32) -> Option<Span> {
    if text.as_bytes().get(unclosed.start as usize) != Some(&b'(') {
        return None;
    }
    let mut start = 0;
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        if number > first_line && line.starts_with('(') {
            let end = start + line.trim_end().len() as u32;
            return Some(Span { line: number, column: 1, start, end, ..unclosed });
        }
        start += line.len() as u32;
    }
    None
}

impl SpanObserver for SpanTable {
    fn guard(&self) -> Option<Value> {
        crate::evaluate::guarded_call()
    }
    fn form(&mut self, value: Value, start: Position, end: Position) {
        if !value.is_cons() {
            return;
        }
        let span = span_between(self.file, start, end);
        let place = self.conses.push(value);
        self.entries.push((place, span));
        // The index is made when first asked for.
        self.by_address.clear();
    }
}
