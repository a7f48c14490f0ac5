//! Reads the rows of one key: from the table by an index of its entries, and from the engine where it may have more of them.

use std::hash::{BuildHasher, Hasher};

use millstream_types::{Data, Timestamp};

use super::Store;
use super::by_key::{Place, PlacedEntry};
use super::read::logged_part;
use crate::layout::Layout;
use crate::range::Bounds;
use crate::{Direction, StoreError};

/// A row of a key.
pub(crate) struct PlacedRow<V> {
    pub(crate) place: Place,
    pub(crate) value: V,
    pub(crate) timestamp: Timestamp,
}

impl<L: Layout, V: Data> Store<L, V> {
    /// The rows of the key of `lookup` that are in the table, between two times, both included, and of whose places `wanted` is true,
    /// in the order of their places.
    pub(crate) fn rows_of_key(
        &mut self,
        lookup: L::Lookup<'_>,
        (from, to): (Timestamp, Timestamp),
        wanted: impl Fn(Place) -> bool,
    ) -> Vec<PlacedRow<V>> {
        self.build_by_key();
        let (hash, table) = (self.key_hash(lookup), &self.table);
        let Some(by_key) = &self.by_key else { return Vec::new() };
        let rows = by_key.get(hash, |entry| L::is_of_key(&table.entry(entry).key, lookup));
        let first = rows.partition_point(|row| row.place.time < from);
        let rows = rows[first..].iter().take_while(|row| row.place.time <= to).filter(|row| wanted(row.place));
        let rows = rows.filter_map(|row| Some((row.place, table.entry(row.entry).value.as_ref()?)));
        rows.map(|(place, held)| PlacedRow { place, value: held.value.clone(), timestamp: held.timestamp }).collect()
    }

    /// Adds the rows of the engine between two engine keys that the table does not have, and that `wanted` accepts by their engine key
    /// and place.
    pub(crate) fn add_stored(
        &self,
        rows: &mut Vec<PlacedRow<V>>,
        (from, to): Bounds<'_>,
        wanted: impl Fn(&[u8], Place) -> bool,
    ) -> Result<(), StoreError> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let stored = cache.engine.page(from, to, Direction::Forward, usize::MAX);
        for (engine_key, bytes) in stored.map_err(|source| self.engine_error(source))? {
            let key = self.decode_key(logged_part::<L>(&engine_key))?;
            let (lookup, place) = (L::lookup(&key), L::place(L::lookup(&key)));
            if wanted(&engine_key, place) && self.find(self.hash(lookup), lookup).is_none() {
                let held = self.values.decode_stored(&bytes).map_err(|source| self.serde_error(source))?;
                rows.push(PlacedRow { place, value: held.value, timestamp: held.timestamp });
            }
        }
        Ok(())
    }

    /// Whether the table has all rows of this time and later ones. Those that are not there do not exist.
    pub(crate) fn has_all_since(&mut self, time: Timestamp) -> Result<bool, StoreError> {
        if self.cache.is_none() {
            return Ok(true);
        }
        if !L::EXPIRES || L::BY_SEGMENT {
            return Ok(false);
        }
        let complete_since = match self.cache.as_ref().and_then(|cache| cache.complete_since) {
            Some(complete_since) => complete_since,
            None => self.find_complete_since()?,
        };
        Ok(time >= complete_since)
    }

    /// The engine has no rows whose keys begin with a higher number, of a segment or a start, than its last key.
    #[cold]
    fn find_complete_since(&mut self) -> Result<Timestamp, StoreError> {
        let since = match (self.last_stored_prefix()?, self.expiry) {
            (Some(last), Some(expiry)) => self.layout.time_of_prefix(last.saturating_add(1), expiry.segments()),
            _ => Timestamp::from_millis(i64::MIN),
        };
        if let Some(cache) = &mut self.cache {
            cache.complete_since = Some(since);
        }
        Ok(since)
    }

    /// Forgets which rows of the engine the table has, because the engine or the table is changed otherwise than by updates.
    pub(super) fn forget_complete(&mut self) {
        self.by_key = None;
        if let Some(cache) = &mut self.cache {
            cache.complete_since = None;
        }
    }

    fn key_hash(&self, lookup: L::Lookup<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        L::hash_key(lookup, &mut hasher);
        hasher.finish()
    }

    /// Builds the index when the rows of a key are first read.
    fn build_by_key(&mut self) {
        if self.by_key.is_some() {
            return;
        }
        self.by_key = Some(Box::default());
        let live = self.table.iter().filter(|(_, entry)| entry.value.is_some());
        let live: Vec<u32> = live.map(|(index, _)| index).collect();
        live.into_iter().for_each(|index| self.link_entry(index));
    }

    /// Adds an entry that has a value now to the index of its key.
    #[inline]
    pub(super) fn link(&mut self, index: u32) {
        if L::BY_KEY && self.by_key.is_some() {
            self.link_entry(index);
        }
    }

    fn link_entry(&mut self, entry: u32) {
        let table = &self.table;
        let lookup = L::lookup(&table.entry(entry).key);
        let (hash, placed) = (self.key_hash(lookup), PlacedEntry { place: L::place(lookup), entry });
        if let Some(by_key) = &mut self.by_key {
            by_key.insert(hash, placed, |other| L::is_of_key(&table.entry(other).key, lookup));
        }
    }

    /// Removes an entry that has no value any more from the index of its key.
    #[inline]
    pub(super) fn unlink(&mut self, index: u32) {
        if L::BY_KEY && self.by_key.is_some() {
            self.unlink_entry(index);
        }
    }

    fn unlink_entry(&mut self, entry: u32) {
        let lookup = L::lookup(&self.table.entry(entry).key);
        let (hash, placed) = (self.key_hash(lookup), PlacedEntry { place: L::place(lookup), entry });
        if let Some(by_key) = &mut self.by_key {
            by_key.remove(hash, placed);
        }
    }

    /// Notes that an entry with a value is going to leave the table, which then does not have all rows of its time any more.
    pub(super) fn note_evicted(&mut self, index: u32) {
        if L::EXPIRES
            && let Some(since) = self.cache.as_mut().and_then(|cache| cache.complete_since.as_mut())
        {
            let time = L::time(L::lookup(&self.table.entry(index).key));
            *since = (*since).max(time.saturating_add(1));
        }
    }
}
