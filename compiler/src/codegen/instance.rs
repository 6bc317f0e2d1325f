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
        let (again, supplied) = self.join_block(types::I64);
        self.b.set_cold_block(again);
        self.root(supplied);
        let wrong = self.cold_block();
        let bad = self.b.append_block_param(wrong, types::I64);
        self.root(bad);
        if self.ty(v).set != TypeSet::INSTANCE {
            let is = self.has_tag(value, INSTANCE_TAG);
            let next = self.b.create_block();
            self.b.ins().brif(is, next, &[], wrong, &[value.into()]);
            self.b.switch_to_block(next);
        }
        let own = self.load(value, instance_slot(0));
        let same = self.b.ins().icmp(IntCC::Equal, own, target);
        self.b.ins().brif(same, join, &[value.into()], again, &[value.into()]);
        self.b.switch_to_block(again);
        self.branch_on_ancestor(depth, supplied, target, (join, wrong));
        self.b.switch_to_block(wrong);
        self.keep_references();
        let next = self.call_kept_primitive("structure_type_error", &[bad, target]);
        let is = self.has_tag(next, INSTANCE_TAG);
        self.b.ins().brif(is, again, &[next.into()], wrong, &[next.into()]);
        self.b.switch_to_block(join);
        self.define(result, joined);
    }

    /// An instance whose slot 0 is a layout (its own layout is that of the target) that lists the target
    /// at `depth`, or is it. Both blocks get the instance.
    fn branch_on_ancestor(
        &mut self,
        depth: u32,
        instance: cranelift_codegen::ir::Value,
        target: cranelift_codegen::ir::Value,
        (yes, no): (cranelift_codegen::ir::Block, cranelift_codegen::ir::Block),
    ) {
        let arg = [instance.into()];
        let require = |s: &mut Self, condition| {
            let next = s.cold_block();
            s.b.ins().brif(condition, next, &[], no, &arg);
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
        self.b.ins().brif(found, yes, &arg, no, &arg);
    }
}
