//! Why a task stopped.

use std::fmt;

use millstream_core::chain;
use millstream_state::StoreError;
use millstream_types::{TaskId, TopicPartition};

use millstream_observe::events::{Failure, FailureCause, RecordPlace, SkipReason};

/// A task that cannot go on. Close it without a commit and build it anew, or stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    /// The task.
    pub task: TaskId,
    /// What happened.
    pub failure: Failure,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}: {}", self.task, self.failure)
    }
}

impl std::error::Error for TaskError {}

/// A chain's failure as an event tells it.
pub(super) fn failure_of_chain(failure: chain::Failure) -> Failure {
    let cause = match failure.kind {
        chain::FailureKind::Deserialization | chain::FailureKind::Timestamp => FailureCause::Deserialization,
        chain::FailureKind::Processing => FailureCause::Processing,
        chain::FailureKind::Serialization => FailureCause::Serialization,
        chain::FailureKind::Production => FailureCause::Production,
        chain::FailureKind::Store => FailureCause::Store,
        chain::FailureKind::Topology => FailureCause::Topology,
    };
    let place = failure.origin.as_ref().map(place_of);
    Failure { place, ..Failure::new(cause, failure.message).in_node(failure.node) }
}

pub(super) fn failure_of_store(error: &StoreError) -> Failure {
    Failure::new(FailureCause::Store, error)
}

/// Where a chain says that a record came from, as an event tells it.
pub(super) fn place_of(origin: &chain::Origin) -> RecordPlace {
    let partition = TopicPartition { topic: origin.topic.clone(), partition: origin.partition };
    RecordPlace::new(&partition, origin.offset)
}

/// A chain's reason as an event tells it.
pub(super) const fn reason_of(reason: chain::SkipReason) -> SkipReason {
    match reason {
        chain::SkipReason::NullKey => SkipReason::NullKey,
        chain::SkipReason::NullValue => SkipReason::NullValue,
        chain::SkipReason::LateForWindow => SkipReason::LateForWindow,
        chain::SkipReason::NegativeTimestamp => SkipReason::NegativeTimestamp,
        chain::SkipReason::NoPartition => SkipReason::NoPartition,
    }
}

/// The reason under which a failed record is counted that a handler decided to leave out.
pub(super) const fn reason_of_failure(kind: chain::FailureKind) -> SkipReason {
    match kind {
        chain::FailureKind::Deserialization | chain::FailureKind::Timestamp => SkipReason::Deserialization,
        chain::FailureKind::Serialization => SkipReason::Serialization,
        chain::FailureKind::Production => SkipReason::Production,
        chain::FailureKind::Processing | chain::FailureKind::Store | chain::FailureKind::Topology => {
            SkipReason::Processing
        }
    }
}
