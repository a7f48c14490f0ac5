//! A versioned store as a processor uses it.

use millstream_state::{PutVersion, StoreError, VersionedRecord, VersionedStore};
use millstream_types::{Data, Timestamp};

use super::access::StoreAccess;
use crate::chain::in_store;

impl<K: Data, V: Data> StoreAccess<'_, VersionedStore<K, V>> {
    /// The latest version of `key`; `None` if it was deleted.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let price = prices.get(&"tea".to_owned())?.map(|version| *version.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.store.get(key)
    }

    /// The version of `key` that was valid at `time`; `None` also if that is beyond the history retention.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let price = prices.get_as_of(&"tea".to_owned(), 1_000.into())?.map(|version| *version.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_as_of(&mut self, key: &K, time: Timestamp) -> Result<Option<VersionedRecord<&V>>, StoreError> {
        self.store.get_as_of(key, time)
    }

    /// The versions of `key` that were valid at some time between `from` and `to`, both inclusive, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
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
        self.store.history(key, from, to)
    }

    /// Writes the version of `key` that is valid from `time`. One that is older than the history retention is refused and counted.
    ///
    /// # Errors
    /// When the time is negative, the store fails, or key or value cannot be encoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let is_latest = prices.put(&"tea".to_owned(), 5, 1_000.into())?.is_latest();
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&mut self, key: &K, value: V, time: Timestamp) -> Result<PutVersion, StoreError> {
        self.put_version(key, Some(value), time)
    }

    /// Writes that `key` has no value from `time` on. It is like [`delete`](Self::delete), but reads nothing.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let outcome = prices.put_null(&"tea".to_owned(), 1_000.into())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_null(&mut self, key: &K, time: Timestamp) -> Result<PutVersion, StoreError> {
        self.put_version(key, None, time)
    }

    /// Deletes `key` as of `time`. Returns the version that was valid then.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, VersionedStore};
    /// # fn example(mut prices: StoreAccess<'_, VersionedStore<String, i64>>) -> Result<(), BoxError> {
    /// let price_before = prices.delete(&"tea".to_owned(), 1_000.into())?.map(|version| version.value);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&mut self, key: &K, time: Timestamp) -> Result<Option<VersionedRecord<V>>, StoreError> {
        let refused = self.store.expired();
        let deleted = in_store(|| self.store.delete(key, time, self.log));
        *self.refused += self.store.expired() - refused;
        deleted
    }

    fn put_version(&mut self, key: &K, value: Option<V>, time: Timestamp) -> Result<PutVersion, StoreError> {
        let outcome = in_store(|| self.store.put(key, value, time, self.log))?;
        *self.refused += u64::from(outcome.is_expired());
        Ok(outcome)
    }
}
