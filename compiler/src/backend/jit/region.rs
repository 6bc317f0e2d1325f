//! The memory that code runs in: one region, mapped twice, so that nothing is ever writable and
//! executable at one address and no system call is needed per unit.
//!
//! The executable mapping lies within reach of rip-relative instructions from the runtime's own text
//! and data. Must not know what is stored.

use rook_runtime::os::memory;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Address space of the region; touched on demand.
const REGION_BYTES: u64 = 512 << 20;
/// Each mapping's share where address space is scarce.
const SHARE: u64 = 16;
const LEAST_BYTES: u64 = 8 << 20;
/// Blocks are multiples of this.
const GRANULE: usize = 64;
/// How far rip-relative instructions reach, less room for the program itself.
const REACH: u64 = (2 << 30) - (64 << 20);
const STEP: u64 = 64 << 20;

/// Room for one unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeBlock {
    offset: usize,
    size: usize,
    /// The same bytes held other code before.
    pub reused: bool,
}

struct Region {
    writable: *mut u8,
    executable: *const u8,
    bytes: usize,
    bump: usize,
    /// Free blocks as (offset, size), sorted, neighbours merged.
    free: Vec<(usize, usize)>,
}

// SAFETY: the two pointers name mappings that live as long as the process; the rest is behind a mutex.
unsafe impl Send for Region {}

static REGION: OnceLock<Option<Mutex<Region>>> = OnceLock::new();

fn region() -> Option<std::sync::MutexGuard<'static, Region>> {
    let region = REGION.get_or_init(|| Region::map().map(Mutex::new)).as_ref()?;
    Some(region.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Room for `bytes`; `None` when the region is full or cannot be mapped.
pub fn allocate(bytes: usize) -> Option<CodeBlock> {
    region()?.allocate(bytes)
}

/// Gives a block's room back.
pub fn release(block: CodeBlock) {
    if let Some(mut region) = region() {
        region.release(block.offset, block.size);
    }
}

impl CodeBlock {
    /// Where the block is written.
    pub fn writable(self) -> *mut u8 {
        let region = region().expect("blocks come from the region");
        // SAFETY: the block lies inside the mapping.
        unsafe { region.writable.add(self.offset) }
    }
    /// Where the block runs.
    pub fn executable(self) -> *const u8 {
        let region = region().expect("blocks come from the region");
        // SAFETY: as above.
        unsafe { region.executable.add(self.offset) }
    }
}

impl Region {
    fn map() -> Option<Region> {
        // SAFETY: plain system calls; every result is checked, and nothing else knows the mappings yet.
        unsafe {
            let file = libc::memfd_create(c"rook-code".as_ptr(), libc::MFD_CLOEXEC);
            if file < 0 {
                return None;
            }
            let bytes = memory::within_share(REGION_BYTES, SHARE).max(LEAST_BYTES) as usize;
            let mapped = (libc::ftruncate(file, bytes as libc::off_t) == 0)
                .then(|| (map_anywhere(file, bytes), map_near(file, bytes)));
            libc::close(file);
            let (writable, executable) = mapped?;
            Some(Region { writable: writable?, executable: executable?, bytes, bump: 0, free: Vec::new() })
        }
    }

    fn allocate(&mut self, bytes: usize) -> Option<CodeBlock> {
        let size = bytes.max(1).checked_next_multiple_of(GRANULE)?;
        if let Some(i) = self.free.iter().position(|&(_, room)| room >= size) {
            let (offset, room) = self.free[i];
            if room == size {
                self.free.remove(i);
            } else {
                self.free[i] = (offset + size, room - size);
            }
            return Some(CodeBlock { offset, size, reused: true });
        }
        if size > self.bytes - self.bump {
            return None;
        }
        let offset = self.bump;
        self.bump += size;
        Some(CodeBlock { offset, size, reused: false })
    }

    fn release(&mut self, offset: usize, size: usize) {
        let i = self.free.partition_point(|&(o, _)| o < offset);
        self.free.insert(i, (offset, size));
        if i + 1 < self.free.len() && offset + size == self.free[i + 1].0 {
            self.free[i].1 += self.free.remove(i + 1).1;
        }
        if i > 0 && self.free[i - 1].0 + self.free[i - 1].1 == offset {
            self.free[i - 1].1 += self.free.remove(i).1;
        }
    }
}

/// # Safety
/// `file` is a file of `bytes`.
unsafe fn map_anywhere(file: i32, bytes: usize) -> Option<*mut u8> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at an address of the system's choice.
    let p = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, libc::MAP_SHARED, file, 0) };
    (p != libc::MAP_FAILED).then_some(p as *mut u8)
}

/// # Safety
/// As `map_anywhere`.
unsafe fn map_near(file: i32, bytes: usize) -> Option<*const u8> {
    let here = rook_runtime::value::nil().0 & !(STEP - 1);
    // Below the program first: above it the C library's heap grows.
    let below = (1..REACH / STEP).map(|i| here.checked_sub(i * STEP + bytes as u64));
    let above = (1..REACH / STEP).rev().map(|i| here.checked_add(i * STEP));
    for address in below.chain(above).flatten() {
        let farthest = here.abs_diff(address).max(here.abs_diff(address + bytes as u64));
        if address < STEP || farthest > REACH {
            continue;
        }
        let flags = libc::MAP_SHARED | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: never replaces a mapping; kernels that do not know the flag may place it elsewhere.
        let p = unsafe {
            libc::mmap(address as *mut _, bytes, libc::PROT_READ | libc::PROT_EXEC, flags, file, 0)
        };
        if p as u64 == address {
            return Some(p as *const u8);
        }
        if p != libc::MAP_FAILED {
            // SAFETY: the mapping just made, unused.
            unsafe { libc::munmap(p, bytes) };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_neighbours_merge() {
        let (writable, executable) = (std::ptr::null_mut(), std::ptr::null());
        let mut region = Region { writable, executable, bytes: 4096, bump: 0, free: Vec::new() };
        let blocks: Vec<CodeBlock> = (0..3).map(|_| region.allocate(100).expect("room")).collect();
        assert_eq!(blocks.iter().map(|b| b.offset).collect::<Vec<_>>(), [0, 128, 256]);
        for i in [0, 2, 1] {
            region.release(blocks[i].offset, blocks[i].size);
        }
        assert_eq!(region.free, [(0, 384)], "three neighbours are one free block");
        let again = region.allocate(300).expect("room");
        assert_eq!((again.offset, again.reused), (0, true));
        assert_eq!(region.free, [(320, 64)]);
    }

    #[test]
    fn both_mappings_show_the_same_bytes() {
        let block = allocate(64).expect("a region");
        // SAFETY: the block is ours and 64 bytes long.
        unsafe {
            *block.writable() = 0xc3;
            assert_eq!(block.executable().read_volatile(), 0xc3);
        }
        release(block);
    }
}
