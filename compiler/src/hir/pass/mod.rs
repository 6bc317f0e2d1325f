//! Passes over HIR, one file each.

pub mod resolve_exits;
