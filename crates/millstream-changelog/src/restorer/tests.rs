//! Tests of restoring, on the in-process log.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use millstream_log::{InProcessLog, Log, Signal};
use millstream_state::{Backing, Engine, InMemoryEngine, KeyValueStore, StoreOptions};
use millstream_types::{Headers, MonotonicTime, Serde, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::NoListener;

const TASK: TaskId = TaskId::new(0, 0);
const STORE: StoreIndex = StoreIndex::new(0);
const TIME: Timestamp = Timestamp::from_millis(1_000);
const NOW: MonotonicTime = MonotonicTime::after_start(Duration::from_secs(1));

type Counts = KeyValueStore<String, String>;

struct One(Option<Counts>);

impl Stores for One {
    fn store(&mut self, task: TaskId, store: StoreIndex) -> Option<&mut dyn AnyStore> {
        assert_eq!((task, store), (TASK, STORE));
        self.0.as_mut().map(|store| store as &mut dyn AnyStore)
    }
}

/// A changelog, its store's engine, and a restorer for both.
struct Fixture {
    log: InProcessLog,
    changelog: TopicPartition,
    restorer: Restorer,
    stores: One,
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
        Self { log, changelog, restorer, stores: One(Some(store)) }
    }

    fn on_engine(engine: &InMemoryEngine) -> Self {
        Self::new(Backing::Engine { engine: Box::new(engine.clone()), cache_bytes_max: 1_000 })
    }

    fn append(&self, key: &str, value: Option<&str>) {
        let value = value.map(str::as_bytes);
        self.log.append(&self.changelog, TIME, Some(key.as_bytes()), value, &Headers::new()).unwrap();
    }

    fn add(&mut self) {
        let changelogs = Changelogs::new([(STORE, self.changelog.clone())]);
        let store = self.stores.0.as_mut().map(|store| store as &mut dyn AnyStore);
        self.restorer.add(TASK, &changelogs, store.into_iter());
    }

    fn poll(&mut self, records_max: usize) {
        self.restorer.poll(NOW, records_max, &mut self.stores, &mut NoListener).unwrap();
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
        let rows = self.stores.0.as_mut().unwrap().dump(None, usize::MAX).unwrap();
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
fn the_last_value_of_each_key_comes_back_and_deletes_count() {
    let mut fixture = Fixture::new(Backing::InMemory);
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", Some("2")), ("b", None), ("c", Some(""))] {
        fixture.append(key, value);
    }
    fixture.restore();
    assert_eq!(fixture.rows(), [row("a", "2"), row("c", "")]);
}

#[test]
fn records_behind_the_end_at_the_beginning_are_not_applied() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.append("a", Some("1"));
    fixture.append("a", Some("2"));
    fixture.add();
    fixture.poll(1);
    fixture.append("a", Some("written by a zombie"));
    for _ in 0..10 {
        fixture.poll(1);
    }
    assert!(!fixture.restorer.is_restoring(TASK));
    assert_eq!(fixture.rows(), [row("a", "2")]);
}

#[test]
fn a_poll_restores_a_bounded_number_of_records() {
    let mut fixture = Fixture::new(Backing::InMemory);
    for number in 0..100 {
        fixture.append(&number.to_string(), Some("x"));
    }
    fixture.add();
    let mut restored = Vec::new();
    while fixture.restorer.is_restoring(TASK) {
        restored.extend(fixture.restorer.stores().map(|store| store.records));
        fixture.poll(30);
    }
    assert!(restored.windows(2).all(|pair| pair[1] - pair[0] <= 30), "{restored:?}");
    assert_eq!(fixture.stores.0.as_ref().unwrap().len(), 100);
}

#[test]
fn an_engine_is_restored_from_the_offset_it_carries() {
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

/// Restores and says how many records that took.
fn restore_and_count(fixture: &mut Fixture) -> u64 {
    #[derive(Default)]
    struct Counting {
        started: usize,
        ended: Option<(u64, Offset)>,
    }
    impl RestoreListener for Counting {
        fn started(&mut self, _store: &RestoringStore) {
            self.started += 1;
        }
        fn ended(&mut self, store: &RestoringStore, _took: Duration) {
            self.ended = Some((store.records, store.position));
        }
    }
    fixture.add();
    let mut listener = Counting::default();
    while fixture.restorer.is_restoring(TASK) {
        fixture.restorer.poll(NOW, 10, &mut fixture.stores, &mut listener).unwrap();
    }
    let (records, position) = listener.ended.expect("the end is told");
    assert_eq!((listener.started, position), (1, fixture.log.offset_range(&fixture.changelog).unwrap().1));
    records
}

#[test]
fn a_store_that_is_no_longer_within_its_changelog_is_restored_from_the_beginning() {
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

#[test]
fn a_record_that_cannot_be_restored_fails_its_task_only() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let not_utf8 = [0xff];
    fixture.log.append(&fixture.changelog, TIME, Some(&not_utf8), Some(b"1"), &Headers::new()).unwrap();
    fixture.add();
    let error = (0..10).find_map(|_| fixture.restorer.poll(NOW, 10, &mut fixture.stores, &mut NoListener).err());
    let text = error.expect("an error").to_string();
    assert!(text.contains("task 0_0") && text.contains("counts") && text.contains("app-counts-changelog-0"), "{text}");
    assert!(fixture.restorer.is_idle());
}

#[test]
fn a_missing_changelog_is_an_error_and_a_removed_task_is_forgotten() {
    let mut fixture = Fixture::new(Backing::InMemory);
    fixture.changelog = TopicPartition::new("nowhere", 0);
    fixture.add();
    let error = (0..10).find_map(|_| fixture.restorer.poll(NOW, 10, &mut fixture.stores, &mut NoListener).err());
    assert!(error.expect("an error").to_string().contains("nowhere"));
    fixture.add();
    fixture.restorer.remove(TASK);
    assert!(fixture.restorer.is_idle());
}

/// An administrator who knows nothing for now, and counts how often he is asked.
#[derive(Clone, Default)]
struct Puzzled {
    asked: Arc<AtomicU64>,
    answered: u64,
}

impl Puzzled {
    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Administration for Puzzled {
    fn request(&mut self, _request: AdminRequest) -> u64 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn poll(&mut self, _now: MonotonicTime, events: &mut Vec<LogEvent>) {
        if self.answered == self.asked() {
            return;
        }
        self.answered = self.asked();
        let range = Err(LogError::Unavailable { reason: "the leader has changed".to_owned() });
        let ranges = vec![(TopicPartition::new("app-counts-changelog", 0), range)];
        events.push(LogEvent::AdminDone { token: self.answered, result: Ok(AdminResponse::OffsetRanges(ranges)) });
    }
}

#[test]
fn a_log_that_cannot_tell_is_asked_again_and_not_pestered() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let puzzled = Puzzled::default();
    fixture.restorer.admin = Box::new(puzzled.clone());
    fixture.add();
    let mut poll_at = |millis| {
        let now = MonotonicTime::after_start(Duration::from_millis(millis));
        fixture.restorer.poll(now, 10, &mut fixture.stores, &mut NoListener).unwrap();
    };
    (0..100).for_each(|_| poll_at(1_000));
    assert_eq!(puzzled.asked(), 1);
    (1_000..2_000).for_each(poll_at);
    assert_eq!(puzzled.asked(), 10, "ten times a second");
}

/// An administrator whose answers come when they are let through.
struct Slow {
    inner: Box<dyn Administration>,
    lets_through: Arc<AtomicBool>,
}

impl Administration for Slow {
    fn request(&mut self, request: AdminRequest) -> u64 {
        self.inner.request(request)
    }

    fn poll(&mut self, now: MonotonicTime, events: &mut Vec<LogEvent>) {
        if self.lets_through.load(Ordering::Relaxed) {
            self.inner.poll(now, events);
        }
    }
}

/// A task went to another member before its changelog's end was told, and came back after that member had written to it.
/// The answer to the first question was taken for the second's: the store began with what it held then, nothing.
#[test]
fn an_answer_from_before_the_task_was_away_is_not_taken() {
    let mut fixture = Fixture::new(Backing::InMemory);
    let inner = fixture.log.admin("slow", &Signal::new()).unwrap();
    let lets_through = Arc::new(AtomicBool::new(false));
    fixture.restorer.admin = Box::new(Slow { inner, lets_through: Arc::clone(&lets_through) });
    fixture.add();
    fixture.poll(10);
    fixture.restorer.remove(TASK);
    fixture.append("a", Some("written elsewhere"));
    lets_through.store(true, Ordering::Relaxed);
    fixture.restore();
    assert_eq!(fixture.rows(), [row("a", "written elsewhere")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was logged, in whatever pieces it is restored and from wherever the engine stands: a map is the judge.
    #[test]
    fn restoring_is_exact(
        before in logged(), after in logged(), piece in 1_usize..20, on_engine in any::<bool>(),
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
