//! `Metadata` (key 3, versions 9 to 13): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Uuid, Writer};

impl Request for MetadataRequest {
    type Response = MetadataResponse;
    const API_KEY: i16 = 3;
    const NAME: &'static str = "Metadata";
    const OLDEST: i16 = 9;
    const NEWEST: i16 = 13;
    const FLEXIBLE_FROM: i16 = 9;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `MetadataRequest` of Kafka, versions 9 to 13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequest {
    /// `Topics`: array of [`MetadataRequestTopic`] or null, empty by default.
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// `AllowAutoTopicCreation`: `bool`, `true` by default.
    pub allow_auto_topic_creation: bool,
    /// `IncludeClusterAuthorizedOperations`: `bool`; versions 9 to 10 (an error in others, unless it has its default).
    pub include_cluster_authorized_operations: bool,
    /// `IncludeTopicAuthorizedOperations`: `bool`.
    pub include_topic_authorized_operations: bool,
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Message for MetadataRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(9..=13).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "MetadataRequest", version });
        }
        out.nullable_array(Lengths::Compact, self.topics.as_deref(), "MetadataRequest.topics", |out, each| {
            each.write(out, version)
        })?;
        out.bool(self.allow_auto_topic_creation);
        if version <= 10 {
            out.bool(self.include_cluster_authorized_operations);
        } else if self.include_cluster_authorized_operations {
            return Err(EncodeError::NotInVersion {
                field: "MetadataRequest.include_cluster_authorized_operations",
                version,
            });
        }
        out.bool(self.include_topic_authorized_operations);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(9..=13).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "MetadataRequest", version });
        }
        let value = Self {
            topics: input.nullable_array(Lengths::Compact, "MetadataRequest.topics", 2, |input| {
                MetadataRequestTopic::read(input, version)
            })?,
            allow_auto_topic_creation: input.bool("MetadataRequest.allow_auto_topic_creation")?,
            include_cluster_authorized_operations: if version <= 10 {
                input.bool("MetadataRequest.include_cluster_authorized_operations")?
            } else {
                false
            },
            include_topic_authorized_operations: input.bool("MetadataRequest.include_topic_authorized_operations")?,
        };
        input.skip_tagged_fields("MetadataRequest")?;
        Ok(value)
    }
}

/// A part of [`MetadataRequest`], versions 9 to 13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// `TopicId`: [`Uuid`]; versions 10 to 13 (left out of others).
    pub topic_id: Uuid,
    /// `Name`: string or null in versions 10 to 13, empty by default.
    pub name: Option<String>,
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self { topic_id: Uuid::ZERO, name: Some(String::new()) }
    }
}

impl Message for MetadataRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version >= 10 {
            out.uuid(self.topic_id);
        }
        if version < 10 && self.name.is_none() {
            return Err(EncodeError::Null { field: "MetadataRequestTopic.name", version });
        }
        out.nullable_string(Lengths::Compact, self.name.as_deref(), "MetadataRequestTopic.name")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            topic_id: if version >= 10 { input.uuid("MetadataRequestTopic.topic_id")? } else { Uuid::ZERO },
            name: if version >= 10 {
                input.nullable_string(Lengths::Compact, "MetadataRequestTopic.name")?
            } else {
                Some(input.string(Lengths::Compact, "MetadataRequestTopic.name")?)
            },
        };
        input.skip_tagged_fields("MetadataRequestTopic")?;
        Ok(value)
    }
}

/// `MetadataResponse` of Kafka, versions 9 to 13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Brokers`: array of [`MetadataResponseBroker`].
    pub brokers: Vec<MetadataResponseBroker>,
    /// `ClusterId`: string or null, null by default.
    pub cluster_id: Option<String>,
    /// `ControllerId`: `int32`, `-1` by default.
    pub controller_id: i32,
    /// `Topics`: array of [`MetadataResponseTopic`].
    pub topics: Vec<MetadataResponseTopic>,
    /// `ClusterAuthorizedOperations`: `int32`, `i32::MIN` by default; versions 9 to 10 (an error in others, unless it
    /// has its default).
    pub cluster_authorized_operations: i32,
    /// `ErrorCode`: `int16`; version 13 (left out of others).
    pub error_code: i16,
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Vec::new(),
            cluster_id: None,
            controller_id: -1,
            topics: Vec::new(),
            cluster_authorized_operations: i32::MIN,
            error_code: 0,
        }
    }
}

impl Message for MetadataResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(9..=13).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "MetadataResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.brokers, "MetadataResponse.brokers", |out, each| each.write(out, version))?;
        out.nullable_string(Lengths::Compact, self.cluster_id.as_deref(), "MetadataResponse.cluster_id")?;
        out.int32(self.controller_id);
        out.array(Lengths::Compact, &self.topics, "MetadataResponse.topics", |out, each| each.write(out, version))?;
        if version <= 10 {
            out.int32(self.cluster_authorized_operations);
        } else if self.cluster_authorized_operations != i32::MIN {
            return Err(EncodeError::NotInVersion { field: "MetadataResponse.cluster_authorized_operations", version });
        }
        if version >= 13 {
            out.int16(self.error_code);
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(9..=13).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "MetadataResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("MetadataResponse.throttle_time_ms")?,
            brokers: input.array(Lengths::Compact, "MetadataResponse.brokers", 11, |input| {
                MetadataResponseBroker::read(input, version)
            })?,
            cluster_id: input.nullable_string(Lengths::Compact, "MetadataResponse.cluster_id")?,
            controller_id: input.int32("MetadataResponse.controller_id")?,
            topics: input.array(Lengths::Compact, "MetadataResponse.topics", 10, |input| {
                MetadataResponseTopic::read(input, version)
            })?,
            cluster_authorized_operations: if version <= 10 {
                input.int32("MetadataResponse.cluster_authorized_operations")?
            } else {
                i32::MIN
            },
            error_code: if version >= 13 { input.int16("MetadataResponse.error_code")? } else { 0 },
        };
        input.skip_tagged_fields("MetadataResponse")?;
        Ok(value)
    }
}

/// A part of [`MetadataResponse`], versions 9 to 13.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataResponseBroker {
    /// `NodeId`: `int32`.
    pub node_id: i32,
    /// `Host`: string.
    pub host: String,
    /// `Port`: `int32`.
    pub port: i32,
    /// `Rack`: string or null, null by default.
    pub rack: Option<String>,
}

impl Message for MetadataResponseBroker {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.node_id);
        out.string(Lengths::Compact, &self.host, "MetadataResponseBroker.host")?;
        out.int32(self.port);
        out.nullable_string(Lengths::Compact, self.rack.as_deref(), "MetadataResponseBroker.rack")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            node_id: input.int32("MetadataResponseBroker.node_id")?,
            host: input.string(Lengths::Compact, "MetadataResponseBroker.host")?,
            port: input.int32("MetadataResponseBroker.port")?,
            rack: input.nullable_string(Lengths::Compact, "MetadataResponseBroker.rack")?,
        };
        input.skip_tagged_fields("MetadataResponseBroker")?;
        Ok(value)
    }
}

/// A part of [`MetadataResponse`], versions 9 to 13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Name`: string or null in versions 12 to 13, empty by default.
    pub name: Option<String>,
    /// `TopicId`: [`Uuid`]; versions 10 to 13 (left out of others).
    pub topic_id: Uuid,
    /// `IsInternal`: `bool`.
    pub is_internal: bool,
    /// `Partitions`: array of [`MetadataResponsePartition`].
    pub partitions: Vec<MetadataResponsePartition>,
    /// `TopicAuthorizedOperations`: `int32`, `i32::MIN` by default.
    pub topic_authorized_operations: i32,
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(String::new()),
            topic_id: Uuid::ZERO,
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl Message for MetadataResponseTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        if version < 12 && self.name.is_none() {
            return Err(EncodeError::Null { field: "MetadataResponseTopic.name", version });
        }
        out.nullable_string(Lengths::Compact, self.name.as_deref(), "MetadataResponseTopic.name")?;
        if version >= 10 {
            out.uuid(self.topic_id);
        }
        out.bool(self.is_internal);
        out.array(Lengths::Compact, &self.partitions, "MetadataResponseTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.int32(self.topic_authorized_operations);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("MetadataResponseTopic.error_code")?,
            name: if version >= 12 {
                input.nullable_string(Lengths::Compact, "MetadataResponseTopic.name")?
            } else {
                Some(input.string(Lengths::Compact, "MetadataResponseTopic.name")?)
            },
            topic_id: if version >= 10 { input.uuid("MetadataResponseTopic.topic_id")? } else { Uuid::ZERO },
            is_internal: input.bool("MetadataResponseTopic.is_internal")?,
            partitions: input.array(Lengths::Compact, "MetadataResponseTopic.partitions", 18, |input| {
                MetadataResponsePartition::read(input, version)
            })?,
            topic_authorized_operations: input.int32("MetadataResponseTopic.topic_authorized_operations")?,
        };
        input.skip_tagged_fields("MetadataResponseTopic")?;
        Ok(value)
    }
}

/// A part of [`MetadataResponse`], versions 9 to 13.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `LeaderId`: `int32`.
    pub leader_id: i32,
    /// `LeaderEpoch`: `int32`, `-1` by default.
    pub leader_epoch: i32,
    /// `ReplicaNodes`: array of `int32`.
    pub replica_nodes: Vec<i32>,
    /// `IsrNodes`: array of `int32`.
    pub isr_nodes: Vec<i32>,
    /// `OfflineReplicas`: array of `int32`.
    pub offline_replicas: Vec<i32>,
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            offline_replicas: Vec::new(),
        }
    }
}

impl Message for MetadataResponsePartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        out.int32(self.partition_index);
        out.int32(self.leader_id);
        out.int32(self.leader_epoch);
        out.array(Lengths::Compact, &self.replica_nodes, "MetadataResponsePartition.replica_nodes", |out, each| {
            out.int32(*each);
            Ok(())
        })?;
        out.array(Lengths::Compact, &self.isr_nodes, "MetadataResponsePartition.isr_nodes", |out, each| {
            out.int32(*each);
            Ok(())
        })?;
        out.array(
            Lengths::Compact,
            &self.offline_replicas,
            "MetadataResponsePartition.offline_replicas",
            |out, each| {
                out.int32(*each);
                Ok(())
            },
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("MetadataResponsePartition.error_code")?,
            partition_index: input.int32("MetadataResponsePartition.partition_index")?,
            leader_id: input.int32("MetadataResponsePartition.leader_id")?,
            leader_epoch: input.int32("MetadataResponsePartition.leader_epoch")?,
            replica_nodes: input.array(Lengths::Compact, "MetadataResponsePartition.replica_nodes", 4, |input| {
                input.int32("MetadataResponsePartition.replica_nodes")
            })?,
            isr_nodes: input.array(Lengths::Compact, "MetadataResponsePartition.isr_nodes", 4, |input| {
                input.int32("MetadataResponsePartition.isr_nodes")
            })?,
            offline_replicas: input.array(
                Lengths::Compact,
                "MetadataResponsePartition.offline_replicas",
                4,
                |input| input.int32("MetadataResponsePartition.offline_replicas"),
            )?,
        };
        input.skip_tagged_fields("MetadataResponsePartition")?;
        Ok(value)
    }
}
