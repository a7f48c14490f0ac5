//! The backoff between attempts that fail.

use std::time::Duration;

use millstream_types::MonotonicTime;

/// As in Kafka's Java clients (`reconnect.backoff.ms` and `.max.ms`).
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// When to try next. The backoff doubles with each failure in a row.
#[derive(Debug)]
pub(crate) struct Backoff {
    length: Duration,
    longest: Duration,
    until: MonotonicTime,
    /// How many attempts have failed in a row.
    pub(crate) failures: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(FIRST, LONGEST)
    }
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { length: first, longest, until: MonotonicTime::START, failures: 0 }
    }

    pub(crate) fn is_over(&self, now: MonotonicTime) -> bool {
        now >= self.until
    }

    pub(crate) fn fail(&mut self, now: MonotonicTime) {
        self.until = now + self.length;
        self.length = (self.length * 2).min(self.longest);
        self.failures += 1;
    }
}
