//! Takes a shared library that is not used from a linked program.
//!
//! `ld` decides what `--as-needed` keeps before it drops sections, so it keeps libm for code that is
//! gone: a tenth of the start of a small program. The C library gives a version to each of its symbols,
//! so the program's table of versions tells whether it uses one.

use object::LittleEndian;
use object::elf::{DT_NEEDED, Dyn64, FileHeader64, PT_DYNAMIC};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

/// A library of the C library that only some programs need.
const LIBRARY: &[u8] = b"libm.so.6";

/// Takes the library's entry out of the dynamic section; says whether there was one without use.
pub fn drop_unused(program: &mut [u8]) -> bool {
    let Some(entry) = unused_entry(program).ok().flatten() else { return false };
    // What follows moves up; the section ends with empty entries.
    program.copy_within(entry.start + size_of::<Dyn64<LittleEndian>>()..entry.end, entry.start);
    true
}

/// From the entry to the end of the dynamic section.
fn unused_entry(program: &[u8]) -> object::read::Result<Option<std::ops::Range<usize>>> {
    let endian = LittleEndian;
    let header = FileHeader64::<LittleEndian>::parse(program)?;
    let sections = header.sections(endian, program)?;
    if let Some((mut versions, strings)) = sections.gnu_verneed(endian, program)? {
        let names = sections.strings(endian, program, strings)?;
        while let Some((library, _)) = versions.next()? {
            if names.get(library.vn_file.get(endian)) == Ok(LIBRARY) {
                return Ok(None);
            }
        }
    }
    let dynamic = sections.dynamic_table(endian, program)?;
    let place = dynamic.iter().position(|d| d.tag == DT_NEEDED && d.string(dynamic.strings()) == Ok(LIBRARY));
    let segment = header.program_headers(endian, program)?.iter().find(|s| s.p_type(endian) == PT_DYNAMIC);
    Ok(place.zip(segment).map(|(place, segment)| {
        let (start, size) = segment.file_range(endian);
        start as usize + place * size_of::<Dyn64<LittleEndian>>()..(start + size) as usize
    }))
}
