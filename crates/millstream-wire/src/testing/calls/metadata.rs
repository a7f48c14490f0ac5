//! Look-ups of brokers, topics and coordinators.

use millstream_protocol::messages::find_coordinator::{
    FindCoordinatorRequest, FindCoordinatorResponse, FindCoordinatorResponseCoordinator,
};
use millstream_protocol::messages::metadata::{
    MetadataRequest, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use millstream_protocol::{Request, Uuid};

use super::super::codes::{METADATA, UNKNOWN_TOPIC_OR_PARTITION};
use super::super::script::Script;

const LEADER_NOT_AVAILABLE: i16 = 5;

/// The first version of `FindCoordinator` with a list of groups.
const WITH_LIST: i16 = 4;

/// The first version of `Metadata` with an error of its own.
const WITH_ERROR: i16 = 13;

impl Script {
    pub(super) fn describe_cluster(&mut self, _: i32, request: MetadataRequest, version: i16) -> MetadataResponse {
        assert!(!request.allow_auto_topic_creation, "a look-up that creates topics");
        let named = |topic: millstream_protocol::messages::metadata::MetadataRequestTopic| topic.name.unwrap();
        let topics = match request.topics {
            Some(topics) => topics.into_iter().map(named).collect(),
            None => self.topic_names(),
        };
        let brokers = self.ports.iter().filter(|(broker, _)| !self.absent.contains(broker));
        let brokers = brokers.map(|(broker, port)| MetadataResponseBroker {
            node_id: *broker,
            host: "127.0.0.1".to_owned(),
            port: i32::from(*port),
            ..Default::default()
        });
        MetadataResponse {
            error_code: if version >= WITH_ERROR { self.calls.error(METADATA) } else { 0 },
            brokers: brokers.collect(),
            controller_id: self.calls.controller.max(1),
            topics: topics.iter().filter_map(|topic| self.describe_topic(topic, version)).collect(),
            ..Default::default()
        }
    }

    fn topic_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.partitions.keys().map(|(topic, _)| topic.clone()).collect();
        names.dedup();
        names
    }

    fn describe_topic(&mut self, topic: &str, version: i16) -> Option<MetadataResponseTopic> {
        let error = self.calls.item(METADATA, topic, -1)?;
        let partitions: Vec<_> = self.partitions.iter().filter(|((of, _), _)| of == topic).collect();
        let partition = |(key, partition): (&(String, i32), &super::super::TestPartition)| {
            let (leader, epoch) = partition.stale.unwrap_or((partition.leader, partition.epoch));
            MetadataResponsePartition {
                error_code: if leader < 0 { LEADER_NOT_AVAILABLE } else { 0 },
                partition_index: key.1,
                leader_id: leader,
                leader_epoch: epoch,
                ..Default::default()
            }
        };
        let error_code = if error == 0 && partitions.is_empty() { UNKNOWN_TOPIC_OR_PARTITION } else { error };
        let id =
            if version < 10 || partitions.is_empty() { 0 } else { 1 + self.calls.topic_ids.get(topic).unwrap_or(&0) };
        let partitions = if error == 0 { partitions.into_iter().map(partition).collect() } else { Vec::new() };
        let topic_id = Uuid([id; 16]);
        Some(MetadataResponseTopic {
            error_code,
            name: Some(topic.to_owned()),
            topic_id,
            partitions,
            ..Default::default()
        })
    }

    pub(super) fn find_coordinator(
        &mut self,
        _: i32,
        request: FindCoordinatorRequest,
        version: i16,
    ) -> FindCoordinatorResponse {
        let error_code = self.calls.error(FindCoordinatorRequest::API_KEY);
        if version < WITH_LIST {
            let (node_id, port) = self.coordinator(&request.key, error_code);
            let host = "127.0.0.1".to_owned();
            return FindCoordinatorResponse { error_code, node_id, host, port, ..Default::default() };
        }
        let coordinators = request.coordinator_keys.into_iter().map(|key| {
            let (node_id, port) = self.coordinator(&key, error_code);
            let host = "127.0.0.1".to_owned();
            FindCoordinatorResponseCoordinator { key, node_id, host, port, error_code, ..Default::default() }
        });
        FindCoordinatorResponse { coordinators: coordinators.collect(), ..Default::default() }
    }

    fn coordinator(&mut self, group: &str, error: i16) -> (i32, i32) {
        if error != 0 {
            return (-1, -1);
        }
        let broker = self.calls.group(group).coordinator;
        (broker, i32::from(self.ports[&broker]))
    }
}
