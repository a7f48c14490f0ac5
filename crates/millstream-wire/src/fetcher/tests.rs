//! The fetcher against test brokers, which respond correctly or with a fault.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod broken;
mod fetch_sessions;
mod halts;
mod idle;
mod leaders;
mod memory;
mod moved;
mod nearer;
mod pace;
mod reading;
mod sessions;
mod silence;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::*;
use crate::settings::ClientSettings;
use crate::testing::{LATE_MAX, TestCluster};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough for some responses.
const IDLE: Duration = Duration::from_millis(100);

/// Reads partitions, and checks that no record is read twice or left out.
struct Reader {
    fetcher: Fetcher,
    responds: Box<dyn Fn(i32) -> bool>,
    signal: Signal,
    now: MonotonicTime,
    settled: Box<dyn FnMut(&Cluster) -> bool>,
    /// How far the time advances from poll to poll, unless a look-up is on its way. On a busy machine it would seem to be
    /// late, and would be sent to another broker too.
    step: Duration,
    wants: bool,
    /// Where each partition's next chunk must begin.
    next: BTreeMap<u32, i64>,
    /// The offsets that were read.
    offsets: BTreeMap<u32, Vec<i64>>,
    /// What was reported besides records, and the chunks without records.
    events: Vec<FetchEvent>,
}

impl Reader {
    fn new(cluster: &TestCluster) -> Self {
        Self::with(cluster, settings())
    }

    fn with(cluster: &TestCluster, settings: FetchSettings) -> Self {
        let signal = Signal::new();
        let settings = FetchSettings { client: cluster.client(), ..settings };
        Self {
            fetcher: Fetcher::new(settings, &signal),
            responds: Box::new(cluster.responds()),
            settled: Box::new(cluster.settled()),
            signal,
            now: MonotonicTime::after_start(Duration::from_secs(1_000)),
            step: Duration::from_millis(1),
            wants: true,
            next: BTreeMap::new(),
            offsets: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Reads a partition of the topic `t` from this offset.
    fn assign(&mut self, number: u32, next: i64, end: i64) {
        self.next.insert(number, next);
        self.fetcher.assign(partition(number), Offset::new(next), Offset::new(end));
    }

    fn poll(&mut self) {
        let (wants, mut events) = (self.wants, Vec::new());
        self.fetcher.poll(self.now, &mut |_| wants, &mut events);
        events.into_iter().for_each(|event| self.record(event));
        if !self.is_response_late() && (self.settled)(self.fetcher.leaders.cluster()) {
            self.now += self.step;
        }
    }

    /// Whether a response that will come is as late as it may be.
    fn is_response_late(&self) -> bool {
        let links = &self.fetcher.links;
        links.iter().any(|(broker, link)| link.late_by(self.now) >= LATE_MAX && (self.responds)(*broker))
    }

    fn record(&mut self, events: FetchEvent) {
        let FetchEvent::Chunk(chunk) = &events else {
            self.events.push(events);
            return;
        };
        let number = chunk.partition.partition.number();
        let next = self.next.get_mut(&number).unwrap();
        for record in chunk.iter() {
            let offset = record.offset().number();
            assert!(offset >= *next, "{offset} of {number} came, but {next} is next");
            assert_eq!(record.value(), Some(format!("v{offset}").as_bytes()));
            *next = offset + 1;
            self.offsets.entry(number).or_default().push(offset);
        }
        assert!(chunk.next_offset.number() >= *next);
        *next = chunk.next_offset.number();
        if chunk.is_empty() {
            self.events.push(events);
        }
    }

    fn until(&mut self, what: &str, mut is_it: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        loop {
            self.poll();
            if is_it(self) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {:?}, {:?}", self.next, self.events);
            self.signal.wait(Duration::from_millis(2));
        }
    }

    /// Polls until the next record of this partition has this offset.
    fn until_at(&mut self, number: u32, next: i64) {
        self.until(&format!("{number} is read up to {next}"), |reader| reader.next[&number] >= next);
    }

    /// Polls for a while in which nothing should happen.
    fn idle(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < IDLE {
            self.poll();
            self.signal.wait(Duration::from_millis(2));
        }
    }

    /// Lets time pass at once. A look-up in flight would seem to be late afterwards, so it ends first.
    fn advance(&mut self, time: Duration) {
        self.until("the look-up has ended", |reader| !reader.fetcher.leaders.is_looking_up());
        self.now += time;
    }

    fn until_event(&mut self) -> FetchEvent {
        self.until("something is reported", |reader| !reader.events.is_empty());
        self.events.remove(0)
    }

    #[track_caller]
    fn check_offsets(&self, number: u32, expected: impl IntoIterator<Item = i64>) {
        let offsets = self.offsets.get(&number).cloned().unwrap_or_default();
        assert_eq!(offsets, expected.into_iter().collect::<Vec<_>>());
    }
}

/// Settings with a wait that is short enough for a test.
fn settings() -> FetchSettings {
    FetchSettings { wait_max: Duration::from_millis(20), ..FetchSettings::default() }
}

fn partition(number: u32) -> TopicPartition {
    TopicPartition::new("t", number)
}
