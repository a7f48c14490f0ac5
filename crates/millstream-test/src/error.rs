//! Errors of the test driver.

use std::fmt;

use millstream_changelog::RestoreError;
use millstream_core::{PartitionCountError, TopologyError};
use millstream_log::LogError;
use millstream_observe::events::Failure;
use millstream_state::StoreError;
use millstream_task::{HandlerTopicError, TaskError};
use millstream_types::SerdeError;

/// An error of the test driver or of the topology.
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
    /// A topic of the handlers cannot be used.
    #[error(transparent)]
    Handlers(#[from] HandlerTopicError),
    /// A topic was read that the topology does not write.
    #[error("the topology has written no topic `{topic}`; it writes {known}")]
    NotAnOutput {
        /// The topic.
        topic: String,
        /// The topics it writes.
        known: Names,
    },
    /// All records of a topic were read.
    #[error("topic `{topic}` has no more records; `is_empty` and `len` say how many there are")]
    NoMoreRecords {
        /// The topic.
        topic: String,
    },
    /// The partition of a topic does not exist.
    #[error(
        "topic `{topic}` has no partition {partition}: it has {partitions}; `TestConfig::with_partitions` sets that"
    )]
    NoSuchPartition {
        /// The topic.
        topic: String,
        /// The partition.
        partition: u32,
        /// The number of partitions.
        partitions: u32,
    },
    /// A store does not exist.
    #[error("the topology has no store `{store}`; it has {known}")]
    UnknownStore {
        /// The store.
        store: String,
        /// The existing stores.
        known: Names,
    },
    /// A store is no buffer.
    #[error("store `{store}` is a {kind}, not the buffer of a `suppress`")]
    NoBuffer {
        /// The store.
        store: String,
        /// Its kind.
        kind: String,
    },
    /// A null was read as a type without null.
    #[error("the {part} of a record of topic `{topic}` is null; read it as an `Option`")]
    Null {
        /// `key` or `value`.
        part: &'static str,
        /// The topic.
        topic: String,
    },
    /// A key or value could not be encoded or decoded.
    #[error("the {part} of a record of topic `{topic}`: {source}")]
    Serde {
        /// `key` or `value`.
        part: &'static str,
        /// The topic.
        topic: String,
        /// The error of the serde.
        source: SerdeError,
    },
    /// The task that processed a record stopped.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A record could not be written, and the handler decided to fail.
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
        /// The earlier failure.
        earlier: String,
    },
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log returned an error.
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

/// A list of names in a message.
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
