//! How a store in memory is restored.

use std::mem;

use millstream_types::{Data, Timestamp};

use crate::layout::Layout;
use crate::store::Store;
use crate::{ROWS_AHEAD, StoreError, ValueAndTimestamp};

/// A changelog record that is still to be put into the table.
pub(crate) struct Restored<K, V> {
    hash: u64,
    pub(crate) key: K,
    value: Option<ValueAndTimestamp<V>>,
}

impl<L: Layout, V: Data> Store<L, V> {
    /// Reads a changelog record, and puts it into the table together with some others: those rows are touched at once.
    pub(crate) fn restore_row(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
    ) -> Result<(), StoreError> {
        let key = self.layout.decode(key).map_err(|source| self.serde_error(source))?;
        let value = match value {
            Some(value) => self.values.decode_logged(value, timestamp).map_err(|source| self.serde_error(source))?,
            None => None,
        };
        let hash = self.hash(L::lookup(&key));
        self.restored.push(Restored { hash, key, value });
        if self.restored.len() < ROWS_AHEAD { Ok(()) } else { self.settle_restored() }
    }

    /// Puts the records that were read into the table.
    pub(crate) fn settle_restored(&mut self) -> Result<(), StoreError> {
        let mut restored = mem::take(&mut self.restored);
        if self.is_touchable() {
            self.buffers.hashes.clear();
            self.buffers.hashes.extend(restored.iter().map(|row| row.hash));
            self.table.touch(&self.buffers.hashes);
        }
        let settled = restored.drain(..).try_for_each(|row| self.settle(row));
        self.restored = restored;
        settled
    }

    fn settle(&mut self, Restored { hash, key, value }: Restored<L::Key, V>) -> Result<(), StoreError> {
        match (self.find(hash, L::lookup(&key)), value) {
            (Some(index), Some(value)) => self.table.entry_mut(index).value = Some(value),
            (Some(index), None) => self.remove(index)?,
            (None, Some(value)) => {
                let index = self.table.insert(hash, key, Some(value));
                self.live += 1;
                self.index_by_bytes(index)?;
            }
            (None, None) => {}
        }
        Ok(())
    }
}
