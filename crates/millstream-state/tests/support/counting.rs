//! An engine that counts how it is read, and that can fail to be read.

use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use millstream_state::{Batch, Direction, Engine, EngineError, EngineRow, InMemoryEngine};
use millstream_types::Offset;

/// The reads of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Those of one key.
    pub(crate) of_one: usize,
    /// Those of several keys at once.
    pub(crate) of_several: usize,
    /// Those of a range.
    pub(crate) of_range: usize,
}

/// What was read by calls for several keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Together {
    pub(crate) keys: usize,
    /// The most that one call has returned.
    pub(crate) bytes_max: usize,
}

/// An engine in memory that counts its reads. Clones share rows and counts.
#[derive(Clone, Default)]
pub(crate) struct Counting {
    rows: InMemoryEngine,
    reads: Arc<Mutex<Reads>>,
    together: Arc<Mutex<Together>>,
    fails: Arc<AtomicBool>,
}

impl Counting {
    /// The reads since the last call.
    pub(crate) fn take_reads(&self) -> Reads {
        std::mem::take(&mut *self.reads.lock().unwrap())
    }

    /// What was read by calls for several keys since the last call of this.
    pub(crate) fn take_together(&self) -> Together {
        std::mem::take(&mut *self.together.lock().unwrap())
    }

    /// Whether all reads fail from now on.
    pub(crate) fn set_failing(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    fn count(&self, reads: impl FnOnce(&mut Reads) -> &mut usize) -> Result<(), EngineError> {
        *reads(&mut self.reads.lock().unwrap()) += 1;
        if self.fails.load(Ordering::SeqCst) { Err(EngineError::new("reading failed")) } else { Ok(()) }
    }
}

impl Engine for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.count(|reads| &mut reads.of_one)?;
        self.rows.get(key)
    }

    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        self.count(|reads| &mut reads.of_several)?;
        let rows = self.rows.get_many(keys)?;
        let mut together = self.together.lock().unwrap();
        together.keys += keys.len();
        together.bytes_max = together.bytes_max.max(rows.iter().flatten().map(Vec::len).sum());
        drop(together);
        Ok(rows)
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        self.count(|reads| &mut reads.of_range)?;
        self.rows.page(from, to, direction, limit)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.rows.write(batch)
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        self.rows.changelog_offset()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.rows.clear()
    }

    fn approximate_len(&self) -> usize {
        self.rows.approximate_len()
    }
}
