//! Partitions move from broker to broker.

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{FETCH, Fault, TestPartition};

#[test]
fn reading_continues_at_a_new_leader_though_look_ups_are_outdated() {
    let cluster = TestCluster::start(2).with([TestPartition::new(1).with(&[2, 3])]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 5);
    reader.until_at(0, 5);
    cluster.edit(|script| {
        let partition = script.partition("t", 0);
        (partition.stale, partition.leader, partition.epoch) = (Some((1, 0)), 2, 1);
        partition.push(&TestBatch::numbered(5, 4));
    });
    let lookups = cluster.edit(|script| script.lookups);
    reader.until("two look-ups are behind", |_| cluster.edit(|script| script.lookups) > lookups + 2);
    reader.check_offsets(0, 0..5);
    cluster.edit(|script| script.partition("t", 0).stale = None);
    reader.until_at(0, 9);
    reader.idle();
    reader.check_offsets(0, 0..9);
    let last = cluster.edit(|script| script.fetches.last().cloned()).unwrap();
    assert_eq!((last.0, last.1.partitions[0].leader_epoch), (2, 1));
    assert!(reader.events.is_empty(), "a leader that moves is not reported: {:?}", reader.events);
}

#[test]
fn a_stale_leader_is_not_requested_over_and_over() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[2])]);
    cluster.edit(|script| script.partition("t", 0).stale = Some((1, 0)));
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 2);
    reader.until("the stale leader gets a request", |_| cluster.edit(|script| !script.fetches.is_empty()));
    reader.idle();
    assert_eq!(cluster.edit(|script| script.fetches.len()), 1);
    assert!(cluster.edit(|script| script.lookups) <= 2);
    reader.advance(settings().retry_after);
    reader.until("it gets a request again", |_| cluster.edit(|script| script.fetches.len() == 2));
}

#[test]
fn a_partition_without_a_leader_waits_for_one_while_others_are_read() {
    let cluster = TestCluster::start(1).with([TestPartition::new(-1).with(&[2]), TestPartition::new(1)]);
    let mut reader = Reader::new(&cluster);
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 2);
    reader.assign(1, 0, 0);
    for next in 1..10 {
        cluster.edit(|script| script.partition("t", 1).push(&TestBatch::numbered(next - 1, 1)));
        reader.until_at(1, next);
        reader.idle();
    }
    let lookups = cluster.edit(|script| script.lookups);
    let fetches = cluster.edit(|script| script.fetches.len());
    assert!(lookups <= 2, "{lookups} look-ups in no time, {fetches} fetches");
    cluster.edit(|script| script.partition("t", 0).leader = 1);
    reader.step = Duration::from_millis(1);
    reader.until_at(0, 2);
    reader.check_offsets(0, 0..2);
}

#[test]
fn the_last_epoch_is_sent_only_to_a_leader_of_another_epoch() {
    let mut partition = TestPartition::new(1);
    partition.epoch = 4;
    partition.push(&TestBatch { leader_epoch: 3, ..TestBatch::numbered(0, 2) });
    let cluster = TestCluster::start(2).with([partition]);
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 2);
    reader.until_at(0, 2);
    reader.until("it gets a request often", |_| cluster.edit(|script| script.fetches.len() > 3));
    let requested = cluster.edit(|script| script.requested("t", 0));
    assert!(requested.iter().all(|requested| requested.last_epoch == -1), "{requested:?}");
    cluster.edit(|script| {
        script.fetches.clear();
        let partition = script.partition("t", 0);
        (partition.leader, partition.epoch) = (2, 5);
        partition.push(&TestBatch { leader_epoch: 5, ..TestBatch::numbered(2, 2) });
    });
    reader.until_at(0, 4);
    let last_epochs = || {
        cluster.edit(|script| {
            let at_new = script.fetches.iter().filter(|(broker, _)| *broker == 2);
            at_new.map(|(_, request)| request.partitions[0].last_epoch).collect::<Vec<_>>()
        })
    };
    reader.until("the new leader gets a request often", |_| last_epochs().len() > 4);
    assert_eq!(last_epochs()[..5], [3, -1, -1, -1, -1]);
}

#[test]
fn nothing_is_lost_when_a_broker_leaves() {
    let cluster = TestCluster::start(2).with([TestPartition::new(2).with(&[2, 3])]);
    cluster.fault(2, FETCH, Fault::Instead(Vec::new()));
    let mut reader = Reader::new(&cluster);
    reader.assign(0, 0, 5);
    reader.until("it gets a request", |_| cluster.edit(|script| !script.fetches.is_empty()));
    cluster.edit(|script| script.partition("t", 0).leader = 1);
    reader.until_at(0, 5);
    reader.check_offsets(0, 0..5);
}

#[test]
fn a_broker_that_leaves_the_cluster_during_its_backoff_is_replaced() {
    let cluster = TestCluster::start(2).with([2, 1].map(|leader| TestPartition::new(leader).with(&[2])));
    let mut reader = Reader::new(&cluster);
    (0..2).for_each(|number| reader.assign(number, 0, 2));
    (0..2).for_each(|number| reader.until_at(number, 2));
    let lookups = cluster.edit(|script| script.lookups);
    reader.step = Duration::ZERO;
    cluster.fault(2, FETCH, Fault::Dropped);
    reader.until("it is looked up", |_| cluster.edit(|script| script.lookups) > lookups);
    reader.idle();
    cluster.edit(|script| {
        script.absent.insert(2);
        script.partition("t", 1).error = 6;
        let moved = script.partition("t", 0);
        (moved.leader, moved.epoch) = (1, 1);
        moved.push(&TestBatch::numbered(2, 2));
    });
    reader.until("another is looked up", |_| cluster.edit(|script| script.lookups) > lookups + 1);
    cluster.edit(|script| script.partition("t", 1).error = 0);
    reader.step = Duration::from_millis(10);
    reader.until_at(0, 4);
}

/// Each response to a fetch shows some partitions that have moved. A look-up for each of them would be 1,000.
#[test]
fn few_look_ups_find_the_leaders_of_many_partitions_that_move() {
    const PARTITIONS: u32 = 1_000;
    let cluster = TestCluster::start(2).with((0..PARTITIONS).map(|_| TestPartition::new(1).with(&[1])));
    let mut reader = Reader::new(&cluster);
    (0..PARTITIONS).for_each(|number| reader.assign(number, 0, 1));
    reader.until("all are read", |reader| reader.next.values().all(|next| *next == 1));
    let lookups = cluster.edit(|script| {
        for partition in script.partitions.values_mut() {
            (partition.leader, partition.epoch) = (2, 1);
            partition.push(&TestBatch::numbered(1, 1));
        }
        script.lookups
    });
    reader.step = Duration::from_millis(10);
    reader.until("all are read", |reader| reader.next.values().all(|next| *next == 2));
    let more = cluster.edit(|script| script.lookups) - lookups;
    assert!(more <= 5, "{more} look-ups");
}
