//! Writes the primitive types of the consumer protocol.

use std::collections::{BTreeMap, BTreeSet};

use millstream_types::{Partition, Topic, TopicPartition};

use super::error::ConsumerProtocolError;

/// The bytes that have been written.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn new(version: i16) -> Self {
        Self { bytes: version.to_be_bytes().to_vec() }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn int32(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// The length of bytes, or of a list.
    pub(super) fn length(&mut self, length: usize, field: &'static str) -> Result<(), ConsumerProtocolError> {
        let value = i32::try_from(length).map_err(|_| ConsumerProtocolError::TooLarge { field, length })?;
        self.int32(value);
        Ok(())
    }

    pub(super) fn string(&mut self, text: &str, field: &'static str) -> Result<(), ConsumerProtocolError> {
        let length = text.len();
        let value = i16::try_from(length).map_err(|_| ConsumerProtocolError::TooLarge { field, length })?;
        self.int16(value);
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    pub(super) fn nullable_string(
        &mut self,
        text: Option<&str>,
        field: &'static str,
    ) -> Result<(), ConsumerProtocolError> {
        match text {
            Some(text) => self.string(text, field)?,
            None => self.int16(-1),
        }
        Ok(())
    }

    pub(super) fn nullable_bytes(
        &mut self,
        bytes: Option<&[u8]>,
        field: &'static str,
    ) -> Result<(), ConsumerProtocolError> {
        match bytes {
            Some(bytes) => {
                self.length(bytes.len(), field)?;
                self.bytes.extend_from_slice(bytes);
            }
            None => self.int32(-1),
        }
        Ok(())
    }

    /// Partitions by topic, each once.
    pub(super) fn partitions(&mut self, partitions: &[TopicPartition]) -> Result<(), ConsumerProtocolError> {
        let mut topics: BTreeMap<&Topic, BTreeSet<Partition>> = BTreeMap::new();
        for TopicPartition { topic, partition } in partitions {
            topics.entry(topic).or_default().insert(*partition);
        }
        self.length(topics.len(), "the partitions")?;
        for (topic, partitions) in topics {
            self.string(topic.as_str(), "a topic")?;
            self.length(partitions.len(), "the partitions")?;
            partitions.iter().try_for_each(|partition| self.length(partition.index(), "the number of a partition"))?;
        }
        Ok(())
    }

    fn int16(&mut self, value: i16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }
}
