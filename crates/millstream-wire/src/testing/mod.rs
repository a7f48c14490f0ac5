//! A cluster for tests: brokers in this process that answer by a script, and keep what they were asked.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "brokers in real time, on threads of their own"
)]

mod answering;
mod bytes;
mod questions;
mod serving;

use std::collections::BTreeMap;
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};

pub(crate) use self::questions::{AskedPartition, FetchQuestion};
use crate::batch::testing::TestBatch;

pub(crate) const FETCH: i16 = 1;
pub(crate) const METADATA: i16 = 3;
pub(crate) const API_VERSIONS: i16 = 18;

/// What goes wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends after so many bytes of the answer; the next answer is whole.
    CutAt(usize),
    ByteByByte,
    WrongCorrelation,
    /// These bytes come in its place, and the connection ends.
    Instead(Vec<u8>),
    /// It does not come while this fault is there.
    Held,
}

/// A partition as the brokers have it.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestPartition {
    pub(crate) start: i64,
    /// The batches with the offsets that follow each.
    pub(crate) batches: Vec<(i64, Vec<u8>)>,
    pub(crate) leader: i32,
    pub(crate) epoch: i32,
    /// The leader and epoch that look-ups are told, if others than the true ones.
    pub(crate) stale: Option<(i32, i32)>,
    pub(crate) error: i16,
    /// Producers and the first offsets of their aborted transactions.
    pub(crate) aborted: Vec<(i64, i64)>,
    pub(crate) diverges_at: Option<i64>,
    /// Bytes behind the last batch: a part of one more.
    pub(crate) tail: Vec<u8>,
}

impl TestPartition {
    pub(crate) fn new(leader: i32) -> Self {
        Self { leader, ..Self::default() }
    }

    /// Appends batches of so many numbered records each.
    pub(crate) fn with(mut self, counts: &[i32]) -> Self {
        counts.iter().for_each(|count| self.push(&TestBatch::numbered(self.end(), *count)));
        self
    }

    pub(crate) fn push(&mut self, batch: &TestBatch) {
        self.batches.push((batch.next_offset(), batch.encode()));
    }

    pub(crate) fn end(&self) -> i64 {
        self.batches.last().map_or(self.start, |(next, _)| *next)
    }
}

/// What the brokers do, and what they saw.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) partitions: BTreeMap<(String, i32), TestPartition>,
    pub(crate) throttle_ms: i32,
    /// Whether every structure ends in tagged fields that nobody knows.
    pub(crate) has_unknown_tags: bool,
    /// The newest version of fetches that the brokers understand.
    pub(crate) fetch_newest: i16,
    /// By the broker and the kind of question.
    pub(crate) faults: BTreeMap<(i32, i16), Fault>,
    /// The fetches, each with the broker that was asked.
    pub(crate) fetches: Vec<(i32, FetchQuestion)>,
    /// How long the answers to them were.
    pub(crate) answer_bytes: Vec<usize>,
    pub(crate) lookups: usize,
    /// Connections by broker: how many there were, and how many of them are still there.
    pub(crate) opened: BTreeMap<i32, usize>,
    pub(crate) open: BTreeMap<i32, usize>,
    ports: BTreeMap<i32, u16>,
    is_over: bool,
}

impl Script {
    pub(crate) fn partition(&mut self, topic: &str, number: i32) -> &mut TestPartition {
        self.partitions.get_mut(&(topic.to_owned(), number)).unwrap()
    }

    /// The offsets at which a partition was asked for.
    pub(crate) fn asked(&self, topic: &str, number: i32) -> Vec<AskedPartition> {
        let partitions = self.fetches.iter().flat_map(|(_, question)| &question.partitions);
        partitions.filter(|asked| asked.topic == topic && asked.number == number).cloned().collect()
    }
}

/// The script, and a bell for those who wait for it to change.
#[derive(Debug, Default)]
struct Shared {
    script: Mutex<Script>,
    changed: Condvar,
}

/// Brokers 1, 2, … in this process, which end with it.
pub(crate) struct TestCluster(Arc<Shared>);

impl TestCluster {
    pub(crate) fn start(brokers: i32) -> Self {
        let shared = Arc::new(Shared::default());
        shared.script.lock().unwrap().fetch_newest = 18;
        for broker in 1..=brokers {
            let port = serving::listen(broker, &shared);
            shared.script.lock().unwrap().ports.insert(broker, port);
        }
        Self(shared)
    }

    /// Adds partitions of the topic `t`, from number 0 on.
    pub(crate) fn with(self, partitions: impl IntoIterator<Item = TestPartition>) -> Self {
        let numbered = (0..).zip(partitions).map(|(number, partition)| (("t".to_owned(), number), partition));
        self.edit(|script| script.partitions.extend(numbered));
        self
    }

    pub(crate) fn bootstrap(&self) -> String {
        self.edit(|script| format!("127.0.0.1:{}", script.ports[&1]))
    }

    /// Looks at the script, or changes it.
    pub(crate) fn edit<T>(&self, edit: impl FnOnce(&mut Script) -> T) -> T {
        let edited = edit(&mut self.0.script.lock().unwrap());
        self.0.changed.notify_all();
        edited
    }

    pub(crate) fn fault(&self, broker: i32, kind: i16, fault: Fault) {
        self.edit(|script| script.faults.insert((broker, kind), fault));
    }

    pub(crate) fn heal(&self) {
        self.edit(|script| script.faults.clear());
    }
}

/// The threads that listen are woken up to see that it is over.
impl Drop for TestCluster {
    fn drop(&mut self) {
        if let Ok(mut script) = self.0.script.lock() {
            script.is_over = true;
            self.0.changed.notify_all();
            script.ports.values().for_each(|port| drop(TcpStream::connect(("127.0.0.1", *port))));
        }
    }
}
