//! `CreateTopics` (key 19, version 7): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, TaggedFields, Uuid, Writer};

impl Request for CreateTopicsRequest {
    type Response = CreateTopicsResponse;
    const API_KEY: i16 = 19;
    const NAME: &'static str = "CreateTopics";
    const OLDEST: i16 = 7;
    const NEWEST: i16 = 7;
    const FLEXIBLE_FROM: i16 = 5;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `CreateTopicsRequest` of Kafka, version 7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsRequest {
    /// `Topics`: array of [`CreateTopicsRequestCreatableTopic`].
    pub topics: Vec<CreateTopicsRequestCreatableTopic>,
    /// `timeoutMs`: `int32`, `60_000` by default.
    pub timeout_ms: i32,
    /// `validateOnly`: `bool`.
    pub validate_only: bool,
}

impl Default for CreateTopicsRequest {
    fn default() -> Self {
        Self { topics: Vec::new(), timeout_ms: 60_000, validate_only: false }
    }
}

impl Message for CreateTopicsRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 7 {
            return Err(EncodeError::UnsupportedVersion { message: "CreateTopicsRequest", version });
        }
        out.array(Lengths::Compact, &self.topics, "CreateTopicsRequest.topics", |out, each| each.write(out, version))?;
        out.int32(self.timeout_ms);
        out.bool(self.validate_only);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 7 {
            return Err(DecodeError::UnsupportedVersion { message: "CreateTopicsRequest", version });
        }
        let value = Self {
            topics: input.array(Lengths::Compact, "CreateTopicsRequest.topics", 10, |input| {
                CreateTopicsRequestCreatableTopic::read(input, version)
            })?,
            timeout_ms: input.int32("CreateTopicsRequest.timeout_ms")?,
            validate_only: input.bool("CreateTopicsRequest.validate_only")?,
        };
        input.skip_tagged_fields("CreateTopicsRequest")?;
        Ok(value)
    }
}

/// A part of [`CreateTopicsRequest`], version 7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTopicsRequestCreatableTopic {
    /// `Name`: string.
    pub name: String,
    /// `NumPartitions`: `int32`.
    pub num_partitions: i32,
    /// `ReplicationFactor`: `int16`.
    pub replication_factor: i16,
    /// `Assignments`: array of [`CreateTopicsRequestCreatableReplicaAssignment`].
    pub assignments: Vec<CreateTopicsRequestCreatableReplicaAssignment>,
    /// `Configs`: array of [`CreateTopicsRequestCreatableTopicConfig`].
    pub configs: Vec<CreateTopicsRequestCreatableTopicConfig>,
}

impl Message for CreateTopicsRequestCreatableTopic {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreateTopicsRequestCreatableTopic.name")?;
        out.int32(self.num_partitions);
        out.int16(self.replication_factor);
        out.array(
            Lengths::Compact,
            &self.assignments,
            "CreateTopicsRequestCreatableTopic.assignments",
            |out, each| each.write(out, version),
        )?;
        out.array(Lengths::Compact, &self.configs, "CreateTopicsRequestCreatableTopic.configs", |out, each| {
            each.write(out, version)
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "CreateTopicsRequestCreatableTopic.name")?,
            num_partitions: input.int32("CreateTopicsRequestCreatableTopic.num_partitions")?,
            replication_factor: input.int16("CreateTopicsRequestCreatableTopic.replication_factor")?,
            assignments: input.array(
                Lengths::Compact,
                "CreateTopicsRequestCreatableTopic.assignments",
                6,
                |input| CreateTopicsRequestCreatableReplicaAssignment::read(input, version),
            )?,
            configs: input.array(Lengths::Compact, "CreateTopicsRequestCreatableTopic.configs", 3, |input| {
                CreateTopicsRequestCreatableTopicConfig::read(input, version)
            })?,
        };
        input.skip_tagged_fields("CreateTopicsRequestCreatableTopic")?;
        Ok(value)
    }
}

/// A part of [`CreateTopicsRequest`], version 7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTopicsRequestCreatableReplicaAssignment {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `BrokerIds`: array of `int32`.
    pub broker_ids: Vec<i32>,
}

impl Message for CreateTopicsRequestCreatableReplicaAssignment {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.array(
            Lengths::Compact,
            &self.broker_ids,
            "CreateTopicsRequestCreatableReplicaAssignment.broker_ids",
            |out, each| {
                out.int32(*each);
                Ok(())
            },
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("CreateTopicsRequestCreatableReplicaAssignment.partition_index")?,
            broker_ids: input.array(
                Lengths::Compact,
                "CreateTopicsRequestCreatableReplicaAssignment.broker_ids",
                4,
                |input| input.int32("CreateTopicsRequestCreatableReplicaAssignment.broker_ids"),
            )?,
        };
        input.skip_tagged_fields("CreateTopicsRequestCreatableReplicaAssignment")?;
        Ok(value)
    }
}

/// A part of [`CreateTopicsRequest`], version 7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsRequestCreatableTopicConfig {
    /// `Name`: string.
    pub name: String,
    /// `Value`: string or null, empty by default.
    pub value: Option<String>,
}

impl Default for CreateTopicsRequestCreatableTopicConfig {
    fn default() -> Self {
        Self { name: String::new(), value: Some(String::new()) }
    }
}

impl Message for CreateTopicsRequestCreatableTopicConfig {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreateTopicsRequestCreatableTopicConfig.name")?;
        out.nullable_string(Lengths::Compact, self.value.as_deref(), "CreateTopicsRequestCreatableTopicConfig.value")?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "CreateTopicsRequestCreatableTopicConfig.name")?,
            value: input.nullable_string(Lengths::Compact, "CreateTopicsRequestCreatableTopicConfig.value")?,
        };
        input.skip_tagged_fields("CreateTopicsRequestCreatableTopicConfig")?;
        Ok(value)
    }
}

/// `CreateTopicsResponse` of Kafka, version 7.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTopicsResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `Topics`: array of [`CreateTopicsResponseCreatableTopicResult`].
    pub topics: Vec<CreateTopicsResponseCreatableTopicResult>,
}

impl Message for CreateTopicsResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 7 {
            return Err(EncodeError::UnsupportedVersion { message: "CreateTopicsResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(Lengths::Compact, &self.topics, "CreateTopicsResponse.topics", |out, each| each.write(out, version))?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 7 {
            return Err(DecodeError::UnsupportedVersion { message: "CreateTopicsResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("CreateTopicsResponse.throttle_time_ms")?,
            topics: input.array(Lengths::Compact, "CreateTopicsResponse.topics", 28, |input| {
                CreateTopicsResponseCreatableTopicResult::read(input, version)
            })?,
        };
        input.skip_tagged_fields("CreateTopicsResponse")?;
        Ok(value)
    }
}

/// A part of [`CreateTopicsResponse`], version 7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsResponseCreatableTopicResult {
    /// `Name`: string.
    pub name: String,
    /// `TopicId`: [`Uuid`].
    pub topic_id: Uuid,
    /// `ErrorCode`: `int16`.
    pub error_code: i16,
    /// `ErrorMessage`: string or null, empty by default.
    pub error_message: Option<String>,
    /// `TopicConfigErrorCode`: `int16`, tag 0.
    pub topic_config_error_code: i16,
    /// `NumPartitions`: `int32`, `-1` by default.
    pub num_partitions: i32,
    /// `ReplicationFactor`: `int16`, `-1` by default.
    pub replication_factor: i16,
    /// `Configs`: array of [`CreateTopicsResponseCreatableTopicConfigs`] or null, empty by default.
    pub configs: Option<Vec<CreateTopicsResponseCreatableTopicConfigs>>,
}

impl Default for CreateTopicsResponseCreatableTopicResult {
    fn default() -> Self {
        Self {
            name: String::new(),
            topic_id: Uuid::ZERO,
            error_code: 0,
            error_message: Some(String::new()),
            topic_config_error_code: 0,
            num_partitions: -1,
            replication_factor: -1,
            configs: Some(Vec::new()),
        }
    }
}

impl Message for CreateTopicsResponseCreatableTopicResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreateTopicsResponseCreatableTopicResult.name")?;
        out.uuid(self.topic_id);
        out.int16(self.error_code);
        out.nullable_string(
            Lengths::Compact,
            self.error_message.as_deref(),
            "CreateTopicsResponseCreatableTopicResult.error_message",
        )?;
        out.int32(self.num_partitions);
        out.int16(self.replication_factor);
        out.nullable_array(
            Lengths::Compact,
            self.configs.as_deref(),
            "CreateTopicsResponseCreatableTopicResult.configs",
            |out, each| each.write(out, version),
        )?;
        let mut tagged = TaggedFields::default();
        if self.topic_config_error_code != 0 {
            tagged.add(0, "CreateTopicsResponseCreatableTopicResult.topic_config_error_code", |out| {
                out.int16(self.topic_config_error_code);
                Ok(())
            })?;
        }
        tagged.write(out);
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let mut value = Self {
            name: input.string(Lengths::Compact, "CreateTopicsResponseCreatableTopicResult.name")?,
            topic_id: input.uuid("CreateTopicsResponseCreatableTopicResult.topic_id")?,
            error_code: input.int16("CreateTopicsResponseCreatableTopicResult.error_code")?,
            error_message: input
                .nullable_string(Lengths::Compact, "CreateTopicsResponseCreatableTopicResult.error_message")?,
            topic_config_error_code: 0,
            num_partitions: input.int32("CreateTopicsResponseCreatableTopicResult.num_partitions")?,
            replication_factor: input.int16("CreateTopicsResponseCreatableTopicResult.replication_factor")?,
            configs: input.nullable_array(
                Lengths::Compact,
                "CreateTopicsResponseCreatableTopicResult.configs",
                6,
                |input| CreateTopicsResponseCreatableTopicConfigs::read(input, version),
            )?,
        };
        input.tagged_fields("CreateTopicsResponseCreatableTopicResult", |tag, input| {
            match tag {
                0 => {
                    value.topic_config_error_code =
                        input.int16("CreateTopicsResponseCreatableTopicResult.topic_config_error_code")?;
                }
                _ => input.skip_rest(),
            }
            Ok(())
        })?;
        Ok(value)
    }
}

/// A part of [`CreateTopicsResponse`], version 7.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsResponseCreatableTopicConfigs {
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
}

impl Default for CreateTopicsResponseCreatableTopicConfigs {
    fn default() -> Self {
        Self {
            name: String::new(),
            value: Some(String::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
        }
    }
}

impl Message for CreateTopicsResponseCreatableTopicConfigs {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "CreateTopicsResponseCreatableTopicConfigs.name")?;
        out.nullable_string(
            Lengths::Compact,
            self.value.as_deref(),
            "CreateTopicsResponseCreatableTopicConfigs.value",
        )?;
        out.bool(self.read_only);
        out.int8(self.config_source);
        out.bool(self.is_sensitive);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "CreateTopicsResponseCreatableTopicConfigs.name")?,
            value: input.nullable_string(Lengths::Compact, "CreateTopicsResponseCreatableTopicConfigs.value")?,
            read_only: input.bool("CreateTopicsResponseCreatableTopicConfigs.read_only")?,
            config_source: input.int8("CreateTopicsResponseCreatableTopicConfigs.config_source")?,
            is_sensitive: input.bool("CreateTopicsResponseCreatableTopicConfigs.is_sensitive")?,
        };
        input.skip_tagged_fields("CreateTopicsResponseCreatableTopicConfigs")?;
        Ok(value)
    }
}
