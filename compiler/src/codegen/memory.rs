//! Loads and stores of object fields, the write barrier, the argument and values areas.

use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use rook_runtime::abi::thread_context::{CARD_MASK, CARD_SHIFT, offset};

use super::function::Lowering;
use crate::mir::{Element, ValueId};

/// log2 of the element's size in bytes.
fn shift(element: Element) -> i64 {
    match element {
        Element::U8 | Element::S8 => 0,
        Element::U16 | Element::S16 => 1,
        Element::U32 | Element::S32 | Element::F32 => 2,
        Element::Tagged | Element::Word | Element::F64 => 3,
    }
}

impl Lowering<'_, '_> {
    pub fn load_element(&mut self, element: Element, address: ir::Value, offset: i32) -> ir::Value {
        let flags = MemFlagsData::trusted();
        let ins = self.b.ins();
        match element {
            Element::Tagged | Element::Word => ins.load(types::I64, flags, address, offset),
            Element::U8 => ins.uload8(types::I64, flags, address, offset),
            Element::S8 => ins.sload8(types::I64, flags, address, offset),
            Element::U16 => ins.uload16(types::I64, flags, address, offset),
            Element::S16 => ins.sload16(types::I64, flags, address, offset),
            Element::U32 => ins.uload32(flags, address, offset),
            Element::S32 => ins.sload32(flags, address, offset),
            Element::F64 => ins.load(types::F64, flags, address, offset),
            Element::F32 => ins.load(types::F32, flags, address, offset),
        }
    }

    pub fn store_element(&mut self, element: Element, address: ir::Value, offset: i32, value: ir::Value, barrier: bool) {
        let flags = MemFlagsData::trusted();
        match element {
            Element::Tagged | Element::Word | Element::F64 | Element::F32 => self.b.ins().store(flags, value, address, offset),
            Element::U8 | Element::S8 => self.b.ins().istore8(flags, value, address, offset),
            Element::U16 | Element::S16 => self.b.ins().istore16(flags, value, address, offset),
            Element::U32 | Element::S32 => self.b.ins().istore32(flags, value, address, offset),
        };
        if barrier {
            self.mark_card(address, offset);
        }
    }

    /// Write barrier: marks the card of the word at `address + offset`.
    pub fn mark_card(&mut self, address: ir::Value, offset: i32) {
        let slot = self.b.ins().iadd_imm_s(address, offset as i64);
        let card = self.b.ins().ushr_imm_u(slot, CARD_SHIFT as i64);
        let card = self.b.ins().band_imm_u(card, CARD_MASK as i64);
        let table = self.load_context(offset::CARD_TABLE);
        let byte = self.b.ins().iadd(table, card);
        let one = self.b.ins().iconst(types::I8, 1);
        self.b.ins().store(MemFlagsData::trusted(), one, byte, 0);
    }

    /// Address to which an element's offset is added; used at once.
    pub fn element_address(&mut self, element: Element, base: ValueId, index: ValueId) -> ir::Value {
        let (base, index) = (self.value(base), self.value(index));
        let scaled = match shift(element) {
            0 => index,
            n => self.b.ins().ishl_imm_u(index, n),
        };
        self.b.ins().iadd(base, scaled)
    }

    /// Word `i` of the argument or values area.
    pub fn lower_area_ref(&mut self, area: i32, i: u32, result: ValueId) {
        let area = self.load_context(area);
        let value = self.load(area, 8 * i as i32);
        self.define(result, value);
    }

    pub fn lower_area_set(&mut self, area: i32, i: u32, v: ValueId) {
        let value = self.value(v);
        let area = self.load_context(area);
        self.store(area, 8 * i as i32, value);
    }

    pub fn lower_arg_ref_indexed(&mut self, i: ValueId, result: ValueId) {
        let index = self.value(i);
        let area = self.load_context(offset::ARGS);
        let scaled = self.b.ins().ishl_imm_u(index, 3);
        let address = self.b.ins().iadd(area, scaled);
        let value = self.load(address, 0);
        self.define(result, value);
    }
}
