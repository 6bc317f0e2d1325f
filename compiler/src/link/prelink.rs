//! Lays an image out as one ELF object: text, static objects, frame table, image header.
//!
//! The static objects form one walkable run (`abi/frame.rs`, `ImageHeader`). Every pointer is a
//! relocation, so the linker decides addresses; nothing is replayed at start.

use crate::hash::HashMap;
use std::mem::offset_of;

use object::write::{Object as Elf, Relocation, SectionId, StandardSegment, Symbol, SymbolId, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};
use rook_runtime::abi::frame::{FrameTable, IMAGE_VERSION, ImageHeader, position};
use rook_runtime::abi::tags::SYMBOL_TAG;
use rook_runtime::abi::well_known::SYMBOLS;

use super::image::*;
use super::near::{Form, Forms};
use super::size::object_bytes;
use crate::backend::frame_table::FrameTableParts;

/// What the object declares besides the image.
#[derive(Default)]
pub struct Options {
    /// Symbol whose function runs after the top-level forms.
    pub entry: Option<u32>,
    /// Runtime routine that `main` jumps to; no `main` without it. A `main` written in C goes before.
    pub main: Option<&'static str>,
    /// Routine that prepares the process before anything of the image runs.
    pub prepare: Option<&'static str>,
}

/// The ELF object of an image. Fails when a well-known symbol is missing from it.
pub fn emit(image: &Image, options: &Options) -> Result<Vec<u8>, String> {
    let mut elf = Elf::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = elf.add_section(elf.segment_name(StandardSegment::Text).to_vec(), b".text.rook".to_vec(), SectionKind::Text);
    let data = elf.add_section(elf.segment_name(StandardSegment::Data).to_vec(), b".data.rook".to_vec(), SectionKind::Data);
    let rodata =
        elf.add_section(elf.segment_name(StandardSegment::Data).to_vec(), b".rodata.rook".to_vec(), SectionKind::ReadOnlyData);
    let header = elf.add_section(
        elf.segment_name(StandardSegment::Data).to_vec(),
        b".data.rel.ro.rook".to_vec(),
        SectionKind::ReadOnlyDataWithRel,
    );
    // Else the linker names the object after its file, which lies at another place each time.
    elf.add_file_symbol(b"program.lisp".to_vec());
    // Tells the linker that the stack need not be executable.
    elf.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    let mut layout = Layout {
        text_symbol: elf.section_symbol(text),
        data_symbol: elf.section_symbol(data),
        rodata_symbol: elf.section_symbol(rodata),
        nil_symbol: add_external(&mut elf, "rook_nil"),
        elf,
        text,
        data,
        rodata,
        header,
        functions: Vec::new(),
        objects: Vec::new(),
        foreign: HashMap::default(),
        externals: HashMap::default(),
    };
    layout.externals.insert("rook_nil".to_string(), layout.nil_symbol);
    layout.place_functions(image);
    if let Some(target) = options.main {
        layout.define_main(target);
    }
    let forms = Forms::of(image);
    let order = placing_order(image, &forms);
    layout.place_objects(image, &order);
    layout.fill_objects(image, &order, &forms);
    let packages = layout.package_list(image);
    layout.fix_code(image);
    layout.write_header(image, options, packages)?;
    layout.elf.write().map_err(|e| format!("cannot write the object file: {e}"))
}

struct Layout<'a> {
    elf: Elf<'a>,
    text: SectionId,
    data: SectionId,
    rodata: SectionId,
    header: SectionId,
    text_symbol: SymbolId,
    data_symbol: SymbolId,
    rodata_symbol: SymbolId,
    nil_symbol: SymbolId,
    /// Offset of each function in the text.
    functions: Vec<u64>,
    /// Offset of each object in the data.
    objects: Vec<u64>,
    /// Words that hold addresses of C functions.
    foreign: HashMap<String, u64>,
    externals: HashMap<String, SymbolId>,
}

const ABSOLUTE: RelocationFlags = RelocationFlags::Elf { r_type: elf::R_X86_64_64 };
/// From the place of the word; the linker knows it.
const DISTANCE: RelocationFlags = RelocationFlags::Elf { r_type: elf::R_X86_64_PC64 };
const RELATIVE: RelocationFlags = RelocationFlags::Elf { r_type: elf::R_X86_64_PC32 };

fn relocation(offset: u64, symbol: SymbolId, addend: i64, flags: RelocationFlags) -> Relocation {
    Relocation { offset, symbol, addend, flags }
}

/// A symbol that another object defines.
fn add_external(elf: &mut Elf, name: &str) -> SymbolId {
    elf.add_symbol(Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind: SymbolKind::Unknown,
        scope: SymbolScope::Dynamic,
        weak: false,
        section: SymbolSection::Undefined,
        flags: SymbolFlags::None,
    })
}

impl Layout<'_> {
    fn place_functions(&mut self, image: &Image) {
        for f in &image.functions {
            let offset = self.elf.append_section_data(self.text, &f.code, 16);
            self.functions.push(offset);
            self.elf.add_symbol(Symbol {
                name: f.name.clone().into_bytes(),
                value: offset,
                size: f.code.len() as u64,
                kind: SymbolKind::Text,
                scope: SymbolScope::Compilation,
                weak: false,
                section: SymbolSection::Section(self.text),
                flags: SymbolFlags::None,
            });
        }
    }

    /// `main`: a jump to the runtime.
    fn define_main(&mut self, target: &str) {
        let at = self.elf.append_section_data(self.text, &[0xe9, 0, 0, 0, 0], 16);
        let symbol = self.external(target);
        let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_PLT32 };
        self.relocate(self.text, relocation(at + 1, symbol, -4, flags));
        self.elf.add_symbol(Symbol {
            name: b"main".to_vec(),
            value: at,
            size: 5,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: true,
            section: SymbolSection::Section(self.text),
            flags: SymbolFlags::None,
        });
    }

    /// Decides addresses: conses and headed objects in one run, each 16-byte aligned.
    fn place_objects(&mut self, image: &Image, order: &[usize]) {
        let mut offset = 0u64;
        self.objects = vec![0; image.objects.len()];
        for &i in order {
            self.objects[i] = offset;
            offset += object_bytes(&image.objects[i].body);
        }
    }

    fn fill_objects(&mut self, image: &Image, order: &[usize], forms: &Forms) {
        let mut bytes: Vec<u8> = Vec::new();
        let mut fixups: Vec<Relocation> = Vec::new();
        for &i in order {
            let o = &image.objects[i];
            assert_eq!(bytes.len() as u64, self.objects[i], "objects are laid out in order");
            match &o.body {
                Body::Cons(..) => {}
                Body::Slots(header, _) => bytes.extend(header.to_le_bytes()),
                Body::Function(header, entry, _) => {
                    bytes.extend(header.to_le_bytes());
                    let at = bytes.len() as u64;
                    fixups.push(match entry {
                        EntryPoint::Code(f) => {
                            relocation(at, self.text_symbol, self.functions[*f as usize] as i64, ABSOLUTE)
                        }
                        EntryPoint::Runtime(name) => relocation(at, self.external(name), 0, ABSOLUTE),
                    });
                    bytes.extend([0; 8]);
                }
                Body::Raw(header, raw) => {
                    bytes.extend(header.to_le_bytes());
                    bytes.extend(raw);
                }
            }
            for form in forms.words(image, i) {
                match form {
                    Form::Absolute(w) => self.word(image, w, &mut bytes, &mut fixups),
                    Form::Near(w) => self.near_word(image, w, self.tagged(image, i as u32), &mut bytes, &mut fixups),
                }
            }
            bytes.resize(bytes.len().next_multiple_of(16), 0);
        }
        let start = self.elf.append_section_data(self.data, &bytes, 16);
        assert_eq!(start, 0, "objects come first in their section");
        for r in fixups {
            self.relocate(self.data, r);
        }
        // End of the walkable run; words for C functions follow.
        self.objects.push(bytes.len() as u64);
    }

    /// A word's value where it is known, else the symbol and addend that it is made of.
    fn target(&mut self, image: &Image, w: Word) -> Result<u64, (SymbolId, i64)> {
        match w {
            Word::Bits(bits) => Ok(bits),
            Word::Nil => Err((self.nil_symbol, SYMBOL_TAG as i64)),
            Word::T => Err((self.external("rook_t"), SYMBOL_TAG as i64)),
            Word::Object(o) => Err((self.data_symbol, self.tagged(image, o) as i64)),
        }
    }

    /// Tagged offset of an object in the data.
    fn tagged(&self, image: &Image, o: u32) -> u64 {
        self.objects[o as usize] + image.objects[o as usize].tag as u64
    }

    fn word(&mut self, image: &Image, w: Word, bytes: &mut Vec<u8>, fixups: &mut Vec<Relocation>) {
        let at = bytes.len() as u64;
        let bits = self.target(image, w).unwrap_or_else(|(symbol, addend)| {
            fixups.push(relocation(at, symbol, addend, ABSOLUTE));
            0
        });
        bytes.extend(bits.to_le_bytes());
    }

    /// A near reference from the object at the tagged offset `holder`.
    fn near_word(&mut self, image: &Image, w: Word, holder: u64, bytes: &mut Vec<u8>, fixups: &mut Vec<Relocation>) {
        let at = bytes.len() as u64;
        let distance = match (w, self.target(image, w)) {
            (Word::Object(o), _) => self.tagged(image, o).wrapping_sub(holder),
            (_, Ok(bits)) => bits,
            (_, Err((symbol, addend))) => {
                fixups.push(relocation(at, symbol, addend + at as i64 - holder as i64, DISTANCE));
                0
            }
        };
        bytes.extend(distance.to_le_bytes());
    }

    fn fix_code(&mut self, image: &Image) {
        for (i, f) in image.functions.iter().enumerate() {
            for fixup in &f.fixups {
                let (symbol, base) = match &fixup.reference {
                    Reference::Function(g) => (self.text_symbol, self.functions[*g as usize] as i64),
                    Reference::Runtime(name) => (self.external(name), 0),
                    Reference::Object(o) => (self.data_symbol, self.objects[*o as usize] as i64),
                    Reference::Foreign(name) => (self.data_symbol, self.foreign_word(name) as i64),
                };
                let flags = if fixup.absolute { ABSOLUTE } else { RELATIVE };
                let at = self.functions[i] + fixup.offset as u64;
                self.relocate(self.text, relocation(at, symbol, base + fixup.addend, flags));
            }
        }
    }

    fn foreign_word(&mut self, name: &str) -> u64 {
        if let Some(&at) = self.foreign.get(name) {
            return at;
        }
        let at = self.elf.append_section_data(self.data, &[0; 8], 8);
        let symbol = self.external(name);
        self.relocate(self.data, relocation(at, symbol, 0, ABSOLUTE));
        self.foreign.insert(name.to_string(), at);
        at
    }

    fn external(&mut self, name: &str) -> SymbolId {
        if let Some(&id) = self.externals.get(name) {
            return id;
        }
        let id = add_external(&mut self.elf, name);
        self.externals.insert(name.to_string(), id);
        id
    }

    fn relocate(&mut self, section: SectionId, r: Relocation) {
        self.elf.add_relocation(section, r).expect("an ELF relocation kind");
    }

    /// Frame table and image header.
    fn write_header(&mut self, image: &Image, options: &Options, package_list: PackageList) -> Result<(), String> {
        let frames = frame_table(image, &self.functions);
        let sites = self.read_only(&frames.sites, 8);
        let functions = self.read_only(&frames.functions, 8);
        let infos = self.read_only(&frames.infos, 8);
        let strings = self.read_only(&frames.strings, 8);
        let text_size = self.elf.section(self.text).data().len() as u64;

        let symbols: HashMap<(&str, &str), u32> = image
            .objects
            .iter()
            .enumerate()
            .filter_map(|(i, o)| o.symbol.as_deref().map(|(p, n)| ((p.as_str(), n.as_str()), i as u32)))
            .collect();
        let mut words = Vec::new();
        for &(package, name) in SYMBOLS {
            words.push(match (package, name) {
                ("COMMON-LISP", "NIL") => Word::Nil,
                ("COMMON-LISP", "T") => Word::T,
                key => Word::Object(*symbols.get(&key).ok_or_else(|| format!("the image lacks the symbol {package}:{name}"))?),
            });
        }
        let well_known = self.table(image, &words);
        let inits: Vec<Word> = image.top_level.iter().map(|&o| Word::Object(o)).collect();
        let init_functions = self.table(image, &inits);

        let mut bytes = vec![0u8; size_of::<ImageHeader>()];
        let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        let frames_at = offset_of!(ImageHeader, frames);
        put(offset_of!(ImageHeader, version), IMAGE_VERSION);
        put(frames_at + offset_of!(FrameTable, text_size), text_size);
        put(frames_at + offset_of!(FrameTable, site_count), frames.site_count);
        put(frames_at + offset_of!(FrameTable, function_count), image.functions.len() as u64);
        put(frames_at + offset_of!(FrameTable, infos_size), frames.infos.len() as u64);
        put(frames_at + offset_of!(FrameTable, strings_size), frames.strings.len() as u64);
        put(offset_of!(ImageHeader, well_known_count), words.len() as u64);
        put(offset_of!(ImageHeader, init_function_count), inits.len() as u64);
        let at = self.elf.append_section_data(self.header, &bytes, 16);
        let mut pointers = vec![
            (frames_at + offset_of!(FrameTable, text_start), self.text_symbol, 0),
            (frames_at + offset_of!(FrameTable, sites), self.rodata_symbol, sites),
            (frames_at + offset_of!(FrameTable, functions), self.rodata_symbol, functions),
            (frames_at + offset_of!(FrameTable, infos), self.rodata_symbol, infos),
            (frames_at + offset_of!(FrameTable, strings), self.rodata_symbol, strings),
            (offset_of!(ImageHeader, static_start), self.data_symbol, 0),
            (offset_of!(ImageHeader, static_end), self.data_symbol, package_list.end),
        ];
        pointers.push((offset_of!(ImageHeader, packages), self.data_symbol, package_list.tagged));
        let header_symbol = self.elf.section_symbol(self.header);
        pointers.push((offset_of!(ImageHeader, well_known), header_symbol, well_known));
        pointers.push((offset_of!(ImageHeader, init_functions), header_symbol, init_functions));
        if let Some(entry) = options.entry {
            let tagged = self.tagged(image, entry);
            pointers.push((offset_of!(ImageHeader, entry_symbol), self.data_symbol, tagged));
        }
        if let Some((nil, t)) = image.static_plists {
            let fields = [(offset_of!(ImageHeader, nil_plist), nil), (offset_of!(ImageHeader, t_plist), t)];
            for (field, plist) in fields {
                if let Word::Object(o) = plist {
                    let tagged = self.tagged(image, o);
                    pointers.push((field, self.data_symbol, tagged));
                }
            }
        }
        if let Some(prepare) = options.prepare {
            pointers.push((offset_of!(ImageHeader, prepare), self.external(prepare), 0));
        }
        for (field, symbol, value) in pointers {
            self.relocate(self.header, relocation(at + field as u64, symbol, value as i64, ABSOLUTE));
        }
        self.elf.add_symbol(Symbol {
            name: b"rook_image".to_vec(),
            value: at,
            size: bytes.len() as u64,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(self.header),
            flags: SymbolFlags::None,
        });
        Ok(())
    }

    fn read_only(&mut self, bytes: &[u8], align: u64) -> u64 {
        self.elf.append_section_data(self.rodata, bytes, align)
    }

    /// A table of tagged words beside the header; returns its offset.
    fn table(&mut self, image: &Image, words: &[Word]) -> u64 {
        let mut bytes = Vec::new();
        let mut fixups = Vec::new();
        for &w in words {
            self.word(image, w, &mut bytes, &mut fixups);
        }
        let at = self.elf.append_section_data(self.header, &bytes, 16);
        for mut r in fixups {
            r.offset += at;
            self.relocate(self.header, r);
        }
        at
    }

    /// A list of the packages, behind the other static objects.
    fn package_list(&mut self, image: &Image) -> PackageList {
        let mut bytes = Vec::new();
        let mut fixups = Vec::new();
        let start = *self.objects.last().expect("the end of the objects");
        for (i, &p) in image.packages.iter().enumerate() {
            self.word(image, Word::Object(p), &mut bytes, &mut fixups);
            if i + 1 < image.packages.len() {
                let next = start + 16 * (i as u64 + 1) + rook_runtime::abi::tags::CONS_TAG;
                fixups.push(relocation(bytes.len() as u64, self.data_symbol, next as i64, ABSOLUTE));
                bytes.extend([0; 8]);
            } else {
                self.word(image, Word::Nil, &mut bytes, &mut fixups);
            }
        }
        let at = self.elf.append_section_data(self.data, &bytes, 16);
        assert_eq!(at, start, "the package list follows the objects");
        for mut r in fixups {
            r.offset += at;
            self.relocate(self.data, r);
        }
        PackageList { tagged: at + rook_runtime::abi::tags::CONS_TAG, end: at + bytes.len() as u64 }
    }
}

/// Objects that are written to when the program starts, then those that it may write to later, then the
/// others: few pages are written to.
fn placing_order(image: &Image, forms: &Forms) -> Vec<usize> {
    let mut order: Vec<usize> = (0..image.objects.len()).collect();
    order.sort_by_key(|&i| match image.objects[i].body {
        _ if forms.is_relocated(image, i) => 0,
        Body::Raw(..) => 2,
        _ => 1,
    });
    order
}

struct PackageList {
    tagged: u64,
    end: u64,
}

struct Frames {
    sites: Vec<u8>,
    site_count: u64,
    functions: Vec<u8>,
    infos: Vec<u8>,
    strings: Vec<u8>,
}

/// The frame table of all functions at their final places (in order, so sorted).
fn frame_table(image: &Image, starts: &[u64]) -> Frames {
    let mut parts = FrameTableParts::default();
    for (f, &start) in image.functions.iter().zip(starts) {
        parts.add_function(&f.name, &f.file, start as u32, f.code.len() as u32);
        for site in &f.sites {
            let position = position(site.line, site.column);
            parts.add_site(start as u32 + site.return_offset, site.frame_size, position, &site.slots);
        }
    }
    let sites = parts.sites.iter().flat_map(|s| [s.return_offset, s.info_offset, s.position]);
    let functions = parts.functions.iter().flat_map(|f| [f.start, f.size, f.name, f.file]);
    Frames {
        sites: sites.flat_map(u32::to_le_bytes).collect(),
        site_count: parts.sites.len() as u64,
        functions: functions.flat_map(u32::to_le_bytes).collect(),
        infos: parts.infos,
        strings: parts.strings,
    }
}
