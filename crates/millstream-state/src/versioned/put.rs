//! Writes of versions.

use millstream_types::{Data, Timestamp};

use super::layout::LATEST;
use super::row::{Row, Versions};
use super::{PutVersion, VersionedRecord, VersionedStore};
use crate::{Changelog, NoChangelog, RecordContext, StoreError, ValueAndTimestamp};

impl<K: Data, V: Data> VersionedStore<K, V> {
    /// Writes the version of `key` that is valid from `timestamp`; `None` is a delete. A version of the same time is replaced.
    ///
    /// # Errors
    /// When the time is negative, the engine fails, or key or value cannot be encoded.
    pub fn put(
        &mut self,
        key: &K,
        value: Option<V>,
        timestamp: Timestamp,
        log: &mut dyn Changelog,
    ) -> Result<PutVersion, StoreError> {
        if !timestamp.is_valid() {
            return Err(StoreError::NegativeTime { store: self.options.name.clone(), time: timestamp });
        }
        let value = value.filter(|value| !value.is_null());
        self.load()?;
        if timestamp >= self.earliest() {
            self.log(key, value.as_ref(), timestamp, log)?;
        }
        self.write(key, value, timestamp)
    }

    /// Deletes `key` as of `timestamp`. Returns the version that was valid then. A delete that is too old is refused, and
    /// returns none.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    pub fn delete(
        &mut self,
        key: &K,
        timestamp: Timestamp,
        log: &mut dyn Changelog,
    ) -> Result<Option<VersionedRecord<V>>, StoreError> {
        self.load()?;
        let valid = if timestamp < self.earliest() {
            None
        } else {
            self.get_as_of(key, timestamp)?.map(VersionedRecord::cloned)
        };
        self.put(key, None, timestamp, log).map(|_| valid)
    }

    /// Writes a version, unless it is too old.
    pub(super) fn write(&mut self, key: &K, value: Option<V>, timestamp: Timestamp) -> Result<PutVersion, StoreError> {
        if timestamp < self.earliest() {
            self.store.count_refused();
            return Ok(PutVersion::Expired);
        }
        self.store.advance_time(timestamp);
        while let Some(first) = self.segments.first().filter(|segment| self.store.is_closed(**segment)).copied() {
            self.segments.remove(&first);
        }
        let latest = match self.store.get((key, LATEST))? {
            Some(ValueAndTimestamp { value: Row::Latest { from, .. }, .. }) => Some(*from),
            _ => None,
        };
        match latest {
            Some(from) if from <= timestamp => {
                self.replace_latest(key, value, timestamp)?;
                Ok(PutVersion::Latest)
            }
            next => self.insert(key, value, timestamp, next),
        }
    }

    /// Replaces the latest version, which becomes an older one unless it has the same time.
    fn replace_latest(&mut self, key: &K, value: Option<V>, timestamp: Timestamp) -> Result<(), StoreError> {
        let mut replaced = None;
        self.update((key, LATEST), |row| {
            replaced = row;
            value.map(|value| Row::Latest { from: timestamp, value })
        })?;
        match replaced {
            Some(Row::Latest { from, value }) if from < timestamp => {
                self.push(key, self.store.layout().segment_of(timestamp), from, Some(value), timestamp)
            }
            _ => Ok(()),
        }
    }

    /// Writes a version that may be older than others. `next` is the time of the latest one, if it has a value.
    fn insert(
        &mut self,
        key: &K,
        value: Option<V>,
        timestamp: Timestamp,
        mut next: Option<Timestamp>,
    ) -> Result<PutVersion, StoreError> {
        let first = self.store.layout().segment_of(timestamp);
        let segments: Vec<Timestamp> = self.segments.range(first..).rev().copied().collect();
        for segment in segments {
            let Some(older) = self.older(key, segment)? else { continue };
            let (begin, end) = (older.begin(), older.end);
            if end <= timestamp {
                break;
            }
            if begin <= timestamp {
                return self.insert_into(key, segment, value, timestamp).map(PutVersion::Until);
            }
            next = Some(begin);
        }
        match next {
            None => self.append(key, value, timestamp).map(|()| PutVersion::Latest),
            Some(next) => self.insert_before(key, value, timestamp, next).map(|()| PutVersion::Until(next)),
        }
    }

    /// Writes a version after all others. A tombstone is not kept as the latest version, which never expires.
    fn append(&mut self, key: &K, value: Option<V>, timestamp: Timestamp) -> Result<(), StoreError> {
        if let Some(value) = value {
            return self.update((key, LATEST), |_| Some(Row::Latest { from: timestamp, value }));
        }
        let segment = self.store.layout().segment_of(timestamp);
        self.update_older(key, segment, |older| match older {
            None => Versions::of(timestamp, None, timestamp),
            Some(mut older) if older.end < timestamp => {
                older.push(older.end, None, timestamp);
                older
            }
            Some(older) => older,
        })
    }

    /// Writes a version before the one that begins at `next`, which is in another row or the first of its row.
    fn insert_before(
        &mut self,
        key: &K,
        value: Option<V>,
        timestamp: Timestamp,
        next: Timestamp,
    ) -> Result<(), StoreError> {
        let segment = self.store.layout().segment_of(next);
        self.update_older(key, segment, |older| match older {
            None => Versions::of(timestamp, value, next),
            Some(mut older) => {
                if older.end <= timestamp {
                    older.push(timestamp, value, next);
                } else {
                    older.push_front(timestamp, value);
                }
                older
            }
        })
    }

    /// Writes a version into a row whose time includes it. Returns when the version ends.
    fn insert_into(
        &mut self,
        key: &K,
        segment: Timestamp,
        value: Option<V>,
        timestamp: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let own = self.store.layout().segment_of(timestamp);
        let (mut ends, mut moved) = (timestamp, None);
        self.update_older(key, segment, |older| {
            let Some(mut older) = older else { return Versions::of(timestamp, value, timestamp) };
            let index = older.index_at(timestamp);
            ends = older.end_at(index);
            match older.versions.get_mut(index) {
                Some(version) if version.0 == timestamp => version.1 = value,
                // The version before ends earlier now, in a segment before this one.
                Some(version) if own != segment => moved = Some(std::mem::replace(version, (timestamp, value))),
                _ => older.versions.insert(index + 1, (timestamp, value)),
            }
            older
        })?;
        if let Some((from, value)) = moved {
            self.push(key, own, from, value, timestamp)?;
        }
        Ok(ends)
    }

    /// Adds a version that is over to the row of a segment, after the others there.
    fn push(
        &mut self,
        key: &K,
        segment: Timestamp,
        from: Timestamp,
        value: Option<V>,
        end: Timestamp,
    ) -> Result<(), StoreError> {
        self.update_older(key, segment, |older| match older {
            None => Versions::of(from, value, end),
            Some(mut older) => {
                older.push(from, value, end);
                older
            }
        })
    }

    /// Replaces the row of a key in a segment, unless the segment is closed.
    fn update_older(
        &mut self,
        key: &K,
        segment: Timestamp,
        update: impl FnOnce(Option<Versions<V>>) -> Versions<V>,
    ) -> Result<(), StoreError> {
        self.segments.insert(segment);
        self.update((key, segment), |row| {
            let older = match row {
                Some(Row::Older(older)) => Some(older),
                Some(Row::Latest { .. }) | None => None,
            };
            Some(Row::Older(update(older)))
        })
    }

    fn update(
        &mut self,
        lookup: (&K, Timestamp),
        update: impl FnOnce(Option<Row<V>>) -> Option<Row<V>>,
    ) -> Result<(), StoreError> {
        let update = |row: Option<ValueAndTimestamp<Row<V>>>| {
            update(row.map(|row| row.value)).map(|row| ValueAndTimestamp::new(row, Timestamp::UNKNOWN))
        };
        self.store.update(lookup, &RecordContext::default(), &mut NoChangelog, update).map(drop)
    }

    fn log(&self, key: &K, value: Option<&V>, timestamp: Timestamp, log: &mut dyn Changelog) -> Result<(), StoreError> {
        if !self.options.logging {
            return Ok(());
        }
        let key = self.key_bytes(key)?;
        let value = value.map(|value| self.value_bytes(value)).transpose()?;
        log.append(self.options.index, &key, value.as_deref(), timestamp);
        Ok(())
    }

    pub(super) fn value_bytes(&self, value: &V) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let encoded = self.values.encode(self.options.changelog_topic.as_str(), value, &mut bytes);
        encoded.map(|()| bytes).map_err(|source| self.store.serde_error(source))
    }
}
