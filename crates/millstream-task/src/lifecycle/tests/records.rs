//! Records through a task: their order, those that cannot be read, and when it takes more.

use millstream_core::chain::Decision;
use millstream_log::ChunkBuilder;
use millstream_observe::events::{Failure, FailureKind, SkipReason};
use millstream_state::{KeyValueStore, StoreIndex};
use millstream_types::{Offset, Origin, RecordBytes, Timestamp, TopicPartition};

use super::fixture::{COUNT_TOPICS, Fixture, ID, NOW, TIME, count, merged, pass_through, settings};
use crate::{ErrorHandler, TaskSettings, TaskState, Work, encode_partition_time};

#[test]
fn records_of_two_partitions_come_by_timestamp() {
    let mut fixture = Fixture::new(&merged(), TaskSettings::new("app"), &["left", "right", "out"]).running();
    fixture.feed("left", 0, &[("l1", 10), ("l2", 30), ("l3", 20)]);
    fixture.feed("right", 0, &[("r1", 5), ("r2", 25), ("r3", 40)]);
    let step = fixture.step().unwrap();
    assert_eq!((step.records, fixture.task().buffered_records()), (6, 0));
    fixture.commit();
    assert_eq!(fixture.keys_in("out"), ["r1", "l1", "r2", "l2", "l3", "r3"]);
}

#[test]
fn an_empty_partition_is_waited_for_until_its_end_is_known() {
    let mut fixture = Fixture::new(&merged(), TaskSettings::new("app"), &["left", "right", "out"]).running();
    fixture.feed("left", 0, &[("l1", 10)]);
    assert!(fixture.step().unwrap().is_idle());
    fixture.feed("right", 0, &[]);
    assert_eq!(fixture.step().unwrap().records, 1);
    assert_eq!(fixture.task().enforced_processing(), 1);
}

#[test]
fn a_step_processes_no_more_than_it_may() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    fixture.feed("in", 0, &[("a", 1), ("b", 2), ("c", 3)]);
    let task = fixture.tasks.get_mut(&ID).unwrap();
    assert_eq!(task.step(NOW, 2, &mut fixture.outbox).unwrap().records, 2);
    assert_eq!(task.next_timestamp(NOW, &mut fixture.outbox).unwrap(), Some(Timestamp::from_millis(3)));
    assert_eq!(task.buffered_records(), 1);
}

/// Rule 9.
#[test]
fn corrupt_records_are_left_out_and_their_offsets_committed() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Continue), &["in", "out"]).running();
    let mut builder = ChunkBuilder::new();
    for (offset, value) in [&b"good"[..], &[0xff], &[0xfe]].into_iter().enumerate() {
        let offset = Offset::new(i64::try_from(offset).unwrap());
        builder.push(offset, &RecordBytes::new(TIME, Some(b"k"), Some(value)));
    }
    fixture.feed_chunk("in", builder, 3);
    assert_eq!(fixture.step().unwrap().records, 1);
    fixture.prepare_commit();
    assert_eq!(fixture.offsets()[0].1, 3);
    fixture.finish_commit().unwrap();
    let dropped = fixture.task().metrics().nodes[0].dropped;
    assert_eq!(dropped.of(SkipReason::Deserialization), 2);
}

#[test]
fn a_corrupt_record_stops_the_task_at_its_place() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    let mut builder = ChunkBuilder::new();
    builder.push(Offset::new(4), &RecordBytes::new(TIME, Some(b"k"), Some(b"good")));
    builder.push(Offset::new(5), &RecordBytes::new(TIME, Some(b"k"), Some(&[0xff])));
    fixture.feed_chunk("in", builder, 6);
    let error = fixture.step().unwrap_err();
    assert_eq!((error.task, error.failure.kind), (ID, FailureKind::Deserialization));
    assert!(error.to_string().contains("in-0 at offset 5"), "{error}");
}

/// Keys of a task with a store are prefetched: decoded before their records are processed. The records of the topic, from
/// offset 0 on:
fn keys_with_two_bad_ones() -> ChunkBuilder {
    let mut builder = ChunkBuilder::new();
    for number in 0..40 {
        let key: Option<&[u8]> = match number {
            20 => None,
            21 => Some(&[0xff]),
            _ => Some([b"a", b"b"][usize::from(number % 2 == 0)]),
        };
        builder.push(Offset::new(number), &RecordBytes::new(Timestamp::from_millis(number), key, Some(b"v")));
    }
    builder
}

#[test]
fn keys_that_cannot_be_read_are_left_out_where_they_stand() {
    let settings = settings(ErrorHandler::Continue);
    let mut fixture = Fixture::new(&count(), settings, &COUNT_TOPICS).running();
    fixture.feed_chunk("in", keys_with_two_bad_ones(), 40);
    assert_eq!(fixture.step().unwrap().records, 38);
    let dropped = fixture.task().metrics().nodes[0].dropped;
    assert_eq!(dropped.of(SkipReason::Deserialization), 1);
    assert_eq!(dropped.of(SkipReason::NullKey), 1);
    fixture.commit();
    let store = fixture.task().store_mut(StoreIndex::new(0)).unwrap();
    let counts = store.as_any_mut().downcast_mut::<KeyValueStore<String, i64>>().unwrap();
    let count = |key: &str| counts.get(&key.to_owned()).unwrap().map(|row| row.value);
    assert_eq!(["a", "b"].map(count), [Some(19), Some(19)]);
}

#[test]
fn all_records_before_a_key_that_cannot_be_read_count() {
    let mut fixture = Fixture::new(&count(), settings(ErrorHandler::Fail), &COUNT_TOPICS).running();
    fixture.feed_chunk("in", keys_with_two_bad_ones(), 40);
    let error = fixture.step().unwrap_err();
    assert!(error.to_string().contains("in-0 at offset 21"), "{error}");
    fixture.prepare_commit();
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 21, encode_partition_time(Timestamp::from_millis(19)))]);
}

#[test]
fn a_missing_output_topic_is_named_before_anything_runs() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in"]);
    let task = fixture.tasks.get_mut(&ID).unwrap();
    let error = task.advance(NOW, &mut fixture.outbox, &mut fixture.restorer).unwrap_err();
    assert!(error.to_string().contains("topic `out` does not exist"), "{error}");
}

#[test]
fn a_task_takes_nothing_while_the_outbox_is_not_free() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    let faults = fixture.log.faults();
    faults.refuse_appends();
    fixture.feed("in", 0, &[("a", 1), ("b", 2)]);
    assert_eq!(fixture.step().unwrap().records, 1, "the first is pending");
    assert!(fixture.step().unwrap().is_idle());
    faults.accept_appends();
    fixture.outbox.poll(NOW).unwrap();
    assert_eq!(fixture.step().unwrap().records, 1);
    fixture.commit();
    assert_eq!(fixture.keys_in("out"), ["a", "b"]);
}

#[test]
fn a_suspended_task_holds_still_and_can_commit() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    fixture.feed("in", 0, &[("a", 1), ("b", 2)]);
    let task = fixture.tasks.get_mut(&ID).unwrap();
    task.step(NOW, 1, &mut fixture.outbox).unwrap();
    task.suspend();
    assert!(fixture.step().unwrap().is_idle());
    fixture.prepare_commit();
    assert_eq!(fixture.offsets()[0].1, 1);
    fixture.finish_commit().unwrap();
    fixture.task().resume();
    assert_eq!(fixture.step().unwrap().records, 1);
    fixture.task().close(Work::Committed);
    fixture.task().resume();
    assert_eq!(fixture.task().state(), TaskState::Closed);
    assert!(fixture.step().unwrap().is_idle());
}

#[test]
fn wanting_more_ends_at_the_limit() {
    let settings = TaskSettings { buffered_records_max: 2, ..TaskSettings::new("app") };
    let mut fixture = Fixture::new(&pass_through(), settings, &["in", "out"]).running();
    let partition = TopicPartition::new("in", 0);
    assert!(fixture.task().wants(&partition) && !fixture.task().wants(&TopicPartition::new("out", 0)));
    fixture.feed("in", 0, &[("a", 1), ("b", 2), ("c", 3)]);
    assert!(!fixture.task().wants(&partition));
    fixture.step().unwrap();
    assert!(fixture.task().wants(&partition));
}

#[test]
fn a_batch_that_cannot_be_read_is_decided_by_the_deserialization_handler() {
    let failure = || {
        let origin = Origin::new(&TopicPartition::new("in", 0), Offset::new(7));
        Failure::new(FailureKind::Deserialization, "the batch is damaged").at(origin)
    };
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    assert_eq!(fixture.task().decide_unreadable(&mut failure()), Decision::Fail);
    let lenient = ErrorHandler::custom(|context| {
        let origin = context.failure.origin.as_ref().map(ToString::to_string);
        assert_eq!((origin.as_deref(), context.task), (Some("in-0 at offset 7"), Some(ID)));
        Decision::Continue
    });
    let mut fixture = Fixture::new(&pass_through(), settings(lenient), &["in", "out"]).running();
    assert_eq!(fixture.task().decide_unreadable(&mut failure()), Decision::Continue);
}
