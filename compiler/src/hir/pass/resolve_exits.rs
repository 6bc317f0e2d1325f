//! Outlines the bodies of `catch`, `unwind-protect` and of blocks and tagbodies that are left from
//! another function, so that each protected body is one call.
//!
//! Establishes: every `ReturnFrom` and `Go` names a construct of its own function; every other exit
//! is an `ExitTo` through a token variable. A token is a fresh object per activation, so an exit to
//! a construct that has ended is found out at run time.
//!
//! ```text
//! (block b (mapc (lambda (x) (return-from b x)) l))
//!   =>  (protected (block #:token) (fn () (mapc (lambda (x) (exit-to #:token x)) l)))
//! ```
//!
//! Which constructs: an exit that crosses a function, a catch body or a protected form makes its
//! target non-local; one that crosses a construct found non-local does so too (fixpoint), because
//! outlining makes that construct's body a function.

use std::collections::{HashMap, HashSet};

use crate::datum::Datums;
use crate::hir::visit::{for_each_child, for_each_child_mut, for_each_init, for_each_init_mut};
use crate::hir::*;
use crate::types::Type;
use rook_runtime::value::Value;

/// Rewrites the whole unit.
pub fn resolve_exits(unit: &mut Unit, datums: &mut Datums) {
    let non_local = find_non_local(unit);
    let mut rewriter =
        Rewriter { unit, datums, non_local, block_tokens: HashMap::new(), tagbody_tokens: HashMap::new(), zones: HashMap::new(), tag_indexes: HashMap::new() };
    let count = rewriter.unit.functions.len();
    for i in 0..count {
        number_tags(&rewriter.unit.functions[i], &mut rewriter.tag_indexes);
    }
    for i in 0..count {
        rewriter.function(FnId(i as u32));
    }
}

/// A construct an exit can name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Construct {
    Block(BlockId),
    Tagbody(TagbodyId),
}

enum Boundary {
    Function,
    Construct(Construct),
}

#[derive(Default)]
struct Finder {
    stack: Vec<Boundary>,
    non_local: HashSet<Construct>,
    /// (target, constructs crossed): non-local when one of those is.
    crossings: Vec<(Construct, Vec<Construct>)>,
}

fn find_non_local(unit: &Unit) -> HashSet<Construct> {
    let mut finder = Finder::default();
    for &root in unit.top_level.iter().chain(&unit.load_time) {
        finder.function(unit, root);
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (target, crossed) in &finder.crossings {
            if !finder.non_local.contains(target) && crossed.iter().any(|c| finder.non_local.contains(c)) {
                finder.non_local.insert(*target);
                changed = true;
            }
        }
    }
    finder.non_local
}

impl Finder {
    fn function(&mut self, unit: &Unit, id: FnId) {
        let f = unit.function(id);
        self.stack.push(Boundary::Function);
        for_each_init(&f.params, &mut |init| self.node(unit, init));
        self.node(unit, &f.body);
        self.stack.pop();
    }

    fn within(&mut self, boundary: Boundary, unit: &Unit, node: &Hir) {
        self.stack.push(boundary);
        self.node(unit, node);
        self.stack.pop();
    }

    fn node(&mut self, unit: &Unit, node: &Hir) {
        match &node.kind {
            Kind::Lambda(f) => self.function(unit, *f),
            Kind::Functions(fs, body) => {
                for &f in fs {
                    self.function(unit, f);
                }
                self.node(unit, body);
            }
            Kind::Catch(tag, body) => {
                self.node(unit, tag);
                self.within(Boundary::Function, unit, body);
            }
            Kind::UnwindProtect(body, cleanup) => {
                self.within(Boundary::Function, unit, body);
                self.node(unit, cleanup);
            }
            Kind::Block(b, body) => self.within(Boundary::Construct(Construct::Block(*b)), unit, body),
            Kind::Tagbody(t, _) => {
                self.stack.push(Boundary::Construct(Construct::Tagbody(*t)));
                for_each_child(node, &mut |child| self.node(unit, child));
                self.stack.pop();
            }
            Kind::ReturnFrom(b, value) => {
                self.node(unit, value);
                self.exit(Construct::Block(*b));
            }
            Kind::Go(t, _) => self.exit(Construct::Tagbody(*t)),
            _ => for_each_child(node, &mut |child| self.node(unit, child)),
        }
    }

    fn exit(&mut self, target: Construct) {
        let mut crossed = Vec::new();
        for boundary in self.stack.iter().rev() {
            match boundary {
                Boundary::Construct(c) if *c == target => break,
                Boundary::Construct(c) => crossed.push(*c),
                Boundary::Function => {
                    self.non_local.insert(target);
                }
            }
        }
        self.crossings.push((target, crossed));
    }
}

/// Records the segment index of every tag in `f`.
fn number_tags(f: &Function, indexes: &mut HashMap<TagId, i64>) {
    fn walk(node: &Hir, indexes: &mut HashMap<TagId, i64>) {
        if let Kind::Tagbody(_, segments) = &node.kind {
            for (i, (tag, _)) in segments.iter().enumerate() {
                if let Some(tag) = tag {
                    indexes.insert(*tag, i as i64);
                }
            }
        }
        for_each_child(node, &mut |child| walk(child, indexes));
    }
    for_each_init(&f.params, &mut |init| walk(init, indexes));
    walk(&f.body, indexes);
}

struct Rewriter<'a> {
    unit: &'a mut Unit,
    datums: &'a mut Datums,
    non_local: HashSet<Construct>,
    block_tokens: HashMap<BlockId, VarId>,
    tagbody_tokens: HashMap<TagbodyId, VarId>,
    /// Function whose body contains a tagbody's segments.
    zones: HashMap<TagbodyId, FnId>,
    tag_indexes: HashMap<TagId, i64>,
}

impl Rewriter<'_> {
    fn function(&mut self, id: FnId) {
        let f = &mut self.unit.functions[id.0 as usize];
        let mut body = std::mem::replace(&mut f.body, placeholder());
        let mut params = std::mem::take(&mut f.params);
        for_each_init_mut(&mut params, &mut |init| self.node(init, id));
        self.node(&mut body, id);
        let f = &mut self.unit.functions[id.0 as usize];
        f.body = body;
        f.params = params;
    }

    /// Rewrites one node that lies in function `zone`.
    fn node(&mut self, node: &mut Hir, zone: FnId) {
        let span = node.span;
        match &mut node.kind {
            Kind::Catch(tag, body) => {
                self.node(tag, zone);
                let tag = std::mem::replace(&mut **tag, placeholder());
                let body = std::mem::replace(&mut **body, placeholder());
                let body = self.outline(body, "CATCH", zone, Params::default());
                node.kind = Kind::Protected(Box::new(Protected { kind: ProtectedKind::Catch(tag), body }));
            }
            Kind::UnwindProtect(body, cleanup) => {
                self.node(cleanup, zone);
                let cleanup = std::mem::replace(&mut **cleanup, placeholder());
                let body = std::mem::replace(&mut **body, placeholder());
                let body = self.outline(body, "UNWIND-PROTECT", zone, Params::default());
                node.kind = Kind::Protected(Box::new(Protected { kind: ProtectedKind::Cleanup(cleanup), body }));
            }
            Kind::Block(b, body) if self.non_local.contains(&Construct::Block(*b)) => {
                let token = self.block_token(*b);
                let body = std::mem::replace(&mut **body, placeholder());
                let body = self.outline(body, "BLOCK", zone, Params::default());
                node.kind = Kind::Protected(Box::new(Protected { kind: ProtectedKind::Block(token), body }));
            }
            Kind::Tagbody(t, segments) => {
                let t = *t;
                if !self.non_local.contains(&Construct::Tagbody(t)) {
                    self.zones.insert(t, zone);
                    for_each_child_mut(node, &mut |child| self.node(child, zone));
                    return;
                }
                let token = self.tagbody_token(t);
                let index = self.new_var("tag-index");
                let segments = std::mem::take(segments);
                let body = Hir { kind: Kind::TagbodyFrom(index, t, segments), span };
                let params = Params { required: vec![index], ..Params::default() };
                let body = self.outline(body, "TAGBODY", zone, params);
                node.kind = Kind::Protected(Box::new(Protected { kind: ProtectedKind::Tagbody(token), body }));
            }
            Kind::TagbodyFrom(_, t, _) => {
                self.zones.insert(*t, zone);
                for_each_child_mut(node, &mut |child| self.node(child, zone));
            }
            Kind::ReturnFrom(b, value) if self.non_local.contains(&Construct::Block(*b)) => {
                let token = self.block_token(*b);
                self.node(value, zone);
                let value = std::mem::replace(&mut **value, placeholder());
                node.kind = Kind::ExitTo(token, Box::new(value));
            }
            Kind::Go(t, tag) if self.zones.get(t) != Some(&zone) => {
                let token = self.tagbody_token(*t);
                let index = self.datums.id_of(Value::fixnum(self.tag_indexes[tag]));
                node.kind = Kind::ExitTo(token, Box::new(Hir { kind: Kind::Const(index), span }));
            }
            _ => for_each_child_mut(node, &mut |child| self.node(child, zone)),
        }
    }

    /// Makes `body` a function of its own and rewrites it there.
    fn outline(&mut self, mut body: Hir, what: &str, zone: FnId, params: Params) -> FnId {
        let id = FnId(self.unit.functions.len() as u32);
        let parent = self.unit.function(zone);
        let function = Function {
            name: format!("({what} in {})", parent.name),
            global: None,
            params,
            body: placeholder(),
            policy: parent.policy,
            span: body.span,
            inline: false,
            notinline: false,
        };
        self.unit.functions.push(function);
        self.node(&mut body, id);
        self.unit.functions[id.0 as usize].body = body;
        id
    }

    fn block_token(&mut self, b: BlockId) -> VarId {
        if let Some(&token) = self.block_tokens.get(&b) {
            return token;
        }
        let token = self.new_var("block-token");
        self.block_tokens.insert(b, token);
        token
    }

    fn tagbody_token(&mut self, t: TagbodyId) -> VarId {
        if let Some(&token) = self.tagbody_tokens.get(&t) {
            return token;
        }
        let token = self.new_var("tagbody-token");
        self.tagbody_tokens.insert(t, token);
        token
    }

    fn new_var(&mut self, name: &str) -> VarId {
        self.unit.vars.push(Var {
            name: name.to_string(),
            declared: Type::ANY,
            declared_spec: None,
            assigned: false,
            dynamic_extent: false,
            ignored: false,
            span: Default::default(),
        });
        VarId(self.unit.vars.len() as u32 - 1)
    }
}

fn placeholder() -> Hir {
    Hir { kind: Kind::Seq(Vec::new()), span: Default::default() }
}
