//! Waiting for conditions.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use millstream::Timestamp;
use millstream::clock::{Clock, MonotonicTime, SystemClock};

/// How long a test waits for a condition.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The time between two checks.
const RETRY_AFTER: Duration = Duration::from_millis(10);

/// Calls a function until it returns a value.
///
/// # Panics
/// When it returns none within [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: impl Display, attempt: impl FnMut() -> Option<T>) -> T {
    until_with_progress(what, || (), attempt)
}

/// Calls a function until it returns a value, for as long as `progress` changes. A slow machine takes its time, and only one
/// that stands still is a failure.
///
/// # Panics
/// When it returns none, and `progress` has not changed within [`PATIENCE`].
#[track_caller]
pub fn until_with_progress<T, P: PartialEq>(
    what: impl Display,
    mut progress: impl FnMut() -> P,
    mut attempt: impl FnMut() -> Option<T>,
) -> T {
    let (mut latest, mut deadline) = (progress(), Instant::now() + PATIENCE);
    loop {
        if let Some(response) = attempt() {
            return response;
        }
        let current = progress();
        if current != latest {
            (latest, deadline) = (current, Instant::now() + PATIENCE);
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
        std::thread::sleep(RETRY_AFTER);
    }
}

/// The present time, for polls. There is one clock, since each clock counts from its own start.
#[must_use]
pub fn now() -> MonotonicTime {
    static CLOCK: LazyLock<SystemClock> = LazyLock::new(SystemClock::new);
    CLOCK.monotonic()
}

/// The present time, for records.
#[must_use]
pub fn wall_clock() -> Timestamp {
    SystemClock::new().now()
}
