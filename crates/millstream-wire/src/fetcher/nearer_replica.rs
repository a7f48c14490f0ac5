//! A replica that is nearer than the leader of its partition (KIP-392).

use std::time::Duration;

use millstream_types::MonotonicTime;

/// After so long the leader is asked again, which may name another replica by then. As in Kafka's Java clients, which do it with
/// each look-up of the topics (`metadata.max.age.ms`).
const KEPT_FOR: Duration = Duration::from_secs(300);

/// After an error the leader serves the records itself for so long. It may name the same replica for as long as it takes it for
/// in sync (`replica.lag.time.max.ms`, half a minute).
const AVOIDED_FOR: Duration = Duration::from_secs(60);

/// Where a partition is read, if not at its leader.
#[derive(Clone, Copy, Debug)]
pub(super) enum NearerReplica {
    /// The leader has not named any.
    Unnamed,
    Read {
        broker: i32,
        until: MonotonicTime,
    },
    /// It has failed. Until this time the leader must not name it.
    Avoided {
        until: MonotonicTime,
    },
}

impl NearerReplica {
    /// The broker to read from.
    pub(super) fn broker(self, now: MonotonicTime) -> Option<i32> {
        match self {
            Self::Read { broker, until } if now < until => Some(broker),
            Self::Read { .. } | Self::Unnamed | Self::Avoided { .. } => None,
        }
    }

    /// Whether the leader itself must be read.
    pub(super) fn is_avoided(self, now: MonotonicTime) -> bool {
        matches!(self, Self::Avoided { until } if now < until)
    }

    /// Follows the leader, which names a replica.
    pub(super) fn named(&mut self, broker: i32, now: MonotonicTime) {
        *self = Self::Read { broker, until: now + KEPT_FOR };
    }

    /// Goes back to the leader after an error.
    pub(super) fn failed(&mut self, now: MonotonicTime) {
        *self = Self::Avoided { until: now + AVOIDED_FOR };
    }

    /// Goes back to the leader, of which there is another one.
    pub(super) fn forget(&mut self) {
        if matches!(self, Self::Read { .. }) {
            *self = Self::Unnamed;
        }
    }
}
