//! Why a standby stops following its changelog.

use std::fmt;

use serde::Serialize;

/// Why a standby stops following its changelog. As `SuspendReason` in Kafka Streams' `StandbyUpdateListener` (KIP-988).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspendReason {
    /// The task becomes active here, with this state.
    Promoted,
    /// The standby is closed: it belongs elsewhere now, or its thread ends.
    Migrated,
}

impl fmt::Display for SuspendReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promoted => "becomes active here",
            Self::Migrated => "is closed here",
        })
    }
}
