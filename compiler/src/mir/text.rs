//! The words of MIR's text form, shared by printer and parser so that they cannot disagree.
//!
//! Every instruction is a name, then attributes, then operands in the order of `for_each_operand`.

use super::function::*;
use crate::types::TypeSet;
use rook_runtime::abi::layout::{Shape, kind_name, shape_of};

/// Words for the values of an enumeration.
pub(super) type Words<T> = &'static [(T, &'static str)];

pub(super) fn word_of<T: PartialEq + Copy>(words: Words<T>, value: T) -> &'static str {
    words.iter().find(|(v, _)| *v == value).expect("the table lists every value").1
}

pub(super) fn value_of<T: PartialEq + Copy>(words: Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(_, w)| *w == word).map(|(v, _)| *v)
}

pub(super) const WORD_OPS: Words<WordOp> = &[
    (WordOp::Add, "word-add"),
    (WordOp::Sub, "word-sub"),
    (WordOp::Mul, "word-mul"),
    (WordOp::And, "word-and"),
    (WordOp::Or, "word-or"),
    (WordOp::Xor, "word-xor"),
    (WordOp::ShiftLeft, "shift-left"),
    (WordOp::ShiftRight, "shift-right"),
    (WordOp::ShiftRightSigned, "shift-right-signed"),
    (WordOp::Min, "min"),
    (WordOp::Div, "word-div"),
    (WordOp::Rem, "word-rem"),
];
pub(super) const COMPARES: Words<Compare> = &[
    (Compare::Eq, "eq"),
    (Compare::Ne, "ne"),
    (Compare::Lt, "lt"),
    (Compare::Le, "le"),
    (Compare::Gt, "gt"),
    (Compare::Ge, "ge"),
    (Compare::Below, "below"),
];
pub(super) const CHECKED_OPS: Words<CheckedOp> =
    &[(CheckedOp::Add, "checked-add"), (CheckedOp::Sub, "checked-sub"), (CheckedOp::Mul, "checked-mul")];
pub(super) const FLOAT_OPS: Words<FloatOp> = &[
    (FloatOp::Add, "float-add"),
    (FloatOp::Sub, "float-sub"),
    (FloatOp::Mul, "float-mul"),
    (FloatOp::Div, "float-div"),
    (FloatOp::Min, "float-min"),
    (FloatOp::Max, "float-max"),
];
pub(super) const TRAP_OPS: Words<TrapOp> = &[
    (TrapOp::Add, "check-float-add"),
    (TrapOp::Sub, "check-float-sub"),
    (TrapOp::Mul, "check-float-mul"),
    (TrapOp::Div, "check-float-div"),
    (TrapOp::Narrow, "check-float-narrow"),
];
pub(super) const FLOAT_UNARIES: Words<FloatUnary> =
    &[(FloatUnary::Neg, "float-neg"), (FloatUnary::Abs, "float-abs"), (FloatUnary::Sqrt, "float-sqrt")];
pub(super) const ARITHS: Words<Arith> = &[(Arith::Add, "add"), (Arith::Sub, "sub"), (Arith::Mul, "mul")];
pub(super) const ELEMENTS: Words<Element> = &[
    (Element::Tagged, "tagged"),
    (Element::U8, "u8"),
    (Element::S8, "s8"),
    (Element::U16, "u16"),
    (Element::S16, "s16"),
    (Element::U32, "u32"),
    (Element::S32, "s32"),
    (Element::Word, "word"),
    (Element::F64, "f64"),
    (Element::F32, "f32"),
];
pub(super) const RUNTIME_CALLS: Words<RuntimeCall> = &[
    (RuntimeCall::SaveValues, "save-values"),
    (RuntimeCall::RestoreValues, "restore-values"),
    (RuntimeCall::SpreadList, "spread-list"),
    (RuntimeCall::SpreadValues, "spread-values"),
    (RuntimeCall::RestList, "rest-list"),
    (RuntimeCall::ParseKeys, "parse-keys"),
];
pub(super) const EXIT_KINDS: Words<ExitKind> =
    &[(ExitKind::Catch, "catch"), (ExitKind::Block, "block"), (ExitKind::Cleanup, "cleanup")];
pub(super) const REPRS: Words<Repr> =
    &[(Repr::Tagged, "tagged"), (Repr::Word, "word"), (Repr::Double, "double"), (Repr::Single, "single"), (Repr::Bool, "bool")];

macro_rules! simple_instructions {
    ($($name:literal $variant:ident($($arg:ident),*);)*) => {
        /// The name of an instruction that has operands and nothing else.
        pub(super) fn simple_name(inst: &Inst) -> Option<&'static str> {
            match inst {
                $(Inst::$variant { .. } => Some($name),)*
                _ => None,
            }
        }
        /// The instruction of that name, when it has these many operands.
        pub(super) fn simple_instruction(name: &str, operands: &[ValueId]) -> Option<Inst> {
            match name {
                $($name => {
                    let [$($arg),*] = *operands else { return None };
                    Some(simple_instructions!(@make $variant $($arg)*))
                })*
                _ => None,
            }
        }
    };
    (@make $variant:ident) => { Inst::$variant };
    (@make $variant:ident $($arg:ident)+) => { Inst::$variant($($arg),+) };
}
simple_instructions! {
    "nil" Nil();
    "t" T();
    "untag" Untag(a);
    "tag" Tag(a);
    "bits" Bits(a);
    "from-bits" FromBits(a);
    "boolean" Boolean(a);
    "bool-to-word" BoolToWord(a);
    "box-double" BoxDouble(a);
    "unbox-double" UnboxDouble(a);
    "unbox-single" UnboxSingle(a);
    "box-single" BoxSingle(a);
    "word-to-double" WordToDouble(a);
    "word-to-single" WordToSingle(a);
    "double-to-word" DoubleToWord(a);
    "single-to-double" SingleToDouble(a);
    "double-to-single" DoubleToSingle(a);
    "not" BoolNot(a);
    "and" BoolAnd(a, b);
    "or" BoolOr(a, b);
    "same" Eq(a, b);
    "check-index" CheckIndex(a, b, c);
    "coerce-to-function" CoerceToFunction(a);
    "cons" Cons(a, b);
    "make-cell" MakeCell(a);
    "cell-ref" CellRef(a);
    "cell-set" CellSet(a, b);
    "arg-ref-indexed" ArgRefIndexed(a);
    "set-arg-count" SetArgCount(a);
    "set-value-count" SetValueCount(a);
    "unwind-target" UnwindTarget();
    "poll" Poll();
    "poll-loop" PollLoop();
    "poll-sometimes" PollSometimes(a);
    "settle" Settle(a);
}

/// Names of the bits of a type set; `None` for bits without a meaning.
pub(super) fn type_bit_name(bit: u32) -> Option<String> {
    let named = [
        (TypeSet::FIXNUM, "fixnum"),
        (TypeSet::CHARACTER, "character"),
        (TypeSet::NONNEGATIVE_SINGLE, "single-float>=0"),
        (TypeSet::SINGLE.minus(TypeSet::NONNEGATIVE_SINGLE), "single-float"),
        (TypeSet::NONNEGATIVE_DOUBLE, "double-float>=0"),
        (TypeSet::DOUBLE.minus(TypeSet::NONNEGATIVE_DOUBLE), "double-float"),
        (TypeSet::NIL, "nil"),
        (TypeSet::CONS, "cons"),
        (TypeSet::MARK, "mark"),
        (TypeSet::T, "t"),
    ];
    if let Some((_, name)) = named.iter().find(|(set, _)| set.0 == 1 << bit) {
        return Some((*name).to_owned());
    }
    let kind = bit.checked_sub(8)? as u8;
    (shape_of(kind) != Shape::Invalid).then(|| kind_name(kind).to_lowercase().replace('_', "-"))
}

/// Bits that have names.
pub(super) fn named_bits() -> u64 {
    (0..64).filter(|&bit| type_bit_name(bit).is_some()).map(|bit| 1u64 << bit).sum()
}

/// `any`, `none`, `a|b`, or `!a|b` for everything but these.
pub(super) fn type_set_text(set: TypeSet) -> String {
    let named = named_bits();
    if set == TypeSet::ANY {
        return "any".to_owned();
    }
    if set.is_empty() {
        return "none".to_owned();
    }
    let list = |bits: u64| {
        let names: Vec<String> = (0..64).filter(|&b| bits & 1 << b != 0).filter_map(type_bit_name).collect();
        names.join("|")
    };
    match set.0 & !named {
        0 => list(set.0),
        rest if rest == !named => format!("!{}", list(named & !set.0)),
        _ => format!("#{:x}", set.0),
    }
}

pub(super) fn parse_type_set(text: &str) -> Option<TypeSet> {
    let bits = |names: &str| {
        names.split('|').filter(|name| !name.is_empty()).try_fold(0u64, |bits, name| {
            (0..64).find(|&b| type_bit_name(b).is_some_and(|n| n == name)).map(|b| bits | 1 << b)
        })
    };
    match text {
        "any" => Some(TypeSet::ANY),
        "none" => Some(TypeSet::EMPTY),
        _ => match (text.strip_prefix('!'), text.strip_prefix('#')) {
            (Some(names), _) => Some(TypeSet(!bits(names)?)),
            (_, Some(hex)) => u64::from_str_radix(hex, 16).ok().map(TypeSet),
            _ => bits(text).map(TypeSet),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_sets_survive_text() {
        for set in [
            TypeSet::ANY,
            TypeSet::EMPTY,
            TypeSet::NUMBER,
            TypeSet::ANY.minus(TypeSet::NIL),
            TypeSet(!0),
            TypeSet::LIST,
            TypeSet(1 << 63),
        ] {
            let text = type_set_text(set);
            assert_eq!(parse_type_set(&text), Some(set), "{text}");
        }
    }
}
