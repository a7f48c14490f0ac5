//! Values and changes of stores.

use millstream_types::{Headers, Timestamp};

use crate::RecordContext;

/// A value with the time of its last update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueAndTimestamp<V> {
    /// The value.
    pub value: V,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}

impl<V> ValueAndTimestamp<V> {
    /// `value` with the time `timestamp`.
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

/// The outcome of a write to a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a store may refuse an update whose row has expired"]
#[non_exhaustive]
pub enum WriteOutcome {
    /// The row was written.
    Accepted,
    /// The write was refused, because the row is so far behind stream time that its segment is closed. Nothing was changed or
    /// logged.
    Expired,
}

impl WriteOutcome {
    /// Whether the write was refused because the row has expired.
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

/// The change of a key since the previous flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flushed<K, V> {
    /// The key.
    pub key: K,
    /// The value as of the previous flush; `None` unless [`keep_old`](crate::StoreOptions::keep_old) is on.
    pub old: Option<V>,
    /// The new value; `None` if the key was deleted.
    pub new: Option<V>,
    /// The time of the value; for a delete, and in stores without times, the timestamp of the updating record.
    pub timestamp: Timestamp,
    /// The context of the last update.
    pub context: RecordContext,
}

/// How much waits in a buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferSize {
    /// The number of changes or records.
    pub records: u64,
    /// Their size in bytes, as Kafka Streams counts it.
    pub bytes: u64,
    /// The earliest time by which one waits; `None` if the buffer is empty.
    pub min_time: Option<Timestamp>,
}

/// A row as bytes, as in the changelog, for queries without types and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// The engine key of the row, after which the next page continues.
    pub engine_key: Vec<u8>,
    /// The changelog key.
    pub key: Vec<u8>,
    /// The value as in the changelog.
    pub value: Vec<u8>,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
    /// The headers of the value; empty in stores without headers.
    pub headers: Headers,
}
