//! Instances and vectors in the raw: what the library makes its structures, conditions and tables of.
//!
//! Layouts are Lisp objects and none of this file's business.

use crate::abi::layout::{HEADER_SIZE_MAX, MIXED_RAW_SLOTS, MIXED_SLOT_BITS, header, is_raw_slot, kind, mixed_header};
use crate::abi::tags::INSTANCE_TAG;
use crate::abi::thread_context::ErrorKind;
use crate::abi::well_known::Sym;
use crate::heap::{allocate, allocate_bytes};
use crate::object::{double, simple_vector};
use crate::object::symbol::well_known;
use crate::value::Value;

crate::primitives! {
    /// An instance of `layout` with `count` more slots, all unbound.
    fn allocate_instance(ctx, layout, count) {
        let Some(slots) = count.to_fixnum().filter(|&n| (0..HEADER_SIZE_MAX as i64).contains(&n)) else {
            return Err(ctx.raise(ErrorKind::Type, &[count, well_known(Sym::FIXNUM)]));
        };
        let words = slots as usize + 2;
        let base = allocate_bytes(ctx, (words as u64 * 8).next_multiple_of(16));
        // SAFETY: the fresh object has room for header, layout and slots, and a word of padding when their
        // number is odd.
        unsafe {
            *base = header(kind::INSTANCE, slots as u64 + 1);
            *base.add(1) = layout.0;
            for i in 2..words {
                *base.add(i) = Value::UNBOUND.0;
            }
            if words % 2 != 0 {
                *base.add(words) = 0;
            }
        }
        Ok(Value(base as u64 | INSTANCE_TAG))
    }

    /// An instance of `layout` with `count` more slots, of which those with a bit in `raw` (numbered with the
    /// layout's slot as 0) hold raw double-floats, all zero; the others are unbound.
    fn allocate_mixed_instance(ctx, layout, count, raw) {
        let slots = count.to_fixnum().filter(|&n| (0..(1 << MIXED_SLOT_BITS) - 1).contains(&n));
        let raw = raw.to_fixnum().filter(|&n| (0..1 << MIXED_RAW_SLOTS).contains(&n) && n & 1 == 0);
        let (Some(slots), Some(raw)) = (slots, raw) else {
            return Err(ctx.raise(ErrorKind::Type, &[count, well_known(Sym::FIXNUM)]));
        };
        let header = mixed_header(slots as u64 + 1, raw as u64);
        let base = allocate(ctx, header);
        // SAFETY: the fresh object has `slots + 1` words after its header.
        unsafe {
            *base.add(1) = layout.0;
            for i in 1..=slots as usize {
                *base.add(1 + i) = if is_raw_slot(header, i) { 0 } else { Value::UNBOUND.0 };
            }
        }
        Ok(Value(base as u64 | INSTANCE_TAG))
    }
    /// Slot `index` of an instance, boxed when it is raw.
    fn instance_slot(ctx, instance, index) {
        let i = index.as_fixnum() as usize;
        let slot = instance.slot(i);
        Ok(if is_raw_slot(instance.header_word(), i) { double(ctx, f64::from_bits(slot.0)) } else { slot })
    }
    /// A simple vector of the elements of a proper list.
    fn list_to_simple_vector(ctx, items) {
        let elements: Vec<Value> = items.list_iter().collect();
        Ok(simple_vector(ctx, &elements))
    }
}
