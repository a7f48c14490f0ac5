//! `DescribeGroups` (key 15, versions 5 to 6): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for DescribeGroupsRequest {
    type Response = DescribeGroupsResponse;
    const API_KEY: i16 = 15;
    const NAME: &'static str = "DescribeGroups";
    const OLDEST: i16 = 5;
    const NEWEST: i16 = 6;
    const FLEXIBLE_FROM: i16 = 5;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DescribeGroupsRequest` of Kafka, versions 5 to 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsRequest {
    /// `Groups`: array of string.
    pub groups: Vec<String>,
    /// `IncludeAuthorizedOperations`: `bool`.
    pub include_authorized_operations: bool,
}

impl Message for DescribeGroupsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(5..=6).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeGroupsRequest", version });
        }
        out.array(Lengths::Compact, &self.groups, "DescribeGroupsRequest.groups", |out, each| {
            out.string(Lengths::Compact, each, "DescribeGroupsRequest.groups")
        })?;
        out.bool(self.include_authorized_operations);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(5..=6).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeGroupsRequest", version });
        }
        let value = Self {
            groups: input.array(Lengths::Compact, "DescribeGroupsRequest.groups", 1, |input| {
                input.string(Lengths::Compact, "DescribeGroupsRequest.groups")
            })?,
            include_authorized_operations: input.bool("DescribeGroupsRequest.include_authorized_operations")?,
        };
        input.skip_tagged_fields("DescribeGroupsRequest")?;
        Ok(value)
    }
}

/// `DescribeGroupsResponse` of Kafka, versions 5 to 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Groups`: array of [`DescribeGroupsResponseDescribedGroup`].
    pub groups: Vec<DescribeGroupsResponseDescribedGroup>,
}

impl Message for DescribeGroupsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(5..=6).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeGroupsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.groups, "DescribeGroupsResponse.groups", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(5..=6).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeGroupsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DescribeGroupsResponse.throttle_time_ms")?,
            groups: input.array(Lengths::Compact, "DescribeGroupsResponse.groups", 12, |input| {
                DescribeGroupsResponseDescribedGroup::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DescribeGroupsResponse")?;
        Ok(value)
    }
}

/// A part of [`DescribeGroupsResponse`], versions 5 to 6.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeGroupsResponseDescribedGroup {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, null by default; version 6 (an error in others, unless it has its default).
    pub error_message: Option<String>,
    /// `GroupId`: string.
    pub group_id: String,
    /// `GroupState`: string.
    pub group_state: String,
    /// `ProtocolType`: string.
    pub protocol_type: String,
    /// `ProtocolData`: string.
    pub protocol_data: String,
    /// `Members`: array of [`DescribeGroupsResponseDescribedGroupMember`].
    pub members: Vec<DescribeGroupsResponseDescribedGroupMember>,
    /// `AuthorizedOperations`: `int32`, `i32::MIN` by default.
    pub authorized_operations: i32,
}

impl Default for DescribeGroupsResponseDescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: String::new(),
            group_state: String::new(),
            protocol_type: String::new(),
            protocol_data: String::new(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl Message for DescribeGroupsResponseDescribedGroup {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        if version >= 6 {
            out.nullable_string(
                Lengths::Compact,
                self.error_message.as_deref(),
                "DescribeGroupsResponseDescribedGroup.error_message",
            )?;
        } else if self.error_message.is_some() {
            return Err(EncodeError::NotInVersion {
                field: "DescribeGroupsResponseDescribedGroup.error_message",
                version,
            });
        }
        out.string(Lengths::Compact, &self.group_id, "DescribeGroupsResponseDescribedGroup.group_id")?;
        out.string(Lengths::Compact, &self.group_state, "DescribeGroupsResponseDescribedGroup.group_state")?;
        out.string(Lengths::Compact, &self.protocol_type, "DescribeGroupsResponseDescribedGroup.protocol_type")?;
        out.string(Lengths::Compact, &self.protocol_data, "DescribeGroupsResponseDescribedGroup.protocol_data")?;
        out.array(Lengths::Compact, &self.members, "DescribeGroupsResponseDescribedGroup.members", |out, each| {
            each.write(out, version)
        })?;
        out.int32(self.authorized_operations);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("DescribeGroupsResponseDescribedGroup.error_code")?,
            error_message: if version >= 6 {
                input.nullable_string(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.error_message")?
            } else {
                None
            },
            group_id: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.group_id")?,
            group_state: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.group_state")?,
            protocol_type: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.protocol_type")?,
            protocol_data: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.protocol_data")?,
            members: input.array(Lengths::Compact, "DescribeGroupsResponseDescribedGroup.members", 7, |input| {
                DescribeGroupsResponseDescribedGroupMember::read(input, version)
            })?,
            authorized_operations: input.int32("DescribeGroupsResponseDescribedGroup.authorized_operations")?,
        };
        input.skip_tagged_fields("DescribeGroupsResponseDescribedGroup")?;
        Ok(value)
    }
}

/// A part of [`DescribeGroupsResponse`], versions 5 to 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsResponseDescribedGroupMember {
    /// `MemberId`: string.
    pub member_id: String,
    /// `GroupInstanceId`: string or null, null by default.
    pub group_instance_id: Option<String>,
    /// `ClientId`: string.
    pub client_id: String,
    /// `ClientHost`: string.
    pub client_host: String,
    /// `MemberMetadata`: bytes.
    pub member_metadata: Vec<u8>,
    /// `MemberAssignment`: bytes.
    pub member_assignment: Vec<u8>,
}

impl Message for DescribeGroupsResponseDescribedGroupMember {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.member_id, "DescribeGroupsResponseDescribedGroupMember.member_id")?;
        out.nullable_string(
            Lengths::Compact,
            self.group_instance_id.as_deref(),
            "DescribeGroupsResponseDescribedGroupMember.group_instance_id",
        )?;
        out.string(Lengths::Compact, &self.client_id, "DescribeGroupsResponseDescribedGroupMember.client_id")?;
        out.string(Lengths::Compact, &self.client_host, "DescribeGroupsResponseDescribedGroupMember.client_host")?;
        out.bytes(
            Lengths::Compact,
            &self.member_metadata,
            "DescribeGroupsResponseDescribedGroupMember.member_metadata",
        )?;
        out.bytes(
            Lengths::Compact,
            &self.member_assignment,
            "DescribeGroupsResponseDescribedGroupMember.member_assignment",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            member_id: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.member_id")?,
            group_instance_id: input
                .nullable_string(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.group_instance_id")?,
            client_id: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.client_id")?,
            client_host: input.string(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.client_host")?,
            member_metadata: input
                .bytes(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.member_metadata")?,
            member_assignment: input
                .bytes(Lengths::Compact, "DescribeGroupsResponseDescribedGroupMember.member_assignment")?,
        };
        input.skip_tagged_fields("DescribeGroupsResponseDescribedGroupMember")?;
        Ok(value)
    }
}
