//! Which words of static objects are near references: the distance from the object that holds them.
//!
//! They need no relocation when a program starts (`abi/layout`, `symbol`). Without them, 5,000 symbols
//! cost a start 0.5 ms: each page that is relocated is copied first.

use rook_runtime::abi::layout::{self, kind, package, symbol};
use rook_runtime::abi::tags::{SYMBOL_TAG, UNBOUND};

use super::image::*;
use crate::hash::HashSet;

/// How a word of an object is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    Absolute(Word),
    Near(Word),
}

impl Form {
    /// Whether the word is known only when the program starts.
    fn is_relocated(self) -> bool {
        matches!(self, Form::Absolute(Word::Nil | Word::T | Word::Object(_)))
    }
}

/// The forms of an image's words.
pub struct Forms {
    /// Symbol tables of packages.
    tables: HashSet<u32>,
    /// Objects whose slots code loads.
    accessed: HashSet<u32>,
}

impl Forms {
    pub fn of(image: &Image) -> Forms {
        let slots_of = |o: &u32| match &image.objects[*o as usize].body {
            Body::Slots(header, slots) if layout::header_kind(*header) == kind::PACKAGE => Some(slots),
            _ => None,
        };
        let tables = image.packages.iter().filter_map(slots_of).flat_map(|slots| [slots[package::INTERNAL], slots[package::EXTERNAL]]);
        let tables = tables.filter_map(|w| if let Word::Object(o) = w { Some(o) } else { None }).collect();
        let loads = image.functions.iter().flat_map(|f| &f.fixups).filter(|f| !f.is_tagged(SYMBOL_TAG));
        let accessed = loads.filter_map(|f| if let Reference::Object(o) = f.reference { Some(o) } else { None }).collect();
        Forms { tables, accessed }
    }

    /// The words of an object behind its header, none for raw bytes and entries.
    pub fn words(&self, image: &Image, index: usize) -> Vec<Form> {
        let object = &image.objects[index];
        match &object.body {
            Body::Raw(..) => Vec::new(),
            Body::Cons(a, d) => vec![Form::Absolute(*a), Form::Absolute(*d)],
            Body::Function(_, _, slots) => slots.iter().map(|&w| Form::Absolute(w)).collect(),
            Body::Slots(_, slots) if object.tag as u64 == SYMBOL_TAG => {
                slots.iter().enumerate().map(|(slot, &w)| self.symbol_word(object, index, slot, w)).collect()
            }
            Body::Slots(_, slots) if self.tables.contains(&(index as u32)) => slots.iter().map(|&w| near_or_bits(w)).collect(),
            Body::Slots(_, slots) => slots.iter().map(|&w| Form::Absolute(w)).collect(),
        }
    }

    /// Whether the object is written to when the program starts.
    pub fn is_relocated(&self, image: &Image, index: usize) -> bool {
        matches!(image.objects[index].body, Body::Function(..)) || self.words(image, index).into_iter().any(Form::is_relocated)
    }

    fn symbol_word(&self, object: &Object, index: usize, slot: usize, w: Word) -> Form {
        let is_keyword = object.symbol.as_ref().is_some_and(|name| name.0 == "KEYWORD");
        match slot {
            symbol::VALUE if is_keyword && w == Word::Object(index as u32) => Form::Absolute(Word::Bits(UNBOUND)),
            symbol::FUNCTION if w != Word::Nil && self.accessed.contains(&(index as u32)) => Form::Absolute(w),
            slot if symbol::is_near(slot) => near_or_bits(w),
            _ => Form::Absolute(w),
        }
    }
}

fn near_or_bits(w: Word) -> Form {
    if matches!(w, Word::Bits(_)) { Form::Absolute(w) } else { Form::Near(w) }
}
