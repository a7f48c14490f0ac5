//! The key-value store.

mod layout;

use millstream_types::{Data, Serde};

use self::layout::PlainKeys;
use crate::store::{Store, TypedStore};
use crate::{
    Backing, Changelog, Cursor, Direction, Flushed, KeyRange, Paged, RecordContext, Row, StoreError, StoreOptions,
    ValueAndTimestamp,
};

/// A store of values by key, plain or timestamped.
///
/// A value that is written as null (`()`) counts as none: putting it deletes the key.
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
    /// Opens a store. It is empty, or holds what its engine holds.
    #[must_use]
    pub fn new(options: StoreOptions, keys: Serde<K>, values: Serde<V>, backing: Backing) -> Self {
        let layout = PlainKeys::new(keys, options.changelog_topic.clone());
        Self { store: Store::new(options, layout, values, backing) }
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// When the engine fails, or its row cannot be read.
    pub fn get(&mut self, key: &K) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        self.store.get(key)
    }

    /// Sets the value of `key`; `None` deletes it.
    ///
    /// With caching the key is marked dirty, and the engine is read only where old values are kept. Without, the update
    /// is logged at once. The delete of a key that is not there is logged like any other, as in Kafka Streams, but not
    /// forwarded: [`take_dirty`](Self::take_dirty) leaves it out.
    ///
    /// # Errors
    /// When the engine fails, or (without caching) key or value cannot be written.
    pub fn put(
        &mut self,
        key: &K,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        self.store.put(key, value, context, log).map(drop)
    }

    /// Replaces the value of `key` by what `f` makes of it, `None` standing for "not there" on both sides.
    ///
    /// The key is looked up once and cloned only when it is new; the value is moved out and back in. Logged as
    /// [`put`](Self::put).
    ///
    /// # Errors
    /// As [`put`](Self::put).
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

    /// Loads the rows of keys that will be used soon into the processor's cache: nothing changes but how long they take.
    /// Best for [`PREFETCH_ROWS`](crate::PREFETCH_ROWS) keys at once.
    pub fn prefetch<'a>(&mut self, keys: impl Iterator<Item = &'a K> + Clone) {
        self.store.prefetch(keys);
    }

    /// Logs dirty keys and hands out what to forward, in the order of last update: `limit` of them, or fewer if then none
    /// is dirty.
    ///
    /// A key created and deleted since the last flush is neither logged nor handed out. After an error the keys that were
    /// not logged are still dirty, but what was logged before them is not handed out.
    ///
    /// # Errors
    /// When a key or value cannot be written, or the engine fails.
    pub fn take_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<Vec<Flushed<K, V>>, StoreError> {
        self.store.take_dirty(log, limit)
    }

    /// The range from `from` to `to`, both included and by their bytes; `None` is open.
    ///
    /// # Errors
    /// When a key cannot be written.
    pub fn range_of(&self, from: Option<&K>, to: Option<&K>) -> Result<KeyRange, StoreError> {
        let encode = |key: Option<&K>| key.map(|key| self.store.encode_lookup(key)).transpose();
        Ok(KeyRange::between(encode(from)?, encode(to)?))
    }

    /// The bytes of `key`, by which records are partitioned.
    ///
    /// # Errors
    /// When the key cannot be written.
    pub fn key_bytes(&self, key: &K) -> Result<Vec<u8>, StoreError> {
        self.store.encode_lookup(key)
    }

    /// The next `limit` rows of `range` behind the key bytes `after`, in `direction`. Fewer than `limit` means: no more.
    ///
    /// # Errors
    /// When the engine fails, or a stored key or value cannot be read.
    pub fn page(
        &mut self,
        range: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row<K, V>>, StoreError> {
        self.store.rows(range.rest(after, direction), direction, limit)
    }

    /// All rows of `range` at once, for small stores and tests; a [`cursor`](Self::cursor) takes less memory.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn rows(&mut self, range: &KeyRange, direction: Direction) -> Result<Vec<Row<K, V>>, StoreError> {
        self.page(range, None, direction, usize::MAX)
    }

    /// A cursor over `range`, which reads page by page and does not borrow the store.
    #[must_use]
    pub fn cursor(range: KeyRange, direction: Direction) -> Cursor<Self> {
        Cursor::new(range, direction)
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
