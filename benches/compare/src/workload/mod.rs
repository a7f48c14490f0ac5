//! The workloads: the input of each, its size, and where its stores may be kept.

mod case;
pub(crate) mod records;
mod topics;
pub(crate) mod truth;

use std::time::Duration;

use clap::ValueEnum;

pub(crate) use self::case::Case;
pub(crate) use self::topics::{JoinSide, changelog_topic};
pub(crate) use self::truth::Truth;
use crate::contender::job::{Store, name_of};

/// How long a window of the window count is.
pub(crate) const WINDOW: Duration = Duration::from_secs(10);

/// How long a window is that is suppressed until it closes.
pub(crate) const CLOSING_WINDOW: Duration = Duration::from_secs(1);

/// The inactivity gap of sessions, the length of sliding windows, and how far apart joined records are at most.
pub(crate) const SPAN: Duration = Duration::from_secs(1);

/// How long a versioned table keeps old rows.
pub(crate) const HISTORY: Duration = Duration::from_secs(3_600);

/// How many bytes of a record's value are in a joined one.
pub(crate) const JOINED_BYTES: usize = 10;

/// A table is grouped by so many digits at the end of a record's number.
pub(crate) const GROUP_DIGITS: usize = 3;

/// A row that is joined by a foreign key belongs to this many keys.
pub(crate) const KEYS_PER_FOREIGN_ROW: u64 = 10;

/// The name of the store of those that count.
pub(crate) const COUNTS: &str = "counts";

/// The name of the joined table's store.
pub(crate) const ROWS: &str = "rows";

/// The name of the store of a table that is made of the records.
pub(crate) const RECORDS: &str = "records";

/// The name of the stores of a join of two streams.
pub(crate) const PAIRS: &str = "pairs";

/// The name of the foreign-key join.
pub(crate) const FOREIGN: &str = "foreign";

/// The name of what is suppressed.
pub(crate) const CLOSED: &str = "closed";

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub(crate) enum Workload {
    /// Drops every record.
    Filter,
    /// Writes every record to another topic.
    PassThrough,
    /// Counts words, through a repartition topic.
    WordCount,
    /// Counts the records of each of 100,000 keys.
    KeyedCount,
    /// Counts the records of each of 100,000 keys in windows of 10 s.
    WindowCount,
    /// Counts the records of each of 100,000 keys in sessions.
    SessionCount,
    /// Counts the records of each of 100,000 keys in sliding windows.
    SlidingCount,
    /// Counts the records of each of 100,000 keys in windows of 1 s, and writes each count once, when its window closes.
    Suppress,
    /// Joins every record with its key's row of a table.
    Join,
    /// Joins the records with even numbers with those with odd ones that have the same key and are at most a second away.
    StreamJoin,
    /// Joins a table of the records with a table of rows of the same keys.
    TableJoin,
    /// Joins a table of the records with a table whose rows belong to ten keys each.
    ForeignKeyJoin,
    /// Joins every record with its key's row of a global table.
    GlobalJoin,
    /// Joins every record with its key's row of a versioned table, as of the record's time.
    VersionedJoin,
    /// Joins every record with its key's row of a key-value store, by processors.
    Lookup,
    /// Counts the rows of a table of the records by the last digits of their numbers, through a repartition topic.
    TableCount,
    /// Counts the records of each of 5 million keys, most of which are on disk.
    LargeCount,
}

impl Workload {
    /// Its name as an argument.
    pub(crate) fn name(self) -> String {
        name_of(self)
    }

    /// The default number of different keys; a joined table has a row for each.
    pub(crate) fn keys(self) -> u64 {
        match self {
            Self::Join | Self::VersionedJoin | Self::Lookup => 1_000_000,
            Self::LargeCount => 5_000_000,
            _ => 100_000,
        }
    }

    /// The default number of records.
    pub(crate) fn records(self) -> u64 {
        match self {
            Self::Filter | Self::PassThrough | Self::LargeCount => 6_000_000,
            Self::WordCount => 3_000_000,
            _ => 2_000_000,
        }
    }

    /// The size of its caches in bytes: Kafka Streams' default, or for the large count a tenth of its keys, each of which takes
    /// about 100 bytes in Kafka Streams' cache.
    pub(crate) fn cache_bytes(self) -> usize {
        if self == Self::LargeCount { 50_000_000 } else { 10 << 20 }
    }

    /// Where its stores can be kept; memory for a workload without stores. Kafka Streams has versioned stores on disk only.
    pub(crate) fn stores(self) -> &'static [Store] {
        match self {
            Self::Filter | Self::PassThrough => &[Store::Memory],
            Self::LargeCount | Self::VersionedJoin => &[Store::Rocksdb],
            _ => &[Store::Memory, Store::Rocksdb],
        }
    }

    /// Whether it has a store.
    pub(crate) fn is_stateful(self) -> bool {
        !matches!(self, Self::Filter | Self::PassThrough)
    }
}
