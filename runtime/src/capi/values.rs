//! Conversions between C data and Lisp values, lists, symbols, handles and globals.

use super::context;
use crate::abi::layout::kind;
use crate::abi::thread_context::ThreadContext;
use crate::control::binding;
use crate::foreign::integer;
use crate::number::bignum;
use crate::number::float::{Format, integer_to_float};
use crate::object::package::{find_package_str, intern_str, keyword};
use crate::object::{self, string_to_rust};
use crate::stack::handles;
use crate::value::{Value, nil, t};
use std::ffi::CStr;

/// C text as Rust text; null is empty, what is no UTF-8 becomes U+FFFD.
///
/// # Safety
/// `source` is null or a C string.
pub(super) unsafe fn text(source: *const libc::c_char) -> String {
    if source.is_null() {
        return String::new();
    }
    // SAFETY: by the caller's promise.
    unsafe { CStr::from_ptr(source) }.to_string_lossy().into_owned()
}

/// The symbol of this name in this package, which must exist; else in COMMON-LISP-USER.
pub(super) fn intern(ctx: &mut ThreadContext, package: &str, name: &str) -> Value {
    match find_package_str(package).or_else(|| find_package_str("COMMON-LISP-USER")) {
        Some(package) => intern_str(ctx, package, name),
        None => nil(),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn rook_nil_value() -> Value {
    nil()
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_t_value() -> Value {
    t()
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_bool(b: bool) -> Value {
    Value::bool(b)
}

#[unsafe(no_mangle)]
pub extern "C" fn rook_int64(n: i64) -> Value {
    integer::from_i64(context(), n)
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_uint64(n: u64) -> Value {
    integer::from_u64(context(), n)
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_double(f: f64) -> Value {
    object::double(context(), f)
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_character(code_point: u32) -> Value {
    if char::from_u32(code_point).is_some() { Value::character(code_point) } else { nil() }
}

/// Whether `v` is an integer that fits; then `*out` gets it.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_to_int64(v: Value, out: *mut i64) -> bool {
    match integer::to_i128(v).and_then(|n| i64::try_from(n).ok()) {
        Some(n) => {
            // SAFETY: by the caller's promise.
            unsafe { *out = n };
            true
        }
        None => false,
    }
}
/// As `rook_to_int64`, unsigned.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_to_uint64(v: Value, out: *mut u64) -> bool {
    match integer::to_i128(v).and_then(|n| u64::try_from(n).ok()) {
        Some(n) => {
            // SAFETY: by the caller's promise.
            unsafe { *out = n };
            true
        }
        None => false,
    }
}
/// Whether `v` is a float or an integer; then `*out` gets its value.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_to_double(v: Value, out: *mut f64) -> bool {
    let number = if v.is_double() {
        Some(v.as_double())
    } else if v.is_single() {
        Some(v.as_single() as f64)
    } else if bignum::is_integer(v) {
        Some(integer_to_float(v, Format::Double))
    } else {
        None
    };
    let Some(number) = number else { return false };
    // SAFETY: by the caller's promise.
    unsafe { *out = number };
    true
}

/// A string from UTF-8 text.
///
/// # Safety
/// `source` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_string(source: *const libc::c_char) -> Value {
    // SAFETY: by the caller's promise.
    let source = unsafe { text(source) };
    object::string(context(), &source)
}
/// A string from `size` bytes of UTF-8.
///
/// # Safety
/// There are `size` bytes at `bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_string_n(bytes: *const u8, size: usize) -> Value {
    if bytes.is_null() || size == 0 {
        return object::string(context(), "");
    }
    // SAFETY: by the caller's promise.
    let source = String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(bytes, size) });
    object::string(context(), &source)
}
/// The UTF-8 text of a simple string, or of a symbol's name: copies at most `capacity - 1` bytes and a
/// NUL into `buffer`, and gives the bytes that the whole text needs without the NUL; -1 for other values.
///
/// # Safety
/// `buffer` has `capacity` bytes, or `capacity` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_to_utf8(v: Value, buffer: *mut u8, capacity: usize) -> i64 {
    let source = if v.is_string() {
        v
    } else if v.is_symbol() {
        object::symbol::symbol_name(v)
    } else {
        return -1;
    };
    let source = string_to_rust(source);
    if capacity > 0 {
        let mut end = source.len().min(capacity - 1);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        // SAFETY: by the caller's promise; `end` is below the capacity.
        unsafe {
            std::ptr::copy_nonoverlapping(source.as_ptr(), buffer, end);
            *buffer.add(end) = 0;
        }
    }
    source.len() as i64
}

#[unsafe(no_mangle)]
pub extern "C" fn rook_cons(car: Value, cdr: Value) -> Value {
    object::cons(context(), car, cdr)
}
/// The car of a list; NIL of anything else.
#[unsafe(no_mangle)]
pub extern "C" fn rook_car(v: Value) -> Value {
    if v.is_list() { v.car() } else { nil() }
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_cdr(v: Value) -> Value {
    if v.is_list() { v.cdr() } else { nil() }
}
/// Replaces the car of a cons; false of anything else.
#[unsafe(no_mangle)]
pub extern "C" fn rook_set_car(v: Value, car: Value) -> bool {
    if v.is_cons() {
        object::set_car(context(), v, car);
    }
    v.is_cons()
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_set_cdr(v: Value, cdr: Value) -> bool {
    if v.is_cons() {
        object::set_cdr(context(), v, cdr);
    }
    v.is_cons()
}
/// Length of a proper list or of a simple vector; -1 of anything else.
#[unsafe(no_mangle)]
pub extern "C" fn rook_length(v: Value) -> i64 {
    if v.is_kind(kind::SIMPLE_VECTOR) || v.is_string() {
        return v.size() as i64;
    }
    // A fast and a slow pointer: a circular list has no length.
    let (mut length, mut slow, mut rest) = (0, v, v);
    while rest.is_cons() {
        length += 1;
        rest = rest.cdr();
        if length % 2 == 0 {
            slow = slow.cdr();
            if slow == rest {
                return -1;
            }
        }
    }
    if rest.is_nil() { length } else { -1 }
}
/// A simple vector of `size` elements NIL.
#[unsafe(no_mangle)]
pub extern "C" fn rook_vector(size: u32) -> Value {
    object::make_simple_vector(context(), size as usize, nil())
}
/// Element `i` of a simple vector; NIL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn rook_vector_ref(v: Value, i: u64) -> Value {
    if v.is_kind(kind::SIMPLE_VECTOR) && i < v.size() as u64 { v.slot(i as usize) } else { nil() }
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_vector_set(v: Value, i: u64, element: Value) -> bool {
    let fits = v.is_kind(kind::SIMPLE_VECTOR) && i < v.size() as u64;
    if fits {
        object::set_slot(context(), v, i as usize, element);
    }
    fits
}

/// The symbol `name` of `package`, interned if need be; names are as after reading (upper case). A null
/// package is COMMON-LISP-USER.
///
/// # Safety
/// Both are C strings or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_intern(name: *const libc::c_char, package: *const libc::c_char) -> Value {
    // SAFETY: by the caller's promise.
    let (name, package) = unsafe { (text(name), text(package)) };
    intern(context(), if package.is_empty() { "COMMON-LISP-USER" } else { &package }, &name)
}
/// # Safety
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_keyword(name: *const libc::c_char) -> Value {
    // SAFETY: by the caller's promise.
    let name = unsafe { text(name) };
    keyword(context(), &name)
}
/// Whether the variable has a value; then `*out` gets it.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_symbol_value(sym: Value, out: *mut Value) -> bool {
    let value = if sym.is_symbol() { binding::value_or_unbound(context(), sym) } else { Value::UNBOUND };
    if value == Value::UNBOUND {
        return false;
    }
    // SAFETY: by the caller's promise.
    unsafe { *out = value };
    true
}
/// Sets a variable; false for constants and what is no symbol.
#[unsafe(no_mangle)]
pub extern "C" fn rook_set_symbol_value(sym: Value, value: Value) -> bool {
    let settable = sym.is_symbol() && !object::symbol::is_constant(sym);
    if settable {
        binding::set_symbol_value(context(), sym, value);
    }
    settable
}

/// What kind of value it is: one of the `ROOK_KIND_…` of the header.
#[unsafe(no_mangle)]
pub extern "C" fn rook_kind(v: Value) -> i32 {
    match () {
        () if v.is_nil() => 0,
        () if v.is_fixnum() || v.is_kind(kind::BIGNUM) => 1,
        () if v.is_double() || v.is_single() => 2,
        () if v.is_cons() => 3,
        () if v.is_symbol() => 4,
        () if v.is_string() => 5,
        () if v.is_character() => 6,
        () if v.is_function() => 7,
        () if v.is_kind(kind::SIMPLE_VECTOR) => 8,
        () if v.is_kind(kind::MACPTR) => 9,
        () => 10,
    }
}

/// A root that lives until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn rook_handle_new(v: Value) -> *mut u64 {
    handles::of(context()).new_persistent(v)
}
/// # Safety
/// `handle` came from `rook_handle_new` and was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_handle_get(handle: *const u64) -> Value {
    // SAFETY: by the caller's promise.
    Value(unsafe { *handle })
}
/// # Safety
/// As `rook_handle_get`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_handle_set(handle: *mut u64, v: Value) {
    // SAFETY: by the caller's promise; handles are roots and need no barrier.
    unsafe { *handle = v.0 };
}
/// # Safety
/// As `rook_handle_get`; the handle is dead afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_handle_free(handle: *mut u64) {
    // SAFETY: by the caller's promise.
    unsafe { handles::of(context()).free_persistent(handle) };
}

/// Makes a C variable a root for good and gives it the value NIL.
///
/// # Safety
/// The variable lives as long as the runtime, or until `rook_global_release`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_global(variable: *mut Value) {
    // SAFETY: by the caller's promise.
    unsafe { *variable = nil() };
    crate::gc::roots::register_range(variable as *mut u64, 1);
}
#[unsafe(no_mangle)]
pub extern "C" fn rook_global_release(variable: *mut Value) {
    crate::gc::roots::unregister_range(variable as *mut u64);
}
