//! Defining macros, natively expanded: each has a run-time half (`expand_…`, a call that makes the
//! definition) and, at top level of a file, a compile-time half (`…_at_compile_time`).

use rook_runtime::object::package;
use rook_runtime::object::symbol::{put_property, symbol_package, symbol_text};
use rook_runtime::object::text::designated_code_points;
use rook_runtime::value::{Value, nil, t};

use super::forms::Documentation;
use super::lambda_list::{self, FunctionSource};
use super::macro_lambda::Context;
use super::{Exit, Expanded, Expander, Rooted, Stop};
use crate::diag::{Code, Diagnostic};
use crate::env::compilation::Definition;
use crate::env::global_info::Info;
use crate::env::{Env, Held};
use crate::hir::*;

impl Expander<'_> {
    /// The name of a variable or macro to be defined.
    fn symbol_to_define(&mut self, name: Rooted) -> Expanded<Held> {
        let symbol = self.roots.get(name);
        if !symbol.is_symbol() {
            return self.fail(Code::MalformedForm, "the name to be defined must be a symbol");
        }
        Ok(self.hold(symbol))
    }
    fn variable_to_define(&mut self, name: Rooted) -> Expanded<Held> {
        let symbol = self.roots.get(name);
        if symbol == t() || symbol.is_nil() || symbol.is_symbol() && symbol_package(symbol) == package::keyword_package() {
            let message = format!("the constant {} cannot be defined anew", self.spelling(symbol));
            return self.fail(Code::AssignedConstant, message);
        }
        self.symbol_to_define(name)
    }
    /// Executes the nodes; the value is the defined name.
    fn definition(&mut self, mut nodes: Vec<Hir>, name: Value) -> Expanded {
        nodes.push(self.constant(name));
        Ok(self.sequence(nodes))
    }

    /// `(defun name lambda-list . body)`.
    pub(super) fn expand_defun(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let name = self.function_name_symbol(self.roots.get(a[0]))?;
        let arity = lambda_list::arity(self.roots.get(a[1]));
        self.note_definition(name, arity);
        let symbol = self.get(name);
        let id = self.reserve_function(self.display_name(symbol));
        if self.is_top_level_form() && !env.has_run_time_bindings() {
            self.unit.functions[id.0 as usize].global = Some(self.datums.id_of(symbol));
        }
        let inline = self.compilation.info(symbol, Info::Inline);
        let function = &mut self.unit.functions[id.0 as usize];
        function.inline = inline == Some(t());
        function.notinline = inline == Some(Value::ZERO);
        let block = self.hold(self.block_name(symbol));
        let body = self.body_with_proclaimed_types(symbol, a[1], &a[2..]);
        let source = FunctionSource { lambda_list: a[1], body: &body, block: Some(block) };
        self.fill_function(id, source, env)?;
        let documentation = self.documentation_constant(&a[2..]);
        let name_node = self.held_constant(Some(name));
        let function = self.node(Kind::Lambda(id));
        let mut nodes = vec![self.kernel_call("%DEFUN", vec![name_node, function, documentation])];
        if inline == Some(t()) && env.is_null() {
            let lambda = self.inline_lambda(block, a[1], &body);
            let lambda = self.literal(lambda)?;
            let name_node = self.held_constant(Some(name));
            nodes.push(self.set_info_call(name_node, Info::InlineLambda, lambda));
        }
        let name = self.roots.get(a[0]);
        self.definition(nodes, name)
    }
    pub(super) fn defun_at_compile_time(&mut self, form: Value, env: &Env) -> Expanded<()> {
        let a = self.operands(form, 2, None)?;
        let name = self.function_name_symbol(self.roots.get(a[0]))?;
        let symbol = self.get(name);
        if self.compilation.macro_function(symbol).is_some() {
            self.compilation.hide_info(symbol, Info::Macro);
        }
        self.compilation.set_info(symbol, Info::Function, t());
        if self.compilation.info(symbol, Info::Inline) == Some(t()) && env.is_null() {
            let block = self.hold(self.block_name(symbol));
            let body = self.body_with_proclaimed_types(symbol, a[1], &a[2..]);
            let lambda = self.inline_lambda(block, a[1], &body);
            self.compilation.set_info(symbol, Info::InlineLambda, lambda);
        }
        Ok(())
    }
    /// The body with declarations of the required parameters' types, from a proclaimed `ftype`.
    fn body_with_proclaimed_types(&mut self, name: Value, lambda_list: Rooted, body: &[Rooted]) -> Vec<Rooted> {
        let mut result = body.to_vec();
        let Some((parameters, _)) = self.proclaimed_types(name) else { return result };
        let (parameters, mut names) = (self.get(parameters), self.roots.get(lambda_list));
        let mut pairs = Vec::new();
        for ty in parameters.list_iter() {
            let is_keyword = |v: Value| v.is_symbol() && symbol_text(v).starts_with('&');
            if !names.is_cons() || !names.car().is_symbol() || is_keyword(names.car()) || is_keyword(ty) {
                break;
            }
            pairs.push((self.hold(ty), self.hold(names.car())));
            names = names.cdr();
        }
        let mut declaration = nil();
        for (ty, variable) in pairs.into_iter().rev() {
            let clause = self.list(&[self.cl("TYPE"), self.get(ty), self.get(variable)]);
            declaration = self.cons(clause, declaration);
        }
        if declaration.is_cons() {
            let declare = self.cons(self.cl("DECLARE"), declaration);
            result.insert(0, self.roots.push(declare));
        }
        result
    }
    /// `(lambda lambda-list declarations (block name . forms))`.
    fn inline_lambda(&mut self, block: Held, lambda_list: Rooted, body: &[Rooted]) -> Value {
        let start = self.parse_body(body, Documentation::Allowed).forms.len();
        let (head, forms) = body.split_at(body.len() - start);
        let forms = self.list_of(forms);
        let forms = self.cons(self.get(block), forms);
        let block = self.cons(self.cl("BLOCK"), forms);
        let mut result = self.list(&[block]);
        for &form in head.iter().rev() {
            if self.roots.get(form).is_cons() {
                result = self.cons(self.roots.get(form), result);
            }
        }
        let result = self.cons(self.roots.get(lambda_list), result);
        self.cons(self.cl("LAMBDA"), result)
    }
    /// The documentation string of a body, as a constant.
    fn documentation_constant(&mut self, body: &[Rooted]) -> Hir {
        let string = self.parse_body(body, Documentation::Allowed).documentation;
        self.optional_constant(string.as_ref())
    }
    /// Records a function definition, and warns when the file has one already.
    fn note_definition(&mut self, name: Held, arity: Option<crate::env::compilation::Arity>) {
        let definition = Definition { span: self.span, arity };
        let earlier = self.compilation.usage.borrow_mut().functions.insert(name, definition);
        if let Some(earlier) = earlier
            && self.is_file()
            && earlier.span != self.span
            // Not one that was evaluated at compile time.
            && earlier.span.line != 0
        {
            let message = format!("{} is defined twice in this file", self.spelling_of(name));
            let diagnostic = Diagnostic::new(Code::Redefinition, self.span, message)
                .with_label(earlier.span, "the earlier definition");
            self.report_diagnostic(diagnostic);
        }
    }

    /// `(defmacro name lambda-list . body)`.
    pub(super) fn expand_defmacro(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_macro_definition(form, env, Context::Macro)
    }
    pub(super) fn expand_define_compiler_macro(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_macro_definition(form, env, Context::CompilerMacro)
    }
    pub(super) fn expand_deftype(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_macro_definition(form, env, Context::Type)
    }
    fn macro_name(&mut self, name: Rooted, context: Context) -> Expanded<Held> {
        if context == Context::CompilerMacro {
            return self.function_name_symbol(self.roots.get(name));
        }
        self.symbol_to_define(name)
    }
    fn expand_macro_definition(&mut self, form: Value, env: &Env, context: Context) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let name = self.macro_name(a[0], context)?;
        let lambda = self.macro_lambda(context, name, a[1], &a[2..])?;
        let expander = self.expand(lambda, env)?;
        let name_node = self.held_constant(Some(name));
        let call = if context == Context::Macro {
            let documentation = self.documentation_constant(&a[2..]);
            self.kernel_call("%DEFMACRO", vec![name_node, expander, documentation])
        } else {
            self.set_info_call(name_node, info_of(context), expander)
        };
        let name = self.roots.get(a[0]);
        self.definition(vec![call], name)
    }
    /// The expander is compiled now, so that the rest of the file can use it.
    pub(super) fn macro_at_compile_time(&mut self, form: Value, env: &Env, context: Context) -> Expanded<()> {
        let a = self.operands(form, 2, None)?;
        let name = self.macro_name(a[0], context)?;
        let lambda = self.macro_lambda(context, name, a[1], &a[2..])?;
        let function = self.list(&[self.cl("FUNCTION"), lambda]);
        let expander = self.evaluate(function, env)?;
        let (symbol, info) = (self.get(name), info_of(context));
        if info == Info::Macro {
            self.compilation.set_info(symbol, info, expander);
        } else {
            // Library functions read these from the symbol while macros run.
            put_property(self.ctx(), symbol, self.compilation.indicator(info), expander);
        }
        Ok(())
    }

    /// `(define-symbol-macro symbol expansion)`.
    pub(super) fn expand_define_symbol_macro(&mut self, form: Value, _env: &Env) -> Expanded {
        let a = self.operands(form, 2, Some(2))?;
        let name = self.symbol_to_define(a[0])?;
        let (symbol, expansion) = (self.held_constant(Some(name)), self.roots.get(a[1]));
        let expansion = self.literal(expansion)?;
        let call = self.set_info_call(symbol, Info::SymbolMacro, expansion);
        let name = self.get(name);
        self.definition(vec![call], name)
    }
    pub(super) fn symbol_macro_at_compile_time(&mut self, form: Value) -> Expanded<()> {
        let a = self.operands(form, 2, Some(2))?;
        let name = self.symbol_to_define(a[0])?;
        self.compilation.set_info(self.get(name), Info::SymbolMacro, self.roots.get(a[1]));
        Ok(())
    }

    /// `(%define-info indicator symbol form)`: global information of the kind that the indicator
    /// symbol names, also for the rest of the file.
    pub(super) fn expand_define_info(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 3, Some(3))?;
        let info = self.info_kind(a[0])?;
        let name = self.function_name_symbol(self.roots.get(a[1]))?;
        let value = self.expand_at(a[2], env)?;
        let name_node = self.held_constant(Some(name));
        let call = self.set_info_call(name_node, info, value);
        let name = self.roots.get(a[1]);
        self.definition(vec![call], name)
    }
    pub(super) fn define_info_at_compile_time(&mut self, form: Value, env: &Env) -> Expanded<()> {
        let a = self.operands(form, 3, Some(3))?;
        let info = self.info_kind(a[0])?;
        let name = self.function_name_symbol(self.roots.get(a[1]))?;
        let value = self.evaluate(self.roots.get(a[2]), env)?;
        self.compilation.set_info(self.get(name), info, value);
        Ok(())
    }
    fn info_kind(&mut self, indicator: Rooted) -> Expanded<Info> {
        let symbol = self.roots.get(indicator);
        let info = if symbol.is_symbol() { Info::find(&symbol_text(symbol)) } else { None };
        match info {
            Some(info) => Ok(info),
            None => self.fail(Code::MalformedForm, "there is no such kind of global information"),
        }
    }

    /// `(defvar name [form [documentation]])`.
    pub(super) fn expand_defvar(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(3))?;
        let name = self.variable_to_define(a[0])?;
        let symbol = self.held_constant(Some(name));
        let call = match a.get(1) {
            None => self.kernel_call("%PROCLAIM-SPECIAL", vec![symbol]),
            Some(&init) => {
                let init = self.expand_at(init, env)?;
                let documentation = self.optional_constant(a.get(2));
                // True when the variable is unbound and so gets the initial value.
                let test = self.kernel_call("%DEFVAR", vec![symbol, documentation]);
                let id = self.datums.id_of(self.get(name));
                let set = self.node(Kind::SetGlobal(id, Box::new(init)));
                let otherwise = self.nil_node();
                self.if_node(test, set, otherwise)
            }
        };
        let name = self.get(name);
        self.definition(vec![call], name)
    }
    pub(super) fn expand_defparameter(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_variable_definition(form, env, "%DEFPARAMETER")
    }
    pub(super) fn expand_defconstant(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_variable_definition(form, env, "%DEFCONSTANT")
    }
    fn expand_variable_definition(&mut self, form: Value, env: &Env, definer: &'static str) -> Expanded {
        let a = self.operands(form, 2, Some(3))?;
        let name = self.variable_to_define(a[0])?;
        let value = self.expand_at(a[1], env)?;
        let documentation = self.optional_constant(a.get(2));
        let symbol = self.held_constant(Some(name));
        let call = self.kernel_call(definer, vec![symbol, value, documentation]);
        let name = self.get(name);
        self.definition(vec![call], name)
    }
    fn optional_constant(&mut self, form: Option<&Rooted>) -> Hir {
        let value = form.map_or(nil(), |&form| self.roots.get(form));
        self.constant(value)
    }
    pub(super) fn variable_at_compile_time(&mut self, form: Value) -> Expanded<()> {
        let a = self.operands(form, 1, Some(3))?;
        let name = self.variable_to_define(a[0])?;
        self.compilation.set_info(self.get(name), Info::Special, t());
        Ok(())
    }
    /// The name is constant from here on; its value is known when it can be computed now.
    pub(super) fn constant_at_compile_time(&mut self, form: Value, env: &Env) -> Expanded<()> {
        let a = self.operands(form, 2, Some(3))?;
        let name = self.variable_to_define(a[0])?;
        let form = self.roots.get(a[1]);
        let result = match self.constant_form(form) {
            Some(value) => Ok(value),
            None => self.processor.evaluate(form, &env.for_compile_time()),
        };
        let symbol = self.get(name);
        match result {
            Ok(value) => {
                let value = self.hold(value);
                self.compilation.set_info(symbol, Info::ConstantValue, self.get(value));
            }
            Err(Exit::Unwind) => return Err(Stop::Unwind),
            Err(Exit::Error(text)) => {
                let what = format!("the value of {} is not known at compile time", self.spelling(symbol));
                self.report_failure(Code::ConstantValue, &what, &text);
            }
        }
        self.compilation.set_info(self.get(name), Info::Constant, t());
        Ok(())
    }

    /// `(in-package name)`.
    pub(super) fn expand_in_package(&mut self, form: Value, _env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(1))?;
        let name = self.package_name(a[0])?;
        let string = rook_runtime::object::string_from_code_points(self.ctx(), &name);
        let argument = self.constant(string);
        let package = self.kernel_call("%FIND-PACKAGE-OR-ERROR", vec![argument]);
        let variable = self.datums.id_of(self.cl("*PACKAGE*"));
        Ok(self.node(Kind::SetGlobal(variable, Box::new(package))))
    }
    fn package_name(&mut self, designator: Rooted) -> Expanded<Vec<u32>> {
        match designated_code_points(self.roots.get(designator)) {
            Some(name) => Ok(name),
            None => self.fail(Code::MalformedForm, "a package is named by a string, symbol or character"),
        }
    }
    /// Sets `*package*` now: what follows in the file is read and compiled in it.
    pub(super) fn in_package_at_compile_time(&mut self, form: Value) -> Expanded<()> {
        let a = self.operands(form, 1, Some(1))?;
        let name = self.package_name(a[0])?;
        let Some(package) = package::find_package(&name) else {
            let text: String = name.iter().map(|&c| char::from_u32(c).unwrap_or('\u{fffd}')).collect();
            return self.fail(Code::UnknownPackage, format!("there is no package named {text}"));
        };
        rook_runtime::control::binding::set_symbol_value(self.ctx(), self.cl("*PACKAGE*"), package);
        Ok(())
    }
}

fn info_of(context: Context) -> Info {
    match context {
        Context::Macro | Context::Destructuring => Info::Macro,
        Context::CompilerMacro => Info::CompilerMacro,
        Context::Type => Info::TypeExpander,
    }
}
