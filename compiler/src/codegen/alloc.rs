//! Inline allocation: bump the thread's nursery pointer, initialise at once.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use rook_runtime::abi::layout::{self, kind, slot_offset};
use rook_runtime::abi::tags::{CONS_TAG, DOUBLE_TAG, FUNCTION_TAG, OTHER_TAG};
use rook_runtime::abi::thread_context::offset;

use super::function::Lowering;
use crate::mir::{FuncId, ValueId};

const CELL_OFFSET: i32 = slot_offset(0) - OTHER_TAG as i32;

/// Offset of captured value `i` from a closure's tagged pointer: slot 0 is the raw entry.
fn captured_offset(i: u32) -> i32 {
    slot_offset(1 + i as usize) - FUNCTION_TAG as i32
}

impl Lowering<'_, '_> {
    /// Raw room of `bytes`; the caller fills it before anything else can happen.
    fn allocate(&mut self, bytes: u64) -> ir::Value {
        debug_assert!(bytes % 16 == 0, "objects are multiples of 16 bytes");
        let base = self.load_context(offset::ALLOC_PTR);
        let end = self.b.ins().iadd_imm_u(base, bytes as i64);
        let limit = self.load_context(offset::ALLOC_LIMIT);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let (slow, fast) = (self.cold_block(), self.fresh_block());
        let (join, room) = self.join_block(types::I64);
        self.brif(full, slow, fast);
        self.b.switch_to_block(slow);
        self.keep_references();
        let size = self.iconst(bytes as i64);
        let fresh = self.call_kept("rook_rt_alloc_slow", &[size]);
        self.jump(join, &[fresh]);
        self.b.switch_to_block(fast);
        self.store_context(offset::ALLOC_PTR, end);
        self.jump(join, &[base]);
        self.b.switch_to_block(join);
        room
    }

    /// Room for an object of this kind and size, header in place.
    fn allocate_object(&mut self, k: u8, size: u64) -> ir::Value {
        let header = layout::header(k, size);
        let base = self.allocate(layout::object_bytes(header));
        let header = self.iconst(header as i64);
        self.store(base, 0, header);
        base
    }

    fn tagged(&mut self, base: ir::Value, tag: u64) -> ir::Value {
        let object = self.b.ins().iadd_imm_u(base, tag as i64);
        self.root(object)
    }

    pub fn lower_cons(&mut self, car: ValueId, cdr: ValueId, result: ValueId) {
        let base = self.allocate(16);
        let (car, cdr) = (self.value(car), self.value(cdr));
        self.store(base, 0, car);
        self.store(base, 8, cdr);
        let cons = self.tagged(base, CONS_TAG);
        self.define(result, cons);
    }

    pub fn lower_make_cell(&mut self, v: ValueId, result: ValueId) {
        let base = self.allocate_object(kind::VALUE_CELL, 1);
        let value = self.value(v);
        self.store(base, slot_offset(0), value);
        let cell = self.tagged(base, OTHER_TAG);
        self.define(result, cell);
    }

    pub fn lower_cell_ref(&mut self, cell: ValueId, result: ValueId) {
        let cell = self.value(cell);
        let value = self.load(cell, CELL_OFFSET);
        self.define(result, value);
    }

    pub fn lower_cell_set(&mut self, cell: ValueId, v: ValueId) {
        let (cell, value) = (self.value(cell), self.value(v));
        self.store(cell, CELL_OFFSET, value);
        if self.needs_barrier(v) {
            self.mark_card(cell, CELL_OFFSET);
        }
    }

    pub fn needs_barrier(&self, v: ValueId) -> bool {
        self.ty(v).set.may_be_reference()
    }

    pub fn box_double(&mut self, raw: ir::Value) -> ir::Value {
        let base = self.allocate_object(kind::DOUBLE, 1);
        self.b.ins().store(MemFlagsData::trusted(), raw, base, slot_offset(0));
        self.tagged(base, DOUBLE_TAG)
    }

    pub fn lower_make_closure(&mut self, id: FuncId, captured: &[ValueId], result: ValueId) {
        let base = self.allocate_object(kind::FUNCTION, 1 + captured.len() as u64);
        let code = self.program_function(id);
        let entry = self.b.ins().func_addr(types::I64, code);
        self.store(base, slot_offset(0), entry);
        for (i, &v) in captured.iter().enumerate() {
            let value = self.value(v);
            self.store(base, slot_offset(1 + i), value);
        }
        let closure = self.tagged(base, FUNCTION_TAG);
        self.define(result, closure);
    }

    pub fn lower_closure_ref(&mut self, closure: ValueId, i: u32, result: ValueId) {
        let closure = self.value(closure);
        let value = self.load(closure, captured_offset(i));
        self.define(result, value);
    }

    pub fn lower_closure_set(&mut self, closure: ValueId, i: u32, v: ValueId) {
        let (closure, value) = (self.value(closure), self.value(v));
        self.store(closure, captured_offset(i), value);
        if self.needs_barrier(v) {
            self.mark_card(closure, captured_offset(i));
        }
    }
}
