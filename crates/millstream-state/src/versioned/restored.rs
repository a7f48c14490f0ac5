//! A decoded changelog record.

use millstream_types::Timestamp;

/// A decoded changelog record that is not written yet.
pub(super) struct RestoredVersion<K, V> {
    pub(super) key: K,
    pub(super) value: Option<V>,
    pub(super) timestamp: Timestamp,
}
