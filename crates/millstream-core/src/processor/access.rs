//! A store as a processor uses it: reads, and writes that are logged.

use millstream_state::{
    AnyStore, Changelog, Direction, KeyRange, KeyValueStore, RecordContext, Row, StoreError, ValueAndTimestamp,
    WindowRange, WindowRow, WindowStore, WriteOutcome,
};
use millstream_types::{Data, Timestamp};

use crate::chain::in_store;

/// A store that a processor has opened with [`ProcessorContext::store`](super::ProcessorContext::store). Every write is also
/// logged to the changelog of the store.
pub struct StoreAccess<'a, S> {
    pub(super) store: &'a mut S,
    pub(super) log: &'a mut dyn Changelog,
    pub(super) write: RecordContext,
    /// How many of the processor's updates were refused.
    pub(super) refused: &'a mut u64,
}

impl<'a, S> StoreAccess<'a, S> {
    pub(super) fn new(
        store: &'a mut S,
        log: &'a mut dyn Changelog,
        write: RecordContext,
        refused: &'a mut u64,
    ) -> Self {
        Self { store, log, write, refused }
    }

    /// The store, to read it.
    pub(super) fn opened(&mut self) -> &mut S {
        self.store
    }

    /// Writes to the store, and counts the write if it is refused.
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&mut S, &RecordContext, &mut dyn Changelog) -> Result<WriteOutcome, StoreError>,
    ) -> Result<(), StoreError> {
        let outcome = in_store(|| write(self.store, &self.write, self.log))?;
        *self.refused += u64::from(outcome.is_expired());
        Ok(())
    }
}

impl<K: Data, V: Data> StoreAccess<'_, KeyValueStore<K, V>> {
    /// The value of `key`.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let count = counts.get(&key)?.copied().unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K) -> Result<Option<&V>, StoreError> {
        Ok(self.store.get(key)?.map(|row| &row.value))
    }

    /// The value of `key` with the time of its last update, in a timestamped store.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let changed_at = counts.get_with_time(&key)?.map(|row| row.timestamp);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get_with_time(&mut self, key: &K) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.store.get(key)
    }

    /// Sets the value of `key`, with the time of the current record.
    ///
    /// # Errors
    /// When the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// counts.put(&key, 1)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&mut self, key: &K, value: V) -> Result<(), StoreError> {
        let value = ValueAndTimestamp::new(value, self.write.timestamp);
        self.store.put(key, Some(value), &self.write, self.log)
    }

    /// Sets the value of `key`, with the time `time`.
    ///
    /// # Errors
    /// When `time` is negative, the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// counts.put_at(&key, 1, Timestamp::from_millis(60_000))?;
    /// assert!(counts.put_at(&key, 1, Timestamp::from_millis(-1)).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_at(&mut self, key: &K, value: V, time: impl Into<Timestamp>) -> Result<(), StoreError> {
        let time = time.into();
        if !time.is_valid() {
            return Err(StoreError::NegativeTime { store: self.store.options().name.clone(), time });
        }
        in_store(|| self.store.put(key, Some(ValueAndTimestamp::new(value, time)), &self.write, self.log))
    }

    /// Sets the value of `key` if it has none. Returns whether it was set.
    ///
    /// # Errors
    /// When the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let is_first = counts.put_if_absent(&key, 1)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_if_absent(&mut self, key: &K, value: V) -> Result<bool, StoreError> {
        if self.store.get(key)?.is_some() {
            return Ok(false);
        }
        self.put(key, value).map(|()| true)
    }

    /// Deletes `key`. As in Kafka Streams, the delete of a key that does not exist is logged too.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// counts.delete(&key)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&mut self, key: &K) -> Result<(), StoreError> {
        in_store(|| self.store.put(key, None, &self.write, self.log))
    }

    /// Sets the values of several keys, each as [`put`](Self::put) does.
    ///
    /// # Errors
    /// When the store's engine fails, or a key or value cannot be written. The rows before that one are set.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, KeyValueStore, StoreAccess};
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// counts.put_all([("a".to_owned(), 1), ("b".to_owned(), 2)])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put_all(&mut self, rows: impl IntoIterator<Item = (K, V)>) -> Result<(), StoreError> {
        rows.into_iter().try_for_each(|(key, value)| self.put(&key, value))
    }

    /// The number of rows: exact for a store in memory, otherwise an estimate of the engine.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{KeyValueStore, StoreAccess};
    /// # fn example(counts: StoreAccess<'_, KeyValueStore<String, i64>>) {
    /// println!("about {} keys", counts.approximate_count());
    /// # }
    /// ```
    #[must_use]
    pub fn approximate_count(&self) -> usize {
        AnyStore::len(self.store)
    }

    /// All rows in the order of their key bytes. Read a large store page by page, with [`page`](Self::page).
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let sum: i64 = counts.all()?.into_iter().map(|row| row.value).sum();
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&mut self) -> Result<Vec<Row<K, V>>, StoreError> {
        self.store.rows(&KeyRange::all(), Direction::Forward)
    }

    /// The rows from `from` to `to`, both inclusive, in the order of their key bytes. `None` is no bound.
    ///
    /// # Errors
    /// When the store's engine fails, or a key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let from_a_on = counts.range(Some(&key), None, Direction::Forward)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn range(
        &mut self,
        from: Option<&K>,
        to: Option<&K>,
        direction: Direction,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        let range = self.store.range_of(from, to)?;
        self.store.rows(&range, direction)
    }

    /// The rows whose key bytes begin with `prefix`, in the order of their key bytes.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let beginning_with_a = counts.prefix(b"a")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn prefix(&mut self, prefix: &[u8]) -> Result<Vec<Row<K, V>>, StoreError> {
        self.store.rows(&KeyRange::prefix(prefix), Direction::Forward)
    }

    /// The next `limit` rows of `range` after the key bytes `after`. Nothing is borrowed between two pages, so rows can be
    /// written and records forwarded in between. Fewer than `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, KeyRange, KeyValueStore, StoreAccess};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, KeyValueStore<String, i64>>) -> Result<(), BoxError> {
    /// let key = "a".to_owned();
    /// let first = counts.page(&KeyRange::all(), None, Direction::Forward, 100)?;
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
        self.store.page(range, after, direction, limit)
    }
}

impl<K: Data, V: Data> StoreAccess<'_, WindowStore<K, V>> {
    /// The value of `key` in the window that begins at `start`.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, WindowStore};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, start) = ("a".to_owned(), Timestamp::from_millis(60_000));
    /// let count = counts.get(&key, start)?.copied().unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K, start: impl Into<Timestamp>) -> Result<Option<&V>, StoreError> {
        let start = start.into();
        Ok(self.store.get(key, start)?.map(|row| &row.value))
    }

    /// Sets the value of `key` in the window that begins at `start`, with the time of the current record. A window whose
    /// retention has passed is not changed. As in Kafka Streams, such an update is counted as a dropped record
    /// (`late_for_window`) and reported as an event.
    ///
    /// # Errors
    /// When `start` is negative, the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, WindowStore};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, start) = ("a".to_owned(), Timestamp::from_millis(60_000));
    /// counts.put(&key, start, 1)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&mut self, key: &K, start: impl Into<Timestamp>, value: V) -> Result<(), StoreError> {
        let start = start.into();
        self.put_or_delete(key, start, Some(ValueAndTimestamp::new(value, self.write.timestamp)))
    }

    /// Deletes the row of `key` in the window that begins at `start`. As with [`put`](Self::put), a window whose retention has
    /// passed is not changed.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, WindowStore};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, start) = ("a".to_owned(), Timestamp::from_millis(60_000));
    /// counts.delete(&key, start)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&mut self, key: &K, start: impl Into<Timestamp>) -> Result<(), StoreError> {
        self.put_or_delete(key, start.into(), None)
    }

    /// The rows of `key` in the windows that begin between `from` and `to`, both inclusive, earliest first.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, WindowStore};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, start) = ("a".to_owned(), Timestamp::from_millis(60_000));
    /// let last_minutes = counts.fetch(&key, Timestamp::from_millis(0), start)?;
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
        self.store.fetch(key, from, to)
    }

    /// All rows, in the order of Kafka Streams' stores: in memory by window start, then by key bytes; in an engine by
    /// segment, then by key bytes, then by window start.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, StoreAccess, WindowStore};
    /// # use millstream_types::Timestamp;
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, start) = ("a".to_owned(), Timestamp::from_millis(60_000));
    /// let rows = counts.all()?.len();
    /// # Ok(())
    /// # }
    /// ```
    pub fn all(&mut self) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.store.all()
    }

    /// The next `limit` rows of a range of keys and starts after the key `after`, in the order of [`all`](Self::all) or backwards.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, StoreAccess, WindowStore};
    /// # fn example(mut counts: StoreAccess<'_, WindowStore<String, i64>>) -> Result<(), BoxError> {
    /// use millstream_state::WindowRange;
    ///
    /// let latest = counts.page(&WindowRange::starting(60_000, 119_999), None, Direction::Backward, 1)?.pop();
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(
        &mut self,
        range: &WindowRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.store.page(range, after, direction, limit)
    }

    fn put_or_delete(
        &mut self,
        key: &K,
        start: Timestamp,
        value: Option<ValueAndTimestamp<V>>,
    ) -> Result<(), StoreError> {
        if !start.is_valid() {
            return Err(StoreError::NegativeTime { store: self.store.options().name.clone(), time: start });
        }
        self.write(|store, write, log| store.put(key, start, value, write, log))
    }
}
