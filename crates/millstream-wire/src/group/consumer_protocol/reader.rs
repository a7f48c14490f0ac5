//! Reads the primitive types of the consumer protocol. Declared lengths are checked before anything is allocated.

use millstream_types::{Topic, TopicPartition};

use super::error::ConsumerProtocolError;

/// The bytes that have not been read yet.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// What is read, for errors.
    message: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], message: &'static str) -> Self {
        Self { rest: bytes, message }
    }

    /// The version, which is 0 or higher.
    pub(super) fn version(&mut self) -> Result<i16, ConsumerProtocolError> {
        let version = self.int16("its version")?;
        if version < 0 { Err(ConsumerProtocolError::Version { message: self.message, version }) } else { Ok(version) }
    }

    pub(super) fn int32(&mut self, field: &'static str) -> Result<i32, ConsumerProtocolError> {
        self.array(field).map(i32::from_be_bytes)
    }

    pub(super) fn string(&mut self, field: &'static str) -> Result<&'a str, ConsumerProtocolError> {
        let length = ConsumerProtocolError::Length { message: self.message, field, length: -1 };
        self.nullable_string(field)?.ok_or(length)
    }

    pub(super) fn nullable_string(&mut self, field: &'static str) -> Result<Option<&'a str>, ConsumerProtocolError> {
        let length = i32::from(self.int16(field)?);
        let Some(length) = self.length(length, field)? else { return Ok(None) };
        let text = str::from_utf8(self.take(length, field)?);
        text.map(Some).map_err(|_| ConsumerProtocolError::NotUtf8 { message: self.message, field })
    }

    pub(super) fn nullable_bytes(&mut self, field: &'static str) -> Result<Option<Vec<u8>>, ConsumerProtocolError> {
        let length = self.int32(field)?;
        let Some(length) = self.length(length, field)? else { return Ok(None) };
        self.take(length, field).map(|bytes| Some(bytes.to_vec()))
    }

    /// The number of elements that follow, of at least `bytes_min` bytes each; 0 if the list is null.
    pub(super) fn count(&mut self, bytes_min: usize, field: &'static str) -> Result<usize, ConsumerProtocolError> {
        let count = self.int32(field)?;
        let count = self.length(count, field)?.unwrap_or(0);
        if count > self.rest.len() / bytes_min { Err(self.ends(field)) } else { Ok(count) }
    }

    /// Partitions by topic, in the order in which they were written.
    pub(super) fn partitions(&mut self) -> Result<Vec<TopicPartition>, ConsumerProtocolError> {
        let mut partitions = Vec::new();
        for _ in 0..self.count(6, "the partitions")? {
            let topic = Topic::from(self.string("a topic")?);
            for _ in 0..self.count(4, "the partitions")? {
                partitions.push(self.partition(&topic)?);
            }
        }
        Ok(partitions)
    }

    /// Checks that nothing is left.
    pub(super) fn end(self) -> Result<(), ConsumerProtocolError> {
        match self.rest.len() {
            0 => Ok(()),
            bytes => Err(ConsumerProtocolError::TooLong { message: self.message, bytes }),
        }
    }

    fn partition(&mut self, topic: &Topic) -> Result<TopicPartition, ConsumerProtocolError> {
        let number = self.int32("the partitions")?;
        let message = self.message;
        let unsigned = u32::try_from(number);
        let unsigned =
            unsigned.map_err(|_| ConsumerProtocolError::Partition { message, topic: topic.to_string(), number })?;
        Ok(TopicPartition::new(topic, unsigned))
    }

    fn int16(&mut self, field: &'static str) -> Result<i16, ConsumerProtocolError> {
        self.array(field).map(i16::from_be_bytes)
    }

    /// A length; `None` if it is −1, for null.
    fn length(&self, length: i32, field: &'static str) -> Result<Option<usize>, ConsumerProtocolError> {
        match usize::try_from(length) {
            Ok(length) => Ok(Some(length)),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(ConsumerProtocolError::Length { message: self.message, field, length }),
        }
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], ConsumerProtocolError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(|| self.ends(field))?;
        self.rest = rest;
        Ok(*array)
    }

    fn take(&mut self, length: usize, field: &'static str) -> Result<&'a [u8], ConsumerProtocolError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| self.ends(field))?;
        self.rest = rest;
        Ok(taken)
    }

    fn ends(&self, field: &'static str) -> ConsumerProtocolError {
        ConsumerProtocolError::Ends { message: self.message, field }
    }
}
