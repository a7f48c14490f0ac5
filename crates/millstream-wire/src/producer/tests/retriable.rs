//! Retriable errors.

use super::*;
use crate::testing::TestPartition;

/// Retriable errors, of the same broker or of a former leader.
const RETRIABLE: [i16; 14] = [3, 5, 6, 7, 9, 13, 19, 20, 56, 72, 74, 2, 89, 75];

#[test]
fn a_retriable_error_of_a_partition_passes_while_others_are_written() {
    for code in RETRIABLE {
        for times in [1, 3] {
            let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
            cluster.edit(|script| script.partition("t", 1).produce_errors.extend([code].repeat(times)));
            let mut writer = Writer::new(&cluster, 3);
            (0..3).for_each(|partition| writer.append(partition));
            writer.until_requests(1);
            (0..9).for_each(|number| writer.append(number % 3));
            writer.check_written();
            assert_eq!(writer.producers(), 1, "error {code}");
            let sent = cluster.edit(|script| script.sent("t", 1));
            assert!(sent[..=times].iter().all(|batch| (batch.base_sequence, batch.count) == (0, 1)), "error {code}");
            assert_eq!(cluster.edit(|script| script.sent("t", 0)).len(), 2, "error {code}");
        }
    }
}

#[test]
fn only_errors_about_the_leader_cause_a_look_up() {
    for code in RETRIABLE {
        let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
        let mut writer = Writer::new(&cluster, 1);
        writer.append(0);
        writer.check_written();
        cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(code));
        writer.append(0);
        writer.check_written();
        let lookups = cluster.edit(|script| script.lookups);
        assert_eq!(lookups, if [7, 19, 20, 2, 89].contains(&code) { 1 } else { 2 }, "error {code}");
    }
}

#[test]
fn a_batch_that_is_appended_with_an_error_is_appended_once() {
    for code in [7, 20, 13] {
        for times in [1, 3] {
            let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
            cluster.edit(|script| script.partition("t", 1).produce_errors_after_append.extend([code].repeat(times)));
            let mut writer = Writer::new(&cluster, 2);
            for _ in 0..6 {
                (0..4).for_each(|number| writer.append(number % 2));
                writer.poll();
            }
            writer.check_written();
            assert_eq!(writer.producers(), 1, "error {code}");
            assert_eq!(writer.producer.acknowledged(writer.partitions[1].handle), Some(Offset::new(12)));
        }
    }
}

#[test]
fn a_partition_is_tried_again_after_a_backoff() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 3]));
    let mut writer =
        Writer::with(&cluster, 1, ProduceSettings { retry_after: Duration::from_millis(700), ..settings() });
    writer.step = Duration::ZERO;
    writer.append(0);
    for produces in 1..4 {
        writer.until_requests(produces);
        writer.until("the error is known", |writer| writer.producer.links[&1].partitions_in_flight().count() == 0);
        writer.now += Duration::from_millis(699);
        writer.idle();
        assert_eq!(writer.produces(), produces);
        writer.now += Duration::from_millis(1);
    }
    writer.check_written();
}

#[test]
fn a_partition_that_cannot_be_written_for_long_is_reported_once() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    for _ in 0..2 {
        cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 19]));
        writer.append(0);
        writer.check_written();
    }
    cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 50]));
    (0..2).for_each(|partition| writer.append(partition));
    writer.until_completed();
    let events = std::mem::take(&mut writer.events);
    let expected = "t-0 has not been writable for some time: error 19; writing is retried";
    assert!(matches!(&events[..], [ProduceEvent::Delayed(text)] if text == expected), "{events:?}");
    writer.check_written();
    assert_eq!(cluster.edit(|script| script.sent("t", 0)).len(), 19 + 1 + 19 + 1 + 50 + 1);
}

#[test]
fn a_producer_id_is_requested_until_there_is_one() {
    let passing = [-1, 3, 5, 6, 7, 9, 13, 14, 15, 16, 41, 56];
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.producer_id_errors.extend(passing));
    let mut writer = Writer::new(&cluster, 1);
    writer.step = Duration::from_millis(20);
    writer.append(0);
    writer.check_written();
    assert_eq!(cluster.edit(|script| (script.producer_id_requests, script.producer_ids)), (passing.len() + 1, 1));
}

#[test]
fn a_producer_id_that_is_refused_is_reported() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.producer_id_errors.extend([31; 6]));
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.until_completed();
    let is_it = |event: &ProduceEvent| matches!(event, ProduceEvent::Refused { code: 31 });
    assert!(writer.events.len() > 2 && writer.events.iter().all(is_it), "{:?}", writer.events);
    writer.check_written_but(|_| false);
}
