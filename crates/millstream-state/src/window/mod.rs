//! The window store: values by key and window start, kept for a retention time and dropped by segments.

mod any;
mod keys;
mod range;
#[cfg(test)]
mod tests;

use std::ops::Bound;

use millstream_types::{Data, Serde, Timestamp};

pub use self::keys::segment_interval_ms;
use self::keys::{SEGMENT_BYTES, SUFFIX_BYTES, Segments, WindowKey, WindowKeys, encode_suffix};
pub use self::range::{FlushedWindow, WindowRange, WindowRow};
use crate::store::Store;
use crate::{
    Backing, Changelog, Cursor, Direction, KeyRange, Paged, RecordContext, Row, StoreError, StoreOptions,
    ValueAndTimestamp,
};

/// Rows read at a time at least, where some of them are filtered out.
const SCAN_ROWS_MIN: usize = 64;

/// What a window store is told about its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowOptions {
    /// How far behind stream time a window's start may lie, in milliseconds.
    pub retention_ms: i64,
    /// How long a window is, in milliseconds.
    pub window_size_ms: i64,
}

/// A store of values by key and window start.
///
/// # Time
/// The store's stream time is the latest window start it was given. Reads see the windows that start later than stream
/// time less retention. Windows lie in segments of half the retention each, at least a minute; a segment that ends
/// before that line is closed: dropped whole, in memory at once and in the engine with the next write-back, and a
/// write to it is refused and counted ([`expired`](Self::expired)). So does Kafka Streams' default store. Stream time is
/// not stored: over an engine it begins at the start of the newest segment found there.
///
/// # Order
/// Rows come by segment, then by key bytes, then by start, as from Kafka Streams' default store. The windows of one key
/// come by start.
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
/// let mut visits = WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::Resident);
/// let start = Timestamp::from_millis(120_000);
/// let page = "home".to_owned();
/// visits.put(&page, start, Some(ValueAndTimestamp::new(1_i64, 125_000)), &RecordContext::at(125_000), &mut NoChangelog)?;
/// assert_eq!(visits.fetch(&page, Timestamp::from_millis(0), start)?.len(), 1);
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct WindowStore<K: Data, V: Data> {
    store: Store<WindowKeys<K>, V>,
    windows: WindowOptions,
    segments: Segments,
    /// Stream time: the latest start seen.
    observed: Timestamp,
    /// Whether `observed` has taken account of what the engine held at the start.
    opened: bool,
    /// The first segment that is not closed.
    first_live: i64,
    /// Whether closed segments still have dirty entries, which wait for their flush.
    holds_closed: bool,
    expired: u64,
}

impl<K: Data, V: Data> WindowStore<K, V> {
    /// Opens a store. It is empty, or holds what its engine holds.
    #[must_use]
    pub fn new(
        options: StoreOptions,
        windows: WindowOptions,
        keys: Serde<K>,
        values: Serde<V>,
        backing: Backing,
    ) -> Self {
        let segments = Segments::for_retention(windows.retention_ms);
        let layout = WindowKeys::new(keys, options.changelog_topic.clone(), segments);
        Self {
            store: Store::new(options, layout, values, backing),
            windows,
            segments,
            observed: Timestamp::UNKNOWN,
            opened: false,
            first_live: 0,
            holds_closed: false,
            expired: 0,
        }
    }

    /// The store's retention and window size.
    #[must_use]
    pub fn windows(&self) -> WindowOptions {
        self.windows
    }

    /// The latest window start seen; [`Timestamp::UNKNOWN`] before the first.
    #[must_use]
    pub fn observed_stream_time(&self) -> Timestamp {
        self.observed
    }

    /// How many writes were refused because their window's segment was closed.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired
    }

    /// The value of `key` in the window that starts at `start`.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be read.
    pub fn get(&mut self, key: &K, start: Timestamp) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.open()?;
        if start < self.earliest_visible() {
            return Ok(None);
        }
        self.store.get((key, start))
    }

    /// Sets the value of `key` in the window that starts at `start`; `None` deletes it. Stream time advances to `start`.
    /// In a closed segment nothing is written, or logged.
    ///
    /// # Errors
    /// When the engine fails, or (without caching) key or value cannot be written.
    pub fn put(
        &mut self,
        key: &K,
        start: Timestamp,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.admit(start)? { self.store.put((key, start), value, context, log) } else { Ok(()) }
    }

    /// Replaces the value of `key` in the window that starts at `start` by what `f` makes of it, `None` standing for
    /// "not there" on both sides; one lookup. In a closed segment `f` is not called.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn update<F>(
        &mut self,
        key: &K,
        start: Timestamp,
        context: &RecordContext,
        log: &mut dyn Changelog,
        f: F,
    ) -> Result<(), StoreError>
    where
        F: FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    {
        if !self.admit(start)? {
            return Ok(());
        }
        let is_visible = start >= self.earliest_visible();
        self.store.update((key, start), context, log, |held| f(held.filter(|_| is_visible)))
    }

    /// Brings the rows of windows that come soon near the processor: nothing changes but how long they take. Best for
    /// [`ROWS_AHEAD`](crate::ROWS_AHEAD) windows at once.
    pub fn touch<'a>(&mut self, windows: impl Iterator<Item = (&'a K, Timestamp)> + Clone) {
        self.store.touch(windows);
    }

    /// The windows of `key` that start between `from` and `to`, both included, by start.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be read.
    pub fn fetch(&mut self, key: &K, from: Timestamp, to: Timestamp) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.open()?;
        let mut key_bytes = Vec::new();
        let encoded = self.store.layout.encode_key(key, &mut key_bytes);
        encoded.map_err(|source| self.store.serde_error(source))?;
        let from = from.max(self.earliest_visible());
        let last = self.segments.number(to.min(self.observed));
        let mut found = Vec::new();
        for segment in self.segments.number(from)..=last {
            let [low, high] = [from, to].map(|start| bound_key(segment, &key_bytes, start));
            let bounds = (Bound::Included(&*low), Bound::Included(&*high));
            let rows = self.store.rows(bounds, Direction::Forward, usize::MAX)?;
            // Longer keys that begin with this one can lie in between.
            found.extend(rows.into_iter().filter(|row| key_of(&row.engine_key) == key_bytes).map(WindowRow::from));
        }
        Ok(found)
    }

    /// All windows that start between `from` and `to`, both included; for small stores and tests. A
    /// [`cursor`](Self::cursor) takes less memory.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn fetch_all(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.page(&WindowRange::starting(from, to), None, Direction::Forward, usize::MAX)
    }

    /// All windows; for small stores and tests.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn all(&mut self) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.page(&WindowRange::all(), None, Direction::Forward, usize::MAX)
    }

    /// The next `limit` windows of `range` behind the engine key `after`, in `direction`. Fewer than `limit` means: no
    /// more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be read.
    pub fn page(
        &mut self,
        range: &WindowRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        let rows = self.visible_rows(range, after, direction, limit)?;
        Ok(rows.into_iter().map(WindowRow::from).collect())
    }

    /// A cursor over `range`, which reads page by page and does not borrow the store.
    #[must_use]
    pub fn cursor(range: WindowRange, direction: Direction) -> Cursor<Self> {
        Cursor::new(range, direction)
    }

    /// Logs dirty windows and hands out what to forward, in the order of last update, also windows whose segment closed
    /// meanwhile: `limit` of them, or fewer if then none is dirty. One created and deleted since the last flush is neither
    /// logged nor handed out.
    ///
    /// # Errors
    /// When a key or value cannot be written, or the engine fails.
    pub fn take_dirty(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
    ) -> Result<Vec<FlushedWindow<K, V>>, StoreError> {
        let flushed = self.store.take_dirty(log, limit)?;
        self.drop_flushed_closed();
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

    /// Rows of `range` that reads may see.
    fn visible_rows(
        &mut self,
        range: &WindowRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<WindowKey<K>, V>>, StoreError> {
        self.open()?;
        let from = range.from.max(self.earliest_visible());
        let segments = self.segments_between(from, range.to);
        let is_asked = |row: &Row<WindowKey<K>, V>| {
            (from..=range.to).contains(&row.key.start) && range.keys.contains(key_of(&row.engine_key))
        };
        let mut found = Vec::new();
        let mut after = after.map(<[u8]>::to_vec);
        while found.len() < limit {
            let scan = (limit - found.len()).max(SCAN_ROWS_MIN);
            let rows = self.store.rows(segments.rest(after.as_deref(), direction), direction, scan)?;
            let is_last = rows.len() < scan;
            after = rows.last().map(|row| row.engine_key.clone());
            found.extend(rows.into_iter().filter(is_asked));
            if is_last {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The engine keys of all segments that windows starting between the two can lie in.
    fn segments_between(&self, from: Timestamp, to: Timestamp) -> KeyRange {
        let [from, behind] = [self.segments.number(from), self.segments.number(to) + 1];
        KeyRange {
            from: Bound::Included(from.to_be_bytes().to_vec()),
            to: Bound::Excluded(behind.to_be_bytes().to_vec()),
        }
    }

    /// The earliest start that reads see.
    fn earliest_visible(&self) -> Timestamp {
        self.observed.saturating_add(-self.windows.retention_ms).saturating_add(1)
    }

    /// Advances stream time to `start`, and says whether its segment is open.
    fn admit(&mut self, start: Timestamp) -> Result<bool, StoreError> {
        self.open()?;
        self.observe(start);
        let is_open = self.segments.number(start) >= self.first_live;
        self.expired += u64::from(!is_open);
        Ok(is_open)
    }

    /// Advances stream time, and closes the segments that fall behind.
    fn observe(&mut self, start: Timestamp) {
        if start <= self.observed {
            return;
        }
        self.observed = start;
        let first_live = self.segments.number(start.saturating_add(-self.windows.retention_ms));
        if first_live > self.first_live {
            self.first_live = first_live;
            self.drop_closed();
        }
    }

    /// Sets stream time from what the engine holds, once.
    fn open(&mut self) -> Result<(), StoreError> {
        if self.opened {
            return Ok(());
        }
        self.opened = true;
        let newest = self.store.last_stored_key()?;
        if let Some(segment) = newest.as_deref().and_then(<[u8]>::first_chunk::<SEGMENT_BYTES>) {
            self.observe(self.segments.begin(i64::from_be_bytes(*segment)));
        }
        Ok(())
    }

    /// Drops the closed segments; dirty entries in them wait for their flush.
    fn drop_closed(&mut self) {
        let (segments, first_live) = (self.segments, self.first_live);
        let waiting = self.store.drop_entries(|key| segments.number(key.start) < first_live);
        self.holds_closed = waiting > 0;
        self.store.drop_stored_below(&first_live.to_be_bytes());
    }

    /// Drops what was dirty when its segment closed, once all of it is flushed.
    fn drop_flushed_closed(&mut self) {
        if self.holds_closed && self.store.dirty.len() == 0 {
            self.drop_closed();
        }
    }
}

impl<K: Data, V: Data> Paged for WindowStore<K, V> {
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

impl<K, V> From<Row<WindowKey<K>, V>> for WindowRow<K, V> {
    fn from(row: Row<WindowKey<K>, V>) -> Self {
        let WindowKey { key, start } = row.key;
        Self { key, start, value: row.value, timestamp: row.timestamp, engine_key: row.engine_key }
    }
}

/// The engine key of a window of the key with these bytes.
fn bound_key(segment: i64, key_bytes: &[u8], start: Timestamp) -> Vec<u8> {
    let mut bytes = segment.to_be_bytes().to_vec();
    bytes.extend_from_slice(key_bytes);
    encode_suffix(start, &mut bytes);
    bytes
}

/// The key's bytes in an engine key.
fn key_of(engine_key: &[u8]) -> &[u8] {
    let end = engine_key.len().saturating_sub(SUFFIX_BYTES);
    engine_key.get(SEGMENT_BYTES..end).unwrap_or_default()
}
