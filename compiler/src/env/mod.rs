//! What the compiler knows of names: lexical environments, declarations, global information.
//!
//! Must not know any IR beyond the ids that HIR gives to variables, functions, blocks and tags.

pub mod compilation;
pub mod declarations;
pub mod global_info;
pub mod lexical;
pub mod policy;

pub use compilation::{Compilation, Held};
pub use lexical::Env;
