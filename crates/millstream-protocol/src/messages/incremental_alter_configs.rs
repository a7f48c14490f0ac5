//! `IncrementalAlterConfigs` (key 44, version 1): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for IncrementalAlterConfigsRequest {
    type Response = IncrementalAlterConfigsResponse;
    const API_KEY: i16 = 44;
    const NAME: &'static str = "IncrementalAlterConfigs";
    const OLDEST: i16 = 1;
    const NEWEST: i16 = 1;
    const FLEXIBLE_FROM: i16 = 1;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `IncrementalAlterConfigsRequest` of Kafka, version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncrementalAlterConfigsRequest {
    /// `Resources`: array of [`IncrementalAlterConfigsRequestAlterConfigsResource`].
    pub resources: Vec<IncrementalAlterConfigsRequestAlterConfigsResource>,
    /// `ValidateOnly`: `bool`.
    pub validate_only: bool,
}

impl Message for IncrementalAlterConfigsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 1 {
            return Err(EncodeError::UnsupportedVersion { message: "IncrementalAlterConfigsRequest", version });
        }
        out.array(Lengths::Compact, &self.resources, "IncrementalAlterConfigsRequest.resources", |out, each| {
            each.write(out, version)
        })?;
        out.bool(self.validate_only);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::UnsupportedVersion { message: "IncrementalAlterConfigsRequest", version });
        }
        let value = Self {
            resources: input.array(Lengths::Compact, "IncrementalAlterConfigsRequest.resources", 4, |input| {
                IncrementalAlterConfigsRequestAlterConfigsResource::read(input, version)
            })?,
            validate_only: input.bool("IncrementalAlterConfigsRequest.validate_only")?,
        };
        input.skip_tagged_fields("IncrementalAlterConfigsRequest")?;
        Ok(value)
    }
}

/// A part of [`IncrementalAlterConfigsRequest`], version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncrementalAlterConfigsRequestAlterConfigsResource {
    /// `ResourceType`: `int8`.
    pub resource_type: i8,
    /// `ResourceName`: string.
    pub resource_name: String,
    /// `Configs`: array of [`IncrementalAlterConfigsRequestAlterableConfig`].
    pub configs: Vec<IncrementalAlterConfigsRequestAlterableConfig>,
}

impl Message for IncrementalAlterConfigsRequestAlterConfigsResource {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int8(self.resource_type);
        out.string(
            Lengths::Compact,
            &self.resource_name,
            "IncrementalAlterConfigsRequestAlterConfigsResource.resource_name",
        )?;
        out.array(
            Lengths::Compact,
            &self.configs,
            "IncrementalAlterConfigsRequestAlterConfigsResource.configs",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            resource_type: input.int8("IncrementalAlterConfigsRequestAlterConfigsResource.resource_type")?,
            resource_name: input
                .string(Lengths::Compact, "IncrementalAlterConfigsRequestAlterConfigsResource.resource_name")?,
            configs: input.array(
                Lengths::Compact,
                "IncrementalAlterConfigsRequestAlterConfigsResource.configs",
                4,
                |input| IncrementalAlterConfigsRequestAlterableConfig::read(input, version),
            )?,
        };
        input.skip_tagged_fields("IncrementalAlterConfigsRequestAlterConfigsResource")?;
        Ok(value)
    }
}

/// A part of [`IncrementalAlterConfigsRequest`], version 1.
#[derive(Clone, Debug, PartialEq)]
pub struct IncrementalAlterConfigsRequestAlterableConfig {
    /// `Name`: string.
    pub name: String,
    /// `ConfigOperation`: `int8`.
    pub config_operation: i8,
    /// `Value`: string or null, empty by default.
    pub value: Option<String>,
}

impl Default for IncrementalAlterConfigsRequestAlterableConfig {
    fn default() -> Self {
        Self { name: String::new(), config_operation: 0, value: Some(String::new()) }
    }
}

impl Message for IncrementalAlterConfigsRequestAlterableConfig {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "IncrementalAlterConfigsRequestAlterableConfig.name")?;
        out.int8(self.config_operation);
        out.nullable_string(
            Lengths::Compact,
            self.value.as_deref(),
            "IncrementalAlterConfigsRequestAlterableConfig.value",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "IncrementalAlterConfigsRequestAlterableConfig.name")?,
            config_operation: input.int8("IncrementalAlterConfigsRequestAlterableConfig.config_operation")?,
            value: input.nullable_string(Lengths::Compact, "IncrementalAlterConfigsRequestAlterableConfig.value")?,
        };
        input.skip_tagged_fields("IncrementalAlterConfigsRequestAlterableConfig")?;
        Ok(value)
    }
}

/// `IncrementalAlterConfigsResponse` of Kafka, version 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncrementalAlterConfigsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Responses`: array of [`IncrementalAlterConfigsResponseAlterConfigsResourceResponse`].
    pub responses: Vec<IncrementalAlterConfigsResponseAlterConfigsResourceResponse>,
}

impl Message for IncrementalAlterConfigsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 1 {
            return Err(EncodeError::UnsupportedVersion { message: "IncrementalAlterConfigsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.responses, "IncrementalAlterConfigsResponse.responses", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 1 {
            return Err(DecodeError::UnsupportedVersion { message: "IncrementalAlterConfigsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("IncrementalAlterConfigsResponse.throttle_time_ms")?,
            responses: input.array(Lengths::Compact, "IncrementalAlterConfigsResponse.responses", 6, |input| {
                IncrementalAlterConfigsResponseAlterConfigsResourceResponse::read(input, version)
            })?,
        };
        input.skip_tagged_fields("IncrementalAlterConfigsResponse")?;
        Ok(value)
    }
}

/// A part of [`IncrementalAlterConfigsResponse`], version 1.
#[derive(Clone, Debug, PartialEq)]
pub struct IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default.
    pub error_message: Option<String>,
    /// `ResourceType`: `int8`.
    pub resource_type: i8,
    /// `ResourceName`: string.
    pub resource_name: String,
}

impl Default for IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(String::new()), resource_type: 0, resource_name: String::new() }
    }
}

impl Message for IncrementalAlterConfigsResponseAlterConfigsResourceResponse {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message",
        )?;
        out.int8(self.resource_type);
        out.string(
            Lengths::Compact,
            &self.resource_name,
            "IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_code")?,
            error_message: input.nullable_string(
                Lengths::Compact,
                "IncrementalAlterConfigsResponseAlterConfigsResourceResponse.error_message",
            )?,
            resource_type: input.int8("IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_type")?,
            resource_name: input.string(
                Lengths::Compact,
                "IncrementalAlterConfigsResponseAlterConfigsResourceResponse.resource_name",
            )?,
        };
        input.skip_tagged_fields("IncrementalAlterConfigsResponseAlterConfigsResourceResponse")?;
        Ok(value)
    }
}
