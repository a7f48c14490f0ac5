//! What the tests of applications on RocksDB are written with: a counting application, its input, and its events.
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test panics where something is not as it must be"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use millstream::events::{Event, EventKind, EventSettings, State};
use millstream::logs::InProcessLog;
use millstream::rocksdb::{RocksDb, RocksDbConfig};
use millstream::{
    Materialized, RecordBytes, Streams, StreamsBuilder, StreamsConfig, StreamsHandle, Timestamp, TopicPartition,
    Topology,
};
use tempfile::TempDir;

/// The guide's code is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/rocksdb.md")]
struct Guide;

/// Longer than anything takes here, on a busy machine too.
pub const LIMIT: Duration = Duration::from_secs(60);

/// How many partitions the topics have.
pub const PARTITIONS: u32 = 4;

/// The changelog of the counts.
pub const CHANGELOG: &str = "app-counts-changelog";

/// A log, and the state directory of a host beside it: what outlives an application.
pub struct World {
    /// The log.
    pub log: InProcessLog,
    /// The state directory.
    pub root: TempDir,
    /// How many different words there are.
    words: usize,
}

impl World {
    /// A log with the topics `words` and `counts`, and an empty state directory; so many different words.
    #[must_use]
    pub fn with_words(words: usize) -> Self {
        let log = InProcessLog::new();
        log.create_topic("words", PARTITIONS).unwrap();
        log.create_topic("counts", PARTITIONS).unwrap();
        Self { log, root: tempfile::tempdir().unwrap(), words }
    }

    /// An application here, whose stores are in RocksDB.
    pub fn application(&self, topology: Topology, events: &RecordedEvents) -> Streams {
        self.application_with(config(), topology, events)
    }

    /// The same with other settings.
    pub fn application_with(&self, config: StreamsConfig, topology: Topology, events: &RecordedEvents) -> Streams {
        Streams::new(topology, config)
            .with_log(self.log.clone())
            .with_listener(events.listener())
            .with_engines(RocksDb::new(RocksDbConfig::default()), self.root.path())
    }

    /// Starts the counting application and waits until it runs.
    pub fn start(&self, events: &RecordedEvents) -> StreamsHandle {
        run(self.application(counting("counts".into()), events))
    }

    /// Feeds `count` words, a multiple of those there are: each equally often.
    pub fn feed(&self, count: usize) {
        for number in 0..count {
            let partition = TopicPartition::new("words", u32::try_from(number % PARTITIONS as usize).unwrap());
            let word = format!("w{}", number % self.words);
            let timestamp = Timestamp::from_millis(i64::try_from(number).unwrap());
            self.log.append(&partition, &RecordBytes::new(timestamp, None, Some(word.as_bytes()))).unwrap();
        }
    }

    /// Waits until so many words are counted in all, and checks that each word has its share, exactly.
    #[track_caller]
    pub fn expect_counts(&self, total: usize) {
        eventually("all is counted", || self.counts().values().sum::<i64>() >= i64::try_from(total).unwrap());
        let each = i64::try_from(total / self.words).unwrap();
        assert!(self.counts().values().all(|count| *count == each), "{:?}", self.counts());
    }

    /// The last count of each word.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, i64> {
        let records = self.log.records("counts").unwrap();
        let count = |value: Vec<u8>| i64::from_be_bytes(value.try_into().unwrap());
        let rows = records.into_iter().map(|record| (record.key.unwrap(), count(record.value.unwrap())));
        rows.map(|(word, count)| (String::from_utf8(word).unwrap(), count)).collect()
    }

    /// How many records the changelog has.
    #[must_use]
    pub fn logged(&self) -> u64 {
        self.log.records(CHANGELOG).unwrap().len() as u64
    }

    /// The databases of the tasks that count.
    #[must_use]
    pub fn databases(&self) -> Vec<PathBuf> {
        let all = (0..PARTITIONS).map(|partition| self.root.path().join(format!("app/1_{partition}/rocksdb")));
        all.filter(|path| path.exists()).collect()
    }
}

/// With a hundred words.
impl Default for World {
    fn default() -> Self {
        Self::with_words(100)
    }
}

/// Settings for quick tests: short intervals, no lines.
#[must_use]
pub fn config() -> StreamsConfig {
    StreamsConfig {
        commit_interval: Duration::from_millis(20),
        events: EventSettings { lines: false, ..EventSettings::default() },
        ..StreamsConfig::new("app")
    }
}

/// Counts the values of `words` in a store, by way of a repartition topic, into the topic `counts`.
#[must_use]
pub fn counting(store: Materialized<String, i64>) -> Topology {
    let builder = StreamsBuilder::new();
    let words = builder.stream::<Option<String>, String>("words");
    words.group_by(|_, word| word.clone()).count(store).to_stream().to("counts");
    builder.build().unwrap()
}

/// Starts an application and waits until it runs.
#[track_caller]
pub fn run(streams: Streams) -> StreamsHandle {
    let streams = streams.start().unwrap();
    assert_eq!(streams.wait_until(State::Running, LIMIT), State::Running, "{:?}", streams.failure());
    streams
}

/// How many changelog records an application has restored.
#[must_use]
pub fn restored(streams: &StreamsHandle) -> u64 {
    streams.metrics().tasks.iter().flat_map(|task| &task.stores).map(|store| store.restored).sum()
}

/// Waits until something holds.
#[track_caller]
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "{what} should have come about");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The files of a directory whose name ends so.
#[must_use]
pub fn files(directory: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end))).collect()
}

/// Collects events.
#[derive(Clone, Default)]
pub struct RecordedEvents(Arc<Mutex<Vec<Event>>>);

impl RecordedEvents {
    /// Takes the events of an application.
    pub fn listener(&self) -> impl Fn(&Event) + Send + Sync + 'static {
        let recorded = Arc::clone(&self.0);
        move |event| recorded.lock().unwrap().push(event.clone())
    }

    /// The sentences of all events of this name.
    #[must_use]
    pub fn messages(&self, name: &str) -> Vec<String> {
        let recorded = self.0.lock().unwrap();
        recorded.iter().filter(|event| event.kind.name() == name).map(Event::message).collect()
    }

    /// Whether there was such an event.
    pub fn contains(&self, is_meant: impl Fn(&EventKind) -> bool) -> bool {
        self.0.lock().unwrap().iter().any(|event| is_meant(&event.kind))
    }
}
