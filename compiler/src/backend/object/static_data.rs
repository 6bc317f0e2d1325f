//! Lisp objects as static data: the graph behind a unit's constants, laid out word by word.
//!
//! Interned symbols and packages are references by name; everything else is copied. Similar conses,
//! strings, numbers and vectors of a unit become one object, except where identity was asked for.
//! The data can be walked linearly: objects follow one another, 16-byte aligned.

use crate::hash::{HashMap, HashSet};

use rook_runtime::abi::layout::{self, HEADER_KIND_SHIFT, Shape, kind, symbol};
use rook_runtime::abi::tags::UNBOUND;
use rook_runtime::object::string_chars;
use rook_runtime::object::symbol::setf_base;
use rook_runtime::value::{self, Value};

use super::mangle::{LispName, mangle};

/// One word of static data.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Word {
    Raw(u64),
    /// Another object of the data: offset of its base, tag.
    Local { offset: u64, tag: u64 },
    /// A linker symbol that stands for an object's base, tag.
    Global { symbol: String, tag: u64 },
    /// The address of a function of the unit.
    Entry(u32),
}

/// An object that cannot be a constant in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsupported {
    pub kind: &'static str,
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "an object of kind {} cannot be a constant in a compiled file", self.kind)
    }
}
impl std::error::Error for Unsupported {}

#[derive(Default)]
pub struct StaticData {
    pub words: Vec<Word>,
    /// Places by the object's tagged word. Nothing moves while this table is in use.
    places: HashMap<u64, u64>,
    /// Places by contents.
    similar: HashMap<Vec<Word>, u64>,
    functions: HashMap<u32, u64>,
    entered: HashSet<u64>,
}

enum Task {
    Enter(Value),
    Leave(Value),
}

/// How a value is referred to without being copied, if it is.
fn by_name(v: Value) -> Option<Word> {
    if !v.is_reference() {
        return Some(Word::Raw(v.0));
    }
    if v.is_nil() {
        return Some(Word::Global { symbol: "rook_nil".to_owned(), tag: layout_tag_of_nil() });
    }
    if v == value::t() {
        return Some(Word::Global { symbol: "rook_t".to_owned(), tag: v.tag() });
    }
    lisp_name(v).map(|name| Word::Global { symbol: mangle(&name), tag: v.tag() })
}

/// NIL's tag relative to its base.
fn layout_tag_of_nil() -> u64 {
    value::nil().0 - value::nil().base() as u64
}

/// The linker's name of an interned symbol, a carrier of a setf function, or a package.
pub fn lisp_name(v: Value) -> Option<LispName> {
    if v.is_kind(kind::PACKAGE) {
        return Some(LispName::Package(string_chars(v.slot(layout::package::NAME)).collect()));
    }
    if !v.is_symbol() {
        return None;
    }
    let interned = |sym: Value| {
        let package = sym.slot(symbol::PACKAGE);
        (!package.is_nil()).then(|| {
            let package = string_chars(package.slot(layout::package::NAME)).collect();
            (package, string_chars(sym.slot(symbol::NAME)).collect())
        })
    };
    if let Some((package, name)) = interned(v) {
        return Some(LispName::Symbol { package, name });
    }
    let (package, name) = interned(setf_base(v)?)?;
    Some(LispName::Setf { package, name })
}

/// The tagged slots of an object, or its raw body.
fn children(v: Value) -> Result<Vec<Value>, Unsupported> {
    if v.is_cons() {
        return Ok(vec![v.car(), v.cdr()]);
    }
    let k = layout::header_kind(v.header_word());
    let constant = matches!(
        k,
        kind::SYMBOL
            | kind::DOUBLE
            | kind::RATIO
            | kind::COMPLEX
            | kind::ARRAY
            | kind::VALUE_CELL
            | kind::BIGNUM
            | kind::SIMPLE_VECTOR
            | kind::RANDOM_STATE
    ) || matches!(k, kind::STRING..=kind::VECTOR_F64);
    if !constant {
        return Err(Unsupported { kind: layout::kind_name(k) });
    }
    Ok(match layout::shape_of(k) {
        Shape::Slots => (0..v.size()).map(|i| v.slot(i)).collect(),
        // A symbol without a home: its value and function are bound when code runs, not before.
        Shape::FixedSlots(_) => [symbol::SETF, symbol::NAME, symbol::PLIST].iter().map(|&i| v.slot(i)).collect(),
        _ => Vec::new(),
    })
}

impl StaticData {
    /// Places an object and everything it refers to; how to refer to it. `unique`: shared with nothing.
    pub fn place(&mut self, root: Value, unique: bool) -> Result<Word, Unsupported> {
        if unique && root.is_reference() && by_name(root).is_none() {
            self.reserve(root);
        }
        let mut tasks = vec![Task::Enter(root)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Enter(v) if by_name(v).is_some() => {}
                Task::Enter(v) if self.entered.contains(&v.0) => {
                    // Met again: placed already, or on the path from the root: a cycle, which needs a place now.
                    self.reserve(v);
                }
                Task::Enter(v) => {
                    self.entered.insert(v.0);
                    if v.is_symbol() {
                        self.reserve(v);
                    }
                    tasks.push(Task::Leave(v));
                    tasks.extend(children(v)?.into_iter().map(Task::Enter));
                }
                Task::Leave(v) => self.leave(v),
            }
        }
        Ok(self.refer(root))
    }

    /// The static function object of a closed function.
    pub fn function(&mut self, index: u32) -> u64 {
        if let Some(&offset) = self.functions.get(&index) {
            return offset;
        }
        let offset = self.append(vec![Word::Raw(layout::header(kind::FUNCTION, 1)), Word::Entry(index)]);
        self.functions.insert(index, offset);
        offset
    }

    /// Function objects made so far: function, offset.
    pub fn functions(&self) -> impl Iterator<Item = (u32, u64)> {
        self.functions.iter().map(|(&f, &offset)| (f, offset))
    }

    fn append(&mut self, mut words: Vec<Word>) -> u64 {
        let offset = 8 * self.words.len() as u64;
        if words.len() % 2 == 1 {
            words.push(Word::Raw(0));
        }
        self.words.append(&mut words);
        offset
    }

    fn reserve(&mut self, v: Value) {
        if self.places.contains_key(&v.0) {
            return;
        }
        let bytes = if v.is_cons() { 16 } else { layout::object_bytes(v.header_word()) };
        let offset = self.append(vec![Word::Raw(0); bytes as usize / 8]);
        self.places.insert(v.0, offset);
    }

    fn refer(&self, v: Value) -> Word {
        by_name(v).unwrap_or_else(|| Word::Local { offset: self.places[&v.0], tag: v.tag() })
    }

    /// Every object that `v` refers to has a place: fills in or finds its own.
    fn leave(&mut self, v: Value) {
        let words = self.contents(v);
        if let Some(&offset) = self.places.get(&v.0) {
            let start = offset as usize / 8;
            self.words[start..start + words.len()].clone_from_slice(&words);
            return;
        }
        let k = (!v.is_cons()).then(|| layout::header_kind(v.header_word()));
        let shared = !matches!(k, Some(kind::VALUE_CELL | kind::RANDOM_STATE | kind::SYMBOL));
        // A cons and a headed object never have the same contents: headers are no values.
        let offset = match self.similar.get(&words) {
            Some(&offset) if shared => offset,
            _ => {
                let offset = self.append(words.clone());
                if shared {
                    self.similar.insert(words, offset);
                }
                offset
            }
        };
        self.places.insert(v.0, offset);
    }

    fn contents(&self, v: Value) -> Vec<Word> {
        if v.is_cons() {
            return vec![self.refer(v.car()), self.refer(v.cdr())];
        }
        let header = v.header_word();
        let total = layout::object_bytes(header) as usize / 8;
        let mut words = vec![Word::Raw(header)];
        match layout::shape_of(layout::header_kind(header)) {
            Shape::Slots => words.extend((0..v.size()).map(|i| self.refer(v.slot(i)))),
            Shape::FixedSlots(n) => {
                // A symbol without a home: no thread-local index, unbound, no function yet.
                words[0] = Word::Raw(layout::header(kind::SYMBOL, 0));
                words.extend((0..n).map(|i| match i {
                    symbol::VALUE => Word::Raw(UNBOUND),
                    symbol::FUNCTION | symbol::PACKAGE => self.refer(value::nil()),
                    _ => self.refer(v.slot(i)),
                }));
            }
            Shape::Raw(_) => {
                let body = (layout::header_size(header) as usize * raw_bits(header)).div_ceil(64);
                // SAFETY: raw bodies are whole words behind the header, the last one zero-filled.
                words.extend((0..body).map(|i| Word::Raw(unsafe { *v.base().add(1 + i) })));
            }
            _ => unreachable!("`children` refuses other shapes"),
        }
        words.resize(total, Word::Raw(0));
        words
    }
}

fn raw_bits(header: u64) -> usize {
    match layout::shape_of((header >> HEADER_KIND_SHIFT) as u8) {
        Shape::Raw(bits) => bits as usize,
        _ => 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::with_context;
    use rook_runtime::object::{self, symbol::make_symbol_named};
    use rook_runtime::value::nil;

    #[test]
    fn similar_objects_become_one() {
        with_context(|ctx| {
            let mut data = StaticData::default();
            let make = |ctx: &mut _| {
                let text = object::string(ctx, "abc");
                object::list(ctx, &[text, Value::fixnum(1), Value::fixnum(2)])
            };
            let (a, b) = (make(ctx), make(ctx));
            let first = data.place(a, false).expect("a constant");
            assert_eq!(data.place(b, false).expect("a constant"), first);
            assert_ne!(data.place(make(ctx), true).expect("a constant"), first, "identity was asked for");
            assert_eq!(data.words.len() % 2, 0);
        });
    }

    #[test]
    fn cycles_and_long_lists_end() {
        with_context(|ctx| {
            let mut data = StaticData::default();
            let cycle = object::cons(ctx, Value::fixnum(1), nil());
            object::set_cdr(ctx, cycle, cycle);
            let Word::Local { offset, tag } = data.place(cycle, false).expect("a constant") else { panic!("a local object") };
            assert_eq!(data.words[offset as usize / 8 + 1], Word::Local { offset, tag });
            let items: Vec<Value> = (0..100_000).map(Value::fixnum).collect();
            let long = object::list(ctx, &items);
            data.place(long, false).expect("a constant");
            let homeless = make_symbol_named(ctx, &[0x47]);
            let Word::Local { offset, .. } = data.place(homeless, false).expect("a constant") else { panic!("a local object") };
            assert_eq!(data.words[offset as usize / 8], Word::Raw(layout::header(kind::SYMBOL, 0)));
        });
    }

    #[test]
    fn functions_are_no_constants() {
        with_context(|ctx| {
            let homeless = make_symbol_named(ctx, &[0x48]);
            let function = rook_runtime::object::symbol::ensure_function_object(ctx, homeless);
            let error = StaticData::default().place(function, false).expect_err("refused");
            assert_eq!(error.kind, "FUNCTION");
        });
    }
}
