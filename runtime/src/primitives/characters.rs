//! Primitives of chapter 13: case, classes, digits and names of characters.

use crate::abi::thread_context::ThreadContext;
use crate::abi::well_known::Sym;
use crate::control::errors::{expect_fixnum, wrong_type};
use crate::object::character;
use crate::object::string;
use crate::object::text::{expect_designator, rust_text};
use crate::primitives;
use crate::value::{LispResult, Value, nil};

pub(super) fn expect_character(ctx: &mut ThreadContext, v: Value) -> LispResult<u32> {
    if v.is_character() { Ok(v.as_character()) } else { Err(wrong_type(ctx, v, Sym::CHARACTER)) }
}

fn expect_radix(ctx: &mut ThreadContext, v: Value) -> LispResult<u32> {
    match v.to_fixnum() {
        Some(radix @ 2..=36) => Ok(radix as u32),
        _ => Err(wrong_type(ctx, v, Sym::INTEGER)),
    }
}

fn test(ctx: &mut ThreadContext, v: Value, predicate: fn(u32) -> bool) -> LispResult {
    expect_character(ctx, v).map(|c| Value::bool(predicate(c)))
}

primitives! {
    /// `code-char` of what inline code does not take for a character code: NIL, or a type error.
    fn code_char(ctx, code) {
        match code.to_fixnum() {
            Some(n) if (0..0x110000).contains(&n) => Ok(Value::character(n as u32)),
            Some(n) if n >= 0 => Ok(nil()),
            _ => Err(wrong_type(ctx, code, Sym::UNSIGNED_BYTE)),
        }
    }
    fn char_upcase(ctx, c) { expect_character(ctx, c).map(|c| Value::character(character::upcase(c))) }
    fn char_downcase(ctx, c) { expect_character(ctx, c).map(|c| Value::character(character::downcase(c))) }
    fn upper_case_p(ctx, c) { test(ctx, c, character::is_upper) }
    fn lower_case_p(ctx, c) { test(ctx, c, character::is_lower) }
    fn both_case_p(ctx, c) { test(ctx, c, character::is_both_case) }
    fn alpha_char_p(ctx, c) { test(ctx, c, character::is_alpha) }
    fn alphanumericp(ctx, c) { test(ctx, c, character::is_alphanumeric) }
    fn graphic_char_p(ctx, c) { test(ctx, c, character::is_graphic) }
    /// Weight of the digit in the radix, or NIL.
    fn digit_char_p(ctx, c, radix) {
        let (c, radix) = (expect_character(ctx, c)?, expect_radix(ctx, radix)?);
        Ok(character::digit_weight(c, radix).map_or(nil(), |w| Value::fixnum(w as i64)))
    }
    /// The digit of this weight in the radix, or NIL.
    fn digit_char(ctx, weight, radix) {
        let radix = expect_radix(ctx, radix)?;
        let digit = u32::try_from(expect_fixnum(ctx, weight)?).ok();
        Ok(digit.and_then(|w| character::digit_character(w, radix)).map_or(nil(), Value::character))
    }
    /// The name of the character, or NIL.
    fn char_name(ctx, c) {
        let c = expect_character(ctx, c)?;
        Ok(character::name(c).map_or(nil(), |name| string(ctx, &name)))
    }
    /// The character of this name, or NIL.
    fn name_char(ctx, name) {
        let name = expect_designator(ctx, name)?;
        Ok(character::named(&rust_text(&name)).map_or(nil(), Value::character))
    }
}
