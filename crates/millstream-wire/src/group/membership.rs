//! What the members of all kinds of groups can do.

use millstream_log::{CommittedOffset, Lease, LogEvent, StreamsTaskOffset};
use millstream_types::{MonotonicTime, Topic, TopicPartition};

use super::coordinator::Coordinator;
use crate::client::Task;

/// What happens to a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitMode {
    /// It ends at once, so that others get the partitions.
    Leave,
    /// A static member keeps it until its session times out.
    KeepMembership,
}

/// A member of a group. Its caller polls it.
pub(crate) trait Member: Send {
    fn lease(&self) -> &Lease;

    fn coordinator(&self) -> &Coordinator;

    /// Joins the group, or joins it again with another subscription.
    fn subscribe(&mut self, topics: &[Topic]);

    /// Joins again with other user data. A rebalance that is in progress is completed first.
    fn rejoin(&mut self, reason: &'static str);

    /// Takes how far the copies of tasks' state are, for a broker that assigns tasks by it.
    fn report_offsets(&mut self, offsets: &[StreamsTaskOffset]);

    /// The caller has carried out the change that was reported last.
    fn finish_rebalance(&mut self);

    /// Commits offsets. Returns the token of the response.
    fn commit(&mut self, offsets: &[(TopicPartition, CommittedOffset)]) -> u64;

    /// Does what is due without blocking.
    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);

    /// Whether no commit is in flight or waits. It must be polled meanwhile.
    fn has_committed(&self) -> bool;

    /// Stops being a member. Returns the task that tells the group, if there is anything to tell.
    fn end_membership(&mut self, mode: ExitMode) -> Option<Task<()>>;
}
