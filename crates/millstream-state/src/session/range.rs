//! Ranges and rows of session stores.

use millstream_types::{Timestamp, Window};

use crate::KeyRange;

/// A range of sessions by their key's bytes, their end and their start.
///
/// # Examples
/// ```
/// use millstream_state::{KeyRange, SessionRange};
///
/// let of_the_first_hour = SessionRange::overlapping(0, 3_599_999);
/// let of_some_users = SessionRange { keys: KeyRange::prefix(b"user-"), ..of_the_first_hour };
/// assert_eq!(of_some_users.latest_start.as_millis(), 3_599_999);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRange {
    /// The keys.
    pub keys: KeyRange,
    /// The earliest end, inclusive.
    pub earliest_end: Timestamp,
    /// The latest end, inclusive.
    pub latest_end: Timestamp,
    /// The latest start, inclusive.
    pub latest_start: Timestamp,
}

impl SessionRange {
    /// The range of all sessions of all keys.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::SessionRange;
    ///
    /// assert_eq!(SessionRange::all().latest_end.as_millis(), i64::MAX);
    /// ```
    #[must_use]
    pub fn all() -> Self {
        Self::overlapping(i64::MIN, i64::MAX)
    }

    /// The sessions of all keys that end at `earliest_end` or later and start at `latest_start` or earlier: those that have a
    /// time in common with `[earliest_end, latest_start]`, if it is a span of time.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::SessionRange;
    ///
    /// let one_minute = SessionRange::overlapping(60_000, 119_999);
    /// assert_eq!(one_minute.earliest_end.as_millis(), 60_000);
    /// ```
    #[must_use]
    pub fn overlapping(earliest_end: impl Into<Timestamp>, latest_start: impl Into<Timestamp>) -> Self {
        Self {
            keys: KeyRange::all(),
            earliest_end: earliest_end.into(),
            latest_end: Timestamp::from_millis(i64::MAX),
            latest_start: latest_start.into(),
        }
    }

    /// Whether it has a session, apart from the key.
    pub(super) fn has(&self, window: Window) -> bool {
        (self.earliest_end..=self.latest_end).contains(&window.end) && window.start <= self.latest_start
    }
}

/// A row of a session store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow<K, V> {
    /// The key.
    pub key: K,
    /// The session. Its end belongs to it.
    pub window: Window,
    /// The value.
    pub value: V,
    /// The key of the row in the store's order, after which the next page continues.
    pub engine_key: Vec<u8>,
}

/// A session of a key that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionValue<V> {
    /// The session. Its end belongs to it.
    pub window: Window,
    /// The value.
    pub value: V,
}

/// The change of a session since the previous flush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlushedSession<K, V> {
    /// The key.
    pub key: K,
    /// The session.
    pub window: Window,
    /// The value as of the previous flush; `None` unless [`keep_old`](crate::StoreOptions::keep_old) is on.
    pub old: Option<V>,
    /// The new value; `None` if the session was removed.
    pub new: Option<V>,
    /// The context of the last update.
    pub context: crate::RecordContext,
}
