//! The behaviour of the brokers, and the requests that they got.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex};

use super::calls::Calls;
use super::partition::TestPartition;
use super::records::{self, Written};
use super::requests::{FetchRequest, ProduceRequest, RequestedPartition, SentBatch};
use super::session::TestSession;
use crate::security::Security;

/// A fault of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends after so many bytes of the response; the next response is whole.
    CutAt(usize),
    ByteByByte,
    WrongCorrelation,
    /// These bytes are sent in its place, and the connection ends.
    Instead(Vec<u8>),
    /// The bytes behind the correlation id are changed, and sometimes cut. The number is the seed.
    Mutated(u64),
    /// It is not sent while this fault is set. The request is executed.
    Held,
    /// The connection ends when the request has arrived, and it is not executed; the next request gets a response.
    Dropped,
}

/// The behaviour of the brokers, and the requests that they got.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) partitions: BTreeMap<(String, i32), TestPartition>,
    pub(crate) throttle_ms: i32,
    /// Whether brokers keep fetch sessions, as they do unless they have too many.
    pub(crate) has_sessions: bool,
    /// Those that there are, by their numbers.
    pub(crate) sessions: BTreeMap<i32, TestSession>,
    pub(super) last_session: i32,
    /// Whether every structure ends in unknown tagged fields.
    pub(crate) has_unknown_tags: bool,
    /// The newest version of fetch requests that the brokers support.
    pub(crate) fetch_newest: i16,
    pub(crate) produce_newest: i16,
    /// The error for batches with earlier sequence numbers that are not among the last five batches.
    pub(crate) passed_sequence_error: i16,
    /// By the broker and the kind of request.
    pub(crate) faults: BTreeMap<(i32, i16), Fault>,
    /// The fetch requests, each with the broker that got it.
    pub(crate) fetches: Vec<(i32, FetchRequest)>,
    /// How long the responses to them were.
    pub(crate) response_bytes: Vec<usize>,
    /// How long the last response of each kind was.
    pub(crate) last_bytes: BTreeMap<i16, usize>,
    /// The produce requests, each with the broker that got it, also those of connections that ended at once.
    pub(crate) produces: Vec<(i32, ProduceRequest)>,
    /// How often a producer id was requested, and how many were assigned: 1000, 1001, …
    pub(crate) producer_id_requests: usize,
    pub(crate) producer_ids: i64,
    /// Each refuses one request for a producer's id.
    pub(crate) producer_id_errors: VecDeque<i16>,
    pub(crate) lookups: usize,
    /// How TLS and SASL are set in the settings of clients.
    pub(crate) security: Security,
    /// How long an authentication is valid; 0 is for ever.
    pub(crate) session_ms: i64,
    /// How often each broker has authenticated a client.
    pub(crate) authentications: BTreeMap<i32, usize>,
    /// Connections by broker: how many there were, and how many of them are still there.
    pub(crate) opened: BTreeMap<i32, usize>,
    pub(crate) open: BTreeMap<i32, usize>,
    /// Brokers that are missing in the responses to look-ups.
    pub(crate) absent: BTreeSet<i32>,
    /// What is served by the codecs.
    pub(crate) calls: Calls,
    /// The connections by broker.
    pub(super) streams: Vec<(i32, TcpStream)>,
    /// How many responses were mutated.
    pub(crate) mutations: u64,
    pub(crate) ports: BTreeMap<i32, u16>,
    pub(super) is_over: bool,
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

    /// Closes the connections of a broker.
    pub(crate) fn disconnect(&mut self, broker: i32) {
        let streams = self.streams.iter().filter(|(of, _)| *of == broker);
        streams.for_each(|(_, stream)| _ = stream.shutdown(Shutdown::Both));
    }

    /// Drops the producer state, so that any sequence number is accepted.
    pub(crate) fn forget_producers(&mut self) {
        self.partitions.values_mut().for_each(|partition| partition.producers.clear());
    }

    /// The offsets at which a partition was requested.
    pub(crate) fn requested(&self, topic: &str, number: i32) -> Vec<RequestedPartition> {
        let partitions = self.fetches.iter().flat_map(|(_, request)| &request.partitions);
        partitions.filter(|requested| requested.topic == topic && requested.number == number).cloned().collect()
    }
}

/// The script, and a condition variable that signals its changes.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) script: Mutex<Script>,
    pub(super) changed: Condvar,
}
