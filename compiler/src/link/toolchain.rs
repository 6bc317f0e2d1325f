//! Calling the system's linker: always an argument vector, never a shell.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Why linking failed.
#[derive(Debug)]
pub enum LinkError {
    /// The linker driver could not be started.
    NotFound { linker: String, error: std::io::Error },
    /// It ran and reported an error.
    Failed { linker: String, output: String },
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LinkError::NotFound { linker, error } => write!(f, "cannot run the linker `{linker}`: {}", reason(error)),
            LinkError::Failed { linker, output } => write!(f, "the linker `{linker}` failed:\n{output}"),
        }
    }
}
impl std::error::Error for LinkError {}

/// What the system says, without its number.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    text[..end].to_string()
}

/// Runs `cc`-like `linker` with `arguments`; file names that begin with `-` are protected.
pub fn run_linker(linker: &str, arguments: &[OsString]) -> Result<(), LinkError> {
    let output = Command::new(linker)
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .map_err(|error| LinkError::NotFound { linker: linker.to_string(), error })?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim_end().to_string();
    Err(LinkError::Failed { linker: linker.to_string(), output: text })
}

/// Options for every program, before the runtime's own libraries.
///
/// Packed relative relocations take a bit instead of 24 bytes per pointer; the C library can apply them
/// since 2.36, and a program needs at least the version that it was linked with.
pub fn hardening_and_size() -> Vec<&'static str> {
    let mut flags = vec!["-pie", "-Wl,-z,now", "-Wl,-z,relro", "-Wl,-z,noexecstack"];
    flags.extend(["-Wl,--gc-sections", "-Wl,--build-id", "-Wl,--as-needed"]);
    if libc_version() >= (2, 36) {
        flags.push("-Wl,-z,pack-relative-relocs");
    }
    flags
}

/// Version of the C library of this machine; (0, 0) when it is not known.
fn libc_version() -> (u32, u32) {
    // SAFETY: the function takes nothing and returns a static C string.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) }.to_string_lossy().into_owned();
    let mut parts = text.split('.').map(|p| p.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// A file name as a linker argument: one that begins with `-` must not become an option.
pub fn file_argument(path: &Path) -> OsString {
    if path.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return Path::new(".").join(path).into_os_string();
    }
    path.as_os_str().to_os_string()
}
