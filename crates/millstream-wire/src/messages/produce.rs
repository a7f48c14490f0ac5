//! `Produce`: sends batches to the leader of their partitions.

use std::io::{self, Read, Write};
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::error::LinkError;
use crate::frame::{Api, RequestFrame, ResponseFrame};

/// Version 9, since Kafka 2.8: the first flexible version.
pub(crate) const API: Api = Api { name: "Produce", key: 0, version: 9 };

/// `acks=all`: the broker responds when all in-sync replicas have the batches.
const ALL_REPLICAS: i16 = -1;

/// A partition of a produce response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Produced {
    pub(crate) partition: TopicPartition,
    /// Kafka's error code; 0 is success.
    pub(crate) error: i16,
    /// The offset of the first record, if the broker sends it; it may do so with an error too.
    pub(crate) base_offset: Option<Offset>,
    /// The indexes in the batch of the records that are at fault, if the broker sends them.
    pub(crate) at_fault: Vec<u32>,
    /// The broker's error message: that of the batch, or else the first one of a record at fault.
    pub(crate) message: Option<String>,
}

/// The response to a produce request.
#[derive(Debug)]
pub(crate) struct ProduceResponse {
    /// How long the broker will not read another request.
    pub(crate) throttle: Duration,
    pub(crate) partitions: Vec<Produced>,
}

/// Sends a batch for each of these partitions; partitions of one topic should be adjacent. The broker waits for its replicas
/// for as long as `timeout`. Batches are not copied.
pub(crate) fn send<W: Write>(
    sink: &mut W,
    correlation: i32,
    client_id: &str,
    timeout: Duration,
    batches: &[(&TopicPartition, &[u8])],
) -> io::Result<()> {
    let mut request = RequestFrame::new(API, correlation, client_id);
    let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    request.null().int16(ALL_REPLICAS).int32(timeout_ms);
    let by_topic = batches.chunk_by(|(one, _), (other, _)| one.topic == other.topic);
    request.count(by_topic.clone().count());
    for partitions in by_topic {
        request.compact_string(partitions[0].0.topic.as_str()).count(partitions.len());
        for (partition, batch) in partitions {
            request.int32(partition.partition.number() as i32).compact_bytes(batch).no_tags();
        }
        request.no_tags();
    }
    request.no_tags();
    request.send(sink)
}

/// Reads the response.
pub(crate) fn read<R: Read>(mut response: ResponseFrame<R>) -> Result<ProduceResponse, LinkError> {
    let mut partitions = Vec::new();
    for _ in 0..response.count(3)? {
        let topic = Topic::from(response.compact_string()?);
        for _ in 0..response.count(33)? {
            partitions.push(read_partition(&mut response, &topic)?);
        }
        response.skip_tags()?;
    }
    let throttle = response.throttle()?;
    response.end()?;
    Ok(ProduceResponse { throttle, partitions })
}

fn read_partition<R: Read>(response: &mut ResponseFrame<R>, topic: &Topic) -> Result<Produced, LinkError> {
    let (number, error) = (response.partition_number()?, response.int16()?);
    let base_offset = Some(Offset::new(response.int64()?)).filter(|offset| *offset >= Offset::ZERO);
    let (_log_append_time, _log_start) = (response.int64()?, response.int64()?);
    let (at_fault, message_of_one) = read_at_fault(response)?;
    let message_of_all = read_message(response)?;
    response.skip_tags()?;
    Ok(Produced {
        partition: TopicPartition::new(topic.clone(), number),
        error,
        base_offset,
        at_fault,
        message: message_of_all.or(message_of_one),
    })
}

/// The indexes of the records at fault, and the first message among them.
fn read_at_fault<R: Read>(response: &mut ResponseFrame<R>) -> Result<(Vec<u32>, Option<String>), LinkError> {
    let (mut at_fault, mut first_message) = (Vec::new(), None);
    for _ in 0..response.count(6)? {
        let index = response.int32()?;
        // A negative index refers to no record.
        at_fault.extend(u32::try_from(index));
        let message = read_message(response)?;
        first_message = first_message.or(message);
        response.skip_tags()?;
    }
    Ok((at_fault, first_message))
}

/// An error message, unless it is null or empty.
fn read_message<R: Read>(response: &mut ResponseFrame<R>) -> Result<Option<String>, LinkError> {
    Ok(Some(response.compact_string()?).filter(|message| !message.is_empty()))
}
