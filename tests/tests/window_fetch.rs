//! KIND: a range whose negative bound is written as unsigned bytes.
//!
//! `fetch(key, from, to)` of a window store is empty as soon as the earlier bound is below 0: a negative `from`, and no more
//! than `retention` of stream time (so that the earliest visible start is below 0 too). Every "the last hour" in a test with
//! small times looks back below 0 and finds nothing, though `get` and `all` find the row. Kafka Streams holds the bound at 0
//! (`WindowKeySchema.lowerRangeFixedSize`: `Math.max(0, from)`). `window/mod.rs`, `bound_key`.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use millstream_state::{
    Backing, NoChangelog, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowOptions, WindowStore,
};
use millstream_types::{Serde, Timestamp};

fn starts(from: i64, to: i64, put: &[i64]) -> Vec<i64> {
    let options = StoreOptions::new("w", StoreIndex::new(0), "a-w-changelog");
    let windows = WindowOptions { retention_ms: 3_600_000, window_size_ms: 10_000 };
    let mut store: WindowStore<String, i64> =
        WindowStore::new(options, windows, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    let key = "k".to_owned();
    for start in put {
        let value = Some(ValueAndTimestamp::new(1, *start));
        _ = store.put(&key, (*start).into(), value, &RecordContext::at(*start), &mut NoChangelog).unwrap();
    }
    assert_eq!(store.all().unwrap().len(), put.len());
    let rows = store.fetch(&key, Timestamp::from_millis(from), Timestamp::from_millis(to)).unwrap();
    rows.iter().map(|row| row.start.as_millis()).collect()
}

#[test]
fn a_look_back_below_zero_finds_what_is_there() {
    let hour = i64::try_from(Duration::from_secs(3600).as_millis()).unwrap();
    assert_eq!(starts(0, 1_000, &[0, 1_000]), [0, 1_000]);
    assert_eq!(starts(1_000 - hour, 1_000, &[0, 1_000]), [0, 1_000], "the last hour");
    assert_eq!(starts(-1, 1_000, &[0, 1_000]), [0, 1_000], "from `Timestamp::UNKNOWN`");
    assert_eq!(starts(i64::MIN, i64::MAX, &[0, 1_000]), [0, 1_000], "from ever to ever");
    assert_eq!(starts(i64::MIN, i64::MAX, &[0, 1_000, 500_000]), [0, 1_000, 500_000]);
}
