//! The files of a test, and the list of known failures.

use std::fs;
use std::path::{Path, PathBuf};

use super::Mode;
use crate::link::toolchain::reason;

/// A program and what is expected of it.
pub struct Test {
    /// The program as messages name it.
    pub source: PathBuf,
    /// The program, independent of the working directory.
    pub absolute: PathBuf,
    pub args: Vec<String>,
    pub stdin: Option<PathBuf>,
    pub stdout: Option<Vec<u8>>,
    pub stderr: Option<Vec<u8>>,
    pub exit: i32,
    /// There is no file with an expectation.
    is_new: bool,
}

impl Test {
    /// The test of a program; none when nothing is expected of it.
    fn read(source: &Path) -> Result<Option<Test>, String> {
        let stdout = read_beside(source, "out")?;
        let stderr = read_beside(source, "err")?;
        let exit = read_beside(source, "exit")?;
        if stdout.is_none() && stderr.is_none() && exit.is_none() {
            return Ok(None);
        }
        let exit = exit.map_or(Ok(0), |text| {
            let code = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            code.ok_or_else(|| format!("{}: not an exit code", beside(source, "exit").display()))
        })?;
        Test::with(source, stdout, stderr, exit).map(Some)
    }

    fn with(source: &Path, stdout: Option<Vec<u8>>, stderr: Option<Vec<u8>>, exit: i32) -> Result<Test, String> {
        let args = match read_beside(source, "args")? {
            Some(text) => String::from_utf8(text)
                .map_err(|_| format!("{}: not UTF-8", beside(source, "args").display()))?
                .lines()
                .map(str::to_string)
                .collect(),
            None => Vec::new(),
        };
        let absolute = absolute(source)?;
        let stdin = Some(absolute.with_extension("in")).filter(|path| path.exists());
        Ok(Test { source: source.to_path_buf(), absolute, args, stdin, stdout, stderr, exit, is_new: false })
    }

    /// The file with the given extension beside the program.
    pub fn beside(&self, extension: &str) -> PathBuf {
        beside(&self.source, extension)
    }

    /// A program of which nothing is expected yet: its output is to be.
    fn without_expectation(source: &Path) -> Result<Test, String> {
        let test = Test::with(source, Some(Vec::new()), None, 0)?;
        Ok(Test { is_new: true, ..test })
    }

    /// Rewrites the expectations that exist; gives the files that have changed.
    pub fn bless(&self, stdout: &[u8], stderr: &[u8]) -> Result<Vec<PathBuf>, String> {
        let mut changed = Vec::new();
        for (extension, expected, actual) in [("out", &self.stdout, stdout), ("err", &self.stderr, stderr)] {
            if expected.as_ref().is_some_and(|expected| expected != actual || self.is_new) {
                let path = self.beside(extension);
                fs::write(&path, actual).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
                changed.push(path);
            }
        }
        Ok(changed)
    }
}

fn beside(source: &Path, extension: &str) -> PathBuf {
    source.with_extension(extension)
}

fn read_beside(source: &Path, extension: &str) -> Result<Option<Vec<u8>>, String> {
    let path = beside(source, extension);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot_read(&path, error)),
    }
}

fn cannot_read(path: &Path, error: std::io::Error) -> String {
    format!("cannot read {}: {}", path.display(), reason(&error))
}

fn absolute(path: &Path) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|error| cannot_read(path, error))
}

/// The tests that are, or lie below, `paths`, in the order of their names. To bless, a program that is
/// named needs no expectation.
pub fn tests(paths: &[PathBuf], bless: bool) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut tests)?;
        } else {
            let test = match Test::read(path)? {
                Some(test) => test,
                None if bless || !path.exists() => Test::without_expectation(path)?,
                None => return Err(format!("{0}: no .out, .err or .exit file beside it (`rook test --bless {0}` writes one)", path.display())),
            };
            tests.push(test);
        }
    }
    tests.sort_by(|a, b| a.source.cmp(&b.source));
    tests.dedup_by(|a, b| a.absolute == b.absolute);
    Ok(tests)
}

fn collect(folder: &Path, tests: &mut Vec<Test>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, error))? {
        let entry = entry.map_err(|error| cannot_read(folder, error))?;
        let kind = entry.file_type().map_err(|error| cannot_read(folder, error))?;
        let path = entry.path();
        if kind.is_dir() {
            collect(&path, tests)?;
        } else if path.extension().is_some_and(|extension| extension == "lisp") {
            tests.extend(Test::read(&path)?);
        }
    }
    Ok(())
}

/// Tests that are known to fail in some mode.
#[derive(Default)]
pub struct KnownFailures {
    /// The word that names the mode, and the program.
    entries: Vec<(String, PathBuf)>,
}

impl KnownFailures {
    /// Reads lines `mode path`, the path relative to the working directory. `#` begins a comment;
    /// a mode without its number stands for every number.
    pub fn read(list: &Path) -> Result<KnownFailures, String> {
        let text = fs::read_to_string(list).map_err(|error| cannot_read(list, error))?;
        let mut entries = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let entry = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| "not `mode path`".to_string())
                .and_then(|(mode, path)| {
                    Mode::parse(mode).or_else(|_| Mode::parse(&format!("{mode}=1")))?;
                    Ok((mode.to_string(), absolute(Path::new(path.trim()))?))
                });
            entries.push(entry.map_err(|problem| format!("{}:{number}: {problem}", list.display()))?);
        }
        Ok(KnownFailures { entries })
    }

    pub fn contains(&self, test: &Test, mode: Mode) -> bool {
        let names = |word: &str| word == mode.name() || word == mode.to_string();
        self.entries.iter().any(|(word, path)| names(word) && *path == test.absolute)
    }
}
