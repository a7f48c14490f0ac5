//! The rows of a versioned store, and their encoding.

use millstream_types::{Codec, Data, Serde, SerdeError, Timestamp};

/// The first byte of the latest version, and of a row of older ones.
const LATEST: u8 = 0;
const OLDER: u8 = 1;

/// The size that stands for a tombstone.
const TOMBSTONE: i32 = -1;

/// A row: the latest version of a key, or its versions that ended in a segment.
#[derive(Clone, Debug)]
pub(crate) enum Row<V> {
    Latest { from: Timestamp, value: V },
    Older(Versions<V>),
}

/// The versions of a key that ended in one segment, in the order of their times. Each ends where the next one begins.
#[derive(Clone, Debug)]
pub(crate) struct Versions<V> {
    /// When the last version ended.
    pub(super) end: Timestamp,
    /// The begin of each version, and its value; `None` is a tombstone. There is at least one.
    pub(super) versions: Vec<(Timestamp, Option<V>)>,
}

impl<V> Versions<V> {
    /// A row of one version. A tombstone that is the latest version of its key ends when it begins.
    pub(super) fn of(from: Timestamp, value: Option<V>, end: Timestamp) -> Self {
        Self { end, versions: vec![(from, value)] }
    }

    /// The begin of the first version.
    pub(super) fn begin(&self) -> Timestamp {
        self.versions.first().map_or(self.end, |(from, _)| *from)
    }

    /// The index of the version at `time`, which is between begin and end.
    pub(super) fn index_at(&self, time: Timestamp) -> usize {
        self.versions.partition_point(|(from, _)| *from <= time).saturating_sub(1)
    }

    /// When the version at `index` ended.
    pub(super) fn end_at(&self, index: usize) -> Timestamp {
        self.versions.get(index + 1).map_or(self.end, |(from, _)| *from)
    }

    /// Adds a version after all others. If it begins after their end, the key had no value between.
    pub(super) fn push(&mut self, from: Timestamp, value: Option<V>, end: Timestamp) {
        self.versions.retain(|(other, _)| *other < from);
        if self.end < from && self.versions.last().is_none_or(|(last, _)| *last < self.end) {
            self.versions.push((self.end, None));
        }
        self.versions.push((from, value));
        self.end = end;
    }

    /// Adds a version before all others.
    pub(super) fn push_front(&mut self, from: Timestamp, value: Option<V>) {
        // A tombstone without a length is said by the end of the version before it.
        self.versions.retain(|(other, _)| *other < self.end);
        self.versions.insert(0, (from, value));
    }
}

/// A row is written by the codec of its store.
impl<V: Data> Data for Row<V> {
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        RowCodec { values: Serde::of_type() }.encode("", self, out)
    }

    fn decode(bytes: &[u8]) -> Result<Self, SerdeError> {
        RowCodec { values: Serde::of_type() }.decode("", bytes)
    }
}

/// Writes rows with values of the store's serde.
///
/// Latest: `0 u8 ‖ from i64 ‖ value`. Older: `1 u8 ‖ end i64 ‖ {from i64 ‖ size i32 ‖ value}*`, in the order of time; a size of -1
/// is a tombstone.
pub(super) struct RowCodec<V> {
    pub(super) values: Serde<V>,
}

impl<V: Data> RowCodec<V> {
    fn encode_versions(&self, topic: &str, row: &Versions<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        out.push(OLDER);
        out.extend_from_slice(&row.end.as_millis().to_be_bytes());
        for (from, value) in &row.versions {
            out.extend_from_slice(&from.as_millis().to_be_bytes());
            let size_at = out.len();
            out.extend_from_slice(&TOMBSTONE.to_be_bytes());
            if let Some(value) = value {
                let start = out.len();
                self.values.encode(topic, value, out)?;
                let size = i32::try_from(out.len() - start)
                    .map_err(|_| SerdeError::unwritable("version", "it has more than 2^31 - 1 bytes"))?;
                out[size_at..start].copy_from_slice(&size.to_be_bytes());
            }
        }
        Ok(())
    }

    fn decode_versions(&self, topic: &str, bytes: &[u8]) -> Result<Versions<V>, SerdeError> {
        let (end, mut rest) = time(bytes)?;
        let mut versions = Vec::new();
        while !rest.is_empty() {
            let (from, after) = time(rest)?;
            let Some((size, after)) = after.split_first_chunk() else { return Err(malformed(bytes)) };
            let (value, after) = match i32::from_be_bytes(*size) {
                TOMBSTONE => (None, after),
                size => {
                    let parts = usize::try_from(size).ok().and_then(|size| after.split_at_checked(size));
                    let (value, after) = parts.ok_or_else(|| malformed(bytes))?;
                    (Some(self.values.decode(topic, value)?), after)
                }
            };
            if versions.last().is_some_and(|(last, _)| *last >= from) || from > end {
                return Err(malformed(bytes));
            }
            versions.push((from, value));
            rest = after;
        }
        if versions.is_empty() { Err(malformed(bytes)) } else { Ok(Versions { end, versions }) }
    }
}

impl<V: Data> Codec<Row<V>> for RowCodec<V> {
    fn encode(&self, topic: &str, row: &Row<V>, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        match row {
            Row::Latest { from, value } => {
                out.push(LATEST);
                out.extend_from_slice(&from.as_millis().to_be_bytes());
                self.values.encode(topic, value, out)
            }
            Row::Older(versions) => self.encode_versions(topic, versions, out),
        }
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<Row<V>, SerdeError> {
        match bytes.split_first() {
            Some((&LATEST, rest)) => {
                let (from, value) = time(rest)?;
                Ok(Row::Latest { from, value: self.values.decode(topic, value)? })
            }
            Some((&OLDER, rest)) => self.decode_versions(topic, rest).map(Row::Older),
            _ => Err(malformed(bytes)),
        }
    }

    fn is_readable(&self) -> bool {
        self.values.is_readable()
    }

    fn has_sessions(&self) -> bool {
        self.values.has_sessions()
    }

    fn name(&self) -> String {
        self.values.name()
    }
}

fn time(bytes: &[u8]) -> Result<(Timestamp, &[u8]), SerdeError> {
    let (time, rest) = bytes.split_first_chunk().ok_or_else(|| malformed(bytes))?;
    Ok((Timestamp::from_millis(i64::from_be_bytes(*time)), rest))
}

fn malformed(bytes: &[u8]) -> SerdeError {
    SerdeError::malformed("row of versions", "its parts do not fit together", bytes)
}
