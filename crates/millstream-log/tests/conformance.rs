//! The in-process log conforms, with a clock that jumps and with the real one.
#![allow(clippy::unwrap_used)]
#![allow(clippy::disallowed_methods, reason = "one of the clocks is the real one")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use millstream_log::conformance::{Harness, run_all};
use millstream_log::{InProcessLog, Log, Signal};
use millstream_types::MonotonicTime;

/// Unused names.
#[derive(Default)]
struct Names(AtomicU64);

impl Names {
    fn next(&self, stem: &str) -> String {
        format!("{stem}-{}", self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A harness in which time passes only by waiting.
#[derive(Default)]
struct JumpingClock {
    log: InProcessLog,
    names: Names,
    now: AtomicU64,
}

impl Harness for JumpingClock {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }

    fn unique_name(&self, stem: &str) -> String {
        self.names.next(stem)
    }

    fn now(&self) -> MonotonicTime {
        MonotonicTime::START + Duration::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn wait(&self, _signal: &Signal) {
        self.now.fetch_add(10, Ordering::Relaxed);
    }
}

/// A harness with real time.
struct RealClock {
    log: InProcessLog,
    names: Names,
    begin: Instant,
}

impl Harness for RealClock {
    fn log(&self) -> Arc<dyn Log> {
        Arc::new(self.log.clone())
    }

    fn unique_name(&self, stem: &str) -> String {
        self.names.next(stem)
    }

    fn now(&self) -> MonotonicTime {
        MonotonicTime::after_start(self.begin.elapsed())
    }

    fn wait(&self, signal: &Signal) {
        signal.wait(Duration::from_millis(5));
    }

    fn quiet_time(&self) -> Duration {
        Duration::from_millis(30)
    }
}

#[test]
fn on_a_clock_that_jumps() {
    run_all(&JumpingClock::default());
}

#[test]
fn on_the_real_clock() {
    run_all(&RealClock { log: InProcessLog::new(), names: Names::default(), begin: Instant::now() });
}
