//! A cluster for tests: brokers in this process that respond by a script, and keep what they were requested.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "brokers in real time, on threads of their own"
)]

mod bytes;
mod partition;
mod producing;
mod records;
mod requests;
mod responses;
mod sequences;
mod serving;
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex};

use crate::settings::ClientSettings;

pub(crate) use self::partition::TestPartition;
pub(crate) use self::records::Written;
pub(crate) use self::requests::{FetchRequest, ProduceRequest, RequestedPartition, SentBatch};

pub(crate) const PRODUCE: i16 = 0;
pub(crate) const FETCH: i16 = 1;
pub(crate) const METADATA: i16 = 3;
pub(crate) const API_VERSIONS: i16 = 18;
pub(crate) const INIT_PRODUCER_ID: i16 = 22;

const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
const NOT_LEADER: i16 = 6;
/// As the protocol has it. Brokers from 2.8 to 4 response with 45, as if a batch were missing.
const DUPLICATE_SEQUENCE: i16 = 46;

/// What goes wrong with a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends after so many bytes of the response; the next response is whole.
    CutAt(usize),
    ByteByByte,
    WrongCorrelation,
    /// These bytes come in its index, and the connection ends.
    Instead(Vec<u8>),
    /// It does not come while this fault is there. What was requested is done.
    Held,
    /// The connection ends when the request has come, and nothing is done; the next request has a response.
    Dropped,
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
    pub(crate) produce_newest: i16,
    /// The error for batches of sequences that were passed, and are none of the last five batches.
    pub(crate) passed_sequence_error: i16,
    /// By the broker and the kind of request.
    pub(crate) faults: BTreeMap<(i32, i16), Fault>,
    /// The fetch requests, each with the broker that got it.
    pub(crate) fetches: Vec<(i32, FetchRequest)>,
    /// How long the responses to them were.
    pub(crate) response_bytes: Vec<usize>,
    /// The produce requests, each with the broker that got it, also those of connections that ended at once.
    pub(crate) produces: Vec<(i32, ProduceRequest)>,
    /// How often a producer's id was requested, and how many were given: 1000, 1001, …
    pub(crate) producer_id_requests: usize,
    pub(crate) producer_ids: i64,
    /// Each refuses one request for a producer's id.
    pub(crate) producer_id_errors: VecDeque<i16>,
    pub(crate) lookups: usize,
    /// Connections by broker: how many there were, and how many of them are still there.
    pub(crate) opened: BTreeMap<i32, usize>,
    pub(crate) open: BTreeMap<i32, usize>,
    /// Brokers that look-ups are not told of.
    pub(crate) absent: BTreeSet<i32>,
    ports: BTreeMap<i32, u16>,
    is_over: bool,
}

impl Script {
    pub(crate) fn partition(&mut self, topic: &str, number: i32) -> &mut TestPartition {
        self.partitions.get_mut(&(topic.to_owned(), number)).unwrap()
    }

    /// The records of a partition, in order.
    pub(crate) fn written(&self, topic: &str, number: i32) -> Vec<Written> {
        let partition = &self.partitions[&(topic.to_owned(), number)];
        partition.batches.iter().flat_map(|(_, batch)| records::records(batch)).collect()
    }

    /// The batches that were sent for a partition, in order.
    pub(crate) fn sent(&self, topic: &str, number: i32) -> Vec<SentBatch> {
        let batches = self.produces.iter().flat_map(|(_, request)| &request.batches);
        batches.filter(|batch| batch.topic == topic && batch.number == number).cloned().collect()
    }

    /// Loses what is known of producers, so that any sequence is taken for the next.
    pub(crate) fn forget_producers(&mut self) {
        self.partitions.values_mut().for_each(|partition| partition.producers.clear());
    }

    /// The offsets at which a partition was requested.
    pub(crate) fn requested(&self, topic: &str, number: i32) -> Vec<RequestedPartition> {
        let partitions = self.fetches.iter().flat_map(|(_, request)| &request.partitions);
        partitions.filter(|requested| requested.topic == topic && requested.number == number).cloned().collect()
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
        {
            let mut script = shared.script.lock().unwrap();
            (script.fetch_newest, script.produce_newest) = (18, 13);
            script.passed_sequence_error = DUPLICATE_SEQUENCE;
        }
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

    /// How to reach it.
    pub(crate) fn client(&self) -> ClientSettings {
        let bootstrap_servers = self.edit(|script| format!("127.0.0.1:{}", script.ports[&1]));
        ClientSettings { bootstrap_servers, client_id: "tester".to_owned(), ..ClientSettings::default() }
    }

    /// The same, with these brokers to begin with.
    pub(crate) fn client_of(&self, brokers: &[i32]) -> ClientSettings {
        let address = |broker: &i32| self.edit(|script| format!("127.0.0.1:{}", script.ports[broker]));
        let bootstrap_servers = brokers.iter().map(address).collect::<Vec<_>>().join(",");
        ClientSettings { bootstrap_servers, ..self.client() }
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
