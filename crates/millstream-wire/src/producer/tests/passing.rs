//! Errors that pass.

use super::*;
use crate::testing::TestPartition;

/// What becomes better by itself, at the same broker or at another.
const PASSING: [i16; 14] = [3, 5, 6, 7, 9, 13, 19, 20, 56, 72, 74, 2, 89, 75];

#[test]
fn a_passing_error_of_a_partition_passes_while_others_are_written() {
    for code in PASSING {
        for times in [1, 3] {
            let cluster = TestCluster::start(1).with([1, 1, 1].map(TestPartition::new));
            cluster.edit(|script| script.partition("t", 1).produce_errors.extend([code].repeat(times)));
            let mut writer = Writer::new(&cluster, 3);
            (0..3).for_each(|lane| writer.append(lane));
            writer.until_asked(1);
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
fn only_what_is_said_of_a_leader_makes_it_looked_up() {
    for code in PASSING {
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
            assert_eq!(writer.producer.acknowledged(writer.lanes[1].handle), Some(Offset::new(12)));
        }
    }
}

#[test]
fn a_partition_is_tried_again_after_a_pause() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 3]));
    let mut writer =
        Writer::with(&cluster, 1, ProduceSettings { retry_after: Duration::from_millis(700), ..settings() });
    writer.step = Duration::ZERO;
    writer.append(0);
    for produces in 1..4 {
        writer.until_asked(produces);
        writer.idle();
        writer.now = writer.now + Duration::from_millis(699);
        writer.idle();
        assert_eq!(writer.produces(), produces);
        writer.now = writer.now + Duration::from_millis(1);
    }
    writer.check_written();
}

#[test]
fn a_partition_that_cannot_be_written_for_long_is_told_of_once() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    let mut writer = Writer::new(&cluster, 2);
    for _ in 0..2 {
        cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 19]));
        writer.append(0);
        writer.check_written();
    }
    cluster.edit(|script| script.partition("t", 0).produce_errors.extend([19; 50]));
    (0..2).for_each(|lane| writer.append(lane));
    writer.until_answered();
    let told = std::mem::take(&mut writer.told);
    let expected = "t-0 cannot be written for some time already: error 19; it is tried again";
    assert!(matches!(&told[..], [Told::Delayed(text)] if text == expected), "{told:?}");
    writer.check_written();
    assert_eq!(cluster.edit(|script| script.sent("t", 0)).len(), 19 + 1 + 19 + 1 + 50 + 1);
}

#[test]
fn a_producers_number_is_asked_for_until_there_is_one() {
    let passing = [-1, 3, 5, 6, 7, 9, 13, 14, 15, 16, 41, 56];
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.producer_id_errors.extend(passing));
    let mut writer = Writer::new(&cluster, 1);
    writer.step = Duration::from_millis(20);
    writer.append(0);
    writer.check_written();
    assert_eq!(cluster.edit(|script| (script.producer_id_questions, script.producer_ids)), (passing.len() + 1, 1));
}

#[test]
fn a_producers_number_that_is_refused_is_told() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    cluster.edit(|script| script.producer_id_errors.extend([31; 6]));
    let mut writer = Writer::new(&cluster, 1);
    writer.append(0);
    writer.until_answered();
    let is_it = |told: &Told| matches!(told, Told::Refused { code: 31 });
    assert!(writer.told.len() > 2 && writer.told.iter().all(is_it), "{:?}", writer.told);
    writer.check_written_but(|_| false);
}
