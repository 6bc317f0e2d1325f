//! Frame tables: how a return address becomes a frame's layout.
//!
//! One format for objects, executables and code in memory. All positions are byte offsets from the
//! start of the text that the table describes, so a table needs no relocation but its base.
//!
//! ```text
//! FrameTable   -> sites: sorted by return offset; functions: sorted by start; infos, strings: blobs
//! SiteEntry    { return_offset: u32, info_offset: u32, position: u32 }
//! site info    { frame_size: u16, slot_count: u16, slots: [u16; slot_count] }, one for all equal frames.
//!              Slot k means: a tagged value lives at  rbp - 8*k.
//! FunctionEntry{ start: u32, size: u32, name: u32, file: u32 }  (offsets into strings; NUL-terminated UTF-8)
//! ```
//! `frame_size` is the distance in words from SP (at the call) up to RBP: needed only to resume a handler.
//! Every call site of every function has an entry, also those without live values: a return address
//! that is not found is not Lisp code, and the walker treats that as a fatal, named error.

/// One call site.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteEntry {
    pub return_offset: u32,
    pub info_offset: u32,
    /// `position(line, column)`.
    pub position: u32,
}

/// Fixed part of a site's info record; `slot_count` u16 slots follow.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteInfo {
    /// In words.
    pub frame_size: u16,
    pub slot_count: u16,
}

/// Bits of a position that hold the column.
const COLUMN_BITS: u32 = 10;
const COLUMN_MAX: u32 = (1 << COLUMN_BITS) - 1;

/// A place in a source file in one word; what is too large is cut to the largest that fits.
pub fn position(line: u32, column: u16) -> u32 {
    line.min(u32::MAX >> COLUMN_BITS) << COLUMN_BITS | (column as u32).min(COLUMN_MAX)
}

/// Line and column of a position.
pub fn line_and_column(position: u32) -> (u32, u16) {
    (position >> COLUMN_BITS, (position & COLUMN_MAX) as u16)
}

/// One function.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionEntry {
    pub start: u32,
    pub size: u32,
    pub name: u32,
    pub file: u32,
}

/// A table in memory, or the image's table (then every pointer is filled in by the linker).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FrameTable {
    pub text_start: *const u8,
    pub text_size: u64,
    pub sites: *const SiteEntry,
    pub site_count: u64,
    pub functions: *const FunctionEntry,
    pub function_count: u64,
    pub infos: *const u8,
    pub infos_size: u64,
    pub strings: *const u8,
    pub strings_size: u64,
}

/// What the prelink step hands to the runtime: the symbol `rook_image` (weak; absent in a program
/// without Lisp code, such as the first bootstrap stage).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ImageHeader {
    /// `IMAGE_VERSION`.
    pub version: u64,
    pub frames: FrameTable,
    /// Static Lisp objects: `[static_start, static_end)`, walkable linearly from the first object.
    /// NIL and T lie outside, in the runtime itself.
    pub static_start: *mut u8,
    pub static_end: *mut u8,
    /// Tagged values, in the order of `well_known::SYMBOLS`.
    pub well_known: *const u64,
    pub well_known_count: u64,
    /// Tagged list or simple-vector of all packages in the image.
    pub packages: u64,
    /// General-entry function objects (tagged) to call in order at start: top-level code.
    pub init_functions: *const u64,
    pub init_function_count: u64,
    /// Tagged symbol whose function is called after initialisation, or 0.
    pub entry_symbol: u64,
    /// Tagged property lists of the symbols NIL and T, which lie outside the image, or 0.
    pub nil_plist: u64,
    pub t_plist: u64,
    /// What to call before anything of the image runs: the compiler's hooks, where it is linked in.
    pub prepare: Option<extern "C" fn()>,
}

pub const IMAGE_VERSION: u64 = 5;
