//! Hash tables with a fast hash. Keys are ids and names that the user's own program holds, so nobody
//! gains from collisions.

use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

pub type HashMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<FxHasher>>;
pub type HashSet<K> = std::collections::HashSet<K, BuildHasherDefault<FxHasher>>;
