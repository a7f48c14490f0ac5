//! KIND: an interval measured by the wall clock.
//!
//! `Clock::now` "may jump, backwards too"; `Clock::monotonic` is "for intervals and time-outs". Nothing that waits may
//! wait for the wall clock to catch up. (Kafka Streams measures these by the wall clock too and has the same fault;
//! kafka-python and the broker were repaired: dpkp/kafka-python#2714, KAFKA-4051.)
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/scheduled.rs"]
mod scheduled;
#[path = "support/waiting.rs"]
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use millstream::clock::{Clock, MonotonicTime, SystemClock};
use millstream::events::{EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::{PunctuationType, RecordBytes, Streams, StreamsBuilder, StreamsConfig, Timestamp, TopicPartition};
use scheduled::{Scheduled, count};
use waiting::{PATIENCE, eventually};

const HOUR_MS: i64 = 3_600_000;

/// The system's clock with its wall time moved.
#[derive(Clone, Debug)]
struct Stepping {
    system: SystemClock,
    step_ms: Arc<AtomicI64>,
}

impl Stepping {
    fn new() -> Self {
        Self { system: SystemClock::new(), step_ms: Arc::default() }
    }
}

impl Clock for Stepping {
    fn now(&self) -> Timestamp {
        self.system.now().saturating_add(self.step_ms.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> MonotonicTime {
        self.system.monotonic()
    }
}

fn config() -> StreamsConfig {
    StreamsConfig { events: EventSettings { lines: false, ..EventSettings::default() }, ..StreamsConfig::new("a") }
}

/// All settings have their defaults (`max_task_idle` is zero). The table's topic is idle, as most tables' are.
#[test]
fn a_join_with_an_idle_table_continues_when_the_clock_steps_back() {
    let log = InProcessLog::new();
    for topic in ["in", "users", "out"] {
        log.create_topic(topic, 1).unwrap();
    }
    let builder = StreamsBuilder::new();
    let users = builder.table::<String, String>("users", "users");
    let clicks = builder.stream::<String, String>("in");
    clicks.left_join(&users, |_, click, user| format!("{click} {}", user.is_some())).to("out");
    let clock = Stepping::new();
    let step = Arc::clone(&clock.step_ms);
    let streams =
        Streams::new(builder.build().unwrap(), config()).with_log(log.clone()).with_clock(clock).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running);
    let put =
        || log.append(&TopicPartition::new("in", 0), &RecordBytes::new(1.into(), Some(b"k"), Some(b"v"))).unwrap();
    let out = || log.records("out").unwrap().len();
    put();
    assert!(eventually(PATIENCE, || out() == 1));
    step.store(-HOUR_MS, Ordering::SeqCst);
    put();
    let continued = eventually(PATIENCE, || out() == 2);
    drop(streams.close_blocking(Duration::from_secs(3)));
    assert!(continued, "the task waits for the wall clock to catch up: an hour");
}

#[test]
fn a_wall_clock_schedule_continues_when_the_clock_steps_back() {
    let log = InProcessLog::new();
    log.create_topic("in", 1).unwrap();
    log.create_topic("out", 1).unwrap();
    let ticks = Arc::new(AtomicUsize::new(0));
    let builder = StreamsBuilder::new();
    let supply = {
        let ticks = Arc::clone(&ticks);
        move || Scheduled::new(PunctuationType::WallClockTime, Duration::from_millis(50), count(&ticks))
    };
    builder.stream::<String, String>("in").process(supply, ()).to("out");
    let clock = Stepping::new();
    let step = Arc::clone(&clock.step_ms);
    let streams = Streams::new(builder.build().unwrap(), config()).with_log(log).with_clock(clock).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, PATIENCE), State::Running);
    assert!(eventually(PATIENCE, || ticks.load(Ordering::SeqCst) >= 3));
    step.store(-HOUR_MS, Ordering::SeqCst);
    let before = ticks.load(Ordering::SeqCst);
    let continued = eventually(PATIENCE, || ticks.load(Ordering::SeqCst) > before + 3);
    streams.close_blocking(Duration::from_secs(20)).unwrap();
    assert!(continued, "every 50 ms, and for {PATIENCE:?} not once");
}
