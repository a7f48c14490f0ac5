//! The environment of a chain: the runtime, the test driver or a benchmark.

use millstream_state::Changelog;
use millstream_types::{Failure, Now, RecordBytes, Skipped, Topic};

use crate::partitioning::Route;

/// The environment of a task's chain, which is passed to it for the duration of a step.
///
/// [`Changelog::append`] receives the updates of the task's stores; the environment has topic and partition.
pub trait Environment: Changelog {
    /// The time of this step, by both clocks.
    fn now(&self) -> Now;

    /// Sends a record to a topic. It cannot fail: a record that cannot be sent at once is kept, and the task processes no
    /// further record until it is sent.
    fn send(&mut self, destination: Destination<'_>, record: RecordBytes<'_>);

    /// The number of partitions of `topic`; `None` while that is being looked up.
    fn partition_count(&mut self, topic: &Topic) -> Option<u32>;

    /// Counts and reports a record that an operator skipped.
    fn skipped(&mut self, skipped: Skipped<'_>);

    /// Decides what becomes of a record that could not be read, processed or written. The task stops if that
    /// is [`Decision::Fail`]; details may be added to the failure, such as that the handler panicked.
    fn decide(&mut self, failure: &mut Failure) -> Decision;

    /// Prints a line for [`KStream::print`](crate::KStream::print).
    fn print(&mut self, line: &str);
}

/// The destination of a record.
#[derive(Debug)]
pub struct Destination<'a> {
    /// The name of the sink.
    pub node: &'a str,
    /// The topic.
    pub topic: &'a Topic,
    /// How its partition is chosen.
    pub route: Route,
}

/// The decision on a record that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Stop the task with this failure.
    Fail,
    /// Skip and count the record, and continue.
    Continue,
}
