//! What the collector has done: times, volumes, and the liveness counters of the stress modes.

use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub minor: u64,
    pub full: u64,
    pub total: Duration,
    pub longest: Duration,
    pub last: Duration,
    pub moved_objects: u64,
    pub moved_bytes: u64,
    /// Objects that survived where they lay: pinned and large ones.
    pub pinned_objects: u64,
    /// Objects that full collections left, counted from the blocks and not by the tracer.
    pub live_objects: u64,
    /// Allocations that a stress mode saw.
    pub allocations: u64,
    /// Those that it collected at.
    pub due: u64,
    pub pinned_blocks: u64,
    pub weak_cleared: u64,
    pub units_released: u64,
    pub returned_bytes: u64,
    pub poisoned_bytes: u64,
    pub protected_blocks: u64,
    pub verified_objects: u64,
    pub verified_edges: u64,
    pub audited_frames: u64,
    pub audited_words: u64,
    pub audit_unmapped: u64,
    /// Minor collections whose walk over the frames ended at a watermark.
    pub watermarked: u64,
    pub safepoints: u64,
    /// Most bytes of stack that a collection used.
    pub stack_bytes: u64,
    pub injected: u64,
}

impl Stats {
    pub fn record_pause(&mut self, pause: Duration) {
        self.last = pause;
        self.total += pause;
        self.longest = self.longest.max(pause);
    }

    /// The counters, one `name=value` each.
    pub fn report(&self) -> String {
        let counters = [
            ("minor", self.minor),
            ("full", self.full),
            ("total-us", self.total.as_micros() as u64),
            ("longest-us", self.longest.as_micros() as u64),
            ("moved-objects", self.moved_objects),
            ("moved-bytes", self.moved_bytes),
            ("pinned-objects", self.pinned_objects),
            ("live-objects", self.live_objects),
            ("allocations", self.allocations),
            ("due", self.due),
            ("pinned-blocks", self.pinned_blocks),
            ("weak-cleared", self.weak_cleared),
            ("units-released", self.units_released),
            ("returned-bytes", self.returned_bytes),
            ("poisoned-bytes", self.poisoned_bytes),
            ("protected-blocks", self.protected_blocks),
            ("verified-objects", self.verified_objects),
            ("verified-edges", self.verified_edges),
            ("audited-frames", self.audited_frames),
            ("audited-words", self.audited_words),
            ("audit-unmapped", self.audit_unmapped),
            ("watermarked", self.watermarked),
            ("safepoints", self.safepoints),
            ("stack-bytes", self.stack_bytes),
            ("injected", self.injected),
        ];
        counters.map(|(name, value)| format!("{name}={value}")).join(" ")
    }
}
