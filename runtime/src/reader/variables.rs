//! The dynamic variables that govern reading, taken once per read and again after Lisp ran.

use super::lisp;
use super::number_syntax::FloatFormat;
use super::readtable::{self, Case, is_readtable};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::abi::well_known::Sym;
use crate::object::package::{is_package, keyword};
use crate::object::symbol::{set_global_value, symbol_text, well_known};
use crate::object::list;
use crate::value::{LispResult, Raised, Value, nil, t};

#[derive(Clone, Copy)]
pub struct Variables {
    pub readtable: Value,
    pub case: Case,
    pub package: Value,
    pub base: u32,
    pub format: FloatFormat,
    pub suppress: bool,
}

impl Variables {
    pub fn load(ctx: &mut ThreadContext) -> LispResult<Variables> {
        let readtable = lisp::variable(ctx, Sym::READTABLE_VAR);
        if !is_readtable(readtable) {
            return Err(wrong(ctx, Sym::READTABLE_VAR, readtable, Sym::READTABLE));
        }
        let package = lisp::variable(ctx, Sym::PACKAGE_VAR);
        if !is_package(package) {
            return Err(wrong(ctx, Sym::PACKAGE_VAR, package, Sym::PACKAGE));
        }
        let base = lisp::variable(ctx, Sym::READ_BASE);
        let Some(radix) = base.to_fixnum().filter(|b| (2..=36).contains(b)) else {
            return Err(wrong(ctx, Sym::READ_BASE, base, Sym::INTEGER));
        };
        Ok(Variables {
            readtable,
            case: readtable::case(readtable),
            package,
            base: radix as u32,
            format: float_format(ctx),
            suppress: !lisp::variable(ctx, Sym::READ_SUPPRESS).is_nil(),
        })
    }
}

/// A variable holds nonsense: a type error, and the standard value back in its place, so that the
/// debugger can read.
fn wrong(ctx: &mut ThreadContext, variable: Sym, value: Value, expected: Sym) -> Raised {
    let standard = match variable {
        Sym::READTABLE_VAR => readtable::make_standard(ctx),
        Sym::PACKAGE_VAR => crate::object::package::find_package_str("COMMON-LISP-USER").unwrap_or(value),
        _ => Value::fixnum(10),
    };
    lisp::set_variable(ctx, variable, standard);
    ctx.raise(ErrorKind::Type, &[value, well_known(expected)])
}

fn float_format(ctx: &ThreadContext) -> FloatFormat {
    let format = lisp::variable(ctx, Sym::READ_DEFAULT_FLOAT_FORMAT);
    let is_double = format == well_known(Sym::DOUBLE_FLOAT) || format.is_symbol() && symbol_text(format) == "LONG-FLOAT";
    if is_double { FloatFormat::Double } else { FloatFormat::Single }
}

/// Features of every Rook; the library adds what it implements.
const FEATURES: &[&str] = &[
    "ROOK", "ANSI-CL", "COMMON-LISP", "X86-64", "64-BIT", "LITTLE-ENDIAN", "LINUX", "UNIX", "UNICODE",
    "IEEE-FLOATING-POINT", "NATIVE-COMPILER",
];

/// Gives the reader's variables their initial values: at start, with and without an image.
pub fn init(ctx: &mut ThreadContext) {
    let table = readtable::make_standard(ctx);
    let features: Vec<Value> = FEATURES.iter().map(|name| keyword(ctx, name)).collect();
    let features = list(ctx, &features);
    for (variable, value) in [
        (Sym::READTABLE_VAR, table),
        (Sym::READ_BASE, Value::fixnum(10)),
        (Sym::READ_EVAL, t()),
        (Sym::READ_SUPPRESS, nil()),
        (Sym::READ_DEFAULT_FLOAT_FORMAT, well_known(Sym::SINGLE_FLOAT)),
        (Sym::READER_LABELS, nil()),
        (Sym::FEATURES, features),
    ] {
        set_global_value(ctx, well_known(variable), value);
    }
}

/// Binds a variable for the time of a call, as far as calls return: the old value comes back.
pub struct Override {
    pub variable: Sym,
    pub value: Value,
}

impl Override {
    /// Sets the value and keeps the old one in place of it.
    pub fn exchange(&mut self, ctx: &mut ThreadContext) {
        let old = lisp::variable(ctx, self.variable);
        lisp::set_variable(ctx, self.variable, self.value);
        self.value = old;
    }
}
