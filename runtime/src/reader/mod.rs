//! The Lisp reader (CLHS chapters 2 and 23): text to objects.
//!
//! One reader for programs and for the compiler, which watches through a `SpanObserver` where each
//! object stood. Nesting is kept on an explicit stack, so depth costs memory, not stack. Must not
//! know the compiler. A raw `Value` is never held over `Reader::call` or `Reader::next_char`, which
//! may run Lisp; what must survive them is in the reader's frames.

mod features;
mod frames;
mod labels;
mod lisp;
mod macros;
mod number_syntax;
mod read;
pub mod readtable;
mod sharp;
mod source;
mod text;
mod token;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod name_tests;
#[cfg(test)]
mod user_macro_tests;
mod variables;

use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::{list, string};
use crate::value::{Raised, Value};

pub use crate::io::Position;
pub use number_syntax::parse_integer_prefix;
pub use read::{Options, call_builtin, read, read_delimited_list};
pub use token::name_needs_escape;
pub use text::{ReadError, ReadErrorKind, SourceText, read_from_str};
pub use variables::init as init_variables;

/// Learns where each object stood. Called when an object is complete: the parts of a list before the
/// list. `end` is the place after its last character.
pub trait SpanObserver {
    fn form(&mut self, value: Value, start: Position, end: Position);
    /// A function of a function and its arguments that gives (T . value), or (NIL . report) when the
    /// function signalled an error: `#.` is then a syntax error at its place.
    fn guard(&self) -> Option<Value> {
        None
    }
}

/// Why reading failed.
#[derive(Debug)]
pub enum Failure {
    /// The text is wrong. The span is filled in by the reader.
    Syntax { message: String, span: Option<(Position, Position)> },
    /// The text ended inside an object. `opener` is where the innermost unfinished object began,
    /// `outermost` where the whole form did.
    EndOfFile { opener: Position, outermost: Position, end: Position },
    /// A Lisp error or exit is pending in the context.
    Raised(Raised),
}

impl Failure {
    pub fn syntax(message: impl Into<String>) -> Failure {
        Failure::Syntax { message: message.into(), span: None }
    }

    /// Makes the failure a pending Lisp error about `stream`.
    pub fn raise(self, ctx: &mut ThreadContext, stream: Value) -> Raised {
        match self {
            Failure::Raised(raised) => raised,
            Failure::EndOfFile { .. } => ctx.raise(ErrorKind::EndOfFile, &[stream]),
            Failure::Syntax { message, span } => {
                let place = span.map_or(String::new(), |(p, _)| format!(" at line {}, column {}", p.line, p.column));
                let text = string(ctx, &format!("{message}{place}"));
                let control = string(ctx, "~A");
                let args = list(ctx, &[text]);
                ctx.raise(ErrorKind::Reader, &[stream, control, args])
            }
        }
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Failure {
        Failure::Raised(raised)
    }
}
