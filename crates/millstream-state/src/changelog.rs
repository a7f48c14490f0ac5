//! Where updates go: the changelog, and the context of the record that made them.

use millstream_types::{Headers, Offset, Timestamp};

use crate::StoreIndex;

/// Takes a store's changelog records, in order.
///
/// Appending cannot fail: an implementation keeps what it cannot send yet and reports failures elsewhere. Empty values
/// are not null.
pub trait Changelog {
    /// Appends one record to the changelog of `store`; no `value` is a delete. The bytes are borrowed, for copying.
    fn append(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp);
}

/// A changelog that drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoChangelog;

impl Changelog for NoChangelog {
    fn append(&mut self, _store: StoreIndex, _key: &[u8], _value: Option<&[u8]>, _timestamp: Timestamp) {}
}

/// Where a record came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The source topic's place in the task's list of source topics.
    pub source: u32,
    /// The record's offset; the partition is the task's.
    pub offset: Offset,
}

/// What is known of the record that writes to a store, kept with the update until it is handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordContext {
    /// The record's time.
    pub timestamp: Timestamp,
    /// Its headers.
    pub headers: Headers,
    /// Where it came from; `None` in punctuators.
    pub position: Option<Position>,
}

impl RecordContext {
    /// A context of which only the time is known.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::RecordContext;
    ///
    /// assert_eq!(RecordContext::at(5).timestamp.as_millis(), 5);
    /// ```
    #[must_use]
    pub fn at(timestamp: impl Into<Timestamp>) -> Self {
        Self { timestamp: timestamp.into(), ..Self::default() }
    }
}
