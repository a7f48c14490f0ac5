//! Reads windows: those of one key by start, those of several keys in the order of the stores of Kafka Streams.

use std::ops::Bound;

use millstream_types::{Data, Timestamp};

use super::WindowStore;
use super::layout::{WindowKey, WindowKeys, engine_key, key_at, key_of};
use super::range::{WindowRange, WindowRow, WindowValue};
use super::sequence::Sequence;
use crate::layout::Layout as _;
use crate::store::{Order, Place, PlacedRow, time_bytes};
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
        let found = self.placed(key, from, to)?;
        found.into_iter().map(|row| self.window_row(key, row)).collect()
    }

    /// The windows that [`fetch`](Self::fetch) returns, without what a page needs: for an operator that reads them for each record.
    ///
    /// # Errors
    /// Those of [`fetch`](Self::fetch).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let home = "home".to_owned();
    /// # for (start, count) in [(0, 1_i64), (60_000, 2)] {
    /// #     let held = Some(ValueAndTimestamp::new(count, start));
    /// #     _ = visits.put(&home, start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// # }
    /// let minute = Timestamp::from_millis(60_000);
    /// assert_eq!(visits.fetch_values(&home, minute, minute)?[0].value, 2);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[inline]
    pub fn fetch_values(&mut self, key: &K, from: Timestamp, to: Timestamp) -> Result<Vec<WindowValue<V>>, StoreError> {
        let found = self.placed(key, from, to)?;
        let values = found.into_iter().map(|PlacedRow { place, value, timestamp }| WindowValue {
            start: place.time,
            value,
            timestamp,
        });
        Ok(values.collect())
    }

    /// The ranges of engine keys that have the windows of a key that start between `from` and `to`.
    fn ranges_of(&self, key_bytes: &[u8], from: Timestamp, to: Timestamp) -> Vec<(Vec<u8>, Vec<u8>)> {
        let layout = self.store.layout();
        let (first_prefix, last_prefix) = (layout.prefix_of(from), layout.prefix_of(to.min(self.store.stream_time())));
        let [first, last] = start_bounds(from, to);
        if layout.is_ordered_by_start() {
            let key = |prefix, start, sequence| engine_key(prefix, key_bytes, start, sequence);
            return vec![(key(first_prefix, first, 0), key(last_prefix, last, u32::MAX))];
        }
        let range = |prefix| (engine_key(prefix, key_bytes, first, 0), engine_key(prefix, key_bytes, last, u32::MAX));
        (first_prefix..=last_prefix).map(range).collect()
    }

    /// All windows that start between `from` and `to`, both inclusive, by start and then by key bytes.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
    /// # };
    /// # use millstream_types::{Serde, Timestamp};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 60_000 };
    /// # let mut visits = WindowStore::new(options, windows, Serde::<String>::of_type(), Serde::of_type(), Backing::InMemory);
    /// for (page, start) in [("a", 60_000), ("b", 0), ("a", 0)] {
    ///     let held = Some(ValueAndTimestamp::new(1_i64, start));
    ///     _ = visits.put(&page.to_owned(), start.into(), held, &RecordContext::at(start), &mut NoChangelog)?;
    /// }
    /// let rows = visits.fetch_by_start(Timestamp::from_millis(0), Timestamp::from_millis(60_000))?;
    /// assert_eq!(rows.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["a", "b", "a"]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn fetch_by_start(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<WindowRow<K, V>>, StoreError> {
        let mut rows = self.fetch_all(from, to)?;
        if self.order() == Order::Key {
            rows.sort_by(|a, b| {
                let keys = || key_of(&a.engine_key).cmp(key_of(&b.engine_key));
                a.start.cmp(&b.start).then_with(keys)
            });
        }
        Ok(rows)
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
                let layout = self.store.layout();
                let behind = layout.prefix_of(range.to).checked_add(1);
                (layout.prefix_of(from).to_be_bytes(), behind.map(i64::to_be_bytes))
            }
        };
        let behind = behind.as_ref().map_or(Bound::Unbounded, |behind| Bound::Excluded(&behind[..]));
        let rows = self.store.scan(order, (Bound::Included(&first), behind), after, direction, limit, is_asked)?;
        Ok(rows.into_iter().map(WindowRow::from).collect())
    }

    /// The order of ranges, as in the stores of Kafka Streams.
    fn order(&self) -> Order {
        let is_by_key = !self.store.is_in_memory() || self.store.layout().is_ordered_by_start();
        if is_by_key { Order::Key } else { Order::Time }
    }

    /// The windows of `key` that start between `from` and `to`, by their start and sequence.
    fn placed(&mut self, key: &K, from: Timestamp, to: Timestamp) -> Result<Vec<PlacedRow<V>>, StoreError> {
        let from = from.max(self.store.earliest_visible()?);
        if from > to {
            return Ok(Vec::new());
        }
        let any = (key, from, S::numbered(0));
        let (mut found, are_all) = self.store.rows_of_key(any, (from, to), |_| true)?;
        if !are_all {
            self.add_stored(&mut found, key, from, to)?;
        }
        Ok(found)
    }

    /// Adds the windows that only the engine has.
    #[cold]
    fn add_stored(
        &mut self,
        found: &mut Vec<PlacedRow<V>>,
        key: &K,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), StoreError> {
        let key_bytes = self.key_bytes(key)?;
        // Longer keys that begin with this one may be in between, and in the order of starts all other keys.
        let is_asked =
            |engine_key: &[u8], place: Place| key_of(engine_key) == key_bytes && (from..=to).contains(&place.time);
        for (low, high) in self.ranges_of(&key_bytes, from, to) {
            self.store.add_stored(found, (Bound::Included(&low), Bound::Included(&high)), is_asked)?;
        }
        // The bytes of negative starts are after those of the others.
        found.sort_by_key(|row| row.place);
        Ok(())
    }

    /// A row with its key in the order of ranges, so that a page can continue after it.
    fn window_row(&self, key: &K, row: PlacedRow<V>) -> Result<WindowRow<K, V>, StoreError> {
        let PlacedRow { place, value, timestamp } = row;
        let any = (key, place.time, S::numbered(0));
        let mut engine_key = self.store.encode_lookup(WindowKeys::<K, S>::at(any, place))?;
        if self.order() == Order::Time {
            engine_key = WindowKeys::<K, S>::time_key(&engine_key, place.time);
        }
        Ok(WindowRow { key: key.clone(), start: place.time, value, timestamp, engine_key })
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
