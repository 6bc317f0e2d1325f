//! The Rook runtime: values, heap, collector, frame walk, control, reader, numbers, C API.
//!
//! Layers, lowest first; a room uses only rooms listed before it.

/// As `eprintln!`, but goes on when standard error cannot be written.
#[macro_export]
macro_rules! complain {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($part)*);
    }};
}

pub mod abi;
pub mod os;
pub mod value;
pub mod thread;
pub mod heap;
pub mod object;
pub mod stack;
pub mod control;
pub mod gc;
pub mod number;
pub mod io;
pub mod reader;
pub mod primitives;
pub mod foreign;
pub mod capi;
pub mod embed;
pub mod start;
mod panic;
