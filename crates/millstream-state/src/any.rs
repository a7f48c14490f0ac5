//! Stores without their types, for the runtime, restoring and queries.

use std::any::Any;

use millstream_types::{Headers, Offset, Timestamp};

use crate::{BufferSize, Changelog, Direction, KeyRange, RawRow, StoreError, StoreIndex, StoreKind, StoreOptions};

/// A store of any kind and types.
///
/// # Updates
/// 1. An operator updates the store. With caching the key becomes *dirty*; without, it is logged at once.
/// 2. A commit flushes the store (with the typed `take_dirty`, or [`log_dirty`](Self::log_dirty)) until no key is dirty.
/// 3. When the changelog is acknowledged and the offsets are committed, [`write_back`](Self::write_back) writes all unwritten
///    rows to the engine, with the changelog offset that they reach. This may be delayed over many commits, until
///    [it is due](Self::is_write_back_due), so that a row that changes several times is written once.
///
/// After a crash, restoring from [`changelog_offset`](Self::changelog_offset) recovers the rows that were not written.
///
/// # Rollback
/// A store with an [undo log](Self::keep_undo_log) can [roll back](Self::roll_back) to its last commit.
/// [`committed`](Self::committed) marks a commit between steps 2 and 3, since only committed rows are written to the engine.
///
/// # Examples
/// Reading a store as bytes:
/// ```
/// use millstream_state::{
///     AnyStore, Backing, Direction, KeyRange, KeyValueStore, NoChangelog, RecordContext, StoreIndex, StoreOptions,
///     ValueAndTimestamp,
/// };
/// use millstream_types::Serde;
///
/// let options = StoreOptions::new("counts", StoreIndex::new(0), "app-counts-changelog");
/// let mut counts = KeyValueStore::new(options, Serde::<String>::of_type(), Serde::<i64>::of_type(), Backing::InMemory);
/// counts.put(&"a".to_owned(), Some(ValueAndTimestamp::new(7, 1)), &RecordContext::at(1), &mut NoChangelog)?;
///
/// let store: &mut dyn AnyStore = &mut counts;
/// assert_eq!(store.get_raw(b"a")?.map(|row| row.value), Some(7_i64.to_be_bytes().to_vec()));
/// assert_eq!(store.get_raw(b"b")?, None);
/// assert_eq!(store.page_raw(&KeyRange::all(), None, Direction::Forward, 10)?.len(), 1);
/// # Ok::<(), millstream_state::StoreError>(())
/// ```
pub trait AnyStore: Any + Send {
    /// The options that the store was opened with.
    fn options(&self) -> &StoreOptions;

    /// The kind of the store.
    fn kind(&self) -> StoreKind;

    /// The name of the store.
    fn name(&self) -> &str {
        &self.options().name
    }

    /// The index of the store in the topology.
    fn index(&self) -> StoreIndex {
        self.options().index
    }

    /// Applies a changelog record; without a `value` it is a delete. Rows that have expired are skipped. The record becomes
    /// visible with [`restored_to`](Self::restored_to). With an engine, only the first record with a value of each batch is
    /// decoded.
    ///
    /// # Errors
    /// When key or value cannot be decoded, or the store has updates that are not logged, committed or written.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError>;

    /// Applies a changelog record with its headers, which tell some kinds of stores its format. Otherwise it is like
    /// [`restore`](Self::restore).
    ///
    /// # Errors
    /// Those of [`restore`](Self::restore), and when the headers name a format that is not known.
    fn restore_with_headers(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError>;

    /// Ends a batch of restored records; `next` is the changelog offset after it. An engine gets both atomically.
    ///
    /// # Errors
    /// When the engine fails. Then the engine has nothing of the batch: restore from
    /// [`changelog_offset`](Self::changelog_offset) again.
    fn restored_to(&mut self, next: Offset) -> Result<(), StoreError>;

    /// The offset where restoring starts; `None`, as always for stores in memory, is the beginning of the changelog.
    ///
    /// # Errors
    /// When the engine fails.
    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError>;

    /// Checks that the first and the last row of the engine have the types of the store. For a store in memory it does
    /// nothing.
    ///
    /// # Errors
    /// When a row cannot be decoded, or the engine fails.
    fn check_stored(&self) -> Result<(), StoreError>;

    /// Logs dirty keys, each once, in the order of last update, and forwards nothing: up to `limit` of them.
    ///
    /// # Errors
    /// When a key or value cannot be written, or the engine fails.
    fn log_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError>;

    /// Writes all unwritten rows to the engine, in one atomic batch sorted by key bytes, with the changelog offset that they
    /// reach. `None`, for a store that is not logged, keeps the engine's offset. For a store in memory it does nothing.
    ///
    /// # Errors
    /// When the store has dirty or uncommitted updates, or the engine fails. Then nothing is written, and it can be called
    /// again.
    fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError>;

    /// Whether [`write_back`](Self::write_back) is due: the unwritten rows take too much of the cache, or are as large as a
    /// batch should be, or the changelog is so far ahead (by `records_ahead`) that restoring after a crash would take too
    /// long.
    fn is_write_back_due(&self, records_ahead: u64) -> bool;

    /// Whether updates are logged by a flush, and not at once.
    fn is_caching(&self) -> bool {
        self.options().caching
    }

    /// The number of writes that were refused because their row had expired; 0 if rows do not expire.
    fn refused_writes(&self) -> u64;

    /// Whether there are dirty keys.
    fn has_dirty(&self) -> bool;

    /// The estimated size of the dirty keys and values in bytes, which the cache size limits.
    fn dirty_bytes(&self) -> usize;

    /// The estimated size in bytes of the rows that [`write_back`](Self::write_back) would write.
    fn unwritten_bytes(&self) -> usize;

    /// Whether the store has an engine.
    fn has_engine(&self) -> bool;

    /// Sets the maximum size in bytes of the rows that are cached in memory. It has no effect on a store in memory.
    fn set_cache_bytes_max(&mut self, bytes: usize);

    /// The number of rows: exact for a store in memory, otherwise an estimate.
    fn len(&self) -> usize;

    /// Whether [`len`](Self::len) is 0.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much waits in a buffer; `None` for other kinds of stores.
    ///
    /// # Errors
    /// When a key or value cannot be encoded.
    fn buffer_size(&mut self) -> Result<Option<BufferSize>, StoreError>;

    /// Removes all rows and the changelog offset, in memory and in the engine, without logging.
    ///
    /// # Errors
    /// When the engine fails.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// The row of a key, as bytes as in the changelog; in window stores with the window's start.
    ///
    /// # Errors
    /// When the key is not a valid key of the store, the engine fails, or a value cannot be decoded or encoded.
    fn get_raw(&mut self, key: &[u8]) -> Result<Option<RawRow>, StoreError>;

    /// The next `limit` rows after the engine key `after`, in `direction` by engine key, whose changelog key is in `keys`. Fewer
    /// than `limit` rows mean that there are no more. Key-value stores seek to the range; others read and skip rows outside
    /// of it.
    ///
    /// # Errors
    /// When the engine fails, or a key or value cannot be encoded or decoded.
    fn page_raw(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError>;

    /// The next `limit` rows after the engine key `after`, in the order of engine keys.
    ///
    /// # Errors
    /// When the engine fails, or a key or value cannot be encoded or decoded.
    fn dump(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<RawRow>, StoreError> {
        self.page_raw(&KeyRange::all(), after, Direction::Forward, limit)
    }

    /// Keeps an undo log from now on: the committed values of the rows that have changed since the last commit. The present
    /// contents count as committed. When the log reaches `bytes_max`, a commit is due
    /// ([`is_commit_due`](Self::is_commit_due)).
    ///
    /// # Errors
    /// When the store is dirty, or the engine fails.
    fn keep_undo_log(&mut self, bytes_max: usize) -> Result<(), StoreError>;

    /// The estimated size of the undo log in bytes.
    fn undo_bytes(&self) -> usize;

    /// Whether the undo log has reached its limit, so that a commit should begin before the end of the interval. The log is not
    /// truncated: without a commit it grows further.
    fn is_commit_due(&self) -> bool;

    /// Marks the present contents as committed, as the state to which a rollback returns. Call it when everything is flushed
    /// and the offsets are committed, before [`write_back`](Self::write_back). Without an undo log it does nothing.
    ///
    /// # Errors
    /// When the store is dirty.
    fn committed(&mut self) -> Result<(), StoreError>;

    /// Rolls the store back to the last commit, including its stream time, without logging. Returns how many rows changed.
    /// Without an undo log it does nothing.
    fn roll_back(&mut self) -> usize;

    /// The name of the store's Rust type, for error messages.
    fn type_name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// The store as [`Any`], for downcasts.
    fn as_any(&self) -> &dyn Any;

    /// The store as [`Any`], for downcasts.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl dyn AnyStore {
    /// The store as an `S`, such as a `KeyValueStore<String, i64>`.
    ///
    /// # Errors
    /// When it is another kind of store, or has other types.
    pub fn downcast_mut<S: AnyStore>(&mut self) -> Result<&mut S, StoreError> {
        let error = StoreError::WrongType {
            store: self.options().name.clone(),
            expected: std::any::type_name::<S>(),
            actual: self.type_name(),
        };
        self.as_any_mut().downcast_mut::<S>().ok_or(error)
    }
}
