//! Calls of C functions, callbacks from C, and memory that the collector does not own.
//!
//! A foreign call leaves Lisp through `thunk`; conversions are Rust code before and after it. Must not
//! run Lisp but for callbacks, which go through `control::call_lisp` like everything else.

pub mod callback;
pub mod convert;
pub mod integer;
pub mod library;
pub mod macptr;
pub mod strings;
pub mod thunk;
pub mod waiting;
