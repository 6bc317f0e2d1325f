//! State shared by all units of one compilation and by what macro functions ask while it runs:
//! rooted objects, the compile-time overlay of global information, live environments, diagnostics.
//!
//! Macro functions re-enter the compiler (`macroexpand`, `eval`), so everything here is reached by
//! shared reference, and no borrow is kept over code that runs Lisp.

use std::cell::{Cell, RefCell};
use crate::hash::HashMap;
use std::rc::Rc;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::package;
use rook_runtime::object::{simple_vector, symbol as symbols};
use rook_runtime::value::Value;

use super::global_info::{INDICATORS, Overlay};
use super::lexical::Env;
use crate::datum::{DatumId, Datums};
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;

/// An object rooted for the time of a compilation. Symbols, fixnums and other immediates are equal
/// as `Held` when they are `eq`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Held(DatumId);

/// How many arguments a function takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arity {
    pub min: usize,
    pub max: Option<usize>,
}

impl Arity {
    pub fn accepts(self, count: usize) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }
}

/// A use of a global name.
#[derive(Clone, Debug)]
pub struct Seen {
    pub name: Held,
    pub span: Span,
    pub arguments: Option<usize>,
}

/// A global function that was defined in what is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub span: Span,
    pub arity: Option<Arity>,
}

/// What was seen of global functions and variables, for warnings at the end of the unit.
#[derive(Default)]
pub struct Usage {
    pub functions: HashMap<Held, Definition>,
    /// Calls of functions that were not defined yet.
    pub calls: Vec<Seen>,
    pub variables: Vec<Seen>,
}

/// See the module documentation.
pub struct Compilation {
    objects: RefCell<Datums>,
    pub(super) overlay: RefCell<Overlay>,
    pub(super) indicators: Vec<Held>,
    live: RefCell<Vec<(i64, Env)>>,
    diagnostics: RefCell<Diagnostics>,
    pub usage: RefCell<Usage>,
    names: RefCell<HashMap<(&'static str, &'static str), Held>>,
}

thread_local! {
    /// Running compilations, innermost last.
    static CURRENT: RefCell<Vec<Rc<Compilation>>> = const { RefCell::new(Vec::new()) };
    static SERIAL: Cell<i64> = const { Cell::new(0) };
}

/// Ends the time in which a compilation is the current one.
pub struct Entered(Rc<Compilation>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|stack| {
            let at = stack.iter().rposition(|c| Rc::ptr_eq(c, &self.0)).expect("an entered compilation is on the stack");
            stack.remove(at);
        });
    }
}

impl Compilation {
    pub fn new(ctx: &mut ThreadContext) -> Rc<Compilation> {
        let mut objects = Datums::new();
        let kernel = package::find_package_str("ROOK-KERNEL").expect("boot makes the kernel package");
        let indicators =
            INDICATORS.iter().map(|name| Held(objects.id_of(package::intern_str(ctx, kernel, name)))).collect();
        Rc::new(Compilation {
            objects: RefCell::new(objects),
            overlay: RefCell::default(),
            indicators,
            live: RefCell::default(),
            diagnostics: RefCell::default(),
            usage: RefCell::default(),
            names: RefCell::default(),
        })
    }
    /// The innermost running compilation of this thread.
    pub fn current() -> Option<Rc<Compilation>> {
        CURRENT.with_borrow(|stack| stack.last().cloned())
    }
    /// The compilation that an evaluation inside a macro function belongs to (so that it sees the
    /// definitions of the file being compiled), or a fresh one.
    pub fn current_or_new(ctx: &mut ThreadContext) -> Rc<Compilation> {
        Compilation::current().unwrap_or_else(|| Compilation::new(ctx))
    }
    /// Makes this the current compilation until the result is dropped.
    pub fn enter(self: &Rc<Self>) -> Entered {
        CURRENT.with_borrow_mut(|stack| stack.push(self.clone()));
        Entered(self.clone())
    }
    pub fn hold(&self, value: Value) -> Held {
        Held(self.objects.borrow_mut().id_of(value))
    }
    pub fn get(&self, held: Held) -> Value {
        self.objects.borrow().get(held.0)
    }
    /// The symbol of a standard or kernel package, by name.
    pub fn name(&self, ctx: &mut ThreadContext, package: &'static str, name: &'static str) -> Value {
        if let Some(&held) = self.names.borrow().get(&(package, name)) {
            return self.get(held);
        }
        let home = package::find_package_str(package).expect("boot makes the standard and kernel packages");
        let symbol = package::intern_str(ctx, home, name);
        let held = self.hold(symbol);
        self.names.borrow_mut().insert((package, name), held);
        symbol
    }
    pub fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }
    pub fn with_diagnostics<R>(&self, f: impl FnOnce(&mut Diagnostics) -> R) -> R {
        f(&mut self.diagnostics.borrow_mut())
    }
    /// A Lisp object that stands for `env` until `forget_environment`. The null environment is NIL.
    pub fn environment_object(&self, ctx: &mut ThreadContext, env: &Env) -> Value {
        if env.is_null() {
            return rook_runtime::value::nil();
        }
        let serial = SERIAL.get() + 1;
        SERIAL.set(serial);
        self.live.borrow_mut().push((serial, env.clone()));
        let marker = self.name(ctx, "ROOK-KERNEL", "%ENVIRONMENT");
        simple_vector(ctx, &[marker, Value::fixnum(serial)])
    }
    /// Number of live environments: what `forget_environments` takes.
    pub fn live_environments(&self) -> usize {
        self.live.borrow().len()
    }
    pub fn forget_environments(&self, len: usize) {
        self.live.borrow_mut().truncate(len);
    }
}

/// The environment that an environment object stands for, while its macro call is running.
/// `None` for NIL, for objects that outlived their call, and for anything else.
pub fn find_environment(object: Value) -> Option<(Rc<Compilation>, Env)> {
    let is_record = object.is_kind(rook_runtime::abi::layout::kind::SIMPLE_VECTOR) && object.size() == 2;
    if !is_record || !object.slot(0).is_symbol() || symbols::symbol_text(object.slot(0)) != "%ENVIRONMENT" {
        return None;
    }
    let serial = object.slot(1).to_fixnum()?;
    CURRENT.with_borrow(|stack| {
        stack.iter().rev().find_map(|c| {
            let live = c.live.borrow();
            live.iter().find(|(s, _)| *s == serial).map(|(_, env)| (c.clone(), env.clone()))
        })
    })
}
