//! Function calls: lexical, known, inline, global; lambda expressions in operator position.

use rook_runtime::value::{Value, nil, t};

use super::binding::Wrapper;
use super::forms::Documentation;
use super::lambda_list::{self, FunctionSource, LambdaList};
use super::operators::Operator;
use super::{Expanded, Expander, Rooted};
use crate::diag::{Code, Diagnostic};
use crate::env::compilation::{Arity, Seen};
use crate::env::global_info::Info;
use crate::env::lexical::{Entry, Inlining};
use crate::env::{Env, Held};
use crate::hir::*;
use crate::known_functions::{Fold, Known, PrimOp};
use crate::types::{Type, TypeSet};

/// Functions expanded inline inside one another at most this deep.
const MAX_INLINE_DEPTH: usize = 8;

/// Macros of the standard that the library does not define yet.
const ABSENT_MACROS: [&str; 7] = [
    "DEFCLASS",
    "DEFGENERIC",
    "DEFMETHOD",
    "DEFINE-METHOD-COMBINATION",
    "CALL-METHOD",
    "WITH-SLOTS",
    "WITH-ACCESSORS",
];

impl Expander<'_> {
    /// A call of a `flet` or `labels` function.
    pub(super) fn expand_local_call(&mut self, id: FnId, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        if let Some(&arity) = self.local_arities.get(&id)
            && !arity.accepts(a.len())
        {
            let name = self.unit.functions[id.0 as usize].name.to_lowercase();
            self.report_argument_count(&name, arity, a.len());
        }
        let arguments = self.expand_all(&a, env)?;
        Ok(self.node(Kind::Call(Callee::Known(id), arguments)))
    }

    /// A call of a global function that is no macro.
    pub(super) fn expand_global_call(&mut self, name: Held, form: Value, env: &Env) -> Expanded {
        if self.is_absent_macro(name) {
            let message = format!("{} is not in this version of Rook", self.spelling_of(name));
            self.report(Code::AbsentOperator, message);
            // Executed all the same, the call signals an undefined-function that names it.
            let id = self.datums.id_of(self.get(name));
            return Ok(self.node(Kind::Call(Callee::Global(id), Vec::new())));
        }
        let place = self.roots.push(form);
        if !self.is_notinline(name, env) {
            if let Some(expansion) = self.expand_compiler_macro(name, place, env)? {
                return Ok(expansion);
            }
            let a = self.operands(self.roots.get(place), 0, None)?;
            if let Some(node) = self.expand_known_call(name, &a, env)? {
                return Ok(node);
            }
            if let Some(node) = self.expand_inline_call(name, &a, env)? {
                return Ok(node);
            }
        }
        let a = self.operands(self.roots.get(place), 0, None)?;
        self.note_call(name, Some(a.len()));
        let arguments = self.expand_all(&a, env)?;
        let id = self.datums.id_of(self.get(name));
        if let Some(promise) = self.promised_result(name)? {
            self.unit.results.insert(id, promise);
        }
        Ok(self.node(Kind::Call(Callee::Global(id), arguments)))
    }
    /// Whether the name is a macro of the standard that nobody has defined: its operands are no forms.
    fn is_absent_macro(&self, name: Held) -> bool {
        let symbol = self.get(name);
        ABSENT_MACROS.iter().any(|&absent| symbol == self.cl(absent)) && !self.compilation.has_function(symbol)
    }
    fn is_notinline(&self, name: Held, env: &Env) -> bool {
        match env.inlining(name) {
            Some(inlining) => inlining == Inlining::Notinline,
            None => self.compilation.info(self.get(name), Info::Inline) == Some(Value::ZERO),
        }
    }
    fn expand_compiler_macro(&mut self, name: Held, form: Rooted, env: &Env) -> Expanded<Option<Hir>> {
        let Some(expander) = self.compilation.info(self.get(name), Info::CompilerMacro) else { return Ok(None) };
        let expander = self.hold(expander);
        self.enter_expansion(name);
        let expansion = self.call_expander(name, expander, self.roots.get(form), env);
        let result = match expansion {
            Ok(expansion) if expansion == self.roots.get(form) => Ok(None),
            Ok(expansion) => self.expand(expansion, env).map(Some),
            Err(stop) => Err(stop),
        };
        self.trail.pop();
        result
    }
    /// A call of a function that the compiler understands; `None` for others and for wrong argument
    /// counts, which become ordinary calls that signal the error.
    fn expand_known_call(&mut self, name: Held, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        match self.operator(self.get(name)) {
            Operator::Transformed(transform) => transform(self, a, env),
            Operator::Known(known) => {
                if !accepts(known, a.len()) {
                    let arity = match known.fold {
                        Fold::No => Arity { min: known.args, max: Some(known.args) },
                        _ => Arity { min: 1, max: None },
                    };
                    let spelling = self.spelling_of(name);
                    self.report_argument_count(&spelling, arity, a.len());
                    return Ok(None);
                }
                let arguments = self.expand_all(a, env)?;
                Ok(Some(self.known_call(known, arguments)))
            }
            _ => Ok(None),
        }
    }
    fn known_call(&mut self, known: &Known, mut arguments: Vec<Hir>) -> Hir {
        match (known.fold, arguments.len()) {
            (Fold::No, _) => self.node(Kind::Prim(known.op, arguments)),
            (Fold::Left(identity), 0) => self.constant(Value::fixnum(identity)),
            (Fold::Left(_), 1) => {
                let logical = matches!(known.op, PrimOp::LogAnd | PrimOp::LogIor | PrimOp::LogXor);
                let argument = arguments.remove(0);
                if logical {
                    self.checked("INTEGER", TypeSet::INTEGER, argument)
                } else {
                    self.checked("NUMBER", TypeSet::NUMBER, argument)
                }
            }
            (Fold::LeftFromOne, 1) => {
                // (- a) is (* -1 a), which is right for the zeros; (/ a) is (/ 1 a).
                let (op, first) = if known.op == PrimOp::Sub { (PrimOp::Mul, -1) } else { (known.op, 1) };
                let first = self.constant(Value::fixnum(first));
                self.node(Kind::Prim(op, vec![first, arguments.remove(0)]))
            }
            (Fold::Compare, _) => self.comparison(known.op, arguments),
            _ => self.fold_left(known.op, arguments),
        }
    }
    /// `(op (op a b) c)` and so on.
    pub(super) fn fold_left(&mut self, op: PrimOp, arguments: Vec<Hir>) -> Hir {
        let mut arguments = arguments.into_iter();
        let first = arguments.next().expect("a fold has arguments");
        arguments.fold(first, |left, right| self.node(Kind::Prim(op, vec![left, right])))
    }
    /// A value that must be of a type.
    pub(super) fn checked(&mut self, name: &'static str, set: TypeSet, argument: Hir) -> Hir {
        let specifier = self.datums.id_of(self.cl(name));
        self.node(Kind::The(Type::of(set), specifier, Box::new(argument)))
    }
    /// `(< a b c …)`: every argument evaluated once, then pairs compared.
    fn comparison(&mut self, op: PrimOp, mut arguments: Vec<Hir>) -> Hir {
        if arguments.len() == 1 {
            let argument = arguments.remove(0);
            let checked = match op {
                PrimOp::NumEq => self.checked("NUMBER", TypeSet::NUMBER, argument),
                _ => self.checked("REAL", TypeSet::REAL, argument),
            };
            let yes = self.constant(t());
            return self.node(Kind::Seq(vec![checked, yes]));
        }
        if arguments.len() == 2 {
            return self.node(Kind::Prim(op, arguments));
        }
        let bindings: Vec<(VarId, Hir)> = arguments.into_iter().map(|a| (self.temporary("number"), a)).collect();
        let mut result = self.constant(t());
        for pair in bindings.windows(2).rev() {
            let (left, right) = (self.node(Kind::Local(pair[0].0)), self.node(Kind::Local(pair[1].0)));
            let test = self.node(Kind::Prim(op, vec![left, right]));
            let otherwise = self.nil_node();
            result = match result.kind {
                Kind::Const(_) => test,
                _ => self.if_node(test, result, otherwise),
            };
        }
        self.node(Kind::Let(bindings, Box::new(result)))
    }
    /// The body of a function declared inline, instead of a call.
    fn expand_inline_call(&mut self, name: Held, a: &[Rooted], env: &Env) -> Expanded<Option<Hir>> {
        let symbol = self.get(name);
        let Some(lambda) = self.compilation.info(symbol, Info::InlineLambda) else { return Ok(None) };
        let wanted = match env.inlining(name) {
            Some(inlining) => inlining == Inlining::Inline,
            None => self.compilation.info(symbol, Info::Inline) == Some(t()),
        };
        if !wanted || self.inlining.contains(&name) || self.inlining.len() >= MAX_INLINE_DEPTH || !lambda.is_cons() {
            return Ok(None);
        }
        let parts = self.elements(lambda.cdr(), "an inline definition")?;
        let arguments = self.expand_all(a, env)?;
        self.inlining.push(name);
        let inner = Env::null().with(vec![Entry::Policy(self.policy(env))]);
        let result = self.apply_lambda(&parts, arguments, &inner, false);
        self.inlining.pop();
        result.map(Some)
    }

    /// `((lambda lambda-list . body) argument…)`.
    pub(super) fn expand_lambda_call(&mut self, form: Value, env: &Env) -> Expanded {
        let form = self.roots.push(form);
        let from_text = self.from_text;
        let arguments = self.operands(self.roots.get(form), 0, None)?;
        let lambda = self.roots.get(form).car();
        let parts = self.operands(lambda, 1, None)?;
        let arguments = self.expand_all(&arguments, env)?;
        self.apply_lambda(&parts, arguments, env, from_text)
    }
    /// Applies `(lambda-list . body)`, closed in `env`, to arguments: bindings where the lambda list
    /// allows it, else a call of the function.
    pub(super) fn apply_lambda(
        &mut self,
        parts: &[Rooted],
        arguments: Vec<Hir>,
        env: &Env,
        from_text: bool,
    ) -> Expanded {
        let arity = lambda_list::arity(self.roots.get(parts[0]));
        let fits = arity.is_none_or(|arity| arity.accepts(arguments.len()));
        if let Some(arity) = arity
            && !fits
        {
            self.report_argument_count("the lambda expression", arity, arguments.len());
        }
        let list = self.parse_lambda_list(parts[0])?;
        if list.keys.is_some() || !fits {
            let source = FunctionSource { lambda_list: parts[0], body: &parts[1..], block: None };
            let id = self.expand_new_function("LAMBDA".into(), source, env)?;
            let function = self.node(Kind::Lambda(id));
            return Ok(self.node(Kind::Call(Callee::Value(Box::new(function)), arguments)));
        }
        if list.optional.is_empty() && list.rest.is_none() && list.aux.is_empty() {
            let body = self.parse_body(&parts[1..], Documentation::Allowed);
            let inits = list.required.into_iter().zip(arguments).collect();
            return self.bind_parallel(inits, body, env, from_text);
        }
        self.bind_sequentially(list, &parts[1..], arguments, env, from_text)
    }
    fn bind_sequentially(
        &mut self,
        list: LambdaList,
        body: &[Rooted],
        arguments: Vec<Hir>,
        env: &Env,
        from_text: bool,
    ) -> Expanded {
        let body = self.parse_body(body, Documentation::Allowed);
        let d = &body.declarations;
        let given: Vec<(VarId, Hir)> = arguments.into_iter().map(|a| (self.temporary("argument"), a)).collect();
        let mut values = given.iter().map(|(var, _)| *var).collect::<Vec<_>>().into_iter();
        let (mut wrappers, mut bound, mut inner) = (Vec::<Wrapper>::new(), Vec::new(), env.clone());
        let mut names = Vec::new();
        for name in list.required {
            let var = values.next().expect("the number of arguments was checked");
            let value = self.node(Kind::Local(var));
            self.bind_one(name, value, d, &mut wrappers, &mut bound, &mut inner)?;
            names.push(name);
        }
        for parameter in list.optional {
            let value = values.next().map(|var| self.node(Kind::Local(var)));
            let supplied = if value.is_some() { t() } else { nil() };
            let value = match (value, parameter.init) {
                (Some(value), _) => value,
                (None, Some(form)) => self.expand_at(form, &inner)?,
                (None, None) => self.nil_node(),
            };
            self.bind_one(parameter.name, value, d, &mut wrappers, &mut bound, &mut inner)?;
            names.push(parameter.name);
            if let Some(name) = parameter.supplied {
                let value = self.constant(supplied);
                self.bind_one(name, value, d, &mut wrappers, &mut bound, &mut inner)?;
                names.push(name);
            }
        }
        if let Some(name) = list.rest {
            let mut rest = self.nil_node();
            for var in values.rev() {
                let item = self.node(Kind::Local(var));
                rest = self.node(Kind::Prim(PrimOp::Cons, vec![item, rest]));
            }
            self.bind_one(name, rest, d, &mut wrappers, &mut bound, &mut inner)?;
            names.push(name);
        }
        for (name, init) in list.aux {
            let value = match init {
                Some(form) => self.expand_at(form, &inner)?,
                None => self.nil_node(),
            };
            self.bind_one(name, value, d, &mut wrappers, &mut bound, &mut inner)?;
            names.push(name);
        }
        let inner = self.declare_free(d, &names, &inner);
        let node = self.expand_progn(&body.forms, &inner)?;
        self.check_used(&bound, d, from_text);
        let node = self.wrap(wrappers, node);
        if given.is_empty() {
            return Ok(node);
        }
        Ok(self.node(Kind::Let(given, Box::new(node))))
    }

    /// Remembers a use of a global function: its argument count is checked now when the definition
    /// is known, else at the end.
    pub(super) fn note_call(&mut self, name: Held, arguments: Option<usize>) {
        let known = self.compilation.usage.borrow().functions.get(&name).map(|definition| definition.arity);
        if let Some(arity) = known {
            if let (Some(arity), Some(count)) = (arity, arguments)
                && !arity.accepts(count)
            {
                let spelling = self.spelling_of(name);
                self.report_argument_count(&spelling, arity, count);
            }
            return;
        }
        if !self.compilation.has_function(self.get(name)) {
            self.compilation.usage.borrow_mut().calls.push(Seen { name, span: self.span, arguments });
        }
    }
    pub(super) fn report_argument_count(&self, name: &str, arity: Arity, count: usize) {
        self.report_diagnostic(argument_count_diagnostic(name, arity, count, self.span));
    }
}

/// The message for a call with a wrong number of arguments.
pub(super) fn argument_count_diagnostic(name: &str, arity: Arity, count: usize, span: crate::source::Span) -> Diagnostic {
    let wanted = match arity.max {
        Some(max) if max == arity.min => format!("{max}"),
        Some(max) => format!("{} to {max}", arity.min),
        None => format!("at least {}", arity.min),
    };
    let plural = if count == 1 { "argument" } else { "arguments" };
    Diagnostic::new(Code::WrongArgumentCount, span, format!("{name} is called with {count} {plural} but takes {wanted}"))
}

fn accepts(known: &Known, count: usize) -> bool {
    match known.fold {
        Fold::No => count == known.args,
        Fold::Left(_) => true,
        Fold::LeftFromOne | Fold::Compare => count >= 1,
    }
}
