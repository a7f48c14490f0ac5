//! What a chain needs from outside: the runtime, the test driver or a benchmark stands behind it.

use millstream_state::Changelog;
use millstream_types::{Failure, Now, RecordBytes, Skipped, Topic};

use crate::partitioning::Route;

/// The world around one task's chain, handed to it for the length of a step.
///
/// [`Changelog::append`] takes the updates of the task's stores; the environment has topic and partition.
pub trait Environment: Changelog {
    /// The time of this step, on both clocks.
    fn now(&self) -> Now;

    /// Takes a record for a topic. It never fails half-way through a chain: what cannot be sent at once is kept, and
    /// the task takes no further record until it is gone.
    fn send(&mut self, destination: Destination<'_>, record: RecordBytes<'_>);

    /// How many partitions `topic` has; `None` while that is being looked up.
    fn partition_count(&mut self, topic: &Topic) -> Option<u32>;

    /// Counts and reports a record that an operator left out on purpose.
    fn skipped(&mut self, skipped: Skipped<'_>);

    /// Decides what becomes of a record that could not be read, processed or written. The task stops if that
    /// is [`Decision::Fail`]; the failure may be told more for that, as that the handler panicked.
    fn decide(&mut self, failure: &mut Failure) -> Decision;

    /// Prints a line for [`KStream::print`](crate::KStream::print).
    fn print(&mut self, line: &str);
}

/// Where a record is to go.
#[derive(Debug)]
pub struct Destination<'a> {
    /// The sink that sends it.
    pub node: &'a str,
    /// The topic.
    pub topic: &'a Topic,
    /// How its partition is chosen.
    pub route: Route,
}

/// What becomes of a record that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Stop the task with this failure.
    Fail,
    /// Leave the record out, count it, go on.
    Continue,
}
