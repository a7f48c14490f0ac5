//! Versions of values, and the outcome of writing one.

use millstream_types::Timestamp;

/// A version of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VersionedRecord<V> {
    /// The value.
    pub value: V,
    /// The time from which it is valid.
    pub timestamp: Timestamp,
    /// The time at which its validity ended; `None` if it is the latest of its key.
    pub valid_to: Option<Timestamp>,
}

impl<V: Clone> VersionedRecord<&V> {
    /// The version with a copy of its value.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::VersionedRecord;
    ///
    /// let version = VersionedRecord { value: &"open".to_owned(), timestamp: 5.into(), valid_to: None }.cloned();
    /// assert_eq!(version.value, "open");
    /// ```
    #[must_use]
    pub fn cloned(self) -> VersionedRecord<V> {
        VersionedRecord { value: self.value.clone(), timestamp: self.timestamp, valid_to: self.valid_to }
    }
}

/// The outcome of a write to a versioned store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a store may refuse a version that is too old"]
pub enum PutVersion {
    /// It is the latest version of its key.
    Latest,
    /// It is valid until this time, at which a later version of its key begins.
    Until(Timestamp),
    /// It was refused, because it is older than stream time by more than the history retention.
    Expired,
}

impl PutVersion {
    /// Whether the write was refused.
    ///
    /// # Examples
    /// ```
    /// assert!(millstream_state::PutVersion::Expired.is_expired());
    /// ```
    #[must_use]
    pub fn is_expired(self) -> bool {
        self == Self::Expired
    }

    /// Whether it is the latest version of its key.
    ///
    /// # Examples
    /// ```
    /// assert!(millstream_state::PutVersion::Latest.is_latest());
    /// ```
    #[must_use]
    pub fn is_latest(self) -> bool {
        self == Self::Latest
    }
}
