//! The clients of the log traits against test brokers with faults.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "against brokers in real time, on threads of their own"
)]

mod consuming;
mod producing;
mod reading;

use std::time::{Duration, Instant};

use millstream_log::{
    CommittedOffset, Fetching, LogError, LogEvent, Membership, Producing, Signal, StartAt, TopicState,
};
use millstream_protocol::Request;
use millstream_protocol::messages as of;
use millstream_types::{MonotonicTime, Offset, Timestamp, Topic, TopicPartition};

use super::*;
use crate::client::Cluster;
use crate::group::MemberSettings;
use crate::settings::{FetchSettings, ProduceSettings};
use crate::testing::{Fault, Pace, TestCluster, TestPartition};

/// The longest time that a test waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something that is polled.
trait Polled {
    fn poll_at(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>);
    fn calls(&self) -> Cluster;
}

impl Polled for Reader {
    fn poll_at(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        Fetching::poll(self, now, &mut |_| true, events);
    }

    fn calls(&self) -> Cluster {
        self.cluster().clone()
    }
}

impl Polled for Consumer {
    fn poll_at(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        Fetching::poll(self, now, &mut |_| true, events);
    }

    fn calls(&self) -> Cluster {
        self.cluster.clone()
    }
}

impl Polled for Producer {
    fn poll_at(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        Producing::poll(self, now, events);
    }

    fn calls(&self) -> Cluster {
        self.cluster.clone()
    }
}

/// Three brokers, each of which leads a partition of `t` with three records, and a client.
struct Rig<C> {
    brokers: TestCluster,
    client: C,
    now: MonotonicTime,
    events: Vec<LogEvent>,
    pace: Pace,
}

impl<C: Polled> Rig<C> {
    fn new(client: impl FnOnce(&TestCluster, &Signal) -> C) -> Self {
        let brokers = TestCluster::start(3).with([1, 2, 3].map(|leader| TestPartition::new(leader).with(&[3])));
        let client = client(&brokers, &Signal::new());
        let now = MonotonicTime::after_start(Duration::from_secs(1_000));
        Self { brokers, client, now, events: Vec::new(), pace: Pace::new() }
    }

    fn poll(&mut self) {
        self.client.poll_at(self.now, &mut self.events);
        let cluster = self.client.calls();
        if self.pace.is_settled(&self.brokers, std::iter::once(&cluster)) {
            self.now += Duration::from_millis(5);
        }
        std::thread::sleep(Duration::from_micros(200));
    }

    #[track_caller]
    fn until(&mut self, what: &str, is_it: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !is_it(self) {
            assert!(begin.elapsed() < PATIENCE, "never: {what}; {:?}", self.events);
            self.poll();
        }
    }

    #[track_caller]
    fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        self.until("time passes", |rig| rig.now >= until);
    }

    /// The offsets that were read of a partition of `t`.
    fn offsets(&self, number: u32) -> Vec<i64> {
        let chunks =
            self.events.iter().filter_map(|event| if let LogEvent::Chunk(chunk) = event { Some(chunk) } else { None });
        let of_partition = chunks.filter(|chunk| chunk.partition.partition.number() == number);
        of_partition.flat_map(|chunk| chunk.iter().map(|record| record.offset().number()).collect::<Vec<_>>()).collect()
    }
}

fn partition(number: u32) -> TopicPartition {
    TopicPartition::new("t", number)
}

fn fetch_settings(brokers: &TestCluster) -> FetchSettings {
    let client = brokers.client_of(&[1, 2, 3]);
    FetchSettings { client, wait_max: Duration::from_millis(20), ..FetchSettings::default() }
}
