//! Tests of whole tasks, on the in-process log.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use millstream_core::chain::Decision;
use millstream_core::{Materialized, PartitionCounts, StreamsBuilder, Topology};
use millstream_log::{ChunkBuilder, InProcessLog, Log, Signal};
use millstream_state::{Backing, Engine, InMemoryEngine, KeyValueStore};
use millstream_types::{MonotonicTime, Now, Offset, Origin, RecordBytes, Timestamp};

use super::*;
use crate::{
    CommitBarrier, ErrorHandler, Handlers, Participant, Prepared, Step, TaskCommit, TaskSettings, emit_restore_event,
    encode_partition_time, restore_stores,
};
use millstream_changelog::{RestoreEvent, TurnLimit};
use millstream_observe::ManualClock;
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::MetricsRegistry;

const TIME: Timestamp = Timestamp::from_millis(5_000);
const NOW: Now = Now { wall: TIME, monotonic: MonotonicTime::START };
const ID: TaskId = TaskId::new(0, 0);

/// One task with everything around it.
struct Fixture {
    log: InProcessLog,
    outbox: Outbox,
    restorer: Restorer,
    events: EventSink,
    tasks: std::collections::BTreeMap<TaskId, Task>,
    /// The commit under way.
    commit: Option<TaskCommit>,
}

impl Fixture {
    fn new(topology: &Topology, settings: TaskSettings, topics: &[&str]) -> Self {
        Self::on(InProcessLog::new(), &InMemoryEngine::new(), topology, settings, topics)
    }

    /// A task on a log and an engine that may have been used before.
    fn on(
        log: InProcessLog,
        engine: &InMemoryEngine,
        topology: &Topology,
        settings: TaskSettings,
        topics: &[&str],
    ) -> Self {
        let signal = Signal::new();
        for topic in topics {
            // A log that was used before has them already.
            let _ = log.create_topic(*topic, 1);
        }
        let clock = Arc::new(ManualClock::starting_at(TIME));
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let events = EventSink::to_writer("app", &silent, clock, std::io::sink());
        let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(1)).unwrap();
        let mut backing = |_: &millstream_core::StoreInfo| Backing::Engine {
            engine: Box::new(engine.clone()),
            cache_bytes_max: 1_000,
        };
        let metrics = MetricsRegistry::new("app");
        let task = Task::build(topology, ID, &counts, &settings, &mut backing, &events, &metrics).unwrap();
        Self {
            outbox: Outbox::new(log.producer("out", &signal).unwrap(), settings.handlers.clone()),
            restorer: Restorer::new(log.fetcher("r", &signal).unwrap(), log.admin("a", &signal).unwrap()),
            tasks: [(ID, task)].into(),
            commit: None,
            events,
            log,
        }
    }

    fn running(mut self) -> Self {
        for _ in 0..20 {
            let task = self.tasks.get_mut(&ID).unwrap();
            if task.advance(NOW, &mut self.outbox, &mut self.restorer).unwrap() == TaskState::Running {
                return self;
            }
            let limit = &mut TurnLimit::none();
            for event in restore_stores(&mut self.restorer, &mut self.tasks, NOW.monotonic, limit) {
                assert!(!matches!(event, RestoreEvent::Failed(_)), "{event:?}");
                emit_restore_event(&self.events, &event);
            }
        }
        panic!("the task does not start");
    }

    fn task(&mut self) -> &mut Task {
        self.tasks.get_mut(&ID).unwrap()
    }

    /// Brings records, each a key and a time, whose offsets begin at `start`.
    fn feed(&mut self, topic: &str, start: i64, records: &[(&str, i64)]) {
        let mut builder = ChunkBuilder::new();
        for (offset, (key, timestamp)) in (start..).zip(records) {
            let (offset, timestamp) = (Offset::new(offset), Timestamp::from_millis(*timestamp));
            builder.push(offset, &RecordBytes::new(timestamp, Some(key.as_bytes()), Some(b"v")));
        }
        self.feed_chunk(topic, builder, start + i64::try_from(records.len()).unwrap());
    }

    fn feed_chunk(&mut self, topic: &str, builder: ChunkBuilder, next: i64) {
        let chunk = builder.finish(TopicPartition::new(topic, 0), Offset::new(next), Offset::new(next));
        self.task().add_chunk(chunk);
    }

    fn step(&mut self) -> Result<Step, TaskError> {
        self.tasks.get_mut(&ID).unwrap().step(NOW, usize::MAX, &mut self.outbox)
    }

    fn prepare_commit(&mut self) {
        let task = self.tasks.get_mut(&ID).unwrap();
        let prepared = task.prepare_commit(NOW, &mut self.outbox, CommitBarrier::PerTask, &mut TurnLimit::none());
        self.commit = match prepared.unwrap() {
            Prepared::Ready(commit) => Some(commit),
            Prepared::NotRunning => None,
            Prepared::InPart => panic!("there is no limit"),
        };
        self.outbox.begin_flush();
        while !self.outbox.is_flushed() {
            self.outbox.poll(NOW).unwrap();
        }
    }

    fn offsets(&mut self) -> Vec<(String, i64, String)> {
        let mut offsets = Vec::new();
        self.tasks[&ID].offsets_to_commit(self.commit.as_ref().unwrap(), &mut offsets);
        let row = |(partition, committed): (TopicPartition, CommittedOffset)| {
            (partition.to_string(), committed.offset.number(), committed.metadata)
        };
        offsets.into_iter().map(row).collect()
    }

    fn finish_commit(&mut self) -> Result<(), TaskError> {
        self.tasks.get_mut(&ID).unwrap().finish_commit(self.commit.as_ref().unwrap(), &self.outbox)
    }

    fn finish_stores(&mut self) {
        self.tasks.get_mut(&ID).unwrap().finish_stores(&self.outbox).unwrap();
    }

    fn commit(&mut self) {
        self.prepare_commit();
        self.finish_commit().unwrap();
    }

    /// The keys of all records of a topic.
    fn keys_in(&self, topic: &str) -> Vec<String> {
        let records = self.log.records(topic).unwrap();
        records.into_iter().map(|record| String::from_utf8(record.key.unwrap()).unwrap()).collect()
    }

    fn count_of(&mut self, key: &str) -> Option<i64> {
        let store = self.task().stores_mut().next().unwrap().downcast_mut::<KeyValueStore<String, i64>>().unwrap();
        store.get(&key.to_owned()).unwrap().map(|held| held.value)
    }
}

/// Settings with this handler for records that cannot be read.
fn settings(deserialization: ErrorHandler) -> TaskSettings {
    TaskSettings { handlers: Handlers { deserialization, ..Handlers::default() }, ..TaskSettings::new("app") }
}

fn pass_through() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    builder.build().unwrap()
}

fn merged() -> Topology {
    let builder = StreamsBuilder::new();
    let (left, right) = (builder.stream::<String, String>("left"), builder.stream::<String, String>("right"));
    left.merge(&right).to("out");
    builder.build().unwrap()
}

fn count() -> Topology {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    stream.group_by_key().count(Materialized::named("counts")).to_stream().to("out");
    builder.build().unwrap()
}

const COUNT_TOPICS: [&str; 3] = ["in", "out", "app-counts-changelog"];

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
    assert_eq!(dropped.of(millstream_observe::events::SkipReason::Deserialization), 2);
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
    assert_eq!(dropped.of(millstream_observe::events::SkipReason::Deserialization), 1);
    assert_eq!(dropped.of(millstream_observe::events::SkipReason::NullKey), 1);
    fixture.commit();
    let store = fixture.task().store_mut(millstream_state::StoreIndex::new(0)).unwrap();
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
    assert_eq!(fixture.step().unwrap().records, 1, "the first is parked");
    assert!(fixture.step().unwrap().is_idle());
    faults.accept_appends();
    fixture.outbox.poll(NOW).unwrap();
    assert_eq!(fixture.step().unwrap().records, 1);
    fixture.commit();
    assert_eq!(fixture.keys_in("out"), ["a", "b"]);
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
