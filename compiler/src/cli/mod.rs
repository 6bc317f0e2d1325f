//! The `rook` driver: command line, exit codes, and nothing of the compiler's own work.

pub mod build;
pub mod help;
pub mod hooks;
pub mod objects;
pub mod repl;
pub mod source;
pub mod test;

use std::ffi::{CStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use rook_runtime::complain;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::start::{self, StackKind};
use rook_runtime::thread::{signals, stack};
use rook_runtime::value::LispResult;

use crate::compile;
use crate::diag::{codes, render};
use crate::expand::warnings::closest;
use crate::faults::Fault;

const COMMANDS: [&str; 6] = ["run", "build", "test", "repl", "explain", "help"];
const TEST_OPTIONS: [&str; 7] =
    ["--bless", "--filter", "--expected-failures", "--jobs", "--modes=", "--time-limit", "--junit"];
const TOP_OPTIONS: [&str; 6] = ["--load", "--eval", "--script", "--quit", "--version", "--help"];

/// What to do at the top level of Lisp, in order.
#[derive(Clone, Debug)]
enum Action {
    Run(PathBuf),
    Eval(String),
    Repl,
}

/// How a command line ends without running Lisp.
enum Stop {
    Usage(String),
    /// A message for the user, complete.
    Message(String),
}

/// The message for an option that `command` does not have.
pub fn unknown_option(word: &str, command: &str, known: &[&str]) -> String {
    let of = if command.is_empty() { String::new() } else { format!(" of {command}") };
    format!("unknown option `{word}`{of}{}", suggestion(word, known))
}

fn suggestion(word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().map(|k| k.to_string())) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

/// The C `main` of the driver.
///
/// # Safety
/// `argc` and `argv` are those of the C `main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_compiler_main(argc: i32, argv: *const *const libc::c_char) -> i32 {
    // SAFETY: by the caller's promise there are `argc` C strings.
    let arguments: Vec<OsString> = (0..argc as usize)
        .map(|i| OsString::from_vec(unsafe { CStr::from_ptr(*argv.add(i)).to_bytes().to_vec() }))
        .collect();
    match run(arguments) {
        Ok(code) => start::exit(code),
        Err(Stop::Usage(message)) => {
            complain!("error: {message}\nTry `rook --help`.");
            2
        }
        Err(Stop::Message(message)) => {
            complain!("{message}");
            1
        }
    }
}

fn run(arguments: Vec<OsString>) -> Result<i32, Stop> {
    let words: Vec<String> = arguments.iter().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    match words.first().map(String::as_str) {
        Some("--help" | "-h") => print(&help::overview()),
        Some("help") => match words.get(1) {
            None => print(&help::overview()),
            Some(command) => print(&help::of(command).map_err(Stop::Usage)?),
        },
        Some(command) if help::is_wanted(command, &words[1..]) => print(&help::of(command).map_err(Stop::Usage)?),
        Some("--version" | "-V") => print(concat!("rook ", env!("CARGO_PKG_VERSION"))),
        Some("build") => {
            let options = build::Options::parse(&words[1..]).map_err(Stop::Usage)?;
            start::set_arguments(arguments);
            with_lisp(move |ctx| build::build(ctx, &options))
        }
        Some("test") => test_command(&words[1..]),
        Some("run") => run_command(&words[1..], &arguments[2..]),
        Some("repl") => in_order(&words[1..], &arguments[2..], true),
        Some("explain") => explain_command(&words[1..]),
        None => in_order(&[], &[], true),
        Some(first) if first.len() > 1 && first.starts_with('-') => in_order(&words, &arguments[1..], false),
        Some(first) if first == "-" || first.ends_with(".lisp") || std::path::Path::new(first).is_file() => {
            in_order(&words, &arguments[1..], false)
        }
        Some(other) => Err(Stop::Usage(format!("unknown command `{other}`{}", suggestion(other, &COMMANDS)))),
    }
}

/// Prints to standard output; a closed pipe is no error.
fn print(text: &str) -> Result<i32, Stop> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Stop::Message(format!("error: cannot write: {}", source::reason(&error))))
        }
        _ => Ok(0),
    }
}

/// `rook explain`.
fn explain_command(words: &[String]) -> Result<i32, Stop> {
    let [code] = words else { return Err(Stop::Usage("explain needs the code of a diagnostic, as in R0001".into())) };
    match codes::find(code) {
        Some(code) => print(render::explain(code).trim_end()),
        None => Err(Stop::Usage(format!("there is no diagnostic `{code}`"))),
    }
}

/// `rook test`.
fn test_command(words: &[String]) -> Result<i32, Stop> {
    let mut options = test::TestOptions { modes: vec![test::Mode::Memory], time_limit: std::time::Duration::from_secs(180), ..Default::default() };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut operand = |name: &str| words.next().cloned().ok_or_else(|| Stop::Usage(format!("{name} needs an argument")));
        match word.as_str() {
            "--bless" => options.bless = true,
            "--filter" => options.filter = Some(operand("--filter")?),
            "--expected-failures" => options.expected_failures = Some(operand("--expected-failures")?.into()),
            "--jobs" => {
                options.jobs = operand("--jobs")?.parse().map_err(|_| Stop::Usage("--jobs needs a number".into()))?;
            }
            "--time-limit" => {
                let seconds = operand("--time-limit")?.parse().ok().filter(|&seconds| seconds > 0);
                let seconds = seconds.ok_or_else(|| Stop::Usage("--time-limit needs a number of seconds".into()))?;
                options.time_limit = std::time::Duration::from_secs(seconds);
            }
            "--junit" => options.junit = Some(operand("--junit")?.into()),
            w if w.starts_with("--modes=") => {
                options.modes = test::Mode::parse_list(&w["--modes=".len()..]).map_err(Stop::Usage)?;
            }
            w if w.starts_with('-') => return Err(Stop::Usage(unknown_option(w, "test", &TEST_OPTIONS))),
            path => options.paths.push(path.into()),
        }
    }
    if options.paths.is_empty() {
        options.paths.push(".".into());
    }
    let failed = |message: String| Stop::Message(format!("error: {message}"));
    let rook = std::env::current_exe().map_err(|e| failed(format!("cannot find this executable: {e}")))?;
    let summary = test::run_tests(&rook, &options).map_err(failed)?;
    Ok(if summary.is_success() { 0 } else { 1 })
}

/// `rook run`.
fn run_command(words: &[String], arguments: &[OsString]) -> Result<i32, Stop> {
    const OPTIONS: [&str; 2] = ["--no-optimize", "--verify-ir"];
    let mut options = compile::Options::default();
    for (i, word) in words.iter().enumerate() {
        match word.as_str() {
            "--no-optimize" => options.unoptimized = true,
            "--verify-ir" => options.verify = true,
            // For the tests of the tests.
            w if w.starts_with("--plant=") => {
                let name = &w["--plant=".len()..];
                let fault = Fault::parse(name);
                options.fault = Some(fault.ok_or_else(|| Stop::Usage(format!("no fault `{name}`: {}", Fault::names())))?);
            }
            word if word.len() > 1 && word.starts_with('-') => {
                return Err(Stop::Usage(unknown_option(word, "run", &OPTIONS)));
            }
            file => {
                start::set_arguments(arguments[i..].to_vec());
                return run_actions(vec![Action::Run(PathBuf::from(file))], options);
            }
        }
    }
    Err(Stop::Usage("run needs a file".into()))
}

/// `--load`, `--eval` and `--script` in the order given, then a file with arguments, or the loop.
fn in_order(words: &[String], arguments: &[OsString], repl: bool) -> Result<i32, Stop> {
    let (mut actions, mut quit) = (Vec::new(), false);
    let mut at = 0;
    while at < words.len() {
        let operand = words.get(at + 1).cloned();
        let needs = |what: &str| operand.clone().ok_or_else(|| Stop::Usage(format!("{what} needs an argument")));
        match words[at].as_str() {
            "--load" => actions.push(Action::Run(PathBuf::from(needs("--load")?))),
            "--eval" | "-e" => actions.push(Action::Eval(needs("--eval")?)),
            "--quit" => {
                quit = true;
                at += 1;
                continue;
            }
            "--script" => {
                actions.push(Action::Run(PathBuf::from(needs("--script")?)));
                start::set_arguments(arguments[at + 1..].to_vec());
                return run_actions(actions, compile::Options::default());
            }
            other if other.len() > 1 && other.starts_with('-') => {
                return Err(Stop::Usage(unknown_option(other, "", &TOP_OPTIONS)));
            }
            file if !repl => {
                actions.push(Action::Run(PathBuf::from(file)));
                start::set_arguments(arguments[at..].to_vec());
                return run_actions(actions, compile::Options::default());
            }
            other => return Err(Stop::Usage(format!("repl takes no file: --load {other} loads one"))),
        }
        at += 2;
    }
    if repl && !quit {
        actions.push(Action::Repl);
    }
    start::set_arguments(vec!["rook".into()]);
    run_actions(actions, compile::Options::default())
}

fn run_actions(actions: Vec<Action>, options: compile::Options) -> Result<i32, Stop> {
    // Everything is read first, so that a missing file is found before anything runs.
    let mut jobs = Vec::new();
    for action in actions {
        jobs.push(match action {
            Action::Run(path) => {
                let text = source::read_file(&path).map_err(Stop::Message)?;
                Some((path.display().to_string(), text))
            }
            Action::Eval(text) => Some(("--eval".to_string(), text)),
            Action::Repl => None,
        });
    }
    with_lisp(move |ctx| {
        let work = move |ctx: &mut ThreadContext| -> LispResult {
            let mut result = rook_runtime::value::nil();
            for job in jobs {
                result = match job {
                    Some((name, text)) => source::load_text(ctx, &name, text, &options)?,
                    None => repl::run(ctx)?,
                };
            }
            Ok(result)
        };
        match hooks::run_at_top_level(ctx, Box::new(work)) {
            Ok(()) => 0,
            Err(message) => {
                complain!("rook: {message}");
                101
            }
        }
    })
}

/// Boots the runtime and runs `f` on the Lisp stack.
fn with_lisp(f: impl FnOnce(&mut ThreadContext) -> i32) -> Result<i32, Stop> {
    let ctx = start::boot(StackKind::Mapped).ok_or_else(|| Stop::Message("error: the runtime was started before".into()))?;
    signals::install(ctx);
    hooks::install();
    // SAFETY: the context was just made for this thread and is used by nobody else.
    Ok(stack::run_on_lisp_stack(unsafe { &mut *ctx }, f))
}

/// What a delivered program that carries the compiler calls first.
#[unsafe(no_mangle)]
pub extern "C" fn rook_compiler_prepare() {
    hooks::install();
}
