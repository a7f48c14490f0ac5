//! The table of entries: a slab with stable indices, found by hash.

pub(crate) mod dirty;
pub(crate) mod hash_index;

use std::hint::black_box;

use self::dirty::CLEAN;
use self::hash_index::HashIndex;
use crate::ValueAndTimestamp;

/// How many rows should be prefetched at once: about as many memory accesses as a processor executes in parallel.
pub const PREFETCH_ROWS: usize = 16;

/// What an engine has of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// This value.
    Current,
    /// Another value, or it is not known which.
    Outdated,
    /// No row of this key.
    Nothing,
}

/// One key with its value.
pub(crate) struct Entry<K, V> {
    pub(crate) key: K,
    /// `None` if the key was deleted and the delete is not logged yet or not in the engine.
    pub(crate) value: Option<ValueAndTimestamp<V>>,
    hash: u64,
    /// The number of the entry's dirty row, or [`CLEAN`].
    pub(crate) dirty: u32,
    /// What the engine has of it; [`Stored::Current`] without an engine.
    pub(crate) stored: Stored,
    /// Whether it was used since the eviction last checked it.
    pub(crate) recent: bool,
    /// Whether it is in the queue of the eviction.
    pub(crate) queued: bool,
    /// Whether it has changed since the last commit, so that the undo log has its committed value.
    pub(crate) undoable: bool,
}

impl<K, V> Entry<K, V> {
    fn new(hash: u64, key: K, value: Option<ValueAndTimestamp<V>>) -> Self {
        let [recent, queued, undoable] = [false; 3];
        Self { key, value, hash, dirty: CLEAN, stored: Stored::Current, recent, queued, undoable }
    }

    /// Whether the engine does not have this value yet.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.stored != Stored::Current
    }
}

/// Entries in a slab, and a hash index of their slots. An entry keeps its index until it is removed.
pub(crate) struct Table<K, V> {
    lookup: HashIndex,
    slots: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
}

impl<K, V> Table<K, V> {
    pub(crate) fn new() -> Self {
        Self { lookup: HashIndex::default(), slots: Vec::new(), free: Vec::new() }
    }

    /// The number of entries, including deleted ones.
    pub(crate) fn len(&self) -> usize {
        self.lookup.len()
    }

    pub(crate) fn find(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<u32> {
        let slots = &self.slots;
        self.lookup.find(hash, |index| slots[index as usize].as_ref().is_some_and(|entry| matches(&entry.key)))
    }

    /// Loads the first entries of the searches for these hashes into the processor's cache. These reads do not depend on each
    /// other, so they run in parallel.
    pub(crate) fn prefetch(&self, hashes: &[u64]) {
        let mut firsts = [None; PREFETCH_ROWS];
        for some in hashes.chunks(PREFETCH_ROWS) {
            for (first, &hash) in firsts.iter_mut().zip(some) {
                *first = self.lookup.first(hash);
            }
            let slots = firsts.iter().take(some.len()).flatten().filter_map(|&slot| self.slots[slot as usize].as_ref());
            black_box(slots.fold(0, |all, entry| all ^ entry.hash));
        }
    }

    /// Adds an entry for a key that is not in the table.
    ///
    /// # Panics
    /// With more than 2^32 − 1 entries.
    pub(crate) fn insert(&mut self, hash: u64, key: K, value: Option<ValueAndTimestamp<V>>) -> u32 {
        let entry = Entry::new(hash, key, value);
        let index = match self.free.pop() {
            Some(index) => {
                self.slots[index as usize] = Some(entry);
                index
            }
            None => {
                let index = u32::try_from(self.slots.len()).ok().filter(|&index| index < u32::MAX);
                let index = index.expect("a table holds fewer than 2^32 - 1 entries");
                self.slots.push(Some(entry));
                index
            }
        };
        self.lookup.insert(hash, index);
        index
    }

    pub(crate) fn entry(&self, index: u32) -> &Entry<K, V> {
        self.slots[index as usize].as_ref().expect("an index in use belongs to an entry")
    }

    pub(crate) fn entry_mut(&mut self, index: u32) -> &mut Entry<K, V> {
        self.slots[index as usize].as_mut().expect("an index in use belongs to an entry")
    }

    /// Removes the entry. Its index may be reused.
    pub(crate) fn remove(&mut self, index: u32) -> Entry<K, V> {
        let entry = self.slots[index as usize].take().expect("an index in use belongs to an entry");
        self.lookup.remove(entry.hash, index);
        self.free.push(index);
        entry
    }

    /// All entries with their indices, in no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Entry<K, V>)> {
        (0_u32..).zip(&self.slots).filter_map(|(index, slot)| slot.as_ref().map(|entry| (index, entry)))
    }

    /// Removes the entries that `keep` refuses, and hands each to `removed`.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Entry<K, V>) -> bool, mut removed: impl FnMut(Entry<K, V>)) {
        for (index, slot) in (0_u32..).zip(&mut self.slots) {
            if let Some(entry) = slot.take_if(|entry| !keep(entry)) {
                self.lookup.remove(entry.hash, index);
                self.free.push(index);
                removed(entry);
            }
        }
    }

    /// Removes all entries and frees the memory.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn the_index_of_a_removed_entry_is_reused() {
        // A tag is the upper half of a hash.
        let hash = |tag: u64| tag << 32;
        let mut table: Table<&str, ()> = Table::new();
        let [first, second] = ["a", "b"].map(|key| table.insert(hash(1), key, None));
        assert_eq!(table.find(hash(1), |key| *key == "b"), Some(second));
        assert_eq!(table.find(hash(2), |key| *key == "b"), None);
        assert_eq!(table.remove(first).key, "a");
        assert_eq!((table.len(), table.find(hash(1), |key| *key == "a")), (1, None));
        assert_eq!(table.insert(hash(3), "c", None), first);
        table.retain(|entry| entry.key == "c", |entry| assert_eq!(entry.key, "b"));
        assert_eq!((table.len(), table.find(hash(1), |_| true)), (1, None));
        assert_eq!(table.find(hash(3), |_| true), Some(first));
        assert_eq!(table.insert(hash(4), "d", None), second);
    }
}
