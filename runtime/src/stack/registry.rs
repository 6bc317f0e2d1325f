//! Code units in memory: their frame tables, their constants and their lives.
//!
//! A unit lives while a FUNCTION object's entry, a return address or an exit record's handler lies in
//! it; the collector finds out and calls `take_dead`. Must not judge liveness itself.

use super::frame_table::{self, FunctionName, Site};
use crate::abi::frame::FrameTable;
use crate::abi::thread_context::ThreadContext;
use std::cell::RefCell;

/// What the loader hands over.
pub struct CodeUnit {
    /// Text, sites and functions. The storage belongs to `release`.
    pub frames: FrameTable,
    /// Tagged words that the code reads; the collector updates them in place.
    pub constants: Box<[u64]>,
    /// Frees text and tables; called once when the unit is dead.
    pub release: Option<Box<dyn FnOnce()>>,
}

/// Names a registered unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct CodeId(pub u64);

struct Unit {
    id: CodeId,
    code: CodeUnit,
    /// A constant may refer to a young object.
    young: bool,
    live: bool,
}

/// Return addresses seen lately, with their sites.
const SITE_CACHE: usize = 1024;

/// The units of one thread, sorted by text address, and the image's table.
pub struct CodeRegistry {
    image: Option<FrameTable>,
    units: Vec<Unit>,
    next: u64,
    cache: RefCell<Vec<(u64, Option<Site>)>>,
}

/// The registry of a context, made on first use.
pub fn of(ctx: &mut ThreadContext) -> &'static mut CodeRegistry {
    if ctx.code == 0 {
        let registry = CodeRegistry {
            image: frame_table::image().map(|image| image.frames),
            units: Vec::new(),
            next: 1,
            cache: RefCell::new(Vec::new()),
        };
        ctx.code = Box::into_raw(Box::new(registry)) as u64;
    }
    // SAFETY: made above, never freed before its context; only the context's own thread uses it.
    unsafe { &mut *(ctx.code as *mut CodeRegistry) }
}

/// Makes code in memory known. Its constants are roots from now on while the unit lives.
pub fn register_code(ctx: &mut ThreadContext, unit: CodeUnit) -> CodeId {
    of(ctx).register(unit)
}

impl CodeRegistry {
    fn register(&mut self, code: CodeUnit) -> CodeId {
        let id = CodeId(self.next);
        self.next += 1;
        let start = code.frames.text_start as u64;
        let index = self.units.partition_point(|unit| (unit.code.frames.text_start as u64) < start);
        assert!(
            self.units.get(index).is_none_or(|next| next.code.frames.text_start as u64 >= start + code.frames.text_size),
            "code units do not overlap"
        );
        self.units.insert(index, Unit { id, code, young: true, live: true });
        self.cache.borrow_mut().clear();
        id
    }

    fn index_of(&self, address: u64) -> Option<usize> {
        let index = self.units.partition_point(|unit| unit.code.frames.text_start as u64 <= address).checked_sub(1)?;
        let frames = &self.units[index].code.frames;
        (address - (frames.text_start as u64) < frames.text_size).then_some(index)
    }

    /// The table that describes the call that returns to `pc`. The call lies before that address, which
    /// may be the first of the next unit.
    fn table(&self, pc: u64) -> Option<&FrameTable> {
        if let Some(image) = self.image.as_ref().filter(|image| frame_table::covers(image, pc)) {
            return Some(image);
        }
        Some(&self.units[self.index_of(pc.wrapping_sub(1))?].code.frames)
    }

    /// The call site that returns to `pc`.
    pub fn site(&self, pc: u64) -> Option<Site> {
        let mut cache = self.cache.borrow_mut();
        if cache.is_empty() {
            cache.resize(SITE_CACHE, (0, None));
        }
        let entry = &mut cache[(pc ^ pc >> 10) as usize % SITE_CACHE];
        if entry.0 != pc {
            *entry = (pc, self.table(pc).and_then(|table| frame_table::find_site(table, pc)));
        }
        entry.1
    }

    /// The function that the call returning to `pc` is in.
    pub fn function(&self, pc: u64) -> Option<FunctionName<'_>> {
        frame_table::find_function(self.table(pc)?, pc)
    }

    /// Number of units.
    pub fn unit_count(&self) -> usize {
        self.units.len()
    }

    /// Before a full collection: every unit is presumed dead.
    pub fn presume_dead(&mut self) {
        self.units.iter_mut().for_each(|unit| unit.live = false);
    }

    /// Code at `address` is needed; the constants of its unit, when that is news.
    #[inline]
    pub fn revive(&mut self, address: u64) -> Option<(*mut u64, usize)> {
        if self.units.is_empty() {
            return None;
        }
        let index = self.index_of(address)?;
        let unit = &mut self.units[index];
        if std::mem::replace(&mut unit.live, true) {
            return None;
        }
        Some((unit.code.constants.as_mut_ptr(), unit.code.constants.len()))
    }

    /// The constants of every unit.
    pub fn constants(&self) -> impl Iterator<Item = &[u64]> {
        self.units.iter().map(|unit| &*unit.code.constants)
    }

    /// Constants of every unit for which `dirty(first address, words)` or which may hold young values;
    /// `scan` says whether young values are left.
    pub fn scan_constants(&mut self, dirty: impl Fn(u64, usize) -> bool, mut scan: impl FnMut(*mut u64, usize) -> bool) {
        for unit in &mut self.units {
            let (start, count) = (unit.code.constants.as_mut_ptr(), unit.code.constants.len());
            if unit.young || dirty(start as u64, count) {
                unit.young = scan(start, count);
            }
        }
    }

    /// After a full collection: removes and releases the dead units; their number.
    pub fn release_dead(&mut self) -> usize {
        let mut dead = Vec::new();
        let mut index = 0;
        while index < self.units.len() {
            if self.units[index].live {
                self.units[index].young = false;
                index += 1;
            } else {
                dead.push(self.units.remove(index));
            }
        }
        if !dead.is_empty() {
            self.cache.borrow_mut().clear();
        }
        let count = dead.len();
        for unit in dead {
            if let Some(release) = unit.code.release {
                release();
            }
        }
        count
    }

    /// Whether the unit is still registered.
    pub fn is_registered(&self, id: CodeId) -> bool {
        self.units.iter().any(|unit| unit.id == id)
    }
}

/// Frees a context's registry without releasing the units' code.
pub fn detach(ctx: &mut ThreadContext) {
    if ctx.code != 0 {
        // SAFETY: the word came from `Box::into_raw` in `of` and is cleared here.
        drop(unsafe { Box::from_raw(ctx.code as *mut CodeRegistry) });
        ctx.code = 0;
    }
}
