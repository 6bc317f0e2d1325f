//! What the reader asks of the rest of Lisp: dynamic variables and calls of functions.

use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::{binding, call_lisp_values, resume};
use crate::object::symbol::well_known;
use crate::stack::handles::{Handle, HandleScope};
use crate::value::{LispResult, Value};

/// The value of a variable, `Value::UNBOUND` when it has none.
pub fn variable(ctx: &ThreadContext, id: Sym) -> Value {
    binding::well_known_value(ctx, id)
}

pub fn set_variable(ctx: &mut ThreadContext, id: Sym, value: Value) {
    binding::set_symbol_value(ctx, well_known(id), value);
}

/// Calls a function designator; its primary value, `None` when it returned no values. The `roots`
/// are kept up to date over the call, in which objects may move.
pub fn call_rooted(
    ctx: &mut ThreadContext,
    function: Value,
    args: &[Value],
    mut roots: Vec<&mut Value>,
) -> LispResult<Option<Value>> {
    let scope = HandleScope::new(ctx);
    let handles: Vec<Handle> = roots.iter().map(|root| scope.handle(**root)).collect();
    let result = call_lisp_values(ctx, function, args);
    for (root, handle) in roots.iter_mut().zip(handles) {
        **root = handle.get();
    }
    match result {
        Ok(values) => Ok(values.first().copied()),
        Err(exit) => Err(resume(ctx, exit)),
    }
}
