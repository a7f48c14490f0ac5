//! Partitions that look-ups do not find.

use super::*;
use crate::testing::{Fault, METADATA, PRODUCE, TestPartition};

const UNKNOWN_FOR: Duration = Duration::from_secs(3);

/// How far the time moves from poll to poll.
const STEP: Duration = Duration::from_millis(20);

/// One partition, and a topic `u` that is not there.
fn begin(cluster: &TestCluster) -> Writer<'_> {
    let mut writer = Writer::with(cluster, 1, ProduceSettings { unknown_for: UNKNOWN_FOR, ..settings() });
    writer.step = STEP;
    writer.open("u", 0);
    (0..10).for_each(|number| writer.append(number % 2));
    writer
}

fn create_u(cluster: &TestCluster) {
    cluster.edit(|script| script.partitions.insert(("u".to_owned(), 0), TestPartition::new(1)));
}

fn until_written(writer: &mut Writer<'_>, partition: usize) {
    writer.until("it is written", |writer| {
        let partition = &writer.partitions[partition];
        writer.cluster.edit(|script| partition.end(script)) == partition.values.len() as i64
    });
}

#[test]
fn records_of_a_topic_that_stays_unknown_fail() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = begin(&cluster);
    let begin = writer.now;
    // The time does not advance, since it must not run out before this is written.
    writer.step = Duration::ZERO;
    until_written(&mut writer, 0);
    writer.append(0);
    until_written(&mut writer, 0);
    assert!(writer.completed <= 1 && writer.events.is_empty());
    writer.step = STEP;
    writer.until("it is reported", |writer| !writer.events.is_empty());
    assert!(writer.now >= begin + UNKNOWN_FOR && writer.now < begin + UNKNOWN_FOR * 2, "{}", writer.now);
    let [ProduceEvent::Failed { partition, records: 5, code: 3, .. }] = &writer.events[..] else {
        panic!("{:?}", writer.events)
    };
    assert_eq!(*partition, writer.partitions[1].partition);
    writer.check_written_but(|value| value.starts_with('1'));
}

#[test]
fn records_of_a_topic_that_appears_are_written() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = begin(&cluster);
    let appears = writer.now + UNKNOWN_FOR - Duration::from_millis(1_500);
    writer.step = Duration::ZERO;
    until_written(&mut writer, 0);
    writer.step = STEP;
    writer.until("it is time", |writer| writer.now >= appears);
    (0..10).for_each(|number| writer.append(number % 2));
    create_u(&cluster);
    writer.check_written();
}

#[test]
fn the_time_starts_again_when_a_topic_was_found() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = begin(&cluster);
    // Slowly: each turn has to look twice in half of the time.
    writer.step = Duration::from_millis(4);
    for _ in 0..3 {
        let later = writer.now + UNKNOWN_FOR / 2;
        writer.until("it is time", |writer| writer.now >= later);
        cluster.edit(|script| script.partitions.insert(("u".to_owned(), 0), TestPartition::new(-1)));
        let lookups = cluster.edit(|script| script.lookups);
        writer.until("it is looked up", |_| cluster.edit(|script| script.lookups) > lookups + 1);
        cluster.edit(|script| script.partitions.remove(&("u".to_owned(), 0)));
    }
    assert!(writer.events.is_empty(), "{:?}", writer.events);
    create_u(&cluster);
    writer.check_written();
}

#[test]
fn a_topic_that_appears_after_its_records_failed_is_written() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    let mut writer = begin(&cluster);
    writer.check_written_but(|value| value.starts_with('1'));
    writer.events.clear();
    create_u(&cluster);
    (0..3).for_each(|_| writer.append_as(1, "later"));
    writer.check_written_but(|value| value.starts_with('1'));
    assert!(writer.events.is_empty(), "{:?}", writer.events);
}

#[test]
fn a_partition_that_was_not_looked_up_does_not_count_as_unknown() {
    let cluster = TestCluster::start(1).with([TestPartition::new(1)]);
    create_u(&cluster);
    let mut writer = Writer::new(&cluster, 1);
    writer.open("u", 0);
    writer.append(0);
    writer.until_completed();
    writer.now += settings().unknown_for;
    cluster.fault(1, METADATA, Fault::Held);
    cluster.edit(|script| script.partition("t", 0).produce_errors.push_back(6));
    writer.append(0);
    writer.until("the other is looked up", |_| cluster.edit(|script| script.lookups) == 2);
    writer.append(1);
    cluster.heal();
    writer.check_written();
}

#[test]
fn a_partition_that_vanishes_fails_with_all_that_waits() {
    let cluster = TestCluster::start(1).with([1, 1].map(TestPartition::new));
    let sizes = ProduceSettings { batch_bytes_max: 300, unknown_for: UNKNOWN_FOR, ..settings() };
    let mut writer = Writer::with(&cluster, 2, sizes);
    writer.step = Duration::from_millis(20);
    writer.append(0);
    writer.check_written();
    cluster.fault(1, PRODUCE, Fault::Held);
    let gone = cluster.edit(|script| script.partitions.remove(&("t".to_owned(), 1)).unwrap());
    (0..100).for_each(|number| writer.append_as(number % 2, "later"));
    writer.until_requests(2);
    (0..100).for_each(|number| writer.append_as(number % 2, "later"));
    writer.idle();
    cluster.heal();
    writer.until("it fails", |writer| writer.partitions[1].failed == 100);
    writer.events.clear();
    until_written(&mut writer, 0);
    cluster.edit(|script| script.partitions.insert(("t".to_owned(), 1), gone));
    writer.append(1);
    writer.check_written_but(|value| value.starts_with("later1"));
    assert!(writer.events.is_empty(), "{:?}", writer.events);
    assert_eq!(cluster.edit(|script| script.partition("t", 1).end()), 1);
}
