//! Waiting in real time.

use std::time::{Duration, Instant};

/// Whether the condition holds within the limit.
pub(crate) fn eventually(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < limit {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}
