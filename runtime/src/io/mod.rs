//! Streams: descriptors with buffers, text in memory, and the Lisp STREAM objects over them.
//!
//! Composite and user-defined streams are written in Lisp and call down to these. Must not print
//! or read Lisp objects, and must not call Lisp.

pub mod bytes;
pub mod decode;
pub mod fd_stream;
pub mod lisp_stream;
pub mod open;
pub mod table;
pub mod text_stream;

/// A place in a text: byte offset, line from 1, column (in characters) from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub byte: u64,
    pub line: u32,
    pub column: u32,
}

impl Position {
    pub const START: Position = Position { byte: 0, line: 1, column: 1 };

    /// The place after character `c`, which took `bytes` bytes.
    #[inline]
    pub fn after(self, c: u32, bytes: usize) -> Position {
        let byte = self.byte + bytes as u64;
        if c == '\n' as u32 {
            Position { byte, line: self.line.saturating_add(1), column: 1 }
        } else {
            Position { byte, line: self.line, column: self.column.saturating_add(1) }
        }
    }
}

/// Why an operation on a stream failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IoError {
    /// The system refused: errno.
    Os(i32),
    /// The stream does not go in this direction.
    Direction,
    /// The descriptor was closed.
    Closed,
    /// Nothing to unread.
    Unread,
    /// A signal arrived while waiting.
    Interrupted,
}

impl IoError {
    pub fn last_os() -> IoError {
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        if errno == libc::EINTR { IoError::Interrupted } else { IoError::Os(errno) }
    }

    /// What to tell the user.
    pub fn message(self) -> String {
        match self {
            IoError::Os(errno) => os_message(errno),
            IoError::Direction => String::from("The stream does not support this direction."),
            IoError::Closed => String::from("The stream is closed."),
            IoError::Unread => String::from("No character was read that could be put back."),
            IoError::Interrupted => String::from("Interrupted."),
        }
    }
}

/// The system's text for an error number.
pub fn os_message(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

pub type IoResult<T> = Result<T, IoError>;
