//! The history retention and segments of a versioned store.

use std::time::Duration;

use millstream_types::time::millis_of;

/// How long a versioned store keeps the history of its keys.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use millstream_state::VersionedOptions;
///
/// let options = VersionedOptions::retaining(Duration::from_secs(3_600));
/// assert_eq!(options.segment_interval_ms, 300_000);
/// let finer = options.with_segment_interval(Duration::from_secs(60));
/// assert_eq!(finer.segment_interval_ms, 60_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionedOptions {
    /// How far behind stream time versions can be looked up and written, in milliseconds.
    pub history_retention_ms: i64,
    /// The length of a segment in milliseconds: versions that are over are removed by segments.
    pub segment_interval_ms: i64,
}

impl VersionedOptions {
    /// A store with this history retention, and segments of the length that Kafka Streams chooses for it.
    #[must_use]
    pub fn retaining(history_retention: Duration) -> Self {
        let history_retention_ms = millis_of(history_retention);
        Self { history_retention_ms, segment_interval_ms: default_segment_ms(history_retention_ms) }
    }

    /// Sets the length of segments; it is at least one millisecond.
    #[must_use]
    pub fn with_segment_interval(self, interval: Duration) -> Self {
        Self { segment_interval_ms: millis_of(interval).max(1), ..self }
    }
}

impl From<Duration> for VersionedOptions {
    fn from(history_retention: Duration) -> Self {
        Self::retaining(history_retention)
    }
}

/// The length of segments for a history retention, as in Kafka Streams.
fn default_segment_ms(retention_ms: i64) -> i64 {
    const SECOND: i64 = 1_000;
    const MINUTE: i64 = 60 * SECOND;
    let (parts, least) = if retention_ms <= MINUTE {
        (3, 2 * SECOND)
    } else if retention_ms <= 5 * MINUTE {
        (5, 20 * SECOND)
    } else if retention_ms <= 60 * MINUTE {
        (12, MINUTE)
    } else {
        (24, 5 * MINUTE)
    };
    (retention_ms / parts).max(least)
}

#[cfg(test)]
mod tests {
    use super::default_segment_ms;

    #[test]
    fn segments_are_as_long_as_in_kafka_streams() {
        let cases = [
            (0, 2_000),
            (10_000, 3_333),
            (60_000, 20_000),
            (60_001, 20_000),
            (300_000, 60_000),
            (300_001, 60_000),
            (3_600_000, 300_000),
            (3_600_001, 300_000),
            (86_400_000, 3_600_000),
            (i64::MAX, i64::MAX / 24),
        ];
        for (retention, expected) in cases {
            assert_eq!(default_segment_ms(retention), expected, "{retention}");
        }
    }
}
