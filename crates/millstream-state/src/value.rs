//! Values as stores hold them and hand them out.

use millstream_types::Timestamp;

use crate::RecordContext;

/// A value and the time of its last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueAndTimestamp<V> {
    /// The value.
    pub value: V,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}

impl<V> ValueAndTimestamp<V> {
    /// `value` as of `timestamp`.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::ValueAndTimestamp;
    ///
    /// assert_eq!(ValueAndTimestamp::new("open", 1_000).timestamp.as_millis(), 1_000);
    /// ```
    pub fn new(value: V, timestamp: impl Into<Timestamp>) -> Self {
        Self { value, timestamp: timestamp.into() }
    }
}

/// What became of a write to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a store may refuse an update whose row has expired"]
#[non_exhaustive]
pub enum WriteOutcome {
    /// The row was written.
    Accepted,
    /// The write was refused: the row's time is so far behind stream time that its segment is closed. Nothing was changed or logged.
    Expired,
}

impl WriteOutcome {
    /// Whether the update was refused because its row has expired.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::WriteOutcome;
    ///
    /// assert!(WriteOutcome::Expired.is_expired());
    /// ```
    #[must_use]
    pub fn is_expired(self) -> bool {
        self == Self::Expired
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
    /// The place of the row in the store's order: continue a page after it.
    pub engine_key: Vec<u8>,
    /// The key as the changelog has it.
    pub key: Vec<u8>,
    /// The value as the changelog has it.
    pub value: Vec<u8>,
    /// The value's time; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}
