//! Waiting for what must happen.

use std::fmt::Display;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use millstream::Timestamp;

/// How long a test waits for something that must happen.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often it looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Tries until there is an answer.
///
/// # Panics
/// When there is none in [`PATIENCE`].
#[track_caller]
pub fn until<T>(what: impl Display, mut attempt: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = attempt() {
            return answer;
        }
        assert!(Instant::now() < deadline, "within {PATIENCE:?} it did not happen that {what}");
        std::thread::sleep(PAUSE);
    }
}

/// The present time, in the words of the log traits.
///
/// # Panics
/// When the clock stands before 1970.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("not in this age of the world"))
}
