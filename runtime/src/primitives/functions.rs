//! Primitives of functions: function cells, macros, closures, funcallable instances.

use crate::abi::layout::{self, FUNCTION_FUNCALLABLE_INSTANCE, FUNCTION_MACRO, FUNCTION_UNDEFINED, SYMBOL_MACRO, kind, symbol};
use crate::abi::tags::FUNCTION_TAG;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, expect_symbol, simple_error, wrong_type};
use crate::heap::allocate;
use crate::object::{set_slot, string};
use crate::object::symbol::{self as symbols, make_undefined_function, set_flag};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

/// Slots of a macro object: its symbol and its expander.
const MACRO_NAME: usize = 1;
const MACRO_EXPANDER: usize = 2;
/// Slots of a funcallable instance: class or layout, the function it calls, then its own.
const INSTANCE_CLASS: usize = 1;
const INSTANCE_FUNCTION: usize = 2;
const INSTANCE_SLOTS: usize = 3;

// General entry of funcallable instances: calls the instance's function with the same arguments.
core::arch::global_asm!(
    ".pushsection .text.rook_funcallable_entry,\"ax\",@progbits",
    ".globl rook_funcallable_entry",
    ".hidden rook_funcallable_entry",
    ".type rook_funcallable_entry,@function",
    ".p2align 4",
    "rook_funcallable_entry:",
    "mov rdi, [rdi + {function} - {tag}]",
    "jmp [rdi + 8 - {tag}]",
    ".size rook_funcallable_entry, . - rook_funcallable_entry",
    ".popsection",
    function = const layout::slot_offset(INSTANCE_FUNCTION),
    tag = const FUNCTION_TAG,
);

unsafe extern "C" {
    fn rook_funcallable_entry();
    fn rook_macro_entry();
}

primitives! {
    /// The function that a designator stands for: a function, or a symbol with a function definition.
    fn coerce_to_function(ctx, designator) {
        if designator.is_function() {
            return Ok(designator);
        }
        if !designator.is_symbol() {
            return Err(wrong_type(ctx, designator, Sym::FUNCTION));
        }
        match definition(designator) {
            Some(function) if !has_function_flag(function, FUNCTION_MACRO) => Ok(function),
            _ => Err(ctx.raise(ErrorKind::UndefinedFunction, &[designator, nil()])),
        }
    }
    /// Whether the symbol names a function or a macro.
    fn fboundp(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        Ok(Value::bool(definition(sym).is_some()))
    }
    /// The function that the symbol names; undefined raises, also for macros.
    fn symbol_function(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        match definition(sym) {
            Some(function) if !has_function_flag(function, FUNCTION_MACRO) => Ok(function),
            _ => Err(ctx.raise(ErrorKind::UndefinedFunction, &[sym, nil()])),
        }
    }
    /// The symbol's definition: a function, a macro object or NIL.
    fn symbol_definition(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        Ok(definition(sym).unwrap_or(nil()))
    }
    /// Gives the symbol a function definition; gives the function.
    fn set_symbol_function(ctx, sym, function) { set_definition(ctx, sym, function) }
    /// Takes the definition away; compiled calls of the symbol then signal.
    fn fmakunbound(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        let undefined = make_undefined_function(ctx, sym);
        set_slot(ctx, sym, symbol::FUNCTION, undefined);
        set_flag(sym, SYMBOL_MACRO, false);
        Ok(sym)
    }
    /// The expander of a symbol that names a macro, else NIL.
    fn macro_expander(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        match definition(sym) {
            Some(function) if has_function_flag(function, FUNCTION_MACRO) => Ok(function.slot(MACRO_EXPANDER)),
            _ => Ok(nil()),
        }
    }
    /// Makes the symbol name a macro; gives the expander.
    fn set_macro_expander(ctx, sym, expander) { set_macro(ctx, sym, expander) }
    /// Whether a function object stands for a macro.
    fn macro_object_p(ctx, function) {
        Ok(Value::bool(function.is_function() && has_function_flag(function, FUNCTION_MACRO)))
    }
    /// The name that compiled code gives its function, as a string, or NIL.
    fn function_code_name(ctx, function) {
        if !function.is_function() {
            return Err(wrong_type(ctx, function, Sym::FUNCTION));
        }
        // SAFETY: a function object's first word after its header is its entry address.
        let entry = unsafe { *function.base().add(1) };
        // The lookup is by return addresses, which lie behind the entry.
        let name = crate::stack::registry::of(ctx).function(entry + 1).map(|f| f.name.to_owned());
        Ok(name.map_or(nil(), |name| string(ctx, &name)))
    }
    /// Number of values that a closure has captured.
    fn closure_size(ctx, function) {
        let function = expect_function(ctx, function)?;
        Ok(Value::fixnum(function.size() as i64 - 1))
    }
    /// Captured value `i` of a closure.
    fn closure_ref(ctx, function, i) {
        let function = expect_function(ctx, function)?;
        let i = expect_fixnum(ctx, i)?;
        if i < 0 || i as usize + 1 >= function.size() {
            return Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[function, Value::fixnum(i)]));
        }
        Ok(function.slot(1 + i as usize))
    }

    /// A funcallable instance of a class or layout with `slots` slots, all unbound. Until it is given a
    /// function, calling it signals `undefined-function` for NIL.
    fn make_funcallable_instance(ctx, class, slots) {
        let slots = expect_fixnum(ctx, slots)?;
        if !(0..1 << 20).contains(&slots) {
            return Err(simple_error(ctx, "~S is no number of slots.", &[Value::fixnum(slots)]));
        }
        let entry = rook_funcallable_entry as *const () as u64;
        let size = INSTANCE_SLOTS + slots as usize;
        let instance = make_function(ctx, entry, FUNCTION_FUNCALLABLE_INSTANCE, size as u64);
        let undefined = make_undefined_function(ctx, nil());
        set_slot(ctx, instance, INSTANCE_CLASS, class);
        set_slot(ctx, instance, INSTANCE_FUNCTION, undefined);
        for i in INSTANCE_SLOTS..size {
            set_slot(ctx, instance, i, Value::UNBOUND);
        }
        Ok(instance)
    }
    fn funcallable_instance_p(ctx, v) {
        Ok(Value::bool(is_funcallable_instance(v)))
    }
    fn funcallable_instance_class(ctx, instance) {
        Ok(expect_instance(ctx, instance)?.slot(INSTANCE_CLASS))
    }
    fn set_funcallable_instance_class(ctx, instance, class) {
        let instance = expect_instance(ctx, instance)?;
        set_slot(ctx, instance, INSTANCE_CLASS, class);
        Ok(class)
    }
    fn funcallable_instance_function(ctx, instance) {
        Ok(expect_instance(ctx, instance)?.slot(INSTANCE_FUNCTION))
    }
    fn set_funcallable_instance_function(ctx, instance, function) {
        let instance = expect_instance(ctx, instance)?;
        let function = expect_function(ctx, function)?;
        set_slot(ctx, instance, INSTANCE_FUNCTION, function);
        Ok(function)
    }
    fn funcallable_instance_size(ctx, instance) {
        Ok(Value::fixnum((expect_instance(ctx, instance)?.size() - INSTANCE_SLOTS) as i64))
    }
    fn funcallable_instance_ref(ctx, instance, i) {
        let slot = instance_slot(ctx, instance, i)?;
        Ok(instance.slot(slot))
    }
    fn set_funcallable_instance_ref(ctx, instance, i, value) {
        let slot = instance_slot(ctx, instance, i)?;
        set_slot(ctx, instance, slot, value);
        Ok(value)
    }
}

/// Gives the symbol a function definition; gives the function.
pub(super) fn set_definition(ctx: &mut ThreadContext, sym: Value, function: Value) -> LispResult {
    let sym = expect_symbol(ctx, sym)?;
    if !function.is_function() {
        return Err(wrong_type(ctx, function, Sym::FUNCTION));
    }
    set_slot(ctx, sym, symbol::FUNCTION, function);
    set_flag(sym, SYMBOL_MACRO, has_function_flag(function, FUNCTION_MACRO));
    Ok(function)
}

/// Makes the symbol name a macro; gives the expander.
pub(super) fn set_macro(ctx: &mut ThreadContext, sym: Value, expander: Value) -> LispResult {
    let sym = expect_symbol(ctx, sym)?;
    if !expander.is_function() {
        return Err(wrong_type(ctx, expander, Sym::FUNCTION));
    }
    let object = make_function(ctx, rook_macro_entry as *const () as u64, FUNCTION_MACRO, 3);
    set_slot(ctx, object, MACRO_NAME, sym);
    set_slot(ctx, object, MACRO_EXPANDER, expander);
    set_slot(ctx, sym, symbol::FUNCTION, object);
    set_flag(sym, SYMBOL_MACRO, true);
    Ok(expander)
}

/// The function or macro object that a symbol names.
fn definition(sym: Value) -> Option<Value> {
    let function = symbols::symbol_function(sym);
    (function.is_function() && !has_function_flag(function, FUNCTION_UNDEFINED)).then_some(function)
}

fn has_function_flag(function: Value, flag: u64) -> bool {
    function.header_word() & flag != 0
}

fn is_funcallable_instance(v: Value) -> bool {
    v.is_function() && has_function_flag(v, FUNCTION_FUNCALLABLE_INSTANCE)
}

/// A function object of `size` slots (the entry counts), the tagged ones fixnum 0.
fn make_function(ctx: &mut ThreadContext, entry: u64, flags: u64, size: u64) -> Value {
    let base = allocate(ctx, layout::header(kind::FUNCTION, size) | flags);
    // SAFETY: a fresh function object has its entry word after the header.
    unsafe { *base.add(1) = entry };
    Value(base as u64 | FUNCTION_TAG)
}

fn expect_function(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if v.is_function() { Ok(v) } else { Err(wrong_type(ctx, v, Sym::FUNCTION)) }
}

fn expect_instance(ctx: &mut ThreadContext, v: Value) -> LispResult {
    if is_funcallable_instance(v) { Ok(v) } else { Err(wrong_type(ctx, v, Sym::FUNCTION)) }
}

fn instance_slot(ctx: &mut ThreadContext, instance: Value, i: Value) -> LispResult<usize> {
    let instance = expect_instance(ctx, instance)?;
    let index = expect_fixnum(ctx, i)?;
    if index < 0 || index as usize + INSTANCE_SLOTS >= instance.size() {
        return Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[instance, i]));
    }
    Ok(index as usize + INSTANCE_SLOTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{call_lisp, call_lisp_values};
    use crate::object::symbol::make_symbol_named;
    use crate::object::testing::with_context;

    core::arch::global_asm!(
        ".pushsection .text.rook_test_two,\"ax\",@progbits",
        ".globl rook_test_two", ".hidden rook_test_two",
        "rook_test_two: mov rax, rcx; mov ecx, 1; ret",
        ".popsection",
    );
    unsafe extern "C" {
        fn rook_test_two();
    }

    fn call(primitive: impl FnOnce(&mut ThreadContext) -> u64, ctx: &mut ThreadContext) -> Value {
        Value(primitive(ctx))
    }

    #[test]
    fn a_funcallable_instance_calls_its_function() {
        with_context(|ctx| {
            let instance = call(|c| make_funcallable_instance(c, nil(), Value::fixnum(2)), ctx);
            let second = make_function(ctx, rook_test_two as *const () as u64, 0, 1);
            set_funcallable_instance_function(ctx, instance, second);
            assert_eq!(call_lisp(ctx, instance, &[Value::fixnum(1), Value::fixnum(2)]).expect("no exit"), Value::fixnum(2));
            assert_eq!(funcallable_instance_ref(ctx, instance, Value::fixnum(1)), Value::UNBOUND.0);
            assert_eq!(funcallable_instance_ref(ctx, instance, Value::fixnum(2)), crate::abi::tags::ERROR_MARK);
        });
    }

    #[test]
    fn macros_are_fbound_but_no_functions() {
        with_context(|ctx| {
            let sym = make_symbol_named(ctx, &[0x4d]);
            let expander = make_function(ctx, rook_test_two as *const () as u64, 0, 1);
            assert_eq!(Value(fboundp(ctx, sym)), nil());
            set_macro_expander(ctx, sym, expander);
            assert_ne!(Value(fboundp(ctx, sym)), nil());
            assert_eq!(Value(macro_expander(ctx, sym)), expander);
            assert_eq!(coerce_to_function(ctx, sym), crate::abi::tags::ERROR_MARK);
            set_symbol_function(ctx, sym, expander);
            assert_eq!(Value(coerce_to_function(ctx, sym)), expander);
            assert_eq!(Value(macro_expander(ctx, sym)), nil());
            let values = call_lisp_values(ctx, sym, &[nil(), Value::fixnum(3)]).expect("no exit");
            assert_eq!(values, [Value::fixnum(3)]);
            fmakunbound(ctx, sym);
            assert_eq!(Value(fboundp(ctx, sym)), nil());
        });
    }
}
