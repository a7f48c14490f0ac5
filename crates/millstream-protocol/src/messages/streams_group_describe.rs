//! `StreamsGroupDescribe` (key 89, versions 0 to 1): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for StreamsGroupDescribeRequest {
    type Response = StreamsGroupDescribeResponse;
    const API_KEY: i16 = 89;
    const NAME: &'static str = "StreamsGroupDescribe";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 1;
    const FLEXIBLE_FROM: i16 = 0;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `StreamsGroupDescribeRequest` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeRequest {
    /// `GroupIds`: array of string.
    pub group_ids: Vec<String>,
    /// `IncludeAuthorizedOperations`: `bool`.
    pub include_authorized_operations: bool,
    /// `IncludeTopologyDescription`: `bool`; version 1 (an error in others, unless it has its default).
    pub include_topology_description: bool,
}

impl Message for StreamsGroupDescribeRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "StreamsGroupDescribeRequest", version });
        }
        out.array(Lengths::Compact, &self.group_ids, "StreamsGroupDescribeRequest.group_ids", |out, each| {
            out.string(Lengths::Compact, each, "StreamsGroupDescribeRequest.group_ids")
        })?;
        out.bool(self.include_authorized_operations);
        if version >= 1 {
            out.bool(self.include_topology_description);
        } else if self.include_topology_description {
            return Err(EncodeError::NotInVersion {
                field: "StreamsGroupDescribeRequest.include_topology_description",
                version,
            });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "StreamsGroupDescribeRequest", version });
        }
        let value = Self {
            group_ids: input.array(Lengths::Compact, "StreamsGroupDescribeRequest.group_ids", 1, |input| {
                input.string(Lengths::Compact, "StreamsGroupDescribeRequest.group_ids")
            })?,
            include_authorized_operations: input.bool("StreamsGroupDescribeRequest.include_authorized_operations")?,
            include_topology_description: if version >= 1 {
                input.bool("StreamsGroupDescribeRequest.include_topology_description")?
            } else {
                false
            },
        };
        input.skip_tagged_fields("StreamsGroupDescribeRequest")?;
        Ok(value)
    }
}

/// `StreamsGroupDescribeResponse` of Kafka, versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Groups`: array of [`StreamsGroupDescribeResponseDescribedGroup`].
    pub groups: Vec<StreamsGroupDescribeResponseDescribedGroup>,
}

impl Message for StreamsGroupDescribeResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=1).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "StreamsGroupDescribeResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.groups, "StreamsGroupDescribeResponse.groups", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=1).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "StreamsGroupDescribeResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("StreamsGroupDescribeResponse.throttle_time_ms")?,
            groups: input.array(Lengths::Compact, "StreamsGroupDescribeResponse.groups", 20, |input| {
                StreamsGroupDescribeResponseDescribedGroup::read(input, version)
            })?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponse")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupDescribeResponseDescribedGroup {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default.
    pub error_message: Option<String>,
    /// `GroupId`: string.
    pub group_id: String,
    /// `GroupState`: string.
    pub group_state: String,
    /// `GroupEpoch`: `int32`.
    pub group_epoch: i32,
    /// `AssignmentEpoch`: `int32`.
    pub assignment_epoch: i32,
    /// `Topology`: [`StreamsGroupDescribeResponseTopology`] or null, null by default.
    pub topology: Option<StreamsGroupDescribeResponseTopology>,
    /// `Members`: array of [`StreamsGroupDescribeResponseMember`].
    pub members: Vec<StreamsGroupDescribeResponseMember>,
    /// `AuthorizedOperations`: `int32`, `i32::MIN` by default.
    pub authorized_operations: i32,
    /// `TopologyDescription`: [`StreamsGroupDescribeResponseTopologyDescription`] or null, null by default; version 1
    /// (an error in others, unless it has its default).
    pub topology_description: Option<StreamsGroupDescribeResponseTopologyDescription>,
    /// `TopologyDescriptionStatus`: `int8`; version 1 (an error in others, unless it has its default).
    pub topology_description_status: i8,
    /// `AssignorName`: string or null, null by default; version 1 (left out of others).
    pub assignor_name: Option<String>,
}

impl Default for StreamsGroupDescribeResponseDescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Vec::new(),
            authorized_operations: i32::MIN,
            topology_description: None,
            topology_description_status: 0,
            assignor_name: None,
        }
    }
}

impl Message for StreamsGroupDescribeResponseDescribedGroup {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "StreamsGroupDescribeResponseDescribedGroup.error_message",
        )?;
        out.string(Lengths::Compact, &self.group_id, "StreamsGroupDescribeResponseDescribedGroup.group_id")?;
        out.string(Lengths::Compact, &self.group_state, "StreamsGroupDescribeResponseDescribedGroup.group_state")?;
        out.int32(self.group_epoch);
        out.int32(self.assignment_epoch);
        out.nullable(self.topology.as_ref(), |out, value| value.write(out, version))?;
        out.array(
            Lengths::Compact,
            &self.members,
            "StreamsGroupDescribeResponseDescribedGroup.members",
            |out, each| each.write(out, version),
        )?;
        out.int32(self.authorized_operations);
        if version >= 1 {
            out.nullable(self.topology_description.as_ref(), |out, value| value.write(out, version))?;
        } else if self.topology_description.is_some() {
            return Err(EncodeError::NotInVersion {
                field: "StreamsGroupDescribeResponseDescribedGroup.topology_description",
                version,
            });
        }
        if version >= 1 {
            out.int8(self.topology_description_status);
        } else if self.topology_description_status != 0 {
            return Err(EncodeError::NotInVersion {
                field: "StreamsGroupDescribeResponseDescribedGroup.topology_description_status",
                version,
            });
        }
        if version >= 1 {
            out.nullable_string(
                Lengths::Compact,
                self.assignor_name.as_deref(),
                "StreamsGroupDescribeResponseDescribedGroup.assignor_name",
            )?;
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("StreamsGroupDescribeResponseDescribedGroup.error_code")?,
            error_message: input
                .nullable_string(Lengths::Compact, "StreamsGroupDescribeResponseDescribedGroup.error_message")?,
            group_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseDescribedGroup.group_id")?,
            group_state: input.string(Lengths::Compact, "StreamsGroupDescribeResponseDescribedGroup.group_state")?,
            group_epoch: input.int32("StreamsGroupDescribeResponseDescribedGroup.group_epoch")?,
            assignment_epoch: input.int32("StreamsGroupDescribeResponseDescribedGroup.assignment_epoch")?,
            topology: input.nullable("StreamsGroupDescribeResponseDescribedGroup.topology", |input| {
                StreamsGroupDescribeResponseTopology::read(input, version)
            })?,
            members: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseDescribedGroup.members",
                28,
                |input| StreamsGroupDescribeResponseMember::read(input, version),
            )?,
            authorized_operations: input.int32("StreamsGroupDescribeResponseDescribedGroup.authorized_operations")?,
            topology_description: if version >= 1 {
                input.nullable("StreamsGroupDescribeResponseDescribedGroup.topology_description", |input| {
                    StreamsGroupDescribeResponseTopologyDescription::read(input, version)
                })?
            } else {
                None
            },
            topology_description_status: if version >= 1 {
                input.int8("StreamsGroupDescribeResponseDescribedGroup.topology_description_status")?
            } else {
                0
            },
            assignor_name: if version >= 1 {
                input.nullable_string(Lengths::Compact, "StreamsGroupDescribeResponseDescribedGroup.assignor_name")?
            } else {
                None
            },
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseDescribedGroup")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopology {
    /// `Epoch`: `int32`.
    pub epoch: i32,
    /// `Subtopologies`: array of [`StreamsGroupDescribeResponseSubtopology`] or null, null by default.
    pub subtopologies: Option<Vec<StreamsGroupDescribeResponseSubtopology>>,
}

impl Message for StreamsGroupDescribeResponseTopology {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int32(self.epoch);
        out.nullable_array(
            Lengths::Compact,
            self.subtopologies.as_deref(),
            "StreamsGroupDescribeResponseTopology.subtopologies",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            epoch: input.int32("StreamsGroupDescribeResponseTopology.epoch")?,
            subtopologies: input.nullable_array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopology.subtopologies",
                6,
                |input| StreamsGroupDescribeResponseSubtopology::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopology")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseSubtopology {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `SourceTopics`: array of string.
    pub source_topics: Vec<String>,
    /// `RepartitionSinkTopics`: array of string.
    pub repartition_sink_topics: Vec<String>,
    /// `StateChangelogTopics`: array of [`StreamsGroupDescribeResponseTopicInfo`].
    pub state_changelog_topics: Vec<StreamsGroupDescribeResponseTopicInfo>,
    /// `RepartitionSourceTopics`: array of [`StreamsGroupDescribeResponseTopicInfo`].
    pub repartition_source_topics: Vec<StreamsGroupDescribeResponseTopicInfo>,
}

impl Message for StreamsGroupDescribeResponseSubtopology {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupDescribeResponseSubtopology.subtopology_id")?;
        out.array(
            Lengths::Compact,
            &self.source_topics,
            "StreamsGroupDescribeResponseSubtopology.source_topics",
            |out, each| out.string(Lengths::Compact, each, "StreamsGroupDescribeResponseSubtopology.source_topics"),
        )?;
        out.array(
            Lengths::Compact,
            &self.repartition_sink_topics,
            "StreamsGroupDescribeResponseSubtopology.repartition_sink_topics",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupDescribeResponseSubtopology.repartition_sink_topics")
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.state_changelog_topics,
            "StreamsGroupDescribeResponseSubtopology.state_changelog_topics",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.repartition_source_topics,
            "StreamsGroupDescribeResponseSubtopology.repartition_source_topics",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseSubtopology.subtopology_id")?,
            source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseSubtopology.source_topics",
                1,
                |input| input.string(Lengths::Compact, "StreamsGroupDescribeResponseSubtopology.source_topics"),
            )?,
            repartition_sink_topics: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseSubtopology.repartition_sink_topics",
                1,
                |input| {
                    input.string(Lengths::Compact, "StreamsGroupDescribeResponseSubtopology.repartition_sink_topics")
                },
            )?,
            state_changelog_topics: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseSubtopology.state_changelog_topics",
                9,
                |input| StreamsGroupDescribeResponseTopicInfo::read(input, version),
            )?,
            repartition_source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseSubtopology.repartition_source_topics",
                9,
                |input| StreamsGroupDescribeResponseTopicInfo::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseSubtopology")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopicInfo {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: `int32`.
    pub partitions: i32,
    /// `ReplicationFactor`: `int16`.
    pub replication_factor: i16,
    /// `TopicConfigs`: array of [`StreamsGroupDescribeResponseKeyValue`].
    pub topic_configs: Vec<StreamsGroupDescribeResponseKeyValue>,
}

impl Message for StreamsGroupDescribeResponseTopicInfo {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "StreamsGroupDescribeResponseTopicInfo.name")?;
        out.int32(self.partitions);
        out.int16(self.replication_factor);
        out.array(
            Lengths::Compact,
            &self.topic_configs,
            "StreamsGroupDescribeResponseTopicInfo.topic_configs",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "StreamsGroupDescribeResponseTopicInfo.name")?,
            partitions: input.int32("StreamsGroupDescribeResponseTopicInfo.partitions")?,
            replication_factor: input.int16("StreamsGroupDescribeResponseTopicInfo.replication_factor")?,
            topic_configs: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopicInfo.topic_configs",
                3,
                |input| StreamsGroupDescribeResponseKeyValue::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopicInfo")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseKeyValue {
    /// `Key`: string.
    pub key: String,
    /// `Value`: string.
    pub value: String,
}

impl Message for StreamsGroupDescribeResponseKeyValue {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.key, "StreamsGroupDescribeResponseKeyValue.key")?;
        out.string(Lengths::Compact, &self.value, "StreamsGroupDescribeResponseKeyValue.value")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            key: input.string(Lengths::Compact, "StreamsGroupDescribeResponseKeyValue.key")?,
            value: input.string(Lengths::Compact, "StreamsGroupDescribeResponseKeyValue.value")?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseKeyValue")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseMember {
    /// `MemberId`: string.
    pub member_id: String,
    /// `MemberEpoch`: `int32`.
    pub member_epoch: i32,
    /// `InstanceId`: string or null, null by default.
    pub instance_id: Option<String>,
    /// `RackId`: string or null, null by default.
    pub rack_id: Option<String>,
    /// `ClientId`: string.
    pub client_id: String,
    /// `ClientHost`: string.
    pub client_host: String,
    /// `TopologyEpoch`: `int32`.
    pub topology_epoch: i32,
    /// `ProcessId`: string.
    pub process_id: String,
    /// `UserEndpoint`: [`StreamsGroupDescribeResponseEndpoint`] or null, null by default.
    pub user_endpoint: Option<StreamsGroupDescribeResponseEndpoint>,
    /// `ClientTags`: array of [`StreamsGroupDescribeResponseKeyValue`].
    pub client_tags: Vec<StreamsGroupDescribeResponseKeyValue>,
    /// `TaskOffsets`: array of [`StreamsGroupDescribeResponseTaskOffset`].
    pub task_offsets: Vec<StreamsGroupDescribeResponseTaskOffset>,
    /// `TaskEndOffsets`: array of [`StreamsGroupDescribeResponseTaskOffset`].
    pub task_end_offsets: Vec<StreamsGroupDescribeResponseTaskOffset>,
    /// `Assignment`: [`StreamsGroupDescribeResponseAssignment`].
    pub assignment: StreamsGroupDescribeResponseAssignment,
    /// `TargetAssignment`: [`StreamsGroupDescribeResponseAssignment`].
    pub target_assignment: StreamsGroupDescribeResponseAssignment,
    /// `IsClassic`: `bool`.
    pub is_classic: bool,
}

impl Message for StreamsGroupDescribeResponseMember {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "StreamsGroupDescribeResponseMember.member_id")?;
        out.int32(self.member_epoch);
        out.nullable_string(
            Lengths::Compact,
            self.instance_id.as_deref(),
            "StreamsGroupDescribeResponseMember.instance_id",
        )?;
        out.nullable_string(Lengths::Compact, self.rack_id.as_deref(), "StreamsGroupDescribeResponseMember.rack_id")?;
        out.string(Lengths::Compact, &self.client_id, "StreamsGroupDescribeResponseMember.client_id")?;
        out.string(Lengths::Compact, &self.client_host, "StreamsGroupDescribeResponseMember.client_host")?;
        out.int32(self.topology_epoch);
        out.string(Lengths::Compact, &self.process_id, "StreamsGroupDescribeResponseMember.process_id")?;
        out.nullable(self.user_endpoint.as_ref(), |out, value| value.write(out, version))?;
        out.array(
            Lengths::Compact,
            &self.client_tags,
            "StreamsGroupDescribeResponseMember.client_tags",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.task_offsets,
            "StreamsGroupDescribeResponseMember.task_offsets",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.task_end_offsets,
            "StreamsGroupDescribeResponseMember.task_end_offsets",
            |out, each| each.write(out, version),
        )?;
        self.assignment.write(out, version)?;
        self.target_assignment.write(out, version)?;
        out.bool(self.is_classic);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseMember.member_id")?,
            member_epoch: input.int32("StreamsGroupDescribeResponseMember.member_epoch")?,
            instance_id: input.nullable_string(Lengths::Compact, "StreamsGroupDescribeResponseMember.instance_id")?,
            rack_id: input.nullable_string(Lengths::Compact, "StreamsGroupDescribeResponseMember.rack_id")?,
            client_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseMember.client_id")?,
            client_host: input.string(Lengths::Compact, "StreamsGroupDescribeResponseMember.client_host")?,
            topology_epoch: input.int32("StreamsGroupDescribeResponseMember.topology_epoch")?,
            process_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseMember.process_id")?,
            user_endpoint: input.nullable("StreamsGroupDescribeResponseMember.user_endpoint", |input| {
                StreamsGroupDescribeResponseEndpoint::read(input, version)
            })?,
            client_tags: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseMember.client_tags",
                3,
                |input| StreamsGroupDescribeResponseKeyValue::read(input, version),
            )?,
            task_offsets: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseMember.task_offsets",
                14,
                |input| StreamsGroupDescribeResponseTaskOffset::read(input, version),
            )?,
            task_end_offsets: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseMember.task_end_offsets",
                14,
                |input| StreamsGroupDescribeResponseTaskOffset::read(input, version),
            )?,
            assignment: StreamsGroupDescribeResponseAssignment::read(input, version)?,
            target_assignment: StreamsGroupDescribeResponseAssignment::read(input, version)?,
            is_classic: input.bool("StreamsGroupDescribeResponseMember.is_classic")?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseMember")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseEndpoint {
    /// `Host`: string.
    pub host: String,
    /// `Port`: `uint16`.
    pub port: u16,
}

impl Message for StreamsGroupDescribeResponseEndpoint {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.host, "StreamsGroupDescribeResponseEndpoint.host")?;
        out.uint16(self.port);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            host: input.string(Lengths::Compact, "StreamsGroupDescribeResponseEndpoint.host")?,
            port: input.uint16("StreamsGroupDescribeResponseEndpoint.port")?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseEndpoint")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTaskOffset {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Partition`: `int32`.
    pub partition: i32,
    /// `Offset`: `int64`.
    pub offset: i64,
}

impl Message for StreamsGroupDescribeResponseTaskOffset {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupDescribeResponseTaskOffset.subtopology_id")?;
        out.int32(self.partition);
        out.int64(self.offset);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseTaskOffset.subtopology_id")?,
            partition: input.int32("StreamsGroupDescribeResponseTaskOffset.partition")?,
            offset: input.int64("StreamsGroupDescribeResponseTaskOffset.offset")?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTaskOffset")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseAssignment {
    /// `ActiveTasks`: array of [`StreamsGroupDescribeResponseTaskIds`].
    pub active_tasks: Vec<StreamsGroupDescribeResponseTaskIds>,
    /// `StandbyTasks`: array of [`StreamsGroupDescribeResponseTaskIds`].
    pub standby_tasks: Vec<StreamsGroupDescribeResponseTaskIds>,
    /// `WarmupTasks`: array of [`StreamsGroupDescribeResponseTaskIds`].
    pub warmup_tasks: Vec<StreamsGroupDescribeResponseTaskIds>,
}

impl Message for StreamsGroupDescribeResponseAssignment {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.array(
            Lengths::Compact,
            &self.active_tasks,
            "StreamsGroupDescribeResponseAssignment.active_tasks",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.standby_tasks,
            "StreamsGroupDescribeResponseAssignment.standby_tasks",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.warmup_tasks,
            "StreamsGroupDescribeResponseAssignment.warmup_tasks",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            active_tasks: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseAssignment.active_tasks",
                3,
                |input| StreamsGroupDescribeResponseTaskIds::read(input, version),
            )?,
            standby_tasks: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseAssignment.standby_tasks",
                3,
                |input| StreamsGroupDescribeResponseTaskIds::read(input, version),
            )?,
            warmup_tasks: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseAssignment.warmup_tasks",
                3,
                |input| StreamsGroupDescribeResponseTaskIds::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseAssignment")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], versions 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTaskIds {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for StreamsGroupDescribeResponseTaskIds {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.subtopology_id, "StreamsGroupDescribeResponseTaskIds.subtopology_id")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "StreamsGroupDescribeResponseTaskIds.partitions",
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
            subtopology_id: input.string(Lengths::Compact, "StreamsGroupDescribeResponseTaskIds.subtopology_id")?,
            partitions: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTaskIds.partitions",
                4,
                |input| input.int32("StreamsGroupDescribeResponseTaskIds.partitions"),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTaskIds")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopologyDescription {
    /// `Subtopologies`: array of [`StreamsGroupDescribeResponseTopologyDescriptionSubtopology`].
    pub subtopologies: Vec<StreamsGroupDescribeResponseTopologyDescriptionSubtopology>,
    /// `GlobalStores`: array of [`StreamsGroupDescribeResponseTopologyDescriptionGlobalStore`].
    pub global_stores: Vec<StreamsGroupDescribeResponseTopologyDescriptionGlobalStore>,
}

impl Message for StreamsGroupDescribeResponseTopologyDescription {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.array(
            Lengths::Compact,
            &self.subtopologies,
            "StreamsGroupDescribeResponseTopologyDescription.subtopologies",
            |out, each| each.write(out, version),
        )?;
        out.array(
            Lengths::Compact,
            &self.global_stores,
            "StreamsGroupDescribeResponseTopologyDescription.global_stores",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopologies: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescription.subtopologies",
                3,
                |input| StreamsGroupDescribeResponseTopologyDescriptionSubtopology::read(input, version),
            )?,
            global_stores: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescription.global_stores",
                15,
                |input| StreamsGroupDescribeResponseTopologyDescriptionGlobalStore::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopologyDescription")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopologyDescriptionSubtopology {
    /// `SubtopologyId`: string.
    pub subtopology_id: String,
    /// `Nodes`: array of [`StreamsGroupDescribeResponseTopologyDescriptionNode`].
    pub nodes: Vec<StreamsGroupDescribeResponseTopologyDescriptionNode>,
}

impl Message for StreamsGroupDescribeResponseTopologyDescriptionSubtopology {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(
            Lengths::Compact,
            &self.subtopology_id,
            "StreamsGroupDescribeResponseTopologyDescriptionSubtopology.subtopology_id",
        )?;
        out.array(
            Lengths::Compact,
            &self.nodes,
            "StreamsGroupDescribeResponseTopologyDescriptionSubtopology.nodes",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            subtopology_id: input.string(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescriptionSubtopology.subtopology_id",
            )?,
            nodes: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescriptionSubtopology.nodes",
                7,
                |input| StreamsGroupDescribeResponseTopologyDescriptionNode::read(input, version),
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopologyDescriptionSubtopology")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopologyDescriptionNode {
    /// `Name`: string.
    pub name: String,
    /// `NodeType`: `int8`.
    pub node_type: i8,
    /// `SourceTopics`: array of string.
    pub source_topics: Vec<String>,
    /// `SinkTopic`: string or null, null by default.
    pub sink_topic: Option<String>,
    /// `Stores`: array of string.
    pub stores: Vec<String>,
    /// `Successors`: array of string.
    pub successors: Vec<String>,
}

impl Message for StreamsGroupDescribeResponseTopologyDescriptionNode {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "StreamsGroupDescribeResponseTopologyDescriptionNode.name")?;
        out.int8(self.node_type);
        out.array(
            Lengths::Compact,
            &self.source_topics,
            "StreamsGroupDescribeResponseTopologyDescriptionNode.source_topics",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupDescribeResponseTopologyDescriptionNode.source_topics")
            },
        )?;
        out.nullable_string(
            Lengths::Compact,
            self.sink_topic.as_deref(),
            "StreamsGroupDescribeResponseTopologyDescriptionNode.sink_topic",
        )?;
        out.array(
            Lengths::Compact,
            &self.stores,
            "StreamsGroupDescribeResponseTopologyDescriptionNode.stores",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupDescribeResponseTopologyDescriptionNode.stores")
            },
        )?;
        out.array(
            Lengths::Compact,
            &self.successors,
            "StreamsGroupDescribeResponseTopologyDescriptionNode.successors",
            |out, each| {
                out.string(Lengths::Compact, each, "StreamsGroupDescribeResponseTopologyDescriptionNode.successors")
            },
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "StreamsGroupDescribeResponseTopologyDescriptionNode.name")?,
            node_type: input.int8("StreamsGroupDescribeResponseTopologyDescriptionNode.node_type")?,
            source_topics: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescriptionNode.source_topics",
                1,
                |input| {
                    input.string(Lengths::Compact, "StreamsGroupDescribeResponseTopologyDescriptionNode.source_topics")
                },
            )?,
            sink_topic: input
                .nullable_string(Lengths::Compact, "StreamsGroupDescribeResponseTopologyDescriptionNode.sink_topic")?,
            stores: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescriptionNode.stores",
                1,
                |input| input.string(Lengths::Compact, "StreamsGroupDescribeResponseTopologyDescriptionNode.stores"),
            )?,
            successors: input.array(
                Lengths::Compact,
                "StreamsGroupDescribeResponseTopologyDescriptionNode.successors",
                1,
                |input| {
                    input.string(Lengths::Compact, "StreamsGroupDescribeResponseTopologyDescriptionNode.successors")
                },
            )?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopologyDescriptionNode")?;
        Ok(value)
    }
}

/// A part of [`StreamsGroupDescribeResponse`], version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponseTopologyDescriptionGlobalStore {
    /// `Source`: [`StreamsGroupDescribeResponseTopologyDescriptionNode`].
    pub source: StreamsGroupDescribeResponseTopologyDescriptionNode,
    /// `Processor`: [`StreamsGroupDescribeResponseTopologyDescriptionNode`].
    pub processor: StreamsGroupDescribeResponseTopologyDescriptionNode,
}

impl Message for StreamsGroupDescribeResponseTopologyDescriptionGlobalStore {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        self.source.write(out, version)?;
        self.processor.write(out, version)?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            source: StreamsGroupDescribeResponseTopologyDescriptionNode::read(input, version)?,
            processor: StreamsGroupDescribeResponseTopologyDescriptionNode::read(input, version)?,
        };
        input.skip_tagged_fields("StreamsGroupDescribeResponseTopologyDescriptionGlobalStore")?;
        Ok(value)
    }
}
