//! The layout of versioned stores: for each key a row with its latest version, and a row per segment with older ones.

use std::hash::Hasher;
use std::ops::Bound;

use millstream_types::{Data, Serde, SerdeError, Timestamp, Topic};

use super::options::VersionedOptions;
use crate::expiry::{Expiry, Segments};
use crate::layout::Layout;
use crate::{StoreKind, StoreOptions};

/// The length of the segment's number before the key.
pub(super) const SEGMENT_BYTES: usize = size_of::<i64>();

/// The begin of the reserved segment of the latest versions, which never closes.
pub(super) const LATEST: Timestamp = Timestamp::from_millis(i64::MAX);

/// The number of the reserved segment in engine keys. It sorts after all others.
const LATEST_NUMBER: [u8; SEGMENT_BYTES] = i64::MAX.to_be_bytes();

/// A key with the begin of a segment.
#[derive(Clone, Debug)]
pub(crate) struct VersionedKey<K> {
    pub(super) key: K,
    pub(super) segment: Timestamp,
}

/// The layout of versioned keys. Engine: `segment i64 ‖ key`, so that a segment is a range. All numbers are big-endian.
pub(crate) struct VersionedKeys<K> {
    serde: Serde<K>,
    topic: Topic,
    options: VersionedOptions,
    segments: Segments,
}

impl<K: Data> VersionedKeys<K> {
    pub(super) fn new(serde: Serde<K>, topic: Topic, options: VersionedOptions) -> Self {
        let segments = Segments::of_interval(options.segment_interval_ms);
        Self { serde, topic, options, segments }
    }

    pub(super) fn options(&self) -> VersionedOptions {
        self.options
    }

    /// The begin of the segment of a time.
    pub(super) fn segment_of(&self, time: Timestamp) -> Timestamp {
        self.segments.begin(self.segments.number(time)).min(LATEST.saturating_add(-1))
    }

    /// The begin of the segment of an engine key; `None` for the latest versions.
    pub(super) fn segment_in(&self, engine_key: &[u8]) -> Option<Timestamp> {
        let number = engine_key.first_chunk().filter(|number| **number != LATEST_NUMBER)?;
        Some(self.segments.begin(i64::from_be_bytes(*number)).min(LATEST.saturating_add(-1)))
    }

    /// The engine key after all those of this segment.
    pub(super) fn end_of(&self, segment: Timestamp) -> Vec<u8> {
        self.segments.number(segment).saturating_add(1).to_be_bytes().to_vec()
    }

    pub(super) fn encode_key(&self, key: &K, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        self.serde.encode(self.topic.as_str(), key, out)
    }
}

/// The bytes of the key in an engine key.
pub(super) fn key_of(engine_key: &[u8]) -> &[u8] {
    engine_key.get(SEGMENT_BYTES..).unwrap_or_default()
}

/// The first engine key of the latest versions.
pub(super) fn first_latest() -> Bound<&'static [u8]> {
    const NUMBER: &[u8] = &LATEST_NUMBER;
    Bound::Included(NUMBER)
}

impl<K: Data> Layout for VersionedKeys<K> {
    type Key = VersionedKey<K>;
    type Lookup<'a> = (&'a K, Timestamp);

    const PREFIX_BYTES: usize = SEGMENT_BYTES;
    const EXPIRES: bool = true;
    const BY_SEGMENT: bool = true;

    fn kind(_options: &StoreOptions) -> StoreKind {
        StoreKind::Versioned
    }

    fn lookup(key: &VersionedKey<K>) -> (&K, Timestamp) {
        (&key.key, key.segment)
    }

    fn own((key, segment): (&K, Timestamp)) -> VersionedKey<K> {
        VersionedKey { key: key.clone(), segment }
    }

    fn hash<H: Hasher>((key, segment): (&K, Timestamp), hasher: &mut H) {
        key.hash_key(hasher);
        hasher.write_i64(segment.as_millis());
    }

    fn matches(key: &VersionedKey<K>, (other, segment): (&K, Timestamp)) -> bool {
        key.segment == segment && key.key.same_key(other)
    }

    fn encode(&self, (key, segment): (&K, Timestamp), out: &mut Vec<u8>) -> Result<(), SerdeError> {
        match segment {
            LATEST => out.extend_from_slice(&LATEST_NUMBER),
            segment => out.extend_from_slice(&self.segments.number(segment).to_be_bytes()),
        }
        self.encode_key(key, out)
    }

    /// Decodes a key without its segment: a page of the latest versions needs no other.
    fn decode(&self, logged: &[u8]) -> Result<VersionedKey<K>, SerdeError> {
        Ok(VersionedKey { key: self.serde.decode(self.topic.as_str(), logged)?, segment: LATEST })
    }

    fn encode_logged(&self, logged: &[u8], out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.extend_from_slice(&LATEST_NUMBER);
        out.extend_from_slice(logged);
        Ok(())
    }

    fn expiry(&self) -> Option<Expiry> {
        Some(Expiry::new(self.segments, self.options.history_retention_ms))
    }

    fn time((_, segment): (&K, Timestamp)) -> Timestamp {
        segment
    }

    fn time_key(engine_key: &[u8], _time: Timestamp) -> Vec<u8> {
        engine_key.to_vec()
    }

    fn logged_time(_logged: &[u8]) -> Result<Timestamp, SerdeError> {
        Ok(LATEST)
    }

    fn last_segment() -> Bound<&'static [u8]> {
        const NUMBER: &[u8] = &LATEST_NUMBER;
        Bound::Excluded(NUMBER)
    }
}
