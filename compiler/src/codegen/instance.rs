//! Checks that a value is an instance of a structure type.
//!
//! The layout itself is one comparison. An instance of a type that includes it is recognised in a cold
//! block, without a call: its layout lists its ancestors, and this one stands at a known place.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use rook_runtime::abi::layout::{HEADER_SIZE_SHIFT, layout_slot, slot_offset};
use rook_runtime::abi::tags::{INSTANCE_TAG, OTHER_TAG};

use super::function::Lowering;
use crate::mir::ValueId;
use crate::types::TypeSet;

/// Offset of slot `i` from a reference to an instance.
fn instance_slot(i: usize) -> i32 {
    slot_offset(i) - INSTANCE_TAG as i32
}

impl Lowering<'_, '_> {
    /// The value when it is an instance of the type; else the runtime raises, and what a restart supplies is
    /// tested again.
    pub fn lower_check_instance(&mut self, depth: u32, v: ValueId, layout: ValueId, result: ValueId) {
        let (value, target) = (self.value(v), self.value(layout));
        let (join, joined) = self.join_block(types::I64);
        self.root(joined);
        // The cold blocks have the value and the layout as parameters of their own, so that the layout is
        // not kept over their call otherwise.
        let [again, wrong] = [(); 2].map(|()| self.cold_block());
        let [supplied, awaited, bad, expected] = [again, again, wrong, wrong].map(|block| {
            let param = self.b.append_block_param(block, types::I64);
            self.root(param)
        });
        let both = [value.into(), target.into()];
        if self.ty(v).set != TypeSet::INSTANCE {
            let is = self.has_tag(value, INSTANCE_TAG);
            let next = self.fresh_block();
            self.b.ins().brif(is, next, &[], wrong, &both);
            self.b.switch_to_block(next);
        }
        let own = self.load(value, instance_slot(0));
        let same = self.b.ins().icmp(IntCC::Equal, own, target);
        self.b.ins().brif(same, join, &[value.into()], again, &both);
        self.b.switch_to_block(again);
        self.branch_on_ancestor(depth, supplied, awaited, (join, wrong));
        self.b.switch_to_block(wrong);
        self.keep_references();
        let next = self.call_kept_primitive("structure_type_error", &[bad, expected]);
        let is = self.has_tag(next, INSTANCE_TAG);
        let both = [next.into(), expected.into()];
        self.b.ins().brif(is, again, &both, wrong, &both);
        self.b.switch_to_block(join);
        self.define(result, joined);
    }

    /// An instance whose slot 0 is a layout (its own layout is that of the target) that lists the target
    /// at `depth`, or is it. `yes` gets the instance, `no` the target as well.
    fn branch_on_ancestor(
        &mut self,
        depth: u32,
        instance: cranelift_codegen::ir::Value,
        target: cranelift_codegen::ir::Value,
        (yes, no): (cranelift_codegen::ir::Block, cranelift_codegen::ir::Block),
    ) {
        let (arg, both) = ([instance.into()], [instance.into(), target.into()]);
        let require = |s: &mut Self, condition| {
            let next = s.cold_block();
            s.b.ins().brif(condition, next, &[], no, &both);
            s.b.switch_to_block(next);
        };
        let own = self.load(instance, instance_slot(0));
        let is = self.has_tag(own, INSTANCE_TAG);
        require(self, is);
        let (kind, wanted) = (self.load(own, instance_slot(0)), self.load(target, instance_slot(0)));
        let is_layout = self.b.ins().icmp(IntCC::Equal, kind, wanted);
        require(self, is_layout);
        let ancestors = self.load(own, instance_slot(layout_slot::ANCESTORS));
        let filled = self.has_tag(ancestors, OTHER_TAG);
        require(self, filled);
        let header = self.load(ancestors, -(OTHER_TAG as i32));
        let size = self.b.ins().ushr_imm_u(header, HEADER_SIZE_SHIFT as i64);
        let deep = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, size, depth as i64);
        require(self, deep);
        let ancestor = self.load(ancestors, slot_offset(depth as usize) - OTHER_TAG as i32);
        let found = self.b.ins().icmp(IntCC::Equal, ancestor, target);
        self.b.ins().brif(found, yes, &arg, no, &both);
    }
}
