//! Outlines the bodies of `catch`, `unwind-protect` and of blocks and tagbodies that are left from
//! a closure, so that each protected body is one call.
//!
//! Establishes: every `ReturnFrom` and `Go` names a construct of its own function. An exit that
//! crosses a closure is an `ExitTo` through a token variable; a token is a fresh object per
//! activation, so an exit to a construct that has ended is found out at run time. An exit that
//! crosses outlined bodies only is a `Leave`: the bodies return, one after the other.
//!
//! ```text
//! (block b (mapc (lambda (x) (return-from b x)) l))
//!   =>  (protected (block #:token) (fn () (block b (mapc (lambda (x) (exit-to #:token x)) l))))
//! (block b (unwind-protect (return-from b x) (f)))
//!   =>  (block b (protected (cleanup (f)) (fn () (leave 0 x)) exits: b))
//! ```

use crate::hash::{HashMap, HashSet};

use crate::datum::{DatumId, Datums};
use crate::hir::visit::{for_each_child, for_each_child_mut, for_each_init, for_each_init_mut};
use crate::hir::*;
use crate::types::Type;
use rook_runtime::value::{Value, nil};

/// Rewrites the whole unit.
pub fn resolve_exits(unit: &mut Unit, datums: &mut Datums) {
    let non_local = find_non_local(unit);
    let mut rewriter = Rewriter {
        unit,
        datums,
        non_local,
        tokens: HashMap::default(),
        zones: HashMap::default(),
        outlined: HashMap::default(),
        tag_indexes: HashMap::default(),
    };
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

/// Finds the constructs that closures leave.
#[derive(Default)]
struct Finder {
    stack: Vec<Boundary>,
    non_local: HashSet<Construct>,
}

fn find_non_local(unit: &Unit) -> HashSet<Construct> {
    let mut finder = Finder::default();
    for root in unit.roots() {
        finder.function(unit, root);
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

    fn within(&mut self, construct: Construct, unit: &Unit, node: &Hir) {
        self.stack.push(Boundary::Construct(construct));
        for_each_child(node, &mut |child| self.node(unit, child));
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
            Kind::Block(b, _) => self.within(Construct::Block(*b), unit, node),
            Kind::Tagbody(t, _) => self.within(Construct::Tagbody(*t), unit, node),
            Kind::ReturnFrom(b, value) => {
                self.node(unit, value);
                self.exit(Construct::Block(*b));
            }
            Kind::Go(t, _) => self.exit(Construct::Tagbody(*t)),
            _ => for_each_child(node, &mut |child| self.node(unit, child)),
        }
    }

    fn exit(&mut self, target: Construct) {
        for boundary in self.stack.iter().rev() {
            match boundary {
                Boundary::Construct(c) if *c == target => break,
                Boundary::Construct(_) => {}
                Boundary::Function => {
                    self.non_local.insert(target);
                }
            }
        }
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
    tokens: HashMap<Construct, VarId>,
    /// Function in whose body a construct lies.
    zones: HashMap<Construct, FnId>,
    /// Outlined bodies: where each came from, and the exits it takes.
    outlined: HashMap<FnId, Outlined>,
    tag_indexes: HashMap<TagId, i64>,
}

enum Way {
    Local,
    /// By returning from outlined bodies.
    Leave(u32),
    /// Through the token of the target's activation.
    Token(VarId),
}

struct Outlined {
    parent: FnId,
    /// As seen from inside: never `Exit::Leave`.
    exits: Vec<Exit>,
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
                node.kind = self.protect(ProtectedKind::Catch(tag), body, "CATCH", zone, Params::default());
            }
            Kind::UnwindProtect(body, cleanup) => {
                self.node(cleanup, zone);
                let cleanup = std::mem::replace(&mut **cleanup, placeholder());
                let body = std::mem::replace(&mut **body, placeholder());
                node.kind = self.protect(ProtectedKind::Cleanup(cleanup), body, "UNWIND-PROTECT", zone, Params::default());
            }
            Kind::Block(b, body) => {
                let construct = Construct::Block(*b);
                if self.zones.contains_key(&construct) || !self.non_local.contains(&construct) {
                    self.zones.entry(construct).or_insert(zone);
                    self.node(body, zone);
                    return;
                }
                let token = self.token(construct);
                let body = std::mem::replace(node, placeholder());
                self.zones.insert(construct, self.next_function());
                node.kind = self.protect(ProtectedKind::Block(token), body, "BLOCK", zone, Params::default());
                node.span = span;
            }
            Kind::Tagbody(t, segments) => {
                let t = *t;
                let construct = Construct::Tagbody(t);
                if !self.non_local.contains(&construct) {
                    self.zones.insert(construct, zone);
                    for_each_child_mut(node, &mut |child| self.node(child, zone));
                    return;
                }
                let token = self.token(construct);
                let index = self.new_var("tag-index");
                let segments = std::mem::take(segments);
                let body = Hir { kind: Kind::TagbodyFrom(index, t, segments), span };
                let params = Params { required: vec![index], ..Params::default() };
                self.zones.insert(construct, self.next_function());
                node.kind = self.protect(ProtectedKind::Tagbody(token), body, "TAGBODY", zone, params);
            }
            Kind::ReturnFrom(b, value) => {
                let b = *b;
                self.node(value, zone);
                match self.way(Construct::Block(b), Exit::Return(b), zone) {
                    Way::Local => {}
                    Way::Leave(index) => {
                        let value = std::mem::replace(&mut **value, placeholder());
                        node.kind = Kind::Leave(index, Box::new(value));
                    }
                    Way::Token(token) => {
                        let value = std::mem::replace(&mut **value, placeholder());
                        node.kind = Kind::ExitTo(token, Box::new(value));
                    }
                }
            }
            Kind::Go(t, tag) => {
                let (t, tag) = (*t, *tag);
                let constant = |value: DatumId| Box::new(Hir { kind: Kind::Const(value), span });
                match self.way(Construct::Tagbody(t), Exit::Go(t, tag), zone) {
                    Way::Local => {}
                    Way::Leave(index) => node.kind = Kind::Leave(index, constant(self.datums.id_of(nil()))),
                    Way::Token(token) => {
                        let index = self.datums.id_of(Value::fixnum(self.tag_indexes[&tag]));
                        node.kind = Kind::ExitTo(token, constant(index));
                    }
                }
            }
            _ => for_each_child_mut(node, &mut |child| self.node(child, zone)),
        }
    }

    /// How an exit in `zone` gets to its target.
    fn way(&mut self, target: Construct, exit: Exit, zone: FnId) -> Way {
        // A closure may be rewritten before the function that contains it.
        let Some(&home) = self.zones.get(&target) else { return Way::Token(self.token(target)) };
        if zone == home {
            return Way::Local;
        }
        let mut at = zone;
        while let Some(outlined) = self.outlined.get(&at) {
            at = outlined.parent;
            if at == home {
                return Way::Leave(self.leave_index(zone, exit));
            }
        }
        Way::Token(self.token(target))
    }

    /// The index of an exit among those of an outlined body.
    fn leave_index(&mut self, body: FnId, exit: Exit) -> u32 {
        let exits = &mut self.outlined.get_mut(&body).expect("only outlined bodies are left by returning").exits;
        let position = exits.iter().position(|&e| e == exit).unwrap_or_else(|| {
            exits.push(exit);
            exits.len() - 1
        });
        position as u32
    }

    fn next_function(&self) -> FnId {
        FnId(self.unit.functions.len() as u32)
    }

    /// Makes `body` a function of its own, rewrites it there and protects its call.
    fn protect(&mut self, kind: ProtectedKind, mut body: Hir, what: &str, zone: FnId, params: Params) -> Kind {
        let id = self.next_function();
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
        self.outlined.insert(id, Outlined { parent: zone, exits: Vec::new() });
        self.node(&mut body, id);
        self.unit.functions[id.0 as usize].body = body;
        let mut exits = std::mem::take(&mut self.outlined.get_mut(&id).expect("inserted above").exits);
        for exit in &mut exits {
            let home = self.zones[&match *exit {
                Exit::Return(b) => Construct::Block(b),
                Exit::Go(t, _) => Construct::Tagbody(t),
                Exit::Leave(_) => unreachable!("exits name constructs until their parent is known"),
            }];
            if home != zone {
                *exit = Exit::Leave(self.leave_index(zone, *exit));
            }
        }
        Kind::Protected(Box::new(Protected { kind, body: id, exits }))
    }

    fn token(&mut self, construct: Construct) -> VarId {
        if let Some(&token) = self.tokens.get(&construct) {
            return token;
        }
        let token = self.new_var(match construct {
            Construct::Block(_) => "block-token",
            Construct::Tagbody(_) => "tagbody-token",
        });
        self.tokens.insert(construct, token);
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
