//! The keys of the next records, which are decoded in advance so that rows can be prefetched.

use std::collections::VecDeque;

use millstream_state::PrefetchFrom;
use millstream_types::{Offset, Timestamp};

/// The key of one of the next records.
pub(crate) struct NextKey<K> {
    pub(crate) key: K,
    /// The timestamp of the record in its topic, before extraction.
    pub(crate) timestamp: Timestamp,
    pub(crate) offset: Offset,
}

/// The keys of the next records, for the nodes that look up rows by them.
pub(crate) struct NextKeys<'a, K> {
    pub(crate) keys: &'a [NextKey<K>],
    /// From memory alone if some of the records may not arrive.
    pub(crate) from: PrefetchFrom,
}

impl<K> NextKeys<'_, K> {
    /// These keys behind a node that may drop records.
    pub(crate) fn some_of(self) -> Self {
        Self { from: PrefetchFrom::Memory, ..self }
    }
}

impl<K> Clone for NextKeys<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for NextKeys<'_, K> {}

/// The decoded keys of the next records of a topic.
pub(crate) struct PrefetchedKeys<K> {
    keys: VecDeque<NextKey<K>>,
}

impl<K> Default for PrefetchedKeys<K> {
    fn default() -> Self {
        Self { keys: VecDeque::new() }
    }
}

impl<K> PrefetchedKeys<K> {
    /// Takes these keys, in the order of their offsets, in place of those it has; all of them at once.
    pub(crate) fn refill(&mut self, next_keys: impl Iterator<Item = NextKey<K>>) -> &[NextKey<K>] {
        self.keys.clear();
        self.keys.extend(next_keys);
        // In one piece, since it was empty before.
        self.keys.as_slices().0
    }

    /// Takes the key of the record at `offset`, if it is there, and drops those before it.
    #[inline]
    pub(crate) fn take(&mut self, offset: Offset) -> Option<K> {
        while let Some(first) = self.keys.front()
            && first.offset <= offset
        {
            let first = self.keys.pop_front()?;
            if first.offset == offset {
                return Some(first.key);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_keys(offset: i64) -> NextKey<i64> {
        NextKey { key: 10 * offset, timestamp: Timestamp::from_millis(0), offset: Offset::new(offset) }
    }

    #[test]
    fn a_key_is_taken_only_for_its_offset() {
        let mut prefetched = PrefetchedKeys::default();
        assert_eq!(prefetched.refill([3, 5, 6, 9].into_iter().map(next_keys)).len(), 4);
        let keys = [3, 4, 5, 7, 9, 10].map(|offset| prefetched.take(Offset::new(offset)));
        assert_eq!(keys, [Some(30), None, Some(50), None, Some(90), None]);
    }

    #[test]
    fn keys_that_were_not_taken_are_replaced() {
        let mut prefetched = PrefetchedKeys::default();
        prefetched.refill([3, 5].into_iter().map(next_keys));
        assert_eq!(prefetched.refill([6].into_iter().map(next_keys)).len(), 1);
        assert_eq!([3, 6].map(|offset| prefetched.take(Offset::new(offset))), [None, Some(60)]);
    }
}
