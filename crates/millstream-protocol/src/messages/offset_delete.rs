//! `OffsetDelete` (key 47, version 0): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for OffsetDeleteRequest {
    type Response = OffsetDeleteResponse;
    const API_KEY: i16 = 47;
    const NAME: &'static str = "OffsetDelete";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 0;
    const FLEXIBLE_FROM: i16 = i16::MAX;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `OffsetDeleteRequest` of Kafka, version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `Topics`: array of [`OffsetDeleteRequestTopic`].
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

impl Message for OffsetDeleteRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 0 {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetDeleteRequest", version });
        }
        out.string(Lengths::Fixed, &self.group_id, "OffsetDeleteRequest.group_id")?;
        out.array(Lengths::Fixed, &self.topics, "OffsetDeleteRequest.topics", |out, each| each.write(out, version))?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 0 {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetDeleteRequest", version });
        }
        Ok(Self {
            group_id: input.string(Lengths::Fixed, "OffsetDeleteRequest.group_id")?,
            topics: input.array(Lengths::Fixed, "OffsetDeleteRequest.topics", 6, |input| {
                OffsetDeleteRequestTopic::read(input, version)
            })?,
        })
    }
}

/// A part of [`OffsetDeleteRequest`], version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetDeleteRequestPartition`].
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

impl Message for OffsetDeleteRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Fixed, &self.name, "OffsetDeleteRequestTopic.name")?;
        out.array(Lengths::Fixed, &self.partitions, "OffsetDeleteRequestTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.string(Lengths::Fixed, "OffsetDeleteRequestTopic.name")?,
            partitions: input.array(Lengths::Fixed, "OffsetDeleteRequestTopic.partitions", 4, |input| {
                OffsetDeleteRequestPartition::read(input, version)
            })?,
        })
    }
}

/// A part of [`OffsetDeleteRequest`], version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestPartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
}

impl Message for OffsetDeleteRequestPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self { partition_index: input.int32("OffsetDeleteRequestPartition.partition_index")? })
    }
}

/// `OffsetDeleteResponse` of Kafka, version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponse {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`OffsetDeleteResponseTopic`].
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

impl Message for OffsetDeleteResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 0 {
            return Err(EncodeError::UnsupportedVersion { message: "OffsetDeleteResponse", version });
        }
        out.int16(self.error_code);
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Fixed, &self.topics, "OffsetDeleteResponse.topics", |out, each| each.write(out, version))?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 0 {
            return Err(DecodeError::UnsupportedVersion { message: "OffsetDeleteResponse", version });
        }
        Ok(Self {
            error_code: input.int16("OffsetDeleteResponse.error_code")?,
            throttle_time_ms: input.int32("OffsetDeleteResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Fixed, "OffsetDeleteResponse.topics", 6, |input| {
                OffsetDeleteResponseTopic::read(input, version)
            })?,
        })
    }
}

/// A part of [`OffsetDeleteResponse`], version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponseTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of [`OffsetDeleteResponsePartition`].
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

impl Message for OffsetDeleteResponseTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Fixed, &self.name, "OffsetDeleteResponseTopic.name")?;
        out.array(Lengths::Fixed, &self.partitions, "OffsetDeleteResponseTopic.partitions", |out, each| {
            each.write(out, version)
        })?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            name: input.string(Lengths::Fixed, "OffsetDeleteResponseTopic.name")?,
            partitions: input.array(Lengths::Fixed, "OffsetDeleteResponseTopic.partitions", 6, |input| {
                OffsetDeleteResponsePartition::read(input, version)
            })?,
        })
    }
}

/// A part of [`OffsetDeleteResponse`], version 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponsePartition {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for OffsetDeleteResponsePartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int16(self.error_code);
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            partition_index: input.int32("OffsetDeleteResponsePartition.partition_index")?,
            error_code: input.int16("OffsetDeleteResponsePartition.error_code")?,
        })
    }
}
