//! Engines: ordered rows of bytes with atomic batches and a changelog offset.

mod batch;
mod in_memory;
mod supplier;

use std::ops::Bound;

use millstream_types::Offset;

pub use batch::{Batch, Operation};
pub use in_memory::InMemoryEngine;
pub use supplier::{EngineSupplier, StoreSpace, TaskEngines};

use crate::{Direction, EngineError};

/// The default of [`Engine::unwritten_records_max`]. Restoring this many records takes about a second.
const UNWRITTEN_RECORDS_MAX: u64 = 500_000;

/// A row of an engine: key bytes, value bytes.
pub type EngineRow = (Vec<u8>, Vec<u8>);

/// The space of one store in the engine of a task, such as a column family of RocksDB.
///
/// Keys are ordered by their bytes. Implementations must pass `conformance::engine` (feature `conformance`).
pub trait Engine: Send {
    /// The value of `key`.
    ///
    /// # Errors
    /// When reading fails.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// The values of several keys, in the order of the keys. An engine that finds several rows together in less time than one after
    /// the other should implement it.
    ///
    /// # Errors
    /// When reading fails.
    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The first `limit` rows between the bounds, in `direction`. An empty range gives no rows. `limit` may be `usize::MAX`, so
    /// it must not be used to reserve memory.
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

    /// Applies the operations of the batch in order, and its changelog offset, atomically. After a crash the newest batches may
    /// be lost, but only completely and in order.
    ///
    /// # Errors
    /// When writing fails; then the engine is unchanged.
    fn write(&mut self, batch: &Batch) -> Result<(), EngineError>;

    /// The offset of the newest batch with one, where restoring continues.
    ///
    /// # Errors
    /// When reading fails.
    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError>;

    /// An estimate of the number of rows, which may be inaccurate.
    fn approximate_len(&self) -> usize;

    /// How many records the changelog may be ahead of the engine while the cache has room. After a crash at most this many
    /// records, and those of one commit, are restored; 500 000 by default. With 0 every commit is written.
    fn unwritten_records_max(&self) -> u64 {
        UNWRITTEN_RECORDS_MAX
    }

    /// Removes all rows and the changelog offset.
    ///
    /// # Errors
    /// When writing fails.
    fn clear(&mut self) -> Result<(), EngineError>;
}
