//! A compiled unit: machine code and everything needed to place it.

use serde::{Deserialize, Serialize};

use crate::codegen::{ConstantStyle, Symbols};
use crate::datum::DatumId;
use crate::mir::FuncId;
use crate::mir::definitions::Definition;
use crate::source::Span;

/// All functions of a program, compiled.
#[derive(Serialize, Deserialize)]
pub struct Unit {
    pub style: ConstantStyle,
    /// By `FuncId`.
    pub functions: Vec<Code>,
    /// Names behind `RelocationTarget::{Runtime, Foreign}`.
    pub symbols: Symbols,
    /// Top-level functions in order.
    pub top_level: Vec<FuncId>,
    /// Symbols that code calls: each needs a function object in its function slot.
    pub called_symbols: Vec<DatumId>,
    /// What the first top-level functions do that only define functions.
    pub first_definitions: Vec<Vec<Definition>>,
    /// Names of source files by `Span::file`.
    pub files: Vec<String>,
}

/// One function.
#[derive(Serialize, Deserialize)]
pub struct Code {
    pub name: String,
    pub span: Span,
    /// Has a general entry, so a function object may point at it.
    pub general: bool,
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
    /// Every call site, in order.
    pub sites: Vec<Site>,
}

/// One place in the code that the linker or loader fills in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Relocation {
    pub offset: u32,
    pub kind: RelocationKind,
    pub target: RelocationTarget,
    pub addend: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RelocationKind {
    /// The 64-bit address.
    Abs8,
    /// 32 bits relative to the place itself.
    Pc4,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum RelocationTarget {
    Function(FuncId),
    /// A linker symbol, by number.
    Runtime(u32),
    /// Base address of the static object, or the address of its cell (`ConstantStyle`).
    Datum(DatumId),
    /// The same for the function object of a closed function.
    FunctionObject(FuncId),
    /// A word that holds the address of a C function, by number.
    Foreign(u32),
}

/// One call site, as `abi/frame.rs` describes it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Site {
    pub return_offset: u32,
    pub frame_size: u32,
    pub span: Span,
    /// Live tagged values: words below RBP.
    pub slots: Vec<u16>,
}

/// Alignment of functions.
pub const FUNCTION_ALIGNMENT: usize = 16;

impl Unit {
    /// Offset of each function in the unit's text, and the text's size.
    pub fn layout(&self) -> (Vec<u32>, u32) {
        let mut end = 0usize;
        let starts = self
            .functions
            .iter()
            .map(|code| {
                let start = end.next_multiple_of(FUNCTION_ALIGNMENT);
                end = start + code.bytes.len();
                u32::try_from(start).expect("a unit's text stays below 4 GB")
            })
            .collect();
        (starts, u32::try_from(end).expect("a unit's text stays below 4 GB"))
    }

    pub fn file(&self, index: u16) -> &str {
        self.files.get(index as usize).map_or("", |name| name)
    }
}
