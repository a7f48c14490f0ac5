//! What a store is opened with: name, place, switches, and its backing.

use std::fmt;
use std::sync::Arc;

use millstream_types::Topic;

use crate::Engine;

/// A store's place in the topology's list of stores; changelog records name their store by it.
///
/// # Examples
/// ```
/// use millstream_state::StoreIndex;
///
/// assert_eq!(StoreIndex::new(3).index(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreIndex(u32);

impl StoreIndex {
    /// The store at this place.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// The place, for indexing into a list of stores.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The kinds of stores, for restore, queries and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreKind {
    /// Keys and bare values.
    KeyValue,
    /// Keys and values with the time of the last update.
    TimestampedKeyValue,
    /// Keys with a window's start; [`StoreOptions::timestamped`] says whether values carry a time.
    Window,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyValue => "key-value store",
            Self::TimestampedKeyValue => "timestamped key-value store",
            Self::Window => "window store",
        })
    }
}

/// A store's settings. Plain data: change the fields after [`new`](Self::new).
///
/// # Examples
/// ```
/// use millstream_state::{StoreIndex, StoreOptions};
///
/// let options = StoreOptions { caching: true, ..StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog") };
/// assert!(options.logging && options.timestamped);
/// ```
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The store's name, unique in its topology.
    pub name: Arc<str>,
    /// Its place in the topology's list of stores.
    pub index: StoreIndex,
    /// The topic its updates are logged to; serdes get this name even when `logging` is off.
    pub changelog_topic: Topic,
    /// On: an updated key is logged and handed out once per flush. Off: each update is logged at once, in order.
    pub caching: bool,
    /// Whether updates are logged at all. A store in memory without it starts empty after each restart.
    pub logging: bool,
    /// Whether a flush hands out the value as of the flush before ([`Flushed::old`](crate::Flushed::old)). It costs one
    /// clone per key and flush. It has no effect without `caching`.
    pub keep_old: bool,
    /// Whether values carry the time of their last update. A store without times reads every time as
    /// [`Timestamp::UNKNOWN`](millstream_types::Timestamp::UNKNOWN) and logs at the time of the record that wrote.
    pub timestamped: bool,
    /// Seed of the hash table; 0 unless one is given. An application picks one at random for each process, so that no
    /// sender can choose keys that collide. The test driver keeps it fixed, so that a run repeats.
    pub hash_seed: u64,
}

impl StoreOptions {
    /// A logged, timestamped store without caching.
    #[must_use]
    pub fn new(name: &str, index: StoreIndex, changelog_topic: impl Into<Topic>) -> Self {
        Self {
            name: name.into(),
            index,
            changelog_topic: changelog_topic.into(),
            caching: false,
            logging: true,
            keep_old: false,
            timestamped: true,
            hash_seed: 0,
        }
    }
}

/// Where a store keeps its rows.
#[non_exhaustive]
pub enum Backing {
    /// Nothing: the table is the store, and grows with it.
    InMemory,
    /// An engine holds the rows; the table is a write-back cache before it.
    Engine {
        /// The store's own space of the engine.
        engine: Box<dyn Engine>,
        /// About how many bytes of rows the cache keeps. Rows not yet written to the engine stay beyond it.
        cache_bytes_max: usize,
    },
}

impl fmt::Debug for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InMemory => f.write_str("InMemory"),
            Self::Engine { cache_bytes_max, .. } => {
                f.debug_struct("Engine").field("cache_bytes_max", cache_bytes_max).finish_non_exhaustive()
            }
        }
    }
}
