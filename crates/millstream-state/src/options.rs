//! The options and the backing of a store.

use std::fmt;
use std::sync::Arc;

use millstream_types::Topic;

use crate::Engine;

/// The index of a store in the topology. Changelog records identify their store by it.
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
    /// The store with this index.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// The index as a number.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The kind of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreKind {
    /// Values by key.
    KeyValue,
    /// Values with the time of their last update by key.
    TimestampedKeyValue,
    /// Values by key and window start; [`StoreOptions::timestamped`] tells whether values have a time.
    Window,
    /// Changes that wait to be forwarded, by key.
    Buffer,
    /// Values by key over time.
    Versioned,
    /// Values by key and session.
    Session,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyValue => "key-value store",
            Self::TimestampedKeyValue => "timestamped key-value store",
            Self::Window => "window store",
            Self::Buffer => "buffer",
            Self::Versioned => "versioned store",
            Self::Session => "session store",
        })
    }
}

/// The options of a store. Change the fields after [`new`](Self::new).
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
    /// The name of the store, unique in its topology.
    pub name: Arc<str>,
    /// The index of the store in the topology.
    pub index: StoreIndex,
    /// The changelog topic. It is passed to serdes even if `logging` is off.
    pub changelog_topic: Topic,
    /// Whether an updated key is logged and returned once per flush. Otherwise each update is logged at once, in order.
    pub caching: bool,
    /// Whether updates are logged. A store in memory without logging is empty after a restart.
    pub logging: bool,
    /// Whether a flush returns the value as of the previous flush ([`Flushed::old`](crate::Flushed::old)). It costs one clone
    /// per key and flush, and has no effect without `caching`.
    pub keep_old: bool,
    /// Whether values have the time of their last update. Without times, every time is read as
    /// [`Timestamp::UNKNOWN`](millstream_types::Timestamp::UNKNOWN), and logged with the timestamp of the updating record.
    pub timestamped: bool,
    /// Whether rows have headers, as in Kafka Streams' stores with headers: those of [`WithHeaders`](crate::WithHeaders), none
    /// with other types of values. A delete is logged with the headers of the deleting record.
    pub headers: bool,
    /// Whether changes are logged with the headers of the record that made them, as Kafka Streams does for some stores. Only without
    /// caching.
    pub logs_headers: bool,
    /// How many rows a store in memory keeps, at least one; `None` is no limit. A further row deletes the least recently used one, and logs
    /// the delete. A restored store may have more until its first write: with caching, deletes may be logged late.
    pub rows_max: Option<usize>,
    /// The seed of the hash table, 0 by default. An application uses a random one for each process, so that a producer cannot
    /// choose keys that collide. The test driver uses a fixed one, so that runs can be repeated.
    pub hash_seed: u64,
}

impl StoreOptions {
    /// The options of a logged, timestamped store without caching.
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
            headers: false,
            logs_headers: false,
            rows_max: None,
            hash_seed: 0,
        }
    }
}

/// The backing of a store.
#[non_exhaustive]
pub enum Backing {
    /// All rows are in memory.
    InMemory,
    /// The rows are in an engine, with a write-back cache in memory.
    Engine {
        /// The engine.
        engine: Box<dyn Engine>,
        /// The approximate size of the cache in bytes. Rows that are not written to the engine yet stay beyond it.
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
