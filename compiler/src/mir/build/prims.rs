//! Lowering of the operators in `known_functions`.

use super::*;
use crate::hir::Hir;
use crate::hir::Kind;
use crate::known_functions::PrimOp;
use rook_runtime::abi::layout::{self, kind};
use rook_runtime::abi::tags::*;

/// Operators whose lowering is a condition.
pub fn is_predicate(op: PrimOp) -> bool {
    use PrimOp::*;
    matches!(
        op,
        Eq | Eql | Not | Null | Consp | Atom | Listp | Symbolp | Characterp | Functionp | Integerp | Rationalp | Floatp
            | Realp | Numberp | Complexp | SimpleVectorP | SimpleStringP | Packagep | FixnumP | BignumP | RatioP
            | SingleFloatP | DoubleFloatP | InstanceP | OtherP | UnboundMarkP | NumEq | Lt | Gt | Le | Ge | Zerop
            | Plusp | Minusp | Oddp | Evenp | FixLt | FixGt | FixLe | FixGe | FixEq | CharEq2
    )
}

/// The type set a predicate tests for.
fn tested_set(op: PrimOp) -> Option<TypeSet> {
    use PrimOp::*;
    Some(match op {
        Consp => TypeSet::CONS,
        Atom => TypeSet::ANY.minus(TypeSet::CONS),
        Listp => TypeSet::LIST,
        Symbolp => TypeSet::SYMBOL,
        Characterp => TypeSet::CHARACTER,
        Functionp => TypeSet::FUNCTION,
        Integerp => TypeSet::INTEGER,
        Rationalp => TypeSet::RATIONAL,
        Floatp => TypeSet::FLOAT,
        Realp => TypeSet::REAL,
        Numberp => TypeSet::NUMBER,
        Complexp => TypeSet::COMPLEX,
        SimpleVectorP => TypeSet::SIMPLE_VECTOR,
        SimpleStringP => TypeSet::SIMPLE_STRING,
        Packagep => TypeSet::kind(kind::PACKAGE),
        FixnumP => TypeSet::FIXNUM,
        BignumP => TypeSet::BIGNUM,
        RatioP => TypeSet::RATIO,
        SingleFloatP => TypeSet::SINGLE,
        DoubleFloatP => TypeSet::DOUBLE,
        InstanceP => TypeSet::INSTANCE,
        OtherP => other_tag_set(),
        UnboundMarkP => TypeSet::MARK,
        _ => return None,
    })
}

/// Every kind whose references carry OTHER_TAG.
fn other_tag_set() -> TypeSet {
    let kinds = (1..=kind::FILLER)
        .filter(|k| ![kind::SYMBOL, kind::FUNCTION, kind::INSTANCE, kind::DOUBLE, kind::FILLER].contains(k));
    kinds.fold(TypeSet::EMPTY, |set, k| set.union(TypeSet::kind(k)))
}

fn compare_of(op: PrimOp) -> Option<Compare> {
    use PrimOp::*;
    Some(match op {
        NumEq | FixEq | Zerop => Compare::Eq,
        Lt | FixLt | Minusp => Compare::Lt,
        Gt | FixGt | Plusp => Compare::Gt,
        Le | FixLe => Compare::Le,
        Ge | FixGe => Compare::Ge,
        _ => return None,
    })
}

impl Builder<'_, '_> {
    pub fn prim(&mut self, op: PrimOp, args: &[Hir], want: Want) -> Out {
        let values = self.all(args);
        if is_predicate(op) {
            let c = self.predicate(op, &values);
            let v = self.tagged(Inst::Boolean(c), TypeSet::BOOLEAN);
            return self.finish(v, want);
        }
        let v = self.operator(op, &values);
        self.finish(v, want)
    }

    /// The condition a predicate computes.
    pub fn predicate(&mut self, op: PrimOp, v: &[ValueId]) -> ValueId {
        use PrimOp::*;
        if let Some(set) = tested_set(op) {
            return self.bool(Inst::Is(set, v[0]));
        }
        match op {
            Eq => self.bool(Inst::Eq(v[0], v[1])),
            Eql => self.eql(v[0], v[1]),
            Not | Null => {
                let nil = self.nil();
                self.bool(Inst::Eq(v[0], nil))
            }
            NumEq | Lt | Gt | Le | Ge => {
                let c = compare_of(op).expect("a comparison");
                self.bool(Inst::ArithCompare(c, v[0], v[1]))
            }
            Zerop | Plusp | Minusp => {
                let zero = self.fixnum(0);
                let c = compare_of(op).expect("a comparison");
                self.bool(Inst::ArithCompare(c, v[0], zero))
            }
            FixLt | FixGt | FixLe | FixGe | FixEq => {
                let (a, b) = (self.word(Inst::Bits(v[0])), self.word(Inst::Bits(v[1])));
                let c = compare_of(op).expect("a comparison");
                self.bool(Inst::CompareWord(c, a, b))
            }
            Oddp | Evenp => {
                let one = self.fixnum(1);
                let low = self.operator(LogAnd, &[v[0], one]);
                let other = if op == Oddp { one } else { self.fixnum(0) };
                self.bool(Inst::Eq(low, other))
            }
            CharEq2 => {
                let a = self.check(v[0], TypeSet::CHARACTER, Sym::CHARACTER);
                let b = self.check(v[1], TypeSet::CHARACTER, Sym::CHARACTER);
                self.bool(Inst::Eq(a, b))
            }
            _ => unreachable!("{op:?} is no predicate"),
        }
    }

    /// What a predicate's outcome tells about the variables it was given.
    pub fn refine(&mut self, op: PrimOp, args: &[Hir], values: &[ValueId], outcome: bool) {
        if let Some(set) = tested_set(op) {
            let refinement =
                if outcome { Refinement::Type(Type::of(set)) } else { Refinement::NotIn(set) };
            self.refine_variable(&args[0], values[0], refinement);
            return;
        }
        let compare = match op {
            PrimOp::NumEq | PrimOp::Lt | PrimOp::Gt | PrimOp::Le | PrimOp::Ge => compare_of(op),
            PrimOp::FixEq | PrimOp::FixLt | PrimOp::FixGt | PrimOp::FixLe | PrimOp::FixGe => compare_of(op),
            _ => None,
        };
        let Some(compare) = compare else { return };
        let compare = if outcome { compare } else { negate(compare) };
        self.refine_variable(&args[0], values[0], Refinement::Compare(compare, values[1]));
        self.refine_variable(&args[1], values[1], Refinement::Compare(swap(compare), values[0]));
    }

    fn refine_variable(&mut self, arg: &Hir, value: ValueId, refinement: Refinement) {
        let Kind::Local(v) = arg.kind else { return };
        if self.s.closures.is_boxed(v) || self.read_storage(v) != value {
            return;
        }
        let now = self.ty(value);
        let ty = match refinement {
            Refinement::Type(t) => now.intersection(t),
            Refinement::NotIn(set) => Type { set: now.set.minus(set), ..now },
            Refinement::Compare(..) => now,
        };
        let known = self.emit(Inst::Assume(value, refinement), Repr::Tagged, ty);
        self.write_storage(v, known);
    }

    /// Same object, or numbers of one type and value.
    fn eql(&mut self, a: ValueId, b: ValueId) -> ValueId {
        let boxed = TypeSet::BIGNUM.union(TypeSet::RATIO).union(TypeSet::DOUBLE).union(TypeSet::COMPLEX);
        if self.ty(a).set.is_disjoint_from(boxed) || self.ty(b).set.is_disjoint_from(boxed) {
            return self.bool(Inst::Eq(a, b));
        }
        let (same, differ, slow, no) = (self.f.new_block(), self.f.new_block(), self.new_cold_block(), self.f.new_block());
        let join = self.f.new_block();
        let result = self.f.new_value(Repr::Bool, Type::ANY);
        self.f.block_mut(join).params.push(result);
        let eq = self.bool(Inst::Eq(a, b));
        self.branch(eq, same, differ);
        self.seal_and_go(differ);
        let number = self.bool(Inst::Is(boxed, a));
        self.branch(number, slow, no);
        self.seal_and_go(slow);
        let t = self.primitive("eql_slow", vec![a, b]);
        let nil = self.nil();
        let is_nil = self.bool(Inst::Eq(t, nil));
        let answer = self.bool(Inst::BoolNot(is_nil));
        self.jump(join, vec![answer]);
        self.seal_and_go(no);
        self.jump(join, vec![eq]);
        self.seal_and_go(same);
        self.jump(join, vec![eq]);
        self.seal_and_go(join);
        result
    }

    /// The value a non-predicate operator computes.
    pub(super) fn operator(&mut self, op: PrimOp, v: &[ValueId]) -> ValueId {
        use PrimOp::*;
        match op {
            Car | Cdr => {
                let list = self.check(v[0], TypeSet::LIST, Sym::LIST);
                self.load(Element::Tagged, CONS_TAG, if op == Car { 0 } else { 8 }, list)
            }
            UncheckedCar => self.load(Element::Tagged, CONS_TAG, 0, v[0]),
            UncheckedCdr => self.load(Element::Tagged, CONS_TAG, 8, v[0]),
            Cons => self.tagged(Inst::Cons(v[0], v[1]), TypeSet::CONS),
            Rplaca | Rplacd => {
                let cell = self.check(v[0], TypeSet::CONS, Sym::CONS);
                self.store(CONS_TAG, if op == Rplaca { 0 } else { 8 }, cell, v[1]);
                cell
            }
            Add => self.arith(Arith::Add, v[0], v[1]),
            Sub => self.arith(Arith::Sub, v[0], v[1]),
            Mul => self.arith(Arith::Mul, v[0], v[1]),
            Div => self.divide(v[0], v[1]),
            Sqrt => self.primitive("sqrt", vec![v[0]]),
            // What a restart supplies may be anything.
            ToDouble => {
                let number = self.primitive("to_double_float", vec![v[0]]);
                self.check(number, TypeSet::DOUBLE, Sym::DOUBLE_FLOAT)
            }
            ToSingle => {
                let number = self.primitive("to_single_float", vec![v[0]]);
                self.check(number, TypeSet::SINGLE, Sym::SINGLE_FLOAT)
            }
            OnePlus | OneMinus => {
                let one = self.fixnum(1);
                self.arith(if op == OnePlus { Arith::Add } else { Arith::Sub }, v[0], one)
            }
            LogAnd => self.fixnum_op(WordOp::And, v[0], v[1], "logand2"),
            LogIor => self.fixnum_op(WordOp::Or, v[0], v[1], "logior2"),
            LogXor => self.fixnum_op(WordOp::Xor, v[0], v[1], "logxor2"),
            LogNot => {
                let minus_one = self.fixnum(-1);
                self.fixnum_op(WordOp::Xor, v[0], minus_one, "logxor2")
            }
            Ash => self.ash(v[0], v[1]),
            Rem => self.integer_divide(v[0], v[1], Division::Rem, "rem"),
            Mod => self.integer_divide(v[0], v[1], Division::Mod, "modulo"),
            Truncate2 => self.integer_divide(v[0], v[1], Division::Truncate, "truncate2"),
            Floor2 => self.integer_divide(v[0], v[1], Division::Floor, "floor2"),
            Abs => self.abs(v[0]),
            Min2 | Max2 => {
                let c = if op == Min2 { Compare::Le } else { Compare::Ge };
                let first = self.bool(Inst::ArithCompare(c, v[0], v[1]));
                self.select(first, v[0], v[1])
            }
            FixAdd => self.fix_op(WordOp::Add, v),
            FixSub => self.fix_op(WordOp::Sub, v),
            FixMul => {
                let (a, b) = (self.word(Inst::Bits(v[0])), self.word(Inst::Untag(v[1])));
                let r = self.word(Inst::WordOp(WordOp::Mul, a, b));
                self.fixnum_bits(r)
            }
            FixAnd => self.fix_op(WordOp::And, v),
            FixOr => self.fix_op(WordOp::Or, v),
            FixXor => self.fix_op(WordOp::Xor, v),
            FixShr | FixShl => {
                let (a, n) = (self.word(Inst::Bits(v[0])), self.word(Inst::Untag(v[1])));
                let shift = if op == FixShr { WordOp::ShiftRight } else { WordOp::ShiftLeft };
                let r = self.word(Inst::WordOp(shift, a, n));
                let mask = self.const_word(-2);
                let r = self.word(Inst::WordOp(WordOp::And, r, mask));
                self.fixnum_bits(r)
            }
            SqrtDouble => {
                let d = self.unbox(v[0]);
                let r = self.emit(Inst::FloatUnary(FloatUnary::Sqrt, d), Repr::Double, Type::ANY);
                self.tagged(Inst::BoxDouble(r), TypeSet::DOUBLE)
            }
            FixnumToDouble => {
                let w = self.word(Inst::Untag(v[0]));
                let d = self.emit(Inst::WordToDouble(w), Repr::Double, Type::ANY);
                self.tagged(Inst::BoxDouble(d), TypeSet::DOUBLE)
            }
            DoubleToFixnum => {
                let d = self.unbox(v[0]);
                let w = self.word(Inst::DoubleToWord(d));
                self.tagged(Inst::Tag(w), TypeSet::FIXNUM)
            }
            CharCode => {
                let c = self.check(v[0], TypeSet::CHARACTER, Sym::CHARACTER);
                let bits = self.word(Inst::Bits(c));
                let n = self.const_word(7);
                let code = self.word(Inst::WordOp(WordOp::ShiftRight, bits, n));
                self.emit(Inst::FromBits(code), Repr::Tagged, Type::fixnum_range(0, 0x10ffff))
            }
            CodeChar => self.code_char(v[0]),
            Svref => {
                let vector = self.check(v[0], TypeSet::SIMPLE_VECTOR, Sym::SIMPLE_VECTOR);
                let index = self.element_index(vector, v[1]);
                self.element(Element::Tagged, vector, index)
            }
            SetSvref => {
                let vector = self.check(v[0], TypeSet::SIMPLE_VECTOR, Sym::SIMPLE_VECTOR);
                let index = self.element_index(vector, v[1]);
                self.set_element(Element::Tagged, vector, index, v[2]);
                v[2]
            }
            Aref1 => self.aref(v[0], v[1]),
            SetAref1 => self.set_aref(v[0], v[1], v[2]),
            Length => self.length(v[0]),
            VectorSize => {
                let size = self.vector_size(v[0]);
                self.emit(Inst::Tag(size), Repr::Tagged, Type::fixnum_range(0, (1 << 48) - 1))
            }
            Schar => {
                let s = self.check(v[0], TypeSet::SIMPLE_STRING, Sym::STRING);
                let index = self.element_index(s, v[1]);
                self.string_element(s, index)
            }
            SetSchar => self.set_schar(v[0], v[1], v[2]),
            OtherKind => {
                let h = self.word(Inst::Header { tag: OTHER_TAG as u8, base: v[0] });
                let n = self.const_word(layout::HEADER_KIND_SHIFT as i64);
                let shifted = self.word(Inst::WordOp(WordOp::ShiftRight, h, n));
                let mask = self.const_word(0xff);
                let k = self.word(Inst::WordOp(WordOp::And, shifted, mask));
                self.emit(Inst::Tag(k), Repr::Tagged, Type::fixnum_range(0, 255))
            }
            OtherRef => self.slot_ref(OTHER_TAG, v),
            SetOtherRef => self.set_slot(OTHER_TAG, v),
            InstanceRef => self.slot_ref(INSTANCE_TAG, v),
            SetInstanceRef => self.set_slot(INSTANCE_TAG, v),
            CheckStructure => self.check_structure(v),
            InstanceDouble => self.raw_slot_ref(v),
            SetInstanceDouble => self.set_raw_slot(v),
            FunctionRef => self.slot_ref(FUNCTION_TAG, v),
            SetFunctionRef => self.set_slot(FUNCTION_TAG, v),
            SymbolRef => self.symbol_ref(v),
            SetSymbolRef => self.set_slot(SYMBOL_TAG, v),
            LayoutOf => self.layout_of(v[0]),
            UnboundMark => self.immediate(UNBOUND),
            EmptyMark => self.immediate(EMPTY_MARK),
            SecondValue => self.any(Inst::ValueRef(1)),
            AddressBits => {
                let bits = self.word(Inst::Bits(v[0]));
                let n = self.const_word(3);
                let high = self.word(Inst::WordOp(WordOp::ShiftRight, bits, n));
                let mask = self.const_word(-2);
                let even = self.word(Inst::WordOp(WordOp::And, high, mask));
                self.fixnum_bits(even)
            }
            SymbolValue => self.primitive("symbol_value", vec![v[0]]),
            Set => self.primitive("set_symbol_value", vec![v[0], v[1]]),
            Identity => v[0],
            _ => unreachable!("{op:?} is a predicate"),
        }
    }

    // Pieces.

    pub fn load(&mut self, element: Element, tag: u64, offset: i32, base: ValueId) -> ValueId {
        let inst = Inst::Load { element, tag: tag as u8, offset, base };
        if element == Element::Tagged { self.any(inst) } else { self.word(inst) }
    }
    pub(super) fn store(&mut self, tag: u64, offset: i32, base: ValueId, value: ValueId) {
        let barrier = self.ty(value).set.may_be_reference();
        self.effect(Inst::Store { element: Element::Tagged, tag: tag as u8, offset, base, value, barrier });
    }
    fn unbox(&mut self, v: ValueId) -> ValueId {
        let v = if self.ty(v).is_double() {
            v
        } else {
            self.check(v, TypeSet::DOUBLE, Sym::DOUBLE_FLOAT)
        };
        self.emit(Inst::UnboxDouble(v), Repr::Double, Type::ANY)
    }
    fn fixnum_bits(&mut self, word: ValueId) -> ValueId {
        self.tagged(Inst::FromBits(word), TypeSet::FIXNUM)
    }
    fn arith(&mut self, op: Arith, a: ValueId, b: ValueId) -> ValueId {
        self.tagged(Inst::Arith(op, a, b), TypeSet::NUMBER)
    }
    fn fix_op(&mut self, op: WordOp, v: &[ValueId]) -> ValueId {
        let (a, b) = (self.word(Inst::Bits(v[0])), self.word(Inst::Bits(v[1])));
        let r = self.word(Inst::WordOp(op, a, b));
        self.fixnum_bits(r)
    }

    /// `fast` when all operands are fixnums, else the primitive on the operands.
    fn fixnum_case(
        &mut self,
        operands: &[ValueId],
        primitive: &'static str,
        fast: impl FnOnce(&mut Self, Block) -> ValueId,
    ) -> ValueId {
        let join = self.f.new_block();
        let slow = self.new_cold_block();
        let result = self.f.new_value(Repr::Tagged, Type::ANY);
        self.f.block_mut(join).params.push(result);
        let mut all = None;
        for &v in operands {
            if self.ty(v).is_fixnum() {
                continue;
            }
            let is = self.bool(Inst::Is(TypeSet::FIXNUM, v));
            all = Some(match all {
                Some(a) => self.bool(Inst::BoolAnd(a, is)),
                None => is,
            });
        }
        let quick = self.f.new_block();
        match all {
            Some(c) => self.branch(c, quick, slow),
            None => self.jump(quick, vec![]),
        }
        self.seal_and_go(quick);
        let r = fast(self, slow);
        self.jump(join, vec![r]);
        self.seal_and_go(slow);
        let r = self.primitive(primitive, operands.to_vec());
        self.jump(join, vec![r]);
        self.seal_and_go(join);
        result
    }

    fn fixnum_op(&mut self, op: WordOp, a: ValueId, b: ValueId, primitive: &'static str) -> ValueId {
        // An AND with a non-negative constant fixnum is within that constant's bounds.
        let bound = [a, b].iter().map(|&v| self.ty(v)).find(|t| op == WordOp::And && t.is_fixnum() && t.low >= 0);
        let r = self.fixnum_case(&[a, b], primitive, |b_, _| b_.fix_op(op, &[a, b]));
        if let Some(t) = bound {
            let ty = Type::fixnum_range(0, t.high);
            return self.emit(Inst::Assume(r, Refinement::Type(ty)), Repr::Tagged, ty);
        }
        r
    }

    fn ash(&mut self, a: ValueId, n: ValueId) -> ValueId {
        let t = self.ty(n);
        let constant = (t.is_fixnum() && t.low == t.high).then_some(t.low);
        match constant {
            Some(k) if k <= 0 => {
                let k = (-k).min(63);
                let case = self.fixnum_case(&[a, n], "ash", |b, _| {
                    let bits = b.word(Inst::Bits(a));
                    let k = b.const_word(k);
                    let r = b.word(Inst::WordOp(WordOp::ShiftRightSigned, bits, k));
                    let mask = b.const_word(-2);
                    let r = b.word(Inst::WordOp(WordOp::And, r, mask));
                    b.fixnum_bits(r)
                });
                case
            }
            Some(k) if k < 62 => {
                let a = self.check(a, TypeSet::INTEGER, Sym::INTEGER);
                let power = self.fixnum(1 << k);
                self.arith(Arith::Mul, a, power)
            }
            _ => self.primitive("ash", vec![a, n]),
        }
    }

    fn integer_divide(&mut self, a: ValueId, b: ValueId, what: Division, primitive: &'static str) -> ValueId {
        self.fixnum_case(&[a, b], primitive, |s, slow| {
            let (x, y) = (s.word(Inst::Untag(a)), s.word(Inst::Untag(b)));
            s.guard_divisor(b, y, slow);
            let r = match what {
                Division::Truncate => s.word(Inst::WordOp(WordOp::Div, x, y)),
                Division::Rem => s.word(Inst::WordOp(WordOp::Rem, x, y)),
                Division::Mod => {
                    let r = s.word(Inst::WordOp(WordOp::Rem, x, y));
                    let mask = s.floor_mask(r, y);
                    let fix = s.word(Inst::WordOp(WordOp::And, y, mask));
                    s.word(Inst::WordOp(WordOp::Add, r, fix))
                }
                Division::Floor => {
                    let q = s.word(Inst::WordOp(WordOp::Div, x, y));
                    let product = s.word(Inst::WordOp(WordOp::Mul, q, y));
                    let r = s.word(Inst::WordOp(WordOp::Sub, x, product));
                    let mask = s.floor_mask(r, y);
                    s.word(Inst::WordOp(WordOp::Add, q, mask))
                }
            };
            s.tagged(Inst::Tag(r), TypeSet::FIXNUM)
        })
    }

    /// Fixnums inline when the division leaves no remainder.
    fn divide(&mut self, a: ValueId, b: ValueId) -> ValueId {
        if !self.ty(a).has_fixnum() || !self.ty(b).has_fixnum() {
            return self.primitive("div", vec![a, b]);
        }
        self.fixnum_case(&[a, b], "div", |s, slow| {
            let (x, y) = (s.word(Inst::Untag(a)), s.word(Inst::Untag(b)));
            s.guard_divisor(b, y, slow);
            let quotient = s.word(Inst::WordOp(WordOp::Div, x, y));
            let product = s.word(Inst::WordOp(WordOp::Mul, quotient, y));
            let exact = s.bool(Inst::CompareWord(Compare::Eq, product, x));
            let ok = s.f.new_block();
            s.branch(exact, ok, slow);
            s.seal_and_go(ok);
            s.tagged(Inst::Tag(quotient), TypeSet::FIXNUM)
        })
    }

    /// Divisors 0 and -1 take the slow path: divisor + 1 is 1 or 0.
    fn guard_divisor(&mut self, b: ValueId, y: ValueId, slow: Block) {
        let t = self.ty(b);
        if t.low <= 0 && t.high >= -1 {
            let one = self.const_word(1);
            let two = self.const_word(2);
            let shifted = self.word(Inst::WordOp(WordOp::Add, y, one));
            let special = self.bool(Inst::CompareWord(Compare::Below, shifted, two));
            let ok = self.f.new_block();
            self.branch(special, slow, ok);
            self.seal_and_go(ok);
        }
    }

    /// -1 when a truncated remainder must be corrected for flooring (signs differ, not zero), else 0.
    fn floor_mask(&mut self, r: ValueId, y: ValueId) -> ValueId {
        let zero = self.const_word(0);
        let signs = self.word(Inst::WordOp(WordOp::Xor, r, y));
        let differ = self.bool(Inst::CompareWord(Compare::Lt, signs, zero));
        let not_zero = self.bool(Inst::CompareWord(Compare::Ne, r, zero));
        let both = self.bool(Inst::BoolAnd(differ, not_zero));
        let word = self.word(Inst::BoolToWord(both));
        self.word(Inst::WordOp(WordOp::Sub, zero, word))
    }

    fn abs(&mut self, v: ValueId) -> ValueId {
        self.fixnum_case(&[v], "abs", |b, _| {
            let zero = b.fixnum(0);
            let negative = b.bool(Inst::ArithCompare(Compare::Lt, v, zero));
            let (yes, no) = (b.f.new_block(), b.f.new_block());
            let join = b.new_join(Want::One);
            b.branch(negative, yes, no);
            b.seal_and_go(yes);
            let r = b.arith(Arith::Sub, zero, v);
            b.jump(join, vec![r]);
            b.seal_and_go(no);
            b.jump(join, vec![v]);
            b.enter_value(join)
        })
    }

    fn select(&mut self, c: ValueId, a: ValueId, b: ValueId) -> ValueId {
        let (yes, no) = (self.f.new_block(), self.f.new_block());
        let join = self.new_join(Want::One);
        self.branch(c, yes, no);
        self.seal_and_go(yes);
        self.jump(join, vec![a]);
        self.seal_and_go(no);
        self.jump(join, vec![b]);
        self.enter_value(join)
    }

    fn code_char(&mut self, v: ValueId) -> ValueId {
        self.fixnum_case(&[v], "code_char", |b, slow| {
            let bits = b.word(Inst::Bits(v));
            let limit = b.const_word(0x110000 << 1);
            let ok = b.bool(Inst::CompareWord(Compare::Below, bits, limit));
            let fine = b.f.new_block();
            b.branch(ok, fine, slow);
            b.seal_and_go(fine);
            let n = b.const_word(7);
            let up = b.word(Inst::WordOp(WordOp::ShiftLeft, bits, n));
            b.character_bits(up)
        })
    }
    /// A character from `code << CHARACTER_SHIFT`.
    pub(super) fn character_bits(&mut self, shifted: ValueId) -> ValueId {
        let low = self.const_word(CHARACTER_BYTE as i64);
        let bits = self.word(Inst::WordOp(WordOp::Or, shifted, low));
        self.tagged(Inst::FromBits(bits), TypeSet::CHARACTER)
    }
}

#[derive(Clone, Copy)]
enum Division {
    Truncate,
    Rem,
    Floor,
    Mod,
}

fn negate(c: Compare) -> Compare {
    match c {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
        Compare::Ge => Compare::Lt,
        Compare::Below => unreachable!("refinements come from signed comparisons"),
    }
}

/// `a c b` as `b (swap c) a`.
fn swap(c: Compare) -> Compare {
    match c {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        c => c,
    }
}
