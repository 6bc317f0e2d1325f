//! The functions the compiler understands: Lisp name, argument counts, operator.
//!
//! A call of one of these names (not shadowed lexically, not declared `notinline`, argument count
//! in range) becomes a `Prim` node. Everything else about lowering lives in `mir::build`.
//! Every CL name here also has an ordinary definition in the library, whose body is the inline form.

/// How a name with any number of arguments folds to two-argument operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    /// Fixed argument count.
    No,
    /// `(op)` = identity, `(op a)` = a (checked to be a number), left fold.
    Left(i64),
    /// `-` and `/`: one argument is special, else left fold.
    LeftFromOne,
    /// `<` and the like: pairwise `and`, arguments evaluated once.
    Compare,
}

macro_rules! prims {
    ($($(#[$doc:meta])* $op:ident $package:literal $name:literal $args:literal $fold:expr;)*) => {
        /// Operators with a lowering of their own.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum PrimOp { $($(#[$doc])* $op,)* }
        /// One row of the table.
        pub struct Known {
            pub package: &'static str,
            pub name: &'static str,
            pub op: PrimOp,
            /// Argument count of the operator itself (after folding).
            pub args: usize,
            pub fold: Fold,
        }
        pub const KNOWN: &[Known] = &[$(Known { package: $package, name: $name, op: PrimOp::$op, args: $args, fold: $fold },)*];
    };
}

use Fold::*;
prims! {
    // Conses. CL versions check their arguments (policy), % versions do not.
    Car "COMMON-LISP" "CAR" 1 No;
    Cdr "COMMON-LISP" "CDR" 1 No;
    Cons "COMMON-LISP" "CONS" 2 No;
    Rplaca "COMMON-LISP" "RPLACA" 2 No;
    Rplacd "COMMON-LISP" "RPLACD" 2 No;
    UncheckedCar "ROOK-KERNEL" "%CAR" 1 No;
    UncheckedCdr "ROOK-KERNEL" "%CDR" 1 No;
    // Predicates.
    Eq "COMMON-LISP" "EQ" 2 No;
    Eql "COMMON-LISP" "EQL" 2 No;
    Not "COMMON-LISP" "NOT" 1 No;
    Null "COMMON-LISP" "NULL" 1 No;
    Consp "COMMON-LISP" "CONSP" 1 No;
    Atom "COMMON-LISP" "ATOM" 1 No;
    Listp "COMMON-LISP" "LISTP" 1 No;
    Symbolp "COMMON-LISP" "SYMBOLP" 1 No;
    Characterp "COMMON-LISP" "CHARACTERP" 1 No;
    Functionp "COMMON-LISP" "FUNCTIONP" 1 No;
    Integerp "COMMON-LISP" "INTEGERP" 1 No;
    Rationalp "COMMON-LISP" "RATIONALP" 1 No;
    Floatp "COMMON-LISP" "FLOATP" 1 No;
    Realp "COMMON-LISP" "REALP" 1 No;
    Numberp "COMMON-LISP" "NUMBERP" 1 No;
    Complexp "COMMON-LISP" "COMPLEXP" 1 No;
    SimpleVectorP "COMMON-LISP" "SIMPLE-VECTOR-P" 1 No;
    SimpleStringP "COMMON-LISP" "SIMPLE-STRING-P" 1 No;
    Packagep "COMMON-LISP" "PACKAGEP" 1 No;
    FixnumP "ROOK-KERNEL" "%FIXNUMP" 1 No;
    BignumP "ROOK-KERNEL" "%BIGNUMP" 1 No;
    RatioP "ROOK-KERNEL" "%RATIOP" 1 No;
    SingleFloatP "ROOK-KERNEL" "%SINGLE-FLOAT-P" 1 No;
    DoubleFloatP "ROOK-KERNEL" "%DOUBLE-FLOAT-P" 1 No;
    InstanceP "ROOK-KERNEL" "%INSTANCEP" 1 No;
    /// T for every object with OTHER_TAG (vectors, arrays, packages, …; not doubles).
    OtherP "ROOK-KERNEL" "%OTHERP" 1 No;
    UnboundMarkP "ROOK-KERNEL" "%UNBOUND-MARK-P" 1 No;
    // Generic arithmetic: inline for fixnums and known floats, else the runtime.
    Add "COMMON-LISP" "+" 2 Left(0);
    Sub "COMMON-LISP" "-" 2 LeftFromOne;
    Mul "COMMON-LISP" "*" 2 Left(1);
    Div "COMMON-LISP" "/" 2 LeftFromOne;
    NumEq "COMMON-LISP" "=" 2 Compare;
    Lt "COMMON-LISP" "<" 2 Compare;
    Gt "COMMON-LISP" ">" 2 Compare;
    Le "COMMON-LISP" "<=" 2 Compare;
    Ge "COMMON-LISP" ">=" 2 Compare;
    OnePlus "COMMON-LISP" "1+" 1 No;
    OneMinus "COMMON-LISP" "1-" 1 No;
    LogAnd "COMMON-LISP" "LOGAND" 2 Left(-1);
    LogIor "COMMON-LISP" "LOGIOR" 2 Left(0);
    LogXor "COMMON-LISP" "LOGXOR" 2 Left(0);
    LogNot "COMMON-LISP" "LOGNOT" 1 No;
    Ash "COMMON-LISP" "ASH" 2 No;
    Zerop "COMMON-LISP" "ZEROP" 1 No;
    Plusp "COMMON-LISP" "PLUSP" 1 No;
    Minusp "COMMON-LISP" "MINUSP" 1 No;
    Oddp "COMMON-LISP" "ODDP" 1 No;
    Evenp "COMMON-LISP" "EVENP" 1 No;
    // Two-argument integer division, single value: inline for fixnums.
    Rem "COMMON-LISP" "REM" 2 No;
    Mod "COMMON-LISP" "MOD" 2 No;
    Truncate2 "ROOK-KERNEL" "%TRUNCATE" 2 No;
    Floor2 "ROOK-KERNEL" "%FLOOR" 2 No;
    Abs "COMMON-LISP" "ABS" 1 No;
    Min2 "ROOK-KERNEL" "%MIN2" 2 No;
    Max2 "ROOK-KERNEL" "%MAX2" 2 No;
    // Raw fixnum arithmetic: operands are fixnums, results wrap or are known to fit.
    FixAdd "ROOK-KERNEL" "%FIX+" 2 No;
    FixSub "ROOK-KERNEL" "%FIX-" 2 No;
    FixMul "ROOK-KERNEL" "%FIX*" 2 No;
    FixLt "ROOK-KERNEL" "%FIX<" 2 No;
    FixGt "ROOK-KERNEL" "%FIX>" 2 No;
    FixLe "ROOK-KERNEL" "%FIX<=" 2 No;
    FixGe "ROOK-KERNEL" "%FIX>=" 2 No;
    FixEq "ROOK-KERNEL" "%FIX=" 2 No;
    FixAnd "ROOK-KERNEL" "%FIXAND" 2 No;
    FixOr "ROOK-KERNEL" "%FIXOR" 2 No;
    FixXor "ROOK-KERNEL" "%FIXXOR" 2 No;
    /// Shift a non-negative fixnum right by a fixnum in 0..=62.
    FixShr "ROOK-KERNEL" "%FIXSHR" 2 No;
    FixShl "ROOK-KERNEL" "%FIXSHL" 2 No;
    // Floats: open-coded for known floats; conversions go through the expansions of COERCE and FLOAT.
    Sqrt "COMMON-LISP" "SQRT" 1 No;
    ToDouble "ROOK-KERNEL" "%TO-DOUBLE" 1 No;
    ToSingle "ROOK-KERNEL" "%TO-SINGLE" 1 No;
    SqrtDouble "ROOK-KERNEL" "%SQRT-DOUBLE" 1 No;
    FixnumToDouble "ROOK-KERNEL" "%FIXNUM-TO-DOUBLE" 1 No;
    DoubleToFixnum "ROOK-KERNEL" "%TRUNCATE-DOUBLE" 1 No;
    // Characters.
    CharCode "COMMON-LISP" "CHAR-CODE" 1 No;
    CodeChar "COMMON-LISP" "CODE-CHAR" 1 No;
    CharEq2 "ROOK-KERNEL" "%CHAR=2" 2 No;
    // Vectors.
    Svref "COMMON-LISP" "SVREF" 2 No;
    SetSvref "ROOK-KERNEL" "%SET-SVREF" 3 No;
    /// One-dimensional AREF of any array; inline for simple vectors of known kind.
    Aref1 "ROOK-KERNEL" "%AREF1" 2 No;
    SetAref1 "ROOK-KERNEL" "%SET-AREF1" 3 No;
    /// Inline for vectors without array header.
    Length "COMMON-LISP" "LENGTH" 1 No;
    /// Length of any simple vector or string (size field of the header), unchecked.
    VectorSize "ROOK-KERNEL" "%VECTOR-SIZE" 1 No;
    Schar "COMMON-LISP" "SCHAR" 2 No;
    SetSchar "ROOK-KERNEL" "%SET-SCHAR" 3 No;
    // Objects, unchecked: the caller knows kind and bounds.
    /// Kind number of a headed object with OTHER_TAG.
    OtherKind "ROOK-KERNEL" "%OTHER-KIND" 1 No;
    OtherRef "ROOK-KERNEL" "%OTHER-REF" 2 No;
    SetOtherRef "ROOK-KERNEL" "%SET-OTHER-REF" 3 No;
    InstanceRef "ROOK-KERNEL" "%INSTANCE-REF" 2 No;
    SetInstanceRef "ROOK-KERNEL" "%SET-INSTANCE-REF" 3 No;
    /// Object, layout of a structure type, its depth and its name (constants): the object, checked.
    CheckStructure "ROOK-KERNEL" "%CHECK-STRUCTURE" 4 No;
    /// Slots that hold raw double-floats.
    InstanceDouble "ROOK-KERNEL" "%INSTANCE-DOUBLE" 2 No;
    SetInstanceDouble "ROOK-KERNEL" "%SET-INSTANCE-DOUBLE" 3 No;
    FunctionRef "ROOK-KERNEL" "%FUNCTION-REF" 2 No;
    SetFunctionRef "ROOK-KERNEL" "%SET-FUNCTION-REF" 3 No;
    SymbolRef "ROOK-KERNEL" "%SYMBOL-REF" 2 No;
    SetSymbolRef "ROOK-KERNEL" "%SET-SYMBOL-REF" 3 No;
    /// Slot 0 of an instance (its layout), or NIL when the argument is no instance.
    LayoutOf "ROOK-KERNEL" "%LAYOUT-OF" 1 No;
    /// The unbound marker as a value.
    UnboundMark "ROOK-KERNEL" "%UNBOUND-MARK" 0 No;
    EmptyMark "ROOK-KERNEL" "%EMPTY-MARK" 0 No;
    /// Value i (constant, >= 1) left in the values area by a primitive; clears nothing.
    SecondValue "ROOK-KERNEL" "%SECOND-VALUE" 0 No;
    /// Address bits of an object as a fixnum (valid until the next collection).
    AddressBits "ROOK-KERNEL" "%ADDRESS-BITS" 1 No;
    /// Symbol value cells by a symbol computed at run time.
    SymbolValue "COMMON-LISP" "SYMBOL-VALUE" 1 No;
    Set "COMMON-LISP" "SET" 2 No;
    /// Identity for the compiler, a barrier to constant folding.
    Identity "COMMON-LISP" "IDENTITY" 1 No;
}

/// The row for a symbol, by home package and name.
pub fn find(package: &str, name: &str) -> Option<&'static Known> {
    use crate::hash::HashMap;
    use std::sync::OnceLock;
    static INDEX: OnceLock<HashMap<(&'static str, &'static str), &'static Known>> = OnceLock::new();
    INDEX.get_or_init(|| KNOWN.iter().map(|k| ((k.package, k.name), k)).collect()).get(&(package, name)).copied()
}
