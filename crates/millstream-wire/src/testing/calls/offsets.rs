//! Committed offsets, and the offsets of partitions.

use millstream_protocol::Request;
use millstream_protocol::messages::list_offsets::{
    ListOffsetsRequest, ListOffsetsRequestTopic, ListOffsetsResponse, ListOffsetsResponsePartitionResponse,
    ListOffsetsResponseTopicResponse,
};
use millstream_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitResponse, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use millstream_protocol::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions, OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};

use super::super::codes::{NOT_LEADER, UNKNOWN_TOPIC_OR_PARTITION};
use super::super::script::Script;
use super::group::{Accepted, GroupState, REBALANCE_IN_PROGRESS};

/// The first version of `OffsetFetch` with a list of groups.
const WITH_GROUPS: i16 = 8;

/// The time of a record in a test is its offset.
const START: i64 = -2;
const END: i64 = -1;

/// The committed offset of a partition in a response: number, offset, metadata, error.
type Found = (i32, i64, Option<String>, i16);

impl Script {
    pub(super) fn commit_offsets(&mut self, broker: i32, request: OffsetCommitRequest, _: i16) -> OffsetCommitResponse {
        let error = match self.group_error(broker, OffsetCommitRequest::API_KEY, &request.group_id) {
            0 => self.commit_error(&request),
            error => error,
        };
        let topics = request.topics.iter().map(|topic| {
            let of_partition = |it: &OffsetCommitRequestPartition| self.commit_one(&request, &topic.name, it, error);
            let partitions = topic.partitions.iter().filter_map(of_partition).collect();
            OffsetCommitResponseTopic { name: topic.name.clone(), partitions }
        });
        OffsetCommitResponse { topics: topics.collect(), ..Default::default() }
    }

    fn commit_error(&mut self, request: &OffsetCommitRequest) -> i16 {
        let group = self.calls.group(&request.group_id);
        let (instance, generation) = (request.group_instance_id.as_deref(), request.generation_id_or_member_epoch);
        match group.check(&request.member_id, instance, generation) {
            0 if group.state == GroupState::Completing => REBALANCE_IN_PROGRESS,
            error => error,
        }
    }

    fn commit_one(
        &mut self,
        request: &OffsetCommitRequest,
        topic: &str,
        committed: &OffsetCommitRequestPartition,
        error: i16,
    ) -> Option<OffsetCommitResponsePartition> {
        let partition_index = committed.partition_index;
        let injected = self.calls.item(OffsetCommitRequest::API_KEY, topic, partition_index)?;
        let error_code = if error == 0 { injected } else { error };
        if error_code == 0 {
            let group = self.calls.group(&request.group_id);
            let partition = (topic.to_owned(), partition_index);
            let (offset, metadata) = (committed.committed_offset, committed.committed_metadata.clone());
            group.offsets.insert(partition.clone(), (offset, metadata.unwrap_or_default()));
            let (member, generation) = (request.member_id.clone(), request.generation_id_or_member_epoch);
            group.accepted.push(Accepted { member, generation, partition, offset });
        }
        Some(OffsetCommitResponsePartition { partition_index, error_code })
    }

    pub(super) fn fetch_offsets(
        &mut self,
        broker: i32,
        request: OffsetFetchRequest,
        version: i16,
    ) -> OffsetFetchResponse {
        let is_old = version < WITH_GROUPS;
        let (group, topics) = match request.groups.into_iter().next() {
            Some(group) => {
                let named = |topics: Vec<_>| topics.into_iter().map(named_in_group).collect();
                (group.group_id, group.topics.map(named))
            }
            None => {
                let named = |topics: Vec<_>| topics.into_iter().map(named_alone).collect();
                (request.group_id, request.topics.map(named))
            }
        };
        let error_code = self.group_error(broker, OffsetFetchRequest::API_KEY, &group);
        let found = if error_code == 0 { self.committed(&group, topics) } else { Vec::new() };
        if is_old {
            let topics = found.into_iter().map(|(name, found)| OffsetFetchResponseTopic {
                name,
                partitions: found.into_iter().map(alone).collect(),
            });
            return OffsetFetchResponse { error_code, topics: topics.collect(), ..Default::default() };
        }
        let topics = found.into_iter().map(|(name, found)| OffsetFetchResponseTopics {
            name,
            partitions: found.into_iter().map(in_group).collect(),
        });
        let group = OffsetFetchResponseGroup { group_id: group, topics: topics.collect(), error_code };
        OffsetFetchResponse { groups: vec![group], ..Default::default() }
    }

    fn committed(&mut self, group: &str, topics: Option<Vec<(String, Vec<i32>)>>) -> Vec<(String, Vec<Found>)> {
        let offsets = self.calls.group(group).offsets.clone();
        let topics =
            topics.unwrap_or_else(|| offsets.keys().map(|(topic, number)| (topic.clone(), vec![*number])).collect());
        let found = topics.into_iter().map(|(topic, numbers)| {
            let found = numbers.into_iter().filter_map(|number| {
                let error = self.calls.item(OffsetFetchRequest::API_KEY, &topic, number)?;
                let (offset, metadata) = match offsets.get(&(topic.clone(), number)) {
                    Some((offset, metadata)) if error == 0 => (*offset, Some(metadata.clone())),
                    _ => (-1, Some(String::new())),
                };
                Some((number, offset, metadata, error))
            });
            let found = found.collect();
            (topic, found)
        });
        found.collect()
    }

    pub(super) fn list_offsets(&mut self, broker: i32, request: ListOffsetsRequest, _: i16) -> ListOffsetsResponse {
        let of_topic = |topic: ListOffsetsRequestTopic| {
            let found = topic.partitions.iter().filter_map(|it| {
                self.offset_at(broker, &topic.name, it.partition_index, it.timestamp).map(|(error_code, offset)| {
                    let partition_index = it.partition_index;
                    ListOffsetsResponsePartitionResponse { partition_index, error_code, offset, ..Default::default() }
                })
            });
            let partitions = found.collect();
            ListOffsetsResponseTopicResponse { name: topic.name, partitions }
        };
        ListOffsetsResponse { topics: request.topics.into_iter().map(of_topic).collect(), ..Default::default() }
    }

    fn offset_at(&mut self, broker: i32, topic: &str, number: i32, time: i64) -> Option<(i16, i64)> {
        let injected = self.calls.item(ListOffsetsRequest::API_KEY, topic, number)?;
        Some(match self.partitions.get(&(topic.to_owned(), number)) {
            _ if injected != 0 => (injected, -1),
            None => (UNKNOWN_TOPIC_OR_PARTITION, -1),
            Some(partition) if partition.leader != broker => (NOT_LEADER, -1),
            Some(partition) if time == START => (0, partition.start),
            Some(partition) if time == END => (0, partition.end()),
            Some(partition) if time < partition.end() => (0, time.max(partition.start)),
            Some(_) => (0, -1),
        })
    }
}

fn named_in_group(topic: millstream_protocol::messages::offset_fetch::OffsetFetchRequestTopics) -> (String, Vec<i32>) {
    (topic.name, topic.partition_indexes)
}

fn named_alone(topic: millstream_protocol::messages::offset_fetch::OffsetFetchRequestTopic) -> (String, Vec<i32>) {
    (topic.name, topic.partition_indexes)
}

fn alone((partition_index, committed_offset, metadata, error_code): Found) -> OffsetFetchResponsePartition {
    OffsetFetchResponsePartition { partition_index, committed_offset, metadata, error_code, ..Default::default() }
}

fn in_group((partition_index, committed_offset, metadata, error_code): Found) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions { partition_index, committed_offset, metadata, error_code, ..Default::default() }
}
