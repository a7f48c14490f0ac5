//! The layout of session stores: keys with sessions, in segments of the sessions' ends.

use std::hash::Hasher;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic, Window};

use super::time_order;
use crate::expiry::{Expiry, Segments};
use crate::layout::Layout;
use crate::store::Place;
use crate::{StoreKind, StoreOptions};

/// The length of the segment's number before the changelog key.
pub(super) const SEGMENT_BYTES: usize = size_of::<i64>();

/// The length of the suffix after the key: the end and the start of the session.
pub(super) const SUFFIX_BYTES: usize = 2 * size_of::<i64>();

/// A key with a session. The end of the session belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct SessionKey<K> {
    pub(crate) key: K,
    pub(crate) window: Window,
}

/// The layout of session keys. Changelog: `key ‖ end i64 ‖ start i64`, as in Kafka Streams. Engine: `segment i64` before that, so
/// that a segment is a range. All numbers are big-endian.
pub(crate) struct SessionKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    retention_ms: i64,
    segments: Segments,
}

impl<K: Data> SessionKeys<K> {
    pub(super) fn new(serde: Serde<K>, topic: Topic, retention_ms: i64) -> Self {
        Self { serde, topic, retention_ms, segments: Segments::for_retention(retention_ms) }
    }

    pub(super) fn retention_ms(&self) -> i64 {
        self.retention_ms
    }

    pub(super) fn segments(&self) -> Segments {
        self.segments
    }

    /// Appends the encoding of the key alone.
    pub(super) fn encode_key(&self, key: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), key, out)
    }
}

/// The bytes of the key in an engine key.
pub(super) fn key_of(engine_key: &[u8]) -> &[u8] {
    let end = engine_key.len().saturating_sub(SUFFIX_BYTES);
    engine_key.get(SEGMENT_BYTES..end).unwrap_or_default()
}

/// The session at a place.
pub(super) fn window_of(place: Place) -> Window {
    Window { start: Timestamp::from_millis(place.second), end: place.time }
}

/// Appends the suffix after the key.
fn encode_suffix(window: Window, out: &mut Vec<u8>) {
    out.extend_from_slice(&window.end.as_millis().to_be_bytes());
    out.extend_from_slice(&window.start.as_millis().to_be_bytes());
}

/// The bytes of the key and the session in a changelog key.
fn split_logged(logged: &[u8]) -> Result<(&[u8], Window), SerdeError> {
    let split = logged.split_last_chunk().and_then(|(rest, start)| Some((rest.split_last_chunk()?, start)));
    let Some(((key, end), start)) = split else {
        return Err(SerdeError::malformed("session key", "it is shorter than a session's end and start", logged));
    };
    let time = |bytes: &[u8; size_of::<i64>()]| Timestamp::from_millis(i64::from_be_bytes(*bytes));
    Ok((key, Window { start: time(start), end: time(end) }))
}

impl<K: Data> Layout for SessionKeys<K> {
    type Key = SessionKey<K>;
    type Lookup<'a> = (&'a K, Window);

    const PREFIX_BYTES: usize = SEGMENT_BYTES;
    const EXPIRES: bool = true;
    const BY_KEY: bool = true;

    fn kind(_options: &StoreOptions) -> StoreKind {
        StoreKind::Session
    }

    fn lookup(key: &SessionKey<K>) -> (&K, Window) {
        (&key.key, key.window)
    }

    fn own((key, window): (&K, Window)) -> SessionKey<K> {
        SessionKey { key: key.clone(), window }
    }

    fn hash<H: Hasher>((key, window): (&K, Window), hasher: &mut H) {
        key.hash_key(hasher);
        hasher.write_i64(window.start.as_millis());
        hasher.write_i64(window.end.as_millis());
    }

    fn matches(key: &SessionKey<K>, (other, window): (&K, Window)) -> bool {
        key.window == window && key.key.same_key(other)
    }

    fn place((_, window): (&K, Window)) -> Place {
        Place { time: window.end, second: window.start.as_millis() }
    }

    fn at((key, _): Self::Lookup<'_>, place: Place) -> Self::Lookup<'_> {
        (key, window_of(place))
    }

    fn hash_key<H: Hasher>((key, _): (&K, Window), hasher: &mut H) {
        key.hash_key(hasher);
    }

    fn is_of_key(key: &SessionKey<K>, (other, _): (&K, Window)) -> bool {
        key.key.same_key(other)
    }

    fn encode(&self, (key, window): (&K, Window), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(&self.segments.number(window.end).to_be_bytes());
        self.encode_key(key, out)?;
        encode_suffix(window, out);
        Ok(())
    }

    fn decode(&self, logged: &[u8]) -> Result<SessionKey<K>, SerdeError> {
        let (key, window) = split_logged(logged)?;
        Ok(SessionKey { key: self.serde.decode(self.topic.as_str(), key)?, window })
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let (_, window) = split_logged(logged)?;
        out.extend_from_slice(&self.segments.number(window.end).to_be_bytes());
        out.extend_from_slice(logged);
        Ok(())
    }

    fn expiry(&self) -> Option<Expiry> {
        Some(Expiry::new(self.segments, self.retention_ms))
    }

    fn time((_, window): (&K, Window)) -> Timestamp {
        window.end
    }

    fn time_key(engine_key: &[u8], end: Timestamp) -> Vec<u8> {
        let start = engine_key.last_chunk().map_or(i64::MIN, |start| i64::from_be_bytes(*start));
        time_order::encode(end, key_of(engine_key), Timestamp::from_millis(start))
    }

    fn logged_time(logged: &[u8]) -> Result<Timestamp, SerdeError> {
        split_logged(logged).map(|(_, window)| window.end)
    }
}
