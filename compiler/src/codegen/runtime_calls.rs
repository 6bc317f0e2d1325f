//! Calls of the runtime: primitives by name, and entry points with raw words.
//!
//! All have Tail signatures, because all may throw, collect or run Lisp; the thunk behind each name
//! anchors the Lisp frame. The context is the first argument.
//!
//! Primitives that the compiler calls on its own account (all single-valued; whatever a Lisp error
//! handler returns becomes the value): `add sub mul num_eq lt gt le ge type_error final_index_error
//! coerce_to_function unbound_variable symbol_function bind`.

use cranelift_codegen::ir::{self, AbiParam, ExtFuncData, InstBuilder, Signature, UserExternalName, types};
use cranelift_codegen::isa::CallConv;
use rook_runtime::abi::kept::KEPT;
use rook_runtime::abi::thread_context::{KEPT_ARGS, offset};

use super::function::{Lowering, clif_type};
use super::{Symbols, function_name, namespace};
use crate::mir::{FuncId, Repr, RuntimeCall, ValueId};

/// Linker name and number of results of a runtime call; results are `value[, count]`.
pub fn runtime_call_name(call: RuntimeCall) -> (&'static str, usize) {
    match call {
        RuntimeCall::SaveValues => ("rook_rt_save_values", 1),
        RuntimeCall::RestoreValues => ("rook_rt_restore_values", 2),
        RuntimeCall::SpreadList => ("rook_rt_spread_list", 1),
        RuntimeCall::SpreadValues => ("rook_rt_spread_values", 1),
        RuntimeCall::RestList => ("rook_rt_rest_list", 1),
        RuntimeCall::ParseKeys => ("rook_rt_parse_keys", 1),
    }
}

impl Lowering<'_, '_> {
    fn import(&mut self, space: u32, index: u32, signature: impl FnOnce() -> Signature) -> ir::FuncRef {
        if let Some(&f) = self.func_refs.get(&(space, index)) {
            return f;
        }
        let name = self.b.func.declare_imported_user_function(UserExternalName::new(space, index));
        let signature = self.b.import_signature(signature());
        let f = self.b.import_function(ExtFuncData {
            name: ir::ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.func_refs.insert((space, index), f);
        f
    }

    /// A function of the program.
    pub fn program_function(&mut self, id: FuncId) -> ir::FuncRef {
        let program = self.program;
        let name = function_name(id);
        self.import(name.namespace, name.index, || super::function::signature(&program.functions[id.0 as usize]))
    }

    /// A runtime entry point with these many word arguments (context included) and results.
    pub fn runtime_function(&mut self, name: &str, args: usize, results: usize) -> ir::FuncRef {
        let index = Symbols::intern(self.symbols, name);
        self.import(namespace::RUNTIME, index, || {
            let mut sig = Signature::new(CallConv::Tail);
            sig.params = vec![AbiParam::new(types::I64); args];
            sig.returns = vec![AbiParam::new(types::I64); results];
            sig
        })
    }

    /// Calls `name(ctx, args…)`; tagged results are rooted by whoever binds them.
    pub fn call_runtime(&mut self, name: &str, args: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let f = self.runtime_function(name, args.len() + 1, results);
        let mut all = vec![self.context()];
        all.extend_from_slice(args);
        let call = self.b.ins().call(f, &all);
        self.b.inst_results(call).to_vec()
    }

    /// Calls a primitive by its plain name; the result is rooted.
    pub fn call_primitive(&mut self, name: &str, args: &[ir::Value]) -> ir::Value {
        let results = self.call_runtime(&format!("rook_rt_{name}"), args, 1);
        self.root(results[0])
    }

    /// Calls `name(ctx, args…)` on a path that is hardly ever taken, keeping all registers for the others.
    /// The name is one of `KEPT`.
    pub fn call_kept(&mut self, name: &str, args: &[ir::Value]) -> ir::Value {
        self.call_kept_for_effect(name, args);
        self.load_context(offset::KEPT_RESULT)
    }

    /// The same without a result.
    pub fn call_kept_for_effect(&mut self, name: &str, args: &[ir::Value]) {
        let number = KEPT.iter().position(|&k| k == name).expect("only what is listed is called so");
        debug_assert!(args.len() <= KEPT_ARGS, "{name} gets more than can be passed");
        let number = self.iconst(number as i64);
        self.store_context(offset::KEPT_NUMBER, number);
        for (i, &arg) in args.iter().enumerate() {
            self.store_context(offset::KEPT_ARGS + 8 * i as i32, arg);
        }
        let index = self.symbols.intern("rook_keep_registers");
        let keep = self.import(namespace::RUNTIME, index, || Signature::new(CallConv::PreserveAll));
        self.b.ins().call(keep, &[]);
    }

    /// The same for a primitive; the result is rooted.
    pub fn call_kept_primitive(&mut self, name: &str, args: &[ir::Value]) -> ir::Value {
        let result = self.call_kept(&format!("rook_rt_{name}"), args);
        self.root(result)
    }

    pub fn lower_primitive(&mut self, name: &str, args: &[ValueId], result: Option<ValueId>) {
        let args = self.values(args);
        let results = self.call_runtime(&format!("rook_rt_{name}"), &args, 1);
        if let Some(result) = result {
            self.define(result, results[0]);
        }
    }

    pub fn lower_runtime_call(&mut self, call: RuntimeCall, args: &[ValueId], results: &[ValueId]) {
        let (name, count) = runtime_call_name(call);
        let args = self.values(args);
        let values = self.call_runtime(name, &args, count);
        for (&result, value) in results.iter().zip(values) {
            self.define(result, value);
        }
    }

    /// A C function: `rook_foreign_thunk` anchors the frame and jumps to the target in the context, so
    /// every argument is already where C expects it. C preserves r15.
    pub fn lower_foreign_call(&mut self, symbol: Option<&str>, args: &[ValueId], repr: Option<Repr>, result: Option<ValueId>) {
        let (target, args) = match symbol {
            Some(symbol) => (self.foreign_address(symbol), args),
            None => {
                let (address, args) = args.split_first().expect("the first argument is the address");
                (self.value(*address), args)
            }
        };
        let mut sig = Signature::new(CallConv::SystemV);
        sig.params = args.iter().map(|&a| AbiParam::new(clif_type(self.function.repr(a)))).collect();
        sig.returns = repr.iter().map(|&r| AbiParam::new(clif_type(r))).collect();
        let sig = self.b.import_signature(sig);
        self.store_context(offset::FOREIGN_TARGET, target);
        let index = self.symbols.intern("rook_foreign_thunk");
        let name = self.b.func.declare_imported_user_function(UserExternalName::new(namespace::RUNTIME, index));
        let thunk = self.b.import_function(ExtFuncData {
            name: ir::ExternalName::user(name),
            signature: sig,
            colocated: true,
            patchable: false,
        });
        let args = self.values(args);
        let call = self.b.ins().call(thunk, &args);
        if let (Some(result), Some(&value)) = (result, self.b.inst_results(call).first()) {
            self.define(result, value);
        }
    }
}
