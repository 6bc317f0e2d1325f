//! Property tests: the kernels against dashu at the sizes where one takes over from the other,
//! the tower's laws, and 128-bit arithmetic as an oracle for bits.

use super::arithmetic::{self, Compare};
use super::bits::{self, Logic};
use super::bignum::{from_i128, from_ibig, to_ibig};
use super::division::{self, Rounding};
use super::{bignum, integer, ratio};
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::double;
use crate::object::testing::with_context;
use crate::value::{LispResult, Value};
use dashu_int::ops::{DivRem, Gcd};
use dashu_int::{IBig, UBig};

/// Deterministic random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.word() % n
    }
    /// A limb, often with long runs of equal bits.
    fn limb(&mut self) -> u64 {
        match self.below(4) {
            0 => 0,
            1 => u64::MAX,
            2 => 1 << self.below(64),
            _ => self.word(),
        }
    }
    fn big(&mut self, limbs: usize) -> IBig {
        let words: Vec<u64> = (0..limbs).map(|_| self.limb()).collect();
        IBig::from_sign_words(bignum::sign(self.below(2) == 1), &words)
    }
}

/// Sizes around every border: fixnum, one limb, scratch space, schoolbook, many.
const SIZES: &[usize] = &[0, 1, 1, 2, 3, 4, 6, 7, 22, 23, 24, 25, 26, 27, 50, 52, 53, 60, 130];

fn each_pair(mut f: impl FnMut(&mut ThreadContext, &IBig, &IBig, Value, Value)) {
    with_context(|ctx| {
        let mut random = Random(1);
        for round in 0..8 {
            for &m in SIZES {
                for &n in SIZES {
                    let (mut a, b) = (random.big(m), random.big(n));
                    if round == 0 {
                        a = b.clone();
                    }
                    let (x, y) = (from(ctx, &a), from(ctx, &b));
                    f(ctx, &a, &b, x, y);
                }
            }
        }
    });
}

fn from(ctx: &mut ThreadContext, n: &IBig) -> Value {
    let v = from_ibig(ctx, n).expect("test integers fit");
    let is_small = *n >= IBig::from(crate::abi::tags::MOST_NEGATIVE_FIXNUM)
        && *n <= IBig::from(crate::abi::tags::MOST_POSITIVE_FIXNUM);
    assert_eq!(v.is_fixnum(), is_small, "{n} must have its canonical representation");
    v
}

fn check(result: LispResult, expected: &IBig) {
    let v = result.expect("no error");
    assert_eq!(to_ibig(v), *expected);
    let is_small = i64::try_from(expected.clone()).is_ok_and(|n| Value::try_fixnum(n).is_some());
    assert_eq!(v.is_fixnum(), is_small, "{expected} must be normalized");
}

#[test]
fn integer_arithmetic_agrees_with_dashu() {
    each_pair(|ctx, a, b, x, y| {
        check(integer::add(ctx, x, y), &(a + b));
        check(integer::sub(ctx, x, y), &(a - b));
        check(integer::mul(ctx, x, y), &(a * b));
        assert_eq!(integer::compare(x, y), a.cmp(b));
        assert_eq!(integer::equal(x, y), a == b);
        if !a.is_zero() || !b.is_zero() {
            check(integer::gcd(ctx, x, y), &a.gcd(b).into());
        }
        if !b.is_zero() {
            let (q, r) = division::divide(ctx, x, y, Rounding::Truncate).expect("no error");
            let (eq, er) = a.div_rem(b);
            check(Ok(q), &eq);
            check(Ok(r), &er);
        }
    });
}

#[test]
fn rounded_division_satisfies_its_definition() {
    each_pair(|ctx, a, b, x, y| {
        if b.is_zero() {
            return;
        }
        for rounding in [Rounding::Floor, Rounding::Ceiling, Rounding::Round] {
            let (q, r) = division::divide(ctx, x, y, rounding).expect("no error");
            let (q, r) = (to_ibig(q), to_ibig(r));
            assert_eq!(&q * b + &r, *a);
            let zero = IBig::ZERO;
            match rounding {
                Rounding::Floor => assert!(r == zero || (r < zero) == (*b < zero)),
                Rounding::Ceiling => assert!(r == zero || (r < zero) != (*b < zero)),
                _ => {
                    let (twice, size): (UBig, UBig) = ((&r + &r).into_parts().1, b.clone().into_parts().1);
                    assert!(twice < size || twice == size && (&q % IBig::from(2)).is_zero());
                }
            }
        }
    });
}

#[test]
fn logic_agrees_with_dashu() {
    each_pair(|ctx, a, b, x, y| {
        check(bits::logic(ctx, Logic::And, x, y), &(a & b));
        check(bits::logic(ctx, Logic::Or, x, y), &(a | b));
        check(bits::logic(ctx, Logic::Xor, x, y), &(a ^ b));
        check(bits::not(ctx, x), &!a.clone());
    });
}

#[test]
fn shifts_and_counts_agree_with_wide_words() {
    with_context(|ctx| {
        let mut random = Random(2);
        for _ in 0..4000 {
            let n = ((random.limb() as i128) << 64 | random.limb() as i128) >> random.below(127);
            let v = from_i128(ctx, n);
            for k in [0, 1, 2, 62, 63, 64, 65, 100, 127, 128, 200, random.below(130)] {
                check(bits::ash(ctx, v, Value::fixnum(-(k as i64))), &IBig::from(n >> k.min(127)));
                check(bits::ash(ctx, v, Value::fixnum(k as i64)), &(IBig::from(n) << k as usize));
                assert_eq!(bits::logbitp(v, k), n >> k.min(127) & 1 == 1, "bit {k} of {n}");
            }
            let flipped = n ^ (n >> 127);
            assert_eq!(bits::integer_length(v), 128 - flipped.leading_zeros() as u64);
            assert_eq!(bits::logcount(v), flipped.count_ones() as u64);
            assert!(bits::logbitp(v, u64::MAX) == (n < 0));
        }
    });
}

#[test]
fn absurd_sizes_are_refused_at_once() {
    with_context(|ctx| {
        let huge = Value::fixnum(1 << 60);
        let one = Value::fixnum(1);
        assert!(bits::ash(ctx, one, huge).is_err());
        assert_eq!(ctx.pending_kind, ErrorKind::HeapExhausted as u64);
        assert!(integer::expt(ctx, Value::fixnum(3), huge).is_err());
        assert_eq!(ctx.pending_kind, ErrorKind::HeapExhausted as u64);
        let beyond = integer::mul(ctx, huge, huge).expect("a small product");
        assert!(bits::ash(ctx, one, beyond).is_err());
        assert!(integer::expt(ctx, Value::fixnum(2), beyond).is_err());
        check(bits::ash(ctx, Value::ZERO, beyond), &IBig::ZERO);
        check(integer::expt(ctx, Value::fixnum(-1), beyond), &IBig::ONE);
        let below = integer::negate(ctx, beyond).expect("a small integer");
        check(bits::ash(ctx, Value::fixnum(-5), below), &IBig::NEG_ONE);
    });
}

#[test]
fn powers_and_roots_agree_with_dashu() {
    with_context(|ctx| {
        for base in [-7i64, -2, -1, 0, 1, 2, 3, 10, 1 << 40, -(1 << 61)] {
            for exponent in [0usize, 1, 2, 3, 17, 63, 64, 127, 128, 300] {
                let power = IBig::from(base).pow(exponent);
                check(integer::expt(ctx, Value::fixnum(base), Value::fixnum(exponent as i64)), &power);
            }
        }
        let mut random = Random(3);
        for &n in SIZES {
            let a: UBig = random.big(n).into_parts().1;
            let v = from(ctx, &a.clone().into());
            let root = integer::isqrt(ctx, v).expect("no error");
            let root: UBig = to_ibig(root).into_parts().1;
            assert!(&root * &root <= a && (&root + 1u8).pow(2) > a);
            let square = integer::mul(ctx, v, v).expect("no error");
            let back = integer::exact_sqrt(ctx, square).expect("no error").expect("a perfect square");
            assert!(integer::equal(back, v));
        }
    });
}

#[test]
fn ratios_form_a_field_in_lowest_terms() {
    with_context(|ctx| {
        let mut random = Random(4);
        let mut sample = |ctx: &mut ThreadContext| {
            let (m, n) = (random.below(3) as usize, random.below(3) as usize);
            let (a, b) = (random.big(m), random.big(n));
            let b = if b.is_zero() { IBig::from(random.below(9) + 1) } else { b };
            let (x, y) = (from(ctx, &a), from(ctx, &b));
            ratio::make_ratio(ctx, x, y).expect("no error")
        };
        for _ in 0..500 {
            let (a, b, c) = (sample(ctx), sample(ctx), sample(ctx));
            let sum = ratio::add(ctx, a, b).expect("sum");
            assert_lowest(sum);
            let back = ratio::sub(ctx, sum, b).expect("difference");
            assert!(ratio::equal(back, a));
            let product = ratio::mul(ctx, a, b).expect("product");
            assert_lowest(product);
            if b != Value::ZERO {
                let back = ratio::div(ctx, product, b).expect("quotient");
                assert!(ratio::equal(back, a));
            }
            let left = ratio::mul(ctx, sum, c).expect("product");
            let (ac, bc) = (ratio::mul(ctx, a, c).expect("product"), ratio::mul(ctx, b, c).expect("product"));
            let right = ratio::add(ctx, ac, bc).expect("sum");
            assert!(ratio::equal(left, right));
        }
    });
}

fn assert_lowest(v: Value) {
    let (n, d) = ratio::parts(v);
    let (n, d) = (to_ibig(n), to_ibig(d));
    assert!(d > IBig::ZERO && (n.clone().gcd(d.clone()) == UBig::ONE));
    assert_eq!(v.is_kind(crate::abi::layout::kind::RATIO), d != IBig::ONE);
}

#[test]
fn floats_compare_exactly_with_rationals() {
    with_context(|ctx| {
        let f = double(ctx, (1u64 << 53) as f64);
        let mut holds = |op, x: Value, y: Value| arithmetic::compare(ctx, op, x, y).expect("no error");
        let (big, single) = (Value::fixnum((1 << 53) + 1), Value::single(16777216.0));
        assert!(!holds(Compare::Equal, f, big));
        assert!(holds(Compare::Less, f, big));
        assert!(holds(Compare::GreaterOrEqual, big, f));
        assert!(!holds(Compare::Equal, single, Value::fixnum(16777217)));
        assert!(holds(Compare::Equal, single, Value::fixnum(16777216)));
        assert!(holds(Compare::Less, Value::fixnum(i64::MAX >> 2), Value::single(f32::INFINITY)));
        assert!(!holds(Compare::LessOrEqual, Value::fixnum(0), Value::single(f32::NAN)));
    });
    with_context(|ctx| {
        let third = ratio::make_ratio(ctx, Value::fixnum(1), Value::fixnum(3)).expect("a ratio");
        let f = double(ctx, 1.0 / 3.0);
        assert!(arithmetic::compare(ctx, Compare::Less, f, third).expect("no error"));
        let exact = super::float::to_rational(ctx, 1.0 / 3.0).expect("no error");
        assert!(arithmetic::compare(ctx, Compare::Equal, f, exact).expect("no error"));
    });
}

#[test]
fn rationals_round_once_to_floats() {
    use super::float::{Format, integer_to_float, rational_to_float};
    with_context(|ctx| {
        let mut random = Random(5);
        for _ in 0..4000 {
            let n = ((random.limb() as i128) << 64 | random.limb() as i128) >> random.below(127);
            let v = from_i128(ctx, n);
            assert_eq!(integer_to_float(v, Format::Double), n as f64, "{n}");
            assert_eq!(integer_to_float(v, Format::Single), (n as f32) as f64, "{n}");
            // Any double, seen as a ratio, comes back; so does the middle of two, to the even one.
            let f = f64::from_bits(random.word());
            if f.is_finite() && f != 0.0 {
                let exact = super::float::to_rational(ctx, f).expect("no error");
                assert_eq!(rational_to_float(exact, Format::Double), f);
                assert_eq!(rational_to_float(exact, Format::Single), (f as f32) as f64);
                let next = f64::from_bits(f.to_bits() + 1);
                if next.is_finite() {
                    let above = super::float::to_rational(ctx, next).expect("no error");
                    let sum = ratio::add(ctx, exact, above).expect("no error");
                    let middle = ratio::div(ctx, sum, Value::fixnum(2)).expect("no error");
                    let even = if f.to_bits() & 1 == 0 { f } else { next };
                    assert_eq!(rational_to_float(middle, Format::Double), even);
                }
            }
        }
    });
}

#[test]
fn rationalize_finds_the_simplest_fraction() {
    use super::float::{Format, rational_to_float, rationalize};
    with_context(|ctx| {
        for (f, n, d) in [(0.1, 1, 10), (1.0 / 3.0, 1, 3), (-2.75, -11, 4), (3.0, 3, 1), (0.5, 1, 2)] {
            let r = rationalize(ctx, f, Format::Double).expect("no error");
            let (rn, rd) = ratio::parts(r);
            assert_eq!((to_ibig(rn), to_ibig(rd)), (IBig::from(n), IBig::from(d)));
        }
        let mut random = Random(6);
        for _ in 0..1000 {
            let f = f64::from_bits(random.word());
            if f.is_finite() {
                let r = rationalize(ctx, f, Format::Double).expect("no error");
                assert_eq!(rational_to_float(r, Format::Double), f);
            }
        }
    });
}

#[test]
fn float_traps_are_explicit() {
    with_context(|ctx| {
        let (huge, zero, inf) = (double(ctx, f64::MAX), double(ctx, 0.0), double(ctx, f64::INFINITY));
        let raised = |ctx: &mut ThreadContext, r: LispResult, kind: ErrorKind| {
            assert!(r.is_err() && ctx.pending_kind == kind as u64);
        };
        let r = arithmetic::add(ctx, huge, huge);
        raised(ctx, r, ErrorKind::FloatingPointOverflow);
        let r = arithmetic::div(ctx, huge, zero);
        raised(ctx, r, ErrorKind::DivisionByZero);
        let r = arithmetic::sub(ctx, inf, inf);
        raised(ctx, r, ErrorKind::FloatingPointInvalid);
        let r = arithmetic::div(ctx, Value::fixnum(1), Value::fixnum(0));
        raised(ctx, r, ErrorKind::DivisionByZero);
        let r = arithmetic::add(ctx, crate::value::nil(), Value::fixnum(0));
        raised(ctx, r, ErrorKind::Type);
        assert!(arithmetic::add(ctx, inf, huge).is_ok());
        assert!(arithmetic::mul(ctx, Value::single(f32::MAX), Value::single(2.0)).is_err());
    });
}

#[test]
fn complex_numbers_follow_the_rule_of_canonical_representation() {
    with_context(|ctx| {
        let i = super::make_complex(ctx, Value::ZERO, Value::fixnum(1)).expect("a complex");
        let square = arithmetic::mul(ctx, i, i).expect("no error");
        assert_eq!(square, Value::fixnum(-1));
        let z = super::make_complex(ctx, Value::fixnum(3), Value::fixnum(-4)).expect("a complex");
        let q = arithmetic::div(ctx, z, i).expect("no error");
        let back = arithmetic::mul(ctx, q, i).expect("no error");
        assert!(arithmetic::eql(back, z));
        let w = arithmetic::add(ctx, z, Value::single(0.5)).expect("no error");
        let (re, im) = super::complex::parts(w);
        assert_eq!((re, im), (Value::single(3.5), Value::single(-4.0)));
        assert!(arithmetic::compare(ctx, Compare::Less, z, i).is_err());
    });
}
