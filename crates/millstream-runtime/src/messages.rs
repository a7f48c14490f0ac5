//! The messages between the application and its stream threads: commands to a thread, events of a thread, queries.
//!
//! `thread` and `application` both import this file, and share nothing else.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_core::GlobalStores;
use millstream_observe::events::{Failure, State};
use millstream_state::AnyStore;
use millstream_types::{Offset, Partition, TopicPartition};

use crate::assignment::WorkPlan;
use crate::store_partitions::StorePartitions;

/// A thread's number in its application, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ThreadNumber(pub(crate) u32);

impl ThreadNumber {
    /// The number of the thread that an application has as long as it has any.
    pub(crate) const FIRST: Self = Self(1);
}

impl fmt::Display for ThreadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The name of a thread, in logs and in its group.
pub(crate) fn thread_name(client_id: &str, number: ThreadNumber) -> String {
    format!("{client_id}-StreamThread-{number}")
}

/// The ids of a thread's clients.
pub(crate) struct ClientIds {
    pub(crate) consumer: String,
    pub(crate) producer: String,
    /// Of the client that restores stores.
    pub(crate) restore: String,
}

impl ClientIds {
    /// The ids of the clients of the thread with this name.
    pub(crate) fn of(thread: &str) -> Self {
        Self { consumer: thread.to_owned(), producer: thread.to_owned(), restore: format!("{thread}-restore") }
    }
}

/// A command of the application to a thread.
pub(crate) enum ThreadCommand {
    /// Process what has begun, commit and end, within this time. A later command may shorten it.
    Close(Duration),
    /// Close as with [`Close`](Self::Close), and leave the group for good, as a static member too: others take over at once.
    Remove(Duration),
    /// The caches of its tasks may hold this many bytes in all.
    CacheBytes(usize),
    /// Run a query on the stores of its tasks.
    Query(Arc<dyn StoreQuery>),
    /// The topics that match the patterns of the topology have changed, or were looked for again: work by this plan.
    Plan(Arc<WorkPlan>),
}

/// An event that a thread reports to the application.
pub(crate) enum ThreadEvent {
    /// The thread is in this state now.
    StateChanged(ThreadNumber, State),
    /// The thread has ended.
    Ended(ThreadNumber, ThreadEnd),
    /// Records before these offsets of repartition topics are committed and not needed any more.
    Consumed(Vec<(TopicPartition, Offset)>),
    /// A topic that matches a pattern of the topology is gone, or there are tasks for one that is not known: look for topics now. The
    /// response is a plan.
    TopicsOutdated,
    /// The global stores have what their topics had at the start.
    GlobalsFilled(GlobalStores),
    /// The thread of the global stores has ended, by itself only after a failure.
    GlobalsEnded(Option<Failure>),
}

/// Ends the thread of the global stores.
pub(crate) struct StopGlobals;

/// How a thread ended.
#[derive(Debug)]
pub(crate) enum ThreadEnd {
    /// Closed on request; everything that was processed is committed.
    Clean,
    /// Closed on request; some of what was processed is not committed.
    Unclean,
    /// Failed; its tasks were closed without a commit.
    Failed(Failure),
}

/// A query without its types. Each thread runs it on all its tasks; when the last one has dropped it, the results are
/// combined.
pub(crate) trait StoreQuery: Send + Sync {
    /// The name of the store it is about.
    fn store(&self) -> &str;

    /// Records which partitions the store has in all instances, before the query runs.
    fn note_partitions(&self, partitions: StorePartitions);

    /// Runs the query on a partition of the store that is ready, if it is in the query's scope. `processed` has the offsets of the
    /// last processed records of the task's inputs.
    fn run(&self, partition: Partition, processed: Vec<(TopicPartition, Offset)>, store: &mut dyn AnyStore);

    /// Whether stores may answer that are standbys or are being restored.
    fn allows_stale(&self) -> bool;

    /// Runs the query on a partition of the store that lacks the last `lag` records of its changelog, if it is in the query's scope.
    fn run_stale(&self, partition: Partition, lag: u64, store: &mut dyn AnyStore);

    /// Records that a partition of the store is in this instance and not ready.
    fn note_restoring(&self, partition: Partition);

    /// Records that a partition of the store is in this instance as a standby only.
    fn note_standby(&self, partition: Partition);

    /// Records that the channel of a thread was full.
    fn note_too_many(&self);
}
