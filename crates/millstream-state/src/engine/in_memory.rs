//! An engine in memory, for tests.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millstream_types::Offset;

use super::{Batch, Engine, EngineRow, Operation, UNWRITTEN_RECORDS_MAX};
use crate::range::is_empty_range;
use crate::{Direction, EngineError};

/// An engine with its rows in a sorted map. Clones share the rows, so that a test can drop a store and open its rows again.
/// [`fail_next_write`](Self::fail_next_write) simulates an error.
///
/// # Examples
/// ```
/// use millstream_state::{Batch, Engine, InMemoryEngine};
///
/// let mut engine = InMemoryEngine::new();
/// let mut batch = Batch::new();
/// batch.put(b"a", b"1");
/// engine.write(&batch)?;
/// assert_eq!(engine.clone().get(b"a")?, Some(b"1".to_vec()));
/// # Ok::<(), millstream_state::EngineError>(())
/// ```
#[derive(Clone, Default)]
pub struct InMemoryEngine {
    shared: Arc<Mutex<Disk>>,
}

#[derive(Default)]
struct Disk {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    changelog_offset: Option<Offset>,
    failing_writes: usize,
    unwritten_records_max: Option<u64>,
}

impl InMemoryEngine {
    /// An empty engine.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the next write fail without effect.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Batch, Engine as _, InMemoryEngine};
    ///
    /// let mut engine = InMemoryEngine::new();
    /// engine.fail_next_write();
    /// assert!(engine.write(&Batch::new()).is_err());
    /// assert!(engine.write(&Batch::new()).is_ok());
    /// ```
    pub fn fail_next_write(&self) {
        self.disk().failing_writes += 1;
    }

    /// Sets how many records the changelog may be ahead of the engine.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::{Engine as _, InMemoryEngine};
    ///
    /// let engine = InMemoryEngine::new();
    /// engine.set_unwritten_records_max(10);
    /// assert_eq!(engine.unwritten_records_max(), 10);
    /// ```
    pub fn set_unwritten_records_max(&self, records: u64) {
        self.disk().unwritten_records_max = Some(records);
    }

    /// All rows, in order.
    ///
    /// # Examples
    /// ```
    /// use millstream_state::InMemoryEngine;
    ///
    /// assert!(InMemoryEngine::new().rows().is_empty());
    /// ```
    #[must_use]
    pub fn rows(&self) -> Vec<EngineRow> {
        self.disk().rows.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Locks the rows. Applying a batch does not panic, so the rows are consistent even if the lock is poisoned.
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for InMemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryEngine").field("rows", &self.approximate_len()).finish_non_exhaustive()
    }
}

impl Engine for InMemoryEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.disk().rows.get(key).cloned())
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        if is_empty_range(from, to) {
            return Ok(Vec::new());
        }
        let disk = self.disk();
        let range = disk.rows.range::<[u8], _>((from, to)).map(|(key, value)| (key.clone(), value.clone()));
        Ok(match direction {
            Direction::Forward => range.take(limit).collect(),
            Direction::Backward => range.rev().take(limit).collect(),
        })
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        let mut disk = self.disk();
        if disk.failing_writes > 0 {
            disk.failing_writes -= 1;
            return Err(EngineError::new("a write failed because a test made it fail"));
        }
        for operation in batch.operations() {
            disk.apply(operation);
        }
        disk.changelog_offset = batch.changelog_offset().or(disk.changelog_offset);
        Ok(())
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        Ok(self.disk().changelog_offset)
    }

    fn approximate_len(&self) -> usize {
        self.disk().rows.len()
    }

    fn unwritten_records_max(&self) -> u64 {
        self.disk().unwritten_records_max.unwrap_or(UNWRITTEN_RECORDS_MAX)
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        let mut disk = self.disk();
        disk.rows.clear();
        disk.changelog_offset = None;
        Ok(())
    }
}

impl Disk {
    fn apply(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::Put(key, value) => {
                self.rows.insert(key.to_vec(), value.to_vec());
            }
            Operation::Delete(key) => {
                self.rows.remove(key);
            }
            Operation::DeleteRange(from, to) => self.rows.retain(|key, _| &**key < from || &**key >= to),
        }
    }
}
