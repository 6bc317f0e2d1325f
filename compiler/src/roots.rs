//! Root ranges of the compiler, handed to the collector.

/// Makes `len` words at `start` collector roots.
pub fn register(start: *mut u64, len: usize) {
    let _ = (start, len);
}
/// Ends that.
pub fn unregister(start: *mut u64) {
    let _ = start;
}
