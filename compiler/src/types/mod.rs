//! The compiler's view of types: a set of primitive representations plus an interval for fixnums.
//!
//! Sound over-approximations of Lisp types. Must not know any IR.

pub mod specifier;

use rook_runtime::abi::layout::kind;
use rook_runtime::abi::tags::{MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM};

/// A set of primitive types. One bit per immediate kind and per object kind.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TypeSet(pub u64);

const fn of_kind(k: u8) -> TypeSet {
    TypeSet(1 << (8 + k as u32))
}

impl TypeSet {
    pub const EMPTY: TypeSet = TypeSet(0);
    pub const FIXNUM: TypeSet = TypeSet(1 << 0);
    pub const CHARACTER: TypeSet = TypeSet(1 << 1);
    pub const SINGLE: TypeSet = TypeSet(1 << 2 | Self::NONNEGATIVE_SINGLE.0);
    /// As `NONNEGATIVE_DOUBLE`.
    pub const NONNEGATIVE_SINGLE: TypeSet = TypeSet(1 << 49);
    pub const NIL: TypeSet = TypeSet(1 << 3);
    pub const CONS: TypeSet = TypeSet(1 << 4);
    /// Markers that are not Lisp values (UNBOUND, UNSUPPLIED, …).
    pub const MARK: TypeSet = TypeSet(1 << 5);
    /// The symbol T; also in `NON_NIL_SYMBOL`.
    pub const T: TypeSet = TypeSet(1 << 6);
    /// Symbols other than NIL and T.
    pub const PLAIN_SYMBOL: TypeSet = of_kind(kind::SYMBOL);
    pub const NON_NIL_SYMBOL: TypeSet = TypeSet(Self::T.0 | Self::PLAIN_SYMBOL.0);
    pub const SYMBOL: TypeSet = TypeSet(Self::NIL.0 | Self::NON_NIL_SYMBOL.0);
    pub const LIST: TypeSet = TypeSet(Self::NIL.0 | Self::CONS.0);
    pub const FUNCTION: TypeSet = of_kind(kind::FUNCTION);
    pub const INSTANCE: TypeSet = of_kind(kind::INSTANCE);
    /// Doubles known not to be below zero (they may be NaN): part of `DOUBLE`, told by inference only.
    pub const NONNEGATIVE_DOUBLE: TypeSet = TypeSet(1 << 48);
    pub const DOUBLE: TypeSet = TypeSet(of_kind(kind::DOUBLE).0 | Self::NONNEGATIVE_DOUBLE.0);
    pub const BIGNUM: TypeSet = of_kind(kind::BIGNUM);
    pub const RATIO: TypeSet = of_kind(kind::RATIO);
    pub const COMPLEX: TypeSet = of_kind(kind::COMPLEX);
    pub const INTEGER: TypeSet = TypeSet(Self::FIXNUM.0 | Self::BIGNUM.0);
    pub const RATIONAL: TypeSet = TypeSet(Self::INTEGER.0 | Self::RATIO.0);
    pub const FLOAT: TypeSet = TypeSet(Self::SINGLE.0 | Self::DOUBLE.0);
    pub const REAL: TypeSet = TypeSet(Self::RATIONAL.0 | Self::FLOAT.0);
    pub const NUMBER: TypeSet = TypeSet(Self::REAL.0 | Self::COMPLEX.0);
    pub const SIMPLE_VECTOR: TypeSet = of_kind(kind::SIMPLE_VECTOR);
    pub const WIDE_STRING: TypeSet = of_kind(kind::STRING);
    pub const BASE_STRING: TypeSet = of_kind(kind::BASE_STRING);
    pub const SIMPLE_STRING: TypeSet = TypeSet(Self::WIDE_STRING.0 | Self::BASE_STRING.0);
    pub const BIT_VECTOR: TypeSet = of_kind(kind::BIT_VECTOR);
    pub const VECTOR_F64: TypeSet = of_kind(kind::VECTOR_F64);
    pub const ARRAY_HEADER: TypeSet = of_kind(kind::ARRAY);
    /// Everything a variable may hold, markers included: the library sees unbound slots.
    pub const ANY: TypeSet = TypeSet(!0);
    pub const BOOLEAN: TypeSet = TypeSet(Self::NIL.0 | Self::T.0);
    /// Values without an address: no stack map entry, no barrier.
    pub const IMMEDIATE: TypeSet =
        TypeSet(Self::FIXNUM.0 | Self::CHARACTER.0 | Self::SINGLE.0 | Self::NIL.0 | Self::T.0 | Self::MARK.0);

    /// The set of one object kind.
    pub const fn kind(k: u8) -> TypeSet {
        if k == kind::DOUBLE { Self::DOUBLE } else { of_kind(k) }
    }
    /// The object kind, when the set is exactly one kind with OTHER_TAG.
    pub fn single_kind(self) -> Option<u8> {
        (self.0.count_ones() == 1 && (1 << 9..1 << 48).contains(&self.0)).then(|| self.0.trailing_zeros() as u8 - 8)
    }
    pub const fn union(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }
    pub const fn intersection(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & other.0)
    }
    pub const fn minus(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & !other.0)
    }
    pub const fn is_subset_of(self, other: TypeSet) -> bool {
        self.0 & !other.0 == 0
    }
    pub const fn is_disjoint_from(self, other: TypeSet) -> bool {
        self.0 & other.0 == 0
    }
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Whether a value of this type may be the address of a heap object (NIL and T are static).
    pub const fn may_be_reference(self) -> bool {
        !self.is_subset_of(Self::IMMEDIATE)
    }
}

/// A type set with an interval that bounds its fixnums.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Type {
    pub set: TypeSet,
    /// Inclusive bounds of the value when it is a fixnum.
    pub low: i64,
    pub high: i64,
}

impl Type {
    pub const ANY: Type = Type::of(TypeSet::ANY);
    pub const FIXNUM: Type = Type::of(TypeSet::FIXNUM);
    pub const EMPTY: Type = Type::of(TypeSet::EMPTY);

    pub const fn of(set: TypeSet) -> Type {
        Type { set, low: MOST_NEGATIVE_FIXNUM, high: MOST_POSITIVE_FIXNUM }
    }
    pub const fn fixnum_range(low: i64, high: i64) -> Type {
        Type { set: TypeSet::FIXNUM, low, high }
    }
    pub fn union(self, other: Type) -> Type {
        let (a, b) = (self.has_fixnum(), other.has_fixnum());
        let (low, high) = match (a, b) {
            (true, true) => (self.low.min(other.low), self.high.max(other.high)),
            (true, false) => (self.low, self.high),
            (false, true) => (other.low, other.high),
            (false, false) => (MOST_NEGATIVE_FIXNUM, MOST_POSITIVE_FIXNUM),
        };
        Type { set: self.set.union(other.set), low, high }
    }
    pub fn intersection(self, other: Type) -> Type {
        let mut set = self.set.intersection(other.set);
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        if low > high {
            set = set.minus(TypeSet::FIXNUM);
            return Type::of(set);
        }
        Type { set, low, high }
    }
    /// Whether the type is contained in `other`; nothing is known of an empty one.
    pub fn is_subtype_of(self, other: Type) -> bool {
        !self.set.is_empty()
            && self.set.is_subset_of(other.set)
            && (!self.has_fixnum() || self.low >= other.low && self.high <= other.high)
    }
    pub fn has_fixnum(self) -> bool {
        !self.set.is_disjoint_from(TypeSet::FIXNUM)
    }
    pub fn is_fixnum(self) -> bool {
        self.set == TypeSet::FIXNUM
    }
    pub fn is_double(self) -> bool {
        !self.set.is_empty() && self.set.is_subset_of(TypeSet::DOUBLE)
    }
    pub fn is_single(self) -> bool {
        !self.set.is_empty() && self.set.is_subset_of(TypeSet::SINGLE)
    }
}
