//! Reads sessions: those of one key by end, those of several keys in the order of the stores of Kafka Streams.

use std::cmp::Reverse;
use std::ops::Bound;

use millstream_types::{Data, Timestamp, Window};

use super::SessionStore;
use super::layout::{SEGMENT_BYTES, SUFFIX_BYTES, SessionKey, SessionKeys, key_of, window_of};
use super::range::{SessionRange, SessionRow, SessionValue};
use super::time_order;
use crate::layout::Layout as _;
use crate::store::{Order, Place, PlacedRow, time_bytes};
use crate::{Direction, Row, StoreError};

impl<K: Data, V: Data> SessionStore<K, V> {
    /// The sessions of `key` that end at `earliest_end` or later and start at `latest_start` or earlier, in the order of their
    /// ends. With `t - gap` and `t + gap` these are the sessions that a record at `t` merges.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # for (start, end, clicks) in [(0, 10, 1), (50, 70, 2)] {
    /// #     let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
    /// #     _ = visits.put(&anna, window, Some(clicks), &RecordContext::at(end), &mut NoChangelog)?;
    /// # }
    /// let (time, gap) = (Timestamp::from_millis(40), 30);
    /// let merged = visits.find(&anna, time.saturating_add(-gap), time.saturating_add(gap), Direction::Forward)?;
    /// assert_eq!(merged.iter().map(|row| row.value).collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn find(
        &mut self,
        key: &K,
        earliest_end: Timestamp,
        latest_start: Timestamp,
        direction: Direction,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        let mut found = self.placed(key, earliest_end, latest_start)?;
        // Of the sessions that end at the same time, a store in memory has the latest first.
        if self.order() == Order::Time {
            found.sort_by_key(|row| (row.place.time, Reverse(row.place.second)));
        }
        if direction == Direction::Backward {
            found.reverse();
        }
        found.into_iter().map(|row| self.session_row(key, row)).collect()
    }

    /// The sessions of `key` that [`find`](Self::find) returns, by their end and start, without what a page needs: for an operator that
    /// reads them for each record.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # for (start, end, clicks) in [(0, 10, 1), (50, 70, 2)] {
    /// #     let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
    /// #     _ = visits.put(&anna, window, Some(clicks), &RecordContext::at(end), &mut NoChangelog)?;
    /// # }
    /// let touched = visits.find_values(&anna, Timestamp::from_millis(60), Timestamp::from_millis(100))?;
    /// assert_eq!(touched.iter().map(|session| session.value).collect::<Vec<_>>(), [2]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[inline]
    pub fn find_values(
        &mut self,
        key: &K,
        earliest_end: Timestamp,
        latest_start: Timestamp,
    ) -> Result<Vec<SessionValue<V>>, StoreError> {
        let found = self.placed(key, earliest_end, latest_start)?;
        Ok(found.into_iter().map(|row| SessionValue { window: window_of(row.place), value: row.value }).collect())
    }

    /// All sessions of `key`, in the order of their ends.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # for (start, end, clicks) in [(0, 10, 1), (50, 70, 2)] {
    /// #     let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
    /// #     _ = visits.put(&anna, window, Some(clicks), &RecordContext::at(end), &mut NoChangelog)?;
    /// # }
    /// let latest_first = visits.fetch(&anna, Direction::Backward)?;
    /// assert_eq!(latest_first.iter().map(|row| row.value).collect::<Vec<_>>(), [2, 1]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn fetch(&mut self, key: &K, direction: Direction) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        self.find(key, Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX), direction)
    }

    /// All sessions, for small stores and tests.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// let window = Window { start: Timestamp::from_millis(0), end: Timestamp::from_millis(10) };
    /// _ = visits.put(&"anna".to_owned(), window, Some(1), &RecordContext::at(10), &mut NoChangelog)?;
    /// assert_eq!(visits.all()?.len(), 1);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn all(&mut self) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        self.page(&SessionRange::all(), None, Direction::Forward, usize::MAX)
    }

    /// The next `limit` sessions of `range` after the key `after`, in `direction`. Fewer than `limit` rows mean that there are no
    /// more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     Backing, Direction, NoChangelog, RecordContext, SessionRange, SessionStore, StoreIndex, StoreOptions,
    /// # };
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 60_000, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # for (start, end, clicks) in [(0, 10, 1), (50, 70, 2)] {
    /// #     let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
    /// #     _ = visits.put(&anna, window, Some(clicks), &RecordContext::at(end), &mut NoChangelog)?;
    /// # }
    /// let first = visits.page(&SessionRange::all(), None, Direction::Forward, 1)?;
    /// let rest = visits.page(&SessionRange::all(), Some(&first[0].engine_key), Direction::Forward, 9)?;
    /// assert_eq!((first[0].value, rest[0].value), (1, 2));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn page(
        &mut self,
        range: &SessionRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        let earliest_end = range.earliest_end.max(self.store.earliest_visible()?);
        self.scan(&SessionRange { earliest_end, ..range.clone() }, after, direction, limit)
    }

    /// The sessions that end between `from` and `to`, both inclusive, by end, start and key bytes. They include those whose
    /// retention is over, as long as their segment is open: a session has to be found when it is closed, although the record that
    /// closes it has advanced stream time.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{Backing, Direction, NoChangelog, RecordContext, SessionStore, StoreIndex, StoreOptions};
    /// # use millstream_types::{Serde, Timestamp, Window};
    /// # let options = StoreOptions::new("visits", StoreIndex::new(0), "app-visits-changelog");
    /// # let mut visits = SessionStore::<String, i64>::new(options, 20, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    /// # let anna = "anna".to_owned();
    /// # for (start, end, clicks) in [(0, 10, 1), (50, 70, 2)] {
    /// #     let window = Window { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
    /// #     _ = visits.put(&anna, window, Some(clicks), &RecordContext::at(end), &mut NoChangelog)?;
    /// # }
    /// assert_eq!(visits.fetch(&anna, Direction::Forward)?.len(), 1, "retention is 20 ms");
    /// assert_eq!(visits.ended(Timestamp::from_millis(0), Timestamp::from_millis(40))?[0].value, 1);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn ended(&mut self, from: Timestamp, to: Timestamp) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        let earliest_end = from.max(self.store.earliest_open()?);
        let range = SessionRange { earliest_end, latest_end: to, ..SessionRange::all() };
        let mut rows = self.scan(&range, None, Direction::Forward, usize::MAX)?;
        let order = self.order();
        rows.sort_by_cached_key(|row| {
            let key = match order {
                Order::Time => time_order::key_of(&row.engine_key),
                Order::Key => key_of(&row.engine_key).to_vec(),
            };
            (row.window.end, row.window.start, key)
        });
        Ok(rows)
    }

    /// The next sessions of a range, visible or not.
    fn scan(
        &mut self,
        range: &SessionRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<SessionRow<K, V>>, StoreError> {
        let order = self.order();
        let is_asked = |row: &Row<SessionKey<K>, V>| {
            range.has(row.key.window)
                && match order {
                    Order::Time => range.keys.contains(&time_order::key_of(&row.engine_key)),
                    Order::Key => range.keys.contains(key_of(&row.engine_key)),
                }
        };
        let (first, behind) = match order {
            Order::Time => {
                let behind = range.latest_end.as_millis().checked_add(1);
                (time_bytes(range.earliest_end), behind.map(|end| time_bytes(end.into())))
            }
            Order::Key => {
                let segments = self.store.layout().segments();
                let behind = segments.number(range.latest_end).saturating_add(1);
                (segments.number(range.earliest_end).to_be_bytes(), Some(behind.to_be_bytes()))
            }
        };
        let behind = behind.as_ref().map_or(Bound::Unbounded, |behind| Bound::Excluded(&behind[..]));
        let rows = self.store.scan(order, (Bound::Included(&first), behind), after, direction, limit, is_asked)?;
        Ok(rows.into_iter().map(SessionRow::from).collect())
    }

    /// The order of ranges, as in the stores of Kafka Streams.
    fn order(&self) -> Order {
        if self.store.is_in_memory() { Order::Time } else { Order::Key }
    }

    /// The sessions of `key` that end at `earliest_end` or later and start at `latest_start` or earlier, by their end and start.
    fn placed(
        &mut self,
        key: &K,
        earliest_end: Timestamp,
        latest_start: Timestamp,
    ) -> Result<Vec<PlacedRow<V>>, StoreError> {
        let from = earliest_end.max(self.store.earliest_visible()?);
        let has_started = |place: Place| place.second <= latest_start.as_millis();
        let start = Timestamp::from_millis(i64::MIN);
        let any = (key, Window { start, end: from });
        let times = (from, Timestamp::from_millis(i64::MAX));
        let (mut found, are_all) = self.store.rows_of_key(any, times, has_started)?;
        if !are_all {
            self.add_stored(&mut found, key, from, has_started)?;
        }
        Ok(found)
    }

    /// Adds the sessions that only the engine has.
    #[cold]
    fn add_stored(
        &mut self,
        found: &mut Vec<PlacedRow<V>>,
        key: &K,
        from: Timestamp,
        has_started: impl Fn(Place) -> bool,
    ) -> Result<(), StoreError> {
        let key_bytes = self.key_bytes(key)?;
        let segments = self.store.layout().segments();
        // Longer keys that begin with this one may be in between.
        let is_asked = |engine_key: &[u8], place: Place| {
            key_of(engine_key) == key_bytes && place.time >= from && has_started(place)
        };
        for segment in segments.number(from)..=segments.number(self.store.stream_time()) {
            let [low, high] = bounds_of(segment, &key_bytes, from);
            self.store.add_stored(found, (Bound::Included(&low), Bound::Included(&high)), is_asked)?;
        }
        found.sort_by_key(|row| row.place);
        Ok(())
    }

    /// A row with its key in the order of ranges, so that a page can continue after it.
    fn session_row(&self, key: &K, row: PlacedRow<V>) -> Result<SessionRow<K, V>, StoreError> {
        let window = window_of(row.place);
        let mut engine_key = self.store.encode_lookup((key, window))?;
        if self.order() == Order::Time {
            engine_key = SessionKeys::<K>::time_key(&engine_key, window.end);
        }
        Ok(SessionRow { key: key.clone(), window, value: row.value, engine_key })
    }
}

impl<K, V> From<Row<SessionKey<K>, V>> for SessionRow<K, V> {
    fn from(row: Row<SessionKey<K>, V>) -> Self {
        let SessionKey { key, window } = row.key;
        Self { key, window, value: row.value, engine_key: row.engine_key }
    }
}

/// The lowest and the highest engine key of the sessions of a key in a segment that end at `from` or later. The bytes of
/// negative numbers are above those of the others.
fn bounds_of(segment: i64, key: &[u8], from: Timestamp) -> [Vec<u8>; 2] {
    let mut low = Vec::with_capacity(SEGMENT_BYTES + key.len() + SUFFIX_BYTES);
    low.extend_from_slice(&segment.to_be_bytes());
    low.extend_from_slice(key);
    let mut high = low.clone();
    low.extend_from_slice(&from.as_millis().max(0).to_be_bytes());
    low.extend_from_slice(&[0; size_of::<i64>()]);
    high.extend_from_slice(&[u8::MAX; SUFFIX_BYTES]);
    [low, high]
}
