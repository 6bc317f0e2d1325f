//! Frame tables: from Cranelift's call sites and stack maps to the records of `abi/frame.rs`.

use crate::hash::HashMap;

use cranelift_codegen::CompiledCode;
use rook_runtime::abi::frame::{FunctionEntry, SiteEntry, position};

use super::unit::{Code, Site, Unit};
use crate::source::Span;

/// Every call site of a compiled function; `span_at` tells the source position of a return offset.
pub fn sites(compiled: &CompiledCode, span_at: impl Fn(u32) -> Span) -> Vec<Site> {
    let buffer = &compiled.buffer;
    let frame_size = buffer.frame_layout().expect("functions have a frame layout").frame_to_fp_offset;
    let maps: HashMap<u32, _> = buffer.user_stack_maps().iter().map(|(offset, span, map)| (*offset, (*span, map))).collect();
    let mut sites: Vec<Site> = buffer
        .call_sites()
        .map(|site| {
            let mut slots = Vec::new();
            if let Some((span, map)) = maps.get(&site.ret_addr) {
                assert_eq!(*span, frame_size, "one frame size serves a whole function");
                slots.extend(map.entries().map(|(_, sp_offset)| {
                    let words = (frame_size - sp_offset) / 8;
                    u16::try_from(words).expect("frames stay below 512 KB")
                }));
                slots.sort_unstable();
            }
            Site { return_offset: site.ret_addr, frame_size, span: span_at(site.ret_addr), slots }
        })
        .collect();
    let mapped = sites.iter().filter(|site| !site.slots.is_empty()).count();
    assert_eq!(mapped, maps.len(), "every stack map belongs to a call site");
    sites.sort_by_key(|site| site.return_offset);
    sites
}

/// The parts of a frame table.
#[derive(Default)]
pub struct FrameTableParts {
    pub sites: Vec<SiteEntry>,
    pub functions: Vec<FunctionEntry>,
    pub infos: Vec<u8>,
    pub strings: Vec<u8>,
    known_infos: HashMap<Vec<u8>, u32>,
    known_strings: HashMap<String, u32>,
}

impl FrameTableParts {
    /// The table of a whole unit; `starts` are its functions' offsets.
    pub fn of(unit: &Unit, starts: &[u32]) -> FrameTableParts {
        let mut parts = FrameTableParts::default();
        for (code, &start) in unit.functions.iter().zip(starts) {
            parts.add(code, start, unit.file(code.span.file));
        }
        parts
    }

    /// Appends a function that lies behind all earlier ones.
    pub fn add(&mut self, code: &Code, start: u32, file: &str) {
        self.add_function(&code.name, file, start, code.bytes.len() as u32);
        for site in &code.sites {
            let position = position(site.span.line, site.span.column);
            self.add_site(start + site.return_offset, site.frame_size, position, &site.slots);
        }
    }

    pub fn add_function(&mut self, name: &str, file: &str, start: u32, size: u32) {
        let (name, file) = (self.string(name), self.string(file));
        self.functions.push(FunctionEntry { start, size, name, file });
    }

    /// Appends a call site; `frame_size` is in bytes.
    pub fn add_site(&mut self, return_offset: u32, frame_size: u32, position: u32, slots: &[u16]) {
        let words = u16::try_from(frame_size / 8).expect("frames stay below 512 KB");
        let count = u16::try_from(slots.len()).expect("a frame has no more slots than words");
        let record: Vec<u8> = [words, count].iter().chain(slots).flat_map(|word| word.to_le_bytes()).collect();
        let info_offset = match self.known_infos.get(&record) {
            Some(&offset) => offset,
            None => {
                let offset = self.infos.len() as u32;
                self.infos.extend_from_slice(&record);
                self.known_infos.insert(record, offset);
                offset
            }
        };
        self.sites.push(SiteEntry { return_offset, info_offset, position });
    }

    fn string(&mut self, s: &str) -> u32 {
        if let Some(&offset) = self.known_strings.get(s) {
            return offset;
        }
        let offset = self.strings.len() as u32;
        self.strings.extend(s.bytes().filter(|&b| b != 0));
        self.strings.push(0);
        self.known_strings.insert(s.to_owned(), offset);
        offset
    }
}
