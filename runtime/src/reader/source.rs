//! Where the reader's characters come from: a Lisp stream, read as fast as its kind allows.
//!
//! A descriptor stream is locked while the reader runs and released over every call of Lisp. Streams
//! made in Lisp are asked character by character; that is the caller's part, for Lisp may collect.

use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::io::fd_stream::FdStream;
use crate::io::lisp_stream::{self, Target};
use crate::io::{IoError, Position, table, text_stream};
use crate::value::{LispResult, Value};
use std::sync::MutexGuard;

/// How the characters of a stream are had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Table(usize),
    Text,
    /// By calling Lisp.
    Lisp,
}

pub struct Source {
    /// The stream; the owner of the source keeps it rooted and passes it in again after Lisp ran.
    pub stream: Value,
    way: Way,
    guard: Option<MutexGuard<'static, Option<FdStream>>>,
    position: Position,
    previous: Position,
}

impl Source {
    /// A source over an open input stream. Errors come from reading it.
    pub fn new(stream: Value) -> Source {
        let way = match lisp_stream::target(stream) {
            Some(Target::Table(index)) => Way::Table(index),
            Some(Target::TextInput | Target::TextOutput | Target::Closed) => Way::Text,
            Some(Target::Composite) | None => Way::Lisp,
        };
        let start = if let Way::Table(_) = way { lisp_stream::position(stream) } else { Position::START };
        Source { stream, way, guard: None, position: start, previous: start }
    }

    pub fn needs_lisp(&self) -> bool {
        self.way == Way::Lisp
    }

    /// Where the next character begins: in the file for descriptor streams, else counted from where
    /// this reader began.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Lets go of the stream, so that others can use it.
    pub fn release(&mut self) {
        self.guard = None;
    }

    /// Learns the position anew after others used the stream.
    pub fn resume(&mut self) {
        if let Way::Table(_) = self.way {
            self.position = lisp_stream::position(self.stream);
        }
    }

    /// Notes a character that Lisp delivered or took back.
    pub fn note(&mut self, c: u32) {
        self.previous = self.position;
        self.position = self.position.after(c, char::from_u32(c).map_or(3, char::len_utf8));
    }
    pub fn note_unread(&mut self) {
        self.position = self.previous;
    }

    /// The next character; not for streams that need Lisp.
    #[inline]
    pub fn next(&mut self, ctx: &mut ThreadContext) -> LispResult<Option<u32>> {
        let c = match self.way {
            Way::Table(index) => self.next_from_table(ctx, index)?,
            Way::Text => lisp_stream_next(ctx, self.stream)?,
            Way::Lisp => unreachable!("the reader asks Lisp itself"),
        };
        if let Some(c) = c {
            self.note(c);
        }
        Ok(c)
    }

    fn next_from_table(&mut self, ctx: &mut ThreadContext, index: usize) -> LispResult<Option<u32>> {
        if self.guard.is_none() {
            self.guard = table::lock(index);
        }
        loop {
            let Some(stream) = self.guard.as_mut().and_then(|guard| guard.as_mut()) else {
                return self.fail(ctx, IoError::Closed);
            };
            lisp_stream::flush_prompt(stream);
            match stream.read_char() {
                Ok(c) => return Ok(c),
                Err(IoError::Interrupted) if ctx.interrupts == 0 => {}
                Err(error) => return self.fail(ctx, error),
            }
        }
    }

    fn fail<R>(&mut self, ctx: &mut ThreadContext, error: IoError) -> LispResult<R> {
        self.release();
        Err(match error {
            IoError::Interrupted => ctx.raise(ErrorKind::Interrupt, &[]),
            error => lisp_stream::stream_error(ctx, self.stream, &error.message()),
        })
    }

    /// Puts the last character back; not for streams that need Lisp.
    pub fn unread(&mut self, ctx: &mut ThreadContext) -> LispResult<()> {
        self.note_unread();
        match self.way {
            Way::Table(_) => {
                let done = match self.guard.as_mut().and_then(|guard| guard.as_mut()) {
                    Some(stream) => stream.unread_char(),
                    None => Err(IoError::Closed),
                };
                done.or_else(|error| self.fail(ctx, error))
            }
            Way::Text => lisp_stream::unread_char(ctx, self.stream),
            Way::Lisp => unreachable!("the reader asks Lisp itself"),
        }
    }
}

fn lisp_stream_next(ctx: &mut ThreadContext, stream: Value) -> LispResult<Option<u32>> {
    match lisp_stream::target(stream) {
        Some(Target::TextInput) => Ok(text_stream::read(ctx, stream)),
        _ => lisp_stream::read_char(ctx, stream),
    }
}
