//! `ListOffsets` (key 2, versions 6 to 10): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for ListOffsetsRequest {
    type Response = ListOffsetsResponse;
    const API_KEY: i16 = 2;
    const NAME: &'static str = "ListOffsets";
    const OLDEST: i16 = 6;
    const NEWEST: i16 = 10;
    const FLEXIBLE_FROM: i16 = 6;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `ListOffsetsRequest` of Kafka, versions 6 to 10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsRequest {
    /// `ReplicaId`: `int32`.
    pub replica_id: i32,
    /// `IsolationLevel`: `int8`.
    pub isolation_level: i8,
    /// `Topics`: array of [`ListOffsetsRequestTopic`].
    pub topics: Vec<ListOffsetsRequestTopic>,
    /// `TimeoutMs`: `int32`; version 10 (left out of others).
    pub timeout_ms: i32,
}

impl Message for ListOffsetsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(6..=10).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ListOffsetsRequest", version });
        }
        out.int32(self.replica_id);
        out.int8(self.isolation_level);
        out.array(Lengths::Compact, &self.topics, "ListOffsetsRequest.topics", |out, each| each.write(out, version))?;
        if version >= 10 {
            out.int32(self.timeout_ms);
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(6..=10).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ListOffsetsRequest", version });
        }
        let value = Self {
            replica_id: input.int32("ListOffsetsRequest.replica_id")?,
            isolation_level: input.int8("ListOffsetsRequest.isolation_level")?,
            topics: input.array(Lengths::Compact, "ListOffsetsRequest.topics", 3, |input| {
                ListOffsetsRequestTopic::read(input, version)
            })?,
            timeout_ms: if version >= 10 { input.int32("ListOffsetsRequest.timeout_ms")? } else { 0 },
        };
        input.skip_tagged_fields("ListOffsetsRequest")?;
        Ok(value)
    }
}

/// A part of [`ListOffsetsRequest`], versions 6 to 10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`ListOffsetsRequestPartition`].
    pub partitions: Vec<ListOffsetsRequestPartition>,
}

impl Message for ListOffsetsRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "ListOffsetsRequestTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "ListOffsetsRequestTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "ListOffsetsRequestTopic.name")?,
            partitions: input.array(Lengths::Compact, "ListOffsetsRequestTopic.partitions", 17, |input| {
                ListOffsetsRequestPartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("ListOffsetsRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`ListOffsetsRequest`], versions 6 to 10.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsRequestPartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `CurrentLeaderEpoch`: `int32`, `-1` by default.
    pub current_leader_epoch: i32,
    /// `Timestamp`: `int64`.
    pub timestamp: i64,
}

impl Default for ListOffsetsRequestPartition {
    fn default() -> Self {
        Self { partition_index: 0, current_leader_epoch: -1, timestamp: 0 }
    }
}

impl Message for ListOffsetsRequestPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int32(self.current_leader_epoch);
        out.int64(self.timestamp);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("ListOffsetsRequestPartition.partition_index")?,
            current_leader_epoch: input.int32("ListOffsetsRequestPartition.current_leader_epoch")?,
            timestamp: input.int64("ListOffsetsRequestPartition.timestamp")?,
        };
        input.skip_tagged_fields("ListOffsetsRequestPartition")?;
        Ok(value)
    }
}

/// `ListOffsetsResponse` of Kafka, versions 6 to 10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`ListOffsetsResponseTopicResponse`].
    pub topics: Vec<ListOffsetsResponseTopicResponse>,
}

impl Message for ListOffsetsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(6..=10).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ListOffsetsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "ListOffsetsResponse.topics", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(6..=10).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ListOffsetsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("ListOffsetsResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "ListOffsetsResponse.topics", 3, |input| {
                ListOffsetsResponseTopicResponse::read(input, version)
            })?,
        };
        input.skip_tagged_fields("ListOffsetsResponse")?;
        Ok(value)
    }
}

/// A part of [`ListOffsetsResponse`], versions 6 to 10.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsResponseTopicResponse {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`ListOffsetsResponsePartitionResponse`].
    pub partitions: Vec<ListOffsetsResponsePartitionResponse>,
}

impl Message for ListOffsetsResponseTopicResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "ListOffsetsResponseTopicResponse.name")?;
        out.array(Lengths::Compact, &self.partitions, "ListOffsetsResponseTopicResponse.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "ListOffsetsResponseTopicResponse.name")?,
            partitions: input.array(Lengths::Compact, "ListOffsetsResponseTopicResponse.partitions", 27, |input| {
                ListOffsetsResponsePartitionResponse::read(input, version)
            })?,
        };
        input.skip_tagged_fields("ListOffsetsResponseTopicResponse")?;
        Ok(value)
    }
}

/// A part of [`ListOffsetsResponse`], versions 6 to 10.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsResponsePartitionResponse {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Timestamp`: `int64`, `-1` by default.
    pub timestamp: i64,
    /// `Offset`: `int64`, `-1` by default.
    pub offset: i64,
    /// `LeaderEpoch`: `int32`, `-1` by default.
    pub leader_epoch: i32,
}

impl Default for ListOffsetsResponsePartitionResponse {
    fn default() -> Self {
        Self { partition_index: 0, error_code: 0, timestamp: -1, offset: -1, leader_epoch: -1 }
    }
}

impl Message for ListOffsetsResponsePartitionResponse {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int16(self.error_code);
        out.int64(self.timestamp);
        out.int64(self.offset);
        out.int32(self.leader_epoch);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("ListOffsetsResponsePartitionResponse.partition_index")?,
            error_code: input.int16("ListOffsetsResponsePartitionResponse.error_code")?,
            timestamp: input.int64("ListOffsetsResponsePartitionResponse.timestamp")?,
            offset: input.int64("ListOffsetsResponsePartitionResponse.offset")?,
            leader_epoch: input.int32("ListOffsetsResponsePartitionResponse.leader_epoch")?,
        };
        input.skip_tagged_fields("ListOffsetsResponsePartitionResponse")?;
        Ok(value)
    }
}
