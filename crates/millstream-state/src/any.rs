//! Stores without their types: what the runtime, restoring and queries need.

use std::any::Any;

use millstream_types::{Offset, Timestamp};

use crate::{Changelog, RawRow, StoreError, StoreIndex, StoreKind, StoreOptions};

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

    /// Applies one changelog record; no `value` is a delete. It shows after [`restored_to`](Self::restored_to). Over an
    /// engine, of each batch only the first record with a value is looked into.
    ///
    /// # Errors
    /// When key or value cannot be read, or the store has updates of its own that are not logged or not written.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError>;

    /// Ends a batch of restored records; `next` is the changelog offset behind it. An engine gets both at once.
    ///
    /// # Errors
    /// When the engine fails. Nothing of the batch is in it then: restore from
    /// [`changelog_offset`](Self::changelog_offset) again.
    fn restored_to(&mut self, next: Offset) -> Result<(), StoreError>;

    /// Where restoring starts; `None` (always for resident stores) is the changelog's beginning.
    ///
    /// # Errors
    /// When the engine fails.
    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError>;

    /// Reads the first and the last row that the engine keeps, to see that they are of the store's types. Resident stores
    /// keep nothing, and have nothing to check.
    ///
    /// # Errors
    /// When a row cannot be read, or the engine fails.
    fn check_stored(&self) -> Result<(), StoreError>;

    /// Logs every dirty key once, in the order of last update, and forwards nothing.
    ///
    /// # Errors
    /// When a key or value cannot be written, or the engine fails.
    fn log_dirty(&mut self, log: &mut dyn Changelog) -> Result<(), StoreError>;

    /// Writes everything unwritten into the engine, in one atomic batch sorted by key bytes, with the changelog offset
    /// that covers it. `None` leaves the engine's offset as it is (a store that is not logged). Resident stores have
    /// nothing to write.
    ///
    /// # Errors
    /// When the store is dirty, or the engine fails; then nothing is written and it can be called again.
    fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError>;

    /// Whether [`write_back`](Self::write_back) should not be put off any longer: what is unwritten takes the room that
    /// other rows need, or is as much as one batch should hold, or the changelog is so far ahead (by `records_ahead`) that
    /// restoring what a crash takes away would last too long.
    fn is_write_back_due(&self, records_ahead: u64) -> bool;

    /// Whether updates wait for a flush before they are logged.
    fn is_caching(&self) -> bool {
        self.options().caching
    }

    /// Whether there are updates that no flush has logged.
    fn has_dirty(&self) -> bool;

    /// About how many bytes of keys and values those are: what the cache's bound limits.
    fn dirty_bytes(&self) -> usize;

    /// About how many bytes wait for [`write_back`](Self::write_back).
    fn unwritten_bytes(&self) -> usize;

    /// Whether an engine stands behind it.
    fn has_engine(&self) -> bool;

    /// Bounds the bytes of rows that it keeps in memory before its engine. A resident store keeps all it has.
    fn set_cache_bytes_max(&mut self, bytes: usize);

    /// How many rows there are: exact for resident stores, else an estimate.
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

    /// The next `limit` rows behind the engine key `after`, in the order of engine keys, as bytes.
    ///
    /// # Errors
    /// When the engine fails, or a key or value cannot be written or read.
    fn dump(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<RawRow>, StoreError>;

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
