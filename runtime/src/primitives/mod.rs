//! The functions compiled code may call, one file per library chapter; thin: check, unwrap, call.

pub mod instances;

use crate::abi::primitives::Primitive;

/// Every primitive. Only the compiler refers to it, so a lean program keeps just what it calls.
pub fn all() -> Vec<Primitive> {
    [instances::table()].concat()
}
