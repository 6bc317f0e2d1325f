//! Element access to one-dimensional arrays of every kind: the slow paths of `aref` and its setter.
//!
//! Inline code handles the kinds whose type it knows; these functions handle all.

use crate::abi::layout::{array, kind};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::number::bignum::{self, from_i128};
use crate::object::symbol::well_known;
use crate::object::{double, set_slot, string_ref};
use crate::value::{LispResult, Value};

/// The simple vector that holds element `i` of a one-dimensional array, and its index there.
fn locate(ctx: &mut ThreadContext, v: Value, index: Value) -> LispResult<(Value, usize)> {
    let Some(i) = index.to_fixnum() else {
        return Err(ctx.raise(ErrorKind::Type, &[index, well_known(Sym::FIXNUM)]));
    };
    let (mut data, mut position, mut first) = (v, i, true);
    loop {
        let Some(k) = data.other_kind() else { return Err(not_a_vector(ctx, v)) };
        if k != kind::ARRAY {
            let simple = (kind::SIMPLE_VECTOR..=kind::VECTOR_F64).contains(&k);
            if !simple {
                return Err(not_a_vector(ctx, v));
            }
            if position < 0 || position as usize >= data.size() {
                return Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[v, index]));
            }
            return Ok((data, position as usize));
        }
        if first && data.size() != array::DIMENSIONS + 1 {
            return Err(not_a_vector(ctx, v));
        }
        if position < 0 || position >= data.slot(array::TOTAL).as_fixnum() {
            return Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[v, index]));
        }
        position += data.slot(array::OFFSET).as_fixnum();
        data = data.slot(array::DATA);
        first = false;
    }
}

/// Element `index` of a one-dimensional array of any kind.
pub fn vector_element(ctx: &mut ThreadContext, v: Value, index: Value) -> LispResult {
    let (data, i) = locate(ctx, v, index)?;
    Ok(element(ctx, data, i))
}

fn not_a_vector(ctx: &mut ThreadContext, v: Value) -> crate::value::Raised {
    ctx.raise(ErrorKind::Type, &[v, well_known(Sym::VECTOR)])
}

/// Reads the raw element `i` of type `T`.
///
/// # Safety
/// `v` is a raw vector of elements of `T`'s size with more than `i` elements.
unsafe fn raw<T: Copy>(v: Value, i: usize) -> T {
    // SAFETY: by the caller's promise.
    unsafe { *(v.base().add(1) as *const T).add(i) }
}

/// Writes the raw element `i`.
///
/// # Safety
/// As for `raw`.
unsafe fn set_raw<T>(v: Value, i: usize, value: T) {
    // SAFETY: by the caller's promise.
    unsafe { *(v.base().add(1) as *mut T).add(i) = value }
}

/// Element `i` of a simple vector; `i` is in bounds.
pub fn element(ctx: &mut ThreadContext, v: Value, i: usize) -> Value {
    // SAFETY: each arm reads the element type of its kind, in bounds.
    unsafe {
        match v.other_kind().unwrap_or(0) {
            kind::SIMPLE_VECTOR => v.slot(i),
            kind::STRING | kind::BASE_STRING => Value::character(string_ref(v, i)),
            kind::BIT_VECTOR => Value::fixnum((raw::<u64>(v, i / 64) >> (i % 64) & 1) as i64),
            kind::VECTOR_U8 => Value::fixnum(raw::<u8>(v, i) as i64),
            kind::VECTOR_S8 => Value::fixnum(raw::<i8>(v, i) as i64),
            kind::VECTOR_U16 => Value::fixnum(raw::<u16>(v, i) as i64),
            kind::VECTOR_S16 => Value::fixnum(raw::<i16>(v, i) as i64),
            kind::VECTOR_U32 => Value::fixnum(raw::<u32>(v, i) as i64),
            kind::VECTOR_S32 => Value::fixnum(raw::<i32>(v, i) as i64),
            kind::VECTOR_U64 => bignum::from_u64(ctx, false, raw::<u64>(v, i)),
            kind::VECTOR_S64 => from_i128(ctx, raw::<i64>(v, i) as i128),
            kind::VECTOR_F32 => Value::single(raw::<f32>(v, i)),
            kind::VECTOR_F64 => double(ctx, raw::<f64>(v, i)),
            _ => unreachable!("`locate` gives simple vectors"),
        }
    }
}

/// Stores into element `i` of a simple vector; a value that does not fit is a type error.
fn set_element(ctx: &mut ThreadContext, v: Value, i: usize, value: Value) -> LispResult<()> {
    let k = v.other_kind().unwrap_or(0);
    if k == kind::SIMPLE_VECTOR {
        set_slot(ctx, v, i, value);
        return Ok(());
    }
    let wrong = |ctx: &mut ThreadContext, sym: Sym| Err(ctx.raise(ErrorKind::Type, &[value, well_known(sym)]));
    // SAFETY: each arm writes the element type of its kind, in bounds.
    unsafe {
        match k {
            kind::STRING | kind::BASE_STRING if !value.is_character() => return wrong(ctx, Sym::CHARACTER),
            kind::STRING => set_raw(v, i, value.as_character()),
            kind::BASE_STRING if value.as_character() > 0xff => return wrong(ctx, Sym::CL_CHARACTER_TYPE),
            kind::BASE_STRING => set_raw(v, i, value.as_character() as u8),
            kind::VECTOR_F32 if !value.is_single() => return wrong(ctx, Sym::SINGLE_FLOAT),
            kind::VECTOR_F32 => set_raw(v, i, value.as_single()),
            kind::VECTOR_F64 if !value.is_double() => return wrong(ctx, Sym::DOUBLE_FLOAT),
            kind::VECTOR_F64 => set_raw(v, i, value.as_double()),
            _ => return set_integer(ctx, v, i, value, k),
        }
    }
    Ok(())
}

fn set_integer(ctx: &mut ThreadContext, v: Value, i: usize, value: Value, k: u8) -> LispResult<()> {
    let mut cell = Default::default();
    let n = match bignum::is_integer(value) {
        true => bignum::Int::of(value, &mut cell).to_i128(),
        false => None,
    };
    let (low, high): (i128, i128) = match k {
        kind::BIT_VECTOR => (0, 1),
        kind::VECTOR_U8 => (0, u8::MAX as i128),
        kind::VECTOR_S8 => (i8::MIN as i128, i8::MAX as i128),
        kind::VECTOR_U16 => (0, u16::MAX as i128),
        kind::VECTOR_S16 => (i16::MIN as i128, i16::MAX as i128),
        kind::VECTOR_U32 => (0, u32::MAX as i128),
        kind::VECTOR_S32 => (i32::MIN as i128, i32::MAX as i128),
        kind::VECTOR_U64 => (0, u64::MAX as i128),
        _ => (i64::MIN as i128, i64::MAX as i128),
    };
    let Some(n) = n.filter(|n| (low..=high).contains(n)) else {
        let head = if low == 0 { Sym::UNSIGNED_BYTE } else { Sym::SIGNED_BYTE };
        let bits = 128 - (high.leading_zeros() as i64) + (low != 0) as i64;
        let spec = crate::object::list(ctx, &[well_known(head), Value::fixnum(bits)]);
        return Err(ctx.raise(ErrorKind::Type, &[value, spec]));
    };
    // SAFETY: each arm writes the element type of its kind, in bounds.
    unsafe {
        match k {
            kind::BIT_VECTOR => {
                let word: u64 = raw(v, i / 64);
                let bit = 1u64 << (i % 64);
                set_raw(v, i / 64, if n == 0 { word & !bit } else { word | bit });
            }
            kind::VECTOR_U8 | kind::VECTOR_S8 => set_raw(v, i, n as u8),
            kind::VECTOR_U16 | kind::VECTOR_S16 => set_raw(v, i, n as u16),
            kind::VECTOR_U32 | kind::VECTOR_S32 => set_raw(v, i, n as u32),
            _ => set_raw(v, i, n as u64),
        }
    }
    Ok(())
}

crate::primitives! {
    /// Element of a one-dimensional array of any kind.
    fn aref1(ctx, v, index) {
        let (data, i) = locate(ctx, v, index)?;
        Ok(element(ctx, data, i))
    }
    /// Stores an element of a one-dimensional array of any kind; the value.
    fn set_aref1(ctx, v, index, value) {
        let (data, i) = locate(ctx, v, index)?;
        set_element(ctx, data, i, value)?;
        Ok(value)
    }
}
