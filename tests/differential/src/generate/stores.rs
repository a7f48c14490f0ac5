//! Draws the options of stores and windows.

use super::draft::Draft;
use crate::program::{Store, Windows, Within};

impl Draft {
    /// A store of a key-value kind, whose name may be generated.
    pub(super) fn store(&mut self) -> Store {
        let name = self.random.chance(70).then(|| format!("s{}", self.nodes.len()));
        let (in_memory, caching) = (self.random.chance(50), self.random.chance(80));
        Store { name, in_memory, caching, ..Store::default() }
    }

    /// A store for a table of text, one in four with the history of each key: then it has a name, no cache, and is not in memory.
    pub(super) fn table_store(&mut self) -> Store {
        let store = self.store();
        if self.random.chance(75) {
            return store;
        }
        // With a short history many writes are refused, which is an allowed difference.
        let is_short = self.random.chance(10);
        let history_ms = Some(*self.random.pick(if is_short { &[0, 2_000] } else { &[20_000, 200_000] }));
        Store { name: Some(format!("v{}", self.nodes.len())), history_ms, ..Store::default() }
    }

    /// A store with a name, for nearly one table in two.
    pub(super) fn optional_store(&mut self) -> Option<Store> {
        self.random.chance(45).then(|| Store { name: Some(format!("s{}", self.nodes.len())), ..self.store() })
    }

    /// A store for these windows, which one in five keeps longer than needed. Of cached ones more do: their windows that have expired are
    /// an allowed difference.
    pub(super) fn window_store(&mut self, windows: &Windows) -> Store {
        let store = self.store();
        let longer = *self.random.pick(if store.caching { &[200_000, 2_000_000] } else { &[1_000, 30_000, 200_000] });
        let can_be_longer = !matches!(windows, Windows::Unlimited { .. });
        // A late record that reaches a session which only the cache has is another.
        let is_session = matches!(windows, Windows::Session { .. });
        let percent = if store.caching && is_session {
            100
        } else if store.caching {
            60
        } else {
            20
        };
        let is_longer = can_be_longer && self.random.chance(percent);
        Store { retention_ms: is_longer.then(|| windows.retention_ms() + longer), ..store }
    }

    /// The stores of a join of two streams: in memory or not, with names or not.
    pub(super) fn join_store(&mut self) -> Store {
        Store { caching: false, ..self.store() }
    }

    /// Windows of any kind.
    pub(super) fn windows(&mut self) -> Windows {
        let grace_ms = *self.random.pick(&[0, 0, 500, 2_000, 5_000, 20_000]);
        match self.random.between(0, 11) {
            0..5 => {
                let size_ms = *self.random.pick(&[500, 1_000, 3_000, 5_000, 10_000]);
                let advance_ms = if self.random.chance(50) { size_ms } else { size_ms / self.random.between(2, 4) };
                Windows::Time { size_ms, advance_ms, grace_ms }
            }
            5..8 => {
                let gap_ms = *self.random.pick(&[0, 200, 1_000, 3_000, 10_000]);
                // With neither a gap nor a grace period the store in memory of Kafka Streams keeps nothing.
                Windows::Session { gap_ms, grace_ms: if gap_ms == 0 { grace_ms.max(500) } else { grace_ms } }
            }
            8..10 => Windows::Sliding { difference_ms: *self.random.pick(&[1, 300, 1_000, 4_000]), grace_ms },
            _ => Windows::Unlimited { start_ms: *self.random.pick(&[0, 5_000, 30_000]) },
        }
    }

    /// The times in which records of two streams match: mostly as much before as after.
    pub(super) fn within(&mut self) -> Within {
        // The rows of a store whose windows have no length cannot be read in Kafka Streams.
        let one = *self.random.pick(&[1, 300, 1_000, 3_000]);
        let other = *self.random.pick(&[0, 500, 2_000, 6_000]);
        let (before_ms, after_ms) = match self.random.between(0, 9) {
            0..6 => (one, one),
            6 => (one, other),
            7 => (other, one),
            8 => (-one / 2, one),
            _ => (one, -one / 2),
        };
        // With a short grace period many writes are refused, which is an allowed difference.
        let grace_ms = if self.random.chance(10) { *self.random.pick(&[0, 500, 2_000]) } else { 20_000 };
        Within { before_ms, after_ms, grace_ms }
    }
}
