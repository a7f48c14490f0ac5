//! Reads windows: those of one key by start, those of several keys in the order of the stores of Kafka Streams.

use std::ops::Bound;

use millstream_types::{Data, Timestamp};

use super::WindowStore;
use super::layout::{WindowKey, WindowKeys, engine_key, key_at, key_of};
use super::range::{WindowRange, WindowRow};
use super::sequence::Sequence;
use crate::layout::Layout as _;
use crate::store::{Order, time_bytes};
use crate::{Direction, Row, StoreError};

impl<K: Data, V: Data, S: Sequence> WindowStore<K, V, S> {
    /// The windows of `key` that start between `from` and `to`, both inclusive, in the order of their starts. Duplicates are in
    /// the order in which they were put.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
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
    /// let rows = visits.fetch(&home, Timestamp::from_millis(-1), Timestamp::from_millis(60_000))?;
    /// assert_eq!(rows.iter().map(|row| row.value).collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn fetch(&mut self, key: &K, from: Timestamp, to: Timestamp) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        let from = from.max(self.store.earliest_visible()?);
        if from > to {
            return Ok(Vec::new());
        }
        let key_bytes = self.key_bytes(key)?;
        let segments = self.store.layout().segments();
        let last = segments.number(to.min(self.store.stream_time()));
        let mut found = Vec::new();
        for segment in segments.number(from)..=last {
            let [first, last] = start_bounds(from, to);
            let (low, high) =
                (engine_key(segment, &key_bytes, first, 0), engine_key(segment, &key_bytes, last, u32::MAX));
            let bounds = (Bound::Included(&*low), Bound::Included(&*high));
            let rows = self.store.rows(bounds, Direction::Forward, usize::MAX)?;
            // Longer keys that begin with this one may be in between.
            found.extend(
                rows.into_iter()
                    .filter(|row| key_of(&row.engine_key) == key_bytes && (from..=to).contains(&row.key.start)),
            );
        }
        // The bytes of negative starts are after those of the others.
        found.sort_by_key(|row| row.key.start);
        Ok(found.into_iter().map(|row| self.window_row(row)).collect())
    }

    /// All windows that start between `from` and `to`, both inclusive, for small stores and tests. A [`cursor`](Self::cursor)
    /// needs less memory.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
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
    /// assert_eq!(visits.fetch_all(Timestamp::from_millis(60_000), Timestamp::from_millis(i64::MAX))?.len(), 2);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn fetch_all(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.page(&WindowRange::starting(from, to), None, Direction::Forward, usize::MAX)
    }

    /// All windows, for small stores and tests.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
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
    /// assert_eq!(visits.all()?.len(), 3);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn all(&mut self) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        self.page(&WindowRange::all(), None, Direction::Forward, usize::MAX)
    }

    /// The next `limit` windows of `range` after the key `after`, in `direction`. Fewer than `limit` rows mean that there are no
    /// more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
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
    /// let last = visits.page(&WindowRange::all(), None, Direction::Backward, 1)?;
    /// assert_eq!(last[0].value, 3);
    /// let before = visits.page(&WindowRange::all(), Some(&last[0].engine_key), Direction::Backward, 9)?;
    /// assert_eq!(before.len(), 2);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn page(
        &mut self,
        range: &WindowRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        let from = range.from.max(self.store.earliest_visible()?);
        let order = self.order();
        let key_bytes = if order == Order::Time { key_at } else { key_of };
        let is_asked = |row: &Row<WindowKey<K, S>, V>| {
            (from..=range.to).contains(&row.key.start) && range.keys.contains(key_bytes(&row.engine_key))
        };
        let (first, behind) = match order {
            Order::Time => (time_bytes(from), range.to.as_millis().checked_add(1).map(|to| time_bytes(to.into()))),
            Order::Key => {
                let segments = self.store.layout().segments();
                (segments.number(from).to_be_bytes(), Some((segments.number(range.to) + 1).to_be_bytes()))
            }
        };
        let behind = behind.as_ref().map_or(Bound::Unbounded, |behind| Bound::Excluded(&behind[..]));
        let rows = self.store.scan(order, (Bound::Included(&first), behind), after, direction, limit, is_asked)?;
        Ok(rows.into_iter().map(WindowRow::from).collect())
    }

    /// The order of ranges, as in the stores of Kafka Streams.
    fn order(&self) -> Order {
        if self.store.is_in_memory() { Order::Time } else { Order::Key }
    }

    /// Converts a row, with its key in the order of ranges, so that a page can continue after it.
    fn window_row(&self, mut row: Row<WindowKey<K, S>, V>) -> WindowRow<K, V> {
        if self.order() == Order::Time {
            row.engine_key = WindowKeys::<K, S>::time_key(&row.engine_key, row.key.start);
        }
        row.into()
    }
}

impl<K, V, S> From<Row<WindowKey<K, S>, V>> for WindowRow<K, V> {
    fn from(row: Row<WindowKey<K, S>, V>) -> Self {
        let WindowKey { key, start, .. } = row.key;
        Self { key, start, value: row.value, timestamp: row.timestamp, engine_key: row.engine_key }
    }
}

/// The starts between two times with the lowest and the highest bytes: negative numbers have the highest bytes.
fn start_bounds(from: Timestamp, to: Timestamp) -> [Timestamp; 2] {
    let (zero, last) = (Timestamp::from_millis(0), Timestamp::from_millis(-1));
    if from < zero && zero <= to { [zero, last] } else { [from, to] }
}
