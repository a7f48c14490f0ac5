//! `FindCoordinator` (key 10, versions 3 to 6): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for FindCoordinatorRequest {
    type Response = FindCoordinatorResponse;
    const API_KEY: i16 = 10;
    const NAME: &'static str = "FindCoordinator";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 6;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `FindCoordinatorRequest` of Kafka, versions 3 to 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindCoordinatorRequest {
    /// `Key`: string; version 3 (an error in others, unless it has its default).
    pub key: String,
    /// `KeyType`: `int8`.
    pub key_type: i8,
    /// `CoordinatorKeys`: array of string; versions 4 to 6 (an error in others, unless it has its default).
    pub coordinator_keys: Vec<String>,
}

impl Message for FindCoordinatorRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=6).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "FindCoordinatorRequest", version });
        }
        if version <= 3 {
            out.string(Lengths::Compact, &self.key, "FindCoordinatorRequest.key")?;
        } else if !self.key.is_empty() {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorRequest.key", version });
        }
        out.int8(self.key_type);
        if version >= 4 {
            out.array(
                Lengths::Compact,
                &self.coordinator_keys,
                "FindCoordinatorRequest.coordinator_keys",
                |out, each| out.string(Lengths::Compact, each, "FindCoordinatorRequest.coordinator_keys"),
            )?;
        } else if !self.coordinator_keys.is_empty() {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorRequest.coordinator_keys", version });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=6).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "FindCoordinatorRequest", version });
        }
        let value = Self {
            key: if version <= 3 {
                input.string(Lengths::Compact, "FindCoordinatorRequest.key")?
            } else {
                String::new()
            },
            key_type: input.int8("FindCoordinatorRequest.key_type")?,
            coordinator_keys: if version >= 4 {
                input.array(Lengths::Compact, "FindCoordinatorRequest.coordinator_keys", 1, |input| {
                    input.string(Lengths::Compact, "FindCoordinatorRequest.coordinator_keys")
                })?
            } else {
                Vec::new()
            },
        };
        input.skip_tagged_fields("FindCoordinatorRequest")?;
        Ok(value)
    }
}

/// `FindCoordinatorResponse` of Kafka, versions 3 to 6.
#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ErrorCode`: `int16`; version 3 (an error in others, unless it has its default).
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default; version 3 (left out of others).
    pub error_message: Option<String>,
    /// `NodeId`: `int32`; version 3 (an error in others, unless it has its default).
    pub node_id: i32,
    /// `Host`: string; version 3 (an error in others, unless it has its default).
    pub host: String,
    /// `Port`: `int32`; version 3 (an error in others, unless it has its default).
    pub port: i32,
    /// `Coordinators`: array of [`FindCoordinatorResponseCoordinator`]; versions 4 to 6 (an error in others, unless it
    /// has its default).
    pub coordinators: Vec<FindCoordinatorResponseCoordinator>,
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(String::new()),
            node_id: 0,
            host: String::new(),
            port: 0,
            coordinators: Vec::new(),
        }
    }
}

impl Message for FindCoordinatorResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(3..=6).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "FindCoordinatorResponse", version });
        }
        out.int32(self.throttle_time_ms);
        if version <= 3 {
            out.int16(self.error_code);
        } else if self.error_code != 0 {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorResponse.error_code", version });
        }
        if version <= 3 {
            out.nullable_string(
                Lengths::Compact,
                self.error_message.as_deref(),
                "FindCoordinatorResponse.error_message",
            )?;
        }
        if version <= 3 {
            out.int32(self.node_id);
        } else if self.node_id != 0 {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorResponse.node_id", version });
        }
        if version <= 3 {
            out.string(Lengths::Compact, &self.host, "FindCoordinatorResponse.host")?;
        } else if !self.host.is_empty() {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorResponse.host", version });
        }
        if version <= 3 {
            out.int32(self.port);
        } else if self.port != 0 {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorResponse.port", version });
        }
        if version >= 4 {
            out.array(Lengths::Compact, &self.coordinators, "FindCoordinatorResponse.coordinators", |out, each| {
                each.write(out, version)
            })?;
        } else if !self.coordinators.is_empty() {
            return Err(EncodeError::NotInVersion { field: "FindCoordinatorResponse.coordinators", version });
        }
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(3..=6).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "FindCoordinatorResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("FindCoordinatorResponse.throttle_time_ms")?,
            error_code: if version <= 3 { input.int16("FindCoordinatorResponse.error_code")? } else { 0 },
            error_message: if version <= 3 {
                input.nullable_string(Lengths::Compact, "FindCoordinatorResponse.error_message")?
            } else {
                Some(String::new())
            },
            node_id: if version <= 3 { input.int32("FindCoordinatorResponse.node_id")? } else { 0 },
            host: if version <= 3 {
                input.string(Lengths::Compact, "FindCoordinatorResponse.host")?
            } else {
                String::new()
            },
            port: if version <= 3 { input.int32("FindCoordinatorResponse.port")? } else { 0 },
            coordinators: if version >= 4 {
                input.array(Lengths::Compact, "FindCoordinatorResponse.coordinators", 14, |input| {
                    FindCoordinatorResponseCoordinator::read(input, version)
                })?
            } else {
                Vec::new()
            },
        };
        input.skip_tagged_fields("FindCoordinatorResponse")?;
        Ok(value)
    }
}

/// A part of [`FindCoordinatorResponse`], versions 4 to 6.
#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponseCoordinator {
    /// `Key`: string.
    pub key: String,
    /// `NodeId`: `int32`.
    pub node_id: i32,
    /// `Host`: string.
    pub host: String,
    /// `Port`: `int32`.
    pub port: i32,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default.
    pub error_message: Option<String>,
}

impl Default for FindCoordinatorResponseCoordinator {
    fn default() -> Self {
        Self {
            key: String::new(),
            node_id: 0,
            host: String::new(),
            port: 0,
            error_code: 0,
            error_message: Some(String::new()),
        }
    }
}

impl Message for FindCoordinatorResponseCoordinator {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.key, "FindCoordinatorResponseCoordinator.key")?;
        out.int32(self.node_id);
        out.string(Lengths::Compact, &self.host, "FindCoordinatorResponseCoordinator.host")?;
        out.int32(self.port);
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "FindCoordinatorResponseCoordinator.error_message",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            key: input.string(Lengths::Compact, "FindCoordinatorResponseCoordinator.key")?,
            node_id: input.int32("FindCoordinatorResponseCoordinator.node_id")?,
            host: input.string(Lengths::Compact, "FindCoordinatorResponseCoordinator.host")?,
            port: input.int32("FindCoordinatorResponseCoordinator.port")?,
            error_code: input.int16("FindCoordinatorResponseCoordinator.error_code")?,
            error_message: input
                .nullable_string(Lengths::Compact, "FindCoordinatorResponseCoordinator.error_message")?,
        };
        input.skip_tagged_fields("FindCoordinatorResponseCoordinator")?;
        Ok(value)
    }
}
