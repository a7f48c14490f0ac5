//! The encoding of values: in the changelog the value alone, in engines after the headers of stores with headers and the time of
//! timestamped ones.

use std::borrow::Cow;

use millstream_types::{Data, Headers, Serde, SerdeError, Timestamp, Topic};

use crate::header_bytes::{encode_headers, split_headers};
use crate::with_headers::HeaderAccess;
use crate::{StoreOptions, ValueAndTimestamp};

/// The number of bytes of the time before a value.
const TIME_BYTES: usize = size_of::<i64>();

/// Encodes and decodes a store's values.
pub(super) struct ValueCodec<V> {
    serde: Serde<V>,
    topic: Topic,
    timestamped: bool,
    /// Whether rows begin with headers.
    with_headers: bool,
    /// The headers of values; `None` if values have none.
    headers: Option<HeaderAccess<V>>,
}

impl<V: Data> ValueCodec<V> {
    pub(super) fn new(serde: Serde<V>, options: &StoreOptions) -> Self {
        let StoreOptions { timestamped, headers: with_headers, .. } = *options;
        Self { serde, topic: options.changelog_topic.clone(), timestamped, with_headers, headers: None }
    }

    /// Takes the headers of rows from the values.
    pub(super) fn keep_headers(&mut self, access: HeaderAccess<V>) {
        self.headers = Some(access);
    }

    /// Normalises a value: one that is written as null becomes `None`, and without timestamps the time is removed.
    pub(super) fn normal(&self, value: Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>> {
        let mut held = value.filter(|held| !held.value.is_null())?;
        if !self.timestamped {
            held.timestamp = Timestamp::UNKNOWN;
        }
        Some(held)
    }

    /// Whether changelog records have the headers of values.
    pub(super) fn logs_headers(&self) -> bool {
        self.with_headers || self.headers.is_some()
    }

    /// The headers of a value.
    pub(super) fn headers_of<'a>(&self, value: &'a V) -> Cow<'a, Headers> {
        self.headers.as_ref().map_or_else(|| Cow::Owned(Headers::new()), |access| (access.get)(value))
    }

    /// The number of bytes of the time before a value.
    pub(super) fn time_bytes(&self) -> usize {
        if self.timestamped { TIME_BYTES } else { 0 }
    }

    /// Appends the encoding for the engine: the headers if the store has them, the time if it is timestamped, then the value.
    pub(super) fn encode_stored(&self, held: &ValueAndTimestamp<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        if self.with_headers {
            encode_headers(&self.headers_of(&held.value), out)?;
        }
        if self.timestamped {
            out.extend_from_slice(&held.timestamp.as_millis().to_be_bytes());
        }
        self.encode_bare(&held.value, out)
    }

    /// Appends the encoding for the changelog.
    pub(super) fn encode_bare(&self, value: &V, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), value, out)
    }

    pub(super) fn decode_stored(&self, stored: &[u8]) -> Result<ValueAndTimestamp<V>, SerdeError> {
        let (headers, stored) = if self.with_headers { split_headers(stored)? } else { (Headers::new(), stored) };
        let (timestamp, value) = self.split_stored(stored)?;
        let value = self.with_headers_of(self.serde.decode(self.topic.as_str(), value)?, &headers);
        Ok(ValueAndTimestamp::new(value, timestamp))
    }

    fn with_headers_of(&self, mut value: V, headers: &Headers) -> V {
        if let Some(access) = &self.headers {
            (access.set)(&mut value, headers);
        }
        value
    }

    /// Splits what follows the headers into the time and the bytes of the value.
    fn split_stored<'a>(&self, stored: &'a [u8]) -> Result<(Timestamp, &'a [u8]), SerdeError> {
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
        headers: &Headers,
    ) -> Result<Option<ValueAndTimestamp<V>>, SerdeError> {
        let value = self.with_headers_of(self.serde.decode(self.topic.as_str(), value)?, headers);
        Ok(self.normal(Some(ValueAndTimestamp { value, timestamp })))
    }

    /// Appends the encoding for the engine of a changelog record, without decoding it.
    pub(super) fn encode_logged(
        &self,
        value: &[u8],
        timestamp: Timestamp,
        headers: &Headers,
        out: &mut Vec<u8>,
    ) -> Result<(), SerdeError> {
        if self.with_headers {
            encode_headers(headers, out)?;
        }
        if self.timestamped {
            out.extend_from_slice(&timestamp.as_millis().to_be_bytes());
        }
        out.extend_from_slice(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreIndex;
    use crate::with_headers::{WithHeaders, value_alone};

    /// The bytes of `ValueTimestampHeadersSerializer` and, without a time, of `AggregationWithHeadersSerializer`.
    #[test]
    fn a_row_with_headers_is_that_of_kafka_streams() {
        let mut headers = Headers::new();
        headers.add("h", "x");
        for (timestamped, time, time_bytes) in [(true, 258, &[0, 0, 0, 0, 0, 0, 1, 2][..]), (false, -1, &[])] {
            let options = StoreOptions {
                timestamped,
                headers: true,
                ..StoreOptions::new("s", StoreIndex::new(0), "s-changelog")
            };
            let mut codec = ValueCodec::new(value_alone(Serde::<String>::of_type()), &options);
            codec.keep_headers(HeaderAccess::of_values());
            let held = ValueAndTimestamp::new(WithHeaders::new("v".to_owned(), headers.clone()), time);
            let mut stored = Vec::new();
            codec.encode_stored(&held, &mut stored).unwrap();
            assert_eq!(stored, [&[10, 2, 2, b'h', 2, b'x'], time_bytes, b"v"].concat());
            assert_eq!(codec.decode_stored(&stored).unwrap(), held);
            for length in 0..stored.len() - 1 {
                assert!(codec.decode_stored(&stored[..length]).is_err(), "{length} bytes");
            }
        }
    }
}
