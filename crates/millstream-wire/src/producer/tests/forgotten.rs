//! Brokers that lose the state of a producer.

use super::*;
use crate::testing::{Fault, PRODUCE, TestPartition};

#[test]
fn an_unknown_producer_continues_with_a_new_id() {
    for code in [45, 59, 47, 49] {
        let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
        cluster.fault(1, PRODUCE, Fault::Held);
        let mut writer = Writer::with(&cluster, 2, ProduceSettings { batch_bytes_max: 400, ..settings() });
        (0..4).for_each(|number| writer.append(number % 2));
        writer.until_requests(1);
        cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(code));
        (0..100).for_each(|number| writer.append(number % 2));
        writer.idle();
        cluster.heal();
        writer.until_completed();
        let events = std::mem::take(&mut writer.events);
        let text = format!("the brokers have lost the state of this producer for t-0 (error {code})");
        assert!(matches!(&events[..], [ProduceEvent::Delayed(events)] if events.starts_with(&text)), "{events:?}");
        writer.check_written();
        check_producers(&cluster, 0, &[1000, 1001]);
        check_producers(&cluster, 1, &[1000]);
    }
}

/// Checks the producer ids with which a partition was written; each began with sequence number 0.
#[track_caller]
fn check_producers(cluster: &TestCluster, number: i32, expected: &[i64]) {
    let mut sent = cluster.edit(|script| script.sent("t", number));
    sent.dedup_by_key(|sent| sent.producer_id);
    assert_eq!(sent.iter().map(|sent| sent.producer_id).collect::<Vec<_>>(), expected);
    assert!(sent.iter().all(|sent| sent.base_sequence == 0));
}

#[test]
fn partitions_may_lose_the_state_of_a_producer_one_after_the_other() {
    let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 3);
    (0..3).for_each(|partition| writer.append(partition));
    writer.check_written();
    for partition in [0, 1, 0, 2] {
        cluster.edit(|script| script.partition("t", partition).produce_errors.push_back(59));
        (0..9).for_each(|number| writer.append(number % 3));
        writer.until_completed();
        assert_eq!(std::mem::take(&mut writer.events).len(), 1);
    }
    writer.check_written();
    // The next partition takes the newest id.
    check_producers(&cluster, 0, &[1000, 1001, 1002]);
    check_producers(&cluster, 1, &[1000, 1001]);
    check_producers(&cluster, 2, &[1000, 1002]);
}

#[test]
fn partitions_that_lose_the_state_at_once_request_one_id() {
    let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
    cluster.edit(|script| script.partitions.values_mut().for_each(|partition| partition.produce_errors.push_back(45)));
    let mut writer = Writer::new(&cluster, 3);
    (0..9).for_each(|number| writer.append(number % 3));
    writer.until_completed();
    assert_eq!(std::mem::take(&mut writer.events).len(), 3);
    writer.check_written();
    assert_eq!(writer.producers(), 2);
}

#[test]
fn a_log_without_producer_state_appends_the_next_batch() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    for _ in 0..10 {
        (0..10).for_each(|number| writer.append(number % 2));
        writer.check_written();
        cluster.edit(Script::forget_producers);
    }
    assert_eq!(writer.producers(), 1);
}
