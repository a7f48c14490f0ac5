//! Writes the answers, straight from the message schemas.

use super::bytes::Writing;
use super::questions::{AskedPartition, FetchQuestion, Question};
use super::{
    API_VERSIONS, FETCH, INIT_PRODUCER_ID, METADATA, NOT_LEADER, PRODUCE, Script, TestPartition,
    UNKNOWN_TOPIC_OR_PARTITION,
};

const OFFSET_OUT_OF_RANGE: i16 = 1;
const FENCED_LEADER_EPOCH: i16 = 74;
const UNKNOWN_LEADER_EPOCH: i16 = 75;

impl Script {
    /// Does what a question asks for, and writes the frame that answers it.
    pub(super) fn answer(&mut self, broker: i32, correlation: i32, question: &Question) -> Vec<u8> {
        let mut answer = Writing { has_unknown_tags: self.has_unknown_tags, ..Writing::default() };
        answer.int32(correlation);
        match question {
            Question::ApiVersions => self.api_versions(&mut answer),
            Question::Metadata(topics) => self.metadata(topics, answer.tags(None)),
            Question::Fetch(question) => self.fetch(broker, question, answer.tags(None)),
            Question::Produce(question) => self.produce(broker, question, answer.tags(None)),
            Question::InitProducerId => self.init_producer_id(answer.tags(None)),
        }
        answer.frame()
    }

    /// Whether a fetch finds anything to tell at once.
    pub(super) fn has_news(&self, broker: i32, question: &FetchQuestion) -> bool {
        question.partitions.iter().any(|asked| {
            let (error, partition) = self.look(broker, asked);
            error != 0
                || partition
                    .is_some_and(|it| it.end() > asked.offset || it.diverges_at.is_some() || !it.tail.is_empty())
        })
    }

    fn api_versions(&self, answer: &mut Writing) {
        let spoken = [
            (METADATA, 0, 12),
            (API_VERSIONS, 0, 4),
            (FETCH, 4, self.fetch_newest),
            (PRODUCE, 0, self.produce_newest),
            (INIT_PRODUCER_ID, 0, 5),
        ];
        answer.int16(0).int32(spoken.len() as i32);
        for (kind, oldest, newest) in spoken {
            answer.int16(kind).int16(oldest).int16(newest);
        }
    }

    fn metadata(&self, topics: &[String], answer: &mut Writing) {
        let brokers = self.ports.iter().filter(|(broker, _)| !self.absent.contains(broker));
        answer.int32(0).count(brokers.clone().count());
        for (broker, port) in brokers {
            answer.int32(*broker).compact("127.0.0.1").int32(i32::from(*port)).null().tags(None);
        }
        answer.compact("cluster").int32(1).count(topics.len());
        for topic in topics {
            let partitions: Vec<_> = self.partitions.iter().filter(|((of, _), _)| of == topic).collect();
            let error = if partitions.is_empty() { UNKNOWN_TOPIC_OR_PARTITION } else { 0 };
            answer.int16(error).compact(topic).put([0]).count(partitions.len());
            for ((_, number), partition) in partitions {
                let (leader, epoch) = partition.stale.unwrap_or((partition.leader, partition.epoch));
                answer.int16(if leader < 0 { 5 } else { 0 }).int32(*number).int32(leader).int32(epoch);
                answer.count(2).int32(1).int32(2).count(1).int32(1).count(0).tags(None);
            }
            answer.int32(i32::MIN).tags(None);
        }
        answer.tags(None);
    }

    fn fetch(&self, broker: i32, question: &FetchQuestion, answer: &mut Writing) {
        answer.int32(self.throttle_ms).int16(0).int32(0);
        let by_topic = question.partitions.chunk_by(|one, other| one.topic == other.topic);
        answer.count(by_topic.clone().count());
        for partitions in by_topic {
            answer.compact(&partitions[0].topic).count(partitions.len());
            for asked in partitions {
                let (error, partition) = self.look(broker, asked);
                put_partition(asked, error, partition.unwrap_or(&TestPartition::default()), answer);
            }
            answer.tags(None);
        }
        answer.tags(None);
    }

    fn look(&self, broker: i32, asked: &AskedPartition) -> (i16, Option<&TestPartition>) {
        let Some(partition) = self.partitions.get(&(asked.topic.clone(), asked.number)) else {
            return (UNKNOWN_TOPIC_OR_PARTITION, None);
        };
        let error = match partition {
            it if it.error != 0 => it.error,
            it if it.leader != broker => NOT_LEADER,
            it if asked.leader_epoch >= 0 && asked.leader_epoch < it.epoch => FENCED_LEADER_EPOCH,
            it if asked.leader_epoch > it.epoch => UNKNOWN_LEADER_EPOCH,
            it if asked.offset < it.start || asked.offset > it.end() => OFFSET_OUT_OF_RANGE,
            _ => 0,
        };
        (error, Some(partition))
    }
}

fn put_partition(asked: &AskedPartition, error: i16, partition: &TestPartition, answer: &mut Writing) {
    let end = if error == 0 { partition.end() } else { -1 };
    answer.int32(asked.number).int16(error).int64(end).int64(end).int64(partition.start);
    if partition.aborted.is_empty() {
        answer.null();
    } else {
        answer.count(partition.aborted.len());
        for (producer, first_offset) in &partition.aborted {
            answer.int64(*producer).int64(*first_offset).tags(None);
        }
    }
    answer.int32(-1);
    let diverging = partition.diverges_at.map(|offset| {
        let mut field = Writing::default();
        field.int32(1).int64(offset).tags(None);
        field.bytes
    });
    let has_records = error == 0 && diverging.is_none();
    answer.compact(if has_records { records(asked, partition) } else { Vec::new() }).tags(diverging);
}

/// Whole batches, as many as fit, but one in any case; and the part behind the last.
fn records(asked: &AskedPartition, partition: &TestPartition) -> Vec<u8> {
    let mut records = Vec::new();
    for (_, batch) in partition.batches.iter().filter(|(next, _)| *next > asked.offset) {
        if !records.is_empty() && records.len() + batch.len() > asked.bytes_max as usize {
            return records;
        }
        records.extend_from_slice(batch);
    }
    records.extend_from_slice(&partition.tail);
    records
}
