//! Opening files: directions, what to do when the file exists or does not, atomic replacement.

use super::fd_stream::{FdStream, OnClose};
use super::{IoError, os_message};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    Input,
    Output,
    Io,
}

/// What `open` does when the file exists and the direction writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfExists {
    Error,
    /// The former contents are kept under the name with `~` appended.
    Rename,
    /// The former contents are gone when the stream is closed, and come back when it is aborted.
    Supersede,
    Overwrite,
    Append,
    /// Give up and open nothing.
    Nil,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IfMissing {
    Error,
    Create,
    Nil,
}

/// Opens a file; `Ok(None)` when the options say so. The error is the text for the user.
pub fn open(
    path: &[u8],
    direction: Direction,
    if_exists: IfExists,
    if_missing: IfMissing,
) -> Result<Option<FdStream>, String> {
    let name = CString::new(path).map_err(|_| String::from("A file name cannot contain a NUL character."))?;
    let exists = file_kind(&name);
    if exists.is_none() && if_missing != IfMissing::Create {
        return if if_missing == IfMissing::Nil { Ok(None) } else { Err(os_message(libc::ENOENT)) };
    }
    match direction {
        Direction::Input => open_input(&name, exists).map(Some),
        Direction::Output | Direction::Io => open_output(&name, exists, direction, if_exists),
    }
}

const DEFAULT_MODE: u32 = 0o666;

fn open_input(name: &CString, exists: Option<u32>) -> Result<FdStream, String> {
    if exists == Some(libc::S_IFDIR) {
        return Err(os_message(libc::EISDIR));
    }
    let create = if exists.is_none() { libc::O_CREAT } else { 0 };
    Ok(FdStream::input(open_fd(name, libc::O_RDONLY | create, DEFAULT_MODE)?))
}

fn open_output(
    name: &CString,
    exists: Option<u32>,
    direction: Direction,
    if_exists: IfExists,
) -> Result<Option<FdStream>, String> {
    let access = if direction == Direction::Io { libc::O_RDWR } else { libc::O_WRONLY };
    let Some(kind) = exists else {
        let fd = open_fd(name, access | libc::O_CREAT | libc::O_EXCL, DEFAULT_MODE)?;
        let on_close = OnClose { created: Some(name.clone()), replaced: None };
        return Ok(Some(stream(fd, direction, on_close)));
    };
    let on_close = OnClose::default();
    // Devices and pipes have no former contents to protect.
    let regular = kind == libc::S_IFREG;
    match if_exists {
        IfExists::Error => Err(os_message(libc::EEXIST)),
        IfExists::Nil => Ok(None),
        IfExists::Append => Ok(Some(stream(open_fd(name, access | libc::O_APPEND, 0)?, direction, on_close))),
        IfExists::Rename if regular => {
            let backup = sibling(name, "~");
            let fd = replace(name, &backup, access)?;
            Ok(Some(stream(fd, direction, on_close)))
        }
        IfExists::Supersede if regular => {
            let backup = sibling(name, &format!(".rook-{}", std::process::id()));
            let fd = replace(name, &backup, access)?;
            let on_close = OnClose { created: None, replaced: Some((backup, name.clone())) };
            Ok(Some(stream(fd, direction, on_close)))
        }
        IfExists::Overwrite | IfExists::Rename | IfExists::Supersede => {
            Ok(Some(stream(open_fd(name, access, 0)?, direction, on_close)))
        }
    }
}

/// Moves the file aside and creates a new one with the same permissions.
fn replace(name: &CString, backup: &CString, access: i32) -> Result<i32, String> {
    let mode = permissions(name).unwrap_or(DEFAULT_MODE);
    // SAFETY: two valid path strings.
    if unsafe { libc::rename(name.as_ptr(), backup.as_ptr()) } != 0 {
        return Err(IoError::last_os().message());
    }
    match open_fd(name, access | libc::O_CREAT | libc::O_EXCL, mode) {
        Ok(fd) => {
            // SAFETY: a descriptor just opened.
            unsafe { libc::fchmod(fd, mode) };
            Ok(fd)
        }
        Err(message) => {
            // SAFETY: two valid path strings.
            unsafe { libc::rename(backup.as_ptr(), name.as_ptr()) };
            Err(message)
        }
    }
}

fn stream(fd: i32, direction: Direction, on_close: OnClose) -> FdStream {
    let mut stream = FdStream::new((direction == Direction::Io).then_some(fd), Some(fd));
    stream.set_on_close(on_close);
    stream
}

fn sibling(name: &CString, suffix: &str) -> CString {
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend_from_slice(suffix.as_bytes());
    CString::new(bytes).expect("neither part contains NUL")
}

fn open_fd(name: &CString, flags: i32, mode: u32) -> Result<i32, String> {
    loop {
        // SAFETY: a valid path string.
        let fd = unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC, mode) };
        if fd >= 0 {
            return Ok(fd);
        }
        match IoError::last_os() {
            IoError::Interrupted => {}
            error => return Err(error.message()),
        }
    }
}

fn metadata(name: &CString) -> Option<std::fs::Metadata> {
    std::fs::metadata(OsStr::from_bytes(name.as_bytes())).ok()
}
/// The file's type bits, if it exists.
fn file_kind(name: &CString) -> Option<u32> {
    metadata(name).map(|m| std::os::unix::fs::MetadataExt::mode(&m) & libc::S_IFMT)
}
fn permissions(name: &CString) -> Option<u32> {
    metadata(name).map(|m| std::os::unix::fs::MetadataExt::mode(&m) & 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct TempDir(std::path::PathBuf);
    impl TempDir {
        fn new(name: &str) -> TempDir {
            let dir = std::env::temp_dir().join(format!("rook-open-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&dir).unwrap();
            TempDir(dir)
        }
        fn file(&self, name: &str) -> Vec<u8> {
            self.0.join(name).as_os_str().as_bytes().to_vec()
        }
        fn read(&self, name: &str) -> Option<String> {
            std::fs::read_to_string(self.0.join(name)).ok()
        }
        fn count(&self) -> usize {
            std::fs::read_dir(&self.0).unwrap().count()
        }
    }
    impl Drop for TempDir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn write(path: &[u8], if_exists: IfExists, text: &str, abort: bool) -> Result<bool, String> {
        let Some(mut s) = open(path, Direction::Output, if_exists, IfMissing::Create)? else { return Ok(false) };
        s.write_bytes(text.as_bytes()).unwrap();
        s.close(abort).unwrap();
        Ok(true)
    }

    #[test]
    fn every_way_of_existing() {
        let dir = TempDir::new("exists");
        let f = dir.file("f");
        assert_eq!(write(&f, IfExists::Error, "one", false), Ok(true));
        assert!(write(&f, IfExists::Error, "x", false).is_err());
        assert_eq!(write(&f, IfExists::Nil, "x", false), Ok(false));
        assert_eq!(write(&f, IfExists::Append, "two", false), Ok(true));
        assert_eq!(dir.read("f").unwrap(), "onetwo");
        assert_eq!(write(&f, IfExists::Overwrite, "ONE", false), Ok(true));
        assert_eq!(dir.read("f").unwrap(), "ONEtwo");
        assert_eq!(write(&f, IfExists::Supersede, "new", false), Ok(true));
        assert_eq!(dir.read("f").unwrap(), "new");
        assert_eq!(dir.count(), 1);
        assert_eq!(write(&f, IfExists::Rename, "newer", false), Ok(true));
        assert_eq!((dir.read("f").unwrap(), dir.read("f~").unwrap()), ("newer".into(), "new".into()));
    }

    #[test]
    fn aborting_leaves_things_as_they_were() {
        let dir = TempDir::new("abort");
        let f = dir.file("f");
        assert_eq!(write(&f, IfExists::Error, "gone", true), Ok(true));
        assert_eq!(dir.count(), 0);
        write(&f, IfExists::Error, "kept", false).unwrap();
        write(&f, IfExists::Supersede, "lost", true).unwrap();
        assert_eq!(dir.read("f").unwrap(), "kept");
        assert_eq!(dir.count(), 1);
    }

    #[test]
    fn missing_files() {
        let dir = TempDir::new("missing");
        let f = dir.file("f");
        assert!(open(&f, Direction::Input, IfExists::Error, IfMissing::Error).is_err());
        assert!(matches!(open(&f, Direction::Input, IfExists::Error, IfMissing::Nil), Ok(None)));
        assert!(open(b"a\0b", Direction::Input, IfExists::Error, IfMissing::Error).is_err());
        assert!(open(&f, Direction::Input, IfExists::Error, IfMissing::Create).unwrap().is_some());
        assert_eq!(dir.count(), 1);
    }

    #[test]
    fn one_file_read_and_written() {
        let dir = TempDir::new("io");
        let f = dir.file("f");
        write(&f, IfExists::Error, "abcdef", false).unwrap();
        let mut s = open(&f, Direction::Io, IfExists::Overwrite, IfMissing::Error).unwrap().unwrap();
        assert_eq!(s.read_char(), Ok(Some('a' as u32)));
        s.write_char('X' as u32).unwrap();
        assert_eq!(s.read_char(), Ok(Some('c' as u32)));
        assert_eq!(s.file_position(), Some(3));
        assert_eq!(s.set_file_position(0), Ok(true));
        assert_eq!(s.file_length(), Ok(Some(6)));
        s.close(false).unwrap();
        assert_eq!(dir.read("f").unwrap(), "aXcdef");
    }
}
