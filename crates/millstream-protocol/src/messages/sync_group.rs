//! `SyncGroup` (key 14, version 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for SyncGroupRequest {
    type Response = SyncGroupResponse;
    const API_KEY: i16 = 14;
    const NAME: &'static str = "SyncGroup";
    const OLDEST: i16 = 5;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `SyncGroupRequest` of Kafka, version 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `GenerationId`: `int32`.
    pub generation_id: i32,
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `ProtocolType`: string or null, null by default.
    pub protocol_type: Option<String>,
    /// `ProtocolName`: string or null, null by default.
    pub protocol_name: Option<String>,
    /// `Assignments`: array of [`SyncGroupRequestAssignment`].
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Message for SyncGroupRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 5 {
            return Err(EncodeError::UnsupportedVersion { message: "SyncGroupRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "SyncGroupRequest.group_id")?;
        out.int32(self.generation_id);
        out.string(Lengths::Compact, &self.member_id, "SyncGroupRequest.member_id")?;
        out.nullable_string(Lengths::Compact, self.group_instance_id.as_deref(), "SyncGroupRequest.group_instance_id")?;
        out.nullable_string(Lengths::Compact, self.protocol_type.as_deref(), "SyncGroupRequest.protocol_type")?;
        out.nullable_string(Lengths::Compact, self.protocol_name.as_deref(), "SyncGroupRequest.protocol_name")?;
        out.array(Lengths::Compact, &self.assignments, "SyncGroupRequest.assignments", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 5 {
            return Err(DecodeError::UnsupportedVersion { message: "SyncGroupRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "SyncGroupRequest.group_id")?,
            generation_id: input.int32("SyncGroupRequest.generation_id")?,
            member_id: input.string(Lengths::Compact, "SyncGroupRequest.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "SyncGroupRequest.group_instance_id")?,
            protocol_type: input.nullable_string(Lengths::Compact, "SyncGroupRequest.protocol_type")?,
            protocol_name: input.nullable_string(Lengths::Compact, "SyncGroupRequest.protocol_name")?,
            assignments: input.array(Lengths::Compact, "SyncGroupRequest.assignments", 3, |input| {
                SyncGroupRequestAssignment::read(input, version)
            })?,
        };
        input.skip_tagged_fields("SyncGroupRequest")?;
        Ok(value)
    }
}

/// A part of [`SyncGroupRequest`], version 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequestAssignment {
    /// `MemberId`: string.
    pub member_id: String,
    /// `Assignment`: bytes.
    pub assignment: Vec<u8>,
}

impl Message for SyncGroupRequestAssignment {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "SyncGroupRequestAssignment.member_id")?;
        out.bytes(Lengths::Compact, &self.assignment, "SyncGroupRequestAssignment.assignment")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "SyncGroupRequestAssignment.member_id")?,
            assignment: input.bytes(Lengths::Compact, "SyncGroupRequestAssignment.assignment")?,
        };
        input.skip_tagged_fields("SyncGroupRequestAssignment")?;
        Ok(value)
    }
}

/// `SyncGroupResponse` of Kafka, version 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ProtocolType`: string or null, null by default.
    pub protocol_type: Option<String>,
    /// `ProtocolName`: string or null, null by default.
    pub protocol_name: Option<String>,
    /// `Assignment`: bytes.
    pub assignment: Vec<u8>,
}

impl Message for SyncGroupResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 5 {
            return Err(EncodeError::UnsupportedVersion { message: "SyncGroupResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.nullable_string(Lengths::Compact, self.protocol_type.as_deref(), "SyncGroupResponse.protocol_type")?;
        out.nullable_string(Lengths::Compact, self.protocol_name.as_deref(), "SyncGroupResponse.protocol_name")?;
        out.bytes(Lengths::Compact, &self.assignment, "SyncGroupResponse.assignment")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 5 {
            return Err(DecodeError::UnsupportedVersion { message: "SyncGroupResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("SyncGroupResponse.throttle_time_ms")?,
            error_code: input.int16("SyncGroupResponse.error_code")?,
            protocol_type: input.nullable_string(Lengths::Compact, "SyncGroupResponse.protocol_type")?,
            protocol_name: input.nullable_string(Lengths::Compact, "SyncGroupResponse.protocol_name")?,
            assignment: input.bytes(Lengths::Compact, "SyncGroupResponse.assignment")?,
        };
        input.skip_tagged_fields("SyncGroupResponse")?;
        Ok(value)
    }
}
