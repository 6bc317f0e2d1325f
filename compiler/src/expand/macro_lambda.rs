//! Macro lambda lists: destructuring compiled to `let*` forms.
//!
//! Only builds lists, which never runs Lisp, so raw values stay valid throughout.

use rook_runtime::object::symbol::symbol_text;
use rook_runtime::object::{package, string};
use rook_runtime::value::{Value, nil, t};

use super::lambda_list::lambda_list_keyword;
use super::{Expanded, Expander, Rooted};
use crate::diag::Code;
use crate::env::Held;

/// What a macro lambda list is for: where its arguments come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Macro,
    CompilerMacro,
    /// Arguments default to `*`.
    Type,
    Destructuring,
}

/// One destructuring under construction.
struct Destructuring {
    context: Context,
    /// The name for error messages.
    name: Value,
    /// Variable that holds the environment.
    environment: Option<Value>,
    /// `(variable form)` in order.
    bindings: Vec<Value>,
}

impl Expander<'_> {
    /// `(named-lambda name (form environment) …)` for a macro with this lambda list and body.
    pub(super) fn macro_lambda(
        &mut self,
        context: Context,
        name: Held,
        lambda_list: Rooted,
        body: &[Rooted],
    ) -> Expanded<Value> {
        let (whole, environment) = (self.gensym("FORM"), self.gensym("ENVIRONMENT"));
        let arguments = self.macro_arguments(context, whole);
        let name = self.get(name);
        let mut d = Destructuring { context, name, environment: Some(environment), bindings: Vec::new() };
        self.destructure(&mut d, self.roots.get(lambda_list), Some(whole), arguments)?;
        let block = self.block_name(name);
        let body = self.destructuring_body(d, body, Some(block));
        let kind = match context {
            Context::CompilerMacro => "COMPILER-MACRO",
            Context::Type => "DEFTYPE",
            Context::Macro | Context::Destructuring => "MACRO",
        };
        let title = string(self.ctx(), &format!("({kind} {})", symbol_text(name)));
        let ignorable = self.list(&[self.cl("IGNORABLE"), whole, environment]);
        let declare = self.list(&[self.cl("DECLARE"), ignorable]);
        let parameters = self.list(&[whole, environment]);
        Ok(self.list(&[self.kernel("NAMED-LAMBDA"), title, parameters, declare, body]))
    }
    /// `(destructuring-bind lambda-list form . body)` as a `let*`.
    pub(super) fn destructuring_form(
        &mut self,
        name: Held,
        lambda_list: Rooted,
        form: Rooted,
        body: &[Rooted],
    ) -> Expanded<Value> {
        let whole = self.gensym("LIST");
        let binding = self.list(&[whole, self.roots.get(form)]);
        let (context, name) = (Context::Destructuring, self.get(name));
        let mut d = Destructuring { context, name, environment: None, bindings: vec![binding] };
        self.destructure(&mut d, self.roots.get(lambda_list), Some(whole), whole)?;
        Ok(self.destructuring_body(d, body, None))
    }
    /// The form that gives the list of arguments.
    fn macro_arguments(&mut self, context: Context, whole: Value) -> Value {
        let cdr = self.list(&[self.cl("CDR"), whole]);
        match context {
            Context::Macro => cdr,
            Context::Destructuring => whole,
            Context::Type => {
                let test = self.list(&[self.cl("CONSP"), whole]);
                self.list(&[self.cl("IF"), test, cdr, nil()])
            }
            Context::CompilerMacro => {
                let car = self.list(&[self.cl("CAR"), whole]);
                let funcall = self.quoted(self.cl("FUNCALL"));
                let test = self.list(&[self.cl("EQ"), car, funcall]);
                let cddr = self.list(&[self.cl("CDR"), cdr]);
                self.list(&[self.cl("IF"), test, cddr, cdr])
            }
        }
    }
    fn destructuring_body(&mut self, d: Destructuring, body: &[Rooted], block: Option<Value>) -> Value {
        let forms: Vec<Value> = body.iter().map(|&form| self.roots.get(form)).collect();
        let is_declare = |form: &Value| form.is_cons() && form.car() == self.cl("DECLARE");
        let mut start = 0;
        let mut result = vec![self.cl("LET*"), self.list(&d.bindings)];
        while let Some(form) = forms.get(start) {
            let documentation = block.is_some() && form.is_string() && start + 1 < forms.len();
            if is_declare(form) {
                result.push(*form);
            } else if !documentation {
                break;
            }
            start += 1;
        }
        match block {
            Some(name) => {
                let rest = self.list(&forms[start..]);
                let rest = self.cons(name, rest);
                result.push(self.cons(self.cl("BLOCK"), rest));
            }
            None => result.extend(&forms[start..]),
        }
        self.list(&result)
    }
    fn bind(&self, d: &mut Destructuring, variable: Value, form: Value) {
        d.bindings.push(self.list(&[variable, form]));
    }
    /// Binds a pattern (variable or nested lambda list) to a form.
    fn bind_pattern(&mut self, d: &mut Destructuring, pattern: Value, form: Value) -> Expanded<()> {
        if pattern.is_symbol() && !pattern.is_nil() {
            self.bind(d, pattern, form);
            return Ok(());
        }
        if !pattern.is_list() {
            return self.fail(Code::MalformedLambdaList, "a macro parameter is a symbol or a lambda list");
        }
        self.depth += 1;
        if self.depth > super::MAX_DEPTH || super::stack_depth::is_low(self.ctx()) {
            self.depth -= 1;
            return self.fail(Code::NestingTooDeep, "a lambda list is nested too deeply");
        }
        let temporary = self.gensym("ARGUMENT");
        self.bind(d, temporary, form);
        let result = self.destructure(d, pattern, None, temporary);
        self.depth -= 1;
        result
    }
    /// Binds the parameters of one level to the elements of the list that `source` gives.
    fn destructure(&mut self, d: &mut Destructuring, list: Value, whole: Option<Value>, source: Value) -> Expanded<()> {
        let mut items = self.lambda_list_items(list)?;
        let mut tail = self.gensym("TAIL");
        self.bind(d, tail, source);
        if items.first().is_some_and(|&item| lambda_list_keyword(item) == Some("WHOLE")) {
            if items.len() < 2 {
                return self.fail(Code::MalformedLambdaList, "&whole must be followed by a variable");
            }
            self.bind_pattern(d, items[1], whole.unwrap_or(tail))?;
            items.drain(..2);
        }
        self.take_environment(d, &mut items)?;
        self.check_argument_count(d, &items, tail)?;
        let mut section = "";
        let mut allowed_keys = Vec::new();
        let mut i = 0;
        while i < items.len() {
            let item = items[i];
            i += 1;
            if let Some(keyword) = lambda_list_keyword(item) {
                section = self.macro_section(section, keyword)?;
                continue;
            }
            match section {
                "" => {
                    let car = self.list(&[self.cl("CAR"), tail]);
                    self.bind_pattern(d, item, car)?;
                    tail = self.advance(d, tail);
                }
                "OPTIONAL" => {
                    self.bind_optional(d, item, tail)?;
                    tail = self.advance(d, tail);
                }
                "REST" => {
                    self.bind_pattern(d, item, tail)?;
                    section = "AFTER-REST";
                }
                "KEY" => {
                    let keyword = self.bind_key(d, item, tail)?;
                    allowed_keys.push(keyword);
                }
                "AUX" => {
                    let (variable, form, _) = self.defaulted_parts(item)?;
                    self.bind_pattern(d, variable, form.unwrap_or(nil()))?;
                }
                _ => return self.fail(Code::MalformedLambdaList, "a parameter stands where a lambda-list keyword must follow"),
            }
        }
        let has_keys = items.iter().any(|&item| lambda_list_keyword(item) == Some("KEY"));
        let open = items.iter().any(|&item| lambda_list_keyword(item) == Some("ALLOW-OTHER-KEYS"));
        if has_keys && !open {
            let keys = self.list(&allowed_keys);
            let (keys, name) = (self.quoted(keys), self.quoted(d.name));
            let check = self.list(&[self.kernel("%PRIMITIVE"), self.kernel("CHECK-MACRO-KEYWORDS"), tail, keys, name]);
            let ignored = self.gensym("CHECK");
            self.bind(d, ignored, check);
        }
        Ok(())
    }
    /// The items of a lambda list; a dotted end becomes `&rest`.
    fn lambda_list_items(&mut self, list: Value) -> Expanded<Vec<Value>> {
        let (mut items, mut rest) = (Vec::new(), list);
        while rest.is_cons() {
            items.push(rest.car());
            rest = rest.cdr();
            if items.len() > 100_000 {
                return self.fail(Code::MalformedLambdaList, "a lambda list is circular or much too long");
            }
        }
        if !rest.is_nil() {
            if items.iter().any(|&item| matches!(lambda_list_keyword(item), Some("REST" | "BODY" | "KEY"))) {
                return self.fail(Code::MalformedLambdaList, "a dotted lambda list cannot have &rest or &key");
            }
            items.push(self.cl("&REST"));
            items.push(rest);
        }
        Ok(items)
    }
    /// Removes `&environment variable` and binds it.
    fn take_environment(&mut self, d: &mut Destructuring, items: &mut Vec<Value>) -> Expanded<()> {
        let Some(at) = items.iter().position(|&item| lambda_list_keyword(item) == Some("ENVIRONMENT")) else {
            return Ok(());
        };
        match (d.environment.take(), items.get(at + 1).copied()) {
            (Some(environment), Some(variable)) if variable.is_symbol() && !variable.is_nil() => {
                self.bind(d, variable, environment);
                items.drain(at..at + 2);
                Ok(())
            }
            _ => self.fail(Code::MalformedLambdaList, "&environment and its variable can stand only once, at the top of a macro lambda list"),
        }
    }
    fn macro_section(&mut self, section: &'static str, keyword: &'static str) -> Expanded<&'static str> {
        let rank = |s: &str| match s {
            "" => 0,
            "OPTIONAL" => 1,
            "REST" | "BODY" => 2,
            "AFTER-REST" => 3,
            "KEY" => 4,
            "ALLOW-OTHER-KEYS" => 5,
            _ => 6,
        };
        let wrong = rank(keyword) <= rank(section)
            || section == "REST"
            || matches!(keyword, "WHOLE" | "ENVIRONMENT")
            || keyword == "ALLOW-OTHER-KEYS" && section != "KEY";
        if wrong {
            return self.fail(Code::MalformedLambdaList, format!("&{} cannot stand here", keyword.to_lowercase()));
        }
        Ok(if keyword == "BODY" { "REST" } else { keyword })
    }
    /// Binds a new variable to the rest of the list.
    fn advance(&mut self, d: &mut Destructuring, tail: Value) -> Value {
        let next = self.gensym("TAIL");
        let cdr = self.list(&[self.cl("CDR"), tail]);
        self.bind(d, next, cdr);
        next
    }
    /// A check of the number of arguments, before anything is taken from the list.
    fn check_argument_count(&mut self, d: &mut Destructuring, items: &[Value], tail: Value) -> Expanded<()> {
        let (mut min, mut max, mut section) = (0i64, 0i64, "");
        for &item in items {
            match lambda_list_keyword(item) {
                Some("OPTIONAL") => section = "OPTIONAL",
                Some("AUX") => break,
                Some(_) => {
                    max = -1;
                    break;
                }
                None => {
                    min += (section.is_empty()) as i64;
                    max += 1;
                }
            }
        }
        let name = self.quoted(d.name);
        let check = self.list(&[
            self.kernel("%PRIMITIVE"),
            self.kernel("CHECK-MACRO-ARGUMENTS"),
            tail,
            Value::fixnum(min),
            Value::fixnum(max),
            name,
        ]);
        let ignored = self.gensym("CHECK");
        self.bind(d, ignored, check);
        Ok(())
    }
    /// `pattern`, `(pattern form supplied)`.
    fn defaulted_parts(&mut self, item: Value) -> Expanded<(Value, Option<Value>, Option<Value>)> {
        if !item.is_cons() {
            return Ok((item, None, None));
        }
        let parts: Vec<Value> = item.list_iter().take(4).collect();
        if parts.len() > 3 || parts.get(2).is_some_and(|s| !s.is_symbol() || s.is_nil()) {
            return self.fail(Code::MalformedLambdaList, "a parameter with a default is (pattern form supplied-p)");
        }
        Ok((parts[0], parts.get(1).copied(), parts.get(2).copied()))
    }
    fn default_form(&mut self, d: &Destructuring, form: Option<Value>) -> Value {
        match form {
            Some(form) => form,
            None if d.context == Context::Type => self.quoted(self.cl("*")),
            None => nil(),
        }
    }
    fn bind_optional(&mut self, d: &mut Destructuring, item: Value, tail: Value) -> Expanded<()> {
        let (pattern, form, supplied) = self.defaulted_parts(item)?;
        let default = self.default_form(d, form);
        let car = self.list(&[self.cl("CAR"), tail]);
        let value = self.list(&[self.cl("IF"), tail, car, default]);
        self.bind_pattern(d, pattern, value)?;
        if let Some(supplied) = supplied {
            let test = self.list(&[self.cl("IF"), tail, t(), nil()]);
            self.bind(d, supplied, test);
        }
        Ok(())
    }
    /// Binds a keyword parameter and returns the keyword.
    fn bind_key(&mut self, d: &mut Destructuring, item: Value, tail: Value) -> Expanded<Value> {
        let (head, form, supplied) = self.defaulted_parts(item)?;
        let (keyword, pattern) = if head.is_cons() {
            let ok = super::forms::proper_length(head) == Some(2) && head.car().is_symbol();
            if !ok {
                return self.fail(Code::MalformedLambdaList, "a keyword parameter is variable or (keyword pattern)");
            }
            (head.car(), head.cdr().car())
        } else if head.is_symbol() && !head.is_nil() {
            let name: Vec<u32> =
                rook_runtime::object::string_chars(rook_runtime::object::symbol::symbol_name(head)).collect();
            (package::intern(self.ctx(), package::keyword_package(), &name).0, head)
        } else {
            return self.fail(Code::MalformedLambdaList, "a keyword parameter is named by a symbol");
        };
        let default = self.default_form(d, form);
        let found = self.gensym("KEY");
        let key = self.quoted(keyword);
        let find = self.list(&[self.kernel("%PRIMITIVE"), self.kernel("FIND-KEYWORD-ARGUMENT"), tail, key]);
        self.bind(d, found, find);
        let car = self.list(&[self.cl("CAR"), found]);
        let value = self.list(&[self.cl("IF"), found, car, default]);
        self.bind_pattern(d, pattern, value)?;
        if let Some(supplied) = supplied {
            let test = self.list(&[self.cl("IF"), found, t(), nil()]);
            self.bind(d, supplied, test);
        }
        Ok(keyword)
    }
}
