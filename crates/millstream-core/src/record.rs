//! Records as operators process them, and changes of tables.

use millstream_types::{Headers, Offset, Timestamp};

/// A type that can be a key or value inside a stream: any type that can be cloned and moved to another thread.
///
/// It is implemented for every such type. To be written to a topic or a store, a type also has to implement
/// [`millstream_types::Data`].
pub trait Element: Clone + Send + 'static {}

impl<T: Clone + Send + 'static> Element for T {}

/// A record that operators process, moved by value from one to the next.
///
/// # Examples
/// ```
/// use millstream_core::Record;
/// use millstream_types::Timestamp;
///
/// let record = Record::new("k", 1, Timestamp::from_millis(5));
/// let doubled = record.map_value(|value| value * 2);
/// assert_eq!((doubled.key, doubled.value, doubled.timestamp.as_millis()), ("k", 2, 5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<K, V> {
    /// The key.
    pub key: K,
    /// The value.
    pub value: V,
    /// The record's time. It is never negative inside a topology.
    pub timestamp: Timestamp,
    /// The headers.
    pub headers: Headers,
}

impl<K, V> Record<K, V> {
    /// A record without headers.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Record;
    /// # use millstream_types::Timestamp;
    /// let record = Record::new("k", 1, Timestamp::from_millis(5));
    /// assert!(record.headers.is_empty());
    /// ```
    #[must_use]
    pub const fn new(key: K, value: V, timestamp: Timestamp) -> Self {
        Self { key, value, timestamp, headers: Headers::new() }
    }

    /// The same record with `key` in place of its key.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Record;
    /// # use millstream_types::Timestamp;
    /// let record = Record::new("k", 1, Timestamp::from_millis(5));
    /// assert_eq!(record.with_key(7).key, 7);
    /// ```
    #[must_use]
    pub fn with_key<K2>(self, key: K2) -> Record<K2, V> {
        Record { key, value: self.value, timestamp: self.timestamp, headers: self.headers }
    }

    /// The same record with `value` in place of its value.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Record;
    /// # use millstream_types::Timestamp;
    /// let record = Record::new("k", 1, Timestamp::from_millis(5));
    /// assert_eq!(record.with_value("one").value, "one");
    /// ```
    #[must_use]
    pub fn with_value<V2>(self, value: V2) -> Record<K, V2> {
        Record { key: self.key, value, timestamp: self.timestamp, headers: self.headers }
    }

    /// The same record with another time.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Record;
    /// # use millstream_types::Timestamp;
    /// let record = Record::new("k", 1, Timestamp::from_millis(5));
    /// assert_eq!(record.with_timestamp(Timestamp::from_millis(9)).timestamp.as_millis(), 9);
    /// ```
    #[must_use]
    pub fn with_timestamp(self, timestamp: Timestamp) -> Self {
        Self { timestamp, ..self }
    }

    /// The same record with its value passed through `f`.
    ///
    /// # Examples
    /// ```
    /// # use millstream_core::Record;
    /// # use millstream_types::Timestamp;
    /// let record = Record::new("k", 1, Timestamp::from_millis(5));
    /// assert_eq!(record.map_value(|value| value + 1).value, 2);
    /// ```
    #[must_use]
    pub fn map_value<V2>(self, f: impl FnOnce(V) -> V2) -> Record<K, V2> {
        Record { key: self.key, value: f(self.value), timestamp: self.timestamp, headers: self.headers }
    }
}

/// A change of a row of a table, which one table operator forwards to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<V> {
    /// The row before the change; `None` if there was none, or if no operator downstream needs it.
    pub old: Option<V>,
    /// The row after the change; `None` if it was deleted.
    pub new: Option<V>,
    /// Whether the row is the latest of its key. Only an out-of-order update of a versioned table is not.
    pub is_latest: bool,
}

impl<V> Change<V> {
    /// A change of the latest row to `new`.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::Change;
    ///
    /// assert_eq!(Change::to(Some(7)).new, Some(7));
    /// ```
    #[must_use]
    pub const fn to(new: Option<V>) -> Self {
        Self { old: None, new, is_latest: true }
    }
}

/// The key of a record as bytes, for a prefetch before the record is processed.
#[derive(Clone, Copy, Debug)]
pub struct RawKey<'a> {
    /// The record's offset.
    pub offset: Offset,
    /// The record's time in the log, before a timestamp extractor has seen it.
    pub timestamp: Timestamp,
    /// The key's bytes; `None` is null.
    pub key: Option<&'a [u8]>,
}
