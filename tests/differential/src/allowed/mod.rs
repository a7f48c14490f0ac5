//! The differences that are allowed, each found by a rule. All are in `docs/guide/differences.md`.

mod expired;
mod refused;
mod stored;
mod unbuilt;

use std::fmt;

pub(crate) use expired::rows;
pub(crate) use refused::{changelog, dropped};
pub(crate) use unbuilt::is_unbuilt;

/// An allowed difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Behind a record cache, a window store of Kafka Streams does not get the time of an update that changes nothing, and keeps
    /// windows longer.
    ExpiredCachedWindows,
    /// Kafka Streams logs a write that a window store refuses because its window has expired; in a store of a join it uses up a
    /// number. And its stores in memory refuse writes that those on disk take.
    RefusedWrites,
    /// Kafka Streams logs a write that a versioned store refuses because it is older than its history.
    RefusedVersions,
    /// Kafka Streams fails to merge the repartitions of a topology.
    UnmergedRepartitions,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExpiredCachedWindows => "expired windows in a cached store",
            Self::RefusedWrites => "writes to windows that have expired",
            Self::RefusedVersions => "writes that a versioned store refuses",
            Self::UnmergedRepartitions => "repartitions that Kafka Streams fails to merge",
        })
    }
}
