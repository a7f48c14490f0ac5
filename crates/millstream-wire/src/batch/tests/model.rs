//! Random batches, read by random limits from random positions, against what was written.

use proptest::prelude::*;

use super::*;
use crate::batch::testing::{TestCodec, TestRecord};

fn bytes() -> impl Strategy<Value = Option<Vec<u8>>> {
    prop::option::of(prop_oneof![prop::collection::vec(any::<u8>(), 0..5), prop::collection::vec(any::<u8>(), 60..200)])
}

/// A record and the gap before it.
fn record() -> impl Strategy<Value = (i32, TestRecord)> {
    let headers = prop::collection::vec(("[a-c]{0,2}", bytes()), 0..3);
    let gap = prop_oneof![8 => Just(0), 1 => 1..200i32];
    let time = prop_oneof![-100..100i64, any::<i64>()];
    (gap, time, bytes(), bytes(), headers).prop_map(|(gap, timestamp_delta, key, value, headers)| {
        (gap, TestRecord { offset_delta: 0, timestamp_delta, key, value, headers })
    })
}

/// A batch at 0 and the gap before it.
fn batch() -> impl Strategy<Value = (i64, TestBatch)> {
    let codec = prop::sample::select(TestCodec::ALL.to_vec());
    let times = (prop_oneof![Just(-1), -1000..1000i64, any::<i64>()], prop::option::of(-1..1000i64));
    let gaps = (0..3i64, 0..3i32);
    (codec, times, gaps, prop::collection::vec(record(), 0..12), 0..10u8).prop_map(
        |(codec, (base_timestamp, log_append_time), (before, behind), records, kind)| {
            let mut next = 0;
            let place = |(gap, record): (i32, TestRecord)| {
                let offset_delta = next + gap;
                next = offset_delta + 1;
                TestRecord { offset_delta, ..record }
            };
            let batch = TestBatch::new(0, records.into_iter().map(place).collect());
            let last_offset_delta = Some(batch.last_delta() + behind);
            let batch = TestBatch { last_offset_delta, codec, base_timestamp, log_append_time, ..batch };
            (before, if kind == 0 { TestBatch::commit_marker(0, 3) } else { batch })
        },
    )
}

fn log() -> impl Strategy<Value = Vec<TestBatch>> {
    prop::collection::vec(batch(), 0..8).prop_map(|batches| {
        let mut next = 0;
        let place = |(gap, batch): (i64, TestBatch)| {
            let batch = TestBatch { base_offset: next + gap, ..batch };
            next = batch.next_offset();
            batch
        };
        batches.into_iter().map(place).collect()
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        log in log(),
        limits in prop::collection::vec(1..9usize, 1..5),
        position in 0..200i64,
        cut in 0..100usize,
    ) {
        let mut bytes = encode(&log);
        let end = log.last().map_or(0, TestBatch::next_offset);
        bytes.extend(TestBatch::numbered(end, 9).encode().iter().take(cut));
        let mut batches = open(&bytes, position).unwrap();
        prop_assert_eq!(batches.next_offset().number(), position.max(end));
        let expected: Vec<Seen> = log.iter().filter(|batch| !batch.control).flat_map(content).collect();
        let expected: Vec<Seen> = expected.into_iter().filter(|record| record.offset >= position).collect();
        prop_assert_eq!(read_all(&mut batches, &limits), (expected, Ok(())));
    }
}
