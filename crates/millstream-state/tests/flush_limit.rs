//! A flush ends at its limit, whatever the rows are, so that a turn of a thread is bounded.

#![allow(clippy::unwrap_used)]

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, Backing, Batch, Direction, Engine, EngineError, EngineRow, InMemoryEngine, KeyValueStore, RecordContext,
    StoreIndex, StoreOptions,
};
use millstream_types::{Offset, Serde};

/// An engine that counts how often a row is read.
struct Counting {
    inner: InMemoryEngine,
    reads: Arc<AtomicUsize>,
}

impl Engine for Counting {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.inner.get(key)
    }

    fn page(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<EngineRow>, EngineError> {
        self.inner.page(from, to, direction, limit)
    }

    fn write(&mut self, batch: &Batch) -> Result<(), EngineError> {
        self.inner.write(batch)
    }

    fn changelog_offset(&self) -> Result<Option<Offset>, EngineError> {
        self.inner.changelog_offset()
    }

    fn clear(&mut self) -> Result<(), EngineError> {
        self.inner.clear()
    }

    fn approximate_len(&self) -> usize {
        self.inner.approximate_len()
    }
}

/// Only rows that were forwarded counted: a turn read the engine for all deletes of missing keys, with a slow disk for longer
/// than a session.
#[test]
fn deletes_of_missing_keys_count() {
    let reads: Arc<AtomicUsize> = Arc::default();
    let engine = Counting { inner: InMemoryEngine::new(), reads: Arc::clone(&reads) };
    let backing = Backing::Engine { engine: Box::new(engine), cache_bytes_max: 1 << 20 };
    let options = StoreOptions { caching: true, ..StoreOptions::new("rows", StoreIndex::new(0), "rows-changelog") };
    let mut store = KeyValueStore::<i64, i64>::new(options, Serde::of_type(), Serde::of_type(), backing);
    let mut log = RecordedChangelog::default();
    for key in 0..100 {
        store.put(&key, None, &RecordContext::at(0), &mut log).unwrap();
    }
    for flushed in 1..=20 {
        assert_eq!(store.take_dirty(&mut log, 5).unwrap(), []);
        assert_eq!(reads.load(Ordering::SeqCst), 5 * flushed);
        assert_eq!(store.has_dirty(), flushed < 20);
    }
}
