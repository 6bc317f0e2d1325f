//! The process's table of descriptor streams. A Lisp STREAM holds an index into it.
//!
//! Entries have a lock each, so that a thread waiting for input does not stop the others.

use super::IoResult;
use super::fd_stream::{FdStream, Flush};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

type Entry = &'static Mutex<Option<FdStream>>;

/// All entries ever made: they are reused, never freed, so a reference to one stays good.
static ENTRIES: RwLock<Vec<Entry>> = RwLock::new(Vec::new());
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// Indexes of the standard streams.
pub const STDIN: usize = 0;
pub const STDOUT: usize = 1;
pub const STDERR: usize = 2;

fn entry(index: usize) -> Option<Entry> {
    ENTRIES.read().unwrap_or_else(PoisonError::into_inner).get(index).copied()
}

/// Opens the standard streams at their indexes, once.
pub fn open_standard_streams() {
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    if !entries.is_empty() {
        return;
    }
    // SAFETY: isatty only asks about a number.
    let interactive = unsafe { libc::isatty(1) } == 1;
    let out_flush = if interactive { Flush::EachLine } else { Flush::WhenFull };
    for stream in [FdStream::input(0), FdStream::output(1, out_flush), FdStream::output(2, Flush::EachLine)] {
        entries.push(Box::leak(Box::new(Mutex::new(Some(stream)))));
    }
}

/// Adds a stream and returns its index.
pub fn add(stream: FdStream) -> usize {
    open_standard_streams();
    let reused = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    if let Some(index) = reused
        && let Some(entry) = entry(index)
    {
        *entry.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
        return index;
    }
    let mut entries = ENTRIES.write().unwrap_or_else(PoisonError::into_inner);
    entries.push(Box::leak(Box::new(Mutex::new(Some(stream)))));
    entries.len() - 1
}

/// Runs `f` on the stream; `None` when it was closed.
pub fn with<R>(index: usize, f: impl FnOnce(&mut FdStream) -> R) -> Option<R> {
    entry(index)?.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(f)
}

/// Locks a stream for many operations; the content is `None` when it was closed.
pub fn lock(index: usize) -> Option<MutexGuard<'static, Option<FdStream>>> {
    Some(entry(index)?.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Closes a stream and frees its index. The standard streams are only flushed.
pub fn close(index: usize, abort: bool) -> IoResult<()> {
    if index <= STDERR {
        return with(index, FdStream::flush).unwrap_or(Ok(()));
    }
    let Some(entry) = entry(index) else { return Ok(()) };
    let Some(stream) = entry.lock().unwrap_or_else(PoisonError::into_inner).take() else { return Ok(()) };
    FREE.lock().unwrap_or_else(PoisonError::into_inner).push(index);
    stream.close(abort)
}

/// Writes out everything buffered: called at exit. Gives the error for which standard output is not whole.
pub fn finish_all() -> IoResult<()> {
    let mut outcome = Ok(());
    let entries: Vec<Entry> = ENTRIES.read().unwrap_or_else(PoisonError::into_inner).clone();
    for (index, entry) in entries.into_iter().enumerate() {
        // A stream that is in use by another thread at exit keeps its buffer.
        if let Ok(mut stream) = entry.try_lock()
            && let Some(stream) = stream.as_mut()
        {
            let finished = stream.finish_at_exit();
            if index == STDOUT {
                outcome = finished;
            }
        }
    }
    outcome
}

/// Gives closed standard descriptors something that refuses to be written, so that no file gets their numbers.
pub fn fill_standard_descriptors() {
    for fd in 0..=2 {
        // SAFETY: asks about a number, and opens what exists on every system; the lowest free number is taken.
        unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1 {
                libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_reused_after_close() {
        let a = add(FdStream::from_bytes(vec![b'a']));
        assert!(a > STDERR);
        assert_eq!(with(a, |s| s.read_char()), Some(Ok(Some('a' as u32))));
        close(a, false).unwrap();
        assert!(with(a, |_| ()).is_none() || add(FdStream::from_bytes(vec![])) != a);
        close(a, false).unwrap();
    }
}
