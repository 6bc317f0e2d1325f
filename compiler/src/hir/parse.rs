//! The inverse of `print`: a unit from its text. Ids are taken as they stand; `verify` checks them.

use rook_runtime::abi::thread_context::ThreadContext;

use super::datum_text::parse_datum;
use super::node::*;
use super::sexp::{self, Sexp, unquoted};
use crate::datum::{DatumId, Datums};
use crate::known_functions::{KNOWN, PrimOp};
use crate::source::Span;
use crate::types::{Type, TypeSet};

type Parsed<T> = Result<T, String>;

/// The unit that a text describes, with its data.
pub fn parse_unit(ctx: &mut ThreadContext, text: &str) -> Parsed<(Unit, Datums)> {
    let text = sexp::parse(text)?;
    let mut parser = Parser { ctx, datums: Datums::new() };
    let unit = parser.unit(&text)?;
    Ok((unit, parser.datums))
}

struct Parser<'a> {
    ctx: &'a mut ThreadContext,
    datums: Datums,
}

/// Items of a list that begins with this word.
fn items<'s>(text: &'s Sexp, head: &str) -> Parsed<&'s [Sexp]> {
    match text.as_list() {
        Some([first, rest @ ..]) if first.as_atom() == Some(head) => Ok(rest),
        _ => Err(format!("({head} …) expected, not {}", text.pretty())),
    }
}
fn exactly<const N: usize>(items: &[Sexp]) -> Parsed<&[Sexp; N]> {
    items.try_into().map_err(|_| format!("{N} items expected, not {}", items.len()))
}
fn word(text: &Sexp) -> Parsed<&str> {
    text.as_atom().ok_or_else(|| format!("a word expected, not {}", text.pretty()))
}
fn number<T: std::str::FromStr>(text: &Sexp) -> Parsed<T> {
    word(text)?.parse().map_err(|_| format!("a number expected, not {}", text.pretty()))
}
fn string(text: &Sexp) -> Parsed<String> {
    unquoted(word(text)?, '"').ok_or_else(|| format!("a string expected, not {}", text.pretty()))
}
/// The number in a word like `f12`.
fn id(text: &Sexp, letter: char) -> Parsed<u32> {
    let digits = word(text)?.strip_prefix(letter);
    digits.and_then(|d| d.parse().ok()).ok_or_else(|| format!("{letter}N expected, not {}", text.pretty()))
}
fn var(text: &Sexp) -> Parsed<VarId> {
    let digits = word(text)?.rsplit_once('.').map(|(_, digits)| digits);
    digits.and_then(|d| d.parse().ok()).map(VarId).ok_or_else(|| format!("a variable expected, not {}", text.pretty()))
}
fn opt_var(text: &Sexp) -> Parsed<Option<VarId>> {
    if text.as_atom() == Some("-") { Ok(None) } else { var(text).map(Some) }
}
fn function(text: &Sexp) -> Parsed<FnId> {
    id(text, 'f').map(FnId)
}
fn list_of(text: &Sexp) -> Parsed<&[Sexp]> {
    text.as_list().ok_or_else(|| format!("a list expected, not {}", text.pretty()))
}
fn ty(text: &Sexp) -> Parsed<Type> {
    if text.as_atom() == Some("any") {
        return Ok(Type::ANY);
    }
    let [set, low, high] = exactly(items(text, "type")?)?;
    let set = u64::from_str_radix(word(set)?, 16).map_err(|e| e.to_string())?;
    Ok(Type { set: TypeSet(set), low: number(low)?, high: number(high)? })
}
fn operator(name: &str) -> Parsed<PrimOp> {
    let known = KNOWN.iter().find(|known| format!("{:?}", known.op) == name);
    known.map(|known| known.op).ok_or_else(|| format!("unknown operator {name}"))
}
fn foreign_type(text: &Sexp) -> Parsed<ForeignType> {
    use ForeignType::*;
    let all = [
        Void, Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64, Single, Double, Pointer, CString, Value, Bool,
    ];
    let name = word(text)?;
    all.into_iter().find(|ty| format!("{ty:?}") == name).ok_or_else(|| format!("unknown foreign type {name}"))
}
fn primitive(name: &str) -> Parsed<&'static str> {
    let found = rook_runtime::primitives::all().into_iter().find(|p| p.name == name);
    found.map(|p| p.name).ok_or_else(|| format!("unknown primitive {name}"))
}

impl Parser<'_> {
    fn datum(&mut self, text: &Sexp) -> Parsed<DatumId> {
        let value = parse_datum(self.ctx, text)?;
        Ok(self.datums.id_of(value))
    }
    fn unit(&mut self, text: &Sexp) -> Parsed<Unit> {
        let [vars, top_level, next, functions @ ..] = items(text, "unit")? else {
            return Err("a unit has vars, top-level, next and functions".into());
        };
        let mut unit = Unit::default();
        for entry in items(vars, "vars")? {
            let var = self.var_entry(entry)?;
            unit.vars.push(var);
        }
        unit.top_level = items(top_level, "top-level")?.iter().map(function).collect::<Parsed<_>>()?;
        let [block, tagbody, tag] = exactly(items(next, "next")?)?;
        (unit.next_block, unit.next_tagbody, unit.next_tag) = (number(block)?, number(tagbody)?, number(tag)?);
        for entry in functions {
            let function = self.function(entry)?;
            unit.functions.push(function);
        }
        Ok(unit)
    }
    fn var_entry(&mut self, text: &Sexp) -> Parsed<Var> {
        let [_, name, declared, spec, flags @ ..] = list_of(text)? else {
            return Err("a variable has name, type, specifier and flags".into());
        };
        let has = |flag: &str| flags.iter().any(|f| f.as_atom() == Some(flag));
        let declared_spec = match spec.as_list() {
            Some(spec) => Some(self.datum(&exactly::<1>(spec)?[0])?),
            None => None,
        };
        Ok(Var {
            name: string(name)?,
            declared: ty(declared)?,
            declared_spec,
            assigned: has("assigned"),
            dynamic_extent: has("dynamic-extent"),
            ignored: has("ignored"),
            span: Span::default(),
        })
    }
    fn function(&mut self, text: &Sexp) -> Parsed<Function> {
        let [_, name, global, policy, flags, params, body] = exactly(items(text, "function")?)?;
        let global = if global.as_atom() == Some("-") { None } else { Some(self.datum(global)?) };
        let q = items(policy, "policy")?.iter().map(number).collect::<Parsed<Vec<u8>>>()?;
        let &[speed, safety, debug, space, compilation_speed] = &q[..] else {
            return Err("a policy has five qualities".into());
        };
        let flags = items(flags, "flags")?;
        let has = |flag: &str| flags.iter().any(|f| f.as_atom() == Some(flag));
        Ok(Function {
            name: string(name)?,
            global,
            params: self.params(params)?,
            body: self.node(body)?,
            policy: Policy { speed, safety, debug, space, compilation_speed },
            span: Span::default(),
            inline: has("inline"),
            notinline: has("notinline"),
        })
    }
    fn params(&mut self, text: &Sexp) -> Parsed<Params> {
        let mut params = Params::default();
        for section in items(text, "params")? {
            let [head, entries @ ..] = list_of(section)? else { return Err("an empty parameter section".into()) };
            match word(head)? {
                "required" => params.required = entries.iter().map(var).collect::<Parsed<_>>()?,
                "optional" => {
                    for entry in entries {
                        let [variable, init, supplied] = exactly(list_of(entry)?)?;
                        let (var, supplied) = (var(variable)?, opt_var(supplied)?);
                        params.optional.push(Optional { var, init: self.node(init)?, supplied });
                    }
                }
                "rest" => params.rest = Some(var(&exactly::<1>(entries)?[0])?),
                "key" => {
                    let mut keys = Vec::new();
                    for entry in entries {
                        let [keyword, variable, init, supplied] = exactly(list_of(entry)?)?;
                        let (var, supplied) = (var(variable)?, opt_var(supplied)?);
                        keys.push(Keyword { keyword: self.datum(keyword)?, var, init: self.node(init)?, supplied });
                    }
                    params.keys = Some(keys);
                }
                "allow-other-keys" => params.allow_other_keys = true,
                other => return Err(format!("unknown parameter section {other}")),
            }
        }
        Ok(params)
    }
    fn nodes(&mut self, texts: &[Sexp]) -> Parsed<Vec<Hir>> {
        texts.iter().map(|text| self.node(text)).collect()
    }
    fn boxed(&mut self, text: &Sexp) -> Parsed<Box<Hir>> {
        self.node(text).map(Box::new)
    }
    fn segments(&mut self, texts: &[Sexp]) -> Parsed<Vec<(Option<TagId>, Vec<Hir>)>> {
        let mut segments = Vec::new();
        for text in texts {
            let [tag, forms @ ..] = list_of(text)? else { return Err("an empty segment".into()) };
            let tag = if tag.as_atom() == Some("-") { None } else { Some(TagId(id(tag, 'g')?)) };
            segments.push((tag, self.nodes(forms)?));
        }
        Ok(segments)
    }
    fn node(&mut self, text: &Sexp) -> Parsed<Hir> {
        let kind = match text {
            Sexp::Atom(_) => Kind::Local(var(text)?),
            Sexp::List(all) => match all.split_first() {
                Some((head, rest)) => self.kind(word(head)?, rest)?,
                None => return Err("an empty node".into()),
            },
        };
        Ok(Hir { kind, span: Span::default() })
    }
    fn two(&mut self, rest: &[Sexp]) -> Parsed<(Box<Hir>, Box<Hir>)> {
        let [a, b] = exactly(rest)?;
        Ok((self.boxed(a)?, self.boxed(b)?))
    }
    fn three(&mut self, rest: &[Sexp]) -> Parsed<(Box<Hir>, Box<Hir>, Box<Hir>)> {
        let [a, b, c] = exactly(rest)?;
        Ok((self.boxed(a)?, self.boxed(b)?, self.boxed(c)?))
    }
    /// First item, and the others as nodes.
    fn headed<'s>(&mut self, rest: &'s [Sexp]) -> Parsed<(&'s Sexp, Vec<Hir>)> {
        let (first, rest) = rest.split_first().ok_or("a node lacks its first part")?;
        Ok((first, self.nodes(rest)?))
    }
    fn kind(&mut self, head: &str, rest: &[Sexp]) -> Parsed<Kind> {
        Ok(match head {
            "const" => Kind::Const(self.datum(&exactly::<1>(rest)?[0])?),
            "set" => {
                let [variable, value] = exactly(rest)?;
                Kind::SetLocal(var(variable)?, self.boxed(value)?)
            }
            "global" => Kind::Global(self.datum(&exactly::<1>(rest)?[0])?),
            "set-global" => {
                let [symbol, value] = exactly(rest)?;
                Kind::SetGlobal(self.datum(symbol)?, self.boxed(value)?)
            }
            "if" => {
                let (a, b, c) = self.three(rest)?;
                Kind::If(a, b, c)
            }
            "seq" => Kind::Seq(self.nodes(rest)?),
            "let" => {
                let [bindings, body] = exactly(rest)?;
                let mut parsed = Vec::new();
                for binding in list_of(bindings)? {
                    let [variable, init] = exactly(list_of(binding)?)?;
                    parsed.push((var(variable)?, self.node(init)?));
                }
                Kind::Let(parsed, self.boxed(body)?)
            }
            "bind" => {
                let [bindings, body] = exactly(rest)?;
                let mut parsed = Vec::new();
                for binding in list_of(bindings)? {
                    let [symbol, value] = exactly(list_of(binding)?)?;
                    parsed.push((self.datum(symbol)?, self.node(value)?));
                }
                Kind::Bind(parsed, self.boxed(body)?)
            }
            "let-values" => {
                let [vars, values, body] = exactly(rest)?;
                let vars = list_of(vars)?.iter().map(var).collect::<Parsed<_>>()?;
                Kind::LetValues(vars, self.boxed(values)?, self.boxed(body)?)
            }
            "lambda" => Kind::Lambda(function(&exactly::<1>(rest)?[0])?),
            "functions" => {
                let [ids, body] = exactly(rest)?;
                let ids = list_of(ids)?.iter().map(function).collect::<Parsed<_>>()?;
                Kind::Functions(ids, self.boxed(body)?)
            }
            "local-function" => Kind::LocalFunction(function(&exactly::<1>(rest)?[0])?),
            "global-function" => Kind::GlobalFunction(self.datum(&exactly::<1>(rest)?[0])?),
            "call" | "call-known" | "call-value" => self.call(head, rest)?,
            "prim" => {
                let (name, arguments) = self.headed(rest)?;
                Kind::Prim(operator(word(name)?)?, arguments)
            }
            "primitive" => {
                let (name, arguments) = self.headed(rest)?;
                Kind::Primitive(primitive(word(name)?)?, arguments)
            }
            "foreign" => self.foreign(rest)?,
            "block" => {
                let [block, body] = exactly(rest)?;
                Kind::Block(BlockId(id(block, 'b')?), self.boxed(body)?)
            }
            "return-from" => {
                let [block, value] = exactly(rest)?;
                Kind::ReturnFrom(BlockId(id(block, 'b')?), self.boxed(value)?)
            }
            "tagbody" => {
                let (body, segments) = rest.split_first().ok_or("a tagbody lacks its id")?;
                Kind::Tagbody(TagbodyId(id(body, 't')?), self.segments(segments)?)
            }
            "tagbody-from" => {
                let [variable, body, segments @ ..] = rest else { return Err("a tagbody-from lacks its ids".into()) };
                Kind::TagbodyFrom(var(variable)?, TagbodyId(id(body, 't')?), self.segments(segments)?)
            }
            "go" => {
                let [body, tag] = exactly(rest)?;
                Kind::Go(TagbodyId(id(body, 't')?), TagId(id(tag, 'g')?))
            }
            "catch" => {
                let (a, b) = self.two(rest)?;
                Kind::Catch(a, b)
            }
            "throw" => {
                let (a, b) = self.two(rest)?;
                Kind::Throw(a, b)
            }
            "unwind-protect" => {
                let (a, b) = self.two(rest)?;
                Kind::UnwindProtect(a, b)
            }
            "values-call" => {
                let (callee, arguments) = self.headed(rest)?;
                Kind::ValuesCall(self.boxed(callee)?, arguments)
            }
            "values-prog1" => {
                let (a, b) = self.two(rest)?;
                Kind::ValuesProg1(a, b)
            }
            "values" => Kind::Values(self.nodes(rest)?),
            "progv" => {
                let (a, b, c) = self.three(rest)?;
                Kind::Progv(a, b, c)
            }
            "the" => {
                let [set, spec, value] = exactly(rest)?;
                Kind::The(ty(set)?, self.datum(spec)?, self.boxed(value)?)
            }
            "protected-block" | "protected-tagbody" | "protected-catch" | "protected-cleanup" => {
                self.protected(head, rest)?
            }
            "exit-to" => {
                let [variable, value] = exactly(rest)?;
                Kind::ExitTo(var(variable)?, self.boxed(value)?)
            }
            "leave" => {
                let [index, value] = exactly(rest)?;
                Kind::Leave(number(index)?, self.boxed(value)?)
            }
            other => return Err(format!("unknown node {other}")),
        })
    }
    fn call(&mut self, head: &str, rest: &[Sexp]) -> Parsed<Kind> {
        let (callee, arguments) = self.headed(rest)?;
        let callee = match head {
            "call" => Callee::Global(self.datum(callee)?),
            "call-known" => Callee::Known(function(callee)?),
            _ => Callee::Value(self.boxed(callee)?),
        };
        Ok(Kind::Call(callee, arguments))
    }
    fn foreign(&mut self, rest: &[Sexp]) -> Parsed<Kind> {
        let [symbol, result, types, blocking, arguments @ ..] = rest else {
            return Err("a foreign call lacks parts".into());
        };
        let call = ForeignCall {
            symbol: if symbol.as_atom() == Some("-") { None } else { Some(string(symbol)?) },
            arguments: list_of(types)?.iter().map(foreign_type).collect::<Parsed<_>>()?,
            result: foreign_type(result)?,
            blocking: word(blocking)? == "true",
        };
        Ok(Kind::Foreign(Box::new(call), self.nodes(arguments)?))
    }
    fn protected(&mut self, head: &str, rest: &[Sexp]) -> Parsed<Kind> {
        let [operand, body, exits @ ..] = rest else { return Err("a protected form lacks its parts".into()) };
        let kind = match head {
            "protected-block" => ProtectedKind::Block(var(operand)?),
            "protected-tagbody" => ProtectedKind::Tagbody(var(operand)?),
            "protected-catch" => ProtectedKind::Catch(self.node(operand)?),
            _ => ProtectedKind::Cleanup(self.node(operand)?),
        };
        let exits = exits.iter().map(exit).collect::<Parsed<_>>()?;
        Ok(Kind::Protected(Box::new(Protected { kind, body: function(body)?, exits })))
    }
}

/// `b1`, `(t1 g2)` or the index of an exit further out.
fn exit(form: &Sexp) -> Parsed<Exit> {
    match form.as_atom() {
        Some(text) if text.starts_with('b') => Ok(Exit::Return(BlockId(id(form, 'b')?))),
        Some(_) => Ok(Exit::Leave(number(form)?)),
        None => {
            let [body, tag] = exactly(list_of(form)?)?;
            Ok(Exit::Go(TagbodyId(id(body, 't')?), TagId(id(tag, 'g')?)))
        }
    }
}
