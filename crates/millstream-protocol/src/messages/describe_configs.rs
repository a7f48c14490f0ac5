//! `DescribeConfigs` (key 32, version 4): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for DescribeConfigsRequest {
    type Response = DescribeConfigsResponse;
    const API_KEY: i16 = 32;
    const NAME: &'static str = "DescribeConfigs";
    const OLDEST: i16 = 4;
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 4;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `DescribeConfigsRequest` of Kafka, version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeConfigsRequest {
    /// `Resources`: array of [`DescribeConfigsRequestResource`].
    pub resources: Vec<DescribeConfigsRequestResource>,
    /// `IncludeSynonyms`: `bool`.
    pub include_synonyms: bool,
    /// `IncludeDocumentation`: `bool`.
    pub include_documentation: bool,
}

impl Message for DescribeConfigsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeConfigsRequest", version });
        }
        out.array(Lengths::Compact, &self.resources, "DescribeConfigsRequest.resources", |out, each| {
            each.write(out, version)
        })?;
        out.bool(self.include_synonyms);
        out.bool(self.include_documentation);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeConfigsRequest", version });
        }
        let value = Self {
            resources: input.array(Lengths::Compact, "DescribeConfigsRequest.resources", 4, |input| {
                DescribeConfigsRequestResource::read(input, version)
            })?,
            include_synonyms: input.bool("DescribeConfigsRequest.include_synonyms")?,
            include_documentation: input.bool("DescribeConfigsRequest.include_documentation")?,
        };
        input.skip_tagged_fields("DescribeConfigsRequest")?;
        Ok(value)
    }
}

/// A part of [`DescribeConfigsRequest`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsRequestResource {
    /// `ResourceType`: `int8`.
    pub resource_type: i8,
    /// `ResourceName`: string.
    pub resource_name: String,
    /// `ConfigurationKeys`: array of string or null, empty by default.
    pub configuration_keys: Option<Vec<String>>,
}

impl Default for DescribeConfigsRequestResource {
    fn default() -> Self {
        Self { resource_type: 0, resource_name: String::new(), configuration_keys: Some(Vec::new()) }
    }
}

impl Message for DescribeConfigsRequestResource {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int8(self.resource_type);
        out.string(Lengths::Compact, &self.resource_name, "DescribeConfigsRequestResource.resource_name")?;
        out.nullable_array(
            Lengths::Compact,
            self.configuration_keys.as_deref(),
            "DescribeConfigsRequestResource.configuration_keys",
            |out, each| out.string(Lengths::Compact, each, "DescribeConfigsRequestResource.configuration_keys"),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            resource_type: input.int8("DescribeConfigsRequestResource.resource_type")?,
            resource_name: input.string(Lengths::Compact, "DescribeConfigsRequestResource.resource_name")?,
            configuration_keys: input.nullable_array(
                Lengths::Compact,
                "DescribeConfigsRequestResource.configuration_keys",
                1,
                |input| input.string(Lengths::Compact, "DescribeConfigsRequestResource.configuration_keys"),
            )?,
        };
        input.skip_tagged_fields("DescribeConfigsRequestResource")?;
        Ok(value)
    }
}

/// `DescribeConfigsResponse` of Kafka, version 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeConfigsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Results`: array of [`DescribeConfigsResponseResult`].
    pub results: Vec<DescribeConfigsResponseResult>,
}

impl Message for DescribeConfigsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 4 {
            return Err(EncodeError::UnsupportedVersion { message: "DescribeConfigsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.results, "DescribeConfigsResponse.results", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 4 {
            return Err(DecodeError::UnsupportedVersion { message: "DescribeConfigsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("DescribeConfigsResponse.throttle_time_ms")?,
            results: input.array(Lengths::Compact, "DescribeConfigsResponse.results", 7, |input| {
                DescribeConfigsResponseResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DescribeConfigsResponse")?;
        Ok(value)
    }
}

/// A part of [`DescribeConfigsResponse`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResponseResult {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default.
    pub error_message: Option<String>,
    /// `ResourceType`: `int8`.
    pub resource_type: i8,
    /// `ResourceName`: string.
    pub resource_name: String,
    /// `Configs`: array of [`DescribeConfigsResponseResourceResult`].
    pub configs: Vec<DescribeConfigsResponseResourceResult>,
}

impl Default for DescribeConfigsResponseResult {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(String::new()),
            resource_type: 0,
            resource_name: String::new(),
            configs: Vec::new(),
        }
    }
}

impl Message for DescribeConfigsResponseResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "DescribeConfigsResponseResult.error_message",
        )?;
        out.int8(self.resource_type);
        out.string(Lengths::Compact, &self.resource_name, "DescribeConfigsResponseResult.resource_name")?;
        out.array(Lengths::Compact, &self.configs, "DescribeConfigsResponseResult.configs", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            error_code: input.int16("DescribeConfigsResponseResult.error_code")?,
            error_message: input.nullable_string(Lengths::Compact, "DescribeConfigsResponseResult.error_message")?,
            resource_type: input.int8("DescribeConfigsResponseResult.resource_type")?,
            resource_name: input.string(Lengths::Compact, "DescribeConfigsResponseResult.resource_name")?,
            configs: input.array(Lengths::Compact, "DescribeConfigsResponseResult.configs", 9, |input| {
                DescribeConfigsResponseResourceResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("DescribeConfigsResponseResult")?;
        Ok(value)
    }
}

/// A part of [`DescribeConfigsResponse`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResponseResourceResult {
    /// `Name`: string.
    pub name: String,
    /// `Value`: string or null, empty by default.
    pub value: Option<String>,
    /// `ReadOnly`: `bool`.
    pub read_only: bool,
    /// `ConfigSource`: `int8`, `-1` by default.
    pub config_source: i8,
    /// `IsSensitive`: `bool`.
    pub is_sensitive: bool,
    /// `Synonyms`: array of [`DescribeConfigsResponseSynonym`].
    pub synonyms: Vec<DescribeConfigsResponseSynonym>,
    /// `ConfigType`: `int8`.
    pub config_type: i8,
    /// `Documentation`: string or null, empty by default.
    pub documentation: Option<String>,
}

impl Default for DescribeConfigsResponseResourceResult {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
            synonyms: Vec::new(),
            config_type: 0,
            documentation: Some(String::new()),
        }
    }
}

impl Message for DescribeConfigsResponseResourceResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "DescribeConfigsResponseResourceResult.name")?;
        out.nullable_string(Lengths::Compact, self.value.as_deref(), "DescribeConfigsResponseResourceResult.value")?;
        out.bool(self.read_only);
        out.int8(self.config_source);
        out.bool(self.is_sensitive);
        out.array(Lengths::Compact, &self.synonyms, "DescribeConfigsResponseResourceResult.synonyms", |out, each| {
            each.write(out, version)
        })?;
        out.int8(self.config_type);
        out.nullable_string(
            Lengths::Compact,
            self.documentation.as_deref(),
            "DescribeConfigsResponseResourceResult.documentation",
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "DescribeConfigsResponseResourceResult.name")?,
            value: input.nullable_string(Lengths::Compact, "DescribeConfigsResponseResourceResult.value")?,
            read_only: input.bool("DescribeConfigsResponseResourceResult.read_only")?,
            config_source: input.int8("DescribeConfigsResponseResourceResult.config_source")?,
            is_sensitive: input.bool("DescribeConfigsResponseResourceResult.is_sensitive")?,
            synonyms: input.array(Lengths::Compact, "DescribeConfigsResponseResourceResult.synonyms", 4, |input| {
                DescribeConfigsResponseSynonym::read(input, version)
            })?,
            config_type: input.int8("DescribeConfigsResponseResourceResult.config_type")?,
            documentation: input
                .nullable_string(Lengths::Compact, "DescribeConfigsResponseResourceResult.documentation")?,
        };
        input.skip_tagged_fields("DescribeConfigsResponseResourceResult")?;
        Ok(value)
    }
}

/// A part of [`DescribeConfigsResponse`], version 4.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResponseSynonym {
    /// `Name`: string.
    pub name: String,
    /// `Value`: string or null, empty by default.
    pub value: Option<String>,
    /// `Source`: `int8`.
    pub source: i8,
}

impl Default for DescribeConfigsResponseSynonym {
    fn default() -> Self {
        Self { name: String::new(), value: Some(String::new()), source: 0 }
    }
}

impl Message for DescribeConfigsResponseSynonym {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "DescribeConfigsResponseSynonym.name")?;
        out.nullable_string(Lengths::Compact, self.value.as_deref(), "DescribeConfigsResponseSynonym.value")?;
        out.int8(self.source);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "DescribeConfigsResponseSynonym.name")?,
            value: input.nullable_string(Lengths::Compact, "DescribeConfigsResponseSynonym.value")?,
            source: input.int8("DescribeConfigsResponseSynonym.source")?,
        };
        input.skip_tagged_fields("DescribeConfigsResponseSynonym")?;
        Ok(value)
    }
}
