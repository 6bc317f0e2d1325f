//! Type specifiers to `Type`: a sound over-approximation, and whether it is exact.

use super::{Type, TypeSet};
use rook_runtime::abi::layout::kind;
use rook_runtime::object::string_to_rust;
use rook_runtime::value::Value;

/// What a specifier denotes: `ty` contains it; `exact` when membership in `ty` decides `typep`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Denoted {
    pub ty: Type,
    pub exact: bool,
}

fn exact(set: TypeSet) -> Denoted {
    Denoted { ty: Type::of(set), exact: true }
}
fn within(set: TypeSet) -> Denoted {
    Denoted { ty: Type::of(set), exact: false }
}

/// The denotation of a (fully expanded) specifier; unknown ones are `ANY`, inexact.
pub fn denote(spec: Value) -> Denoted {
    if spec.is_symbol() {
        return denote_name(&symbol_name(spec));
    }
    if !spec.is_cons() || !spec.car().is_symbol() {
        return within(TypeSet::ANY);
    }
    let args: Vec<Value> = spec.cdr().list_iter().collect();
    match symbol_name(spec.car()).as_str() {
        "INTEGER" => denote_integer(bound(args.first(), true), bound(args.get(1), false)),
        "FIXNUM" => denote_name("FIXNUM"),
        "MOD" => match args.first().and_then(|v| v.to_fixnum()) {
            Some(n) => denote_integer(Some(0), Some(n - 1)),
            None => within(TypeSet::INTEGER),
        },
        "SIGNED-BYTE" => match args.first().and_then(|v| v.to_fixnum()) {
            Some(n) if (1..=62).contains(&n) => denote_integer(Some(-(1 << (n - 1))), Some((1 << (n - 1)) - 1)),
            Some(63) => exact(TypeSet::FIXNUM),
            Some(_) => within(TypeSet::INTEGER),
            None => exact(TypeSet::INTEGER),
        },
        "UNSIGNED-BYTE" => match args.first().and_then(|v| v.to_fixnum()) {
            Some(n) if (1..=61).contains(&n) => denote_integer(Some(0), Some((1 << n) - 1)),
            Some(62) => denote_integer(Some(0), Some((1 << 62) - 1)),
            _ => within(TypeSet::INTEGER),
        },
        "OR" => args.iter().map(|&a| denote(a)).fold(exact(TypeSet::EMPTY), |x, y| {
            // A union of intervals is not an interval: exact only when one side has no fixnums.
            let ranges = x.ty.has_fixnum() && y.ty.has_fixnum() && (x.ty.low, x.ty.high) != (y.ty.low, y.ty.high);
            Denoted { ty: x.ty.union(y.ty), exact: x.exact && y.exact && !ranges }
        }),
        "AND" => args.iter().map(|&a| denote(a)).fold(exact(TypeSet::ANY), |x, y| Denoted {
            ty: x.ty.intersection(y.ty),
            exact: x.exact && y.exact,
        }),
        "NOT" => match args.first().map(|&a| denote(a)) {
            Some(d) if d.exact && (!d.ty.has_fixnum() || d.ty.intersection(Type::FIXNUM) == Type::FIXNUM) => {
                exact(TypeSet::ANY.minus(d.ty.set))
            }
            _ => within(TypeSet::ANY),
        },
        "MEMBER" | "EQL" => args.iter().map(|&a| type_of_constant(a)).fold(within(TypeSet::EMPTY), |x, y| Denoted {
            ty: x.ty.union(y),
            exact: false,
        }),
        "VALUES" => args.first().map_or(within(TypeSet::ANY), |&a| denote(a)),
        "CONS" if args.is_empty() => exact(TypeSet::CONS),
        "CONS" => within(TypeSet::CONS),
        "FUNCTION" => within(TypeSet::FUNCTION),
        "SIMPLE-VECTOR" => within(TypeSet::SIMPLE_VECTOR),
        "SIMPLE-STRING" | "SIMPLE-BASE-STRING" => within(TypeSet::SIMPLE_STRING),
        "SIMPLE-ARRAY" => denote_simple_array(&args),
        "DOUBLE-FLOAT" | "LONG-FLOAT" => within(TypeSet::DOUBLE),
        "SINGLE-FLOAT" | "SHORT-FLOAT" => within(TypeSet::SINGLE),
        "FLOAT" => within(TypeSet::FLOAT),
        "REAL" => within(TypeSet::REAL),
        "RATIONAL" => within(TypeSet::RATIONAL),
        _ => within(TypeSet::ANY),
    }
}

/// The type of a constant.
pub fn type_of_constant(v: Value) -> Type {
    if let Some(n) = v.to_fixnum() {
        return Type::fixnum_range(n, n);
    }
    let sign = |x: f64, nonnegative: TypeSet, set: TypeSet| if x >= 0.0 { nonnegative } else { set };
    let set = if v.is_nil() {
        TypeSet::NIL
    } else if v == rook_runtime::value::t() {
        TypeSet::T
    } else if v.is_cons() {
        TypeSet::CONS
    } else if v.is_symbol() {
        TypeSet::PLAIN_SYMBOL
    } else if v.is_character() {
        TypeSet::CHARACTER
    } else if v.is_single() {
        sign(v.as_single() as f64, TypeSet::NONNEGATIVE_SINGLE, TypeSet::SINGLE)
    } else if v.is_double() {
        sign(v.as_double(), TypeSet::NONNEGATIVE_DOUBLE, TypeSet::DOUBLE)
    } else if v.is_reference() {
        TypeSet::kind(rook_runtime::abi::layout::header_kind(v.header_word()))
    } else {
        TypeSet::MARK
    };
    Type::of(set)
}

fn symbol_name(symbol: Value) -> String {
    string_to_rust(rook_runtime::object::symbol::symbol_name(symbol))
}

/// An inclusive bound of `(integer low high)`; `None` when unbounded or not a fixnum.
fn bound(arg: Option<&Value>, lower: bool) -> Option<i64> {
    let arg = *arg?;
    if let Some(n) = arg.to_fixnum() {
        return Some(n);
    }
    let n = arg.is_cons().then(|| arg.car().to_fixnum()).flatten()?;
    Some(if lower { n + 1 } else { n - 1 })
}

fn denote_integer(low: Option<i64>, high: Option<i64>) -> Denoted {
    match (low, high) {
        (Some(low), Some(high)) if low <= high => Denoted { ty: Type::fixnum_range(low, high), exact: true },
        (Some(_), Some(_)) => exact(TypeSet::EMPTY),
        (Some(low), None) => Denoted { ty: Type { low, ..Type::of(TypeSet::INTEGER) }, exact: false },
        (None, Some(high)) => Denoted { ty: Type { high, ..Type::of(TypeSet::INTEGER) }, exact: false },
        (None, None) => within(TypeSet::INTEGER),
    }
}

/// `(simple-array element-type dimensions)`: one-dimensional ones are vectors of one kind.
fn denote_simple_array(args: &[Value]) -> Denoted {
    let one_dimensional = args.get(1).is_some_and(|d| *d == Value::fixnum(1) || d.is_cons() && d.cdr().is_nil());
    let open = args.get(1).is_some_and(|d| *d == Value::fixnum(1) || d.is_cons() && d.car().is_symbol());
    if !one_dimensional {
        return within(TypeSet::ANY);
    }
    match args.first().and_then(|&e| element_kind(e)) {
        Some(k) => Denoted { ty: Type::of(TypeSet::kind(k)), exact: open },
        None => within(TypeSet::ANY),
    }
}

/// The vector kind that stores elements of this type (`upgraded-array-element-type`).
pub fn element_kind(element: Value) -> Option<u8> {
    let d = denote(element);
    if element.is_symbol() {
        match symbol_name(element).as_str() {
            "T" => return Some(kind::SIMPLE_VECTOR),
            "BIT" => return Some(kind::BIT_VECTOR),
            "DOUBLE-FLOAT" | "LONG-FLOAT" => return Some(kind::VECTOR_F64),
            "SINGLE-FLOAT" | "SHORT-FLOAT" => return Some(kind::VECTOR_F32),
            "FIXNUM" => return Some(kind::VECTOR_S64),
            _ => {}
        }
    }
    if d.ty.set == TypeSet::FIXNUM {
        let (low, high) = (d.ty.low, d.ty.high);
        return Some(match () {
            () if low >= 0 && high <= 1 => kind::BIT_VECTOR,
            () if low >= 0 && high < 1 << 8 => kind::VECTOR_U8,
            () if low >= -(1 << 7) && high < 1 << 7 => kind::VECTOR_S8,
            () if low >= 0 && high < 1 << 16 => kind::VECTOR_U16,
            () if low >= -(1 << 15) && high < 1 << 15 => kind::VECTOR_S16,
            () if low >= 0 && high < 1 << 32 => kind::VECTOR_U32,
            () if low >= -(1 << 31) && high < 1 << 31 => kind::VECTOR_S32,
            () => kind::VECTOR_S64,
        });
    }
    if element.is_cons() && element.cdr().is_cons() && element.cdr().car() == Value::fixnum(64) {
        match symbol_name(element.car()).as_str() {
            "UNSIGNED-BYTE" => return Some(kind::VECTOR_U64),
            "SIGNED-BYTE" => return Some(kind::VECTOR_S64),
            _ => {}
        }
    }
    None
}

fn denote_name(name: &str) -> Denoted {
    let set = match name {
        "T" => TypeSet::ANY,
        "NIL" => TypeSet::EMPTY,
        "FIXNUM" => TypeSet::FIXNUM,
        "BIGNUM" => TypeSet::BIGNUM,
        "INTEGER" => TypeSet::INTEGER,
        "RATIO" => TypeSet::RATIO,
        "RATIONAL" => TypeSet::RATIONAL,
        "SINGLE-FLOAT" | "SHORT-FLOAT" => TypeSet::SINGLE,
        "DOUBLE-FLOAT" | "LONG-FLOAT" => TypeSet::DOUBLE,
        "FLOAT" => TypeSet::FLOAT,
        "REAL" => TypeSet::REAL,
        "COMPLEX" => TypeSet::COMPLEX,
        "NUMBER" => TypeSet::NUMBER,
        "CHARACTER" | "BASE-CHAR" => TypeSet::CHARACTER,
        "NULL" => TypeSet::NIL,
        "CONS" => TypeSet::CONS,
        "LIST" => TypeSet::LIST,
        "ATOM" => TypeSet::ANY.minus(TypeSet::CONS),
        "SYMBOL" => TypeSet::SYMBOL,
        "BOOLEAN" => TypeSet::BOOLEAN,
        "FUNCTION" | "COMPILED-FUNCTION" => TypeSet::FUNCTION,
        "SIMPLE-VECTOR" => TypeSet::SIMPLE_VECTOR,
        "SIMPLE-STRING" | "SIMPLE-BASE-STRING" => TypeSet::SIMPLE_STRING,
        "SIMPLE-BIT-VECTOR" => TypeSet::BIT_VECTOR,
        "PACKAGE" => TypeSet::kind(kind::PACKAGE),
        "READTABLE" => TypeSet::kind(kind::READTABLE),
        "RANDOM-STATE" => TypeSet::kind(kind::RANDOM_STATE),
        "BIT" => return Denoted { ty: Type::fixnum_range(0, 1), exact: true },
        "UNSIGNED-BYTE" => return Denoted { ty: Type { low: 0, ..Type::of(TypeSet::INTEGER) }, exact: false },
        "SIGNED-BYTE" => TypeSet::INTEGER,
        "STRING" | "BASE-STRING" => return within(TypeSet::SIMPLE_STRING.union(TypeSet::ARRAY_HEADER)),
        _ => return within(TypeSet::ANY),
    };
    exact(set)
}
