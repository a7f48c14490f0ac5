//! Restoring from a topic that is not a changelog.

use millstream_log::RecordView;
use millstream_state::AnyStore;

use crate::RestoreFailure;

/// Restores the records of another topic than a changelog, such as the one that a table reads.
pub trait Conversion {
    /// Applies the row of `record` to `store`. Returns `false` if the record has no row.
    ///
    /// # Errors
    /// When the record is refused, or the store fails. Then the restore has failed.
    fn restore(&mut self, record: RecordView<'_>, store: &mut dyn AnyStore) -> Result<bool, RestoreFailure>;
}

/// Restores the records of a changelog.
pub(crate) struct Unconverted;

impl Conversion for Unconverted {
    fn restore(&mut self, record: RecordView<'_>, store: &mut dyn AnyStore) -> Result<bool, RestoreFailure> {
        // A record without a key was written by another program, and is skipped, as in Kafka Streams.
        let Some(key) = record.key() else { return Ok(false) };
        let restored = store.restore_with_headers(key, record.value(), record.timestamp(), &record.headers());
        restored.map_err(|error| RestoreFailure::at(record.offset(), store, error))?;
        Ok(true)
    }
}
