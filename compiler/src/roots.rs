//! Root ranges of the compiler, handed to the collector.

use rook_runtime::gc::roots;

/// Makes `len` words at `start` collector roots.
pub fn register(start: *mut u64, len: usize) {
    roots::register_range(start, len);
}
/// Ends that.
pub fn unregister(start: *mut u64) {
    roots::unregister_range(start);
}
