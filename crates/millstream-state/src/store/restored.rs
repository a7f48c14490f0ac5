//! A decoded changelog record.

use crate::ValueAndTimestamp;

/// A changelog record that is not in the table yet.
pub(super) struct Restored<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: Option<ValueAndTimestamp<V>>,
}
