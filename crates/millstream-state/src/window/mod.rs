//! The window store: values by key and window start, kept for a retention and removed by segments.

mod duplicates;
mod layout;
mod options;
mod range;
mod read;
mod sequence;
#[cfg(test)]
mod tests;

use millstream_types::{Data, Offset, Serde, Timestamp};

use self::layout::WindowKeys;
pub use self::options::WindowOptions;
pub use self::range::{FlushedWindow, WindowRange, WindowRow, WindowValue};
pub use self::sequence::{Sequence, SequenceNumber};
use crate::store::{Store, TypedStore};
use crate::{
    Backing, Changelog, Cursor, Direction, Paged, PrefetchFrom, RecordContext, StoreError, StoreOptions,
    ValueAndTimestamp, WithHeaders, WriteOutcome,
};

/// A store of values by key and window start.
///
/// # Time
/// The stream time of the store is the latest window start that was written. Windows that start after stream time minus
/// retention are visible. Windows are in segments of half the retention, at least a minute. A segment that ends before that
/// time is closed: it is removed completely, in memory at once and from the engine with the next write-back, and a write to
/// it is refused ([`WriteOutcome::Expired`]) and counted ([`expired`](Self::expired)), as in the default store of Kafka
/// Streams. Stream time is not stored: with an engine it begins at the start of the newest segment there.
///
/// # Order
/// The order of rows of several keys is that of the stores of Kafka Streams: in memory by start, then by key bytes; with an
/// engine by segment, then by key bytes, then by start. The windows of one key ([`fetch`](Self::fetch)) are always in the
/// order of their starts.
///
/// # Examples
/// ```
/// use millstream_state::{
///     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
/// };
/// use millstream_types::{Serde, Timestamp};
///
/// let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
/// let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
/// let mut visits = WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
/// let start = Timestamp::from_millis(120_000);
/// let page = "home".to_owned();
/// visits.put(&page, start, Some(ValueAndTimestamp::new(1_i64, 125_000)), &RecordContext::at(125_000), &mut NoChangelog)?;
/// assert_eq!(visits.fetch(&page, Timestamp::from_millis(0), start)?.len(), 1);
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct WindowStore<K: Data, V: Data, S: Sequence = ()> {
    store: Store<WindowKeys<K, S>, V>,
    /// The sequence number of the value that was put last.
    last: S,
}

/// A window store that keeps every value that is put, also those of the same key and window start, as those of Kafka Streams with
/// `retainDuplicates`. Rows cannot be read, replaced or deleted alone. It is never cached.
///
/// Each value has the next sequence number, which is part of its key in the changelog. After a restore the numbers continue at the
/// offset of the changelog, which is at least as large as any of them, so that no row replaces another.
pub type DuplicateWindowStore<K, V> = WindowStore<K, V, SequenceNumber>;

impl<K: Data, V: Data> WindowStore<K, WithHeaders<V>> {
    /// Opens a timestamped store whose values have headers, with the rows of its engine, or an empty one in memory.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{
    ///     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
    ///     WithHeaders,
    /// };
    /// use millstream_types::{Headers, Serde, Timestamp};
    ///
    /// let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
    /// let mut visits = WindowStore::with_headers(options, windows, keys, values, Backing::InMemory);
    /// let (page, start) = ("home".to_owned(), Timestamp::from_millis(120_000));
    /// let value = ValueAndTimestamp::new(WithHeaders::new(1, Headers::new()), 125_000);
    /// _ = visits.put(&page, start, Some(value), &RecordContext::at(125_000), &mut NoChangelog)?;
    /// assert!(visits.get(&page, start)?.is_some_and(|row| row.value.headers.is_empty()));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_headers(
        options: StoreOptions,
        windows: WindowOptions,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let options = StoreOptions { timestamped: true, ..options };
        let layout = WindowKeys::new(keys, options.changelog_topic.clone(), windows);
        Self { store: Store::with_headers(options, layout, values, backing), last: () }
    }
}

impl<K: Data, V: Data> WindowStore<K, V> {
    /// Opens a store with the rows of its engine, or an empty one in memory.
    #[must_use]
    pub fn new(
        options: StoreOptions,
        windows: WindowOptions,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let layout = WindowKeys::new(keys, options.changelog_topic.clone(), windows);
        Self { store: Store::new(options, layout, values, backing), last: () }
    }

    /// Shows and keeps windows for `visible_ms` instead of the retention.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// let windows = WindowOptions { retention_ms: 60_000, window_size_ms: 1_000 };
    /// let visits = WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// let mut visits = visits.visible_for(90_000);
    /// let page = "home".to_owned();
    /// for start in [0, 70_000] {
    ///     let value = Some(ValueAndTimestamp::new(1_i64, start));
    ///     _ = visits.put(&page, start.into(), value, &RecordContext::at(start), &mut NoChangelog)?;
    /// }
    /// assert!(visits.get(&page, Timestamp::from_millis(0))?.is_some());
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn visible_for(mut self, visible_ms: i64) -> Self {
        self.store.set_visible_ms(visible_ms);
        self
    }

    /// Keeps the windows in the order of their starts, as Kafka Streams does where windows are emitted when they close. Windows of a
    /// time are then read without the others; those of one key are searched among all of their time. Must be called before the
    /// store has rows, and each time it is opened.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, InMemoryEngine, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let backing = Backing::Engine { engine: Box::new(InMemoryEngine::new()), cache_bytes_max: 1_000 };
    /// let visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), backing);
    /// let mut visits = visits.ordered_by_start();
    /// for (page, start) in [("a", 60_000), ("b", 0)] {
    ///     let held = Some(ValueAndTimestamp::new(1_i64, start));
    ///     _ = visits.put(&page.to_owned(), start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// }
    /// assert_eq!(visits.all()?.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["b", "a"]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn ordered_by_start(mut self) -> Self {
        self.store.layout_mut().order_by_start();
        self
    }

    /// Shows and keeps windows that start at `start` or later, even when their retention is over, until it is called with a later
    /// start. Those that are not visible any more are not shown again, and those that it releases are removed when stream time next
    /// closes a segment.
    ///
    /// # Errors
    /// When the engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// let windows = WindowOptions { retention_ms: 60_000, window_size_ms: 1_000 };
    /// let mut visits = WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// visits.hold_from(Timestamp::from_millis(0))?;
    /// let page = "home".to_owned();
    /// for start in [0, 3_600_000] {
    ///     let value = Some(ValueAndTimestamp::new(1_i64, start));
    ///     _ = visits.put(&page, start.into(), value, &RecordContext::at(start), &mut NoChangelog)?;
    /// }
    /// assert!(visits.get(&page, Timestamp::from_millis(0))?.is_some());
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn hold_from(&mut self, start: Timestamp) -> Result<(), StoreError> {
        self.store.hold_from(start)
    }

    /// The value of `key` in the window that starts at `start`.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// assert_eq!(visits.get(&home, Timestamp::from_millis(60_000))?.map(|held| held.value), Some(2));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn get(&mut self, key: &K, start: Timestamp) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.store.get((key, start, ()))
    }

    /// Sets the value of `key` in the window that starts at `start`; `None` deletes it. Stream time advances to `start`. In a
    /// closed segment nothing is written or logged; the caller should skip and count its record.
    ///
    /// # Errors
    /// When the engine fails, or (without caching) key or value cannot be encoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     WriteOutcome, Backing, NoChangelog, RecordContext, StoreError, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 60_000, window_size_ms: 1_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let page = "home".to_owned();
    /// let mut put = |start: i64| {
    ///     let value = Some(ValueAndTimestamp::new(1_i64, start));
    ///     visits.put(&page, start.into(), value, &RecordContext::at(start), &mut NoChangelog)
    /// };
    /// assert_eq!(put(3_600_000)?, WriteOutcome::Accepted);
    /// assert_eq!(put(0)?, WriteOutcome::Expired, "an hour behind, with a retention of a minute");
    /// # Ok::<(), StoreError>(())
    /// ```
    pub fn put(
        &mut self,
        key: &K,
        start: Timestamp,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<WriteOutcome, StoreError> {
        self.store.put((key, start, ()), value, context, log)
    }

    /// Replaces the value of `key` in the window that starts at `start` by the result of `f`. `None` means that there is no
    /// value, as argument and as result. The key is looked up once. In a closed segment `f` is not called.
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// let start = Timestamp::from_millis(60_000);
    /// let add_one = |held: Option<ValueAndTimestamp<i64>>| {
    ///     Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + 1, start))
    /// };
    /// let outcome = visits.update(&home, start, &RecordContext::at(start), &mut NoChangelog, add_one)?;
    /// assert!(!outcome.is_expired());
    /// assert_eq!(visits.get(&home, start)?.map(|held| held.value), Some(3));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn update<F>(
        &mut self,
        key: &K,
        start: Timestamp,
        context: &RecordContext,
        log: &mut dyn Changelog,
        f: F,
    ) -> Result<WriteOutcome, StoreError>
    where
        F: FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    {
        self.store.update((key, start, ()), context, log, f)
    }

    /// Loads the rows of windows that will be used soon: into the processor's cache, and all those at once that are read from the
    /// engine. This affects only the speed. Use it with about [`PREFETCH_ROWS`](crate::PREFETCH_ROWS) windows at once.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, PrefetchFrom, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// visits.prefetch([(&home, Timestamp::from_millis(0))].into_iter(), PrefetchFrom::Engine);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn prefetch<'a>(&mut self, windows: impl Iterator<Item = (&'a K, Timestamp)> + Clone, from: PrefetchFrom) {
        self.store.prefetch(windows.map(|(key, start)| (key, start, ())), from);
    }

    /// Logs up to `limit` dirty windows, in the order of the last update, and returns their changes, including those of segments
    /// that have closed meanwhile. There may be fewer changes, while further windows are [dirty](crate::AnyStore::has_dirty). A
    /// window that was created and deleted since the last flush counts, and is neither logged nor returned.
    ///
    /// # Errors
    /// When a key or value cannot be encoded, or the engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// let options = StoreOptions { caching: true, ..visits.options().clone() };
    /// let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// let held = Some(ValueAndTimestamp::new(1, 0));
    /// _ = visits.put(&home, Timestamp::from_millis(0), held, &RecordContext::at(0), &mut NoChangelog)?;
    /// let flushed = visits.take_dirty(&mut NoChangelog, usize::MAX)?;
    /// assert_eq!((flushed.len(), flushed[0].start.as_millis()), (1, 0));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn take_dirty(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
    ) -> Result<Vec<FlushedWindow<K, V>>, StoreError> {
        let flushed = self.store.take_dirty(log, limit)?;
        let windows = flushed.into_iter().map(|change| FlushedWindow {
            key: change.key.key,
            start: change.key.start,
            old: change.old,
            new: change.new,
            timestamp: change.timestamp,
            context: change.context,
        });
        Ok(windows.collect())
    }
}

impl<K: Data, V: Data, S: Sequence> WindowStore<K, V, S> {
    /// The retention and window size of the store.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// assert_eq!(visits.windows().window_size_ms, 60_000);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn windows(&self) -> WindowOptions {
        self.store.layout().windows()
    }

    /// The stream time of the store: the latest window start; [`Timestamp::UNKNOWN`] before the first.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// assert_eq!(visits.observed_stream_time().as_millis(), 120_000);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn observed_stream_time(&self) -> Timestamp {
        self.store.stream_time()
    }

    /// The number of writes that were refused because the segment of their window was closed.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// let (late, now) = (Timestamp::from_millis(0), Timestamp::from_millis(7_200_000));
    /// for start in [now, late] {
    ///     let held = Some(ValueAndTimestamp::new(1, start));
    ///     _ = visits.put(&home, start, held, &RecordContext::at(start), &mut NoChangelog)?;
    /// }
    /// assert_eq!(visits.expired(), 1);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.store.refused()
    }

    /// The encoding of `key` without its window, by which records are partitioned.
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
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp,
    /// #     WindowOptions, WindowRange, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2), (120_000, 3)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// let mut cursor = WindowStore::cursor(WindowRange::starting(0, 60_000), Direction::Forward);
    /// while let Some(row) = cursor.next(&mut visits)? {
    ///     assert_eq!(row.key, "home");
    /// }
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn cursor(range: WindowRange, direction: Direction) -> Cursor<Self> {
        Cursor::new(range, direction)
    }
}

impl<K: Data, V: Data, S: Sequence> TypedStore for WindowStore<K, V, S> {
    type Layout = WindowKeys<K, S>;
    type Value = V;

    fn store(&self) -> &Store<WindowKeys<K, S>, V> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<WindowKeys<K, S>, V> {
        &mut self.store
    }

    /// Another owner may have numbered values meanwhile: the next number is found again.
    fn restored_until(&mut self, next: Offset) -> Result<(), StoreError> {
        self.last = S::numbered(0);
        self.store.restored_to(next)
    }
}

impl<K: Data, V: Data, S: Sequence> Paged for WindowStore<K, V, S> {
    type Query = WindowRange;
    type Row = WindowRow<K, V>;

    fn page(
        &mut self,
        query: &WindowRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        Self::page(self, query, after, direction, limit)
    }

    fn engine_key(row: &WindowRow<K, V>) -> &[u8] {
        &row.engine_key
    }
}
