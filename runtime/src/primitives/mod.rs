//! The functions compiled code may call, one file per library chapter; thin: check, unwrap, call.

pub mod control;
pub mod functions;
pub mod gc;
pub mod instances;
pub mod objects;

use crate::abi::primitives::Primitive;

/// Every primitive. Only the compiler refers to it, so a lean program keeps just what it calls.
pub fn all() -> Vec<Primitive> {
    [
        control::table(),
        functions::table(),
        gc::table(),
        instances::table(),
        objects::table(),
    ]
    .concat()
}
