//! Values as stores hold them and hand them out.

use millstream_types::Timestamp;

use crate::RecordContext;

/// A value and the time of its last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueAndTimestamp<V> {
    /// The value.
    pub value: V,
    /// The time the value stands for; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}

impl<V> ValueAndTimestamp<V> {
    /// `value` as of `timestamp`.
    pub fn new(value: V, timestamp: impl Into<Timestamp>) -> Self {
        Self { value, timestamp: timestamp.into() }
    }
}

/// A key's change since the flush before, handed out once per flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flushed<K, V> {
    /// The key.
    pub key: K,
    /// The value as of the flush before; `None` unless [`keep_old`](crate::StoreOptions::keep_old) is on.
    pub old: Option<V>,
    /// The value now; `None` if the key was deleted.
    pub new: Option<V>,
    /// The value's time; for a delete, and in stores without times, the time of the record that wrote.
    pub timestamp: Timestamp,
    /// The record that wrote the key last.
    pub context: RecordContext,
}

/// A row as bytes, in the changelog's layout: for inspection, tests and queries without types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// Where the row stands in the store's order: what to continue a dump after.
    pub engine_key: Vec<u8>,
    /// The key as the changelog has it.
    pub key: Vec<u8>,
    /// The value as the changelog has it.
    pub value: Vec<u8>,
    /// The value's time; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}
