//! The layout of window stores: keys with window starts, in segments.

use std::hash::Hasher;
use std::marker::PhantomData;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use super::options::WindowOptions;
use super::sequence::{SEQUENCE_BYTES, Sequence};
use crate::expiry::{Expiry, Segments};
use crate::layout::Layout;
use crate::store::{Place, time_bytes};
use crate::{StoreKind, StoreOptions};

/// The length of the number before the changelog key: that of the segment, or the start.
pub(super) const PREFIX_BYTES: usize = size_of::<i64>();

/// The length of the suffix after the key: the window's start, and the sequence number.
pub(super) const SUFFIX_BYTES: usize = size_of::<i64>() + SEQUENCE_BYTES;

/// A key with the start of a window, and what distinguishes the values of the two.
#[derive(Clone, Debug)]
pub(crate) struct WindowKey<K, S> {
    pub(crate) key: K,
    pub(crate) start: Timestamp,
    pub(crate) sequence: S,
}

/// The number with which the engine key of a window begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefix {
    Segment,
    /// The start of the window, so that windows are in the order of time.
    Start,
}

/// The layout of window keys. Changelog: `key ‖ start i64 ‖ sequence u32`, as in Kafka Streams. Engine: `segment i64` before
/// that, so that a segment is a range; or the start, so that any time is one. All numbers are big-endian.
pub(crate) struct WindowKeys<K, S> {
    serde: Serde<K>,
    topic: Topic,
    windows: WindowOptions,
    segments: Segments,
    prefix: Prefix,
    of: PhantomData<fn() -> S>,
}

impl<K: Data, S: Sequence> WindowKeys<K, S> {
    pub(super) fn new(serde: Serde<K>, topic: Topic, windows: WindowOptions) -> Self {
        let segments = Segments::for_retention(windows.retention_ms);
        Self { serde, topic, windows, segments, prefix: Prefix::Segment, of: PhantomData }
    }

    /// Lets the engine keys begin with the start of the window.
    pub(super) fn order_by_start(&mut self) {
        self.prefix = Prefix::Start;
    }

    pub(super) fn is_ordered_by_start(&self) -> bool {
        self.prefix == Prefix::Start
    }

    /// The number with which the engine key of a window that begins at `start` begins; 0 for negative starts.
    pub(super) fn prefix_of(&self, start: Timestamp) -> i64 {
        match self.prefix {
            Prefix::Segment => self.segments.number(start),
            Prefix::Start => start.as_millis().max(0),
        }
    }

    pub(super) fn windows(&self) -> WindowOptions {
        self.windows
    }

    /// Appends the encoding of the key alone.
    pub(super) fn encode_key(&self, key: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), key, out)
    }
}

/// The engine key of a window, by the bytes of its key.
pub(super) fn engine_key(prefix: i64, key_bytes: &[u8], start: Timestamp, sequence: u32) -> Vec<u8> {
    let mut bytes = prefix.to_be_bytes().to_vec();
    bytes.extend_from_slice(key_bytes);
    encode_suffix(start, sequence, &mut bytes);
    bytes
}

/// The bytes of the key in an engine key.
pub(super) fn key_of(engine_key: &[u8]) -> &[u8] {
    let end = engine_key.len().saturating_sub(SUFFIX_BYTES);
    engine_key.get(PREFIX_BYTES..end).unwrap_or_default()
}

/// The bytes of the key in a sort key by time: after the time, and before the sequence number.
pub(super) fn key_at(time_key: &[u8]) -> &[u8] {
    let end = time_key.len().saturating_sub(SEQUENCE_BYTES);
    time_key.get(size_of::<i64>()..end).unwrap_or_default()
}

/// Appends the suffix after the key.
fn encode_suffix(start: Timestamp, sequence: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&start.as_millis().to_be_bytes());
    out.extend_from_slice(&sequence.to_be_bytes());
}

/// The bytes of the key, the window's start and the sequence number in a changelog key.
fn split_logged(logged: &[u8]) -> Result<(&[u8], Timestamp, u32), SerdeError> {
    let split = logged.split_last_chunk::<SEQUENCE_BYTES>();
    let parts = split.and_then(|(before, sequence)| Some((before.split_last_chunk()?, sequence)));
    let Some(((key, start), sequence)) = parts else {
        return Err(SerdeError::malformed("window key", "it is shorter than a window's start and sequence", logged));
    };
    Ok((key, Timestamp::from_millis(i64::from_be_bytes(*start)), u32::from_be_bytes(*sequence)))
}

impl<K: Data, S: Sequence> Layout for WindowKeys<K, S> {
    type Key = WindowKey<K, S>;
    type Lookup<'a> = (&'a K, Timestamp, S);

    const PREFIX_BYTES: usize = PREFIX_BYTES;
    const EXPIRES: bool = true;
    const BY_KEY: bool = true;
    const DELETES: bool = !S::KEEPS_DUPLICATES;

    fn kind(_options: &StoreOptions) -> StoreKind {
        StoreKind::Window
    }

    fn lookup(key: &WindowKey<K, S>) -> (&K, Timestamp, S) {
        (&key.key, key.start, key.sequence)
    }

    fn own((key, start, sequence): (&K, Timestamp, S)) -> WindowKey<K, S> {
        WindowKey { key: key.clone(), start, sequence }
    }

    fn hash<H: Hasher>((key, start, sequence): (&K, Timestamp, S), hasher: &mut H) {
        key.hash_key(hasher);
        hasher.write_i64(start.as_millis());
        sequence.hash(hasher);
    }

    fn matches(key: &WindowKey<K, S>, (other, start, sequence): (&K, Timestamp, S)) -> bool {
        key.start == start && key.sequence == sequence && key.key.same_key(other)
    }

    fn place((_, start, sequence): (&K, Timestamp, S)) -> Place {
        Place { time: start, second: i64::from(sequence.number()) }
    }

    fn at((key, ..): Self::Lookup<'_>, place: Place) -> Self::Lookup<'_> {
        (key, place.time, S::numbered(u32::try_from(place.second).unwrap_or(u32::MAX)))
    }

    fn hash_key<H: Hasher>((key, ..): (&K, Timestamp, S), hasher: &mut H) {
        key.hash_key(hasher);
    }

    fn is_of_key(key: &WindowKey<K, S>, (other, ..): (&K, Timestamp, S)) -> bool {
        key.key.same_key(other)
    }

    fn encode(&self, (key, start, sequence): (&K, Timestamp, S), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(&self.prefix_of(start).to_be_bytes());
        self.encode_key(key, out)?;
        encode_suffix(start, sequence.number(), out);
        Ok(())
    }

    fn decode(&self, logged: &[u8]) -> Result<WindowKey<K, S>, SerdeError> {
        let (key, start, sequence) = split_logged(logged)?;
        Ok(WindowKey { key: self.serde.decode(self.topic.as_str(), key)?, start, sequence: S::numbered(sequence) })
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        let (_, start, _) = split_logged(logged)?;
        out.extend_from_slice(&self.prefix_of(start).to_be_bytes());
        out.extend_from_slice(logged);
        Ok(())
    }

    fn expiry(&self) -> Option<Expiry> {
        Some(Expiry::new(self.segments, self.windows.retention_ms))
    }

    fn time((_, start, _): (&K, Timestamp, S)) -> Timestamp {
        start
    }

    fn time_key(engine_key: &[u8], start: Timestamp) -> Vec<u8> {
        let sequence = engine_key.last_chunk::<SEQUENCE_BYTES>().map_or(&[][..], |sequence| sequence);
        [&time_bytes(start), key_of(engine_key), sequence].concat()
    }

    fn logged_time(logged: &[u8]) -> Result<Timestamp, SerdeError> {
        split_logged(logged).map(|(_, start, _)| start)
    }

    fn first_prefix(&self, segment: i64, segments: Segments) -> i64 {
        match self.prefix {
            Prefix::Segment => segment,
            Prefix::Start => segments.begin(segment).as_millis(),
        }
    }

    fn time_of_prefix(&self, prefix: i64, segments: Segments) -> Timestamp {
        match self.prefix {
            Prefix::Segment => segments.begin(prefix),
            Prefix::Start => Timestamp::from_millis(prefix),
        }
    }
}
