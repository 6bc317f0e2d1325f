//! Arithmetic primitives: what compiled code calls where its fixnum path does not apply.

use crate::number::arithmetic::{self, Compare};
use crate::primitives;
use crate::value::Value;

primitives! {
    fn add(ctx, x, y) { arithmetic::add(ctx, x, y) }
    fn sub(ctx, x, y) { arithmetic::sub(ctx, x, y) }
    fn mul(ctx, x, y) { arithmetic::mul(ctx, x, y) }
    /// The function `/` of two arguments.
    fn div(ctx, x, y) { arithmetic::div(ctx, x, y) }
    fn negate(ctx, x) { arithmetic::negate(ctx, x) }
    fn num_eq(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Equal, x, y)?)) }
    fn lt(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Less, x, y)?)) }
    fn gt(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::Greater, x, y)?)) }
    fn le(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::LessOrEqual, x, y)?)) }
    fn ge(ctx, x, y) { Ok(Value::bool(arithmetic::compare(ctx, Compare::GreaterOrEqual, x, y)?)) }
    /// `eql` of two references that are not `eq`.
    fn eql_slow(ctx, x, y) { Ok(Value::bool(arithmetic::eql(x, y))) }
}
