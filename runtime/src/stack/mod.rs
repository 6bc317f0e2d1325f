//! The Lisp stack as the collector and the debugger see it: frame tables, the frame cursor, code
//! units in memory, handles and backtraces.
//!
//! Must not know who asks or why: nothing here collects, and nothing here changes a frame.

pub mod backtrace;
pub mod cursor;
pub mod frame_table;
pub mod handles;
pub mod registry;
pub mod watermark;

pub use handles::{Handle, HandleScope};
pub use registry::{CodeId, CodeUnit, register_code};
