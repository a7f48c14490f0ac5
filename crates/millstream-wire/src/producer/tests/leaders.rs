//! Partitions that move from broker to broker.

use super::*;
use crate::testing::{Fault, PRODUCE, TestPartition};

fn move_to(cluster: &TestCluster, number: i32, leader: i32) {
    cluster.edit(|script| {
        let partition = script.partition("t", number);
        (partition.leader, partition.epoch) = (leader, partition.epoch + 1);
    });
}

#[test]
fn writing_follows_a_partition_to_its_new_leader() {
    let cluster = TestCluster::start(2).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    writer.step = Duration::from_millis(5);
    for leader in [1, 2, 1, 2] {
        (0..20).for_each(|number| writer.append(number % 2));
        writer.poll();
        move_to(&cluster, 0, leader);
        (0..20).for_each(|number| writer.append(number % 2));
        writer.check_written();
    }
    assert_eq!(writer.producers(), 1);
}

#[test]
fn a_partition_may_move_while_requests_wait() {
    for is_stale in [false, true] {
        let cluster = TestCluster::start(2).with([1, 1, 2].map(TestPartition::new));
        cluster.edit(|script| script.partition("t", 0).stale = is_stale.then_some((1, 0)));
        cluster.fault(1, PRODUCE, Fault::Held);
        let mut writer = Writer::with(&cluster, 3, ProduceSettings { batch_bytes_max: 300, ..settings() });
        (0..3).for_each(|partition| writer.append(partition));
        writer.until_requests(2);
        (0..300).for_each(|number| writer.append(number % 3));
        writer.idle();
        move_to(&cluster, 0, 2);
        cluster.heal();
        writer.until("it is looked up", |_| cluster.edit(|script| script.lookups) >= 4 || !is_stale);
        (0..30).for_each(|number| writer.append(number % 3));
        assert!(!is_stale || cluster.edit(|script| script.partition("t", 0).end()) == 1);
        cluster.edit(|script| script.partition("t", 0).stale = None);
        writer.check_written();
        assert_eq!(writer.producers(), 1);
    }
}

#[test]
fn a_partition_without_a_leader_waits_for_one_while_others_are_written() {
    let cluster = TestCluster::start(1).with([-1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    writer.step = Duration::ZERO;
    for _ in 0..5 {
        (0..4).for_each(|number| writer.append(number % 2));
        writer.until("the other is written", |writer| {
            cluster.edit(|script| script.partition("t", 1).end()) == writer.partitions[1].values.len() as i64
        });
    }
    let lookups = cluster.edit(|script| script.lookups);
    assert!(lookups <= 2, "{lookups} look-ups in no time");
    // A partition without a leader is not an unknown one.
    writer.now += settings().unknown_for * 2;
    writer.until("it is looked up", |_| cluster.edit(|script| script.lookups) > lookups);
    writer.idle();
    writer.step = Duration::from_millis(5);
    move_to(&cluster, 0, 1);
    writer.check_written();
}

#[test]
fn partitions_of_two_brokers_change_leaders() {
    let cluster = TestCluster::start(2).with([1, 2].map(TestPartition::new));
    let mut writer = Writer::with(&cluster, 2, ProduceSettings { batch_bytes_max: 300, ..settings() });
    writer.step = Duration::from_millis(5);
    for turn in 0..6 {
        (1..3).for_each(|broker| cluster.fault(broker, PRODUCE, Fault::Held));
        (0..100).for_each(|number| writer.append(number % 2));
        writer.poll();
        move_to(&cluster, 0, 2 - turn % 2);
        move_to(&cluster, 1, 1 + turn % 2);
        (0..100).for_each(|number| writer.append(number % 2));
        writer.idle();
        cluster.heal();
        writer.check_written();
    }
    assert_eq!(writer.producers(), 1);
}

#[test]
fn nothing_is_lost_when_a_leader_leaves() {
    for fault in [Fault::Dropped, Fault::CutAt(0), Fault::CutAt(40)] {
        let cluster = TestCluster::start(2).with([2, 2].map(TestPartition::new));
        let mut writer = Writer::new(&cluster, 2);
        writer.step = Duration::from_millis(5);
        (0..2).for_each(|partition| writer.append(partition));
        writer.check_written();
        cluster.fault(2, PRODUCE, Fault::Held);
        (0..10).for_each(|number| writer.append(number % 2));
        writer.until_requests(2);
        (0..10).for_each(|number| writer.append(number % 2));
        (0..2).for_each(|number| move_to(&cluster, number, 1));
        cluster.fault(2, PRODUCE, fault);
        cluster.edit(|script| script.absent.insert(2));
        writer.check_written();
        assert_eq!(writer.producers(), 1);
    }
}

#[test]
fn a_broker_that_leaves_the_cluster_during_its_backoff_is_replaced() {
    let cluster = TestCluster::start(2).with([2, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    (0..2).for_each(|partition| writer.append(partition));
    writer.check_written();
    writer.step = Duration::ZERO;
    cluster.fault(2, PRODUCE, Fault::Dropped);
    writer.append(0);
    writer.until("it is looked up", |_| cluster.edit(|script| script.lookups) == 2);
    writer.idle();
    move_to(&cluster, 0, 1);
    cluster.edit(|script| {
        script.absent.insert(2);
        script.partition("t", 1).produce_errors.push_back(6);
    });
    writer.append(1);
    writer.until("another is looked up", |_| cluster.edit(|script| script.lookups) == 3);
    writer.step = Duration::from_millis(10);
    writer.check_written();
}

/// Each response shows some partitions that have moved. A look-up for each of them would be 1,000.
#[test]
fn few_look_ups_find_the_leaders_of_many_partitions_that_move() {
    const PARTITIONS: i32 = 1_000;
    let cluster = TestCluster::start(2).with((0..PARTITIONS).map(|_| TestPartition::new(1)));
    let mut writer = Writer::new(&cluster, PARTITIONS as u32);
    (0..PARTITIONS as usize).for_each(|partition| writer.append(partition));
    writer.check_written();
    (0..PARTITIONS).for_each(|number| move_to(&cluster, number, 2));
    let lookups = cluster.edit(|script| script.lookups);
    (0..PARTITIONS as usize).for_each(|partition| writer.append(partition));
    writer.check_written();
    let more = cluster.edit(|script| script.lookups) - lookups;
    assert!(more <= 5, "{more} look-ups");
}
