//! Interval arithmetic on raw words, for `infer_types`.
//!
//! A word's type is `Type { set: FIXNUM, low, high }` with bounds anywhere in 64 bits. Anything that
//! may wrap is unbounded.

use crate::mir::*;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::tags::FIXNUM_SHIFT;

/// An unbounded word.
pub const WORD: Type = word(i64::MIN, i64::MAX);

pub const fn word(low: i64, high: i64) -> Type {
    Type { set: TypeSet::FIXNUM, low, high }
}

/// The type of an instruction's result that is a word, from the types of its operands.
pub fn word_type(f: &Function, inst: &Inst) -> Type {
    let bounds = |v: ValueId| {
        let ty = f.ty(v);
        (f.repr(v) == Repr::Word || ty.is_fixnum()).then_some((ty.low, ty.high))
    };
    let known = |v: ValueId| !f.ty(v).set.is_empty();
    match *inst {
        Inst::Word(n) => word(n, n),
        Inst::Untag(v) | Inst::Bits(v) if !known(v) => Type::EMPTY,
        Inst::Untag(v) => bounds(v).map_or(WORD, |(low, high)| word(low, high)),
        Inst::Bits(v) => bounds(v).map_or(WORD, |(low, high)| word(low << FIXNUM_SHIFT, high << FIXNUM_SHIFT)),
        Inst::BoolToWord(_) => word(0, 1),
        Inst::CheckIndex(_, length, _) if known(length) => {
            let (_, high) = bounds(length).unwrap_or((0, i64::MAX));
            word(0, high.saturating_sub(1).max(0))
        }
        Inst::Header { .. } => WORD,
        Inst::Load { element, .. } | Inst::LoadIndexed { element, .. } => element_bounds(element),
        Inst::WordOp(op, a, b) => {
            if !known(a) || !known(b) {
                return Type::EMPTY;
            }
            match (bounds(a), bounds(b)) {
                (Some(a), Some(b)) => operation(op, a, b).map_or(WORD, |(low, high)| word(low, high)),
                _ => WORD,
            }
        }
        _ => WORD,
    }
}

fn element_bounds(element: Element) -> Type {
    match element {
        Element::U8 => word(0, 0xff),
        Element::S8 => word(-0x80, 0x7f),
        Element::U16 => word(0, 0xffff),
        Element::S16 => word(-0x8000, 0x7fff),
        Element::U32 => word(0, 0xffff_ffff),
        Element::S32 => word(-0x8000_0000, 0x7fff_ffff),
        _ => WORD,
    }
}

type Bounds = (i64, i64);

fn operation(op: WordOp, a: Bounds, b: Bounds) -> Option<Bounds> {
    let corners = |f: &dyn Fn(i64, i64) -> Option<i64>| -> Option<Bounds> {
        let all = [f(a.0, b.0)?, f(a.0, b.1)?, f(a.1, b.0)?, f(a.1, b.1)?];
        Some((all.into_iter().min()?, all.into_iter().max()?))
    };
    let constant = |b: Bounds| (b.0 == b.1).then_some(b.0);
    let nonnegative = |x: Bounds| x.0 >= 0;
    match op {
        WordOp::Add => Some((a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)),
        WordOp::Sub => Some((a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)),
        WordOp::Mul => corners(&i64::checked_mul),
        WordOp::And => match (constant(a), constant(b)) {
            // Clearing low bits is monotonic.
            (_, Some(mask)) if (-mask).count_ones() == 1 && mask < 0 => Some((a.0 & mask, a.1 & mask)),
            (Some(mask), _) if (-mask).count_ones() == 1 && mask < 0 => Some((b.0 & mask, b.1 & mask)),
            _ if nonnegative(a) && nonnegative(b) => Some((0, a.1.min(b.1))),
            _ if nonnegative(a) => Some((0, a.1)),
            _ if nonnegative(b) => Some((0, b.1)),
            _ => None,
        },
        WordOp::Or | WordOp::Xor if nonnegative(a) && nonnegative(b) => {
            let bits = 64 - (a.1 | b.1).leading_zeros();
            Some((0, if bits >= 63 { i64::MAX } else { (1 << bits) - 1 }))
        }
        WordOp::Or | WordOp::Xor => None,
        WordOp::ShiftLeft => {
            let n = constant(b).filter(|n| (0..63).contains(n))?;
            let shift = |x: i64| x.checked_mul(1 << n);
            Some((shift(a.0)?, shift(a.1)?))
        }
        WordOp::ShiftRightSigned => {
            let n = constant(b).filter(|n| (0..64).contains(n))?;
            Some((a.0 >> n, a.1 >> n))
        }
        WordOp::ShiftRight => {
            let n = constant(b).filter(|n| (0..64).contains(n))?;
            if nonnegative(a) {
                Some((a.0 >> n, a.1 >> n))
            } else {
                (n > 0).then(|| (0, (u64::MAX >> n) as i64))
            }
        }
        WordOp::Min => Some((a.0.min(b.0), a.1.min(b.1))),
        WordOp::Div if b.0 > 0 => corners(&i64::checked_div),
        WordOp::Div => None,
        WordOp::Rem => {
            let most = b.0.checked_abs()?.max(b.1.checked_abs()?).checked_sub(1)?.max(0);
            Some((if nonnegative(a) { 0 } else { (-most).max(a.0) }, if a.1 <= 0 { 0 } else { most.min(a.1) }))
        }
    }
}

/// What is known of the comparison.
pub fn decide(op: Compare, a: Type, b: Type) -> Option<bool> {
    let less = |strict: bool, a: Type, b: Type| {
        if if strict { a.high < b.low } else { a.high <= b.low } {
            Some(true)
        } else if if strict { a.low >= b.high } else { a.low > b.high } {
            Some(false)
        } else {
            None
        }
    };
    match op {
        Compare::Lt => less(true, a, b),
        Compare::Le => less(false, a, b),
        Compare::Gt => less(true, b, a),
        Compare::Ge => less(false, b, a),
        Compare::Below if a.low >= 0 && b.low >= 0 => less(true, a, b),
        Compare::Below if a.low >= 0 && b.high < 0 => Some(true),
        Compare::Below if a.high < 0 && b.low >= 0 => Some(false),
        Compare::Below => None,
        Compare::Eq | Compare::Ne => {
            let equal = if a.high < b.low || b.high < a.low {
                Some(false)
            } else {
                (a.low == a.high && (a.low, a.high) == (b.low, b.high)).then_some(true)
            };
            if op == Compare::Ne { equal.map(|e| !e) } else { equal }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stay_within_their_bounds() {
        let ranges: [Bounds; 7] = [(0, 5), (-3, 4), (-8, -2), (7, 7), (-1, -1), (-2, -2), (0, 100)];
        let ops = [
            WordOp::Add, WordOp::Sub, WordOp::Mul, WordOp::And, WordOp::Or, WordOp::Xor, WordOp::ShiftLeft,
            WordOp::ShiftRight, WordOp::ShiftRightSigned, WordOp::Div, WordOp::Rem, WordOp::Min,
        ];
        let apply = |op, x: i64, y: i64| match op {
            WordOp::Add => x.wrapping_add(y),
            WordOp::Sub => x.wrapping_sub(y),
            WordOp::Mul => x.wrapping_mul(y),
            WordOp::And => x & y,
            WordOp::Or => x | y,
            WordOp::Xor => x ^ y,
            WordOp::ShiftLeft => x.wrapping_shl(y as u32),
            WordOp::ShiftRight => (x as u64).wrapping_shr(y as u32) as i64,
            WordOp::ShiftRightSigned => x.wrapping_shr(y as u32),
            WordOp::Min => x.min(y),
            WordOp::Div => x / y,
            WordOp::Rem => x % y,
        };
        for op in ops {
            for a in ranges {
                for b in ranges {
                    let Some((low, high)) = operation(op, a, b) else { continue };
                    for x in a.0..=a.1 {
                        for y in b.0..=b.1 {
                            let division = matches!(op, WordOp::Div | WordOp::Rem);
                            if !(division && (y == 0 || y == -1)) {
                                let r = apply(op, x, y);
                                assert!((low..=high).contains(&r), "{op:?} {x} {y}: {r} is outside {low}..{high}");
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(operation(WordOp::Add, (i64::MAX, i64::MAX), (1, 1)), None, "what may wrap is unbounded");
    }

    #[test]
    fn comparisons_are_decided_by_disjoint_ranges() {
        let (low, high) = (word(0, 4), word(5, 9));
        assert_eq!(decide(Compare::Lt, low, high), Some(true));
        assert_eq!(decide(Compare::Ge, low, high), Some(false));
        assert_eq!(decide(Compare::Lt, low, low), None);
        assert_eq!(decide(Compare::Below, word(-1, -1), high), Some(false), "negative words are large");
        assert_eq!(decide(Compare::Ne, low, high), Some(true));
        assert_eq!(decide(Compare::Eq, word(3, 3), word(3, 3)), Some(true));
    }
}
