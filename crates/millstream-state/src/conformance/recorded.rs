//! A changelog in memory, for tests.

use millstream_types::{Headers, Offset, Timestamp};

use crate::{AnyStore, Changelog, StoreError, StoreIndex};

/// A changelog record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRecord {
    /// The store that wrote it.
    pub store: StoreIndex,
    /// The key's bytes.
    pub key: Vec<u8>,
    /// The value's bytes; `None` is a delete.
    pub value: Option<Vec<u8>>,
    /// The timestamp of the record.
    pub timestamp: Timestamp,
    /// The headers of the record.
    pub headers: Headers,
}

/// A borrowed record: key, value, and milliseconds.
pub type LoggedView<'a> = (&'a [u8], Option<&'a [u8]>, i64);

/// A changelog in memory. The offset of a record is its index.
#[derive(Clone, Debug, Default)]
pub struct RecordedChangelog {
    /// All records, the oldest first.
    pub records: Vec<LoggedRecord>,
}

impl RecordedChangelog {
    /// The offset after the last record.
    #[must_use]
    pub fn end(&self) -> Offset {
        Offset::new(self.records.len() as i64)
    }

    /// The records after the first `seen`.
    #[must_use]
    pub fn after(&self, seen: usize) -> Vec<LoggedView<'_>> {
        let records = self.records.iter().skip(seen);
        records.map(|record| (&*record.key, record.value.as_deref(), record.timestamp.as_millis())).collect()
    }

    /// Restores `store` from its offset to the end, as after a crash.
    ///
    /// # Errors
    /// When the store refuses a record.
    pub fn restore(&self, store: &mut dyn AnyStore) -> Result<(), StoreError> {
        let from = store.changelog_offset()?.map_or(0, Offset::number);
        let tail = self.records.iter().skip(usize::try_from(from).unwrap_or(0));
        let index = store.index();
        for record in tail.filter(|record| record.store == index) {
            store.restore_with_headers(&record.key, record.value.as_deref(), record.timestamp, &record.headers)?;
        }
        store.restored_to(self.end())
    }
}

impl Changelog for RecordedChangelog {
    fn append(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp) {
        self.append_with_headers(store, key, value, timestamp, &Headers::new());
    }

    fn append_with_headers(
        &mut self,
        store: StoreIndex,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    ) {
        let (key, value, headers) = (key.to_vec(), value.map(<[u8]>::to_vec), headers.clone());
        self.records.push(LoggedRecord { store, key, value, timestamp, headers });
    }
}
