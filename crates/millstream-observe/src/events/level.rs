//! The level of an event.

use serde::{Deserialize, Serialize};

/// How important an event is, from the least to the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Details, for finding a fault.
    Debug,
    /// Normal operation.
    #[default]
    Info,
    /// Something went wrong and was handled.
    Warn,
    /// Something does not work and needs a person.
    Error,
}
