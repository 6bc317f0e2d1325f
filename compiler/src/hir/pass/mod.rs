//! Passes over HIR, one file each.

pub mod discover_known_calls;
pub mod resolve_exits;
