//! A hash index from keys to slots: one array, one cache miss per lookup. It grows without reading keys.
//!
//! A general hash table of slot numbers made updates of a million keys 50 % slower: it has a cache miss for its control
//! bytes and another for the slot number, and hashes every entry again when it grows.

/// The value of an empty bucket.
const EMPTY: u64 = 0;

/// The bits of a hash or bucket that are its tag.
const TAG: u64 = !(u32::MAX as u64);

/// The minimum number of buckets of an index that is not empty.
const BUCKETS_MIN: usize = 8;

/// A bucket has a tag (the upper half of the key's hash) and the slot plus one. Collisions go to the next empty bucket
/// (linear probing). The tag alone determines where a search begins, so moving buckets does not hash keys.
#[derive(Default)]
pub(crate) struct HashIndex {
    buckets: Vec<u64>,
    len: usize,
}

impl HashIndex {
    /// The number of slots.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The slot with this hash that `matches`.
    #[inline]
    pub(crate) fn find(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<u32> {
        let position = self.position(hash, matches)?;
        slot_of(self.buckets[position])
    }

    /// The first slot that a search for this hash compares, which may be another key's.
    #[inline]
    pub(crate) fn first(&self, hash: u64) -> Option<u32> {
        slot_of(*self.buckets.get(self.home(hash))?)
    }

    /// Adds a slot, which must not be in the index and must be less than `u32::MAX`.
    pub(crate) fn insert(&mut self, hash: u64, slot: u32) {
        if 4 * (self.len + 1) > 3 * self.buckets.len() {
            self.grow();
        }
        self.put(hash & TAG | (u64::from(slot) + 1));
        self.len += 1;
    }

    /// Removes a slot, and moves later ones that searches would no longer find.
    pub(crate) fn remove(&mut self, hash: u64, slot: u32) {
        let Some(mut hole) = self.position(hash, |other| other == slot) else {
            return;
        };
        let mut next = self.after(hole);
        while self.buckets[next] != EMPTY {
            let home = self.home(self.buckets[next]);
            let mask = self.buckets.len() - 1;
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.buckets[hole] = self.buckets[next];
                hole = next;
            }
            next = self.after(next);
        }
        self.buckets[hole] = EMPTY;
        self.len -= 1;
    }

    fn position(&self, hash: u64, matches: impl Fn(u32) -> bool) -> Option<usize> {
        if self.buckets.is_empty() {
            return None;
        }
        let tag = hash & TAG;
        let mut position = self.home(tag);
        loop {
            let bucket = self.buckets[position];
            let slot = slot_of(bucket)?;
            if bucket & TAG == tag && matches(slot) {
                return Some(position);
            }
            position = self.after(position);
        }
    }

    fn grow(&mut self) {
        let buckets = (2 * self.buckets.len()).max(BUCKETS_MIN);
        for bucket in std::mem::replace(&mut self.buckets, vec![EMPTY; buckets]) {
            if bucket != EMPTY {
                self.put(bucket);
            }
        }
    }

    /// Writes a bucket to the first empty position of its search. There is one, since an index is never full.
    fn put(&mut self, bucket: u64) {
        let mut position = self.home(bucket);
        while self.buckets[position] != EMPTY {
            position = self.after(position);
        }
        self.buckets[position] = bucket;
    }

    /// The position where the search for a bucket or tag begins. The number of positions is a power of two.
    fn home(&self, bucket: u64) -> usize {
        (bucket >> 32) as usize & self.buckets.len().wrapping_sub(1)
    }

    fn after(&self, position: usize) -> usize {
        (position + 1) & (self.buckets.len() - 1)
    }
}

/// The slot in a bucket; `None` if it is empty.
fn slot_of(bucket: u64) -> Option<u32> {
    (bucket as u32).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::HashIndex;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        /// Few tags, so that searches overlap and wrap around the end.
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
    fn a_slot_with_another_tag_is_not_compared() {
        let mut index = HashIndex::default();
        index.insert(1 << 32, 5);
        assert_eq!(index.find(9 << 32, |_| true), None, "the same home, another tag");
        assert_eq!(index.find(1 << 32, |_| true), Some(5));
    }
}
