//! `LeaveGroup` (key 13, versions 4 to 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for LeaveGroupRequest {
    type Response = LeaveGroupResponse;
    const API_KEY: i16 = 13;
    const NAME: &'static str = "LeaveGroup";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `LeaveGroupRequest` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `Members`: array of [`LeaveGroupRequestMemberIdentity`].
    pub members: Vec<LeaveGroupRequestMemberIdentity>,
}

impl Message for LeaveGroupRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "LeaveGroupRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "LeaveGroupRequest.group_id")?;
        out.array(Lengths::Compact, &self.members, "LeaveGroupRequest.members", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "LeaveGroupRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "LeaveGroupRequest.group_id")?,
            members: input.array(Lengths::Compact, "LeaveGroupRequest.members", 3, |input| {
                LeaveGroupRequestMemberIdentity::read(input, version)
            })?,
        };
        input.skip_tagged_fields("LeaveGroupRequest")?;
        Ok(value)
    }
}

/// A part of [`LeaveGroupRequest`], versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupRequestMemberIdentity {
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `Reason`: string or null, null by default; version 5 (left out of others).
    pub reason: Option<String>,
}

impl Message for LeaveGroupRequestMemberIdentity {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "LeaveGroupRequestMemberIdentity.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "LeaveGroupRequestMemberIdentity.group_instance_id",
        )?;
        if version >= 5 {
            out.nullable_string(Lengths::Compact, self.reason.as_deref(), "LeaveGroupRequestMemberIdentity.reason")?;
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "LeaveGroupRequestMemberIdentity.member_id")?,
            group_instance_id: input
                .nullable_string(Lengths::Compact, "LeaveGroupRequestMemberIdentity.group_instance_id")?,
            reason: if version >= 5 {
                input.nullable_string(Lengths::Compact, "LeaveGroupRequestMemberIdentity.reason")?
            } else {
                None
            },
        };
        input.skip_tagged_fields("LeaveGroupRequestMemberIdentity")?;
        Ok(value)
    }
}

/// `LeaveGroupResponse` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Members`: array of [`LeaveGroupResponseMemberResponse`].
    pub members: Vec<LeaveGroupResponseMemberResponse>,
}

impl Message for LeaveGroupResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "LeaveGroupResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.array(Lengths::Compact, &self.members, "LeaveGroupResponse.members", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "LeaveGroupResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("LeaveGroupResponse.throttle_time_ms")?,
            error_code: input.int16("LeaveGroupResponse.error_code")?,
            members: input.array(Lengths::Compact, "LeaveGroupResponse.members", 5, |input| {
                LeaveGroupResponseMemberResponse::read(input, version)
            })?,
        };
        input.skip_tagged_fields("LeaveGroupResponse")?;
        Ok(value)
    }
}

/// A part of [`LeaveGroupResponse`], versions 4 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaveGroupResponseMemberResponse {
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, empty by default.
    pub group_instance_id: Option<String>,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Default for LeaveGroupResponseMemberResponse {
    fn default() -> Self {
        Self { member_id: String::new(), group_instance_id: Some(String::new()), error_code: 0 }
    }
}

impl Message for LeaveGroupResponseMemberResponse {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "LeaveGroupResponseMemberResponse.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "LeaveGroupResponseMemberResponse.group_instance_id",
        )?;
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "LeaveGroupResponseMemberResponse.member_id")?,
            group_instance_id: input
                .nullable_string(Lengths::Compact, "LeaveGroupResponseMemberResponse.group_instance_id")?,
            error_code: input.int16("LeaveGroupResponseMemberResponse.error_code")?,
        };
        input.skip_tagged_fields("LeaveGroupResponseMemberResponse")?;
        Ok(value)
    }
}
