//! The `rook` driver: command line, exit codes, and nothing of the compiler's own work.

pub mod build;
pub mod hooks;
pub mod source;
pub mod test;

use std::ffi::{CStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::start::{self, StackKind};
use rook_runtime::thread::{signals, stack};
use rook_runtime::value::LispResult;

use crate::compile;

const USAGE: &str = "\
usage: rook FILE.lisp [ARGUMENT…]          run a source file
       rook run [OPTION…] FILE.lisp [ARGUMENT…]
       rook build [OPTION…] FILE.lisp… -o PROGRAM
       rook test [PATH…] [--bless] [--modes=memory,native,unoptimized,stress=N] [--filter TEXT]
       rook --script FILE | --load FILE | --eval FORM   (in the order given)
       rook --version | --help

options of run:    --no-optimize   skip the optimising passes
options of build:  -o FILE         the program
                   --runtime=lean|full   without or with the compiler (default: as the program needs)
                   --linker=NAME   the C compiler driver that links (default: cc)
                   --emit=operators,hir,mir,clif   print the operators that the text names, or the program
                   in these languages, instead of building it
                   -v              say what is done";

/// What to do at the top level of Lisp, in order.
#[derive(Clone, Debug)]
enum Action {
    Run(PathBuf),
    Eval(String),
}

/// How a command line ends without running Lisp.
enum Stop {
    Usage(String),
    Message(String),
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
            eprintln!("error: {message}\n{USAGE}");
            2
        }
        Err(Stop::Message(message)) => {
            eprintln!("error: {message}");
            1
        }
    }
}

fn run(arguments: Vec<OsString>) -> Result<i32, Stop> {
    let words: Vec<String> = arguments.iter().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let rest = |n: usize| -> Vec<OsString> { arguments.iter().skip(1 + n).cloned().collect() };
    match words.first().map(String::as_str) {
        None => Err(Stop::Usage("nothing to do".into())),
        Some("--help" | "-h" | "help") => {
            println!("{USAGE}");
            Ok(0)
        }
        Some("--version" | "-V") => {
            println!("rook {}", env!("CARGO_PKG_VERSION"));
            Ok(0)
        }
        Some("build") => {
            let options = build::Options::parse(&words[1..]).map_err(Stop::Usage)?;
            start::set_arguments(arguments);
            with_lisp(move |ctx| build::build(ctx, &options))
        }
        Some("test") => test_command(&words[1..]),
        Some("run") => run_command(&words[1..], rest(1)),
        Some(first) if first.starts_with("--") => in_order(&words, &arguments),
        Some(first) if first.ends_with(".lisp") => {
            start::set_arguments(rest(0));
            run_actions(vec![Action::Run(PathBuf::from(first))], compile::Options::default())
        }
        Some(other) => Err(Stop::Usage(format!("unknown command `{other}`"))),
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
            w if w.starts_with("--modes=") => {
                options.modes = test::Mode::parse_list(&w["--modes=".len()..]).map_err(Stop::Usage)?;
            }
            w if w.starts_with('-') => return Err(Stop::Usage(format!("unknown option `{w}` of test"))),
            path => options.paths.push(path.into()),
        }
    }
    let rook = std::env::current_exe().map_err(|e| Stop::Message(format!("cannot find this executable: {e}")))?;
    let summary = test::run_tests(&rook, &options).map_err(Stop::Message)?;
    Ok(if summary.is_success() { 0 } else { 1 })
}

/// `rook run`.
fn run_command(words: &[String], arguments: Vec<OsString>) -> Result<i32, Stop> {
    let mut options = compile::Options::default();
    for (i, word) in words.iter().enumerate() {
        match word.as_str() {
            "--no-optimize" => options.unoptimized = true,
            "--verify-ir" => options.verify = true,
            word if word.starts_with('-') => return Err(Stop::Usage(format!("unknown option `{word}` of run"))),
            file => {
                start::set_arguments(arguments[i..].to_vec());
                return run_actions(vec![Action::Run(PathBuf::from(file))], options);
            }
        }
    }
    Err(Stop::Usage("run needs a file".into()))
}

/// `--load`, `--eval` and `--script` in the order given.
fn in_order(words: &[String], arguments: &[OsString]) -> Result<i32, Stop> {
    let mut actions = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let operand = words.get(i + 1).cloned();
        let needs = |what: &str| operand.clone().ok_or_else(|| Stop::Usage(format!("{what} needs an argument")));
        match words[i].as_str() {
            "--load" => actions.push(Action::Run(PathBuf::from(needs("--load")?))),
            "--eval" | "-e" => actions.push(Action::Eval(needs("--eval")?)),
            "--script" => {
                actions.push(Action::Run(PathBuf::from(needs("--script")?)));
                start::set_arguments(arguments.iter().skip(i + 2).cloned().collect());
                break;
            }
            other => return Err(Stop::Usage(format!("unknown option `{other}`"))),
        }
        i += 2;
    }
    start::set_arguments(vec![arguments[0].clone()]);
    run_actions(actions, compile::Options::default())
}

fn run_actions(actions: Vec<Action>, options: compile::Options) -> Result<i32, Stop> {
    let mut jobs = Vec::new();
    for action in actions {
        jobs.push(match action {
            Action::Run(path) => {
                let text = source::read_file(&path).map_err(Stop::Message)?;
                (path.display().to_string(), text)
            }
            Action::Eval(text) => ("--eval".to_string(), text),
        });
    }
    with_lisp(move |ctx| {
        let work = move |ctx: &mut ThreadContext| -> LispResult {
            let mut result = rook_runtime::value::nil();
            for (name, text) in jobs {
                result = source::load_text(ctx, &name, text, &options)?;
            }
            Ok(result)
        };
        match hooks::run_at_top_level(ctx, Box::new(work)) {
            Ok(()) => 0,
            Err(message) => {
                eprintln!("rook: {message}");
                101
            }
        }
    })
}

/// Boots the runtime and runs `f` on the Lisp stack.
fn with_lisp(f: impl FnOnce(&mut ThreadContext) -> i32) -> Result<i32, Stop> {
    let ctx = start::boot(StackKind::Mapped).ok_or_else(|| Stop::Message("the runtime was started before".into()))?;
    signals::install(ctx);
    hooks::install();
    // SAFETY: the context was just made for this thread and is used by nobody else.
    Ok(stack::run_on_lisp_stack(unsafe { &mut *ctx }, f))
}

/// The C `main` of delivered programs that carry the compiler.
///
/// # Safety
/// As for `rook_main`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rook_full_main(argc: i32, argv: *const *const libc::c_char) -> i32 {
    hooks::install();
    // SAFETY: handed on.
    unsafe { start::rook_main(argc, argv) }
}
