//! Requests that change topics, or describe their settings.

use millstream_protocol::Request;
use millstream_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsResponseTopicResult,
};
use millstream_protocol::messages::create_topics::{
    CreateTopicsRequest, CreateTopicsResponse, CreateTopicsResponseCreatableTopicResult,
};
use millstream_protocol::messages::delete_records::{
    DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsResponsePartitionResult, DeleteRecordsResponseTopicResult,
};
use millstream_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResponse, DescribeConfigsResponseResourceResult,
    DescribeConfigsResponseResult,
};

use super::super::TestPartition;
use super::super::codes::{NOT_LEADER, UNKNOWN_TOPIC_OR_PARTITION};
use super::super::script::Script;

/// The number of groups among resources with settings.
const GROUP: i8 = 32;

const OFFSET_OUT_OF_RANGE: i16 = 1;
const TOPIC_ALREADY_EXISTS: i16 = 36;
const INVALID_PARTITIONS: i16 = 37;
const NOT_CONTROLLER: i16 = 41;

impl Script {
    /// The number of partitions of a topic.
    fn count(&self, topic: &str) -> i32 {
        self.partitions.keys().filter(|(of, _)| of == topic).count() as i32
    }

    fn grow(&mut self, topic: &str, count: i32) {
        for number in self.count(topic)..count {
            self.partitions.insert((topic.to_owned(), number), TestPartition::new(1));
        }
    }

    fn controller_error(&self, broker: i32) -> i16 {
        if broker == self.calls.controller.max(1) { 0 } else { NOT_CONTROLLER }
    }

    pub(super) fn create_topics(&mut self, broker: i32, request: CreateTopicsRequest, _: i16) -> CreateTopicsResponse {
        let created = request.topics.into_iter().filter_map(|topic| {
            let injected = self.calls.item(CreateTopicsRequest::API_KEY, &topic.name, -1)?;
            let error_code = match self.controller_error(broker) {
                0 if injected != 0 => injected,
                0 if self.count(&topic.name) > 0 => TOPIC_ALREADY_EXISTS,
                error => error,
            };
            if error_code == 0 {
                self.grow(&topic.name, topic.num_partitions);
                let configs = topic.configs.into_iter().map(|config| (config.name, config.value.unwrap_or_default()));
                self.calls.configs.insert(topic.name.clone(), configs.collect());
            }
            let error_message = (error_code != 0).then(|| "the broker says so".to_owned());
            let name = topic.name;
            Some(CreateTopicsResponseCreatableTopicResult { name, error_code, error_message, ..Default::default() })
        });
        CreateTopicsResponse { topics: created.collect(), ..Default::default() }
    }

    pub(super) fn create_partitions(
        &mut self,
        broker: i32,
        request: CreatePartitionsRequest,
        _: i16,
    ) -> CreatePartitionsResponse {
        let grown = request.topics.into_iter().filter_map(|topic| {
            let injected = self.calls.item(CreatePartitionsRequest::API_KEY, &topic.name, -1)?;
            let error_code = match (self.controller_error(broker), self.count(&topic.name)) {
                (0, _) if injected != 0 => injected,
                (0, 0) => UNKNOWN_TOPIC_OR_PARTITION,
                (0, count) if topic.count <= count => INVALID_PARTITIONS,
                (error, _) => error,
            };
            if error_code == 0 {
                self.grow(&topic.name, topic.count);
            }
            let error_message = (error_code != 0).then(|| "the broker says so".to_owned());
            Some(CreatePartitionsResponseTopicResult { name: topic.name, error_code, error_message })
        });
        CreatePartitionsResponse { results: grown.collect(), ..Default::default() }
    }

    pub(super) fn delete_records(
        &mut self,
        broker: i32,
        request: DeleteRecordsRequest,
        _: i16,
    ) -> DeleteRecordsResponse {
        let topics = request.topics.into_iter().map(|topic| {
            let deleted = topic.partitions.iter().filter_map(|it| {
                let number = it.partition_index;
                let injected = self.calls.item(DeleteRecordsRequest::API_KEY, &topic.name, number)?;
                let (error_code, low_watermark) = match self.partitions.get_mut(&(topic.name.clone(), number)) {
                    _ if injected != 0 => (injected, -1),
                    None => (UNKNOWN_TOPIC_OR_PARTITION, -1),
                    Some(partition) if partition.leader != broker => (NOT_LEADER, -1),
                    Some(partition) if it.offset > partition.end() => (OFFSET_OUT_OF_RANGE, -1),
                    Some(partition) => {
                        partition.start = partition.start.max(it.offset);
                        (0, partition.start)
                    }
                };
                Some(DeleteRecordsResponsePartitionResult { partition_index: number, low_watermark, error_code })
            });
            let partitions = deleted.collect();
            DeleteRecordsResponseTopicResult { name: topic.name, partitions }
        });
        DeleteRecordsResponse { topics: topics.collect(), ..Default::default() }
    }

    pub(super) fn describe_configs(
        &mut self,
        _: i32,
        request: DescribeConfigsRequest,
        _: i16,
    ) -> DescribeConfigsResponse {
        let described = request.resources.into_iter().filter_map(|resource| {
            let injected = self.calls.item(DescribeConfigsRequest::API_KEY, &resource.resource_name, -1)?;
            let is_known = resource.resource_type == GROUP || self.count(&resource.resource_name) > 0;
            let error_code = if injected == 0 && !is_known { UNKNOWN_TOPIC_OR_PARTITION } else { injected };
            let configs = self.calls.configs.get(&resource.resource_name).filter(|_| error_code == 0);
            let configs = configs.into_iter().flatten().map(|(name, value)| DescribeConfigsResponseResourceResult {
                name: name.clone(),
                value: Some(value.clone()),
                ..Default::default()
            });
            Some(DescribeConfigsResponseResult {
                error_code,
                resource_type: resource.resource_type,
                configs: configs.collect(),
                resource_name: resource.resource_name,
                ..Default::default()
            })
        });
        DescribeConfigsResponse { results: described.collect(), ..Default::default() }
    }
}
