//! Address space and pages: reserve, commit, protect, give back.
//!
//! Must not know what the pages hold. All sizes and addresses are multiples of the page size.

use libc::{
    MADV_DONTNEED, MADV_POPULATE_WRITE, MAP_ANONYMOUS, MAP_FAILED, MAP_NORESERVE, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE,
};

use std::sync::OnceLock;

/// Page size assumed throughout (x86-64 Linux).
pub const PAGE: usize = 4096;

fn map(bytes: usize, protection: i32) -> Option<*mut u8> {
    // SAFETY: an anonymous private mapping at an address of the kernel's choice touches no existing memory.
    let p = unsafe {
        libc::mmap(std::ptr::null_mut(), bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    };
    (p != MAP_FAILED).then_some(p as *mut u8)
}

/// Address space without access rights.
pub fn reserve(bytes: usize) -> Option<*mut u8> {
    map(bytes, PROT_NONE)
}

/// Address space without access rights, starting at a multiple of `alignment` (a power of two).
pub fn reserve_aligned(bytes: usize, alignment: usize) -> Option<*mut u8> {
    let raw = map(bytes + alignment, PROT_NONE)?;
    let start = (raw as usize).next_multiple_of(alignment);
    let (head, tail) = (start - raw as usize, raw as usize + alignment - start);
    // SAFETY: both ranges lie inside the mapping just made and outside the part returned.
    unsafe {
        if head > 0 {
            libc::munmap(raw as *mut _, head);
        }
        if tail > 0 {
            libc::munmap((start + bytes) as *mut _, tail);
        }
    }
    Some(start as *mut u8)
}

/// Readable and writable zero pages, materialised on first touch.
pub fn map_zeroed(bytes: usize) -> Option<*mut u8> {
    map(bytes, PROT_READ | PROT_WRITE)
}

/// Makes reserved pages readable and writable; false when the system refuses.
///
/// # Safety
/// The range belongs to a mapping of the caller.
pub unsafe fn commit(start: *mut u8, bytes: usize) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { libc::mprotect(start as *mut _, bytes, PROT_READ | PROT_WRITE) == 0 }
}

/// Takes all access rights away; the contents stay.
///
/// # Safety
/// The range belongs to a mapping of the caller, and nothing will touch it.
pub unsafe fn protect(start: *mut u8, bytes: usize) -> bool {
    // SAFETY: by the caller's promise.
    unsafe { libc::mprotect(start as *mut _, bytes, PROT_NONE) == 0 }
}

/// Gives the pages' memory back; they read as zero afterwards.
///
/// # Safety
/// The range belongs to a mapping of the caller, and its contents are dead.
pub unsafe fn decommit(start: *mut u8, bytes: usize) {
    // SAFETY: by the caller's promise. A refusal only means that the memory stays resident.
    unsafe { libc::madvise(start as *mut _, bytes, MADV_DONTNEED) };
}

/// Materialises pages that will be written anyway: one system call instead of a fault for each page.
///
/// # Safety
/// The range belongs to a committed mapping of the caller.
pub unsafe fn populate(start: *mut u8, bytes: usize) {
    // SAFETY: by the caller's promise. A refusal (old kernels) is harmless: the pages come by faults.
    unsafe { libc::madvise(start as *mut _, bytes, MADV_POPULATE_WRITE) };
}

/// Ends a mapping.
///
/// # Safety
/// The range is a mapping of the caller, and nothing refers to it any more.
pub unsafe fn release(start: *mut u8, bytes: usize) {
    // SAFETY: by the caller's promise.
    unsafe { libc::munmap(start as *mut _, bytes) };
}

/// Bytes of address space that the process may still take when it starts, if that is limited (`ulimit -v`).
pub fn address_space() -> Option<u64> {
    static LEFT: OnceLock<Option<u64>> = OnceLock::new();
    *LEFT.get_or_init(|| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: fills the record.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) } == 0;
        if !known || limit.rlim_cur == libc::RLIM_INFINITY {
            return None;
        }
        let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Some(limit.rlim_cur.saturating_sub(pages.unwrap_or(0) * PAGE as u64))
    })
}

/// At most `1 / share` of the address space, where that is limited; a multiple of the page size.
pub fn within_share(bytes: u64, share: u64) -> u64 {
    address_space().map_or(bytes, |space| bytes.min(space / share)) & !(PAGE as u64 - 1)
}

/// Bytes of physical memory.
pub fn physical_memory() -> u64 {
    // SAFETY: `sysconf` has no preconditions.
    let (pages, page) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    if pages > 0 && page > 0 { pages as u64 * page as u64 } else { 4 << 30 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_reservation_commits_and_returns_zeroes() {
        let bytes = 1 << 20;
        let p = reserve_aligned(bytes, 1 << 21).expect("address space");
        assert_eq!(p as usize % (1 << 21), 0, "the alignment asked for");
        // SAFETY: the range was just reserved.
        unsafe {
            assert!(commit(p, bytes));
            *p = 7;
            decommit(p, bytes);
            assert_eq!(*p, 0, "given-back pages read as zero");
            release(p, bytes);
        }
    }
}
