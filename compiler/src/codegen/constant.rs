//! Constants: Lisp objects that code names, NIL and T, function objects.

use cranelift_codegen::ir::{self, GlobalValueData, InstBuilder, UserExternalName, types};
use rook_runtime::abi::layout::slot_offset;
use rook_runtime::abi::tags::{FUNCTION_TAG, SYMBOL_TAG};
use rook_runtime::abi::thread_context::offset;
use rook_runtime::value;

use super::function::Lowering;
use super::{ConstantStyle, namespace};
use crate::datum::DatumId;
use crate::mir::{FuncId, ValueId};

/// Where a symbol's slots are: an address and the offset of the symbol's base from it.
#[derive(Clone, Copy)]
pub(super) struct SymbolBase {
    pub address: ir::Value,
    pub bias: i32,
}

impl SymbolBase {
    /// Offset of slot `i` from `address`.
    pub fn slot(self, i: usize) -> i32 {
        slot_offset(i) + self.bias
    }
}

impl Lowering<'_, '_> {
    /// The address of an external name plus an offset; a near one is reached rip-relative.
    fn address_of(&mut self, space: u32, index: u32, offset: i64, near: bool) -> ir::Value {
        let global = match self.globals.get(&(space, index, offset)) {
            Some(&global) => global,
            None => {
                let name = self.b.func.declare_imported_user_function(UserExternalName::new(space, index));
                let global = self.b.create_global_value(GlobalValueData::Symbol {
                    name: ir::ExternalName::user(name),
                    offset: offset.into(),
                    colocated: near,
                    tls: false,
                });
                self.globals.insert((space, index, offset), global);
                global
            }
        };
        self.b.ins().symbol_value(types::I64, global)
    }

    fn runtime_address(&mut self, name: &str, offset: u64) -> ir::Value {
        let index = self.symbols.intern(name);
        self.address_of(namespace::RUNTIME, index, offset as i64, true)
    }

    pub fn nil(&mut self) -> ir::Value {
        self.load_context(offset::NIL)
    }

    pub fn t(&mut self) -> ir::Value {
        self.runtime_address("rook_t", SYMBOL_TAG)
    }

    /// The contents of a constant's cell. A plain load: the collector changes cells.
    fn load_cell(&mut self, space: u32, index: u32) -> ir::Value {
        let cell = self.address_of(space, index, 0, false);
        let value = self.load(cell, 0);
        self.root(value)
    }

    /// A datum as a tagged value.
    pub fn datum(&mut self, id: DatumId) -> ir::Value {
        let v = self.datums.get(id);
        if !v.is_reference() {
            return self.iconst(v.0 as i64);
        }
        if v.is_nil() {
            return self.nil();
        }
        if v == value::t() {
            return self.t();
        }
        match self.style {
            ConstantStyle::Static => self.address_of(namespace::DATUM, id.0, v.tag() as i64, true),
            ConstantStyle::Cells => self.load_cell(namespace::DATUM, id.0),
        }
    }

    pub fn lower_const(&mut self, id: DatumId, result: ValueId) {
        let v = self.datums.get(id);
        if !v.is_reference() {
            self.immediates[result.0 as usize] = Some(v.0);
        }
        let value = self.datum(id);
        self.define_static(result, value);
    }

    /// Where the slots of a symbol are.
    pub fn symbol_base(&mut self, id: DatumId) -> SymbolBase {
        let symbol = self.datums.get(id);
        debug_assert!(symbol.is_symbol(), "only symbols have value and function cells");
        if symbol.is_nil() {
            return SymbolBase { address: self.runtime_address("rook_nil", 0), bias: 0 };
        }
        if symbol == value::t() {
            return SymbolBase { address: self.runtime_address("rook_t", 0), bias: 0 };
        }
        match self.style {
            ConstantStyle::Static => SymbolBase { address: self.address_of(namespace::DATUM, id.0, 0, true), bias: 0 },
            ConstantStyle::Cells => {
                SymbolBase { address: self.load_cell(namespace::DATUM, id.0), bias: -(SYMBOL_TAG as i32) }
            }
        }
    }

    pub fn lower_function_object(&mut self, id: FuncId, result: ValueId) {
        let value = match self.style {
            ConstantStyle::Static => self.address_of(namespace::FUNCTION_OBJECT, id.0, FUNCTION_TAG as i64, true),
            ConstantStyle::Cells => self.load_cell(namespace::FUNCTION_OBJECT, id.0),
        };
        self.define_static(result, value);
    }

    /// The address of a C function, from the word that the linker or loader fills in.
    pub fn foreign_address(&mut self, symbol: &str) -> ir::Value {
        let index = self.symbols.intern(symbol);
        let word = self.address_of(namespace::FOREIGN, index, 0, true);
        self.load(word, 0)
    }
}
