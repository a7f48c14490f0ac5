//! `DeleteGroups` (key 42, version 2): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for DeleteGroupsRequest {
    type Response = DeleteGroupsResponse;
    const API_KEY: i16 = 42;
    const NAME: &'static str = "DeleteGroups";
    const OLDEST: i16 = 2;
    const NEWEST: i16 = 2;
    const FLEXIBLE_FROM: i16 = 2;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DeleteGroupsRequest` of Kafka, version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsRequest {
    /// `GroupsNames`: array of string.
    pub groups_names: Vec<String>,
}

impl Message for DeleteGroupsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteGroupsRequest", version });
        }
        out.array(Lengths::Compact, &self.groups_names, "DeleteGroupsRequest.groups_names", |out, each| {
            out.string(Lengths::Compact, each, "DeleteGroupsRequest.groups_names")
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteGroupsRequest", version });
        }
        let value = Self {
            groups_names: input.array(Lengths::Compact, "DeleteGroupsRequest.groups_names", 1, |input| {
                input.string(Lengths::Compact, "DeleteGroupsRequest.groups_names")
            })?,
        };
        input.skip_tagged_fields("DeleteGroupsRequest")?;
        Ok(value)
    }
}

/// `DeleteGroupsResponse` of Kafka, version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Results`: array of [`DeleteGroupsResponseDeletableGroupResult`].
    pub results: Vec<DeleteGroupsResponseDeletableGroupResult>,
}

impl Message for DeleteGroupsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 2 {
            return Err(EncodeError::UnsupportedVersion { message: "DeleteGroupsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.results, "DeleteGroupsResponse.results", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 2 {
            return Err(DecodeError::UnsupportedVersion { message: "DeleteGroupsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DeleteGroupsResponse.throttle_time_ms")?,
            results: input.array(Lengths::Compact, "DeleteGroupsResponse.results", 4, |input| {
                DeleteGroupsResponseDeletableGroupResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DeleteGroupsResponse")?;
        Ok(value)
    }
}

/// A part of [`DeleteGroupsResponse`], version 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsResponseDeletableGroupResult {
    /// `GroupId`: string.
    pub group_id: String,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
}

impl Message for DeleteGroupsResponseDeletableGroupResult {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.group_id, "DeleteGroupsResponseDeletableGroupResult.group_id")?;
        out.int16(self.error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            group_id: input.string(Lengths::Compact, "DeleteGroupsResponseDeletableGroupResult.group_id")?,
            error_code: input.int16("DeleteGroupsResponseDeletableGroupResult.error_code")?,
        };
        input.skip_tagged_fields("DeleteGroupsResponseDeletableGroupResult")?;
        Ok(value)
    }
}
