//! Decoding frame tables: from a return address to the call site's live slots, and to its function.
//!
//! The format is `abi/frame.rs`. Every read is checked against the table's bounds, so a damaged table
//! is a missing site, never a wild read. Must not walk frames.

use crate::abi::frame::{FrameTable, FunctionEntry, IMAGE_VERSION, ImageHeader, SiteEntry, SiteInfo, line_and_column};

// The image header when one is linked in, else 0. The reference is weak because the first bootstrap
// stage and the unit tests have no image.
core::arch::global_asm!(
    ".weak rook_image",
    ".hidden rook_image",
    ".pushsection .data.rel.ro.rook_image_address,\"aw\",@progbits",
    ".p2align 3",
    ".hidden rook_image_address",
    ".globl rook_image_address",
    "rook_image_address:",
    ".quad rook_image",
    ".popsection",
);

unsafe extern "C" {
    static rook_image_address: *const ImageHeader;
}

/// The image linked into this program, if any.
pub fn image() -> Option<&'static ImageHeader> {
    // SAFETY: the word is null or the address of the header that the prelink step wrote; volatile,
    // because the compiler believes that an address from a relocation is never null.
    let image = unsafe { std::ptr::read_volatile(&raw const rook_image_address).as_ref()? };
    assert_eq!(image.version, IMAGE_VERSION, "the image was made for another runtime");
    Some(image)
}

/// One call site: the layout of its frame while the call is under way.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    info: SiteInfo,
    position: u32,
    slots: *const u16,
}

impl Site {
    /// Distance from SP at the call up to RBP.
    pub fn frame_size(&self) -> u32 {
        self.info.frame_size as u32 * 8
    }
    pub fn line(&self) -> u32 {
        line_and_column(self.position).0
    }
    pub fn column(&self) -> u16 {
        line_and_column(self.position).1
    }
    /// Distances in words below RBP of the live tagged values.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = u16> + use<> {
        let slots = self.slots;
        // SAFETY: `find_site` checked that `slot_count` entries lie inside the table.
        (0..self.info.slot_count as usize).map(move |i| unsafe { slots.add(i).read_unaligned() })
    }
}

/// A function's name and source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionName<'a> {
    pub name: &'a str,
    pub file: &'a str,
}

/// Whether `pc` lies in the table's text (or just behind its last call).
pub fn covers(table: &FrameTable, pc: u64) -> bool {
    pc.wrapping_sub(table.text_start as u64) <= table.text_size && table.site_count > 0
}

/// The site with exactly this return address.
pub fn find_site(table: &FrameTable, pc: u64) -> Option<Site> {
    if !covers(table, pc) {
        return None;
    }
    let offset = (pc - table.text_start as u64) as u32;
    // SAFETY: the table's maker promises `site_count` entries.
    let sites: &[SiteEntry] = unsafe { std::slice::from_raw_parts(table.sites, table.site_count as usize) };
    let index = sites.binary_search_by_key(&offset, |site| site.return_offset).ok()?;
    let start = sites[index].info_offset as u64;
    let fixed = size_of::<SiteInfo>() as u64;
    if start + fixed > table.infos_size {
        return None;
    }
    // SAFETY: the record lies inside the table, as just checked.
    let info = unsafe { (table.infos.add(start as usize) as *const SiteInfo).read_unaligned() };
    if start + fixed + 2 * info.slot_count as u64 > table.infos_size {
        return None;
    }
    // SAFETY: within the table, as just checked.
    let slots = unsafe { table.infos.add((start + fixed) as usize) } as *const u16;
    Some(Site { info, position: sites[index].position, slots })
}

/// The function whose text holds the call that returns to `pc`.
pub fn find_function(table: &FrameTable, pc: u64) -> Option<FunctionName<'_>> {
    if !covers(table, pc) || table.function_count == 0 {
        return None;
    }
    // The return address may be one past the function's end when the call never returns.
    let offset = (pc - table.text_start as u64).checked_sub(1)? as u32;
    // SAFETY: the table's maker promises `function_count` entries.
    let functions: &[FunctionEntry] = unsafe { std::slice::from_raw_parts(table.functions, table.function_count as usize) };
    let index = functions.partition_point(|f| f.start <= offset).checked_sub(1)?;
    let function = functions[index];
    (offset - function.start < function.size)
        .then(|| FunctionName { name: text(table, function.name), file: text(table, function.file) })
}

/// The NUL-terminated string at `offset`, or an empty one.
fn text(table: &FrameTable, offset: u32) -> &str {
    if offset as u64 >= table.strings_size {
        return "";
    }
    // SAFETY: the table's maker promises `strings_size` bytes.
    let rest = unsafe { std::slice::from_raw_parts(table.strings.add(offset as usize), (table.strings_size - offset as u64) as usize) };
    let end = rest.iter().position(|&b| b == 0).unwrap_or(rest.len());
    std::str::from_utf8(&rest[..end]).unwrap_or("")
}

#[cfg(test)]
pub mod testing {
    //! Hand-made frame tables.

    use super::*;

    /// A table with its storage.
    pub struct OwnedTable {
        pub table: FrameTable,
        _text: Box<[u8]>,
        _sites: Box<[SiteEntry]>,
        _functions: Box<[FunctionEntry]>,
        _infos: Box<[u8]>,
        _strings: Box<[u8]>,
    }

    /// A text of 256 bytes holding one function `F` in `f.lisp`; `sites` are (return offset, frame size, slots).
    pub fn table(sites: &[(u32, u32, &[u16])]) -> OwnedTable {
        let text = vec![0u8; 256].into_boxed_slice();
        let (mut entries, mut infos) = (Vec::new(), Vec::new());
        for (offset, frame_size, slots) in sites {
            let position = crate::abi::frame::position(7, 2);
            entries.push(SiteEntry { return_offset: *offset, info_offset: infos.len() as u32, position });
            infos.extend((*frame_size as u16 / 8).to_le_bytes());
            infos.extend((slots.len() as u16).to_le_bytes());
            slots.iter().for_each(|slot| infos.extend(slot.to_le_bytes()));
        }
        let entries = entries.into_boxed_slice();
        let functions = Box::new([FunctionEntry { start: 0, size: 256, name: 0, file: 2 }]);
        let infos = infos.into_boxed_slice();
        let strings = b"F\0f.lisp\0".to_vec().into_boxed_slice();
        let table = FrameTable {
            text_start: text.as_ptr(),
            text_size: 256,
            sites: entries.as_ptr(),
            site_count: entries.len() as u64,
            functions: functions.as_ptr(),
            function_count: 1,
            infos: infos.as_ptr(),
            infos_size: infos.len() as u64,
            strings: strings.as_ptr(),
            strings_size: strings.len() as u64,
        };
        OwnedTable { table, _text: text, _sites: entries, _functions: functions, _infos: infos, _strings: strings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_return_addresses_are_sites() {
        let owned = testing::table(&[(16, 32, &[1, 3]), (40, 64, &[]), (90, 16, &[2])]);
        let start = owned.table.text_start as u64;
        let site = find_site(&owned.table, start + 16).expect("a site");
        assert_eq!(site.slots().collect::<Vec<_>>(), [1, 3]);
        assert_eq!((site.frame_size(), site.line(), site.column()), (32, 7, 2));
        assert_eq!(find_site(&owned.table, start + 40).expect("a site").slots().len(), 0, "a site without values is a site");
        assert!(find_site(&owned.table, start + 41).is_none(), "never the nearest");
        assert!(find_site(&owned.table, start - 1).is_none(), "nor outside the text");
    }

    #[test]
    fn positions_too_large_are_cut() {
        use crate::abi::frame::position;
        assert_eq!(line_and_column(position(4_000_000, 900)), (4_000_000, 900));
        assert_eq!(line_and_column(position(1 << 23, 5000)), ((1 << 22) - 1, 1023));
    }

    #[test]
    fn functions_are_found_by_range() {
        let owned = testing::table(&[(16, 32, &[])]);
        let name = find_function(&owned.table, owned.table.text_start as u64 + 16);
        assert_eq!(name, Some(FunctionName { name: "F", file: "f.lisp" }));
    }

    #[test]
    fn damaged_tables_have_no_sites() {
        let mut owned = testing::table(&[(16, 32, &[1, 3])]);
        owned.table.infos_size -= 4;
        assert!(find_site(&owned.table, owned.table.text_start as u64 + 16).is_none(), "the record is cut off");
    }
}
