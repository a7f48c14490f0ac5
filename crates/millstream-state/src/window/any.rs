//! The window store without its types.

use std::any::Any;

use millstream_types::{Data, Offset, Timestamp};

use super::keys::split_logged;
use super::{WindowRange, WindowStore};
use crate::{AnyStore, Changelog, Direction, RawRow, StoreError, StoreKind, StoreOptions};

impl<K: Data, V: Data> AnyStore for WindowStore<K, V> {
    fn options(&self) -> &StoreOptions {
        &self.store.options
    }

    fn kind(&self) -> StoreKind {
        StoreKind::Window
    }

    /// Records of closed segments are passed over.
    fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        self.open()?;
        let (_, start) = split_logged(key).map_err(|source| self.store.serde_error(source))?;
        self.observe(start);
        if self.segments.number(start) < self.first_live {
            return Ok(());
        }
        self.store.restore(key, value, timestamp)
    }

    fn restored_to(&mut self, next: Offset) -> Result<(), StoreError> {
        self.store.restored_to(next)
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError> {
        self.store.changelog_offset()
    }

    fn check_stored(&self) -> Result<(), StoreError> {
        self.store.check_stored()
    }

    fn log_dirty(&mut self, log: &mut dyn Changelog) -> Result<(), StoreError> {
        self.store.log_dirty(log)?;
        self.drop_flushed_closed();
        Ok(())
    }

    fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError> {
        self.store.write_back(changelog_offset)
    }

    fn is_write_back_due(&self, records_ahead: u64) -> bool {
        self.store.is_write_back_due(records_ahead)
    }

    fn has_dirty(&self) -> bool {
        self.store.dirty.len() > 0
    }

    fn dirty_bytes(&self) -> usize {
        self.store.sizes.of(self.store.dirty.len())
    }

    fn unwritten_bytes(&self) -> usize {
        self.store.unwritten_bytes()
    }

    fn has_engine(&self) -> bool {
        self.store.cache.is_some()
    }

    fn set_cache_bytes_max(&mut self, bytes: usize) {
        self.store.set_cache_bytes_max(bytes);
    }

    fn len(&self) -> usize {
        self.store.len()
    }

    /// Stream time begins anew, too.
    fn clear(&mut self) -> Result<(), StoreError> {
        self.store.clear()?;
        self.observed = Timestamp::UNKNOWN;
        self.first_live = 0;
        self.holds_closed = false;
        Ok(())
    }

    fn dump(&mut self, after: Option<&[u8]>, limit: usize) -> Result<Vec<RawRow>, StoreError> {
        let rows = self.visible_rows(&WindowRange::all(), after, Direction::Forward, limit)?;
        rows.into_iter().map(|row| self.store.raw_row(row)).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
