//! Asks a broker for records.

use std::io::Read;
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition};

use crate::batch::Aborted;
use crate::connection::ANSWER_BYTES_MAX;
use crate::error::LinkError;
use crate::frame::{Answer, Api, Question};
use crate::settings::FetchSettings;

/// Version 12, since Kafka 2.7: the last one that knows topics by their names.
pub(crate) const API: Api = Api { key: 1, version: 12, is_flexible: true };

/// One who is no broker.
const NO_REPLICA: i32 = -1;
/// No session: every request names all that it asks for.
const NO_SESSION: i32 = 0;
const SESSIONLESS: i32 = -1;
/// The field of an answer that says where the log of the broker and what was read go apart.
const DIVERGING_EPOCH: u64 = 0;

/// A partition that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) partition: TopicPartition,
    pub(crate) offset: Offset,
    /// The epoch of its leader as far as known; the broker refuses to answer if it knows better.
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

/// What a broker says of all that it was asked for.
#[derive(Debug)]
pub(crate) struct FetchAnswer {
    /// For how long it will not answer again.
    pub(crate) throttle: Duration,
    pub(crate) partitions: Vec<Fetched>,
}

/// Writes the request, which the broker may hold for as long as `wait`; partitions of one topic should stand together.
pub(crate) fn question(correlation: i32, settings: &FetchSettings, wait: Duration, asked: &[Asked]) -> Vec<u8> {
    let mut question = Question::new(API, correlation, &settings.client.client_id);
    let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(i32::MAX);
    let bytes_max = settings.bytes_max.min(ANSWER_BYTES_MAX as i32 / 2);
    question.int32(NO_REPLICA).int32(wait_ms).int32(settings.bytes_min).int32(bytes_max);
    question.int8(i8::from(settings.is_read_committed)).int32(NO_SESSION).int32(SESSIONLESS);
    let by_topic = asked.chunk_by(|one, other| one.partition.topic == other.partition.topic);
    question.count(by_topic.clone().count());
    for partitions in by_topic {
        question.compact_string(partitions[0].partition.topic.as_str()).count(partitions.len());
        for asked in partitions {
            question.int32(asked.partition.partition.number() as i32).int32(asked.leader_epoch);
            question.int64(asked.offset.number()).int32(asked.last_epoch.unwrap_or(-1));
            let log_start_of_a_follower = -1;
            question.int64(log_start_of_a_follower).int32(settings.partition_bytes_max).no_tags();
        }
        question.no_tags();
    }
    let (forgotten_topics, rack) = (0, "");
    question.count(forgotten_topics).compact_string(rack).no_tags();
    question.finish()
}

/// Reads the answer.
pub(crate) fn read<R: Read>(mut answer: Answer<R>, is_read_committed: bool) -> Result<FetchAnswer, LinkError> {
    let throttle = answer.millis()?;
    let (code, _session) = (answer.int16()?, answer.int32()?);
    if code != 0 {
        return Err(LinkError::Refused { code });
    }
    let mut partitions = Vec::new();
    for _ in 0..answer.count(3)? {
        let topic = Topic::from(answer.compact_string()?);
        for _ in 0..answer.count(37)? {
            partitions.push(read_partition(&mut answer, &topic, is_read_committed)?);
        }
        answer.skip_tags()?;
    }
    answer.end()?;
    Ok(FetchAnswer { throttle, partitions })
}

fn read_partition<R: Read>(
    answer: &mut Answer<R>,
    topic: &Topic,
    is_read_committed: bool,
) -> Result<Fetched, LinkError> {
    let (number, error) = (answer.partition_number()?, answer.int16()?);
    let (high_watermark, last_stable, start) = (answer.int64()?, answer.int64()?, answer.int64()?);
    let aborted = read_aborted(answer)?;
    let _preferred_replica = answer.int32()?;
    let records = answer.compact_bytes()?;
    let mut diverges_at = None;
    answer.tags(|tag, field| {
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

fn read_aborted<R: Read>(answer: &mut Answer<R>) -> Result<Vec<Aborted>, LinkError> {
    let mut aborted = Vec::new();
    for _ in 0..answer.count(17)? {
        aborted.push(Aborted { producer_id: answer.int64()?, first_offset: answer.int64()? });
        answer.skip_tags()?;
    }
    Ok(aborted)
}
