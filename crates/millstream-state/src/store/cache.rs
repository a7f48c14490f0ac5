//! The cache of a store with an engine: the engine, a batch for it, and lists of entries.

use std::collections::VecDeque;

use millstream_types::{Offset, Timestamp};

use crate::{Backing, Batch, Engine, EngineError};

/// The engine, and the entries of the table by their state.
pub(super) struct Cache {
    pub(super) engine: Box<dyn Engine>,
    pub(super) bytes_max: usize,
    /// Whether rows were or should have been evicted since the last write.
    pub(super) is_short_of_room: bool,
    /// Clean entries, in the order of the eviction (second chance).
    pub(super) queue: VecDeque<u32>,
    /// Unwritten entries, in the order of their first change.
    pub(super) unwritten: Vec<u32>,
    /// About how many of them were deleted before the engine had them.
    pub(super) never_stored: usize,
    /// All rows of later times are in the table, or have left their places in the index of their keys; `None` if this was not found out
    /// yet. Only for rows that expire.
    pub(super) unplaced_until: Option<Timestamp>,
    /// All keys below this one are removed with the next write.
    dropped_below: Option<Vec<u8>>,
    /// The batch, which is reused by every write. During a restore it collects records.
    pub(super) batch: Batch,
    /// Whether a record of the present batch of a restore was decoded as a check of its types.
    pub(super) is_sampled: bool,
}

impl Cache {
    /// The cache for a backing; `None` for a store in memory.
    pub(super) fn new(backing: Backing) -> Option<Self> {
        match backing {
            Backing::InMemory => None,
            Backing::Engine { engine, cache_bytes_max } => Some(Self {
                engine,
                bytes_max: cache_bytes_max,
                is_short_of_room: false,
                queue: VecDeque::new(),
                unwritten: Vec::new(),
                never_stored: 0,
                unplaced_until: None,
                dropped_below: None,
                batch: Batch::new(),
                is_sampled: false,
            }),
        }
    }

    pub(super) fn dropped_below(&self) -> Option<&Vec<u8>> {
        self.dropped_below.as_ref()
    }

    /// Removes all keys below `engine_key` from the engine, with the next write.
    pub(super) fn drop_below(&mut self, engine_key: Vec<u8>) {
        self.dropped_below = Some(engine_key);
    }

    pub(super) fn set_dropped_below(&mut self, engine_key: Option<Vec<u8>>) {
        self.dropped_below = engine_key;
    }

    /// Removes the clean entries from the queue, before they are removed from the table.
    pub(super) fn forget_clean(&mut self) {
        self.queue.clear();
    }

    /// Writes a restored batch, with the offset after it.
    pub(super) fn write_restored(&mut self, next: Offset) -> Result<(), EngineError> {
        self.fill_dropped();
        self.batch.set_changelog_offset(next);
        self.write()
    }

    /// Forgets the entries that `keep` refuses, before they leave the table.
    pub(super) fn retain(&mut self, keep: &dyn Fn(u32) -> bool) {
        self.queue.retain(|&index| keep(index));
        self.unwritten.retain(|&index| keep(index));
    }

    /// Writes the batch, and empties it.
    pub(super) fn write(&mut self) -> Result<(), EngineError> {
        let written = if self.batch.is_empty() { Ok(()) } else { self.engine.write(&self.batch) };
        self.batch.clear();
        self.is_sampled = false;
        if written.is_ok() {
            self.dropped_below = None;
            self.is_short_of_room = false;
        }
        written
    }

    /// Adds the removal of dropped keys to the batch.
    pub(super) fn fill_dropped(&mut self) {
        if let Some(below) = &self.dropped_below {
            self.batch.delete_range(&[], below);
        }
    }

    /// Clears all lists and the batch.
    pub(super) fn forget(&mut self) {
        self.dropped_below = None;
        self.is_short_of_room = false;
        self.queue.clear();
        self.unwritten.clear();
        self.never_stored = 0;
        self.batch.clear();
        self.is_sampled = false;
    }
}
