//! Commits of one task, phase by phase, and what its engine has afterwards.

use millstream_log::{CommittedOffset, InProcessLog};
use millstream_state::{Engine, InMemoryEngine};
use millstream_types::{Offset, Timestamp, TopicPartition};

use super::fixture::{COUNT_TOPICS, Fixture, count, pass_through, settings};
use crate::{ErrorHandler, TaskSettings, Work, encode_partition_time};

/// Over an engine that is written to with every commit.
fn counting(engine: &InMemoryEngine, log: InProcessLog) -> Fixture {
    counting_behind(0, engine, log)
}

/// Over an engine that may be so many records behind.
fn counting_behind(records: u64, engine: &InMemoryEngine, log: InProcessLog) -> Fixture {
    engine.set_unwritten_records_max(records);
    Fixture::on(log, engine, &count(), TaskSettings::new("app"), &COUNT_TOPICS).running()
}

/// The same after a first commit; that is always written, so that the engine has an offset.
fn committed_once(records: u64, engine: &InMemoryEngine, log: InProcessLog) -> Fixture {
    let mut fixture = counting_behind(records, engine, log);
    fixture.feed("in", 0, &[("first", 0)]);
    fixture.step().unwrap();
    fixture.commit();
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (1, Some(at(1))));
    fixture
}

fn at(offset: usize) -> Offset {
    Offset::new(i64::try_from(offset).unwrap())
}

/// Rule 3.
#[test]
fn offsets_are_committed_once_with_the_partitions_time() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    assert!(!fixture.task().needs_commit());
    fixture.feed("in", 7, &[("a", 100), ("b", 50)]);
    fixture.step().unwrap();
    assert!(fixture.task().needs_commit());
    fixture.prepare_commit();
    let time = encode_partition_time(Timestamp::from_millis(100));
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 9, time)]);
    fixture.finish_commit().unwrap();
    assert!(!fixture.task().needs_commit());
    fixture.prepare_commit();
    assert_eq!(fixture.offsets(), []);
}

/// Rule 8.
#[test]
fn a_record_that_arrives_during_a_commit_is_not_covered_by_it() {
    let mut fixture = Fixture::new(&pass_through(), settings(ErrorHandler::Fail), &["in", "out"]).running();
    fixture.feed("in", 0, &[("a", 100)]);
    fixture.step().unwrap();
    fixture.prepare_commit();
    fixture.feed("in", 1, &[("b", 900)]);
    assert_eq!(fixture.step().unwrap().records, 1, "without an engine to write to it goes on");
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 1, encode_partition_time(Timestamp::from_millis(100)))]);
    fixture.finish_commit().unwrap();
    assert!(fixture.task().needs_commit());
}

#[test]
fn updates_are_logged_before_offsets_and_written_back_after() {
    let engine = InMemoryEngine::new();
    let mut fixture = counting(&engine, InProcessLog::new());
    fixture.feed("in", 0, &[("a", 1), ("a", 2), ("b", 3)]);
    fixture.step().unwrap();
    assert!(fixture.log.records("app-counts-changelog").unwrap().is_empty(), "the cache holds them back");
    fixture.prepare_commit();
    assert_eq!(fixture.keys_in("app-counts-changelog"), ["a", "b"]);
    assert!(engine.rows().is_empty(), "nothing is on disk before the offsets are committed");
    assert!(fixture.task().uncommitted_bytes() > 0);
    fixture.feed("in", 3, &[("c", 4)]);
    assert!(fixture.step().unwrap().is_idle(), "what is about to be written back holds still");
    fixture.finish_commit().unwrap();
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (2, Some(Offset::new(2))));
    assert_eq!(fixture.step().unwrap().records, 1);
}

#[test]
fn commits_leave_rows_in_the_cache_and_a_crash_restores_them() {
    let (engine, log) = (InMemoryEngine::new(), InProcessLog::new());
    let mut fixture = committed_once(100, &engine, log.clone());
    for offset in [1, 3, 5] {
        fixture.feed("in", offset, &[("a", offset)]);
        fixture.step().unwrap();
        fixture.prepare_commit();
        fixture.task().abandon_commit();
        fixture.feed("in", offset + 1, &[("b", offset)]);
        assert_eq!(fixture.step().unwrap().records, 1);
        fixture.commit();
        assert_eq!(fixture.task().uncommitted_bytes(), 0);
    }
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (1, Some(at(1))));
    let logged = fixture.log.records("app-counts-changelog").unwrap().len();
    drop(fixture); // a crash
    let mut next = counting_behind(100, &engine, log);
    assert_eq!((next.count_of("a"), next.count_of("b")), (Some(3), Some(3)));
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (3, Some(at(logged))));
}

#[test]
fn a_commit_writes_what_earlier_ones_have_left_with_the_offset_it_reaches() {
    let engine = InMemoryEngine::new();
    let mut fixture = committed_once(3, &engine, InProcessLog::new());
    for (key, number) in ["a", "b", "c"].into_iter().zip(1..) {
        assert_eq!(engine.rows().len(), 1, "before {key}");
        fixture.feed("in", number, &[(key, number)]);
        fixture.step().unwrap();
        fixture.commit();
    }
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (4, Some(at(4))));
}

#[test]
fn before_a_close_everything_committed_is_written_and_nothing_else() {
    let engine = InMemoryEngine::new();
    let mut fixture = committed_once(100, &engine, InProcessLog::new());
    fixture.feed("in", 1, &[("a", 1)]);
    fixture.step().unwrap();
    fixture.finish_stores();
    assert_eq!(engine.rows().len(), 1, "it is not committed");
    fixture.prepare_commit();
    fixture.finish_stores();
    assert_eq!(engine.rows().len(), 1, "it is still not committed");
    fixture.finish_commit().unwrap();
    assert_eq!(engine.rows().len(), 1, "it is not due");
    fixture.task().suspend();
    fixture.finish_stores();
    assert_eq!((engine.rows().len(), engine.changelog_offset().unwrap()), (2, Some(at(2))));
    fixture.task().close(Work::Committed);
    fixture.finish_stores();
}

#[test]
fn a_commit_that_fails_half_way_is_repeated_with_everything() {
    let engine = InMemoryEngine::new();
    let mut fixture = counting(&engine, InProcessLog::new());
    fixture.feed("in", 0, &[("a", 1)]);
    fixture.step().unwrap();
    fixture.prepare_commit();
    let offsets = fixture.offsets();
    fixture.task().abandon_commit();
    assert!(fixture.task().needs_commit() && engine.rows().is_empty());
    fixture.prepare_commit();
    assert_eq!(fixture.offsets(), offsets);
    engine.fail_next_write();
    assert!(fixture.finish_commit().is_err());
    assert!(engine.rows().is_empty());
}

#[test]
fn a_new_owner_restores_what_the_old_one_logged_and_resumes_its_time() {
    let (engine, log) = (InMemoryEngine::new(), InProcessLog::new());
    let mut first = counting(&engine, log.clone());
    first.feed("in", 0, &[("a", 1), ("a", 2)]);
    first.step().unwrap();
    first.commit();
    first.feed("in", 2, &[("a", 3)]);
    first.step().unwrap();
    first.prepare_commit();
    drop(first); // logged, but neither its offset nor its disk

    for disk in [engine, InMemoryEngine::new()] {
        let mut second = counting(&disk, log.clone());
        assert_eq!(second.count_of("a"), Some(3));
        let metadata = encode_partition_time(Timestamp::from_millis(2));
        let committed = CommittedOffset { offset: Offset::new(2), metadata };
        second.task().resume_from(&TopicPartition::new("in", 0), &committed);
        assert_eq!(second.task().partition_time(&TopicPartition::new("in", 0)), Timestamp::from_millis(2));
        assert!(!second.task().needs_commit());
    }
}
