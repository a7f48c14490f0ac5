//! The level of an event.

use serde::{Deserialize, Serialize};

/// The level of an event, in ascending order of importance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Details for the analysis of faults.
    Debug,
    /// Normal operation.
    #[default]
    Info,
    /// Something went wrong and was handled.
    Warn,
    /// A problem that needs a person.
    Error,
}
