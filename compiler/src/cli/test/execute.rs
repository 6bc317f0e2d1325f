//! Runs one test in one mode, and says how what happened differs from what was expected.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::Mode;
use super::census::{self, Census};
use super::diff::{printable, unified};
use super::discover::Test;

/// A command that prints more is killed.
const OUTPUT_LIMIT: u64 = 64 << 20;
/// Lines of a diff, or of error output, that a report shows.
const SHOWN_LINES: usize = 100;

/// Runs commands within a time limit.
pub struct Executor {
    rook: PathBuf,
    time_limit: Duration,
    working_directory: PathBuf,
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Exit(ExitStatus),
    TimeLimit,
    OutputLimit,
}

/// A finished run.
pub struct Run {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// What the collector counted, in the modes that stress it.
    pub census: Option<Census>,
    mode: Mode,
    end: End,
    time_limit: Duration,
    /// The shell command that repeats the run.
    command_line: String,
}

/// A command as the runner starts it and as a person would.
struct Invocation {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Option<(&'static str, String)>,
    stdin: Option<PathBuf>,
}

/// What tells the collector how a mode stresses it.
fn environment(mode: Mode) -> Option<(&'static str, String)> {
    mode.gc_options().map(|options| ("ROOK_GC", options))
}

/// A folder that is removed with its contents when the value is dropped.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn create() -> Result<TemporaryFolder, String> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("rook-test-{}-{number}", std::process::id()));
        create_folder(&folder)?;
        let folder = TemporaryFolder(folder);
        create_folder(&folder.current())?;
        create_folder(&folder.built())?;
        Ok(folder)
    }
    /// The working directory of the test; what the runner makes lies elsewhere.
    fn current(&self) -> PathBuf {
        self.0.join("current")
    }
    /// For the executable.
    fn built(&self) -> PathBuf {
        self.0.join("built")
    }
}

fn create_folder(path: &Path) -> Result<(), String> {
    fs::create_dir(path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // A folder that cannot be removed is no reason to fail the test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Executor {
    pub fn new(rook: &Path, time_limit: Duration) -> Result<Executor, String> {
        let rook = fs::canonicalize(rook).map_err(|error| format!("cannot run {}: {error}", rook.display()))?;
        let working_directory = std::env::current_dir().map_err(|error| format!("no working directory: {error}"))?;
        Ok(Executor { rook, time_limit, working_directory })
    }

    /// Runs a test in a folder of its own.
    pub fn run(&self, test: &Test, mode: Mode) -> Result<Run, String> {
        let folder = TemporaryFolder::create()?;
        let mut run = match mode {
            Mode::Native | Mode::NativeStress(_) => self.run_native(test, mode, &folder),
            mode => self.execute(&self.in_memory(test, mode), &folder),
        }?;
        run.mode = mode;
        if mode.gc_options().is_some() {
            run.census = Census::take_from(&mut run.stderr);
        }
        let beside = format!("{}/", test.absolute.parent().unwrap_or(Path::new("")).display());
        for output in [&mut run.stdout, &mut run.stderr] {
            remove_all(output, beside.as_bytes());
            remove_all(output, format!("{}/", folder.current().display()).as_bytes());
        }
        Ok(run)
    }

    fn in_memory(&self, test: &Test, mode: Mode) -> Invocation {
        let mut arguments = vec![OsString::from("run")];
        if mode == Mode::Unoptimized {
            arguments.push("--no-optimize".into());
        }
        arguments.push(test.absolute.clone().into_os_string());
        arguments.extend(test.args.iter().map(OsString::from));
        Invocation { program: self.rook.clone(), arguments, environment: environment(mode), stdin: test.stdin.clone() }
    }

    /// Builds the program and runs it; the error output of both counts. A failed build is the run.
    fn run_native(&self, test: &Test, mode: Mode, folder: &TemporaryFolder) -> Result<Run, String> {
        let program = folder.built().join(test.absolute.file_stem().unwrap_or(OsStr::new("program")));
        let arguments = ["build".as_ref(), test.absolute.as_os_str(), "-o".as_ref(), program.as_os_str()];
        let arguments = arguments.map(OsStr::to_os_string).to_vec();
        let build = Invocation { program: self.rook.clone(), arguments, environment: None, stdin: None };
        let mut built = self.execute(&build, folder)?;
        // The folder will be gone when a person repeats the run.
        let (inside, outside) = (folder.built(), std::env::temp_dir());
        let outside = |line: &str| line.replace(&*inside.to_string_lossy(), &outside.to_string_lossy());
        built.command_line = outside(&built.command_line);
        if !built.succeeded() {
            return Ok(built);
        }
        let arguments = test.args.iter().map(OsString::from).collect();
        let start = Invocation { program, arguments, environment: environment(mode), stdin: test.stdin.clone() };
        let mut run = self.execute(&start, folder)?;
        run.stderr.splice(..0, built.stderr);
        run.command_line = format!("{} && {}", built.command_line, outside(&run.command_line));
        Ok(run)
    }

    /// Starts a command and waits for its end. Its output goes to files, so that neither a large
    /// output nor a grandchild that keeps it open can block the wait.
    fn execute(&self, invocation: &Invocation, folder: &TemporaryFolder) -> Result<Run, String> {
        let failed = |error: std::io::Error| format!("cannot run {}: {error}", invocation.program.display());
        let (out, err) = (folder.0.join("stdout"), folder.0.join("stderr"));
        let stdin = match &invocation.stdin {
            Some(path) => File::open(path).map_err(failed)?.into(),
            None => Stdio::null(),
        };
        let mut child = Command::new(&invocation.program)
            .args(&invocation.arguments)
            .envs(invocation.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(folder.current())
            .stdin(stdin)
            .stdout(File::create(&out).map_err(failed)?)
            .stderr(File::create(&err).map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let end = loop {
            if let Some(status) = child.try_wait().map_err(failed)? {
                break End::Exit(status);
            }
            let size = [&out, &err].iter().map(|path| fs::metadata(path).map_or(0, |data| data.len())).sum::<u64>();
            let limit = if size > OUTPUT_LIMIT {
                Some(End::OutputLimit)
            } else {
                (start.elapsed() > self.time_limit).then_some(End::TimeLimit)
            };
            if let Some(end) = limit {
                child.kill().and_then(|()| child.wait()).map_err(failed)?;
                break end;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let command_line = self.command_line(invocation);
        let (stdout, stderr) = (fs::read(&out).map_err(failed)?, fs::read(&err).map_err(failed)?);
        Ok(Run { stdout, stderr, census: None, mode: Mode::Memory, end, time_limit: self.time_limit, command_line })
    }

    fn command_line(&self, invocation: &Invocation) -> String {
        let mut line = String::new();
        if let Some((name, value)) = &invocation.environment {
            line = format!("{name}={value} ");
        }
        line += &self.shell_word(invocation.program.as_os_str());
        for argument in &invocation.arguments {
            line = line + " " + &self.shell_word(argument);
        }
        if let Some(path) = &invocation.stdin {
            line = line + " < " + &self.shell_word(path.as_os_str());
        }
        line
    }

    /// A word as a shell reads it; files below the working directory by their short names.
    fn shell_word(&self, word: &OsStr) -> String {
        let short = Path::new(word).strip_prefix(&self.working_directory).map_or(word, Path::as_os_str);
        let text = short.to_string_lossy();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-+=,./:@%".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            return text.into_owned();
        }
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

impl Run {
    fn succeeded(&self) -> bool {
        matches!(self.end, End::Exit(status) if status.success())
    }

    /// How the run differs from what the test expects, as a text of whole lines.
    pub fn problem(&self, test: &Test) -> Option<String> {
        let mut problem = self.end_message(test).unwrap_or_default();
        for (extension, expected, actual) in
            [("out", &test.stdout, &self.stdout), ("err", &test.stderr, &self.stderr)]
        {
            if let Some(expected) = expected.as_ref().filter(|expected| *expected != actual) {
                let name = test.beside(extension).display().to_string();
                problem += &shortened(&unified(expected, actual, &name, "actual"));
            }
        }
        if problem.is_empty() && self.mode.gc_options().is_some() {
            problem = census::problem(self.mode, self.census).unwrap_or_default();
        }
        (!problem.is_empty()).then(|| problem + &self.appendix(test))
    }

    /// As `problem`, for the end of the run alone.
    pub fn end_problem(&self, test: &Test) -> Option<String> {
        self.end_message(test).map(|message| message + &self.appendix(test))
    }

    fn end_message(&self, test: &Test) -> Option<String> {
        match self.end {
            End::TimeLimit => Some(format!("killed: the time limit is {} s\n", self.time_limit.as_secs_f64())),
            End::OutputLimit => Some(format!("killed: the output limit is {OUTPUT_LIMIT} bytes\n")),
            End::Exit(status) => {
                // As shells count: a signal is an exit code above 128.
                let code = status.code().or(status.signal().map(|signal| 128 + signal));
                let signal = status.signal().map_or(String::new(), |signal| format!(" (signal {signal})"));
                (code != Some(test.exit))
                    .then(|| format!("exit code {}{signal}, expected {}\n", code.unwrap_or_default(), test.exit))
            }
        }
    }

    /// What helps with any failure: error output that was not compared, and how to repeat the run.
    fn appendix(&self, test: &Test) -> String {
        let mut text = String::new();
        if test.stderr.is_none() && !self.stderr.is_empty() {
            text += "error output:\n";
            let lines: String = String::from_utf8_lossy(&self.stderr).lines().map(|l| format!("  {l}\n")).collect();
            text += &shortened(&printable(&lines));
        }
        text + "repeat with: " + &self.command_line + "\n"
    }
}

/// The first lines of a text.
fn shortened(text: &str) -> String {
    let count = text.lines().count();
    if count <= SHOWN_LINES {
        return text.to_string();
    }
    let shown: String = text.split_inclusive('\n').take(SHOWN_LINES).collect();
    format!("{shown}... {} more lines\n", count - SHOWN_LINES)
}

/// Removes every occurrence of a text that is not empty.
fn remove_all(bytes: &mut Vec<u8>, text: &[u8]) {
    let (mut kept, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(text) {
            at += text.len();
        } else {
            kept.push(bytes[at]);
            at += 1;
        }
    }
    *bytes = kept;
}
