//! Typed queries of key-value and window stores.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use millstream_core::partition_for;
use millstream_state::{
    AnyStore, Direction, KeyRange, KeyValueStore, Paged, Row, StoreError, ValueAndTimestamp, WindowRange, WindowRow,
    WindowStore,
};
use millstream_types::{Data, Partition, Timestamp};

use super::control::Control;
use super::partial::PartialResult;
use super::position::QueryScope;
use super::query::{QueryError, submit};
use super::response::Response;
use crate::store_partitions::StorePartitions;

/// Queries of a key-value store, of which this instance may have some partitions and other instances the others.
///
/// # Where a key is
/// A key is looked up in all partitions of this instance. If none of them has it, its own partition decides, chosen by
/// Kafka's default partitioner or by [`partitioned_by`](Self::partitioned_by). If that partition is not in this instance,
/// the query fails with [`QueryError::NotHere`], since the row may be in another one. If this topology writes a topic of the
/// store with a custom partitioner, the query fails with [`QueryError::UnknownPartition`] instead, unless all partitions are
/// in this instance: a partitioner may use the value, and only `partitioned_by` can tell the partition from a key alone.
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
/// use millstream_runtime::QueryError;
///
/// let counts = streams.key_value_store::<String, i64>("counts");
/// match counts.get("hello".to_owned()).wait(Duration::from_secs(1)) {
///     Ok(Some(count)) => println!("hello: {}", count.value),
///     Ok(None) => println!("hello was never counted"),
///     Err(QueryError::NotHere { .. }) => println!("another instance has the key"),
///     Err(error) => return Err(error),
/// }
/// # Ok(()) }
/// ```
pub struct KeyValueQueries<'a, K, V> {
    source: Source<'a, K>,
    types: PhantomData<fn() -> V>,
}

/// Queries of a window store, of which this instance may have some partitions and other instances the others. Where a key
/// is follows the rule of [`KeyValueQueries`].
///
/// # Examples
/// ```no_run
/// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
/// use std::time::Duration;
/// use millstream_types::Timestamp;
///
/// let visits = streams.window_store::<String, i64>("visits-per-minute");
/// let (from, to) = (Timestamp::from_millis(1_700_000_000_000), Timestamp::from_millis(1_700_003_600_000));
/// for window in visits.fetch("home".to_owned(), from, to).wait(Duration::from_secs(1))? {
///     println!("{}: {}", window.start, window.value);
/// }
/// # Ok(()) }
/// ```
pub struct WindowQueries<'a, K, V> {
    source: Source<'a, K>,
    types: PhantomData<fn() -> V>,
}

/// Which store is queried, and which partitions its keys are in.
pub(super) struct Source<'a, K> {
    pub(super) control: &'a Control,
    pub(super) store: String,
    /// `None`: by the key's bytes, as Kafka's default partitioner does.
    partitioner: Option<Partitioner<K>>,
    scope: QueryScope,
}

type Partitioner<K> = Arc<dyn Fn(&K, u32) -> Partition + Send + Sync>;

/// The result of one partition for a key.
pub(super) struct Found<T> {
    pub(super) rows: T,
    pub(super) key_bytes: Vec<u8>,
}

impl<'a, K> Source<'a, K> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { control, store: store.to_owned(), partitioner: None, scope: QueryScope::new() }
    }

    pub(super) fn within(self, scope: QueryScope) -> Self {
        Self { scope, ..self }
    }

    pub(super) fn partitioned_by(self, choose: impl Fn(&K, u32) -> Partition + Send + Sync + 'static) -> Self {
        Self { partitioner: Some(Arc::new(choose)), ..self }
    }

    /// Queries all partitions of this instance for `key`.
    pub(super) fn query_key<S, T, U>(
        &self,
        key: K,
        read: impl Fn(&mut S, &K) -> Result<Found<T>, StoreError> + Send + Sync + 'static,
        is_found: impl Fn(&T) -> bool + Send + 'static,
        combine: impl FnOnce(Vec<T>) -> U + Send + 'static,
    ) -> Response<U, QueryError>
    where
        S: AnyStore,
        K: Data,
        T: Send + 'static,
        U: Send + 'static,
    {
        let (key, partitioner) = (Arc::new(key), self.partitioner.clone());
        let queried = Arc::clone(&key);
        let run = move |store: &mut S| read(store, &queried);
        submit(self.control, &self.store, &self.scope, run, move |gathered| {
            let partitions_of = |found: &Found<T>, store: &StorePartitions| match &partitioner {
                Some(partitioner) => store.of_key(|count| partitioner(&key, count)),
                None => store.of_key_bytes(|count| partition_for(&found.key_bytes, count)),
            };
            let found = gathered.into_results_for_key(|found| is_found(&found.rows), partitions_of)?;
            Ok(combine(found.into_iter().map(|found| found.rows).collect()))
        })
    }

    /// One page over all partitions: the first rows of their merged pages.
    pub(super) fn page<S>(
        &self,
        query: S::Query,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<PartialResult<Vec<S::Row>>, QueryError>
    where
        S: AnyStore + Paged,
        S::Query: Send + Sync + 'static,
        S::Row: Send + 'static,
    {
        self.merged(
            move |store: &mut S| Paged::page(store, &query, after.as_deref(), direction, limit),
            direction,
            limit,
        )
    }

    /// The first `limit` of the rows that `read` returns in each partition, in the order of key bytes.
    fn merged<S>(
        &self,
        read: impl Fn(&mut S) -> Result<Vec<S::Row>, StoreError> + Send + Sync + 'static,
        direction: Direction,
        limit: usize,
    ) -> Response<PartialResult<Vec<S::Row>>, QueryError>
    where
        S: AnyStore + Paged,
        S::Row: Send + 'static,
    {
        submit(self.control, &self.store, &self.scope, read, move |gathered| {
            Ok(gathered.into_partial()?.map(|pages| {
                let mut rows: Vec<S::Row> = pages.into_iter().flatten().collect();
                rows.sort_by(|a, b| S::engine_key(a).cmp(S::engine_key(b)));
                if direction == Direction::Backward {
                    rows.reverse();
                }
                rows.truncate(limit);
                rows
            }))
        })
    }
}

impl<'a, K, V> KeyValueQueries<'a, K, V> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { source: Source::new(control, store), types: PhantomData }
    }

    /// Sets the function that returns the partition of a key, by the number of partitions. Needed for a store whose input is
    /// not partitioned by Kafka's default partitioner, or whose keys are not those of its input.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use millstream_types::Partition;
    ///
    /// let orders = streams.key_value_store::<u32, String>("orders");
    /// let orders = orders.partitioned_by(|customer, partitions| Partition::new(customer % partitions));
    /// # }
    /// ```
    #[must_use]
    pub fn partitioned_by(self, choose: impl Fn(&K, u32) -> Partition + Send + Sync + 'static) -> Self {
        Self { source: self.source.partitioned_by(choose), ..self }
    }

    /// Sets which partitions are queried, and how far they must have come.
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) {
    /// use millstream_runtime::QueryScope;
    /// use millstream_types::Partition;
    ///
    /// let third = QueryScope::new().partitions([Partition::new(2)]);
    /// let orders = streams.key_value_store::<u32, String>("orders").within(third);
    /// # }
    /// ```
    #[must_use]
    pub fn within(self, scope: QueryScope) -> Self {
        Self { source: self.source.within(scope), ..self }
    }
}

impl<K: Data, V: Data> KeyValueQueries<'_, K, V> {
    /// The value of `key`; `None` if the key has none.
    ///
    /// # Errors
    /// [`QueryError::NotHere`] if the partition of the key is not in this instance, [`QueryError::UnknownPartition`] if the
    /// partition is not known; the other kinds of [`QueryError`].
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    /// use millstream_runtime::QueryError;
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts");
    /// match counts.get("anna".to_owned()).wait(Duration::from_secs(1)) {
    ///     Ok(row) => println!("{:?}", row.map(|row| row.value)),
    ///     Err(QueryError::NotHere { partition, .. }) => println!("another instance has {partition:?}"),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(()) }
    /// ```
    pub fn get(&self, key: K) -> Response<Option<ValueAndTimestamp<V>>, QueryError> {
        let read = |store: &mut KeyValueStore<K, V>, key: &K| {
            Ok(Found { key_bytes: store.key_bytes(key)?, rows: store.get(key)?.cloned() })
        };
        self.source.query_key(key, read, Option::is_some, first)
    }

    /// All rows of all partitions of this instance, in the order of key bytes. They are collected in memory: for a large store,
    /// [`page`](Self::page) is better.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts");
    /// for row in &counts.all().wait(Duration::from_secs(1))?.value {
    ///     println!("{}: {}", row.key, row.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn all(&self) -> Response<PartialResult<Vec<Row<K, V>>>, QueryError> {
        self.range(None, None)
    }

    /// The rows between two keys, both included, by the order of their bytes; `None` is no bound. Otherwise it is like [`all`](Self::all).
    ///
    /// # Errors
    /// As [`page`](Self::page).
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts");
    /// let from_m = counts.range(Some("m".to_owned()), None).wait(Duration::from_secs(1))?;
    /// println!("{} words", from_m.value.len());
    /// # Ok(()) }
    /// ```
    pub fn range(&self, from: Option<K>, to: Option<K>) -> Response<PartialResult<Vec<Row<K, V>>>, QueryError> {
        let read = move |store: &mut KeyValueStore<K, V>| {
            let range = store.range_of(from.as_ref(), to.as_ref())?;
            store.rows(&range, Direction::Forward)
        };
        self.source.merged(read, Direction::Forward, usize::MAX)
    }

    /// The next `limit` rows of `range` after the key bytes `after`, in the order of key bytes, from all partitions of this
    /// instance. Fewer than `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// [`QueryError::NotHere`] if this instance has no partition of the store; the other kinds of [`QueryError`].
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    /// use millstream_state::{Direction, KeyRange};
    ///
    /// let counts = streams.key_value_store::<String, i64>("counts");
    /// let page = counts.page(KeyRange::all(), None, Direction::Forward, 100).wait(Duration::from_secs(1))?;
    /// for row in &page.value {
    ///     println!("{}: {}", row.key, row.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn page(
        &self,
        range: KeyRange,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<PartialResult<Vec<Row<K, V>>>, QueryError> {
        self.source.page::<KeyValueStore<K, V>>(range, after, direction, limit)
    }
}

impl<'a, K, V> WindowQueries<'a, K, V> {
    pub(super) fn new(control: &'a Control, store: &str) -> Self {
        Self { source: Source::new(control, store), types: PhantomData }
    }

    /// Sets the function that returns the partition of a key, as [`KeyValueQueries::partitioned_by`] does.
    #[must_use]
    pub fn partitioned_by(self, choose: impl Fn(&K, u32) -> Partition + Send + Sync + 'static) -> Self {
        Self { source: self.source.partitioned_by(choose), ..self }
    }

    /// Sets which partitions are queried, and how far they must have come, as [`KeyValueQueries::within`] does.
    #[must_use]
    pub fn within(self, scope: QueryScope) -> Self {
        Self { source: self.source.within(scope), ..self }
    }
}

impl<K: Data, V: Data> WindowQueries<'_, K, V> {
    /// The value of `key` in the window that starts at `start`; `None` if there is none.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`].
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    ///
    /// let per_minute = streams.window_store::<String, i64>("clicks-per-minute");
    /// let first = per_minute.get("home".to_owned(), 0).wait(Duration::from_secs(1))?;
    /// println!("{:?}", first.map(|row| row.value));
    /// # Ok(()) }
    /// ```
    pub fn get(&self, key: K, start: impl Into<Timestamp>) -> Response<Option<ValueAndTimestamp<V>>, QueryError> {
        let start = start.into();
        let read = move |store: &mut WindowStore<K, V>, key: &K| {
            Ok(Found { key_bytes: store.key_bytes(key)?, rows: store.get(key, start)?.cloned() })
        };
        self.source.query_key(key, read, Option::is_some, first)
    }

    /// The windows of `key` that start between `from` and `to`, both inclusive, in the order of time.
    ///
    /// # Errors
    /// As [`KeyValueQueries::get`].
    ///
    /// # Examples
    /// ```no_run
    /// # fn example(streams: &millstream_runtime::StreamsHandle) -> Result<(), millstream_runtime::QueryError> {
    /// use std::time::Duration;
    ///
    /// let per_minute = streams.window_store::<String, i64>("clicks-per-minute");
    /// for row in per_minute.fetch("home".to_owned(), 0, 3_600_000).wait(Duration::from_secs(1))? {
    ///     println!("{}: {}", row.start, row.value);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn fetch(
        &self,
        key: K,
        from: impl Into<Timestamp>,
        to: impl Into<Timestamp>,
    ) -> Response<Vec<WindowRow<K, V>>, QueryError> {
        let (from, to) = (from.into(), to.into());
        let read = move |store: &mut WindowStore<K, V>, key: &K| {
            Ok(Found { key_bytes: store.key_bytes(key)?, rows: store.fetch(key, from, to)? })
        };
        let is_found = |rows: &Vec<WindowRow<K, V>>| !rows.is_empty();
        self.source.query_key(key, read, is_found, |rows| rows.into_iter().flatten().collect())
    }

    /// The next `limit` windows of `range` after the key bytes `after`, in the order of key bytes, from all partitions of
    /// this instance. Fewer than `limit` rows mean that there are no more.
    ///
    /// # Errors
    /// As [`KeyValueQueries::page`].
    pub fn page(
        &self,
        range: WindowRange,
        after: Option<Vec<u8>>,
        direction: Direction,
        limit: usize,
    ) -> Response<PartialResult<Vec<WindowRow<K, V>>>, QueryError> {
        self.source.page::<WindowStore<K, V>>(range, after, direction, limit)
    }
}

/// The result that has the key: it is in one partition at most.
pub(super) fn first<T>(results: Vec<Option<T>>) -> Option<T> {
    results.into_iter().flatten().next()
}

impl<K, V> fmt::Debug for KeyValueQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyValueQueries").field("store", &self.source.store).finish_non_exhaustive()
    }
}

impl<K, V> fmt::Debug for WindowQueries<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowQueries").field("store", &self.source.store).finish_non_exhaustive()
    }
}
