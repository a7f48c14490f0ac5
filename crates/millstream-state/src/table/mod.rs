//! The table of entries: a slab with stable indices, found by hash.

pub(crate) mod dirty;
mod hash_index;

use std::hint::black_box;

use self::dirty::CLEAN;
use self::hash_index::HashIndex;
use crate::ValueAndTimestamp;

/// How many rows are prefetched at once: about as many memory accesses as a processor can have under way.
pub const PREFETCH_ROWS: usize = 16;

/// One key with its value.
pub(crate) struct Entry<K, V> {
    pub(crate) key: K,
    /// `None`: known to be absent; the entry stays while the delete is not logged, or not in the engine.
    pub(crate) value: Option<ValueAndTimestamp<V>>,
    hash: u64,
    /// The entry's row among the dirty ones, or [`CLEAN`].
    pub(crate) dirty: u32,
    /// The engine does not have this value yet. Never set without an engine.
    pub(crate) unwritten: bool,
    /// Used since the eviction looked at it last.
    pub(crate) recent: bool,
    /// Is in the eviction's queue.
    pub(crate) queued: bool,
    /// Changed since the last commit: the undo log has its value as of then.
    pub(crate) undoable: bool,
}

impl<K, V> Entry<K, V> {
    fn new(hash: u64, key: K, value: Option<ValueAndTimestamp<V>>) -> Self {
        let [unwritten, recent, queued, undoable] = [false; 4];
        Self { key, value, hash, dirty: CLEAN, unwritten, recent, queued, undoable }
    }
}

/// Entries in a slab, and a hash index of their slots. An index stays its entry's until that is removed.
pub(crate) struct Table<K, V> {
    lookup: HashIndex,
    slots: Vec<Option<Entry<K, V>>>,
    free: Vec<u32>,
}

impl<K, V> Table<K, V> {
    pub(crate) fn new() -> Self {
        Self { lookup: HashIndex::default(), slots: Vec::new(), free: Vec::new() }
    }

    /// How many entries there are, absent ones included.
    pub(crate) fn len(&self) -> usize {
        self.lookup.len()
    }

    pub(crate) fn find(&self, hash: u64, matches: impl Fn(&K) -> bool) -> Option<u32> {
        let slots = &self.slots;
        self.lookup.find(hash, |index| slots[index as usize].as_ref().is_some_and(|entry| matches(&entry.key)))
    }

    /// Loads into the processor's cache the entries that searches for these hashes look at first. These reads do not
    /// depend on each other, so that their waits overlap.
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
    /// Beyond 2^32 − 1 entries.
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

    /// Removes the entry; its index may then come to another one.
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

    /// Removes every entry and gives the memory back.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_removed_entry_leaves_its_index_to_the_next() {
        // A tag is a hash's upper half.
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
