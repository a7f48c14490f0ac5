//! The messages between the application and its stream threads: commands to a thread, events of a thread, queries.
//!
//! `thread` and `application` both stand on this file. Neither the events nor the commands name anything above it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use millstream_observe::events::{Failure, State};
use millstream_state::AnyStore;
use millstream_types::{Offset, Partition, TopicPartition};

use crate::store_partitions::StorePartitions;

/// A thread's number in its application, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ThreadNumber(pub(crate) u32);

impl fmt::Display for ThreadNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The name of a thread, in logs and in its group.
pub(crate) fn thread_name(client_id: &str, number: ThreadNumber) -> String {
    format!("{client_id}-StreamThread-{number}")
}

/// A command of the application to a thread.
pub(crate) enum ThreadCommand {
    /// Finish, commit and end, within this time. A later command may shorten it.
    Close(Duration),
    /// As [`Close`](Self::Close), and never come back: the others take over at once, from a static member too.
    Remove(Duration),
    /// The caches of its tasks may hold back this much in all.
    CacheBytes(usize),
    /// Run a query on the stores of its tasks.
    Query(Arc<dyn StoreQuery>),
}

/// An event that a thread reports to the application.
pub(crate) enum ThreadEvent {
    /// The thread is in this state now.
    StateChanged(ThreadNumber, State),
    /// The thread has ended.
    Ended(ThreadNumber, ThreadEnd),
    /// Records before these offsets of repartition topics are committed and not needed any more.
    Consumed(Vec<(TopicPartition, Offset)>),
}

/// How a thread ended.
#[derive(Debug)]
pub(crate) enum ThreadEnd {
    /// On request; `clean` if all that was processed is committed.
    Closed { clean: bool },
    /// By itself: its tasks were closed without a commit.
    Failed(Failure),
}

/// A query without its types, on its way through the threads. Each of them runs it on all its tasks; when the last one
/// has dropped it, the results are put together.
pub(crate) trait StoreQuery: Send + Sync {
    /// The name of the store it is about.
    fn store(&self) -> &str;

    /// Notes which partitions the store has in all instances, before it is run.
    fn note_partitions(&self, partitions: StorePartitions);

    /// Runs it on a partition of the store that is ready.
    fn run(&self, partition: Partition, store: &mut dyn AnyStore);

    /// Notes that a partition of the store is here and not ready.
    fn note_restoring(&self, partition: Partition);

    /// Notes that the channel of a thread was full.
    fn note_too_many(&self);
}
