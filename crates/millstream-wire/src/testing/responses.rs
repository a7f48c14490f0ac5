//! Writes responses by the message schemas.

use super::bytes::Writing;
use super::codes::{
    API_VERSIONS, FETCH, INIT_PRODUCER_ID, NOT_LEADER, PRODUCE, SASL_AUTHENTICATE, SASL_HANDSHAKE,
    UNKNOWN_TOPIC_OR_PARTITION,
};
use super::partition::TestPartition;
use super::requests::{FetchRequest, Request, RequestedPartition};
use super::script::Script;

const OFFSET_OUT_OF_RANGE: i16 = 1;
const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
const SASL_AUTHENTICATION_FAILED: i16 = 58;
const FENCED_LEADER_EPOCH: i16 = 74;
const UNKNOWN_LEADER_EPOCH: i16 = 75;

/// A response to a fetch request with an error of its own.
pub(super) fn fetch_error(correlation: i32, error: i16) -> Vec<u8> {
    let mut response = Writing::default();
    response.int32(correlation).tags(None).int32(0).int16(error).int32(0).count(0).tags(None);
    response.frame()
}

/// The brokers know one mechanism.
fn sasl_handshake(mechanism: &str, response: &mut Writing) {
    let error = if mechanism == "PLAIN" { 0 } else { UNSUPPORTED_SASL_MECHANISM };
    response.int16(error).int32(1).int16(5).put("PLAIN");
}

impl Script {
    /// Handles a request, and writes the frame of its response.
    pub(super) fn response(&mut self, broker: i32, correlation: i32, request: &Request) -> Vec<u8> {
        let mut response = Writing { has_unknown_tags: self.has_unknown_tags, ..Writing::default() };
        response.int32(correlation);
        match request {
            Request::ApiVersions => self.api_versions(&mut response),
            Request::Fetch(request) => self.fetch(broker, request, response.tags(None)),
            Request::Produce(request) => self.produce(broker, request, response.tags(None)),
            Request::InitProducerId => self.init_producer_id(response.tags(None)),
            Request::SaslHandshake(mechanism) => sasl_handshake(mechanism, &mut response),
            Request::SaslAuthenticate(message) => self.sasl_authenticate(broker, message, response.tags(None)),
            Request::Call(_) => unreachable!("calls are served by the codecs"),
        }
        response.frame()
    }

    fn sasl_authenticate(&mut self, broker: i32, message: &[u8], response: &mut Writing) {
        if message == b"\0u\0p" {
            *self.authentications.entry(broker).or_default() += 1;
            response.int16(0).null().count(0).int64(self.session_ms).tags(None);
        } else {
            response.int16(SASL_AUTHENTICATION_FAILED).compact("who is that?").count(0).int64(0).tags(None);
        }
    }

    /// Whether a fetch request can be responded to at once.
    pub(super) fn has_news(&self, broker: i32, request: &FetchRequest) -> bool {
        request.partitions.iter().any(|requested| {
            let (error, partition) = self.look(broker, requested);
            error != 0
                || nearer(broker, request, partition).is_some()
                || partition
                    .is_some_and(|it| it.end() > requested.offset || it.diverges_at.is_some() || !it.tail.is_empty())
        })
    }

    fn api_versions(&self, response: &mut Writing) {
        let spoken = [
            (API_VERSIONS, 0, 4),
            (FETCH, 4, self.fetch_newest),
            (PRODUCE, 0, self.produce_newest),
            (INIT_PRODUCER_ID, 0, 5),
            (SASL_HANDSHAKE, 0, 1),
            (SASL_AUTHENTICATE, 0, 2),
        ];
        let calls = self.calls.supported();
        response.int16(0).int32((spoken.len() + calls.len()) as i32);
        for (kind, oldest, newest) in spoken.into_iter().chain(calls) {
            response.int16(kind).int16(oldest).int16(newest);
        }
    }

    fn fetch(&mut self, broker: i32, request: &FetchRequest, response: &mut Writing) {
        let session = if self.has_sessions { request.session.0 } else { 0 };
        response.int32(self.throttle_ms).int16(0).int32(session);
        let told: Vec<RequestedPartition> =
            request.partitions.iter().filter(|requested| self.is_told(broker, request, requested)).cloned().collect();
        let by_topic = told.chunk_by(|one, other| one.topic == other.topic);
        response.count(by_topic.clone().count());
        for partitions in by_topic {
            response.compact(&partitions[0].topic).count(partitions.len());
            for requested in partitions {
                let (error, partition) = self.look(broker, requested);
                let nearer = nearer(broker, request, partition);
                put_partition(requested, error, partition.unwrap_or(&TestPartition::default()), nearer, response);
            }
            response.tags(None);
        }
        response.tags(None);
    }

    /// Whether a response has a partition: in a session it may be left out.
    fn is_told(&mut self, broker: i32, request: &FetchRequest, requested: &RequestedPartition) -> bool {
        if !self.has_sessions {
            return true;
        }
        let (error, partition) = self.look(broker, requested);
        let end = partition.map_or(-1, TestPartition::end);
        let is_news = error != 0
            || nearer(broker, request, partition).is_some()
            || partition.is_some_and(|it| end > requested.offset || it.diverges_at.is_some() || !it.tail.is_empty());
        self.tell_end(request, requested, end) || is_news
    }

    fn look(&self, broker: i32, requested: &RequestedPartition) -> (i16, Option<&TestPartition>) {
        let Some(partition) = self.partitions.get(&(requested.topic.clone(), requested.number)) else {
            return (UNKNOWN_TOPIC_OR_PARTITION, None);
        };
        let error = match partition {
            it if it.error != 0 => it.error,
            it if it.follower == Some(broker) && it.leader != broker && it.follower_error != 0 => it.follower_error,
            it if it.leader != broker && it.follower != Some(broker) => NOT_LEADER,
            it if requested.leader_epoch >= 0 && requested.leader_epoch < it.epoch => FENCED_LEADER_EPOCH,
            it if requested.leader_epoch > it.epoch => UNKNOWN_LEADER_EPOCH,
            it if requested.offset < it.start || requested.offset > it.end() => OFFSET_OUT_OF_RANGE,
            _ => 0,
        };
        (error, Some(partition))
    }
}

/// The follower that a leader names.
fn nearer(broker: i32, request: &FetchRequest, partition: Option<&TestPartition>) -> Option<i32> {
    partition.filter(|it| it.leader == broker && !request.rack.is_empty())?.follower
}

fn put_partition(
    requested: &RequestedPartition,
    error: i16,
    partition: &TestPartition,
    nearer: Option<i32>,
    response: &mut Writing,
) {
    let end = if error == 0 { partition.end() } else { -1 };
    response.int32(requested.number).int16(error).int64(end).int64(end).int64(partition.start);
    if partition.aborted.is_empty() {
        response.null();
    } else {
        response.count(partition.aborted.len());
        for (producer, first_offset) in &partition.aborted {
            response.int64(*producer).int64(*first_offset).tags(None);
        }
    }
    response.int32(nearer.unwrap_or(-1));
    let diverging = partition.diverges_at.map(|offset| {
        let mut field = Writing::default();
        field.int32(1).int64(offset).tags(None);
        field.bytes
    });
    let has_records = error == 0 && diverging.is_none() && nearer.is_none();
    response.compact(if has_records { records(requested, partition) } else { Vec::new() }).tags(diverging);
}

/// Complete batches, as many as fit but at least one, and the incomplete batch after the last.
fn records(requested: &RequestedPartition, partition: &TestPartition) -> Vec<u8> {
    let mut records = Vec::new();
    for (_, batch) in partition.batches.iter().filter(|(next, _)| *next > requested.offset) {
        if !records.is_empty() && records.len() + batch.len() > requested.bytes_max as usize {
            return records;
        }
        records.extend_from_slice(batch);
    }
    records.extend_from_slice(&partition.tail);
    records
}
