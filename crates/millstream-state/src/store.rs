//! The store below the typed ones: one table, resident or a write-back cache over an engine.
//!
//! An update passes three stages. It is *dirty* until a flush logs it (only with caching), then *unwritten* until the
//! engine has it (only with an engine), then *clean*. Resident entries are never unwritten; without caching nothing is
//! ever dirty. The engine never gets what is not logged.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::mem;

use foldhash::fast::FixedState;
use millstream_types::{Data, Offset, Serde, SerdeError, Timestamp};

use crate::cache::Cache;
use crate::codec::ValueCodec;
use crate::dirty::{Before, CLEAN, DirtyRow, DirtyRows};
use crate::layout::Layout;
use crate::resident::Restored;
use crate::size::MeanSize;
use crate::table::Table;
use crate::{Backing, Changelog, EngineError, Flushed, RecordContext, StoreError, StoreOptions, ValueAndTimestamp};

/// Work space, kept so that no update allocates.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
    pub(crate) hashes: Vec<u64>,
}

/// A store over keys of layout `L`.
pub(crate) struct Store<L: Layout, V> {
    pub(crate) options: StoreOptions,
    pub(crate) layout: L,
    pub(crate) values: ValueCodec<V>,
    pub(crate) table: Table<L::Key, V>,
    pub(crate) dirty: DirtyRows<V>,
    /// The engine and what belongs to caching it; `None` in resident stores.
    pub(crate) cache: Option<Cache>,
    /// Entries by engine key, once a range was asked for: all of a resident table, over an engine the changed ones.
    pub(crate) ordered: Option<BTreeMap<Vec<u8>, u32>>,
    /// How many entries have a value.
    pub(crate) live: usize,
    pub(crate) sizes: MeanSize,
    pub(crate) buffers: Buffers,
    /// Changelog records on their way into a table in memory.
    pub(crate) restored: Vec<Restored<L::Key, V>>,
    hasher: FixedState,
}

impl<L: Layout, V: Data> Store<L, V> {
    pub(crate) fn new(options: StoreOptions, layout: L, values: Serde<V>, backing: Backing) -> Self {
        let values = ValueCodec::new(values, options.changelog_topic.clone(), options.timestamped);
        let hasher = FixedState::with_seed(options.hash_seed);
        Self {
            options,
            layout,
            values,
            table: Table::new(),
            dirty: DirtyRows::new(),
            cache: Cache::new(backing),
            ordered: None,
            live: 0,
            sizes: MeanSize::guess(size_of::<L::Key>() + size_of::<V>()),
            buffers: Buffers::default(),
            restored: Vec::new(),
            hasher,
        }
    }

    /// The value of a key; read from the engine if the table does not have it.
    pub(crate) fn get(&mut self, lookup: L::Lookup<'_>) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        let hash = self.hash(lookup);
        Ok(match self.find_or_load(hash, lookup)? {
            Some(index) => self.table.entry(index).value.as_ref(),
            None => None,
        })
    }

    /// Replaces a key's value by what `f` makes of it.
    pub(crate) fn update<F>(
        &mut self,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
        f: F,
    ) -> Result<(), StoreError>
    where
        F: FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    {
        let hash = self.hash(lookup);
        match self.find_or_load(hash, lookup)? {
            Some(index) => {
                let keep_old = self.options.keep_old;
                let entry = self.table.entry_mut(index);
                let old = entry.value.take();
                let was_live = old.is_some();
                let before = (entry.dirty == CLEAN).then(|| before_of(old.as_ref(), keep_old));
                let new = f(old);
                self.finish(index, was_live, before, new, context, log)
            }
            None => match self.values.normal(f(None)) {
                Some(new) => self.create(hash, lookup, Before::Absent, Some(new), context, log),
                None => self.delete_absent(lookup, context, log),
            },
        }
    }

    /// Sets or removes a key's value. Reads the engine only if old values are kept.
    pub(crate) fn put(
        &mut self,
        lookup: L::Lookup<'_>,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.options.keep_old {
            return self.update(lookup, context, log, |_| value);
        }
        let hash = self.hash(lookup);
        match self.find(hash, lookup) {
            Some(index) => {
                let entry = self.table.entry_mut(index);
                let old = entry.value.take();
                let before = (entry.dirty == CLEAN).then(|| before_of(old.as_ref(), false));
                self.finish(index, old.is_some(), before, value, context, log)
            }
            None if self.cache.is_some() => {
                let value = self.values.normal(value);
                self.create(hash, lookup, Before::InEngine, value, context, log)
            }
            None => match self.values.normal(value) {
                Some(new) => self.create(hash, lookup, Before::Absent, Some(new), context, log),
                None => self.delete_absent(lookup, context, log),
            },
        }
    }

    /// Logs dirty keys, in the order of last update, and hands each to `emit`: `limit` of them, or all.
    pub(crate) fn flush(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
        mut emit: impl FnMut(&L::Key, Option<V>, Option<&V>, Timestamp, RecordContext),
    ) -> Result<(), StoreError> {
        self.dirty.sort(|entry, number| self.table.entry_mut(entry).dirty = number);
        let mut left = limit;
        while left > 0
            && let Some(mut row) = self.dirty.pop()
        {
            let number = self.table.entry(row.entry).dirty;
            match self.flush_row(&mut row, log, &mut emit) {
                Ok(is_heard) => left -= usize::from(is_heard),
                Err(error) => {
                    self.table.entry_mut(row.entry).dirty = number;
                    self.dirty.put_back(row, number);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Flushes and collects what to forward.
    pub(crate) fn take_dirty(
        &mut self,
        log: &mut dyn Changelog,
        limit: usize,
    ) -> Result<Vec<Flushed<L::Key, V>>, StoreError> {
        let mut flushed = Vec::with_capacity(self.dirty.len().min(limit));
        self.flush(log, limit, |key, old, new, timestamp, context| {
            flushed.push(Flushed { key: key.clone(), old, new: new.cloned(), timestamp, context });
        })?;
        Ok(flushed)
    }

    /// Flushes and forgets: for stores that nobody forwards from.
    pub(crate) fn log_dirty(&mut self, log: &mut dyn Changelog) -> Result<(), StoreError> {
        self.flush(log, usize::MAX, |_, _, _, _, _| {})
    }

    pub(crate) fn hash(&self, lookup: L::Lookup<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        L::hash(lookup, &mut hasher);
        hasher.finish()
    }

    pub(crate) fn find(&self, hash: u64, lookup: L::Lookup<'_>) -> Option<u32> {
        self.table.find(hash, |key| L::matches(key, lookup))
    }

    pub(crate) fn serde_error(&self, source: SerdeError) -> StoreError {
        StoreError::Serde { store: self.options.name.clone(), source }
    }

    pub(crate) fn engine_error(&self, source: EngineError) -> StoreError {
        StoreError::Engine { store: self.options.name.clone(), source }
    }

    /// Removes an entry from a resident table.
    pub(crate) fn remove(&mut self, index: u32) -> Result<(), StoreError> {
        if self.ordered.is_some() {
            let key = self.engine_key_of(index)?;
            self.ordered.as_mut().map(|ordered| ordered.remove(&key));
        }
        let entry = self.table.remove(index);
        self.live -= usize::from(entry.value.is_some());
        Ok(())
    }

    /// Puts an entry that is new in the table into the ordered index, if there is one.
    pub(crate) fn index_by_bytes(&mut self, index: u32) -> Result<(), StoreError> {
        if self.ordered.is_some() {
            let key = self.engine_key_of(index)?;
            self.ordered.as_mut().map(|ordered| ordered.insert(key, index));
        }
        Ok(())
    }

    /// An entry's engine key in a vector of its own.
    pub(crate) fn engine_key_of(&self, index: u32) -> Result<Vec<u8>, StoreError> {
        self.encode_lookup(L::lookup(&self.table.entry(index).key))
    }

    /// A key's engine key in a vector of its own.
    pub(crate) fn encode_lookup(&self, lookup: L::Lookup<'_>) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.layout.encode(lookup, &mut bytes).map_err(|source| self.serde_error(source))?;
        Ok(bytes)
    }

    /// Finds a key in the table, or brings its row in from the engine.
    fn find_or_load(&mut self, hash: u64, lookup: L::Lookup<'_>) -> Result<Option<u32>, StoreError> {
        let found = self.find(hash, lookup);
        if self.cache.is_none() {
            return Ok(found);
        }
        if let Some(index) = found {
            self.table.entry_mut(index).recent = true;
            return Ok(found);
        }
        let Some(value) = self.load(lookup)? else {
            return Ok(None);
        };
        let index = self.table.insert(hash, L::own(lookup), Some(value));
        self.live += 1;
        self.keep_clean(index);
        Ok(Some(index))
    }

    /// The engine's row of a key.
    fn load(&mut self, lookup: L::Lookup<'_>) -> Result<Option<ValueAndTimestamp<V>>, StoreError> {
        let Some(bytes) = self.stored_bytes(lookup)? else {
            return Ok(None);
        };
        self.sizes.learn(self.buffers.key.len() + bytes.len());
        self.values.decode_stored(&bytes).map(Some).map_err(|source| self.serde_error(source))
    }

    /// The engine's bytes of a key.
    fn stored_bytes(&mut self, lookup: L::Lookup<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        self.buffers.key.clear();
        self.layout.encode(lookup, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
        let Some(cache) = &self.cache else {
            return Ok(None);
        };
        cache.engine.get(&self.buffers.key).map_err(|source| self.engine_error(source))
    }

    /// Adds an entry for a key that the table does not have, and notes the update.
    fn create(
        &mut self,
        hash: u64,
        lookup: L::Lookup<'_>,
        before: Before<V>,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        self.live += usize::from(value.is_some());
        let index = self.table.insert(hash, L::own(lookup), value);
        if self.cache.is_none() {
            self.index_by_bytes(index)?;
        }
        self.note(index, Some(before), context, log)
    }

    /// Gives an entry its new value, and notes the update.
    fn finish(
        &mut self,
        index: u32,
        was_live: bool,
        before: Option<Before<V>>,
        new: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        let new = self.values.normal(new);
        self.live = self.live + usize::from(new.is_some()) - usize::from(was_live);
        self.table.entry_mut(index).value = new;
        self.note(index, before, context, log)
    }

    /// Marks an entry dirty, or logs it at once; `before` is there if it was clean.
    fn note(
        &mut self,
        index: u32,
        before: Option<Before<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.cache.is_some() {
            self.mark_unwritten(index)?;
        }
        if self.options.caching {
            let entry = self.table.entry_mut(index);
            match before {
                Some(before) => entry.dirty = self.dirty.add(index, before, context),
                None => self.dirty.renew(entry.dirty, context),
            }
            return Ok(());
        }
        self.log_entry(index, context.timestamp, log)?;
        self.remove_if_gone(index)
    }

    /// A delete of a key that is not there: logged without caching, as Kafka Streams does, and forgotten with it.
    fn delete_absent(
        &mut self,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.options.caching || !self.options.logging {
            return Ok(());
        }
        self.buffers.key.clear();
        self.layout.encode(lookup, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
        log.append(self.options.index, &self.buffers.key[L::PREFIX_BYTES..], None, context.timestamp);
        Ok(())
    }

    /// Flushes one row. Whether the world hears of it.
    fn flush_row(
        &mut self,
        row: &mut DirtyRow<V>,
        log: &mut dyn Changelog,
        emit: &mut impl FnMut(&L::Key, Option<V>, Option<&V>, Timestamp, RecordContext),
    ) -> Result<bool, StoreError> {
        let is_heard = self.is_heard(row)?;
        if is_heard {
            let timestamp = self.log_entry(row.entry, row.context.timestamp, log)?;
            let entry = self.table.entry(row.entry);
            let old = match &mut row.before {
                Before::Present(old) => old.take(),
                Before::Absent | Before::InEngine => None,
            };
            let context = mem::take(&mut row.context);
            emit(&entry.key, old, entry.value.as_ref().map(|held| &held.value), timestamp, context);
        }
        self.table.entry_mut(row.entry).dirty = CLEAN;
        self.remove_if_gone(row.entry)?;
        Ok(is_heard)
    }

    /// Whether the world hears of this update: not of a key created and deleted since the last flush.
    fn is_heard(&mut self, row: &DirtyRow<V>) -> Result<bool, StoreError> {
        let entry = self.table.entry(row.entry);
        if entry.value.is_some() {
            return Ok(true);
        }
        match row.before {
            Before::Absent => Ok(false),
            Before::Present(_) => Ok(true),
            Before::InEngine => {
                let key = entry.key.clone();
                Ok(self.stored_bytes(L::lookup(&key))?.is_some())
            }
        }
    }

    /// Appends an entry to the changelog, if there is one; returns the time it is logged at.
    fn log_entry(&mut self, index: u32, written: Timestamp, log: &mut dyn Changelog) -> Result<Timestamp, StoreError> {
        let entry = self.table.entry(index);
        let timestamp = match &entry.value {
            Some(held) if self.options.timestamped => held.timestamp,
            _ => written,
        };
        if !self.options.logging {
            return Ok(timestamp);
        }
        let mut buffers = mem::take(&mut self.buffers);
        let encoded = self.encode_entry(index, &mut buffers);
        let logged = encoded.map(|()| {
            let key = &buffers.key[L::PREFIX_BYTES..];
            let value = self.table.entry(index).value.as_ref().map(|_| self.values.logged_part(&buffers.value));
            log.append(self.options.index, key, value, timestamp);
            self.sizes.learn(buffers.key.len() + buffers.value.len());
            timestamp
        });
        self.buffers = buffers;
        logged
    }

    /// Writes an entry's engine key and, if it has one, its engine value into the buffers.
    pub(crate) fn encode_entry(&self, index: u32, buffers: &mut Buffers) -> Result<(), StoreError> {
        let entry = self.table.entry(index);
        buffers.key.clear();
        buffers.value.clear();
        let encoded = self.layout.encode(L::lookup(&entry.key), &mut buffers.key);
        let encoded = encoded.and_then(|()| match &entry.value {
            Some(held) => self.values.encode_stored(held, &mut buffers.value),
            None => Ok(()),
        });
        encoded.map_err(|source| self.serde_error(source))
    }

    /// Frees the entry of a deleted key. Over an engine it stays until the delete is written.
    fn remove_if_gone(&mut self, index: u32) -> Result<(), StoreError> {
        if self.cache.is_none() && self.table.entry(index).value.is_none() {
            return self.remove(index);
        }
        Ok(())
    }

    /// Everything away, in memory and in the engine.
    pub(crate) fn clear(&mut self) -> Result<(), StoreError> {
        self.forget();
        match &mut self.cache {
            Some(cache) => {
                let cleared = cache.engine.clear();
                cleared.map_err(|source| self.engine_error(source))
            }
            None => Ok(()),
        }
    }

    /// Everything in memory away.
    pub(crate) fn forget(&mut self) {
        self.table.clear();
        self.dirty.clear();
        self.restored.clear();
        self.ordered = None;
        self.live = 0;
        if let Some(cache) = &mut self.cache {
            cache.forget();
        }
    }

    /// The changelog offset of the engine; resident stores have none.
    pub(crate) fn changelog_offset(&self) -> Result<Option<Offset>, StoreError> {
        match &self.cache {
            Some(cache) => cache.engine.changelog_offset().map_err(|source| self.engine_error(source)),
            None => Ok(None),
        }
    }
}

fn before_of<V: Data>(old: Option<&ValueAndTimestamp<V>>, keep_old: bool) -> Before<V> {
    match old {
        None => Before::Absent,
        Some(held) => Before::Present(keep_old.then(|| held.value.clone())),
    }
}
