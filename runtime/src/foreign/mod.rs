//! Calls of C functions.

pub mod thunk;
