//! The entries of a table in the orders in which they are read.
//!
//! Nothing here has the types of keys and values, so that it is compiled once and not for each store of a program.

use std::collections::BTreeMap;

use millstream_types::Timestamp;

/// Entries by their sort key.
pub(crate) type Index = BTreeMap<Vec<u8>, u32>;

/// An order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By engine key, as in an engine.
    Key,
    /// By the time of the row, then by key. Only for stores in memory whose rows expire.
    Time,
}

/// The sort keys of an entry in each order.
pub(crate) struct SortKeys {
    pub(crate) engine_key: Vec<u8>,
    /// The sort key by time, if there is an index by time.
    pub(crate) time_key: Option<Vec<u8>>,
}

/// The indexes, each built when a range in its order is first read. A store in memory has all its entries in them,
/// one over an engine the changed ones.
#[derive(Default)]
pub(crate) struct Indexes {
    by_key: Option<Index>,
    by_time: Option<Index>,
}

impl Indexes {
    pub(crate) fn get(&self, order: Order) -> Option<&Index> {
        match order {
            Order::Key => self.by_key.as_ref(),
            Order::Time => self.by_time.as_ref(),
        }
    }

    /// Builds the index of an order, from the entries' sort keys.
    pub(crate) fn build(&mut self, order: Order, entries: Vec<(Vec<u8>, u32)>) {
        let index = Some(entries.into_iter().collect());
        match order {
            Order::Key => self.by_key = index,
            Order::Time => self.by_time = index,
        }
    }

    pub(crate) fn is_built(&self) -> bool {
        self.by_key.is_some() || self.by_time.is_some()
    }

    /// Adds an entry to each index.
    pub(crate) fn insert(&mut self, entry: u32, sort_keys: SortKeys) {
        if let (Some(by_time), Some(time_key)) = (&mut self.by_time, sort_keys.time_key) {
            by_time.insert(time_key, entry);
        }
        if let Some(by_key) = &mut self.by_key {
            by_key.insert(sort_keys.engine_key, entry);
        }
    }

    pub(crate) fn remove(&mut self, sort_keys: &SortKeys) {
        if let (Some(by_time), Some(time_key)) = (&mut self.by_time, &sort_keys.time_key) {
            by_time.remove(time_key);
        }
        if let Some(by_key) = &mut self.by_key {
            by_key.remove(&sort_keys.engine_key);
        }
    }

    /// Removes the entries that `keep` refuses.
    pub(crate) fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        for index in [&mut self.by_key, &mut self.by_time].into_iter().flatten() {
            index.retain(|_, entry| keep(*entry));
        }
    }
}

/// A time as bytes whose order is that of times, also of negative ones.
pub(crate) fn time_bytes(time: Timestamp) -> [u8; size_of::<i64>()] {
    (time.as_millis() ^ i64::MIN).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use millstream_types::Timestamp;

    use super::time_bytes;

    #[test]
    fn bytes_of_times_compare_as_times_do() {
        let times = [i64::MIN, -1, 0, 1, 60_000, i64::MAX].map(|millis| time_bytes(Timestamp::from_millis(millis)));
        assert!(times.is_sorted(), "{times:?}");
    }
}
