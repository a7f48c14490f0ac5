//! Records that come soon, as far as their keys go.

use std::collections::VecDeque;

use millstream_types::{Offset, Timestamp};

/// A record that comes soon: no more of it is known yet than its key, which is in none of the operators' hands.
pub(crate) struct Upcoming<K> {
    pub(crate) key: K,
    /// The time that its topic gives it; a source may have another one extracted.
    pub(crate) timestamp: Timestamp,
    pub(crate) offset: Offset,
}

/// The keys of one topic's next records, decoded ahead of the rest of them.
pub(crate) struct Ahead<K> {
    keys: VecDeque<Upcoming<K>>,
}

impl<K> Default for Ahead<K> {
    fn default() -> Self {
        Self { keys: VecDeque::new() }
    }
}

impl<K> Ahead<K> {
    /// Takes these keys, in the order of their offsets, in place of those it has; all of them at once.
    pub(super) fn refill(&mut self, upcoming: impl Iterator<Item = Upcoming<K>>) -> &[Upcoming<K>] {
        self.keys.clear();
        self.keys.extend(upcoming);
        self.keys.make_contiguous()
    }

    /// The key of the record at `offset`, if it has that; those before it are gone then.
    #[inline]
    pub(super) fn take(&mut self, offset: Offset) -> Option<K> {
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

    fn upcoming(offset: i64) -> Upcoming<i64> {
        Upcoming { key: 10 * offset, timestamp: Timestamp::from_millis(0), offset: Offset::new(offset) }
    }

    #[test]
    fn a_key_belongs_to_its_offset_alone() {
        let mut ahead = Ahead::default();
        assert_eq!(ahead.refill([3, 5, 6, 9].into_iter().map(upcoming)).len(), 4);
        let keys = [3, 4, 5, 7, 9, 10].map(|offset| ahead.take(Offset::new(offset)));
        assert_eq!(keys, [Some(30), None, Some(50), None, Some(90), None]);
    }

    #[test]
    fn what_was_not_taken_goes_when_others_come() {
        let mut ahead = Ahead::default();
        ahead.refill([3, 5].into_iter().map(upcoming));
        assert_eq!(ahead.refill([6].into_iter().map(upcoming)).len(), 1);
        assert_eq!([3, 6].map(|offset| ahead.take(Offset::new(offset))), [None, Some(60)]);
    }
}
