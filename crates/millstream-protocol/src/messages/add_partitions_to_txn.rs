//! `AddPartitionsToTxn` (key 24, version 3): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Message, Request};
use crate::wire::{Lengths, Reader, Writer};

impl Request for AddPartitionsToTxnRequest {
    type Response = AddPartitionsToTxnResponse;
    const API_KEY: i16 = 24;
    const NAME: &'static str = "AddPartitionsToTxn";
    const OLDEST: i16 = 3;
    const NEWEST: i16 = 3;
    const FLEXIBLE_FROM: i16 = 3;

    fn throttle_ms(response: &Self::Response) -> i32 {
        response.throttle_time_ms
    }
}

/// `AddPartitionsToTxnRequest` of Kafka, version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnRequest {
    /// `V3AndBelowTransactionalId`: string.
    pub v3_and_below_transactional_id: String,
    /// `V3AndBelowProducerId`: `int64`.
    pub v3_and_below_producer_id: i64,
    /// `V3AndBelowProducerEpoch`: `int16`.
    pub v3_and_below_producer_epoch: i16,
    /// `V3AndBelowTopics`: array of [`AddPartitionsToTxnRequestTopic`].
    pub v3_and_below_topics: Vec<AddPartitionsToTxnRequestTopic>,
}

impl Message for AddPartitionsToTxnRequest {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 3 {
            return Err(EncodeError::UnsupportedVersion { message: "AddPartitionsToTxnRequest", version });
        }
        out.string(
            Lengths::Compact,
            &self.v3_and_below_transactional_id,
            "AddPartitionsToTxnRequest.v3_and_below_transactional_id",
        )?;
        out.int64(self.v3_and_below_producer_id);
        out.int16(self.v3_and_below_producer_epoch);
        out.array(
            Lengths::Compact,
            &self.v3_and_below_topics,
            "AddPartitionsToTxnRequest.v3_and_below_topics",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 3 {
            return Err(DecodeError::UnsupportedVersion { message: "AddPartitionsToTxnRequest", version });
        }
        let value = Self {
            v3_and_below_transactional_id: input
                .string(Lengths::Compact, "AddPartitionsToTxnRequest.v3_and_below_transactional_id")?,
            v3_and_below_producer_id: input.int64("AddPartitionsToTxnRequest.v3_and_below_producer_id")?,
            v3_and_below_producer_epoch: input.int16("AddPartitionsToTxnRequest.v3_and_below_producer_epoch")?,
            v3_and_below_topics: input.array(
                Lengths::Compact,
                "AddPartitionsToTxnRequest.v3_and_below_topics",
                3,
                |input| AddPartitionsToTxnRequestTopic::read(input, version),
            )?,
        };
        input.skip_tagged_fields("AddPartitionsToTxnRequest")?;
        Ok(value)
    }
}

/// A part of [`AddPartitionsToTxnRequest`], version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnRequestTopic {
    /// `Name`: string.
    pub name: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for AddPartitionsToTxnRequestTopic {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "AddPartitionsToTxnRequestTopic.name")?;
        out.array(Lengths::Compact, &self.partitions, "AddPartitionsToTxnRequestTopic.partitions", |out, each| {
            out.int32(*each);
            Ok(())
        })?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "AddPartitionsToTxnRequestTopic.name")?,
            partitions: input.array(Lengths::Compact, "AddPartitionsToTxnRequestTopic.partitions", 4, |input| {
                input.int32("AddPartitionsToTxnRequestTopic.partitions")
            })?,
        };
        input.skip_tagged_fields("AddPartitionsToTxnRequestTopic")?;
        Ok(value)
    }
}

/// `AddPartitionsToTxnResponse` of Kafka, version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResponse {
    /// `ThrottleTimeMs`: `int32`.
    pub throttle_time_ms: i32,
    /// `ResultsByTopicV3AndBelow`: array of [`AddPartitionsToTxnResponseTopicResult`].
    pub results_by_topic_v3_and_below: Vec<AddPartitionsToTxnResponseTopicResult>,
}

impl Message for AddPartitionsToTxnResponse {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if version != 3 {
            return Err(EncodeError::UnsupportedVersion { message: "AddPartitionsToTxnResponse", version });
        }
        out.int32(self.throttle_time_ms);
        out.array(
            Lengths::Compact,
            &self.results_by_topic_v3_and_below,
            "AddPartitionsToTxnResponse.results_by_topic_v3_and_below",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if version != 3 {
            return Err(DecodeError::UnsupportedVersion { message: "AddPartitionsToTxnResponse", version });
        }
        let value = Self {
            throttle_time_ms: input.int32("AddPartitionsToTxnResponse.throttle_time_ms")?,
            results_by_topic_v3_and_below: input.array(
                Lengths::Compact,
                "AddPartitionsToTxnResponse.results_by_topic_v3_and_below",
                3,
                |input| AddPartitionsToTxnResponseTopicResult::read(input, version),
            )?,
        };
        input.skip_tagged_fields("AddPartitionsToTxnResponse")?;
        Ok(value)
    }
}

/// A part of [`AddPartitionsToTxnResponse`], version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResponseTopicResult {
    /// `Name`: string.
    pub name: String,
    /// `ResultsByPartition`: array of [`AddPartitionsToTxnResponsePartitionResult`].
    pub results_by_partition: Vec<AddPartitionsToTxnResponsePartitionResult>,
}

impl Message for AddPartitionsToTxnResponseTopicResult {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Compact, &self.name, "AddPartitionsToTxnResponseTopicResult.name")?;
        out.array(
            Lengths::Compact,
            &self.results_by_partition,
            "AddPartitionsToTxnResponseTopicResult.results_by_partition",
            |out, each| each.write(out, version),
        )?;
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            name: input.string(Lengths::Compact, "AddPartitionsToTxnResponseTopicResult.name")?,
            results_by_partition: input.array(
                Lengths::Compact,
                "AddPartitionsToTxnResponseTopicResult.results_by_partition",
                7,
                |input| AddPartitionsToTxnResponsePartitionResult::read(input, version),
            )?,
        };
        input.skip_tagged_fields("AddPartitionsToTxnResponseTopicResult")?;
        Ok(value)
    }
}

/// A part of [`AddPartitionsToTxnResponse`], version 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddPartitionsToTxnResponsePartitionResult {
    /// `PartitionIndex`: `int32`.
    pub partition_index: i32,
    /// `PartitionErrorCode`: `int16`.
    pub partition_error_code: i16,
}

impl Message for AddPartitionsToTxnResponsePartitionResult {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.int32(self.partition_index);
        out.int16(self.partition_error_code);
        out.no_tagged_fields();
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        let value = Self {
            partition_index: input.int32("AddPartitionsToTxnResponsePartitionResult.partition_index")?,
            partition_error_code: input.int16("AddPartitionsToTxnResponsePartitionResult.partition_error_code")?,
        };
        input.skip_tagged_fields("AddPartitionsToTxnResponsePartitionResult")?;
        Ok(value)
    }
}
