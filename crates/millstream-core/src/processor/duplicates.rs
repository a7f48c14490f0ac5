//! A window store that keeps duplicates, as a processor uses it.

use millstream_state::{AnyStore as _, DuplicateWindowStore, StoreError, ValueAndTimestamp, WindowRow};
use millstream_types::{Data, Timestamp};

use super::access::StoreAccess;

impl<K: Data, V: Data> StoreAccess<'_, DuplicateWindowStore<K, V>> {
    /// Adds a value of `key` in the window that begins at `start`, with the time of the current record, beside those that are
    /// there. A value whose retention has passed is not added; it is counted as a dropped record (`late_for_window`) and
    /// reported as an event.
    ///
    /// # Errors
    /// When the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, DuplicateWindowStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut pages: StoreAccess<'_, DuplicateWindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (user, time) = ("anna".to_owned(), Timestamp::from_millis(60_000));
    /// pages.put(&user, time, 7)?;
    /// pages.put(&user, time, 8)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&mut self, key: &K, start: impl Into<Timestamp>, value: V) -> Result<(), StoreError> {
        let start = start.into();
        if !start.is_valid() {
            return Err(StoreError::NegativeTime { store: self.store.options().name.clone(), time: start });
        }
        self.write(|store, write, log| {
            store.put(key, start, Some(ValueAndTimestamp::new(value, write.timestamp)), write, log)
        })
    }

    /// The values of `key` in the windows that begin between `from` and `to`, both inclusive, earliest first; those of one
    /// window in the order in which they were put.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, DuplicateWindowStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut pages: StoreAccess<'_, DuplicateWindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (user, time) = ("anna".to_owned(), Timestamp::from_millis(60_000));
    /// let seen: Vec<i64> = pages.fetch(&user, time, time)?.into_iter().map(|row| row.value).collect();
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch(
        &mut self,
        key: &K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        let (from, to) = (from.into(), to.into());
        self.opened().fetch(key, from, to)
    }

    /// All values, in the order of Kafka Streams' stores: in memory by window start, then by key bytes; in an engine by
    /// segment, then by key bytes, then by window start; then in the order in which they were put.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, DuplicateWindowStore, StoreAccess};
    /// # fn example(mut pages: StoreAccess<'_, DuplicateWindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let rows = pages.all()?.len();
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&mut self) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.opened().all()
    }
}
