//! `TxnOffsetCommit` (key 28, versions 3 to 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for TxnOffsetCommitRequest {
    type Response = TxnOffsetCommitResponse;
    const API_KEY: i16 = 28;
    const NAME: &'static str = "TxnOffsetCommit";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `TxnOffsetCommitRequest` of Kafka, versions 3 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequest {
    /// `TransactionalId`: string.
    pub transactional_id: String,
    /// `GroupId`: string.
    pub group_id: String,
    /// `ProducerId`: `int64`.
    pub producer_id: i64,
    /// `ProducerEpoch`: `int16`.
    pub producer_epoch: i16,
    /// `GenerationIdOrMemberEpoch`: `int32`, `-1` by default.
    pub generation_id_or_member_epoch: i32,
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `Topics`: array of [`TxnOffsetCommitRequestTopic`].
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: String::new(),
            group_id: String::new(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id_or_member_epoch: -1,
            member_id: String::new(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Message for TxnOffsetCommitRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "TxnOffsetCommitRequest", version });
        }
        out.string(Lengths::Compact, &self.transactional_id, "TxnOffsetCommitRequest.transactional_id")?;
        out.string(Lengths::Compact, &self.group_id, "TxnOffsetCommitRequest.group_id")?;
        out.int64(self.producer_id);
        out.int16(self.producer_epoch);
        out.int32(self.generation_id_or_member_epoch);
        out.string(Lengths::Compact, &self.member_id, "TxnOffsetCommitRequest.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "TxnOffsetCommitRequest.group_instance_id",
        )?;
        out.array(Lengths::Compact, &self.topics, "TxnOffsetCommitRequest.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "TxnOffsetCommitRequest", version });
        }
        let value = Self {
            transactional_id: input.string(Lengths::Compact, "TxnOffsetCommitRequest.transactional_id")?,
            group_id: input.string(Lengths::Compact, "TxnOffsetCommitRequest.group_id")?,
            producer_id: input.int64("TxnOffsetCommitRequest.producer_id")?,
            producer_epoch: input.int16("TxnOffsetCommitRequest.producer_epoch")?,
            generation_id_or_member_epoch: input.int32("TxnOffsetCommitRequest.generation_id_or_member_epoch")?,
            member_id: input.string(Lengths::Compact, "TxnOffsetCommitRequest.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "TxnOffsetCommitRequest.group_instance_id")?,
            topics: input.array(Lengths::Compact, "TxnOffsetCommitRequest.topics", 3, |input| {
                TxnOffsetCommitRequestTopic::read(input, version)
            })?,
        };
        input.skip_tagged_fields("TxnOffsetCommitRequest")?;
        Ok(value)
    }
}

/// A part of [`TxnOffsetCommitRequest`], versions 3 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`TxnOffsetCommitRequestPartition`].
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl Message for TxnOffsetCommitRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "TxnOffsetCommitRequestTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "TxnOffsetCommitRequestTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "TxnOffsetCommitRequestTopic.name")?,
            partitions: input.array(Lengths::Compact, "TxnOffsetCommitRequestTopic.partitions", 18, |input| {
                TxnOffsetCommitRequestPartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("TxnOffsetCommitRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`TxnOffsetCommitRequest`], versions 3 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `CommittedOffset`: `int64`.
    pub committed_offset: i64,
    /// `CommittedLeaderEpoch`: `int32`, `-1` by default.
    pub committed_leader_epoch: i32,
    /// `CommittedMetadata`: string or null, empty by default.
    pub committed_metadata: Option<String>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self {
            partition_index: 0,
            committed_offset: 0,
            committed_leader_epoch: -1,
            committed_metadata: Some(String::new()),
        }
    }
}

impl Message for TxnOffsetCommitRequestPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.committed_offset);
        out.int32(self.committed_leader_epoch);
        out.nullable_string(
            Lengths::Compact,
            self.committed_metadata.as_deref(),
            "TxnOffsetCommitRequestPartition.committed_metadata",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("TxnOffsetCommitRequestPartition.partition_index")?,
            committed_offset: input.int64("TxnOffsetCommitRequestPartition.committed_offset")?,
            committed_leader_epoch: input.int32("TxnOffsetCommitRequestPartition.committed_leader_epoch")?,
            committed_metadata: input
                .nullable_string(Lengths::Compact, "TxnOffsetCommitRequestPartition.committed_metadata")?,
        };
        input.skip_tagged_fields("TxnOffsetCommitRequestPartition")?;
        Ok(value)
    }
}

/// `TxnOffsetCommitResponse` of Kafka, versions 3 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`TxnOffsetCommitResponseTopic`].
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Message for TxnOffsetCommitResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "TxnOffsetCommitResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "TxnOffsetCommitResponse.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "TxnOffsetCommitResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("TxnOffsetCommitResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "TxnOffsetCommitResponse.topics", 3, |input| {
                TxnOffsetCommitResponseTopic::read(input, version)
            })?,
        };
        input.skip_tagged_fields("TxnOffsetCommitResponse")?;
        Ok(value)
    }
}

/// A part of [`TxnOffsetCommitResponse`], versions 3 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponseTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`TxnOffsetCommitResponsePartition`].
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl Message for TxnOffsetCommitResponseTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "TxnOffsetCommitResponseTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "TxnOffsetCommitResponseTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "TxnOffsetCommitResponseTopic.name")?,
            partitions: input.array(Lengths::Compact, "TxnOffsetCommitResponseTopic.partitions", 7, |input| {
                TxnOffsetCommitResponsePartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("TxnOffsetCommitResponseTopic")?;
        Ok(value)
    }
}

/// A part of [`TxnOffsetCommitResponse`], versions 3 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponsePartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for TxnOffsetCommitResponsePartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("TxnOffsetCommitResponsePartition.partition_index")?,
            error_code: input.int16("TxnOffsetCommitResponsePartition.error_code")?,
        };
        input.skip_tagged_fields("TxnOffsetCommitResponsePartition")?;
        Ok(value)
    }
}
