//! Non-local exits: protected calls with their exit records, and leaving.
//!
//! The record lives in an explicit stack slot of the frame. Whoever lands at the handler finds the
//! record unlinked and bindings, segments and entry frame restored (`control::exits`).

use cranelift_codegen::ir::{BlockArg, ExceptionTableData, ExceptionTableItem, InstBuilder, types};
use rook_runtime::abi::thread_context::{exit_kind, exit_offset, offset};

use super::call::Callee;
use super::function::{Lowering, UNREACHABLE};
use crate::mir::{Block, Call, ExitKind, ExitSlot, Repr, Returns, Target, ValueId};

impl Lowering<'_, '_> {
    /// Calls a runtime entry that never returns.
    pub fn leave(&mut self, name: &str, args: &[ValueId]) {
        let args = self.values(args);
        self.call_runtime(name, &args, 0);
        self.b.ins().trap(UNREACHABLE);
    }

    fn result_reprs(&self, call: &Call) -> Vec<Repr> {
        let many = vec![Repr::Tagged, Repr::Word];
        match call.target {
            Target::Direct(id) => match self.program.functions[id.0 as usize].returns {
                Returns::Many => many,
                Returns::One(repr) => vec![repr],
            },
            _ => many,
        }
    }

    pub fn lower_try_call(
        &mut self,
        call: &Call,
        slot: ExitSlot,
        kind: ExitKind,
        tag: ValueId,
        normal: &(Block, Vec<ValueId>),
        handler: &(Block, Vec<ValueId>),
    ) {
        // The block that ends with the call: its handler's address goes into the record.
        let block = self.fresh_block();
        self.jump(block, &[]);
        self.b.switch_to_block(block);
        let (callee, args) = self.prepare_call(call);
        let record = self.b.ins().stack_addr(types::I64, self.exit_slots[slot.0 as usize], 0);
        let previous = self.load_context(offset::EXIT_CHAIN);
        self.store(record, exit_offset::PREVIOUS, previous);
        let address = self.b.ins().get_exception_handler_address(types::I64, block, 0);
        self.store(record, exit_offset::HANDLER, address);
        let fp = self.b.ins().get_frame_pointer(types::I64);
        self.store(record, exit_offset::FP, fp);
        let sp = self.b.ins().get_stack_pointer(types::I64);
        self.store(record, exit_offset::SP, sp);
        let kind_code = self.iconst(match kind {
            ExitKind::Catch => exit_kind::CATCH,
            ExitKind::Block => exit_kind::BLOCK,
            ExitKind::Cleanup => exit_kind::CLEANUP,
        } as i64);
        self.store(record, exit_offset::KIND, kind_code);
        let tag = self.value(tag);
        self.store(record, exit_offset::TAG, tag);
        for (field, from) in [
            (exit_offset::BINDING_PTR, offset::BINDING_PTR),
            (exit_offset::SEGMENTS, offset::SEGMENTS),
            (exit_offset::ENTRY_FRAME, offset::ENTRY_FRAME),
        ] {
            let word = self.load_context(from);
            self.store(record, field, word);
        }
        self.store_context(offset::EXIT_CHAIN, record);

        // Landing pads of our own: unlink on the normal edge, root what arrives on both.
        let reprs = self.result_reprs(call);
        let returned = self.fresh_block();
        let results: Vec<_> = reprs
            .iter()
            .map(|&repr| {
                let value = self.b.append_block_param(returned, super::function::clif_type(repr));
                if repr == Repr::Tagged { self.root(value) } else { value }
            })
            .collect();
        let caught = self.fresh_block();
        let value = self.b.append_block_param(caught, types::I64);
        let value = self.root(value);
        let count = self.b.append_block_param(caught, types::I64);
        if self.function.block(handler.0).cold {
            self.b.set_cold_block(caught);
        }

        let sig = match &callee {
            Callee::Direct(f) => self.b.func.dfg.ext_funcs[*f].signature,
            Callee::Indirect(_, sig) => *sig,
        };
        let rets: Vec<BlockArg> = (0..reprs.len() as u32).map(BlockArg::TryCallRet).collect();
        let pool = &mut self.b.func.dfg.value_lists;
        let to_returned = cranelift_codegen::ir::BlockCall::new(returned, rets, pool);
        let payload = [BlockArg::TryCallExn(0), BlockArg::TryCallExn(1)];
        let to_caught = cranelift_codegen::ir::BlockCall::new(caught, payload, pool);
        let table = ExceptionTableData::new(sig, to_returned, [ExceptionTableItem::Default(to_caught)]);
        let table = self.b.func.dfg.exception_tables.push(table);
        match callee {
            Callee::Direct(f) => self.b.ins().try_call(f, &args, table),
            Callee::Indirect(entry, _) => self.b.ins().try_call_indirect(entry, &args, table),
        };

        self.b.switch_to_block(returned);
        let previous = self.b.ins().stack_load(types::I64, types::I64, self.exit_slots[slot.0 as usize], exit_offset::PREVIOUS);
        self.store_context(offset::EXIT_CHAIN, previous);
        let mut args: Vec<BlockArg> = results.into_iter().map(BlockArg::Value).collect();
        args.extend(self.block_args(&normal.1));
        let target = self.clif_block(normal.0);
        self.b.ins().jump(target, &args);

        self.b.switch_to_block(caught);
        let mut args = vec![BlockArg::Value(value), BlockArg::Value(count)];
        args.extend(self.block_args(&handler.1));
        let target = self.clif_block(handler.0);
        self.b.ins().jump(target, &args);
    }
}
