//! Vectors, records and symbols in the raw: allocation and block moves under the library's arrays,
//! strings, sequences, tables and symbols.
//!
//! Bounds and kinds are the library's business; here only sizes are checked.

use crate::abi::layout::{self, HEADER_SIZE_MAX, Shape, header, kind, shape_of};
use crate::abi::tags::OTHER_TAG;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::heap::{self, allocate, check_allocation};
use crate::object::set_slot;
use crate::object::symbol::{make_symbol as new_symbol, setf_symbol as carrier_of_setf, well_known};
use crate::value::{LispResult, Value};

/// A size argument: a fixnum that an object of kind `k` can have and the heap could hold.
fn checked_header(ctx: &mut ThreadContext, k: u8, size: Value) -> LispResult<u64> {
    let Some(n) = size.to_fixnum().filter(|&n| n >= 0) else {
        return Err(ctx.raise(ErrorKind::Type, &[size, well_known(Sym::FIXNUM)]));
    };
    if n as u64 >= HEADER_SIZE_MAX {
        let limit = heap::limit(ctx);
        return Err(heap::raise_exhausted(ctx, (n as u64).saturating_mul(8), limit));
    }
    let word = header(k, n as u64);
    check_allocation(ctx, layout::object_bytes(word))?;
    Ok(word)
}

/// A kind argument, which the library gives as a constant.
fn kind_of(value: Value) -> u8 {
    value.as_fixnum() as u8
}

fn filled(ctx: &mut ThreadContext, k: u8, size: Value, fill: Value) -> LispResult {
    let word = checked_header(ctx, k, size)?;
    let base = allocate(ctx, word);
    for i in 0..layout::header_size(word) as usize {
        // SAFETY: within the fresh object's slots; initialising stores need no barrier.
        unsafe { *base.add(1 + i) = fill.0 };
    }
    Ok(Value(base as u64 | OTHER_TAG))
}

/// Address of the first element and bits per element of a raw vector.
fn raw_elements(vector: Value) -> (*mut u8, usize) {
    let bits = match shape_of(layout::header_kind(vector.header_word())) {
        Shape::Raw(bits) => bits as usize,
        _ => 64,
    };
    // SAFETY: elements follow the header of a live object.
    (unsafe { vector.base().add(1) as *mut u8 }, bits)
}

fn copy_bits(target: *mut u8, target_start: usize, source: *const u8, source_start: usize, count: usize) {
    let read = |i: usize| {
        // SAFETY: the caller has checked that both ranges lie inside their vectors.
        unsafe { *source.add(i / 8) >> (i % 8) & 1 }
    };
    let write = |i: usize, bit: u8| {
        // SAFETY: as for `read`.
        unsafe {
            let byte = target.add(i / 8);
            *byte = *byte & !(1 << (i % 8)) | bit << (i % 8);
        }
    };
    let backwards = std::ptr::eq(target, source) && target_start > source_start;
    for k in 0..count {
        let i = if backwards { count - 1 - k } else { k };
        write(target_start + i, read(source_start + i));
    }
}

/// Hash of a bignum or double with this header word and body.
pub(crate) fn hash_words(header: u64, body: &[u64]) -> Value {
    let mut hash = header ^ 0x9e37_79b9_7f4a_7c15;
    for word in body {
        hash = (hash ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash ^= hash >> 32;
    }
    Value::fixnum((hash >> 2) as i64)
}

crate::primitives! {
    /// A simple vector of `size` elements, all `fill`.
    fn make_simple_vector(ctx, size, fill) {
        filled(ctx, kind::SIMPLE_VECTOR, size, fill)
    }
    /// An object of a kind with tagged slots, all `fill`.
    fn make_record(ctx, object_kind, size, fill) {
        filled(ctx, kind_of(object_kind), size, fill)
    }
    /// A specialised vector of `size` zero elements.
    fn make_raw_vector(ctx, object_kind, size) {
        let word = checked_header(ctx, kind_of(object_kind), size)?;
        Ok(Value(allocate(ctx, word) as u64 | OTHER_TAG))
    }
    /// A copy of a headed object without its referents.
    fn copy_object(ctx, object) {
        let word = object.header_word();
        let bytes = layout::object_bytes(word);
        check_allocation(ctx, bytes)?;
        let base = allocate(ctx, word);
        // SAFETY: both objects have this size; the copy is fresh, so that no barrier is needed.
        unsafe { std::ptr::copy_nonoverlapping(object.base(), base, bytes as usize / 8) };
        Ok(Value(base as u64 | object.tag()))
    }
    /// Copies `count` elements between vectors of one kind, which may be the same vector, or from a
    /// base string to a wide one.
    fn replace_vector(ctx, target, target_start, source, source_start, count) {
        let (to, from, n) = (target_start.as_fixnum() as usize, source_start.as_fixnum() as usize, count.as_fixnum() as usize);
        if target.is_kind(kind::SIMPLE_VECTOR) {
            let backwards = target == source && to > from;
            for k in 0..n {
                let i = if backwards { n - 1 - k } else { k };
                set_slot(ctx, target, to + i, source.slot(from + i));
            }
            return Ok(target);
        }
        if target.is_kind(kind::STRING) && source.is_kind(kind::BASE_STRING) {
            let (target_base, source_base) = (raw_elements(target).0, raw_elements(source).0);
            for k in 0..n {
                // SAFETY: the library has checked that both ranges lie inside their strings.
                unsafe { *(target_base as *mut u32).add(to + k) = *source_base.add(from + k) as u32 };
            }
            return Ok(target);
        }
        let ((target_base, bits), (source_base, _)) = (raw_elements(target), raw_elements(source));
        if bits == 1 {
            copy_bits(target_base, to, source_base, from, n);
        } else {
            let width = bits / 8;
            // SAFETY: the library has checked that both ranges lie inside their vectors.
            unsafe { std::ptr::copy(source_base.add(from * width), target_base.add(to * width), n * width) };
        }
        Ok(target)
    }
    /// A hash of the raw contents of a bignum or double: the same for numbers that are EQL.
    fn raw_hash(ctx, object) {
        let word = object.header_word();
        let words = layout::object_bytes(word) as usize / 8 - 1;
        let used = words.min(layout::header_size(word) as usize);
        // SAFETY: the raw body follows the header and has at least `used` words.
        let body = unsafe { std::slice::from_raw_parts(object.base().add(1), used) };
        Ok(hash_words(word, body))
    }
    /// A symbol without package; the name is a simple string that nobody will modify.
    fn make_symbol(ctx, name) {
        Ok(new_symbol(ctx, name))
    }
    /// The symbol that carries the function named (SETF symbol).
    fn setf_symbol(ctx, symbol) {
        Ok(carrier_of_setf(ctx, symbol))
    }
}
