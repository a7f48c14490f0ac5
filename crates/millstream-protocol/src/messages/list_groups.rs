//! `ListGroups` (key 16, versions 4 to 5): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for ListGroupsRequest {
    type Response = ListGroupsResponse;
    const API_KEY: i16 = 16;
    const NAME: &'static str = "ListGroups";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 5;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `ListGroupsRequest` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsRequest {
    /// `StatesFilter`: array of string.
    pub states_filter: Vec<String>,
    /// `TypesFilter`: array of string; version 5 (an error in others, unless it has its default).
    pub types_filter: Vec<String>,
}

impl Message for ListGroupsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ListGroupsRequest", version });
        }
        out.array(Lengths::Compact, &self.states_filter, "ListGroupsRequest.states_filter", |out, each| {
            out.string(Lengths::Compact, each, "ListGroupsRequest.states_filter")
        })?;
        if version >= 5 {
            out.array(Lengths::Compact, &self.types_filter, "ListGroupsRequest.types_filter", |out, each| {
                out.string(Lengths::Compact, each, "ListGroupsRequest.types_filter")
            })?;
        } else if !self.types_filter.is_empty() {
            return Err(EncodeError::NotInVersion { field: "ListGroupsRequest.types_filter", version });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ListGroupsRequest", version });
        }
        let value = Self {
            states_filter: input.array(Lengths::Compact, "ListGroupsRequest.states_filter", 1, |input| {
                input.string(Lengths::Compact, "ListGroupsRequest.states_filter")
            })?,
            types_filter: if version >= 5 {
                input.array(Lengths::Compact, "ListGroupsRequest.types_filter", 1, |input| {
                    input.string(Lengths::Compact, "ListGroupsRequest.types_filter")
                })?
            } else {
                Vec::new()
            },
        };
        input.skip_tagged_fields("ListGroupsRequest")?;
        Ok(value)
    }
}

/// `ListGroupsResponse` of Kafka, versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `Groups`: array of [`ListGroupsResponseListedGroup`].
    pub groups: Vec<ListGroupsResponseListedGroup>,
}

impl Message for ListGroupsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(4..=5).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ListGroupsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.int16(self.error_code);
        out.array(Lengths::Compact, &self.groups, "ListGroupsResponse.groups", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(4..=5).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ListGroupsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("ListGroupsResponse.throttle_time_ms")?,
            error_code: input.int16("ListGroupsResponse.error_code")?,
            groups: input.array(Lengths::Compact, "ListGroupsResponse.groups", 4, |input| {
                ListGroupsResponseListedGroup::read(input, version)
            })?,
        };
        input.skip_tagged_fields("ListGroupsResponse")?;
        Ok(value)
    }
}

/// A part of [`ListGroupsResponse`], versions 4 to 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsResponseListedGroup {
    /// `GroupId`: string.
    pub group_id: String,
    /// `ProtocolType`: string.
    pub protocol_type: String,
    /// `GroupState`: string.
    pub group_state: String,
    /// `GroupType`: string; version 5 (left out of others).
    pub group_type: String,
}

impl Message for ListGroupsResponseListedGroup {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.group_id, "ListGroupsResponseListedGroup.group_id")?;
        out.string(Lengths::Compact, &self.protocol_type, "ListGroupsResponseListedGroup.protocol_type")?;
        out.string(Lengths::Compact, &self.group_state, "ListGroupsResponseListedGroup.group_state")?;
        if version >= 5 {
            out.string(Lengths::Compact, &self.group_type, "ListGroupsResponseListedGroup.group_type")?;
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            group_id: input.string(Lengths::Compact, "ListGroupsResponseListedGroup.group_id")?,
            protocol_type: input.string(Lengths::Compact, "ListGroupsResponseListedGroup.protocol_type")?,
            group_state: input.string(Lengths::Compact, "ListGroupsResponseListedGroup.group_state")?,
            group_type: if version >= 5 {
                input.string(Lengths::Compact, "ListGroupsResponseListedGroup.group_type")?
            } else {
                String::new()
            },
        };
        input.skip_tagged_fields("ListGroupsResponseListedGroup")?;
        Ok(value)
    }
}
