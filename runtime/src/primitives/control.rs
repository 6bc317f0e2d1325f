//! Primitives of control: dynamic variables, pending errors, common errors, limits.

use crate::abi::layout::{HEADER_SIZE_SHIFT, SYMBOL_CONSTANT, layout_slot, symbol};
use crate::abi::thread_context::ErrorKind;
use crate::abi::well_known::Sym;
use crate::capi::calls;
use crate::control::errors::{expect_fixnum, expect_symbol, simple_error, wrong_type};
use crate::control::{binding, exits, raise};
use crate::object::set_slot;
use crate::object::symbol::{global_value, has_flag, well_known, well_known_numbered};
use crate::primitives;
use crate::thread::limits;
use crate::value::{LispResult, Value, nil};
use crate::abi::thread_context::{ThreadContext, exit_kind};

primitives! {
    /// Pushes a dynamic binding.
    fn bind(ctx, sym, value) {
        let sym = expect_symbol(ctx, sym)?;
        binding::bind(ctx, sym, value)?;
        Ok(nil())
    }
    /// Height of the binding stack.
    fn binding_height(ctx) {
        Ok(Value::fixnum(binding::height(ctx) as i64))
    }
    /// Undoes bindings down to a height that `binding-height` gave.
    fn unbind_to(ctx, height) {
        let height = expect_fixnum(ctx, height)?;
        if height < 0 || height as u64 > binding::height(ctx) {
            return Err(simple_error(ctx, "~S is no height of the binding stack.", &[Value::fixnum(height)]));
        }
        binding::unwind_to_height(ctx, height as u64);
        Ok(nil())
    }
    /// Binds the symbols of a list to the values of another, for `progv`; symbols without a value become
    /// unbound. Gives the height to unbind to.
    fn progv_bind(ctx, symbols, values) {
        let height = binding::height(ctx);
        let mut rest = values;
        for sym in symbols.list_iter() {
            let sym = expect_symbol(ctx, sym).inspect_err(|_| ctx.pending_final = 1)?;
            let value = if rest.is_cons() { rest.car() } else { Value::UNBOUND };
            rest = if rest.is_cons() { rest.cdr() } else { nil() };
            binding::bind_quietly(ctx, sym, value).inspect_err(|_| ctx.pending_final = 1)?;
        }
        Ok(Value::fixnum(height as i64))
    }
    /// Value of a variable; unbound raises.
    fn symbol_value(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        binding::symbol_value(ctx, sym)
    }
    /// Sets the current binding or the global value; gives the value.
    fn set_symbol_value(ctx, sym, value) {
        let sym = expect_symbol(ctx, sym)?;
        if has_flag(sym, SYMBOL_CONSTANT) {
            return Err(binding::constant_error(ctx, sym));
        }
        binding::set_symbol_value(ctx, sym, value);
        Ok(value)
    }
    /// The global value, whatever bindings there are; unbound raises.
    fn global_symbol_value(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        match global_value(sym) {
            Value::UNBOUND => Err(ctx.raise(ErrorKind::UnboundVariable, &[sym])),
            value => Ok(value),
        }
    }
    /// Sets the global value, also of a constant.
    fn set_global_symbol_value(ctx, sym, value) {
        let sym = expect_symbol(ctx, sym)?;
        if sym.is_nil() {
            return Err(binding::constant_error(ctx, sym));
        }
        set_slot(ctx, sym, symbol::VALUE, value);
        Ok(value)
    }
    fn boundp(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        Ok(Value::bool(binding::value_or_unbound(ctx, sym) != Value::UNBOUND))
    }
    fn makunbound(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        if has_flag(sym, SYMBOL_CONSTANT) {
            return Err(binding::constant_error(ctx, sym));
        }
        binding::make_unbound(ctx, sym);
        Ok(sym)
    }
    /// Whether the symbol is bound dynamically right now.
    fn dynamically_bound_p(ctx, sym) {
        let sym = expect_symbol(ctx, sym)?;
        let header = sym.header_word();
        let index = (header >> HEADER_SIZE_SHIFT) as usize;
        // SAFETY: indexes in headers lie in the thread-local table.
        let local = unsafe { *(ctx.tls as *const u64).add(index) };
        Ok(Value::bool(local != crate::abi::tags::NO_TLS_VALUE))
    }
    /// Whether a `catch` with this tag is on the chain.
    fn catch_tag_active_p(ctx, tag) {
        Ok(Value::bool(exits::find(ctx, exit_kind::CATCH, tag).is_some()))
    }

    /// Whether C gets the condition when an error that nobody handles ends what C called.
    fn c_gets_condition_p(ctx) {
        Ok(Value::bool(calls::outermost_call(ctx).is_some() && calls::gets_condition()))
    }

    /// The pending error's kind, as the number of its `ErrorKind`.
    fn pending_kind(ctx) {
        Ok(Value::fixnum(ctx.pending_kind as i64))
    }
    fn pending_count(ctx) {
        Ok(Value::fixnum(ctx.pending_arg_count as i64))
    }
    /// Argument `i` of the pending error, NIL beyond the last.
    fn pending_arg(ctx, i) {
        let i = expect_fixnum(ctx, i)?;
        let present = i >= 0 && (i as u64) < ctx.pending_arg_count;
        Ok(if present { Value(ctx.pending_args[i as usize]) } else { nil() })
    }
    /// True when `%raise` must not return, because its value would not be understood.
    fn pending_final_p(ctx) {
        Ok(Value::bool(ctx.pending_final != 0))
    }
    /// Forgets the pending error; `%raise` does so once it has read it.
    fn clear_pending(ctx) {
        raise::clear_pending(ctx);
        Ok(nil())
    }

    fn type_error(ctx, datum, expected) {
        Err(ctx.raise(ErrorKind::Type, &[datum, expected]))
    }
    /// The expected type as the raw number of a well-known symbol.
    fn standard_type_error(ctx, datum, expected) {
        let expected = well_known_numbered(expected.0 as usize);
        Err(ctx.raise(ErrorKind::Type, &[datum, expected]))
    }
    /// The expected structure type by its layout.
    fn structure_type_error(ctx, datum, expected) {
        Err(ctx.raise(ErrorKind::Type, &[datum, expected.slot(layout_slot::NAME)]))
    }
    fn index_error(ctx, sequence, index) {
        Err(ctx.raise(ErrorKind::IndexOutOfBounds, &[sequence, index]))
    }
    /// Of compiled code, which could not go on.
    fn final_index_error(ctx, sequence, index) {
        let raised = ctx.raise(ErrorKind::IndexOutOfBounds, &[sequence, index]);
        ctx.pending_final = 1;
        Err(raised)
    }
    fn unbound_variable(ctx, name) {
        Err(ctx.raise(ErrorKind::UnboundVariable, &[name]))
    }
    fn undefined_function(ctx, name, arguments) {
        Err(ctx.raise(ErrorKind::UndefinedFunction, &[name, arguments]))
    }
    fn division_by_zero(ctx, operator, operands) {
        Err(ctx.raise(ErrorKind::DivisionByZero, &[operator, operands]))
    }
    /// The function was called with `count` arguments.
    fn wrong_argument_count(ctx, function, count) {
        ctx.arg_count = 0;
        Err(ctx.raise(ErrorKind::WrongArgumentCount, &[function, count]))
    }
    fn control_error(ctx, tag) {
        Err(ctx.raise(ErrorKind::Control, &[tag]))
    }
    fn program_error(ctx, control, arguments) {
        Err(ctx.raise(ErrorKind::Program, &[control, arguments]))
    }

    /// Soft limit in bytes of the stack that EXT:C-STACK or EXT:BINDING-STACK names.
    fn stack_limit(ctx, name) {
        let bytes = match which_stack(ctx, name)? {
            Stack::Lisp => limits::stack_size(ctx),
            Stack::Binding => limits::binding_size(ctx),
        };
        Ok(Value::fixnum(bytes as i64))
    }
    /// Sets a soft limit, within the bounds of the stack; gives the limit now in force.
    fn set_stack_limit(ctx, name, bytes) {
        let stack = which_stack(ctx, name)?;
        let bytes = expect_fixnum(ctx, bytes)?;
        if bytes < 0 {
            return Err(wrong_type(ctx, Value::fixnum(bytes), Sym::UNSIGNED_BYTE));
        }
        let now = match stack {
            Stack::Lisp => {
                limits::set_stack_size(ctx, bytes as u64);
                limits::stack_size(ctx)
            }
            Stack::Binding => {
                limits::set_binding_size(ctx, bytes as u64);
                limits::binding_size(ctx)
            }
        };
        Ok(Value::fixnum(now as i64))
    }
    /// Raises the heap's soft limit by half, as CONTINUE does; gives the limit now in force.
    fn extend_heap(ctx) {
        Ok(Value::fixnum(raised_heap_limit(ctx) as i64))
    }
    /// Raises a soft limit by half, as CONTINUE does; false at the bounds of the stack.
    fn grow_stack(ctx, name) {
        Ok(Value::bool(match which_stack(ctx, name)? {
            Stack::Lisp => limits::grow_stack(ctx),
            Stack::Binding => limits::grow_binding(ctx),
        }))
    }
}

fn raised_heap_limit(ctx: &mut ThreadContext) -> u64 {
    let limit = crate::heap::limit(ctx);
    crate::heap::set_limit(ctx, limit + limit / 2);
    crate::heap::limit(ctx)
}

enum Stack {
    Lisp,
    Binding,
}

fn which_stack(ctx: &mut ThreadContext, name: Value) -> LispResult<Stack> {
    if name == well_known(Sym::C_STACK) {
        Ok(Stack::Lisp)
    } else if name == well_known(Sym::BINDING_STACK) {
        Ok(Stack::Binding)
    } else {
        Err(simple_error(ctx, "~S names no stack.", &[name]))
    }
}
