//! Symbols: making them, their slots and flags, their function cells, and the well-known table.
//!
//! Interning belongs to `package`. Must not bind or look up dynamic variables: `control::binding`
//! does; here are only global values.

use crate::abi::layout::{self, FUNCTION_UNDEFINED, SYMBOL_CONSTANT, SYMBOL_SPECIAL, kind, symbol};
use crate::abi::tags::{FUNCTION_TAG, SYMBOL_TAG};
use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::{SYMBOLS, Sym};
use crate::heap::allocate;
use crate::object::package::keyword_package;
use crate::object::{list_with_tail, set_car, set_slot, string, string_chars, string_from_code_points, string_to_rust};
use crate::value::{Value, nil};

/// The well-known symbols, tagged, in the order of `SYMBOLS`; roots once `boot` has run.
static mut WELL_KNOWN: [u64; SYMBOLS.len()] = [0; SYMBOLS.len()];
/// Carries the function named `(setf nil)`: NIL's own SETF slot is its cdr.
static mut NIL_SETF: u64 = 0;

/// The symbol that `id` names. Valid after boot.
#[inline]
pub fn well_known(id: Sym) -> Value {
    // SAFETY: written only by boot, before any other thread exists; the index is in range by construction.
    Value(unsafe { WELL_KNOWN[id as usize] })
}

/// The well-known symbol with this number.
pub fn well_known_numbered(number: usize) -> Value {
    assert!(number < SYMBOLS.len(), "there is no such well-known symbol");
    // SAFETY: as above.
    Value(unsafe { WELL_KNOWN[number] })
}

/// The number of a symbol that is well known.
pub fn well_known_number(v: Value) -> Option<usize> {
    (0..SYMBOLS.len()).find(|&number| v.is_symbol() && well_known_numbered(number) == v)
}

/// Fills the table of well-known symbols, in the order of `SYMBOLS`.
pub(super) fn set_well_known(symbols: impl Iterator<Item = Value>) {
    let table = &raw mut WELL_KNOWN;
    for (i, sym) in symbols.enumerate() {
        assert!(i < SYMBOLS.len(), "an image must not list more well-known symbols than the runtime knows");
        // SAFETY: boot runs on one thread and `i` is in range.
        unsafe { (*table)[i] = sym.0 };
    }
}

/// Address ranges (first word, words) of this file's static roots: well-known symbols, NIL and T.
pub(super) fn root_ranges() -> [(*mut u64, usize); 4] {
    let slots = |v: Value| v.base().wrapping_add(1);
    [
        (&raw mut WELL_KNOWN as *mut u64, SYMBOLS.len()),
        (&raw mut NIL_SETF, 1),
        (slots(nil()), 7),
        (slots(crate::value::t()), 7),
    ]
}

/// A fresh symbol without package. `name` is a simple string that nobody will modify.
pub fn make_symbol(ctx: &mut ThreadContext, name: Value) -> Value {
    let hash = layout::name_hash(string_chars(name));
    let base = allocate(ctx, layout::header(kind::SYMBOL, 0));
    let slots = [Value::UNBOUND, nil(), nil(), name, nil(), nil(), Value::fixnum(hash as i64)];
    for (i, slot) in slots.iter().enumerate() {
        // SAFETY: a fresh symbol has seven slots after its header.
        unsafe { *base.add(1 + i) = slot.0 };
    }
    Value(base as u64 | SYMBOL_TAG)
}

/// A fresh symbol without package, named by code points.
pub fn make_symbol_named(ctx: &mut ThreadContext, name: &[u32]) -> Value {
    let name = string_from_code_points(ctx, name);
    make_symbol(ctx, name)
}

/// One of the slots of a symbol that may hold a near reference.
#[inline]
fn near_slot(sym: Value, slot: usize) -> Value {
    Value(layout::near_reference(sym.0, sym.slot(slot).0))
}

pub fn symbol_name(sym: Value) -> Value {
    near_slot(sym, symbol::NAME)
}
/// Home package or NIL.
pub fn symbol_package(sym: Value) -> Value {
    near_slot(sym, symbol::PACKAGE)
}
/// What the function slot holds: a function, macro or undefined-function object, or NIL.
pub fn symbol_function(sym: Value) -> Value {
    near_slot(sym, symbol::FUNCTION)
}
pub fn symbol_plist(sym: Value) -> Value {
    near_slot(sym, symbol::PLIST)
}
pub fn symbol_hash(sym: Value) -> u64 {
    sym.slot(symbol::HASH).as_fixnum() as u64
}
/// The name as Rust text.
pub fn symbol_text(sym: Value) -> String {
    string_to_rust(symbol_name(sym))
}
/// Whether the name consists of these code points.
pub fn has_name(sym: Value, name: &[u32]) -> bool {
    let own = symbol_name(sym);
    own.size() == name.len() && string_chars(own).eq(name.iter().copied())
}

/// Whether a flag of `layout` (`SYMBOL_SPECIAL` and so on) is set.
pub fn has_flag(sym: Value, flag: u64) -> bool {
    sym.header_word() & flag != 0
}
pub fn set_flag(sym: Value, flag: u64, on: bool) {
    // SAFETY: a symbol's first word is its header; flags are no references, so no barrier.
    unsafe {
        let header = sym.base();
        *header = if on { *header | flag } else { *header & !flag };
    }
}
/// Proclaims `sym` special.
pub fn set_special(sym: Value) {
    set_flag(sym, SYMBOL_SPECIAL, true);
}
pub fn is_constant(sym: Value) -> bool {
    has_flag(sym, SYMBOL_CONSTANT)
}

/// The global value, or `Value::UNBOUND`.
pub fn global_value(sym: Value) -> Value {
    match sym.slot(symbol::VALUE) {
        Value::UNBOUND if symbol_package(sym) == keyword_package() => sym,
        value => value,
    }
}
pub fn set_global_value(ctx: &mut ThreadContext, sym: Value, value: Value) {
    set_slot(ctx, sym, symbol::VALUE, value);
}

/// The value under an indicator on the property list.
pub fn property(sym: Value, indicator: Value) -> Option<Value> {
    let mut rest = symbol_plist(sym);
    while rest.is_cons() && rest.cdr().is_cons() {
        if rest.car() == indicator {
            return Some(rest.cdr().car());
        }
        rest = rest.cdr().cdr();
    }
    None
}
/// Puts a value under an indicator on the property list.
pub fn put_property(ctx: &mut ThreadContext, sym: Value, indicator: Value, value: Value) {
    let old = symbol_plist(sym);
    let mut rest = old;
    while rest.is_cons() && rest.cdr().is_cons() {
        if rest.car() == indicator {
            return set_car(ctx, rest.cdr(), value);
        }
        rest = rest.cdr().cdr();
    }
    let plist = list_with_tail(ctx, &[indicator, value], old);
    set_slot(ctx, sym, symbol::PLIST, plist);
}

/// The function object of `sym`: what its function slot holds, or a new undefined-function object
/// stored there, so that a call through the slot needs no test. A near reference gives way.
pub fn ensure_function_object(ctx: &mut ThreadContext, sym: Value) -> Value {
    let current = symbol_function(sym);
    let function = if current.is_function() { current } else { make_undefined_function(ctx, sym) };
    if sym.slot(symbol::FUNCTION) != function {
        set_slot(ctx, sym, symbol::FUNCTION, function);
    }
    function
}

/// A function object whose call raises `undefined-function` for `sym`.
pub fn make_undefined_function(ctx: &mut ThreadContext, sym: Value) -> Value {
    let base = allocate(ctx, layout::header(kind::FUNCTION, 2) | FUNCTION_UNDEFINED);
    // SAFETY: a function of size two has the entry word and one slot after its header.
    unsafe {
        *base.add(1) = undefined_entry();
        *base.add(2) = sym.0;
    }
    Value(base as u64 | FUNCTION_TAG)
}

/// Address of the general entry that raises `undefined-function` (assembly of the control room).
/// Reached through the GOT as a weak symbol, so that a part of the runtime that never calls Lisp
/// links without it.
fn undefined_entry() -> u64 {
    let entry: u64;
    // SAFETY: loads one address; no memory is written.
    unsafe {
        core::arch::asm!(
            ".weak rook_undefined_entry",
            "mov {}, qword ptr [rip + rook_undefined_entry@GOTPCREL]",
            out(reg) entry,
            options(nostack, pure, readonly)
        );
    }
    entry
}

/// The symbol that carries the function named `(setf sym)`, made on demand: uninterned, named
/// "(SETF NAME)", its own SETF slot pointing back to `sym`.
pub fn setf_symbol(ctx: &mut ThreadContext, sym: Value) -> Value {
    if let Some(existing) = find_setf_symbol(sym) {
        return existing;
    }
    let name = string(ctx, &format!("(SETF {})", symbol_text(sym)));
    let carrier = make_symbol(ctx, name);
    if sym.is_nil() {
        // SAFETY: one word, a registered root, written under the same rule as every symbol slot.
        unsafe { NIL_SETF = carrier.0 };
    } else {
        set_slot(ctx, carrier, symbol::SETF, sym);
        set_slot(ctx, sym, symbol::SETF, carrier);
    }
    carrier
}

/// The symbol that carries `(setf sym)`, if it was made before.
pub fn find_setf_symbol(sym: Value) -> Option<Value> {
    // SAFETY: a plain read of a word that only `setf_symbol` writes.
    let carrier = if sym.is_nil() { Value(unsafe { NIL_SETF }) } else { near_slot(sym, symbol::SETF) };
    (carrier.is_symbol() && !carrier.is_nil()).then_some(carrier)
}

/// When `sym` carries a setf function, the symbol X of its name `(setf X)`.
pub fn setf_base(sym: Value) -> Option<Value> {
    // SAFETY: as in `find_setf_symbol`.
    if sym.0 == unsafe { NIL_SETF } {
        return Some(nil());
    }
    if !symbol_package(sym).is_nil() || sym.is_nil() {
        return None;
    }
    let base = near_slot(sym, symbol::SETF);
    let is_carrier = base.is_symbol() && !base.is_nil() && string_chars(symbol_name(sym)).next() == Some('(' as u32);
    (is_carrier && find_setf_symbol(base) == Some(sym)).then_some(base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::package;
    use crate::object::testing::with_context;
    use crate::value::t;

    #[test]
    fn a_fresh_symbol_is_unbound_and_homeless() {
        with_context(|ctx| {
            let sym = make_symbol_named(ctx, &[0x41, 0x3bb]);
            assert_eq!(symbol_text(sym), "Aλ");
            assert_eq!(global_value(sym), Value::UNBOUND);
            assert!(symbol_package(sym).is_nil());
            assert!(sym.is_symbol() && !sym.is_cons());
        });
    }

    #[test]
    fn nil_and_t_are_constants_of_common_lisp() {
        with_context(|_| {
            for (v, name) in [(nil(), "NIL"), (t(), "T")] {
                assert_eq!(symbol_text(v), name);
                assert!(is_constant(v));
                assert_eq!(symbol_package(v), package::common_lisp());
            }
            assert_eq!(nil().car(), nil());
            assert_eq!(nil().cdr(), nil());
        });
    }

    #[test]
    fn setf_symbols_are_made_once_and_lead_back() {
        with_context(|ctx| {
            let foo = make_symbol_named(ctx, &[0x46]);
            for sym in [foo, nil(), well_known(Sym::LIST)] {
                let carrier = setf_symbol(ctx, sym);
                assert_eq!(setf_symbol(ctx, sym), carrier);
                assert_eq!(setf_base(carrier), Some(sym));
                assert_eq!(setf_base(sym), None);
            }
            assert_eq!(symbol_text(setf_symbol(ctx, foo)), "(SETF F)");
            assert_eq!(nil().cdr(), nil());
        });
    }

    #[test]
    fn properties_are_put_once() {
        with_context(|ctx| {
            let foo = make_symbol_named(ctx, &[0x46]);
            assert_eq!(property(foo, t()), None);
            put_property(ctx, foo, t(), Value::fixnum(1));
            put_property(ctx, foo, foo, Value::fixnum(2));
            put_property(ctx, foo, t(), Value::fixnum(3));
            assert_eq!(property(foo, t()), Some(Value::fixnum(3)));
            assert_eq!(property(foo, foo), Some(Value::fixnum(2)));
            assert_eq!(symbol_plist(foo).list_iter().count(), 4);
        });
    }

    #[test]
    fn an_undefined_function_names_its_symbol() {
        with_context(|ctx| {
            let foo = make_symbol_named(ctx, &[0x46]);
            let f = ensure_function_object(ctx, foo);
            assert!(f.is_function());
            assert_eq!(f.slot(1), foo);
            assert_ne!(f.header_word() & FUNCTION_UNDEFINED, 0);
            assert_eq!(ensure_function_object(ctx, foo), f);
        });
    }
}
