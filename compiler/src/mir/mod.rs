//! MIR: SSA basic blocks with parameters; every value has a representation and a Lisp type.
//!
//! MIR knows objects' layouts and the calling convention's shape, not Cranelift.

pub mod build;
pub mod definitions;
pub mod dominance;
pub mod function;
pub mod loops;
pub mod origins;
pub mod parse;
pub mod pass;
pub mod print;
mod text;
pub mod verify;
pub mod visit;

pub use function::*;
