//! Units as text: an S-expression with every table. `parse` reads it back; places in the source
//! are not shown.

use super::datum_text::datum_text;
use super::node::*;
use super::sexp::{Sexp, atom, form, quoted};
use crate::datum::{DatumId, Datums};
use crate::types::Type;

/// The text of a unit.
pub fn print_unit(unit: &Unit, datums: &Datums) -> String {
    let printer = Printer { unit, datums };
    let mut text = printer.unit().pretty();
    text.push('\n');
    text
}

/// The text of one expression of a unit.
pub fn print_node(unit: &Unit, datums: &Datums, node: &Hir) -> String {
    Printer { unit, datums }.node(node).pretty()
}

struct Printer<'a> {
    unit: &'a Unit,
    datums: &'a Datums,
}

fn list(items: impl IntoIterator<Item = Sexp>) -> Sexp {
    Sexp::List(items.into_iter().collect())
}
fn function_id(id: FnId) -> Sexp {
    atom(format!("f{}", id.0))
}
fn numbered(letter: char, id: u32) -> Sexp {
    atom(format!("{letter}{id}"))
}

/// A type: `any`, or the set's bits and the bounds of its fixnums.
pub fn type_text(ty: Type) -> Sexp {
    if ty == Type::ANY {
        return atom("any");
    }
    form("type", [atom(format!("{:x}", ty.set.0)), atom(ty.low.to_string()), atom(ty.high.to_string())])
}

impl Printer<'_> {
    fn datum(&self, id: DatumId) -> Sexp {
        datum_text(self.datums.get(id))
    }
    /// `name.id`; only the id counts.
    fn var(&self, id: VarId) -> Sexp {
        let name: String = self.unit.vars.get(id.0 as usize).map_or(String::new(), |var| {
            var.name.chars().filter(|c| !c.is_whitespace() && !"()\"|;\\'.".contains(*c)).collect()
        });
        atom(format!("{}.{}", name.to_lowercase(), id.0))
    }
    fn opt_var(&self, id: Option<VarId>) -> Sexp {
        id.map_or(atom("-"), |id| self.var(id))
    }
    fn nodes<'n>(&self, nodes: impl IntoIterator<Item = &'n Hir>) -> Vec<Sexp> {
        nodes.into_iter().map(|node| self.node(node)).collect()
    }
    fn unit(&self) -> Sexp {
        let vars = self.unit.vars.iter().enumerate().map(|(i, var)| self.var_entry(VarId(i as u32), var));
        let functions = self.unit.functions.iter().enumerate().map(|(i, f)| self.function(FnId(i as u32), f));
        let ids = |ids: &[FnId]| ids.iter().map(|&id| function_id(id)).collect::<Vec<_>>();
        let mut items = vec![
            form("vars", vars),
            form("top-level", ids(&self.unit.top_level)),
            form("next", [self.unit.next_block, self.unit.next_tagbody, self.unit.next_tag].map(|n| atom(n.to_string()))),
        ];
        items.extend(functions);
        form("unit", items)
    }
    fn var_entry(&self, id: VarId, var: &Var) -> Sexp {
        let mut items = vec![self.var(id), atom(quoted(&var.name, '"')), type_text(var.declared)];
        items.push(var.declared_spec.map_or(atom("-"), |spec| list([self.datum(spec)])));
        let flags = [(var.assigned, "assigned"), (var.dynamic_extent, "dynamic-extent"), (var.ignored, "ignored")];
        items.extend(flags.iter().filter(|(set, _)| *set).map(|(_, name)| atom(*name)));
        list(items)
    }
    fn function(&self, id: FnId, function: &Function) -> Sexp {
        let p = function.policy;
        let mut items = vec![
            function_id(id),
            atom(quoted(&function.name, '"')),
            function.global.map_or(atom("-"), |global| self.datum(global)),
            form("policy", [p.speed, p.safety, p.debug, p.space, p.compilation_speed].map(|q| atom(q.to_string()))),
        ];
        let flags = [(function.inline, "inline"), (function.notinline, "notinline")];
        items.push(form("flags", flags.iter().filter(|(set, _)| *set).map(|(_, name)| atom(*name))));
        items.push(self.params(&function.params));
        items.push(self.node(&function.body));
        form("function", items)
    }
    fn params(&self, params: &Params) -> Sexp {
        let mut items = vec![form("required", params.required.iter().map(|&v| self.var(v)))];
        if !params.optional.is_empty() {
            let entries = params.optional.iter();
            items.push(form(
                "optional",
                entries.map(|o| list([self.var(o.var), self.node(&o.init), self.opt_var(o.supplied)])),
            ));
        }
        if let Some(rest) = params.rest {
            items.push(form("rest", [self.var(rest)]));
        }
        if let Some(keys) = &params.keys {
            items.push(form(
                "key",
                keys.iter().map(|k| {
                    list([self.datum(k.keyword), self.var(k.var), self.node(&k.init), self.opt_var(k.supplied)])
                }),
            ));
        }
        if params.allow_other_keys {
            items.push(form("allow-other-keys", []));
        }
        form("params", items)
    }
    fn segments(&self, segments: &[(Option<TagId>, Vec<Hir>)]) -> Vec<Sexp> {
        segments
            .iter()
            .map(|(tag, forms)| {
                let tag = tag.map_or(atom("-"), |tag| numbered('g', tag.0));
                list(std::iter::once(tag).chain(self.nodes(forms)))
            })
            .collect()
    }
    fn node(&self, node: &Hir) -> Sexp {
        match &node.kind {
            Kind::Const(d) => form("const", [self.datum(*d)]),
            Kind::Local(v) => self.var(*v),
            Kind::SetLocal(v, e) => form("set", [self.var(*v), self.node(e)]),
            Kind::Global(d) => form("global", [self.datum(*d)]),
            Kind::SetGlobal(d, e) => form("set-global", [self.datum(*d), self.node(e)]),
            Kind::If(a, b, c) => form("if", self.nodes([&**a, b, c])),
            Kind::Seq(nodes) => form("seq", self.nodes(nodes)),
            Kind::Let(bindings, body) => {
                let bindings = bindings.iter().map(|(v, e)| list([self.var(*v), self.node(e)]));
                form("let", [list(bindings), self.node(body)])
            }
            Kind::Bind(bindings, body) => {
                let bindings = bindings.iter().map(|(d, e)| list([self.datum(*d), self.node(e)]));
                form("bind", [list(bindings), self.node(body)])
            }
            Kind::LetValues(vars, values, body) => {
                let vars = list(vars.iter().map(|&v| self.var(v)));
                form("let-values", [vars, self.node(values), self.node(body)])
            }
            Kind::Lambda(f) => form("lambda", [function_id(*f)]),
            Kind::Functions(ids, body) => {
                form("functions", [list(ids.iter().map(|&id| function_id(id))), self.node(body)])
            }
            Kind::LocalFunction(f) => form("local-function", [function_id(*f)]),
            Kind::GlobalFunction(d) => form("global-function", [self.datum(*d)]),
            Kind::Call(callee, arguments) => self.call(callee, arguments),
            Kind::Prim(op, arguments) => {
                form("prim", std::iter::once(atom(format!("{op:?}"))).chain(self.nodes(arguments)))
            }
            Kind::Primitive(name, arguments) => {
                form("primitive", std::iter::once(atom(*name)).chain(self.nodes(arguments)))
            }
            Kind::Foreign(call, arguments) => self.foreign(call, arguments),
            Kind::Block(b, e) => form("block", [numbered('b', b.0), self.node(e)]),
            Kind::ReturnFrom(b, e) => form("return-from", [numbered('b', b.0), self.node(e)]),
            Kind::Tagbody(t, segments) => {
                form("tagbody", std::iter::once(numbered('t', t.0)).chain(self.segments(segments)))
            }
            Kind::TagbodyFrom(v, t, segments) => {
                let head = [self.var(*v), numbered('t', t.0)];
                form("tagbody-from", head.into_iter().chain(self.segments(segments)))
            }
            Kind::Go(t, tag) => form("go", [numbered('t', t.0), numbered('g', tag.0)]),
            Kind::Catch(a, b) => form("catch", self.nodes([&**a, b])),
            Kind::Throw(a, b) => form("throw", self.nodes([&**a, b])),
            Kind::UnwindProtect(a, b) => form("unwind-protect", self.nodes([&**a, b])),
            Kind::ValuesCall(f, arguments) => {
                form("values-call", std::iter::once(self.node(f)).chain(self.nodes(arguments)))
            }
            Kind::ValuesProg1(a, b) => form("values-prog1", self.nodes([&**a, b])),
            Kind::Values(arguments) => form("values", self.nodes(arguments)),
            Kind::Progv(a, b, c) => form("progv", self.nodes([&**a, b, c])),
            Kind::The(ty, spec, e) => form("the", [type_text(*ty), self.datum(*spec), self.node(e)]),
            Kind::Protected(protected) => self.protected(protected),
            Kind::ExitTo(v, e) => form("exit-to", [self.var(*v), self.node(e)]),
            Kind::Leave(n, e) => form("leave", [atom(n.to_string()), self.node(e)]),
        }
    }
    fn call(&self, callee: &Callee, arguments: &[Hir]) -> Sexp {
        let (head, callee) = match callee {
            Callee::Global(d) => ("call", self.datum(*d)),
            Callee::Known(f) => ("call-known", function_id(*f)),
            Callee::Value(e) => ("call-value", self.node(e)),
        };
        form(head, std::iter::once(callee).chain(self.nodes(arguments)))
    }
    fn foreign(&self, call: &ForeignCall, arguments: &[Hir]) -> Sexp {
        let symbol = call.symbol.as_ref().map_or(atom("-"), |name| atom(quoted(name, '"')));
        let types = list(call.arguments.iter().map(|ty| atom(format!("{ty:?}"))));
        let head = [symbol, atom(format!("{:?}", call.result)), types, atom(call.blocking.to_string())];
        form("foreign", head.into_iter().chain(self.nodes(arguments)))
    }
    fn protected(&self, protected: &Protected) -> Sexp {
        let (name, operand) = match &protected.kind {
            ProtectedKind::Block(v) => ("protected-block", self.var(*v)),
            ProtectedKind::Tagbody(v) => ("protected-tagbody", self.var(*v)),
            ProtectedKind::Catch(tag) => ("protected-catch", self.node(tag)),
            ProtectedKind::Cleanup(cleanup) => ("protected-cleanup", self.node(cleanup)),
        };
        let exits = protected.exits.iter().map(|exit| match exit {
            Exit::Return(b) => numbered('b', b.0),
            Exit::Go(t, tag) => list([numbered('t', t.0), numbered('g', tag.0)]),
            Exit::Leave(n) => atom(n.to_string()),
        });
        form(name, [operand, function_id(protected.body)].into_iter().chain(exits))
    }
}
