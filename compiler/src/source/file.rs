//! Source files: their texts, numbered; and where lines begin.

/// One source text.
pub struct SourceFile {
    /// As messages show it.
    pub name: String,
    pub text: String,
    /// Byte offset of the first character of each line.
    line_starts: Vec<u32>,
}

impl SourceFile {
    pub fn new(name: String, text: String) -> SourceFile {
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at as u32 + 1)).collect();
        SourceFile { name, text, line_starts }
    }
    /// Byte range of a line, counted from 1, without its line end.
    pub fn line_range(&self, line: u32) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts.get(line.checked_sub(1)? as usize)? as usize;
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |&next| next as usize - 1);
        Some(start..end)
    }
    /// The line, counted from 1, that holds a byte.
    pub fn line_of(&self, byte: u32) -> u32 {
        self.line_starts.partition_point(|&start| start <= byte) as u32
    }
}

/// The files of one compilation. File 0 is no file.
#[derive(Default)]
pub struct SourceFiles {
    files: Vec<SourceFile>,
}

impl SourceFiles {
    /// Adds a text and gives its number.
    pub fn add(&mut self, name: String, text: String) -> u16 {
        self.files.push(SourceFile::new(name, text));
        self.files.len().min(u16::MAX as usize) as u16
    }
    pub fn get(&self, file: u16) -> Option<&SourceFile> {
        self.files.get((file as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_byte_and_number() {
        let mut files = SourceFiles::default();
        let id = files.add("a.lisp".into(), "ab\n\ncd".into());
        let file = files.get(id).unwrap();
        assert_eq!((file.line_of(0), file.line_of(2), file.line_of(3), file.line_of(5)), (1, 1, 2, 3));
        assert_eq!(file.line_range(1), Some(0..2));
        assert_eq!(file.line_range(2), Some(3..3));
        assert_eq!(file.line_range(3), Some(4..6));
        assert_eq!(file.line_range(4), None);
        assert!(files.get(0).is_none());
    }
}
