//! Expiry in a store: which rows can be read and written, and the removal of closed segments.

use millstream_types::{Data, Timestamp};

use super::Store;
use super::undo_log::{Behind, UndoRow};
use crate::StoreError;
use crate::expiry::Access;
use crate::layout::Layout;
use crate::table::Entry;
use crate::table::dirty::CLEAN;

impl<L: Layout, V: Data> Store<L, V> {
    /// Stream time; unknown before the first row, and if rows do not expire.
    pub(crate) fn stream_time(&self) -> Timestamp {
        self.expiry.map_or(Timestamp::UNKNOWN, |expiry| expiry.state.stream_time)
    }

    /// The number of writes that were refused because their segment was closed.
    pub(crate) fn refused(&self) -> u64 {
        self.expiry.map_or(0, |expiry| expiry.refused)
    }

    /// Shows and keeps rows for this time instead of the retention.
    pub(crate) fn set_visible_ms(&mut self, visible_ms: i64) {
        if let Some(expiry) = &mut self.expiry {
            expiry.set_visible_ms(visible_ms);
        }
    }

    /// Shows and keeps the rows that are visible now, or will be, from `time` on, even when their retention is over.
    pub(crate) fn hold_from(&mut self, time: Timestamp) -> Result<(), StoreError> {
        self.load_time()?;
        if let Some(expiry) = &mut self.expiry {
            expiry.hold_from(time);
        }
        Ok(())
    }

    /// Counts a write that the typed store has refused.
    pub(crate) fn count_refused(&mut self) {
        self.set_refused(self.refused().saturating_add(1));
    }

    pub(crate) fn set_refused(&mut self, refused: u64) {
        if let Some(expiry) = &mut self.expiry {
            expiry.refused = refused;
        }
    }

    /// Whether a time is in a segment that is closed.
    pub(crate) fn is_closed(&self, time: Timestamp) -> bool {
        self.expiry.is_some_and(|expiry| expiry.is_closed(time))
    }

    /// The earliest time of visible rows.
    pub(crate) fn earliest_visible(&mut self) -> Result<Timestamp, StoreError> {
        self.load_time()?;
        Ok(self.expiry.map_or(Timestamp::from_millis(i64::MIN), |expiry| expiry.earliest_visible()))
    }

    /// The earliest time whose segment is open. Rows before it may still be in the engine, or dirty.
    pub(crate) fn earliest_open(&mut self) -> Result<Timestamp, StoreError> {
        self.load_time()?;
        Ok(self.expiry.map_or(Timestamp::from_millis(i64::MIN), |expiry| expiry.earliest_open()))
    }

    pub(super) fn is_visible(&mut self, time: Timestamp) -> Result<bool, StoreError> {
        let earliest = self.earliest_visible()?;
        Ok(if L::BY_SEGMENT { !self.is_closed(time) } else { time >= earliest })
    }

    /// Advances stream time to that of a row that is written. Returns the row's access.
    #[inline]
    pub(super) fn admit(&mut self, lookup: L::Lookup<'_>) -> Result<Access, StoreError> {
        if L::EXPIRES { self.admit_at(L::time(lookup)) } else { Ok(Access::Visible) }
    }

    fn admit_at(&mut self, time: Timestamp) -> Result<Access, StoreError> {
        self.load_time()?;
        if !L::BY_SEGMENT {
            self.advance_time(time);
        }
        let Some(expiry) = &mut self.expiry else { return Ok(Access::Visible) };
        let access = match expiry.access(time) {
            Access::Hidden if L::BY_SEGMENT => Access::Visible,
            access => access,
        };
        expiry.refused += u64::from(access == Access::Expired);
        Ok(access)
    }

    /// Advances stream time, and removes the segments that close.
    pub(crate) fn advance_time(&mut self, time: Timestamp) {
        if self.expiry.as_mut().is_some_and(|expiry| expiry.advance(time)) {
            self.drop_closed();
        }
    }

    /// Sets stream time by the rows in the engine, once.
    pub(crate) fn load_time(&mut self) -> Result<(), StoreError> {
        let Some(expiry) = self.expiry.filter(|expiry| !expiry.is_loaded) else { return Ok(()) };
        let segments = expiry.segments();
        let last = self.last_stored_prefix()?;
        if let Some(expiry) = &mut self.expiry {
            expiry.is_loaded = true;
        }
        if let Some(prefix) = last {
            self.advance_time(self.layout.time_of_prefix(prefix, segments));
        }
        Ok(())
    }

    /// Removes the closed segments, except dirty entries, which are flushed first.
    fn drop_closed(&mut self) {
        let Some(expiry) = self.expiry else { return };
        let waiting = self.drop_entries(|time| expiry.is_closed(time));
        if let Some(expiry) = &mut self.expiry {
            expiry.state.holds_closed = waiting > 0;
        }
        if let Some(cache) = &mut self.cache {
            let first_open = self.layout.first_prefix(expiry.state.first_open, expiry.segments());
            cache.drop_below(first_open.to_be_bytes().to_vec());
        }
    }

    /// Removes entries that were dirty when their segment closed, once all of them are flushed.
    pub(super) fn drop_flushed_closed(&mut self) {
        if self.dirty.len() == 0 && self.expiry.is_some_and(|expiry| expiry.state.holds_closed) {
            self.drop_closed();
        }
    }

    /// Removes all clean and unwritten entries of whose times `is_closed` is true, without writing them. Returns how many dirty ones stay
    /// until they are flushed.
    fn drop_entries(&mut self, is_closed: impl Fn(Timestamp) -> bool) -> usize {
        let is_dropped = |key: &L::Key| is_closed(L::time(L::lookup(key)));
        let keep = |entry: &Entry<L::Key, V>| entry.dirty != CLEAN || !is_dropped(&entry.key);
        let (table, mut undo) = (&self.table, self.undo.take());
        let keeps_index = |index| keep(table.entry(index));
        let changed = undo.as_mut().map_or_else(Vec::new, |undo| undo.take_dropped(keeps_index));
        self.restored.retain(|row| !is_dropped(&row.key));
        self.indexes.retain(&keeps_index);
        if let Some(by_key) = &mut self.by_key {
            by_key.retain(&keeps_index, &|time| !is_closed(time));
        }
        let mut behind = Behind::Nothing;
        if let Some(cache) = &mut self.cache {
            cache.retain(&keeps_index);
            behind = Behind::Engine;
        }
        for UndoRow { entry, at_commit } in changed {
            let entry = self.table.remove(entry);
            self.live -= usize::from(entry.value.is_some());
            if let Some(undo) = &mut undo {
                undo.keep_dropped(entry.key, at_commit, behind);
            }
        }
        self.table.retain(keep, |entry| {
            self.live -= usize::from(entry.value.is_some());
            if let Some(undo) = &mut undo {
                undo.keep_unchanged(entry, behind);
            }
        });
        self.undo = undo;
        self.dirty.entries().filter(|&index| is_dropped(&self.table.entry(index).key)).count()
    }
}
