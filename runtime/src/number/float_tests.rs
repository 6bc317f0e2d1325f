//! Tests of float text, division, elementary functions and random numbers.

use super::complex_float::Complex;
use super::division::Rounding;
use super::float::{self, Format};
use super::tests::Random;
use super::text::{Digits, exact_fixed, print_float, shortest_digits, shortest_fixed};
use super::transcendental::{self, Function};
use super::{arithmetic, complex, integer, quotient, random, ratio};
use crate::abi::layout::kind;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::double;
use crate::object::testing::with_context;
use crate::value::{LispResult, Value};

/// Finite doubles with every sort of exponent, whole numbers among them.
fn samples(seed: u64, count: usize) -> impl Iterator<Item = f64> {
    let mut random = Random(seed);
    (0..count)
        .map(move |i| match i % 3 {
            0 => f64::from_bits(random.word()),
            1 => random.word() as i64 as f64 / (1u64 << random.below(64)) as f64,
            _ => random.below(100_000) as f64 / 100.0,
        })
        .filter(|f| f.is_finite())
}

#[test]
fn printed_floats_read_back() {
    for f in samples(10, 20_000) {
        let text = print_float(f, Format::Double, Some('d'));
        assert_eq!(text.replace('d', "e").parse::<f64>(), Ok(f), "{text}");
        let single = f as f32;
        if single.is_finite() {
            let text = print_float(single as f64, Format::Single, None);
            assert_eq!(text.parse::<f32>(), Ok(single), "{text}");
        }
    }
}

#[test]
fn floats_print_as_the_standard_says() {
    let cases: &[(f64, &str)] = &[
        (1.0, "1.0"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (0.1, "0.1"),
        (0.001, "0.001"),
        (0.0001, "1.0e-4"),
        (0.00099, "9.9e-4"),
        (1234567.0, "1234567.0"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0e7"),
        (12345678.5, "1.23456785e7"),
        (-2.5e-10, "-2.5e-10"),
        (1e21, "1.0e21"),
        (100.0, "100.0"),
        (5e-324, "5.0e-324"),
        (f64::MAX, "1.7976931348623157e308"),
    ];
    for &(f, expected) in cases {
        assert_eq!(print_float(f, Format::Double, None), expected);
    }
    assert_eq!(print_float(1.0, Format::Double, Some('d')), "1.0d0");
    assert_eq!(print_float(1e10, Format::Double, Some('d')), "1.0d10");
    assert_eq!(print_float(0.1f32 as f64, Format::Single, None), "0.1");
    assert_eq!(print_float(f64::INFINITY, Format::Single, None), "#<SINGLE-FLOAT infinity>");
}

#[test]
fn digits_come_without_zeros_at_the_ends() {
    let digits = |f: f64| shortest_digits(f, Format::Double);
    assert_eq!(digits(0.0), Digits { digits: "0".into(), point: 1 });
    assert_eq!(digits(0.001), Digits { digits: "1".into(), point: -2 });
    assert_eq!(digits(-1234.5), Digits { digits: "12345".into(), point: 4 });
    assert_eq!(digits(1e23), Digits { digits: "1".into(), point: 24 });
    for f in samples(11, 10_000).filter(|&f| f != 0.0) {
        let Digits { digits, point } = digits(f);
        assert!(!digits.starts_with('0') && !digits.ends_with('0'));
        assert_eq!(format!("0.{digits}e{point}").parse::<f64>(), Ok(f.abs()));
    }
}

#[test]
fn fixed_notation_rounds_the_exact_value() {
    with_context(|ctx| {
        let mut fixed = |f: f64, places| {
            let v = double(ctx, f);
            exact_fixed(v, places).expect("a finite number")
        };
        assert_eq!(fixed(1.0, 2), "1.00");
        assert_eq!(fixed(0.5, 0), "1.");
        assert_eq!(fixed(0.125, 2), ".13");
        assert_eq!(fixed(0.005, 2), ".01");
        assert_eq!(fixed(0.015, 2), ".01");
        assert_eq!(fixed(-3.0, 0), "-3.");
        assert_eq!(fixed(1e22, 1), "10000000000000000000000.0");
        assert_eq!(fixed(999.999, 2), "1000.00");
        for f in samples(12, 2000).filter(|f| f.abs() < 1e30) {
            // Rust rounds exactly as well, but half to even: ties are the only difference.
            let (ours, theirs) = (fixed(f, 3), format!("{f:.3}"));
            let sixteenths = f * 16.0;
            let tie = sixteenths.fract() == 0.0 && (sixteenths as i128 * 1000).rem_euclid(16) == 8;
            let has_zero = theirs.trim_start_matches('-').starts_with("0.");
            let theirs = theirs.replacen("0.", ".", has_zero as usize);
            assert!(tie || ours == theirs, "{ours} is not {theirs}");
        }
        let third = ratio::make_ratio(ctx, Value::fixnum(-1), Value::fixnum(3)).expect("a ratio");
        assert_eq!(exact_fixed(third, 5).expect("a rational"), "-.33333");
    });
    assert_eq!(shortest_fixed(0.005, Format::Double, 2), ".01");
    assert_eq!(shortest_fixed(0.015, Format::Double, 2), ".02");
    assert_eq!(shortest_fixed(0.001, Format::Double, 2), ".00");
    assert_eq!(shortest_fixed(0.5, Format::Double, 0), "1.");
    assert_eq!(shortest_fixed(99.95, Format::Double, 1), "100.0");
    assert_eq!(shortest_fixed(-12.5, Format::Double, 3), "-12.500");
    assert_eq!(shortest_fixed(0.0, Format::Double, 2), ".00");
}

#[test]
fn float_division_agrees_with_the_rationals() {
    with_context(|ctx| {
        let values: Vec<f64> = samples(13, 400).filter(|&f| f != 0.0 && (1e-60..1e60).contains(&f.abs())).collect();
        for pair in values.windows(2) {
            let (x, y) = (double(ctx, pair[0]), double(ctx, pair[1]));
            let rx = float::to_rational(ctx, pair[0]).expect("finite");
            let ry = float::to_rational(ctx, pair[1]).expect("finite");
            for rounding in [Rounding::Floor, Rounding::Ceiling, Rounding::Truncate, Rounding::Round] {
                let (q, r) = quotient::divide(ctx, x, y, rounding).expect("no error");
                let (eq, er) = quotient::divide(ctx, rx, ry, rounding).expect("no error");
                assert!(integer::equal(q, eq), "{rounding:?} of {} by {}", pair[0], pair[1]);
                assert_eq!(r.as_double(), float::rational_to_float(er, Format::Double));
            }
        }
        let (q, r) = quotient::divide(ctx, Value::single(-2.5), Value::fixnum(1), Rounding::Round).expect("no error");
        assert_eq!((q, r), (Value::fixnum(-2), Value::single(-0.5)));
        let zero = Value::single(0.0);
        assert!(quotient::divide(ctx, Value::fixnum(1), zero, Rounding::Floor).is_err());
        assert_eq!(ctx.pending_kind, ErrorKind::DivisionByZero as u64);
    });
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn inverse_functions_invert() {
    let pairs: [(fn(Complex) -> Complex, fn(Complex) -> Complex); 8] = [
        (Complex::ln, Complex::exp),
        (Complex::asin, Complex::sin),
        (Complex::acos, Complex::cos),
        (Complex::atan, Complex::tan),
        (Complex::asinh, Complex::sinh),
        (Complex::acosh, Complex::cosh),
        (Complex::atanh, Complex::tanh),
        (Complex::sqrt, |z| z * z),
    ];
    for (inverse, function) in pairs {
        for re in [-2.5, -0.75, -0.1, 0.3, 0.9, 1.75] {
            for im in [-3.0, -0.5, 0.25, 1.5] {
                let back = function(inverse(Complex::new(re, im)));
                assert!(near(back.re, re) && near(back.im, im), "({re}, {im}) came back as {back:?}");
            }
        }
    }
}

#[test]
fn real_arguments_beyond_the_domain_give_the_principal_value() {
    with_context(|ctx| {
        let mut parts_of = |function, x: f64| {
            let v = double(ctx, x);
            let z = transcendental::apply(ctx, function, v).expect("no error");
            assert!(z.is_kind(kind::COMPLEX));
            let (re, im) = complex::parts(z);
            (re.as_double(), im.as_double())
        };
        let close = |(a, b): (f64, f64), (c, d): (f64, f64)| assert!(near(a, c) && near(b, d), "({a}, {b})");
        let half_pi = std::f64::consts::FRAC_PI_2;
        close(parts_of(Function::Sqrt, -4.0), (0.0, 2.0));
        close(parts_of(Function::Log, -1.0), (0.0, 2.0 * half_pi));
        close(parts_of(Function::Asin, 2.0), (half_pi, -1.3169578969248166));
        close(parts_of(Function::Asin, -2.0), (-half_pi, 1.3169578969248166));
        close(parts_of(Function::Acos, 2.0), (0.0, 1.3169578969248166));
        close(parts_of(Function::Acosh, 0.5), (0.0, 1.0471975511965979));
        close(parts_of(Function::Atanh, 2.0), (0.5493061443340549, half_pi));
        close(parts_of(Function::Atanh, -2.0), (-0.5493061443340549, -half_pi));
    });
}

#[test]
fn powers_and_logarithms_reach_beyond_the_floats() {
    with_context(|ctx| {
        let ok = |r: LispResult| r.expect("no error");
        let raised = |ctx: &mut ThreadContext, r: LispResult, kind: ErrorKind| {
            assert!(r.is_err() && ctx.pending_kind == kind as u64);
        };
        let fix = Value::fixnum;
        let huge = ok(transcendental::expt(ctx, fix(10), fix(1000)));
        let log = ok(transcendental::apply(ctx, Function::Log, huge));
        assert_eq!(log, Value::single(2302.5852));
        assert_eq!(ok(transcendental::log_to_base(ctx, huge, fix(10))), Value::single(1000.0));
        assert_eq!(ok(transcendental::log_to_base(ctx, fix(8), fix(2))), Value::single(3.0));
        let tiny = ok(transcendental::expt(ctx, fix(10), fix(-1000)));
        assert_eq!(ok(transcendental::apply(ctx, Function::Log, tiny)), Value::single(-2302.5852));
        assert_eq!(ok(transcendental::expt(ctx, fix(4), Value::single(0.5))), Value::single(2.0));
        assert_eq!(ok(transcendental::expt(ctx, Value::single(2.0), fix(-2))), Value::single(0.25));
        assert_eq!(ok(transcendental::expt(ctx, Value::single(3.0), fix(0))), Value::single(1.0));
        let i = ok(super::make_complex(ctx, fix(0), fix(1)));
        assert_eq!(ok(transcendental::expt(ctx, i, fix(2))), fix(-1));
        let inverse = ok(transcendental::expt(ctx, i, fix(-1)));
        let minus_i = ok(arithmetic::negate(ctx, i));
        assert!(arithmetic::eql(inverse, minus_i));
        let z = ok(super::make_complex(ctx, fix(1), fix(1)));
        assert_eq!(ok(transcendental::expt(ctx, z, fix(8))), fix(16));
        let r = transcendental::expt(ctx, z, fix(1 << 60));
        raised(ctx, r, ErrorKind::HeapExhausted);
        assert_eq!(ok(transcendental::expt(ctx, i, fix(1 << 60))), fix(1));
        assert_eq!(ok(transcendental::phase(ctx, fix(-3))), Value::single(std::f32::consts::PI));
        let r = transcendental::apply(ctx, Function::Log, fix(0));
        raised(ctx, r, ErrorKind::DivisionByZero);
        let r = transcendental::expt(ctx, fix(0), fix(-1));
        raised(ctx, r, ErrorKind::DivisionByZero);
        let r = transcendental::apply(ctx, Function::Exp, Value::single(1000.0));
        raised(ctx, r, ErrorKind::FloatingPointOverflow);
        let r = transcendental::apply(ctx, Function::Sin, crate::value::nil());
        raised(ctx, r, ErrorKind::Type);
        let v = double(ctx, 1e300);
        let r = float::to_float(ctx, v, Format::Single).map(|_| v);
        raised(ctx, r, ErrorKind::FloatingPointOverflow);
    });
}

#[test]
fn decoding_takes_floats_apart() {
    for f in samples(14, 5000) {
        let (mantissa, exponent) = float::decode(f, Format::Double);
        assert_eq!(float::compose(mantissa, exponent, false, Format::Double), f.abs());
        let single = f as f32;
        if single.is_finite() {
            let (mantissa, exponent) = float::decode(single as f64, Format::Single);
            assert!(mantissa < 1 << 24);
            assert_eq!(float::compose(mantissa, exponent, false, Format::Single), single.abs() as f64);
        }
    }
}

#[test]
fn random_numbers_stay_below_their_limit_and_repeat_with_their_state() {
    with_context(|ctx| {
        let state = random::make_state(ctx, Value::fixnum(42)).expect("a state");
        let copy = random::make_state(ctx, state).expect("a state");
        let big = integer::expt(ctx, Value::fixnum(7), Value::fixnum(90)).expect("a bignum");
        let limits = [Value::fixnum(1), Value::fixnum(10), big, Value::single(1.0), Value::single(1e-40)];
        for _ in 0..2000 {
            for limit in limits {
                let (a, b) = (random::random(ctx, limit, state), random::random(ctx, limit, copy));
                let (a, b) = (a.expect("no error"), b.expect("no error"));
                assert!(arithmetic::eql(a, b));
                assert!(arithmetic::compare(ctx, arithmetic::Compare::Less, a, limit).expect("reals"));
            }
        }
        let mut seen = [0; 10];
        for _ in 0..10_000 {
            let n = random::random(ctx, Value::fixnum(10), state).expect("no error");
            seen[n.as_fixnum() as usize] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?} is not uniform");
        assert!(random::random(ctx, Value::fixnum(0), state).is_err());
    });
}
