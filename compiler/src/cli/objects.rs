//! Compiled files: making them, for `rook build -c` and COMPILE-FILE, and loading them.

use std::path::Path;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::control::errors::simple_error;
use rook_runtime::control::{call_lisp, resume};
use rook_runtime::object::package::{find_package_str, package_text};
use rook_runtime::object::{list, string, string_to_rust};
use rook_runtime::value::{LispResult, Raised, Value, nil};

use super::source;
use crate::backend::jit::{LoadedUnit, load_unit};
use crate::backend::{Backend, Target};
use crate::codegen::ConstantStyle;
use crate::compile;
use crate::link::program::Program;
use crate::link::unit_file::{self, UnitFile};

/// Code of a compiled file that is to be loaded.
const LOADED: Target = Target { style: ConstantStyle::Cells, ..Target::FILE };

/// How a compilation ended.
pub struct Compiled {
    pub written: bool,
    /// Whether there were warnings of any kind, and any but style warnings.
    pub warned: bool,
    pub failed: bool,
}

/// Compiles a source file into a compiled file.
pub fn compile_file(
    ctx: &mut ThreadContext,
    source: &Path,
    output: &Path,
    options: &compile::Options,
    warnings_are_errors: bool,
) -> LispResult<Compiled> {
    let expansion = source::expand_file(ctx, source, warnings_are_errors)?;
    let warned = expansion.style_warnings + expansion.warnings > 0;
    let Some(mut file) = expansion.file else { return Ok(Compiled { written: false, warned: true, failed: true }) };
    let mut options = options.clone();
    compile::file_passes(ctx, &mut file.unit, &file.datums, &mut options);
    let mir = compile::to_mir(ctx, &mut file.unit, &mut file.datums, &mut options);
    let unit = |target| {
        Backend::new(target).compile(&mir, &file.datums, file.files.clone()).map_err(|error| error.to_string())
    };
    let bytes = unit(Target::FILE)
        .and_then(|linked| UnitFile::new(linked, unit(LOADED)?, &file.datums))
        .and_then(|unit| unit.to_bytes());
    let partial = output.with_extension(format!("{}.tmp", std::process::id()));
    let written = bytes.and_then(|bytes| {
        std::fs::write(&partial, bytes)
            .and_then(|()| std::fs::rename(&partial, output))
            .map_err(|e| format!("cannot write {}: {}", output.display(), source::reason(&e)))
    });
    match written {
        Ok(()) => Ok(Compiled { written: true, warned, failed: expansion.warnings > 0 }),
        Err(message) => {
            let _ = std::fs::remove_file(&partial);
            Err(simple_error_text(ctx, &message))
        }
    }
}

/// Places a compiled file's code in this process; its top-level functions have not been called.
fn place(ctx: &mut ThreadContext, unit: &UnitFile) -> LispResult<LoadedUnit> {
    let datums = unit.restore(ctx, false)?;
    load_unit(ctx, &unit.loaded, &datums).map_err(|error| simple_error_text(ctx, &error.to_string()))
}

/// Loads a compiled file: its top-level functions are called in order.
pub fn run(ctx: &mut ThreadContext, unit: &UnitFile) -> LispResult<()> {
    let placed = place(ctx, unit)?;
    for i in 0..placed.top_level().len() {
        let function = placed.top_level()[i];
        call_lisp(ctx, function, &[]).map_err(|exit| resume(ctx, exit))?;
    }
    Ok(())
}

fn simple_error_text(ctx: &mut ThreadContext, message: &str) -> Raised {
    let message = string(ctx, message);
    simple_error(ctx, "~A", &[message])
}

/// `(compile-file source output)` for Lisp: list of whether the output was written, whether there were
/// warnings, whether any was more than a style warning.
pub fn answer_compile_file(ctx: &mut ThreadContext, arguments: Value) -> LispResult {
    let (source, output) = (string_to_rust(arguments.car()), string_to_rust(arguments.cdr().car()));
    let options = compile::Options::default();
    let done = compile_file(ctx, Path::new(&source), Path::new(&output), &options, false)?;
    Ok(list(ctx, &[done.written, done.warned, done.failed].map(Value::bool)))
}

/// `(load-compiled path)` for Lisp: the top-level functions of a compiled file, to be called in order; T
/// when the file is none.
pub fn answer_load(ctx: &mut ThreadContext, arguments: Value) -> LispResult {
    let path = string_to_rust(arguments.car());
    match unit_file::read(Path::new(&path)) {
        None => Ok(rook_runtime::value::t()),
        Some(Err(message)) => Err(simple_error_text(ctx, &format!("{path} cannot be loaded: {message}"))),
        Some(Ok(unit)) => {
            let placed = place(ctx, &unit)?;
            let functions = placed.top_level();
            Ok(if functions.is_empty() { nil() } else { list(ctx, &functions) })
        }
    }
}

/// The symbol that `--entry` names: `name` or `package:name`, in any case.
pub fn find_entry(program: &Program, name: &str) -> Result<(u32, (String, String)), String> {
    let upper = name.to_uppercase();
    let (package, symbol) = match upper.split_once(':') {
        Some((package, symbol)) => (package, symbol.trim_start_matches(':')),
        None => ("COMMON-LISP-USER", upper.as_str()),
    };
    // The package may be named by a nickname.
    let package = find_package_str(package).map_or_else(|| package.to_string(), package_text);
    match program.find_symbol(&package, symbol) {
        Some(o) => Ok((o, (package, symbol.to_string()))),
        None => Err(format!("--entry {name}: the program does not mention this symbol")),
    }
}
