//! What can go wrong in a test.

use std::fmt;

use millstream_changelog::RestoreError;
use millstream_core::{PartitionCountError, TopologyError};
use millstream_log::LogError;
use millstream_observe::events::Failure;
use millstream_state::StoreError;
use millstream_task::TaskError;
use millstream_types::SerdeError;

/// A test asked for something that is not there, or the topology failed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// A record was piped to a topic that the topology does not read.
    #[error("the topology reads no topic `{topic}`; it reads {known}")]
    NotAnInput {
        /// The topic.
        topic: String,
        /// The topics it reads.
        known: Names,
    },
    /// A topic was read that the topology does not write.
    #[error("the topology has written no topic `{topic}`; it writes {known}")]
    NotAnOutput {
        /// The topic.
        topic: String,
        /// The topics it writes.
        known: Names,
    },
    /// Everything of a topic was read.
    #[error("topic `{topic}` has no more records; `is_empty` and `len` say how many there are")]
    NoMoreRecords {
        /// The topic.
        topic: String,
    },
    /// A topic has no such partition.
    #[error(
        "topic `{topic}` has no partition {partition}: it has {partitions}; `TestConfig::with_partitions` sets that"
    )]
    NoSuchPartition {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// How many it has.
        partitions: u32,
    },
    /// A store was asked for that does not exist.
    #[error("the topology has no store `{store}`; it has {known}")]
    UnknownStore {
        /// The store.
        store: String,
        /// The stores it has.
        known: Names,
    },
    /// A null was read as a type that has none.
    #[error("the {part} of a record of topic `{topic}` is null; read it as an `Option`")]
    Null {
        /// `key` or `value`.
        part: &'static str,
        /// The topic.
        topic: String,
    },
    /// A key or value could not be written or read.
    #[error("the {part} of a record of topic `{topic}`: {source}")]
    Serde {
        /// `key` or `value`.
        part: &'static str,
        /// The topic.
        topic: String,
        /// What the serde said.
        source: SerdeError,
    },
    /// The task that processed a record stopped.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A record could not be written, and the handler said to stop.
    #[error("{0}")]
    Output(Failure),
    /// Records of topics that the topology reads led to further records there, again and again.
    #[error(
        "the records of {topics} lead to further ones there: for one input {processed} records were processed, and it went on; \
         the topology writes to what it reads, so let it stop by itself, or write to another topic \
         (`TestConfig::loop_records_max` is the limit)"
    )]
    Endless {
        /// The topics that are written and read.
        topics: Names,
        /// How many records were processed.
        processed: u64,
    },
    /// The topology has failed before.
    #[error("the driver has stopped after an earlier failure: {earlier}")]
    Stopped {
        /// What it was.
        earlier: String,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log refused something.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A store could not be opened.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The topology cannot be built.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// The partition counts do not fit the topology.
    #[error(transparent)]
    Partitions(#[from] PartitionCountError),
}

millstream_types::debug_as_sentence!(TestError);

/// Names in a sentence: `a`, `b`; or `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let names: Vec<String> = self.0.iter().map(|name| format!("`{name}`")).collect();
        f.write_str(&names.join(", "))
    }
}
