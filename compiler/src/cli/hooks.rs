//! What the runtime asks of the compiler when it is linked in: `eval`, `compile`, and the driver's
//! own work, which Lisp calls back so that it happens under the program's outermost handlers.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::rc::Rc;

use rook_runtime::complain;
use rook_runtime::abi::thread_context::{ErrorKind, ThreadContext};
use rook_runtime::control::errors::program_error;
use rook_runtime::control::{call_lisp, resume};
use rook_runtime::embed::{self, Evaluator};
use rook_runtime::object::{list, string};
use rook_runtime::object::package;
use rook_runtime::object::symbol::well_known;
use rook_runtime::abi::well_known::Sym;
use rook_runtime::stack::handles::HandleScope;
use rook_runtime::value::{LispResult, Raised, Value, nil};

use crate::datum::Datums;
use crate::diag::render::render_short;
use crate::env::{Compilation, Env};
use crate::evaluate::{MemoryEvaluator, Pending};
use crate::expand::{Evaluator as _, Exit, Expander, Mode, Processor};
use crate::hir::{FnId, Unit};
use crate::source::file::SourceFiles;

/// Work of the driver that runs as a Lisp call.
type Job = Box<dyn FnOnce(&mut ThreadContext) -> LispResult>;

thread_local! {
    static JOB: RefCell<Option<Job>> = const { RefCell::new(None) };
}

/// Fills the runtime's hooks.
pub fn install() {
    let evaluator = Evaluator { compile_form, compile_lambda, request };
    embed::set_evaluator(evaluator);
    std::panic::set_hook(Box::new(note_panic));
    crate::expand::answer_environment_questions();
}

/// Runs `job` inside `rook-kernel::%toplevel`, which ends the process when it returns.
pub fn run_at_top_level(ctx: &mut ThreadContext, job: Job) -> Result<(), String> {
    JOB.with(|slot| *slot.borrow_mut() = Some(job));
    let kernel = package::find_package_str("ROOK-KERNEL").ok_or("the library is not linked in")?;
    let scope = HandleScope::new(ctx);
    let sym = |ctx: &mut ThreadContext, name: &str| scope.handle(package::intern_str(ctx, kernel, name));
    let (toplevel, primitive, operation) =
        (sym(ctx, "%TOPLEVEL"), sym(ctx, "%PRIMITIVE"), sym(ctx, "COMPILER-REQUEST"));
    let call = list(ctx, &[primitive.get(), operation.get(), nil(), nil()]);
    let lambda = list(ctx, &[well_known(Sym::LAMBDA), nil(), call]);
    let form = list(ctx, &[toplevel.get(), lambda]);
    let function = compile_form(ctx, form).map_err(|_| "the driver's form does not compile".to_string())?;
    call_lisp(ctx, function, &[]).map(|_| ()).map_err(|_| "control left the program".to_string())
}

/// Maps how an evaluation ended to the runtime's terms.
pub fn raised(ctx: &mut ThreadContext, evaluator: &mut MemoryEvaluator, exit: Exit) -> Raised {
    match (exit, evaluator.exit.take()) {
        (Exit::Error(message), _) => {
            let control = string(ctx, "~A");
            let text = string(ctx, &message);
            let args = list(ctx, &[text]);
            program_error_with(ctx, control, args)
        }
        (Exit::Unwind, Some(exit)) => resume(ctx, exit),
        (Exit::Unwind, None) => program_error(ctx, "compilation was abandoned", &[]),
    }
}

fn program_error_with(ctx: &mut ThreadContext, control: Value, args: Value) -> Raised {
    ctx.raise(ErrorKind::Program, &[control, args])
}

/// Runs all but the last function that a form expands to; the last is left for the caller.
struct LastFunction<'a> {
    inner: MemoryEvaluator<'a>,
    pending: Option<Pending>,
}

impl crate::expand::Evaluator for LastFunction<'_> {
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        self.inner.call(function, arguments)
    }
    fn evaluate(&mut self, form: Value, env: &Env) -> Result<Value, Exit> {
        self.inner.evaluate(form, env)
    }
}

impl Processor for LastFunction<'_> {
    fn emit(&mut self, unit: &mut Unit, datums: &mut Datums, _function: FnId) -> Result<(), Exit> {
        if let Some(before) = self.pending.take() {
            self.inner.run_pending(before)?;
        }
        let mut unit = std::mem::take(unit);
        self.pending = Some(self.inner.load(&mut unit, std::mem::take(datums))?);
        Ok(())
    }
}

/// As `compile_form`, and says on standard error what is suspicious about the form.
pub fn compile_form_reporting(ctx: &mut ThreadContext, form: Value) -> LispResult {
    let scope = HandleScope::new(ctx);
    let form = scope.handle(form);
    let compilation = Compilation::new(ctx);
    let _entered = compilation.enter();
    guarded(ctx, |ctx| compile_in(ctx, compilation, form.get(), true))
}

fn compile_form(ctx: &mut ThreadContext, form: Value) -> LispResult {
    let scope = HandleScope::new(ctx);
    let form = scope.handle(form);
    let compilation = Compilation::current_or_new(ctx);
    let _entered = compilation.enter();
    guarded(ctx, |ctx| compile_in(ctx, compilation, form.get(), false))
}

thread_local! {
    /// Message and place of the last panic.
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Makes an error of a panic in the compiler: it is a defect, but the program goes on. No Lisp frame
/// is between `work` and where it panics, since Lisp calls the compiler through here alone.
fn guarded(ctx: &mut ThreadContext, work: impl FnOnce(&mut ThreadContext) -> LispResult) -> LispResult {
    match catch_unwind(AssertUnwindSafe(|| work(&mut *ctx))) {
        Ok(result) => result,
        Err(_) => {
            let text = PANIC.with(|panic| format!("The compiler failed, which is a defect of Rook: {}", panic.take()));
            let control = string(ctx, "~A");
            let text = string(ctx, &text);
            let args = list(ctx, &[text]);
            Err(ctx.raise(ErrorKind::Simple, &[control, args]))
        }
    }
}

fn note_panic(info: &PanicHookInfo) {
    let text = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map_or(String::new(), |place| format!(" ({place})"));
    PANIC.with(|panic| *panic.borrow_mut() = format!("{text}{place}"));
}

fn compile_in(ctx: &mut ThreadContext, compilation: Rc<Compilation>, form: Value, report: bool) -> LispResult {
    let context: *mut ThreadContext = ctx;
    let scope = HandleScope::new(ctx);
    let form = scope.handle(form);
    let mut processor = LastFunction { inner: MemoryEvaluator::new(context), pending: None };
    let outcome = {
        let mut expander = Expander::new(context, compilation.clone(), Mode::Memory, &mut processor);
        let outcome = expander.process_top_level(form.get());
        if report && outcome.is_ok() {
            expander.finish();
        }
        outcome
    };
    if report {
        let files = SourceFiles::default();
        compilation.with_diagnostics(|diagnostics| {
            for diagnostic in diagnostics.iter() {
                complain!("{}", render_short(diagnostic, &files));
            }
        });
    }
    let outcome = outcome.and_then(|()| match processor.pending.take() {
        Some(pending) => processor.inner.finish_pending(pending),
        None => Err(Exit::Error("the form has no value".to_string())),
    });
    outcome.map_err(|exit| raised(ctx, &mut processor.inner, exit))
}

fn compile_lambda(ctx: &mut ThreadContext, name: Value, lambda: Value) -> LispResult {
    let _ = name;
    let context: *mut ThreadContext = ctx;
    let scope = HandleScope::new(ctx);
    let form = list(ctx, &[well_known(Sym::FUNCTION), lambda]);
    let form = scope.handle(form);
    guarded(ctx, |ctx| {
        let mut evaluator = MemoryEvaluator::new(context);
        match evaluator.evaluate(form.get(), &Env::null()) {
            Ok(function) => Ok(function),
            Err(exit) => Err(raised(ctx, &mut evaluator, exit)),
        }
    })
}

/// The driver's job.
fn request(ctx: &mut ThreadContext, operation: Value, arguments: Value) -> LispResult {
    if !operation.is_nil() && JOB.with(|slot| slot.borrow().is_none()) {
        return super::repl::answer(ctx, operation, arguments);
    }
    match JOB.with(|slot| slot.borrow_mut().take()) {
        Some(job) => guarded(ctx, job),
        None => Err(program_error(ctx, "the compiler has nothing to do", &[])),
    }
}
