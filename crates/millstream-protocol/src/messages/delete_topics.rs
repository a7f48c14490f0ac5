//! `DeleteTopics` (key 20, version 6): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Uuid, Writer};

impl Request for DeleteTopicsRequest {
    type Response = DeleteTopicsResponse;
    const API_KEY: i16 = 20;
    const NAME: &'static str = "DeleteTopics";
    const OLDEST: i16 = 6;
    const NEWEST: i16 = 6;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DeleteTopicsRequest` of Kafka, version 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsRequest {
    /// `Topics`: array of [`DeleteTopicsRequestDeleteTopicState`].
    pub topics: Vec<DeleteTopicsRequestDeleteTopicState>,
    /// `TimeoutMs`: `int32`.
    pub timeout_ms: i32,
}

impl Message for DeleteTopicsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 6 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteTopicsRequest", version });
        }
        out.array(Lengths::Compact, &self.topics, "DeleteTopicsRequest.topics", |out, each| each.write(out, version))?;
        out.int32(self.timeout_ms);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 6 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteTopicsRequest", version });
        }
        let value = Self {
            topics: input.array(Lengths::Compact, "DeleteTopicsRequest.topics", 18, |input| {
                DeleteTopicsRequestDeleteTopicState::read(input, version)
            })?,
            timeout_ms: input.int32("DeleteTopicsRequest.timeout_ms")?,
        };
        input.skip_tagged_fields("DeleteTopicsRequest")?;
        Ok(value)
    }
}

/// A part of [`DeleteTopicsRequest`], version 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsRequestDeleteTopicState {
    /// `Name`: string or null, null by default.
    pub name: Option<String>,
    /// `TopicId`: [`Uuid`].
    pub topic_id: Uuid,
}

impl Message for DeleteTopicsRequestDeleteTopicState {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.nullable_string(Lengths::Compact, self.name.as_deref(), "DeleteTopicsRequestDeleteTopicState.name")?;
        out.uuid(self.topic_id);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.nullable_string(Lengths::Compact, "DeleteTopicsRequestDeleteTopicState.name")?,
            topic_id: input.uuid("DeleteTopicsRequestDeleteTopicState.topic_id")?,
        };
        input.skip_tagged_fields("DeleteTopicsRequestDeleteTopicState")?;
        Ok(value)
    }
}

/// `DeleteTopicsResponse` of Kafka, version 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Responses`: array of [`DeleteTopicsResponseDeletableTopicResult`].
    pub responses: Vec<DeleteTopicsResponseDeletableTopicResult>,
}

impl Message for DeleteTopicsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 6 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteTopicsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.responses, "DeleteTopicsResponse.responses", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 6 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteTopicsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DeleteTopicsResponse.throttle_time_ms")?,
            responses: input.array(Lengths::Compact, "DeleteTopicsResponse.responses", 21, |input| {
                DeleteTopicsResponseDeletableTopicResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DeleteTopicsResponse")?;
        Ok(value)
    }
}

/// A part of [`DeleteTopicsResponse`], version 6.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteTopicsResponseDeletableTopicResult {
    /// `Name`: string or null, empty by default.
    pub name: Option<String>,
    /// `TopicId`: [`Uuid`].
    pub topic_id: Uuid,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default.
    pub error_message: Option<String>,
}

impl Default for DeleteTopicsResponseDeletableTopicResult {
    fn default() -> Self {
        Self { name: Some(String::new()), topic_id: Uuid::ZERO, error_code: 0, error_message: None }
    }
}

impl Message for DeleteTopicsResponseDeletableTopicResult {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.nullable_string(Lengths::Compact, self.name.as_deref(), "DeleteTopicsResponseDeletableTopicResult.name")?;
        out.uuid(self.topic_id);
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "DeleteTopicsResponseDeletableTopicResult.error_message",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.nullable_string(Lengths::Compact, "DeleteTopicsResponseDeletableTopicResult.name")?,
            topic_id: input.uuid("DeleteTopicsResponseDeletableTopicResult.topic_id")?,
            error_code: input.int16("DeleteTopicsResponseDeletableTopicResult.error_code")?,
            error_message: input
                .nullable_string(Lengths::Compact, "DeleteTopicsResponseDeletableTopicResult.error_message")?,
        };
        input.skip_tagged_fields("DeleteTopicsResponseDeletableTopicResult")?;
        Ok(value)
    }
}
