//! Calling macro functions, and the questions macro functions ask about their environment.

use rook_runtime::abi::layout::symbol;
use rook_runtime::object::symbol as symbols;
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
                self.fail(Code::MacroError, format!("the macro function of {name} signalled an error: {text}"))
            }
        }
    }
    /// The function in `*macroexpand-hook*`, when it is not the initial `funcall`.
    fn macroexpand_hook(&self) -> Option<Value> {
        let hook = symbols::global_value(self.cl("*MACROEXPAND-HOOK*"));
        let funcall = self.cl("FUNCALL");
        let function = if hook.is_symbol() { hook.slot(symbol::FUNCTION) } else { hook };
        let usual = hook == Value::UNBOUND || hook == funcall || function == funcall.slot(symbol::FUNCTION);
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
        None => symbols::has_flag(name, rook_runtime::abi::layout::SYMBOL_MACRO)
            .then(|| name.slot(symbol::FUNCTION).slot(2)),
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

/// The compiler macro of a function symbol in an environment object: none when the name is bound
/// locally.
pub fn compiler_macro_in(name: Value, environment: Value) -> Option<Value> {
    if let Some((compilation, env)) = find_environment(environment) {
        return match env.function(compilation.hold(name)) {
            Some(_) => None,
            None => compilation.info(name, Info::CompilerMacro),
        };
    }
    Compilation::current().and_then(|compilation| compilation.info(name, Info::CompilerMacro))
}

/// Information about a name in force for the compilation that is running: what library code asks
/// for with its indicator (type expanders, setf expanders and so on).
pub fn info_in(name: Value, indicator: &str) -> Option<Value> {
    let info = Info::find(indicator)?;
    Compilation::current()?.info(name, info)
}
