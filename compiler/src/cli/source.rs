//! Running and compiling source files, with diagnostics.

use std::path::Path;
use std::rc::Rc;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::abi::layout;
use rook_runtime::object::{list, package, string_to_rust};
use rook_runtime::stack::handles::HandleScope;
use rook_runtime::value::{LispResult, Raised, Value, nil};

use super::hooks::raised;
use crate::compile;
use crate::datum::Datums;
use crate::diag::Severity;
use crate::diag::render::render;
use crate::env::Compilation;
use crate::evaluate::MemoryEvaluator;
use crate::expand::{Exit, Expander, Mode};
use crate::hir::Unit;
use crate::source::file::SourceFiles;
use crate::source::forms::{FormReader, ReadStop};

/// Prints the diagnostics that have come since `shown`; counts errors.
pub struct Reporter {
    shown: usize,
    pub errors: usize,
}

impl Reporter {
    pub fn new() -> Reporter {
        Reporter { shown: 0, errors: 0 }
    }
    pub fn flush(&mut self, compilation: &Rc<Compilation>, files: &SourceFiles, notes: bool) {
        compilation.with_diagnostics(|diagnostics| {
            for d in diagnostics.iter().skip(self.shown) {
                self.errors += (d.severity == Severity::Error) as usize;
                if d.severity > Severity::StyleWarning || notes {
                    eprintln!("{}", render(d, files, false));
                }
            }
            self.shown = diagnostics.len();
        });
    }
}

/// Reads a file; the error is the message for the user.
pub fn read_file(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // A script's first line is the shell's.
    Ok(if text.starts_with("#!") { format!(";{}", &text[1..]) } else { text })
}

/// Evaluates every form of a source text, each before the next is read.
pub fn load_text(ctx: &mut ThreadContext, name: &str, text: String, options: &compile::Options) -> LispResult {
    let context: *mut ThreadContext = ctx;
    let mut files = SourceFiles::default();
    let file = files.add(name.to_string(), text.clone());
    let compilation = Compilation::new(ctx);
    let entered = compilation.enter();
    let mut evaluator = MemoryEvaluator::new(context);
    evaluator.options = options.clone();
    evaluator.files = vec![String::new(), name.to_string()];
    let mut reporter = Reporter::new();
    let mut reader = FormReader::new(&text, file);
    let mut outcome = Ok(());
    {
        let mut expander = Expander::new(context, compilation.clone(), Mode::Memory, &mut evaluator);
        loop {
            match reader.read(ctx, &mut expander.spans) {
                Ok(None) => break,
                Ok(Some(form)) => {
                    let result = expander.process_top_level(form);
                    reporter.flush(&compilation, &files, true);
                    if let Err(exit) = result {
                        outcome = Err(exit);
                        break;
                    }
                }
                Err(ReadStop::Raised) => return Err(Raised::still_pending()),
                Err(ReadStop::Text(diagnostic)) => {
                    eprintln!("{}", render(&diagnostic, &files, false));
                    rook_runtime::start::exit(1);
                }
            }
        }
        if outcome.is_ok() {
            expander.finish();
            reporter.flush(&compilation, &files, true);
        }
    }
    drop(entered);
    outcome.map(|()| nil()).map_err(|exit| raised(ctx, &mut evaluator, exit))
}

/// A compiled file, before code generation.
pub struct CompiledFile {
    pub unit: Unit,
    pub datums: Datums,
    pub files: Vec<String>,
    /// Global operators that the text names.
    pub operators: Vec<String>,
}

/// The library's function that calls another and catches errors.
fn guarded_call() -> Option<Value> {
    let name: Vec<u32> = "%GUARDED-CALL".chars().map(|c| c as u32).collect();
    let kernel = package::find_package_str("ROOK-KERNEL")?;
    let (symbol, _) = package::find_symbol(kernel, &name)?;
    let function = symbol.slot(layout::symbol::FUNCTION);
    function.is_function().then_some(function)
}

/// Keeps emitted functions in the unit; evaluates what the file wants at compile time.
struct FileProcessor<'a> {
    inner: MemoryEvaluator<'a>,
}

impl crate::expand::Evaluator for FileProcessor<'_> {
    /// An error of a macro function becomes a diagnostic at the form.
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        let Some(guard) = guarded_call() else { return self.inner.call(function, arguments) };
        let arguments = list(self.inner.context(), arguments);
        let outcome = self.inner.call(guard, &[function, arguments])?;
        if outcome.car().is_nil() { Err(Exit::Error(string_to_rust(outcome.cdr()))) } else { Ok(outcome.cdr()) }
    }
    fn evaluate(&mut self, form: Value, env: &crate::env::Env) -> Result<Value, Exit> {
        self.inner.evaluate(form, env)
    }
}

impl crate::expand::Processor for FileProcessor<'_> {
    fn emit(&mut self, _: &mut Unit, _: &mut Datums, _: crate::hir::FnId) -> Result<(), Exit> {
        Ok(())
    }
}

/// Expands a file as `compile-file` does. `Ok(None)`: errors were reported.
pub fn expand_file(ctx: &mut ThreadContext, path: &Path) -> LispResult<Option<CompiledFile>> {
    let name = path.display().to_string();
    let text = match read_file(path) {
        Ok(text) => text,
        Err(message) => {
            eprintln!("error: {message}");
            return Ok(None);
        }
    };
    let context: *mut ThreadContext = ctx;
    let mut files = SourceFiles::default();
    let file = files.add(name.clone(), text.clone());
    let compilation = Compilation::new(ctx);
    let _entered = compilation.enter();
    let _scope = HandleScope::new(ctx);
    let mut processor = FileProcessor { inner: MemoryEvaluator::new(context) };
    let mut reporter = Reporter::new();
    let mut reader = FormReader::new(&text, file);
    let (unit, datums, operators) = {
        let mut expander = Expander::new(context, compilation.clone(), Mode::File, &mut processor);
        let mut outcome = Ok(());
        loop {
            match reader.read(ctx, &mut expander.spans) {
                Ok(None) => break,
                Ok(Some(form)) => {
                    outcome = expander.process_top_level(form);
                    if outcome.is_err() {
                        break;
                    }
                }
                Err(ReadStop::Raised) => return Err(Raised::still_pending()),
                Err(ReadStop::Text(diagnostic)) => {
                    reporter.flush(&compilation, &files, true);
                    eprintln!("{}", render(&diagnostic, &files, false));
                    return Ok(None);
                }
            }
        }
        if outcome.is_ok() {
            expander.finish();
        }
        let operators = expander.named_operators();
        let parts = (std::mem::take(&mut expander.unit), std::mem::take(&mut expander.datums), operators);
        drop(expander);
        reporter.flush(&compilation, &files, true);
        if let Err(exit) = outcome {
            return Err(raised(ctx, &mut processor.inner, exit));
        }
        parts
    };
    if reporter.errors > 0 {
        eprintln!("error: {name}: {} error{}", reporter.errors, if reporter.errors == 1 { "" } else { "s" });
        return Ok(None);
    }
    Ok(Some(CompiledFile { unit, datums, files: vec![String::new(), name], operators }))
}
