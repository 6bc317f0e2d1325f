//! Elements of vectors and strings: inline for kinds that types give, primitives for the rest.

use super::*;
use crate::known_functions::PrimOp;
use crate::mir::pass::open_code::small_integer;
use rook_runtime::abi::layout::{self, kind};
use rook_runtime::abi::tags::*;

/// The header's size field bounds vectors; memory bounds lists.
const MOST_ELEMENTS: i64 = layout::HEADER_SIZE_MAX as i64;

/// All kinds of vectors without array header.
fn simple_vectors() -> TypeSet {
    (kind::SIMPLE_VECTOR..=kind::VECTOR_F64).fold(TypeSet::EMPTY, |set, k| set.union(TypeSet::kind(k)))
}

impl Builder<'_, '_> {
    pub(super) fn vector_size(&mut self, v: ValueId) -> ValueId {
        let h = self.word(Inst::Header { tag: OTHER_TAG as u8, base: v });
        let n = self.const_word(layout::HEADER_SIZE_SHIFT as i64);
        self.word(Inst::WordOp(WordOp::ShiftRight, h, n))
    }
    /// Of a vector without array header at once; else what LENGTH says.
    pub(super) fn length(&mut self, v: ValueId) -> ValueId {
        let (simple, other) = (self.f.new_block(), self.f.new_block());
        let join = self.new_join(Want::One);
        let is = self.bool(Inst::Is(simple_vectors(), v));
        self.branch(is, simple, other);
        self.seal_and_go(simple);
        let size = self.vector_size(v);
        let length = self.emit(Inst::Tag(size), Repr::Tagged, Type::fixnum_range(0, MOST_ELEMENTS));
        self.jump(join, vec![length]);
        self.seal_and_go(other);
        let name = self.spec(Sym::LENGTH);
        let (length, count) = (self.f.new_value(Repr::Tagged, Type::ANY), self.f.new_value(Repr::Word, Type::ANY));
        let call = Call { target: Target::Symbol(name), args: vec![v], spread_count: None };
        self.push(Inst::Call(call), vec![length, count]);
        let spec = self.spec(Sym::FIXNUM);
        let length = self.check_spec(length, Type::fixnum_range(0, MOST_ELEMENTS), spec);
        self.jump(join, vec![length]);
        self.enter_value(join)
    }
    /// A checked raw index into a simple vector.
    pub(super) fn element_index(&mut self, vector: ValueId, index: ValueId) -> ValueId {
        let index = self.check(index, TypeSet::FIXNUM, Sym::FIXNUM);
        let raw = self.word(Inst::Untag(index));
        if self.policy.safety == 0 {
            return raw;
        }
        let size = self.vector_size(vector);
        self.word(Inst::CheckIndex(raw, size, vector))
    }
    pub(super) fn element(&mut self, element: Element, vector: ValueId, index: ValueId) -> ValueId {
        let inst = Inst::LoadIndexed { element, tag: OTHER_TAG as u8, offset: 8, base: vector, index };
        match element {
            Element::Tagged => self.any(inst),
            Element::F64 => self.emit(inst, Repr::Double, Type::ANY),
            Element::F32 => self.emit(inst, Repr::Single, Type::ANY),
            _ => self.word(inst),
        }
    }
    pub(super) fn set_element(&mut self, element: Element, vector: ValueId, index: ValueId, value: ValueId) {
        let barrier = element == Element::Tagged && self.ty(value).set.may_be_reference();
        self.effect(Inst::StoreIndexed { element, tag: OTHER_TAG as u8, offset: 8, base: vector, index, value, barrier });
    }
    pub(super) fn string_element(&mut self, s: ValueId, index: ValueId) -> ValueId {
        let (narrow, wide) = (self.f.new_block(), self.f.new_block());
        let join = self.f.new_block();
        let code = self.f.new_value(Repr::Word, Type::ANY);
        self.f.block_mut(join).params.push(code);
        let base = self.bool(Inst::Is(TypeSet::BASE_STRING, s));
        self.branch(base, narrow, wide);
        self.seal_and_go(narrow);
        let c = self.element(Element::U8, s, index);
        self.jump(join, vec![c]);
        self.seal_and_go(wide);
        let c = self.element(Element::U32, s, index);
        self.jump(join, vec![c]);
        self.seal_and_go(join);
        let n = self.const_word(CHARACTER_SHIFT as i64);
        let up = self.word(Inst::WordOp(WordOp::ShiftLeft, code, n));
        self.character_bits(up)
    }
    pub(super) fn set_schar(&mut self, s: ValueId, index: ValueId, value: ValueId) -> ValueId {
        let s = self.check(s, TypeSet::SIMPLE_STRING, Sym::STRING);
        let c = self.check(value, TypeSet::CHARACTER, Sym::CHARACTER);
        let raw = self.element_index(s, index);
        let bits = self.word(Inst::Bits(c));
        let n = self.const_word(CHARACTER_SHIFT as i64);
        let code = self.word(Inst::WordOp(WordOp::ShiftRight, bits, n));
        let (wide, narrow, done) = (self.f.new_block(), self.f.new_block(), self.f.new_block());
        let is_wide = self.bool(Inst::Is(TypeSet::WIDE_STRING, s));
        self.branch(is_wide, wide, narrow);
        self.seal_and_go(narrow);
        let (fits, too_wide) = (self.f.new_block(), self.new_cold_block());
        let limit = self.const_word(256);
        let small = self.bool(Inst::CompareWord(Compare::Below, code, limit));
        self.branch(small, fits, too_wide);
        self.seal_and_go(fits);
        self.set_element(Element::U8, s, raw, code);
        self.jump(done, vec![]);
        self.seal_and_go(too_wide);
        self.primitive("set_aref1", vec![s, index, c]);
        self.jump(done, vec![]);
        self.seal_and_go(wide);
        self.set_element(Element::U32, s, raw, code);
        self.jump(done, vec![]);
        self.seal_and_go(done);
        c
    }

    /// Inline for a vector whose kind the types give; simple vectors first otherwise.
    pub(super) fn aref(&mut self, v: ValueId, i: ValueId) -> ValueId {
        match self.ty(v).set.single_kind() {
            Some(kind::SIMPLE_VECTOR) => self.operator(PrimOp::Svref, &[v, i]),
            Some(kind::VECTOR_F64) => {
                let index = self.element_index(v, i);
                let d = self.element(Element::F64, v, index);
                self.tagged(Inst::BoxDouble(d), TypeSet::DOUBLE)
            }
            Some(kind::VECTOR_F32) => {
                let index = self.element_index(v, i);
                let d = self.element(Element::F32, v, index);
                self.tagged(Inst::BoxSingle(d), TypeSet::SINGLE)
            }
            Some(k) if small_integer(k).is_some() => {
                let (element, low, high) = small_integer(k).expect("just tested");
                let index = self.element_index(v, i);
                let w = self.element(element, v, index);
                self.emit(Inst::Tag(w), Repr::Tagged, Type::fixnum_range(low, high))
            }
            Some(kind::STRING | kind::BASE_STRING) => self.operator(PrimOp::Schar, &[v, i]),
            _ if self.ty(v).set.is_subset_of(TypeSet::SIMPLE_STRING) => self.operator(PrimOp::Schar, &[v, i]),
            _ => self.simple_vector_case(v, i, "aref1", vec![v, i], |b, vector, index| {
                b.element(Element::Tagged, vector, index)
            }),
        }
    }

    pub(super) fn set_aref(&mut self, v: ValueId, i: ValueId, value: ValueId) -> ValueId {
        match self.ty(v).set.single_kind() {
            Some(kind::SIMPLE_VECTOR) => self.operator(PrimOp::SetSvref, &[v, i, value]),
            Some(kind::VECTOR_F64) => {
                let index = self.element_index(v, i);
                let value = self.check(value, TypeSet::DOUBLE, Sym::DOUBLE_FLOAT);
                let d = self.emit(Inst::UnboxDouble(value), Repr::Double, Type::ANY);
                self.set_element(Element::F64, v, index, d);
                value
            }
            Some(kind::VECTOR_F32) => {
                let index = self.element_index(v, i);
                let value = self.check(value, TypeSet::SINGLE, Sym::SINGLE_FLOAT);
                let d = self.emit(Inst::UnboxSingle(value), Repr::Single, Type::ANY);
                self.set_element(Element::F32, v, index, d);
                value
            }
            Some(k) if small_integer(k).is_some() => {
                let (element, low, high) = small_integer(k).expect("just tested");
                let index = self.element_index(v, i);
                let spec = self.spec(Sym::INTEGER);
                let value = self.check_spec(value, Type::fixnum_range(low, high), spec);
                let w = self.word(Inst::Untag(value));
                self.set_element(element, v, index, w);
                value
            }
            _ => self.simple_vector_case(v, i, "set_aref1", vec![v, i, value], |b, vector, index| {
                b.set_element(Element::Tagged, vector, index, value);
                value
            }),
        }
    }

    /// `inline` with a checked index when the array is a simple vector, else the primitive.
    pub(super) fn simple_vector_case(
        &mut self,
        v: ValueId,
        i: ValueId,
        primitive: &'static str,
        args: Vec<ValueId>,
        inline: impl FnOnce(&mut Self, ValueId, ValueId) -> ValueId,
    ) -> ValueId {
        let (quick, slow) = (self.f.new_block(), self.f.new_block());
        let join = self.new_join(Want::One);
        let c = self.bool(Inst::Is(TypeSet::SIMPLE_VECTOR, v));
        self.branch(c, quick, slow);
        self.seal_and_go(quick);
        let simple = Refinement::Type(Type::of(TypeSet::SIMPLE_VECTOR));
        let vector = self.tagged(Inst::Assume(v, simple), TypeSet::SIMPLE_VECTOR);
        let index = self.element_index(vector, i);
        let r = inline(self, vector, index);
        self.jump(join, vec![r]);
        self.seal_and_go(slow);
        let r = self.primitive(primitive, args);
        self.jump(join, vec![r]);
        self.enter_value(join)
    }
}
