//! Runs the conformance suite of logs on a real broker.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test with a real broker, in real time"
)]

#[path = "../../millstream-kafka/tests/support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use millstream_librdkafka::LibrdkafkaLog;
use millstream_log::conformance::{CASES, Capabilities, Harness};
use millstream_log::{Log, Signal};
use millstream_types::MonotonicTime;
use support::Broker;

/// The session time-out of members.
const SESSION: Duration = Duration::from_secs(2);

struct OnBroker {
    broker: Arc<Broker>,
    settings: &'static [(&'static str, &'static str)],
}

impl OnBroker {
    fn new(settings: &'static [(&'static str, &'static str)]) -> Self {
        Self { broker: Broker::shared(), settings }
    }

    /// Runs every case, and lists those that fail. `MILLSTREAM_CASES` selects cases by a part of their names.
    fn run(&self) {
        let mut failed = Vec::new();
        let part = std::env::var("MILLSTREAM_CASES").unwrap_or_default();
        for (name, case) in CASES.iter().copied().flatten().filter(|(name, _)| name.contains(&part)) {
            let begin = Instant::now();
            let is_ok = catch_unwind(AssertUnwindSafe(|| case(self))).is_ok();
            println!("{:>6} ms  {}  {name}", begin.elapsed().as_millis(), if is_ok { "ok    " } else { "FAILED" });
            if !is_ok {
                failed.push(name);
            }
        }
        assert!(failed.is_empty(), "these cases fail: {failed:?}");
    }
}

impl Harness for OnBroker {
    fn log(&self) -> Arc<dyn Log> {
        let mut log = LibrdkafkaLog::new(self.broker.bootstrap());
        for (name, value) in self.settings {
            log = log.with(name, value).unwrap();
        }
        Arc::new(log)
    }

    /// The tests of this file run side by side on one broker: they count their names together. Each had a number of its own
    /// before, told apart by the microsecond of its start, and two of them once began in the same.
    fn unique_name(&self, stem: &str) -> String {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        format!("{stem}-{}", NAMES.fetch_add(1, Ordering::Relaxed))
    }

    fn now(&self) -> MonotonicTime {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        MonotonicTime::after_start(BEGAN.elapsed())
    }

    fn wait(&self, signal: &Signal) {
        signal.wait(Duration::from_millis(10));
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    /// A new client needs a while to connect.
    fn quiet_time(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn session_timeout(&self) -> Duration {
        SESSION
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            // librdkafka would replace it by the current time.
            timestamp_zero: false,
            timestamp_negative: false,
            // librdkafka has those that it was built with, and no way to add one.
            assignors: false,
            // Under KIP-848 librdkafka always announces that a static member will return.
            static_members_leave: !self.settings.contains(&("group.protocol", "consumer")),
            ..Capabilities::default()
        }
    }
}

/// A member without partitions is notified of the end of its membership only by the broker, and joining and leaving take a
/// heartbeat interval of the broker.
#[test]
fn with_the_consumer_group_protocol() {
    OnBroker::new(&[("group.protocol", "consumer"), ("max.poll.interval.ms", "2000")]).run();
}

#[test]
fn with_the_classic_group_protocol() {
    OnBroker::new(&[("max.poll.interval.ms", "2000")]).run();
}
