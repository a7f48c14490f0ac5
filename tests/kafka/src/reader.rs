//! A reader of output: the latest value of each key, the number of records, and the longest time without a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use millstream::kafka::KafkaLog;
use millstream::logs::{Chunk, Fetching, Log, LogEvent, Signal, StartAt};
use millstream::{Data, Offset, TopicPartition};

use crate::PARTITIONS;
use crate::client::TestClient;
use crate::feeder::source_of;
use crate::waiting::{now, until_with_progress};

/// Reads a topic from its beginning, in the background, until it is dropped.
#[derive(Debug)]
pub struct Reader {
    topic: String,
    client: TestClient,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    is_stopped: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// For each key the latest value, and the number of records.
    rows: BTreeMap<String, Row>,
    /// The next offset of each partition.
    next: Vec<Offset>,
    /// The pauses in the records from each partition of the input to each partition of the output.
    pauses: BTreeMap<(u32, u32), Pauses>,
}

/// The records of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The latest value.
    pub value: Vec<u8>,
    /// The number of records.
    pub records: u64,
}

#[derive(Clone, Debug)]
struct Pauses {
    latest: Instant,
    longest: Duration,
}

impl Pauses {
    fn begin() -> Self {
        Self { latest: Instant::now(), longest: Duration::ZERO }
    }

    /// The longest pause, with the current one.
    fn longest(&self) -> Duration {
        self.longest.max(self.latest.elapsed())
    }

    /// Ends the current pause.
    fn end(&mut self) {
        *self = Self { latest: Instant::now(), longest: self.longest() };
    }
}

impl Reader {
    /// Starts to read a topic.
    ///
    /// # Panics
    /// When the log refuses a reader.
    #[must_use]
    pub fn start(log: &KafkaLog, topic: &str) -> Self {
        let next = vec![Offset::ZERO; PARTITIONS as usize];
        let seen = Seen { rows: BTreeMap::new(), next, pauses: BTreeMap::new() };
        let shared = Arc::new(Shared { is_stopped: AtomicBool::new(false), seen: Mutex::new(seen) });
        let signal = Signal::new();
        let mut fetcher = log.fetcher("reader", &signal).expect("a fetcher");
        let all = (0..PARTITIONS).map(|number| (TopicPartition::new(topic, number), StartAt::Earliest));
        fetcher.assign(&all.collect::<Vec<_>>());
        std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.read(&mut *fetcher, &signal)
        });
        Self { topic: topic.to_owned(), client: TestClient::of(log.clone()), shared }
    }

    /// The records of each key so far.
    #[must_use]
    pub fn rows(&self) -> BTreeMap<String, Row> {
        self.shared.seen().rows.clone()
    }

    /// The latest value of each key so far.
    ///
    /// # Panics
    /// When a value cannot be decoded.
    #[must_use]
    pub fn latest<V: Data>(&self) -> BTreeMap<String, V> {
        let seen = self.shared.seen();
        seen.rows.iter().map(|(key, row)| (key.clone(), V::decode(&row.value).expect("a value"))).collect()
    }

    /// The number of records so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.shared.seen().rows.values().map(|row| row.records).sum()
    }

    /// Waits until this number of further records was read, for as long as records come.
    ///
    /// # Panics
    /// When no more records come.
    pub fn await_more(&self, records: u64) {
        let goal = self.records() + records;
        let is_reached = || (self.records() >= goal).then_some(());
        until_with_progress(format!("{records} more results come"), || self.records(), is_reached);
    }

    /// Waits until the reader has reached the present end of the topic, for as long as records come.
    ///
    /// # Panics
    /// When no more records come.
    pub fn settle(&self) {
        let ends = self.client.ends(&self.topic);
        until_with_progress(
            "the output is read to its end",
            || self.records(),
            || {
                let seen = self.shared.seen();
                seen.next.iter().zip(&ends).all(|(next, end)| next >= end).then_some(())
            },
        );
    }

    /// Starts to measure pauses.
    pub fn measure_pauses(&self) {
        self.shared.seen().pauses.values_mut().for_each(|pauses| *pauses = Pauses::begin());
    }

    /// The longest pause of each partition of the output since then, with the current one. It is measured for each partition of
    /// the input alone, so that records from one do not hide a pause in those from another.
    #[must_use]
    pub fn longest_pauses(&self) -> Vec<Duration> {
        let mut longest = vec![Duration::ZERO; PARTITIONS as usize];
        for ((_, partition), pauses) in &self.shared.seen().pauses {
            let longest = &mut longest[*partition as usize];
            *longest = pauses.longest().max(*longest);
        }
        longest
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, fetcher: &mut dyn Fetching, signal: &Signal) {
        let mut events = Vec::new();
        while !self.is_stopped.load(Ordering::Relaxed) {
            fetcher.poll(now(), &mut |_| true, &mut events);
            if events.is_empty() {
                signal.wait(Duration::from_millis(50));
            }
            for event in events.drain(..) {
                if let LogEvent::Chunk(chunk) = event {
                    self.seen().take(&chunk);
                }
            }
        }
    }
}

impl Seen {
    fn take(&mut self, chunk: &Chunk) {
        let partition = chunk.partition.partition.number();
        self.next[partition as usize] = chunk.next_offset;
        let mut sources = BTreeSet::new();
        for record in chunk.iter() {
            let key = String::decode(record.key().unwrap_or_default()).expect("a key");
            sources.extend(source_of(&key));
            let row = self.rows.entry(key).or_insert_with(|| Row { value: Vec::new(), records: 0 });
            row.value = record.value().unwrap_or_default().to_vec();
            row.records += 1;
        }
        for source in sources {
            self.pauses.entry((source, partition)).or_insert_with(Pauses::begin).end();
        }
    }
}
