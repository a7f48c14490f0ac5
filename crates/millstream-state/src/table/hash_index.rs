//! A hash index from keys to slots: one array, one cache miss per lookup, and it grows without looking at a key.
//!
//! A general hash table of slot numbers was half as slow again in updates of a million keys: it misses the cache for its
//! control bytes and for the slot number, and hashes every entry again when it grows.

/// An empty place.
const EMPTY: u64 = 0;

/// The tag's bits of a hash or place.
const TAG: u64 = !(u32::MAX as u64);

/// Places of an index that is not empty, at least.
const PLACES_MIN: usize = 8;

/// Places hold a tag (the upper half of the key's hash) and the slot plus one. Collisions go to the next place that is
/// empty; the tag alone says where a search begins, so moving places needs no hash of a key.
#[derive(Default)]
pub(crate) struct HashIndex {
    places: Vec<u64>,
    len: usize,
}

impl HashIndex {
    /// How many slots are in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The slot with this hash that `matches`.
    #[inline]
    pub(crate) fn find(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<u32> {
        let position = self.position(hash, matches)?;
        slot_of(self.places[position])
    }

    /// The slot that a search for this hash looks at first, be it the right one or not.
    #[inline]
    pub(crate) fn first(&self, hash: u64) -> Option<u32> {
        slot_of(*self.places.get(self.home(hash))?)
    }

    /// Adds a slot that is not in it, below `u32::MAX`.
    pub(crate) fn insert(&mut self, hash: u64, slot: u32) {
        if 4 * (self.len + 1) > 3 * self.places.len() {
            self.grow();
        }
        self.put(hash & TAG | (u64::from(slot) + 1));
        self.len += 1;
    }

    /// Removes a slot, and moves those behind it that searches would no longer find.
    pub(crate) fn remove(&mut self, hash: u64, slot: u32) {
        let Some(mut hole) = self.position(hash, |other| other == slot) else {
            return;
        };
        let mut next = self.behind(hole);
        while self.places[next] != EMPTY {
            let home = self.home(self.places[next]);
            let mask = self.places.len() - 1;
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = self.behind(next);
        }
        self.places[hole] = EMPTY;
        self.len -= 1;
    }

    fn position(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let tag = hash & TAG;
        let mut position = self.home(tag);
        loop {
            let place = self.places[position];
            let slot = slot_of(place)?;
            if place & TAG == tag && matches(slot) {
                return Some(position);
            }
            position = self.behind(position);
        }
    }

    fn grow(&mut self) {
        let places = (2 * self.places.len()).max(PLACES_MIN);
        for place in std::mem::replace(&mut self.places, vec![EMPTY; places]) {
            if place != EMPTY {
                self.put(place);
            }
        }
    }

    /// Writes a place to the first empty position of its search; there is one, since an index is never full.
    fn put(&mut self, place: u64) {
        let mut position = self.home(place);
        while self.places[position] != EMPTY {
            position = self.behind(position);
        }
        self.places[position] = place;
    }

    /// Where the search for a place or tag begins. The number of positions is a power of two.
    fn home(&self, place: u64) -> usize {
        (place >> 32) as usize & self.places.len().wrapping_sub(1)
    }

    fn behind(&self, position: usize) -> usize {
        (position + 1) & (self.places.len() - 1)
    }
}

/// The slot in a place; none if it is empty.
fn slot_of(place: u64) -> Option<u32> {
    (place as u32).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::HashIndex;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Few tags, so that searches run into each other and around the end.
        #[test]
        fn finds_what_was_put_in_and_not_removed(steps in vec((0_u32..60, any::<bool>()), 0..300)) {
            let hash = |slot: u32| u64::from(slot % 7 * 3) << 32 | u64::from(slot);
            let mut index = HashIndex::default();
            let mut model = BTreeMap::new();
            for (slot, insert) in steps {
                if !insert {
                    index.remove(hash(slot), slot);
                    model.remove(&slot);
                } else if model.insert(slot, ()).is_none() {
                    index.insert(hash(slot), slot);
                }
                prop_assert_eq!(index.len(), model.len());
                for slot in 0..60 {
                    let found = index.find(hash(slot), |other| other == slot);
                    prop_assert_eq!(found, model.get(&slot).map(|()| slot));
                }
            }
        }
    }

    #[test]
    fn a_hash_of_another_tag_is_not_asked_for() {
        let mut index = HashIndex::default();
        index.insert(1 << 32, 5);
        assert_eq!(index.find(9 << 32, |_| true), None, "the same home, another tag");
        assert_eq!(index.find(1 << 32, |_| true), Some(5));
    }
}
