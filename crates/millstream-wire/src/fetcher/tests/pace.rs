//! How often requests are sent, and for which partitions.

use super::*;
use crate::testing::TestPartition;

#[test]
fn no_more_is_requested_while_nothing_is_taken() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[10; 100])]);
    let batch = cluster.edit(|script| script.partition("t", 0).batches[50].1.len());
    let settings = FetchSettings { partition_bytes_max: batch as i32 * 4, ..settings() };
    let mut reader = Reader::with(&cluster, settings);
    reader.wants = false;
    reader.assign(0, 0, 1_000);
    reader.until("it gets a request", |_| cluster.edit(|script| !script.fetches.is_empty()));
    reader.idle();
    let requested = cluster.edit(|script| script.requested("t", 0));
    assert!((2..=3).contains(&requested.len()), "{} responses of four batches", requested.len());
    reader.wants = true;
    reader.until_at(0, 1_000);
    reader.check_offsets(0, 0..1_000);
}

#[test]
fn a_partition_assigned_while_a_request_is_held_does_not_wait_for_its_end() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1), TestPartition::new(1).with(&[2])]);
    let mut reader = Reader::with(&cluster, FetchSettings { wait_max: PATIENCE * 10, ..settings() });
    reader.assign(0, 0, 0);
    reader.until("a request is held", |_| cluster.edit(|script| script.fetches.len() == 1));
    reader.assign(1, 0, 2);
    reader.until_at(1, 2);
    reader.idle();
    reader.check_offsets(1, 0..2);
    let opened = cluster.edit(|script| script.opened[&1]);
    assert_eq!(opened, 3, "one of them for look-ups");
    cluster.edit(|script| script.partition("t", 0).push(&crate::batch::testing::TestBatch::numbered(0, 1)));
    reader.until_at(0, 1);
    reader.check_offsets(0, 0..1);
}

#[test]
fn a_request_for_some_of_the_partitions_is_not_held_for_long() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[2; 50]), TestPartition::new(1)]);
    let settings = FetchSettings { wait_max: PATIENCE * 10, partition_bytes_max: 1, ..settings() };
    let mut reader = Reader::with(&cluster, settings);
    reader.wants = false;
    reader.assign(0, 0, 100);
    reader.assign(1, 0, 0);
    reader.until("only the idle one is requested", |_| {
        cluster.edit(|script| script.fetches.last().is_some_and(|(_, request)| order(request) == [1]))
    });
    let waits = cluster.edit(|script| script.fetches.last().map(|(_, request)| request.wait_max_ms));
    assert_eq!(waits, Some(20));
    reader.wants = true;
    reader.until_at(0, 100);
    reader.check_offsets(0, 0..100);
}

#[test]
fn a_throttled_reader_sends_no_request_too_early() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1).with(&[1; 10])]);
    cluster.edit(|script| script.throttle_ms = 5_000);
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 10);
    reader.until_at(0, 10);
    reader.advance(Duration::from_millis(4_999));
    reader.idle();
    assert_eq!(cluster.edit(|script| script.fetches.len()), 1);
    reader.now += Duration::from_millis(1);
    reader.until("it gets a request again", |_| cluster.edit(|script| script.fetches.len() == 2));
}

/// In a session the broker sees to that.
#[test]
fn partitions_take_turns_as_the_first_without_a_session() {
    let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
    cluster.edit(|script| script.has_sessions = false);
    let mut reader = Reader::new(&cluster);
    (0..3).for_each(|number| reader.assign(number, 0, 0));
    reader.until("it gets a request often", |_| cluster.edit(|script| script.fetches.len() > 6));
    let orders = cluster.edit(|script| script.fetches.iter().map(|(_, request)| order(request)).collect::<Vec<_>>());
    let all: Vec<_> = orders.iter().filter(|order| order.len() == 3).collect();
    assert!(all.len() > 5, "{orders:?}");
    for pair in all.windows(2) {
        let mut rotated = pair[0].clone();
        rotated.rotate_left(1);
        assert_eq!(&rotated, pair[1]);
    }
}

fn order(request: &crate::testing::FetchRequest) -> Vec<i32> {
    request.partitions.iter().map(|requested| requested.number).collect()
}

#[test]
fn an_incomplete_batch_is_requested_again() {
    let mut partition = TestPartition::new(1).with(&[2, 3]);
    partition.push(&crate::batch::testing::TestBatch::numbered(5, 4));
    let (next, whole) = partition.batches.pop().unwrap();
    for cut in 1..whole.len() {
        let partition = TestPartition { tail: whole[..cut].to_vec(), ..partition.clone() };
        let cluster = TestCluster::start(1).with([partition]);
        let mut reader = Reader::new(&cluster);
        reader.step = Duration::ZERO;
        reader.assign(0, 0, 9);
        reader.until("it is requested", |_| cluster.edit(|script| script.fetches.len() == 2));
        if cut % 20 == 1 {
            reader.idle();
            assert_eq!(cluster.edit(|script| script.fetches.len()), 2, "requested over and over");
        }
        assert_eq!(cluster.edit(|script| script.requested("t", 0)[1].offset), 5);
        cluster.edit(|script| {
            let partition = script.partition("t", 0);
            partition.tail.clear();
            partition.batches.push((next, whole.clone()));
        });
        reader
            .until("the end of the response that is cut", |_| cluster.edit(|script| script.response_bytes.len() == 2));
        reader.step = Duration::from_millis(10);
        reader.until_at(0, 9);
        reader.check_offsets(0, 0..9);
    }
}

#[test]
fn a_partition_that_moves_to_a_broker_where_a_request_is_held_does_not_wait_for_its_end() {
    let partitions = [TestPartition::new(1), TestPartition::new(2).with(&[2])];
    let cluster = TestCluster::start(2).with(partitions);
    let mut reader = Reader::with(&cluster, FetchSettings { wait_max: PATIENCE * 10, ..settings() });
    reader.assign(0, 0, 0);
    reader.assign(1, 0, 2);
    reader.until_at(1, 2);
    reader.until("a request is held by each", |_| cluster.edit(|script| script.fetches.len() == 3));
    cluster.edit(|script| {
        let partition = script.partition("t", 1);
        (partition.leader, partition.epoch) = (1, 1);
        partition.push(&crate::batch::testing::TestBatch::numbered(2, 3));
    });
    reader.until_at(1, 5);
    reader.idle();
    reader.check_offsets(1, 0..5);
}
