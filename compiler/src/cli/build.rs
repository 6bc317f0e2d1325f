//! `rook build`: source files and compiled files to a program, or to compiled files.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rook_runtime::complain;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::abi::well_known::SYMBOLS;
use rook_runtime::value::{LispResult, nil};

use super::{hooks, objects, source};
use crate::backend::{self, Backend};
use crate::compile;
use crate::dump;
use crate::link::image::{Image, Reference};
use crate::link::program::Program;
use crate::link::shake::{Roots, shake};
use crate::link::{needed, prelink, size, toolchain, unit_file};

/// The options by name, for suggestions.
pub const OPTIONS: [&str; 16] = [
    "-o", "-c", "--entry", "-v", "--verbose", "-Werror", "--no-optimize", "--verify-ir", "--runtime=lean", "--runtime=full",
    "--linker=", "--emit=hir", "--emit=mir", "--emit=clif",
    "--emit-after=", "--time-passes",
];

/// Which runtime the program gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Runtime {
    /// Lean unless the program reaches the compiler.
    AsNeeded,
    Lean,
    Full,
}

/// Options of `rook build`.
#[derive(Clone, Debug)]
pub struct Options {
    pub files: Vec<PathBuf>,
    /// C sources, objects, archives and `-l`/`-L` options for the linker, in order.
    pub link: Vec<OsString>,
    pub output: PathBuf,
    /// `-c`: compile, do not link.
    pub compile_only: bool,
    /// Name of the function that runs after the top-level forms.
    pub entry: Option<String>,
    pub runtime: Runtime,
    pub linker: String,
    pub verbose: bool,
    /// A warning, of whatever class, fails the build.
    pub warnings_are_errors: bool,
    pub compile: compile::Options,
    /// Dumps to print instead of building: `operators`, `hir`, `mir`, `clif`.
    pub emit: Vec<String>,
}

impl Options {
    pub fn parse(words: &[String]) -> Result<Options, String> {
        let mut options = Options {
            files: Vec::new(),
            link: Vec::new(),
            output: PathBuf::new(),
            compile_only: false,
            entry: None,
            runtime: Runtime::AsNeeded,
            linker: "cc".to_string(),
            verbose: false,
            warnings_are_errors: false,
            compile: compile::Options::default(),
            emit: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-o" => options.output = words.next().ok_or("-o needs a file name")?.into(),
                "-c" => options.compile_only = true,
                "--entry" => options.entry = Some(words.next().ok_or("--entry needs the name of a function")?.clone()),
                "-v" | "--verbose" => options.verbose = true,
                "-Werror" => options.warnings_are_errors = true,
                "--no-optimize" => options.compile.unoptimized = true,
                "--verify-ir" => options.compile.verify = true,
                "--runtime=lean" => options.runtime = Runtime::Lean,
                "--runtime=full" => options.runtime = Runtime::Full,
                w if w.starts_with("--emit=") => {
                    for what in w["--emit=".len()..].split(',') {
                        if !["operators", "hir", "mir", "clif"].contains(&what) {
                            return Err(format!("--emit cannot show `{what}`: operators, hir, mir or clif"));
                        }
                        options.emit.push(what.to_string());
                    }
                }
                w if w.starts_with("--emit-after=") => {
                    for pass in w["--emit-after=".len()..].split(',') {
                        if !compile::step_names().contains(&pass) {
                            return Err(format!("there is no pass `{pass}`: {}", compile::step_names().join(", ")));
                        }
                        options.compile.emit_after.push(pass.to_string());
                    }
                }
                "--time-passes" => options.compile.times = Some(Vec::new()),
                w if w.starts_with("--linker=") => options.linker = w["--linker=".len()..].to_string(),
                "-" => options.files.push("-".into()),
                w if w.starts_with("-l") || w.starts_with("-L") => options.link.push(w.into()),
                w if w.starts_with('-') => return Err(super::unknown_option(w, "build", &OPTIONS)),
                file if file.ends_with(".o") && unit_file::read(Path::new(file)).is_some() => options.files.push(file.into()),
                w if [".c", ".o", ".a", ".so"].iter().any(|e| w.ends_with(e)) => {
                    options.link.push(toolchain::file_argument(Path::new(w)));
                }
                file => options.files.push(file.into()),
            }
        }
        if options.files.iter().rev().skip(1).any(|file| file.as_os_str() == "-") {
            return Err("standard input (`-`) can only be the last file".to_string());
        }
        if options.compile_only && !options.output.as_os_str().is_empty() && options.sources() > 1 {
            return Err("-o names the output of one file, and -c has several".to_string());
        }
        if options.compile_only && !options.link.is_empty() {
            return Err(format!("-c takes Lisp files, not {}", options.link[0].to_string_lossy()));
        }
        if !options.compile_only && options.output.as_os_str().is_empty() {
            let Some(last) = options.files.last() else { return Err("build needs a Lisp file".to_string()) };
            options.output = last.with_extension("");
            if options.output == *last {
                return Err("build needs -o to name the program: the file has no extension".to_string());
            }
        }
        if options.files.is_empty() && options.link.is_empty() {
            return Err("build needs a Lisp file".to_string());
        }
        Ok(options)
    }

    fn sources(&self) -> usize {
        self.files.iter().filter(|file| unit_file::read(file).is_none()).count()
    }
}

/// Builds; the exit code.
pub fn build(ctx: &mut ThreadContext, options: &Options) -> i32 {
    if options.output.is_dir() {
        complain!("error: cannot write {}: it is a folder; -o names the program", options.output.display());
        return 1;
    }
    if options.output.metadata().is_ok_and(|found| !found.is_file()) {
        complain!("error: cannot write {}: it is no regular file", options.output.display());
        return 1;
    }
    let options = options.clone();
    let work = move |ctx: &mut ThreadContext| -> LispResult {
        let outcome = if options.compile_only { compile_only(ctx, &options)? } else { compile_and_link(ctx, &options)? };
        match outcome {
            Ok(()) => Ok(nil()),
            Err(message) => {
                complain!("error: {message}");
                rook_runtime::start::exit(1)
            }
        }
    };
    match hooks::run_at_top_level(ctx, Box::new(work)) {
        Ok(()) => 0,
        Err(message) => {
            complain!("rook: {message}");
            101
        }
    }
}

fn compile_and_link(ctx: &mut ThreadContext, options: &Options) -> LispResult<Result<(), String>> {
    let library = match library_folder().and_then(|folder| read_library(&folder).map(|image| (folder, image))) {
        Ok(found) => found,
        Err(message) => return Ok(Err(message)),
    };
    let (folder, image) = library;
    let library_functions = image.functions.len();
    let mut program = Program::new(image);
    let mut backend = Backend::new(backend::Target::FILE);
    for (i, file) in options.files.iter().enumerate() {
        // Later files see what loading this one defines.
        let is_last = i + 1 == options.files.len();
        if let Some(unit) = unit_file::read(file) {
            let unit = match unit {
                Ok(unit) => unit,
                Err(message) => return Ok(Err(format!("{}: {message}", file.display()))),
            };
            let datums = unit.restore(ctx, true)?;
            program.add(&unit.linked, &datums);
            if !is_last {
                objects::run(ctx, &unit)?;
            }
            continue;
        }
        let mut compile_options = options.compile.clone();
        let expanded = compile::timed(&mut compile_options, "expand", || source::expand_file(ctx, file, options.warnings_are_errors));
        let Some(mut compiled) = expanded?.file else {
            return Ok(Err(format!("{} was not built", options.output.display())));
        };
        if options.emit.iter().any(|e| e == "operators") {
            compiled.operators.iter().for_each(|name| println!("{name}"));
        }
        compile::file_passes(ctx, &mut compiled.unit, &compiled.datums, &mut compile_options);
        if options.emit.iter().any(|e| e == "hir") {
            dump::print_hir(ctx, &compiled.unit, &compiled.datums, options.compile.verify);
        }
        let mir = compile::to_mir(ctx, &mut compiled.unit, &mut compiled.datums, &mut compile_options);
        if options.emit.iter().any(|e| e == "mir") {
            dump::print_mir(ctx, &mir, &compiled.datums, options.compile.verify);
        }
        if options.emit.iter().any(|e| e == "clif") {
            for f in 0..mir.functions.len() {
                println!("{}", backend.clif(&mir, crate::mir::FuncId(f as u32), &compiled.datums));
            }
        }
        let code = compile::timed(&mut compile_options, "codegen", || backend.compile(&mir, &compiled.datums, compiled.files.clone()));
        match code {
            Ok(unit) => program.add(&unit, &compiled.datums),
            Err(error) => return Ok(Err(error.to_string())),
        }
        for (pass, time) in compile_options.times.iter().flatten() {
            eprintln!("{:9.3} ms  {pass}", time.as_secs_f64() * 1e3);
        }
        if !is_last && let Err(message) = load_source(ctx, file, &options.compile)? {
            return Ok(Err(message));
        }
    }
    if !options.emit.is_empty() || !options.compile.emit_after.is_empty() {
        return Ok(Ok(()));
    }
    let mut roots = roots(&program, library_functions);
    roots.with_c = !options.link.is_empty();
    let entry = match &options.entry {
        None => None,
        Some(name) => match objects::find_entry(&program, name) {
            Ok((symbol, name)) => {
                roots.symbols.push(symbol);
                Some(name)
            }
            Err(message) => return Ok(Err(message)),
        },
    };
    Ok(program.finish().and_then(|mut image| {
        let outcome = link(&mut image, &roots, entry, &folder, options);
        // The process ends: taking a large image apart would only cost time.
        std::mem::forget(image);
        outcome
    }))
}

/// Runs a source file for those that follow it.
fn load_source(ctx: &mut ThreadContext, file: &Path, options: &compile::Options) -> LispResult<Result<(), String>> {
    match source::read_file(file) {
        Ok(text) => source::load_text(ctx, &file.display().to_string(), text, options).map(|_| Ok(())),
        Err(message) => Ok(Err(message.trim_start_matches("error: ").to_string())),
    }
}

/// `-c`: each source file into a compiled file.
fn compile_only(ctx: &mut ThreadContext, options: &Options) -> LispResult<Result<(), String>> {
    let sources = options.sources();
    for (i, file) in options.files.iter().enumerate() {
        let is_last = i + 1 == options.files.len();
        if let Some(unit) = unit_file::read(file) {
            match unit {
                Ok(unit) => objects::run(ctx, &unit)?,
                Err(message) => return Ok(Err(format!("{}: {message}", file.display()))),
            };
            continue;
        }
        let output = if sources == 1 && !options.output.as_os_str().is_empty() { options.output.clone() } else { file.with_extension("o") };
        let warnings_are_errors = options.warnings_are_errors;
        let compiled = objects::compile_file(ctx, file, &output, &options.compile, warnings_are_errors)?;
        if !compiled.written {
            return Ok(Err(format!("{} was not built", output.display())));
        }
        if !is_last && let Err(message) = load_source(ctx, file, &options.compile)? {
            return Ok(Err(message));
        }
    }
    Ok(Ok(()))
}

/// Symbols of the library that the runtime's reader alone calls or binds.
const READER: [&str; 7] = [
    "%READER-CALL",
    "%MAKE-STRUCTURE-FROM-READER",
    "%PATHNAME-FROM-READER",
    "%ARRAY-FROM-READER",
    "*READER-LABELS*",
    "%READ-CHAR",
    "%UNREAD-CHAR",
];

/// What stays besides the top-level code: what the runtime reaches by name and what the program names.
fn roots(program: &Program, library_functions: usize) -> Roots {
    let find = |(package, name): &(&str, &str)| program.find_symbol(package, name);
    let (reader, others): (Vec<_>, Vec<_>) =
        SYMBOLS.iter().partition(|(package, name)| *package == "ROOK-KERNEL" && READER.contains(name));
    let called = others.iter().filter(|(package, name)| *package == "ROOK-KERNEL" || name.starts_with('*'));
    let mut symbols: Vec<u32> = called.filter_map(find).collect();
    symbols.extend(program.named_by_directives());
    Roots {
        symbols,
        named: program.named.clone(),
        names: SYMBOLS.iter().filter_map(find).collect(),
        reader: reader.iter().filter_map(find).collect(),
        library_functions,
        with_c: false,
    }
}

fn link(image: &mut Image, roots: &Roots, entry: Option<(String, String)>, folder: &Path, options: &Options) -> Result<(), String> {
    let reason = needs_compiler(image, roots.library_functions);
    let full = match options.runtime {
        Runtime::Full => true,
        Runtime::Lean => false,
        Runtime::AsNeeded => reason.is_some(),
    };
    if options.verbose {
        match &reason {
            Some((caller, operator)) => complain!("the compiler is linked in: {caller} names {operator}"),
            None => complain!("the program does not need the compiler"),
        }
    }
    if !full {
        let whole = options.verbose.then(|| image.clone());
        let reached = shake(image, roots, options.verbose);
        if let Some(whole) = whole {
            complain!("{}", size::report(&whole, image, &reached).trim_end());
        }
    }
    // Shaking numbers objects anew.
    let entry = entry.and_then(|name| image.objects.iter().position(|o| o.symbol.as_deref() == Some(&name))).map(|o| o as u32);
    let prelink_options =
        prelink::Options { entry, main: Some("rook_main"), prepare: full.then_some("rook_compiler_prepare") };
    let object = prelink::emit(image, &prelink_options)?;
    let parent = options.output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stem = options.output.file_name().ok_or("the output has no file name")?.to_string_lossy().into_owned();
    let unique = std::process::id();
    let object_path = parent.join(format!(".{stem}.{unique}.o"));
    let partial = parent.join(format!(".{stem}.{unique}.tmp"));
    let outcome = std::fs::write(&object_path, object)
        .map_err(|e| format!("cannot write {}: {}", options.output.display(), source::reason(&e)))
        .and_then(|()| {
            let archive = folder.join(if full { "librook_full.a" } else { "librook_lean.a" });
            let mut arguments: Vec<OsString> = vec!["-o".into(), toolchain::file_argument(&partial)];
            arguments.push(toolchain::file_argument(&object_path));
            arguments.extend(options.link.iter().cloned());
            arguments.push(archive.into());
            arguments.extend(toolchain::hardening_and_size().into_iter().map(OsString::from));
            arguments.extend(["-lgcc_s", "-lpthread", "-ldl", "-lm", "-lc"].map(OsString::from));
            if !options.verbose {
                arguments.push("-Wl,--strip-debug".into());
            }
            toolchain::run_linker(&options.linker, &arguments).map_err(|e| e.to_string())
        })
        .and_then(|()| {
            if full { Ok(()) } else { drop_unused_libraries(&partial) }
                .and_then(|()| std::fs::rename(&partial, &options.output))
                .map_err(|e| format!("cannot write {}: {}", options.output.display(), source::reason(&e)))
        });
    for path in [&object_path, &partial] {
        // The partial output is gone already when linking went well.
        let _ = std::fs::remove_file(path);
    }
    outcome
}

fn drop_unused_libraries(program: &Path) -> std::io::Result<()> {
    let mut bytes = std::fs::read(program)?;
    if needed::drop_unused(&mut bytes) { std::fs::write(program, bytes) } else { Ok(()) }
}

/// The call that makes the program need the compiler: `(caller, operator)`. The library's own uses
/// (a `coerce` of a lambda expression, `#.`) do not count; without the compiler they signal an error
/// that names `--runtime=full`.
fn needs_compiler(image: &Image, library_functions: usize) -> Option<(String, String)> {
    const DOORS: [&str; 10] = [
        "EVAL",
        "COMPILE",
        "LOAD",
        "COMPILE-FILE",
        "%EVAL",
        "REQUIRE",
        "MACROEXPAND",
        "MACROEXPAND-1",
        "MACRO-FUNCTION",
        "PROCLAIM",
    ];
    for f in &image.functions[library_functions..] {
        for fixup in &f.fixups {
            if let Reference::Object(o) = fixup.reference
                && let Some(symbol) = &image.objects[o as usize].symbol
                && DOORS.contains(&symbol.1.as_str())
            {
                return Some((f.name.clone(), symbol.1.clone()));
            }
        }
    }
    None
}

/// `lib` beside the folder of this executable.
fn library_folder() -> Result<PathBuf, String> {
    let exe = std::env::current_exe().map_err(|e| format!("cannot find this executable: {e}"))?;
    let folder = exe.parent().and_then(Path::parent).map(|p| p.join("lib"));
    folder.filter(|f| f.is_dir()).ok_or_else(|| format!("there is no lib folder beside {}", exe.display()))
}

fn read_library(folder: &Path) -> Result<Image, String> {
    let path = folder.join("library.image");
    let bytes = std::fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    Image::from_bytes(&bytes).map_err(|e| format!("{}: {e}", path.display()))
}
