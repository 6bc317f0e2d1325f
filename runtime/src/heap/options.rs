//! Sizes of the heap: defaults, and `ROOK_LIMITS=heap=SIZE,nursery=SIZE,…`.

use super::block::BLOCK_BYTES;
use crate::os::memory;

/// How large a heap may become.
#[derive(Clone, Copy, Debug)]
pub struct HeapOptions {
    /// Address space reserved.
    pub reserve: u64,
    /// Soft limit of bytes in use.
    pub limit: u64,
    /// Smallest nursery: bytes allocated between minor collections.
    pub nursery: u64,
}

pub const DEFAULT_RESERVE: u64 = 64 << 30;
pub const DEFAULT_NURSERY: u64 = 4 << 20;
/// No heap is smaller than this.
pub const MINIMUM_LIMIT: u64 = 8 * BLOCK_BYTES;

/// A heap at its limit and one primitive's overshoot, which may be as large, fit into physical memory.
impl Default for HeapOptions {
    fn default() -> Self {
        HeapOptions { reserve: DEFAULT_RESERVE, limit: memory::physical_memory() / 20 * 9, nursery: DEFAULT_NURSERY }
    }
}

impl HeapOptions {
    /// Defaults changed by the environment.
    pub fn from_environment() -> HeapOptions {
        let mut options = HeapOptions::default();
        if let Some(limit) = limit_from_environment("heap") {
            options.limit = limit;
        }
        if let Some(nursery) = limit_from_environment("nursery") {
            options.nursery = nursery;
        }
        options
    }

    /// Made consistent: room to copy the whole heap, a nursery that is a fraction of the limit.
    pub fn normalised(mut self) -> HeapOptions {
        self.limit = self.limit.max(MINIMUM_LIMIT);
        self.reserve = self.reserve.max(self.limit.saturating_mul(3)).min(1 << 45);
        self.nursery = self.nursery.min(self.limit / 4).max(BLOCK_BYTES);
        self
    }
}

/// The size given for `name` in `ROOK_LIMITS`, when there is one that makes sense.
pub fn limit_from_environment(name: &str) -> Option<u64> {
    let limits = std::env::var("ROOK_LIMITS").ok()?;
    limits.split(',').filter_map(|item| item.split_once('=')).find(|(key, _)| key.trim() == name).and_then(|(_, size)| parse_size(size))
}

/// `123`, `64K`, `16M`, `2G`: bytes.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_shl(shift).filter(|size| size >> shift == digits.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_size("4096"), Some(4096));
        assert_eq!(parse_size("64K"), Some(64 << 10));
        assert_eq!(parse_size("2g"), Some(2 << 30));
        assert_eq!(parse_size("12 apples"), None);
        assert_eq!(parse_size("99999999999999999999"), None, "no overflow");
        assert_eq!(parse_size("99999999T"), None, "no overflow by the unit");
    }

    #[test]
    fn tiny_limits_become_consistent() {
        let options = HeapOptions { reserve: 0, limit: 1, nursery: 1 << 40 }.normalised();
        assert_eq!(options.limit, MINIMUM_LIMIT);
        assert!(options.nursery <= options.limit, "the nursery fits");
        assert!(options.reserve >= 2 * options.limit, "room to copy everything");
    }
}
