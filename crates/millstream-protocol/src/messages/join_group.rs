//! `JoinGroup` (key 11, versions 7 to 9): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for JoinGroupRequest {
    type Response = JoinGroupResponse;
    const API_KEY: i16 = 11;
    const NAME: &'static str = "JoinGroup";
    const OLDEST: i16 = 7;
    const NEWEST: i16 = 9;
    const FLEXIBLE_FROM: i16 = 6;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `JoinGroupRequest` of Kafka, versions 7 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupRequest {
    /// `GroupId`: string.
    pub group_id: String,
    /// `SessionTimeoutMs`: `int32`.
    pub session_timeout_ms: i32,
    /// `RebalanceTimeoutMs`: `int32`, `-1` by default.
    pub rebalance_timeout_ms: i32,
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `ProtocolType`: string.
    pub protocol_type: String,
    /// `Protocols`: array of [`JoinGroupRequestProtocol`].
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// `Reason`: string or null, null by default; versions 8 to 9 (left out of others).
    pub reason: Option<String>,
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: String::new(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: String::new(),
            group_instance_id: None,
            protocol_type: String::new(),
            protocols: Vec::new(),
            reason: None,
        }
    }
}

impl Message for JoinGroupRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(7..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "JoinGroupRequest", version });
        }
        out.string(Lengths::Compact, &self.group_id, "JoinGroupRequest.group_id")?;
        out.int32(self.session_timeout_ms);
        out.int32(self.rebalance_timeout_ms);
        out.string(Lengths::Compact, &self.member_id, "JoinGroupRequest.member_id")?;
        out.nullable_string(Lengths::Compact, self.group_instance_id.as_deref(), "JoinGroupRequest.group_instance_id")?;
        out.string(Lengths::Compact, &self.protocol_type, "JoinGroupRequest.protocol_type")?;
        out.array(Lengths::Compact, &self.protocols, "JoinGroupRequest.protocols", |out, each| {
            each.write(out, version)
        })?;
        if version >= 8 {
            out.nullable_string(Lengths::Compact, self.reason.as_deref(), "JoinGroupRequest.reason")?;
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(7..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "JoinGroupRequest", version });
        }
        let value = Self {
            group_id: input.string(Lengths::Compact, "JoinGroupRequest.group_id")?,
            session_timeout_ms: input.int32("JoinGroupRequest.session_timeout_ms")?,
            rebalance_timeout_ms: input.int32("JoinGroupRequest.rebalance_timeout_ms")?,
            member_id: input.string(Lengths::Compact, "JoinGroupRequest.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "JoinGroupRequest.group_instance_id")?,
            protocol_type: input.string(Lengths::Compact, "JoinGroupRequest.protocol_type")?,
            protocols: input.array(Lengths::Compact, "JoinGroupRequest.protocols", 3, |input| {
                JoinGroupRequestProtocol::read(input, version)
            })?,
            reason: if version >= 8 {
                input.nullable_string(Lengths::Compact, "JoinGroupRequest.reason")?
            } else {
                None
            },
        };
        input.skip_tagged_fields("JoinGroupRequest")?;
        Ok(value)
    }
}

/// A part of [`JoinGroupRequest`], versions 7 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupRequestProtocol {
    /// `Name`: string.
    pub name: String,
    /// `Metadata`: bytes.
    pub metadata: Vec<u8>,
}

impl Message for JoinGroupRequestProtocol {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "JoinGroupRequestProtocol.name")?;
        out.bytes(Lengths::Compact, &self.metadata, "JoinGroupRequestProtocol.metadata")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "JoinGroupRequestProtocol.name")?,
            metadata: input.bytes(Lengths::Compact, "JoinGroupRequestProtocol.metadata")?,
        };
        input.skip_tagged_fields("JoinGroupRequestProtocol")?;
        Ok(value)
    }
}

/// `JoinGroupResponse` of Kafka, versions 7 to 9.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `GenerationId`: `int32`, `-1` by default.
    pub generation_id: i32,
    /// `ProtocolType`: string or null, null by default.
    pub protocol_type: Option<String>,
    /// `ProtocolName`: string or null, empty by default.
    pub protocol_name: Option<String>,
    /// `Leader`: string.
    pub leader: String,
    /// `SkipAssignment`: `bool`; version 9 (an error in others, unless it has its default).
    pub skip_assignment: bool,
    /// `MemberId`: string.
    pub member_id: String,
    /// `Members`: array of [`JoinGroupResponseMember`].
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(String::new()),
            leader: String::new(),
            skip_assignment: false,
            member_id: String::new(),
            members: Vec::new(),
        }
    }
}

impl Message for JoinGroupResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(7..=9).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "JoinGroupResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.int32(self.generation_id);
        out.nullable_string(Lengths::Compact, self.protocol_type.as_deref(), "JoinGroupResponse.protocol_type")?;
        out.nullable_string(Lengths::Compact, self.protocol_name.as_deref(), "JoinGroupResponse.protocol_name")?;
        out.string(Lengths::Compact, &self.leader, "JoinGroupResponse.leader")?;
        if version >= 9 {
            out.bool(self.skip_assignment);
        } else if self.skip_assignment {
            return Err(EncodeError::NotInVersion { field: "JoinGroupResponse.skip_assignment", version });
        }
        out.string(Lengths::Compact, &self.member_id, "JoinGroupResponse.member_id")?;
        out.array(Lengths::Compact, &self.members, "JoinGroupResponse.members", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(7..=9).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "JoinGroupResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("JoinGroupResponse.throttle_time_ms")?,
            error_code: input.int16("JoinGroupResponse.error_code")?,
            generation_id: input.int32("JoinGroupResponse.generation_id")?,
            protocol_type: input.nullable_string(Lengths::Compact, "JoinGroupResponse.protocol_type")?,
            protocol_name: input.nullable_string(Lengths::Compact, "JoinGroupResponse.protocol_name")?,
            leader: input.string(Lengths::Compact, "JoinGroupResponse.leader")?,
            skip_assignment: if version >= 9 { input.bool("JoinGroupResponse.skip_assignment")? } else { false },
            member_id: input.string(Lengths::Compact, "JoinGroupResponse.member_id")?,
            members: input.array(Lengths::Compact, "JoinGroupResponse.members", 4, |input| {
                JoinGroupResponseMember::read(input, version)
            })?,
        };
        input.skip_tagged_fields("JoinGroupResponse")?;
        Ok(value)
    }
}

/// A part of [`JoinGroupResponse`], versions 7 to 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupResponseMember {
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `Metadata`: bytes.
    pub metadata: Vec<u8>,
}

impl Message for JoinGroupResponseMember {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "JoinGroupResponseMember.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "JoinGroupResponseMember.group_instance_id",
        )?;
        out.bytes(Lengths::Compact, &self.metadata, "JoinGroupResponseMember.metadata")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "JoinGroupResponseMember.member_id")?,
            group_instance_id: input.nullable_string(Lengths::Compact, "JoinGroupResponseMember.group_instance_id")?,
            metadata: input.bytes(Lengths::Compact, "JoinGroupResponseMember.metadata")?,
        };
        input.skip_tagged_fields("JoinGroupResponseMember")?;
        Ok(value)
    }
}
