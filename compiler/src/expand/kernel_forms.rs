//! Operators of ROOK-KERNEL: `named-lambda`, `%primitive`, `%foreign-call`.

use crate::hash::HashMap;
use std::sync::OnceLock;

use rook_runtime::abi::primitives::Primitive;
use rook_runtime::object::string_to_rust;
use rook_runtime::object::symbol::symbol_text;
use rook_runtime::object::text::display_name;
use rook_runtime::value::Value;

use super::lambda_list::FunctionSource;
use super::macro_lambda::Context;
use super::{Expanded, Expander};
use crate::diag::{Code, Diagnostic};
use crate::env::Env;
use crate::hir::*;

/// The runtime's primitive with this Lisp name (any case, hyphens).
pub(super) fn find_primitive(name: &str) -> Option<&'static Primitive> {
    static TABLE: OnceLock<HashMap<String, Primitive>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rook_runtime::primitives::all().into_iter().map(|p| (p.name.replace('_', "-"), p)).collect()
    });
    table.get(&name.to_lowercase().replace('_', "-"))
}

/// The C type that a keyword names.
fn foreign_type(keyword: Value) -> Option<ForeignType> {
    if !keyword.is_symbol() {
        return None;
    }
    Some(match symbol_text(keyword).as_str() {
        "VOID" => ForeignType::Void,
        "INT8" => ForeignType::Int8,
        "INT16" => ForeignType::Int16,
        "INT32" => ForeignType::Int32,
        "INT64" => ForeignType::Int64,
        "UINT8" => ForeignType::Uint8,
        "UINT16" => ForeignType::Uint16,
        "UINT32" => ForeignType::Uint32,
        "UINT64" => ForeignType::Uint64,
        "SINGLE" => ForeignType::Single,
        "DOUBLE" => ForeignType::Double,
        "POINTER" => ForeignType::Pointer,
        "C-STRING" => ForeignType::CString,
        "VALUE" => ForeignType::Value,
        "BOOL" => ForeignType::Bool,
        _ => return None,
    })
}

impl Expander<'_> {
    /// `(named-lambda name lambda-list . body)`: a function whose name is known to backtraces.
    pub(super) fn expand_named_lambda(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let name = self.roots.get(a[0]);
        let name = match crate::env::declarations::function_symbol(self.ctx(), name) {
            Some(symbol) => self.display_name(symbol),
            None => display_name(name),
        };
        let source = FunctionSource { lambda_list: a[1], body: &a[2..], block: None };
        let id = self.expand_new_function(name, source, env)?;
        Ok(self.node(Kind::Lambda(id)))
    }
    /// `(%expander-lambda kind name lambda-list . body)`: a function of form and environment with a
    /// macro lambda list; the kind is :macro, :compiler-macro or :type.
    pub(super) fn expand_expander_lambda(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 3, None)?;
        let kind = self.roots.get(a[0]);
        let context = match display_name(kind).as_str() {
            "MACRO" => Context::Macro,
            "COMPILER-MACRO" => Context::CompilerMacro,
            "TYPE" => Context::Type,
            _ => return self.fail(Code::MalformedForm, "the kind of a macro lambda is :macro, :compiler-macro or :type"),
        };
        let name = self.function_name_symbol(self.roots.get(a[1]))?;
        let lambda = self.macro_lambda(context, name, a[2], &a[3..])?;
        self.expand(lambda, env)
    }
    /// `(%primitive name argument…)`.
    pub(super) fn expand_primitive(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let name = display_name(self.roots.get(a[0]));
        let Some(primitive) = find_primitive(&name) else {
            return self.fail(Code::UnknownPrimitive, format!("there is no primitive {}", name.to_lowercase()));
        };
        if primitive.arity != a.len() - 1 {
            let diagnostic = Diagnostic::new(
                Code::UnknownPrimitive,
                self.span,
                format!("the primitive {} takes {} arguments, not {}", name.to_lowercase(), primitive.arity, a.len() - 1),
            );
            self.report_diagnostic(diagnostic);
            return Err(super::Stop::Reported);
        }
        let arguments = self.expand_all(&a[1..], env)?;
        Ok(self.node(Kind::Primitive(primitive.name, arguments)))
    }
    /// `(%foreign-call symbol-or-nil result-type (argument-type…) blocking argument…)`. Without a
    /// symbol the first argument is the address of the function and has no type in the list.
    pub(super) fn expand_foreign_call(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 4, None)?;
        let symbol = self.roots.get(a[0]);
        let symbol = match () {
            () if symbol.is_nil() => None,
            () if symbol.is_string() => Some(string_to_rust(symbol)),
            () => return self.fail(Code::MalformedForm, "a foreign function is named by a string, or NIL for an address"),
        };
        let types = self.elements(self.roots.get(a[2]), "the argument types of a foreign call")?;
        let types: Option<Vec<ForeignType>> = types.iter().map(|&ty| foreign_type(self.roots.get(ty))).collect();
        let (Some(arguments), Some(result)) = (types, foreign_type(self.roots.get(a[1]))) else {
            return self.fail(Code::MalformedForm, "a foreign call names a type that does not exist");
        };
        let expected = arguments.len() + symbol.is_none() as usize;
        if a.len() - 4 != expected {
            let message = format!("the foreign call needs {expected} arguments, not {}", a.len() - 4);
            return self.fail(Code::MalformedForm, message);
        }
        let blocking = !self.roots.get(a[3]).is_nil();
        let nodes = self.expand_all(&a[4..], env)?;
        Ok(self.node(Kind::Foreign(Box::new(ForeignCall { symbol, arguments, result, blocking }), nodes)))
    }
}
