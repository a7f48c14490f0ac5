//! `Fetch`: reads records from a broker.

use std::io::Read;
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::batch::Aborted;
use crate::error::LinkError;
use crate::frame::{Api, RESPONSE_BYTES_MAX, RequestFrame, ResponseFrame};
use crate::settings::{FetchSettings, IsolationLevel};

/// Version 12, since Kafka 2.7: the last one that identifies topics by their names.
pub(crate) const API: Api = Api { name: "Fetch", key: 1, version: 12 };

/// The replica id of a client, which is not a follower.
const NO_REPLICA: i32 = -1;
/// The broker does not have the session any more.
const FETCH_SESSION_ID_NOT_FOUND: i16 = 70;
const INVALID_FETCH_SESSION_EPOCH: i16 = 71;
/// The tag of the field that says where the broker's log differs from what was read.
const DIVERGING_EPOCH: u64 = 0;

/// A partition of a fetch request.
#[derive(Clone, Debug)]
pub(crate) struct FetchPartition {
    pub(crate) partition: TopicPartition,
    pub(crate) offset: Offset,
    /// The epoch of its leader as far as known; the broker returns an error if it is outdated.
    pub(crate) leader_epoch: i32,
    /// The leader epoch of the batch that was read last, if the broker is to check that its log contains that batch.
    pub(crate) last_epoch: Option<i32>,
    /// Whether a response to the last request for it was lost, or there was none.
    pub(crate) is_new: bool,
}

impl FetchPartition {
    /// Whether the broker has to be told.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        (self.offset, self.leader_epoch, self.last_epoch) != (other.offset, other.leader_epoch, other.last_epoch)
    }
}

/// What a request says in a session (KIP-227).
#[derive(Debug)]
pub(crate) struct SessionRequest {
    pub(crate) id: i32,
    /// The number of the request in the session; 0 begins one.
    pub(crate) epoch: i32,
    /// The partitions that are new or have changed. Those of one topic should be adjacent.
    pub(crate) named: Vec<FetchPartition>,
    /// Those that are not requested any more.
    pub(crate) forgotten: Vec<TopicPartition>,
}

/// A partition of a fetch response.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) partition: TopicPartition,
    /// Kafka's error code; 0 is success.
    pub(crate) error: i16,
    /// The end of what may be read: the high watermark, or the last stable offset.
    pub(crate) end: Offset,
    pub(crate) start: Offset,
    pub(crate) aborted: Vec<Aborted>,
    pub(crate) records: Vec<u8>,
    /// The first offset at which the broker's log differs from what was read, if it differs.
    pub(crate) diverges_at: Option<Offset>,
    /// The replica to read from instead of this broker, which has returned no records.
    pub(crate) nearer_replica: Option<i32>,
}

/// The response to a fetch request.
#[derive(Debug)]
pub(crate) struct FetchResponse {
    /// How long the broker will not respond to another request.
    pub(crate) throttle: Duration,
    /// The number of the session, or 0.
    pub(crate) session: i32,
    /// Whether the partitions of the session that are not in the response are unchanged.
    pub(crate) is_incremental: bool,
    pub(crate) partitions: Vec<Fetched>,
}

/// Writes the request, which the broker may hold for as long as `wait`. If `rack` is not empty, it may name a nearer replica.
pub(crate) fn request(
    correlation: i32,
    settings: &FetchSettings,
    wait: Duration,
    rack: &str,
    session: &SessionRequest,
) -> Vec<u8> {
    let mut request = RequestFrame::new(API, correlation, &settings.client.client_id);
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let bytes_max = settings.bytes_max.min(RESPONSE_BYTES_MAX as i32 / 2);
    request.int32(NO_REPLICA).int32(wait_ms).int32(settings.bytes_min).int32(bytes_max);
    request.int8(settings.isolation.number()).int32(session.id).int32(session.epoch);
    let by_topic = session.named.chunk_by(|one, other| one.partition.topic == other.partition.topic);
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
    let by_topic = session.forgotten.chunk_by(|one, other| one.topic == other.topic);
    request.count(by_topic.clone().count());
    for partitions in by_topic {
        request.compact_string(partitions[0].topic.as_str()).count(partitions.len());
        for partition in partitions {
            request.int32(partition.partition.number() as i32);
        }
        request.no_tags();
    }
    request.compact_string(rack).no_tags();
    request.finish()
}

/// Reads the response.
pub(crate) fn read<R: Read>(
    mut response: ResponseFrame<R>,
    isolation: IsolationLevel,
) -> Result<FetchResponse, LinkError> {
    let throttle = response.throttle()?;
    let (code, session) = (response.int16()?, response.int32()?);
    let mut partitions = Vec::new();
    match code {
        0 => {}
        FETCH_SESSION_ID_NOT_FOUND | INVALID_FETCH_SESSION_EPOCH => {
            response.end()?;
            return Ok(FetchResponse { throttle, session: 0, is_incremental: false, partitions });
        }
        code => return Err(LinkError::Refused { code }),
    }
    for _ in 0..response.count(3)? {
        let topic = Topic::from(response.compact_string()?);
        for _ in 0..response.count(37)? {
            partitions.push(read_partition(&mut response, &topic, isolation)?);
        }
        response.skip_tags()?;
    }
    response.end()?;
    Ok(FetchResponse { throttle, session, is_incremental: false, partitions })
}

fn read_partition<R: Read>(
    response: &mut ResponseFrame<R>,
    topic: &Topic,
    isolation: IsolationLevel,
) -> Result<Fetched, LinkError> {
    let (number, error) = (response.partition_number()?, response.int16()?);
    let (high_watermark, last_stable, start) = (response.int64()?, response.int64()?, response.int64()?);
    let aborted = read_aborted(response)?;
    let nearer_replica = Some(response.int32()?).filter(|broker| *broker >= 0);
    let records = response.compact_bytes()?;
    let end = match isolation {
        IsolationLevel::ReadCommitted => last_stable,
        IsolationLevel::ReadUncommitted => high_watermark,
    };
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
        end: Offset::new(end),
        start: Offset::new(start),
        aborted,
        records,
        diverges_at,
        nearer_replica,
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
