//! `OffsetCommit` (key 8, versions 8 to 9): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for OffsetCommitRequest {
    type Response = OffsetCommitResponse;
    const API_KEY: i16 = 8;
    const NAME: &'static str = "OffsetCommit";
    const OLDEST: i16 = 8;
    const NEWEST: i16 = 9;
    const FLEXIBLE_FROM: i16 = 8;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `OffsetCommitRequest` of Kafka, versions 8 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `GenerationIdOrMemberEpoch`: `int32`, `-1` by default.
    pub generation_id_or_member_epoch: i32,
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `Topics`: array of [`OffsetCommitRequestTopic`].
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            generation_id_or_member_epoch: -1,
            member_id: String::new(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Message for OffsetCommitRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(8..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetCommitRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "OffsetCommitRequest.group_id")?;
        out.int32(self.generation_id_or_member_epoch);
        out.string(Lengths::Compact, &self.member_id, "OffsetCommitRequest.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "OffsetCommitRequest.group_instance_id",
        )?;
        out.array(Lengths::Compact, &self.topics, "OffsetCommitRequest.topics", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(8..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetCommitRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "OffsetCommitRequest.group_id")?,
            generation_id_or_member_epoch: input.int32("OffsetCommitRequest.generation_id_or_member_epoch")?,
            member_id: input.string(Lengths::Compact, "OffsetCommitRequest.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "OffsetCommitRequest.group_instance_id")?,
            topics: input.array(Lengths::Compact, "OffsetCommitRequest.topics", 3, |input| {
                OffsetCommitRequestTopic::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetCommitRequest")?;
        Ok(value)
    }
}

/// A part of [`OffsetCommitRequest`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetCommitRequestPartition`].
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl Message for OffsetCommitRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetCommitRequestTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "OffsetCommitRequestTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "OffsetCommitRequestTopic.name")?,
            partitions: input.array(Lengths::Compact, "OffsetCommitRequestTopic.partitions", 18, |input| {
                OffsetCommitRequestPartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetCommitRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`OffsetCommitRequest`], versions 8 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `CommittedOffset`: `int64`.
    pub committed_offset: i64,
    /// `CommittedLeaderEpoch`: `int32`, `-1` by default.
    pub committed_leader_epoch: i32,
    /// `CommittedMetadata`: string or null, empty by default.
    pub committed_metadata: Option<String>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl Message for OffsetCommitRequestPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.committed_offset);
        out.int32(self.committed_leader_epoch);
        out.nullable_string(
            Lengths::Compact,
            self.committed_metadata.as_deref(),
            "OffsetCommitRequestPartition.committed_metadata",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("OffsetCommitRequestPartition.partition_index")?,
            committed_offset: input.int64("OffsetCommitRequestPartition.committed_offset")?,
            committed_leader_epoch: input.int32("OffsetCommitRequestPartition.committed_leader_epoch")?,
            committed_metadata: input
                .nullable_string(Lengths::Compact, "OffsetCommitRequestPartition.committed_metadata")?,
        };
        input.skip_tagged_fields("OffsetCommitRequestPartition")?;
        Ok(value)
    }
}

/// `OffsetCommitResponse` of Kafka, versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`OffsetCommitResponseTopic`].
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Message for OffsetCommitResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(8..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetCommitResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "OffsetCommitResponse.topics", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(8..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetCommitResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("OffsetCommitResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "OffsetCommitResponse.topics", 3, |input| {
                OffsetCommitResponseTopic::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetCommitResponse")?;
        Ok(value)
    }
}

/// A part of [`OffsetCommitResponse`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponseTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetCommitResponsePartition`].
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl Message for OffsetCommitResponseTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "OffsetCommitResponseTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "OffsetCommitResponseTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "OffsetCommitResponseTopic.name")?,
            partitions: input.array(Lengths::Compact, "OffsetCommitResponseTopic.partitions", 7, |input| {
                OffsetCommitResponsePartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetCommitResponseTopic")?;
        Ok(value)
    }
}

/// A part of [`OffsetCommitResponse`], versions 8 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponsePartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for OffsetCommitResponsePartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("OffsetCommitResponsePartition.partition_index")?,
            error_code: input.int16("OffsetCommitResponsePartition.error_code")?,
        };
        input.skip_tagged_fields("OffsetCommitResponsePartition")?;
        Ok(value)
    }
}
