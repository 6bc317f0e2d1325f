//! What the defining macros do when they are executed, and what macro lambda lists check.

use crate::abi::layout::{SYMBOL_CONSTANT, SYMBOL_SPECIAL};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::control::binding::{set_symbol_value, value_or_unbound};
use crate::control::errors::{expect_symbol, program_error};
use crate::object::package::{find_package, keyword};
use crate::object::symbol::{global_value, has_flag, put_property, set_flag, set_global_value, set_special};
use crate::object::text::expect_designator;
use crate::object::{package, string};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

/// Stores a documentation string under an indicator of ROOK-KERNEL; NIL leaves what is there.
fn document(ctx: &mut ThreadContext, sym: Value, indicator: &str, documentation: Value) {
    if documentation.is_nil() {
        return;
    }
    let kernel = package::find_package_str("ROOK-KERNEL").expect("boot makes the kernel package");
    let indicator = package::intern_str(ctx, kernel, indicator);
    put_property(ctx, sym, indicator, documentation);
}

fn define_constant(ctx: &mut ThreadContext, sym: Value, value: Value) -> LispResult<()> {
    let sym = expect_symbol(ctx, sym)?;
    if has_flag(sym, SYMBOL_SPECIAL) && !has_flag(sym, SYMBOL_CONSTANT) {
        return Err(program_error(ctx, "The special variable ~S cannot become a constant.", &[sym]));
    }
    // The same definition is evaluated again when a file is loaded twice; the first value stays, so
    // that code compiled with it remains right.
    let old = global_value(sym);
    if !has_flag(sym, SYMBOL_CONSTANT) || old == Value::UNBOUND {
        set_global_value(ctx, sym, value);
        set_flag(sym, SYMBOL_CONSTANT, true);
        return Ok(());
    }
    if old != value && !old.is_reference() {
        return Err(program_error(ctx, "The constant ~S cannot get another value.", &[sym]));
    }
    Ok(())
}

primitives! {
    /// `defun`: the symbol gets the function.
    fn defun(ctx, sym, function, documentation) {
        super::functions::set_definition(ctx, sym, function)?;
        document(ctx, sym, "%FUNCTION-DOCUMENTATION", documentation);
        Ok(sym)
    }
    /// `defmacro`: the symbol gets the expander.
    fn defmacro(ctx, sym, expander, documentation) {
        super::functions::set_macro(ctx, sym, expander)?;
        document(ctx, sym, "%FUNCTION-DOCUMENTATION", documentation);
        Ok(sym)
    }
    /// `defvar`: proclaims; T when the variable is unbound and so needs its initial value.
    fn defvar(ctx, sym, documentation) {
        proclaim_variable(ctx, sym)?;
        document(ctx, sym, "%VARIABLE-DOCUMENTATION", documentation);
        Ok(Value::bool(value_or_unbound(ctx, sym) == Value::UNBOUND))
    }
    /// `defparameter`: proclaims and assigns.
    fn defparameter(ctx, sym, value, documentation) {
        proclaim_variable(ctx, sym)?;
        set_symbol_value(ctx, sym, value);
        document(ctx, sym, "%VARIABLE-DOCUMENTATION", documentation);
        Ok(sym)
    }
    /// `defconstant`.
    fn defconstant(ctx, sym, value, documentation) {
        define_constant(ctx, sym, value)?;
        document(ctx, sym, "%VARIABLE-DOCUMENTATION", documentation);
        Ok(sym)
    }
    /// Proclaims a symbol special.
    fn proclaim_special(ctx, sym) {
        proclaim_variable(ctx, sym)?;
        Ok(sym)
    }
    /// Records what the compiler is to know of a name, under an indicator symbol.
    fn set_info(ctx, sym, indicator, value) {
        let sym = expect_symbol(ctx, sym)?;
        put_property(ctx, sym, indicator, value);
        Ok(value)
    }
    /// The package of a name, or a package error.
    fn find_package_or_error(ctx, designator) {
        let name = expect_designator(ctx, designator)?;
        find_package(&name).ok_or_else(|| {
            let name: String = name.iter().filter_map(|&c| char::from_u32(c)).collect();
            let message = string(ctx, &format!("There is no package named {name}."));
            ctx.raise(ErrorKind::Package, &[designator, message])
        })
    }
    /// What a form with a compile-time error does when it is executed.
    fn source_error(ctx, message) {
        Err(program_error(ctx, "~A", &[message]))
    }
    /// Checks that a list has a number of elements in range (`max` -1: any more, and a dotted end).
    fn check_macro_arguments(ctx, arguments, min, max, name) {
        let (min, max) = (min.as_fixnum(), max.as_fixnum());
        let (mut count, mut rest) = (0, arguments);
        while rest.is_cons() && (count <= max || max < 0 && count < min) {
            count += 1;
            rest = rest.cdr();
        }
        if count < min || max >= 0 && (count > max || !rest.is_nil()) {
            return Err(program_error(ctx, "~S does not match the lambda list of ~S.", &[arguments, name]));
        }
        Ok(nil())
    }
    /// Checks that a property list has only allowed keywords, unless `:allow-other-keys` says otherwise.
    fn check_macro_keywords(ctx, arguments, allowed, name) {
        let (mut rest, mut unknown, mut open) = (arguments, None, None);
        let allow = keyword(ctx, "ALLOW-OTHER-KEYS");
        while rest.is_cons() {
            if !rest.cdr().is_cons() {
                return Err(program_error(ctx, "The keyword arguments ~S of ~S are not pairs.", &[arguments, name]));
            }
            let key = rest.car();
            if key == allow {
                open = open.or(Some(!rest.cdr().car().is_nil()));
            } else if !allowed.list_iter().any(|k| k == key) {
                unknown = unknown.or(Some(key));
            }
            rest = rest.cdr().cdr();
        }
        match unknown {
            Some(key) if open != Some(true) => {
                Err(program_error(ctx, "~S is no keyword argument of ~S.", &[key, name]))
            }
            _ => Ok(nil()),
        }
    }
    /// The tail of a property list that begins with the value of a key, or NIL.
    fn find_keyword_argument(ctx, arguments, key) {
        let mut rest = arguments;
        while rest.is_cons() && rest.cdr().is_cons() {
            if rest.car() == key {
                return Ok(rest.cdr());
            }
            rest = rest.cdr().cdr();
        }
        Ok(nil())
    }
}

fn proclaim_variable(ctx: &mut ThreadContext, sym: Value) -> LispResult<()> {
    let sym = expect_symbol(ctx, sym)?;
    if has_flag(sym, SYMBOL_CONSTANT) {
        return Err(program_error(ctx, "The constant ~S cannot be special.", &[sym]));
    }
    set_special(sym);
    Ok(())
}
