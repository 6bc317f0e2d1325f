//! Facts shared by the compiler, the collector, C and Lisp, each declared once.
//!
//! Everything here is data: constants, `repr(C)` records and tables. This room must not contain
//! behaviour beyond trivial arithmetic on its own constants.

pub mod foreign;
pub mod frame;
pub mod kept;
pub mod layout;
pub mod primitives;
pub mod tags;
pub mod thread_context;
pub mod well_known;
