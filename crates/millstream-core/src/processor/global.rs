//! A global store, as a processor reads it.

use millstream_state::{AnyStore, Direction, KeyRange, KeyValueStore, Row, StoreError, StoreIndex, ValueAndTimestamp};
use millstream_types::Data;

use crate::stores::GlobalStores;

/// A global store that a processor has opened with [`ProcessorContext::global_store`](super::ProcessorContext::global_store). It
/// can only be read: its rows come from its topic.
///
/// Each call reads the store as it is at that moment; it may change between two calls.
pub struct GlobalStoreAccess<S> {
    stores: GlobalStores,
    index: StoreIndex,
    of: std::marker::PhantomData<fn() -> S>,
}

impl<S: AnyStore> GlobalStoreAccess<S> {
    /// The store at `index`; `None` if it is of another type.
    pub(super) fn open(stores: GlobalStores, index: StoreIndex) -> Option<Self> {
        stores.read::<S, _>(index, |_| ())?;
        Some(Self { stores, index, of: std::marker::PhantomData })
    }

    /// The result of `read`, or `none` if there is no such store, which `open` has ruled out.
    fn read<R>(&self, none: R, read: impl FnOnce(&mut S) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.stores.read(self.index, read).unwrap_or(Ok(none))
    }
}

impl<K: Data, V: Data> GlobalStoreAccess<KeyValueStore<K, V>> {
    /// The value of `key`.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, GlobalStoreAccess, KeyValueStore};
    /// # fn example(rates: GlobalStoreAccess<KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let rate = rates.get(&"EUR".to_owned())?.unwrap_or(1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, key: &K) -> Result<Option<V>, StoreError> {
        Ok(self.get_with_time(key)?.map(|row| row.value))
    }

    /// The value of `key` with the time of its last update, in a timestamped store, such as that of a global table.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, GlobalStoreAccess, KeyValueStore};
    /// # fn example(rates: GlobalStoreAccess<KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let changed_at = rates.get_with_time(&"EUR".to_owned())?.map(|row| row.timestamp);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with_time(&self, key: &K) -> Result<Option<ValueAndTimestamp<V>>, StoreError> {
        self.read(None, |store| Ok(store.get(key)?.cloned()))
    }

    /// All rows in the order of their key bytes. Read a large store page by page, with [`page`](Self::page).
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, GlobalStoreAccess, KeyValueStore};
    /// # fn example(rates: GlobalStoreAccess<KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let highest = rates.all()?.into_iter().map(|row| row.value).max();
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&self) -> Result<Vec<Row<K, V>>, StoreError> {
        self.page(&KeyRange::all(), None, Direction::Forward, usize::MAX)
    }

    /// The next `limit` rows of `range` after the key bytes `after`. Fewer than `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, GlobalStoreAccess, KeyRange, KeyValueStore};
    /// # fn example(rates: GlobalStoreAccess<KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let first = rates.page(&KeyRange::all(), None, Direction::Forward, 100)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(
        &self,
        range: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        self.read(Vec::new(), |store| store.page(range, after, direction, limit))
    }
}
