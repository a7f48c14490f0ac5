//! Which events are about the same problem.

use std::sync::Arc;

use crate::events::{Event, EventKind, Failure, FailureKind};

/// Identifies a problem by its kind and subject, whichever thread reports it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProblemKey {
    /// The log cannot be reached.
    LogOutage,
    /// A task, a thread or the application failed, or will fail.
    Failure {
        /// The kind of failure.
        cause: FailureKind,
        /// The node of the topology.
        node: Option<Arc<str>>,
        /// The origin of the record.
        record: Option<String>,
    },
    /// Any other problem.
    Other {
        /// The event's name.
        event: &'static str,
        /// What the event is about, such as a directory or a partition; empty for the whole application.
        subject: String,
    },
}

/// The scope of an event. A failure of a task becomes one of its thread, which may become one of the application.
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
    /// The problem that an event is about; `None` if the event is no alert.
    pub(super) fn of(event: &Event) -> Option<Self> {
        if !event.needs_person() {
            return None;
        }
        let other = |subject: &dyn ToString| Self::Other { event: event.kind.name(), subject: subject.to_string() };
        Some(match &event.kind {
            EventKind::ApplicationFailed(failure)
            | EventKind::TaskFailed(failure)
            | EventKind::ThreadFailed { failure, .. } => Self::of_failure(failure),
            // The thread then fails with this error.
            EventKind::LogFailed { .. } | EventKind::CommitFailed { .. } => {
                Self::Failure { cause: FailureKind::Log, node: None, record: None }
            }
            EventKind::LogUnavailable { .. } => Self::LogOutage,
            EventKind::StateDiscarded { directory, .. } => other(directory),
            EventKind::OffsetOutOfRange { partition, .. } => other(partition),
            // A problem of the whole application.
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
