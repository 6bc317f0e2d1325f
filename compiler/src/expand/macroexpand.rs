//! Calling macro functions, and the questions macro functions ask about their environment.

use rook_runtime::abi::layout::SYMBOL_MACRO;
use rook_runtime::control::binding::value_or_unbound;
use rook_runtime::object::symbol as symbols;
use rook_runtime::primitives::environments::{Questions, set_questions};
use rook_runtime::value::Value;

use super::{Exit, Expanded, Expander, Stop};
use crate::diag::{Code, Expansion};
use crate::env::compilation::{Compilation, find_environment};
use crate::env::global_info::Info;
use crate::env::lexical::{Function, Variable};
use crate::env::{Env, Held};

impl Expander<'_> {
    /// Enters the expansion of a macro: diagnostics inside it name the macro.
    pub(super) fn enter_expansion(&mut self, name: Held) {
        let name = self.spelling_of(name);
        self.trail.push(Expansion { name, span: self.span });
    }
    /// A macro call: expands it and then its expansion.
    pub(super) fn expand_macro_call(&mut self, name: Held, expander: Held, form: Value, env: &Env) -> Expanded {
        self.enter_expansion(name);
        let result = self.call_expander(name, expander, form, env).and_then(|expansion| self.expand(expansion, env));
        self.trail.pop();
        result
    }
    /// Calls an expander function with a form and the environment.
    pub(super) fn call_expander(&mut self, name: Held, expander: Held, form: Value, env: &Env) -> Expanded<Value> {
        let compilation = self.compilation.clone();
        let mark = compilation.live_environments();
        let object = compilation.environment_object(self.ctx(), env);
        let expander = self.get(expander);
        let result = match self.macroexpand_hook() {
            Some(hook) => self.processor.call(hook, &[expander, form, object]),
            None => self.processor.call(expander, &[form, object]),
        };
        compilation.forget_environments(mark);
        match result {
            Ok(expansion) => Ok(expansion),
            Err(Exit::Unwind) => Err(Stop::Unwind),
            Err(Exit::Error(text)) => {
                let name = self.spelling_of(name);
                self.report_failure(Code::MacroError, &format!("the macro function of {name} signalled an error"), &text);
                Err(Stop::Reported)
            }
        }
    }
    /// The function in `*macroexpand-hook*`, when it is not the initial `funcall`.
    fn macroexpand_hook(&self) -> Option<Value> {
        let hook = value_or_unbound(self.ctx(), self.cl("*MACROEXPAND-HOOK*"));
        let funcall = self.cl("FUNCALL");
        let function = if hook.is_symbol() { symbols::symbol_function(hook) } else { hook };
        let usual = hook == Value::UNBOUND || hook == funcall || function == symbols::symbol_function(funcall);
        (!usual && function.is_function()).then_some(function)
    }
}

/// The expander of the macro that `name` is in an environment object (NIL: the global environment),
/// or `None`. What `macro-function` answers.
pub fn macro_function_in(name: Value, environment: Value) -> Option<Value> {
    if let Some((compilation, env)) = find_environment(environment) {
        return match env.function(compilation.hold(name)) {
            Some(Function::Macro(expander)) => Some(compilation.get(expander)),
            Some(_) => None,
            None => compilation.macro_function(name),
        };
    }
    match Compilation::current() {
        Some(compilation) => compilation.macro_function(name),
        None => symbols::has_flag(name, SYMBOL_MACRO).then(|| symbols::symbol_function(name).slot(2)),
    }
}

/// The expansion of the symbol macro that `name` is in an environment object.
pub fn symbol_macro_in(name: Value, environment: Value) -> Option<Value> {
    if let Some((compilation, env)) = find_environment(environment) {
        return match env.variable(compilation.hold(name)) {
            Some(Variable::SymbolMacro(expansion)) => Some(compilation.get(expansion)),
            Some(_) => None,
            None => compilation.info(name, Info::SymbolMacro),
        };
    }
    Compilation::current().and_then(|compilation| compilation.info(name, Info::SymbolMacro))
}

/// Whether a surrounding form binds the name as a function or macro.
fn is_local_function(name: Value, environment: Value) -> bool {
    find_environment(environment).is_some_and(|(compilation, env)| env.function(compilation.hold(name)).is_some())
}

/// Information about a name under an indicator symbol, with that of the file being compiled.
fn info_under(name: Value, indicator: Value) -> Option<Value> {
    let known = Info::find(&symbols::symbol_text(indicator));
    match (known, Compilation::current()) {
        (Some(info), Some(compilation)) => compilation.info(name, info),
        _ => symbols::property(name, indicator),
    }
}

/// Lets library code ask about environments. Call once when the compiler starts.
pub fn answer_environment_questions() {
    set_questions(Questions {
        macro_function: macro_function_in,
        symbol_macro: symbol_macro_in,
        is_local_function,
        info: info_under,
    });
}
