//! Which events are about the same problem.

use std::sync::Arc;

use crate::events::{Event, EventKind, Failure, FailureKind};

/// What a problem is: its kind and its place, whichever thread reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProblemKey {
    /// The log cannot be reached.
    LogOutage,
    /// A task, a thread or the application failed, or is about to.
    Failure {
        /// The kind of failure.
        cause: FailureKind,
        /// Where in the topology.
        node: Option<Arc<str>>,
        /// At which record.
        record: Option<String>,
    },
    /// Something else, at a place of its own.
    Other {
        /// The event's name.
        event: &'static str,
        /// The place: a directory, a partition.
        place: String,
    },
}

/// How much of the application an event is about. A failure of a task becomes one of its thread, and that may become one
/// of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// A task, or a client of the log.
    Part,
    /// A thread.
    Thread,
    /// The application.
    Application,
}

impl ProblemKey {
    /// The problem that an event is about; `None` if it does not need a person.
    pub(super) fn of(event: &Event) -> Option<Self> {
        if !event.needs_person() {
            return None;
        }
        let other = |place: &dyn ToString| Self::Other { event: event.kind.name(), place: place.to_string() };
        Some(match &event.kind {
            EventKind::ApplicationFailed(failure)
            | EventKind::TaskFailed(failure)
            | EventKind::ThreadFailed { failure, .. } => Self::of_failure(failure),
            // What the thread then fails with.
            EventKind::LogFailed { .. } | EventKind::CommitFailed { .. } => {
                Self::Failure { cause: FailureKind::Log, node: None, record: None }
            }
            EventKind::LogUnavailable { .. } => Self::LogOutage,
            EventKind::StateDiscarded { directory, .. } => other(directory),
            EventKind::OffsetOutOfRange { partition, .. } => other(partition),
            // A problem of the whole application: there is one place for it.
            _ => other(&""),
        })
    }

    fn of_failure(failure: &Failure) -> Self {
        let record = failure.origin.as_ref().map(ToString::to_string);
        Self::Failure { cause: failure.kind, node: failure.node.clone(), record }
    }
}

impl Scope {
    pub(super) fn of(event: &Event) -> Self {
        match event.kind {
            EventKind::ApplicationFailed(_) | EventKind::ShutdownEnded { .. } => Self::Application,
            EventKind::ThreadFailed { .. } => Self::Thread,
            _ => Self::Part,
        }
    }
}
