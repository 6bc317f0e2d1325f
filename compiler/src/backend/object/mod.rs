//! A unit as a relocatable ELF object.
//!
//! | Section | Contents |
//! |---|---|
//! | `.text` | code; a local symbol per function, named as in Lisp |
//! | `.data.rook` | static Lisp objects, walkable linearly, size a multiple of 16 |
//! | `.data.rook.foreign` | words that hold addresses of C functions |
//! | `.rook.frames` | frame table: `FrameHeader`, then the arrays of `abi/frame.rs`; positions relative to `.text` |
//! | `.rook.unit` | `UnitInfo` |
//! | `.eh_frame`, `.debug_line` … | for debuggers and unwinders, pc-relative |
//!
//! Undefined symbols are the runtime's (`rook_…`), C's, and Lisp's (`mangle`), whose value is the
//! object's base address. Must not know how units are linked together.

pub mod mangle;
pub mod static_data;
pub mod unit_info;

mod unwind;
#[cfg(test)]
mod tests;

use crate::hash::{HashMap, HashSet};

use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, RelocationFlags, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};

use super::frame_table::FrameTableParts;
use super::unit::{FUNCTION_ALIGNMENT, RelocationKind, RelocationTarget, Unit};
use crate::codegen::ConstantStyle;
use crate::datum::{DatumId, Datums};
use crate::mir::FuncId;
use static_data::{StaticData, Unsupported, Word};
use unit_info::UnitInfo;

pub const STATIC_DATA_SECTION: &str = ".data.rook";
pub const FOREIGN_SECTION: &str = ".data.rook.foreign";
pub const FRAMES_SECTION: &str = ".rook.frames";
pub const UNIT_SECTION: &str = ".rook.unit";

/// Head of `.rook.frames`: counts and sizes of what follows, in this order. All u32.
pub const FRAMES_VERSION: u32 = 1;

/// What the driver adds to a unit.
#[derive(Default)]
pub struct ObjectOptions<'a> {
    /// Constants that share storage with nothing (cells of `load-time-value`).
    pub unique: &'a [DatumId],
    /// Kept in the unit's description.
    pub extra: Vec<u8>,
}

/// The bytes of the object file.
pub fn write_object(
    isa: &dyn cranelift_codegen::isa::TargetIsa,
    unit: &Unit,
    datums: &Datums,
    options: ObjectOptions,
) -> Result<Vec<u8>, Unsupported> {
    assert_eq!(unit.style, ConstantStyle::Static, "code in files reaches constants directly");
    let (starts, text_size) = unit.layout();
    let mut writer = Writer::new(unit);
    writer.text(unit, &starts, text_size);

    let unique: HashSet<DatumId> = options.unique.iter().copied().collect();
    let mut data = StaticData::default();
    let mut constants = HashMap::default();
    for relocation in unit.functions.iter().flat_map(|code| &code.relocations) {
        if let RelocationTarget::Datum(id) = relocation.target
            && !constants.contains_key(&id)
        {
            constants.insert(id, data.place(datums.get(id), unique.contains(&id))?);
        }
        if let RelocationTarget::FunctionObject(id) = relocation.target {
            data.function(id.0);
        }
    }
    let top_level: Vec<u64> = unit.top_level.iter().map(|id| data.function(id.0)).collect();

    writer.text_relocations(unit, &starts, &constants, &data);
    writer.static_data(&data, &starts);
    let top_level = top_level.iter().enumerate().map(|(i, &offset)| writer.top_level_symbol(i, offset)).collect();
    let called = unit
        .called_symbols
        .iter()
        .filter_map(|&id| static_data::lisp_name(datums.get(id)).map(|name| mangle::mangle(&name)))
        .collect();
    writer.section(UNIT_SECTION, &UnitInfo { top_level, called, extra: options.extra }.encode(), 4);
    writer.frames(unit, &starts);
    unwind::write(&mut writer.object, isa, unit, &starts, writer.text_symbol);
    Ok(writer.object.write().expect("the object is well-formed"))
}

struct Writer {
    object: Object<'static>,
    text: SectionId,
    text_symbol: SymbolId,
    data: SectionId,
    data_symbol: SymbolId,
    foreign: Option<SectionId>,
    undefined: HashMap<String, SymbolId>,
}

fn elf_relocation(r_type: u32) -> RelocationFlags {
    RelocationFlags::Elf { r_type: r_type.into() }
}

impl Writer {
    fn new(unit: &Unit) -> Writer {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        if let Some(file) = unit.files.iter().find(|f| !f.is_empty()) {
            object.add_file_symbol(file.clone().into_bytes());
        }
        let text = object.section_id(StandardSection::Text);
        let data = object.add_section(Vec::new(), STATIC_DATA_SECTION.into(), SectionKind::Data);
        // An empty section of this name keeps the stack of the program non-executable.
        let note = object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        object.section_mut(note).flags = SectionFlags::Elf { sh_flags: 0 };
        let text_symbol = object.section_symbol(text);
        let data_symbol = object.section_symbol(data);
        Writer { object, text, text_symbol, data, data_symbol, foreign: None, undefined: HashMap::default() }
    }

    fn text(&mut self, unit: &Unit, starts: &[u32], size: u32) {
        const INT3: u8 = 0xcc;
        let mut bytes = vec![INT3; size as usize];
        for (code, &start) in unit.functions.iter().zip(starts) {
            bytes[start as usize..start as usize + code.bytes.len()].copy_from_slice(&code.bytes);
            self.object.add_symbol(Symbol {
                name: code.name.clone().into_bytes().into_iter().filter(|&b| b != 0).collect(),
                value: start as u64,
                size: code.bytes.len() as u64,
                kind: SymbolKind::Text,
                scope: SymbolScope::Compilation,
                weak: false,
                section: SymbolSection::Section(self.text),
                flags: SymbolFlags::None,
            });
        }
        self.object.append_section_data(self.text, &bytes, FUNCTION_ALIGNMENT as u64);
    }

    /// A symbol that another object or the prelink step defines.
    fn undefined(&mut self, name: &str) -> SymbolId {
        if let Some(&id) = self.undefined.get(name) {
            return id;
        }
        let id = self.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Unknown,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.undefined.insert(name.to_owned(), id);
        id
    }

    /// Symbol and offset of the base of what a word refers to.
    fn base_of(&mut self, word: &Word) -> (SymbolId, i64) {
        match word {
            Word::Local { offset, .. } => (self.data_symbol, *offset as i64),
            Word::Global { symbol, .. } => (self.undefined(symbol), 0),
            Word::Raw(_) | Word::Entry(_) => unreachable!("only references have a base"),
        }
    }

    fn text_relocations(&mut self, unit: &Unit, starts: &[u32], constants: &HashMap<DatumId, Word>, data: &StaticData) {
        let objects: HashMap<u32, u64> = data.functions().collect();
        let mut foreign: HashMap<u32, u64> = HashMap::default();
        for (code, &start) in unit.functions.iter().zip(starts) {
            for relocation in &code.relocations {
                let (symbol, base) = match relocation.target {
                    RelocationTarget::Function(FuncId(i)) => (self.text_symbol, starts[i as usize] as i64),
                    RelocationTarget::Runtime(i) => (self.undefined(unit.symbols.name(i)), 0),
                    RelocationTarget::Datum(id) => self.base_of(&constants[&id]),
                    RelocationTarget::FunctionObject(id) => (self.data_symbol, objects[&id.0] as i64),
                    RelocationTarget::Foreign(i) => {
                        let (section, offset) = match foreign.get(&i) {
                            Some(&offset) => (self.foreign_section(), offset),
                            None => self.foreign_word(unit.symbols.name(i)),
                        };
                        foreign.insert(i, offset);
                        (self.object.section_symbol(section), offset as i64)
                    }
                };
                let flags = elf_relocation(match relocation.kind {
                    RelocationKind::Abs8 => elf::R_X86_64_64.into(),
                    RelocationKind::Pc4 => elf::R_X86_64_PC32.into(),
                });
                let offset = (start + relocation.offset) as u64;
                self.relocate(self.text, Relocation { offset, symbol, addend: base + relocation.addend, flags });
            }
        }
    }

    fn relocate(&mut self, section: SectionId, relocation: Relocation) {
        self.object.add_relocation(section, relocation).expect("the relocation has an ELF type");
    }

    fn foreign_section(&mut self) -> SectionId {
        let object = &mut self.object;
        *self.foreign.get_or_insert_with(|| object.add_section(Vec::new(), FOREIGN_SECTION.into(), SectionKind::Data))
    }

    /// A word that holds the address of a C function.
    fn foreign_word(&mut self, name: &str) -> (SectionId, u64) {
        let section = self.foreign_section();
        let offset = self.object.append_section_data(section, &[0; 8], 8);
        let symbol = self.undefined(name);
        let flags = elf_relocation(elf::R_X86_64_64.into());
        self.relocate(section, Relocation { offset, symbol, addend: 0, flags });
        (section, offset)
    }

    fn static_data(&mut self, data: &StaticData, starts: &[u32]) {
        let mut bytes = Vec::with_capacity(8 * data.words.len());
        for word in &data.words {
            let offset = bytes.len() as u64;
            let (symbol, addend) = match word {
                Word::Raw(bits) => {
                    bytes.extend(bits.to_le_bytes());
                    continue;
                }
                Word::Entry(i) => (self.text_symbol, starts[*i as usize] as i64),
                Word::Local { tag, .. } | Word::Global { tag, .. } => {
                    let (symbol, base) = self.base_of(word);
                    (symbol, base + *tag as i64)
                }
            };
            bytes.extend([0; 8]);
            let flags = elf_relocation(elf::R_X86_64_64.into());
            self.relocate(self.data, Relocation { offset, symbol, addend, flags });
        }
        self.object.append_section_data(self.data, &bytes, 16);
    }

    fn top_level_symbol(&mut self, i: usize, offset: u64) -> String {
        let name = format!("rook.top.{i}");
        self.object.add_symbol(Symbol {
            name: name.clone().into_bytes(),
            value: offset,
            size: 16,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(self.data),
            flags: SymbolFlags::None,
        });
        name
    }

    /// A section that is read by tools, not loaded.
    fn section(&mut self, name: &str, bytes: &[u8], align: u64) {
        let section = self.object.add_section(Vec::new(), name.as_bytes().to_vec(), SectionKind::Other);
        self.object.append_section_data(section, bytes, align);
    }

    fn frames(&mut self, unit: &Unit, starts: &[u32]) {
        let parts = FrameTableParts::of(unit, starts);
        let counts = [parts.sites.len(), parts.functions.len(), parts.infos.len(), parts.strings.len()];
        let mut bytes = FRAMES_VERSION.to_le_bytes().to_vec();
        counts.iter().for_each(|&n| bytes.extend((n as u32).to_le_bytes()));
        for site in &parts.sites {
            bytes.extend(site.return_offset.to_le_bytes());
            bytes.extend(site.info_offset.to_le_bytes());
            bytes.extend(site.position.to_le_bytes());
        }
        for f in &parts.functions {
            [f.start, f.size, f.name, f.file].iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        }
        bytes.extend(&parts.infos);
        bytes.extend(&parts.strings);
        self.section(FRAMES_SECTION, &bytes, 4);
    }
}
