//! Source text: files, positions, and the places of forms.

pub mod file;
pub mod forms;

/// A place in a source file: byte offset and length. File 0 is "no file".
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Span {
    pub file: u16,
    /// 1-based line; 0 means unknown.
    pub line: u32,
    /// 1-based column.
    pub column: u16,
    pub start: u32,
    pub end: u32,
}
