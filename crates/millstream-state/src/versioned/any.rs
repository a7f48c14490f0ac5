//! The versioned store without its types.

use millstream_types::{Data, Headers, Offset, Timestamp};

use super::VersionedStore;
use super::layout::{VersionedKeys, first_latest, key_of};
use super::row::Row;
use crate::store::{Order, Store, TypedStore};
use crate::{Direction, KeyRange, RawRow, StoreError, StoreOptions};

impl<K: Data, V: Data> TypedStore for VersionedStore<K, V> {
    type Layout = VersionedKeys<K>;
    type Value = Row<V>;

    fn store(&self) -> &Store<VersionedKeys<K>, Row<V>> {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store<VersionedKeys<K>, Row<V>> {
        &mut self.store
    }

    fn opened_with(&self) -> &StoreOptions {
        &self.options
    }

    /// Writes the version again.
    fn restore_record(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        _headers: &Headers,
    ) -> Result<(), StoreError> {
        self.restore_version(key, value, timestamp)
    }

    /// Writes the rows of the restored versions to the engine.
    fn restored_until(&mut self, next: Offset) -> Result<(), StoreError> {
        self.settle_restored()?;
        self.store.write_back(Some(next))
    }

    /// The latest version of a key.
    fn raw_row(&mut self, key: &[u8]) -> Result<Option<RawRow>, StoreError> {
        let key = self.store.decode_key(key)?.key;
        let Some(latest) = self.get(&key)?.map(super::VersionedRecord::cloned) else { return Ok(None) };
        let engine_key = self.store.encode_lookup((&key, super::layout::LATEST))?;
        let (key, value) = (self.key_bytes(&key)?, self.value_bytes(&latest.value)?);
        Ok(Some(RawRow { engine_key, key, value, timestamp: latest.timestamp, headers: Headers::new() }))
    }

    /// The latest versions of keys.
    fn raw_page(
        &mut self,
        keys: &KeyRange,
        after: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<RawRow>, StoreError> {
        let latest = (first_latest(), std::ops::Bound::Unbounded);
        let is_wanted = |row: &crate::Row<_, Row<V>>| keys.contains(key_of(&row.engine_key));
        let rows = self.store.scan(Order::Key, latest, after, direction, limit, is_wanted)?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            if let Row::Latest { from, value } = row.value {
                let (key, value) = (key_of(&row.engine_key).to_vec(), self.value_bytes(&value)?);
                page.push(RawRow { engine_key: row.engine_key, key, value, timestamp: from, headers: Headers::new() });
            }
        }
        Ok(page)
    }

    fn forget_derived(&mut self) {
        // A rollback may bring segments back.
        self.is_loaded = false;
        self.restored.clear();
    }
}
