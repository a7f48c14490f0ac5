//! Shared by the tests of running applications: a log, a counting topology, input, and results.

#![allow(clippy::unwrap_used)]
#![allow(dead_code, reason = "each test file uses its part of it")]

pub(crate) mod disk;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use millstream_core::{StreamsBuilder, Topology};
use millstream_log::InProcessLog;
use millstream_observe::events::{Event, EventKind, EventSettings, State};
use millstream_observe::{Clock, SystemClock};
use millstream_runtime::{Streams, StreamsConfig, StreamsHandle};
use millstream_types::{RecordBytes, Timestamp, TopicPartition};

/// Longer than anything should take, on a busy machine too.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// How many partitions the topic `words` of [`log`] has.
pub(crate) const PARTITIONS: u32 = 4;

/// A log with the topics of [`counting`].
pub(crate) fn log() -> InProcessLog {
    let log = InProcessLog::new();
    log.create_topic("words", PARTITIONS).unwrap();
    log.create_topic("counts", PARTITIONS).unwrap();
    log
}

/// Counts the values of `words` in the store `counts`, by way of a repartition topic, into the topic `counts`.
pub(crate) fn counting() -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count("counts").to_stream().to("counts");
    builder.build().unwrap()
}

/// Settings for quick tests: short intervals, no lines.
pub(crate) fn config(application_id: &str) -> StreamsConfig {
    StreamsConfig {
        commit_interval: Duration::from_millis(20),
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new(application_id)
    }
}

/// Starts an application and waits until it runs.
pub(crate) fn run(topology: Topology, config: StreamsConfig, log: &InProcessLog) -> StreamsHandle {
    let streams = Streams::new(topology, config).with_log(log.clone()).start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// Appends these words to the partitions in turn.
pub(crate) fn feed<'a>(log: &InProcessLog, words: impl IntoIterator<Item = &'a str>) {
    for (number, word) in words.into_iter().enumerate() {
        let partition = TopicPartition::new("words", u32::try_from(number).unwrap() % PARTITIONS);
        let timestamp = Timestamp::from_millis(i64::try_from(number).unwrap());
        log.append(&partition, &RecordBytes::new(timestamp, None, Some(word.as_bytes()))).unwrap();
    }
}

/// `count` words, of which each of `w0` to `w99` comes equally often if `count` is a multiple of 100.
pub(crate) fn words(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("w{}", number % 100)).collect()
}

/// Appends this many of [`words`].
pub(crate) fn feed_words(log: &InProcessLog, count: usize) {
    let words = words(count);
    feed(log, words.iter().map(String::as_str));
}

/// The last count of each word in the topic `counts`.
pub(crate) fn counts(log: &InProcessLog) -> BTreeMap<String, i64> {
    let records = log.records("counts").unwrap();
    let count = |value: Vec<u8>| i64::from_be_bytes(value.try_into().unwrap());
    records
        .into_iter()
        .map(|record| (String::from_utf8(record.key.unwrap()).unwrap(), count(record.value.unwrap())))
        .collect()
}

/// The sum of the last counts of all words.
pub(crate) fn total(log: &InProcessLog) -> i64 {
    counts(log).values().sum()
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + LIMIT;
    while !holds() {
        assert!(clock.monotonic() < deadline, "{what} should have come about");
        pause(Duration::from_millis(2));
    }
}

/// Blocks this thread.
#[expect(clippy::disallowed_methods, reason = "a test waits for what threads do")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// Collects events.
#[derive(Clone, Default)]
pub(crate) struct EventRecorder(Arc<Mutex<Vec<Event>>>);

impl EventRecorder {
    pub(crate) fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let recorded = Arc::clone(&self.0);
        move |event| recorded.lock().unwrap().push(event.clone())
    }

    /// The sentences of all events of this name.
    pub(crate) fn messages(&self, name: &str) -> Vec<String> {
        let recorded = self.0.lock().unwrap();
        recorded.iter().filter(|event| event.kind.name() == name).map(Event::message).collect()
    }

    /// Whether an event `is_meant`.
    pub(crate) fn has_event(&self, is_meant: impl Fn(&EventKind) -> bool) -> bool {
        self.0.lock().unwrap().iter().any(|event| is_meant(&event.kind))
    }

    /// Calls `show` with all events in order.
    pub(crate) fn each(&self, mut show: impl FnMut(&EventKind)) {
        self.0.lock().unwrap().iter().for_each(|event| show(&event.kind));
    }

    /// The threads that events of this name happened in.
    pub(crate) fn threads(&self, name: &str) -> std::collections::BTreeSet<String> {
        let recorded = self.0.lock().unwrap();
        let named = recorded.iter().filter(|event| event.kind.name() == name);
        named.filter_map(|event| event.thread.as_deref().map(str::to_owned)).collect()
    }
}
