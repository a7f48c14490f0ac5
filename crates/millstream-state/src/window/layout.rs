//! The layout of window stores: keys with window starts, in segments.

use std::hash::Hasher;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use super::options::WindowOptions;
use crate::expiry::{Expiry, Segments};
use crate::layout::Layout;
use crate::store::time_bytes;
use crate::{StoreKind, StoreOptions};

/// The length of the segment's number before the changelog key.
pub(super) const SEGMENT_BYTES: usize = size_of::<i64>();

/// The length of the suffix after the key: the window's start, and a sequence number, which is 0.
pub(super) const SUFFIX_BYTES: usize = size_of::<i64>() + size_of::<i32>();

/// A key with the start of a window.
#[derive(Clone, Debug)]
pub(crate) struct WindowKey<K> {
    pub(crate) key: K,
    pub(crate) start: Timestamp,
}

/// The layout of window keys. Changelog: `key ‖ start i64 ‖ 0 i32`, as in Kafka Streams. Engine: `segment i64` before that, so
/// that a segment is a range. All numbers are big-endian.
pub(crate) struct WindowKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    windows: WindowOptions,
    segments: Segments,
}

impl<K: Data> WindowKeys<K> {
    pub(super) fn new(serde: Serde<K>, topic: Topic, windows: WindowOptions) -> Self {
        Self { serde, topic, windows, segments: Segments::for_retention(windows.retention_ms) }
    }

    pub(super) fn windows(&self) -> WindowOptions {
        self.windows
    }

    pub(super) fn segments(&self) -> Segments {
        self.segments
    }

    /// Appends the encoding of the key alone.
    pub(super) fn encode_key(&self, key: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), key, out)
    }
}

/// The engine key of a window, by the bytes of its key.
pub(super) fn engine_key(segment: i64, key_bytes: &[u8], start: Timestamp) -> Vec<u8> {
    let mut bytes = segment.to_be_bytes().to_vec();
    bytes.extend_from_slice(key_bytes);
    encode_suffix(start, &mut bytes);
    bytes
}

/// The bytes of the key in an engine key.
pub(super) fn key_of(engine_key: &[u8]) -> &[u8] {
    let end = engine_key.len().saturating_sub(SUFFIX_BYTES);
    engine_key.get(SEGMENT_BYTES..end).unwrap_or_default()
}

/// The bytes of the key in a sort key by time.
pub(super) fn key_at(time_key: &[u8]) -> &[u8] {
    time_key.get(size_of::<i64>()..).unwrap_or_default()
}

/// Appends the suffix after the key.
fn encode_suffix(start: Timestamp, out: &mut Vec<u8>) {
    out.extend_from_slice(&start.as_millis().to_be_bytes());
    out.extend_from_slice(&0_i32.to_be_bytes());
}

/// The bytes of the key and the window's start in a changelog key.
fn split_logged(logged: &[u8]) -> Result<(&[u8], Timestamp), SerdeError> {
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
    const EXPIRES: bool = true;

    fn kind(_options: &StoreOptions) -> StoreKind {
        StoreKind::Window
    }

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

    fn expiry(&self) -> Option<Expiry> {
        Some(Expiry::new(self.segments, self.windows.retention_ms))
    }

    fn time((_, start): (&K, Timestamp)) -> Timestamp {
        start
    }

    fn time_key(engine_key: &[u8], start: Timestamp) -> Vec<u8> {
        [&time_bytes(start), key_of(engine_key)].concat()
    }

    fn logged_time(logged: &[u8]) -> Result<Timestamp, SerdeError> {
        split_logged(logged).map(|(_, start)| start)
    }
}
