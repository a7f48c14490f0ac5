//! Tests of restoring with the in-process log.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use millstream_log::{InProcessLog, Log, Signal};
use millstream_state::{Backing, Engine, InMemoryEngine, KeyValueStore, StoreOptions};
use millstream_types::{Codec, MonotonicTime, Offset, RecordBytes, Serde, SerdeError, Timestamp};
use proptest::prelude::*;

use super::*;

const TASK: TaskId = TaskId::new(0, 0);
const STORE: StoreIndex = StoreIndex::new(0);
const TIME: Timestamp = Timestamp::from_millis(1_000);
const NOW: MonotonicTime = MonotonicTime::after_start(Duration::from_secs(1));

type Counts = KeyValueStore<String, String>;

/// A changelog, a store, and a restorer.
struct Fixture {
    log: InProcessLog,
    changelog: TopicPartition,
    restorer: Restorer,
    store: Counts,
}

impl Fixture {
    fn new(backing: Backing) -> Self {
        let log = InProcessLog::new();
        log.create_topic("app-counts-changelog", 1).unwrap();
        let signal = Signal::new();
        let restorer = Restorer::new(log.fetcher("restore", &signal).unwrap(), log.admin("admin", &signal).unwrap());
        let options = StoreOptions::new("counts", STORE, "app-counts-changelog");
        let store = KeyValueStore::new(options, Serde::of_type(), Serde::of_type(), backing);
        let changelog = TopicPartition::new("app-counts-changelog", 0);
        Self { log, changelog, restorer, store }
    }

    fn on_engine(engine: &InMemoryEngine) -> Self {
        Self::new(Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1_000 })
    }

    fn append(&self, key: &str, value: Option<&str>) {
        let value = value.map(str::as_bytes);
        self.log.append(&self.changelog, &RecordBytes::new(TIME, Some(key.as_bytes()), value)).unwrap();
    }

    fn add(&mut self) {
        let changelogs = Changelogs::new([(STORE, self.changelog.clone())]);
        let store: &mut dyn AnyStore = &mut self.store;
        self.restorer.add(TASK, &changelogs, std::iter::once(store), Goal::Run, &Positions::default());
    }

    /// Runs one turn, with a clock that advances by a millisecond with each record.
    fn turn(&mut self, now: MonotonicTime, millis: u64) -> Result<Vec<RestoreEvent>, RestoreError> {
        self.restorer.poll(now);
        let end = now + Duration::from_millis(millis);
        let before = self.restorer.stores().map(|store| store.records).sum::<u64>();
        while let Some(due) = self.restorer.next_due() {
            assert_eq!(due, DueStore { task: TASK, store: STORE });
            let mut reads = 0;
            let mut clock = || {
                reads += 1;
                now + Duration::from_millis((1 << reads) - 1)
            };
            self.restorer.advance(due, &mut self.store, now, &mut TurnLimit::until(end, &mut clock));
        }
        let after = self.restorer.stores().map(|store| store.records).sum::<u64>();
        assert!(after.saturating_sub(before) <= 2 * millis + 1);
        let mut events = self.restorer.take_events();
        match events.pop() {
            Some(RestoreEvent::Failed(error)) => Err(error),
            last => Ok(events.into_iter().chain(last).collect()),
        }
    }

    fn poll(&mut self, millis: u64) {
        self.turn(NOW, millis).unwrap();
    }

    /// The error that ends the restore.
    fn error(&mut self) -> String {
        self.add();
        let error = (0..10).find_map(|_| self.turn(NOW, 10).err());
        error.expect("an error").to_string()
    }

    fn restore(&mut self) {
        self.add();
        for _ in 0..1_000 {
            self.poll(100);
            if !self.restorer.is_restoring(TASK) {
                return;
            }
        }
        panic!("restoring does not end");
    }

    fn rows(&mut self) -> Vec<(String, String)> {
        let rows = self.store.dump(None, usize::MAX).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        rows.into_iter().map(|row| (text(row.key), text(row.value))).collect()
    }
}

fn row(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn an_empty_changelog_is_restored_at_once() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.restore();
    assert!(fixture.restorer.is_idle());
}

#[test]
fn the_last_value_of_each_key_is_restored_and_deletes_count() {
    let mut fixture = Fixture::new(Backing::InMemory);
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", Some("2")), ("b", None), ("c", Some(""))] {
        fixture.append(key, value);
    }
    fixture.restore();
    assert_eq!(fixture.rows(), [row("a", "2"), row("c", "")]);
}

#[test]
fn records_after_the_end_at_the_beginning_are_not_applied() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.append("a", Some("1"));
    fixture.append("a", Some("2"));
    fixture.add();
    fixture.poll(1);
    fixture.append("a", Some("written by a fenced owner"));
    for _ in 0..10 {
        fixture.poll(1);
    }
    assert!(!fixture.restorer.is_restoring(TASK));
    assert_eq!(fixture.rows(), [row("a", "2")]);
}

#[test]
fn a_turn_restores_a_bounded_number_of_records() {
    let mut fixture = Fixture::new(Backing::InMemory);
    for number in 0..100 {
        fixture.append(&number.to_string(), Some("x"));
    }
    fixture.add();
    let mut restored = Vec::new();
    while fixture.restorer.is_restoring(TASK) {
        restored.extend(fixture.restorer.stores().map(|store| store.records));
        fixture.poll(14);
    }
    assert!(restored.windows(2).all(|pair| pair[1] - pair[0] <= 30), "{restored:?}");
    assert_eq!(fixture.store.len(), 100);
}

#[test]
fn an_engine_is_restored_from_its_offset() {
    let engine = InMemoryEngine::new();
    let mut fixture = Fixture::on_engine(&engine);
    fixture.append("a", Some("1"));
    fixture.restore();
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(1)));
    fixture.append("b", Some("2"));
    let records = restore_and_count(&mut fixture);
    assert_eq!(records, 1, "only the tail is read");
    assert_eq!(fixture.rows(), [row("a", "1"), row("b", "2")]);
}

/// Restores. Returns the number of restored records.
fn restore_and_count(fixture: &mut Fixture) -> u64 {
    fixture.add();
    let (mut started, mut ended) = (0, None);
    while fixture.restorer.is_restoring(TASK) {
        for event in fixture.turn(NOW, 10).unwrap() {
            match event {
                RestoreEvent::Started(_) => started += 1,
                RestoreEvent::Restored { store, .. } => ended = Some((store.records, store.position)),
                _ => {}
            }
        }
    }
    let (records, position) = ended.expect("an event of the end");
    assert_eq!((started, position), (1, fixture.log.offset_range(&fixture.changelog).unwrap().1));
    records
}

#[test]
fn a_store_with_an_offset_outside_of_its_changelog_is_restored_from_the_beginning() {
    let engine = InMemoryEngine::new();
    let mut fixture = Fixture::on_engine(&engine);
    for (key, value) in [("gone", "1"), ("a", "1")] {
        fixture.append(key, Some(value));
    }
    let mut batch = millstream_state::Batch::new();
    batch.put(b"gone", b"\0\0\0\0\0\0\0\x01old");
    batch.set_changelog_offset(Offset::new(99));
    engine.clone().write(&batch).unwrap();
    fixture.append("gone", None);
    fixture.restore();
    assert_eq!(fixture.rows(), [row("a", "1")]);
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(3)));
}

impl Fixture {
    /// Restores from the topic up to the committed offset. Returns the events.
    fn restore_from_source(&mut self, committed: Option<i64>) -> Vec<RestoreEvent> {
        self.restorer.add_from_source(
            TASK,
            &self.store,
            &self.changelog,
            committed.map(Offset::new),
            Goal::Run,
            &Positions::default(),
        );
        let mut events = Vec::new();
        while self.restorer.is_restoring(TASK) {
            events.extend(self.turn(NOW, 100).unwrap());
        }
        events
    }
}

fn four_rows(backing: Backing) -> Fixture {
    let fixture = Fixture::new(backing);
    ["a", "b", "c", "d"].into_iter().for_each(|key| fixture.append(key, Some("1")));
    fixture
}

#[test]
fn from_the_topic_of_a_table_nothing_is_restored_beyond_the_committed_offset() {
    let mut fixture = four_rows(Backing::InMemory);
    fixture.restore_from_source(Some(2));
    assert_eq!(fixture.rows(), [row("a", "1"), row("b", "1")]);
    let mut fixture = four_rows(Backing::InMemory);
    fixture.restore_from_source(Some(99));
    assert_eq!(fixture.store.len(), 4, "nor beyond the end");
    let mut fixture = four_rows(Backing::InMemory);
    fixture.restore_from_source(None);
    assert_eq!(fixture.rows(), [], "and nothing where none is committed");
}

#[test]
fn from_the_topic_of_a_table_nothing_is_restored_whose_records_are_deleted() {
    let mut fixture = four_rows(Backing::InMemory);
    let admin = &mut fixture.log.admin("test", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(fixture.changelog.clone(), Offset::new(3))]));
    fixture.restore_from_source(Some(2));
    assert_eq!(fixture.rows(), []);
}

#[test]
fn an_engine_behind_the_committed_offset_reads_on_and_one_beyond_it_begins_anew() {
    let engine = InMemoryEngine::new();
    let mut fixture = four_rows(Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1_000 });
    fixture.restore_from_source(Some(2));
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(2)));
    let events = fixture.restore_from_source(Some(3));
    assert!(!events.iter().any(|event| matches!(event, RestoreEvent::Emptied { .. })), "{events:?}");
    assert_eq!(fixture.store.len(), 3);

    let events = fixture.restore_from_source(Some(1));
    let emptied =
        |event: &RestoreEvent| matches!(event, RestoreEvent::Emptied { stood_at, .. } if stood_at.number() == 3);
    assert!(events.iter().any(emptied), "{events:?}");
    assert_eq!(fixture.rows(), [row("a", "1")]);
    assert_eq!(engine.changelog_offset().unwrap(), Some(Offset::new(1)));
}

#[test]
fn a_record_that_cannot_be_restored_fails_its_task_only() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let not_utf8 = [0xff];
    fixture.log.append(&fixture.changelog, &RecordBytes::new(TIME, Some(&not_utf8), Some(b"1"))).unwrap();
    let text = fixture.error();
    assert!(text.contains("task 0_0") && text.contains("counts") && text.contains("app-counts-changelog-0"), "{text}");
    assert!(fixture.restorer.is_idle());
}

#[test]
fn a_missing_changelog_is_an_error_and_a_removed_task_has_no_events() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.changelog = TopicPartition::new("nowhere", 0);
    assert!(fixture.error().contains("nowhere"));
    fixture.add();
    fixture.restorer.remove(TASK);
    assert!(fixture.restorer.is_idle());
}

/// An administration client that counts requests and lets them fail.
#[derive(Clone, Default)]
struct Unavailable {
    asked: Arc<AtomicU64>,
    responded: u64,
}

impl Unavailable {
    fn requested(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Administration for Unavailable {
    fn request(&mut self, _request: AdminRequest) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        if self.responded == self.requested() {
            return;
        }
        self.responded = self.requested();
        let range = Err(LogError::Unavailable { reason: "the leader has changed".to_owned() });
        let ranges = vec![(TopicPartition::new("app-counts-changelog", 0), range)];
        events.push(LogEvent::AdminDone { token: self.responded, result: Ok(AdminResponse::OffsetRanges(ranges)) });
    }
}

#[test]
fn a_failed_request_is_retried_after_a_backoff() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let unavailable = Unavailable::default();
    fixture.restorer.admin = Box::new(unavailable.clone());
    fixture.add();
    let mut poll_at = |millis| {
        let now = MonotonicTime::after_start(Duration::from_millis(millis));
        fixture.turn(now, 10).unwrap();
    };
    (0..100).for_each(|_| poll_at(1_000));
    assert_eq!(unavailable.requested(), 1);
    (1_000..2_000).for_each(poll_at);
    assert_eq!(unavailable.requested(), 10, "ten times a second");
}

/// An administration client with delayed responses.
struct Slow {
    inner: Box<dyn Administration>,
    is_open: Arc<AtomicBool>,
}

impl Administration for Slow {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.inner.request(request)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        if self.is_open.load(Ordering::Relaxed) {
            self.inner.poll(now, events);
        }
    }
}

/// A task was assigned elsewhere before the end of its changelog was known, and returned after the other member had written
/// to it. The response to the first request was used for the second one, so that the store was empty.
#[test]
fn a_response_from_before_the_task_was_removed_is_not_used() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let inner = fixture.log.admin("slow", &Signal::new()).unwrap();
    let is_open = Arc::new(AtomicBool::new(false));
    fixture.restorer.admin = Box::new(Slow { inner, is_open: Arc::clone(&is_open) });
    fixture.add();
    fixture.poll(10);
    fixture.restorer.remove(TASK);
    fixture.append("a", Some("written elsewhere"));
    is_open.store(true, Ordering::Relaxed);
    fixture.restore();
    assert_eq!(fixture.rows(), [row("a", "written elsewhere")]);
}

/// A codec whose values take 20 ms each to decode, by the clock of the test.
struct Slow20(Arc<AtomicU64>);

impl Codec<String> for Slow20 {
    fn encode(&self, topic: &str, value: &String, out: &mut Vec<u8>) -> Result<(), SerdeError> {
        Serde::of_type().encode(topic, value, out)
    }

    fn decode(&self, topic: &str, bytes: &[u8]) -> Result<String, SerdeError> {
        self.0.fetch_add(20, Ordering::Relaxed);
        Serde::of_type().decode(topic, bytes)
    }
}

/// A turn had a number of records, however long they took, and delayed heartbeats and commits of the thread.
#[test]
fn a_turn_with_slow_records_ends_in_time() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let millis = Arc::new(AtomicU64::new(0));
    let options = StoreOptions::new("counts", STORE, "app-counts-changelog");
    let values = Serde::new(Slow20(Arc::clone(&millis)));
    fixture.store = KeyValueStore::new(options, Serde::of_type(), values, Backing::InMemory);
    (0..100).for_each(|number| fixture.append(&number.to_string(), Some("x")));
    fixture.add();
    let mut clock = || MonotonicTime::after_start(Duration::from_millis(millis.load(Ordering::Relaxed)));
    while fixture.restorer.is_restoring(TASK) {
        let now = clock();
        fixture.restorer.poll(now);
        while let Some(due) = fixture.restorer.next_due() {
            let mut limit = TurnLimit::until(now + Duration::from_millis(50), &mut clock);
            fixture.restorer.advance(due, &mut fixture.store, now, &mut limit);
        }
        assert!(clock() - now <= Duration::from_millis(150), "{:?}", clock() - now);
    }
    assert_eq!(fixture.store.len(), 100);
}

impl Fixture {
    fn add_from(&mut self, goal: Goal, positions: &Positions) {
        let changelogs = Changelogs::new([(STORE, self.changelog.clone())]);
        let store: &mut dyn AnyStore = &mut self.store;
        self.restorer.add(TASK, &changelogs, std::iter::once(store), goal, positions);
    }

    /// Ten turns. Returns their events.
    fn turns(&mut self) -> Vec<RestoreEvent> {
        (0..10).flat_map(|_| self.turn(NOW, 100).unwrap()).collect()
    }

    fn release(&mut self) -> Positions {
        self.write_back();
        self.restorer.release(TASK)
    }

    fn write_back(&mut self) {
        let store: &mut dyn AnyStore = &mut self.store;
        self.restorer.write_back(TASK, std::iter::once(store)).unwrap();
    }
}

/// The number of events that standbys have caught up, and the records of stores that are restored.
fn ends(events: &[RestoreEvent]) -> (usize, Vec<u64>) {
    let caught_up = events.iter().filter(|event| matches!(event, RestoreEvent::CaughtUp(_))).count();
    let restored = events.iter().filter_map(|event| match event {
        RestoreEvent::Restored { store, .. } => Some(store.records),
        _ => None,
    });
    (caught_up, restored.collect())
}

#[test]
fn a_standby_catches_up_follows_and_is_promoted_without_reading_again() {
    for on_engine in [false, true] {
        let engine = InMemoryEngine::new();
        let mut fixture = if on_engine { Fixture::on_engine(&engine) } else { Fixture::new(Backing::InMemory) };
        fixture.append("a", Some("1"));
        fixture.add_from(Goal::StandBy, &Positions::default());
        assert_eq!(ends(&fixture.turns()), (1, vec![]));
        assert!(!fixture.restorer.is_restoring(TASK) && !fixture.restorer.is_idle());
        fixture.append("b", Some("2"));
        assert_eq!(ends(&fixture.turns()), (0, vec![]), "it has caught up before");
        assert_eq!(fixture.restorer.stores().map(RestoringStore::lag).collect::<Vec<_>>(), [0]);

        fixture.append("a", None);
        let positions = fixture.release();
        assert_eq!(positions.get(STORE), Some(Offset::new(2)));
        assert_eq!(fixture.rows(), [row("a", "1"), row("b", "2")]);
        fixture.add_from(Goal::Run, &positions);
        assert!(fixture.restorer.is_restoring(TASK));
        assert_eq!(ends(&fixture.turns()), (0, vec![1]), "only the new record is read");
        assert!(fixture.restorer.is_idle());
        assert_eq!(fixture.rows(), [row("b", "2")]);
    }
}

/// At the tail of its changelog a standby is at the end after each record: a batch for each would cost a write each.
#[test]
fn a_standby_writes_to_its_engine_when_it_is_told_to() {
    let engine = InMemoryEngine::new();
    let mut fixture = Fixture::on_engine(&engine);
    fixture.add_from(Goal::StandBy, &Positions::default());
    for number in 0..20 {
        fixture.append(&number.to_string(), Some("x"));
        fixture.turns();
    }
    assert_eq!((engine.changelog_offset().unwrap(), engine.rows().len()), (None, 0));
    fixture.write_back();
    assert_eq!((engine.changelog_offset().unwrap(), engine.rows().len()), (Some(Offset::new(20)), 20));
    fixture.restorer.remove(TASK);
    fixture.append("20", Some("x"));
    fixture.add_from(Goal::StandBy, &Positions::default());
    fixture.turns();
    assert_eq!(fixture.restorer.stores().map(|store| store.records).sum::<u64>(), 1, "a restart goes on from there");
}

#[test]
fn a_standby_whose_changelog_loses_its_position_begins_anew() {
    let mut fixture = Fixture::new(Backing::InMemory);
    ["a", "b"].into_iter().for_each(|key| fixture.append(key, Some("1")));
    fixture.add_from(Goal::StandBy, &Positions::default());
    fixture.turns();
    let positions = fixture.release();
    fixture.append("a", None);
    fixture.append("c", Some("1"));
    let admin = &mut fixture.log.admin("test", &Signal::new()).unwrap();
    admin.request(AdminRequest::DeleteRecords(vec![(fixture.changelog.clone(), Offset::new(3))]));
    fixture.add_from(Goal::StandBy, &positions);
    let events = fixture.turns();
    assert!(events.iter().any(|event| matches!(event, RestoreEvent::Emptied { .. })), "{events:?}");
    assert_eq!(fixture.rows(), [row("c", "1")], "what was deleted meanwhile is not kept");
}

#[test]
fn a_standby_of_a_topic_of_a_table_follows_the_committed_offset() {
    let mut fixture = four_rows(Backing::InMemory);
    let source = fixture.changelog.clone();
    let none = Positions::default();
    fixture.restorer.add_from_source(TASK, &fixture.store, &source, None, Goal::StandBy, &none);
    fixture.turns();
    assert_eq!(fixture.store.len(), 0, "nothing is committed");
    for (committed, rows) in [(1, 1), (1, 1), (3, 3), (2, 3), (9, 4)] {
        fixture.restorer.committed(&source, Offset::new(committed));
        fixture.turns();
        assert_eq!(fixture.store.len(), rows, "up to {committed}");
        assert!(fixture.restorer.next_due().is_none(), "and does not spin");
    }
    fixture.append("e", Some("1"));
    fixture.turns();
    assert_eq!(fixture.store.len(), 5, "offset 9 is committed");
}

/// As in Kafka Streams: what is to run comes first.
#[test]
fn a_standby_waits_while_a_task_that_will_run_is_restored() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.append("a", Some("1"));
    fixture.add_from(Goal::StandBy, &Positions::default());
    fixture.log.create_topic("app-other-changelog", 1).unwrap();
    let (active, other) = (TaskId::new(1, 0), TopicPartition::new("app-other-changelog", 0));
    fixture.log.append(&other, &RecordBytes::new(TIME, Some(b"k"), Some(b"v"))).unwrap();
    let options = StoreOptions::new("other", StoreIndex::new(1), "app-other-changelog");
    let mut store = Counts::new(options, Serde::of_type(), Serde::of_type(), Backing::InMemory);
    let changelogs = Changelogs::new([(StoreIndex::new(1), other)]);
    let stores = std::iter::once(&mut store as &mut dyn AnyStore);
    fixture.restorer.add(active, &changelogs, stores, Goal::Run, &Positions::default());
    while fixture.restorer.is_restoring(active) {
        fixture.restorer.poll(NOW);
        while let Some(due) = fixture.restorer.next_due() {
            assert_eq!(due.task, active);
            fixture.restorer.advance(due, &mut store, NOW, &mut TurnLimit::none());
        }
    }
    fixture.restorer.take_events();
    fixture.turns();
    assert_eq!(fixture.rows(), [row("a", "1")]);
}

#[test]
fn an_outage_is_an_event() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.append("a", Some("1"));
    fixture.add();
    let reason = || "no broker".to_owned();
    fixture.restorer.handle(LogEvent::Unavailable(reason()), NOW);
    let error = LogError::Unavailable { reason: reason() };
    fixture.restorer.handle(LogEvent::FetchFailed { partition: fixture.changelog.clone(), error }, NOW);
    let reasons = fixture.restorer.take_events().into_iter().map(|event| match event {
        RestoreEvent::LogUnavailable(reason) => reason,
        other => panic!("{other:?}"),
    });
    let reasons: Vec<String> = reasons.collect();
    assert!(reasons.len() == 2 && reasons.iter().all(|found| found.contains("no broker")), "{reasons:?}");
    while fixture.restorer.is_restoring(TASK) {
        fixture.poll(100);
    }
    assert_eq!(fixture.rows(), [row("a", "1")], "restoring continues by itself");
}

#[test]
fn a_final_error_of_a_client_ends_all_restores() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.add();
    fixture.restorer.handle(LogEvent::Fatal(LogError::Fenced { identity: "restore".to_owned() }), NOW);
    assert!(fixture.restorer.is_idle());
    assert!(matches!(fixture.restorer.take_events()[..], [RestoreEvent::Failed(_)]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Compares random restores with a map: with various records, turns, and offsets of the engine.
    #[test]
    fn restoring_is_exact(
        before in logged(), after in logged(), piece in 1_u64..20, on_engine in any::<bool>(),
    ) {
        let engine = InMemoryEngine::new();
        let mut fixture = if on_engine { Fixture::on_engine(&engine) } else { Fixture::new(Backing::InMemory) };
        let mut model = BTreeMap::new();
        for part in [before, after] {
            for (key, value) in part {
                fixture.append(&key, value.as_deref());
                match value {
                    Some(value) => drop(model.insert(key, value)),
                    None => drop(model.remove(&key)),
                }
            }
            fixture.add();
            while fixture.restorer.is_restoring(TASK) {
                fixture.poll(piece);
            }
        }
        prop_assert_eq!(fixture.rows(), model.into_iter().collect::<Vec<_>>());
    }
}

fn logged() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    prop::collection::vec(("[a-e]", prop::option::of("[a-z]{0,3}")), 0..40)
}
