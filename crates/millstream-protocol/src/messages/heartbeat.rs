//! `Heartbeat` (key 12, version 4): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for HeartbeatRequest {
    type Response = HeartbeatResponse;
    const API_KEY: i16 = 12;
    const NAME: &'static str = "Heartbeat";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `HeartbeatRequest` of Kafka, version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `GenerationId`: `int32`.
    pub generation_id: i32,
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
}

impl Message for HeartbeatRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "HeartbeatRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "HeartbeatRequest.group_id")?;
        out.int32(self.generation_id);
        out.string(Lengths::Compact, &self.member_id, "HeartbeatRequest.member_id")?;
        out.nullable_string(Lengths::Compact, self.group_instance_id.as_deref(), "HeartbeatRequest.group_instance_id")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "HeartbeatRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "HeartbeatRequest.group_id")?,
            generation_id: input.int32("HeartbeatRequest.generation_id")?,
            member_id: input.string(Lengths::Compact, "HeartbeatRequest.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "HeartbeatRequest.group_instance_id")?,
        };
        input.skip_tagged_fields("HeartbeatRequest")?;
        Ok(value)
    }
}

/// `HeartbeatResponse` of Kafka, version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for HeartbeatResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "HeartbeatResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "HeartbeatResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("HeartbeatResponse.throttle_time_ms")?,
            error_code: input.int16("HeartbeatResponse.error_code")?,
        };
        input.skip_tagged_fields("HeartbeatResponse")?;
        Ok(value)
    }
}
