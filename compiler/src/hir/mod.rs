//! HIR: the tree that expansion yields. About twenty node kinds; every name is resolved.
//!
//! Lisp data are `DatumId`s, never raw references. Nodes carry no analysis results; facts about
//! variables and functions live in the tables of `Unit`.

pub mod analysis;
pub mod datum_text;
pub mod node;
pub mod parse;
pub mod pass;
pub mod print;
pub mod sexp;
pub mod verify;
pub mod visit;

pub use node::*;
