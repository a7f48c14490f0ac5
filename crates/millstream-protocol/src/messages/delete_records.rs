//! `DeleteRecords` (key 21, version 2): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for DeleteRecordsRequest {
    type Response = DeleteRecordsResponse;
    const API_KEY: i16 = 21;
    const NAME: &'static str = "DeleteRecords";
    const OLDEST: i16 = 2;
    const NEWEST: i16 = 2;
    const FLEXIBLE_FROM: i16 = 2;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DeleteRecordsRequest` of Kafka, version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsRequest {
    /// `Topics`: array of [`DeleteRecordsRequestTopic`].
    pub topics: Vec<DeleteRecordsRequestTopic>,
    /// `TimeoutMs`: `int32`.
    pub timeout_ms: i32,
}

impl Message for DeleteRecordsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteRecordsRequest", version });
        }
        out.array(Lengths::Compact, &self.topics, "DeleteRecordsRequest.topics", |out, each| each.write(out, version))?;
        out.int32(self.timeout_ms);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteRecordsRequest", version });
        }
        let value = Self {
            topics: input.array(Lengths::Compact, "DeleteRecordsRequest.topics", 3, |input| {
                DeleteRecordsRequestTopic::read(input, version)
            })?,
            timeout_ms: input.int32("DeleteRecordsRequest.timeout_ms")?,
        };
        input.skip_tagged_fields("DeleteRecordsRequest")?;
        Ok(value)
    }
}

/// A part of [`DeleteRecordsRequest`], version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`DeleteRecordsRequestPartition`].
    pub partitions: Vec<DeleteRecordsRequestPartition>,
}

impl Message for DeleteRecordsRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "DeleteRecordsRequestTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "DeleteRecordsRequestTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "DeleteRecordsRequestTopic.name")?,
            partitions: input.array(Lengths::Compact, "DeleteRecordsRequestTopic.partitions", 13, |input| {
                DeleteRecordsRequestPartition::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DeleteRecordsRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`DeleteRecordsRequest`], version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsRequestPartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `Offset`: `int64`.
    pub offset: i64,
}

impl Message for DeleteRecordsRequestPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.offset);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("DeleteRecordsRequestPartition.partition_index")?,
            offset: input.int64("DeleteRecordsRequestPartition.offset")?,
        };
        input.skip_tagged_fields("DeleteRecordsRequestPartition")?;
        Ok(value)
    }
}

/// `DeleteRecordsResponse` of Kafka, version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`DeleteRecordsResponseTopicResult`].
    pub topics: Vec<DeleteRecordsResponseTopicResult>,
}

impl Message for DeleteRecordsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteRecordsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "DeleteRecordsResponse.topics", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteRecordsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DeleteRecordsResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "DeleteRecordsResponse.topics", 3, |input| {
                DeleteRecordsResponseTopicResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DeleteRecordsResponse")?;
        Ok(value)
    }
}

/// A part of [`DeleteRecordsResponse`], version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsResponseTopicResult {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`DeleteRecordsResponsePartitionResult`].
    pub partitions: Vec<DeleteRecordsResponsePartitionResult>,
}

impl Message for DeleteRecordsResponseTopicResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "DeleteRecordsResponseTopicResult.name")?;
        out.array(Lengths::Compact, &self.partitions, "DeleteRecordsResponseTopicResult.partitions", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "DeleteRecordsResponseTopicResult.name")?,
            partitions: input.array(Lengths::Compact, "DeleteRecordsResponseTopicResult.partitions", 15, |input| {
                DeleteRecordsResponsePartitionResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DeleteRecordsResponseTopicResult")?;
        Ok(value)
    }
}

/// A part of [`DeleteRecordsResponse`], version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsResponsePartitionResult {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `LowWatermark`: `int64`.
    pub low_watermark: i64,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for DeleteRecordsResponsePartitionResult {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int64(self.low_watermark);
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("DeleteRecordsResponsePartitionResult.partition_index")?,
            low_watermark: input.int64("DeleteRecordsResponsePartitionResult.low_watermark")?,
            error_code: input.int16("DeleteRecordsResponsePartitionResult.error_code")?,
        };
        input.skip_tagged_fields("DeleteRecordsResponsePartitionResult")?;
        Ok(value)
    }
}
