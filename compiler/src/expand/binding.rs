//! Binding constructs: variables, local functions, local macros, symbol macros.

use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::value::Value;

use super::forms::{Body, Documentation};
use super::lambda_list::{self, FunctionSource};
use super::macro_lambda::Context;
use super::{Expanded, Expander, Rooted};
use crate::datum::DatumId;
use crate::diag::{Code, Diagnostic};
use crate::env::declarations::Declarations;
use crate::env::lexical::{Entry, Function, Inlining, Variable};
use crate::env::{Env, Held};
use crate::hir::*;
use crate::types::Type;

/// How a variable is used.
#[derive(Clone, Copy, Default)]
pub(super) struct Use {
    pub read: bool,
}

/// A binding around the body that is expanded later.
pub(super) enum Wrapper {
    Let(VarId, Hir),
    Bind(DatumId, Hir),
}

/// A variable that a construct binds, for the check that it is used.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub name: Held,
    pub var: VarId,
}

impl Expander<'_> {
    /// A compiler-made variable.
    pub(super) fn temporary(&mut self, name: &str) -> VarId {
        let id = VarId(self.unit.vars.len() as u32);
        self.unit.vars.push(Var {
            name: name.to_string(),
            declared: Type::ANY,
            declared_spec: None,
            assigned: false,
            dynamic_extent: false,
            ignored: false,
            span: self.span,
        });
        self.variable_uses.push(Use { read: true });
        id
    }
    /// A variable of the program, with what the declarations say of it.
    pub(super) fn new_variable(&mut self, name: Held, declarations: &Declarations) -> Expanded<VarId> {
        let promise = match declarations.type_of(name) {
            Some(specifier) => self.promise(specifier)?,
            None => None,
        };
        let text = symbol_text(self.get(name));
        let id = self.temporary(&text);
        let var = &mut self.unit.vars[id.0 as usize];
        if let Some((ty, specifier)) = promise {
            (var.declared, var.declared_spec) = (ty, Some(specifier));
        }
        var.dynamic_extent = declarations.is_dynamic_extent(name);
        var.ignored = declarations.is_ignored(name);
        self.variable_uses[id.0 as usize].read = false;
        Ok(id)
    }
    /// The name of a variable to be bound.
    pub(super) fn variable_name(&mut self, symbol: Value) -> Expanded<Held> {
        if !symbol.is_symbol() {
            return self.fail(Code::MalformedForm, "a variable is named by a symbol");
        }
        if self.compilation.is_constant(symbol) {
            let message = format!("the constant {} cannot be bound", self.spelling(symbol));
            return self.fail(Code::AssignedConstant, message);
        }
        Ok(self.hold(symbol))
    }
    pub(super) fn binds_special(&self, name: Held, declarations: &Declarations) -> bool {
        declarations.is_special(name) || self.compilation.is_special(self.get(name))
    }
    /// Warns of variables that are bound and never read, when the binding was written by hand.
    pub(super) fn check_used(&mut self, bound: &[Bound], declarations: &Declarations, from_text: bool) {
        for &Bound { name, var } in bound {
            let symbol = self.get(name);
            let read = self.variable_uses[var.0 as usize].read;
            if declarations.is_ignored(name) && read && from_text {
                let message = format!("the variable {} is declared ignore and yet used", self.spelling(symbol));
                self.report(Code::UsedIgnored, message);
            }
            let excused = read
                || !from_text
                || symbol_package(symbol).is_nil()
                || declarations.is_ignored(name)
                || declarations.ignorable.contains(&name)
                || declarations.is_special(name);
            if !excused {
                let spelling = self.spelling(symbol);
                let diagnostic =
                    Diagnostic::new(Code::UnusedVariable, self.span, format!("the variable {spelling} is never used"))
                        .with_help(format!("say (declare (ignore {spelling})) if that is meant"));
                self.report_diagnostic(diagnostic);
            }
        }
    }
    /// Nests a body in bindings, the first outermost.
    pub(super) fn wrap(&mut self, wrappers: Vec<Wrapper>, body: Hir) -> Hir {
        wrappers.into_iter().rev().fold(body, |body, wrapper| match wrapper {
            Wrapper::Let(var, init) => self.node(Kind::Let(vec![(var, init)], Box::new(body))),
            Wrapper::Bind(symbol, value) => self.node(Kind::Bind(vec![(symbol, value)], Box::new(body))),
        })
    }
    /// The bindings of `let` and its kin: name and initial form.
    fn let_bindings(&mut self, bindings: Rooted, what: &str) -> Expanded<Vec<(Held, Option<Rooted>)>> {
        let items = self.elements(self.roots.get(bindings), &format!("the bindings of {what}"))?;
        let mut result = Vec::new();
        for item in items {
            let binding = self.roots.get(item);
            if !binding.is_cons() {
                result.push((self.variable_name(binding)?, None));
                continue;
            }
            let rest = binding.cdr();
            if !(rest.is_nil() || rest.is_cons() && rest.cdr().is_nil()) {
                return self.fail(Code::MalformedForm, format!("a binding of {what} is a variable or (variable form)"));
            }
            let name = self.variable_name(binding.car())?;
            let init = rest.is_cons().then(|| self.roots.push(rest.car()));
            result.push((name, init));
        }
        Ok(result)
    }
    fn expand_init(&mut self, init: Option<Rooted>, env: &Env) -> Expanded {
        match init {
            Some(form) => self.expand_at(form, env),
            None => Ok(self.nil_node()),
        }
    }

    pub(super) fn expand_let(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let from_text = self.from_text;
        let bindings = self.let_bindings(a[0], "let")?;
        let body = self.parse_body(&a[1..], Documentation::No);
        let mut inits = Vec::new();
        for (i, &(name, init)) in bindings.iter().enumerate() {
            if bindings[..i].iter().any(|(other, _)| *other == name) {
                let message = format!("let binds {} twice", self.spelling_of(name));
                return self.fail(Code::MalformedForm, message);
            }
            inits.push((name, self.expand_init(init, env)?));
        }
        self.bind_parallel(inits, body, env, from_text)
    }
    /// Binds names to the values of nodes, all at once, around a body.
    pub(super) fn bind_parallel(&mut self, inits: Vec<(Held, Hir)>, body: Body, env: &Env, from_text: bool) -> Expanded {
        let names: Vec<Held> = inits.iter().map(|(name, _)| *name).collect();
        let any_lexical = names.iter().any(|&name| !self.binds_special(name, &body.declarations));
        let (mut lexical, mut special, mut entries, mut bound) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (name, init) in inits {
            if !self.binds_special(name, &body.declarations) {
                let var = self.new_variable(name, &body.declarations)?;
                lexical.push((var, init));
                entries.push(Entry::Variable(name, Variable::Lexical(var)));
                bound.push(Bound { name, var });
                continue;
            }
            entries.push(Entry::Variable(name, Variable::Special));
            let symbol = self.datums.id_of(self.get(name));
            if any_lexical {
                let var = self.temporary("special");
                lexical.push((var, init));
                special.push((symbol, self.node(Kind::Local(var))));
            } else {
                special.push((symbol, init));
            }
        }
        let inner = self.declare_free(&body.declarations, &names, &env.with(entries));
        let mut node = self.expand_progn(&body.forms, &inner)?;
        self.check_used(&bound, &body.declarations, from_text);
        if !special.is_empty() {
            node = self.node(Kind::Bind(special, Box::new(node)));
        }
        if !lexical.is_empty() {
            node = self.node(Kind::Let(lexical, Box::new(node)));
        }
        Ok(node)
    }

    pub(super) fn expand_let_star(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let from_text = self.from_text;
        let bindings = self.let_bindings(a[0], "let*")?;
        if bindings.len() as u32 + self.depth > super::MAX_DEPTH {
            return self.fail(Code::NestingTooDeep, "let* has too many bindings");
        }
        let body = self.parse_body(&a[1..], Documentation::No);
        let (mut wrappers, mut bound, mut inner) = (Vec::new(), Vec::new(), env.clone());
        for &(name, init) in &bindings {
            let init = self.expand_init(init, &inner)?;
            self.bind_one(name, init, &body.declarations, &mut wrappers, &mut bound, &mut inner)?;
        }
        let names: Vec<Held> = bindings.iter().map(|(name, _)| *name).collect();
        let inner = self.declare_free(&body.declarations, &names, &inner);
        let node = self.expand_progn(&body.forms, &inner)?;
        self.check_used(&bound, &body.declarations, from_text);
        Ok(self.wrap(wrappers, node))
    }
    /// One sequential binding.
    pub(super) fn bind_one(
        &mut self,
        name: Held,
        init: Hir,
        declarations: &Declarations,
        wrappers: &mut Vec<Wrapper>,
        bound: &mut Vec<Bound>,
        env: &mut Env,
    ) -> Expanded<()> {
        if self.binds_special(name, declarations) {
            let symbol = self.datums.id_of(self.get(name));
            wrappers.push(Wrapper::Bind(symbol, init));
            *env = env.with(vec![Entry::Variable(name, Variable::Special)]);
            return Ok(());
        }
        let var = self.new_variable(name, declarations)?;
        wrappers.push(Wrapper::Let(var, init));
        bound.push(Bound { name, var });
        *env = env.with(vec![Entry::Variable(name, Variable::Lexical(var))]);
        Ok(())
    }

    pub(super) fn expand_multiple_value_bind(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let from_text = self.from_text;
        let items = self.elements(self.roots.get(a[0]), "the variables of multiple-value-bind")?;
        let mut names = Vec::new();
        for item in items {
            names.push(self.variable_name(self.roots.get(item))?);
        }
        let values = self.expand_at(a[1], env)?;
        let body = self.parse_body(&a[2..], Documentation::No);
        let (mut vars, mut special, mut entries, mut bound) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &name in &names {
            if self.binds_special(name, &body.declarations) {
                let var = self.temporary("special");
                vars.push(var);
                let symbol = self.datums.id_of(self.get(name));
                special.push((symbol, self.node(Kind::Local(var))));
                entries.push(Entry::Variable(name, Variable::Special));
                continue;
            }
            let var = self.new_variable(name, &body.declarations)?;
            vars.push(var);
            entries.push(Entry::Variable(name, Variable::Lexical(var)));
            bound.push(Bound { name, var });
        }
        let inner = self.declare_free(&body.declarations, &names, &env.with(entries));
        let mut node = self.expand_progn(&body.forms, &inner)?;
        self.check_used(&bound, &body.declarations, from_text);
        if !special.is_empty() {
            node = self.node(Kind::Bind(special, Box::new(node)));
        }
        if vars.is_empty() {
            return Ok(self.node(Kind::Seq(vec![values, node])));
        }
        Ok(self.node(Kind::LetValues(vars, Box::new(values), Box::new(node))))
    }

    pub(super) fn expand_flet(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_local_functions(form, env, false)
    }
    pub(super) fn expand_labels(&mut self, form: Value, env: &Env) -> Expanded {
        self.expand_local_functions(form, env, true)
    }
    fn expand_local_functions(&mut self, form: Value, env: &Env, recursive: bool) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let definitions = self.elements(self.roots.get(a[0]), "the definitions of local functions")?;
        let body = self.parse_body(&a[1..], Documentation::No);
        let (mut ids, mut sources, mut entries) = (Vec::new(), Vec::new(), Vec::new());
        for definition in definitions {
            let parts = self.definition_parts(definition)?;
            let name = self.function_name_symbol(self.roots.get(parts[0]))?;
            let text = self.display_name(self.get(name));
            let id = self.reserve_function(text);
            if let Some(arity) = lambda_list::arity(self.roots.get(parts[1])) {
                self.local_arities.insert(id, arity);
            }
            let function = &mut self.unit.functions[id.0 as usize];
            for &(declared, inlining) in &body.declarations.inlining {
                if declared == name {
                    function.inline = inlining == Inlining::Inline;
                    function.notinline = inlining == Inlining::Notinline;
                }
            }
            ids.push(id);
            entries.push(Entry::Function(name, Function::Local(id)));
            sources.push((name, parts));
        }
        let inner = env.with(entries);
        let function_env = if recursive { &inner } else { env };
        for (&id, (name, parts)) in ids.iter().zip(&sources) {
            let block = self.hold(self.block_name(self.get(*name)));
            let source = FunctionSource { lambda_list: parts[1], body: &parts[2..], block: Some(block) };
            self.fill_function(id, source, function_env)?;
        }
        let inner = self.declare_free(&body.declarations, &[], &inner);
        let node = self.expand_progn(&body.forms, &inner)?;
        if ids.is_empty() {
            return Ok(node);
        }
        Ok(self.node(Kind::Functions(ids, Box::new(node))))
    }
    /// `(name lambda-list . body)`, each part rooted.
    fn definition_parts(&mut self, definition: Rooted) -> Expanded<Vec<Rooted>> {
        let parts = self.elements(self.roots.get(definition), "a local definition")?;
        if parts.len() < 2 {
            return self.fail(Code::MalformedForm, "a local definition is (name lambda-list . body)");
        }
        Ok(parts)
    }

    pub(super) fn expand_macrolet(&mut self, form: Value, env: &Env) -> Expanded {
        let (inner, forms) = self.macrolet_environment(form, env)?;
        self.expand_progn(&forms, &inner)
    }
    /// The environment and the forms of a macrolet's body.
    pub(super) fn macrolet_environment(&mut self, form: Value, env: &Env) -> Expanded<(Env, Vec<Rooted>)> {
        let a = self.operands(form, 1, None)?;
        let definitions = self.elements(self.roots.get(a[0]), "the definitions of macrolet")?;
        let mut entries = Vec::new();
        for definition in definitions {
            let parts = self.definition_parts(definition)?;
            let name = self.roots.get(parts[0]);
            if !name.is_symbol() {
                return self.fail(Code::NotAFunctionName, "a macro is named by a symbol");
            }
            let name = self.hold(name);
            let lambda = self.macro_lambda(Context::Macro, name, parts[1], &parts[2..])?;
            let function = self.list(&[self.cl("FUNCTION"), lambda]);
            let expander = self.evaluate(function, env)?;
            entries.push(Entry::Function(name, Function::Macro(self.hold(expander))));
        }
        let body = self.parse_body(&a[1..], Documentation::No);
        let inner = self.declare_free(&body.declarations, &[], &env.with(entries));
        Ok((inner, body.forms))
    }

    pub(super) fn expand_symbol_macrolet(&mut self, form: Value, env: &Env) -> Expanded {
        let (inner, forms) = self.symbol_macrolet_environment(form, env)?;
        self.expand_progn(&forms, &inner)
    }
    /// The environment and the forms of a symbol-macrolet's body.
    pub(super) fn symbol_macrolet_environment(&mut self, form: Value, env: &Env) -> Expanded<(Env, Vec<Rooted>)> {
        let a = self.operands(form, 1, None)?;
        let definitions = self.elements(self.roots.get(a[0]), "the definitions of symbol-macrolet")?;
        let body = self.parse_body(&a[1..], Documentation::No);
        let (mut entries, mut names) = (Vec::new(), Vec::new());
        for definition in definitions {
            let definition = self.roots.get(definition);
            if super::forms::proper_length(definition) != Some(2) || !definition.is_cons() {
                return self.fail(Code::MalformedForm, "a symbol macro is defined as (symbol expansion)");
            }
            let name = self.variable_name(definition.car())?;
            if self.binds_special(name, &body.declarations) {
                let message = format!("the special variable {} cannot be a symbol macro", self.spelling_of(name));
                return self.fail(Code::MalformedForm, message);
            }
            let expansion = self.hold(definition.cdr().car());
            entries.push(Entry::Variable(name, Variable::SymbolMacro(expansion)));
            names.push(name);
        }
        let inner = self.declare_free(&body.declarations, &names, &env.with(entries));
        Ok((inner, body.forms))
    }

    /// `(destructuring-bind lambda-list form . body)`.
    pub(super) fn expand_destructuring_bind(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let name = self.hold(self.cl("DESTRUCTURING-BIND"));
        let expansion = self.destructuring_form(name, a[0], a[1], &a[2..])?;
        self.expand(expansion, env)
    }
}
