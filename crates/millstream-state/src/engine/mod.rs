//! Byte engines: ordered rows, atomic batches, and the changelog offset kept with them.

mod batch;
mod in_memory;
mod supplier;

use std::ops::Bound;

use millstream_types::Offset;

pub use batch::{Batch, Operation};
pub use in_memory::InMemoryEngine;
pub use supplier::{EngineSupplier, StoreSpace, TaskEngines};

use crate::{Direction, EngineError};

/// The default of [`Engine::unwritten_records_max`]; restoring so many records takes about a second.
const UNWRITTEN_RECORDS_MAX: u64 = 500_000;

/// A row of an engine: key bytes, value bytes.
pub type EngineRow = (Vec<u8>, Vec<u8>);

/// ONE store's space in a task's engine (a column family of RocksDB, say).
///
/// Keys are ordered by their bytes. An implementation passes `conformance::engine`, with the feature `conformance`.
pub trait Engine: Send {
    /// The value of `key`.
    ///
    /// # Errors
    /// When reading fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// The first `limit` rows between the bounds, in `direction`: from the lowest key up, or from the highest down.
    /// Bounds that leave nothing between them give no rows. `limit` may be `usize::MAX`: reserve no memory by it.
    ///
    /// # Errors
    /// When reading fails.
    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError>;

    /// Applies the batch's operations in order, and its changelog offset: all of it or, after an error, nothing. A crash
    /// later on may take the newest batches away again, but only whole and in order.
    ///
    /// # Errors
    /// When writing fails; the engine is as before.
    fn write(&mut self, batch: &Batch) -> Result<(), EngineError>;

    /// The offset of the newest batch that had one: where restoring continues.
    ///
    /// # Errors
    /// When reading fails.
    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError>;

    /// About how many rows there are; may be far off.
    fn approximate_len(&self) -> usize;

    /// How many records its changelog may be ahead of it, while its store has room for what changed. After a crash so many
    /// are restored at most, and those of one commit; 500 000 by default. With 0 every commit is written.
    fn unwritten_records_max(&self) -> u64 {
        UNWRITTEN_RECORDS_MAX
    }

    /// Removes everything, the changelog offset too.
    ///
    /// # Errors
    /// When writing fails.
    fn clear(&mut self) -> Result<(), EngineError>;
}
