//! A flush ends at its limit, whatever the rows are, so that a turn of a thread is bounded.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{AnyStore, Backing, KeyValueStore, RecordContext, StoreIndex, StoreOptions};
use millstream_types::Serde;
use support::counting::{Counting, Reads};

/// Only rows that were forwarded counted: a turn read the engine for all deletes of missing keys, with a slow disk for longer
/// than a session.
#[test]
fn deletes_of_missing_keys_count() {
    let engine = Counting::default();
    let backing = Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1 << 20 };
    let options = StoreOptions { caching: true, ..StoreOptions::new("rows", StoreIndex::new(0), "rows-changelog") };
    let mut store = KeyValueStore::<i64, i64>::new(options, Serde::of_type(), Serde::of_type(), backing);
    let mut log = RecordedChangelog::default();
    for key in 0..100 {
        store.put(&key, None, &RecordContext::at(0), &mut log).unwrap();
    }
    for flushed in 1..=20 {
        assert_eq!(store.take_dirty(&mut log, 5).unwrap(), []);
        assert_eq!(engine.take_reads(), Reads { of_one: 5, ..Reads::default() });
        assert_eq!(store.has_dirty(), flushed < 20);
    }
}
