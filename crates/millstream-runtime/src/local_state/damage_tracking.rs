//! An engine that records damage. Operators pass errors of engines on as texts, which do not hold the kind.

use std::ops::Bound;

use millstream_state::{Batch, Direction, Engine, EngineError, EngineErrorKind, EngineRow};
use millstream_task::Damage;
use millstream_types::Offset;

pub(super) struct DamageTracking {
    pub(super) engine: Box<dyn Engine>,
    pub(super) damage: Damage,
}

impl Engine for DamageTracking {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        recorded(&self.damage, self.engine.get(key))
    }

    fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, EngineError> {
        recorded(&self.damage, self.engine.get_many(keys))
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        recorded(&self.damage, self.engine.page(from, to, direction, limit))
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        recorded(&self.damage, self.engine.write(batch))
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        recorded(&self.damage, self.engine.changelog_offset())
    }

    fn approximate_len(&self) -> usize {
        self.engine.approximate_len()
    }

    fn unwritten_records_max(&self) -> u64 {
        self.engine.unwritten_records_max()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        recorded(&self.damage, self.engine.clear())
    }
}

/// Records damage, and returns the result unchanged.
fn recorded<T>(damage: &Damage, result: Result<T, EngineError>) -> Result<T, EngineError> {
    if let Err(error) = &result
        && error.kind() == EngineErrorKind::Corrupt
    {
        damage.note(error.to_string());
    }
    result
}
