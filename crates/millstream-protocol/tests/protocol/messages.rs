//! Random values of all messages: generated from Kafka's schema by `examples/generate`; do not edit.

use millstream_protocol::Uuid;
use millstream_protocol::messages::add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
use millstream_protocol::messages::add_partitions_to_txn::{
    AddPartitionsToTxnRequest, AddPartitionsToTxnRequestTopic, AddPartitionsToTxnResponse,
    AddPartitionsToTxnResponsePartitionResult, AddPartitionsToTxnResponseTopicResult,
};
use millstream_protocol::messages::api_versions::{
    ApiVersionsRequest, ApiVersionsResponse, ApiVersionsResponseApiVersion, ApiVersionsResponseFinalizedFeatureKey,
    ApiVersionsResponseSupportedFeatureKey,
};
use millstream_protocol::messages::consumer_protocol_assignment::{
    ConsumerProtocolAssignment, ConsumerProtocolAssignmentTopicPartition,
};
use millstream_protocol::messages::consumer_protocol_subscription::{
    ConsumerProtocolSubscription, ConsumerProtocolSubscriptionTopicPartition,
};
use millstream_protocol::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsRequestAssignment, CreatePartitionsRequestTopic, CreatePartitionsResponse,
    CreatePartitionsResponseTopicResult,
};
use millstream_protocol::messages::create_topics::{
    CreateTopicsRequest, CreateTopicsRequestCreatableReplicaAssignment, CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig, CreateTopicsResponse, CreateTopicsResponseCreatableTopicConfigs,
    CreateTopicsResponseCreatableTopicResult,
};
use millstream_protocol::messages::delete_groups::{
    DeleteGroupsRequest, DeleteGroupsResponse, DeleteGroupsResponseDeletableGroupResult,
};
use millstream_protocol::messages::delete_records::{
    DeleteRecordsRequest, DeleteRecordsRequestPartition, DeleteRecordsRequestTopic, DeleteRecordsResponse,
    DeleteRecordsResponsePartitionResult, DeleteRecordsResponseTopicResult,
};
use millstream_protocol::messages::delete_topics::{
    DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState, DeleteTopicsResponse,
    DeleteTopicsResponseDeletableTopicResult,
};
use millstream_protocol::messages::describe_cluster::{
    DescribeClusterRequest, DescribeClusterResponse, DescribeClusterResponseBroker,
};
use millstream_protocol::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsRequestResource, DescribeConfigsResponse,
    DescribeConfigsResponseResourceResult, DescribeConfigsResponseResult, DescribeConfigsResponseSynonym,
};
use millstream_protocol::messages::describe_groups::{
    DescribeGroupsRequest, DescribeGroupsResponse, DescribeGroupsResponseDescribedGroup,
    DescribeGroupsResponseDescribedGroupMember,
};
use millstream_protocol::messages::end_txn::{EndTxnRequest, EndTxnResponse};
use millstream_protocol::messages::find_coordinator::{
    FindCoordinatorRequest, FindCoordinatorResponse, FindCoordinatorResponseCoordinator,
};
use millstream_protocol::messages::heartbeat::{HeartbeatRequest, HeartbeatResponse};
use millstream_protocol::messages::incremental_alter_configs::{
    IncrementalAlterConfigsRequest, IncrementalAlterConfigsRequestAlterConfigsResource,
    IncrementalAlterConfigsRequestAlterableConfig, IncrementalAlterConfigsResponse,
    IncrementalAlterConfigsResponseAlterConfigsResourceResponse,
};
use millstream_protocol::messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use millstream_protocol::messages::join_group::{
    JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse, JoinGroupResponseMember,
};
use millstream_protocol::messages::leave_group::{
    LeaveGroupRequest, LeaveGroupRequestMemberIdentity, LeaveGroupResponse, LeaveGroupResponseMemberResponse,
};
use millstream_protocol::messages::list_groups::{
    ListGroupsRequest, ListGroupsResponse, ListGroupsResponseListedGroup,
};
use millstream_protocol::messages::list_offsets::{
    ListOffsetsRequest, ListOffsetsRequestPartition, ListOffsetsRequestTopic, ListOffsetsResponse,
    ListOffsetsResponsePartitionResponse, ListOffsetsResponseTopicResponse,
};
use millstream_protocol::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
};
use millstream_protocol::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
    OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use millstream_protocol::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic, OffsetDeleteResponse,
    OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use millstream_protocol::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics,
    OffsetFetchResponse, OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic, OffsetFetchResponseTopics,
};
use millstream_protocol::messages::offset_for_leader_epoch::{
    OffsetForLeaderEpochRequest, OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochRequestOffsetForLeaderTopic, OffsetForLeaderEpochResponse,
    OffsetForLeaderEpochResponseEpochEndOffset, OffsetForLeaderEpochResponseOffsetForLeaderTopicResult,
};
use millstream_protocol::messages::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
use millstream_protocol::messages::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
use millstream_protocol::messages::streams_group_describe::{
    StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, StreamsGroupDescribeResponseAssignment,
    StreamsGroupDescribeResponseDescribedGroup, StreamsGroupDescribeResponseEndpoint,
    StreamsGroupDescribeResponseKeyValue, StreamsGroupDescribeResponseMember, StreamsGroupDescribeResponseSubtopology,
    StreamsGroupDescribeResponseTaskIds, StreamsGroupDescribeResponseTaskOffset, StreamsGroupDescribeResponseTopicInfo,
    StreamsGroupDescribeResponseTopology, StreamsGroupDescribeResponseTopologyDescription,
    StreamsGroupDescribeResponseTopologyDescriptionGlobalStore, StreamsGroupDescribeResponseTopologyDescriptionNode,
    StreamsGroupDescribeResponseTopologyDescriptionSubtopology,
};
use millstream_protocol::messages::streams_group_heartbeat::{
    StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatRequestCopartitionGroup, StreamsGroupHeartbeatRequestEndpoint,
    StreamsGroupHeartbeatRequestKeyValue, StreamsGroupHeartbeatRequestSubtopology, StreamsGroupHeartbeatRequestTaskIds,
    StreamsGroupHeartbeatRequestTaskOffset, StreamsGroupHeartbeatRequestTopicInfo,
    StreamsGroupHeartbeatRequestTopology, StreamsGroupHeartbeatResponse, StreamsGroupHeartbeatResponseEndpoint,
    StreamsGroupHeartbeatResponseEndpointToPartitions, StreamsGroupHeartbeatResponseStatus,
    StreamsGroupHeartbeatResponseTaskIds, StreamsGroupHeartbeatResponseTopicPartition,
};
use millstream_protocol::messages::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse};
use millstream_protocol::messages::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic, TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};

use super::fill::{Fill, Random, Visit};

/// Visits each message.
pub(crate) fn visit_all(visit: &mut impl Visit) {
    visit.request::<ListOffsetsRequest>();
    visit.request::<MetadataRequest>();
    visit.request::<OffsetCommitRequest>();
    visit.request::<OffsetFetchRequest>();
    visit.request::<FindCoordinatorRequest>();
    visit.request::<JoinGroupRequest>();
    visit.request::<HeartbeatRequest>();
    visit.request::<LeaveGroupRequest>();
    visit.request::<SyncGroupRequest>();
    visit.request::<DescribeGroupsRequest>();
    visit.request::<ListGroupsRequest>();
    visit.request::<SaslHandshakeRequest>();
    visit.request::<ApiVersionsRequest>();
    visit.request::<CreateTopicsRequest>();
    visit.request::<DeleteTopicsRequest>();
    visit.request::<DeleteRecordsRequest>();
    visit.request::<InitProducerIdRequest>();
    visit.request::<OffsetForLeaderEpochRequest>();
    visit.request::<AddPartitionsToTxnRequest>();
    visit.request::<AddOffsetsToTxnRequest>();
    visit.request::<EndTxnRequest>();
    visit.request::<TxnOffsetCommitRequest>();
    visit.request::<DescribeConfigsRequest>();
    visit.request::<SaslAuthenticateRequest>();
    visit.request::<CreatePartitionsRequest>();
    visit.request::<DeleteGroupsRequest>();
    visit.request::<IncrementalAlterConfigsRequest>();
    visit.request::<OffsetDeleteRequest>();
    visit.request::<DescribeClusterRequest>();
    visit.request::<StreamsGroupHeartbeatRequest>();
    visit.request::<StreamsGroupDescribeRequest>();
    visit.data::<ConsumerProtocolSubscription>();
    visit.data::<ConsumerProtocolAssignment>();
}

impl Fill for ListOffsetsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            replica_id: Fill::fill(random, version),
            isolation_level: Fill::fill(random, version),
            topics: Fill::fill(random, version),
            timeout_ms: if version >= 10 { Fill::fill(random, version) } else { 0 },
        }
    }

    fn heap(&self) -> usize {
        self.replica_id.heap() + self.isolation_level.heap() + self.topics.heap() + self.timeout_ms.heap()
    }
}

impl Fill for ListOffsetsRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for ListOffsetsRequestPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            current_leader_epoch: Fill::fill(random, version),
            timestamp: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.current_leader_epoch.heap() + self.timestamp.heap()
    }
}

impl Fill for ListOffsetsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for ListOffsetsResponseTopicResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for ListOffsetsResponsePartitionResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            timestamp: Fill::fill(random, version),
            offset: Fill::fill(random, version),
            leader_epoch: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
            + self.error_code.heap()
            + self.timestamp.heap()
            + self.offset.heap()
            + self.leader_epoch.heap()
    }
}

impl Fill for MetadataRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            topics: Fill::fill(random, version),
            allow_auto_topic_creation: Fill::fill(random, version),
            include_cluster_authorized_operations: if version <= 10 { Fill::fill(random, version) } else { false },
            include_topic_authorized_operations: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.topics.heap()
            + self.allow_auto_topic_creation.heap()
            + self.include_cluster_authorized_operations.heap()
            + self.include_topic_authorized_operations.heap()
    }
}

impl Fill for MetadataRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            topic_id: if version >= 10 { Fill::fill(random, version) } else { Uuid::ZERO },
            name: if version >= 10 { Fill::fill(random, version) } else { Some(Fill::fill(random, version)) },
        }
    }

    fn heap(&self) -> usize {
        self.topic_id.heap() + self.name.heap()
    }
}

impl Fill for MetadataResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            brokers: Fill::fill(random, version),
            cluster_id: Fill::fill(random, version),
            controller_id: Fill::fill(random, version),
            topics: Fill::fill(random, version),
            cluster_authorized_operations: if version <= 10 { Fill::fill(random, version) } else { i32::MIN },
            error_code: if version >= 13 { Fill::fill(random, version) } else { 0 },
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.brokers.heap()
            + self.cluster_id.heap()
            + self.controller_id.heap()
            + self.topics.heap()
            + self.cluster_authorized_operations.heap()
            + self.error_code.heap()
    }
}

impl Fill for MetadataResponseBroker {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            node_id: Fill::fill(random, version),
            host: Fill::fill(random, version),
            port: Fill::fill(random, version),
            rack: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.node_id.heap() + self.host.heap() + self.port.heap() + self.rack.heap()
    }
}

impl Fill for MetadataResponseTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            name: if version >= 12 { Fill::fill(random, version) } else { Some(Fill::fill(random, version)) },
            topic_id: if version >= 10 { Fill::fill(random, version) } else { Uuid::ZERO },
            is_internal: Fill::fill(random, version),
            partitions: Fill::fill(random, version),
            topic_authorized_operations: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.name.heap()
            + self.topic_id.heap()
            + self.is_internal.heap()
            + self.partitions.heap()
            + self.topic_authorized_operations.heap()
    }
}

impl Fill for MetadataResponsePartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            partition_index: Fill::fill(random, version),
            leader_id: Fill::fill(random, version),
            leader_epoch: Fill::fill(random, version),
            replica_nodes: Fill::fill(random, version),
            isr_nodes: Fill::fill(random, version),
            offline_replicas: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.partition_index.heap()
            + self.leader_id.heap()
            + self.leader_epoch.heap()
            + self.replica_nodes.heap()
            + self.isr_nodes.heap()
            + self.offline_replicas.heap()
    }
}

impl Fill for OffsetCommitRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            generation_id_or_member_epoch: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap()
            + self.generation_id_or_member_epoch.heap()
            + self.member_id.heap()
            + self.group_instance_id.heap()
            + self.topics.heap()
    }
}

impl Fill for OffsetCommitRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetCommitRequestPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            committed_offset: Fill::fill(random, version),
            committed_leader_epoch: Fill::fill(random, version),
            committed_metadata: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
            + self.committed_offset.heap()
            + self.committed_leader_epoch.heap()
            + self.committed_metadata.heap()
    }
}

impl Fill for OffsetCommitResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for OffsetCommitResponseTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetCommitResponsePartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.error_code.heap()
    }
}

impl Fill for OffsetFetchRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: if version <= 7 { Fill::fill(random, version) } else { String::new() },
            topics: if version <= 7 { Fill::fill(random, version) } else { Some(Vec::new()) },
            groups: if version >= 8 { Fill::fill(random, version) } else { Vec::new() },
            require_stable: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.topics.heap() + self.groups.heap() + self.require_stable.heap()
    }
}

impl Fill for OffsetFetchRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partition_indexes: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partition_indexes.heap()
    }
}

impl Fill for OffsetFetchRequestGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            member_id: if version >= 9 { Fill::fill(random, version) } else { None },
            member_epoch: if version >= 9 { Fill::fill(random, version) } else { -1 },
            topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.member_id.heap() + self.member_epoch.heap() + self.topics.heap()
    }
}

impl Fill for OffsetFetchRequestTopics {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partition_indexes: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partition_indexes.heap()
    }
}

impl Fill for OffsetFetchResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            topics: if version <= 7 { Fill::fill(random, version) } else { Vec::new() },
            error_code: if version <= 7 { Fill::fill(random, version) } else { 0 },
            groups: if version >= 8 { Fill::fill(random, version) } else { Vec::new() },
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap() + self.error_code.heap() + self.groups.heap()
    }
}

impl Fill for OffsetFetchResponseTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetFetchResponsePartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            committed_offset: Fill::fill(random, version),
            committed_leader_epoch: Fill::fill(random, version),
            metadata: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
            + self.committed_offset.heap()
            + self.committed_leader_epoch.heap()
            + self.metadata.heap()
            + self.error_code.heap()
    }
}

impl Fill for OffsetFetchResponseGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            topics: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.topics.heap() + self.error_code.heap()
    }
}

impl Fill for OffsetFetchResponseTopics {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetFetchResponsePartitions {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            committed_offset: Fill::fill(random, version),
            committed_leader_epoch: Fill::fill(random, version),
            metadata: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
            + self.committed_offset.heap()
            + self.committed_leader_epoch.heap()
            + self.metadata.heap()
            + self.error_code.heap()
    }
}

impl Fill for FindCoordinatorRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            key: if version <= 3 { Fill::fill(random, version) } else { String::new() },
            key_type: Fill::fill(random, version),
            coordinator_keys: if version >= 4 { Fill::fill(random, version) } else { Vec::new() },
        }
    }

    fn heap(&self) -> usize {
        self.key.heap() + self.key_type.heap() + self.coordinator_keys.heap()
    }
}

impl Fill for FindCoordinatorResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: if version <= 3 { Fill::fill(random, version) } else { 0 },
            error_message: if version <= 3 { Fill::fill(random, version) } else { Some(String::new()) },
            node_id: if version <= 3 { Fill::fill(random, version) } else { 0 },
            host: if version <= 3 { Fill::fill(random, version) } else { String::new() },
            port: if version <= 3 { Fill::fill(random, version) } else { 0 },
            coordinators: if version >= 4 { Fill::fill(random, version) } else { Vec::new() },
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.error_code.heap()
            + self.error_message.heap()
            + self.node_id.heap()
            + self.host.heap()
            + self.port.heap()
            + self.coordinators.heap()
    }
}

impl Fill for FindCoordinatorResponseCoordinator {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            key: Fill::fill(random, version),
            node_id: Fill::fill(random, version),
            host: Fill::fill(random, version),
            port: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.key.heap()
            + self.node_id.heap()
            + self.host.heap()
            + self.port.heap()
            + self.error_code.heap()
            + self.error_message.heap()
    }
}

impl Fill for JoinGroupRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            session_timeout_ms: Fill::fill(random, version),
            rebalance_timeout_ms: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            protocols: Fill::fill(random, version),
            reason: if version >= 8 { Fill::fill(random, version) } else { None },
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap()
            + self.session_timeout_ms.heap()
            + self.rebalance_timeout_ms.heap()
            + self.member_id.heap()
            + self.group_instance_id.heap()
            + self.protocol_type.heap()
            + self.protocols.heap()
            + self.reason.heap()
    }
}

impl Fill for JoinGroupRequestProtocol {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), metadata: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.metadata.heap()
    }
}

impl Fill for JoinGroupResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            generation_id: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            protocol_name: Fill::fill(random, version),
            leader: Fill::fill(random, version),
            skip_assignment: if version >= 9 { Fill::fill(random, version) } else { false },
            member_id: Fill::fill(random, version),
            members: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.error_code.heap()
            + self.generation_id.heap()
            + self.protocol_type.heap()
            + self.protocol_name.heap()
            + self.leader.heap()
            + self.skip_assignment.heap()
            + self.member_id.heap()
            + self.members.heap()
    }
}

impl Fill for JoinGroupResponseMember {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            metadata: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.member_id.heap() + self.group_instance_id.heap() + self.metadata.heap()
    }
}

impl Fill for HeartbeatRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            generation_id: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.generation_id.heap() + self.member_id.heap() + self.group_instance_id.heap()
    }
}

impl Fill for HeartbeatResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap()
    }
}

impl Fill for LeaveGroupRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { group_id: Fill::fill(random, version), members: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.members.heap()
    }
}

impl Fill for LeaveGroupRequestMemberIdentity {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            reason: if version >= 5 { Fill::fill(random, version) } else { None },
        }
    }

    fn heap(&self) -> usize {
        self.member_id.heap() + self.group_instance_id.heap() + self.reason.heap()
    }
}

impl Fill for LeaveGroupResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            members: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap() + self.members.heap()
    }
}

impl Fill for LeaveGroupResponseMemberResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.member_id.heap() + self.group_instance_id.heap() + self.error_code.heap()
    }
}

impl Fill for SyncGroupRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            generation_id: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            protocol_name: Fill::fill(random, version),
            assignments: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap()
            + self.generation_id.heap()
            + self.member_id.heap()
            + self.group_instance_id.heap()
            + self.protocol_type.heap()
            + self.protocol_name.heap()
            + self.assignments.heap()
    }
}

impl Fill for SyncGroupRequestAssignment {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { member_id: Fill::fill(random, version), assignment: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.member_id.heap() + self.assignment.heap()
    }
}

impl Fill for SyncGroupResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            protocol_name: Fill::fill(random, version),
            assignment: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.error_code.heap()
            + self.protocol_type.heap()
            + self.protocol_name.heap()
            + self.assignment.heap()
    }
}

impl Fill for DescribeGroupsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { groups: Fill::fill(random, version), include_authorized_operations: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.groups.heap() + self.include_authorized_operations.heap()
    }
}

impl Fill for DescribeGroupsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), groups: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.groups.heap()
    }
}

impl Fill for DescribeGroupsResponseDescribedGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            error_message: if version >= 6 { Fill::fill(random, version) } else { None },
            group_id: Fill::fill(random, version),
            group_state: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            protocol_data: Fill::fill(random, version),
            members: Fill::fill(random, version),
            authorized_operations: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.error_message.heap()
            + self.group_id.heap()
            + self.group_state.heap()
            + self.protocol_type.heap()
            + self.protocol_data.heap()
            + self.members.heap()
            + self.authorized_operations.heap()
    }
}

impl Fill for DescribeGroupsResponseDescribedGroupMember {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            client_id: Fill::fill(random, version),
            client_host: Fill::fill(random, version),
            member_metadata: Fill::fill(random, version),
            member_assignment: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.member_id.heap()
            + self.group_instance_id.heap()
            + self.client_id.heap()
            + self.client_host.heap()
            + self.member_metadata.heap()
            + self.member_assignment.heap()
    }
}

impl Fill for ListGroupsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            states_filter: Fill::fill(random, version),
            types_filter: if version >= 5 { Fill::fill(random, version) } else { Vec::new() },
        }
    }

    fn heap(&self) -> usize {
        self.states_filter.heap() + self.types_filter.heap()
    }
}

impl Fill for ListGroupsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            groups: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap() + self.groups.heap()
    }
}

impl Fill for ListGroupsResponseListedGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            protocol_type: Fill::fill(random, version),
            group_state: Fill::fill(random, version),
            group_type: if version >= 5 { Fill::fill(random, version) } else { String::new() },
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.protocol_type.heap() + self.group_state.heap() + self.group_type.heap()
    }
}

impl Fill for SaslHandshakeRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { mechanism: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.mechanism.heap()
    }
}

impl Fill for SaslHandshakeResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { error_code: Fill::fill(random, version), mechanisms: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.error_code.heap() + self.mechanisms.heap()
    }
}

impl Fill for ApiVersionsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            client_software_name: if version >= 3 { Fill::fill(random, version) } else { String::new() },
            client_software_version: if version >= 3 { Fill::fill(random, version) } else { String::new() },
        }
    }

    fn heap(&self) -> usize {
        self.client_software_name.heap() + self.client_software_version.heap()
    }
}

impl Fill for ApiVersionsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            api_keys: Fill::fill(random, version),
            throttle_time_ms: if version >= 1 { Fill::fill(random, version) } else { 0 },
            supported_features: if version >= 3 { Fill::fill(random, version) } else { Vec::new() },
            finalized_features_epoch: if version >= 3 { Fill::fill(random, version) } else { -1 },
            finalized_features: if version >= 3 { Fill::fill(random, version) } else { Vec::new() },
            zk_migration_ready: if version >= 3 { Fill::fill(random, version) } else { false },
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.api_keys.heap()
            + self.throttle_time_ms.heap()
            + self.supported_features.heap()
            + self.finalized_features_epoch.heap()
            + self.finalized_features.heap()
            + self.zk_migration_ready.heap()
    }
}

impl Fill for ApiVersionsResponseApiVersion {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            api_key: Fill::fill(random, version),
            min_version: Fill::fill(random, version),
            max_version: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.api_key.heap() + self.min_version.heap() + self.max_version.heap()
    }
}

impl Fill for ApiVersionsResponseSupportedFeatureKey {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            min_version: Fill::fill(random, version),
            max_version: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.min_version.heap() + self.max_version.heap()
    }
}

impl Fill for ApiVersionsResponseFinalizedFeatureKey {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            max_version_level: Fill::fill(random, version),
            min_version_level: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.max_version_level.heap() + self.min_version_level.heap()
    }
}

impl Fill for CreateTopicsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            topics: Fill::fill(random, version),
            timeout_ms: Fill::fill(random, version),
            validate_only: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.topics.heap() + self.timeout_ms.heap() + self.validate_only.heap()
    }
}

impl Fill for CreateTopicsRequestCreatableTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            num_partitions: Fill::fill(random, version),
            replication_factor: Fill::fill(random, version),
            assignments: Fill::fill(random, version),
            configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap()
            + self.num_partitions.heap()
            + self.replication_factor.heap()
            + self.assignments.heap()
            + self.configs.heap()
    }
}

impl Fill for CreateTopicsRequestCreatableReplicaAssignment {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), broker_ids: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.broker_ids.heap()
    }
}

impl Fill for CreateTopicsRequestCreatableTopicConfig {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), value: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.value.heap()
    }
}

impl Fill for CreateTopicsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for CreateTopicsResponseCreatableTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            topic_id: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            topic_config_error_code: Fill::fill(random, version),
            num_partitions: Fill::fill(random, version),
            replication_factor: Fill::fill(random, version),
            configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap()
            + self.topic_id.heap()
            + self.error_code.heap()
            + self.error_message.heap()
            + self.topic_config_error_code.heap()
            + self.num_partitions.heap()
            + self.replication_factor.heap()
            + self.configs.heap()
    }
}

impl Fill for CreateTopicsResponseCreatableTopicConfigs {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            value: Fill::fill(random, version),
            read_only: Fill::fill(random, version),
            config_source: Fill::fill(random, version),
            is_sensitive: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap()
            + self.value.heap()
            + self.read_only.heap()
            + self.config_source.heap()
            + self.is_sensitive.heap()
    }
}

impl Fill for DeleteTopicsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topics: Fill::fill(random, version), timeout_ms: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topics.heap() + self.timeout_ms.heap()
    }
}

impl Fill for DeleteTopicsRequestDeleteTopicState {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), topic_id: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.topic_id.heap()
    }
}

impl Fill for DeleteTopicsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), responses: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.responses.heap()
    }
}

impl Fill for DeleteTopicsResponseDeletableTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            topic_id: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.topic_id.heap() + self.error_code.heap() + self.error_message.heap()
    }
}

impl Fill for DeleteRecordsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topics: Fill::fill(random, version), timeout_ms: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topics.heap() + self.timeout_ms.heap()
    }
}

impl Fill for DeleteRecordsRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for DeleteRecordsRequestPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), offset: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.offset.heap()
    }
}

impl Fill for DeleteRecordsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for DeleteRecordsResponseTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for DeleteRecordsResponsePartitionResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            low_watermark: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.low_watermark.heap() + self.error_code.heap()
    }
}

impl Fill for InitProducerIdRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            transactional_id: Fill::fill(random, version),
            transaction_timeout_ms: Fill::fill(random, version),
            producer_id: Fill::fill(random, version),
            producer_epoch: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.transactional_id.heap()
            + self.transaction_timeout_ms.heap()
            + self.producer_id.heap()
            + self.producer_epoch.heap()
    }
}

impl Fill for InitProducerIdResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            producer_id: Fill::fill(random, version),
            producer_epoch: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap() + self.producer_id.heap() + self.producer_epoch.heap()
    }
}

impl Fill for OffsetForLeaderEpochRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { replica_id: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.replica_id.heap() + self.topics.heap()
    }
}

impl Fill for OffsetForLeaderEpochRequestOffsetForLeaderTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topic: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topic.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetForLeaderEpochRequestOffsetForLeaderPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition: Fill::fill(random, version),
            current_leader_epoch: Fill::fill(random, version),
            leader_epoch: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition.heap() + self.current_leader_epoch.heap() + self.leader_epoch.heap()
    }
}

impl Fill for OffsetForLeaderEpochResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for OffsetForLeaderEpochResponseOffsetForLeaderTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topic: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topic.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetForLeaderEpochResponseEpochEndOffset {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            partition: Fill::fill(random, version),
            leader_epoch: Fill::fill(random, version),
            end_offset: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap() + self.partition.heap() + self.leader_epoch.heap() + self.end_offset.heap()
    }
}

impl Fill for AddPartitionsToTxnRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            v3_and_below_transactional_id: Fill::fill(random, version),
            v3_and_below_producer_id: Fill::fill(random, version),
            v3_and_below_producer_epoch: Fill::fill(random, version),
            v3_and_below_topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.v3_and_below_transactional_id.heap()
            + self.v3_and_below_producer_id.heap()
            + self.v3_and_below_producer_epoch.heap()
            + self.v3_and_below_topics.heap()
    }
}

impl Fill for AddPartitionsToTxnRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for AddPartitionsToTxnResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            results_by_topic_v3_and_below: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.results_by_topic_v3_and_below.heap()
    }
}

impl Fill for AddPartitionsToTxnResponseTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), results_by_partition: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.results_by_partition.heap()
    }
}

impl Fill for AddPartitionsToTxnResponsePartitionResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), partition_error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.partition_error_code.heap()
    }
}

impl Fill for AddOffsetsToTxnRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            transactional_id: Fill::fill(random, version),
            producer_id: Fill::fill(random, version),
            producer_epoch: Fill::fill(random, version),
            group_id: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.transactional_id.heap() + self.producer_id.heap() + self.producer_epoch.heap() + self.group_id.heap()
    }
}

impl Fill for AddOffsetsToTxnResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap()
    }
}

impl Fill for EndTxnRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            transactional_id: Fill::fill(random, version),
            producer_id: Fill::fill(random, version),
            producer_epoch: Fill::fill(random, version),
            committed: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.transactional_id.heap() + self.producer_id.heap() + self.producer_epoch.heap() + self.committed.heap()
    }
}

impl Fill for EndTxnResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            producer_id: if version >= 5 { Fill::fill(random, version) } else { -1 },
            producer_epoch: if version >= 5 { Fill::fill(random, version) } else { -1 },
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.error_code.heap() + self.producer_id.heap() + self.producer_epoch.heap()
    }
}

impl Fill for TxnOffsetCommitRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            transactional_id: Fill::fill(random, version),
            group_id: Fill::fill(random, version),
            producer_id: Fill::fill(random, version),
            producer_epoch: Fill::fill(random, version),
            generation_id_or_member_epoch: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            group_instance_id: Fill::fill(random, version),
            topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.transactional_id.heap()
            + self.group_id.heap()
            + self.producer_id.heap()
            + self.producer_epoch.heap()
            + self.generation_id_or_member_epoch.heap()
            + self.member_id.heap()
            + self.group_instance_id.heap()
            + self.topics.heap()
    }
}

impl Fill for TxnOffsetCommitRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for TxnOffsetCommitRequestPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            partition_index: Fill::fill(random, version),
            committed_offset: Fill::fill(random, version),
            committed_leader_epoch: Fill::fill(random, version),
            committed_metadata: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
            + self.committed_offset.heap()
            + self.committed_leader_epoch.heap()
            + self.committed_metadata.heap()
    }
}

impl Fill for TxnOffsetCommitResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for TxnOffsetCommitResponseTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for TxnOffsetCommitResponsePartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.error_code.heap()
    }
}

impl Fill for DescribeConfigsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            resources: Fill::fill(random, version),
            include_synonyms: Fill::fill(random, version),
            include_documentation: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.resources.heap() + self.include_synonyms.heap() + self.include_documentation.heap()
    }
}

impl Fill for DescribeConfigsRequestResource {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            resource_type: Fill::fill(random, version),
            resource_name: Fill::fill(random, version),
            configuration_keys: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.resource_type.heap() + self.resource_name.heap() + self.configuration_keys.heap()
    }
}

impl Fill for DescribeConfigsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), results: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.results.heap()
    }
}

impl Fill for DescribeConfigsResponseResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            resource_type: Fill::fill(random, version),
            resource_name: Fill::fill(random, version),
            configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.error_message.heap()
            + self.resource_type.heap()
            + self.resource_name.heap()
            + self.configs.heap()
    }
}

impl Fill for DescribeConfigsResponseResourceResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            value: Fill::fill(random, version),
            read_only: Fill::fill(random, version),
            config_source: Fill::fill(random, version),
            is_sensitive: Fill::fill(random, version),
            synonyms: Fill::fill(random, version),
            config_type: Fill::fill(random, version),
            documentation: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap()
            + self.value.heap()
            + self.read_only.heap()
            + self.config_source.heap()
            + self.is_sensitive.heap()
            + self.synonyms.heap()
            + self.config_type.heap()
            + self.documentation.heap()
    }
}

impl Fill for DescribeConfigsResponseSynonym {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            value: Fill::fill(random, version),
            source: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.value.heap() + self.source.heap()
    }
}

impl Fill for SaslAuthenticateRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { auth_bytes: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.auth_bytes.heap()
    }
}

impl Fill for SaslAuthenticateResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            auth_bytes: Fill::fill(random, version),
            session_lifetime_ms: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap() + self.error_message.heap() + self.auth_bytes.heap() + self.session_lifetime_ms.heap()
    }
}

impl Fill for CreatePartitionsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            topics: Fill::fill(random, version),
            timeout_ms: Fill::fill(random, version),
            validate_only: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.topics.heap() + self.timeout_ms.heap() + self.validate_only.heap()
    }
}

impl Fill for CreatePartitionsRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            count: Fill::fill(random, version),
            assignments: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.count.heap() + self.assignments.heap()
    }
}

impl Fill for CreatePartitionsRequestAssignment {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { broker_ids: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.broker_ids.heap()
    }
}

impl Fill for CreatePartitionsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), results: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.results.heap()
    }
}

impl Fill for CreatePartitionsResponseTopicResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.error_code.heap() + self.error_message.heap()
    }
}

impl Fill for DeleteGroupsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { groups_names: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.groups_names.heap()
    }
}

impl Fill for DeleteGroupsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), results: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.results.heap()
    }
}

impl Fill for DeleteGroupsResponseDeletableGroupResult {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { group_id: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.error_code.heap()
    }
}

impl Fill for IncrementalAlterConfigsRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { resources: Fill::fill(random, version), validate_only: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.resources.heap() + self.validate_only.heap()
    }
}

impl Fill for IncrementalAlterConfigsRequestAlterConfigsResource {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            resource_type: Fill::fill(random, version),
            resource_name: Fill::fill(random, version),
            configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.resource_type.heap() + self.resource_name.heap() + self.configs.heap()
    }
}

impl Fill for IncrementalAlterConfigsRequestAlterableConfig {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            config_operation: Fill::fill(random, version),
            value: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.config_operation.heap() + self.value.heap()
    }
}

impl Fill for IncrementalAlterConfigsResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), responses: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.responses.heap()
    }
}

impl Fill for IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            resource_type: Fill::fill(random, version),
            resource_name: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap() + self.error_message.heap() + self.resource_type.heap() + self.resource_name.heap()
    }
}

impl Fill for OffsetDeleteRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { group_id: Fill::fill(random, version), topics: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.group_id.heap() + self.topics.heap()
    }
}

impl Fill for OffsetDeleteRequestTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetDeleteRequestPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap()
    }
}

impl Fill for OffsetDeleteResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            throttle_time_ms: Fill::fill(random, version),
            topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap() + self.throttle_time_ms.heap() + self.topics.heap()
    }
}

impl Fill for OffsetDeleteResponseTopic {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { name: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap()
    }
}

impl Fill for OffsetDeleteResponsePartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { partition_index: Fill::fill(random, version), error_code: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.partition_index.heap() + self.error_code.heap()
    }
}

impl Fill for DescribeClusterRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            include_cluster_authorized_operations: Fill::fill(random, version),
            endpoint_type: if version >= 1 { Fill::fill(random, version) } else { 1 },
        }
    }

    fn heap(&self) -> usize {
        self.include_cluster_authorized_operations.heap() + self.endpoint_type.heap()
    }
}

impl Fill for DescribeClusterResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            endpoint_type: if version >= 1 { Fill::fill(random, version) } else { 1 },
            cluster_id: Fill::fill(random, version),
            controller_id: Fill::fill(random, version),
            brokers: Fill::fill(random, version),
            cluster_authorized_operations: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.error_code.heap()
            + self.error_message.heap()
            + self.endpoint_type.heap()
            + self.cluster_id.heap()
            + self.controller_id.heap()
            + self.brokers.heap()
            + self.cluster_authorized_operations.heap()
    }
}

impl Fill for DescribeClusterResponseBroker {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            broker_id: Fill::fill(random, version),
            host: Fill::fill(random, version),
            port: Fill::fill(random, version),
            rack: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.broker_id.heap() + self.host.heap() + self.port.heap() + self.rack.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_id: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            member_epoch: Fill::fill(random, version),
            endpoint_information_epoch: Fill::fill(random, version),
            instance_id: Fill::fill(random, version),
            rack_id: Fill::fill(random, version),
            rebalance_timeout_ms: Fill::fill(random, version),
            topology: Fill::fill(random, version),
            active_tasks: Fill::fill(random, version),
            standby_tasks: Fill::fill(random, version),
            warmup_tasks: Fill::fill(random, version),
            process_id: Fill::fill(random, version),
            user_endpoint: Fill::fill(random, version),
            client_tags: Fill::fill(random, version),
            task_offsets: Fill::fill(random, version),
            task_end_offsets: Fill::fill(random, version),
            shutdown_application: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.group_id.heap()
            + self.member_id.heap()
            + self.member_epoch.heap()
            + self.endpoint_information_epoch.heap()
            + self.instance_id.heap()
            + self.rack_id.heap()
            + self.rebalance_timeout_ms.heap()
            + self.topology.heap()
            + self.active_tasks.heap()
            + self.standby_tasks.heap()
            + self.warmup_tasks.heap()
            + self.process_id.heap()
            + self.user_endpoint.heap()
            + self.client_tags.heap()
            + self.task_offsets.heap()
            + self.task_end_offsets.heap()
            + self.shutdown_application.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestTopology {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { epoch: Fill::fill(random, version), subtopologies: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.epoch.heap() + self.subtopologies.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestSubtopology {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            subtopology_id: Fill::fill(random, version),
            source_topics: Fill::fill(random, version),
            source_topic_regex: Fill::fill(random, version),
            state_changelog_topics: Fill::fill(random, version),
            repartition_sink_topics: Fill::fill(random, version),
            repartition_source_topics: Fill::fill(random, version),
            copartition_groups: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap()
            + self.source_topics.heap()
            + self.source_topic_regex.heap()
            + self.state_changelog_topics.heap()
            + self.repartition_sink_topics.heap()
            + self.repartition_source_topics.heap()
            + self.copartition_groups.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestTopicInfo {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            partitions: Fill::fill(random, version),
            replication_factor: Fill::fill(random, version),
            topic_configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap() + self.replication_factor.heap() + self.topic_configs.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestKeyValue {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { key: Fill::fill(random, version), value: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.key.heap() + self.value.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestCopartitionGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            source_topics: Fill::fill(random, version),
            source_topic_regex: Fill::fill(random, version),
            repartition_source_topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.source_topics.heap() + self.source_topic_regex.heap() + self.repartition_source_topics.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestTaskIds {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { subtopology_id: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.partitions.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestEndpoint {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { host: Fill::fill(random, version), port: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.host.heap() + self.port.heap()
    }
}

impl Fill for StreamsGroupHeartbeatRequestTaskOffset {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            subtopology_id: Fill::fill(random, version),
            partition: Fill::fill(random, version),
            offset: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.partition.heap() + self.offset.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            throttle_time_ms: Fill::fill(random, version),
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            member_id: Fill::fill(random, version),
            member_epoch: Fill::fill(random, version),
            heartbeat_interval_ms: Fill::fill(random, version),
            acceptable_recovery_lag_legacy: if version <= 0 { Fill::fill(random, version) } else { 0 },
            task_offset_interval_ms: Fill::fill(random, version),
            acceptable_recovery_lag: if version >= 1 { Fill::fill(random, version) } else { -1 },
            status: Fill::fill(random, version),
            active_tasks: Fill::fill(random, version),
            standby_tasks: Fill::fill(random, version),
            warmup_tasks: Fill::fill(random, version),
            topology_description_required: if version >= 1 { Fill::fill(random, version) } else { false },
            endpoint_information_epoch: Fill::fill(random, version),
            partitions_by_user_endpoint: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap()
            + self.error_code.heap()
            + self.error_message.heap()
            + self.member_id.heap()
            + self.member_epoch.heap()
            + self.heartbeat_interval_ms.heap()
            + self.acceptable_recovery_lag_legacy.heap()
            + self.task_offset_interval_ms.heap()
            + self.acceptable_recovery_lag.heap()
            + self.status.heap()
            + self.active_tasks.heap()
            + self.standby_tasks.heap()
            + self.warmup_tasks.heap()
            + self.topology_description_required.heap()
            + self.endpoint_information_epoch.heap()
            + self.partitions_by_user_endpoint.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponseStatus {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { status_code: Fill::fill(random, version), status_detail: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.status_code.heap() + self.status_detail.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponseTaskIds {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { subtopology_id: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.partitions.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponseEndpointToPartitions {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            user_endpoint: Fill::fill(random, version),
            active_partitions: Fill::fill(random, version),
            standby_partitions: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.user_endpoint.heap() + self.active_partitions.heap() + self.standby_partitions.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponseEndpoint {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { host: Fill::fill(random, version), port: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.host.heap() + self.port.heap()
    }
}

impl Fill for StreamsGroupHeartbeatResponseTopicPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topic: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topic.heap() + self.partitions.heap()
    }
}

impl Fill for StreamsGroupDescribeRequest {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            group_ids: Fill::fill(random, version),
            include_authorized_operations: Fill::fill(random, version),
            include_topology_description: if version >= 1 { Fill::fill(random, version) } else { false },
        }
    }

    fn heap(&self) -> usize {
        self.group_ids.heap() + self.include_authorized_operations.heap() + self.include_topology_description.heap()
    }
}

impl Fill for StreamsGroupDescribeResponse {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { throttle_time_ms: Fill::fill(random, version), groups: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.throttle_time_ms.heap() + self.groups.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseDescribedGroup {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            error_code: Fill::fill(random, version),
            error_message: Fill::fill(random, version),
            group_id: Fill::fill(random, version),
            group_state: Fill::fill(random, version),
            group_epoch: Fill::fill(random, version),
            assignment_epoch: Fill::fill(random, version),
            topology: Fill::fill(random, version),
            members: Fill::fill(random, version),
            authorized_operations: Fill::fill(random, version),
            topology_description: if version >= 1 { Fill::fill(random, version) } else { None },
            topology_description_status: if version >= 1 { Fill::fill(random, version) } else { 0 },
            assignor_name: if version >= 1 { Fill::fill(random, version) } else { None },
        }
    }

    fn heap(&self) -> usize {
        self.error_code.heap()
            + self.error_message.heap()
            + self.group_id.heap()
            + self.group_state.heap()
            + self.group_epoch.heap()
            + self.assignment_epoch.heap()
            + self.topology.heap()
            + self.members.heap()
            + self.authorized_operations.heap()
            + self.topology_description.heap()
            + self.topology_description_status.heap()
            + self.assignor_name.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopology {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { epoch: Fill::fill(random, version), subtopologies: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.epoch.heap() + self.subtopologies.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseSubtopology {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            subtopology_id: Fill::fill(random, version),
            source_topics: Fill::fill(random, version),
            repartition_sink_topics: Fill::fill(random, version),
            state_changelog_topics: Fill::fill(random, version),
            repartition_source_topics: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap()
            + self.source_topics.heap()
            + self.repartition_sink_topics.heap()
            + self.state_changelog_topics.heap()
            + self.repartition_source_topics.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopicInfo {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            partitions: Fill::fill(random, version),
            replication_factor: Fill::fill(random, version),
            topic_configs: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap() + self.partitions.heap() + self.replication_factor.heap() + self.topic_configs.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseKeyValue {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { key: Fill::fill(random, version), value: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.key.heap() + self.value.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseMember {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            member_id: Fill::fill(random, version),
            member_epoch: Fill::fill(random, version),
            instance_id: Fill::fill(random, version),
            rack_id: Fill::fill(random, version),
            client_id: Fill::fill(random, version),
            client_host: Fill::fill(random, version),
            topology_epoch: Fill::fill(random, version),
            process_id: Fill::fill(random, version),
            user_endpoint: Fill::fill(random, version),
            client_tags: Fill::fill(random, version),
            task_offsets: Fill::fill(random, version),
            task_end_offsets: Fill::fill(random, version),
            assignment: Fill::fill(random, version),
            target_assignment: Fill::fill(random, version),
            is_classic: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.member_id.heap()
            + self.member_epoch.heap()
            + self.instance_id.heap()
            + self.rack_id.heap()
            + self.client_id.heap()
            + self.client_host.heap()
            + self.topology_epoch.heap()
            + self.process_id.heap()
            + self.user_endpoint.heap()
            + self.client_tags.heap()
            + self.task_offsets.heap()
            + self.task_end_offsets.heap()
            + self.assignment.heap()
            + self.target_assignment.heap()
            + self.is_classic.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseEndpoint {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { host: Fill::fill(random, version), port: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.host.heap() + self.port.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTaskOffset {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            subtopology_id: Fill::fill(random, version),
            partition: Fill::fill(random, version),
            offset: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.partition.heap() + self.offset.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseAssignment {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            active_tasks: Fill::fill(random, version),
            standby_tasks: Fill::fill(random, version),
            warmup_tasks: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.active_tasks.heap() + self.standby_tasks.heap() + self.warmup_tasks.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTaskIds {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { subtopology_id: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.partitions.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopologyDescription {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { subtopologies: Fill::fill(random, version), global_stores: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.subtopologies.heap() + self.global_stores.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopologyDescriptionSubtopology {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { subtopology_id: Fill::fill(random, version), nodes: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.subtopology_id.heap() + self.nodes.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopologyDescriptionNode {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            name: Fill::fill(random, version),
            node_type: Fill::fill(random, version),
            source_topics: Fill::fill(random, version),
            sink_topic: Fill::fill(random, version),
            stores: Fill::fill(random, version),
            successors: Fill::fill(random, version),
        }
    }

    fn heap(&self) -> usize {
        self.name.heap()
            + self.node_type.heap()
            + self.source_topics.heap()
            + self.sink_topic.heap()
            + self.stores.heap()
            + self.successors.heap()
    }
}

impl Fill for StreamsGroupDescribeResponseTopologyDescriptionGlobalStore {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { source: Fill::fill(random, version), processor: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.source.heap() + self.processor.heap()
    }
}

impl Fill for ConsumerProtocolSubscription {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self {
            topics: Fill::fill(random, version),
            user_data: Fill::fill(random, version),
            owned_partitions: if version >= 1 { Fill::fill(random, version) } else { Vec::new() },
            generation_id: if version >= 2 { Fill::fill(random, version) } else { -1 },
            rack_id: if version >= 3 { Fill::fill(random, version) } else { None },
        }
    }

    fn heap(&self) -> usize {
        self.topics.heap()
            + self.user_data.heap()
            + self.owned_partitions.heap()
            + self.generation_id.heap()
            + self.rack_id.heap()
    }
}

impl Fill for ConsumerProtocolSubscriptionTopicPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topic: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topic.heap() + self.partitions.heap()
    }
}

impl Fill for ConsumerProtocolAssignment {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { assigned_partitions: Fill::fill(random, version), user_data: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.assigned_partitions.heap() + self.user_data.heap()
    }
}

impl Fill for ConsumerProtocolAssignmentTopicPartition {
    fn fill(random: &mut Random, version: i16) -> Self {
        Self { topic: Fill::fill(random, version), partitions: Fill::fill(random, version) }
    }

    fn heap(&self) -> usize {
        self.topic.heap() + self.partitions.heap()
    }
}
