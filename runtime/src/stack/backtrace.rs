//! Backtraces: function names and source lines of the Lisp frames.

use super::cursor::Frames;
use super::registry;
use crate::abi::thread_context::ThreadContext;

/// One line of a backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BacktraceFrame {
    pub function: String,
    pub file: String,
    pub line: u32,
    pub column: u16,
    pub frame_pointer: u64,
}

/// The innermost `limit` Lisp frames.
pub fn backtrace(ctx: &mut ThreadContext, limit: usize) -> Vec<BacktraceFrame> {
    let registry = registry::of(ctx);
    Frames::lenient(ctx, registry)
        .take(limit)
        .map(|frame| {
            let name = registry.function(frame.pc);
            BacktraceFrame {
                function: name.map_or("?", |n| n.name).to_owned(),
                file: name.map_or("", |n| n.file).to_owned(),
                line: frame.site.line(),
                column: frame.site.column(),
                frame_pointer: frame.fp,
            }
        })
        .collect()
}
