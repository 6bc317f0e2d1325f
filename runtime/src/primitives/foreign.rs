//! Primitives of the foreign function interface: arguments and results, pointers, memory, libraries,
//! callbacks. Types are the codes of `abi::foreign`.

use crate::abi::foreign::{COUNT, SINGLE};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, expect_string, simple_error, wrong_type};
use crate::foreign::macptr::{self, is_macptr};
use crate::foreign::{callback, convert, integer, library, strings, waiting};
use crate::number::float::{Format, to_float};
use crate::object::{double, string};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

primitives! {
    /// Converts an argument of a C call and leaves the word in the context's `unwind_target`, where the
    /// compiled call takes it from.
    fn foreign_argument(ctx, v, code) {
        ctx.unwind_target = 0;
        let word = argument_word(ctx, v, code).inspect_err(|_| ctx.pending_final = 1)?;
        ctx.unwind_target = word;
        Ok(nil())
    }
    /// A real number as a double-float, for a float argument of a C call.
    fn to_double(ctx, v) {
        let f = to_float(ctx, v, Format::Double).inspect_err(|_| ctx.pending_final = 1)?;
        Ok(double(ctx, f))
    }
    /// The value of a C result, given as two halves of a word.
    fn foreign_result(ctx, high, low, code) {
        let word = (high.as_fixnum() as u64) << 32 | low.as_fixnum() as u64;
        // SAFETY: the C function returned what it was declared to.
        unsafe { convert::from_word(ctx, word, code.as_fixnum()) }
    }
    /// Raises the exit that a callback caught while the last C call ran.
    fn check_foreign_exit(ctx) {
        match waiting::take_exit(ctx) {
            Some(raised) => Err(raised),
            None => Ok(nil()),
        }
    }

    /// A pointer to an address; NIL for 0.
    fn make_pointer(ctx, address) {
        let address = macptr::address(ctx, address)?;
        Ok(macptr::make(ctx, address))
    }
    fn pointer_p(ctx, v) {
        Ok(Value::bool(is_macptr(v)))
    }
    /// The address of a pointer, of NIL or of an integer address.
    fn pointer_address(ctx, v) {
        let address = macptr::address(ctx, v)?;
        Ok(integer::from_u64(ctx, address))
    }
    /// The same as a fixnum, for calls through a pointer.
    fn pointer_to_integer(ctx, v) {
        let address = macptr::address(ctx, v)?;
        match Value::try_fixnum(address as i64) {
            Some(n) if address != 0 => Ok(n),
            _ => {
                let raised = simple_error(ctx, "~S is no address that can be called.", &[v]);
                ctx.pending_final = 1;
                Err(raised)
            }
        }
    }
    /// Size of the block that a pointer owns, 0 when unknown.
    fn pointer_size(ctx, v) {
        let pointer = expect_macptr(ctx, v)?;
        Ok(integer::from_u64(ctx, macptr::size(pointer)))
    }

    /// Zeroed memory outside the heap.
    fn foreign_allocate(ctx, bytes) {
        let size = expect_size(ctx, bytes)?;
        // SAFETY: any size will do; the result is checked.
        let address = unsafe { libc::calloc(size.max(1), 1) } as u64;
        if address == 0 {
            return Err(ctx.raise(ErrorKind::HeapExhausted, &[bytes, nil()]));
        }
        Ok(macptr::make_sized(ctx, address, size as u64))
    }
    /// Frees what `foreign-allocate` gave and makes the pointer null; freeing it again does nothing.
    fn foreign_free(ctx, pointer) {
        if pointer.is_nil() {
            return Ok(nil());
        }
        let pointer = expect_macptr(ctx, pointer)?;
        let address = macptr::clear(pointer);
        // SAFETY: an address from malloc's family, by the contract of the Lisp function; null is allowed.
        unsafe { libc::free(address as *mut _) };
        Ok(nil())
    }
    /// The value of type `code` at `pointer + offset`.
    fn foreign_ref(ctx, pointer, offset, code) {
        let (address, code) = place(ctx, pointer, offset, code)?;
        let mut bytes = [0u8; 8];
        // SAFETY: the program vouches for the address and the type; alignment is not assumed.
        unsafe {
            std::ptr::copy_nonoverlapping(address as *const u8, bytes.as_mut_ptr(), convert::size_of(code));
            convert::from_word(ctx, u64::from_le_bytes(bytes), code)
        }
    }
    /// Stores a value of type `code` at `pointer + offset`.
    fn set_foreign_ref(ctx, pointer, offset, code, value) {
        let (address, code) = place(ctx, pointer, offset, code)?;
        let word = convert::to_word(ctx, value, code)?;
        // SAFETY: as for `foreign-ref`.
        unsafe { std::ptr::copy_nonoverlapping(word.to_le_bytes().as_ptr(), address as *mut u8, convert::size_of(code)) };
        Ok(value)
    }
    /// Copies bytes between addresses; the ranges may overlap.
    fn foreign_copy(ctx, to, from, bytes) {
        let (target, source) = (macptr::address(ctx, to)?, macptr::address(ctx, from)?);
        let size = expect_size(ctx, bytes)?;
        if size > 0 && (target == 0 || source == 0) {
            return Err(null_error(ctx));
        }
        // SAFETY: the program vouches for both ranges.
        unsafe { std::ptr::copy(source as *const u8, target as *mut u8, size) };
        Ok(to)
    }
    /// Bytes of a foreign type.
    fn foreign_type_size(ctx, code) {
        let code = expect_code(ctx, code)?;
        Ok(Value::fixnum(convert::size_of(code) as i64))
    }
    /// A NUL-terminated UTF-8 copy of a string, to be freed by the program.
    fn make_foreign_string(ctx, text) {
        let c = strings::to_c(ctx, text)?;
        let size = c.as_bytes_with_nul().len();
        // SAFETY: `size` bytes are copied into a block of `size` bytes.
        let address = unsafe {
            let block = libc::malloc(size) as *mut u8;
            if !block.is_null() {
                std::ptr::copy_nonoverlapping(c.as_ptr() as *const u8, block, size);
            }
            block as u64
        };
        if address == 0 {
            return Err(ctx.raise(ErrorKind::HeapExhausted, &[Value::fixnum(size as i64), nil()]));
        }
        Ok(macptr::make_sized(ctx, address, size as u64))
    }
    /// The string at an address: up to a NUL, or `length` bytes when that is no NIL.
    fn foreign_string(ctx, pointer, length) {
        let address = macptr::address(ctx, pointer)?;
        if length.is_nil() || address == 0 {
            // SAFETY: the program vouches for the string.
            return Ok(unsafe { strings::from_c(ctx, address) });
        }
        let length = expect_size(ctx, length)?;
        // SAFETY: the program vouches for the bytes.
        let bytes = unsafe { std::slice::from_raw_parts(address as *const u8, length) };
        let text = String::from_utf8_lossy(bytes);
        Ok(string(ctx, &text))
    }

    /// Loads a shared library; gives a handle.
    fn load_library(ctx, name) {
        let name = strings::to_c(ctx, name)?;
        let handle = library::load(ctx, &name)?;
        Ok(integer::from_u64(ctx, handle))
    }
    fn unload_library(ctx, handle) {
        let handle = macptr::address(ctx, handle)?;
        Ok(Value::bool(library::unload(handle)))
    }
    /// The address of a C symbol, or NIL.
    fn foreign_symbol_address(ctx, name) {
        let name = expect_string(ctx, name)?;
        Ok(match library::symbol_address_str(&name) {
            Some(address) => integer::from_u64(ctx, address),
            None => nil(),
        })
    }

    /// A C function pointer that calls a function; `arguments` is a list of type codes, `on_exit` what
    /// C gets when an exit leaves the function.
    fn make_callback(ctx, function, result, arguments, on_exit) {
        if !function.is_function() {
            return Err(wrong_type(ctx, function, Sym::FUNCTION));
        }
        let result = expect_code(ctx, result)?;
        let mut types = Vec::new();
        for code in arguments.list_iter() {
            let code = expect_code(ctx, code)?;
            if !callback::is_argument_type(code) {
                return Err(simple_error(ctx, "~S is no type of an argument.", &[Value::fixnum(code)]));
            }
            types.push(code);
        }
        let error_word = convert::to_word(ctx, on_exit, result)?;
        let address = callback::make(ctx, function, types, result, error_word);
        Ok(macptr::make(ctx, address))
    }
    /// Frees a callback; false when the pointer is none.
    fn free_callback(ctx, pointer) {
        let address = macptr::address(ctx, pointer)?;
        Ok(Value::bool(callback::free(ctx, address)))
    }
}

/// The word of a C argument. A float of either size travels as the bits of a double or a float.
fn argument_word(ctx: &mut ThreadContext, v: Value, code: Value) -> LispResult<u64> {
    let code = expect_code(ctx, code)?;
    debug_assert!(code != SINGLE, "floats are passed in vector registers");
    convert::to_word(ctx, v, code)
}

fn expect_code(ctx: &mut ThreadContext, code: Value) -> LispResult<i64> {
    let code = expect_fixnum(ctx, code)?;
    if (0..COUNT).contains(&code) {
        Ok(code)
    } else {
        Err(simple_error(ctx, "~S is no code of a foreign type.", &[Value::fixnum(code)]))
    }
}

fn expect_macptr(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if is_macptr(v) { Ok(v) } else { Err(wrong_type(ctx, v, Sym::MACPTR)) }
}

fn expect_size(ctx: &mut ThreadContext, v: Value) -> LispResult<usize> {
    let size = expect_fixnum(ctx, v)?;
    usize::try_from(size).map_err(|_| wrong_type(ctx, v, Sym::UNSIGNED_BYTE))
}

fn null_error(ctx: &mut ThreadContext) -> crate::value::Raised {
    let message = string(ctx, "A null pointer cannot be dereferenced.");
    ctx.raise(ErrorKind::Foreign, &[message])
}

/// Address and type of a memory access.
fn place(ctx: &mut ThreadContext, pointer: Value, offset: Value, code: Value) -> LispResult<(u64, i64)> {
    let base = macptr::address(ctx, pointer)?;
    let offset = expect_fixnum(ctx, offset)?;
    let code = expect_code(ctx, code)?;
    if base == 0 {
        return Err(null_error(ctx));
    }
    Ok((base.wrapping_add(offset as u64), code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::foreign::{DOUBLE, INT32, INT64};
    use crate::abi::layout::{self, kind};
    use crate::abi::tags::{ERROR_MARK, FUNCTION_TAG};
    use crate::object::testing::with_context;
    use crate::object::{list, string_to_rust};
    use crate::thread;

    // The general entry of a function that returns its second argument.
    core::arch::global_asm!(
        ".pushsection .text.rook_test_second,\"ax\",@progbits",
        ".globl rook_test_second", ".hidden rook_test_second",
        "rook_test_second: mov rax, rcx; mov ecx, 1; ret",
        ".popsection",
    );
    unsafe extern "C" {
        fn rook_test_second();
    }

    fn n(i: i64) -> Value {
        Value::fixnum(i)
    }

    #[test]
    fn memory_is_read_as_it_was_written() {
        with_context(|ctx| {
            let block = Value(foreign_allocate(ctx, n(32)));
            set_foreign_ref(ctx, block, n(3), n(INT32), n(-7));
            assert_eq!(foreign_ref(ctx, block, n(3), n(INT32)), n(-7).0);
            assert_eq!(set_foreign_ref(ctx, block, n(0), n(INT32), n(1 << 40)), ERROR_MARK);
            foreign_free(ctx, block);
            assert_eq!(foreign_ref(ctx, block, n(0), n(INT32)), ERROR_MARK, "the pointer is null now");
            assert_eq!(Value(foreign_free(ctx, block)), nil());
        });
    }

    #[test]
    fn strings_go_to_c_and_come_back() {
        with_context(|ctx| {
            let text = string(ctx, "λ calculus");
            let c = Value(make_foreign_string(ctx, text));
            let back = Value(foreign_string(ctx, c, nil()));
            assert_eq!(string_to_rust(back), "λ calculus");
            foreign_free(ctx, c);
        });
    }

    #[test]
    fn c_calls_lisp_through_a_callback() {
        with_context(|ctx| {
            let base = crate::heap::allocate(ctx, layout::header(kind::FUNCTION, 1));
            // SAFETY: a function object's first word after the header is its entry.
            unsafe { *base.add(1) = rook_test_second as *const () as u64 };
            let function = Value(base as u64 | FUNCTION_TAG);
            let types = list(ctx, &[n(INT64), n(DOUBLE), n(INT64)]);
            let pointer = Value(make_callback(ctx, function, n(DOUBLE), types, n(0)));
            let address = macptr::address(ctx, pointer).expect("a pointer");
            thread::set_current(ctx);
            // SAFETY: the callback was declared with these types.
            let result = unsafe {
                let c: extern "C" fn(i64, f64, i64) -> f64 = std::mem::transmute(address as *const ());
                c(1, 2.5, 3)
            };
            thread::set_current(std::ptr::null_mut());
            assert_eq!(result, 2.5);
            assert_ne!(Value(free_callback(ctx, pointer)), nil());
            assert_eq!(Value(free_callback(ctx, pointer)), nil());
        });
    }
}
