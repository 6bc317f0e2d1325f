//! Readtables: what each character does when read.
//!
//! A READTABLE object has tables for ASCII and a list for the other characters. A macro entry is a
//! function designator, a fixnum (a macro of this reader, see `Builtin`), or the dispatch table of a
//! dispatching macro character. Must not read anything.

use crate::abi::layout::kind;
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::object::symbol::well_known;
use crate::object::{cons, make_simple_vector, record, set_cdr, set_slot};
use crate::value::{Value, nil};

const CASE: usize = 0;
const SYNTAX: usize = 1;
const MACROS: usize = 2;
/// Alist: character code to (syntax type . macro).
const OTHERS: usize = 3;

const ASCII: usize = 128;
/// In a dispatch table: alist for the characters beyond ASCII.
const DISPATCH_OTHERS: usize = ASCII;

/// Syntax types (CLHS 2.1.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i64)]
pub enum Syntax {
    Constituent = 0,
    Whitespace = 1,
    TerminatingMacro = 2,
    NonTerminatingMacro = 3,
    SingleEscape = 4,
    MultipleEscape = 5,
    Invalid = 6,
}

impl Syntax {
    fn from_code(code: i64) -> Syntax {
        match code {
            0 => Syntax::Constituent,
            1 => Syntax::Whitespace,
            2 => Syntax::TerminatingMacro,
            3 => Syntax::NonTerminatingMacro,
            4 => Syntax::SingleEscape,
            5 => Syntax::MultipleEscape,
            _ => Syntax::Invalid,
        }
    }
    pub fn is_macro(self) -> bool {
        matches!(self, Syntax::TerminatingMacro | Syntax::NonTerminatingMacro)
    }
    fn value(self) -> Value {
        Value::fixnum(self as i64)
    }
}

/// What `readtable-case` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Case {
    Upcase,
    Downcase,
    Preserve,
    Invert,
}

const CASES: [(Case, Sym); 4] = [
    (Case::Upcase, Sym::READ_CASE_UPCASE),
    (Case::Downcase, Sym::READ_CASE_DOWNCASE),
    (Case::Preserve, Sym::READ_CASE_PRESERVE),
    (Case::Invert, Sym::READ_CASE_INVERT),
];

/// Macro functions of this reader, as they stand in readtables: the character they have by default,
/// plus `SHARP` for those behind `#`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Builtin(pub i64);

impl Builtin {
    const SHARP: i64 = 1 << 8;

    pub const fn plain(c: char) -> Builtin {
        Builtin(c as i64)
    }
    pub const fn sharp(c: char) -> Builtin {
        Builtin(c as i64 | Self::SHARP)
    }
    /// The character after `#`, for a dispatching macro.
    pub fn sharp_character(self) -> Option<char> {
        (self.0 & Self::SHARP != 0).then_some((self.0 & 0xff) as u8 as char)
    }
    pub fn plain_character(self) -> char {
        (self.0 & 0xff) as u8 as char
    }
}

const TERMINATING: &str = "\"'(),;`";
const SHARP_MACROS: &str = "\\'(*:.=#+-|ABCOPRSX";

/// What a macro character does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Macro {
    Builtin(Builtin),
    /// A function designator.
    Function(Value),
    /// The dispatch table.
    Dispatch(Value),
}

fn macro_of(entry: Value) -> Option<Macro> {
    if let Some(id) = entry.to_fixnum() {
        return Some(Macro::Builtin(Builtin(id)));
    }
    if entry.is_kind(kind::SIMPLE_VECTOR) {
        return Some(Macro::Dispatch(entry));
    }
    (!entry.is_nil()).then_some(Macro::Function(entry))
}

pub fn is_readtable(v: Value) -> bool {
    v.is_kind(kind::READTABLE)
}

/// A fresh readtable with standard syntax.
pub fn make_standard(ctx: &mut ThreadContext) -> Value {
    let syntax = make_simple_vector(ctx, ASCII, Syntax::Constituent.value());
    let macros = make_simple_vector(ctx, ASCII, nil());
    let slots = [well_known(Sym::READ_CASE_UPCASE), syntax, macros, nil()];
    let table = record(ctx, kind::READTABLE, &slots);
    for c in ['\t', '\n', '\u{c}', '\r', ' '] {
        set_entry(ctx, table, c as u32, Syntax::Whitespace, nil());
    }
    for c in (0..0x20).chain([0x7f]).filter(|c| !matches!(c, 8 | 9 | 10 | 12 | 13 | 0x7f)) {
        set_entry(ctx, table, c, Syntax::Invalid, nil());
    }
    set_entry(ctx, table, '\\' as u32, Syntax::SingleEscape, nil());
    set_entry(ctx, table, '|' as u32, Syntax::MultipleEscape, nil());
    for c in TERMINATING.chars() {
        set_entry(ctx, table, c as u32, Syntax::TerminatingMacro, Value::fixnum(Builtin::plain(c).0));
    }
    make_dispatch(ctx, table, '#' as u32, true);
    for c in SHARP_MACROS.chars() {
        set_dispatch_entry(ctx, table, '#' as u32, c as u32, Value::fixnum(Builtin::sharp(c).0));
    }
    table
}

pub fn case(table: Value) -> Case {
    let keyword = table.slot(CASE);
    CASES.iter().find(|(_, sym)| well_known(*sym) == keyword).map_or(Case::Upcase, |(case, _)| *case)
}
pub fn case_keyword(table: Value) -> Value {
    table.slot(CASE)
}
/// Sets the case; false when `keyword` names none.
pub fn set_case(ctx: &mut ThreadContext, table: Value, keyword: Value) -> bool {
    let known = CASES.iter().any(|(_, sym)| well_known(*sym) == keyword);
    if known {
        set_slot(ctx, table, CASE, keyword);
    }
    known
}

fn assoc(alist: Value, c: u32) -> Option<Value> {
    alist.list_iter().find(|entry| entry.car() == Value::fixnum(c as i64))
}

#[inline]
pub fn syntax(table: Value, c: u32) -> Syntax {
    if (c as usize) < ASCII {
        return Syntax::from_code(table.slot(SYNTAX).slot(c as usize).as_fixnum());
    }
    match assoc(table.slot(OTHERS), c) {
        Some(entry) => Syntax::from_code(entry.cdr().car().as_fixnum()),
        None => Syntax::Constituent,
    }
}

fn macro_entry(table: Value, c: u32) -> Value {
    if (c as usize) < ASCII {
        return table.slot(MACROS).slot(c as usize);
    }
    assoc(table.slot(OTHERS), c).map_or(nil(), |entry| entry.cdr().cdr())
}

/// What macro character `c` does; `None` when it is none.
pub fn macro_character(table: Value, c: u32) -> Option<Macro> {
    macro_of(macro_entry(table, c))
}

fn set_entry(ctx: &mut ThreadContext, table: Value, c: u32, syntax: Syntax, entry: Value) {
    if (c as usize) < ASCII {
        set_slot(ctx, table.slot(SYNTAX), c as usize, syntax.value());
        set_slot(ctx, table.slot(MACROS), c as usize, entry);
        return;
    }
    let pair = cons(ctx, syntax.value(), entry);
    match assoc(table.slot(OTHERS), c) {
        Some(old) => set_cdr(ctx, old, pair),
        None => {
            let item = cons(ctx, Value::fixnum(c as i64), pair);
            let others = cons(ctx, item, table.slot(OTHERS));
            set_slot(ctx, table, OTHERS, others);
        }
    }
}

/// Makes `c` a macro character. `entry`: a function designator or a builtin's number.
pub fn set_macro_character(ctx: &mut ThreadContext, table: Value, c: u32, entry: Value, non_terminating: bool) {
    let syntax = if non_terminating { Syntax::NonTerminatingMacro } else { Syntax::TerminatingMacro };
    set_entry(ctx, table, c, syntax, entry);
}

/// Makes `c` a dispatching macro character without entries.
pub fn make_dispatch(ctx: &mut ThreadContext, table: Value, c: u32, non_terminating: bool) {
    let dispatch = make_simple_vector(ctx, ASCII + 1, nil());
    set_macro_character(ctx, table, c, dispatch, non_terminating);
}

/// What sub-character `sub` (upper case already) does in a dispatch table.
pub fn dispatch_macro(dispatch: Value, sub: u32) -> Option<Macro> {
    macro_of(dispatch_entry(dispatch, sub))
}
fn dispatch_entry(dispatch: Value, sub: u32) -> Value {
    if (sub as usize) < ASCII {
        return dispatch.slot(sub as usize);
    }
    assoc(dispatch.slot(DISPATCH_OTHERS), sub).map_or(nil(), |entry| entry.cdr())
}

/// The dispatch table of `c`, when it is a dispatching macro character.
pub fn dispatch_table(table: Value, c: u32) -> Option<Value> {
    match macro_character(table, c) {
        Some(Macro::Dispatch(dispatch)) => Some(dispatch),
        _ => None,
    }
}

/// Sets what `sub` does after dispatching character `c`; false when `c` does not dispatch.
pub fn set_dispatch_entry(ctx: &mut ThreadContext, table: Value, c: u32, sub: u32, entry: Value) -> bool {
    let Some(dispatch) = dispatch_table(table, c) else { return false };
    if (sub as usize) < ASCII {
        set_slot(ctx, dispatch, sub as usize, entry);
        return true;
    }
    match assoc(dispatch.slot(DISPATCH_OTHERS), sub) {
        Some(old) => set_cdr(ctx, old, entry),
        None => {
            let item = cons(ctx, Value::fixnum(sub as i64), entry);
            let others = cons(ctx, item, dispatch.slot(DISPATCH_OTHERS));
            set_slot(ctx, dispatch, DISPATCH_OTHERS, others);
        }
    }
    true
}

/// Gives `to` in `to_table` the syntax that `from` has in `from_table`; a dispatch table is copied.
pub fn set_syntax_from(ctx: &mut ThreadContext, to_table: Value, to: u32, from_table: Value, from: u32) {
    let entry = copy_macro(ctx, macro_entry(from_table, from));
    set_entry(ctx, to_table, to, syntax(from_table, from), entry);
}

fn copy_vector(ctx: &mut ThreadContext, v: Value) -> Value {
    let items: Vec<Value> = (0..v.size()).map(|i| v.slot(i)).collect();
    record(ctx, kind::SIMPLE_VECTOR, &items)
}
fn copy_macro(ctx: &mut ThreadContext, entry: Value) -> Value {
    if !entry.is_kind(kind::SIMPLE_VECTOR) {
        return entry;
    }
    let copy = copy_vector(ctx, entry);
    let pairs: Vec<Value> = entry.slot(DISPATCH_OTHERS).list_iter().collect();
    let pairs: Vec<Value> = pairs.into_iter().map(|p| cons(ctx, p.car(), p.cdr())).collect();
    let others = crate::object::list(ctx, &pairs);
    set_slot(ctx, copy, DISPATCH_OTHERS, others);
    copy
}

/// Makes `to` equal to `from`, sharing nothing that can be changed.
pub fn copy_into(ctx: &mut ThreadContext, from: Value, to: Value) {
    let syntax = copy_vector(ctx, from.slot(SYNTAX));
    let macros = copy_vector(ctx, from.slot(MACROS));
    for c in 0..ASCII {
        let entry = copy_macro(ctx, macros.slot(c));
        set_slot(ctx, macros, c, entry);
    }
    let entries: Vec<Value> = from.slot(OTHERS).list_iter().collect();
    set_slot(ctx, to, CASE, from.slot(CASE));
    set_slot(ctx, to, SYNTAX, syntax);
    set_slot(ctx, to, MACROS, macros);
    set_slot(ctx, to, OTHERS, nil());
    for entry in entries {
        let copied = copy_macro(ctx, entry.cdr().cdr());
        let syntax = Syntax::from_code(entry.cdr().car().as_fixnum());
        set_entry(ctx, to, entry.car().as_fixnum() as u32, syntax, copied);
    }
}

pub fn copy(ctx: &mut ThreadContext, from: Value) -> Value {
    let to = record(ctx, kind::READTABLE, &[nil(); 4]);
    copy_into(ctx, from, to);
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::testing::with_context;

    #[test]
    fn the_standard_table_follows_the_standard() {
        with_context(|ctx| {
            let t = make_standard(ctx);
            for (c, expected) in [
                ('a', Syntax::Constituent),
                (' ', Syntax::Whitespace),
                ('(', Syntax::TerminatingMacro),
                ('#', Syntax::NonTerminatingMacro),
                ('\\', Syntax::SingleEscape),
                ('|', Syntax::MultipleEscape),
                ('λ', Syntax::Constituent),
                ('\u{7f}', Syntax::Constituent),
            ] {
                assert_eq!(syntax(t, c as u32), expected, "{c}");
            }
            assert_eq!(case(t), Case::Upcase);
            let sharp = dispatch_table(t, '#' as u32).unwrap();
            assert_eq!(dispatch_macro(sharp, 'X' as u32), Some(Macro::Builtin(Builtin::sharp('X'))));
            assert_eq!(dispatch_macro(sharp, 'Q' as u32), None);
        });
    }

    #[test]
    fn copies_share_nothing() {
        with_context(|ctx| {
            let a = make_standard(ctx);
            let f = well_known(Sym::LIST);
            set_macro_character(ctx, a, 'λ' as u32, f, false);
            let b = copy(ctx, a);
            assert_eq!(macro_character(b, 'λ' as u32), Some(Macro::Function(f)));
            set_macro_character(ctx, b, 'λ' as u32, well_known(Sym::CONS), true);
            set_macro_character(ctx, b, '[' as u32, f, false);
            assert!(set_dispatch_entry(ctx, b, '#' as u32, 'Q' as u32, f));
            assert!(set_dispatch_entry(ctx, b, '#' as u32, 'λ' as u32, f));
            assert_eq!(macro_character(a, 'λ' as u32), Some(Macro::Function(f)));
            assert_eq!(syntax(a, '[' as u32), Syntax::Constituent);
            assert_eq!(dispatch_macro(dispatch_table(a, '#' as u32).unwrap(), 'Q' as u32), None);
            assert_eq!(dispatch_macro(dispatch_table(b, '#' as u32).unwrap(), 'λ' as u32), Some(Macro::Function(f)));
            assert!(!set_dispatch_entry(ctx, a, '!' as u32, 'Q' as u32, f));
            set_syntax_from(ctx, a, '!' as u32, b, '#' as u32);
            assert!(dispatch_table(a, '!' as u32).is_some());
            assert!(!set_case(ctx, a, f));
            assert!(set_case(ctx, a, well_known(Sym::READ_CASE_INVERT)));
            assert_eq!(case(a), Case::Invert);
        });
    }
}
