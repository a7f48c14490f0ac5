//! Rows of a table that is restored from the topic that it reads.

use millstream_types::{Failure, RecordBytes, Timestamp};

/// Converts the records of a table's topic into the rows of its store, as the table does when it processes them. The store is then
/// restored from this topic, and has no changelog of its own.
pub trait SourceRows: Send + Sync {
    /// Writes the row of `record` into `row`. Returns `false` if the table leaves the record out.
    ///
    /// `partition_time` is the highest time of the records before it, for extractors that use it.
    ///
    /// # Errors
    /// When key or value cannot be read or written, or the record has no valid time although the table requires one.
    fn convert(
        &self,
        topic: &str,
        record: RecordBytes<'_>,
        partition_time: Timestamp,
        row: &mut SourceRow,
    ) -> Result<bool, Failure>;
}

/// A row as bytes, in the format of a changelog. Its buffers are used again.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// The key.
    pub key: Vec<u8>,
    /// The value, if the row is not deleted.
    pub value: Vec<u8>,
    /// Whether the row is deleted.
    pub is_delete: bool,
    /// The time of the row.
    pub timestamp: Timestamp,
}

impl SourceRow {
    /// An empty row.
    #[must_use]
    pub const fn new() -> Self {
        Self { key: Vec::new(), value: Vec::new(), is_delete: true, timestamp: Timestamp::UNKNOWN }
    }

    /// The value; `None` for a delete.
    ///
    /// # Examples
    /// ```
    /// use millstream_core::SourceRow;
    ///
    /// let deleted = SourceRow { key: b"k".to_vec(), ..SourceRow::new() };
    /// assert_eq!(deleted.value(), None);
    /// assert_eq!(SourceRow { is_delete: false, ..deleted }.value(), Some(&b""[..]));
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&[u8]> {
        (!self.is_delete).then_some(&*self.value)
    }
}

impl Default for SourceRow {
    fn default() -> Self {
        Self::new()
    }
}
