//! Special variables: reading, setting, binding; function cells of symbols.
//!
//! A symbol's header carries its thread-local index (0: none, whose word always reads NO_TLS_VALUE).
//! The thread-local table and the binding stack are roots and need no barrier.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use rook_runtime::abi::layout::{FUNCTION_MACRO, FUNCTION_UNDEFINED, HEADER_SIZE_SHIFT, symbol};
use rook_runtime::abi::tags::{FUNCTION_TAG, NO_TLS_VALUE, TAG_MASK, UNBOUND};
use rook_runtime::abi::thread_context::{BindingEntry, offset};

use super::constant::SymbolBase;
use super::function::Lowering;
use crate::datum::DatumId;
use crate::mir::ValueId;

const ENTRY_BYTES: i64 = size_of::<BindingEntry>() as i64;
const OLD_VALUE: i32 = std::mem::offset_of!(BindingEntry, old_value) as i32;

impl Lowering<'_, '_> {
    /// The symbol's thread-local index, raw.
    fn binding_index(&mut self, base: SymbolBase) -> ir::Value {
        let header = self.load(base.address, base.bias);
        self.b.ins().ushr_imm_u(header, HEADER_SIZE_SHIFT as i64)
    }

    /// Address of a thread-local word.
    fn thread_local(&mut self, index: ir::Value) -> ir::Value {
        let table = self.load_context(offset::TLS);
        let scaled = self.b.ins().ishl_imm_u(index, 3);
        self.b.ins().iadd(table, scaled)
    }

    pub fn lower_symbol_value(&mut self, id: DatumId, result: ValueId) {
        let base = self.symbol_base(id);
        let index = self.binding_index(base);
        let word = self.thread_local(index);
        let local = self.load(word, 0);
        let global_block = self.fresh_block();
        let (join, value) = self.join_block(types::I64);
        self.root(value);
        let unbound_block = self.cold_block();
        let is_global = self.b.ins().icmp_imm_u(IntCC::Equal, local, NO_TLS_VALUE as i64);
        let local_block = self.fresh_block();
        self.brif(is_global, global_block, local_block);
        // A thread-local value is unbound only under `makunbound` or `progv` without a value.
        self.b.switch_to_block(local_block);
        self.jump_unless_unbound(local, join, unbound_block);
        self.b.switch_to_block(global_block);
        let global = self.load(base.address, base.slot(symbol::VALUE));
        self.jump_unless_unbound(global, join, unbound_block);
        self.b.switch_to_block(unbound_block);
        let name = self.datum(id);
        let supplied = self.call_primitive("unbound_variable", &[name]);
        self.jump(join, &[supplied]);
        self.b.switch_to_block(join);
        self.define(result, value);
    }

    fn jump_unless_unbound(&mut self, value: ir::Value, join: ir::Block, unbound: ir::Block) {
        let is_unbound = self.b.ins().icmp_imm_u(IntCC::Equal, value, UNBOUND as i64);
        self.b.ins().brif(is_unbound, unbound, &[], join, &[value.into()]);
    }

    pub fn lower_set_symbol_value(&mut self, id: DatumId, v: ValueId) {
        let value = self.value(v);
        let base = self.symbol_base(id);
        let index = self.binding_index(base);
        let word = self.thread_local(index);
        let local = self.load(word, 0);
        let (global_block, local_block, done) = (self.fresh_block(), self.fresh_block(), self.fresh_block());
        let is_global = self.b.ins().icmp_imm_u(IntCC::Equal, local, NO_TLS_VALUE as i64);
        self.brif(is_global, global_block, local_block);
        self.b.switch_to_block(local_block);
        self.store(word, 0, value);
        self.jump(done, &[]);
        self.b.switch_to_block(global_block);
        self.store(base.address, base.slot(symbol::VALUE), value);
        if self.needs_barrier(v) {
            self.mark_card(base.address, base.slot(symbol::VALUE));
        }
        self.jump(done, &[]);
        self.b.switch_to_block(done);
    }

    pub fn lower_bind(&mut self, id: DatumId, v: ValueId) {
        let value = self.value(v);
        let base = self.symbol_base(id);
        let index = self.binding_index(base);
        let (slow, done) = (self.cold_block(), self.fresh_block());
        self.continue_if(index, slow);
        let entry = self.load_context(offset::BINDING_PTR);
        let limit = self.load_context(offset::BINDING_LIMIT);
        let room = self.b.ins().icmp(IntCC::UnsignedLessThan, entry, limit);
        self.continue_if(room, slow);
        let word = self.thread_local(index);
        let old = self.load(word, 0);
        self.store(entry, 0, index);
        self.store(entry, OLD_VALUE, old);
        self.store(word, 0, value);
        let next = self.b.ins().iadd_imm_u(entry, ENTRY_BYTES);
        self.store_context(offset::BINDING_PTR, next);
        self.jump(done, &[]);
        self.b.switch_to_block(slow);
        let name = self.datum(id);
        self.call_primitive("bind", &[name, value]);
        self.jump(done, &[]);
        self.b.switch_to_block(done);
    }

    /// The index comes from the symbol, not from the entry, so that the address of the store is early.
    pub fn lower_unbind(&mut self, id: DatumId) {
        let top = self.load_context(offset::BINDING_PTR);
        let entry = self.b.ins().iadd_imm_s(top, -ENTRY_BYTES);
        let old = self.load(entry, OLD_VALUE);
        let base = self.symbol_base(id);
        let index = self.binding_index(base);
        let word = self.thread_local(index);
        self.store(word, 0, old);
        self.store_context(offset::BINDING_PTR, entry);
    }

    /// The symbol's function object; undefined functions and macros go to the runtime, which raises.
    pub fn lower_symbol_function(&mut self, id: DatumId, result: ValueId) {
        let base = self.symbol_base(id);
        let function = self.load(base.address, base.slot(symbol::FUNCTION));
        self.root(function);
        let (join, value) = self.join_block(types::I64);
        self.root(value);
        let slow = self.cold_block();
        let is_function = self.has_tag(function, FUNCTION_TAG);
        self.continue_if(is_function, slow);
        let header = self.load(function, -(FUNCTION_TAG as i32));
        let flags = self.b.ins().band_imm_u(header, (FUNCTION_UNDEFINED | FUNCTION_MACRO) as i64);
        self.b.ins().brif(flags, slow, &[], join, &[function.into()]);
        self.b.switch_to_block(slow);
        let name = self.datum(id);
        let supplied = self.call_primitive("symbol_function", &[name]);
        self.jump(join, &[supplied]);
        self.b.switch_to_block(join);
        self.define(result, value);
    }

    /// Whether a word carries this tag: subtract and test, no copy and compare.
    pub fn has_tag(&mut self, value: ir::Value, tag: u64) -> ir::Value {
        let rest = self.b.ins().iadd_imm_s(value, -(tag as i64));
        let low = self.b.ins().band_imm_u(rest, TAG_MASK as i64);
        self.b.ins().icmp_imm_u(IntCC::Equal, low, 0)
    }
}
