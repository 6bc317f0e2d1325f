//! C types as numbers: how compiled code tells the foreign primitives what a word means.
//!
//! The order is that of the compiler's foreign types.

pub const VOID: i64 = 0;
pub const INT8: i64 = 1;
pub const INT16: i64 = 2;
pub const INT32: i64 = 3;
pub const INT64: i64 = 4;
pub const UINT8: i64 = 5;
pub const UINT16: i64 = 6;
pub const UINT32: i64 = 7;
pub const UINT64: i64 = 8;
pub const SINGLE: i64 = 9;
pub const DOUBLE: i64 = 10;
/// A macptr; NIL is null. Integers are addresses.
pub const POINTER: i64 = 11;
/// NUL-terminated UTF-8; NIL is null.
pub const CSTRING: i64 = 12;
/// A `rook_value`.
pub const VALUE: i64 = 13;
pub const BOOL: i64 = 14;
pub const COUNT: i64 = 15;
