//! Records are read once and in order.

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{API_VERSIONS, FETCH, Fault, METADATA, TestPartition};

#[test]
fn two_partitions_of_two_brokers_are_read_to_their_ends() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1).with(&[3; 500]), TestPartition::new(2).with(&[7])]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 1_500);
    reader.assign(1, 4, 7);
    reader.until_at(0, 1_500);
    reader.until_at(1, 7);
    reader.idle();
    reader.check_offsets(0, 0..1_500);
    reader.check_offsets(1, 4..7);
    assert!(reader.events.is_empty(), "{:?}", reader.events);
    let opened = cluster.edit(|script| script.opened.clone());
    assert_eq!((opened[&1], opened[&2]), (2, 1), "connections, one of them for the look-up");
}

#[test]
fn what_is_written_later_comes_too() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 0);
    for next in 1..20 {
        cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(next - 1, 1)));
        reader.until_at(0, next);
    }
    reader.check_offsets(0, 0..19);
}

#[test]
fn a_partition_at_its_end_is_reported_at_once_and_once() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[5])]);
    cluster.fault(1, METADATA, Fault::Held);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 5, 5);
    reader.poll();
    assert!(
        matches!(&reader.events[..], [FetchEvent::Chunk(chunk)] if chunk.is_empty() && chunk.next_offset.number() == 5)
    );
    cluster.heal();
    reader.idle();
    assert_eq!(reader.events.len(), 1);
    cluster.edit(|script| script.partition("t", 0).push(&TestBatch::numbered(5, 1)));
    reader.until_at(0, 6);
    reader.check_offsets(0, [5]);
}

#[test]
fn responses_may_arrive_byte_by_byte_and_with_unknown_fields() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[3, 3]), TestPartition::new(1).with(&[2])]);
    cluster.edit(|script| {
        script.has_unknown_tags = true;
        script.partition("t", 1).aborted = vec![(7, 100), (8, 200)];
    });
    [FETCH, METADATA, API_VERSIONS].into_iter().for_each(|kind| cluster.fault(1, kind, Fault::ByteByByte));
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 6);
    reader.assign(1, 0, 2);
    reader.until_at(0, 6);
    reader.until_at(1, 2);
    reader.check_offsets(0, 0..6);
    reader.check_offsets(1, 0..2);
}

#[test]
fn records_of_an_aborted_transaction_are_left_out_and_pass_the_offset() {
    let mut partition = TestPartition::new(1).with(&[2]);
    partition.push(&TestBatch { producer_id: 9, transactional: true, ..TestBatch::numbered(2, 3) });
    partition.push(&TestBatch::abort_marker(5, 9));
    partition.aborted = vec![(9, 2)];
    let cluster = TestCluster::start(1).with([partition]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 6);
    reader.until_at(0, 6);
    reader.check_offsets(0, 0..2);
}

#[test]
fn a_request_has_the_values_of_the_settings() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1])]);
    let settings = FetchSettings {
        bytes_min: 17,
        wait_max: Duration::from_millis(33),
        bytes_max: 1 << 20,
        partition_bytes_max: 4321,
        isolation: crate::IsolationLevel::ReadUncommitted,
        ..settings()
    };
    let mut reader = Reader::with(&cluster, settings);
    reader.assign(0, 0, 1);
    reader.until_at(0, 1);
    let request = cluster.edit(|script| script.fetches[0].1.clone());
    assert_eq!((request.bytes_min, request.wait_max_ms, request.bytes_max), (17, 33, 1 << 20));
    assert_eq!((request.isolation, request.partitions[0].bytes_max), (0, 4321));
}

#[test]
fn a_repeated_assignment_does_not_get_the_response_that_was_in_flight() {
    for (first, then) in [(6, 2), (2, 6)] {
        let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1; 10])]);
        cluster.fault(1, FETCH, Fault::Held);
        let mut reader = Reader::new(&cluster);
        reader.assign(0, first, 10);
        reader.until("a request is under way", |_| cluster.edit(|script| script.fetches.len() == 1));
        reader.fetcher.unassign(&partition(0));
        reader.assign(0, then, 10);
        cluster.heal();
        reader.until_at(0, 10);
        reader.check_offsets(0, then..10);
        let requested = cluster.edit(|script| script.requested("t", 0));
        assert_eq!([requested[0].offset, requested[1].offset], [first, then]);
    }
}

#[test]
fn an_unassigned_partition_returns_no_records() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1; 10]), TestPartition::new(1).with(&[4])]);
    cluster.fault(1, FETCH, Fault::Held);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 10);
    reader.assign(1, 0, 4);
    reader.until("a request is under way", |_| cluster.edit(|script| script.fetches.len() == 1));
    reader.fetcher.unassign(&partition(0));
    cluster.heal();
    reader.until_at(1, 4);
    reader.idle();
    reader.check_offsets(0, []);
    assert_eq!(cluster.edit(|script| script.requested("t", 0).len()), 1);
}

#[test]
fn connections_end_with_the_fetcher_though_requests_are_held() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1).with(&[3]), TestPartition::new(2).with(&[3])]);
    let mut reader = Reader::with(&cluster, FetchSettings { wait_max: PATIENCE * 10, ..settings() });
    reader.assign(0, 0, 3);
    reader.assign(1, 0, 3);
    reader.until("both requests are held", |_| {
        cluster.edit(|script| script.fetches.iter().filter(|(_, request)| request.partitions[0].offset == 3).count())
            == 2
    });
    assert_eq!(cluster.open(), 3, "one of them for look-ups");
    let signal = reader.signal.clone();
    drop(reader);
    let begin = Instant::now();
    while cluster.edit(|script| script.open.values().any(|open| *open > 0)) {
        assert!(begin.elapsed() < PATIENCE, "a connection stays");
        signal.wait(Duration::from_millis(5));
    }
}
