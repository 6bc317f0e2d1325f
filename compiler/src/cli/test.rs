//! `rook test`: golden programs, run in several modes and compared with the files beside them.
//!
//! Beside `x.lisp` lie `x.out` (expected output), `x.err` (expected error output), `x.exit`
//! (expected exit code, 0 without it), `x.in` (standard input) and `x.args` (one argument per
//! line). A program with none of the first three is not a test. Each test runs in a temporary
//! folder of its own; names of files beside the program are shown without their folder.
//!
//! Knows `rook` only as a command: it must not call the compiler.

mod diff;
mod census;
mod discover;
mod execute;
mod junit;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use census::Census;
use discover::{KnownFailures, Test};
use execute::{Executor, Run};

/// How a program is compiled and run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Compiled to memory by `rook run`.
    Memory,
    /// Built into an executable by `rook build`.
    Native,
    /// Compiled to memory without optimization.
    Unoptimized,
    /// In memory, with a collection that moves everything at each N-th allocation, thinned when the
    /// program is long.
    Stress(u32),
    /// As `Stress`, but each collection is a minor one where it can be.
    Young(u32),
    /// As `Stress`, of an executable.
    NativeStress(u32),
}

impl Mode {
    /// `memory`, `native`, `unoptimized`, `stress=N`, `young=N` or `native-stress=N`.
    pub fn parse(text: &str) -> Result<Mode, String> {
        match text {
            "memory" => Ok(Mode::Memory),
            "native" => Ok(Mode::Native),
            "unoptimized" => Ok(Mode::Unoptimized),
            _ => {
                let counted = text.split_once('=').and_then(|(name, count)| {
                    let count = count.parse().ok().filter(|&count| count > 0)?;
                    [Mode::Stress(count), Mode::Young(count), Mode::NativeStress(count)].into_iter().find(|mode| mode.name() == name)
                });
                counted.ok_or_else(|| format!("`{text}` is not a mode: memory, native, unoptimized, stress=N, young=N or native-stress=N"))
            }
        }
    }
    /// As `parse`, several with commas between them.
    pub fn parse_list(text: &str) -> Result<Vec<Mode>, String> {
        text.split(',').map(|word| Mode::parse(word.trim())).collect()
    }
    /// The mode's name without its parameter.
    fn name(self) -> &'static str {
        match self {
            Mode::Memory => "memory",
            Mode::Native => "native",
            Mode::Unoptimized => "unoptimized",
            Mode::Stress(_) => "stress",
            Mode::Young(_) => "young",
            Mode::NativeStress(_) => "native-stress",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mode::Stress(count) | Mode::Young(count) | Mode::NativeStress(count) => write!(f, "{}={count}", self.name()),
            mode => f.write_str(mode.name()),
        }
    }
}

pub struct TestOptions {
    /// Programs, and folders that are searched for programs.
    pub paths: Vec<PathBuf>,
    /// Rewrite the expected output from what `Memory` gives; no other mode runs then.
    pub bless: bool,
    /// Programs that run at the same time; 0 is one per processor.
    pub jobs: usize,
    pub modes: Vec<Mode>,
    /// Only tests with this text in their path.
    pub filter: Option<String>,
    /// A file with lines `mode path`: tests that are known to fail.
    pub expected_failures: Option<PathBuf>,
    /// A command that runs longer is killed.
    pub time_limit: Duration,
    /// Where the results go as XML.
    pub junit: Option<PathBuf>,
}

impl Default for TestOptions {
    fn default() -> TestOptions {
        TestOptions {
            paths: Vec::new(),
            bless: false,
            jobs: 0,
            modes: vec![Mode::Memory],
            filter: None,
            expected_failures: None,
            time_limit: Duration::from_secs(20),
            junit: None,
        }
    }
}

/// How many runs ended in which way; a test counts once for each mode.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    pub passed: usize,
    pub failed: usize,
    /// Known failures that failed.
    pub skipped: usize,
    /// What the collector did in each of the modes that stress it, all programs together.
    pub stressed: Vec<(Mode, Census)>,
}

impl Summary {
    pub fn is_success(&self) -> bool {
        self.failed == 0
    }

    fn count(&mut self, mode: Mode, census: Census) {
        match self.stressed.iter_mut().find(|(known, _)| *known == mode) {
            Some((_, sum)) => *sum += census,
            None => self.stressed.push((mode, census)),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        for (mode, census) in &self.stressed {
            write!(f, "\n{mode}: {census}")?;
        }
        Ok(())
    }
}

/// Runs the tests that `options` names with the command `rook`, and reports on standard output:
/// each failure with a diff and the command that repeats it, and a last line with the summary.
pub fn run_tests(rook: &Path, options: &TestOptions) -> Result<Summary, String> {
    let mut tests = discover::tests(&options.paths, options.bless)?;
    if let Some(filter) = &options.filter {
        tests.retain(|test| test.source.to_string_lossy().contains(filter.as_str()));
    }
    if tests.is_empty() {
        return Err("no tests found".to_string());
    }
    let known = match &options.expected_failures {
        Some(path) => KnownFailures::read(path)?,
        None => KnownFailures::default(),
    };
    let executor = Executor::new(rook, options.time_limit)?;
    let modes: &[Mode] = if options.bless { &[Mode::Memory] } else { &options.modes };
    let cases: Vec<(&Test, Mode)> = tests.iter().flat_map(|test| modes.iter().map(move |&mode| (test, mode))).collect();
    let decide = |&(test, mode): &(&Test, Mode)| {
        let start = Instant::now();
        let run = executor.run(test, mode);
        let outcome = if options.bless { bless(run, test, mode, &known) } else { judge(run, test, mode, &known) };
        (outcome, junit_case(test, mode, start.elapsed()))
    };
    let mut results = Vec::new();
    let mut report = report(std::io::stdout());
    let summary = for_each_in_parallel(&cases, options.jobs, decide, |decided| {
        let Some((outcome, mut case)) = decided else { return report(None) };
        case.skipped = matches!(outcome.verdict, Verdict::Skipped);
        case.failure = matches!(outcome.verdict, Verdict::Failed).then(|| outcome.message.clone());
        results.push(case);
        report(Some(outcome))
    })?;
    if let Some(path) = &options.junit {
        junit::write(path, &results)?;
    }
    Ok(summary)
}

fn junit_case(test: &Test, mode: Mode, time: Duration) -> junit::Case {
    junit::Case {
        name: test.source.display().to_string(),
        mode: mode.to_string(),
        seconds: time.as_secs_f64(),
        skipped: false,
        failure: None,
    }
}

/// What became of one test in one mode.
struct Outcome {
    verdict: Verdict,
    /// For the user; empty when there is nothing to say.
    message: String,
    /// What the collector did, in a mode that stresses it.
    census: Option<(Mode, Census)>,
}

impl Outcome {
    fn quiet(verdict: Verdict) -> Outcome {
        Outcome { verdict, message: String::new(), census: None }
    }
}

enum Verdict {
    Passed,
    Failed,
    Skipped,
}

fn judge(run: Result<Run, String>, test: &Test, mode: Mode, known: &KnownFailures) -> Outcome {
    let (problem, census) = match run {
        Ok(run) => (run.problem(test), run.census.map(|census| (mode, census))),
        Err(problem) => (Some(problem), None),
    };
    match (problem, known.contains(test, mode)) {
        (None, false) => Outcome { census, ..Outcome::quiet(Verdict::Passed) },
        (Some(_), true) => Outcome::quiet(Verdict::Skipped),
        (None, true) => failure(test, mode, "unexpected pass: remove it from the list\n".to_string()),
        (Some(problem), false) => failure(test, mode, problem),
    }
}

/// Writes what the run printed into the files of the test. A run that ended otherwise than expected
/// is a failure, as is one that is known to fail: neither may become the expectation.
fn bless(run: Result<Run, String>, test: &Test, mode: Mode, known: &KnownFailures) -> Outcome {
    if known.contains(test, mode) {
        return Outcome::quiet(Verdict::Skipped);
    }
    let blessed = run.and_then(|run| match run.end_problem(test) {
        Some(problem) => Err(problem),
        None => test.bless(&run.stdout, &run.stderr),
    });
    match blessed {
        Ok(files) => {
            let message = files.iter().map(|file| format!("blessed {}\n", file.display())).collect();
            Outcome { message, ..Outcome::quiet(Verdict::Passed) }
        }
        Err(problem) => failure(test, mode, problem),
    }
}

fn failure(test: &Test, mode: Mode, problem: String) -> Outcome {
    let message = format!("FAILED {mode} {}\n{problem}\n", test.source.display());
    Outcome { message, ..Outcome::quiet(Verdict::Failed) }
}

/// The consumer of outcomes: prints messages as they come and, at the end, the summary.
fn report(mut out: impl Write) -> impl FnMut(Option<Outcome>) -> Result<Summary, String> {
    let mut summary = Summary::default();
    move |outcome| {
        let written = match outcome {
            Some(outcome) => {
                match outcome.verdict {
                    Verdict::Passed => summary.passed += 1,
                    Verdict::Failed => summary.failed += 1,
                    Verdict::Skipped => summary.skipped += 1,
                }
                if let Some((mode, census)) = outcome.census {
                    summary.count(mode, census);
                }
                write!(out, "{}", outcome.message)
            }
            None => writeln!(out, "{summary}").and_then(|()| out.flush()),
        };
        written.map_err(|error| format!("cannot write the report: {error}"))?;
        Ok(summary.clone())
    }
}

/// Decides cases in `jobs` threads and gives the outcomes to `consume` in the order of the cases,
/// each as soon as those before it are there; at the end `None`.
fn for_each_in_parallel<C: Sync, O: Send, R>(
    cases: &[C],
    jobs: usize,
    decide: impl Fn(&C) -> O + Sync,
    mut consume: impl FnMut(Option<O>) -> Result<R, String>,
) -> Result<R, String> {
    let jobs = if jobs == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { jobs };
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..jobs.min(cases.len()) {
            let (sender, next, stop, decide) = (sender.clone(), &next, &stop, &decide);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { break };
                    if sender.send((index, decide(case))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut expected) = (BTreeMap::new(), 0);
        for (index, outcome) in receiver {
            waiting.insert(index, outcome);
            while let Some(outcome) = waiting.remove(&expected) {
                consume(Some(outcome)).inspect_err(|_| stop.store(true, Ordering::Relaxed))?;
                expected += 1;
            }
        }
        consume(None)
    })
}

#[cfg(test)]
mod tests;
