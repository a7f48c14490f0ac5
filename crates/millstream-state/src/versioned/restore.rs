//! Restoring: changelog records are written again as versions, several at a time, so that an engine finds their rows together.

use millstream_types::{Data, Timestamp};

use super::VersionedStore;
use super::layout::LATEST;
use super::restored::RestoredVersion;
use crate::{PrefetchFrom, StoreError};

/// How many records are written together.
const RECORDS_AT_ONCE: usize = 64;

impl<K: Data, V: Data> VersionedStore<K, V> {
    /// Decodes a changelog record, and writes those that wait if they are enough.
    pub(super) fn restore_version(
        &mut self,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.refuse_uncommitted()?;
        let key = self.store.decode_key(key)?.key;
        let topic = self.options.changelog_topic.as_str();
        let value = value.map(|value| self.values.decode(topic, value)).transpose();
        let value = value.map_err(|source| self.store.serde_error(source))?.filter(|value| !value.is_null());
        self.restored.push(RestoredVersion { key, value, timestamp });
        if self.restored.len() < RECORDS_AT_ONCE { Ok(()) } else { self.settle_restored() }
    }

    /// Writes the records that wait. A version that was refused when it was logged is refused again.
    pub(super) fn settle_restored(&mut self) -> Result<(), StoreError> {
        self.load()?;
        let restored = std::mem::take(&mut self.restored);
        let latest = restored.iter().map(|version| (&version.key, LATEST));
        // The version that one replaces goes there, beside older ones.
        let older = restored.iter().map(|version| (&version.key, self.store.layout().segment_of(version.timestamp)));
        let older: Vec<(&K, Timestamp)> = older.filter(|(_, segment)| self.segments.contains(segment)).collect();
        self.store.prefetch(latest.chain(older), PrefetchFrom::Engine);
        let refused = self.store.refused();
        let write = |RestoredVersion { key, value, timestamp }| self.write(&key, value, timestamp).map(drop);
        let written = restored.into_iter().try_for_each(write);
        self.store.set_refused(refused);
        written.and(self.store.committed())
    }
}
