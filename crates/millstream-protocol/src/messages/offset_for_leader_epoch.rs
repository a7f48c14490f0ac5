//! `OffsetForLeaderEpoch` (key 23, version 4): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for OffsetForLeaderEpochRequest {
    type Response = OffsetForLeaderEpochResponse;
    const API_KEY: i16 = 23;
    const NAME: &'static str = "OffsetForLeaderEpoch";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `OffsetForLeaderEpochRequest` of Kafka, version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochRequest {
    /// `ReplicaId`: `int32`, `-2` by default.
    pub replica_id: i32,
    /// `Topics`: array of [`OffsetForLeaderEpochRequestOffsetForLeaderTopic`].
    pub topics: Vec<OffsetForLeaderEpochRequestOffsetForLeaderTopic>,
}

impl Default for OffsetForLeaderEpochRequest {
    fn default() -> Self {
        Self { replica_id: -2, topics: Vec::new() }
    }
}

impl Message for OffsetForLeaderEpochRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetForLeaderEpochRequest", version });
        }
        out.int32(self.replica_id);
        out.array(Lengths::Compact, &self.topics, "OffsetForLeaderEpochRequest.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetForLeaderEpochRequest", version });
        }
        let value = Self {
            replica_id: input.int32("OffsetForLeaderEpochRequest.replica_id")?,
            topics: input.array(Lengths::Compact, "OffsetForLeaderEpochRequest.topics", 3, |input| {
                OffsetForLeaderEpochRequestOffsetForLeaderTopic::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochRequest")?;
        Ok(value)
    }
}

/// A part of [`OffsetForLeaderEpochRequest`], version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderEpochRequestOffsetForLeaderTopic {
    /// `Topic`: string.
    pub topic: String,
    /// `Partitions`: array of [`OffsetForLeaderEpochRequestOffsetForLeaderPartition`].
    pub partitions: Vec<OffsetForLeaderEpochRequestOffsetForLeaderPartition>,
}

impl Message for OffsetForLeaderEpochRequestOffsetForLeaderTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.topic, "OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            topic: input.string(Lengths::Compact, "OffsetForLeaderEpochRequestOffsetForLeaderTopic.topic")?,
            partitions: input.array(
                Lengths::Compact,
                "OffsetForLeaderEpochRequestOffsetForLeaderTopic.partitions",
                13,
                |input| OffsetForLeaderEpochRequestOffsetForLeaderPartition::read(input, version),
            )?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochRequestOffsetForLeaderTopic")?;
        Ok(value)
    }
}

/// A part of [`OffsetForLeaderEpochRequest`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochRequestOffsetForLeaderPartition {
    /// `Partition`: `int32`.
    pub partition: i32,
    /// `CurrentLeaderEpoch`: `int32`, `-1` by default.
    pub current_leader_epoch: i32,
    /// `LeaderEpoch`: `int32`.
    pub leader_epoch: i32,
}

impl Default for OffsetForLeaderEpochRequestOffsetForLeaderPartition {
    fn default() -> Self {
        Self { partition: 0, current_leader_epoch: -1, leader_epoch: 0 }
    }
}

impl Message for OffsetForLeaderEpochRequestOffsetForLeaderPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition);
        out.int32(self.current_leader_epoch);
        out.int32(self.leader_epoch);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition: input.int32("OffsetForLeaderEpochRequestOffsetForLeaderPartition.partition")?,
            current_leader_epoch: input
                .int32("OffsetForLeaderEpochRequestOffsetForLeaderPartition.current_leader_epoch")?,
            leader_epoch: input.int32("OffsetForLeaderEpochRequestOffsetForLeaderPartition.leader_epoch")?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochRequestOffsetForLeaderPartition")?;
        Ok(value)
    }
}

/// `OffsetForLeaderEpochResponse` of Kafka, version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderEpochResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`OffsetForLeaderEpochResponseOffsetForLeaderTopicResult`].
    pub topics: Vec<OffsetForLeaderEpochResponseOffsetForLeaderTopicResult>,
}

impl Message for OffsetForLeaderEpochResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetForLeaderEpochResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "OffsetForLeaderEpochResponse.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetForLeaderEpochResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("OffsetForLeaderEpochResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "OffsetForLeaderEpochResponse.topics", 3, |input| {
                OffsetForLeaderEpochResponseOffsetForLeaderTopicResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochResponse")?;
        Ok(value)
    }
}

/// A part of [`OffsetForLeaderEpochResponse`], version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderEpochResponseOffsetForLeaderTopicResult {
    /// `Topic`: string.
    pub topic: String,
    /// `Partitions`: array of [`OffsetForLeaderEpochResponseEpochEndOffset`].
    pub partitions: Vec<OffsetForLeaderEpochResponseEpochEndOffset>,
}

impl Message for OffsetForLeaderEpochResponseOffsetForLeaderTopicResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.topic, "OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic")?;
        out.array(
            Lengths::Compact,
            &self.partitions,
            "OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            topic: input.string(Lengths::Compact, "OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.topic")?,
            partitions: input.array(
                Lengths::Compact,
                "OffsetForLeaderEpochResponseOffsetForLeaderTopicResult.partitions",
                19,
                |input| OffsetForLeaderEpochResponseEpochEndOffset::read(input, version),
            )?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochResponseOffsetForLeaderTopicResult")?;
        Ok(value)
    }
}

/// A part of [`OffsetForLeaderEpochResponse`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochResponseEpochEndOffset {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Partition`: `int32`.
    pub partition: i32,
    /// `LeaderEpoch`: `int32`, `-1` by default.
    pub leader_epoch: i32,
    /// `EndOffset`: `int64`, `-1` by default.
    pub end_offset: i64,
}

impl Default for OffsetForLeaderEpochResponseEpochEndOffset {
    fn default() -> Self {
        Self { error_code: 0, partition: 0, leader_epoch: -1, end_offset: -1 }
    }
}

impl Message for OffsetForLeaderEpochResponseEpochEndOffset {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        out.int32(self.partition);
        out.int32(self.leader_epoch);
        out.int64(self.end_offset);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("OffsetForLeaderEpochResponseEpochEndOffset.error_code")?,
            partition: input.int32("OffsetForLeaderEpochResponseEpochEndOffset.partition")?,
            leader_epoch: input.int32("OffsetForLeaderEpochResponseEpochEndOffset.leader_epoch")?,
            end_offset: input.int64("OffsetForLeaderEpochResponseEpochEndOffset.end_offset")?,
        };
        input.skip_tagged_fields("OffsetForLeaderEpochResponseEpochEndOffset")?;
        Ok(value)
    }
}
