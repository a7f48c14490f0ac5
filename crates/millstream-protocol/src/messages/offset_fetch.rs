//! `OffsetFetch` (key 9, versions 7 to 9): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for OffsetFetchRequest {
    type Response = OffsetFetchResponse;
    const API_KEY: i16 = 9;
    const NAME: &'static str = "OffsetFetch";
    const OLDEST: i16 = 7;
    const NEWEST: i16 = 9;
    const FLEXIBLE_FROM: i16 = 6;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `OffsetFetchRequest` of Kafka, versions 7 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    /// `GroupId`: string; version 7 (an error in others, unless it has its default).
    pub group_id: String,
    /// `Topics`: array of [`OffsetFetchRequestTopic`] or null, empty by default; version 7 (an error in others, unless
    /// it has its default).
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// `Groups`: array of [`OffsetFetchRequestGroup`]; versions 8 to 9 (an error in others, unless it has its default).
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// `RequireStable`: `bool`.
    pub require_stable: bool,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self { group_id: String::new(), topics: Some(Vec::new()), groups: Vec::new(), require_stable: false }
    }
}

impl Message for OffsetFetchRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(7..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetFetchRequest", version });
        }
        if version <= 7 {
            out.string(Lengths::Compact, &self.group_id, "OffsetFetchRequest.group_id")?;
        } else if !self.group_id.is_empty() {
            return Err(EncodeError::NotInVersion { field: "OffsetFetchRequest.group_id", version });
        }
        if version <= 7 {
            out.nullable_array(Lengths::Compact, self.topics.as_deref(), "OffsetFetchRequest.topics", |out, each| {
                each.write(out, version)
            })?;
        } else if self.topics.as_ref().is_none_or(|value| !value.is_empty()) {
            return Err(EncodeError::NotInVersion { field: "OffsetFetchRequest.topics", version });
        }
        if version >= 8 {
            out.array(Lengths::Compact, &self.groups, "OffsetFetchRequest.groups", |out, each| {
                each.write(out, version)
            })?;
        } else if !self.groups.is_empty() {
            return Err(EncodeError::NotInVersion { field: "OffsetFetchRequest.groups", version });
        }
        out.bool(self.require_stable);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(7..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetFetchRequest", version });
        }
        let value = Self {
            group_id: if version <= 7 {
                input.string(Lengths::Compact, "OffsetFetchRequest.group_id")?
            } else {
                String::new()
            },
            topics: if version <= 7 {
                input.nullable_array(Lengths::Compact, "OffsetFetchRequest.topics", 3, |input| {
                    OffsetFetchRequestTopic::read(input, version)
                })?
            } else {
                Some(Vec::new())
            },
            groups: if version >= 8 {
                input.array(Lengths::Compact, "OffsetFetchRequest.groups", 3, |input| {
                    OffsetFetchRequestGroup::read(input, version)
                })?
            } else {
                Vec::new()
            },
            require_stable: input.bool("OffsetFetchRequest.require_stable")?,
        };
        input.skip_tagged_fields("OffsetFetchRequest")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchRequest`], version 7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `PartitionIndexes`: array of `int32`.
    pub partition_indexes: Vec<i32>,
}

impl Message for OffsetFetchRequestTopic {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetFetchRequestTopic.name")?;
        out.array(
            Lengths::Compact,
            &self.partition_indexes,
            "OffsetFetchRequestTopic.partition_indexes",
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
            name: input.string(Lengths::Compact, "OffsetFetchRequestTopic.name")?,
            partition_indexes: input.array(
                Lengths::Compact,
                "OffsetFetchRequestTopic.partition_indexes",
                4,
                |input| input.int32("OffsetFetchRequestTopic.partition_indexes"),
            )?,
        };
        input.skip_tagged_fields("OffsetFetchRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchRequest`], versions 8 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    /// `GroupId`: string.
    pub group_id: String,
    /// `MemberId`: string or null, null by default; version 9 (left out of others).
    pub member_id: Option<String>,
    /// `MemberEpoch`: `int32`, `-1` by default; version 9 (left out of others).
    pub member_epoch: i32,
    /// `Topics`: array of [`OffsetFetchRequestTopics`] or null, empty by default.
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self { group_id: String::new(), member_id: None, member_epoch: -1, topics: Some(Vec::new()) }
    }
}

impl Message for OffsetFetchRequestGroup {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.group_id, "OffsetFetchRequestGroup.group_id")?;
        if version >= 9 {
            out.nullable_string(Lengths::Compact, self.member_id.as_deref(), "OffsetFetchRequestGroup.member_id")?;
        }
        if version >= 9 {
            out.int32(self.member_epoch);
        }
        out.nullable_array(Lengths::Compact, self.topics.as_deref(), "OffsetFetchRequestGroup.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            group_id: input.string(Lengths::Compact, "OffsetFetchRequestGroup.group_id")?,
            member_id: if version >= 9 {
                input.nullable_string(Lengths::Compact, "OffsetFetchRequestGroup.member_id")?
            } else {
                None
            },
            member_epoch: if version >= 9 { input.int32("OffsetFetchRequestGroup.member_epoch")? } else { -1 },
            topics: input.nullable_array(Lengths::Compact, "OffsetFetchRequestGroup.topics", 3, |input| {
                OffsetFetchRequestTopics::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetFetchRequestGroup")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchRequest`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopics {
    /// `Name`: string.
    pub name: String,
    /// `PartitionIndexes`: array of `int32`.
    pub partition_indexes: Vec<i32>,
}

impl Message for OffsetFetchRequestTopics {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetFetchRequestTopics.name")?;
        out.array(
            Lengths::Compact,
            &self.partition_indexes,
            "OffsetFetchRequestTopics.partition_indexes",
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
            name: input.string(Lengths::Compact, "OffsetFetchRequestTopics.name")?,
            partition_indexes: input.array(
                Lengths::Compact,
                "OffsetFetchRequestTopics.partition_indexes",
                4,
                |input| input.int32("OffsetFetchRequestTopics.partition_indexes"),
            )?,
        };
        input.skip_tagged_fields("OffsetFetchRequestTopics")?;
        Ok(value)
    }
}

/// `OffsetFetchResponse` of Kafka, versions 7 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`OffsetFetchResponseTopic`]; version 7 (an error in others, unless it has its default).
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// `ErrorCode`: `int16`; version 7 (left out of others).
    pub error_code: i16,
    /// `Groups`: array of [`OffsetFetchResponseGroup`]; versions 8 to 9 (an error in others, unless it has its
    /// default).
    pub groups: Vec<OffsetFetchResponseGroup>,
}

impl Message for OffsetFetchResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(7..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetFetchResponse", version });
        }
        out.int32(self.throttle_time_ms);
        if version <= 7 {
            out.array(Lengths::Compact, &self.topics, "OffsetFetchResponse.topics", |out, each| {
                each.write(out, version)
            })?;
        } else if !self.topics.is_empty() {
            return Err(EncodeError::NotInVersion { field: "OffsetFetchResponse.topics", version });
        }
        if version <= 7 {
            out.int16(self.error_code);
        }
        if version >= 8 {
            out.array(Lengths::Compact, &self.groups, "OffsetFetchResponse.groups", |out, each| {
                each.write(out, version)
            })?;
        } else if !self.groups.is_empty() {
            return Err(EncodeError::NotInVersion { field: "OffsetFetchResponse.groups", version });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(7..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetFetchResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("OffsetFetchResponse.throttle_time_ms")?,
            topics: if version <= 7 {
                input.array(Lengths::Compact, "OffsetFetchResponse.topics", 3, |input| {
                    OffsetFetchResponseTopic::read(input, version)
                })?
            } else {
                Vec::new()
            },
            error_code: if version <= 7 { input.int16("OffsetFetchResponse.error_code")? } else { 0 },
            groups: if version >= 8 {
                input.array(Lengths::Compact, "OffsetFetchResponse.groups", 5, |input| {
                    OffsetFetchResponseGroup::read(input, version)
                })?
            } else {
                Vec::new()
            },
        };
        input.skip_tagged_fields("OffsetFetchResponse")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchResponse`], version 7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetFetchResponsePartition`].
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl Message for OffsetFetchResponseTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetFetchResponseTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "OffsetFetchResponseTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "OffsetFetchResponseTopic.name")?,
            partitions: input.array(Lengths::Compact, "OffsetFetchResponseTopic.partitions", 20, |input| {
                OffsetFetchResponsePartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetFetchResponseTopic")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchResponse`], version 7.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `CommittedOffset`: `int64`.
    pub committed_offset: i64,
    /// `CommittedLeaderEpoch`: `int32`, `-1` by default.
    pub committed_leader_epoch: i32,
    /// `Metadata`: string or null, empty by default.
    pub metadata: Option<String>,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: 0,
        }
    }
}

impl Message for OffsetFetchResponsePartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.committed_offset);
        out.int32(self.committed_leader_epoch);
        out.nullable_string(Lengths::Compact, self.metadata.as_deref(), "OffsetFetchResponsePartition.metadata")?;
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("OffsetFetchResponsePartition.partition_index")?,
            committed_offset: input.int64("OffsetFetchResponsePartition.committed_offset")?,
            committed_leader_epoch: input.int32("OffsetFetchResponsePartition.committed_leader_epoch")?,
            metadata: input.nullable_string(Lengths::Compact, "OffsetFetchResponsePartition.metadata")?,
            error_code: input.int16("OffsetFetchResponsePartition.error_code")?,
        };
        input.skip_tagged_fields("OffsetFetchResponsePartition")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchResponse`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseGroup {
    /// `GroupId`: string.
    pub group_id: String,
    /// `Topics`: array of [`OffsetFetchResponseTopics`].
    pub topics: Vec<OffsetFetchResponseTopics>,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for OffsetFetchResponseGroup {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.group_id, "OffsetFetchResponseGroup.group_id")?;
        out.array(Lengths::Compact, &self.topics, "OffsetFetchResponseGroup.topics", |out, each| {
            each.write(out, version)
        })?;
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            group_id: input.string(Lengths::Compact, "OffsetFetchResponseGroup.group_id")?,
            topics: input.array(Lengths::Compact, "OffsetFetchResponseGroup.topics", 3, |input| {
                OffsetFetchResponseTopics::read(input, version)
            })?,
            error_code: input.int16("OffsetFetchResponseGroup.error_code")?,
        };
        input.skip_tagged_fields("OffsetFetchResponseGroup")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchResponse`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopics {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetFetchResponsePartitions`].
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl Message for OffsetFetchResponseTopics {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetFetchResponseTopics.name")?;
        out.array(Lengths::Compact, &self.partitions, "OffsetFetchResponseTopics.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "OffsetFetchResponseTopics.name")?,
            partitions: input.array(Lengths::Compact, "OffsetFetchResponseTopics.partitions", 20, |input| {
                OffsetFetchResponsePartitions::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetFetchResponseTopics")?;
        Ok(value)
    }
}

/// A part of [`OffsetFetchResponse`], versions 8 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `CommittedOffset`: `int64`.
    pub committed_offset: i64,
    /// `CommittedLeaderEpoch`: `int32`, `-1` by default.
    pub committed_leader_epoch: i32,
    /// `Metadata`: string or null, empty by default.
    pub metadata: Option<String>,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            metadata: Some(String::new()),
            error_code: 0,
        }
    }
}

impl Message for OffsetFetchResponsePartitions {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.committed_offset);
        out.int32(self.committed_leader_epoch);
        out.nullable_string(Lengths::Compact, self.metadata.as_deref(), "OffsetFetchResponsePartitions.metadata")?;
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("OffsetFetchResponsePartitions.partition_index")?,
            committed_offset: input.int64("OffsetFetchResponsePartitions.committed_offset")?,
            committed_leader_epoch: input.int32("OffsetFetchResponsePartitions.committed_leader_epoch")?,
            metadata: input.nullable_string(Lengths::Compact, "OffsetFetchResponsePartitions.metadata")?,
            error_code: input.int16("OffsetFetchResponsePartitions.error_code")?,
        };
        input.skip_tagged_fields("OffsetFetchResponsePartitions")?;
        Ok(value)
    }
}
