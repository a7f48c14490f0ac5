//! Topologies that Kafka Streams fails to optimise.

use crate::outcome::{Failure, FailureKind, Outcome};

/// Whether Kafka Streams failed to merge repartitions, and Millstream did not.
pub(crate) fn is_unbuilt(expected: &Outcome, got: &Outcome) -> bool {
    let is_it = |error: &Failure| {
        error.kind == FailureKind::Build && error.message.contains("Found a null keyChangingChild node")
    };
    expected.error.as_ref().is_some_and(is_it) && got.error.is_none()
}
