//! How late results are.

use std::time::Duration;

/// End-to-end latencies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    pub(crate) p50: Duration,
    pub(crate) p95: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

impl Latency {
    /// The percentiles of these times, of which there must be one at least.
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let percentile = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
        Self { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99), p999: percentile(0.999) }
    }
}
