//! The generic store below the typed ones: a table in memory, or a write-back cache of an engine.
//!
//! An updated entry has three states. It is *dirty* until a flush logs it (only with caching), then *unwritten* until the
//! engine has it (only with an engine), then *clean*. Only logged updates are written to the engine.

mod any;
mod by_key;
mod cache;
mod codec;
mod expire;
mod flush;
mod index;
mod merge;
mod of_key;
mod prefetch;
mod read;
mod recency;
mod restore;
mod restored;
mod row_limit;
mod size;
mod undo;
mod undo_log;
mod update;
mod write_back;

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::FixedState;
use millstream_types::{Data, Headers, Offset, Serde, SerdeError, Timestamp};

pub(crate) use self::by_key::Place;
use self::by_key::RowsByKey;
use self::cache::Cache;
use self::codec::ValueCodec;
use self::index::Indexes;
pub(crate) use self::index::{Order, time_bytes};
pub(crate) use self::of_key::PlacedRow;
pub use self::prefetch::PrefetchFrom;
use self::recency::Recency;
use self::restored::Restored;
use self::size::MeanSize;
use self::undo_log::UndoLog;
use crate::expiry::Expiry;
use crate::layout::Layout;
use crate::table::Table;
use crate::table::dirty::DirtyRows;
use crate::with_headers::{HeaderAccess, value_alone};
use crate::{
    Backing, BufferSize, Changelog, Direction, EngineError, KeyRange, RawRow, StoreError, StoreKind, StoreOptions,
    ValueAndTimestamp, WithHeaders,
};

/// Reused buffers, so that updates do not allocate.
#[derive(Default)]
struct Buffers {
    key: Vec<u8>,
    value: Vec<u8>,
    hashes: Vec<u64>,
}

/// A store with keys of layout `L`.
pub(crate) struct Store<L: Layout, V> {
    options: StoreOptions,
    layout: L,
    values: ValueCodec<V>,
    table: Table<L::Key, V>,
    dirty: DirtyRows<V>,
    /// The engine and its cache; `None` for a store in memory.
    cache: Option<Cache>,
    indexes: Indexes,
    /// The entries of each key, from the first time that the rows of one are read.
    by_key: Option<Box<RowsByKey>>,
    /// The expiry of rows; `None` if rows do not expire.
    expiry: Option<Expiry>,
    /// The undo log, if it is kept.
    undo: Option<Box<UndoLog<L::Key, V>>>,
    /// The order in which rows were used, if their number is limited.
    recency: Option<Box<Recency>>,
    /// The number of entries with a value.
    live: usize,
    sizes: MeanSize,
    buffers: Buffers,
    /// Restored records that are not in the table yet.
    restored: Vec<Restored<L::Key, V>>,
    /// The changelog offset after the restored records.
    restored_to: Offset,
    hasher: FixedState,
}

/// A typed store around [`Store`]. It implements [`AnyStore`](crate::AnyStore) by this trait; a kind of store whose changelog
/// does not have the store's rows replaces some of its methods.
pub(crate) trait TypedStore: Send + Sized + 'static {
    type Layout: Layout;
    type Value: Data;

    fn store(&self) -> &Store<Self::Layout, Self::Value>;
    fn store_mut(&mut self) -> &mut Store<Self::Layout, Self::Value>;

    /// The kind of the store.
    fn kind(&self) -> StoreKind {
        Self::Layout::kind(self.store().options())
    }

    /// Applies a changelog record.
    fn restore_record(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        self.store_mut().restore_with_headers(key, value, timestamp, headers)
    }

    /// Logs up to `limit` dirty rows.
    fn log_dirty_rows(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError> {
        self.store_mut().log_dirty(log, limit)
    }

    /// The estimated size of the dirty rows that a cache holds back.
    fn cached_bytes(&self) -> usize {
        self.store().sizes.of(self.store().dirty.len())
    }

    /// The options that the store was opened with.
    fn opened_with(&self) -> &StoreOptions {
        self.store().options()
    }

    /// Ends a batch of restored records.
    fn restored_until(&mut self, next: Offset) -> Result<(), StoreError> {
        self.store_mut().restored_to(next)
    }

    /// The row of a changelog key, as bytes.
    fn raw_row(&mut self, key: &[u8]) -> Result<Option<RawRow>, StoreError> {
        self.store_mut().get_raw(key)
    }

    /// The next `limit` rows after the engine key `after`, as bytes.
    fn raw_page(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError> {
        self.store_mut().page_raw(keys, after, direction, limit)
    }

    /// How much waits, in a buffer.
    fn size_of_buffer(&mut self) -> Result<Option<BufferSize>, StoreError> {
        Ok(None)
    }

    /// Forgets what was computed from the rows, because they are removed or replaced.
    fn forget_derived(&mut self) {}
}

impl<L: Layout, V: Data> Store<L, WithHeaders<V>> {
    /// A store that keeps the headers of its values.
    pub(crate) fn with_headers(options: StoreOptions, layout: L, values: Serde<V>, backing: Backing) -> Self {
        let options = StoreOptions { headers: true, ..options };
        let mut store = Self::new(options, layout, value_alone(values), backing);
        store.keep_headers(HeaderAccess::of_values());
        store
    }
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Takes the headers of rows from the values.
    pub(crate) fn keep_headers(&mut self, access: HeaderAccess<V>) {
        self.values.keep_headers(access);
    }

    pub(crate) fn new(options: StoreOptions, layout: L, values: Serde<V>, backing: Backing) -> Self {
        let values = ValueCodec::new(values, &options);
        let hasher = FixedState::with_seed(options.hash_seed);
        let rows_max = options.rows_max.filter(|_| matches!(backing, Backing::InMemory));
        Self {
            options,
            expiry: layout.expiry(),
            layout,
            values,
            table: Table::new(),
            dirty: DirtyRows::new(),
            cache: Cache::new(backing),
            indexes: Indexes::default(),
            by_key: None,
            undo: None,
            recency: rows_max.map(|rows_max| Box::new(Recency::new(rows_max))),
            live: 0,
            sizes: MeanSize::guess(size_of::<L::Key>() + size_of::<V>()),
            buffers: Buffers::default(),
            restored: Vec::new(),
            restored_to: Offset::ZERO,
            hasher,
        }
    }

    pub(crate) fn layout(&self) -> &L {
        &self.layout
    }

    pub(crate) fn layout_mut(&mut self) -> &mut L {
        &mut self.layout
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.cache.is_none()
    }

    pub(crate) fn options(&self) -> &StoreOptions {
        &self.options
    }

    /// The rows of a store in memory, in no particular order.
    pub(crate) fn rows_in_memory(&self) -> impl Iterator<Item = (&L::Key, &V)> {
        self.table.iter().filter_map(|(_, entry)| Some((&entry.key, &entry.value.as_ref()?.value)))
    }

    /// The value of a key in a store in memory, for a change that is not an update.
    pub(crate) fn value_mut(&mut self, lookup: L::Lookup<'_>) -> Option<&mut V> {
        let index = self.find(self.hash(lookup), lookup)?;
        self.table.entry_mut(index).value.as_mut().map(|held| &mut held.value)
    }

    /// Decodes a changelog key.
    pub(crate) fn decode_key(&self, logged: &[u8]) -> Result<L::Key, StoreError> {
        self.layout.decode(logged).map_err(|source| self.serde_error(source))
    }

    pub(crate) fn serde_error(&self, source: SerdeError) -> StoreError {
        StoreError::Serde { store: self.options.name.clone(), source }
    }

    fn engine_error(&self, source: EngineError) -> StoreError {
        StoreError::Engine { store: self.options.name.clone(), source }
    }

    fn hash(&self, lookup: L::Lookup<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        L::hash(lookup, &mut hasher);
        hasher.finish()
    }

    fn find(&self, hash: u64, lookup: L::Lookup<'_>) -> Option<u32> {
        self.table.find(hash, |key| L::matches(key, lookup))
    }

    /// Removes an entry from a table in memory.
    fn remove(&mut self, index: u32) -> Result<(), StoreError> {
        if self.indexes.is_built() {
            let sort_keys = self.sort_keys_of(index)?;
            self.indexes.remove(&sort_keys);
        }
        if self.table.entry(index).value.is_some() {
            self.unlink(index);
        }
        let entry = self.table.remove(index);
        self.live -= usize::from(entry.value.is_some());
        self.forget_use(index);
        Ok(())
    }

    /// Finds a key in the table, or reads its row from the engine.
    fn find_or_load(&mut self, hash: u64, lookup: L::Lookup<'_>) -> Result<Option<u32>, StoreError> {
        let found = self.find(hash, lookup);
        if self.cache.is_none() {
            found.into_iter().for_each(|index| self.used(index));
            return Ok(found);
        }
        if let Some(index) = found {
            self.table.entry_mut(index).recent = true;
            return Ok(found);
        }
        if self.has_nowhere(lookup)? {
            return Ok(None);
        }
        let Some(value) = self.load(lookup)? else {
            return Ok(None);
        };
        Ok(Some(self.add_clean(hash, lookup, Some(value))))
    }

    /// Adds what the engine has of a key to the table.
    fn add_clean(&mut self, hash: u64, lookup: L::Lookup<'_>, value: Option<ValueAndTimestamp<V>>) -> u32 {
        let is_live = value.is_some();
        let index = self.table.insert(hash, L::own(lookup), value);
        self.live += usize::from(is_live);
        if is_live {
            self.link(index);
        }
        self.keep_clean(index);
        index
    }

    /// Reads the row of a key from the engine.
    fn load(&mut self, lookup: L::Lookup<'_>) -> Result<Option<ValueAndTimestamp<V>>, StoreError> {
        let Some(bytes) = self.stored_bytes(lookup)? else {
            return Ok(None);
        };
        self.sizes.learn(self.buffers.key.len() + bytes.len());
        self.values.decode_stored(&bytes).map(Some).map_err(|source| self.serde_error(source))
    }

    /// Reads the bytes of a key from the engine.
    fn stored_bytes(&mut self, lookup: L::Lookup<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        self.buffers.key.clear();
        self.layout.encode(lookup, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
        let Some(cache) = &self.cache else {
            return Ok(None);
        };
        cache.engine.get(&self.buffers.key).map_err(|source| self.engine_error(source))
    }

    /// Removes everything, in memory and in the engine.
    fn clear(&mut self) -> Result<(), StoreError> {
        self.forget();
        match &mut self.cache {
            Some(cache) => {
                let cleared = cache.engine.clear();
                cleared.map_err(|source| self.engine_error(source))
            }
            None => Ok(()),
        }
    }

    /// Removes everything in memory.
    fn forget(&mut self) {
        self.table.clear();
        self.dirty.clear();
        self.restored.clear();
        self.indexes = Indexes::default();
        self.forget_places();
        self.forget_uses();
        self.live = 0;
        if let Some(cache) = &mut self.cache {
            cache.forget();
        }
        if let Some(expiry) = &mut self.expiry {
            expiry.reset();
        }
        self.forget_undo();
    }

    /// The changelog offset of the engine; `None` for a store in memory.
    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError> {
        match &self.cache {
            Some(cache) => cache.engine.changelog_offset().map_err(|source| self.engine_error(source)),
            None => Ok(None),
        }
    }

    /// The changelog offset after the records that were restored, or that the engine had when the store was opened.
    pub(crate) fn restored_until(&self) -> Result<Offset, StoreError> {
        Ok(self.changelog_offset()?.map_or(self.restored_to, |stored| stored.max(self.restored_to)))
    }

    /// Whether it has a changelog.
    pub(crate) fn is_logging(&self) -> bool {
        self.options.logging
    }

    /// Returns an error if there are dirty entries: they must not be written to the engine before they are logged, or be
    /// replaced by restored records.
    fn refuse_dirty(&self) -> Result<(), StoreError> {
        let updates = self.dirty.len();
        if updates == 0 {
            return Ok(());
        }
        Err(self.unfinished(updates, "not logged", "flush with `take_dirty` or `log_dirty` first"))
    }

    /// The error of a call that is made too early.
    fn unfinished(&self, updates: usize, state: &'static str, remedy: &'static str) -> StoreError {
        StoreError::Unfinished { store: self.options.name.clone(), updates, state, remedy }
    }
    /// The number of entries of the table, and of the largest index.
    #[cfg(test)]
    pub(crate) fn memory_use(&self) -> (usize, usize) {
        let indexes = [Order::Key, Order::Time].map(|order| self.indexes.get(order).map_or(0, |index| index.len()));
        (self.table.len(), indexes.into_iter().max().unwrap_or(0))
    }
}
