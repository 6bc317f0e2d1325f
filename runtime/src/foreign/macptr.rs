//! Foreign pointers: objects of kind MACPTR with a raw address and the size of a block they own.

use crate::abi::layout::{self, kind};
use crate::abi::tags::OTHER_TAG;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::errors::wrong_type;
use crate::foreign::integer;
use crate::heap::allocate;
use crate::value::{LispResult, Value, nil};

/// Raw words of a macptr.
const ADDRESS: usize = 1;
const SIZE: usize = 2;
const WORDS: u64 = 4;

/// A pointer to memory that somebody else owns; NIL for null.
pub fn make(ctx: &mut ThreadContext, address: u64) -> Value {
    if address == 0 { nil() } else { make_sized(ctx, address, 0) }
}

/// A pointer to a block of `size` bytes.
pub fn make_sized(ctx: &mut ThreadContext, address: u64, size: u64) -> Value {
    let base = allocate(ctx, layout::header(kind::MACPTR, WORDS));
    // SAFETY: a fresh macptr has four raw words after its header.
    unsafe {
        *base.add(ADDRESS) = address;
        *base.add(SIZE) = size;
    }
    Value(base as u64 | OTHER_TAG)
}

pub fn is_macptr(v: Value) -> bool {
    v.is_kind(kind::MACPTR)
}

/// The address that NIL, a macptr or an integer stands for.
pub fn address(ctx: &mut ThreadContext, v: Value) -> LispResult<u64> {
    if v.is_nil() {
        return Ok(0);
    }
    if is_macptr(v) {
        // SAFETY: a macptr has four raw words.
        return Ok(unsafe { *v.base().add(ADDRESS) });
    }
    integer::to_i128(v).and_then(|n| u64::try_from(n).ok()).ok_or_else(|| wrong_type(ctx, v, Sym::MACPTR))
}

/// Size of the block that a macptr owns, 0 when unknown.
pub fn size(v: Value) -> u64 {
    // SAFETY: the caller knows that `v` is a macptr.
    unsafe { *v.base().add(SIZE) }
}

/// Makes a macptr null and gives its former address.
pub fn clear(v: Value) -> u64 {
    // SAFETY: the caller knows that `v` is a macptr; raw words need no barrier.
    unsafe {
        *v.base().add(SIZE) = 0;
        std::mem::take(&mut *v.base().add(ADDRESS))
    }
}
