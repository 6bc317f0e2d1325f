//! Variables, and the special operators that bind nothing and transfer no control.

use rook_runtime::object::{cons, symbol as symbols};
use rook_runtime::value::{Value, nil};

use super::lambda_list::FunctionSource;
use super::operators::Operator;
use super::{Exit, Expanded, Expander, Mode, Rooted, Stop};
use crate::diag::Code;
use crate::env::compilation::Seen;
use crate::env::global_info::Info;
use crate::env::lexical::{Function, Variable};
use crate::env::{Env, Held};
use crate::hir::*;
use crate::hir::pass::merge_definitions::LOAD_TIME_VALUE;
use crate::known_functions::PrimOp;

impl Expander<'_> {
    /// A symbol as a form.
    pub(super) fn expand_variable(&mut self, symbol: Value, env: &Env) -> Expanded {
        let name = self.hold(symbol);
        match env.variable(name) {
            Some(Variable::Lexical(var)) => {
                self.variable_uses[var.0 as usize].read = true;
                return Ok(self.node(Kind::Local(var)));
            }
            Some(Variable::SymbolMacro(expansion)) => return self.expand_symbol_macro(name, expansion, env),
            Some(Variable::Unavailable) => return self.fail_unavailable(name),
            Some(Variable::Special) => return Ok(self.global_variable(symbol)),
            None => {}
        }
        if self.compilation.is_constant(symbol) {
            return Ok(self.constant_variable(symbol));
        }
        if let Some(expansion) = self.compilation.info(symbol, Info::SymbolMacro) {
            let expansion = self.hold(expansion);
            return self.expand_symbol_macro(name, expansion, env);
        }
        self.note_variable(name);
        Ok(self.global_variable(symbol))
    }
    fn fail_unavailable<T>(&mut self, name: Held) -> Expanded<T> {
        let message = format!("the variable {} has no value at compile time", self.spelling_of(name));
        self.fail(Code::UnavailableAtCompileTime, message)
    }
    pub(super) fn expand_symbol_macro(&mut self, name: Held, expansion: Held, env: &Env) -> Expanded {
        self.enter_expansion(name);
        let result = self.expand(self.get(expansion), env);
        self.trail.pop();
        result
    }
    pub(super) fn global_variable(&mut self, symbol: Value) -> Hir {
        let id = self.datums.id_of(symbol);
        self.node(Kind::Global(id))
    }
    /// A constant by its value where that is known and immediate or a symbol (other objects keep
    /// their identity by being fetched from the symbol).
    fn constant_variable(&mut self, symbol: Value) -> Hir {
        match self.compilation.constant_value(symbol) {
            Some(value) if !value.is_reference() || value.is_symbol() || value.is_double() => self.constant(value),
            _ => self.global_variable(symbol),
        }
    }
    /// Remembers a variable that nothing is known of, for a warning at the end.
    fn note_variable(&mut self, name: Held) {
        let symbol = self.get(name);
        if self.compilation.is_special(symbol) || symbols::global_value(symbol) != Value::UNBOUND {
            return;
        }
        self.compilation.usage.borrow_mut().variables.push(Seen { name, span: self.span, arguments: None });
    }

    pub(super) fn expand_quote(&mut self, form: Value, _env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(1))?;
        let value = self.roots.get(a[0]);
        self.literal(value)
    }

    pub(super) fn expand_if(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, Some(3))?;
        let test = self.expand_at(a[0], env)?;
        let then = self.expand_at(a[1], env)?;
        let otherwise = match a.get(2) {
            Some(&form) => self.expand_at(form, env)?,
            None => self.nil_node(),
        };
        Ok(self.if_node(test, then, otherwise))
    }
    pub(super) fn if_node(&self, test: Hir, then: Hir, otherwise: Hir) -> Hir {
        self.node(Kind::If(Box::new(test), Box::new(then), Box::new(otherwise)))
    }

    pub(super) fn expand_progn_form(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        self.expand_progn(&a, env)
    }

    pub(super) fn expand_setq(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        if a.len() % 2 == 1 {
            return self.fail(Code::MalformedForm, "setq takes pairs of a variable and a form");
        }
        let mut nodes = Vec::new();
        for pair in a.chunks(2) {
            nodes.push(self.expand_assignment(pair[0], pair[1], env)?);
        }
        Ok(self.all_in_order(nodes))
    }
    /// As `sequence`, but keeps every node: a value may be wanted.
    fn all_in_order(&mut self, mut nodes: Vec<Hir>) -> Hir {
        match nodes.len() {
            0 => self.nil_node(),
            1 => nodes.remove(0),
            _ => self.node(Kind::Seq(nodes)),
        }
    }
    /// `(setq variable form)`.
    fn expand_assignment(&mut self, variable: Rooted, form: Rooted, env: &Env) -> Expanded {
        let symbol = self.roots.get(variable);
        if !symbol.is_symbol() {
            return self.fail(Code::MalformedForm, "setq assigns variables, which are symbols");
        }
        let name = self.hold(symbol);
        let lexical = env.variable(name);
        let expansion = match lexical {
            Some(Variable::SymbolMacro(expansion)) => Some(expansion),
            Some(Variable::Unavailable) => return self.fail_unavailable(name),
            None => self.compilation.info(symbol, Info::SymbolMacro).map(|e| self.hold(e)),
            _ => None,
        };
        if let Some(expansion) = expansion {
            let setf = self.list(&[self.cl("SETF"), self.get(expansion), self.roots.get(form)]);
            return self.expand(setf, env);
        }
        if lexical.is_none() && self.compilation.is_constant(symbol) {
            let message = format!("the constant {} cannot be assigned", self.spelling(symbol));
            return self.fail(Code::AssignedConstant, message);
        }
        let value = self.expand_at(form, env)?;
        if let Some(Variable::Lexical(var)) = lexical {
            self.unit.vars[var.0 as usize].assigned = true;
            return Ok(self.node(Kind::SetLocal(var, Box::new(value))));
        }
        if lexical.is_none() {
            self.note_variable(name);
        }
        let id = self.datums.id_of(self.get(name));
        Ok(self.node(Kind::SetGlobal(id, Box::new(value))))
    }

    pub(super) fn expand_function(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(1))?;
        let name = self.roots.get(a[0]);
        if name.is_cons() && name.car() == self.cl("LAMBDA") {
            return self.expand_lambda_expression(a[0], env);
        }
        if name.is_cons() && name.car() == self.kernel("NAMED-LAMBDA") {
            return self.expand(name, env);
        }
        let name = self.function_name_symbol(name)?;
        match env.function(name) {
            Some(Function::Local(id)) => return Ok(self.node(Kind::LocalFunction(id))),
            Some(Function::Macro(_)) => return self.fail_macro_as_function(name),
            Some(Function::Unavailable) => {
                let message = format!("the local function {} does not exist at compile time", self.spelling_of(name));
                return self.fail(Code::UnavailableAtCompileTime, message);
            }
            None => {}
        }
        self.global_function(name)
    }
    /// `#'name` of a global function.
    pub(super) fn global_function(&mut self, name: Held) -> Expanded {
        let symbol = self.get(name);
        self.note_named(name);
        let is_form = matches!(self.operator(symbol), Operator::Form(_));
        if is_form || self.compilation.macro_function(symbol).is_some() {
            return self.fail_macro_as_function(name);
        }
        self.note_call(name, None);
        let id = self.datums.id_of(symbol);
        Ok(self.node(Kind::GlobalFunction(id)))
    }
    fn fail_macro_as_function<T>(&mut self, name: Held) -> Expanded<T> {
        let message = format!("{} names a macro or special operator, not a function", self.spelling_of(name));
        self.fail(Code::MacroAsFunction, message)
    }
    /// `(lambda lambda-list . body)` as a function object.
    pub(super) fn expand_lambda_expression(&mut self, lambda: Rooted, env: &Env) -> Expanded {
        let a = self.operands(self.roots.get(lambda), 1, None)?;
        let name = match self.function_name.as_str() {
            "" => "LAMBDA".to_string(),
            outer => format!("(LAMBDA in {outer})"),
        };
        let id = self.expand_new_function(name, FunctionSource { lambda_list: a[0], body: &a[1..], block: None }, env)?;
        Ok(self.node(Kind::Lambda(id)))
    }
    /// The macro `lambda`.
    pub(super) fn expand_lambda_form(&mut self, form: Value, env: &Env) -> Expanded {
        let form = self.roots.push(form);
        self.expand_lambda_expression(form, env)
    }

    pub(super) fn expand_the(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, Some(2))?;
        let specifier = self.hold(self.roots.get(a[0]));
        let value = self.expand_at(a[1], env)?;
        let Some((ty, id)) = self.promise(specifier)? else { return Ok(value) };
        Ok(self.node(Kind::The(ty, id, Box::new(value))))
    }

    pub(super) fn expand_locally(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        let body = self.parse_body(&a, super::forms::Documentation::No);
        let env = self.declare_free(&body.declarations, &[], env);
        self.expand_progn(&body.forms, &env)
    }

    /// `eval-when` that is not at top level.
    pub(super) fn expand_eval_when(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let situations = self.situations(self.roots.get(a[0]))?;
        if situations.execute { self.expand_progn(&a[1..], env) } else { Ok(self.nil_node()) }
    }

    pub(super) fn expand_load_time_value(&mut self, form: Value, _env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(2))?;
        if self.mode == Mode::Memory {
            let value = self.evaluate(self.roots.get(a[0]), &Env::null())?;
            return Ok(self.constant(value));
        }
        // A top-level form of its own, which comes before the one at hand, keeps the value in a cell.
        let function = self.reserve_function(LOAD_TIME_VALUE.into());
        let value = self.expand_at(a[0], &Env::null())?;
        let cell = cons(self.ctx(), nil(), nil());
        let cell = self.constant(cell);
        let store = self.node(Kind::Prim(PrimOp::Rplaca, vec![cell.clone(), value]));
        let last = self.nil_node();
        let (body, policy) = (self.node(Kind::Seq(vec![store, last])), self.policy(&Env::null()));
        let entry = &mut self.unit.functions[function.0 as usize];
        (entry.body, entry.policy) = (body, policy);
        self.unit.top_level.push(function);
        Ok(self.node(Kind::Prim(PrimOp::UncheckedCar, vec![cell])))
    }
    /// The value of a form that needs no evaluation: self-evaluating objects and quoted ones.
    pub(super) fn constant_form(&self, form: Value) -> Option<Value> {
        if form.is_cons() {
            let quoted = form.car() == self.cl("QUOTE") && form.cdr().is_cons() && form.cdr().cdr().is_nil();
            return quoted.then(|| form.cdr().car());
        }
        if form.is_symbol() { self.compilation.constant_value(form) } else { Some(form) }
    }
    /// Evaluates at compile time; an error becomes a diagnostic here.
    pub(super) fn evaluate(&mut self, form: Value, env: &Env) -> Expanded<Value> {
        if let Some(value) = self.constant_form(form) {
            return Ok(value);
        }
        match self.processor.evaluate(form, &env.for_compile_time()) {
            Ok(value) => Ok(value),
            Err(Exit::Unwind) => Err(Stop::Unwind),
            Err(Exit::Error(text)) => {
                self.report_failure(Code::CompileTimeError, "evaluation at compile time failed", &text);
                Err(Stop::Reported)
            }
        }
    }

    pub(super) fn expand_multiple_value_call(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let function = self.expand_at(a[0], env)?;
        let arguments = self.expand_all(&a[1..], env)?;
        Ok(self.node(Kind::ValuesCall(Box::new(function), arguments)))
    }
    pub(super) fn expand_multiple_value_prog1(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let first = self.expand_at(a[0], env)?;
        if a.len() == 1 {
            return Ok(first);
        }
        let rest = self.expand_progn(&a[1..], env)?;
        Ok(self.node(Kind::ValuesProg1(Box::new(first), Box::new(rest))))
    }
    pub(super) fn expand_progv(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let symbols = self.expand_at(a[0], env)?;
        let values = self.expand_at(a[1], env)?;
        let body = self.expand_progn(&a[2..], env)?;
        Ok(self.node(Kind::Progv(Box::new(symbols), Box::new(values), Box::new(body))))
    }
    pub(super) fn expand_misplaced_declare(&mut self, _form: Value, _env: &Env) -> Expanded {
        self.fail(Code::MisplacedDeclaration, "declare is not allowed here")
    }

    /// A call of a function of ROOK-KERNEL: the Rust primitive of the same name (without the
    /// leading `%`) when there is one with this many arguments, else the Lisp function.
    pub(super) fn kernel_call(&mut self, name: &'static str, arguments: Vec<Hir>) -> Hir {
        let bare = name.trim_start_matches('%');
        if let Some(primitive) = super::kernel_forms::find_primitive(bare)
            && primitive.arity == arguments.len()
        {
            return self.node(Kind::Primitive(primitive.name, arguments));
        }
        let symbol = self.kernel(name);
        let id = self.datums.id_of(symbol);
        self.node(Kind::Call(Callee::Global(id), arguments))
    }
    /// A name or NIL as a constant.
    pub(super) fn held_constant(&mut self, held: Option<Held>) -> Hir {
        let value = held.map_or(nil(), |h| self.get(h));
        self.constant(value)
    }
}
