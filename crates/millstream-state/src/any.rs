//! Stores without their types: what the runtime, restoring and queries need.

use std::any::Any;

use millstream_types::{Offset, Timestamp};

use crate::{Changelog, Direction, KeyRange, RawRow, StoreError, StoreIndex, StoreKind, StoreOptions};

/// A store of any kind and types.
///
/// # The way of an update
/// 1. An operator updates the store. With caching the key is now *dirty*; without, it is logged at once.
/// 2. At commit the runtime flushes (the typed `take_dirty`, or [`log_dirty`](Self::log_dirty)) until no store is dirty.
/// 3. When the changelog is acknowledged and the offsets are committed, [`write_back`](Self::write_back) brings
///    everything into the engine, with the changelog offset up to which the engine then is. That may be put off over
///    many commits, until [it is due](Self::is_write_back_due): a row that changes again meanwhile is written once.
///
/// After a crash, restoring from [`changelog_offset`](Self::changelog_offset) brings back what step 3 missed.
///
/// # Taking updates back
/// A store that [keeps an undo log](Self::keep_undo_log) can [roll back](Self::roll_back) to its last commit, which
/// [`committed`](Self::committed) marks between steps 2 and 3: an engine gets nothing that is not committed.
///
/// # Examples
/// Reading a store by bytes, whatever its types:
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
    /// The settings the store was opened with.
    fn options(&self) -> &StoreOptions;

    /// Its kind.
    fn kind(&self) -> StoreKind;

    /// Its name.
    fn name(&self) -> &str {
        &self.options().name
    }

    /// Its place in the topology's list of stores.
    fn index(&self) -> StoreIndex {
        self.options().index
    }

    /// Applies one changelog record; no `value` is a delete. Rows that have expired are passed over. It is visible after [`restored_to`](Self::restored_to). Over an
    /// engine, of each batch only the first record with a value is decoded.
    ///
    /// # Errors
    /// When key or value cannot be read, or the store has updates of its own that are not logged, committed or written.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError>;

    /// Ends a batch of restored records; `next` is the changelog offset behind it. An engine gets both at once.
    ///
    /// # Errors
    /// When the engine fails. Nothing of the batch is in it then: restore from
    /// [`changelog_offset`](Self::changelog_offset) again.
    fn restored_to(&mut self, next: Offset) -> Result<(), StoreError>;

    /// Where restoring starts; `None` (always for stores in memory) is the changelog's beginning.
    ///
    /// # Errors
    /// When the engine fails.
    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError>;

    /// Reads the first and the last row that the engine keeps, to see that they are of the store's types. A store in
    /// memory has nothing to check.
    ///
    /// # Errors
    /// When a row cannot be read, or the engine fails.
    fn check_stored(&self) -> Result<(), StoreError>;

    /// Logs dirty keys, each once, in the order of last update, and forwards nothing: up to `limit` of them.
    ///
    /// # Errors
    /// When a key or value cannot be written, or the engine fails.
    fn log_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError>;

    /// Writes everything unwritten into the engine, in one atomic batch sorted by key bytes, with the changelog offset
    /// that covers it. `None` leaves the engine's offset as it is (a store that is not logged). A store in memory has
    /// nothing to write.
    ///
    /// # Errors
    /// When the store is dirty, or has updates that are not committed, or the engine fails; then nothing is written and it can be called again.
    fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError>;

    /// Whether [`write_back`](Self::write_back) should not be put off any longer: what is unwritten takes the room that
    /// other rows need, or is as much as one batch should hold, or the changelog is so far ahead (by `records_ahead`) that
    /// restoring what a crash takes away would last too long.
    fn is_write_back_due(&self, records_ahead: u64) -> bool;

    /// Whether updates wait for a flush before they are logged.
    fn is_caching(&self) -> bool {
        self.options().caching
    }

    /// How many writes were refused because their row had expired; always 0 where rows do not expire.
    fn refused_writes(&self) -> u64;

    /// Whether there are updates that no flush has logged.
    fn has_dirty(&self) -> bool;

    /// About how many bytes of keys and values those are: what the cache's bound limits.
    fn dirty_bytes(&self) -> usize;

    /// About how many bytes wait for [`write_back`](Self::write_back).
    fn unwritten_bytes(&self) -> usize;

    /// Whether it is over an engine.
    fn has_engine(&self) -> bool;

    /// Bounds the bytes of rows that it keeps in memory before its engine. A store in memory keeps all it has.
    fn set_cache_bytes_max(&mut self, bytes: usize);

    /// How many rows there are: exact in memory, else an estimate.
    fn len(&self) -> usize;

    /// Whether [`len`](Self::len) is 0.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes everything, in memory and in the engine, with the changelog offset; nothing is logged.
    ///
    /// # Errors
    /// When the engine fails.
    fn clear(&mut self) -> Result<(), StoreError>;

    /// The row of a key, in the bytes that the changelog has for it; in window stores with the window's start.
    ///
    /// # Errors
    /// When the key is not one of the store's, the engine fails, or a value cannot be read or written.
    fn get_raw(&mut self, key: &[u8]) -> Result<Option<RawRow>, StoreError>;

    /// The next `limit` rows behind the engine key `after`, in the order of engine keys or the reverse, whose key in the
    /// changelog is in `keys`. Fewer than `limit` means: no more. Key-value stores find the range by its bounds; others
    /// read over the rows outside of it.
    ///
    /// # Errors
    /// When the engine fails, or a key or value cannot be written or read.
    fn page_raw(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError>;

    /// The next `limit` rows behind the engine key `after`, in the order of engine keys.
    ///
    /// # Errors
    /// When the engine fails, or a key or value cannot be written or read.
    fn dump(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<RawRow>, StoreError> {
        self.page_raw(&KeyRange::all(), after, Direction::Forward, limit)
    }

    /// Keeps an undo log from now on: the rows changed since the last commit, as that commit left them. What the store
    /// holds now counts as committed. A log of `bytes_max` bytes makes a commit due ([`is_commit_due`](Self::is_commit_due)).
    ///
    /// # Errors
    /// When the store is dirty, or the engine fails.
    fn keep_undo_log(&mut self, bytes_max: usize) -> Result<(), StoreError>;

    /// About how many bytes the undo log takes.
    fn undo_bytes(&self) -> usize;

    /// Whether the undo log has reached its bound: commit now, rather than at the end of the interval. It may overshoot
    /// by what one record changes; nothing is lost by committing later, the log grows on.
    fn is_commit_due(&self) -> bool;

    /// What the store holds is committed: from here a rollback starts. Call it when everything is flushed and the offsets
    /// are committed, before [`write_back`](Self::write_back). Without an undo log it does nothing.
    ///
    /// # Errors
    /// When the store is dirty.
    fn committed(&mut self) -> Result<(), StoreError>;

    /// Puts the store back to the last commit, stream time too; returns how many rows that changed. Nothing is logged.
    /// Without an undo log it does nothing.
    fn roll_back(&mut self) -> usize;

    /// The store's Rust type, for error messages.
    fn type_name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// The store with its types, by downcast.
    fn as_any(&self) -> &dyn Any;

    /// The store with its types, by downcast.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl dyn AnyStore {
    /// The store as an `S`, say a `KeyValueStore<String, i64>`.
    ///
    /// # Errors
    /// When it is another kind of store or has other types.
    pub fn downcast_mut<S: AnyStore>(&mut self) -> Result<&mut S, StoreError> {
        let error = StoreError::WrongType {
            store: self.options().name.clone(),
            expected: std::any::type_name::<S>(),
            actual: self.type_name(),
        };
        self.as_any_mut().downcast_mut::<S>().ok_or(error)
    }
}
