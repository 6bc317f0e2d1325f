//! Open code for arithmetic on known floats and for elements of vectors of known kinds: what
//! `eliminate_checks` puts in place of generic instructions and primitives once types are known.
//!
//! Straight-line code only. Boxes are made as needed here and removed by `unbox_floats`; `check_floats`
//! adds the checks for errors.

use super::substitute::Substitution;
use crate::mir::*;
use crate::source::Span;
use crate::types::{Type, TypeSet};
use rook_runtime::abi::layout::{HEADER_SIZE_SHIFT, kind};
use rook_runtime::abi::tags::OTHER_TAG;

/// Emits straight-line code in place of one instruction.
struct Coder<'a> {
    f: &'a mut Function,
    out: &'a mut Vec<InstData>,
    span: Span,
}

/// Replaces the instruction if there is something better; its operands are resolved.
pub fn rewrite(
    f: &mut Function,
    data: &InstData,
    specifiers: Option<Specifiers>,
    out: &mut Vec<InstData>,
    substitution: &mut Substitution,
) -> bool {
    let Some(&result) = data.results.first() else { return false };
    let mut c = Coder { f, out, span: data.span };
    match &data.inst {
        Inst::Arith(op, a, b) => {
            let op = match op {
                Arith::Add => FloatOp::Add,
                Arith::Sub => FloatOp::Sub,
                Arith::Mul => FloatOp::Mul,
            };
            c.float_op(op, *a, *b, result)
        }
        Inst::ArithCompare(op, a, b) => {
            let Some((x, y, _)) = c.floats(*a, *b, true) else { return false };
            c.push(Inst::CompareFloat(*op, x, y), result);
            true
        }
        Inst::Primitive("div", args) => c.float_op(FloatOp::Div, args[0], args[1], result),
        Inst::Primitive("abs", args) => c.unary(FloatUnary::Abs, args[0], result),
        Inst::Primitive("sqrt", args) if c.is_nonnegative_float(args[0]) => c.unary(FloatUnary::Sqrt, args[0], result),
        Inst::Primitive("to_double_float", args) => c.convert(args[0], Repr::Double, result, substitution),
        Inst::Primitive("to_single_float", args) => c.convert(args[0], Repr::Single, result, substitution),
        Inst::Primitive("aref1", args) => match (c.vector_kind(args[0]), specifiers) {
            (Some(k), Some(specifiers)) => c.element(k, args[0], args[1], specifiers, result),
            _ => false,
        },
        Inst::Primitive("set_aref1", args) => match (c.vector_kind(args[0]), specifiers) {
            (Some(k), Some(specifiers)) => {
                let Some(stored) = c.set_element(k, args, specifiers) else { return false };
                substitution.insert(result, stored);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// The type of a vector's elements.
pub fn element_type(k: u8) -> Option<Type> {
    Some(match k {
        kind::VECTOR_F64 => Type::of(TypeSet::DOUBLE),
        kind::VECTOR_F32 => Type::of(TypeSet::SINGLE),
        _ => {
            let (_, low, high) = small_integer(k)?;
            Type::fixnum_range(low, high)
        }
    })
}

/// Element layout and bounds of vectors of integers that are always fixnums.
pub fn small_integer(k: u8) -> Option<(Element, i64, i64)> {
    Some(match k {
        kind::VECTOR_U8 => (Element::U8, 0, 0xff),
        kind::VECTOR_S8 => (Element::S8, -0x80, 0x7f),
        kind::VECTOR_U16 => (Element::U16, 0, 0xffff),
        kind::VECTOR_S16 => (Element::S16, -0x8000, 0x7fff),
        kind::VECTOR_U32 => (Element::U32, 0, 0xffff_ffff),
        kind::VECTOR_S32 => (Element::S32, -0x8000_0000, 0x7fff_ffff),
        _ => return None,
    })
}

/// Integers up to this size are exact in both formats, so that comparing floats compares them.
fn is_exact(ty: Type, repr: Repr) -> bool {
    let bits = if repr == Repr::Double { 53 } else { 24 };
    ty.low >= -(1 << bits) && ty.high <= 1 << bits
}

impl Coder<'_> {
    fn push(&mut self, inst: Inst, result: ValueId) {
        self.out.push(InstData { inst, results: vec![result], span: self.span });
    }
    fn emit(&mut self, inst: Inst, repr: Repr, ty: Type) -> ValueId {
        let v = self.f.new_value(repr, ty);
        self.push(inst, v);
        v
    }
    fn raw(&mut self, inst: Inst, repr: Repr) -> ValueId {
        self.emit(inst, repr, Type::ANY)
    }
    fn box_as(&mut self, repr: Repr, raw: ValueId, result: ValueId) {
        self.push(if repr == Repr::Double { Inst::BoxDouble(raw) } else { Inst::BoxSingle(raw) }, result);
    }
    fn format(&self, v: ValueId) -> Option<Repr> {
        let ty = self.f.ty(v);
        if ty.is_double() {
            Some(Repr::Double)
        } else if ty.is_single() {
            Some(Repr::Single)
        } else {
            None
        }
    }
    fn is_nonnegative_float(&self, v: ValueId) -> bool {
        let set = self.f.ty(v).set;
        set == TypeSet::NONNEGATIVE_DOUBLE || set == TypeSet::NONNEGATIVE_SINGLE
    }

    /// Both operands in the format that contagion gives, when at least one is a float and the other a
    /// float or a fixnum (for comparisons: one that converts exactly).
    fn floats(&mut self, a: ValueId, b: ValueId, exact: bool) -> Option<(ValueId, ValueId, Repr)> {
        let repr = match (self.format(a), self.format(b)) {
            (None, None) => return None,
            (Some(Repr::Double), _) | (_, Some(Repr::Double)) => Repr::Double,
            _ => Repr::Single,
        };
        let fits = |c: &Self, v: ValueId| {
            let ty = c.f.ty(v);
            c.format(v).is_some() || ty.is_fixnum() && (!exact || is_exact(ty, repr))
        };
        if !fits(self, a) || !fits(self, b) {
            return None;
        }
        Some((self.raw_float(a, repr), self.raw_float(b, repr), repr))
    }

    /// A float or fixnum as a raw float; never a double as a single.
    fn raw_float(&mut self, v: ValueId, repr: Repr) -> ValueId {
        match (self.format(v), repr) {
            (Some(Repr::Double), _) => self.raw(Inst::UnboxDouble(v), Repr::Double),
            (Some(_), Repr::Single) => self.raw(Inst::UnboxSingle(v), Repr::Single),
            (Some(_), _) => {
                let single = self.raw(Inst::UnboxSingle(v), Repr::Single);
                self.raw(Inst::SingleToDouble(single), Repr::Double)
            }
            (None, repr) => {
                let word = self.raw(Inst::Untag(v), Repr::Word);
                let inst = if repr == Repr::Double { Inst::WordToDouble(word) } else { Inst::WordToSingle(word) };
                self.raw(inst, repr)
            }
        }
    }

    fn float_op(&mut self, op: FloatOp, a: ValueId, b: ValueId, result: ValueId) -> bool {
        let Some((x, y, repr)) = self.floats(a, b, false) else { return false };
        let raw = self.raw(Inst::FloatOp(op, x, y), repr);
        self.box_as(repr, raw, result);
        true
    }

    fn unary(&mut self, op: FloatUnary, v: ValueId, result: ValueId) -> bool {
        let Some(repr) = self.format(v) else { return false };
        let x = self.raw_float(v, repr);
        let raw = self.raw(Inst::FloatUnary(op, x), repr);
        self.box_as(repr, raw, result);
        true
    }

    fn convert(&mut self, v: ValueId, to: Repr, result: ValueId, substitution: &mut Substitution) -> bool {
        let raw = match self.format(v) {
            Some(from) if from == to => {
                substitution.insert(result, v);
                return true;
            }
            Some(Repr::Double) => {
                let x = self.raw_float(v, Repr::Double);
                self.raw(Inst::DoubleToSingle(x), Repr::Single)
            }
            None if !self.f.ty(v).is_fixnum() => return false,
            _ => self.raw_float(v, to),
        };
        self.box_as(to, raw, result);
        true
    }

    /// The kind of a vector whose elements have open code.
    fn vector_kind(&self, v: ValueId) -> Option<u8> {
        self.f.ty(v).set.single_kind().filter(|&k| element_type(k).is_some())
    }

    fn index(&mut self, vector: ValueId, index: ValueId, specifiers: Specifiers) -> ValueId {
        let ty = self.f.ty(index).intersection(Type::FIXNUM);
        let index = self.emit(Inst::Check(Type::FIXNUM, specifiers.fixnum, index), Repr::Tagged, ty);
        let raw = self.raw(Inst::Untag(index), Repr::Word);
        let header = self.raw(Inst::Header { tag: OTHER_TAG as u8, base: vector }, Repr::Word);
        let shift = self.raw(Inst::Word(HEADER_SIZE_SHIFT as i64), Repr::Word);
        let size = self.raw(Inst::WordOp(WordOp::ShiftRight, header, shift), Repr::Word);
        self.raw(Inst::CheckIndex(raw, size, vector), Repr::Word)
    }

    fn element(&mut self, k: u8, vector: ValueId, index: ValueId, specifiers: Specifiers, result: ValueId) -> bool {
        let index = self.index(vector, index, specifiers);
        let load = |element| Inst::LoadIndexed { element, tag: OTHER_TAG as u8, offset: 8, base: vector, index };
        match k {
            kind::VECTOR_F64 => {
                let raw = self.raw(load(Element::F64), Repr::Double);
                self.push(Inst::BoxDouble(raw), result);
            }
            kind::VECTOR_F32 => {
                let raw = self.raw(load(Element::F32), Repr::Single);
                self.push(Inst::BoxSingle(raw), result);
            }
            _ => {
                let (element, ..) = small_integer(k).expect("the caller has looked");
                let raw = self.raw(load(element), Repr::Word);
                self.push(Inst::Tag(raw), result);
            }
        }
        true
    }

    /// The value stored, with its checked type.
    fn set_element(&mut self, k: u8, args: &[ValueId], specifiers: Specifiers) -> Option<ValueId> {
        let &[vector, index, value] = args else { return None };
        let index = self.index(vector, index, specifiers);
        let ty = element_type(k)?;
        let (specifier, element) = match k {
            kind::VECTOR_F64 => (specifiers.double_float, Element::F64),
            kind::VECTOR_F32 => (specifiers.single_float, Element::F32),
            _ => (specifiers.integer, small_integer(k)?.0),
        };
        let narrow = self.f.ty(value).intersection(ty);
        let value = self.emit(Inst::Check(ty, specifier, value), Repr::Tagged, narrow);
        let raw = match element {
            Element::F64 => self.raw(Inst::UnboxDouble(value), Repr::Double),
            Element::F32 => self.raw(Inst::UnboxSingle(value), Repr::Single),
            _ => self.raw(Inst::Untag(value), Repr::Word),
        };
        let tag = OTHER_TAG as u8;
        let inst = Inst::StoreIndexed { element, tag, offset: 8, base: vector, index, value: raw, barrier: false };
        self.out.push(InstData { inst, results: Vec::new(), span: self.span });
        Some(value)
    }
}
