//! Ordinary lambda lists and the functions they belong to.

use rook_runtime::object::package;
use rook_runtime::object::symbol::{symbol_package, symbol_text};
use rook_runtime::value::Value;

use super::binding::{Bound, Wrapper};
use super::forms::{Body, Documentation};
use super::{Expanded, Expander, Rooted};
use crate::diag::Code;
use crate::env::compilation::Arity;
use crate::env::declarations::Declarations;
use crate::env::lexical::{Entry, Variable};
use crate::env::{Env, Held};
use crate::hir::*;

/// What a function is made from.
pub(super) struct FunctionSource<'a> {
    pub lambda_list: Rooted,
    pub body: &'a [Rooted],
    /// Name of the block around the body.
    pub block: Option<Held>,
}

/// A parameter with an initial form.
pub(super) struct Defaulted {
    /// For `&key`.
    pub keyword: Option<Held>,
    pub name: Held,
    pub init: Option<Rooted>,
    pub supplied: Option<Held>,
}

/// A parsed ordinary lambda list.
#[derive(Default)]
pub(super) struct LambdaList {
    pub required: Vec<Held>,
    pub optional: Vec<Defaulted>,
    pub rest: Option<Held>,
    pub keys: Option<Vec<Defaulted>>,
    pub allow_other_keys: bool,
    pub aux: Vec<(Held, Option<Rooted>)>,
}

/// Where in a lambda list the parser is; also the order of the keywords.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) enum Section {
    Required,
    Optional,
    Rest,
    AfterRest,
    Key,
    AfterKey,
    Aux,
}

/// The lambda-list keyword a symbol is, as the name without `&`.
pub(super) fn lambda_list_keyword(symbol: Value) -> Option<&'static str> {
    if !symbol.is_symbol() || symbol_package(symbol) != package::common_lisp() {
        return None;
    }
    let name = symbol_text(symbol);
    ["OPTIONAL", "REST", "BODY", "KEY", "ALLOW-OTHER-KEYS", "AUX", "WHOLE", "ENVIRONMENT"]
        .into_iter()
        .find(|k| name.strip_prefix('&') == Some(k))
}

/// The numbers of arguments that an ordinary lambda list takes; `None` when it is malformed.
pub(super) fn arity(lambda_list: Value) -> Option<Arity> {
    super::forms::proper_length(lambda_list)?;
    let (mut min, mut max, mut section) = (0, Some(0), Section::Required);
    for item in lambda_list.list_iter() {
        match lambda_list_keyword(item) {
            Some("OPTIONAL") => section = Section::Optional,
            Some("AUX") => break,
            Some(_) => {
                max = None;
                section = Section::Rest;
            }
            None => {
                min += (section == Section::Required) as usize;
                if section <= Section::Optional {
                    max = max.map(|m| m + 1);
                }
            }
        }
    }
    Some(Arity { min, max })
}

impl Expander<'_> {
    fn fail_lambda_list<T>(&mut self, message: impl Into<String>) -> Expanded<T> {
        self.fail(Code::MalformedLambdaList, message)
    }
    /// Parses an ordinary lambda list. Pure: nothing is expanded.
    pub(super) fn parse_lambda_list(&mut self, lambda_list: Rooted) -> Expanded<LambdaList> {
        let list = self.roots.get(lambda_list);
        if super::forms::proper_length(list).is_none() {
            return self.fail_lambda_list("a lambda list must be a proper list");
        }
        let mut result = LambdaList::default();
        let mut section = Section::Required;
        for item in list.list_iter() {
            if let Some(keyword) = lambda_list_keyword(item) {
                section = self.next_section(section, keyword, &mut result)?;
                continue;
            }
            match section {
                Section::Required => {
                    let name = self.variable_name(item)?;
                    result.required.push(name);
                }
                Section::Optional => {
                    let parameter = self.parse_defaulted(item, false)?;
                    result.optional.push(parameter);
                }
                Section::Rest => {
                    result.rest = Some(self.variable_name(item)?);
                    section = Section::AfterRest;
                }
                Section::Key => {
                    let parameter = self.parse_defaulted(item, true)?;
                    result.keys.get_or_insert_default().push(parameter);
                }
                Section::Aux => {
                    let parameter = self.parse_defaulted(item, false)?;
                    if parameter.supplied.is_some() {
                        return self.fail_lambda_list("an &aux variable is a symbol or (symbol form)");
                    }
                    result.aux.push((parameter.name, parameter.init));
                }
                Section::AfterRest | Section::AfterKey => {
                    return self.fail_lambda_list("a parameter stands where only a lambda-list keyword may follow");
                }
            }
        }
        if section == Section::Rest {
            return self.fail_lambda_list("&rest must be followed by a variable");
        }
        self.check_distinct(&result)?;
        Ok(result)
    }
    fn next_section(&mut self, section: Section, keyword: &str, list: &mut LambdaList) -> Expanded<Section> {
        let next = match keyword {
            "OPTIONAL" => Section::Optional,
            "REST" => Section::Rest,
            "KEY" => Section::Key,
            "AUX" => Section::Aux,
            "ALLOW-OTHER-KEYS" if section == Section::Key => Section::AfterKey,
            _ => return self.fail_lambda_list(format!("&{} cannot stand here", keyword.to_lowercase())),
        };
        if next <= section || section == Section::Rest {
            return self.fail_lambda_list(format!("&{} cannot stand here", keyword.to_lowercase()));
        }
        match next {
            Section::Key => list.keys = Some(Vec::new()),
            Section::AfterKey => list.allow_other_keys = true,
            _ => {}
        }
        Ok(next)
    }
    /// `var`, `(var init supplied)`, for keys also `((keyword var) init supplied)`.
    fn parse_defaulted(&mut self, item: Value, key: bool) -> Expanded<Defaulted> {
        let parts: Vec<Value> = if item.is_cons() { item.list_iter().collect() } else { vec![item] };
        if item.is_cons() && !matches!(super::forms::proper_length(item), Some(1..=3)) {
            return self.fail_lambda_list("a parameter with a default is (variable form supplied-p)");
        }
        let (keyword, variable) = if key && parts[0].is_cons() {
            let pair = parts[0];
            if super::forms::proper_length(pair) != Some(2) || !pair.car().is_symbol() {
                return self.fail_lambda_list("a keyword parameter is variable or (keyword variable)");
            }
            (Some(self.hold(pair.car())), pair.cdr().car())
        } else if key && parts[0].is_symbol() {
            let keyword = package::intern(self.ctx(), package::keyword_package(), &name_of(parts[0])).0;
            (Some(self.hold(keyword)), parts[0])
        } else {
            (None, parts[0])
        };
        let name = self.variable_name(variable)?;
        let init = parts.get(1).map(|&form| self.roots.push(form));
        let supplied = match parts.get(2) {
            Some(&symbol) => Some(self.variable_name(symbol)?),
            None => None,
        };
        Ok(Defaulted { keyword, name, init, supplied })
    }
    fn check_distinct(&mut self, list: &LambdaList) -> Expanded<()> {
        let defaulted = list.optional.iter().chain(list.keys.iter().flatten());
        let names = list.required.iter().copied().chain(list.rest);
        let all: Vec<Held> = names.chain(defaulted.flat_map(|d| [Some(d.name), d.supplied]).flatten()).collect();
        for (i, name) in all.iter().enumerate() {
            if all[..i].contains(name) {
                let message = format!("the parameter {} occurs twice", self.spelling_of(*name));
                return self.fail_lambda_list(message);
            }
        }
        Ok(())
    }

    /// A place in the unit's function table, filled by `fill_function`.
    pub(super) fn reserve_function(&mut self, name: String) -> FnId {
        let id = FnId(self.unit.functions.len() as u32);
        let body = self.nil_node();
        self.unit.functions.push(crate::hir::Function {
            name,
            global: None,
            params: Params::default(),
            body,
            policy: Policy::default(),
            span: self.span,
            inline: false,
            notinline: false,
        });
        id
    }
    pub(super) fn expand_new_function(&mut self, name: String, source: FunctionSource, env: &Env) -> Expanded<FnId> {
        let id = self.reserve_function(name);
        self.fill_function(id, source, env)?;
        Ok(id)
    }
    /// Expands parameters and body of a reserved function.
    pub(super) fn fill_function(&mut self, id: FnId, source: FunctionSource, env: &Env) -> Expanded<()> {
        let name = self.unit.functions[id.0 as usize].name.clone();
        let outer_name = std::mem::replace(&mut self.function_name, name);
        let result = self.fill_function_inside(id, source, env);
        self.function_name = outer_name;
        result
    }
    fn fill_function_inside(&mut self, id: FnId, source: FunctionSource, env: &Env) -> Expanded<()> {
        let from_text = self.from_text;
        let list = self.parse_lambda_list(source.lambda_list)?;
        let body = self.parse_body(source.body, Documentation::Allowed);
        let mut builder = Builder { env: env.clone(), ..Builder::default() };
        let (aux, names) = self.bind_parameters(list, &body.declarations, &mut builder)?;
        for (name, init) in aux {
            let init = match init {
                Some(form) => self.expand_at(form, &builder.env)?,
                None => self.nil_node(),
            };
            let Builder { wrappers, bound, env, .. } = &mut builder;
            self.bind_one(name, init, &body.declarations, wrappers, bound, env)?;
        }
        let inner = self.declare_free(&body.declarations, &names, &builder.env);
        let node = self.expand_function_body(source.block, &body, &inner)?;
        self.check_used(&builder.bound, &body.declarations, from_text);
        let node = self.wrap(builder.wrappers, node);
        let policy = self.policy(&inner);
        let function = &mut self.unit.functions[id.0 as usize];
        function.params = builder.params;
        function.body = node;
        function.policy = policy;
        Ok(())
    }
    fn expand_function_body(&mut self, block: Option<Held>, body: &Body, env: &Env) -> Expanded {
        match block {
            Some(name) => self.expand_in_block(name, &body.forms, env),
            None => self.expand_progn(&body.forms, env),
        }
    }
    /// Binds everything but `&aux`, which is returned with the names of all parameters.
    fn bind_parameters(
        &mut self,
        list: LambdaList,
        declarations: &Declarations,
        builder: &mut Builder,
    ) -> Expanded<(Vec<(Held, Option<Rooted>)>, Vec<Held>)> {
        let mut names: Vec<Held> = list.required.iter().copied().chain(list.rest).collect();
        names.extend(list.aux.iter().map(|(name, _)| *name));
        for parameter in list.optional.iter().chain(list.keys.iter().flatten()) {
            names.push(parameter.name);
            names.extend(parameter.supplied);
        }
        for name in list.required {
            let var = self.bind_parameter(name, declarations, builder)?;
            builder.params.required.push(var);
        }
        for parameter in list.optional {
            let (var, init, supplied) = self.bind_defaulted(&parameter, declarations, builder)?;
            builder.params.optional.push(Optional { var, init, supplied });
        }
        if let Some(name) = list.rest {
            builder.params.rest = Some(self.bind_parameter(name, declarations, builder)?);
        }
        if let Some(keys) = list.keys {
            let mut parameters = Vec::new();
            for parameter in keys {
                let keyword = parameter.keyword.expect("a keyword parameter has its keyword");
                let (var, init, supplied) = self.bind_defaulted(&parameter, declarations, builder)?;
                let keyword = self.datums.id_of(self.get(keyword));
                parameters.push(Keyword { keyword, var, init, supplied });
            }
            builder.params.keys = Some(parameters);
        }
        builder.params.allow_other_keys = list.allow_other_keys;
        Ok((list.aux, names))
    }
    /// A parameter without initial form: its own variable, or one whose value a special is bound to.
    fn bind_parameter(&mut self, name: Held, declarations: &Declarations, builder: &mut Builder) -> Expanded<VarId> {
        if !self.binds_special(name, declarations) {
            let var = self.new_variable(name, declarations)?;
            builder.bound.push(Bound { name, var });
            builder.env = builder.env.with(vec![Entry::Variable(name, Variable::Lexical(var))]);
            return Ok(var);
        }
        let text = symbol_text(self.get(name));
        let var = self.temporary(&text);
        let symbol = self.datums.id_of(self.get(name));
        builder.wrappers.push(Wrapper::Bind(symbol, self.node(Kind::Local(var))));
        builder.env = builder.env.with(vec![Entry::Variable(name, Variable::Special)]);
        builder.deferred = true;
        Ok(var)
    }
    /// An optional or keyword parameter. Once a special was bound in the body, later initial forms
    /// that could see it are evaluated in the body, too.
    fn bind_defaulted(
        &mut self,
        parameter: &Defaulted,
        declarations: &Declarations,
        builder: &mut Builder,
    ) -> Expanded<(VarId, Hir, Option<VarId>)> {
        let init = match parameter.init {
            Some(form) => self.expand_at(form, &builder.env)?,
            None => self.nil_node(),
        };
        if !builder.deferred || matches!(init.kind, Kind::Const(_)) {
            let var = self.bind_parameter(parameter.name, declarations, builder)?;
            let supplied = match parameter.supplied {
                Some(name) => Some(self.bind_parameter(name, declarations, builder)?),
                None => None,
            };
            return Ok((var, init, supplied));
        }
        let (var, supplied) = (self.temporary("argument"), self.temporary("supplied"));
        let (test, given) = (self.node(Kind::Local(supplied)), self.node(Kind::Local(var)));
        let value = self.if_node(test, given, init);
        let Builder { wrappers, bound, env, .. } = builder;
        self.bind_one(parameter.name, value, declarations, wrappers, bound, env)?;
        if let Some(name) = parameter.supplied {
            let value = self.node(Kind::Local(supplied));
            self.bind_one(name, value, declarations, wrappers, bound, env)?;
        }
        Ok((var, self.nil_node(), Some(supplied)))
    }
}

/// State while parameters are bound.
#[derive(Default)]
struct Builder {
    params: Params,
    wrappers: Vec<Wrapper>,
    bound: Vec<Bound>,
    env: Env,
    /// A special parameter is bound in the body, so later initial forms go there.
    deferred: bool,
}

fn name_of(symbol: Value) -> Vec<u32> {
    rook_runtime::object::string_chars(rook_runtime::object::symbol::symbol_name(symbol)).collect()
}
