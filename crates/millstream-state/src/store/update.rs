//! Reads and writes of single rows.

use millstream_types::Data;

use super::Store;
use crate::expiry::Access;
use crate::layout::Layout;
use crate::table::Stored;
use crate::table::dirty::{Before, CLEAN};
use crate::{Changelog, RecordContext, StoreError, ValueAndTimestamp, WriteOutcome};

impl<L: Layout, V: Data> Store<L, V> {
    /// The value of a key, which is read from the engine if the table does not have it.
    pub(crate) fn get(&mut self, lookup: L::Lookup<'_>) -> Result<Option<&ValueAndTimestamp<V>>, StoreError> {
        if L::EXPIRES && !self.is_visible(L::time(lookup))? {
            return Ok(None);
        }
        let hash = self.hash(lookup);
        Ok(match self.find_or_load(hash, lookup)? {
            Some(index) => self.table.entry(index).value.as_ref(),
            None => None,
        })
    }

    /// Replaces the value of a key by the result of `f`.
    #[inline]
    pub(crate) fn update<F>(
        &mut self,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
        f: F,
    ) -> Result<WriteOutcome, StoreError>
    where
        F: FnOnce(Option<ValueAndTimestamp<V>>) -> Option<ValueAndTimestamp<V>>,
    {
        let access = self.admit(lookup)?;
        if access == Access::Expired {
            return Ok(WriteOutcome::Expired);
        }
        let hash = self.hash(lookup);
        match self.find_or_load(hash, lookup)? {
            Some(index) => {
                self.remember(index);
                let keep_old = self.options.keep_old;
                let entry = self.table.entry_mut(index);
                let was_live = entry.value.is_some();
                let old = entry.value.as_ref();
                let before_of = || if keep_old { before_with_value(old) } else { before_without_value(old) };
                let before = (entry.dirty == CLEAN).then(before_of);
                // A hidden row is not passed to `f`, and stays until there is a new one, since `f` may panic.
                let new = self.values.normal(f(if access == Access::Visible { entry.value.take() } else { None }));
                if new.is_none() && !was_live && before.is_some() {
                    self.delete_nothing(index, lookup, context, log)?;
                } else {
                    self.finish(index, was_live, before, new, context, log)?;
                }
            }
            None => match self.values.normal(f(None)) {
                Some(new) => self.create(hash, lookup, Before::Absent, Some(new), context, log)?,
                None => self.delete_absent(hash, lookup, context, log)?,
            },
        }
        Ok(WriteOutcome::Accepted)
    }

    /// Sets or removes the value of a key. Reads the engine only if old values are kept.
    pub(crate) fn put(
        &mut self,
        lookup: L::Lookup<'_>,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<WriteOutcome, StoreError> {
        if self.options.keep_old {
            return self.update(lookup, context, log, |_| value);
        }
        if self.admit(lookup)? == Access::Expired {
            return Ok(WriteOutcome::Expired);
        }
        let (hash, value) = (self.hash(lookup), self.values.normal(value));
        match self.find(hash, lookup) {
            Some(index) => {
                self.remember(index);
                let entry = self.table.entry_mut(index);
                let old = entry.value.take();
                let before = (entry.dirty == CLEAN).then(|| before_without_value(old.as_ref()));
                self.finish(index, old.is_some(), before, value, context, log)?;
            }
            None => {
                if self.cache.is_some() && L::DELETES && !self.has_nowhere(lookup)? {
                    self.create(hash, lookup, Before::InEngine, value, context, log)?;
                } else if value.is_some() {
                    self.create(hash, lookup, Before::Absent, value, context, log)?;
                } else {
                    self.delete_absent(hash, lookup, context, log)?;
                }
            }
        }
        Ok(WriteOutcome::Accepted)
    }

    /// Adds an entry for a key that the table does not have, and marks it as updated.
    #[inline]
    fn create(
        &mut self,
        hash: u64,
        lookup: L::Lookup<'_>,
        before: Before<V>,
        value: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        let is_live = value.is_some();
        self.live += usize::from(is_live);
        let index = self.table.insert(hash, L::own(lookup), value);
        if is_live {
            self.link(index);
        }
        self.remember_created(index);
        if self.cache.is_none() {
            self.add_to_indexes(index)?;
            self.used(index);
            self.evict_rows(context, log)?;
        }
        self.mark_updated(index, Some(before), context, log)
    }

    /// Sets the new value of an entry, in its normal form, and marks it as updated.
    #[inline]
    pub(super) fn finish(
        &mut self,
        index: u32,
        was_live: bool,
        before: Option<Before<V>>,
        new: Option<ValueAndTimestamp<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        self.live = self.live + usize::from(new.is_some()) - usize::from(was_live);
        let is_live = new.is_some();
        self.table.entry_mut(index).value = new;
        if is_live && !was_live {
            self.link(index);
        } else if was_live && !is_live {
            self.unlink(index);
        }
        self.used(index);
        self.evict_rows(context, log)?;
        self.mark_updated(index, before, context, log)
    }

    /// Marks an entry as dirty, or logs it at once. `before` is `Some` if it was clean.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the compiler stops inlining it at its fourth caller; measured")]
    fn mark_updated(
        &mut self,
        index: u32,
        before: Option<Before<V>>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.cache.is_some() {
            // Of an entry that is in the engine as it is, and had no value, the engine has none.
            let stored = if matches!(before, Some(Before::Absent)) { Stored::Nothing } else { Stored::Outdated };
            self.mark_unwritten(index, stored)?;
        }
        if self.options.caching {
            let entry = self.table.entry_mut(index);
            match before {
                Some(before) => entry.dirty = self.dirty.add(index, before, context),
                None => self.dirty.renew(entry.dirty, context),
            }
            return Ok(());
        }
        self.log_entry(index, context, log)?;
        self.remove_if_gone(index)
    }

    /// Deletes a key of whose entry it is known that it has no value: it was read ahead, or deleted before. It does what
    /// [`delete_absent`](Self::delete_absent) does, so that results do not depend on what is in the table.
    #[cold]
    fn delete_nothing(
        &mut self,
        index: u32,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.options.caching && self.options.logging {
            return self.finish(index, false, Some(Before::Absent), None, context, log);
        }
        self.log_null(lookup, context, log)
    }

    /// Deletes a missing key. As in Kafka Streams this is logged, at once or (with caching) by the next flush.
    #[cold]
    fn delete_absent(
        &mut self,
        hash: u64,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if !self.options.logging {
            return Ok(());
        }
        if self.options.caching {
            return self.create(hash, lookup, Before::Absent, None, context, log);
        }
        self.log_null(lookup, context, log)
    }

    /// Logs a null for a key without a row, if there is a changelog.
    pub(crate) fn log_null(
        &mut self,
        lookup: L::Lookup<'_>,
        context: &RecordContext,
        log: &mut dyn Changelog,
    ) -> Result<(), StoreError> {
        if self.options.logging {
            self.buffers.key.clear();
            self.layout.encode(lookup, &mut self.buffers.key).map_err(|source| self.serde_error(source))?;
            let key = &self.buffers.key[L::PREFIX_BYTES..];
            if self.values.logs_headers() || self.options.logs_headers {
                log.append_with_headers(self.options.index, key, None, context.timestamp, &context.headers);
            } else {
                log.append(self.options.index, key, None, context.timestamp);
            }
        }
        Ok(())
    }

    /// Removes the entry of a deleted key. With an engine it stays until the delete is written, with an undo log until the
    /// commit.
    pub(super) fn remove_if_gone(&mut self, index: u32) -> Result<(), StoreError> {
        let entry = self.table.entry(index);
        if entry.value.is_some() || entry.undoable {
            return Ok(());
        }
        match &mut self.cache {
            None => self.remove(index),
            Some(cache) => {
                cache.never_stored += usize::from(entry.stored == Stored::Nothing);
                Ok(())
            }
        }
    }
}

fn before_with_value<V: Data>(old: Option<&ValueAndTimestamp<V>>) -> Before<V> {
    old.map_or(Before::Absent, |held| Before::Present(Some(held.value.clone())))
}

fn before_without_value<V: Data>(old: Option<&ValueAndTimestamp<V>>) -> Before<V> {
    old.map_or(Before::Absent, |_| Before::Present(None))
}
