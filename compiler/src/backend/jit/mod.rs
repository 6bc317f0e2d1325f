//! Code in memory: places a unit, fills in its addresses, makes function objects for it.
//!
//! Constants live in cells that belong to the runtime's code registry, which also decides when a unit
//! is dead. Must not compile or run anything.

mod region;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
pub mod symbols;

use crate::hash::HashMap;

use rook_runtime::abi::frame::FrameTable;
use rook_runtime::abi::layout::{self, kind};
use rook_runtime::abi::tags::FUNCTION_TAG;
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::heap;
use rook_runtime::object::symbol::ensure_function_object;
use rook_runtime::stack::{CodeUnit, handles, register_code};
use rook_runtime::value::Value;

use super::frame_table::FrameTableParts;
use super::unit::{RelocationKind, RelocationTarget, Unit};
use crate::codegen::ConstantStyle;
use crate::datum::Datums;
use crate::mir::FuncId;
use region::CodeBlock;

/// Why a unit cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// No room for code, or the system refuses executable memory.
    NoRoom { bytes: usize },
    /// The runtime has no such entry point.
    UnknownRuntimeSymbol(String),
    /// No such C function in the process.
    UnknownForeignFunction(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::NoRoom { bytes } => write!(f, "no room for {bytes} bytes of code"),
            LoadError::UnknownRuntimeSymbol(name) => write!(f, "the runtime has no entry point {name}"),
            LoadError::UnknownForeignFunction(name) => write!(f, "there is no C function {name}"),
        }
    }
}
impl std::error::Error for LoadError {}

/// A unit in memory. While it exists its top-level functions are roots; code that function objects or
/// frames refer to lives on without it.
pub struct LoadedUnit {
    context: *mut ThreadContext,
    /// Rooted function objects of the top-level functions, in order.
    top_level: Vec<*mut u64>,
    text: u64,
    starts: Vec<u32>,
    general: Vec<bool>,
}

impl LoadedUnit {
    /// Function objects of the top-level functions, in order, at their present addresses.
    pub fn top_level(&self) -> Vec<Value> {
        // SAFETY: persistent handle slots stay until freed by `drop`.
        self.top_level.iter().map(|&slot| Value(unsafe { *slot })).collect()
    }

    /// One more top-level function.
    pub fn add_top_level(&mut self, function: Value) {
        // SAFETY: as for `drop`.
        let area = handles::of(unsafe { &mut *self.context });
        self.top_level.push(area.new_persistent(function));
    }
    /// A fresh function object for a closed function with a general entry.
    pub fn function(&self, ctx: &mut ThreadContext, id: FuncId) -> Value {
        assert!(self.general[id.0 as usize], "only general entries have function objects");
        function_object(ctx, self.entry(id))
    }

    /// Where a function's code is.
    pub fn entry(&self, id: FuncId) -> u64 {
        self.text + self.starts[id.0 as usize] as u64
    }
}

impl Drop for LoadedUnit {
    fn drop(&mut self) {
        // SAFETY: the context outlives what was loaded through it, on the same thread.
        let area = handles::of(unsafe { &mut *self.context });
        for &slot in &self.top_level {
            // SAFETY: made by `new_persistent` of this area and freed only here.
            unsafe { area.free_persistent(slot) };
        }
    }
}

/// A function object without captured values.
fn function_object(ctx: &mut ThreadContext, entry: u64) -> Value {
    let base = heap::allocate(ctx, layout::header(kind::FUNCTION, 1));
    // SAFETY: a fresh FUNCTION object has its entry word behind the header.
    unsafe { *base.add(1) = entry };
    Value(base as u64 | FUNCTION_TAG)
}

/// What a unit needs besides its text.
struct Plan {
    /// Cells by target, in the order of `constants`.
    cells: HashMap<RelocationTarget, usize>,
    constants: Vec<RelocationTarget>,
    /// Words that hold addresses of C functions.
    foreign: HashMap<u32, usize>,
    foreign_addresses: Vec<u64>,
}

fn plan(unit: &Unit) -> Result<Plan, LoadError> {
    let mut plan =
        Plan { cells: HashMap::default(), constants: Vec::new(), foreign: HashMap::default(), foreign_addresses: Vec::new() };
    for relocation in unit.functions.iter().flat_map(|code| &code.relocations) {
        match relocation.target {
            RelocationTarget::Function(_) => {}
            RelocationTarget::Runtime(i) => {
                let name = unit.symbols.name(i);
                symbols::runtime(name).ok_or_else(|| LoadError::UnknownRuntimeSymbol(name.to_owned()))?;
            }
            target @ (RelocationTarget::Datum(_) | RelocationTarget::FunctionObject(_)) => {
                let constants = &mut plan.constants;
                plan.cells.entry(target).or_insert_with(|| {
                    constants.push(target);
                    constants.len() - 1
                });
            }
            RelocationTarget::Foreign(i) => {
                if !plan.foreign.contains_key(&i) {
                    let name = unit.symbols.name(i);
                    let address = symbols::foreign(name).ok_or_else(|| LoadError::UnknownForeignFunction(name.to_owned()))?;
                    plan.foreign.insert(i, plan.foreign_addresses.len());
                    plan.foreign_addresses.push(address);
                }
            }
        }
    }
    Ok(plan)
}

/// Places a unit compiled with `ConstantStyle::Cells`.
pub fn load_unit(ctx: &mut ThreadContext, unit: &Unit, datums: &Datums) -> Result<LoadedUnit, LoadError> {
    assert_eq!(unit.style, ConstantStyle::Cells, "code in memory reaches constants through cells");
    let plan = plan(unit)?;
    let (starts, text_size) = unit.layout();
    let words = (text_size as usize).next_multiple_of(8);
    let bytes = words + 8 * plan.foreign_addresses.len();
    let block = region::allocate(bytes).ok_or(LoadError::NoRoom { bytes })?;
    let text = block.executable() as u64;

    for &symbol in &unit.called_symbols {
        ensure_function_object(ctx, datums.get(symbol));
    }
    // Nothing below collects: Rust allocation never does.
    let mut objects: HashMap<FuncId, Value> = HashMap::default();
    let mut object = |ctx: &mut ThreadContext, id: FuncId| {
        *objects.entry(id).or_insert_with(|| function_object(ctx, text + starts[id.0 as usize] as u64))
    };
    let constants: Box<[u64]> = plan
        .constants
        .iter()
        .map(|target| match *target {
            RelocationTarget::Datum(id) => datums.get(id).0,
            RelocationTarget::FunctionObject(id) => object(ctx, id).0,
            _ => unreachable!("only these have cells"),
        })
        .collect();
    let top_level: Vec<Value> = unit.top_level.iter().map(|&id| object(ctx, id)).collect();
    let top_level = top_level.into_iter().map(|f| handles::of(ctx).new_persistent(f)).collect();

    let image = link(unit, &plan, &starts, text, words, constants.as_ptr() as u64);
    // SAFETY: the block is ours and at least as long as the image.
    unsafe { std::ptr::copy_nonoverlapping(image.as_ptr(), block.writable(), image.len()) };
    if block.reused {
        // Instructions of a dead unit may still be in flight for these addresses: serialise.
        core::arch::x86_64::__cpuid(0);
    }
    register(ctx, unit, &starts, block, text, text_size, constants);
    let general = unit.functions.iter().map(|code| code.general).collect();
    Ok(LoadedUnit { context: ctx, top_level, text, starts, general })
}

/// The unit's bytes with every address filled in, for a text at `text`.
fn link(unit: &Unit, plan: &Plan, starts: &[u32], text: u64, words: usize, cells: u64) -> Vec<u8> {
    const INT3: u8 = 0xcc;
    let mut image = vec![INT3; words];
    image.extend(plan.foreign_addresses.iter().flat_map(|address| address.to_le_bytes()));
    for (code, &start) in unit.functions.iter().zip(starts) {
        let start = start as usize;
        image[start..start + code.bytes.len()].copy_from_slice(&code.bytes);
        for relocation in &code.relocations {
            let target = match relocation.target {
                RelocationTarget::Function(id) => text + starts[id.0 as usize] as u64,
                RelocationTarget::Runtime(i) => symbols::runtime(unit.symbols.name(i)).expect("`plan` found it"),
                RelocationTarget::Foreign(i) => text + words as u64 + 8 * plan.foreign[&i] as u64,
                cell => cells + 8 * plan.cells[&cell] as u64,
            };
            let value = target.wrapping_add_signed(relocation.addend);
            let at = start + relocation.offset as usize;
            match relocation.kind {
                RelocationKind::Abs8 => image[at..at + 8].copy_from_slice(&value.to_le_bytes()),
                RelocationKind::Pc4 => {
                    let distance = value.wrapping_sub(text + at as u64) as i64;
                    let distance = i32::try_from(distance).expect("the region lies within reach of the runtime");
                    image[at..at + 4].copy_from_slice(&distance.to_le_bytes());
                }
            }
        }
    }
    image
}

/// Makes the unit known to the walker and the collector.
fn register(
    ctx: &mut ThreadContext,
    unit: &Unit,
    starts: &[u32],
    block: CodeBlock,
    text: u64,
    text_size: u32,
    constants: Box<[u64]>,
) {
    let parts = FrameTableParts::of(unit, starts);
    let frames = FrameTable {
        text_start: text as *const u8,
        text_size: text_size as u64,
        sites: parts.sites.as_ptr(),
        site_count: parts.sites.len() as u64,
        functions: parts.functions.as_ptr(),
        function_count: parts.functions.len() as u64,
        infos: parts.infos.as_ptr(),
        infos_size: parts.infos.len() as u64,
        strings: parts.strings.as_ptr(),
        strings_size: parts.strings.len() as u64,
    };
    // The vectors' storage does not move with the parts; it goes when the unit is dead.
    let release = Box::new(move || {
        drop(parts);
        region::release(block);
    });
    register_code(ctx, CodeUnit { frames, constants, release: Some(release) });
}
