//! No more rows are read ahead than the cache has room for.

#![allow(clippy::unwrap_used)]

mod support;

use millstream_state::{
    AnyStore, Backing, KeyValueStore, NoChangelog, PrefetchFrom, RecordContext, StoreIndex, StoreOptions,
    ValueAndTimestamp,
};
use millstream_types::Serde;
use support::counting::Counting;

const AT_ONCE: usize = 16;
const ROWS: usize = 12 * AT_ONCE;

/// An engine with rows of so many bytes.
fn engine_of_rows(keys: &[String], row_bytes: usize) -> Counting {
    let counting = Counting::default();
    let mut written = bytes_store(&counting, usize::MAX);
    for key in keys {
        let row = Some(ValueAndTimestamp::new(vec![0; row_bytes], 1));
        written.put(key, row, &RecordContext::at(1), &mut NoChangelog).unwrap();
    }
    written.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
    written.write_back(None).unwrap();
    counting.take_reads();
    counting
}

fn bytes_store(engine: &Counting, cache_bytes_max: usize) -> KeyValueStore<String, Vec<u8>> {
    let backing = Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max };
    let options = StoreOptions { caching: true, ..StoreOptions::new("s", StoreIndex::new(0), "c") };
    KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing)
}

/// How a row that was read ahead is used.
#[derive(Clone, Copy, Debug)]
enum Use {
    Read,
    Update,
}

/// With a cache that is smaller than what was read ahead, each row left it before it was used, and was read again: all was read twice, and
/// sixteen large rows were held at once, whatever the cache. The last column is how many calls
/// read the rows.
#[test]
fn no_row_is_read_twice_and_none_is_read_ahead_without_room() {
    let check = |cache_bytes_max: usize, row_bytes: usize, uses: Use, calls: usize| {
        let keys: Vec<String> = (0..ROWS).map(|number| format!("key-{number:03}")).collect();
        let engine = engine_of_rows(&keys, row_bytes);
        let mut store = bytes_store(&engine, cache_bytes_max);
        for some in keys.chunks(AT_ONCE) {
            store.prefetch(some.iter(), PrefetchFrom::Engine);
            for key in some {
                match uses {
                    Use::Read => assert!(store.get(key).unwrap().is_some()),
                    Use::Update => store.update(key, &RecordContext::at(2), &mut NoChangelog, |row| row).unwrap(),
                }
            }
            store.log_dirty(&mut NoChangelog, usize::MAX).unwrap();
            store.write_back(None).unwrap();
        }
        let (reads, together) = (engine.take_reads(), engine.take_together());
        let case = format!("cache {cache_bytes_max}, rows {row_bytes}, {uses:?}: {reads:?}, {together:?}");
        assert_eq!(reads.of_one + together.keys, ROWS, "{case}");
        assert!(together.bytes_max <= cache_bytes_max, "{case}");
        assert_eq!(reads.of_one + reads.of_several, calls, "{case}");
    };
    for uses in [Use::Read, Use::Update] {
        check(0, 100, uses, ROWS);
        check(1 << 10, 100, uses, 145);
        check(1 << 20, 100_000, uses, 85);
        check(10 << 20, 1_000_000, uses, 85);
        // Sixteen at once, but the first row, which is read alone to know its size.
        check(1 << 20, 100, uses, 13);
        check(100 << 20, 100_000, uses, 13);
    }
}
