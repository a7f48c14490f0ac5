//! Waiting for what must happen.

use std::fmt::Display;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use millstream::Timestamp;
use millstream::clock::{Clock, MonotonicTime, SystemClock};

/// How long a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often it looks.
const RETRY_AFTER: Duration = Duration::from_millis(10);

/// Tries until there is a response.
///
/// # Panics
/// When there is none in [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: impl Display, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(response) = attempt() {
            return response;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
        std::thread::sleep(RETRY_AFTER);
    }
}

/// The present time, for polls: by one clock, since each counts from its own start.
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
