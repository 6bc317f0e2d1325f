//! Tokens: their characters, what they mean, and the symbols they name (CLHS 2.3).

use super::Failure;
use super::number_syntax::{self, FloatFormat, Number};
use super::lisp;
use super::readtable::{self, Case, Syntax};
use super::variables::Variables;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::character::{digit_weight, downcase, is_alpha, is_both_case, is_lower, is_upper, upcase};
use crate::object::package::{self, package_text};
use crate::object::symbol::make_symbol_named;
use crate::object::text::rust_text;
use crate::value::{LispResult, Value};
use std::ops::Range;

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

    /// Applies the readtable's case to the unescaped characters. The prefix that names a package
    /// and the name are inverted each by itself, as they are printed.
    pub fn convert_case(&mut self, case: Case) {
        let mut starts = self.markers();
        starts.push(self.chars.len());
        let mut start = 0;
        for end in starts {
            self.convert_part(case, start..end);
            start = end;
        }
    }

    fn convert_part(&mut self, case: Case, part: Range<usize>) {
        let convert: fn(u32) -> u32 = match case {
            Case::Preserve => return,
            Case::Upcase => upcase,
            Case::Downcase => downcase,
            Case::Invert => match self.only_case(part.clone()) {
                Some(Case::Upcase) => downcase,
                Some(_) => upcase,
                None => return,
            },
        };
        for (c, escaped) in self.chars[part.clone()].iter_mut().zip(&self.escaped[part]) {
            if !escaped {
                *c = convert(*c);
            }
        }
    }

    /// The one case that all unescaped letters with case of a part have.
    fn only_case(&self, part: Range<usize>) -> Option<Case> {
        let letters = || {
            let unescaped = self.chars[part.clone()].iter().zip(&self.escaped[part.clone()]).filter(|(_, escaped)| !**escaped);
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

/// Whether a symbol of this name, printed without escapes, would be read as anything else: by the
/// readtable, the case, or because it looks like a number.
pub fn name_needs_escape(ctx: &mut ThreadContext, name: &[u32]) -> LispResult<bool> {
    let variables = Variables::load(ctx)?;
    let syntax_differs = name.iter().enumerate().any(|(i, &c)| match readtable::syntax(variables.readtable, c) {
        Syntax::Constituent => c == ':' as u32 || c < 0x20 || c == 0x7f,
        Syntax::NonTerminatingMacro => i == 0,
        _ => true,
    });
    if name.is_empty() || syntax_differs || name.iter().all(|&c| c == '.' as u32) {
        return Ok(true);
    }
    let mut token = Token { chars: name.to_vec(), escaped: vec![false; name.len()], has_escape: false };
    token.convert_case(variables.case);
    Ok(token.chars != name || looks_like_number(name, variables.base.max(print_base(ctx))))
}

fn print_base(ctx: &ThreadContext) -> u32 {
    let base = lisp::variable(ctx, Sym::PRINT_BASE);
    base.to_fixnum().filter(|b| (2..=36).contains(b)).map_or(10, |b| b as u32)
}

/// Whether a token is a potential number (CLHS 2.3.1.1).
fn looks_like_number(name: &[u32], base: u32) -> bool {
    let is_digit = |c: u32| digit_weight(c, base.max(10)).is_some_and(|w| c < 0x80 && (w < 10 || w < base));
    let decimal = |c: u32| (0x30..=0x39).contains(&c);
    let is_letter = |c: u32| is_alpha(c) && !is_digit(c);
    let punctuation = |c: u32| matches!(char::from_u32(c), Some('+' | '-' | '/' | '.' | '^' | '_'));
    // A decimal point makes the token decimal, whatever the base.
    let has_point = name.contains(&('.' as u32));
    let has_digit = name.iter().any(|&c| if has_point { decimal(c) } else { is_digit(c) });
    let letters_apart = !name.windows(2).any(|pair| is_letter(pair[0]) && is_letter(pair[1]));
    let starts_well = matches!(char::from_u32(name[0]), Some('+' | '-' | '.' | '^' | '_')) || is_digit(name[0]);
    let ends_well = !matches!(char::from_u32(name[name.len() - 1]), Some('+' | '-'));
    has_digit && letters_apart && starts_well && ends_well
        && name.iter().all(|&c| is_digit(c) || is_letter(c) || punctuation(c))
}
