//! The Rook compiler: Lisp source in, object files or running code out.
//!
//! Modules in the order of the pipeline.

pub mod source;
pub mod diag;
pub mod datum;
pub mod hash;
pub mod names;
pub mod roots;
pub mod types;
pub mod known_functions;
pub mod env;
pub mod expand;
pub mod hir;
pub mod mir;
pub mod codegen;
pub mod backend;
#[cfg(test)]
mod testing;
pub mod compile;
pub mod dump;
pub mod faults;
pub mod evaluate;
pub mod bootstrap;
pub mod cli;
pub mod link;
