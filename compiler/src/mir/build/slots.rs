//! Slots of objects by index, and the layout of an instance.

use super::*;
use rook_runtime::abi::layout;
use rook_runtime::abi::tags::*;

impl Builder<'_, '_> {
    pub(super) fn slot_ref(&mut self, tag: u64, v: &[ValueId]) -> ValueId {
        let t = self.ty(v[1]);
        if t.is_fixnum() && t.low == t.high {
            return self.load(Element::Tagged, tag, layout::slot_offset(t.low as usize), v[0]);
        }
        let index = self.word(Inst::Untag(v[1]));
        self.any(Inst::LoadIndexed { element: Element::Tagged, tag: tag as u8, offset: 8, base: v[0], index })
    }
    pub(super) fn set_slot(&mut self, tag: u64, v: &[ValueId]) -> ValueId {
        let t = self.ty(v[1]);
        if t.is_fixnum() && t.low == t.high {
            self.store(tag, layout::slot_offset(t.low as usize), v[0], v[2]);
            return v[2];
        }
        let index = self.word(Inst::Untag(v[1]));
        let barrier = self.ty(v[2]).set.may_be_reference();
        self.effect(Inst::StoreIndexed {
            element: Element::Tagged,
            tag: tag as u8,
            offset: 8,
            base: v[0],
            index,
            value: v[2],
            barrier,
        });
        v[2]
    }
    /// A slot of a symbol; a near reference is resolved.
    pub(super) fn symbol_ref(&mut self, v: &[ValueId]) -> ValueId {
        let found = self.slot_ref(SYMBOL_TAG, v);
        let index = self.ty(v[1]);
        if index.low != index.high || !layout::symbol::is_near(index.low as usize) {
            return found;
        }
        let (near, join) = (self.f.new_block(), self.f.new_block());
        let result = self.f.new_value(Repr::Tagged, Type::ANY);
        self.f.block_mut(join).params.push(result);
        let is_near = self.bool(Inst::Is(TypeSet::FIXNUM, found));
        let far = self.f.new_block();
        self.branch(is_near, near, far);
        self.seal_and_go(far);
        self.jump(join, vec![found]);
        self.seal_and_go(near);
        let (symbol, distance) = (self.word(Inst::Bits(v[0])), self.word(Inst::Bits(found)));
        let sum = self.word(Inst::WordOp(WordOp::Add, symbol, distance));
        let resolved = self.any(Inst::FromBits(sum));
        self.jump(join, vec![resolved]);
        self.seal_and_go(join);
        result
    }
    /// Value, layout, depth and name, the last two constants.
    pub(super) fn check_structure(&mut self, v: &[ValueId]) -> ValueId {
        if self.policy.safety == 0 {
            let instance = Type::of(TypeSet::INSTANCE);
            return self.emit(Inst::Assume(v[0], Refinement::Type(instance)), Repr::Tagged, instance);
        }
        let name = self.s.datums.id_of(rook_runtime::value::nil());
        let name = self.constant_datum(v[3]).unwrap_or(name);
        let depth = self.ty(v[2]).low as u32;
        self.tagged(Inst::CheckInstance(name, depth, v[0], v[1]), TypeSet::INSTANCE)
    }
    fn constant_datum(&self, v: ValueId) -> Option<DatumId> {
        let insts = self.f.block(self.at).insts.iter().rev();
        let mut defining = insts.filter(|data| data.results.contains(&v));
        match defining.next()?.inst {
            Inst::Const(id) => Some(id),
            _ => None,
        }
    }
    /// A slot that holds a raw double-float.
    pub(super) fn raw_slot_ref(&mut self, v: &[ValueId]) -> ValueId {
        let t = self.ty(v[1]);
        let (element, tag) = (Element::F64, INSTANCE_TAG as u8);
        let inst = if t.is_fixnum() && t.low == t.high {
            Inst::Load { element, tag, offset: layout::slot_offset(t.low as usize), base: v[0] }
        } else {
            Inst::LoadIndexed { element, tag, offset: 8, base: v[0], index: self.word(Inst::Untag(v[1])) }
        };
        let raw = self.emit(inst, Repr::Double, Type::ANY);
        self.tagged(Inst::BoxDouble(raw), TypeSet::DOUBLE)
    }
    pub(super) fn set_raw_slot(&mut self, v: &[ValueId]) -> ValueId {
        let t = self.ty(v[1]);
        let number = self.check(v[2], TypeSet::DOUBLE, Sym::DOUBLE_FLOAT);
        let value = self.emit(Inst::UnboxDouble(number), Repr::Double, Type::ANY);
        let (element, tag, barrier) = (Element::F64, INSTANCE_TAG as u8, false);
        let inst = if t.is_fixnum() && t.low == t.high {
            Inst::Store { element, tag, offset: layout::slot_offset(t.low as usize), base: v[0], value, barrier }
        } else {
            let index = self.word(Inst::Untag(v[1]));
            Inst::StoreIndexed { element, tag, offset: 8, base: v[0], index, value, barrier }
        };
        self.effect(inst);
        number
    }
    pub(super) fn layout_of(&mut self, v: ValueId) -> ValueId {
        let (yes, no) = (self.f.new_block(), self.f.new_block());
        let join = self.new_join(Want::One);
        let c = self.bool(Inst::Is(TypeSet::INSTANCE, v));
        self.branch(c, yes, no);
        self.seal_and_go(yes);
        let layout = self.load(Element::Tagged, INSTANCE_TAG, 8, v);
        self.jump(join, vec![layout]);
        self.seal_and_go(no);
        let nil = self.nil();
        self.jump(join, vec![nil]);
        self.enter_value(join)
    }
}
