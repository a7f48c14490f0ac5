//! The rows of each key, in the order of their places, for layouts that have several rows of a key.
//!
//! A row that leaves the table leaves its place here, so that an engine is asked only for rows that it has: a range of an engine costs an
//! iterator and a search of each of its files, also where there is nothing.
//!
//! Nothing here has the types of keys and values, so that it is compiled once and not for each store of a program.

use millstream_types::Timestamp;
use smallvec::{SmallVec, smallvec};

use crate::table::hash_index::HashIndex;

/// The place of a row among those of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The time by which the row expires.
    pub(crate) time: Timestamp,
    /// What distinguishes rows of the same key and time.
    pub(crate) second: i64,
}

/// A row with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PlacedEntry {
    pub(super) place: Place,
    /// The row's entry; `None` if it has left the table. The engine may have it, unless it was deleted since, or is in the table again.
    pub(super) entry: Option<u32>,
}

/// The rows of the keys with one hash, in the order of their places; none in a slot that is free.
struct KeyRows {
    hash: u64,
    /// Most keys have one row.
    rows: SmallVec<[PlacedEntry; 1]>,
}

/// The memory of a row that has left the table, as of the only one of its key.
const EVICTED_BYTES: usize = size_of::<KeyRows>() + 2 * size_of::<u64>();

/// All keys are looked through, to forget the earliest places, after at least one eviction for so many of them.
const KEYS_PER_EVICTED: usize = 16;

/// Entries with a value, by the hash of their key, and the places of those that have left the table.
///
/// Different keys may have the same hash, so that a reader has to compare them.
#[derive(Default)]
pub(super) struct RowsByKey {
    lookup: HashIndex,
    keys: Vec<KeyRows>,
    free: Vec<u32>,
    /// How many rows have left the table.
    evicted: usize,
    /// How many rows have left it since all keys were looked through.
    evicted_since_scan: usize,
}

impl RowsByKey {
    /// The rows of the keys with this hash.
    #[inline]
    pub(super) fn get(&self, hash: u64) -> &[PlacedEntry] {
        self.slot(hash).map_or(&[], |slot| &self.keys[slot as usize].rows)
    }

    /// Adds an entry, if it is not there yet.
    pub(super) fn insert(&mut self, hash: u64, place: Place, entry: u32) {
        let placed = PlacedEntry { place, entry: Some(entry) };
        let Some(slot) = self.slot(hash) else { return self.insert_key(hash, placed) };
        let rows = &mut self.keys[slot as usize].rows;
        // Most rows are the latest of their key.
        if rows.last().is_none_or(|last| *last < placed) {
            rows.push(placed);
        } else if let Err(position) = rows.binary_search(&placed) {
            rows.insert(position, placed);
        }
    }

    /// Removes an entry, if it is there.
    pub(super) fn remove(&mut self, hash: u64, place: Place, entry: u32) {
        let Some((slot, position)) = self.find(hash, PlacedEntry { place, entry: Some(entry) }) else { return };
        self.keys[slot as usize].rows.remove(position);
        self.free_if_empty(slot);
    }

    /// Removes an entry that is going to leave the table, and keeps its place if `bytes_max` has room for it or for it instead of the
    /// earliest places. Returns up to which time places are lost by this.
    pub(super) fn evict(&mut self, hash: u64, place: Place, entry: u32, bytes_max: usize) -> Option<Timestamp> {
        self.evicted_since_scan += 1;
        let mut lost = None;
        if self.evicted_bytes() + EVICTED_BYTES > bytes_max {
            let may_scan = self.evicted > 0 && self.evicted_since_scan >= self.keys.len() / KEYS_PER_EVICTED;
            lost = if may_scan { self.forget_earliest() } else { Some(place.time) };
        }
        if lost.is_some_and(|until| place.time <= until) {
            self.remove(hash, place, entry);
        } else {
            self.keep_place(hash, place, entry);
        }
        lost
    }

    fn keep_place(&mut self, hash: u64, place: Place, entry: u32) {
        let Some((slot, position)) = self.find(hash, PlacedEntry { place, entry: Some(entry) }) else { return };
        let rows = &mut self.keys[slot as usize].rows;
        let evicted = PlacedEntry { place, entry: None };
        // It sorts before the entries at its place.
        let first = rows[..position].partition_point(|row| *row < evicted);
        if rows[first] == evicted {
            rows.remove(position);
            return;
        }
        rows[position] = evicted;
        rows[first..=position].rotate_right(1);
        self.evicted += 1;
    }

    /// The memory of the rows that have left the table, in bytes.
    pub(super) fn evicted_bytes(&self) -> usize {
        self.evicted * EVICTED_BYTES
    }

    /// Forgets the earliest quarter of the rows that have left the table. Returns the time up to which they are forgotten.
    fn forget_earliest(&mut self) -> Option<Timestamp> {
        let evicted = self.keys.iter().flat_map(|key| &key.rows).filter(|row| row.entry.is_none());
        let mut times: Vec<Timestamp> = evicted.map(|row| row.place.time).collect();
        if times.is_empty() {
            return None;
        }
        let quarter = times.len() / 4;
        let (_, until, _) = times.select_nth_unstable(quarter);
        let until = *until;
        self.retain_rows(|row| row.entry.is_some() || row.place.time > until);
        Some(until)
    }

    /// Removes the entries that `keep` refuses, and the rows that have left the table of whose times `keep_place` is false.
    pub(super) fn retain(&mut self, keep: &dyn Fn(u32) -> bool, keep_place: &dyn Fn(Timestamp) -> bool) {
        self.retain_rows(|row| row.entry.map_or_else(|| keep_place(row.place.time), keep));
    }

    /// Removes the rows that `keep` refuses, and frees the memory of slots if most of them are free.
    fn retain_rows(&mut self, keep: impl Fn(&PlacedEntry) -> bool) {
        (self.evicted, self.evicted_since_scan) = (0, 0);
        for slot in 0..self.keys.len() {
            let rows = &mut self.keys[slot].rows;
            if !rows.is_empty() {
                rows.retain(|row| keep(row));
                self.evicted += rows.iter().filter(|row| row.entry.is_none()).count();
                self.free_if_empty(slot as u32);
            }
        }
        if self.free.len() > self.keys.len() / 2 {
            self.shrink();
        }
    }

    /// Moves the slots that are in use together.
    fn shrink(&mut self) {
        let mut keys = std::mem::take(&mut self.keys);
        keys.retain(|key| !key.rows.is_empty());
        keys.shrink_to_fit();
        (self.lookup, self.free) = (HashIndex::default(), Vec::new());
        for (slot, key) in keys.iter().enumerate() {
            self.lookup.insert(key.hash, slot as u32);
        }
        self.keys = keys;
    }

    fn slot(&self, hash: u64) -> Option<u32> {
        self.lookup.find(hash, |slot| self.keys[slot as usize].hash == hash)
    }

    fn find(&self, hash: u64, placed: PlacedEntry) -> Option<(u32, usize)> {
        let slot = self.slot(hash)?;
        let position = self.keys[slot as usize].rows.binary_search(&placed).ok()?;
        Some((slot, position))
    }

    fn insert_key(&mut self, hash: u64, placed: PlacedEntry) {
        let rows = smallvec![placed];
        let slot = if let Some(slot) = self.free.pop() {
            self.keys[slot as usize] = KeyRows { hash, rows };
            slot
        } else {
            self.keys.push(KeyRows { hash, rows });
            (self.keys.len() - 1) as u32
        };
        self.lookup.insert(hash, slot);
    }

    /// Frees the slot of keys without rows, and the memory of their rows.
    fn free_if_empty(&mut self, slot: u32) {
        let key = &mut self.keys[slot as usize];
        if key.rows.is_empty() {
            key.rows = SmallVec::new();
            self.lookup.remove(key.hash, slot);
            self.free.push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use millstream_types::Timestamp;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{EVICTED_BYTES, Place, PlacedEntry, RowsByKey};

    const HASHES: u64 = 4;

    /// An entry's number has its hash, its time and its second part.
    fn hash_of(entry: u32) -> u64 {
        (u64::from(entry) % HASHES) << 32
    }

    fn place_of(entry: u32) -> Place {
        Place { time: i64::from(entry / 5 % 6).into(), second: i64::from(entry / 30 % 2) }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_rows_of_a_hash_are_those_that_were_put_in_and_not_removed(bytes_max in 0_usize..2_000, steps in vec((0_u32..90, 0_u32..10), 0..200)) {
            let (mut rows, mut model) = (RowsByKey::default(), BTreeSet::new());
            for (entry, step) in steps {
                let (hash, place) = (hash_of(entry), place_of(entry));
                let (live, evicted) = (PlacedEntry { place, entry: Some(entry) }, PlacedEntry { place, entry: None });
                match step {
                    0 => {
                        let keeps = |other: u32| other % 3 != entry % 3;
                        let keeps_place = |time: Timestamp| time != place.time;
                        rows.retain(&keeps, &keeps_place);
                        model.retain(|(_, row): &(u64, PlacedEntry)| {
                            row.entry.map_or_else(|| keeps_place(row.place.time), keeps)
                        });
                    }
                    1 => {
                        let until = rows.forget_earliest();
                        let is_forgotten = |time: Timestamp| until.is_some_and(|until| time <= until);
                        model.retain(|(_, row)| row.entry.is_some() || !is_forgotten(row.place.time));
                    }
                    2..4 => {
                        rows.remove(hash, place, entry);
                        model.remove(&(hash, live));
                    }
                    4..6 => {
                        let lost = rows.evict(hash, place, entry, bytes_max);
                        if model.remove(&(hash, live)) {
                            model.insert((hash, evicted));
                        }
                        let is_lost = |row: &PlacedEntry| lost.is_some_and(|until| row.place.time <= until);
                        // Places that are lost may stay.
                        let stay = |hash: u64, row: &PlacedEntry| rows.get(hash).contains(row);
                        model.retain(|(hash, row)| row.entry.is_some() || !is_lost(row) || stay(*hash, row));
                    }
                    _ => {
                        rows.insert(hash, place, entry);
                        model.insert((hash, live));
                    }
                }
                for hash in 0..HASHES {
                    let expected: Vec<PlacedEntry> =
                        model.iter().filter(|(of, _)| *of == hash << 32).map(|(_, row)| *row).collect();
                    prop_assert_eq!(rows.get(hash << 32), &expected);
                }
                let evicted = model.iter().filter(|(_, row)| row.entry.is_none()).count();
                prop_assert_eq!(rows.evicted_bytes(), evicted * EVICTED_BYTES);
            }
        }
    }

    /// With little room each eviction looked through all keys, so that a write of 40,000 rows to an engine took 14 seconds.
    #[test]
    fn all_keys_are_looked_through_for_many_evictions_only() {
        const ROWS: u32 = 10_000;
        for places in [0, 1, 100] {
            let mut rows = RowsByKey::default();
            let place = |row: u32| Place { time: i64::from(row).into(), second: 0 };
            (0..ROWS).for_each(|row| rows.insert(u64::from(row) << 32, place(row), row));
            let mut looked_through = 0;
            for row in 0..ROWS {
                let keys = rows.keys.len();
                let lost = rows.evict(u64::from(row) << 32, place(row), row, places * EVICTED_BYTES);
                let looks_through = lost.is_some_and(|until| until < place(row).time);
                looked_through += if looks_through { keys } else { 0 };
            }
            assert!(looked_through <= (super::KEYS_PER_EVICTED + 1) * ROWS as usize, "{looked_through}, {places}");
            assert!(rows.evicted_bytes() <= places * EVICTED_BYTES);
        }
    }
}
