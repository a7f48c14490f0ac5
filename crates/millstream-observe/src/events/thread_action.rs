//! What happens after a thread failed.

use std::fmt;

use serde::Serialize;

/// What happens after a thread failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadAction {
    /// A new thread replaces it.
    Replace,
    /// The thread ends; the others continue.
    StopThread,
    /// The whole application stops.
    StopApplication,
}

impl fmt::Display for ThreadAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replace => "a new thread replaces it",
            Self::StopThread => "it ends, the other threads continue",
            Self::StopApplication => "the application stops",
        })
    }
}
