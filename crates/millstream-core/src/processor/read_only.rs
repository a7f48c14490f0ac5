//! A read-only store, as the processors read it that do not fill it.

use millstream_state::{
    Direction, KeyRange, KeyValueStore, Row, StoreError, ValueAndTimestamp, VersionedRecord, VersionedStore,
};
use millstream_types::{Data, Timestamp};

use super::access::StoreAccess;

/// A store that a processor has opened with [`ProcessorContext::read_only_store`](super::ProcessorContext::read_only_store). It can
/// only be read: its rows come from its topic.
pub struct ReadOnlyStoreAccess<'a, S>(StoreAccess<'a, S>);

impl<'a, S> ReadOnlyStoreAccess<'a, S> {
    pub(super) const fn new(store: StoreAccess<'a, S>) -> Self {
        Self(store)
    }
}

impl<K: Data, V: Data> ReadOnlyStoreAccess<'_, KeyValueStore<K, V>> {
    /// The value of `key`.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let price = prices.get(&"tea".to_owned())?.copied().unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K) -> Result<Option<&V>, StoreError> {
        self.0.get(key)
    }

    /// The value of `key` with the time of its last update, in a timestamped store.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let changed_at = prices.get_with_time(&"tea".to_owned())?.map(|row| row.timestamp);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with_time(&mut self, key: &K) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.0.get_with_time(key)
    }

    /// The number of rows: exact for a store in memory, otherwise an estimate of the engine.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) {
    /// println!("about {} products", prices.approximate_count());
    /// # }
    /// ```
    #[must_use]
    pub fn approximate_count(&self) -> usize {
        self.0.approximate_count()
    }

    /// All rows in the order of their key bytes. Read a large store page by page, with [`page`](Self::page).
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let highest = prices.all()?.into_iter().map(|row| row.value).max();
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&mut self) -> Result<Vec<Row<K, V>>, StoreError> {
        self.0.all()
    }

    /// The rows from `from` to `to`, both inclusive, in the order of their key bytes. `None` is no bound.
    ///
    /// # Errors
    /// When the store's engine fails, or a key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let from_t_on = prices.range(Some(&"t".to_owned()), None, Direction::Forward)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn range(
        &mut self,
        from: Option<&K>,
        to: Option<&K>,
        direction: Direction,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        self.0.range(from, to, direction)
    }

    /// The rows whose key bytes begin with `prefix`, in the order of their key bytes.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let teas = prices.prefix(b"tea/")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Vec<Row<K, V>>, StoreError> {
        self.0.prefix(prefix)
    }

    /// The next `limit` rows of `range` after the key bytes `after`. Fewer than `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, ReadOnlyStoreAccess};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let first = prices.page(&KeyRange::all(), None, Direction::Forward, 100)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(
        &mut self,
        range: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        self.0.page(range, after, direction, limit)
    }
}

impl<K: Data, V: Data> ReadOnlyStoreAccess<'_, VersionedStore<K, V>> {
    /// The latest version of `key`; `None` if it was deleted.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, ReadOnlyStoreAccess, VersionedStore};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let price = prices.get(&"tea".to_owned())?.map(|version| *version.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.0.get(key)
    }

    /// The version of `key` that was valid at `time`; `None` also if that is beyond the history retention.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, ReadOnlyStoreAccess, VersionedStore};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let price = prices.get_as_of(&"tea".to_owned(), 1_000.into())?.map(|version| *version.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_as_of(&mut self, key: &K, time: Timestamp) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.0.get_as_of(key, time)
    }

    /// The versions of `key` that were valid at some time between `from` and `to`, both inclusive, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, ReadOnlyStoreAccess, VersionedStore};
    /// # fn example(mut prices: ReadOnlyStoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let prices = prices.history(&"tea".to_owned(), 0, 1_000)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn history(
        &mut self,
        key: &K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<VersionedRecord<V>>, StoreError> {
        let (from, to) = (from.into(), to.into());
        self.0.history(key, from, to)
    }
}
