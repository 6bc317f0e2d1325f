//! Soft limits of the Lisp stack and the binding stack, and the room lent above them.
//!
//! An overflow is a condition, and its handlers need room to run before anything unwinds: a limit that
//! was hit is moved on by a margin, and moved back as soon as control has unwound below the soft limit.
//! CONTINUE raises the soft limit itself.

use super::fatal_error;
use crate::abi::thread_context::ThreadContext;
use crate::heap::options::limit_from_environment;

/// Room lent to handlers of a stack overflow, and of a binding stack overflow.
const STACK_MARGIN: u64 = 512 << 10;
const BINDING_MARGIN: u64 = 64 << 10;
/// Room below the last stack limit, for Rust and C code and for large frames.
pub const STACK_RESERVE: u64 = 256 << 10;

/// A million frames of twenty words.
const DEFAULT_STACK: u64 = 160 << 20;
const DEFAULT_BINDING: u64 = 8 << 20;
const SMALLEST_STACK: u64 = 256 << 10;
const SMALLEST_BINDING: u64 = 16 << 10;
/// No binding stack has less address space.
pub const LEAST_BINDING_BYTES: u64 = 1 << 20;

/// Soft sizes that the environment asks for, or the usual ones.
pub fn configured_stack_size() -> u64 {
    limit_from_environment("stack").unwrap_or(DEFAULT_STACK).max(SMALLEST_STACK)
}
pub fn configured_binding_size() -> u64 {
    limit_from_environment("binding").unwrap_or(DEFAULT_BINDING).max(SMALLEST_BINDING)
}

/// Lowest address that a stack limit may have.
fn lowest_limit(ctx: &ThreadContext) -> u64 {
    ctx.stack_low + STACK_RESERVE
}

/// Soft size of the Lisp stack in bytes.
pub fn stack_size(ctx: &ThreadContext) -> u64 {
    ctx.stack_high - ctx.soft_stack_limit
}

/// Sets the soft size of the Lisp stack, within its bounds, and re-arms the check.
pub fn set_stack_size(ctx: &mut ThreadContext, bytes: u64) {
    let lowest = lowest_limit(ctx);
    ctx.soft_stack_limit = ctx.stack_high.saturating_sub(bytes.max(SMALLEST_STACK)).max(lowest).min(ctx.stack_high);
    set_real_limit(ctx, ctx.soft_stack_limit);
}

fn set_real_limit(ctx: &mut ThreadContext, limit: u64) {
    ctx.real_stack_limit = limit;
    if ctx.stack_limit != u64::MAX {
        ctx.stack_limit = limit;
    }
}

/// Raises the soft stack limit by half; false at the bounds.
pub fn grow_stack(ctx: &mut ThreadContext) -> bool {
    let before = ctx.soft_stack_limit;
    let lent = ctx.real_stack_limit;
    let size = stack_size(ctx);
    set_stack_size(ctx, size + size / 2);
    set_real_limit(ctx, ctx.soft_stack_limit.min(lent));
    ctx.soft_stack_limit < before
}

/// Lets handlers of a stack overflow run a margin further down.
pub fn lend_stack_room(ctx: &mut ThreadContext) {
    if ctx.real_stack_limit <= lowest_limit(ctx) {
        fatal_error("the Lisp stack is exhausted to its end while its exhaustion is being handled");
    }
    let lent = (ctx.real_stack_limit - STACK_MARGIN).max(lowest_limit(ctx));
    set_real_limit(ctx, lent);
}

/// Soft size of the binding stack in bytes.
pub fn binding_size(ctx: &ThreadContext) -> u64 {
    ctx.soft_binding_limit - ctx.binding_base
}

/// Sets the soft size of the binding stack, within its bounds.
pub fn set_binding_size(ctx: &mut ThreadContext, bytes: u64) {
    let bytes = bytes.max(SMALLEST_BINDING) & !15;
    ctx.soft_binding_limit = ctx.binding_base.saturating_add(bytes).min(ctx.binding_end - BINDING_MARGIN);
    ctx.binding_limit = ctx.soft_binding_limit.max(ctx.binding_ptr);
}

/// Raises the soft limit of the binding stack by half; false at the bounds.
pub fn grow_binding(ctx: &mut ThreadContext) -> bool {
    let before = ctx.soft_binding_limit;
    let size = binding_size(ctx);
    let lent = ctx.binding_limit;
    set_binding_size(ctx, size + size / 2);
    ctx.binding_limit = ctx.soft_binding_limit.max(lent);
    ctx.soft_binding_limit > before
}

/// Lets handlers of a binding stack overflow bind a margin further.
pub fn lend_binding_room(ctx: &mut ThreadContext) {
    if ctx.binding_limit >= ctx.binding_end {
        fatal_error("the binding stack is exhausted to its end while its exhaustion is being handled");
    }
    ctx.binding_limit = (ctx.binding_limit.max(ctx.binding_ptr) + BINDING_MARGIN).min(ctx.binding_end);
}

/// Called when control has unwound to stack pointer `sp`: takes back what is not needed any more.
pub fn take_back_lent_room(ctx: &mut ThreadContext, sp: u64) {
    if ctx.real_stack_limit < ctx.soft_stack_limit && sp > ctx.soft_stack_limit {
        set_real_limit(ctx, ctx.soft_stack_limit);
    }
    if ctx.binding_limit > ctx.soft_binding_limit && ctx.binding_ptr < ctx.soft_binding_limit {
        ctx.binding_limit = ctx.soft_binding_limit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Box<ThreadContext> {
        let mut ctx = crate::thread::create();
        ctx.stack_low = 1 << 40;
        ctx.stack_high = ctx.stack_low + (16 << 20);
        set_stack_size(&mut ctx, 4 << 20);
        ctx.stack_limit = ctx.real_stack_limit;
        ctx
    }

    #[test]
    fn lent_stack_room_is_taken_back_after_unwinding() {
        let mut ctx = context();
        let soft = ctx.soft_stack_limit;
        assert_eq!(stack_size(&ctx), 4 << 20);
        lend_stack_room(&mut ctx);
        assert!(ctx.stack_limit < soft, "handlers have room");
        take_back_lent_room(&mut ctx, soft - 64);
        assert!(ctx.stack_limit < soft, "control is still inside the lent room");
        take_back_lent_room(&mut ctx, soft + 64);
        assert_eq!(ctx.stack_limit, soft, "the guard is armed again");
        crate::thread::areas::unmap(&mut ctx);
    }

    #[test]
    fn growing_ends_at_the_bounds() {
        let mut ctx = context();
        let mut times = 0;
        while grow_stack(&mut ctx) {
            times += 1;
        }
        assert!(times > 2 && ctx.soft_stack_limit == lowest_limit(&ctx));
        let before = binding_size(&ctx);
        assert!(grow_binding(&mut ctx));
        assert_eq!(binding_size(&ctx), (before + before / 2) & !15);
        crate::thread::areas::unmap(&mut ctx);
    }

    #[test]
    fn a_pending_safepoint_request_survives_limit_changes() {
        let mut ctx = context();
        ctx.stack_limit = u64::MAX;
        lend_stack_room(&mut ctx);
        assert_eq!(ctx.stack_limit, u64::MAX);
        crate::thread::areas::unmap(&mut ctx);
    }
}
