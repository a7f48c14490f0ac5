//! The session store: values by key and session, kept for a retention and removed by segments.

mod layout;
mod range;
mod read;
#[cfg(test)]
mod tests;
mod time_order;

use millstream_types::{Data, Serde, Timestamp, Window};

use self::layout::SessionKeys;
pub use self::range::{FlushedSession, SessionRange, SessionRow, SessionValue};
use crate::store::{Store, TypedStore};
use crate::{
    Backing, Changelog, Cursor, Direction, Paged, RecordContext, StoreError, StoreOptions, ValueAndTimestamp,
    WithHeaders, WriteOutcome,
};

/// A store of values by key and session: a window whose end belongs to it, and which is as long as its records make it.
///
/// Values have no time of their own; the end of a session is the time of its last record.
///
/// # Time
/// The stream time of the store is the latest end that was written. Sessions that end after stream time minus retention are
/// visible. They are in segments by their end, which are closed and removed as those of a
/// [`WindowStore`](crate::WindowStore); a write to a closed one is refused ([`WriteOutcome::Expired`]).
///
/// # Order
/// The sessions of one key are in the order of their ends. Those of several keys are in the order of the stores of Kafka Streams: in
/// memory by end, then by key bytes; with an engine by segment, then by key bytes, then by end.
///
/// # Examples
/// ```
/// use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
/// use millstream_types::{Serde, Timestamp, Window};
///
/// let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
/// let mut visits = SessionStore::new(options, 3_600_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
/// let (anna, start, end) = ("anna".to_owned(), Timestamp::from_millis(5_000), Timestamp::from_millis(9_000));
/// visits.put(&anna, Window { start, end }, Some(3_i64), &RecordContext::at(end), &mut NoChangelog)?;
/// assert_eq!(visits.fetch(&anna, Direction::Forward)?.len(), 1);
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct SessionStore<K: Data, V: Data> {
    store: Store<SessionKeys<K>, V>,
}

impl<K: Data, V: Data> SessionStore<K, WithHeaders<V>> {
    /// Opens a store whose values have headers, with the rows of its engine, or an empty one in memory. Otherwise as
    /// [`new`](SessionStore::new).
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{
    ///     Backing, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions, WithHeaders,
    /// };
    /// use millstream_types::{Headers, Serde, Timestamp, Window};
    ///
    /// let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
    /// let mut visits = SessionStore::with_headers(options, 60_000, keys, values, Backing::InMemory);
    /// let (anna, session) = ("anna".to_owned(), Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) });
    /// let value = Some(WithHeaders::new(1, Headers::new()));
    /// _ = visits.put(&anna, session, value, &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.get(&anna, session)?.map(|visit| visit.value), Some(1));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_headers(
        options: StoreOptions,
        retention_ms: i64,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let options = StoreOptions { timestamped: false, ..options };
        let layout = SessionKeys::new(keys, options.changelog_topic.clone(), retention_ms);
        Self { store: Store::with_headers(options, layout, values, backing) }
    }
}

impl<K: Data, V: Data> SessionStore<K, V> {
    /// Opens a store with the rows of its engine, or an empty one in memory. A session is kept until stream time has passed its
    /// end by `retention_ms`. The option [`timestamped`](StoreOptions::timestamped) has no effect.
    #[must_use]
    pub fn new(options: StoreOptions, retention_ms: i64, keys: Serde<K>, values: Serde<V>, backing: Backing) -> Self {
        let options = StoreOptions { timestamped: false, ..options };
        let layout = SessionKeys::new(keys, options.changelog_topic.clone(), retention_ms);
        Self { store: Store::new(options, layout, values, backing) }
    }

    /// Shows and keeps sessions for `visible_ms` instead of the retention.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// let mut visits = visits.visible_for(120_000);
    /// let later = Window { start: Timestamp::from_millis(70_000), end: Timestamp::from_millis(70_000) };
    /// _ = visits.put(&anna, later, Some(1), &RecordContext::at(70_000), &mut NoChangelog)?;
    /// assert_eq!(visits.get(&anna, session)?, Some(&1));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn visible_for(mut self, visible_ms: i64) -> Self {
        self.store.set_visible_ms(visible_ms);
        self
    }

    /// How long a session is kept after its end, in milliseconds of stream time.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.retention_ms(), 60_000);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn retention_ms(&self) -> i64 {
        self.store.layout().retention_ms()
    }

    /// The stream time of the store: the latest end of a session; [`Timestamp::UNKNOWN`] before the first.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.observed_stream_time(), session.end);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn observed_stream_time(&self) -> Timestamp {
        self.store.stream_time()
    }

    /// The number of writes that were refused because the segment of their session was closed.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.expired(), 0);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.store.refused()
    }

    /// The value of `key` in exactly this session.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.get(&anna, session)?, Some(&1));
    /// assert_eq!(visits.get(&anna, Window { end: Timestamp::from_millis(11), ..session })?, None);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn get(&mut self, key: &K, window: Window) -> Result<Option<&V>, StoreError> {
        Ok(self.store.get((key, window))?.map(|held| &held.value))
    }

    /// Sets the value of `key` in a session; `None` removes the session. Stream time advances to the end of the session. In a
    /// closed segment nothing is written or logged; the caller should skip and count its record.
    ///
    /// # Errors
    /// When the engine fails, or (without caching) key or value cannot be encoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// _ = visits.put(&anna, session, None, &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.get(&anna, session)?, None);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn put(
        &mut self,
        key: &K,
        window: Window,
        value: Option<V>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<WriteOutcome, StoreError> {
        let value = value.map(|value| ValueAndTimestamp { value, timestamp: Timestamp::UNKNOWN });
        self.store.put((key, window), value, context, log)
    }

    /// The encoding of `key` without its session, by which records are partitioned.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn key_bytes(&self, key: &K) -> Result<Vec<u8>, StoreError> {
        let mut key_bytes = Vec::new();
        let encoded = self.store.layout().encode_key(key, &mut key_bytes);
        encoded.map_err(|source| self.store.serde_error(source))?;
        Ok(key_bytes)
    }

    /// A cursor over `range`, which reads pages and does not borrow the store.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// # _ = visits.put(&anna, session, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// # use millstream_state::SessionRange;
    /// let mut cursor = SessionStore::cursor(SessionRange::all(), Direction::Forward);
    /// while let Some(row) = cursor.next(&mut visits)? {
    ///     assert_eq!(row.key, "anna");
    /// }
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn cursor(range: SessionRange, direction: Direction) -> Cursor<Self> {
        Cursor::new(range, direction)
    }

    /// Logs up to `limit` dirty sessions, in the order of the last update, and returns their changes, as
    /// [`WindowStore::take_dirty`](crate::WindowStore::take_dirty) does.
    ///
    /// # Errors
    /// When a key or value cannot be encoded, or the engine fails.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Backing, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// use millstream_types::{Serde, Timestamp, Window};
    ///
    /// let options = StoreOptions { caching: true, ..StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog") };
    /// let mut visits = SessionStore::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// let session = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// _ = visits.put(&"anna".to_owned(), session, Some(1_i64), &RecordContext::at(10), &mut NoChangelog)?;
    /// let flushed = visits.take_dirty(&mut NoChangelog, usize::MAX)?;
    /// assert_eq!((flushed[0].window, flushed[0].new), (session, Some(1)));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn take_dirty(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
    ) -> Result<Vec<FlushedSession<K, V>>, StoreError> {
        let flushed = self.store.take_dirty(log, limit)?;
        let sessions = flushed.into_iter().map(|change| FlushedSession {
            key: change.key.key,
            window: change.key.window,
            old: change.old,
            new: change.new,
            context: change.context,
        });
        Ok(sessions.collect())
    }
}

impl<K: Data, V: Data> TypedStore for SessionStore<K, V> {
    type Layout = SessionKeys<K>;
    type Value = V;

    fn store(&self) -> &Store<SessionKeys<K>, V> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<SessionKeys<K>, V> {
        &mut self.store
    }
}

impl<K: Data, V: Data> Paged for SessionStore<K, V> {
    type Query = SessionRange;
    type Row = SessionRow<K, V>;

    fn page(
        &mut self,
        query: &SessionRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        Self::page(self, query, after, direction, limit)
    }

    fn engine_key(row: &SessionRow<K, V>) -> &[u8] {
        &row.engine_key
    }
}
