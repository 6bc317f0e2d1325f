//! Lisp calls: direct, through a symbol, through a function object; tail calls.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder};
use rook_runtime::abi::layout::{slot_offset, symbol};
use rook_runtime::abi::tags::FUNCTION_TAG;
use rook_runtime::abi::thread_context::{REGISTER_ARGS, offset};

use super::function::{Lowering, general_signature};
use crate::mir::{Call, Target, ValueId};

/// A call with its machine arguments in place.
pub(super) enum Callee {
    Direct(ir::FuncRef),
    /// Entry address, general signature.
    Indirect(ir::Value, ir::SigRef),
}

/// Offset of a function object's entry from its tagged pointer.
pub(super) const ENTRY_OFFSET: i32 = slot_offset(0) - FUNCTION_TAG as i32;

impl Lowering<'_, '_> {
    pub fn general_sig(&mut self) -> ir::SigRef {
        match self.general_sig {
            Some(sig) => sig,
            None => {
                let sig = self.b.import_signature(general_signature());
                self.general_sig = Some(sig);
                sig
            }
        }
    }

    /// Evaluates target and arguments; stores what does not fit registers.
    pub fn prepare_call(&mut self, call: &Call) -> (Callee, Vec<ir::Value>) {
        let function = match call.target {
            Target::Direct(id) => {
                let callee = self.program_function(id);
                return (Callee::Direct(callee), self.values(&call.args));
            }
            Target::Function(f) => self.value(f),
            Target::Symbol(id) => {
                let base = self.symbol_base(id);
                let f = self.load(base.address, base.slot(symbol::FUNCTION));
                self.root(f)
            }
        };
        let (count, registers) = match call.spread_count {
            Some(count) => self.spread_registers(count),
            None => self.place_arguments(&call.args),
        };
        let mut args = vec![function, count];
        args.extend(registers);
        let entry = self.load(function, ENTRY_OFFSET);
        (Callee::Indirect(entry, self.general_sig()), args)
    }

    /// The first four arguments; the others go to the argument area. Nothing allocates until the call.
    fn place_arguments(&mut self, args: &[ValueId]) -> (ir::Value, [ir::Value; REGISTER_ARGS]) {
        let count = self.iconst(args.len() as i64);
        if args.len() > REGISTER_ARGS {
            let area = self.load_context(offset::ARGS);
            for (i, &arg) in args.iter().enumerate().skip(REGISTER_ARGS) {
                let value = self.value(arg);
                self.store(area, 8 * i as i32, value);
            }
            self.store_context(offset::ARG_COUNT, count);
        }
        let unused = if args.len() < REGISTER_ARGS { self.iconst(0) } else { count };
        (count, std::array::from_fn(|i| args.get(i).map_or(unused, |&a| self.value(a))))
    }

    /// The first four of `count` arguments that already lie in the area; absent ones are fixnum 0,
    /// because a stale word must not reach the callee's frame.
    fn spread_registers(&mut self, count: ValueId) -> (ir::Value, [ir::Value; REGISTER_ARGS]) {
        let count = self.value(count);
        let area = self.load_context(offset::ARGS);
        let zero = self.iconst(0);
        let registers = std::array::from_fn(|i| {
            let word = self.load(area, 8 * i as i32);
            let present = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, count, i as i64);
            self.b.ins().select(present, word, zero)
        });
        let many = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, count, REGISTER_ARGS as i64);
        let kept = self.b.ins().select(many, count, zero);
        self.store_context(offset::ARG_COUNT, kept);
        (count, registers)
    }

    pub fn lower_call(&mut self, call: &Call, results: &[ValueId]) {
        let (callee, args) = self.prepare_call(call);
        let inst = match callee {
            Callee::Direct(f) => self.b.ins().call(f, &args),
            Callee::Indirect(entry, sig) => self.b.ins().call_indirect(sig, entry, &args),
        };
        let values = self.b.inst_results(inst).to_vec();
        for (&result, value) in results.iter().zip(values) {
            self.define(result, value);
        }
    }

    pub fn lower_tail_call(&mut self, call: &Call) {
        let (callee, args) = self.prepare_call(call);
        match callee {
            Callee::Direct(f) => self.b.ins().return_call(f, &args),
            Callee::Indirect(entry, sig) => self.b.ins().return_call_indirect(sig, entry, &args),
        };
    }
}
