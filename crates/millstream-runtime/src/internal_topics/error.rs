//! Errors of start-up about topics: what is wrong, what would be lost, and what to do.

use std::fmt;
use std::sync::Arc;

use millstream_core::{PartitionCountError, TopologyError};
use millstream_log::LogError;
use millstream_types::Topic;

/// Topics do not allow the application to start. Nothing has been written when this is returned.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// The topics do not fit the topology.
    #[error(transparent)]
    Partitions(#[from] PartitionCountError),
    /// Two patterns match one topic.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A topic for records that go no further does not exist.
    #[error("`Handlers::{setting}` is the topic `{topic}`, which does not exist; create it, or correct its name")]
    MissingHandlerTopic {
        /// The field of the handlers.
        setting: &'static str,
        /// The topic.
        topic: Topic,
    },
    /// Internal topics have other numbers of partitions than the topology needs.
    #[error(
        "internal topics do not have the partitions that the topology needs: {}; the topics it reads, or the topology, \
         have changed since they were created, and a key's records would no longer meet its state. Give the topics back \
         their partitions, or reset the application: delete these internal topics and its state directories, and start \
         under a new application id or with reset offsets", List(.0)
    )]
    WrongPartitionCounts(Vec<WrongCount>),
    /// An internal topic has a setting that loses records.
    #[error(
        "internal topic `{topic}` has `{setting}` set to `{actual}`, which loses records: it needs `{needed}`. Set it so \
         with Kafka's tools, or, where it is meant, name it in the application's `topic_settings`"
    )]
    WrongSetting {
        /// The internal topic.
        topic: Topic,
        /// The setting's name.
        setting: &'static str,
        /// Its present value.
        actual: String,
        /// The value that it needs.
        needed: String,
    },
    /// Stores would begin empty although the application has run before, and changelogs are left that nothing reads.
    #[error(
        "{} would begin empty: earlier records are processed already, and there is no changelog to restore from. But {} \
         is left from an earlier topology, and nothing reads it now. If a store was renamed, give it back its name. If \
         it is meant to begin empty, name it in `new_stores` of the configuration, or delete what is left over. To \
         process everything again, reset the application",
        List(stores),
        List(left_over)
    )]
    StoresWouldBeginEmpty {
        /// The stores without a changelog.
        stores: Vec<NewStore>,
        /// The changelogs that nothing reads.
        left_over: Vec<Quoted>,
    },
    /// A repartition topic of an earlier topology has unprocessed records, and nothing reads it now.
    #[error(
        "{} would be lost: the topic is left from an earlier topology, and nothing reads it now. Give the operator back \
         its name, or run the earlier topology until it has read them all, or, if they are not needed, delete the topic",
        List(.0)
    )]
    RecordsWouldBeLost(Vec<Unread>),
    /// An internal topic cannot be created.
    #[error("internal topic `{topic}` cannot be created: {error}")]
    NotCreated {
        /// The internal topic.
        topic: Topic,
        /// Why.
        error: LogError,
    },
    /// A topic that matches a pattern has more partitions than there are tasks, and no further tasks can be made for it.
    #[error("internal topic `{topic}`, by which tasks are divided, cannot get {partitions} partitions: {error}")]
    NotGrown {
        /// The internal topic.
        topic: Topic,
        /// The number of partitions that it needs.
        partitions: u32,
        /// Why.
        error: LogError,
    },
    /// The log refuses to describe its topics.
    #[error("the log does not describe its topics: {0}")]
    Log(LogError),
}

millstream_types::debug_as_sentence!(SetUpError);

/// An internal topic with another number of partitions than it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongCount {
    /// The internal topic.
    pub topic: Topic,
    /// Its number of partitions.
    pub actual: u32,
    /// The number of partitions that it needs.
    pub needed: u32,
    /// Where that number comes from.
    pub because: String,
}

impl fmt::Display for WrongCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, actual, needed, because } = self;
        write!(f, "`{topic}` has {actual}, but needs {needed}, {because}")
    }
}

/// A store that has no changelog yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStore {
    /// Its name.
    pub store: Arc<str>,
    /// The changelog it would get.
    pub changelog: Topic,
}

impl fmt::Display for NewStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store `{}`", self.store)
    }
}

/// A topic's name in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted(pub Topic);

impl fmt::Display for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

/// Records of a repartition topic that are not processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The repartition topic.
    pub topic: Topic,
    /// How many records.
    pub records: u64,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.records == 1 { "" } else { "s" };
        write!(f, "{} unprocessed record{plural} of `{}`", self.records, self.topic)
    }
}

/// Things in a sentence: a, b and c.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, item) in self.0.iter().enumerate() {
            match place {
                0 => write!(f, "{item}")?,
                _ if place + 1 == self.0.len() => write!(f, " and {item}")?,
                _ => write!(f, ", {item}")?,
            }
        }
        Ok(())
    }
}
