//! The entries of each key, in the order of their places, for layouts that have several rows of a key.
//!
//! Nothing here has the types of keys and values, so that it is compiled once and not for each store of a program.

use millstream_types::Timestamp;

use crate::table::hash_index::HashIndex;

/// The place of a row among those of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The time by which the row expires.
    pub(crate) time: Timestamp,
    /// What distinguishes rows of the same key and time.
    pub(crate) second: i64,
}

/// An entry with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlacedEntry {
    pub(super) place: Place,
    pub(super) entry: u32,
}

/// The rows of one key, in the order of their places; none in a slot that is free.
struct KeyRows {
    hash: u64,
    rows: Vec<PlacedEntry>,
}

/// Entries with a value, by key.
#[derive(Default)]
pub(super) struct RowsByKey {
    lookup: HashIndex,
    keys: Vec<KeyRows>,
    free: Vec<u32>,
}

impl RowsByKey {
    /// The rows of the key with this hash, of whose entries `is_of_key` is true.
    #[inline]
    pub(super) fn get(&self, hash: u64, is_of_key: impl Fn(u32) -> bool) -> &[PlacedEntry] {
        self.slot(hash, is_of_key).map_or(&[], |slot| &self.keys[slot as usize].rows)
    }

    /// Adds an entry, unless its place is taken.
    pub(super) fn insert(&mut self, hash: u64, placed: PlacedEntry, is_of_key: impl Fn(u32) -> bool) {
        let Some(slot) = self.slot(hash, is_of_key) else { return self.insert_key(hash, placed) };
        let rows = &mut self.keys[slot as usize].rows;
        // Most rows are the latest of their key.
        if rows.last().is_none_or(|last| last.place < placed.place) {
            rows.push(placed);
        } else if let Err(position) = position_of(rows, placed.place) {
            rows.insert(position, placed);
        }
    }

    /// Removes an entry, if it is there.
    pub(super) fn remove(&mut self, hash: u64, placed: PlacedEntry) {
        let position_in =
            |rows: &[PlacedEntry]| position_of(rows, placed.place).ok().filter(|found| rows[*found] == placed);
        let keys = &self.keys;
        let slot = self.lookup.find(hash, |slot| position_in(&keys[slot as usize].rows).is_some());
        let Some(slot) = slot else { return };
        let rows = &mut self.keys[slot as usize].rows;
        if let Some(position) = position_in(rows) {
            rows.remove(position);
        }
        if rows.is_empty() {
            self.remove_key(slot);
        }
    }

    /// Removes the entries that `keep` refuses.
    pub(super) fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        for slot in 0..self.keys.len() {
            let rows = &mut self.keys[slot].rows;
            if !rows.is_empty() {
                rows.retain(|row| keep(row.entry));
                if rows.is_empty() {
                    self.remove_key(slot as u32);
                }
            }
        }
    }

    fn slot(&self, hash: u64, is_of_key: impl Fn(u32) -> bool) -> Option<u32> {
        self.lookup.find(hash, |slot| self.keys[slot as usize].rows.first().is_some_and(|row| is_of_key(row.entry)))
    }

    fn insert_key(&mut self, hash: u64, placed: PlacedEntry) {
        let slot = if let Some(slot) = self.free.pop() {
            slot
        } else {
            self.keys.push(KeyRows { hash, rows: Vec::new() });
            (self.keys.len() - 1) as u32
        };
        let key = &mut self.keys[slot as usize];
        key.hash = hash;
        key.rows.push(placed);
        self.lookup.insert(hash, slot);
    }

    fn remove_key(&mut self, slot: u32) {
        self.lookup.remove(self.keys[slot as usize].hash, slot);
        self.free.push(slot);
    }
}

fn position_of(rows: &[PlacedEntry], place: Place) -> Result<usize, usize> {
    rows.binary_search_by(|row| row.place.cmp(&place))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::{Place, PlacedEntry, RowsByKey};

    /// An entry's number has its key, its time and its second part.
    fn placed(entry: u32) -> PlacedEntry {
        let place = Place { time: i64::from(entry / 5 % 6).into(), second: i64::from(entry / 30) };
        PlacedEntry { place, entry }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Keys 0 and 1 have the same hash.
        #[test]
        fn the_rows_of_a_key_are_those_that_were_put_in_and_not_removed(steps in vec((0_u32..90, 0_u32..8), 0..200)) {
            let hash = |entry: u32| u64::from((entry % 5).max(1)) << 32;
            let (mut rows, mut model) = (RowsByKey::default(), BTreeMap::new());
            for (entry, step) in steps {
                match step {
                    0 => {
                        rows.retain(&|other| other % 3 != entry % 3);
                        model.retain(|_, other: &mut PlacedEntry| other.entry % 3 != entry % 3);
                    }
                    1..3 => {
                        rows.remove(hash(entry), placed(entry));
                        model.remove(&(entry % 5, placed(entry).place));
                    }
                    _ => {
                        rows.insert(hash(entry), placed(entry), |other| other % 5 == entry % 5);
                        model.insert((entry % 5, placed(entry).place), placed(entry));
                    }
                }
                for key in 0..5 {
                    let expected: Vec<PlacedEntry> =
                        model.iter().filter(|((of, _), _)| *of == key).map(|(_, placed)| *placed).collect();
                    prop_assert_eq!(rows.get(hash(key), |other| other % 5 == key), &expected);
                }
            }
        }
    }
}
