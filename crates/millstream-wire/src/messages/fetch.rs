//! Asks a broker for records.

use std::io::Read;
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::batch::Aborted;
use crate::error::LinkError;
use crate::frame::{Api, RESPONSE_BYTES_MAX, RequestFrame, ResponseFrame};
use crate::settings::FetchSettings;

/// Version 12, since Kafka 2.7: the last one that knows topics by their names.
pub(crate) const API: Api = Api { key: 1, version: 12, is_flexible: true };

/// a client, not a follower.
const NO_REPLICA: i32 = -1;
/// No session: every request names all that it asks for.
const NO_SESSION: i32 = 0;
const SESSIONLESS: i32 = -1;
/// The field of a response that says where the log of the broker and what was read go apart.
const DIVERGING_EPOCH: u64 = 0;

/// A partition of a fetch request.
#[derive(Clone, Debug)]
pub(crate) struct FetchPartition {
    pub(crate) partition: TopicPartition,
    pub(crate) offset: Offset,
    /// The epoch of its leader as far as known; the broker refuses to respond if it knows better.
    pub(crate) leader_epoch: i32,
    /// The epoch of the batch that was read last, if the broker is to check that it has that batch, too.
    pub(crate) last_epoch: Option<i32>,
}

/// What a broker says of one partition.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) partition: TopicPartition,
    /// Kafka's number for what went wrong, 0 if nothing did.
    pub(crate) error: i16,
    /// The end of what may be read.
    pub(crate) end: Offset,
    pub(crate) start: Offset,
    pub(crate) aborted: Vec<Aborted>,
    pub(crate) records: Vec<u8>,
    /// Up to where the broker's log is the one that was read, if it is another one after that.
    pub(crate) diverges_at: Option<Offset>,
}

/// The response to a fetch request.
#[derive(Debug)]
pub(crate) struct FetchResponse {
    /// For how long it will not respond again.
    pub(crate) throttle: Duration,
    pub(crate) partitions: Vec<Fetched>,
}

/// Writes the request, which the broker may hold for as long as `wait`; partitions of one topic should stand together.
pub(crate) fn request(
    correlation: i32,
    settings: &FetchSettings,
    wait: Duration,
    requested: &[FetchPartition],
) -> Vec<u8> {
    let mut request = RequestFrame::new(API, correlation, &settings.client.client_id);
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let bytes_max = settings.bytes_max.min(RESPONSE_BYTES_MAX as i32 / 2);
    request.int32(NO_REPLICA).int32(wait_ms).int32(settings.bytes_min).int32(bytes_max);
    request.int8(i8::from(settings.is_read_committed)).int32(NO_SESSION).int32(SESSIONLESS);
    let by_topic = requested.chunk_by(|one, other| one.partition.topic == other.partition.topic);
    request.count(by_topic.clone().count());
    for partitions in by_topic {
        request.compact_string(partitions[0].partition.topic.as_str()).count(partitions.len());
        for requested in partitions {
            request.int32(requested.partition.partition.number() as i32).int32(requested.leader_epoch);
            request.int64(requested.offset.number()).int32(requested.last_epoch.unwrap_or(-1));
            let log_start_of_a_follower = -1;
            request.int64(log_start_of_a_follower).int32(settings.partition_bytes_max).no_tags();
        }
        request.no_tags();
    }
    let (forgotten_topics, rack) = (0, "");
    request.count(forgotten_topics).compact_string(rack).no_tags();
    request.finish()
}

/// Reads the response.
pub(crate) fn read<R: Read>(
    mut response: ResponseFrame<R>,
    is_read_committed: bool,
) -> Result<FetchResponse, LinkError> {
    let throttle = response.millis()?;
    let (code, _session) = (response.int16()?, response.int32()?);
    if code != 0 {
        return Err(LinkError::Refused { code });
    }
    let mut partitions = Vec::new();
    for _ in 0..response.count(3)? {
        let topic = Topic::from(response.compact_string()?);
        for _ in 0..response.count(37)? {
            partitions.push(read_partition(&mut response, &topic, is_read_committed)?);
        }
        response.skip_tags()?;
    }
    response.end()?;
    Ok(FetchResponse { throttle, partitions })
}

fn read_partition<R: Read>(
    response: &mut ResponseFrame<R>,
    topic: &Topic,
    is_read_committed: bool,
) -> Result<Fetched, LinkError> {
    let (number, error) = (response.partition_number()?, response.int16()?);
    let (high_watermark, last_stable, start) = (response.int64()?, response.int64()?, response.int64()?);
    let aborted = read_aborted(response)?;
    let _preferred_replica = response.int32()?;
    let records = response.compact_bytes()?;
    let mut diverges_at = None;
    response.tags(|tag, field| {
        if tag == DIVERGING_EPOCH {
            let _epoch = field.int32()?;
            diverges_at = Some(Offset::new(field.int64()?)).filter(|offset| *offset >= Offset::ZERO);
        }
        Ok(())
    })?;
    Ok(Fetched {
        partition: TopicPartition::new(topic.clone(), number),
        error,
        end: Offset::new(if is_read_committed { last_stable } else { high_watermark }),
        start: Offset::new(start),
        aborted,
        records,
        diverges_at,
    })
}

fn read_aborted<R: Read>(response: &mut ResponseFrame<R>) -> Result<Vec<Aborted>, LinkError> {
    let mut aborted = Vec::new();
    for _ in 0..response.count(17)? {
        aborted.push(Aborted { producer_id: response.int64()?, first_offset: response.int64()? });
        response.skip_tags()?;
    }
    Ok(aborted)
}
