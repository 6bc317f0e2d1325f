//! Instances and vectors in the raw: what the library makes its structures, conditions and tables of.
//!
//! Layouts are Lisp objects and none of this file's business.

use crate::abi::layout::{HEADER_SIZE_MAX, header, kind};
use crate::abi::tags::INSTANCE_TAG;
use crate::abi::thread_context::ErrorKind;
use crate::abi::well_known::Sym;
use crate::heap::allocate;
use crate::object::simple_vector;
use crate::object::symbol::well_known;
use crate::value::Value;

crate::primitives! {
    /// An instance of `layout` with `count` more slots, all unbound.
    fn allocate_instance(ctx, layout, count) {
        let Some(slots) = count.to_fixnum().filter(|&n| (0..HEADER_SIZE_MAX as i64).contains(&n)) else {
            return Err(ctx.raise(ErrorKind::Type, &[count, well_known(Sym::FIXNUM)]));
        };
        let base = allocate(ctx, header(kind::INSTANCE, slots as u64 + 1));
        // SAFETY: the fresh object has `slots + 1` words after its header.
        unsafe {
            *base.add(1) = layout.0;
            for i in 0..slots as usize {
                *base.add(2 + i) = Value::UNBOUND.0;
            }
        }
        Ok(Value(base as u64 | INSTANCE_TAG))
    }

    /// A simple vector of the elements of a proper list.
    fn list_to_simple_vector(ctx, items) {
        let elements: Vec<Value> = items.list_iter().collect();
        Ok(simple_vector(ctx, &elements))
    }
}
