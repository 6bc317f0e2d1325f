//! The first stage: compiles and loads the library form by form, keeps the static form of all its
//! code, and writes the library as an image.
//!
//! The library's state after loading (symbols, packages, layouts, tables) is snapshotted, so nothing
//! is replayed when a program starts.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::object::package;
use rook_runtime::reader::{ReadErrorKind, SourceText, read_from_str};
use rook_runtime::stack::handles::HandleScope;
use rook_runtime::value::Value;

use crate::backend::jit::LoadedUnit;
use crate::backend::{self, Backend};
use crate::datum::Datums;
use crate::diag::Severity;
use crate::env::Compilation;
use crate::evaluate::MemoryEvaluator;
use crate::expand::{Exit, Expander, Mode};
use crate::link::image::Image;
use crate::link::snapshot::Snapshot;
use crate::mir::Program;
use crate::source::file::SourceFiles;

/// A library unit in both forms.
struct Compiled {
    unit: backend::Unit,
    datums: Rc<Datums>,
    loaded: LoadedUnit,
}

/// Compiles the library below `root` and gives its image.
pub fn bootstrap(ctx: &mut ThreadContext, root: &Path, verbose: bool) -> Result<Image, String> {
    crate::expand::answer_environment_questions();
    let files = load_order(root)?;
    let mut units: Vec<Compiled> = Vec::new();
    let mut sources = SourceFiles::default();
    let mut names = vec![String::new()];
    for path in files {
        let display = path.strip_prefix(root.parent().unwrap_or(root)).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        names.push(display.clone());
        let file = sources.add(display.clone(), text);
        let start = std::time::Instant::now();
        let before = units.len();
        load_file(ctx, &sources, file, &names, &mut units)?;
        if verbose {
            eprintln!("{display}: {} units, {:.0} ms", units.len() - before, start.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(snapshot(&units))
}

/// The files named by `load-order.sexp`.
fn load_order(root: &Path) -> Result<Vec<PathBuf>, String> {
    let path = root.join("load-order.sexp");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let body: String = text.lines().map(|l| l.split(';').next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let files = body.split('"').skip(1).step_by(2).map(|name| root.join(format!("{name}.lisp"))).collect();
    Ok(files)
}

fn load_file(
    ctx: &mut ThreadContext,
    sources: &SourceFiles,
    file: u16,
    names: &[String],
    units: &mut Vec<Compiled>,
) -> Result<(), String> {
    let source = sources.get(file).expect("the file was just added");
    let mut backend = Backend::new(backend::Target::FILE);
    let mut failure = None;
    let mut observer = |program: &Program, datums: &Rc<Datums>, loaded: LoadedUnit| {
        match backend.compile(program, datums, names.to_vec()) {
            Ok(unit) => units.push(Compiled { unit, datums: datums.clone(), loaded }),
            Err(error) => failure = Some(error.to_string()),
        };
    };
    let context: *mut ThreadContext = ctx;
    let mut evaluator = MemoryEvaluator::new(context).with_observer(&mut observer);
    evaluator.files = names.to_vec();
    let compilation = Compilation::new(ctx);
    let entered = compilation.enter();
    let mut expander = Expander::new(context, compilation.clone(), Mode::Memory, &mut evaluator);
    expander.spans.set_file(file);
    let mut text = SourceText::new(&source.text);
    loop {
        let at = text.position();
        let form = match read_from_str(ctx, &mut text, &mut expander.spans) {
            Ok(Some(form)) => form,
            Ok(None) => break,
            Err(error) if matches!(error.kind, ReadErrorKind::Raised(_)) => {
                return Err(format!("{}:{}: an error was raised while reading", source.name, at.line));
            }
            Err(error) => {
                return Err(format!("{}:{}:{}: {}", source.name, error.position.line, error.position.column, error.message));
            }
        };
        let result = expander.process_top_level(form);
        let errors: Vec<String> = compilation.with_diagnostics(|d| {
            d.iter()
                .filter(|d| d.severity >= Severity::Error)
                .map(|d| format!("{}:{}:{}: {}", source.name, d.span.line, d.span.column, d.message))
                .collect()
        });
        if !errors.is_empty() {
            return Err(errors.join("\n"));
        }
        match result {
            Ok(()) => {}
            Err(Exit::Error(message)) => return Err(format!("{}:{}: {message}", source.name, at.line)),
            Err(Exit::Unwind) => {
                return Err(format!("{}:{}: an error or exit left the form", source.name, at.line));
            }
        }
    }
    drop(expander);
    drop(evaluator);
    drop(entered);
    failure.map_or(Ok(()), Err)
}

fn snapshot(units: &[Compiled]) -> Image {
    let mut snapshot = Snapshot::new();
    for c in units {
        snapshot.add_unit(&c.unit, &c.datums, |f| Some(c.loaded.entry(f)));
    }
    for name in ["rook_undefined_entry", "rook_macro_entry", "rook_funcallable_entry"] {
        if let Some(address) = backend::jit::symbols::runtime(name) {
            snapshot.add_routine(address, name);
        }
    }
    let packages: Vec<Value> = package::all_packages().list_iter().collect();
    snapshot.finish(&packages)
}

/// Reads and evaluates every form of a text; for tools that run before the library has a driver.
pub fn evaluate_text(ctx: &mut ThreadContext, name: &str, text: &str) -> Result<(), String> {
    let context: *mut ThreadContext = ctx;
    let mut evaluator = MemoryEvaluator::new(context);
    evaluator.files = vec![String::new(), name.to_string()];
    let compilation = Compilation::new(ctx);
    let _entered = compilation.enter();
    let scope = HandleScope::new(ctx);
    let mut source = SourceText::new(text);
    let mut expander = Expander::new(context, compilation, Mode::Memory, &mut evaluator);
    expander.spans.set_file(1);
    loop {
        let at = source.position();
        match read_from_str(ctx, &mut source, &mut expander.spans) {
            Ok(None) => break,
            Ok(Some(form)) => {
                let form = scope.handle(form);
                expander
                    .process_top_level(form.get())
                    .map_err(|exit| format!("{name}:{}: {exit:?}", at.line))?;
            }
            Err(error) => return Err(format!("{name}:{}: {}", error.position.line, error.message)),
        }
    }
    Ok(())
}
