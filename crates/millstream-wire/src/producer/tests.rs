//! The producer against test brokers, which append each batch once and respond correctly or with a fault.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod broken;
mod discarded;
mod forgotten;
mod idle;
mod leaders;
mod model;
mod pace;
mod partition_state;
mod queued;
mod refusals;
mod retriable;
mod sessions;
mod silence;
mod unknown;
mod writing;

use std::time::{Duration, Instant};

use millstream_types::{RecordBuf, RecordBytes, Timestamp};

use self::partition_state::OpenPartition;
use super::*;
use crate::settings::ClientSettings;
use crate::testing::{LATE_MAX, Script, TestCluster};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough for some responses.
const IDLE: Duration = Duration::from_millis(60);

/// Writes records, and checks that no record counts as completed that is not in the log.
struct Writer<'a> {
    cluster: &'a TestCluster,
    producer: Producer,
    signal: Signal,
    now: MonotonicTime,
    settled: Box<dyn FnMut(&Cluster) -> bool>,
    /// How far the time advances from poll to poll, unless a request that any broker can respond to is on its way. On a busy
    /// machine it would seem to be late, and would be sent to another broker too.
    step: Duration,
    partitions: Vec<OpenPartition>,
    /// The partition of each record, by its number.
    numbers: Vec<Option<usize>>,
    completed: u64,
    events: Vec<ProduceEvent>,
}

impl<'a> Writer<'a> {
    /// Writes to the first partitions of the topic `t`.
    fn new(cluster: &'a TestCluster, partitions: u32) -> Self {
        Self::with(cluster, partitions, settings())
    }

    fn with(cluster: &'a TestCluster, partitions: u32, settings: ProduceSettings) -> Self {
        let signal = Signal::new();
        let settings = ProduceSettings { client: cluster.client(), ..settings };
        let mut writer = Self {
            cluster,
            settled: Box::new(cluster.settled()),
            producer: Producer::new(settings, &signal),
            signal,
            now: MonotonicTime::after_start(Duration::from_secs(1_000)),
            step: Duration::from_millis(1),
            partitions: Vec::new(),
            numbers: Vec::new(),
            completed: 0,
            events: Vec::new(),
        };
        (0..partitions).for_each(|number| writer.open("t", number));
        writer
    }

    fn open(&mut self, topic: &str, number: u32) {
        let partition = TopicPartition::new(topic, number);
        let handle = self.producer.open(partition.clone());
        self.partitions.push(OpenPartition { partition, handle, values: Vec::new(), failed: 0 });
    }

    /// Appends a record whose value has its partition and index.
    fn append(&mut self, partition: usize) {
        self.append_as(partition, "");
    }

    /// Appends a record whose value begins with these words, and has its partition and index.
    fn append_as(&mut self, partition: usize, words: &str) {
        let value = format!("{words}{partition}:{}", self.partitions[partition].values.len());
        assert_eq!(self.try_append(partition, value), Taken::Yes);
    }

    fn try_append(&mut self, partition: usize, value: String) -> Taken {
        let record = RecordBytes::new(Timestamp::from_millis(7), None, Some(value.as_bytes()));
        let taken = self.producer.append(self.partitions[partition].handle, &record);
        if taken == Taken::Yes {
            self.partitions[partition].values.push(value);
            self.numbers.push(Some(partition));
        }
        taken
    }

    fn poll(&mut self) {
        let heard = self.events.len();
        self.producer.poll(self.now, &mut self.events);
        if !self.is_response_late() && (self.settled)(self.producer.leaders.cluster()) {
            self.now += self.step;
        }
        for event in &self.events[heard..] {
            if let ProduceEvent::Failed { partition, records, contents, .. } = event {
                let open = self.partitions.iter_mut().find(|open| open.partition == *partition).unwrap();
                open.failed += records;
                assert_eq!(contents.len(), *records, "each record is reported as it was appended");
                for RecordBuf { timestamp, key, value, headers } in contents {
                    let value = String::from_utf8(value.clone().unwrap()).unwrap();
                    assert!(open.values.contains(&value), "{value}");
                    assert_eq!((timestamp.as_millis(), key, headers.len()), (7, &None, 0));
                }
            }
        }
        self.check_completed();
    }

    /// Whether a response that will come is as late as it may be.
    fn is_response_late(&self) -> bool {
        let (links, responds) = (&self.producer.links, self.cluster.responds());
        links.iter().any(|(broker, link)| link.waited(self.now) >= LATE_MAX && responds(*broker))
    }

    /// Checks that every completed record is in the log or was reported as failed.
    fn check_completed(&mut self) {
        let completed = self.producer.completed();
        assert!(self.completed <= completed && completed <= self.producer.appended(), "{} {completed}", self.completed);
        let mut completed_of = vec![0; self.partitions.len()];
        self.numbers[..completed as usize].iter().flatten().for_each(|partition| completed_of[*partition] += 1);
        for (partition, completed) in self.partitions.iter().zip(completed_of) {
            let there = self.cluster.edit(|script| partition.end(script)) as usize + partition.failed;
            assert!(there >= completed, "{}: {completed} records are completed, of {there}", partition.partition);
        }
        self.completed = completed;
    }

    fn until(&mut self, what: &str, mut is_it: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        loop {
            self.poll();
            if is_it(self) {
                return;
            }
            let (completed, appended) = (self.completed, self.producer.appended());
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {completed} of {appended}, {:?}", self.events);
            self.signal.wait(Duration::from_millis(2));
        }
    }

    fn until_completed(&mut self) {
        self.until("all is completed", |writer| writer.completed == writer.producer.appended());
    }

    /// Polls until the brokers have got this many produce requests.
    fn until_requests(&mut self, produces: usize) {
        self.until("brokers are requested", |writer| writer.produces() >= produces);
    }

    /// Polls for a while in which nothing should happen.
    fn idle(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < IDLE {
            self.poll();
            self.signal.wait(Duration::from_millis(2));
        }
    }

    /// Waits until all is completed: nothing is reported, and every record is in the log, once and in order.
    #[track_caller]
    fn check_written(&mut self) {
        self.until_completed();
        assert!(self.events.is_empty(), "{:?}", self.events);
        self.check_written_but(|_| false);
    }

    /// The same, where some records are refused. What is reported remains to be checked.
    #[track_caller]
    fn check_written_but(&mut self, is_refused: impl Fn(&str) -> bool) {
        self.until_completed();
        for partition in &self.partitions {
            let expected: Vec<_> = partition.values.iter().filter(|value| !is_refused(value)).collect();
            let written = self.cluster.edit(|script| partition.written(script));
            assert_eq!(written.iter().collect::<Vec<_>>(), expected, "{}", partition.partition);
            assert_eq!(partition.failed, partition.values.len() - expected.len(), "{:?}", self.events);
        }
        let buffered = &self.producer.buffered;
        assert_eq!((buffered.bytes, buffered.records), (0, 0), "what waits in the buffer");
    }

    /// How many requests for partitions are in flight.
    fn in_flight(&self) -> usize {
        self.producer.links.values().map(|link| link.partitions_in_flight().count()).sum()
    }

    fn produces(&self) -> usize {
        self.cluster.edit(|script| script.produces.len())
    }

    /// How many producer ids this producer has been given.
    fn producers(&self) -> i64 {
        self.cluster.edit(|script| script.producer_ids)
    }
}

/// Without lingering, and with short backoffs.
fn settings() -> ProduceSettings {
    ProduceSettings { linger: Duration::ZERO, retry_after: Duration::from_millis(5), ..ProduceSettings::default() }
}
