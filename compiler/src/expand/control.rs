//! Transfers of control and conditional evaluation.

use rook_runtime::value::{Value, t};

use super::{Expanded, Expander, Rooted};
use crate::diag::Code;
use crate::env::lexical::Entry;
use crate::env::{Env, Held};
use crate::hir::*;
use crate::known_functions::PrimOp;

impl Expander<'_> {
    pub(super) fn expand_block(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let name = self.roots.get(a[0]);
        if !name.is_symbol() {
            return self.fail(Code::MalformedForm, "a block is named by a symbol");
        }
        let name = self.hold(name);
        self.expand_in_block(name, &a[1..], env)
    }
    /// Forms inside a block of this name. A block that nothing leaves disappears.
    pub(super) fn expand_in_block(&mut self, name: Held, forms: &[Rooted], env: &Env) -> Expanded {
        let id = BlockId(self.unit.next_block);
        self.unit.next_block += 1;
        set_at(&mut self.used_blocks, id.0, false);
        let body = self.expand_progn(forms, &env.with(vec![Entry::Block(name, id)]))?;
        if !self.used_blocks[id.0 as usize] {
            return Ok(body);
        }
        Ok(self.node(Kind::Block(id, Box::new(body))))
    }
    pub(super) fn expand_return_from(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(2))?;
        let name = self.roots.get(a[0]);
        if !name.is_symbol() {
            return self.fail(Code::MalformedForm, "a block is named by a symbol");
        }
        let name = self.hold(name);
        self.expand_leave(name, a.get(1).copied(), env)
    }
    pub(super) fn expand_return(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, Some(1))?;
        let name = self.hold(rook_runtime::value::nil());
        self.expand_leave(name, a.first().copied(), env)
    }
    fn expand_leave(&mut self, name: Held, value: Option<Rooted>, env: &Env) -> Expanded {
        let Some(id) = env.block(name) else {
            let message = format!("no block named {} surrounds this form", self.spelling_of(name));
            return self.fail(Code::UnknownBlock, message);
        };
        self.used_blocks[id.0 as usize] = true;
        let value = match value {
            Some(form) => self.expand_at(form, env)?,
            None => self.nil_node(),
        };
        Ok(self.node(Kind::ReturnFrom(id, Box::new(value))))
    }

    pub(super) fn expand_tagbody(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        let id = TagbodyId(self.unit.next_tagbody);
        self.unit.next_tagbody += 1;
        set_at(&mut self.used_tagbodies, id.0, false);
        let mut entries = Vec::new();
        let mut seen: Vec<Held> = Vec::new();
        for &item in &a {
            let item = self.roots.get(item);
            if item.is_cons() {
                continue;
            }
            let tag = self.tag_name(item)?;
            if seen.contains(&tag) {
                return self.fail(Code::MalformedForm, "a tag occurs twice in a tagbody");
            }
            seen.push(tag);
            entries.push(Entry::Tag(tag, id, TagId(self.unit.next_tag)));
            self.unit.next_tag += 1;
        }
        let mut tags = entries.iter().map(|entry| match entry {
            Entry::Tag(_, _, tag) => *tag,
            _ => unreachable!("only tags were collected"),
        }).collect::<Vec<_>>().into_iter();
        let env = env.with(entries);
        let mut segments: Vec<(Option<TagId>, Vec<Hir>)> = vec![(None, Vec::new())];
        for &item in &a {
            if self.roots.get(item).is_cons() {
                let node = self.expand_at(item, &env)?;
                segments.last_mut().expect("there is a first segment").1.push(node);
            } else {
                segments.push((tags.next(), Vec::new()));
            }
        }
        if !self.used_tagbodies[id.0 as usize] {
            let mut forms: Vec<Hir> = segments.into_iter().flat_map(|(_, forms)| forms).collect();
            forms.push(self.nil_node());
            return Ok(self.sequence(forms));
        }
        if segments[0].1.is_empty() {
            segments.remove(0);
        }
        Ok(self.node(Kind::Tagbody(id, segments)))
    }
    fn tag_name(&mut self, item: Value) -> Expanded<Held> {
        if item.is_symbol() || item.is_fixnum() {
            return Ok(self.hold(item));
        }
        self.fail(Code::MalformedForm, "a tag is a symbol or a small integer, and every other element of a tagbody a list")
    }
    pub(super) fn expand_go(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, Some(1))?;
        let name = self.tag_name(self.roots.get(a[0]))?;
        let Some((body, tag)) = env.tag(name) else {
            return self.fail(Code::UnknownTag, "no tagbody around this form has the tag");
        };
        self.used_tagbodies[body.0 as usize] = true;
        Ok(self.node(Kind::Go(body, tag)))
    }

    pub(super) fn expand_catch(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let tag = self.expand_at(a[0], env)?;
        let body = self.expand_progn(&a[1..], env)?;
        Ok(self.node(Kind::Catch(Box::new(tag), Box::new(body))))
    }
    pub(super) fn expand_throw(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, Some(2))?;
        let tag = self.expand_at(a[0], env)?;
        let values = self.expand_at(a[1], env)?;
        Ok(self.node(Kind::Throw(Box::new(tag), Box::new(values))))
    }
    pub(super) fn expand_unwind_protect(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let protected = self.expand_at(a[0], env)?;
        if a.len() == 1 {
            return Ok(protected);
        }
        let cleanup = self.expand_progn(&a[1..], env)?;
        Ok(self.node(Kind::UnwindProtect(Box::new(protected), Box::new(cleanup))))
    }

    pub(super) fn expand_and(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        let mut nodes = self.expand_all(&a, env)?;
        let Some(last) = nodes.pop() else { return Ok(self.constant(t())) };
        let mut result = last;
        while let Some(test) = nodes.pop() {
            let otherwise = self.nil_node();
            result = self.if_node(test, result, otherwise);
        }
        Ok(result)
    }
    pub(super) fn expand_or(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 0, None)?;
        let mut nodes = self.expand_all(&a, env)?;
        let Some(last) = nodes.pop() else { return Ok(self.nil_node()) };
        let mut result = last;
        while let Some(test) = nodes.pop() {
            result = self.or_node(test, result);
        }
        Ok(result)
    }
    /// The value of `test` when true, else `otherwise`.
    fn or_node(&mut self, test: Hir, otherwise: Hir) -> Hir {
        if is_boolean_test(&test) {
            let yes = self.constant(t());
            return self.if_node(test, yes, otherwise);
        }
        let var = self.temporary("or");
        let (condition, value) = (self.node(Kind::Local(var)), self.node(Kind::Local(var)));
        let choice = self.if_node(condition, value, otherwise);
        self.node(Kind::Let(vec![(var, test)], Box::new(choice)))
    }
    pub(super) fn expand_when(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let test = self.expand_at(a[0], env)?;
        let body = self.expand_progn(&a[1..], env)?;
        let otherwise = self.nil_node();
        Ok(self.if_node(test, body, otherwise))
    }
    pub(super) fn expand_unless(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let test = self.expand_at(a[0], env)?;
        let body = self.expand_progn(&a[1..], env)?;
        let then = self.nil_node();
        Ok(self.if_node(test, then, body))
    }
    pub(super) fn expand_cond(&mut self, form: Value, env: &Env) -> Expanded {
        let clauses = self.operands(form, 0, None)?;
        let mut parts = Vec::new();
        for &clause in &clauses {
            let clause = self.roots.get(clause);
            if !clause.is_cons() {
                return self.fail(Code::MalformedForm, "a clause of cond is a list whose first element is a test");
            }
            let items = self.elements(clause, "a clause of cond")?;
            let test = self.expand_at(items[0], env)?;
            let body = if items.len() > 1 { Some(self.expand_progn(&items[1..], env)?) } else { None };
            parts.push((test, body));
        }
        if parts.len() as u32 + self.depth > super::MAX_DEPTH {
            return self.fail(Code::NestingTooDeep, "a cond has too many clauses");
        }
        let mut result = self.nil_node();
        while let Some((test, body)) = parts.pop() {
            result = match body {
                Some(body) if self.is_true(&test) => body,
                Some(body) => self.if_node(test, body, result),
                None if self.is_nil_constant(&result) => self.node(Kind::Values(vec![test])),
                None => self.or_node(test, result),
            };
        }
        Ok(result)
    }
    fn is_true(&self, node: &Hir) -> bool {
        matches!(node.kind, Kind::Const(id) if !self.datums.get(id).is_nil())
    }
    fn is_nil_constant(&self, node: &Hir) -> bool {
        matches!(node.kind, Kind::Const(id) if self.datums.get(id).is_nil())
    }
    pub(super) fn expand_prog1(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 1, None)?;
        let first = self.expand_at(a[0], env)?;
        self.value_then(first, &a[1..], env)
    }
    pub(super) fn expand_prog2(&mut self, form: Value, env: &Env) -> Expanded {
        let a = self.operands(form, 2, None)?;
        let first = self.expand_at(a[0], env)?;
        let second = self.expand_at(a[1], env)?;
        let rest = self.value_then(second, &a[2..], env)?;
        Ok(self.sequence(vec![first, rest]))
    }
    /// The single value of a node, after the other forms were evaluated.
    fn value_then(&mut self, first: Hir, rest: &[Rooted], env: &Env) -> Expanded {
        let var = self.temporary("value");
        let mut nodes = self.expand_all(rest, env)?;
        nodes.push(self.node(Kind::Local(var)));
        let body = self.sequence(nodes);
        Ok(self.node(Kind::Let(vec![(var, first)], Box::new(body))))
    }
}

/// Whether the node's value is T or NIL.
fn is_boolean_test(node: &Hir) -> bool {
    use PrimOp::*;
    matches!(
        &node.kind,
        Kind::Prim(
            Eq | Eql | Not | Null | Consp | Atom | Listp | Symbolp | Characterp | Functionp | Integerp | Rationalp
                | Floatp | Realp | Numberp | Complexp | SimpleVectorP | SimpleStringP | Packagep | FixnumP | BignumP
                | RatioP | SingleFloatP | DoubleFloatP | InstanceP | OtherP | UnboundMarkP | NumEq | Lt | Gt | Le | Ge
                | Zerop | Plusp | Minusp | Oddp | Evenp | FixLt | FixGt | FixLe | FixGe | FixEq | CharEq2,
            _
        )
    )
}

fn set_at(table: &mut Vec<bool>, index: u32, value: bool) {
    let index = index as usize;
    if table.len() <= index {
        table.resize(index + 1, false);
    }
    table[index] = value;
}
