//! Keeps what a program reaches.
//!
//! From the top-level code, the entry and the symbols the runtime names, along code and data.
//! A symbol reached only as data (in a package table, a list, a layout) keeps its name and package
//! but loses value and function; one that code names keeps them. What the compiler alone needs
//! (macros, compile-time properties) goes.

use std::collections::HashSet;

use rook_runtime::abi::layout::{self, SYMBOL_MACRO, symbol};
use rook_runtime::abi::tags::{FUNCTION_TAG, SYMBOL_TAG, UNBOUND};

use super::image::*;

/// What to keep whole besides the top-level code.
pub struct Roots {
    /// Symbols kept with value and function.
    pub symbols: Vec<u32>,
}

/// The image without what is not reached.
pub fn shake(image: &Image, roots: &Roots) -> Image {
    let mut image = image.clone();
    drop_compile_time_properties(&mut image);
    mark(&image, roots).rebuild()
}

/// Properties of symbols that only the compiler reads.
const COMPILE_TIME: [&str; 8] = [
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
                .symbol.as_ref().is_some_and(|(_, name)| COMPILE_TIME.contains(&name.as_str())));
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

fn mark<'a>(image: &'a Image, roots: &Roots) -> Marker<'a> {
    let mut marker = Marker {
        image,
        objects: vec![Mark::None; image.objects.len()],
        functions: vec![false; image.functions.len()],
        work: Vec::new(),
    };
    for &s in &roots.symbols {
        marker.symbol_whole(s);
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

enum Task {
    Object(u32),
    Function(u32),
}

struct Marker<'a> {
    image: &'a Image,
    objects: Vec<Mark>,
    functions: Vec<bool>,
    work: Vec<Task>,
}

impl Marker<'_> {
    fn is_symbol(&self, o: u32) -> bool {
        self.image.objects[o as usize].tag as u64 == SYMBOL_TAG
    }

    /// Reached as data.
    fn object(&mut self, o: u32) {
        let mark = if self.is_symbol(o) { Mark::Named } else { Mark::Whole };
        self.raise(o, mark);
    }

    /// Reached by code that may call it or read its value.
    fn symbol_whole(&mut self, o: u32) {
        self.raise(o, Mark::Whole);
    }

    fn raise(&mut self, o: u32, mark: Mark) {
        if self.objects[o as usize] < mark {
            self.objects[o as usize] = mark;
            self.work.push(Task::Object(o));
        }
    }

    fn function(&mut self, f: u32) {
        if !std::mem::replace(&mut self.functions[f as usize], true) {
            self.work.push(Task::Function(f));
        }
    }

    fn run(&mut self) {
        while let Some(task) = self.work.pop() {
            match task {
                Task::Object(o) => self.visit_object(o),
                Task::Function(f) => self.visit_function(f),
            }
        }
    }

    fn visit_object(&mut self, o: u32) {
        let image = self.image;
        let object = &image.objects[o as usize];
        if let (true, Body::Slots(header, slots)) = (self.is_symbol(o), &object.body) {
            let whole = self.objects[o as usize] == Mark::Whole;
            self.called_by_property(slots[symbol::PLIST]);
            for (i, w) in slots.iter().enumerate() {
                let wanted = match i {
                    symbol::NAME | symbol::PACKAGE | symbol::PLIST => true,
                    symbol::FUNCTION => whole && header & SYMBOL_MACRO == 0,
                    _ => whole,
                };
                if let (true, Word::Object(r)) = (wanted, w) {
                    self.object(*r);
                }
            }
            return;
        }
        let mut found = Vec::new();
        let mut functions = Vec::new();
        references(&object.body, |r| found.push(r), |f| functions.push(f));
        found.into_iter().for_each(|r| self.object(r));
        functions.into_iter().for_each(|f| self.function(f));
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
                Reference::Object(o) if self.is_symbol(*o) => self.symbol_whole(*o),
                Reference::Object(o) => self.object(*o),
                Reference::Runtime(_) | Reference::Foreign(_) => {}
            }
        }
    }

    fn rebuild(self) -> Image {
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
        let kept: HashSet<u32> = (0..self.image.objects.len() as u32).filter(|&o| self.objects[o as usize] != Mark::None).collect();
        let mut out = Image::default();
        for (i, o) in self.image.objects.iter().enumerate() {
            if !kept.contains(&(i as u32)) {
                continue;
            }
            let body = match &o.body {
                Body::Cons(a, d) => Body::Cons(word(a), word(d)),
                Body::Raw(h, bytes) => Body::Raw(*h, bytes.clone()),
                Body::Function(h, entry, slots) => Body::Function(
                    *h,
                    match entry {
                        EntryPoint::Code(f) => EntryPoint::Code(functions[*f as usize]),
                        runtime => runtime.clone(),
                    },
                    slots.iter().map(word).collect(),
                ),
                Body::Slots(h, slots) if o.tag as u64 == SYMBOL_TAG => self.shaken_symbol(i, *h, slots, &word),
                Body::Slots(h, slots) => Body::Slots(*h, slots.iter().map(word).collect()),
            };
            out.objects.push(Object { tag: o.tag, body, symbol: o.symbol.clone() });
        }
        for (i, f) in self.image.functions.iter().enumerate() {
            if !self.functions[i] {
                continue;
            }
            let mut f = f.clone();
            for fixup in &mut f.fixups {
                match &mut fixup.reference {
                    Reference::Function(g) => *g = functions[*g as usize],
                    Reference::Object(o) => *o = objects[*o as usize],
                    Reference::Runtime(_) | Reference::Foreign(_) => {}
                }
            }
            out.functions.push(f);
        }
        out.static_plists = self.image.static_plists.map(|(nil, t)| (word(&nil), word(&t)));
        out.packages = self.image.packages.iter().map(|p| objects[*p as usize]).collect();
        out.top_level = self.image.top_level.iter().map(|f| objects[*f as usize]).collect();
        self.fill_function_cells(&mut out, &objects);
        out
    }

    fn shaken_symbol(&self, i: usize, header: u64, slots: &[Word], word: &dyn Fn(&Word) -> Word) -> Body {
        let whole = self.objects[i] == Mark::Whole;
        let is_macro = header & SYMBOL_MACRO != 0;
        let slots = slots
            .iter()
            .enumerate()
            .map(|(k, w)| match k {
                symbol::NAME | symbol::PACKAGE | symbol::PLIST | symbol::HASH => word(w),
                symbol::VALUE if !whole => match w {
                    // Constants and keywords keep immediate and own values.
                    Word::Object(o) if *o as usize == i => word(w),
                    Word::Bits(_) => *w,
                    _ => Word::Bits(UNBOUND),
                },
                symbol::FUNCTION if !whole || is_macro => Word::Nil,
                _ => word(w),
            })
            .collect();
        Body::Slots(header & !SYMBOL_MACRO, slots)
    }

    /// Symbols that code may call through need a function object also when the function is gone.
    fn fill_function_cells(&self, out: &mut Image, objects: &[u32]) {
        for (i, mark) in self.objects.iter().enumerate() {
            let o = objects[i];
            if *mark != Mark::Whole || !self.is_symbol(i as u32) {
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
