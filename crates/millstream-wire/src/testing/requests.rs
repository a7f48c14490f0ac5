//! Reads requests by the message schemas, independently of the code that writes them.

use super::bytes::Reading;
use super::calls::Call;
use super::codes::{API_VERSIONS, FETCH, INIT_PRODUCER_ID, PRODUCE, SASL_AUTHENTICATE, SASL_HANDSHAKE};
use super::records::Head;

#[derive(Debug)]
pub(crate) enum Request {
    ApiVersions,
    Fetch(FetchRequest),
    Produce(ProduceRequest),
    InitProducerId,
    /// The mechanism.
    SaslHandshake(String),
    /// The message of the mechanism.
    SaslAuthenticate(Vec<u8>),
    Call(Call),
}

/// Fetch, version 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchRequest {
    pub(crate) wait_max_ms: i32,
    pub(crate) bytes_min: i32,
    pub(crate) bytes_max: i32,
    pub(crate) isolation: i8,
    pub(crate) rack: String,
    pub(crate) session: (i32, i32),
    /// The partitions that it names, in its order.
    pub(crate) named: Vec<RequestedPartition>,
    pub(crate) forgotten: Vec<(String, i32)>,
    /// All partitions that are requested; in a session those that the broker remembers, too.
    pub(crate) partitions: Vec<RequestedPartition>,
    /// The size of the request.
    pub(crate) bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestedPartition {
    pub(crate) topic: String,
    pub(crate) number: i32,
    pub(crate) leader_epoch: i32,
    pub(crate) offset: i64,
    pub(crate) last_epoch: i32,
    pub(crate) bytes_max: i32,
}

/// Produce, version 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProduceRequest {
    pub(crate) timeout_ms: i32,
    /// In the order in which they came.
    pub(crate) batches: Vec<SentBatch>,
}

/// A batch as it was sent, and the fields of its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentBatch {
    pub(crate) topic: String,
    pub(crate) number: i32,
    /// -1 for none.
    pub(crate) producer_id: i64,
    pub(crate) epoch: i16,
    pub(crate) base_sequence: i32,
    pub(crate) count: i32,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a frame without its size, which a broker has got: the kind, the correlation id and the content.
pub(super) fn read(broker: i32, frame: &[u8]) -> (i16, i32, Request) {
    let mut body = Reading(frame);
    let (kind, version, correlation) = (body.int16(), body.int16(), body.int32());
    let length = body.int16();
    assert_eq!(body.take(length as usize), b"tester", "client id");
    let request = match (kind, version) {
        (API_VERSIONS, 0) => Request::ApiVersions,
        (FETCH, 12) => Request::Fetch(fetch(&mut body)),
        (PRODUCE, 9) => Request::Produce(produce(&mut body)),
        (INIT_PRODUCER_ID, 4 | 5) => {
            init_producer_id(&mut body);
            Request::InitProducerId
        }
        (SASL_HANDSHAKE, 1) => {
            let length = body.int16();
            Request::SaslHandshake(String::from_utf8(body.take(length as usize).to_vec()).unwrap())
        }
        (SASL_AUTHENTICATE, 2) => {
            body.no_tags();
            let length = body.count();
            let message = body.take(length).to_vec();
            body.no_tags();
            Request::SaslAuthenticate(message)
        }
        (api, version) => {
            let (_, _, _, _, rest) = millstream_protocol::read_request_header(frame).unwrap();
            return (kind, correlation, Request::Call(Call { broker, api, version, body: rest.to_vec() }));
        }
    };
    assert!(body.0.is_empty(), "{} bytes behind the request", body.0.len());
    (kind, correlation, request)
}

fn fetch(body: &mut Reading<'_>) -> FetchRequest {
    let bytes = body.0.len();
    body.no_tags();
    assert_eq!(body.int32(), -1, "replica");
    let (wait_max_ms, bytes_min, bytes_max, isolation) = (body.int32(), body.int32(), body.int32(), body.int8());
    let session = (body.int32(), body.int32());
    let mut partitions = Vec::new();
    for _ in 0..body.count() {
        let topic = body.text();
        for _ in 0..body.count() {
            partitions.push(requested_partition(body, topic.clone()));
        }
        body.no_tags();
    }
    let mut forgotten = Vec::new();
    for _ in 0..body.count() {
        let topic = body.text();
        (0..body.count()).for_each(|_| forgotten.push((topic.clone(), body.int32())));
        body.no_tags();
    }
    let rack = body.text();
    body.no_tags();
    let named = partitions.clone();
    FetchRequest { wait_max_ms, bytes_min, bytes_max, isolation, rack, session, named, forgotten, partitions, bytes }
}

fn requested_partition(body: &mut Reading<'_>, topic: String) -> RequestedPartition {
    let (number, leader_epoch, offset, last_epoch) = (body.int32(), body.int32(), body.int64(), body.int32());
    assert_eq!(body.int64(), -1, "log start of a follower");
    let bytes_max = body.int32();
    body.no_tags();
    RequestedPartition { topic, number, leader_epoch, offset, last_epoch, bytes_max }
}

fn produce(body: &mut Reading<'_>) -> ProduceRequest {
    body.no_tags();
    body.null();
    assert_eq!(body.int16(), -1, "acks");
    let (timeout_ms, mut batches) = (body.int32(), Vec::new());
    for _ in 0..body.count() {
        let topic = body.text();
        for _ in 0..body.count() {
            batches.push(sent_batch(body, topic.clone()));
        }
        body.no_tags();
    }
    body.no_tags();
    ProduceRequest { timeout_ms, batches }
}

fn sent_batch(body: &mut Reading<'_>, topic: String) -> SentBatch {
    let (number, length) = (body.int32(), body.count());
    let bytes = body.take(length).to_vec();
    body.no_tags();
    let Head { producer_id, epoch, base_sequence, count, .. } = Head::read(&mut Reading(&bytes));
    SentBatch { topic, number, producer_id, epoch, base_sequence, count, bytes }
}

fn init_producer_id(body: &mut Reading<'_>) {
    body.no_tags();
    body.null();
    assert!(body.int32() > 0, "a time that Java's clients would not send");
    assert_eq!((body.int64(), body.int16()), (-1, -1), "a producer that keeps its id");
    body.no_tags();
}
