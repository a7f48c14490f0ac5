//! The workloads: the input of each, its size, and where its stores may be kept.

pub(crate) mod records;
pub(crate) mod truth;

use std::time::Duration;

use clap::ValueEnum;

use self::records::Input;
pub(crate) use self::truth::Truth;
use crate::contender::job::{Store, name_of};

/// How long a window of the window count is.
pub(crate) const WINDOW: Duration = Duration::from_secs(10);

/// How many bytes of a record's value are in a joined one.
pub(crate) const JOINED_BYTES: usize = 10;

/// The name of the store of those that count.
pub(crate) const COUNTS: &str = "counts";

/// The name of the joined table's store.
pub(crate) const ROWS: &str = "rows";

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
    /// Joins every record with its key's row of a table.
    Join,
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
            Self::Join => 1_000_000,
            Self::LargeCount => 5_000_000,
            _ => 100_000,
        }
    }

    /// The default number of records.
    pub(crate) fn records(self) -> u64 {
        match self {
            Self::Filter | Self::PassThrough => 6_000_000,
            Self::WordCount => 3_000_000,
            Self::KeyedCount | Self::WindowCount | Self::Join => 2_000_000,
            Self::LargeCount => 6_000_000,
        }
    }

    /// The size of its caches in bytes: Kafka Streams' default, or for the large count a tenth of its keys, each of which takes
    /// about 100 bytes in Kafka Streams' cache.
    pub(crate) fn cache_bytes(self) -> usize {
        if self == Self::LargeCount { 50_000_000 } else { 10 << 20 }
    }

    /// Where its stores can be kept; memory for a workload without stores.
    pub(crate) fn stores(self) -> &'static [Store] {
        match self {
            Self::Filter | Self::PassThrough => &[Store::Memory],
            Self::LargeCount => &[Store::Rocksdb],
            _ => &[Store::Memory, Store::Rocksdb],
        }
    }

    /// Whether it has a store.
    pub(crate) fn is_stateful(self) -> bool {
        !matches!(self, Self::Filter | Self::PassThrough)
    }

    /// The topic between its two halves, if it has one.
    pub(crate) fn repartition_topic(self, application: &str) -> Option<String> {
        (self == Self::WordCount).then(|| format!("{application}-{COUNTS}-repartition"))
    }

    /// The topic that its store is logged to, if it has one.
    pub(crate) fn changelog_topic(self, application: &str) -> Option<String> {
        let store = if self == Self::Join { ROWS } else { COUNTS };
        self.is_stateful().then(|| format!("{application}-{store}-changelog"))
    }
}

/// A workload with its store and its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) workload: Workload,
    pub(crate) store: Store,
    /// How many records it reads.
    pub(crate) records: u64,
    /// How many different keys they have.
    pub(crate) keys: u64,
}

impl Case {
    /// Its name in tables.
    pub(crate) fn title(self) -> String {
        let keys = with_commas(self.keys);
        match self.workload {
            Workload::Filter => "filter (drops all)".to_owned(),
            Workload::PassThrough => "pass-through, 100 B".to_owned(),
            Workload::WordCount => format!("word count, repartition, {} words", with_commas(records::WORDS)),
            Workload::KeyedCount | Workload::LargeCount => format!("keyed count, {keys} keys"),
            Workload::WindowCount => format!("tumbling-window count, {} s", WINDOW.as_secs()),
            Workload::Join => format!("stream-table join, {keys} rows"),
        }
    }

    /// What it reads.
    pub(crate) fn input(self) -> Input {
        match self.workload {
            Workload::WordCount => Input::Words,
            _ => Input::Keyed { keys: self.keys },
        }
    }

    /// How many rows its table has.
    pub(crate) fn rows(self) -> u64 {
        if self.workload == Workload::Join { self.keys } else { 0 }
    }

    /// The topic it reads.
    pub(crate) fn input_topic(self) -> String {
        self.input().topic(self.records)
    }

    /// The topic of its table.
    pub(crate) fn rows_topic(self) -> String {
        Input::Rows { keys: self.keys }.topic(self.rows())
    }
}

fn with_commas(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},{:03}", with_commas(number / 1_000), number % 1_000) }
}
