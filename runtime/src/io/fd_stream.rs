//! A stream over a descriptor, or over bytes in memory: buffers, characters, bytes, positions.
//!
//! Knows nothing of Lisp. One object serves characters and bytes; which of them a program may use
//! is checked above.

use super::decode::{Decoded, Encoding, REPLACEMENT, decode, encode};
use super::{IoError, IoResult, Position};

const INPUT_CHUNK: usize = 1 << 16;
const OUTPUT_LIMIT: usize = 1 << 16;
/// Exit status of a process whose standard output was closed by its reader (128 + SIGPIPE).
const CLOSED_PIPE_STATUS: i32 = 141;

/// When output leaves the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flush {
    WhenFull,
    EachLine,
}

/// What closing does to the file system besides closing.
#[derive(Debug, Default)]
pub struct OnClose {
    /// The file being written; removed when the stream is aborted and the file was new.
    pub created: Option<std::ffi::CString>,
    /// The former contents under another name, and the name they had: put back when aborted,
    /// removed otherwise.
    pub replaced: Option<(std::ffi::CString, std::ffi::CString)>,
}

struct Input {
    fd: i32,
    buffer: Vec<u8>,
    next: usize,
    position: Position,
    /// Where the last character began, while it can be put back.
    previous: Option<Position>,
    interactive: bool,
    /// Ill-formed byte sequences seen so far.
    replaced: u64,
}

struct Output {
    fd: i32,
    buffer: Vec<u8>,
    column: u64,
    flush: Flush,
}

pub struct FdStream {
    input: Option<Input>,
    output: Option<Output>,
    encoding: Encoding,
    on_close: OnClose,
}

impl Input {
    fn new(fd: i32, buffer: Vec<u8>) -> Input {
        // SAFETY: isatty only asks about a number.
        let interactive = fd >= 0 && unsafe { libc::isatty(fd) } == 1;
        Input { fd, buffer, next: 0, position: Position::START, previous: None, interactive, replaced: 0 }
    }

    /// Bytes before `next` that must survive a refill: those of the character that may be put back.
    fn kept(&self) -> usize {
        self.previous.map_or(0, |p| (self.position.byte - p.byte) as usize)
    }

    /// Reads more bytes; 0 at the end.
    fn refill(&mut self) -> IoResult<usize> {
        if self.fd < 0 {
            return Ok(0);
        }
        let keep_from = self.next - self.kept();
        self.buffer.drain(..keep_from);
        self.next -= keep_from;
        let old_len = self.buffer.len();
        self.buffer.resize(old_len + INPUT_CHUNK, 0);
        // SAFETY: the buffer has INPUT_CHUNK writable bytes from `old_len`.
        let n = unsafe { libc::read(self.fd, self.buffer.as_mut_ptr().add(old_len).cast(), INPUT_CHUNK) };
        self.buffer.truncate(old_len + n.max(0) as usize);
        if n >= 0 { Ok(n as usize) } else { Err(IoError::last_os()) }
    }

    /// The next character and its length, not consumed.
    fn peek(&mut self, encoding: Encoding) -> IoResult<Option<(u32, usize)>> {
        loop {
            match decode(encoding, &self.buffer[self.next..]) {
                Decoded::Character(c, len) => return Ok(Some((c, len))),
                Decoded::Invalid(len) => return Ok(Some((REPLACEMENT, len))),
                Decoded::Incomplete => {
                    let left = self.buffer.len() - self.next;
                    if self.refill()? == 0 {
                        return Ok((left > 0).then_some((REPLACEMENT, left)));
                    }
                }
            }
        }
    }

    fn consume(&mut self, c: u32, len: usize) {
        self.previous = Some(self.position);
        self.position = self.position.after(c, len);
        self.next += len;
        if c == REPLACEMENT && len != REPLACEMENT_BYTES {
            self.replaced += 1;
        }
    }
}

/// Length of U+FFFD itself in UTF-8; a shorter replacement stands for ill-formed bytes.
const REPLACEMENT_BYTES: usize = 3;

impl FdStream {
    pub fn input(fd: i32) -> FdStream {
        FdStream::new(Some(fd), None)
    }
    pub fn output(fd: i32, flush: Flush) -> FdStream {
        let mut stream = FdStream::new(None, Some(fd));
        stream.set_flush(flush);
        stream
    }
    /// A stream over descriptors of its own; the same one may serve both directions.
    pub fn new(input: Option<i32>, output: Option<i32>) -> FdStream {
        FdStream {
            input: input.map(|fd| Input::new(fd, Vec::new())),
            output: output.map(|fd| Output { fd, buffer: Vec::new(), column: 0, flush: Flush::WhenFull }),
            encoding: Encoding::Utf8,
            on_close: OnClose::default(),
        }
    }
    /// An input stream over bytes in memory.
    pub fn from_bytes(bytes: Vec<u8>) -> FdStream {
        FdStream {
            input: Some(Input::new(-1, bytes)),
            output: None,
            encoding: Encoding::Utf8,
            on_close: OnClose::default(),
        }
    }
    pub fn set_flush(&mut self, flush: Flush) {
        if let Some(out) = &mut self.output {
            out.flush = flush;
        }
    }
    pub fn set_encoding(&mut self, encoding: Encoding) {
        self.encoding = encoding;
    }
    pub fn set_on_close(&mut self, on_close: OnClose) {
        self.on_close = on_close;
    }
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }
    pub fn is_interactive(&self) -> bool {
        self.input.as_ref().is_some_and(|i| i.interactive)
    }
    /// The descriptor of the input side, else of the output side.
    pub fn descriptor(&self) -> Option<i32> {
        self.input.as_ref().map(|i| i.fd).or(self.output.as_ref().map(|o| o.fd)).filter(|&fd| fd >= 0)
    }

    // Input.

    fn input_side(&mut self) -> IoResult<&mut Input> {
        if let (Some(_), Some(out)) = (&self.input, &self.output)
            && !out.buffer.is_empty()
        {
            self.flush()?;
        }
        self.input.as_mut().ok_or(IoError::Direction)
    }

    #[inline]
    pub fn read_char(&mut self) -> IoResult<Option<u32>> {
        let encoding = self.encoding;
        let input = self.input_side()?;
        let Some((c, len)) = input.peek(encoding)? else { return Ok(None) };
        input.consume(c, len);
        Ok(Some(c))
    }

    pub fn peek_char(&mut self) -> IoResult<Option<u32>> {
        let encoding = self.encoding;
        Ok(self.input_side()?.peek(encoding)?.map(|(c, _)| c))
    }

    /// Puts the last character back.
    pub fn unread_char(&mut self) -> IoResult<()> {
        let input = self.input.as_mut().ok_or(IoError::Direction)?;
        let previous = input.previous.take().ok_or(IoError::Unread)?;
        input.next -= (input.position.byte - previous.byte) as usize;
        input.position = previous;
        Ok(())
    }

    /// Appends characters up to a newline to `line`; true when the newline was there.
    pub fn read_line(&mut self, line: &mut Vec<u32>) -> IoResult<bool> {
        while let Some(c) = self.read_char()? {
            if c == '\n' as u32 {
                return Ok(true);
            }
            line.push(c);
            self.take_plain_run(line);
        }
        Ok(false)
    }

    /// Moves what the buffer has of ASCII characters before a newline to `line`.
    fn take_plain_run(&mut self, line: &mut Vec<u32>) {
        let Some(input) = self.input.as_mut() else { return };
        let rest = &input.buffer[input.next..];
        let n = rest.iter().take_while(|&&b| b < 0x80 && b != b'\n').count();
        if n == 0 {
            return;
        }
        line.extend(rest[..n].iter().map(|&b| b as u32));
        let before = input.position;
        let moved = |by: usize| Position {
            byte: before.byte + by as u64,
            line: before.line,
            column: before.column.saturating_add(by as u32),
        };
        input.previous = Some(moved(n - 1));
        input.position = moved(n);
        input.next += n;
    }

    /// Whether a character can be read without waiting (the end of a file counts as not).
    pub fn listen(&mut self) -> IoResult<bool> {
        let encoding = self.encoding;
        let input = self.input_side()?;
        if !matches!(decode(encoding, &input.buffer[input.next..]), Decoded::Incomplete) {
            return Ok(true);
        }
        if input.fd < 0 {
            return Ok(false);
        }
        let mut poll = libc::pollfd { fd: input.fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid pollfd.
        if unsafe { libc::poll(&mut poll, 1, 0) } <= 0 {
            return Ok(false);
        }
        Ok(input.peek(encoding)?.is_some())
    }

    /// Forgets buffered input of an interactive stream.
    pub fn clear_input(&mut self) -> IoResult<()> {
        let input = self.input.as_mut().ok_or(IoError::Direction)?;
        if input.interactive {
            input.buffer.clear();
            input.next = 0;
            input.previous = None;
            // SAFETY: flushes the terminal's own queue.
            unsafe { libc::tcflush(input.fd, libc::TCIFLUSH) };
        }
        Ok(())
    }

    /// Where the next character begins.
    pub fn position(&self) -> Position {
        self.input.as_ref().map_or(Position::START, |i| i.position)
    }
    /// How many ill-formed byte sequences were read as U+FFFD.
    pub fn replaced_sequences(&self) -> u64 {
        self.input.as_ref().map_or(0, |i| i.replaced)
    }

    /// Reads up to `out.len()` bytes; fewer only at the end.
    pub fn read_bytes(&mut self, out: &mut [u8]) -> IoResult<usize> {
        let input = self.input_side()?;
        input.previous = None;
        let mut done = 0;
        while done < out.len() {
            if input.next == input.buffer.len() && input.refill()? == 0 {
                break;
            }
            let n = (input.buffer.len() - input.next).min(out.len() - done);
            out[done..done + n].copy_from_slice(&input.buffer[input.next..input.next + n]);
            input.next += n;
            input.position.byte += n as u64;
            done += n;
        }
        Ok(done)
    }

    // Output.

    /// Prepares for output: what was read ahead is given back to the file.
    fn output_side(&mut self) -> IoResult<&mut Output> {
        if let (Some(input), Some(_)) = (&mut self.input, &self.output) {
            let ahead = (input.buffer.len() - input.next) as i64;
            if ahead > 0 && input.fd >= 0 {
                // SAFETY: moves the file's own offset.
                unsafe { libc::lseek(input.fd, -ahead, libc::SEEK_CUR) };
            }
            input.buffer.clear();
            input.next = 0;
            input.previous = None;
        }
        self.output.as_mut().ok_or(IoError::Direction)
    }

    #[inline]
    pub fn write_char(&mut self, c: u32) -> IoResult<()> {
        self.write_chars(std::iter::once(c))
    }

    pub fn write_chars(&mut self, chars: impl Iterator<Item = u32>) -> IoResult<()> {
        let encoding = self.encoding;
        let mut saw_newline = false;
        let out = self.output_side()?;
        for c in chars {
            encode(encoding, c, &mut out.buffer);
            if c == '\n' as u32 {
                out.column = 0;
                saw_newline = true;
            } else {
                out.column += 1;
            }
            if out.buffer.len() >= OUTPUT_LIMIT {
                out.flush()?;
            }
        }
        let flush_line = saw_newline && out.flush == Flush::EachLine;
        if flush_line { self.flush() } else { Ok(()) }
    }

    pub fn write_bytes(&mut self, bytes: &[u8]) -> IoResult<()> {
        let out = self.output_side()?;
        out.buffer.extend_from_slice(bytes);
        if out.buffer.len() >= OUTPUT_LIMIT { out.flush() } else { Ok(()) }
    }

    /// Characters since the last newline.
    pub fn column(&self) -> Option<u64> {
        self.output.as_ref().map(|o| o.column)
    }

    pub fn flush(&mut self) -> IoResult<()> {
        match &mut self.output {
            Some(out) => out.flush(),
            None => Ok(()),
        }
    }
    /// Forgets output not yet written.
    pub fn clear_output(&mut self) {
        if let Some(out) = &mut self.output {
            out.buffer.clear();
        }
    }

    // Files.

    /// Byte offset in the file, buffers taken into account; `None` when it has none (a pipe).
    pub fn file_position(&mut self) -> Option<u64> {
        if let Some(out) = &self.output
            && (self.input.is_none() || !out.buffer.is_empty())
        {
            return Some(seek(out.fd, 0, libc::SEEK_CUR)? + out.buffer.len() as u64);
        }
        let input = self.input.as_ref()?;
        if input.fd < 0 {
            return Some(input.next as u64);
        }
        Some(seek(input.fd, 0, libc::SEEK_CUR)? - (input.buffer.len() - input.next) as u64)
    }

    /// Moves to a byte offset; false when the stream cannot.
    pub fn set_file_position(&mut self, target: u64) -> IoResult<bool> {
        self.flush()?;
        if let Some(input) = &mut self.input {
            if input.fd < 0 {
                if target > input.buffer.len() as u64 {
                    return Ok(false);
                }
                input.next = target as usize;
            } else {
                input.buffer.clear();
                input.next = 0;
            }
            input.previous = None;
            input.position = Position { byte: target, line: 1, column: 1 };
        }
        let Some(fd) = self.descriptor() else { return Ok(true) };
        let Ok(offset) = i64::try_from(target) else { return Ok(false) };
        Ok(seek(fd, offset, libc::SEEK_SET).is_some())
    }

    /// Bytes in the file; `None` when the stream is not a regular file.
    pub fn file_length(&mut self) -> IoResult<Option<u64>> {
        self.flush()?;
        let Some(fd) = self.descriptor() else {
            return Ok(self.input.as_ref().map(|i| i.buffer.len() as u64));
        };
        // SAFETY: zero is a value of the structure, which fstat fills.
        let mut stat: libc::stat = unsafe { std::mem::zeroed() };
        // SAFETY: a valid pointer for the duration of the call.
        if unsafe { libc::fstat(fd, &mut stat) } != 0 {
            return Err(IoError::last_os());
        }
        Ok((stat.st_mode & libc::S_IFMT == libc::S_IFREG).then_some(stat.st_size as u64))
    }

    /// Flushes (unless aborted), closes the descriptors, and settles the file's name.
    pub fn close(mut self, abort: bool) -> IoResult<()> {
        let flushed = if abort { Ok(()) } else { self.flush() };
        let fds = [self.input.as_ref().map(|i| i.fd), self.output.as_ref().map(|o| o.fd)];
        let shared = fds[0] == fds[1];
        for fd in fds.into_iter().take(if shared { 1 } else { 2 }).flatten().filter(|&fd| fd > 2) {
            // SAFETY: this stream owns the descriptor and is consumed here.
            unsafe { libc::close(fd) };
        }
        self.on_close.settle(abort);
        flushed
    }
    /// At exit: writes what is buffered and keeps the new file.
    pub fn finish_at_exit(&mut self) -> IoResult<()> {
        let flushed = self.flush();
        std::mem::take(&mut self.on_close).settle(false);
        flushed
    }
}

fn seek(fd: i32, offset: i64, whence: i32) -> Option<u64> {
    // SAFETY: moves or asks the file's own offset.
    let at = unsafe { libc::lseek(fd, offset, whence) };
    u64::try_from(at).ok()
}

impl OnClose {
    fn settle(self, abort: bool) {
        match (self.replaced, self.created) {
            (Some((backup, name)), _) if abort => {
                // SAFETY: two valid path strings.
                unsafe { libc::rename(backup.as_ptr(), name.as_ptr()) };
            }
            (Some((backup, _)), _) => {
                // SAFETY: a valid path string.
                unsafe { libc::unlink(backup.as_ptr()) };
            }
            (None, Some(name)) if abort => {
                // SAFETY: a valid path string.
                unsafe { libc::unlink(name.as_ptr()) };
            }
            _ => {}
        }
    }
}

impl Output {
    fn flush(&mut self) -> IoResult<()> {
        let mut done = 0;
        while done < self.buffer.len() {
            let rest = &self.buffer[done..];
            // SAFETY: writes from a live buffer of that length.
            let n = unsafe { libc::write(self.fd, rest.as_ptr().cast(), rest.len()) };
            if n >= 0 {
                done += n as usize;
                continue;
            }
            match std::io::Error::last_os_error().raw_os_error().unwrap_or(0) {
                libc::EINTR => {}
                libc::EAGAIN => wait_writable(self.fd),
                libc::EPIPE if self.fd == 1 || self.fd == 2 => {
                    // The reader of our output went away: end as a filter does, without a word.
                    // SAFETY: ends the process.
                    unsafe { libc::_exit(CLOSED_PIPE_STATUS) }
                }
                errno => {
                    self.buffer.drain(..done);
                    return Err(IoError::Os(errno));
                }
            }
        }
        self.buffer.clear();
        Ok(())
    }
}

fn wait_writable(fd: i32) {
    let mut poll = libc::pollfd { fd, events: libc::POLLOUT, revents: 0 };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&mut poll, 1, -1) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(stream: &mut FdStream) -> String {
        let mut out = String::new();
        while let Some(c) = stream.read_char().unwrap() {
            out.push(char::from_u32(c).unwrap());
        }
        out
    }

    fn pipe() -> (i32, i32) {
        let mut fds = [0; 2];
        // SAFETY: room for two descriptors.
        assert_eq!(unsafe { libc::pipe(fds.as_mut_ptr()) }, 0);
        (fds[0], fds[1])
    }

    #[test]
    fn memory_text_has_positions() {
        let mut s = FdStream::from_bytes("aλ\nb".as_bytes().to_vec());
        s.read_char().unwrap();
        s.read_char().unwrap();
        assert_eq!(s.position(), Position { byte: 3, line: 1, column: 3 });
        s.read_char().unwrap();
        assert_eq!(s.position(), Position { byte: 4, line: 2, column: 1 });
        s.unread_char().unwrap();
        assert_eq!(s.position(), Position { byte: 3, line: 1, column: 3 });
        assert_eq!(s.unread_char(), Err(IoError::Unread));
        assert_eq!(s.peek_char().unwrap(), Some('\n' as u32));
        assert_eq!(text(&mut s), "\nb");
    }

    #[test]
    fn characters_survive_the_edges_of_reads() {
        let (r, w) = pipe();
        let mut input = FdStream::input(r);
        let bytes = "€uro".as_bytes();
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: one byte from a live slice.
            assert_eq!(unsafe { libc::write(w, [*byte].as_ptr().cast(), 1) }, 1);
            if i == 2 {
                assert_eq!(input.read_char().unwrap(), Some('€' as u32));
                input.unread_char().unwrap();
            }
        }
        // SAFETY: the test owns the descriptor.
        unsafe { libc::close(w) };
        assert_eq!(text(&mut input), "€uro");
        assert_eq!(input.replaced_sequences(), 0);
        input.close(false).unwrap();
    }

    #[test]
    fn ill_formed_input_is_replaced_and_counted() {
        let mut s = FdStream::from_bytes(vec![b'a', 0xff, b'b', 0xe2, 0x82]);
        assert_eq!(text(&mut s), "a\u{fffd}b\u{fffd}");
        assert_eq!(s.replaced_sequences(), 2);
    }

    #[test]
    fn output_counts_columns_and_arrives() {
        let (r, w) = pipe();
        let mut out = FdStream::output(w, Flush::WhenFull);
        out.write_chars("x\nab".chars().map(|c| c as u32)).unwrap();
        assert_eq!(out.column(), Some(2));
        out.close(false).unwrap();
        let mut input = FdStream::input(r);
        assert_eq!(text(&mut input), "x\nab");
        assert_eq!(input.write_char(1), Err(IoError::Direction));
        input.close(false).unwrap();
    }

    #[test]
    fn bytes_and_lines() {
        let mut s = FdStream::from_bytes(b"one\ntwo".to_vec());
        let mut line = Vec::new();
        assert!(s.read_line(&mut line).unwrap());
        assert_eq!(line.len(), 3);
        let mut bytes = [0; 8];
        assert_eq!(s.read_bytes(&mut bytes).unwrap(), 3);
        assert_eq!(&bytes[..3], b"two");
    }
}
