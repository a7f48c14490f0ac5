//! The order of a buffer's rows: by time, then by key bytes.

use std::collections::BTreeMap;

use millstream_types::Timestamp;

/// The keys of the rows in their order.
pub(super) struct Order<K> {
    keys: BTreeMap<(Timestamp, Vec<u8>), K>,
}

impl<K> Default for Order<K> {
    fn default() -> Self {
        Self { keys: BTreeMap::new() }
    }
}

impl<K> Order<K> {
    pub(super) fn add(&mut self, time: Timestamp, key_bytes: Vec<u8>, key: K) {
        self.keys.insert((time, key_bytes), key);
    }

    pub(super) fn first_time(&self) -> Option<Timestamp> {
        self.keys.first_key_value().map(|((time, _), _)| *time)
    }

    pub(super) fn take_first(&mut self) -> Option<K> {
        self.keys.pop_first().map(|(_, key)| key)
    }
}
