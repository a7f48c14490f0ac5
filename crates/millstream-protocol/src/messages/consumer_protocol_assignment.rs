//! `ConsumerProtocolAssignment` (versions 0 to 3): generated from Kafka's schema by `examples/generate`; do not edit.

use crate::error::{DecodeError, EncodeError};
use crate::message::{Data, Message};
use crate::wire::{Lengths, Reader, Writer};

impl Data for ConsumerProtocolAssignment {
    const NAME: &'static str = "ConsumerProtocolAssignment";
    const OLDEST: i16 = 0;
    const NEWEST: i16 = 3;
}

/// `ConsumerProtocolAssignment` of Kafka, versions 0 to 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolAssignment {
    /// `AssignedPartitions`: array of [`ConsumerProtocolAssignmentTopicPartition`].
    pub assigned_partitions: Vec<ConsumerProtocolAssignmentTopicPartition>,
    /// `UserData`: bytes or null, null by default.
    pub user_data: Option<Vec<u8>>,
}

impl Message for ConsumerProtocolAssignment {
    fn write(&self, out: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !(0..=3).contains(&version) {
            return Err(EncodeError::UnsupportedVersion { message: "ConsumerProtocolAssignment", version });
        }
        out.array(
            Lengths::Fixed,
            &self.assigned_partitions,
            "ConsumerProtocolAssignment.assigned_partitions",
            |out, each| each.write(out, version),
        )?;
        out.nullable_bytes(Lengths::Fixed, self.user_data.as_deref(), "ConsumerProtocolAssignment.user_data")?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !(0..=3).contains(&version) {
            return Err(DecodeError::UnsupportedVersion { message: "ConsumerProtocolAssignment", version });
        }
        Ok(Self {
            assigned_partitions: input.array(
                Lengths::Fixed,
                "ConsumerProtocolAssignment.assigned_partitions",
                6,
                |input| ConsumerProtocolAssignmentTopicPartition::read(input, version),
            )?,
            user_data: input.nullable_bytes(Lengths::Fixed, "ConsumerProtocolAssignment.user_data")?,
        })
    }
}

/// A part of [`ConsumerProtocolAssignment`], versions 0 to 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolAssignmentTopicPartition {
    /// `Topic`: string.
    pub topic: String,
    /// `Partitions`: array of `int32`.
    pub partitions: Vec<i32>,
}

impl Message for ConsumerProtocolAssignmentTopicPartition {
    fn write(&self, out: &mut Writer, _version: i16) -> Result<(), EncodeError> {
        out.string(Lengths::Fixed, &self.topic, "ConsumerProtocolAssignmentTopicPartition.topic")?;
        out.array(
            Lengths::Fixed,
            &self.partitions,
            "ConsumerProtocolAssignmentTopicPartition.partitions",
            |out, each| {
                out.int32(*each);
                Ok(())
            },
        )?;
        Ok(())
    }

    fn read(input: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        Ok(Self {
            topic: input.string(Lengths::Fixed, "ConsumerProtocolAssignmentTopicPartition.topic")?,
            partitions: input.array(
                Lengths::Fixed,
                "ConsumerProtocolAssignmentTopicPartition.partitions",
                4,
                |input| input.int32("ConsumerProtocolAssignmentTopicPartition.partitions"),
            )?,
        })
    }
}
