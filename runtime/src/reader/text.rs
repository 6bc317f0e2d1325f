//! Reading programs from text in memory: the compiler's way in.

use super::read::read_observed;
use super::{Failure, Position, SpanObserver};
use crate::abi::thread_context::ThreadContext;
use crate::io::{lisp_stream, table};
use crate::value::{Raised, Value};

/// A source text. Macro characters that a program defines see it as a stream.
pub struct SourceText {
    /// Index in the stream table; the stream object is made anew for each form.
    index: usize,
}

/// Why a form could not be read.
#[derive(Debug)]
pub struct ReadError {
    pub kind: ReadErrorKind,
    pub message: String,
    /// Where the offending text begins; for unfinished text, where the innermost object began.
    pub position: Position,
    pub end: Position,
    /// Where the whole form began.
    pub form_start: Position,
}

#[derive(Clone, Copy, Debug)]
pub enum ReadErrorKind {
    Syntax,
    /// The text ended inside a form.
    Incomplete,
    /// Lisp code that the reader called left through an error or exit, which is pending.
    Raised(Raised),
}

impl SourceText {
    pub fn new(text: &str) -> SourceText {
        let stream = crate::io::fd_stream::FdStream::from_bytes(text.as_bytes().to_vec());
        SourceText { index: table::add(stream) }
    }
    /// Where the next form is looked for.
    pub fn position(&self) -> Position {
        table::with(self.index, |s| s.position()).unwrap_or(Position::START)
    }
}

impl Drop for SourceText {
    fn drop(&mut self) {
        // Text in memory has no descriptor whose closing could fail.
        let _ = table::close(self.index, true);
    }
}

/// Reads the next form, `None` at the end of the text.
pub fn read_from_str(
    ctx: &mut ThreadContext,
    text: &mut SourceText,
    observer: &mut dyn SpanObserver,
) -> Result<Option<Value>, ReadError> {
    let start = text.position();
    let stream = lisp_stream::make_shared_stream(ctx, text.index);
    read_observed(ctx, stream, observer).map_err(|failure| ReadError::new(failure, start, text.position()))
}

impl ReadError {
    fn new(failure: Failure, start: Position, end: Position) -> ReadError {
        match failure {
            Failure::Syntax { message, span } => {
                let (position, end) = span.unwrap_or((start, end));
                ReadError { kind: ReadErrorKind::Syntax, message, position, end, form_start: start }
            }
            Failure::EndOfFile { opener, outermost, end } => ReadError {
                kind: ReadErrorKind::Incomplete,
                message: String::from("the text ends before this is closed"),
                position: opener,
                end,
                form_start: outermost,
            },
            Failure::Raised(raised) => ReadError {
                kind: ReadErrorKind::Raised(raised),
                message: String::from("reading was left by an error or exit of Lisp code"),
                position: start,
                end,
                form_start: start,
            },
        }
    }
}
