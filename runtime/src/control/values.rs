//! Multiple values kept over code that may use the values area.

use super::anchored_thunk;
use super::entry::Outcome;
use crate::abi::thread_context::ThreadContext;
use crate::object::{make_simple_vector, simple_vector};
use crate::value::{Value, nil};

// (ctx, value, count) -> saved; (ctx, saved) -> value, count.
anchored_thunk!("rook_rt_save_values", save_values, ["ret"]);
anchored_thunk!("rook_rt_restore_values", restore, ["mov rcx, rdx", "ret"]);

extern "C" fn save_values(ctx: &mut ThreadContext, value: Value, count: u64) -> Value {
    save(ctx, value, count)
}

/// All values of a return, as a simple vector. Empties the values area.
pub fn save(ctx: &mut ThreadContext, value: Value, count: u64) -> Value {
    match count {
        0 => simple_vector(ctx, &[]),
        1 => simple_vector(ctx, &[value]),
        _ => {
            let saved = make_simple_vector(ctx, count as usize, value);
            for i in 1..count as usize {
                // SAFETY: `count` values lie in the area; the fresh vector has as many slots.
                unsafe { *saved.base().add(1 + i) = *(ctx.values as *const u64).add(i) };
            }
            ctx.value_count = 0;
            saved
        }
    }
}

/// Puts kept values back: primary value and count, the others in the values area.
pub extern "C" fn restore(ctx: &mut ThreadContext, saved: Value) -> Outcome {
    let count = saved.size();
    if count == 0 {
        return Outcome { value: nil(), count: 0 };
    }
    for i in 1..count {
        // SAFETY: the vector was made from at most as many values as the area holds.
        unsafe { *(ctx.values as *mut u64).add(i) = saved.slot(i).0 };
    }
    ctx.value_count = if count > 1 { count as u64 } else { 0 };
    Outcome { value: saved.slot(0), count: count as u64 }
}
