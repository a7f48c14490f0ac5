//! The encoding of values: in the changelog the value alone, in engines of timestamped stores after its time.

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use crate::{StoreOptions, ValueAndTimestamp};

/// The number of bytes of the time before a value.
const TIME_BYTES: usize = size_of::<i64>();

/// Encodes and decodes a store's values.
pub(super) struct ValueCodec<V> {
    serde: Serde<V>,
    topic: Topic,
    timestamped: bool,
}

impl<V: Data> ValueCodec<V> {
    pub(super) fn new(serde: Serde<V>, options: &StoreOptions) -> Self {
        Self { serde, topic: options.changelog_topic.clone(), timestamped: options.timestamped }
    }

    /// Normalises a value: one that is written as null becomes `None`, and without timestamps the time is removed.
    pub(super) fn normal(&self, value: Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>> {
        let mut held = value.filter(|held| !held.value.is_null())?;
        if !self.timestamped {
            held.timestamp = Timestamp::UNKNOWN;
        }
        Some(held)
    }

    /// Appends the encoding for the engine: the time if the store is timestamped, then the value.
    pub(super) fn encode_stored(&self, held: &ValueAndTimestamp<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if self.timestamped {
            out.extend_from_slice(&held.timestamp.as_millis().to_be_bytes());
        }
        self.encode_bare(&held.value, out)
    }

    /// Appends the encoding for the changelog.
    pub(super) fn encode_bare(&self, value: &V, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), value, out)
    }

    /// The part of a stored value that is in the changelog.
    pub(super) fn logged_part<'a>(&self, stored: &'a [u8]) -> &'a [u8] {
        if self.timestamped { &stored[TIME_BYTES..] } else { stored }
    }

    pub(super) fn decode_stored(&self, stored: &[u8]) -> Result<ValueAndTimestamp<V>, SerdeError> {
        let (timestamp, value) = self.split_stored(stored)?;
        Ok(ValueAndTimestamp::new(self.serde.decode(self.topic.as_str(), value)?, timestamp))
    }

    /// Splits a stored value into its time and the bytes of the value.
    pub(super) fn split_stored<'a>(&self, stored: &'a [u8]) -> Result<(Timestamp, &'a [u8]), SerdeError> {
        if !self.timestamped {
            return Ok((Timestamp::UNKNOWN, stored));
        }
        let Some((time, value)) = stored.split_first_chunk::<TIME_BYTES>() else {
            return Err(SerdeError::length("timestamp before a stored value", TIME_BYTES, stored));
        };
        Ok((Timestamp::from_millis(i64::from_be_bytes(*time)), value))
    }

    /// Decodes the value of a changelog record.
    pub(super) fn decode_logged(
        &self,
        value: &[u8],
        timestamp: Timestamp,
    ) -> Result<Option<ValueAndTimestamp<V>>, SerdeError> {
        let value = self.serde.decode(self.topic.as_str(), value)?;
        Ok(self.normal(Some(ValueAndTimestamp { value, timestamp })))
    }

    /// Appends the encoding for the engine of a changelog record, without decoding it.
    pub(super) fn encode_logged(&self, value: &[u8], timestamp: Timestamp, out: &mut Vec<u8>) {
        if self.timestamped {
            out.extend_from_slice(&timestamp.as_millis().to_be_bytes());
        }
        out.extend_from_slice(value);
    }
}
