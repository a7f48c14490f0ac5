//! Which windows a query reads, and the rows it gets.

use millstream_types::Timestamp;

use crate::KeyRange;

/// Windows by their start, and by their key's bytes.
///
/// # Examples
/// ```
/// use millstream_state::{KeyRange, WindowRange};
///
/// let one_hour = WindowRange::starting(0, 3_599_999);
/// let of_some_keys = WindowRange { keys: KeyRange::prefix(b"user-"), ..one_hour };
/// assert_eq!(of_some_keys.from.as_millis(), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRange {
    /// The keys.
    pub keys: KeyRange,
    /// The earliest start.
    pub from: Timestamp,
    /// The latest start, included.
    pub to: Timestamp,
}

impl WindowRange {
    /// All windows of all keys.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::WindowRange;
    ///
    /// assert_eq!(WindowRange::all().to.as_millis(), i64::MAX);
    /// ```
    #[must_use]
    pub fn all() -> Self {
        Self::starting(i64::MIN, i64::MAX)
    }

    /// The windows of all keys that start between `from` and `to`, both included.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::WindowRange;
    ///
    /// let one_minute = WindowRange::starting(60_000, 119_999);
    /// assert_eq!(one_minute.from.as_millis(), 60_000);
    /// ```
    #[must_use]
    pub fn starting(from: impl Into<Timestamp>, to: impl Into<Timestamp>) -> Self {
        Self { keys: KeyRange::all(), from: from.into(), to: to.into() }
    }
}

/// A row of a window store, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow<K, V> {
    /// The key.
    pub key: K,
    /// The window's start; its end is the start plus the window's size.
    pub start: Timestamp,
    /// The value.
    pub value: V,
    /// The value's time; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
    /// The place of the row in the store's order: continue a page after it.
    pub engine_key: Vec<u8>,
}

/// A window's change since the flush before, handed out once per flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushedWindow<K, V> {
    /// The key.
    pub key: K,
    /// The window's start.
    pub start: Timestamp,
    /// The value as of the flush before; `None` unless [`keep_old`](crate::StoreOptions::keep_old) is on.
    pub old: Option<V>,
    /// The value now; `None` if it was deleted.
    pub new: Option<V>,
    /// The value's time; for a delete, and in stores without times, the time of the record that wrote.
    pub timestamp: Timestamp,
    /// The record that wrote the window last.
    pub context: crate::RecordContext,
}
