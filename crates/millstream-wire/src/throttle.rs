//! For how long a broker reads nothing from a connection after a response (KIP-219).
//!
//! A request that is sent meanwhile would seem to have no response, so nothing is sent.

use std::time::Duration;

/// The longest time that is believed. Brokers make clients wait for some seconds at most, unless their quota windows are very
/// long.
const LONGEST: Duration = Duration::from_secs(60);

/// The time that a response gives in milliseconds.
pub(crate) fn throttle(millis: i32) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0)).min(LONGEST)
}
