//! A compiled file on top of the library: one image.
//!
//! Symbols and packages that the library has are the library's objects; others are made as they are
//! before any code of the program runs (unbound, undefined), so that definitions take effect when
//! their forms are executed; those that no code comes before are carried out here. Other literal objects
//! are copied.

use crate::hash::{HashMap, HashSet};

use rook_runtime::abi::layout::{self, FUNCTION_UNDEFINED, Shape, kind, package, symbol};
use rook_runtime::abi::tags::*;
use rook_runtime::object::package::{Table, table_symbols};
use rook_runtime::object::symbol as symbols;
use rook_runtime::value::Value;

use super::gates::may_have_directives;
use super::image::*;
use crate::backend::{RelocationKind, RelocationTarget, Unit};
use crate::datum::Datums;
use crate::expand::literals::is_instance;
use crate::mir::FuncId;
use crate::names::{package_name, symbol_name};

/// Adds units to an image.
pub struct Program {
    pub image: Image,
    symbols: HashMap<(String, String), u32>,
    packages: HashMap<String, u32>,
    /// Objects of the process by address, while one unit is added.
    copied: HashMap<u64, u32>,
    new_symbols: Vec<u32>,
    work: Vec<(u32, Value)>,
    /// Literals that cannot be written, by description.
    pub refused: Vec<String>,
    /// Symbols whose function cell needs an object because code calls through it.
    called: HashSet<u32>,
    /// Symbols of the library that the program's code or data name: it may call them.
    pub named: Vec<u32>,
    /// Objects before this one are the library's.
    library_objects: usize,
}

impl Program {
    pub fn new(library: Image) -> Program {
        let mut symbols = HashMap::default();
        let mut packages = HashMap::default();
        for (i, o) in library.objects.iter().enumerate() {
            if let Some(name) = &o.symbol {
                symbols.insert((**name).clone(), i as u32);
            }
        }
        for &p in &library.packages {
            if let Some(name) = package_text(&library, p) {
                packages.insert(name, p);
            }
        }
        Program {
            library_objects: library.objects.len(),
            image: library,
            symbols,
            packages,
            copied: HashMap::default(),
            new_symbols: Vec::new(),
            work: Vec::new(),
            refused: Vec::new(),
            called: HashSet::default(),
            named: Vec::new(),
        }
    }

    /// The object of an interned symbol, if the image has it.
    pub fn find_symbol(&self, home: &str, name: &str) -> Option<u32> {
        self.symbols.get(&(home.to_string(), name.to_string())).copied()
    }

    /// Standard symbols that strings of the program may name in a `~/name/` directive.
    pub fn named_by_directives(&self) -> Vec<u32> {
        let own = self.image.objects[self.library_objects..].iter();
        let mut found = Vec::new();
        for text in own.filter(|o| may_have_directives(&o.body)).filter_map(|o| string_text(&o.body)) {
            for part in text.split('/').skip(1) {
                let part = part.to_uppercase();
                let (package, name) = part.rsplit_once(':').unwrap_or(("COMMON-LISP", &part));
                let package = if package.trim_end_matches(':') == "CL" { "COMMON-LISP" } else { package.trim_end_matches(':') };
                found.extend(self.find_symbol(package, name));
            }
        }
        found
    }

    /// Adds a unit's code and data; its top-level functions run after those already there.
    pub fn add(&mut self, unit: &Unit, datums: &Datums) {
        let first = self.image.functions.len() as u32;
        let mut objects: HashMap<FuncId, u32> = HashMap::default();
        for code in &unit.functions {
            self.image.functions.push(Function::of(code, unit.file(code.span.file)));
        }
        for (i, code) in unit.functions.iter().enumerate() {
            let fixups: Vec<Fixup> = code
                .relocations
                .iter()
                .map(|r| Fixup {
                    offset: r.offset,
                    absolute: r.kind == RelocationKind::Abs8,
                    addend: r.addend,
                    reference: match r.target {
                        RelocationTarget::Function(g) => Reference::Function(first + g.0),
                        RelocationTarget::Runtime(i) => Reference::Runtime(unit.symbols.name(i).to_string()),
                        RelocationTarget::Foreign(i) => Reference::Foreign(unit.symbols.name(i).to_string()),
                        RelocationTarget::FunctionObject(g) => {
                            Reference::Object(self.function_object(&mut objects, first, g))
                        }
                        RelocationTarget::Datum(d) if is_instance(datums.get(d)) => {
                            self.refused.push("an instance cannot be a literal of a compiled file".to_string());
                            Reference::Runtime("rook_nil".to_string())
                        }
                        RelocationTarget::Datum(d) => match self.word(datums.get(d)) {
                            Word::Object(o) => Reference::Object(o),
                            Word::Nil => Reference::Runtime("rook_nil".to_string()),
                            Word::T => Reference::Runtime("rook_t".to_string()),
                            Word::Bits(_) => unreachable!("immediates are operands, not relocations"),
                        },
                    },
                })
                .collect();
            let accessed = fixups.iter().filter(|f| !f.is_tagged(SYMBOL_TAG)).filter_map(|f| match f.reference {
                Reference::Object(o) => Some(o),
                _ => None,
            });
            self.called.extend(accessed);
            self.image.functions[first as usize + i].fixups = fixups;
            while let Some((o, v)) = self.work.pop() {
                self.fill(o, v);
            }
        }
        let carried_out = if self.image.top_level.is_empty() { self.carry_out(unit, datums, first, &mut objects) } else { 0 };
        for &f in &unit.top_level[carried_out..] {
            let o = self.function_object(&mut objects, first, f);
            self.image.top_level.push(o);
        }
        self.copied.clear();
    }

    /// Lets the symbols have their functions that the first top-level functions of the unit would give them;
    /// answers how many these are. The library's own symbols are left to the program's code.
    fn carry_out(&mut self, unit: &Unit, datums: &Datums, first: u32, objects: &mut HashMap<FuncId, u32>) -> usize {
        for (done, definitions) in unit.first_definitions.iter().enumerate() {
            let mut bound: Vec<(u32, FuncId)> = Vec::new();
            for &(symbol, function) in definitions {
                let Word::Object(o) = self.word(datums.get(symbol)) else { return done };
                let Body::Slots(_, slots) = &self.image.objects[o as usize].body else { return done };
                if (o as usize) < self.library_objects || slots[symbol::FUNCTION] != Word::Nil {
                    return done;
                }
                bound.push((o, function));
            }
            for (o, function) in bound {
                let function = self.function_object(objects, first, function);
                self.set_slot(o, symbol::FUNCTION, Word::Object(function));
                // As if its code named it.
                self.named.push(o);
            }
        }
        unit.first_definitions.len()
    }

    /// The finished image: function cells filled, package tables rebuilt.
    pub fn finish(mut self) -> Result<Image, String> {
        if !self.refused.is_empty() {
            return Err(self.refused.join("\n"));
        }
        let mut called: Vec<u32> = std::mem::take(&mut self.called).into_iter().collect();
        called.sort();
        for o in called {
            self.ensure_function(o);
        }
        self.rebuild_tables();
        Ok(self.image)
    }

    fn push(&mut self, object: Object) -> u32 {
        self.image.objects.push(object);
        self.image.objects.len() as u32 - 1
    }

    fn function_object(&mut self, objects: &mut HashMap<FuncId, u32>, first: u32, f: FuncId) -> u32 {
        if let Some(&o) = objects.get(&f) {
            return o;
        }
        let body = Body::Function(layout::header(kind::FUNCTION, 1), EntryPoint::Code(first + f.0), Vec::new());
        let o = self.push(Object { tag: FUNCTION_TAG as u8, body, symbol: None });
        objects.insert(f, o);
        o
    }

    /// Gives a symbol that code may call through an undefined-function object when it has none.
    fn ensure_function(&mut self, o: u32) {
        let Object { tag, body: Body::Slots(_, slots), .. } = &self.image.objects[o as usize] else { return };
        if *tag as u64 != SYMBOL_TAG || slots[symbol::FUNCTION] != Word::Nil {
            return;
        }
        let header = layout::header(kind::FUNCTION, 2) | FUNCTION_UNDEFINED;
        let body = Body::Function(header, EntryPoint::Runtime("rook_undefined_entry".into()), vec![Word::Object(o)]);
        let function = self.push(Object { tag: FUNCTION_TAG as u8, body, symbol: None });
        let Body::Slots(_, slots) = &mut self.image.objects[o as usize].body else { unreachable!("a symbol has slots") };
        slots[symbol::FUNCTION] = Word::Object(function);
    }

    fn word(&mut self, v: Value) -> Word {
        if let Some(word) = Word::without_object(v) {
            return word;
        }
        let address = v.base() as u64;
        if let Some(&o) = self.copied.get(&address) {
            return Word::Object(o);
        }
        let o = if v.is_symbol() {
            self.symbol(v)
        } else if v.is_kind(kind::PACKAGE) {
            self.package(v)
        } else {
            let o = self.push(Object { tag: v.tag() as u8, body: Body::Raw(0, Vec::new()), symbol: None });
            self.work.push((o, v));
            o
        };
        self.copied.insert(address, o);
        Word::Object(o)
    }

    fn symbol(&mut self, v: Value) -> u32 {
        let key = (package_name(v), symbol_name(v));
        if !key.0.is_empty()
            && let Some(&o) = self.symbols.get(&key)
        {
            self.named.push(o);
            return o;
        }
        let carried = if key.0.is_empty() { symbols::setf_base(v) } else { None };
        if let Some(setf) = carried
            && let Word::Object(base) = self.word(setf)
            && let Body::Slots(_, slots) = &self.image.objects[base as usize].body
            && let Word::Object(known) = slots[symbol::SETF]
        {
            return known;
        }
        let name = self.word(symbols::symbol_name(v));
        let header = v.header_word() & ((1 << layout::HEADER_SIZE_SHIFT) - 1);
        // A macro of the compilation is no function of the program; special and constant stay known.
        let header = header & !layout::SYMBOL_MACRO;
        let home = symbols::symbol_package(v);
        let is_keyword = key.0 == "KEYWORD";
        let mut slots = vec![Word::Bits(UNBOUND), Word::Nil, Word::Nil, name, Word::Nil, Word::Nil, Word::Nil];
        slots[symbol::HASH] = Word::Bits(v.slot(symbol::HASH).0);
        let o = self.push(Object { tag: SYMBOL_TAG as u8, body: Body::Slots(header, slots), symbol: None });
        self.copied.insert(v.base() as u64, o);
        if !key.0.is_empty() {
            self.symbols.insert(key.clone(), o);
            self.new_symbols.push(o);
            self.image.objects[o as usize].symbol = Some(Box::new(key));
            let home = self.word(home);
            self.set_slot(o, symbol::PACKAGE, home);
        }
        if is_keyword {
            self.set_slot(o, symbol::VALUE, Word::Object(o));
        }
        if let Some(setf) = carried
            && let Word::Object(base) = self.word(setf)
        {
            self.set_slot(o, symbol::SETF, Word::Object(base));
            self.set_slot(base, symbol::SETF, Word::Object(o));
        }
        o
    }

    fn set_slot(&mut self, o: u32, i: usize, w: Word) {
        if let Body::Slots(_, slots) = &mut self.image.objects[o as usize].body {
            slots[i] = w;
        }
    }

    /// A package the library lacks is made empty, with its name and the packages it uses.
    fn package(&mut self, v: Value) -> u32 {
        let name = rook_runtime::object::string_to_rust(v.slot(package::NAME));
        if let Some(&o) = self.packages.get(&name) {
            return o;
        }
        let o = self.push(Object { tag: OTHER_TAG as u8, body: Body::Raw(0, Vec::new()), symbol: None });
        self.packages.insert(name, o);
        self.copied.insert(v.base() as u64, o);
        let mut slots: Vec<Word> = Vec::new();
        for i in 0..v.size() {
            slots.push(match i {
                package::NAME | package::NICKNAMES | package::USE_LIST => self.word(v.slot(i)),
                _ => Word::Nil,
            });
        }
        for (which, table_slot, count_slot) in [
            (Table::Internal, package::INTERNAL, package::INTERNAL_COUNT),
            (Table::External, package::EXTERNAL, package::EXTERNAL_COUNT),
        ] {
            let mut present: Vec<Value> = table_symbols(v, which).collect();
            present.sort_by_key(|&s| symbol_name(s));
            let present: Vec<u32> =
                present.into_iter().filter_map(|s| if let Word::Object(o) = self.word(s) { Some(o) } else { None }).collect();
            let body = self.table(&present);
            let table = self.push(Object { tag: OTHER_TAG as u8, body, symbol: None });
            (slots[table_slot], slots[count_slot]) = (Word::Object(table), Word::Bits((present.len() as u64) << 1));
        }
        self.image.objects[o as usize].body = Body::Slots(layout::header(kind::PACKAGE, v.size() as u64), slots);
        self.image.packages.push(o);
        o
    }

    fn fill(&mut self, o: u32, v: Value) {
        if v.is_cons() {
            let (a, d) = (self.word(v.car()), self.word(v.cdr()));
            self.image.objects[o as usize].body = Body::Cons(a, d);
            return;
        }
        let header = v.header_word();
        let k = layout::header_kind(header);
        let size = layout::header_size(header) as usize;
        let body = match layout::shape_of(k) {
            Shape::Slots if matches!(k, kind::RATIO | kind::COMPLEX | kind::SIMPLE_VECTOR | kind::ARRAY) => {
                Body::Slots(header, (0..size).map(|i| self.word(v.slot(i))).collect())
            }
            Shape::Raw(_) if k != kind::MACPTR => {
                let bytes = layout::object_bytes(header) as usize - 8;
                // SAFETY: a live object of a raw kind occupies `object_bytes` bytes.
                let raw = unsafe { std::slice::from_raw_parts(v.base().add(1) as *const u8, bytes) };
                Body::Raw(header, raw.to_vec())
            }
            _ => {
                self.refused.push(format!("an object of kind {} cannot be a literal of a compiled file", layout::kind_name(k)));
                Body::Raw(layout::header(kind::FILLER, 1), vec![0; 8])
            }
        };
        self.image.objects[o as usize].body = body;
    }

    /// Rebuilds the tables of packages that got symbols.
    fn rebuild_tables(&mut self) {
        let mut by_package: HashMap<u32, Vec<u32>> = HashMap::default();
        for &s in &self.new_symbols {
            if let Body::Slots(_, slots) = &self.image.objects[s as usize].body
                && let Word::Object(p) = slots[symbol::PACKAGE]
            {
                by_package.entry(p).or_default().push(s);
            }
        }
        let mut packages: Vec<(u32, Vec<u32>)> = by_package.into_iter().collect();
        packages.sort();
        for (p, added) in packages {
            self.rebuild_table(p, added);
        }
    }

    fn rebuild_table(&mut self, p: u32, added: Vec<u32>) {
        let Body::Slots(_, slots) = &self.image.objects[p as usize].body else { return };
        // Keywords are external.
        let keyword = package_text(&self.image, p).as_deref() == Some("KEYWORD");
        let (table_slot, count_slot) = if keyword {
            (package::EXTERNAL, package::EXTERNAL_COUNT)
        } else {
            (package::INTERNAL, package::INTERNAL_COUNT)
        };
        let Word::Object(table) = slots[table_slot] else { return };
        let present = |image: &Image, t: Word| -> Vec<u32> {
            let Word::Object(t) = t else { return vec![] };
            let Body::Slots(_, entries) = &image.objects[t as usize].body else { return vec![] };
            entries.iter().filter_map(|w| if let Word::Object(o) = w { Some(*o) } else { None }).collect()
        };
        let both: HashSet<u32> = present(&self.image, slots[package::INTERNAL])
            .into_iter()
            .chain(present(&self.image, slots[package::EXTERNAL]))
            .collect();
        let mut all = present(&self.image, Word::Object(table));
        all.extend(added.into_iter().filter(|s| !both.contains(s)));
        self.image.objects[table as usize].body = self.table(&all);
        self.set_slot(p, count_slot, Word::Bits((all.len() as u64) << 1));
    }

    /// A symbol table with these symbols, as `abi/layout.rs` describes it.
    fn table(&self, all: &[u32]) -> Body {
        let capacity = (all.len() * 2).next_power_of_two().max(16);
        let mut entries = vec![Word::Bits(0); capacity];
        for &s in all {
            let Body::Slots(_, symbol_slots) = &self.image.objects[s as usize].body else { continue };
            let Word::Bits(hash) = symbol_slots[symbol::HASH] else { continue };
            let mut i = (hash >> 1) as usize & (capacity - 1);
            while entries[i] != Word::Bits(0) {
                i = (i + 1) & (capacity - 1);
            }
            entries[i] = Word::Object(s);
        }
        Body::Slots(layout::header(kind::SIMPLE_VECTOR, capacity as u64), entries)
    }
}

/// Name of a package object.
fn package_text(image: &Image, p: u32) -> Option<String> {
    let Body::Slots(_, slots) = &image.objects[p as usize].body else { return None };
    let Word::Object(name) = slots[package::NAME] else { return None };
    string_text(&image.objects[name as usize].body)
}

/// The text of a string object.
pub fn string_text(body: &Body) -> Option<String> {
    let Body::Raw(header, bytes) = body else { return None };
    let size = layout::header_size(*header) as usize;
    match layout::header_kind(*header) {
        kind::BASE_STRING => Some(bytes[..size].iter().map(|&b| b as char).collect()),
        kind::STRING => {
            let code = |c: &[u8]| c.try_into().ok().map(u32::from_le_bytes).and_then(char::from_u32);
            Some(bytes.chunks(4).take(size).filter_map(code).collect())
        }
        _ => None,
    }
}
