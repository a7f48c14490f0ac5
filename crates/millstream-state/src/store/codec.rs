//! Values as bytes: bare in the changelog, with their time before them in engines of timestamped stores.

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use crate::ValueAndTimestamp;

/// Bytes of the time before a value.
const TIME_BYTES: usize = size_of::<i64>();

/// Encodes and decodes a store's values.
pub(super) struct ValueCodec<V> {
    serde: Serde<V>,
    topic: Topic,
    timestamped: bool,
}

impl<V: Data> ValueCodec<V> {
    pub(super) fn new(serde: Serde<V>, topic: Topic, timestamped: bool) -> Self {
        Self { serde, topic, timestamped }
    }

    /// A value as the store keeps it: a value that is written as null is none, a store without times has none.
    pub(super) fn normal(&self, value: Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>> {
        let mut held = value.filter(|held| !held.value.is_null())?;
        if !self.timestamped {
            held.timestamp = Timestamp::UNKNOWN;
        }
        Some(held)
    }

    /// Appends the engine's bytes: the time if the store has times, then the value.
    pub(super) fn encode_stored(&self, held: &ValueAndTimestamp<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if self.timestamped {
            out.extend_from_slice(&held.timestamp.as_millis().to_be_bytes());
        }
        self.encode_bare(&held.value, out)
    }

    /// Appends the changelog's bytes.
    pub(super) fn encode_bare(&self, value: &V, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), value, out)
    }

    /// The changelog's part of the engine's bytes.
    pub(super) fn logged_part<'a>(&self, stored: &'a [u8]) -> &'a [u8] {
        if self.timestamped { &stored[TIME_BYTES..] } else { stored }
    }

    pub(super) fn decode_stored(&self, stored: &[u8]) -> Result<ValueAndTimestamp<V>, SerdeError> {
        let (timestamp, value) = self.split_stored(stored)?;
        Ok(ValueAndTimestamp::new(self.serde.decode(self.topic.as_str(), value)?, timestamp))
    }

    /// The engine's bytes taken apart: the time, and the value's bytes.
    pub(super) fn split_stored<'a>(&self, stored: &'a [u8]) -> Result<(Timestamp, &'a [u8]), SerdeError> {
        if !self.timestamped {
            return Ok((Timestamp::UNKNOWN, stored));
        }
        let Some((time, value)) = stored.split_first_chunk::<TIME_BYTES>() else {
            return Err(SerdeError::length("timestamp before a stored value", TIME_BYTES, stored));
        };
        Ok((Timestamp::from_millis(i64::from_be_bytes(*time)), value))
    }

    /// From a changelog record.
    pub(super) fn decode_logged(
        &self,
        value: &[u8],
        timestamp: Timestamp,
    ) -> Result<Option<ValueAndTimestamp<V>>, SerdeError> {
        let value = self.serde.decode(self.topic.as_str(), value)?;
        Ok(self.normal(Some(ValueAndTimestamp { value, timestamp })))
    }

    /// Appends the engine's bytes that belong to a changelog record, without decoding it.
    pub(super) fn encode_logged(&self, value: &[u8], timestamp: Timestamp, out: &mut Vec<u8>) {
        if self.timestamped {
            out.extend_from_slice(&timestamp.as_millis().to_be_bytes());
        }
        out.extend_from_slice(value);
    }
}
