//! Live Lisp objects and the units compiled for files, as an `Image`.
//!
//! Functions are matched by entry address: every function in memory was also compiled in its static
//! form, and the snapshot replaces one by the other. Symbols' thread-local indexes are dropped (they
//! are assigned anew on first binding).

use crate::hash::HashMap;

use rook_runtime::abi::layout::{self, Shape, kind};
use rook_runtime::abi::tags::*;
use rook_runtime::object::symbol::symbol_plist;
use rook_runtime::value::{self, Value};

use super::image::*;
use crate::backend::{RelocationKind, RelocationTarget, Unit};
use crate::datum::{DatumId, Datums};
use crate::mir::FuncId;
use crate::names::{package_name, symbol_name};

/// Collects the graph.
#[derive(Default)]
pub struct Snapshot<'a> {
    /// Units in their static form, with their data.
    units: Vec<(&'a Unit, &'a Datums)>,
    /// (unit, function) by entry address of its twin in memory.
    entries: HashMap<u64, (usize, FuncId)>,
    /// Addresses of runtime routines that function objects may name as entries.
    routines: HashMap<u64, String>,
    image: Image,
    objects: HashMap<u64, u32>,
    functions: HashMap<(usize, FuncId), u32>,
    function_objects: HashMap<(usize, FuncId), u32>,
    work: Vec<(u32, Value)>,
}

impl<'a> Snapshot<'a> {
    pub fn new() -> Snapshot<'a> {
        Snapshot::default()
    }

    /// Makes a unit known; `entry` gives the address of each function's twin in memory, if any.
    pub fn add_unit(&mut self, unit: &'a Unit, datums: &'a Datums, entry: impl Fn(FuncId) -> Option<u64>) -> usize {
        let index = self.units.len();
        for i in 0..unit.functions.len() {
            let id = FuncId(i as u32);
            if let Some(address) = entry(id) {
                self.entries.insert(address, (index, id));
            }
        }
        self.units.push((unit, datums));
        index
    }

    pub fn add_routine(&mut self, address: u64, name: &str) {
        self.routines.insert(address, name.to_string());
    }

    /// The object's index, with everything reachable from it.
    pub fn object(&mut self, v: Value) -> Word {
        let word = self.word(v);
        self.drain();
        word
    }

    /// A top-level function of a unit, to be called at start.
    pub fn add_top_level(&mut self, unit: usize, f: FuncId) {
        let object = self.function_object(unit, f);
        self.image.top_level.push(object);
        self.drain();
    }

    pub fn finish(mut self, packages: &[Value]) -> Image {
        for &p in packages {
            if let Word::Object(o) = self.object(p) {
                self.image.packages.push(o);
            }
        }
        let plists = (self.object(symbol_plist(value::nil())), self.object(symbol_plist(value::t())));
        self.image.static_plists = Some(plists);
        self.image
    }

    fn word(&mut self, v: Value) -> Word {
        if v.is_nil() {
            return Word::Nil;
        }
        if v == value::t() {
            return Word::T;
        }
        if !v.is_reference() {
            return Word::Bits(v.0);
        }
        let address = v.base() as u64;
        if let Some(&o) = self.objects.get(&address) {
            return Word::Object(o);
        }
        if v.is_function()
            && v.size() == 1
            && let Some(&(unit, f)) = self.entries.get(&v.slot(0).0)
        {
            let o = self.function_object(unit, f);
            self.objects.insert(address, o);
            return Word::Object(o);
        }
        let o = self.reserve(v.tag() as u8);
        self.objects.insert(address, o);
        self.work.push((o, v));
        Word::Object(o)
    }

    fn reserve(&mut self, tag: u8) -> u32 {
        self.image.objects.push(Object { tag, body: Body::Raw(0, Vec::new()), symbol: None });
        self.image.objects.len() as u32 - 1
    }

    /// The static function object of a closed function.
    fn function_object(&mut self, unit: usize, f: FuncId) -> u32 {
        if let Some(&o) = self.function_objects.get(&(unit, f)) {
            return o;
        }
        let o = self.reserve(FUNCTION_TAG as u8);
        self.function_objects.insert((unit, f), o);
        let entry = EntryPoint::Code(self.function(unit, f));
        self.image.objects[o as usize].body = Body::Function(layout::header(kind::FUNCTION, 1), entry, Vec::new());
        o
    }

    fn drain(&mut self) {
        while let Some((o, v)) = self.work.pop() {
            self.fill(o, v);
        }
    }

    fn fill(&mut self, o: u32, v: Value) {
        if v.is_cons() {
            let (a, d) = (self.word(v.car()), self.word(v.cdr()));
            self.image.objects[o as usize].body = Body::Cons(a, d);
            return;
        }
        let mut header = v.header_word();
        let k = layout::header_kind(header);
        let size = layout::header_size(header) as usize;
        let body = match layout::shape_of(k) {
            Shape::Slots | Shape::Weak => Body::Slots(header, (0..size).map(|i| self.word(v.slot(i))).collect()),
            Shape::Mixed => {
                let slots = (0..layout::slot_count(header) as usize).map(|i| {
                    if layout::is_raw_slot(header, i) { Word::Bits(v.slot(i).0) } else { self.word(v.slot(i)) }
                });
                Body::Slots(header, slots.collect())
            }
            Shape::FixedSlots(n) => {
                if k == kind::SYMBOL {
                    header &= (1 << layout::HEADER_SIZE_SHIFT) - 1;
                    let home = package_name(v);
                    if !home.is_empty() {
                        self.image.objects[o as usize].symbol = Some(Box::new((home, symbol_name(v))));
                    }
                }
                Body::Slots(header, (0..n).map(|i| self.word(v.slot(i))).collect())
            }
            Shape::Function => {
                let address = v.slot(0).0;
                let entry = match self.entries.get(&address) {
                    Some(&(unit, f)) => EntryPoint::Code(self.function(unit, f)),
                    None => EntryPoint::Runtime(
                        self.routines.get(&address).cloned().unwrap_or_else(|| "rook_undefined_entry".to_string()),
                    ),
                };
                Body::Function(header, entry, (1..size).map(|i| self.word(v.slot(i))).collect())
            }
            Shape::Raw(_) => {
                let bytes = layout::object_bytes(header) as usize - 8;
                // SAFETY: a live object of a raw kind occupies `object_bytes` bytes.
                let raw = unsafe { std::slice::from_raw_parts(v.base().add(1) as *const u8, bytes) };
                Body::Raw(header, raw.to_vec())
            }
            Shape::Invalid => unreachable!("a live object has a valid kind"),
        };
        self.image.objects[o as usize].body = body;
    }

    /// The function's index, with everything its code refers to.
    fn function(&mut self, unit: usize, id: FuncId) -> u32 {
        if let Some(&f) = self.functions.get(&(unit, id)) {
            return f;
        }
        let u = self.units[unit].0;
        let code = &u.functions[id.0 as usize];
        let f = self.image.functions.len() as u32;
        self.functions.insert((unit, id), f);
        self.image.functions.push(Function::of(code, u.file(code.span.file)));
        let fixups = code
            .relocations
            .iter()
            .map(|r| Fixup {
                offset: r.offset,
                absolute: r.kind == RelocationKind::Abs8,
                addend: r.addend,
                reference: match r.target {
                    RelocationTarget::Function(g) => Reference::Function(self.function(unit, g)),
                    RelocationTarget::Runtime(i) => Reference::Runtime(u.symbols.name(i).to_string()),
                    RelocationTarget::Foreign(i) => Reference::Foreign(u.symbols.name(i).to_string()),
                    RelocationTarget::Datum(d) => self.datum(unit, d),
                    RelocationTarget::FunctionObject(g) => Reference::Object(self.function_object(unit, g)),
                },
            })
            .collect();
        self.image.functions[f as usize].fixups = fixups;
        f
    }

    fn datum(&mut self, unit: usize, d: DatumId) -> Reference {
        match self.word(self.units[unit].1.get(d)) {
            Word::Object(o) => Reference::Object(o),
            Word::Nil => Reference::Runtime("rook_nil".to_string()),
            Word::T => Reference::Runtime("rook_t".to_string()),
            Word::Bits(_) => unreachable!("immediates are operands, not relocations"),
        }
    }
}
