//! Measurements of the primitive paths: `cargo test --release number::measure -- --ignored --nocapture`.

use super::tests::Random;
use super::{arithmetic, integer, quotient};
use crate::abi::thread_context::ThreadContext;
use crate::number::division::Rounding;
use crate::object::double;
use crate::object::testing::with_context;
use crate::value::{LispResult, Value};
use std::time::Instant;

const ROUNDS: u32 = 200_000;

fn time(ctx: &mut ThreadContext, name: &str, mut f: impl FnMut(&mut ThreadContext) -> LispResult) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(f(ctx)).expect("no error");
    }
    println!("{name:32} {:7.1} ns", start.elapsed().as_nanos() as f64 / ROUNDS as f64);
}

#[test]
#[ignore = "a measurement"]
fn measure_arithmetic() {
    with_context(|ctx| {
        let mut random = Random(20);
        let (x, y) = (double(ctx, 1.5), double(ctx, 2.5));
        let n = Value::fixnum(3);
        time(ctx, "double + double", |ctx| arithmetic::add(ctx, x, y));
        time(ctx, "double * fixnum", |ctx| arithmetic::mul(ctx, x, n));
        time(ctx, "double < double", |ctx| {
            arithmetic::compare(ctx, arithmetic::Compare::Less, x, y).map(Value::bool)
        });
        time(ctx, "double floor 1", |ctx| Ok(quotient::divide(ctx, x, Value::fixnum(1), Rounding::Floor)?.0));
        for limbs in [1u64, 2, 4, 10, 20, 24, 40, 100] {
            let mut make = |ctx: &mut ThreadContext| {
                let top = super::bits::shift(ctx, Value::fixnum(1), limbs as i64 * 64 - 1).expect("fits");
                let low = Value::fixnum(random.word() as i64 >> 2);
                integer::add(ctx, top, low).expect("fits")
            };
            let (a, b) = (make(ctx), make(ctx));
            let product = integer::mul(ctx, a, b).expect("fits");
            time(ctx, &format!("{limbs} limbs +"), |ctx| arithmetic::add(ctx, a, b));
            time(ctx, &format!("{limbs} limbs + fixnum"), |ctx| arithmetic::add(ctx, a, n));
            time(ctx, &format!("{limbs} limbs *"), |ctx| arithmetic::mul(ctx, a, b));
            time(ctx, &format!("{limbs} limbs * fixnum"), |ctx| arithmetic::mul(ctx, a, n));
            time(ctx, &format!("{} by {limbs} limbs truncate", 2 * limbs), |ctx| {
                Ok(quotient::divide(ctx, product, a, Rounding::Truncate)?.0)
            });
        }
    });
}
