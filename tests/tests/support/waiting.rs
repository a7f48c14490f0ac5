//! Waiting in real time.
#![allow(dead_code, reason = "no test target that has this module uses all of it")]

use std::time::{Duration, Instant};

/// How long a test waits for what has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until the condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

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
