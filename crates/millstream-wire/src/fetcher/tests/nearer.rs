//! Reading from replicas that are nearer than the leader (KIP-392).

use super::*;
use crate::batch::testing::TestBatch;
use crate::testing::{API_VERSIONS, FETCH, Fault, TestPartition};

/// Broker 1 leads the partition, and broker 2 follows it. What there is has been read.
fn begin(rack: &str) -> (TestCluster, Reader) {
    let partition = TestPartition { follower: Some(2), ..TestPartition::new(1).with(&[3]) };
    let cluster = TestCluster::start(2).with([partition]);
    let mut reader = Reader::with(&cluster, FetchSettings { rack: rack.to_owned(), ..settings() });
    reader.step = Duration::ZERO;
    reader.assign(0, 0, 3);
    reader.until_at(0, 3);
    (cluster, reader)
}

/// Appends a record, and reads it. Returns the brokers that were requested, without repetitions.
fn read_one(cluster: &TestCluster, reader: &mut Reader) -> Vec<i32> {
    let next = reader.next[&0];
    cluster.edit(|script| {
        script.fetches.clear();
        script.partition("t", 0).push(&TestBatch::numbered(next, 1));
    });
    reader.until_at(0, next + 1);
    let mut brokers: Vec<i32> = cluster.edit(|script| script.fetches.iter().map(|(broker, _)| *broker).collect());
    brokers.dedup();
    brokers
}

/// Time that passes at once is a stall, and nothing else is reported.
fn check_quiet(reader: &Reader) {
    assert!(reader.events.iter().all(|event| matches!(event, FetchEvent::Stalled(_))), "{:?}", reader.events);
}

#[test]
fn a_client_with_a_rack_reads_from_the_replica_that_the_leader_names() {
    let (cluster, mut reader) = begin("here");
    let racks = cluster.edit(|script| script.fetches.iter().map(|it| (it.0, it.1.rack.clone())).collect::<Vec<_>>());
    assert_eq!(racks[..2], [(1, "here".to_owned()), (2, "here".to_owned())]);
    (0..5).for_each(|_| assert!(!read_one(&cluster, &mut reader).contains(&1)));
    // After five minutes the leader is asked again.
    reader.advance(Duration::from_secs(301));
    reader
        .until("the leader is asked", |_| cluster.edit(|script| script.fetches.iter().any(|(broker, _)| *broker == 1)));
    cluster.edit(|script| script.partition("t", 0).follower = None);
    read_one(&cluster, &mut reader);
    reader.check_offsets(0, 0..9);
    check_quiet(&reader);
}

#[test]
fn a_client_without_a_rack_reads_from_the_leader() {
    let (cluster, mut reader) = begin("");
    (0..3).for_each(|_| assert!(!read_one(&cluster, &mut reader).contains(&2)));
}

/// 1 is `OFFSET_OUT_OF_RANGE`: the follower may be behind, and the leader decides.
#[test]
fn after_an_error_of_the_replica_the_leader_is_read_for_a_minute() {
    for error in [1, 3, 6, 9, 56, 74, 75, 78] {
        let (cluster, mut reader) = begin("here");
        cluster.edit(|script| script.partition("t", 0).follower_error = error);
        reader.until("the leader is asked", |_| {
            cluster.edit(|script| script.fetches.last().is_some_and(|(broker, _)| *broker == 1))
        });
        (0..3).for_each(|_| assert!(!read_one(&cluster, &mut reader).contains(&2), "error {error}"));
        assert!(cluster.edit(|script| script.fetches.iter().all(|(_, request)| request.rack.is_empty())));
        cluster.edit(|script| script.partition("t", 0).follower_error = 0);
        reader.advance(Duration::from_secs(61));
        read_one(&cluster, &mut reader);
        reader.until("the replica is read again", |_| {
            cluster.edit(|script| script.fetches.last().is_some_and(|(broker, _)| *broker == 2))
        });
        reader.check_offsets(0, 0..7);
        check_quiet(&reader);
    }
}

#[test]
fn a_replica_that_fails_or_is_silent_is_replaced_by_the_leader() {
    for fault in [Fault::Instead(Vec::new()), Fault::Held] {
        let (cluster, mut reader) = begin("here");
        [API_VERSIONS, FETCH].iter().for_each(|kind| cluster.fault(2, *kind, fault.clone()));
        reader.step = Duration::from_millis(10);
        let begin = reader.now;
        read_one(&cluster, &mut reader);
        assert!(reader.now - begin < Duration::from_secs(5), "after {:?}", reader.now - begin);
        (0..3).for_each(|_| _ = read_one(&cluster, &mut reader));
        let from_leader = cluster.edit(|script| script.fetches.iter().all(|(broker, _)| *broker == 1));
        assert!(from_leader && reader.now - begin < Duration::from_secs(6));
        reader.check_offsets(0, 0..7);
    }
}

#[test]
fn a_new_leader_is_asked_which_replica_is_nearer() {
    let (cluster, mut reader) = begin("here");
    cluster.edit(|script| {
        let partition = script.partition("t", 0);
        (partition.leader, partition.epoch, partition.follower) = (2, 1, Some(1));
    });
    reader.step = Duration::from_millis(10);
    read_one(&cluster, &mut reader);
    reader.until("the other replica is read", |_| {
        cluster.edit(|script| script.fetches.last().is_some_and(|(broker, _)| *broker == 1))
    });
    assert!(!read_one(&cluster, &mut reader).contains(&2));
}
