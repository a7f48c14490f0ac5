//! A changelog record on its way into the table.

use crate::ValueAndTimestamp;

/// A changelog record that is still to be put into the table.
pub(super) struct Restored<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: Option<ValueAndTimestamp<V>>,
}
