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

/// An engine in memory that counts its reads. Clones share rows and counts.
#[derive(Clone, Default)]
pub(crate) struct Counting {
    rows: InMemoryEngine,
    reads: Arc<Mutex<Reads>>,
    fails: Arc<AtomicBool>,
}

impl Counting {
    /// The reads since the last call.
    pub(crate) fn take_reads(&self) -> Reads {
        std::mem::take(&mut *self.reads.lock().unwrap())
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
        self.rows.get_many(keys)
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
