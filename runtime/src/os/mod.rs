//! The operating system: memory mappings. Knows nothing of Lisp.

pub mod allocator;
pub mod memory;
