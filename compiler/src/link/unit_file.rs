//! Compiled files: what `rook build -c` and `compile-file` write, `load` loads and `rook build` links.
//!
//! A file holds one unit twice, for linking (code reaches constants directly) and for loading (through
//! cells), and the Lisp objects that its code names. Reading it makes these objects anew in this process,
//! so what follows does not know whether a unit comes from source or from a file. Symbols are interned by
//! name; a package that does not exist is made as it was when the file was compiled. All this lies in one
//! section of an ELF object.

use std::collections::HashMap;
use std::path::Path;

use ::object::read::{Object as _, ObjectSection as _};
use ::object::write::Object as Elf;
use ::object::{Architecture, BinaryFormat, Endianness, SectionKind};
use rook_runtime::abi::frame::IMAGE_VERSION;
use rook_runtime::abi::layout::{self, SYMBOL_CONSTANT, SYMBOL_SPECIAL, Shape, kind, package as slots};
use rook_runtime::abi::tags::{DOUBLE_TAG, OTHER_TAG};
use rook_runtime::abi::thread_context::ThreadContext;
use rook_runtime::abi::well_known::SYMBOLS;
use rook_runtime::heap;
use rook_runtime::object::package::{self, Status, Table, table_symbols};
use rook_runtime::object::symbol as symbols;
use rook_runtime::object::text::code_points;
use rook_runtime::object::{self, string_to_rust};
use rook_runtime::stack::frame_table;
use rook_runtime::value::{LispResult, Value, nil, t};
use serde::{Deserialize, Serialize};

use super::image::Word;
use crate::backend::{RelocationTarget, Unit};
use crate::datum::Datums;
use crate::expand::literals::is_instance;
use crate::names::{package_name, symbol_name};

/// A compiled file.
#[derive(Serialize, Deserialize)]
pub struct UnitFile {
    pub linked: Unit,
    pub loaded: Unit,
    objects: Vec<Node>,
    /// By `DatumId`.
    datums: Vec<Word>,
    packages: Vec<Package>,
}

#[derive(Serialize, Deserialize)]
enum Node {
    /// Package, name, flags of the header.
    Symbol(Option<u32>, String, u64),
    /// The symbol that carries the function `(setf …)` of another.
    SetfName(Word),
    Package(u32),
    Cons(Word, Word),
    /// Header and tagged slots.
    Slots(u64, Vec<Word>),
    /// Header and raw bytes.
    Raw(u64, Vec<u8>),
}

/// How to make a package that does not exist. The library's own are known by name.
#[derive(Default, Serialize, Deserialize)]
struct Package {
    name: String,
    nicknames: Vec<String>,
    uses: Vec<u32>,
    internal: Vec<Word>,
    external: Vec<Word>,
}

const SECTION: &[u8] = b".rook.unit";

/// Leading bytes of the section: the format, and what else the code depends on.
fn magic() -> Vec<u8> {
    let primitives = rook_runtime::primitives::all();
    let names = primitives.iter().map(|p| p.name).chain(SYMBOLS.iter().map(|(_, name)| *name));
    let hash = layout::name_hash(names.flat_map(|name| name.chars().map(|c| c as u32)));
    format!("rook unit 2 {} {IMAGE_VERSION} {hash:x}\n", env!("CARGO_PKG_VERSION")).into_bytes()
}

/// The compiled file at a path; `None` for other files, and when there is none.
pub fn read(path: &Path) -> Option<Result<UnitFile, String>> {
    // What a pipe holds can be read once only.
    path.metadata().ok().filter(|found| found.is_file())?;
    UnitFile::from_bytes(&std::fs::read(path).ok()?)
}

impl UnitFile {
    /// A file of a unit in both forms and the objects that they name. Fails for objects that cannot be in
    /// a file.
    pub fn new(linked: Unit, loaded: Unit, datums: &Datums) -> Result<UnitFile, String> {
        let mut writer = Writer::default();
        let mut words = vec![Word::Nil; datums.len()];
        for unit in [&linked, &loaded] {
            let targets = unit.functions.iter().flat_map(|f| &f.relocations).map(|r| r.target);
            let named = targets.filter_map(|target| if let RelocationTarget::Datum(d) = target { Some(d) } else { None });
            for d in named.chain(unit.called_symbols.iter().copied()) {
                if is_instance(datums.get(d)) {
                    writer.refused.push("an instance cannot be a literal of a compiled file".to_string());
                }
                words[d.0 as usize] = writer.word(datums.get(d));
                writer.drain();
            }
        }
        if !writer.refused.is_empty() {
            return Err(writer.refused.join("\n"));
        }
        let objects = writer.objects.into_iter().map(|o| o.unwrap_or(Node::Cons(Word::Nil, Word::Nil))).collect();
        Ok(UnitFile { linked, loaded, objects, datums: words, packages: writer.packages })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let mut elf = Elf::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let section = elf.add_section(Vec::new(), SECTION.to_vec(), SectionKind::Metadata);
        elf.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        let mut bytes = magic();
        bytes.extend(postcard::to_allocvec(self).map_err(|e| e.to_string())?);
        elf.append_section_data(section, &bytes, 1);
        elf.write().map_err(|e| e.to_string())
    }

    /// Reads a file's bytes; `None` when they are no compiled file of Rook.
    pub fn from_bytes(bytes: &[u8]) -> Option<Result<UnitFile, String>> {
        if !bytes.starts_with(b"\x7fELF") {
            return None;
        }
        let elf = ::object::read::File::parse(bytes).ok()?;
        let section = elf.section_by_name_bytes(SECTION)?;
        let data = section.data().ok()?;
        Some(match data.strip_prefix(&magic()[..]) {
            Some(body) => postcard::from_bytes(body).map_err(|e| format!("the compiled file is damaged: {e}")),
            None => Err("it was compiled by another version of Rook".to_string()),
        })
    }

    /// Makes the objects in this process. With `flags`, symbols are special or constant as they were for
    /// the compiler; else the file's own forms make them so.
    pub fn restore(&self, ctx: &mut ThreadContext, flags: bool) -> LispResult<Datums> {
        // Nothing here collects: Rust allocation never does.
        let (packages, made): (Vec<Value>, Vec<bool>) =
            self.packages.iter().map(|p| find_or_make_package(ctx, p)).collect::<LispResult<Vec<_>>>()?.into_iter().unzip();
        let mut values: Vec<Value> = Vec::with_capacity(self.objects.len());
        for node in &self.objects {
            let value = match node {
                Node::Symbol(package, name, known) => {
                    let symbol = match package {
                        Some(p) => own_symbol(ctx, packages[*p as usize], name),
                        None => symbols::make_symbol_named(ctx, &code_points(name)),
                    };
                    if flags {
                        for flag in [SYMBOL_SPECIAL, SYMBOL_CONSTANT].into_iter().filter(|flag| known & flag != 0) {
                            symbols::set_flag(symbol, flag, true);
                        }
                    }
                    symbol
                }
                // Its base may come later.
                Node::SetfName(_) => nil(),
                Node::Package(p) => packages[*p as usize],
                Node::Cons(..) => object::cons(ctx, nil(), nil()),
                Node::Slots(header, slots) => {
                    let base = heap::allocate(ctx, *header);
                    // SAFETY: a fresh object with as many slots.
                    (0..slots.len()).for_each(|i| unsafe { *base.add(1 + i) = nil().0 });
                    Value(base as u64 | OTHER_TAG)
                }
                Node::Raw(header, bytes) => {
                    let base = heap::allocate(ctx, *header);
                    // SAFETY: a fresh object of a raw kind has as many bytes as the one it is a copy of.
                    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), base.add(1) as *mut u8, bytes.len()) };
                    let tag = if layout::header_kind(*header) == kind::DOUBLE { DOUBLE_TAG } else { OTHER_TAG };
                    Value(base as u64 | tag)
                }
            };
            values.push(value);
        }
        for (i, node) in self.objects.iter().enumerate() {
            if let Node::SetfName(base) = node {
                let base = value_of(&values, *base);
                values[i] = symbols::setf_symbol(ctx, base);
            }
        }
        for (i, node) in self.objects.iter().enumerate() {
            match node {
                Node::Cons(car, cdr) => {
                    object::set_car(ctx, values[i], value_of(&values, *car));
                    object::set_cdr(ctx, values[i], value_of(&values, *cdr));
                }
                Node::Slots(_, slots) => {
                    for (k, &w) in slots.iter().enumerate() {
                        object::set_slot(ctx, values[i], k, value_of(&values, w));
                    }
                }
                _ => {}
            }
        }
        for (i, p) in self.packages.iter().enumerate().filter(|(i, _)| made[*i]) {
            let used: Vec<Value> = p.uses.iter().map(|&u| packages[u as usize]).collect();
            fill_package(ctx, packages[i], p, &used, &values)?;
        }
        let mut datums = Datums::new();
        self.datums.iter().for_each(|&w| datums.append(value_of(&values, w)));
        Ok(datums)
    }
}

fn value_of(values: &[Value], word: Word) -> Value {
    match word {
        Word::Bits(bits) => Value(bits),
        Word::Nil => nil(),
        Word::T => t(),
        Word::Object(o) => values[o as usize],
    }
}

/// The package, and whether it is new.
fn find_or_make_package(ctx: &mut ThreadContext, p: &Package) -> LispResult<(Value, bool)> {
    if let Some(found) = package::find_package_str(&p.name) {
        return Ok((found, false));
    }
    let free = p.nicknames.iter().filter(|name| package::find_package_str(name).is_none());
    let nicknames: Vec<Vec<u32>> = free.map(|name| code_points(name)).collect();
    Ok((package::make_package(ctx, &code_points(&p.name), &nicknames)?, true))
}

/// The symbol of this name that is at home in the package.
fn own_symbol(ctx: &mut ThreadContext, home: Value, name: &str) -> Value {
    let name = code_points(name);
    match package::find_symbol(home, &name) {
        Some((found, Status::Inherited)) if symbols::symbol_package(found) != home => {
            package::shadow(ctx, home, &name);
        }
        _ => {}
    }
    package::intern(ctx, home, &name).0
}

fn fill_package(ctx: &mut ThreadContext, made: Value, p: &Package, used: &[Value], values: &[Value]) -> LispResult<()> {
    for &w in p.internal.iter().chain(&p.external) {
        package::shadowing_import(ctx, made, value_of(values, w));
    }
    object::set_slot(ctx, made, slots::SHADOWING, nil());
    for &w in &p.external {
        package::export(ctx, made, value_of(values, w))?;
    }
    // From the last, so that the list is in the order of before.
    for &u in used.iter().rev() {
        package::use_package(ctx, made, u)?;
    }
    Ok(())
}

/// Collects the objects that a file needs.
#[derive(Default)]
struct Writer {
    /// `None` until an object is filled in.
    objects: Vec<Option<Node>>,
    by_address: HashMap<u64, u32>,
    packages: Vec<Package>,
    package_indexes: HashMap<String, u32>,
    work: Vec<(u32, Value)>,
    refused: Vec<String>,
}

/// Whether a compiled file can hold the object itself; instances are put in place when it is loaded.
pub fn can_hold(v: Value) -> bool {
    if !v.is_reference() || v.is_cons() || v.is_symbol() || is_instance(v) {
        return true;
    }
    let k = layout::header_kind(v.header_word());
    match layout::shape_of(k) {
        Shape::Slots => matches!(k, kind::RATIO | kind::COMPLEX | kind::SIMPLE_VECTOR | kind::ARRAY | kind::PACKAGE),
        Shape::Raw(_) => k != kind::MACPTR,
        _ => k == kind::PACKAGE,
    }
}

impl Writer {
    fn word(&mut self, v: Value) -> Word {
        if let Some(word) = Word::without_object(v) {
            return word;
        }
        let address = v.base() as u64;
        if let Some(&o) = self.by_address.get(&address) {
            return Word::Object(o);
        }
        let o = self.objects.len() as u32;
        self.objects.push(None);
        self.by_address.insert(address, o);
        self.work.push((o, v));
        Word::Object(o)
    }

    fn drain(&mut self) {
        while let Some((o, v)) = self.work.pop() {
            let node = self.node(v);
            self.objects[o as usize] = Some(node);
        }
    }

    fn node(&mut self, v: Value) -> Node {
        if v.is_cons() {
            return Node::Cons(self.word(v.car()), self.word(v.cdr()));
        }
        if v.is_symbol() {
            return self.symbol(v);
        }
        if v.is_kind(kind::PACKAGE) {
            return Node::Package(self.package(v));
        }
        let header = v.header_word();
        let k = layout::header_kind(header);
        match layout::shape_of(k) {
            Shape::Slots if matches!(k, kind::RATIO | kind::COMPLEX | kind::SIMPLE_VECTOR | kind::ARRAY) => {
                Node::Slots(header, (0..layout::header_size(header) as usize).map(|i| self.word(v.slot(i))).collect())
            }
            Shape::Raw(_) if k != kind::MACPTR => {
                let bytes = layout::object_bytes(header) as usize - 8;
                // SAFETY: a live object of a raw kind occupies `object_bytes` bytes.
                let raw = unsafe { std::slice::from_raw_parts(v.base().add(1) as *const u8, bytes) };
                Node::Raw(header, raw.to_vec())
            }
            _ => {
                self.refused.push(format!("an object of kind {} cannot be a literal of a compiled file", layout::kind_name(k)));
                Node::Cons(Word::Nil, Word::Nil)
            }
        }
    }

    fn symbol(&mut self, v: Value) -> Node {
        if package_name(v).is_empty() {
            if let Some(base) = symbols::setf_base(v) {
                return Node::SetfName(self.word(base));
            }
            return Node::Symbol(None, symbol_name(v), 0);
        }
        let home = self.package(symbols::symbol_package(v));
        Node::Symbol(Some(home), symbol_name(v), v.header_word() & (SYMBOL_SPECIAL | SYMBOL_CONSTANT))
    }

    fn package(&mut self, v: Value) -> u32 {
        let name = string_to_rust(v.slot(slots::NAME));
        if let Some(&p) = self.package_indexes.get(&name) {
            return p;
        }
        let p = self.packages.len() as u32;
        self.packages.push(Package { name: name.clone(), ..Package::default() });
        self.package_indexes.insert(name, p);
        if !is_of_the_image(v) {
            let nicknames = v.slot(slots::NICKNAMES).list_iter().map(string_to_rust).collect();
            let uses = v.slot(slots::USE_LIST).list_iter().map(|used| self.package(used)).collect();
            let internal = self.present(v, Table::Internal);
            let external = self.present(v, Table::External);
            let package = &mut self.packages[p as usize];
            (package.nicknames, package.uses, package.internal, package.external) = (nicknames, uses, internal, external);
        }
        p
    }

    fn present(&mut self, package: Value, table: Table) -> Vec<Word> {
        let mut present: Vec<Value> = table_symbols(package, table).collect();
        present.sort_by_key(|&s| symbol_name(s));
        present.into_iter().map(|s| self.word(s)).collect()
    }
}

/// Whether the object is part of this program's static data: of the library's, in the compiler.
fn is_of_the_image(v: Value) -> bool {
    frame_table::image().is_some_and(|image| (image.static_start as u64..image.static_end as u64).contains(&(v.base() as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_no_compiled_files() {
        assert!(UnitFile::from_bytes(b"(print 1)").is_none());
        assert!(UnitFile::from_bytes(b"\x7fELF and nothing more").is_none());
    }
}
