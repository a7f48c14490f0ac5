//! Typed queries of key-value and window stores.

use std::fmt;
use std::marker::PhantomData;

use millstream_state::{
    AnyStore, Direction, KeyRange, KeyValueStore, Paged, Row, ValueAndTimestamp, WindowRange, WindowRow, WindowStore,
};
use millstream_types::{Data, Timestamp};

use super::control::Control;
use super::query::{QueryError, submit};
use super::response::Response;

/// Queries of a key-value store, all its partitions in this instance taken together.
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
///
/// let counts = streams.key_value_store::<String, i64>("counts");
/// let count = counts.get("hello".to_owned()).wait(Duration::from_secs(1))?;
/// println!("hello: {}", count.map_or(0, |count| count.value));
/// # Ok(()) }
/// ```
pub struct KeyValueQueries<'a, K, V> {
    control: &'a Control,
    store: String,
    types: PhantomData<fn() -> (K, V)>,
}

/// Queries of a window store, all its partitions in this instance taken together.
pub struct WindowQueries<'a, K, V> {
    control: &'a Control,
    store: String,
    types: PhantomData<fn() -> (K, V)>,
}

impl<'a, K, V> KeyValueQueries<'a, K, V> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { control, store: store.to_owned(), types: PhantomData }
    }
}

impl<K: Data, V: Data> KeyValueQueries<'_, K, V> {
    /// The value of `key`.
    pub fn get(&self, key: K) -> Response<Option<ValueAndTimestamp<V>>, QueryError> {
        let get = move |store: &mut KeyValueStore<K, V>| Ok(store.get(&key)?.cloned());
        submit(self.control, &self.store, get, first)
    }

    /// The next `limit` rows of `range` behind the key bytes `after`, in the order of key bytes. Fewer than `limit`
    /// means: no more.
    pub fn page(
        &self,
        range: KeyRange,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<Vec<Row<K, V>>, QueryError> {
        page::<KeyValueStore<K, V>>(self.control, &self.store, range, after, direction, limit)
    }
}

impl<'a, K, V> WindowQueries<'a, K, V> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { control, store: store.to_owned(), types: PhantomData }
    }
}

impl<K: Data, V: Data> WindowQueries<'_, K, V> {
    /// The value of `key` in the window that starts at `start`.
    pub fn get(&self, key: K, start: Timestamp) -> Response<Option<ValueAndTimestamp<V>>, QueryError> {
        let get = move |store: &mut WindowStore<K, V>| Ok(store.get(&key, start)?.cloned());
        submit(self.control, &self.store, get, first)
    }

    /// The windows of `key` that start between `from` and `to`, both included, by time.
    pub fn fetch(&self, key: K, from: Timestamp, to: Timestamp) -> Response<Vec<WindowRow<K, V>>, QueryError> {
        let fetch = move |store: &mut WindowStore<K, V>| store.fetch(&key, from, to);
        submit(self.control, &self.store, fetch, |results| results.into_iter().flatten().collect())
    }

    /// The next `limit` windows of `range` behind the key bytes `after`, in the order of key bytes. Fewer than `limit`
    /// means: no more.
    pub fn page(
        &self,
        range: WindowRange,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<Vec<WindowRow<K, V>>, QueryError> {
        page::<WindowStore<K, V>>(self.control, &self.store, range, after, direction, limit)
    }
}

/// A key is in one partition at most, so one result counts.
fn first<T>(results: Vec<Option<T>>) -> Option<T> {
    results.into_iter().flatten().next()
}

/// One page of all partitions: each gives its first rows, and the first of all of them are the page.
fn page<S>(
    control: &Control,
    store: &str,
    query: S::Query,
    after: Option<Vec<u8>>,
    direction: Direction,
    limit: usize,
) -> Response<Vec<S::Row>, QueryError>
where
    S: AnyStore + Paged,
    S::Query: Send + Sync + 'static,
    S::Row: Send + 'static,
{
    let run = move |store: &mut S| Paged::page(store, &query, after.as_deref(), direction, limit);
    submit(control, store, run, move |pages| {
        let mut rows: Vec<S::Row> = pages.into_iter().flatten().collect();
        rows.sort_by(|a, b| S::engine_key(a).cmp(S::engine_key(b)));
        if direction == Direction::Backward {
            rows.reverse();
        }
        rows.truncate(limit);
        rows
    })
}

impl<K, V> fmt::Debug for KeyValueQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValueQueries").field("store", &self.store).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for WindowQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowQueries").field("store", &self.store).finish_non_exhaustive()
    }
}
