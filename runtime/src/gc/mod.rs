//! The collector: precise, moving, generational.
//!
//! `collect` is the cycle as a list of phases; `roots`, `remembered` and `trace` find what lives;
//! `mutator` is what running programs call; `verify`, `audit` and `options` are the machine that finds
//! bugs. Knows object kinds only through `heap::objects`, and no policy but its own.

pub mod audit;
pub mod collect;
pub mod mutator;
pub mod options;
mod remembered;
pub mod roots;
mod stack_use;
mod state;
pub mod stats;
mod trace;
pub mod verify;

#[cfg(test)]
mod tests;

pub use collect::{Level, collect};
pub use mutator::{safepoint, stack_check_fails};
pub use state::{Collector, detach, of, register_static_area, use_options};
