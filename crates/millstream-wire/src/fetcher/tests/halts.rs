//! Partitions whose reading cannot continue.

use super::*;
use crate::batch::BatchError;
use crate::batch::testing::TestBatch;
use crate::testing::TestPartition;

/// Reads partition 0 until it is halted; returns at which offset and why. Partition 1 is still read.
fn halted(reader: &mut Reader, cluster: &TestCluster) -> (i64, Halt) {
    let FetchEvent::Halted { partition: of, offset, why, .. } = reader.until_event() else { panic!("another event") };
    assert_eq!(of, partition(0));
    cluster.edit(|script| script.fetches.clear());
    let end = reader.next[&1];
    cluster.edit(|script| script.partition("t", 1).push(&TestBatch::numbered(end, 2)));
    reader.until_at(1, end + 2);
    reader.idle();
    assert!(cluster.edit(|script| script.requested("t", 0)).len() <= 1, "it is still requested");
    assert!(reader.events.is_empty(), "{:?}", reader.events);
    (offset.number(), why)
}

fn begin(first: TestPartition, next: i64) -> (TestCluster, Reader) {
    let cluster = TestCluster::start(1).with([first, TestPartition::new(1).with(&[1])]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, next, next + 100);
    reader.assign(1, 0, 1);
    reader.until_at(1, 1);
    (cluster, reader)
}

#[test]
fn an_offset_out_of_range_halts_after_the_records_before_it() {
    let (cluster, mut reader) = begin(TestPartition::new(1).with(&[2, 3]), 1);
    reader.until_at(0, 5);
    // The log is cleaned up beyond what was read.
    cluster.edit(|script| script.partition("t", 0).start = 8);
    let (offset, why) = halted(&mut reader, &cluster);
    assert!(offset == 5 && matches!(why, Halt::OutOfRange), "{offset} {why:?}");
    reader.check_offsets(0, 1..5);
}

#[test]
fn a_halt_waits_for_the_records_before_it() {
    let (cluster, mut reader) = begin(TestPartition::new(1).with(&[2, 3]), 0);
    reader.until_at(0, 5);
    reader.wants = false;
    cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(5, 4)));
    reader.until("it gets a request behind them", |_| {
        cluster.edit(|script| script.requested("t", 0).last().is_some_and(|requested| requested.offset == 9))
    });
    cluster.edit(|script| script.partition("t", 0).start = 20);
    reader.idle();
    assert!(reader.events.is_empty());
    reader.wants = true;
    let (offset, why) = halted(&mut reader, &cluster);
    assert!(offset == 9 && matches!(why, Halt::OutOfRange), "{offset} {why:?}");
    reader.check_offsets(0, 0..9);
}

#[test]
fn what_a_broker_refuses_is_reported_with_its_number() {
    let (cluster, mut reader) = begin(TestPartition { error: 29, ..TestPartition::new(1).with(&[2]) }, 0);
    let (offset, why) = halted(&mut reader, &cluster);
    assert!(offset == 0 && matches!(why, Halt::Refused { code: 29 }), "{offset} {why:?}");
}

#[test]
fn a_damaged_batch_halts_after_the_records_before_it() {
    let mut first = TestPartition::new(1).with(&[2, 3, 2]);
    *first.batches[1].1.last_mut().unwrap() ^= 1;
    let (cluster, mut reader) = begin(first, 0);
    let (offset, why) = halted(&mut reader, &cluster);
    let is_checksum = matches!(&why, Halt::Damaged(BatchError::Checksum { offset, .. }) if offset.number() == 2);
    assert!(offset == 2 && is_checksum, "{offset} {why:?}");
    reader.check_offsets(0, 0..2);
}

#[test]
fn a_response_that_does_not_begin_as_a_batch_halts_too() {
    let mut first = TestPartition::new(1).with(&[2]);
    first.batches[0].1[16] = 1;
    let (cluster, mut reader) = begin(first, 0);
    let (offset, why) = halted(&mut reader, &cluster);
    assert!(offset == 0 && matches!(why, Halt::Damaged(BatchError::Magic { magic: 1, .. })), "{offset} {why:?}");
}

#[test]
fn a_log_that_was_truncated_halts_where_the_logs_differ() {
    let (cluster, mut reader) = begin(TestPartition::new(1).with(&[2, 3]), 0);
    reader.until_at(0, 5);
    cluster.edit(|script| script.partition("t", 0).diverges_at = Some(3));
    let (offset, why) = halted(&mut reader, &cluster);
    let is_it = matches!(&why, Halt::Truncated { start, end } if start.number() == 0 && end.number() == 3);
    assert!(offset == 5 && is_it, "{offset} {why:?}");
}

#[test]
fn retriable_errors_are_retried() {
    for error in [-1, 3, 5, 6, 7, 9, 13, 56, 72, 74, 75, 78] {
        let (cluster, mut reader) = begin(TestPartition { error, ..TestPartition::new(1).with(&[2]) }, 0);
        reader.step = Duration::from_millis(10);
        reader.until("it gets a request again", |_| cluster.edit(|script| script.requested("t", 0).len() > 2));
        assert!(reader.events.is_empty(), "{error}: {:?}", reader.events);
        cluster.edit(|script| script.partition("t", 0).error = 0);
        reader.until_at(0, 2);
        reader.check_offsets(0, 0..2);
    }
}

#[test]
fn a_batch_that_was_damaged_in_transit_is_fetched_once_more() {
    let mut first = TestPartition::new(1).with(&[2, 3, 2]);
    let sound = first.batches[1].1.clone();
    *first.batches[1].1.last_mut().unwrap() ^= 1;
    let cluster = TestCluster::start(1).with([first]);
    let mut reader = Reader::new(&cluster);
    reader.wants = false;
    reader.assign(0, 0, 7);
    reader.until("it has come", |_| cluster.edit(|script| script.requested("t", 0).len() > 1));
    cluster.edit(|script| script.partition("t", 0).batches[1].1 = sound);
    reader.wants = true;
    reader.until_at(0, 7);
    reader.check_offsets(0, 0..7);
    assert!(reader.events.is_empty(), "{:?}", reader.events);
}

#[test]
fn where_reading_may_continue_after_an_unreadable_batch_is_reported() {
    let mut first = TestPartition::new(1).with(&[2, 3, 2]);
    *first.batches[1].1.last_mut().unwrap() ^= 1;
    let (_cluster, mut reader) = begin(first, 0);
    let FetchEvent::Halted { offset, next, .. } = reader.until_event() else { panic!("another event") };
    assert_eq!((offset.number(), next.map(Offset::number)), (2, Some(5)));
}
