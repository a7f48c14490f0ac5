//! Changelogs, and the context of an update.

use millstream_types::{Headers, Offset, Timestamp};

use crate::StoreIndex;

/// Receives the changelog records of a store, in order.
///
/// Appending cannot fail: an implementation keeps records that it cannot send yet, and reports errors elsewhere. An empty
/// value is not null.
pub trait Changelog {
    /// Appends a record to the changelog of `store`; without a `value` it is a delete.
    ///
    /// With [`Timestamp::UNKNOWN`] the record has the time at which it is written.
    fn append(&mut self, store: StoreIndex, key: &[u8], value: Option<&[u8]>, timestamp: Timestamp);

    /// Appends a record with headers. Otherwise it is like [`append`](Self::append).
    fn append_with_headers(
        &mut self,
        store: StoreIndex,
        key: &[u8],
        value: Option<&[u8]>,
        timestamp: Timestamp,
        headers: &Headers,
    );
}

/// A changelog that drops all records.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoChangelog;

impl Changelog for NoChangelog {
    fn append(&mut self, _store: StoreIndex, _key: &[u8], _value: Option<&[u8]>, _timestamp: Timestamp) {}

    fn append_with_headers(
        &mut self,
        _store: StoreIndex,
        _key: &[u8],
        _value: Option<&[u8]>,
        _timestamp: Timestamp,
        _headers: &Headers,
    ) {
    }
}

/// The source and offset of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The index of the source topic among those of the task.
    pub source: u32,
    /// The offset of the record. The partition is that of the task.
    pub offset: Offset,
}

/// The context of the record that updates a store. It is kept with the update until it is flushed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordContext {
    /// The timestamp of the record.
    pub timestamp: Timestamp,
    /// Its headers.
    pub headers: Headers,
    /// Its source and offset; `None` in punctuations.
    pub position: Option<Position>,
}

impl RecordContext {
    /// A context with only a timestamp.
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
