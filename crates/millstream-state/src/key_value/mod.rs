//! The key-value store.

mod layout;

use millstream_types::{Data, Serde};

pub(crate) use self::layout::PlainKeys;
use crate::store::{Store, TypedStore};
use crate::{
    Backing, Changelog, Cursor, Direction, Flushed, KeyRange, Paged, PrefetchFrom, RecordContext, Row, StoreError,
    StoreOptions, ValueAndTimestamp, WithHeaders,
};

/// A store of values by key, with or without timestamps.
///
/// Putting a value that is encoded as null, such as `()`, deletes the key.
///
/// # Examples
/// ```
/// use millstream_state::{Backing, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp};
/// use millstream_types::Serde;
///
/// let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
/// let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
/// let context = RecordContext::at(5);
/// for word in ["a", "b", "a"] {
///     counts.update(&word.to_owned(), &context, &mut NoChangelog, |count| {
///         let count = count.map_or(0, |held| held.value);
///         Some(ValueAndTimestamp::new(count + 1, context.timestamp))
///     })?;
/// }
/// assert_eq!(counts.get(&"a".to_owned())?.map(|held| held.value), Some(2));
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub struct KeyValueStore<K: Data, V: Data> {
    store: Store<PlainKeys<K>, V>,
}

impl<K: Data, V: Data> KeyValueStore<K, V> {
    /// Opens a store with the rows of its engine, or an empty one in memory.
    #[must_use]
    pub fn new(options: StoreOptions, keys: Serde<K>, values: Serde<V>, backing: Backing) -> Self {
        let layout = PlainKeys::new(keys, options.changelog_topic.clone());
        Self { store: Store::new(options, layout, values, backing) }
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// assert_eq!(counts.get(&"apple".to_owned())?.map(|held| held.value), Some(1));
    /// assert!(counts.get(&"cherry".to_owned())?.is_none());
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn get(&mut self, key: &K) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.store.get(key)
    }

    /// Sets the value of `key`; `None` deletes it.
    ///
    /// With caching the key is marked as dirty, and the engine is read only if old values are kept. Without caching the update
    /// is logged at once. The delete of a missing key is logged, as in Kafka Streams, but not forwarded:
    /// [`take_dirty`](Self::take_dirty) leaves it out.
    ///
    /// # Errors
    /// When the engine fails, or (without caching) key or value cannot be encoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let (apple, context) = ("apple".to_owned(), RecordContext::at(7));
    /// counts.put(&apple, Some(ValueAndTimestamp::new(5, 7)), &context, &mut NoChangelog)?;
    /// assert_eq!(counts.get(&apple)?.map(|held| held.value), Some(5));
    /// counts.put(&apple, None, &context, &mut NoChangelog)?;
    /// assert!(counts.get(&apple)?.is_none());
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn put(
        &mut self,
        key: &K,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        self.store.put(key, value, context, log).map(drop)
    }

    /// Replaces the value of `key` by the result of `f`. `None` means that there is no value, as argument and as result.
    ///
    /// The key is looked up once, and cloned only if it is new; the value is moved to `f` and back. The update is logged as by
    /// [`put`](Self::put).
    ///
    /// # Errors
    /// Those of [`put`](Self::put).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let add_one = |held: Option<ValueAndTimestamp<i64>>| {
    ///     Some(ValueAndTimestamp::new(held.map_or(0, |held| held.value) + 1, 7))
    /// };
    /// counts.update(&"apple".to_owned(), &RecordContext::at(7), &mut NoChangelog, add_one)?;
    /// assert_eq!(counts.get(&"apple".to_owned())?.map(|held| held.value), Some(2));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[inline]
    pub fn update<F>(
        &mut self,
        key: &K,
        context: &RecordContext,
        log: &mut dyn Changelog,
        f: F,
    ) -> Result<(), StoreError>
    where
        F: FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    {
        self.store.update(key, context, log, f).map(drop)
    }

    /// Loads the rows of keys that will be used soon: into the processor's cache, and those of the engine at once, as many as the store's
    /// cache has room for. This affects only the speed. Use it with about [`PREFETCH_ROWS`](crate::PREFETCH_ROWS) keys at once.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     PrefetchFrom, ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let soon = ["apple".to_owned(), "banana".to_owned()];
    /// counts.prefetch(soon.iter(), PrefetchFrom::Engine);
    /// for key in &soon {
    ///     assert!(counts.get(key)?.is_some());
    /// }
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn prefetch<'a>(&mut self, keys: impl Iterator<Item = &'a K> + Clone, from: PrefetchFrom) {
        self.store.prefetch(keys, from);
    }

    /// Logs up to `limit` dirty keys, in the order of the last update, and returns their changes. There may be fewer changes,
    /// while further keys are [dirty](crate::AnyStore::has_dirty).
    ///
    /// A key that was created and deleted since the last flush counts, and is neither logged nor returned. After an error, keys that were
    /// not logged are still dirty, but changes that were logged before are not returned.
    ///
    /// # Errors
    /// When a key or value cannot be encoded, or the engine fails.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let options = StoreOptions { caching: true, ..counts.options().clone() };
    /// let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// for value in [1, 2] {
    ///     let held = Some(ValueAndTimestamp::new(value, 0));
    ///     counts.put(&"apple".to_owned(), held, &RecordContext::at(0), &mut NoChangelog)?;
    /// }
    /// let flushed = counts.take_dirty(&mut NoChangelog, usize::MAX)?;
    /// assert_eq!(flushed.iter().map(|change| change.new).collect::<Vec<_>>(), [Some(2)], "each key once");
    /// assert!(!counts.has_dirty());
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn take_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<Vec<Flushed<K, V>>, StoreError> {
        self.store.take_dirty(log, limit)
    }

    /// The range from `from` to `to` by their bytes, both inclusive. `None` means no bound.
    ///
    /// # Errors
    /// When a key cannot be encoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let range = counts.range_of(Some(&"apple".to_owned()), Some(&"apricot".to_owned()))?;
    /// assert_eq!(counts.rows(&range, Direction::Forward)?.len(), 2);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn range_of(&self, from: Option<&K>, to: Option<&K>) -> Result<KeyRange, StoreError> {
        let encode = |key: Option<&K>| key.map(|key| self.store.encode_lookup(key)).transpose();
        Ok(KeyRange::between(encode(from)?, encode(to)?))
    }

    /// The encoding of `key`, by which records are partitioned.
    ///
    /// # Errors
    /// When the key cannot be encoded.
    pub fn key_bytes(&self, key: &K) -> Result<Vec<u8>, StoreError> {
        self.store.encode_lookup(key)
    }

    /// The next `limit` rows of `range` after the key bytes `after`, in `direction`. Fewer than `limit` rows mean that there are
    /// no more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be decoded.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let first = counts.page(&KeyRange::all(), None, Direction::Forward, 2)?;
    /// assert_eq!(first.iter().map(|row| &*row.key).collect::<Vec<_>>(), ["apple", "apricot"]);
    /// let rest = counts.page(&KeyRange::all(), Some(&first[1].engine_key), Direction::Forward, 2)?;
    /// assert_eq!(rest.len(), 1);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn page(
        &mut self,
        range: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        self.store.rows(range.rest(after, direction), direction, limit)
    }

    /// All rows of `range` at once, for small stores and tests. A [`cursor`](Self::cursor) needs less memory.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let rows = counts.rows(&KeyRange::prefix(b"ap"), Direction::Backward)?;
    /// assert_eq!(rows.iter().map(|row| row.value).collect::<Vec<_>>(), [2, 1]);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    pub fn rows(&mut self, range: &KeyRange, direction: Direction) -> Result<Vec<Row<K, V>>, StoreError> {
        self.page(range, None, direction, usize::MAX)
    }

    /// A cursor over `range`, which reads pages and does not borrow the store.
    ///
    /// # Examples
    /// ```
    /// # use millstream_state::{
    /// #     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
    /// #     ValueAndTimestamp,
    /// # };
    /// # use millstream_types::Serde;
    /// # let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
    /// # let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
    /// # for (key, value) in [("apple", 1), ("apricot", 2), ("banana", 3)] {
    /// #     counts.put(&key.to_owned(), Some(ValueAndTimestamp::new(value, 0)), &RecordContext::at(0), &mut NoChangelog)?;
    /// # }
    /// let mut cursor = KeyValueStore::cursor(KeyRange::all(), Direction::Forward);
    /// let mut total = 0;
    /// while let Some(row) = cursor.next(&mut counts)? {
    ///     total += row.value;
    /// }
    /// assert_eq!(total, 6);
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn cursor(range: KeyRange, direction: Direction) -> Cursor<Self> {
        Cursor::new(range, direction)
    }
}

impl<K: Data, V: Data> KeyValueStore<K, WithHeaders<V>> {
    /// Opens a timestamped store whose values have headers, with the rows of its engine, or an empty one in memory.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{
    ///     Backing, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WithHeaders,
    /// };
    /// use millstream_types::{Headers, Serde};
    ///
    /// let options = StoreOptions::new("orders", StoreIndex::new(0), "app-orders-changelog");
    /// let (keys, values) = (Serde::<String>::of_type(), Serde::<i64>::of_type());
    /// let mut orders = KeyValueStore::with_headers(options, keys, values, Backing::InMemory);
    /// let (key, mut headers) = ("a".to_owned(), Headers::new());
    /// headers.add("trace", "t1");
    /// let value = ValueAndTimestamp::new(WithHeaders::new(7, headers), 1_000);
    /// orders.put(&key, Some(value), &RecordContext::at(1_000), &mut NoChangelog)?;
    /// assert_eq!(orders.get(&key)?.and_then(|row| row.value.headers.last("trace")), Some(&b"t1"[..]));
    /// # Ok::<(), millstream_state::StoreError>(())
    /// ```
    #[must_use]
    pub fn with_headers(options: StoreOptions, keys: Serde<K>, values: Serde<V>, backing: Backing) -> Self {
        let options = StoreOptions { timestamped: true, ..options };
        let layout = PlainKeys::new(keys, options.changelog_topic.clone());
        Self { store: Store::with_headers(options, layout, values, backing) }
    }
}

impl<K: Data, V: Data> Paged for KeyValueStore<K, V> {
    type Query = KeyRange;
    type Row = Row<K, V>;

    fn page(
        &mut self,
        query: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        Self::page(self, query, after, direction, limit)
    }

    fn engine_key(row: &Row<K, V>) -> &[u8] {
        &row.engine_key
    }
}

impl<K: Data, V: Data> TypedStore for KeyValueStore<K, V> {
    type Layout = PlainKeys<K>;
    type Value = V;

    fn store(&self) -> &Store<PlainKeys<K>, V> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<PlainKeys<K>, V> {
        &mut self.store
    }
}
