//! Entry checks and safepoint polls. Their slow paths are cold blocks that get what they must keep as
//! block parameters of their own: a value that is live at a safepoint is stored in the frame where it
//! is defined, which the fast path would pay for.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use rook_runtime::abi::tags::FIXNUM_SHIFT;
use rook_runtime::abi::thread_context::offset;

use super::function::{Lowering, as_block_args, clif_type};
use crate::mir::{Block, ValueId};

/// Iterations of a counting loop from poll to poll.
const POLL_EVERY: i64 = 1024;

impl Lowering<'_, '_> {
    /// Entry check: SP against the limit word. The function goes on in a block with parameters of its
    /// own, to which the slow path comes back with what the collector has made of them.
    pub fn entry_check(&mut self) {
        let sp = self.b.ins().get_stack_pointer(types::I64);
        let limit = self.load_context(offset::STACK_LIMIT);
        let low = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        let params = self.function.block(Block(0)).params.clone();
        let args = self.values(&params);
        let (slow, copies) = self.cold_copy_block(&args);
        let next = self.fresh_block();
        let args = as_block_args(&args);
        self.b.ins().brif(low, slow, &args, next, &args);
        self.b.switch_to_block(slow);
        self.call_runtime("rook_rt_entry_slow", &[], 0);
        self.jump(next, &copies);
        self.b.switch_to_block(next);
        for &param in &params {
            let value = self.b.append_block_param(next, clif_type(self.function.repr(param)));
            self.define(param, value);
        }
    }

    /// A cold block with a parameter for each of these values, with their types and rooted as they are.
    fn cold_copy_block(&mut self, originals: &[ir::Value]) -> (ir::Block, Vec<ir::Value>) {
        let block = self.cold_block();
        let copies = originals.iter().map(|&original| {
            let ty = self.b.func.dfg.value_type(original);
            let copy = self.b.append_block_param(block, ty);
            if self.rooted.contains(&original) {
                self.root(copy);
            }
            copy
        });
        let copies = copies.collect();
        (block, copies)
    }

    /// Whether a safepoint was requested: the limit word is then all ones.
    fn safepoint_requested(&mut self) -> ir::Value {
        let limit = self.load_context(offset::STACK_LIMIT);
        self.b.ins().icmp_imm_s(IntCC::Equal, limit, -1)
    }

    /// Safepoint poll.
    pub fn poll(&mut self) {
        let requested = self.safepoint_requested();
        let (slow, next) = (self.cold_block(), self.fresh_block());
        self.brif(requested, slow, next);
        self.b.switch_to_block(slow);
        self.keep_references();
        self.call_kept_for_effect("rook_rt_entry_slow", &[]);
        self.jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// Safepoint poll when the low bits of a counter are zero.
    pub fn poll_sometimes(&mut self, counter: ValueId) {
        let counter = self.value(counter);
        let low = self.b.ins().band_imm_u(counter, (POLL_EVERY - 1) << FIXNUM_SHIFT);
        let (due, slow, next) = (self.cold_block(), self.cold_block(), self.fresh_block());
        self.brif(low, next, due);
        self.b.switch_to_block(due);
        let requested = self.safepoint_requested();
        self.brif(requested, slow, next);
        self.b.switch_to_block(slow);
        self.keep_references();
        self.call_kept_for_effect("rook_rt_entry_slow", &[]);
        self.jump(next, &[]);
        self.b.switch_to_block(next);
    }

    /// Safepoint poll at the end of a block. What is passed on reaches the slow path as parameters of
    /// the cold block, so that it stays in registers otherwise.
    pub fn poll_and_jump(&mut self, target: ir::Block, args: &[ValueId]) {
        let requested = self.safepoint_requested();
        let args = self.values(args);
        let (slow, copies) = self.cold_copy_block(&args);
        let args = as_block_args(&args);
        self.b.ins().brif(requested, slow, &args, target, &args);
        self.b.switch_to_block(slow);
        self.keep_references();
        self.call_kept_for_effect("rook_rt_entry_slow", &[]);
        self.jump(target, &copies);
    }
}
