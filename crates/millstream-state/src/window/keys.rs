//! The keys of window stores: key and window start, the segment they fall in, and the bytes of it all.

use std::hash::Hasher;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use crate::layout::Layout;

/// Shortest span of a segment, as in Kafka Streams.
const SEGMENT_MS_MIN: i64 = 60_000;

/// Bytes of a segment's number before the changelog key.
pub(super) const SEGMENT_BYTES: usize = size_of::<i64>();

/// Bytes behind the key: the window's start, and a sequence number that is 0 where keys have one value per window.
pub(super) const SUFFIX_BYTES: usize = size_of::<i64>() + size_of::<i32>();

/// How long the segments of a window store are that keeps windows for `retention_ms`: half of it, as in Kafka Streams,
/// so that a few segments hold everything that lives. The numbers of segments are in an engine's keys.
#[must_use]
pub fn segment_interval_ms(retention_ms: i64) -> i64 {
    (retention_ms / 2).max(SEGMENT_MS_MIN)
}

/// A key and the start of a window.
#[derive(Clone, Debug)]
pub(crate) struct WindowKey<K> {
    pub(crate) key: K,
    pub(crate) start: Timestamp,
}

/// Splits time into segments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segments {
    interval_ms: i64,
}

impl Segments {
    /// The segments of a store with this retention.
    pub(super) fn for_retention(retention_ms: i64) -> Self {
        Self { interval_ms: segment_interval_ms(retention_ms) }
    }

    /// The segment a window of this start belongs to; times before 0 fall into the first.
    pub(super) fn number(self, start: Timestamp) -> i64 {
        start.as_millis().max(0) / self.interval_ms
    }

    /// The first time in a segment.
    pub(super) fn begin(self, segment: i64) -> Timestamp {
        Timestamp::from_millis(segment.saturating_mul(self.interval_ms))
    }
}

/// Layout of window keys. Changelog: `key ‖ start i64 ‖ 0 i32`, as in Kafka Streams; engine: `segment i64` before that,
/// so that a segment is one range. All numbers are big-endian.
pub(crate) struct WindowKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    pub(super) segments: Segments,
}

impl<K: Data> WindowKeys<K> {
    pub(super) fn new(serde: Serde<K>, topic: Topic, segments: Segments) -> Self {
        Self { serde, topic, segments }
    }

    /// The bytes of the key alone.
    pub(super) fn encode_key(&self, key: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), key, out)
    }
}

/// Appends what stands behind the key.
pub(super) fn encode_suffix(start: Timestamp, out: &mut Vec<u8>) {
    out.extend_from_slice(&start.as_millis().to_be_bytes());
    out.extend_from_slice(&0_i32.to_be_bytes());
}

/// The key's bytes in a changelog key, and the window's start.
pub(super) fn split_logged(logged: &[u8]) -> Result<(&[u8], Timestamp), SerdeError> {
    let key_bytes = logged.len().checked_sub(SUFFIX_BYTES);
    let parts = key_bytes.map(|length| logged.split_at(length));
    let Some((key, start)) = parts.and_then(|(key, suffix)| Some((key, suffix.first_chunk()?))) else {
        return Err(SerdeError::malformed("window key", "it is shorter than a window's start and sequence", logged));
    };
    Ok((key, Timestamp::from_millis(i64::from_be_bytes(*start))))
}

impl<K: Data> Layout for WindowKeys<K> {
    type Key = WindowKey<K>;
    type Lookup<'a> = (&'a K, Timestamp);

    const PREFIX_BYTES: usize = SEGMENT_BYTES;

    fn lookup(key: &WindowKey<K>) -> (&K, Timestamp) {
        (&key.key, key.start)
    }

    fn own((key, start): (&K, Timestamp)) -> WindowKey<K> {
        WindowKey { key: key.clone(), start }
    }

    fn hash<H: Hasher>((key, start): (&K, Timestamp), hasher: &mut H) {
        key.hash_key(hasher);
        hasher.write_i64(start.as_millis());
    }

    fn matches(key: &WindowKey<K>, (other, start): (&K, Timestamp)) -> bool {
        key.start == start && key.key.same_key(other)
    }

    fn encode(&self, (key, start): (&K, Timestamp), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(&self.segments.number(start).to_be_bytes());
        self.encode_key(key, out)?;
        encode_suffix(start, out);
        Ok(())
    }

    fn decode(&self, logged: &[u8]) -> Result<WindowKey<K>, SerdeError> {
        let (key, start) = split_logged(logged)?;
        Ok(WindowKey { key: self.serde.decode(self.topic.as_str(), key)?, start })
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let (_, start) = split_logged(logged)?;
        out.extend_from_slice(&self.segments.number(start).to_be_bytes());
        out.extend_from_slice(logged);
        Ok(())
    }
}
