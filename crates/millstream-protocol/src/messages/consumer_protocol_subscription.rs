//! `ConsumerProtocolSubscription` (versions 0 to 3): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Data, Message};
use crate::wire::{Lengths, Reader, Writer};

impl Data for ConsumerProtocolSubscription {
    const NAME: &'static str = "ConsumerProtocolSubscription";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 3;
}

/// `ConsumerProtocolSubscription` of Kafka, versions 0 to 3.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerProtocolSubscription {
    /// `Topics`: array of string.
    pub topics: Vec<String>,
    /// `UserData`: bytes or null, null by default.
    pub user_data: Option<Vec<u8>>,
    /// `OwnedPartitions`: array of [`ConsumerProtocolSubscriptionTopicPartition`]; versions 1 to 3 (left out of
    /// others).
    pub owned_partitions: Vec<ConsumerProtocolSubscriptionTopicPartition>,
    /// `GenerationId`: `int32`, `-1` by default; versions 2 to 3 (left out of others).
    pub generation_id: i32,
    /// `RackId`: string or null, null by default; version 3 (left out of others).
    pub rack_id: Option<String>,
}

impl Default for ConsumerProtocolSubscription {
    fn default() -> Self {
        Self { topics: Vec::new(), user_data: None, owned_partitions: Vec::new(), generation_id: -1, rack_id: None }
    }
}

impl Message for ConsumerProtocolSubscription {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=3).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ConsumerProtocolSubscription", version });
        }
        out.array(Lengths::Fixed, &self.topics, "ConsumerProtocolSubscription.topics", |out, each| {
            out.string(Lengths::Fixed, each, "ConsumerProtocolSubscription.topics")
        })?;
        out.nullable_bytes(Lengths::Fixed, self.user_data.as_deref(), "ConsumerProtocolSubscription.user_data")?;
        if version >= 1 {
            out.array(
                Lengths::Fixed,
                &self.owned_partitions,
                "ConsumerProtocolSubscription.owned_partitions",
                |out, each| each.write(out, version),
            )?;
        }
        if version >= 2 {
            out.int32(self.generation_id);
        }
        if version >= 3 {
            out.nullable_string(Lengths::Fixed, self.rack_id.as_deref(), "ConsumerProtocolSubscription.rack_id")?;
        }
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=3).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ConsumerProtocolSubscription", version });
        }
        Ok(Self {
            topics: input.array(Lengths::Fixed, "ConsumerProtocolSubscription.topics", 2, |input| {
                input.string(Lengths::Fixed, "ConsumerProtocolSubscription.topics")
            })?,
            user_data: input.nullable_bytes(Lengths::Fixed, "ConsumerProtocolSubscription.user_data")?,
            owned_partitions: if version >= 1 {
                input.array(Lengths::Fixed, "ConsumerProtocolSubscription.owned_partitions", 6, |input| {
                    ConsumerProtocolSubscriptionTopicPartition::read(input, version)
                })?
            } else {
                Vec::new()
            },
            generation_id: if version >= 2 { input.int32("ConsumerProtocolSubscription.generation_id")? } else { -1 },
            rack_id: if version >= 3 {
                input.nullable_string(Lengths::Fixed, "ConsumerProtocolSubscription.rack_id")?
            } else {
                None
            },
        })
    }
}

/// A part of [`ConsumerProtocolSubscription`], versions 1 to 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolSubscriptionTopicPartition {
    /// `Topic`: string.
    pub topic: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for ConsumerProtocolSubscriptionTopicPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Fixed, &self.topic, "ConsumerProtocolSubscriptionTopicPartition.topic")?;
        out.array(
            Lengths::Fixed,
            &self.partitions,
            "ConsumerProtocolSubscriptionTopicPartition.partitions",
            |out, each| {
                out.int32(*each);
                Ok(())
            },
        )?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            topic: input.string(Lengths::Fixed, "ConsumerProtocolSubscriptionTopicPartition.topic")?,
            partitions: input.array(
                Lengths::Fixed,
                "ConsumerProtocolSubscriptionTopicPartition.partitions",
                4,
                |input| input.int32("ConsumerProtocolSubscriptionTopicPartition.partitions"),
            )?,
        })
    }
}
