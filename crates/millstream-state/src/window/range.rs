//! Ranges and rows of window stores.

use millstream_types::Timestamp;

use crate::KeyRange;

/// A range of windows by their start and their key's bytes.
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
    /// The latest start, inclusive.
    pub to: Timestamp,
}

impl WindowRange {
    /// The range of all windows of all keys.
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

    /// The windows of all keys that start between `from` and `to`, both inclusive.
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

/// A row of a window store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRow<K, V> {
    /// The key.
    pub key: K,
    /// The start of the window.
    pub start: Timestamp,
    /// The value.
    pub value: V,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
    /// The key of the row in the store's order, after which the next page continues.
    pub engine_key: Vec<u8>,
}

/// A window of a key that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowValue<V> {
    /// The start of the window.
    pub start: Timestamp,
    /// The value.
    pub value: V,
    /// The time of the value; [`Timestamp::UNKNOWN`] in stores without times.
    pub timestamp: Timestamp,
}

/// The change of a window since the previous flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushedWindow<K, V> {
    /// The key.
    pub key: K,
    /// The start of the window.
    pub start: Timestamp,
    /// The value as of the previous flush; `None` unless [`keep_old`](crate::StoreOptions::keep_old) is on.
    pub old: Option<V>,
    /// The new value; `None` if it was deleted.
    pub new: Option<V>,
    /// The time of the value; for a delete, and in stores without times, the timestamp of the updating record.
    pub timestamp: Timestamp,
    /// The context of the last update.
    pub context: crate::RecordContext,
}
