//! The states of an application and of a thread.

use std::fmt;

use serde::Serialize;

/// The state of an application, or of one of its threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Built, not started.
    Created,
    /// Waiting for its partitions, or restoring the state of tasks before they run.
    Rebalancing,
    /// Processing.
    Running,
    /// Closing: it takes no more records, finishes those it has begun and commits.
    Draining,
    /// Stopping after a failure: what still runs is being closed.
    Failing,
    /// Closed on request.
    Closed,
    /// Stopped by a failure. It does not start again by itself.
    Error,
}

impl State {
    /// Every state, in the order of declaration.
    pub const ALL: [Self; 7] =
        [Self::Created, Self::Rebalancing, Self::Running, Self::Draining, Self::Failing, Self::Closed, Self::Error];

    /// Whether `next` may follow this state directly.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Created => matches!(next, Self::Rebalancing | Self::Draining | Self::Failing),
            Self::Rebalancing => matches!(next, Self::Running | Self::Draining | Self::Failing),
            Self::Running => matches!(next, Self::Rebalancing | Self::Draining | Self::Failing),
            Self::Draining => matches!(next, Self::Closed),
            Self::Failing => matches!(next, Self::Error),
            Self::Closed | Self::Error => false,
        }
    }

    /// Whether this state is final.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::events::State;
    ///
    /// assert!(State::Closed.has_ended() && State::Error.has_ended());
    /// assert!(!State::Draining.has_ended());
    /// ```
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Closed | Self::Error)
    }

    /// The name of the state in events.
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
