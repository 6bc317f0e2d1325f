//! Keeps what a program reaches.
//!
//! From the top-level code, the entry and the symbols the runtime names, along code and data.
//! A symbol reached only as data (a quoted symbol of the library's, a list, a layout) keeps its name and
//! package but loses value and function; one whose cells code accesses keeps them, and so does one that
//! the program's own code quotes, since it may call it. Package tables keep the symbols that are
//! reached otherwise, unless code can look up or list names at will (`DOORS`). What the compiler alone
//! needs (macros, compile-time properties) goes.

use crate::hash::HashSet;

use rook_runtime::abi::layout::{self, SYMBOL_MACRO, kind, package, symbol};
use rook_runtime::abi::tags::{FUNCTION_TAG, SYMBOL_TAG, UNBOUND};

use super::gates::{GATE, closed_gates, is_complex_control};
use super::image::*;
use super::size::Reached;

/// What to keep whole besides the top-level code.
pub struct Roots {
    /// Symbols kept with value and function.
    pub symbols: Vec<u32>,
    /// Symbols of the library that the program names; kept as well.
    pub named: Vec<u32>,
    /// Symbols of which the name suffices.
    pub names: Vec<u32>,
    /// Symbols that the runtime's reader calls.
    pub reader: Vec<u32>,
    /// Functions before this one are the library's.
    pub library_functions: usize,
    /// Whether C code is linked in, which may call all that the runtime offers.
    pub with_c: bool,
}

/// Primitives for which package tables must be complete.
const DOORS: [&str; 11] = [
    "rook_rt_find_symbol",
    "rook_rt_intern",
    "rook_rt_export",
    "rook_rt_unexport",
    "rook_rt_import",
    "rook_rt_shadow",
    "rook_rt_shadowing_import",
    "rook_rt_unintern",
    "rook_rt_use_package",
    "rook_rt_unuse_package",
    "rook_rt_package_symbols",
];

/// Primitives that read, for which tables must be complete as well.
const READERS: [&str; 3] = ["rook_rt_read_object", "rook_rt_read_delimited_list", "rook_rt_reader_call_builtin"];

/// Leaves what is reached of the image. `explain` records how it was reached.
pub fn shake(image: &mut Image, roots: &Roots, explain: bool) -> Reached {
    let closed = closed_gates(image, &roots.named);
    drop_compile_time_properties(image);
    let mut marker = mark(image, roots, closed, explain);
    let reached = std::mem::take(&mut marker.reached);
    marker.kept().cut(image);
    reached
}

/// A node of `Reached`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Node {
    Program,
    /// A symbol's name, or any other object.
    Object(u32),
    /// A symbol's value and function.
    Cells(u32),
    Function(u32),
}

impl Node {
    fn number(self, image: &Image) -> u32 {
        let objects = image.objects.len() as u32;
        match self {
            Node::Program => 0,
            Node::Object(o) => 1 + o,
            Node::Cells(o) => 1 + objects + o,
            Node::Function(f) => 1 + 2 * objects + f,
        }
    }

    /// The node of a number.
    pub fn of(number: u32, image: &Image) -> Node {
        let objects = image.objects.len() as u32;
        match number {
            0 => Node::Program,
            n if n <= objects => Node::Object(n - 1),
            n if n <= 2 * objects => Node::Cells(n - 1 - objects),
            n => Node::Function(n - 1 - 2 * objects),
        }
    }
}

/// Properties of symbols that only the compiler reads.
const COMPILE_TIME: [&str; 9] = [
    GATE,
    "%SETF-EXPANDER",
    "%SETF-FUNCTION",
    "%COMPILER-MACRO",
    "%SYMBOL-MACRO",
    "%INLINE-LAMBDA",
    "%FUNCTION-DOCUMENTATION",
    "%VARIABLE-DOCUMENTATION",
    "%SPECIAL-OPERATOR",
];

/// Unlinks compile-time properties from property lists.
fn drop_compile_time_properties(image: &mut Image) {
    for o in 0..image.objects.len() {
        let object = &image.objects[o];
        let Body::Slots(_, slots) = &object.body else { continue };
        if object.tag as u64 != SYMBOL_TAG {
            continue;
        }
        let mut kept: Vec<u32> = Vec::new();
        let mut at = slots[symbol::PLIST];
        while let Word::Object(key_cell) = at {
            let Body::Cons(key, Word::Object(value_cell)) = image.objects[key_cell as usize].body else { break };
            let Body::Cons(_, next) = image.objects[value_cell as usize].body else { break };
            let dropped = matches!(key, Word::Object(k) if image.objects[k as usize]
                .symbol.as_ref().is_some_and(|symbol| COMPILE_TIME.contains(&symbol.1.as_str())));
            if !dropped {
                kept.push(key_cell);
            }
            at = next;
        }
        let mut rest = Word::Nil;
        for &key_cell in kept.iter().rev() {
            if let Body::Cons(_, Word::Object(value_cell)) = image.objects[key_cell as usize].body
                && let Body::Cons(_, next) = &mut image.objects[value_cell as usize].body
            {
                *next = rest;
            }
            rest = Word::Object(key_cell);
        }
        if let Body::Slots(_, slots) = &mut image.objects[o].body {
            slots[symbol::PLIST] = rest;
        }
    }
}

fn mark<'a>(image: &'a Image, roots: &'a Roots, closed: HashSet<u32>, explain: bool) -> Marker<'a> {
    let mut marker = Marker {
        image,
        roots,
        closed,
        behind_gates: Vec::new(),
        accessed: vec![false; image.objects.len()],
        complete_tables: false,
        reads: false,
        tables: Vec::new(),
        objects: vec![Mark::None; image.objects.len()],
        functions: vec![false; image.functions.len()],
        work: Vec::new(),
        reached: Reached { wanted: explain, ..Reached::default() },
        from: Node::Program,
    };
    for &s in &roots.symbols {
        marker.accessed[s as usize] = true;
        marker.symbol_whole(s);
    }
    for &s in &roots.named {
        marker.symbol_whole(s);
    }
    for &s in &roots.names {
        marker.object(s);
    }
    if roots.with_c {
        marker.open_reader();
    }
    for &f in &image.top_level {
        marker.object(f);
    }
    for &p in &image.packages {
        marker.object(p);
    }
    if let Some((nil, t)) = image.static_plists {
        for plist in [nil, t] {
            marker.called_by_property(plist);
            if let Word::Object(o) = plist {
                marker.object(o);
            }
        }
    }
    marker.run();
    marker
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    None,
    /// A symbol known by name only.
    Named,
    Whole,
}

struct Marker<'a> {
    image: &'a Image,
    roots: &'a Roots,
    /// Symbols that are not followed.
    closed: HashSet<u32>,
    /// Those that were met, and from where.
    behind_gates: Vec<(Node, u32)>,
    /// Symbols that code may call without looking whether they have a function.
    accessed: Vec<bool>,
    /// Whether package tables keep every symbol.
    complete_tables: bool,
    /// Whether the program can read.
    reads: bool,
    /// Tables of the packages that were reached.
    tables: Vec<u32>,
    objects: Vec<Mark>,
    functions: Vec<bool>,
    work: Vec<Node>,
    reached: Reached,
    /// What is being visited.
    from: Node,
}

impl Marker<'_> {
    fn is_symbol(&self, o: u32) -> bool {
        self.image.objects[o as usize].tag as u64 == SYMBOL_TAG
    }

    fn connect(&mut self, to: Node) {
        self.reached.connect(self.from.number(self.image), to.number(self.image));
    }

    /// Reached as data.
    fn object(&mut self, o: u32) {
        self.connect(Node::Object(o));
        if self.objects[o as usize] == Mark::None {
            self.objects[o as usize] = if self.is_symbol(o) { Mark::Named } else { Mark::Whole };
            self.work.push(Node::Object(o));
        }
    }

    /// Reached by code that may call it or read its value.
    fn symbol_whole(&mut self, o: u32) {
        self.object(o);
        if self.closed.contains(&o) {
            self.behind_gates.push((self.from, o));
            return;
        }
        self.connect(Node::Cells(o));
        if self.objects[o as usize] != Mark::Whole {
            self.objects[o as usize] = Mark::Whole;
            self.work.push(Node::Cells(o));
        }
    }

    fn function(&mut self, f: u32) {
        self.connect(Node::Function(f));
        if !std::mem::replace(&mut self.functions[f as usize], true) {
            self.work.push(Node::Function(f));
        }
    }

    fn run(&mut self) {
        while let Some(node) = self.work.pop() {
            self.from = node;
            match node {
                Node::Program => {}
                Node::Object(o) => self.visit_object(o),
                Node::Cells(o) => self.visit_cells(o),
                Node::Function(f) => self.visit_function(f),
            }
        }
    }

    fn visit_object(&mut self, o: u32) {
        let image = self.image;
        let object = &image.objects[o as usize];
        if let (true, Body::Slots(_, slots)) = (self.is_symbol(o), &object.body) {
            self.called_by_property(slots[symbol::PLIST]);
            for i in [symbol::NAME, symbol::PACKAGE, symbol::PLIST] {
                if let Word::Object(r) = slots[i] {
                    self.object(r);
                }
            }
            return;
        }
        if let Body::Slots(header, slots) = &object.body
            && layout::header_kind(*header) == kind::PACKAGE
        {
            for (i, w) in slots.iter().enumerate() {
                let Word::Object(r) = *w else { continue };
                if i == package::INTERNAL || i == package::EXTERNAL {
                    self.table(r);
                } else {
                    self.object(r);
                }
            }
            return;
        }
        if !self.closed.is_empty() && is_complex_control(&object.body) {
            self.reached.complex_control.get_or_insert(self.from.number(image));
            self.open_gates();
        }
        let mut found = Vec::new();
        let mut functions = Vec::new();
        references(&object.body, |r| found.push(r), |f| functions.push(f));
        found.into_iter().for_each(|r| self.object(r));
        functions.into_iter().for_each(|f| self.function(f));
    }

    /// A package's table: kept, its symbols only when tables must be complete.
    fn table(&mut self, o: u32) {
        if self.complete_tables {
            self.object(o);
        } else {
            self.connect(Node::Object(o));
            self.objects[o as usize] = Mark::Whole;
            self.tables.push(o);
        }
    }

    fn open_gates(&mut self) {
        self.closed.clear();
        let visited = self.from;
        for (from, behind) in std::mem::take(&mut self.behind_gates) {
            self.from = from;
            self.symbol_whole(behind);
        }
        self.from = visited;
    }

    fn open_tables(&mut self) {
        self.open_gates();
        if !std::mem::replace(&mut self.complete_tables, true) {
            for o in std::mem::take(&mut self.tables) {
                self.connect(Node::Object(o));
                self.work.push(Node::Object(o));
            }
        }
    }

    fn note_door(&mut self, f: u32, routine: &str) {
        let by = || (Node::Function(f).number(self.image), routine.trim_start_matches("rook_rt_").to_string());
        self.reached.complete_tables.get_or_insert_with(by);
    }

    fn open_reader(&mut self) {
        self.open_tables();
        if !std::mem::replace(&mut self.reads, true) {
            for &s in &self.roots.reader {
                self.accessed[s as usize] = true;
                self.symbol_whole(s);
            }
        }
    }

    fn visit_cells(&mut self, o: u32) {
        let Body::Slots(header, slots) = &self.image.objects[o as usize].body else { return };
        for (i, w) in slots.iter().enumerate() {
            if let Word::Object(r) = w
                && (i != symbol::FUNCTION || header & SYMBOL_MACRO == 0)
            {
                self.object(*r);
            }
        }
    }

    /// Symbols that stand as property values are called by the library (type predicates).
    fn called_by_property(&mut self, plist: Word) {
        let image = self.image;
        let mut at = plist;
        while let Word::Object(key_cell) = at {
            let Body::Cons(_, Word::Object(value_cell)) = image.objects[key_cell as usize].body else { return };
            let Body::Cons(value, next) = image.objects[value_cell as usize].body else { return };
            if let Word::Object(v) = value
                && self.is_symbol(v)
            {
                self.symbol_whole(v);
            }
            at = next;
        }
    }

    fn visit_function(&mut self, f: u32) {
        let image = self.image;
        for fixup in &image.functions[f as usize].fixups {
            match &fixup.reference {
                Reference::Function(g) => self.function(*g),
                Reference::Object(o) if self.is_symbol(*o) => {
                    let quoted = fixup.is_tagged(SYMBOL_TAG);
                    self.accessed[*o as usize] |= !quoted;
                    if quoted && (f as usize) < self.roots.library_functions {
                        self.object(*o)
                    } else {
                        self.symbol_whole(*o)
                    }
                }
                Reference::Object(o) => self.object(*o),
                Reference::Runtime(name) if READERS.contains(&name.as_str()) => {
                    self.note_door(f, name);
                    self.open_reader()
                }
                Reference::Runtime(name) if DOORS.contains(&name.as_str()) => {
                    self.note_door(f, name);
                    self.open_tables()
                }
                Reference::Runtime(_) | Reference::Foreign(_) => {}
            }
        }
    }

    /// What was found to keep.
    fn kept(self) -> Kept {
        Kept {
            objects: self.objects,
            functions: self.functions,
            accessed: self.accessed,
            complete_tables: self.complete_tables,
            tables: self.tables,
        }
    }
}

/// What stays of the image.
struct Kept {
    objects: Vec<Mark>,
    functions: Vec<bool>,
    accessed: Vec<bool>,
    complete_tables: bool,
    tables: Vec<u32>,
}

impl Kept {
    /// A package's table without the symbols that are not kept; also their number.
    fn table_of_kept(&self, image: &Image, table: u32, word: &dyn Fn(&Word) -> Word) -> Vec<Word> {
        let Body::Slots(_, slots) = &image.objects[table as usize].body else { return Vec::new() };
        let hash = |w: &Word| match w {
            Word::Object(o) if self.objects[*o as usize] != Mark::None => {
                let Body::Slots(_, slots) = &image.objects[*o as usize].body else { return None };
                let Word::Bits(hash) = slots[symbol::HASH] else { return None };
                Some(hash >> 1)
            }
            Word::Nil => Some(layout::name_hash("NIL".chars().map(u32::from))),
            Word::T => Some(layout::name_hash("T".chars().map(u32::from))),
            _ => None,
        };
        let kept: Vec<(u64, Word)> = slots.iter().filter_map(|w| hash(w).map(|h| (h, word(w)))).collect();
        let capacity = (kept.len() * 3 / 2 + 1).next_power_of_two().max(8);
        let mut entries = vec![Word::Bits(0); capacity];
        for (hash, w) in kept {
            let mut i = hash as usize & (capacity - 1);
            while entries[i] != Word::Bits(0) {
                i = (i + 1) & (capacity - 1);
            }
            entries[i] = w;
        }
        entries
    }

    /// Sets the counts of packages whose tables were rebuilt.
    fn count_tables(&self, out: &mut Image) {
        for o in 0..out.objects.len() {
            let Body::Slots(header, slots) = &out.objects[o].body else { continue };
            if layout::header_kind(*header) != kind::PACKAGE || out.objects[o].tag as u64 == SYMBOL_TAG {
                continue;
            }
            let count = |table: Word| {
                let Word::Object(t) = table else { return None };
                let Body::Slots(_, entries) = &out.objects[t as usize].body else { return None };
                Some(entries.iter().filter(|w| !matches!(w, Word::Bits(_))).count() as u64)
            };
            let counts = [package::INTERNAL, package::EXTERNAL].map(|table| count(slots[table]));
            let Body::Slots(_, slots) = &mut out.objects[o].body else { continue };
            for (slot, count) in [package::INTERNAL_COUNT, package::EXTERNAL_COUNT].into_iter().zip(counts) {
                if let Some(count) = count {
                    slots[slot] = Word::Bits(count << 1);
                }
            }
        }
    }

    /// Takes the rest out of the image.
    fn cut(self, image: &mut Image) {
        let number = |keep: &mut dyn Iterator<Item = bool>| -> Vec<u32> {
            let mut next = 0;
            keep.map(|k| {
                let n = next;
                next += k as u32;
                n
            })
            .collect()
        };
        let objects = number(&mut self.objects.iter().map(|&m| m != Mark::None));
        let functions = number(&mut self.functions.iter().copied());
        let word = |w: &Word| match w {
            Word::Object(o) if self.objects[*o as usize] == Mark::None => Word::Nil,
            Word::Object(o) => Word::Object(objects[*o as usize]),
            w => *w,
        };
        let tables: Vec<(u32, Vec<Word>)> = self.tables.iter().map(|&t| (t, self.table_of_kept(image, t, &word))).collect();
        for (i, o) in image.objects.iter_mut().enumerate() {
            if self.objects[i] == Mark::None {
                continue;
            }
            match &mut o.body {
                Body::Raw(..) => {}
                Body::Cons(a, d) => (*a, *d) = (word(a), word(d)),
                Body::Function(_, entry, slots) => {
                    if let EntryPoint::Code(f) = entry {
                        *f = functions[*f as usize];
                    }
                    slots.iter_mut().for_each(|w| *w = word(w));
                }
                Body::Slots(header, slots) if o.tag as u64 == SYMBOL_TAG => self.cut_symbol(i, header, slots, &word),
                Body::Slots(_, slots) => slots.iter_mut().for_each(|w| *w = word(w)),
            }
        }
        for (table, entries) in tables {
            image.objects[table as usize].body =
                Body::Slots(layout::header(kind::SIMPLE_VECTOR, entries.len() as u64), entries);
        }
        let mut kept = self.objects.iter();
        image.objects.retain(|_| kept.next() != Some(&Mark::None));
        let mut kept = self.functions.iter();
        image.functions.retain(|_| kept.next() == Some(&true));
        for fixup in image.functions.iter_mut().flat_map(|f| &mut f.fixups) {
            match &mut fixup.reference {
                Reference::Function(g) => *g = functions[*g as usize],
                Reference::Object(o) => *o = objects[*o as usize],
                Reference::Runtime(_) | Reference::Foreign(_) => {}
            }
        }
        image.static_plists = image.static_plists.map(|(nil, t)| (word(&nil), word(&t)));
        image.packages.iter_mut().for_each(|p| *p = objects[*p as usize]);
        image.top_level.iter_mut().for_each(|f| *f = objects[*f as usize]);
        if !self.complete_tables {
            self.count_tables(image);
        }
        self.fill_function_cells(image, &objects);
    }

    fn cut_symbol(&self, i: usize, header: &mut u64, slots: &mut [Word], word: &dyn Fn(&Word) -> Word) {
        let whole = self.objects[i] == Mark::Whole;
        let is_macro = *header & SYMBOL_MACRO != 0;
        for (k, w) in slots.iter_mut().enumerate() {
            *w = match k {
                symbol::NAME | symbol::PACKAGE | symbol::PLIST | symbol::HASH => word(w),
                symbol::VALUE if !whole => match w {
                    // Constants and keywords keep immediate and own values.
                    Word::Object(o) if *o as usize == i => word(w),
                    Word::Bits(_) => *w,
                    _ => Word::Bits(UNBOUND),
                },
                symbol::FUNCTION if !whole || is_macro => Word::Nil,
                _ => word(w),
            };
        }
        *header &= !SYMBOL_MACRO;
    }

    /// Symbols that code may call through need a function object also when the function is gone.
    fn fill_function_cells(&self, out: &mut Image, objects: &[u32]) {
        for (i, &o) in objects.iter().enumerate() {
            if !self.accessed[i] || self.objects[i] == Mark::None {
                continue;
            }
            let Body::Slots(_, slots) = &out.objects[o as usize].body else { continue };
            if slots[symbol::FUNCTION] != Word::Nil {
                continue;
            }
            let header = layout::header(layout::kind::FUNCTION, 2) | layout::FUNCTION_UNDEFINED;
            let entry = EntryPoint::Runtime("rook_undefined_entry".into());
            let body = Body::Function(header, entry, vec![Word::Object(o)]);
            out.objects.push(Object { tag: FUNCTION_TAG as u8, body, symbol: None });
            let function = out.objects.len() as u32 - 1;
            if let Body::Slots(_, slots) = &mut out.objects[o as usize].body {
                slots[symbol::FUNCTION] = Word::Object(function);
            }
        }
    }
}
