//! An engine that remembers that it met damage, after its error has become a text on its way through operators.

use std::ops::Bound;
use std::sync::{Arc, OnceLock};

use millstream_state::{Batch, Direction, Engine, EngineError, EngineErrorKind, EngineRow};
use millstream_types::Offset;

/// The damage that the engines of one task have met: the first, in words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Damage(Arc<OnceLock<String>>);

impl Damage {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    fn note<T>(&self, result: Result<T, EngineError>) -> Result<T, EngineError> {
        if let Err(error) = &result
            && error.kind() == EngineErrorKind::Corrupt
        {
            self.0.get_or_init(|| error.to_string());
        }
        result
    }
}

pub(super) struct Watched {
    pub(super) engine: Box<dyn Engine>,
    pub(super) damage: Damage,
}

impl Engine for Watched {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.damage.note(self.engine.get(key))
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        self.damage.note(self.engine.page(from, to, direction, limit))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.damage.note(self.engine.write(batch))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        self.damage.note(self.engine.changelog_offset())
    }

    fn approximate_len(&self) -> usize {
        self.engine.approximate_len()
    }

    fn unwritten_records_max(&self) -> u64 {
        self.engine.unwritten_records_max()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.damage.note(self.engine.clear())
    }
}
