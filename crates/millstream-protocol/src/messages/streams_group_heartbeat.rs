//! `StreamsGroupHeartbeat` (key 88, versions 0 to 1): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for StreamsGroupHeartbeatRequest {
    type Response = StreamsGroupHeartbeatResponse;
    const API_KEY: i16 = 88;
    const NAME: &'static str = "StreamsGroupHeartbeat";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 1;
    const FLEXIBLE_FROM: i16 = 0;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `StreamsGroupHeartbeatRequest` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `MemberId`: string.
    pub member_id: String,
    /// `MemberEpoch`: `int32`.
    pub member_epoch: i32,
    /// `EndpointInformationEpoch`: `int32`.
    pub endpoint_information_epoch: i32,
    /// `InstanceId`: string or null, null by default.
    pub instance_id: Option<String>,
    /// `RackId`: string or null, null by default.
    pub rack_id: Option<String>,
    /// `RebalanceTimeoutMs`: `int32`, `-1` by default.
    pub rebalance_timeout_ms: i32,
    /// `Topology`: [`StreamsGroupHeartbeatRequestTopology`] or null, null by default.
    pub topology: Option<StreamsGroupHeartbeatRequestTopology>,
    /// `ActiveTasks`: array of [`StreamsGroupHeartbeatRequestTaskIds`] or null, null by default.
    pub active_tasks: Option<Vec<StreamsGroupHeartbeatRequestTaskIds>>,
    /// `StandbyTasks`: array of [`StreamsGroupHeartbeatRequestTaskIds`] or null, null by default.
    pub standby_tasks: Option<Vec<StreamsGroupHeartbeatRequestTaskIds>>,
    /// `WarmupTasks`: array of [`StreamsGroupHeartbeatRequestTaskIds`] or null, null by default.
    pub warmup_tasks: Option<Vec<StreamsGroupHeartbeatRequestTaskIds>>,
    /// `ProcessId`: string or null, null by default.
    pub process_id: Option<String>,
    /// `UserEndpoint`: [`StreamsGroupHeartbeatRequestEndpoint`] or null, null by default.
    pub user_endpoint: Option<StreamsGroupHeartbeatRequestEndpoint>,
    /// `ClientTags`: array of [`StreamsGroupHeartbeatRequestKeyValue`] or null, null by default.
    pub client_tags: Option<Vec<StreamsGroupHeartbeatRequestKeyValue>>,
    /// `TaskOffsets`: array of [`StreamsGroupHeartbeatRequestTaskOffset`] or null, null by default.
    pub task_offsets: Option<Vec<StreamsGroupHeartbeatRequestTaskOffset>>,
    /// `TaskEndOffsets`: array of [`StreamsGroupHeartbeatRequestTaskOffset`] or null, null by default.
    pub task_end_offsets: Option<Vec<StreamsGroupHeartbeatRequestTaskOffset>>,
    /// `ShutdownApplication`: `bool`.
    pub shutdown_application: bool,
}

impl Default for StreamsGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            member_id: String::new(),
            member_epoch: 0,
            endpoint_information_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            topology: None,
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            process_id: None,
            user_endpoint: None,
            client_tags: None,
            task_offsets: None,
            task_end_offsets: None,
            shutdown_application: false,
        }
    }
}

impl Message for StreamsGroupHeartbeatRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "StreamsGroupHeartbeatRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "StreamsGroupHeartbeatRequest.group_id")?;
        out.string(Lengths::Compact, &self.member_id, "StreamsGroupHeartbeatRequest.member_id")?;
        out.int32(self.member_epoch);
        out.int32(self.endpoint_information_epoch);
        out.nullable_string(Lengths::Compact, self.instance_id.as_deref(), "StreamsGroupHeartbeatRequest.instance_id")?;
        out.nullable_string(Lengths::Compact, self.rack_id.as_deref(), "StreamsGroupHeartbeatRequest.rack_id")?;
        out.int32(self.rebalance_timeout_ms);
        out.nullable(self.topology.as_ref(), |out, value| value.write(out, version))?;
        out.nullable_array(
            Lengths::Compact,
            self.active_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.active_tasks",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.standby_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.standby_tasks",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.warmup_tasks.as_deref(),
            "StreamsGroupHeartbeatRequest.warmup_tasks",
            |out, each| each.write(out, version),
        )?;
        out.nullable_string(Lengths::Compact, self.process_id.as_deref(), "StreamsGroupHeartbeatRequest.process_id")?;
        out.nullable(self.user_endpoint.as_ref(), |out, value| value.write(out, version))?;
        out.nullable_array(
            Lengths::Compact,
            self.client_tags.as_deref(),
            "StreamsGroupHeartbeatRequest.client_tags",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.task_offsets.as_deref(),
            "StreamsGroupHeartbeatRequest.task_offsets",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.task_end_offsets.as_deref(),
            "StreamsGroupHeartbeatRequest.task_end_offsets",
            |out, each| each.write(out, version),
        )?;
        out.bool(self.shutdown_application);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "StreamsGroupHeartbeatRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequest.group_id")?,
            member_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequest.member_id")?,
            member_epoch: input.int32("StreamsGroupHeartbeatRequest.member_epoch")?,
            endpoint_information_epoch: input.int32("StreamsGroupHeartbeatRequest.endpoint_information_epoch")?,
            instance_id: input.nullable_string(Lengths::Compact, "StreamsGroupHeartbeatRequest.instance_id")?,
            rack_id: input.nullable_string(Lengths::Compact, "StreamsGroupHeartbeatRequest.rack_id")?,
            rebalance_timeout_ms: input.int32("StreamsGroupHeartbeatRequest.rebalance_timeout_ms")?,
            topology: input.nullable("StreamsGroupHeartbeatRequest.topology", |input| {
                StreamsGroupHeartbeatRequestTopology::read(input, version)
            })?,
            active_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.active_tasks",
                3,
                |input| StreamsGroupHeartbeatRequestTaskIds::read(input, version),
            )?,
            standby_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.standby_tasks",
                3,
                |input| StreamsGroupHeartbeatRequestTaskIds::read(input, version),
            )?,
            warmup_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.warmup_tasks",
                3,
                |input| StreamsGroupHeartbeatRequestTaskIds::read(input, version),
            )?,
            process_id: input.nullable_string(Lengths::Compact, "StreamsGroupHeartbeatRequest.process_id")?,
            user_endpoint: input.nullable("StreamsGroupHeartbeatRequest.user_endpoint", |input| {
                StreamsGroupHeartbeatRequestEndpoint::read(input, version)
            })?,
            client_tags: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.client_tags",
                3,
                |input| StreamsGroupHeartbeatRequestKeyValue::read(input, version),
            )?,
            task_offsets: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.task_offsets",
                14,
                |input| StreamsGroupHeartbeatRequestTaskOffset::read(input, version),
            )?,
            task_end_offsets: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequest.task_end_offsets",
                14,
                |input| StreamsGroupHeartbeatRequestTaskOffset::read(input, version),
            )?,
            shutdown_application: input.bool("StreamsGroupHeartbeatRequest.shutdown_application")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequest")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestTopology {
    /// `Epoch`: `int32`.
    pub epoch: i32,
    /// `Subtopologies`: array of [`StreamsGroupHeartbeatRequestSubtopology`].
    pub subtopologies: Vec<StreamsGroupHeartbeatRequestSubtopology>,
}

impl Message for StreamsGroupHeartbeatRequestTopology {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int32(self.epoch);
        out.array(
            Lengths::Compact,
            &self.subtopologies,
            "StreamsGroupHeartbeatRequestTopology.subtopologies",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            epoch: input.int32("StreamsGroupHeartbeatRequestTopology.epoch")?,
            subtopologies: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestTopology.subtopologies",
                8,
                |input| StreamsGroupHeartbeatRequestSubtopology::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestTopology")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestSubtopology {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `SourceTopics`: array of string.
    pub source_topics: Vec<String>,
    /// `SourceTopicRegex`: array of string.
    pub source_topic_regex: Vec<String>,
    /// `StateChangelogTopics`: array of [`StreamsGroupHeartbeatRequestTopicInfo`].
    pub state_changelog_topics: Vec<StreamsGroupHeartbeatRequestTopicInfo>,
    /// `RepartitionSinkTopics`: array of string.
    pub repartition_sink_topics: Vec<String>,
    /// `RepartitionSourceTopics`: array of [`StreamsGroupHeartbeatRequestTopicInfo`].
    pub repartition_source_topics: Vec<StreamsGroupHeartbeatRequestTopicInfo>,
    /// `CopartitionGroups`: array of [`StreamsGroupHeartbeatRequestCopartitionGroup`].
    pub copartition_groups: Vec<StreamsGroupHeartbeatRequestCopartitionGroup>,
}

impl Message for StreamsGroupHeartbeatRequestSubtopology {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupHeartbeatRequestSubtopology.subtopology_id")?;
        out.array(
            Lengths::Compact,
            &self.source_topics,
            "StreamsGroupHeartbeatRequestSubtopology.source_topics",
            |out, each| out.string(Lengths::Compact, each, "StreamsGroupHeartbeatRequestSubtopology.source_topics"),
        )?;
        out.array(
            Lengths::Compact,
            &self.source_topic_regex,
            "StreamsGroupHeartbeatRequestSubtopology.source_topic_regex",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupHeartbeatRequestSubtopology.source_topic_regex")
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.state_changelog_topics,
            "StreamsGroupHeartbeatRequestSubtopology.state_changelog_topics",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.repartition_sink_topics,
            "StreamsGroupHeartbeatRequestSubtopology.repartition_sink_topics",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupHeartbeatRequestSubtopology.repartition_sink_topics")
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.repartition_source_topics,
            "StreamsGroupHeartbeatRequestSubtopology.repartition_source_topics",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.copartition_groups,
            "StreamsGroupHeartbeatRequestSubtopology.copartition_groups",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestSubtopology.subtopology_id")?,
            source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.source_topics",
                1,
                |input| input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestSubtopology.source_topics"),
            )?,
            source_topic_regex: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.source_topic_regex",
                1,
                |input| input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestSubtopology.source_topic_regex"),
            )?,
            state_changelog_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.state_changelog_topics",
                9,
                |input| StreamsGroupHeartbeatRequestTopicInfo::read(input, version),
            )?,
            repartition_sink_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.repartition_sink_topics",
                1,
                |input| {
                    input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestSubtopology.repartition_sink_topics")
                },
            )?,
            repartition_source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.repartition_source_topics",
                9,
                |input| StreamsGroupHeartbeatRequestTopicInfo::read(input, version),
            )?,
            copartition_groups: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestSubtopology.copartition_groups",
                4,
                |input| StreamsGroupHeartbeatRequestCopartitionGroup::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestSubtopology")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestTopicInfo {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: `int32`.
    pub partitions: i32,
    /// `ReplicationFactor`: `int16`.
    pub replication_factor: i16,
    /// `TopicConfigs`: array of [`StreamsGroupHeartbeatRequestKeyValue`].
    pub topic_configs: Vec<StreamsGroupHeartbeatRequestKeyValue>,
}

impl Message for StreamsGroupHeartbeatRequestTopicInfo {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "StreamsGroupHeartbeatRequestTopicInfo.name")?;
        out.int32(self.partitions);
        out.int16(self.replication_factor);
        out.array(
            Lengths::Compact,
            &self.topic_configs,
            "StreamsGroupHeartbeatRequestTopicInfo.topic_configs",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestTopicInfo.name")?,
            partitions: input.int32("StreamsGroupHeartbeatRequestTopicInfo.partitions")?,
            replication_factor: input.int16("StreamsGroupHeartbeatRequestTopicInfo.replication_factor")?,
            topic_configs: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestTopicInfo.topic_configs",
                3,
                |input| StreamsGroupHeartbeatRequestKeyValue::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestTopicInfo")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestKeyValue {
    /// `Key`: string.
    pub key: String,
    /// `Value`: string.
    pub value: String,
}

impl Message for StreamsGroupHeartbeatRequestKeyValue {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.key, "StreamsGroupHeartbeatRequestKeyValue.key")?;
        out.string(Lengths::Compact, &self.value, "StreamsGroupHeartbeatRequestKeyValue.value")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            key: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestKeyValue.key")?,
            value: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestKeyValue.value")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestKeyValue")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestCopartitionGroup {
    /// `SourceTopics`: array of `int16`.
    pub source_topics: Vec<i16>,
    /// `SourceTopicRegex`: array of `int16`.
    pub source_topic_regex: Vec<i16>,
    /// `RepartitionSourceTopics`: array of `int16`.
    pub repartition_source_topics: Vec<i16>,
}

impl Message for StreamsGroupHeartbeatRequestCopartitionGroup {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.array(
            Lengths::Compact,
            &self.source_topics,
            "StreamsGroupHeartbeatRequestCopartitionGroup.source_topics",
            |out, each| {
                out.int16(*each);
                Ok(())
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.source_topic_regex,
            "StreamsGroupHeartbeatRequestCopartitionGroup.source_topic_regex",
            |out, each| {
                out.int16(*each);
                Ok(())
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.repartition_source_topics,
            "StreamsGroupHeartbeatRequestCopartitionGroup.repartition_source_topics",
            |out, each| {
                out.int16(*each);
                Ok(())
            },
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestCopartitionGroup.source_topics",
                2,
                |input| input.int16("StreamsGroupHeartbeatRequestCopartitionGroup.source_topics"),
            )?,
            source_topic_regex: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestCopartitionGroup.source_topic_regex",
                2,
                |input| input.int16("StreamsGroupHeartbeatRequestCopartitionGroup.source_topic_regex"),
            )?,
            repartition_source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestCopartitionGroup.repartition_source_topics",
                2,
                |input| input.int16("StreamsGroupHeartbeatRequestCopartitionGroup.repartition_source_topics"),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestCopartitionGroup")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestTaskIds {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for StreamsGroupHeartbeatRequestTaskIds {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupHeartbeatRequestTaskIds.subtopology_id")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "StreamsGroupHeartbeatRequestTaskIds.partitions",
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
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestTaskIds.subtopology_id")?,
            partitions: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatRequestTaskIds.partitions",
                4,
                |input| input.int32("StreamsGroupHeartbeatRequestTaskIds.partitions"),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestTaskIds")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestEndpoint {
    /// `Host`: string.
    pub host: String,
    /// `Port`: `uint16`.
    pub port: u16,
}

impl Message for StreamsGroupHeartbeatRequestEndpoint {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.host, "StreamsGroupHeartbeatRequestEndpoint.host")?;
        out.uint16(self.port);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            host: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestEndpoint.host")?,
            port: input.uint16("StreamsGroupHeartbeatRequestEndpoint.port")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestEndpoint")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatRequest`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatRequestTaskOffset {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Partition`: `int32`.
    pub partition: i32,
    /// `Offset`: `int64`.
    pub offset: i64,
}

impl Message for StreamsGroupHeartbeatRequestTaskOffset {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupHeartbeatRequestTaskOffset.subtopology_id")?;
        out.int32(self.partition);
        out.int64(self.offset);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatRequestTaskOffset.subtopology_id")?,
            partition: input.int32("StreamsGroupHeartbeatRequestTaskOffset.partition")?,
            offset: input.int64("StreamsGroupHeartbeatRequestTaskOffset.offset")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatRequestTaskOffset")?;
        Ok(value)
    }
}

/// `StreamsGroupHeartbeatResponse` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default.
    pub error_message: Option<String>,
    /// `MemberId`: string.
    pub member_id: String,
    /// `MemberEpoch`: `int32`.
    pub member_epoch: i32,
    /// `HeartbeatIntervalMs`: `int32`.
    pub heartbeat_interval_ms: i32,
    /// `AcceptableRecoveryLagLegacy`: `int32`; version 0 (an error in others, unless it has its default).
    pub acceptable_recovery_lag_legacy: i32,
    /// `TaskOffsetIntervalMs`: `int32`.
    pub task_offset_interval_ms: i32,
    /// `AcceptableRecoveryLag`: `int64`, `-1` by default; version 1 (left out of others).
    pub acceptable_recovery_lag: i64,
    /// `Status`: array of [`StreamsGroupHeartbeatResponseStatus`] or null, empty by default.
    pub status: Option<Vec<StreamsGroupHeartbeatResponseStatus>>,
    /// `ActiveTasks`: array of [`StreamsGroupHeartbeatResponseTaskIds`] or null, null by default.
    pub active_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    /// `StandbyTasks`: array of [`StreamsGroupHeartbeatResponseTaskIds`] or null, null by default.
    pub standby_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    /// `WarmupTasks`: array of [`StreamsGroupHeartbeatResponseTaskIds`] or null, null by default.
    pub warmup_tasks: Option<Vec<StreamsGroupHeartbeatResponseTaskIds>>,
    /// `TopologyDescriptionRequired`: `bool`; version 1 (an error in others, unless it has its default).
    pub topology_description_required: bool,
    /// `EndpointInformationEpoch`: `int32`.
    pub endpoint_information_epoch: i32,
    /// `PartitionsByUserEndpoint`: array of [`StreamsGroupHeartbeatResponseEndpointToPartitions`] or null, null by
    /// default.
    pub partitions_by_user_endpoint: Option<Vec<StreamsGroupHeartbeatResponseEndpointToPartitions>>,
}

impl Default for StreamsGroupHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            member_id: String::new(),
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            acceptable_recovery_lag_legacy: 0,
            task_offset_interval_ms: 0,
            acceptable_recovery_lag: -1,
            status: Some(Vec::new()),
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            topology_description_required: false,
            endpoint_information_epoch: 0,
            partitions_by_user_endpoint: None,
        }
    }
}

impl Message for StreamsGroupHeartbeatResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "StreamsGroupHeartbeatResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "StreamsGroupHeartbeatResponse.error_message",
        )?;
        out.string(Lengths::Compact, &self.member_id, "StreamsGroupHeartbeatResponse.member_id")?;
        out.int32(self.member_epoch);
        out.int32(self.heartbeat_interval_ms);
        if version <= 0 {
            out.int32(self.acceptable_recovery_lag_legacy);
        } else if self.acceptable_recovery_lag_legacy != 0 {
            return Err(EncodeError::NotInVersion {
                field: "StreamsGroupHeartbeatResponse.acceptable_recovery_lag_legacy",
                version,
            });
        }
        out.int32(self.task_offset_interval_ms);
        if version >= 1 {
            out.int64(self.acceptable_recovery_lag);
        }
        out.nullable_array(
            Lengths::Compact,
            self.status.as_deref(),
            "StreamsGroupHeartbeatResponse.status",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.active_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.active_tasks",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.standby_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.standby_tasks",
            |out, each| each.write(out, version),
        )?;
        out.nullable_array(
            Lengths::Compact,
            self.warmup_tasks.as_deref(),
            "StreamsGroupHeartbeatResponse.warmup_tasks",
            |out, each| each.write(out, version),
        )?;
        if version >= 1 {
            out.bool(self.topology_description_required);
        } else if self.topology_description_required {
            return Err(EncodeError::NotInVersion {
                field: "StreamsGroupHeartbeatResponse.topology_description_required",
                version,
            });
        }
        out.int32(self.endpoint_information_epoch);
        out.nullable_array(
            Lengths::Compact,
            self.partitions_by_user_endpoint.as_deref(),
            "StreamsGroupHeartbeatResponse.partitions_by_user_endpoint",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "StreamsGroupHeartbeatResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("StreamsGroupHeartbeatResponse.throttle_time_ms")?,
            error_code: input.int16("StreamsGroupHeartbeatResponse.error_code")?,
            error_message: input.nullable_string(Lengths::Compact, "StreamsGroupHeartbeatResponse.error_message")?,
            member_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatResponse.member_id")?,
            member_epoch: input.int32("StreamsGroupHeartbeatResponse.member_epoch")?,
            heartbeat_interval_ms: input.int32("StreamsGroupHeartbeatResponse.heartbeat_interval_ms")?,
            acceptable_recovery_lag_legacy: if version <= 0 {
                input.int32("StreamsGroupHeartbeatResponse.acceptable_recovery_lag_legacy")?
            } else {
                0
            },
            task_offset_interval_ms: input.int32("StreamsGroupHeartbeatResponse.task_offset_interval_ms")?,
            acceptable_recovery_lag: if version >= 1 {
                input.int64("StreamsGroupHeartbeatResponse.acceptable_recovery_lag")?
            } else {
                -1
            },
            status: input.nullable_array(Lengths::Compact, "StreamsGroupHeartbeatResponse.status", 3, |input| {
                StreamsGroupHeartbeatResponseStatus::read(input, version)
            })?,
            active_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponse.active_tasks",
                3,
                |input| StreamsGroupHeartbeatResponseTaskIds::read(input, version),
            )?,
            standby_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponse.standby_tasks",
                3,
                |input| StreamsGroupHeartbeatResponseTaskIds::read(input, version),
            )?,
            warmup_tasks: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponse.warmup_tasks",
                3,
                |input| StreamsGroupHeartbeatResponseTaskIds::read(input, version),
            )?,
            topology_description_required: if version >= 1 {
                input.bool("StreamsGroupHeartbeatResponse.topology_description_required")?
            } else {
                false
            },
            endpoint_information_epoch: input.int32("StreamsGroupHeartbeatResponse.endpoint_information_epoch")?,
            partitions_by_user_endpoint: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponse.partitions_by_user_endpoint",
                7,
                |input| StreamsGroupHeartbeatResponseEndpointToPartitions::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponse")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatResponseStatus {
    /// `StatusCode`: `int8`.
    pub status_code: i8,
    /// `StatusDetail`: string.
    pub status_detail: String,
}

impl Message for StreamsGroupHeartbeatResponseStatus {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int8(self.status_code);
        out.string(Lengths::Compact, &self.status_detail, "StreamsGroupHeartbeatResponseStatus.status_detail")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            status_code: input.int8("StreamsGroupHeartbeatResponseStatus.status_code")?,
            status_detail: input.string(Lengths::Compact, "StreamsGroupHeartbeatResponseStatus.status_detail")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponseStatus")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatResponseTaskIds {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for StreamsGroupHeartbeatResponseTaskIds {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupHeartbeatResponseTaskIds.subtopology_id")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "StreamsGroupHeartbeatResponseTaskIds.partitions",
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
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupHeartbeatResponseTaskIds.subtopology_id")?,
            partitions: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponseTaskIds.partitions",
                4,
                |input| input.int32("StreamsGroupHeartbeatResponseTaskIds.partitions"),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponseTaskIds")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatResponseEndpointToPartitions {
    /// `UserEndpoint`: [`StreamsGroupHeartbeatResponseEndpoint`].
    pub user_endpoint: StreamsGroupHeartbeatResponseEndpoint,
    /// `ActivePartitions`: array of [`StreamsGroupHeartbeatResponseTopicPartition`].
    pub active_partitions: Vec<StreamsGroupHeartbeatResponseTopicPartition>,
    /// `StandbyPartitions`: array of [`StreamsGroupHeartbeatResponseTopicPartition`].
    pub standby_partitions: Vec<StreamsGroupHeartbeatResponseTopicPartition>,
}

impl Message for StreamsGroupHeartbeatResponseEndpointToPartitions {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        self.user_endpoint.write(out, version)?;
        out.array(
            Lengths::Compact,
            &self.active_partitions,
            "StreamsGroupHeartbeatResponseEndpointToPartitions.active_partitions",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.standby_partitions,
            "StreamsGroupHeartbeatResponseEndpointToPartitions.standby_partitions",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            user_endpoint: StreamsGroupHeartbeatResponseEndpoint::read(input, version)?,
            active_partitions: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponseEndpointToPartitions.active_partitions",
                3,
                |input| StreamsGroupHeartbeatResponseTopicPartition::read(input, version),
            )?,
            standby_partitions: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponseEndpointToPartitions.standby_partitions",
                3,
                |input| StreamsGroupHeartbeatResponseTopicPartition::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponseEndpointToPartitions")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatResponseEndpoint {
    /// `Host`: string.
    pub host: String,
    /// `Port`: `uint16`.
    pub port: u16,
}

impl Message for StreamsGroupHeartbeatResponseEndpoint {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.host, "StreamsGroupHeartbeatResponseEndpoint.host")?;
        out.uint16(self.port);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            host: input.string(Lengths::Compact, "StreamsGroupHeartbeatResponseEndpoint.host")?,
            port: input.uint16("StreamsGroupHeartbeatResponseEndpoint.port")?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponseEndpoint")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupHeartbeatResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupHeartbeatResponseTopicPartition {
    /// `Topic`: string.
    pub topic: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for StreamsGroupHeartbeatResponseTopicPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.topic, "StreamsGroupHeartbeatResponseTopicPartition.topic")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "StreamsGroupHeartbeatResponseTopicPartition.partitions",
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
            topic: input.string(Lengths::Compact, "StreamsGroupHeartbeatResponseTopicPartition.topic")?,
            partitions: input.array(
                Lengths::Compact,
                "StreamsGroupHeartbeatResponseTopicPartition.partitions",
                4,
                |input| input.int32("StreamsGroupHeartbeatResponseTopicPartition.partitions"),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupHeartbeatResponseTopicPartition")?;
        Ok(value)
    }
}
