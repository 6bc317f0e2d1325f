//! Integers and ratios that fit fixnums, until `number` makes them.

use crate::abi::layout::kind;
use crate::abi::thread_context::{ErrorKind, ThreadContext};
use crate::object::{record, string};
use crate::value::{LispResult, Value};

pub fn parse_integer(_ctx: &mut ThreadContext, digits: &str, base: u32) -> Value {
    Value::try_fixnum(i64::from_str_radix(digits, base).unwrap_or(0)).unwrap_or(Value::ZERO)
}

pub fn make_ratio(ctx: &mut ThreadContext, n: Value, d: Value) -> LispResult {
    let (mut a, mut b) = (n.as_fixnum().unsigned_abs(), d.as_fixnum().unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let g = a as i64;
    let (n, d) = (n.as_fixnum() / g, d.as_fixnum() / g);
    if d == 1 { Ok(Value::fixnum(n)) } else { Ok(record(ctx, kind::RATIO, &[Value::fixnum(n), Value::fixnum(d)])) }
}

pub fn make_complex(ctx: &mut ThreadContext, re: Value, im: Value) -> LispResult {
    if !re.is_fixnum() || !im.is_fixnum() {
        let message = string(ctx, "complex parts");
        return Err(ctx.raise(ErrorKind::Foreign, &[message]));
    }
    if im == Value::ZERO { Ok(re) } else { Ok(record(ctx, kind::COMPLEX, &[re, im])) }
}
