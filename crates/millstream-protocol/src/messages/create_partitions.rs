//! `CreatePartitions` (key 37, version 3): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for CreatePartitionsRequest {
    type Response = CreatePartitionsResponse;
    const API_KEY: i16 = 37;
    const NAME: &'static str = "CreatePartitions";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 3;
    const FLEXIBLE_FROM: i16 = 2;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `CreatePartitionsRequest` of Kafka, version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsRequest {
    /// `Topics`: array of [`CreatePartitionsRequestTopic`].
    pub topics: Vec<CreatePartitionsRequestTopic>,
    /// `TimeoutMs`: `int32`.
    pub timeout_ms: i32,
    /// `ValidateOnly`: `bool`.
    pub validate_only: bool,
}

impl Message for CreatePartitionsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 3 {
            return Err(EncodeError::UnsupportedVersion { message: "CreatePartitionsRequest", version });
        }
        out.array(Lengths::Compact, &self.topics, "CreatePartitionsRequest.topics", |out, each| {
            each.write(out, version)
        })?;
        out.int32(self.timeout_ms);
        out.bool(self.validate_only);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 3 {
            return Err(DecodeError::UnsupportedVersion { message: "CreatePartitionsRequest", version });
        }
        let value = Self {
            topics: input.array(Lengths::Compact, "CreatePartitionsRequest.topics", 7, |input| {
                CreatePartitionsRequestTopic::read(input, version)
            })?,
            timeout_ms: input.int32("CreatePartitionsRequest.timeout_ms")?,
            validate_only: input.bool("CreatePartitionsRequest.validate_only")?,
        };
        input.skip_tagged_fields("CreatePartitionsRequest")?;
        Ok(value)
    }
}

/// A part of [`CreatePartitionsRequest`], version 3.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePartitionsRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Count`: `int32`.
    pub count: i32,
    /// `Assignments`: array of [`CreatePartitionsRequestAssignment`] or null, empty by default.
    pub assignments: Option<Vec<CreatePartitionsRequestAssignment>>,
}

impl Default for CreatePartitionsRequestTopic {
    fn default() -> Self {
        Self { name: String::new(), count: 0, assignments: Some(Vec::new()) }
    }
}

impl Message for CreatePartitionsRequestTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreatePartitionsRequestTopic.name")?;
        out.int32(self.count);
        out.nullable_array(
            Lengths::Compact,
            self.assignments.as_deref(),
            "CreatePartitionsRequestTopic.assignments",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "CreatePartitionsRequestTopic.name")?,
            count: input.int32("CreatePartitionsRequestTopic.count")?,
            assignments: input.nullable_array(
                Lengths::Compact,
                "CreatePartitionsRequestTopic.assignments",
                2,
                |input| CreatePartitionsRequestAssignment::read(input, version),
            )?,
        };
        input.skip_tagged_fields("CreatePartitionsRequestTopic")?;
        Ok(value)
    }
}

/// A part of [`CreatePartitionsRequest`], version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsRequestAssignment {
    /// `BrokerIds`: array of `int32`.
    pub broker_ids: Vec<i32>,
}

impl Message for CreatePartitionsRequestAssignment {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.array(Lengths::Compact, &self.broker_ids, "CreatePartitionsRequestAssignment.broker_ids", |out, each| {
            out.int32(*each);
            Ok(())
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            broker_ids: input.array(Lengths::Compact, "CreatePartitionsRequestAssignment.broker_ids", 4, |input| {
                input.int32("CreatePartitionsRequestAssignment.broker_ids")
            })?,
        };
        input.skip_tagged_fields("CreatePartitionsRequestAssignment")?;
        Ok(value)
    }
}

/// `CreatePartitionsResponse` of Kafka, version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Results`: array of [`CreatePartitionsResponseTopicResult`].
    pub results: Vec<CreatePartitionsResponseTopicResult>,
}

impl Message for CreatePartitionsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 3 {
            return Err(EncodeError::UnsupportedVersion { message: "CreatePartitionsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.results, "CreatePartitionsResponse.results", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 3 {
            return Err(DecodeError::UnsupportedVersion { message: "CreatePartitionsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("CreatePartitionsResponse.throttle_time_ms")?,
            results: input.array(Lengths::Compact, "CreatePartitionsResponse.results", 5, |input| {
                CreatePartitionsResponseTopicResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("CreatePartitionsResponse")?;
        Ok(value)
    }
}

/// A part of [`CreatePartitionsResponse`], version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsResponseTopicResult {
    /// `Name`: string.
    pub name: String,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default.
    pub error_message: Option<String>,
}

impl Message for CreatePartitionsResponseTopicResult {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreatePartitionsResponseTopicResult.name")?;
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "CreatePartitionsResponseTopicResult.error_message",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "CreatePartitionsResponseTopicResult.name")?,
            error_code: input.int16("CreatePartitionsResponseTopicResult.error_code")?,
            error_message: input
                .nullable_string(Lengths::Compact, "CreatePartitionsResponseTopicResult.error_message")?,
        };
        input.skip_tagged_fields("CreatePartitionsResponseTopicResult")?;
        Ok(value)
    }
}
