//! Functions of the library that code reaches but only some programs need.
//!
//! The library marks such a symbol with `%only-with`. Must not be used for what a program could need
//! without naming it: that program would fail where a whole one works.

use crate::hash::HashSet;

use rook_runtime::abi::layout::{self, kind, symbol};
use rook_runtime::abi::tags::SYMBOL_TAG;

use super::image::{Body, Image, Word};
use super::program::string_text;

/// Property of a symbol whose function the library's code needs only in programs that name one of a list
/// of other symbols, that can look symbols up by name, or that hold a FORMAT control string which is
/// not plain (`stdlib/conditions/plain-text.lisp`).
pub const GATE: &str = "%ONLY-WITH";

/// Symbols that need not be followed, unless the program turns out to be of the other kinds.
pub fn closed_gates(image: &Image, named: &[u32]) -> HashSet<u32> {
    let named: HashSet<u32> = named.iter().copied().collect();
    let symbol_of = |w: Word| match w {
        Word::Object(o) => image.objects[o as usize].symbol.as_deref(),
        _ => None,
    };
    let mut closed = HashSet::default();
    for (o, object) in image.objects.iter().enumerate() {
        let Body::Slots(_, slots) = &object.body else { continue };
        if object.tag as u64 != SYMBOL_TAG {
            continue;
        }
        let mut property = list(image, slots[symbol::PLIST]);
        while let Some(key) = property.next() {
            let Some(value) = property.next() else { break };
            if symbol_of(key).is_some_and(|(_, name)| name == GATE) {
                let opened = list(image, value).any(|w| matches!(w, Word::Object(s) if named.contains(&s)));
                if !opened {
                    closed.insert(o as u32);
                }
            }
        }
    }
    closed
}

/// The elements of a list.
fn list(image: &Image, mut at: Word) -> impl Iterator<Item = Word> + use<'_> {
    std::iter::from_fn(move || {
        let Word::Object(cell) = at else { return None };
        let Body::Cons(element, rest) = image.objects[cell as usize].body else { return None };
        at = rest;
        Some(element)
    })
}

/// Whether the object is a string with a tilde. Most literals are not, which is quickly seen.
pub fn may_have_directives(body: &Body) -> bool {
    matches!(body, Body::Raw(header, bytes) if bytes.contains(&b'~')
        && matches!(layout::header_kind(*header), kind::BASE_STRING | kind::STRING))
}

/// Whether a string is a FORMAT control string with directives that only the interpreter knows.
pub fn is_complex_control(body: &Body) -> bool {
    if !may_have_directives(body) {
        return false;
    }
    let Some(text) = string_text(body) else { return false };
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '~' && !characters.next().is_some_and(|d| "ASD%&~".contains(d.to_ascii_uppercase())) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use rook_runtime::abi::layout::header;

    #[test]
    fn plain_directives_need_no_interpreter() {
        let complex = |text: &str| {
            is_complex_control(&Body::Raw(header(kind::BASE_STRING, text.len() as u64), text.as_bytes().to_vec()))
        };
        assert!(["", "text", "~A ~s~%~&~~", "~D items"].iter().all(|t| !complex(t)));
        assert!(["~", "~{~A~}", "~3D", "~:D", "~\n"].iter().all(|t| complex(t)));
    }
}
