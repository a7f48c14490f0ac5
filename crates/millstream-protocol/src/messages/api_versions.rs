//! `ApiVersions` (key 18, versions 0 to 4): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, TaggedFields, Writer};

impl Request for ApiVersionsRequest {
    type Response = ApiVersionsResponse;
    const API_KEY: i16 = 18;
    const NAME: &'static str = "ApiVersions";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 4;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `ApiVersionsRequest` of Kafka, versions 0 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersionsRequest {
    /// `ClientSoftwareName`: string; versions 3 to 4 (left out of others).
    pub client_software_name: String,
    /// `ClientSoftwareVersion`: string; versions 3 to 4 (left out of others).
    pub client_software_version: String,
}

impl Message for ApiVersionsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=4).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ApiVersionsRequest", version });
        }
        let lengths = Lengths::in_version(version, 3);
        if version >= 3 {
            out.string(lengths, &self.client_software_name, "ApiVersionsRequest.client_software_name")?;
        }
        if version >= 3 {
            out.string(lengths, &self.client_software_version, "ApiVersionsRequest.client_software_version")?;
        }
        if version >= 3 {
            out.no_tagged_fields();
        }
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=4).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ApiVersionsRequest", version });
        }
        let lengths = Lengths::in_version(version, 3);
        let value = Self {
            client_software_name: if version >= 3 {
                input.string(lengths, "ApiVersionsRequest.client_software_name")?
            } else {
                String::new()
            },
            client_software_version: if version >= 3 {
                input.string(lengths, "ApiVersionsRequest.client_software_version")?
            } else {
                String::new()
            },
        };
        if version >= 3 {
            input.skip_tagged_fields("ApiVersionsRequest")?;
        }
        Ok(value)
    }
}

/// `ApiVersionsResponse` of Kafka, versions 0 to 4.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsResponse {
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ApiKeys`: array of [`ApiVersionsResponseApiVersion`].
    pub api_keys: Vec<ApiVersionsResponseApiVersion>,
    /// `ThrottleTimeMs`: `int32`; versions 1 to 4 (left out of others).
    pub throttle_time_ms: i32,
    /// `SupportedFeatures`: array of [`ApiVersionsResponseSupportedFeatureKey`], tag 0; versions 3 to 4 (left out of
    /// others).
    pub supported_features: Vec<ApiVersionsResponseSupportedFeatureKey>,
    /// `FinalizedFeaturesEpoch`: `int64`, tag 1, `-1` by default; versions 3 to 4 (left out of others).
    pub finalized_features_epoch: i64,
    /// `FinalizedFeatures`: array of [`ApiVersionsResponseFinalizedFeatureKey`], tag 2; versions 3 to 4 (left out of
    /// others).
    pub finalized_features: Vec<ApiVersionsResponseFinalizedFeatureKey>,
    /// `ZkMigrationReady`: `bool`, tag 3; versions 3 to 4 (left out of others).
    pub zk_migration_ready: bool,
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            api_keys: Vec::new(),
            throttle_time_ms: 0,
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        }
    }
}

impl Message for ApiVersionsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=4).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ApiVersionsResponse", version });
        }
        let lengths = Lengths::in_version(version, 3);
        out.int16(self.error_code);
        out.array(lengths, &self.api_keys, "ApiVersionsResponse.api_keys", |out, each| each.write(out, version))?;
        if version >= 1 {
            out.int32(self.throttle_time_ms);
        }
        if version >= 3 {
            let mut tagged = TaggedFields::default();
            if !self.supported_features.is_empty() {
                tagged.add(0, "ApiVersionsResponse.supported_features", |out| {
                    out.array(
                        Lengths::Compact,
                        &self.supported_features,
                        "ApiVersionsResponse.supported_features",
                        |out, each| each.write(out, version),
                    )?;
                    Ok(())
                })?;
            }
            if self.finalized_features_epoch != -1 {
                tagged.add(1, "ApiVersionsResponse.finalized_features_epoch", |out| {
                    out.int64(self.finalized_features_epoch);
                    Ok(())
                })?;
            }
            if !self.finalized_features.is_empty() {
                tagged.add(2, "ApiVersionsResponse.finalized_features", |out| {
                    out.array(
                        Lengths::Compact,
                        &self.finalized_features,
                        "ApiVersionsResponse.finalized_features",
                        |out, each| each.write(out, version),
                    )?;
                    Ok(())
                })?;
            }
            if self.zk_migration_ready {
                tagged.add(3, "ApiVersionsResponse.zk_migration_ready", |out| {
                    out.bool(self.zk_migration_ready);
                    Ok(())
                })?;
            }
            tagged.write(out);
        }
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=4).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ApiVersionsResponse", version });
        }
        let lengths = Lengths::in_version(version, 3);
        let mut value = Self {
            error_code: input.int16("ApiVersionsResponse.error_code")?,
            api_keys: input.array(lengths, "ApiVersionsResponse.api_keys", 6, |input| {
                ApiVersionsResponseApiVersion::read(input, version)
            })?,
            throttle_time_ms: if version >= 1 { input.int32("ApiVersionsResponse.throttle_time_ms")? } else { 0 },
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        };
        if version >= 3 {
            input.tagged_fields("ApiVersionsResponse", |tag, input| {
                match tag {
                    0 => {
                        value.supported_features =
                            input.array(Lengths::Compact, "ApiVersionsResponse.supported_features", 6, |input| {
                                ApiVersionsResponseSupportedFeatureKey::read(input, version)
                            })?;
                    }
                    1 => {
                        value.finalized_features_epoch = input.int64("ApiVersionsResponse.finalized_features_epoch")?;
                    }
                    2 => {
                        value.finalized_features =
                            input.array(Lengths::Compact, "ApiVersionsResponse.finalized_features", 6, |input| {
                                ApiVersionsResponseFinalizedFeatureKey::read(input, version)
                            })?;
                    }
                    3 => {
                        value.zk_migration_ready = input.bool("ApiVersionsResponse.zk_migration_ready")?;
                    }
                    _ => input.skip_rest(),
                }
                Ok(())
            })?;
        }
        Ok(value)
    }
}

/// A part of [`ApiVersionsResponse`], versions 0 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersionsResponseApiVersion {
    /// `ApiKey`: `int16`.
    pub api_key: i16,
    /// `MinVersion`: `int16`.
    pub min_version: i16,
    /// `MaxVersion`: `int16`.
    pub max_version: i16,
}

impl Message for ApiVersionsResponseApiVersion {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.int16(self.api_key);
        out.int16(self.min_version);
        out.int16(self.max_version);
        if version >= 3 {
            out.no_tagged_fields();
        }
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            api_key: input.int16("ApiVersionsResponseApiVersion.api_key")?,
            min_version: input.int16("ApiVersionsResponseApiVersion.min_version")?,
            max_version: input.int16("ApiVersionsResponseApiVersion.max_version")?,
        };
        if version >= 3 {
            input.skip_tagged_fields("ApiVersionsResponseApiVersion")?;
        }
        Ok(value)
    }
}

/// A part of [`ApiVersionsResponse`], versions 3 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersionsResponseSupportedFeatureKey {
    /// `Name`: string.
    pub name: String,
    /// `MinVersion`: `int16`.
    pub min_version: i16,
    /// `MaxVersion`: `int16`.
    pub max_version: i16,
}

impl Message for ApiVersionsResponseSupportedFeatureKey {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "ApiVersionsResponseSupportedFeatureKey.name")?;
        out.int16(self.min_version);
        out.int16(self.max_version);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "ApiVersionsResponseSupportedFeatureKey.name")?,
            min_version: input.int16("ApiVersionsResponseSupportedFeatureKey.min_version")?,
            max_version: input.int16("ApiVersionsResponseSupportedFeatureKey.max_version")?,
        };
        input.skip_tagged_fields("ApiVersionsResponseSupportedFeatureKey")?;
        Ok(value)
    }
}

/// A part of [`ApiVersionsResponse`], versions 3 to 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersionsResponseFinalizedFeatureKey {
    /// `Name`: string.
    pub name: String,
    /// `MaxVersionLevel`: `int16`.
    pub max_version_level: i16,
    /// `MinVersionLevel`: `int16`.
    pub min_version_level: i16,
}

impl Message for ApiVersionsResponseFinalizedFeatureKey {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "ApiVersionsResponseFinalizedFeatureKey.name")?;
        out.int16(self.max_version_level);
        out.int16(self.min_version_level);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "ApiVersionsResponseFinalizedFeatureKey.name")?,
            max_version_level: input.int16("ApiVersionsResponseFinalizedFeatureKey.max_version_level")?,
            min_version_level: input.int16("ApiVersionsResponseFinalizedFeatureKey.min_version_level")?,
        };
        input.skip_tagged_fields("ApiVersionsResponseFinalizedFeatureKey")?;
        Ok(value)
    }
}
