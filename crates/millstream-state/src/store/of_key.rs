//! Reads the rows of one key: from the table by an index of its entries, and from the engine where it may have more of them.

use std::hash::{BuildHasher, Hasher};

use millstream_types::{Data, Timestamp};

use super::Store;
use super::by_key::{Place, PlacedEntry};
use super::read::logged_part;
use crate::layout::Layout;
use crate::range::Bounds;
use crate::{Direction, StoreError};

/// The part of a cache that may be taken by the places of rows that have left it: one in so many bytes.
const PLACES_SHARE: usize = 2;

/// A row of a key.
pub(crate) struct PlacedRow<V> {
    pub(crate) place: Place,
    pub(crate) value: V,
    pub(crate) timestamp: Timestamp,
}

impl<L: Layout, V: Data> Store<L, V> {
    /// The rows of the key of `lookup` between two times, both included, and of whose places `wanted` is true, in the order of their
    /// places. Returns also whether these are all: otherwise the engine may have more, and these are those of the table.
    pub(crate) fn rows_of_key(
        &mut self,
        lookup: L::Lookup<'_>,
        (from, to): (Timestamp, Timestamp),
        wanted: impl Fn(Place) -> bool,
    ) -> Result<(Vec<PlacedRow<V>>, bool), StoreError> {
        self.build_by_key();
        let unplaced_until = self.unplaced_until()?;
        let Some(by_key) = &self.by_key else { return Ok((Vec::new(), true)) };
        let rows = by_key.get(self.key_hash(lookup));
        let first = rows.partition_point(|row| row.place.time < from);
        let (mut found, mut evicted) = (Vec::new(), Vec::new());
        for &PlacedEntry { place, entry } in rows[first..].iter().take_while(|row| row.place.time <= to) {
            let entry = entry.map(|index| self.table.entry(index));
            match entry {
                _ if !wanted(place) => {}
                None => evicted.push(place),
                Some(entry) if !L::is_of_key(&entry.key, lookup) => {}
                Some(entry) => found.extend(entry.value.as_ref().map(|held| PlacedRow {
                    place,
                    value: held.value.clone(),
                    timestamp: held.timestamp,
                })),
            }
        }
        let are_all = self.cache.is_none() || from > unplaced_until;
        if are_all && !evicted.is_empty() {
            self.add_evicted(&mut found, lookup, &evicted)?;
        }
        Ok((found, are_all))
    }

    /// Adds the rows at these places that the engine has and the table has not.
    #[cold]
    fn add_evicted(
        &self,
        rows: &mut Vec<PlacedRow<V>>,
        lookup: L::Lookup<'_>,
        places: &[Place],
    ) -> Result<(), StoreError> {
        let Some(cache) = &self.cache else { return Ok(()) };
        let (mut missing, mut keys) = (Vec::with_capacity(places.len()), Vec::with_capacity(places.len()));
        for &place in places {
            let lookup = L::at(lookup, place);
            if self.find(self.hash(lookup), lookup).is_none() {
                missing.push(place);
                keys.push(self.encode_lookup(lookup)?);
            }
        }
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let stored = cache.engine.get_many(&keys).map_err(|source| self.engine_error(source))?;
        for (place, bytes) in missing.into_iter().zip(stored) {
            if let Some(bytes) = bytes {
                let held = self.values.decode_stored(&bytes).map_err(|source| self.serde_error(source))?;
                rows.push(PlacedRow { place, value: held.value, timestamp: held.timestamp });
            }
        }
        rows.sort_by_key(|row| row.place);
        Ok(())
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

    /// Whether a row that the table does not have does not exist, as far as this is known.
    pub(crate) fn has_nowhere(&mut self, lookup: L::Lookup<'_>) -> Result<bool, StoreError> {
        if !L::EXPIRES || L::BY_SEGMENT {
            return Ok(false);
        }
        let (place, unplaced_until) = (L::place(lookup), self.unplaced_until()?);
        if place.time <= unplaced_until {
            return Ok(false);
        }
        let Some(by_key) = &self.by_key else { return Ok(true) };
        Ok(by_key.get(self.key_hash(lookup)).binary_search(&PlacedEntry { place, entry: None }).is_err())
    }

    /// All rows of later times are in the table, or have left their places in the index of their keys.
    fn unplaced_until(&mut self) -> Result<Timestamp, StoreError> {
        match &self.cache {
            None => Ok(Timestamp::from_millis(i64::MIN)),
            Some(cache) => cache.unplaced_until.map_or_else(|| self.find_unplaced_until(), Ok),
        }
    }

    /// The engine has no rows whose keys begin with a higher number, of a segment or a start, than its last key.
    #[cold]
    fn find_unplaced_until(&mut self) -> Result<Timestamp, StoreError> {
        let until = match (self.last_stored_prefix()?, self.expiry) {
            (Some(last), Some(expiry)) => self.layout.last_time_of_prefix(last, expiry.segments()),
            _ => Timestamp::from_millis(i64::MIN),
        };
        if let Some(cache) = &mut self.cache {
            cache.unplaced_until = Some(until);
        }
        Ok(until)
    }

    /// Forgets which rows of the engine the table has, because the engine or the table is changed otherwise than by updates.
    pub(super) fn forget_places(&mut self) {
        self.by_key = None;
        if let Some(cache) = &mut self.cache {
            cache.unplaced_until = None;
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

    fn link_entry(&mut self, index: u32) {
        let (hash, place) = self.place_of(index);
        if let Some(by_key) = &mut self.by_key {
            by_key.insert(hash, place, index);
        }
    }

    /// Removes an entry that has no value any more from the index of its key.
    #[inline]
    pub(super) fn unlink(&mut self, index: u32) {
        if L::BY_KEY && self.by_key.is_some() {
            self.unlink_entry(index);
        }
    }

    fn unlink_entry(&mut self, index: u32) {
        let (hash, place) = self.place_of(index);
        if let Some(by_key) = &mut self.by_key {
            by_key.remove(hash, place, index);
        }
    }

    /// The hash of an entry's key, and its place.
    fn place_of(&self, index: u32) -> (u64, Place) {
        let lookup = L::lookup(&self.table.entry(index).key);
        (self.key_hash(lookup), L::place(lookup))
    }

    /// Keeps the place of an entry with a value that is going to leave the table, if there is room. Rows that nobody looks for by key
    /// leave none.
    pub(super) fn leave_place(&mut self, index: u32) {
        if !L::BY_KEY {
            return;
        }
        let (hash, place) = self.place_of(index);
        let Some(cache) = &mut self.cache else { return };
        match (&mut self.by_key, &mut cache.unplaced_until) {
            (Some(by_key), Some(unplaced_until)) if place.time > *unplaced_until => {
                if let Some(lost) = by_key.evict(hash, place, index, cache.bytes_max / PLACES_SHARE) {
                    *unplaced_until = lost.max(*unplaced_until);
                }
            }
            (by_key, unplaced_until) => {
                if let Some(by_key) = by_key {
                    by_key.remove(hash, place, index);
                }
                if let Some(unplaced_until) = unplaced_until {
                    *unplaced_until = place.time.max(*unplaced_until);
                }
            }
        }
    }
}
