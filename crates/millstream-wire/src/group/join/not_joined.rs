//! Why a member has not joined.

use std::fmt;

use millstream_log::LogError;
use millstream_protocol::ErrorCode;

use crate::group::coordinator::CoordinatorError;

/// Why a member has not joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::group) enum NotJoined {
    /// The coordinator could not be reached.
    NoCoordinator(CoordinatorError),
    /// The coordinator has refused it.
    Refused { error: ErrorCode },
    /// The client may not use a topic.
    RefusedTopic(LogError),
    /// What another member or the coordinator has sent cannot be read.
    Unreadable(String),
}

impl From<CoordinatorError> for NotJoined {
    fn from(error: CoordinatorError) -> Self {
        Self::NoCoordinator(error)
    }
}

impl NotJoined {
    /// For bytes of another member or of the coordinator.
    pub(in crate::group) fn unreadable<E: fmt::Display>(what: &str) -> impl Fn(E) -> Self {
        move |error| Self::Unreadable(format!("{what} cannot be read: {error}"))
    }
}
