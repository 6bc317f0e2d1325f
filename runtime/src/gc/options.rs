//! `ROOK_GC`: the collector's stress modes and checks, one option string, always compiled in.
//!
//! `every=N,thin,safepoint,move-all,poison,protect,verify[=N],audit,oom=K,stack=K,collector=null|single|gen,`
//! `inject=FAULT,seed=S,counters,stack-use,verbose`. Unknown words are reported and ignored: a typo must not
//! silently test nothing.

/// Which collector serves the program; they are test oracles for one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CollectorKind {
    /// Never collects.
    Null,
    /// Every collection is a full one.
    Single,
    #[default]
    Generational,
}

/// Deliberate faults, to see that the checks find them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// A stack map slot is left out.
    DropMapEntry,
    /// A stack map slot is one word off.
    WrongSlot,
    /// A root is not updated when its object moves.
    SkipForward,
    /// Card marks are lost.
    SkipBarrier,
}

#[derive(Clone, Debug, Default)]
pub struct GcOptions {
    /// Collect at each N-th allocation.
    pub every: Option<u64>,
    /// With `every`: fewer collections once they have cost much (`heap::pace`).
    pub thin: bool,
    /// Collect at every safepoint.
    pub safepoint: bool,
    /// Every collection moves everything that is not pinned.
    pub move_all: bool,
    /// Dead memory is filled with poison.
    pub poison: bool,
    /// Dead memory becomes inaccessible and is not reused while address space lasts.
    pub protect: bool,
    /// The heap is verified before and after each collection, or each N-th one.
    pub verify: Option<u64>,
    /// Frames are scanned conservatively and compared with their maps.
    pub audit: bool,
    /// The K-th allocation request fails.
    pub oom: Option<u64>,
    /// The K-th stack check fails.
    pub stack: Option<u64>,
    pub collector: CollectorKind,
    pub inject: Option<Fault>,
    pub seed: u64,
    /// Print counters at exit.
    pub counters: bool,
    /// Measure how much stack collections use.
    pub stack_use: bool,
    /// Print a line per collection, and counters at exit.
    pub verbose: bool,
}

impl GcOptions {
    /// From the environment; complaints go to stderr.
    pub fn from_environment() -> GcOptions {
        let Ok(text) = std::env::var("ROOK_GC") else { return GcOptions::default() };
        let (options, complaints) = GcOptions::parse(&text);
        for word in complaints {
            complain!("rook: ROOK_GC: `{word}` is not an option");
        }
        options
    }

    /// The options in `text`, and the words that make no sense.
    pub fn parse(text: &str) -> (GcOptions, Vec<String>) {
        let mut options = GcOptions { seed: 1, ..GcOptions::default() };
        let mut complaints = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if options.apply(word).is_none() {
                complaints.push(word.to_owned());
            }
        }
        (options, complaints)
    }

    fn apply(&mut self, word: &str) -> Option<()> {
        let (key, value) = word.split_once('=').map_or((word, None), |(key, value)| (key, Some(value)));
        let number = || value.and_then(|v| v.parse::<u64>().ok()).filter(|&n| n > 0);
        match (key, value) {
            ("every", _) => self.every = Some(number()?),
            ("oom", _) => self.oom = Some(number()?),
            ("stack", _) => self.stack = Some(number()?),
            ("seed", _) => self.seed = number()?,
            ("collector", Some("null")) => self.collector = CollectorKind::Null,
            ("collector", Some("single")) => self.collector = CollectorKind::Single,
            ("collector", Some("gen")) => self.collector = CollectorKind::Generational,
            ("inject", Some("drop-map-entry")) => self.inject = Some(Fault::DropMapEntry),
            ("inject", Some("wrong-slot")) => self.inject = Some(Fault::WrongSlot),
            ("inject", Some("skip-forward")) => self.inject = Some(Fault::SkipForward),
            ("inject", Some("skip-barrier")) => self.inject = Some(Fault::SkipBarrier),
            ("thin", None) => self.thin = true,
            ("safepoint", None) => self.safepoint = true,
            ("move-all", None) => self.move_all = true,
            ("poison", None) => self.poison = true,
            ("protect", None) => self.protect = true,
            ("verify", None) => self.verify = Some(1),
            ("verify", _) => self.verify = Some(number()?),
            ("audit", None) => self.audit = true,
            ("counters", None) => self.counters = true,
            ("stack-use", None) => self.stack_use = true,
            ("verbose", None) => self.verbose = true,
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_options_or_complaints() {
        let (options, complaints) = GcOptions::parse("every=3, move-all,poison,inject=wrong-slot,every=x,potato");
        assert_eq!(options.every, Some(3));
        assert!(options.move_all && options.poison && options.verify.is_none());
        assert_eq!(options.inject, Some(Fault::WrongSlot));
        assert_eq!(complaints, ["every=x", "potato"]);
    }
}
