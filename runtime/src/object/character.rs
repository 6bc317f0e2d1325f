//! Characters: case, classes, digits and names, by the Unicode character database.
//!
//! Characters are code points, 0 to 0x10FFFF; surrogates are characters without properties.

use icu_casemap::CaseMapper;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// `char-code-limit`.
pub const CODE_LIMIT: u32 = 0x11_0000;

fn simple_upper(c: u32) -> u32 {
    char::from_u32(c).map_or(c, |c| CaseMapper::new().simple_uppercase(c) as u32)
}
fn simple_lower(c: u32) -> u32 {
    char::from_u32(c).map_or(c, |c| CaseMapper::new().simple_lowercase(c) as u32)
}

/// The upper-case partner, for a character that has one and is its only lower-case partner.
#[inline]
pub fn upcase(c: u32) -> u32 {
    if c < 0x80 {
        return (c as u8).to_ascii_uppercase() as u32;
    }
    let up = simple_upper(c);
    if up != c && simple_lower(up) == c { up } else { c }
}
#[inline]
pub fn downcase(c: u32) -> u32 {
    if c < 0x80 {
        return (c as u8).to_ascii_lowercase() as u32;
    }
    let low = simple_lower(c);
    if low != c && simple_upper(low) == c { low } else { c }
}
#[inline]
pub fn is_upper(c: u32) -> bool {
    downcase(c) != c
}
#[inline]
pub fn is_lower(c: u32) -> bool {
    upcase(c) != c
}
pub fn is_both_case(c: u32) -> bool {
    is_upper(c) || is_lower(c)
}

fn category(c: u32) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get32(c)
}

pub fn is_alpha(c: u32) -> bool {
    if c < 0x80 {
        return (c as u8).is_ascii_alphabetic();
    }
    use GeneralCategory::*;
    matches!(category(c), UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter)
}
fn is_decimal_digit(c: u32) -> bool {
    if c < 0x80 { (c as u8).is_ascii_digit() } else { category(c) == GeneralCategory::DecimalNumber }
}
pub fn is_alphanumeric(c: u32) -> bool {
    is_alpha(c) || is_decimal_digit(c)
}
/// Whether the character shows: everything but control characters.
pub fn is_graphic(c: u32) -> bool {
    (0x20..0x7f).contains(&c) || c >= 0xa0
}

/// Weight of a digit in `radix` (2 to 36).
pub fn digit_weight(c: u32, radix: u32) -> Option<u32> {
    let weight = match c {
        0x30..=0x39 => c - 0x30,
        0x41..=0x5a => c - 0x41 + 10,
        0x61..=0x7a => c - 0x61 + 10,
        _ if c >= 0x80 && is_decimal_digit(c) => decimal_value(c),
        _ => return None,
    };
    (weight < radix).then_some(weight)
}

/// Decimal digits of a script are ten in a row, and such rows begin with zero.
fn decimal_value(c: u32) -> u32 {
    let run = (0..c).rev().take_while(|&p| is_decimal_digit(p)).count() as u32;
    run % 10
}

/// The digit of this weight, upper case.
pub fn digit_character(weight: u32, radix: u32) -> Option<u32> {
    (weight < radix).then(|| if weight < 10 { 0x30 + weight } else { 0x41 + weight - 10 })
}

/// Names, the preferred one of each character first.
const NAMES: &[(&str, u32)] = &[
    ("Space", 0x20), ("Newline", 0x0a), ("Tab", 0x09), ("Page", 0x0c), ("Rubout", 0x7f), ("Return", 0x0d),
    ("Backspace", 0x08), ("Linefeed", 0x0a), ("Null", 0), ("Nul", 0), ("Soh", 1), ("Stx", 2), ("Etx", 3), ("Eot", 4),
    ("Enq", 5), ("Ack", 6), ("Bell", 7), ("Bel", 7), ("Vt", 0x0b), ("So", 0x0e), ("Si", 0x0f), ("Dle", 0x10),
    ("Dc1", 0x11), ("Dc2", 0x12), ("Dc3", 0x13), ("Dc4", 0x14), ("Nak", 0x15), ("Syn", 0x16), ("Etb", 0x17),
    ("Can", 0x18), ("Em", 0x19), ("Sub", 0x1a), ("Escape", 0x1b), ("Esc", 0x1b), ("Altmode", 0x1b), ("Fs", 0x1c),
    ("Gs", 0x1d), ("Rs", 0x1e), ("Us", 0x1f), ("Delete", 0x7f), ("Del", 0x7f), ("Bs", 0x08), ("Ht", 0x09),
    ("Lf", 0x0a), ("Ff", 0x0c), ("Cr", 0x0d), ("Sp", 0x20), ("No-Break_Space", 0xa0), ("Nbsp", 0xa0),
    ("Zero_Width_Space", 0x200b), ("Byte_Order_Mark", 0xfeff), ("Replacement_Character", 0xfffd),
];

/// The name of a character, when it has one; graphic ASCII characters have none.
pub fn name(c: u32) -> Option<String> {
    if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == c) {
        return Some((*name).to_owned());
    }
    if (0x21..0x7f).contains(&c) {
        return None;
    }
    Some(if c < 0x1_0000 { format!("U{c:04X}") } else { format!("U{c:08X}") })
}

/// The character with this name, in any case: the names above, or U and at least four hexadecimal
/// digits (`U00E9`, `U+1F600`).
pub fn named(name: &str) -> Option<u32> {
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*code);
    }
    let digits = name.strip_prefix(['U', 'u'])?;
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    if !(4..=8).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().filter(|&c| c < CODE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_a_bijection() {
        for c in 0..CODE_LIMIT {
            assert!(!(is_upper(c) && is_lower(c)), "{c:x}");
            if is_upper(c) {
                assert_eq!(upcase(downcase(c)), c, "{c:x}");
            }
            if is_lower(c) {
                assert_eq!(downcase(upcase(c)), c, "{c:x}");
            }
        }
        assert_eq!(upcase('λ' as u32), 'Λ' as u32);
        assert_eq!(upcase('ß' as u32), 'ß' as u32);
        assert_eq!(upcase('ı' as u32), 'ı' as u32);
    }

    #[test]
    fn digits_of_every_script() {
        assert_eq!(digit_weight('f' as u32, 16), Some(15));
        assert_eq!(digit_weight('f' as u32, 10), None);
        assert_eq!(digit_weight('٣' as u32, 10), Some(3));
        assert_eq!(digit_weight('𝟡' as u32, 10), Some(9));
        assert_eq!(digit_character(35, 36), Some('Z' as u32));
        assert_eq!(digit_character(10, 10), None);
    }

    #[test]
    fn names_go_both_ways() {
        for c in (0..0x3000).chain([0x1_f600, 0x10_ffff]) {
            if let Some(name) = name(c) {
                assert_eq!(named(&name), Some(c), "{name}");
            }
        }
        assert_eq!(name('a' as u32), None);
        assert_eq!(named("newline"), Some(10));
        assert_eq!(named("U+1F600"), Some(0x1f600));
        assert_eq!(named("U110000"), None);
        assert_eq!(named("Ux"), None);
    }

    #[test]
    fn classes() {
        assert!(is_alpha('é' as u32) && !is_alpha('1' as u32) && is_alphanumeric('1' as u32));
        assert!(!is_graphic(0x1f) && !is_graphic(0x85) && is_graphic(0xa0));
        assert!(!is_alpha(0xd800) && !is_both_case(0xd800));
    }
}
