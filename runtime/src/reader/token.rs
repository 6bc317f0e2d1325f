//! Tokens: their characters, what they mean, and the symbols they name (CLHS 2.3).

use super::Failure;
use super::number_syntax::{self, FloatFormat, Number};
use super::readtable::Case;
use crate::abi::thread_context::ThreadContext;
use crate::object::character::{downcase, is_both_case, is_lower, is_upper, upcase};
use crate::object::package::{self, package_text};
use crate::object::symbol::make_symbol_named;
use crate::object::text::rust_text;
use crate::value::Value;

/// The characters of a token as they were read.
#[derive(Default)]
pub struct Token {
    pub chars: Vec<u32>,
    /// Beside each character: whether an escape preceded or enclosed it.
    pub escaped: Vec<bool>,
    /// Whether any escape character occurred, even around nothing.
    pub has_escape: bool,
}

/// What a token stands for.
pub enum Meaning {
    Value(Value),
    /// A single unescaped dot.
    Dot,
}

impl Token {
    pub fn clear(&mut self) {
        self.chars.clear();
        self.escaped.clear();
        self.has_escape = false;
    }
    pub fn push(&mut self, c: u32, escaped: bool) {
        self.chars.push(c);
        self.escaped.push(escaped);
        self.has_escape |= escaped;
    }

    /// Applies the readtable's case to the unescaped characters.
    pub fn convert_case(&mut self, case: Case) {
        let convert: fn(u32) -> u32 = match case {
            Case::Preserve => return,
            Case::Upcase => upcase,
            Case::Downcase => downcase,
            Case::Invert => match self.only_case() {
                Some(Case::Upcase) => downcase,
                Some(_) => upcase,
                None => return,
            },
        };
        for (c, escaped) in self.chars.iter_mut().zip(&self.escaped) {
            if !escaped {
                *c = convert(*c);
            }
        }
    }

    /// The one case that all unescaped letters with case have.
    fn only_case(&self) -> Option<Case> {
        let letters = || {
            let unescaped = self.chars.iter().zip(&self.escaped).filter(|(_, escaped)| !**escaped);
            unescaped.map(|(c, _)| *c).filter(|&c| is_both_case(c))
        };
        if letters().all(is_upper) {
            return letters().next().map(|_| Case::Upcase);
        }
        letters().all(is_lower).then_some(Case::Downcase)
    }

    fn is_marker(&self, i: usize) -> bool {
        self.chars[i] == ':' as u32 && !self.escaped[i]
    }
    fn markers(&self) -> Vec<usize> {
        (0..self.chars.len()).filter(|&i| self.is_marker(i)).collect()
    }

    /// The number or symbol that the token stands for. `package` is where symbols are looked up.
    pub fn meaning(
        &mut self,
        ctx: &mut ThreadContext,
        base: u32,
        format: FloatFormat,
        case: Case,
        package: Value,
    ) -> Result<Meaning, Failure> {
        if !self.has_escape {
            if self.chars.iter().all(|&c| c == '.' as u32) {
                return if self.chars.len() == 1 { Ok(Meaning::Dot) } else { Err(Failure::syntax("too many dots")) };
            }
            match number_syntax::parse(ctx, &self.chars, base, format)? {
                Number::Value(value) => return Ok(Meaning::Value(value)),
                Number::Error(message) => return Err(Failure::syntax(message)),
                Number::None => {}
            }
        }
        self.convert_case(case);
        self.symbol(ctx, package).map(Meaning::Value)
    }

    fn symbol(&self, ctx: &mut ThreadContext, current: Value) -> Result<Value, Failure> {
        let markers = self.markers();
        let (prefix, name_start, internal) = match markers[..] {
            [] => return Ok(package::intern(ctx, current, &self.chars).0),
            [at] => (at, at + 1, false),
            [first, second] if second == first + 1 && first > 0 => (first, second + 1, true),
            _ => return Err(Failure::syntax(format!("misplaced package marker in {}", rust_text(&self.chars)))),
        };
        let name = &self.chars[name_start..];
        if name.is_empty() && !self.has_escape {
            return Err(Failure::syntax("a symbol name is missing after the package marker"));
        }
        if prefix == 0 {
            return Ok(package::intern(ctx, package::keyword_package(), name).0);
        }
        let prefix = &self.chars[..prefix];
        let Some(home) = package::find_package_from(current, prefix) else {
            return Err(Failure::syntax(format!("there is no package named {}", rust_text(prefix))));
        };
        if internal {
            return Ok(package::intern(ctx, home, name).0);
        }
        package::find_external(home, name).ok_or_else(|| {
            let (name, home) = (rust_text(name), package_text(home));
            Failure::syntax(format!("the package {home} has no external symbol named {name}"))
        })
    }

    /// The uninterned symbol that the token names.
    pub fn uninterned(&mut self, ctx: &mut ThreadContext, case: Case) -> Result<Value, Failure> {
        if !self.markers().is_empty() {
            return Err(Failure::syntax("an uninterned symbol cannot have a package"));
        }
        self.convert_case(case);
        Ok(make_symbol_named(ctx, &self.chars))
    }
}
