//! Running and compiling source files, with diagnostics.

use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use rook_runtime::complain;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::stack::handles::HandleScope;
use rook_runtime::value::{LispResult, Raised, Value, nil};

use super::hooks::raised;
use crate::compile;
use crate::datum::Datums;
use crate::diag::{Code, Diagnostic, Severity};
use crate::diag::render::render;
use crate::env::Compilation;
use crate::evaluate::MemoryEvaluator;
use crate::expand::{Exit, Expander, Mode};
use crate::hir::Unit;
pub use crate::link::toolchain::reason;
use crate::source::Span;
use crate::source::file::SourceFiles;
use crate::source::forms::{FormReader, ReadStop};

/// Prints the diagnostics that have come since `shown`; counts errors and warnings.
pub struct Reporter {
    shown: usize,
    pub errors: usize,
    pub style_warnings: usize,
    pub warnings: usize,
}

impl Reporter {
    pub fn new() -> Reporter {
        Reporter { shown: 0, errors: 0, style_warnings: 0, warnings: 0 }
    }
    pub fn flush(&mut self, compilation: &Rc<Compilation>, files: &SourceFiles) {
        compilation.with_diagnostics(|diagnostics| {
            for d in diagnostics.iter().skip(self.shown) {
                match d.severity {
                    Severity::Error => self.errors += 1,
                    Severity::Warning => self.warnings += 1,
                    Severity::StyleWarning => self.style_warnings += 1,
                    Severity::Note => {}
                }
                complain!("{}", render(d, files, false));
            }
            self.shown = diagnostics.len();
        });
    }
}

/// Bytes at the start of a file that are looked at to tell whether it holds text.
const SAMPLE: usize = 8192;

/// Reads a file, `-` for standard input; the error is the whole message for the user.
pub fn read_file(path: &Path) -> Result<String, String> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    let bytes = bytes.map_err(|e| format!("error: cannot read {}: {}", path.display(), reason(&e)))?;
    if bytes[..bytes.len().min(SAMPLE)].contains(&0) {
        return Err(format!("error: {} is a binary file, not Lisp source", path.display()));
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, error))?;
    let text = text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_string);
    // A script's first line is the shell's.
    Ok(if text.starts_with("#!") { format!(";{}", &text[1..]) } else { text })
}

fn not_utf8(path: &Path, error: std::string::FromUtf8Error) -> String {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[at];
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let column = text[..at].rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    let mut files = SourceFiles::default();
    let file = files.add(path.display().to_string(), text);
    let span = Span {
        file,
        line: files.get(file).map_or(0, |f| f.line_of(at as u32)),
        column: column.min(u16::MAX as usize) as u16,
        start: at as u32,
        end: (at + '\u{fffd}'.len_utf8()) as u32,
    };
    let message = format!("the file is not UTF-8 text: the byte {byte:#04x} cannot stand here");
    render(&Diagnostic::new(Code::ReaderError, span, message), &files, false)
}

/// Evaluates; says what the compiler found before the code that it is about runs.
struct Loader<'a> {
    inner: MemoryEvaluator<'a>,
    compilation: Rc<Compilation>,
    files: SourceFiles,
    reporter: Reporter,
}

impl Loader<'_> {
    fn flush(&mut self) {
        self.reporter.flush(&self.compilation, &self.files);
    }
}

impl crate::expand::Evaluator for Loader<'_> {
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        self.inner.call(function, arguments)
    }
    fn evaluate(&mut self, form: Value, env: &crate::env::Env) -> Result<Value, Exit> {
        self.inner.evaluate(form, env)
    }
}

impl crate::expand::Processor for Loader<'_> {
    fn emit(&mut self, unit: &mut Unit, datums: &mut Datums, function: crate::hir::FnId) -> Result<(), Exit> {
        self.flush();
        self.inner.emit(unit, datums, function)
    }
}

/// Evaluates every form of a source text, each before the next is read.
pub fn load_text(ctx: &mut ThreadContext, name: &str, text: String, options: &compile::Options) -> LispResult {
    let context: *mut ThreadContext = ctx;
    let mut files = SourceFiles::default();
    let file = files.add(name.to_string(), text.clone());
    let compilation = Compilation::new(ctx);
    let entered = compilation.enter();
    let mut inner = MemoryEvaluator::new(context);
    inner.options = options.clone();
    inner.files = vec![String::new(), name.to_string()];
    inner.guard_compile_time = true;
    let mut loader = Loader { inner, compilation: compilation.clone(), files, reporter: Reporter::new() };
    let mut reader = FormReader::new(&text, file);
    let mut outcome = Ok(());
    let mut unreadable = None;
    {
        let mut expander = Expander::new(context, compilation, Mode::Memory, &mut loader);
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
                    unreadable = Some(diagnostic);
                    break;
                }
            }
        }
        if outcome.is_ok() {
            expander.finish();
        }
    }
    loader.flush();
    drop(entered);
    if let Some(diagnostic) = unreadable {
        complain!("{}", render(&diagnostic, &loader.files, false));
        rook_runtime::start::exit(1);
    }
    outcome.map(|()| nil()).map_err(|exit| raised(ctx, &mut loader.inner, exit))
}

/// A file's forms, before code generation.
pub struct ExpandedFile {
    pub unit: Unit,
    pub datums: Datums,
    pub files: Vec<String>,
    /// Global operators that the text names.
    pub operators: Vec<String>,
}

/// What became of a file.
#[derive(Default)]
pub struct Expansion {
    /// Nothing when there were errors, which have been reported.
    pub file: Option<ExpandedFile>,
    pub style_warnings: usize,
    pub warnings: usize,
}

/// Keeps emitted functions in the unit; evaluates what the file wants at compile time.
struct FileProcessor<'a> {
    inner: MemoryEvaluator<'a>,
}

impl crate::expand::Evaluator for FileProcessor<'_> {
    fn call(&mut self, function: Value, arguments: &[Value]) -> Result<Value, Exit> {
        self.inner.call(function, arguments)
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

/// Expands a file as `compile-file` does.
pub fn expand_file(ctx: &mut ThreadContext, path: &Path, warnings_are_errors: bool) -> LispResult<Expansion> {
    let name = path.display().to_string();
    let text = match read_file(path) {
        Ok(text) => text,
        Err(message) => {
            complain!("{message}");
            return Ok(Expansion::default());
        }
    };
    let context: *mut ThreadContext = ctx;
    let mut files = SourceFiles::default();
    let file = files.add(name.clone(), text.clone());
    let compilation = Compilation::new(ctx);
    let _entered = compilation.enter();
    let _scope = HandleScope::new(ctx);
    let mut processor = FileProcessor { inner: MemoryEvaluator::new(context) };
    processor.inner.guard_compile_time = true;
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
                    reporter.flush(&compilation, &files);
                    complain!("{}", render(&diagnostic, &files, false));
                    return Ok(Expansion::default());
                }
            }
        }
        if outcome.is_ok() {
            expander.finish();
        }
        let operators = expander.named_operators();
        let parts = (std::mem::take(&mut expander.unit), std::mem::take(&mut expander.datums), operators);
        drop(expander);
        reporter.flush(&compilation, &files);
        if let Err(exit) = outcome {
            return Err(raised(ctx, &mut processor.inner, exit));
        }
        parts
    };
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (style_warnings, warnings) = (reporter.style_warnings, reporter.warnings);
    let mut expansion = Expansion { file: None, style_warnings, warnings };
    if reporter.errors > 0 {
        complain!("error: {name}: {}", count(reporter.errors, "error"));
    } else if warnings_are_errors && warnings + style_warnings > 0 {
        complain!("error: {name}: {} with -Werror", count(warnings + style_warnings, "warning"));
    } else {
        expansion.file = Some(ExpandedFile { unit, datums, files: vec![String::new(), name], operators });
    }
    Ok(expansion)
}
