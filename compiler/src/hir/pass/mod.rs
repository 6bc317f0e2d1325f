//! Passes over HIR, one file each.

pub mod discover_known_calls;
pub mod merge_definitions;
pub mod resolve_exits;
