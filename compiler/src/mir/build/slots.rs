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
