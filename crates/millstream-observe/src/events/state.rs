//! The states an application or a thread goes through.

use std::fmt;

use serde::Serialize;

/// Where an application, or one of its threads, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Built, not started.
    Created,
    /// Waiting for its partitions, or restoring the state of tasks before they run.
    Rebalancing,
    /// Processing.
    Running,
    /// Asked to close: it finishes what it has begun and commits.
    Draining,
    /// A failure stops it: what still runs is being closed.
    Failing,
    /// Closed in good order.
    Closed,
    /// Stopped by a failure; it does not come back by itself.
    Error,
}

impl State {
    /// The state as it is written in events.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Rebalancing => "rebalancing",
            Self::Running => "running",
            Self::Draining => "draining",
            Self::Failing => "failing",
            Self::Closed => "closed",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
