//! Analyses of HIR; each returns a table keyed by id and changes nothing.

pub mod closures;
pub mod known_call;
pub mod results;
