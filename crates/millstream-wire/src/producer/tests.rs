//! The producer before brokers that take each batch once, and do some of what they should not.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod broken;
mod forgotten;
mod lane;
mod leaders;
mod model;
mod pace;
mod passing;
mod queued;
mod refusals;
mod unknown;
mod writing;

use std::time::{Duration, Instant};

use millstream_types::Headers;

use self::lane::OpenLane;
use super::*;
use crate::testing::{Script, TestCluster};

/// No test waits for longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Long enough for some answers.
const IDLE: Duration = Duration::from_millis(60);

/// One who writes, and checks that nothing is said to be in the log that is not.
struct Writer<'a> {
    cluster: &'a TestCluster,
    producer: Producer,
    signal: Signal,
    now: MonotonicTime,
    /// How far the time moves from poll to poll.
    step: Duration,
    lanes: Vec<OpenLane>,
    /// The lane of each record, by its number.
    numbers: Vec<Option<usize>>,
    answered: u64,
    told: Vec<Told>,
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
            producer: Producer::new(settings, &signal),
            signal,
            now: MonotonicTime::after_start(Duration::from_secs(1_000)),
            step: Duration::from_millis(1),
            lanes: Vec::new(),
            numbers: Vec::new(),
            answered: 0,
            told: Vec::new(),
        };
        (0..partitions).for_each(|number| writer.open("t", number));
        writer
    }

    fn open(&mut self, topic: &str, number: u32) {
        let partition = TopicPartition::new(topic, number);
        let handle = self.producer.open(partition.clone());
        self.lanes.push(OpenLane { partition, handle, values: Vec::new(), failed: 0 });
    }

    /// Appends a record that says where it stands.
    fn append(&mut self, lane: usize) {
        self.append_as(lane, "");
    }

    /// Appends a record that begins with these words, and says where it stands.
    fn append_as(&mut self, lane: usize, words: &str) {
        let value = format!("{words}{lane}:{}", self.lanes[lane].values.len());
        assert_eq!(self.try_append(lane, value), Taken::Yes);
    }

    fn try_append(&mut self, lane: usize, value: String) -> Taken {
        let headers = Headers::default();
        let record = NewRecord { timestamp: 7, key: None, value: Some(value.as_bytes()), headers: &headers };
        let taken = self.producer.append(self.lanes[lane].handle, &record);
        if taken == Taken::Yes {
            self.lanes[lane].values.push(value);
            self.numbers.push(Some(lane));
        }
        taken
    }

    fn poll(&mut self) {
        let heard = self.told.len();
        self.producer.poll(self.now, &mut self.told);
        self.now = self.now + self.step;
        for told in &self.told[heard..] {
            if let Told::Failed { partition, records, .. } = told {
                self.lanes.iter_mut().find(|lane| lane.partition == *partition).unwrap().failed += records;
            }
        }
        self.check_answered();
    }

    /// Nothing is taken for answered that is neither in the log nor told of.
    fn check_answered(&mut self) {
        let answered = self.producer.answered();
        assert!(self.answered <= answered && answered <= self.producer.appended(), "{} {answered}", self.answered);
        let mut answered_of = vec![0; self.lanes.len()];
        self.numbers[..answered as usize].iter().flatten().for_each(|lane| answered_of[*lane] += 1);
        for (lane, answered) in self.lanes.iter().zip(answered_of) {
            let there = self.cluster.edit(|script| lane.end(script)) as usize + lane.failed;
            assert!(there >= answered, "{}: {answered} records are answered, of {there}", lane.partition);
        }
        self.answered = answered;
    }

    fn until(&mut self, what: &str, mut is_it: impl FnMut(&Self) -> bool) {
        let begin = Instant::now();
        loop {
            self.poll();
            if is_it(self) {
                return;
            }
            let (answered, appended) = (self.answered, self.producer.appended());
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {answered} of {appended}, {:?}", self.told);
            self.signal.wait(Duration::from_millis(2));
        }
    }

    fn until_answered(&mut self) {
        self.until("all is answered", |writer| writer.answered == writer.producer.appended());
    }

    /// Until brokers were asked to write so often.
    fn until_asked(&mut self, produces: usize) {
        self.until("brokers are asked", |writer| writer.produces() >= produces);
    }

    /// For a while in which nothing more should happen.
    fn idle(&mut self) {
        let begin = Instant::now();
        while begin.elapsed() < IDLE {
            self.poll();
            self.signal.wait(Duration::from_millis(2));
        }
    }

    /// Waits until all is answered: nothing is told, and every record is in the log, once and in order.
    #[track_caller]
    fn check_written(&mut self) {
        self.until_answered();
        assert!(self.told.is_empty(), "{:?}", self.told);
        self.check_written_but(|_| false);
    }

    /// The same, where some records are refused. What is told remains to be checked.
    #[track_caller]
    fn check_written_but(&mut self, is_refused: impl Fn(&str) -> bool) {
        self.until_answered();
        for lane in &self.lanes {
            let expected: Vec<_> = lane.values.iter().filter(|value| !is_refused(value)).collect();
            let written = self.cluster.edit(|script| lane.written(script));
            assert_eq!(written.iter().collect::<Vec<_>>(), expected, "{}", lane.partition);
            assert_eq!(lane.failed, lane.values.len() - expected.len(), "{:?}", self.told);
        }
        let buffered = &self.producer.buffered;
        assert_eq!((buffered.bytes, buffered.records), (0, 0), "what waits in the buffer");
    }

    fn produces(&self) -> usize {
        self.cluster.edit(|script| script.produces.len())
    }

    /// As how many producers this one has written.
    fn producers(&self) -> i64 {
        self.cluster.edit(|script| script.producer_ids)
    }
}

/// Without lingering, and with short pauses.
fn settings() -> ProduceSettings {
    ProduceSettings { linger: Duration::ZERO, retry_after: Duration::from_millis(5), ..ProduceSettings::default() }
}
