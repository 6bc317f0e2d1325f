//! What the collector counted in a run that stressed it, and whether the stress was any.
//!
//! A stress mode that does nothing is green for ever, so a run whose counters do not show that
//! objects were moved fails. The counters come on the last line of the program's error output.

use std::fmt;
use std::ops::AddAssign;

use super::Mode;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Census {
    pub programs: u64,
    pub allocations: u64,
    pub collections: u64,
    pub moved: u64,
    pub live: u64,
    pub pinned: u64,
    pub verified_edges: u64,
}

const MARK: &[u8] = b"rook-gc: ";

impl Mode {
    /// The value of `ROOK_GC` in this mode.
    pub fn gc_options(self) -> Option<String> {
        match self {
            Mode::Stress(count) | Mode::NativeStress(count) => Some(format!("every={count},thin,move-all,verify=8,poison,counters")),
            Mode::Young(count) => Some(format!("every={count},thin,verify=8,poison,counters")),
            _ => None,
        }
    }
}

impl Census {
    /// Takes the line with the counters off the end of an error output.
    pub fn take_from(stderr: &mut Vec<u8>) -> Option<Census> {
        let at = stderr.windows(MARK.len()).rposition(|text| text == MARK)?;
        let line = String::from_utf8_lossy(&stderr[at + MARK.len()..]).into_owned();
        if line.find('\n') != Some(line.len() - 1) {
            return None;
        }
        stderr.truncate(at);
        let counter = |name: &str| {
            let value = line.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse::<u64>().ok())
        };
        Some(Census {
            programs: 1,
            allocations: counter("allocations")?,
            collections: counter("minor")? + counter("full")?,
            moved: counter("moved-objects")?,
            live: counter("live-objects")?,
            pinned: counter("pinned-objects")?,
            verified_edges: counter("verified-edges")?,
        })
    }
}

/// Why the run was no test of the collector; none when it was one.
pub fn problem(mode: Mode, census: Option<Census>) -> Option<String> {
    let Some(census) = census else { return Some("the collector's counters are missing\n".into()) };
    let vain = match mode {
        Mode::Stress(_) | Mode::NativeStress(_) => census.moved != census.live - census.pinned || census.moved == 0,
        _ => census.moved == 0 || census.verified_edges == 0,
    };
    vain.then(|| format!("the collector was not stressed: {census}\n"))
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Census) {
        self.programs += other.programs;
        self.allocations += other.allocations;
        self.collections += other.collections;
        self.moved += other.moved;
        self.live += other.live;
        self.pinned += other.pinned;
        self.verified_edges += other.verified_edges;
    }
}

impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Census { programs, allocations, collections, moved, live, pinned, verified_edges } = self;
        write!(f, "{programs} programs, {collections} collections at {allocations} allocations, {verified_edges} edges verified, moved {moved}")?;
        if *live > 0 {
            write!(f, " = live {live} - pinned {pinned}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "rook-gc: minor=1 full=2 moved-objects=30 pinned-objects=4 live-objects=34 allocations=9 verified-edges=5\n";

    #[test]
    fn counters_are_taken_off_the_error_output() {
        let mut text = format!("warned{LINE}").into_bytes();
        let census = Census::take_from(&mut text).unwrap();
        assert_eq!(text, b"warned");
        assert_eq!((census.collections, census.moved, census.live, census.pinned), (3, 30, 34, 4));
        assert_eq!(problem(Mode::Stress(1), Some(census)), None);
        assert_eq!(problem(Mode::Young(1), Some(census)), None);
    }

    #[test]
    fn a_run_that_moved_nothing_or_too_little_fails() {
        let census = Census::take_from(&mut LINE.as_bytes().to_vec()).unwrap();
        assert!(problem(Mode::Stress(1), None).is_some());
        assert!(problem(Mode::Stress(1), Some(Census { moved: 29, ..census })).is_some());
        assert!(problem(Mode::NativeStress(1), Some(Census { moved: 29, ..census })).is_some());
        assert!(problem(Mode::Stress(1), Some(Census { moved: 0, live: 4, ..census })).is_some());
        assert!(problem(Mode::Young(1), Some(Census { moved: 0, ..census })).is_some());
    }
}
