//! A session store as a processor uses it.

use millstream_state::{AnyStore as _, Direction, SessionRange, SessionRow, SessionStore, StoreError};
use millstream_types::{Data, Timestamp, Window};

use super::access::StoreAccess;
use crate::chain::in_store;

impl<K: Data, V: Data> StoreAccess<'_, SessionStore<K, V>> {
    /// The value of `key` in exactly this session.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # use millstream_types::{Timestamp, Window};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, window) = ("a".to_owned(), Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) });
    /// let clicks = visits.get(&key, window)?.copied().unwrap_or(0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&mut self, key: &K, window: Window) -> Result<Option<&V>, StoreError> {
        self.store.get(key, window)
    }

    /// Sets the value of `key` in a session. A session whose retention has passed is not changed. As in Kafka Streams, such an
    /// update is counted as a dropped record (`late_for_window`) and reported as an event.
    ///
    /// # Errors
    /// When the session starts before time 0 or after its end, the store's engine fails, or key or value cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # use millstream_types::{Timestamp, Window};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, window) = ("a".to_owned(), Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) });
    /// visits.put(&key, window, 1)?;
    /// assert!(visits.put(&key, Window { end: Timestamp::from_millis(-1), ..window }, 1).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn put(&mut self, key: &K, window: Window, value: V) -> Result<(), StoreError> {
        if !window.start.is_valid() || window.end < window.start {
            return Err(StoreError::InvalidSession { store: self.store.options().name.clone(), window });
        }
        let outcome = in_store(|| self.store.put(key, window, Some(value), &self.write, self.log))?;
        *self.refused += u64::from(outcome.is_expired());
        Ok(())
    }

    /// Removes a session of `key`. One whose retention has passed stays until it is removed by itself.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # use millstream_types::{Timestamp, Window};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, window) = ("a".to_owned(), Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) });
    /// visits.remove(&key, window)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn remove(&mut self, key: &K, window: Window) -> Result<(), StoreError> {
        in_store(|| self.store.put(key, window, None, &self.write, self.log)).map(drop)
    }

    /// The sessions of `key` that end at `earliest_end` or later and start at `latest_start` or earlier, in the order of their
    /// ends.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # use millstream_types::{Timestamp, Window};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// let (key, from, to) = ("a".to_owned(), Timestamp::from_millis(0), Timestamp::from_millis(60_000));
    /// let of_the_first_minute = visits.find(&key, from, to, Direction::Forward)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn find(
        &mut self,
        key: &K,
        earliest_end: Timestamp,
        latest_start: Timestamp,
        direction: Direction,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        self.store.find(key, earliest_end, latest_start, direction)
    }

    /// All sessions of `key`, in the order of their ends.
    ///
    /// # Errors
    /// When the store's engine fails, or the key cannot be written.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # use millstream_types::{Timestamp, Window};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// let last = visits.fetch(&"a".to_owned(), Direction::Backward)?.into_iter().next();
    /// # Ok(())
    /// # }
    /// ```
    pub fn fetch(&mut self, key: &K, direction: Direction) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        self.store.fetch(key, direction)
    }

    /// The next `limit` sessions of a range of keys and times after the key `after`, in the order of Kafka Streams' stores: in
    /// memory by end, then by key bytes; in an engine by segment, then by key bytes, then by end.
    ///
    /// # Errors
    /// When the store's engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::{BoxError, Direction, SessionStore, StoreAccess};
    /// # fn example(mut visits: StoreAccess<'_, SessionStore<String, i64>>) -> Result<(), BoxError> {
    /// use millstream_state::SessionRange;
    ///
    /// let all = visits.page(&SessionRange::all(), None, Direction::Forward, usize::MAX)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn page(
        &mut self,
        range: &SessionRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        self.store.page(range, after, direction, limit)
    }
}
