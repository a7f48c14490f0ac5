//! Implements [`AnyStore`] for all typed stores.

use std::any::Any;

use millstream_types::{Headers, Offset, Timestamp};

use super::TypedStore;
use crate::{AnyStore, BufferSize, Changelog, Direction, KeyRange, RawRow, StoreError, StoreKind, StoreOptions};

impl<S: TypedStore> AnyStore for S {
    fn options(&self) -> &StoreOptions {
        self.opened_with()
    }

    fn kind(&self) -> StoreKind {
        TypedStore::kind(self)
    }

    fn restore(&mut self, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) -> Result<(), StoreError> {
        self.restore_record(key, value, timestamp, &Headers::new())
    }

    fn restore_with_headers(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) -> Result<(), StoreError> {
        self.restore_record(key, value, timestamp, headers)
    }

    fn restored_to(&mut self, next: Offset) -> Result<(), StoreError> {
        self.restored_until(next)
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, StoreError> {
        self.store().changelog_offset()
    }

    fn check_stored(&self) -> Result<(), StoreError> {
        self.store().check_stored()
    }

    fn log_dirty(&mut self, log: &mut dyn Changelog, limit: usize) -> Result<(), StoreError> {
        self.log_dirty_rows(log, limit)
    }

    fn write_back(&mut self, changelog_offset: Option<Offset>) -> Result<(), StoreError> {
        self.store_mut().write_back(changelog_offset)
    }

    fn is_write_back_due(&self, records_ahead: u64) -> bool {
        self.store().is_write_back_due(records_ahead)
    }

    fn has_dirty(&self) -> bool {
        self.store().dirty.len() > 0
    }

    fn dirty_bytes(&self) -> usize {
        self.cached_bytes()
    }

    fn unwritten_bytes(&self) -> usize {
        self.store().unwritten_bytes()
    }

    fn has_engine(&self) -> bool {
        self.store().cache.is_some()
    }

    fn set_cache_bytes_max(&mut self, bytes: usize) {
        self.store_mut().set_cache_bytes_max(bytes);
    }

    fn len(&self) -> usize {
        self.store().len()
    }

    fn refused_writes(&self) -> u64 {
        self.store().refused()
    }

    fn buffer_size(&mut self) -> Result<Option<BufferSize>, StoreError> {
        self.size_of_buffer()
    }

    fn clear(&mut self) -> Result<(), StoreError> {
        self.forget_derived();
        self.store_mut().clear()
    }

    fn get_raw(&mut self, key: &[u8]) -> Result<Option<RawRow>, StoreError> {
        self.raw_row(key)
    }

    fn page_raw(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError> {
        self.raw_page(keys, after, direction, limit)
    }

    fn keep_undo_log(&mut self, bytes_max: usize) -> Result<(), StoreError> {
        self.store_mut().keep_undo_log(bytes_max)
    }

    fn undo_bytes(&self) -> usize {
        self.store().undo_bytes()
    }

    fn is_commit_due(&self) -> bool {
        self.store().is_commit_due()
    }

    fn committed(&mut self) -> Result<(), StoreError> {
        self.store_mut().committed()
    }

    fn roll_back(&mut self) -> usize {
        self.forget_derived();
        self.store_mut().roll_back()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
