//! Code and Lisp objects in relocatable form, and their file format.
//!
//! One format serves compiled files, the library and what is linked: a graph of objects and
//! functions that name each other by index. Interned symbols carry their package and name, so that
//! graphs can be merged; nothing here is an address.

use rook_runtime::value::{Value, t};
use serde::{Deserialize, Serialize};

use crate::backend::Code;
use crate::expand::literals::is_instance;

/// One word of a static object or code operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Word {
    /// A fixnum or other immediate, or raw bits.
    Bits(u64),
    Nil,
    T,
    /// A tagged reference.
    Object(u32),
}

impl Word {
    /// The word for a value of a file that needs no object of its own. Instances count as NIL: the program
    /// puts them in place when it starts (`expand/literals`).
    pub fn without_object(v: Value) -> Option<Word> {
        if v.is_nil() || is_instance(v) {
            Some(Word::Nil)
        } else if v == t() {
            Some(Word::T)
        } else {
            (!v.is_reference()).then_some(Word::Bits(v.0))
        }
    }
}

/// Where a function object's entry points.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum EntryPoint {
    /// General entry of a function.
    Code(u32),
    /// A routine of the runtime (undefined function, macro called as function).
    Runtime(String),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Body {
    Cons(Word, Word),
    /// Header word and tagged slots.
    Slots(u64, Vec<Word>),
    /// Header word and raw bytes.
    Raw(u64, Vec<u8>),
    /// Header word, entry, captured values.
    Function(u64, EntryPoint, Vec<Word>),
}

/// A static object: tag of references to it, and contents.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Object {
    pub tag: u8,
    pub body: Body,
    /// For an interned symbol: home package and name.
    pub symbol: Option<Box<(String, String)>>,
}

/// What a relocation in code refers to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Reference {
    Function(u32),
    /// A linker symbol of the runtime.
    Runtime(String),
    /// Base address of an object.
    Object(u32),
    /// A word holding the address of a C function.
    Foreign(String),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fixup {
    pub offset: u32,
    /// 64-bit absolute when true, else 32-bit pc-relative.
    pub absolute: bool,
    pub reference: Reference,
    pub addend: i64,
}

impl Fixup {
    /// Whether the code takes the object as a value with this tag, rather than accessing its slots.
    pub fn is_tagged(&self, tag: u64) -> bool {
        // A pc-relative operand ends its instruction, so the addend is four less than the offset.
        self.addend + if self.absolute { 0 } else { 4 } == tag as i64
    }
}

/// A call site.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CallSite {
    pub return_offset: u32,
    pub frame_size: u32,
    pub line: u32,
    pub column: u16,
    pub slots: Vec<u16>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Function {
    pub name: String,
    pub file: String,
    pub code: Vec<u8>,
    pub fixups: Vec<Fixup>,
    pub sites: Vec<CallSite>,
}

impl Function {
    /// A compiled function without its fixups.
    pub fn of(code: &Code, file: &str) -> Function {
        let sites = code.sites.iter().map(|s| CallSite {
            return_offset: s.return_offset,
            frame_size: s.frame_size,
            line: s.span.line,
            column: s.span.column,
            slots: s.slots.clone(),
        });
        Function {
            name: code.name.clone(),
            file: file.to_string(),
            code: code.bytes.clone(),
            fixups: Vec::new(),
            sites: sites.collect(),
        }
    }
}

/// A graph.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Image {
    pub objects: Vec<Object>,
    pub functions: Vec<Function>,
    /// All packages.
    pub packages: Vec<u32>,
    /// Function objects to call at start, in order: the top-level forms of compiled files.
    pub top_level: Vec<u32>,
    /// Property lists of NIL and T, whose symbol objects belong to the runtime.
    pub static_plists: Option<(Word, Word)>,
}

/// Leading bytes of the file format, with its version.
const MAGIC: &[u8; 8] = b"rookimg2";

impl Image {
    /// The file form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(postcard::to_allocvec(self).expect("an image of plain data serialises"));
        bytes
    }
    /// Reads the file form; the error says what is wrong with it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Image, String> {
        let Some(body) = bytes.strip_prefix(MAGIC) else {
            return Err("not a compiled Rook file of this version".to_string());
        };
        postcard::from_bytes(body).map_err(|e| format!("damaged compiled file: {e}"))
    }
}

/// Every object and function a body or function refers to.
pub fn references(body: &Body, mut object: impl FnMut(u32), mut function: impl FnMut(u32)) {
    let mut word = |w: &Word| {
        if let Word::Object(o) = w {
            object(*o);
        }
    };
    match body {
        Body::Cons(a, d) => {
            word(a);
            word(d);
        }
        Body::Slots(_, slots) => slots.iter().for_each(word),
        Body::Raw(..) => {}
        Body::Function(_, entry, slots) => {
            slots.iter().for_each(word);
            if let EntryPoint::Code(f) = entry {
                function(*f);
            }
        }
    }
}
