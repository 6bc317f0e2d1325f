//! ELF names of Lisp symbols and packages: reversible, and harmless to linkers.
//!
//! `rook.sym.PACKAGE:NAME`, `rook.setf.PACKAGE:NAME` (the carrier of `(setf NAME)`), `rook.pkg.NAME`.
//! Characters that linkers or this format give a meaning are written `%HEX;`.

/// What a mangled name stands for. Names are code points: a symbol name may hold any.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LispName {
    Symbol { package: Vec<u32>, name: Vec<u32> },
    /// The symbol that carries the function `(setf package:name)`.
    Setf { package: Vec<u32>, name: Vec<u32> },
    Package(Vec<u32>),
}

const SYMBOL: &str = "rook.sym.";
const SETF: &str = "rook.setf.";
const PACKAGE: &str = "rook.pkg.";

pub fn mangle(name: &LispName) -> String {
    match name {
        LispName::Symbol { package, name } => format!("{SYMBOL}{}:{}", escape(package), escape(name)),
        LispName::Setf { package, name } => format!("{SETF}{}:{}", escape(package), escape(name)),
        LispName::Package(name) => format!("{PACKAGE}{}", escape(name)),
    }
}

/// The inverse; `None` for names that are not ours.
pub fn demangle(text: &str) -> Option<LispName> {
    let pair = |rest: &str| {
        let (package, name) = rest.split_once(':')?;
        Some((unescape(package)?, unescape(name)?))
    };
    if let Some(rest) = text.strip_prefix(SYMBOL) {
        let (package, name) = pair(rest)?;
        return Some(LispName::Symbol { package, name });
    }
    if let Some(rest) = text.strip_prefix(SETF) {
        let (package, name) = pair(rest)?;
        return Some(LispName::Setf { package, name });
    }
    text.strip_prefix(PACKAGE).and_then(unescape).map(LispName::Package)
}

fn escape(name: &[u32]) -> String {
    let mut text = String::with_capacity(name.len());
    for &code in name {
        match char::from_u32(code) {
            Some(c) if c.is_ascii_graphic() && !"%:@;\"\\".contains(c) => text.push(c),
            Some(c) if c.is_alphanumeric() => text.push(c),
            _ => text.push_str(&format!("%{code:X};")),
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u32>> {
    let mut name = Vec::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            name.push(c as u32);
            continue;
        }
        let digits: String = chars.by_ref().take_while(|&c| c != ';').collect();
        name.push(u32::from_str_radix(&digits, 16).ok()?);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive() {
        let points = |s: &str| s.chars().map(|c| c as u32).collect::<Vec<u32>>();
        let names = ["CAR", "*x*", "a b:c@d%e", "", "λ-ß", "|;\"\\", "\u{0}\n"];
        for name in names.iter().map(|n| points(n)).chain([vec![0xd800, 0x41]]) {
            for lisp in [
                LispName::Symbol { package: points("COMMON-LISP"), name: name.clone() },
                LispName::Setf { package: name.clone(), name: name.clone() },
                LispName::Package(name.clone()),
            ] {
                let mangled = mangle(&lisp);
                assert!(!mangled.contains(['@', '\0', ' ', '\n']), "{mangled}");
                assert_eq!(demangle(&mangled), Some(lisp), "{mangled}");
            }
        }
        assert_eq!(demangle("rook_rt_add"), None);
        assert_eq!(mangle(&LispName::Symbol { package: points("COMMON-LISP"), name: points("CAR") }), "rook.sym.COMMON-LISP:CAR");
    }
}
