//! Draws the options of stores and windows.

use super::draft::Draft;
use crate::program::{Store, Windows};

impl Draft {
    /// A store of a key-value kind, whose name may be generated.
    pub(super) fn store(&mut self) -> Store {
        let name = self.random.chance(70).then(|| format!("s{}", self.nodes.len()));
        Store { name, in_memory: self.random.chance(50), caching: self.random.chance(70), retention_ms: None }
    }

    /// A store with a name, for one table in three.
    pub(super) fn optional_store(&mut self) -> Option<Store> {
        self.random.chance(33).then(|| Store { name: Some(format!("s{}", self.nodes.len())), ..self.store() })
    }

    /// A store for these windows, which one in five keeps longer than needed.
    pub(super) fn window_store(&mut self, windows: &Windows) -> Store {
        let Windows::Time { size_ms, grace_ms, .. } = windows;
        let longer = *self.random.pick(&[1_000, 30_000, 200_000]);
        let retention_ms = self.random.chance(20).then_some(size_ms + grace_ms + longer);
        Store { retention_ms, ..self.store() }
    }

    /// Tumbling or hopping windows.
    pub(super) fn windows(&mut self) -> Windows {
        let size_ms = *self.random.pick(&[500, 1_000, 3_000, 5_000, 10_000]);
        let advance_ms = if self.random.chance(50) { size_ms } else { size_ms / self.random.between(2, 4) };
        let grace_ms = *self.random.pick(&[0, 0, 500, 2_000, 5_000, 20_000]);
        Windows::Time { size_ms, advance_ms, grace_ms }
    }
}
