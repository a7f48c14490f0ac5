//! Reads of versions.

use millstream_types::{Data, Timestamp};

use super::layout::LATEST;
use super::row::{Row, Versions};
use super::{VersionedRecord, VersionedStore};
use crate::StoreError;

impl<K: Data, V: Data> VersionedStore<K, V> {
    /// The latest version of `key`; `None` if it was deleted.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be decoded.
    pub fn get(&mut self, key: &K) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.load()?;
        Ok(match self.store.get((key, LATEST))?.map(|row| &row.value) {
            Some(Row::Latest { from, value }) => Some(VersionedRecord { value, timestamp: *from, valid_to: None }),
            _ => None,
        })
    }

    /// The version of `key` that was valid at `time`. Before stream time minus the history retention it is `None`, unless the
    /// latest version was valid then already.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn get_as_of(&mut self, key: &K, time: Timestamp) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.load()?;
        let Some((segment, index)) = self.locate(key, time)? else { return Ok(None) };
        Ok(match self.store.get((key, segment))?.map(|row| &row.value) {
            Some(Row::Latest { from, value }) => Some(VersionedRecord { value, timestamp: *from, valid_to: None }),
            Some(Row::Older(older)) => older.record(index),
            None => None,
        })
    }

    /// The versions of `key` that were valid at some time between `from` and `to`, both inclusive, in the order of their times.
    /// Deletes are not among them. Before stream time minus the history retention, versions are missing as their segments are
    /// removed.
    ///
    /// # Errors
    /// Those of [`get`](Self::get).
    pub fn history(&mut self, key: &K, from: Timestamp, to: Timestamp) -> Result<Vec<VersionedRecord<V>>, StoreError> {
        self.load()?;
        let mut versions = Vec::new();
        if from > to {
            return Ok(versions);
        }
        let is_within_retention = to >= self.earliest();
        let segments: Vec<Timestamp> = self.segments.iter().copied().filter(|_| is_within_retention).collect();
        for segment in segments {
            let Some(older) = self.older(key, segment)? else { continue };
            let records = (0..older.versions.len()).filter_map(|index| older.record(index));
            let is_valid = |version: &VersionedRecord<&V>| {
                version.timestamp <= to && version.valid_to.is_none_or(|end| end > from)
            };
            versions.extend(records.filter(is_valid).map(VersionedRecord::cloned));
        }
        versions.extend(self.get(key)?.filter(|latest| latest.timestamp <= to).map(VersionedRecord::cloned));
        Ok(versions)
    }

    /// The segment of the version that was valid at `time`, and its index in the row.
    fn locate(&mut self, key: &K, time: Timestamp) -> Result<Option<(Timestamp, usize)>, StoreError> {
        let latest = self.get(key)?.map(|latest| latest.timestamp);
        if latest.is_some_and(|from| from <= time) {
            return Ok(Some((LATEST, 0)));
        }
        if time < self.earliest() {
            return Ok(None);
        }
        let first = self.store.layout().segment_of(time);
        let segments: Vec<Timestamp> = self.segments.range(first..).rev().copied().collect();
        for segment in segments {
            let Some(older) = self.older(key, segment)? else { continue };
            if older.end <= time {
                return Ok(None);
            }
            if older.begin() <= time {
                return Ok(Some((segment, older.index_at(time))));
            }
        }
        Ok(None)
    }

    /// The row of a key in a segment.
    pub(super) fn older(&mut self, key: &K, segment: Timestamp) -> Result<Option<&Versions<V>>, StoreError> {
        Ok(match self.store.get((key, segment))?.map(|row| &row.value) {
            Some(Row::Older(older)) => Some(older),
            Some(Row::Latest { .. }) | None => None,
        })
    }
}

impl<V> Versions<V> {
    /// The version at `index`, unless it is a tombstone.
    fn record(&self, index: usize) -> Option<VersionedRecord<&V>> {
        let (from, value) = self.versions.get(index)?;
        Some(VersionedRecord { value: value.as_ref()?, timestamp: *from, valid_to: Some(self.end_at(index)) })
    }
}
