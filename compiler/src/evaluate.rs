//! The evaluator: expand, compile to memory, call. The only room that closes the loop from
//! expansion to code in memory.

use std::cell::RefCell;
use std::rc::Rc;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::call::{Exit as LispExit, call_lisp_values};
use rook_runtime::object::{list, package, string_to_rust};
use rook_runtime::stack::handles::HandleScope;
use rook_runtime::value::{Value, nil};

use crate::backend::jit::{LoadedUnit, load_unit};
use crate::backend::{self, Backend};
use crate::compile::{self, Options};
use crate::datum::{DatumId, Datums};
use crate::env::{Compilation, Env};
use crate::expand::{Evaluator, Exit, Expander, Mode, Processor};
use crate::hir::pass::merge_definitions::DEFINING;
use crate::hir::{FnId, Hir, Kind, Unit};
use crate::mir::Program;

/// What happens to each unit besides running it: the bootstrap also keeps its static form.
pub type Observer<'a> = dyn FnMut(&Program, &Rc<Datums>, LoadedUnit) + 'a;

thread_local! {
    /// Set up once: that takes longer than compiling a small form.
    static MEMORY_BACKEND: RefCell<Option<Backend>> = const { RefCell::new(None) };
}

/// `work` runs no Lisp, so it does not come back here.
fn with_memory_backend<R>(work: impl FnOnce(&mut Backend) -> R) -> R {
    MEMORY_BACKEND.with_borrow_mut(|slot| work(slot.get_or_insert_with(|| Backend::new(backend::Target::MEMORY))))
}

/// A unit in memory whose top-level functions have not been called.
pub struct Pending {
    program: Program,
    datums: Datums,
    loaded: LoadedUnit,
}

/// Compiles to memory and runs.
pub struct MemoryEvaluator<'a> {
    ctx: *mut ThreadContext,
    pub options: Options,
    /// Names of source files by `Span::file`.
    pub files: Vec<String>,
    observer: Option<&'a mut Observer<'a>>,
    /// Values of the last top-level form.
    pub values: Vec<Value>,
    /// The exit that stopped evaluation.
    pub exit: Option<LispExit>,
    /// Errors of macro functions and of evaluation at compile time become `Exit::Error`, for a
    /// diagnostic; without it they are signalled where they are.
    pub guard_compile_time: bool,
    /// So do errors of top-level functions: this evaluator runs code at compile time.
    guard_all: bool,
}

/// A function of the library, once that is loaded.
fn kernel_function(name: &str) -> Option<Value> {
    let name: Vec<u32> = name.chars().map(u32::from).collect();
    let kernel = package::find_package_str("ROOK-KERNEL")?;
    let (symbol, _) = package::find_symbol(kernel, &name)?;
    let function = rook_runtime::object::symbol::symbol_function(symbol);
    function.is_function().then_some(function)
}

/// The library's function that calls another and catches errors.
pub fn guarded_call() -> Option<Value> {
    kernel_function("%GUARDED-CALL")
}

/// A top-level form that does nothing but define or give something: it runs once, so that code for
/// it would not pay. The library's `%definition` makes the function that does it.
struct Definition {
    /// The defining primitive; the form gives its argument when there is none.
    primitive: Option<&'static str>,
    arguments: Vec<Argument>,
    value: Option<DatumId>,
}

enum Argument {
    Datum(DatumId),
    /// Index into `Unit::wanted`.
    Function(usize),
}

impl Definition {
    /// What the only top-level function of the unit does, if that is a definition. The unit is left
    /// with the functions that it defines.
    fn take_from(unit: &mut Unit) -> Option<Definition> {
        let [top] = unit.top_level[..] else { return None };
        let (primitive, nodes, value) = match &unit.function(top).body.kind {
            Kind::Lambda(_) => (None, std::slice::from_ref(&unit.function(top).body), None),
            Kind::Seq(nodes) => match &nodes[..] {
                [Hir { kind: Kind::Primitive(name, nodes), .. }, Hir { kind: Kind::Const(value), .. }]
                    if DEFINING.contains(name) =>
                {
                    (Some(*name), &nodes[..], Some(*value))
                }
                _ => return None,
            },
            _ => return None,
        };
        let mut wanted = Vec::new();
        let mut arguments = Vec::new();
        for node in nodes {
            arguments.push(match node.kind {
                Kind::Const(datum) => Argument::Datum(datum),
                Kind::Lambda(function) => {
                    wanted.push(function);
                    Argument::Function(wanted.len() - 1)
                }
                _ => return None,
            });
        }
        unit.wanted = wanted;
        unit.top_level.clear();
        Some(Definition { primitive, arguments, value })
    }
}

impl<'a> MemoryEvaluator<'a> {
    pub fn new(ctx: *mut ThreadContext) -> MemoryEvaluator<'a> {
        MemoryEvaluator {
            ctx,
            options: Options::default(),
            files: Vec::new(),
            observer: None,
            values: Vec::new(),
            exit: None,
            guard_compile_time: false,
            guard_all: false,
        }
    }

    pub fn with_observer(mut self, observer: &'a mut Observer<'a>) -> Self {
        self.observer = Some(observer);
        self
    }

    #[expect(clippy::mut_from_ref, reason = "the context is the thread's own; no reference to it is kept over a call")]
    fn ctx(&self) -> &mut ThreadContext {
        // SAFETY: `new` got the running thread's context, which outlives the evaluator.
        unsafe { &mut *self.ctx }
    }

    /// The context of the running thread.
    pub fn context(&mut self) -> &mut ThreadContext {
        self.ctx()
    }

    /// Compiles a unit, loads it and calls its top-level functions in order.
    pub fn run(&mut self, unit: &mut Unit, datums: Datums) -> Result<(), Exit> {
        let pending = self.load(unit, datums)?;
        self.run_pending(pending)
    }

    /// Compiles a unit and loads it.
    pub fn load(&mut self, unit: &mut Unit, datums: Datums) -> Result<Pending, Exit> {
        let mut datums = datums;
        // SAFETY: as for `ctx`.
        let ctx = unsafe { &mut *self.ctx };
        // The observer wants the static form of everything.
        let maker = if self.observer.is_none() { kernel_function("%DEFINITION") } else { None };
        let definition = maker.and_then(|_| Definition::take_from(unit));
        let program = compile::to_mir(ctx, unit, &mut datums, &mut self.options);
        let files = self.files.clone();
        let mut compiled = match with_memory_backend(|backend| backend.compile(&program, &datums, files)) {
            Ok(compiled) => compiled,
            Err(error) => return Err(Exit::Error(error.to_string())),
        };
        if let Some(fault) = self.options.fault {
            fault.plant_in_code(&mut compiled);
        }
        let mut loaded = load_unit(self.ctx(), &compiled, &datums).map_err(|error| Exit::Error(error.to_string()))?;
        if let Some(definition) = definition {
            let function = self.defining_function(&definition, &program, &datums, &loaded)?;
            loaded.add_top_level(function);
        }
        Ok(Pending { program, datums, loaded })
    }

    /// The function that a top-level form is which only defines.
    fn defining_function(&mut self, definition: &Definition, program: &Program, datums: &Datums, loaded: &LoadedUnit) -> Result<Value, Exit> {
        let ctx = self.ctx();
        // Nothing collects before the call: Rust never does.
        let maker = kernel_function("%DEFINITION").expect("it was there");
        let mut arguments = vec![match definition.primitive {
            Some(name) => {
                let kernel = package::find_package_str("ROOK-KERNEL").expect("the library is there");
                package::intern_str(ctx, kernel, &name.to_uppercase().replace('_', "-"))
            }
            None => nil(),
        }];
        arguments.push(definition.value.map_or(nil(), |value| datums.get(value)));
        for argument in &definition.arguments {
            arguments.push(match *argument {
                Argument::Datum(datum) => datums.get(datum),
                Argument::Function(i) => loaded.function(self.ctx(), program.wanted[i]),
            });
        }
        Ok(self.call_values(maker, &arguments)?.first().copied().unwrap_or(nil()))
    }

    /// Calls the top-level functions of a loaded unit.
    pub fn run_pending(&mut self, pending: Pending) -> Result<(), Exit> {
        let Pending { program, datums, loaded } = pending;
        for i in 0..loaded.top_level().len() {
            let function = loaded.top_level()[i];
            self.values = if self.guard_all { vec![self.call_guarded(function, &[])?] } else { self.call_values(function, &[])? };
        }
        if let Some(observer) = &mut self.observer {
            observer(&program, &Rc::new(datums), loaded);
        }
        Ok(())
    }

    /// Calls all top-level functions but the last, which is the result.
    pub fn finish_pending(&mut self, pending: Pending) -> Result<Value, Exit> {
        let count = pending.loaded.top_level().len();
        for i in 0..count - 1 {
            let function = pending.loaded.top_level()[i];
            self.call_values(function, &[])?;
        }
        Ok(pending.loaded.top_level()[count - 1])
    }

    /// The primary value; an error becomes `Exit::Error` with the condition's report.
    fn call_guarded(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        let primary = |values: Vec<Value>| values.first().copied().unwrap_or(nil());
        let Some(guard) = guarded_call() else { return self.call_values(function, arguments).map(primary) };
        let arguments = list(self.ctx(), arguments);
        let outcome = primary(self.call_values(guard, &[function, arguments])?);
        if outcome.car().is_nil() { Err(Exit::Error(string_to_rust(outcome.cdr()))) } else { Ok(outcome.cdr()) }
    }

    fn call_values(&mut self, function: Value, arguments: &[Value]) -> Result<Vec<Value>, Exit> {
        call_lisp_values(self.ctx(), function, arguments).map_err(|exit| {
            self.exit = Some(exit);
            Exit::Unwind
        })
    }
}

impl Evaluator for MemoryEvaluator<'_> {
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        if self.guard_compile_time {
            return self.call_guarded(function, arguments);
        }
        Ok(self.call_values(function, arguments)?.first().copied().unwrap_or(nil()))
    }

    fn evaluate(&mut self, form: Value, env: &Env) -> Result<Value, Exit> {
        let ctx = self.ctx;
        let compilation = Compilation::current_or_new(self.ctx());
        let mut inner = MemoryEvaluator::new(ctx);
        inner.options = self.options.clone();
        inner.files = self.files.clone();
        inner.guard_compile_time = self.guard_compile_time;
        inner.guard_all = self.guard_compile_time;
        let result = evaluate_in(&mut inner, compilation, form, env);
        self.exit = inner.exit.take();
        result.map(|values| values.first().copied().unwrap_or(nil()))
    }
}

fn evaluate_in(
    evaluator: &mut MemoryEvaluator,
    compilation: Rc<Compilation>,
    form: Value,
    env: &Env,
) -> Result<Vec<Value>, Exit> {
    let (mut unit, datums) = {
        let ctx = evaluator.ctx;
        let mut expander = Expander::new(ctx, compilation, Mode::Memory, evaluator);
        expander.expression(form, env)?;
        (std::mem::take(&mut expander.unit), std::mem::take(&mut expander.datums))
    };
    evaluator.run(&mut unit, datums)?;
    Ok(evaluator.values.clone())
}

impl Processor for MemoryEvaluator<'_> {
    fn emit(&mut self, unit: &mut Unit, datums: &mut Datums, _function: FnId) -> Result<(), Exit> {
        let mut unit = std::mem::take(unit);
        let datums = std::mem::take(datums);
        self.run(&mut unit, datums)
    }
}

/// Processes one form as a top-level form in memory; gives its values.
pub fn evaluate_top_level(
    evaluator: &mut MemoryEvaluator,
    compilation: Rc<Compilation>,
    form: Value,
) -> Result<Vec<Value>, Exit> {
    let ctx = evaluator.ctx;
    // SAFETY: the running thread's context.
    let scope = HandleScope::new(unsafe { &mut *ctx });
    let form = scope.handle(form);
    let mut expander = Expander::new(ctx, compilation, Mode::Memory, evaluator);
    expander.process_top_level(form.get())?;
    drop(expander);
    Ok(std::mem::take(&mut evaluator.values))
}
