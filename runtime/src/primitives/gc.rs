//! Primitives of the collector: collect, look, set limits. Thin: everything is in `gc` and `heap`.

use crate::gc::{self, Level, collect};
use crate::heap;
use crate::object::{list, string};
use crate::primitives;
use crate::stack::backtrace::backtrace;
use crate::value::{Value, nil, t};

/// A count as a fixnum; larger than any fixnum is the largest.
fn count(n: u64) -> Value {
    Value::fixnum(n.min(crate::abi::tags::MOST_POSITIVE_FIXNUM as u64) as i64)
}

primitives! {
    /// Collects everything and gives memory back. T when the collector ran.
    fn gc(ctx) { Ok(Value::bool(collect(ctx, Level::Full))) }

    /// Collects the young generations.
    fn gc_minor(ctx) { Ok(Value::bool(collect(ctx, Level::Minor))) }

    /// A fixnum that changes whenever objects may have moved.
    fn gc_epoch(ctx) { Ok(count(gc::of(ctx).epoch)) }

    /// A fixnum that changes whenever old objects (see `address_is_old`) may have moved.
    fn gc_full_epoch(ctx) { Ok(count(gc::of(ctx).full_epoch)) }

    /// Whether the object keeps its address until `gc_full_epoch` changes.
    fn address_is_old(ctx, object) { Ok(Value::bool(heap::of(ctx).is_old(object.0))) }

    /// List: minor collections, full collections, bytes in use, bytes allocated, total microseconds,
    /// longest pause in microseconds, limit.
    fn gc_stats(ctx) {
        let stats = gc::of(ctx).stats.clone();
        let heap = heap::of(ctx);
        let numbers = [
            stats.minor,
            stats.full,
            heap.used(),
            heap.allocated_now(ctx),
            stats.total.as_micros() as u64,
            stats.longest.as_micros() as u64,
            heap.limit(),
        ];
        Ok(list(ctx, &numbers.map(count)))
    }

    /// The number of objects in the heap, whether reachable or not.
    fn heap_objects(ctx) {
        match gc::verify::check(ctx) {
            Ok(census) => Ok(count(census.objects)),
            Err(fault) => crate::thread::fatal_error(&fault),
        }
    }

    /// The soft limit of the heap in bytes.
    fn heap_limit(ctx) { Ok(count(heap::limit(ctx))) }

    /// Changes the soft limit; the new one, which may differ where the wish is impossible.
    fn set_heap_limit(ctx, bytes) {
        match bytes.to_fixnum() {
            Some(bytes) if bytes > 0 => {
                heap::set_limit(ctx, bytes as u64);
                Ok(count(heap::limit(ctx)))
            }
            _ => {
                let expected = crate::object::symbol::well_known(crate::abi::well_known::Sym::UNSIGNED_BYTE);
                Err(ctx.raise(crate::abi::thread_context::ErrorKind::Type, &[bytes, expected]))
            }
        }
    }

    /// Checks the whole heap; the number of objects. A fault ends the process with its description.
    fn verify_heap(ctx) {
        gc::verify::verify(ctx, "on request");
        Ok(count(gc::of(ctx).stats.verified_objects))
    }

    /// The innermost `limit` frames: list of (function-name file line column).
    fn backtrace_list(ctx, limit) {
        let limit = limit.to_fixnum().unwrap_or(0).clamp(0, 1 << 20) as usize;
        let mut result = nil();
        for frame in backtrace(ctx, limit).into_iter().rev() {
            let (function, file) = (string(ctx, &frame.function), string(ctx, &frame.file));
            let line = list(ctx, &[function, file, Value::fixnum(frame.line as i64), Value::fixnum(frame.column as i64)]);
            result = crate::object::cons(ctx, line, result);
        }
        Ok(result)
    }

    /// A weak pointer to `object`.
    fn make_weak_pointer(ctx, object) {
        Ok(crate::object::record(ctx, crate::abi::layout::kind::WEAK_POINTER, &[object]))
    }

    /// The object, or NIL when it is dead; whether it lives is the second value.
    fn weak_pointer_value(ctx, pointer) {
        let object = pointer.slot(0);
        let lives = object != Value::UNBOUND;
        if ctx.values != 0 {
            // SAFETY: the values area has room for a second value.
            unsafe { *(ctx.values as *mut u64).add(1) = if lives { t() } else { nil() }.0 };
        }
        Ok(if lives { object } else { nil() })
    }
}
