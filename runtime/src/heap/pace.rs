//! Stress: which allocations are collected at.
//!
//! Every N-th one. With `thin`, only until the collections have cost a fixed amount of work; from then
//! on each wait for the next is longer by a part, so that their number grows with the logarithm of the
//! allocations, and the first few allocations from each call site go on being collected at while a
//! second amount of work lasts. Counts decide, never time: a run can be repeated.

/// Work that collections may cost, in objects visited, before they are thinned.
const BUDGET: u64 = 24_000_000;
/// Further work for the first allocations from each call site.
const SITE_BUDGET: u64 = BUDGET / 4;
/// What a collection costs besides its objects.
const BASE_COST: u64 = 4_000;
/// Allocations from a call site that count as its first ones.
const SITE_FIRSTS: u8 = 4;
/// A wait grows by one part in this many.
const GROWTH: u64 = 24;
/// Call sites are told apart as far as this power of two goes.
const SITES_LOG2: u32 = 13;

#[derive(Default)]
pub struct Pace {
    /// A collection is due at each such number of allocations; 0 = off.
    every: u64,
    /// Allocations counted.
    pub allocations: u64,
    /// Allocations at which a collection was asked for.
    pub due: u64,
    thinning: Option<Thinning>,
}

struct Thinning {
    left: u64,
    left_for_sites: u64,
    /// Allocations between collections once the work is used up, times GROWTH.
    wait: u64,
    /// The next collection.
    next: u64,
    /// Allocations seen from each call site, by a hash of its address.
    sites: Vec<u8>,
    /// The last collection was a call site's.
    for_site: bool,
}

impl Pace {
    pub fn new(every: u64, thin: bool) -> Pace {
        let thinning = thin.then(|| Thinning {
            left: BUDGET,
            left_for_sites: SITE_BUDGET,
            wait: every * GROWTH,
            next: every,
            sites: vec![0; 1 << SITES_LOG2],
            for_site: false,
        });
        Pace { every, thinning, ..Pace::default() }
    }

    /// Counts an allocation by the code at `site`. Whether to collect.
    pub fn step(&mut self, site: u64) -> bool {
        self.allocations += 1;
        if self.every == 0 {
            return false;
        }
        let due = match &mut self.thinning {
            None => self.allocations.is_multiple_of(self.every),
            Some(thinning) => thinning.is_due(self.every, self.allocations, site),
        };
        self.due += due as u64;
        due
    }

    /// Notes what a collection cost.
    pub fn charge(&mut self, objects: u64) {
        if let Some(thinning) = &mut self.thinning {
            let budget = if thinning.for_site { &mut thinning.left_for_sites } else { &mut thinning.left };
            *budget = budget.saturating_sub(objects + BASE_COST);
            thinning.for_site = false;
        }
    }
}

impl Thinning {
    fn is_due(&mut self, every: u64, allocation: u64, site: u64) -> bool {
        let hash = site.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SITES_LOG2);
        let seen = &mut self.sites[hash as usize];
        let is_first = *seen < SITE_FIRSTS;
        *seen += is_first as u8;
        if self.left > 0 {
            return allocation.is_multiple_of(every);
        }
        if allocation >= self.next {
            self.wait += self.wait / GROWTH;
            self.next = allocation + self.wait / GROWTH;
            return true;
        }
        self.for_site = is_first && self.left_for_sites > 0;
        self.for_site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_thinning_each_nth_allocation_is_due() {
        let mut pace = Pace::new(3, false);
        let due: Vec<bool> = (0..7).map(|_| pace.step(0)).collect();
        assert_eq!(due, [false, false, true, false, false, true, false]);
    }

    #[test]
    fn thinned_collections_are_few_but_each_call_site_has_its_own() {
        let mut pace = Pace::new(1, true);
        for _ in 0..100 {
            assert!(pace.step(0), "work is left");
            pace.charge(0);
        }
        pace.charge(BUDGET);
        let due = (0..10_000_000).filter(|_| pace.step(0)).count();
        assert!((100..1_000).contains(&due), "{due} collections");
        let due: Vec<bool> = (0..SITE_FIRSTS + 1).map(|_| pace.step(77)).collect();
        assert_eq!(due, [true, true, true, true, false], "the first ones of a call site");
        assert!(pace.step(78));
        pace.charge(SITE_BUDGET);
        assert!(!pace.step(79), "no work is left for call sites");
    }
}
