//! Random histories of a window store beside a sorted map: reads as time passes, refused writes, logged and forwarded
//! changes, and the contents after a crash.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::{AnyStore, Direction, RecordContext, StoreIndex, StoreOptions, WindowRange, WindowStore};
use millstream_types::Offset;
use proptest::collection::vec;
use proptest::prelude::*;
use support::windows::{Subject, Window, Write, at, key, start, window, write};
use support::{Key, flush_limit};

const HALF_SEGMENTS: i64 = 8;

#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    Get(Key, i64),
    Fetch(Key, i64, i64),
    FetchAll(i64, i64, Direction),
    Flush(usize),
    Commit,
    /// A commit as tasks make it, which writes to the engine only if that is due.
    CommitIfDue,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_window_store_does_what_a_sorted_map_does(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(400)), Just(Some(4_000)), Just(Some(100_000))],
        caching in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
        let subject = Subject::open(cache_bytes_max, StoreOptions { caching, keep_old: true, ..options });
        let mut run = Run { subject, expired: 0, flushed: BTreeMap::new(), order: Vec::new() };
        for (step, number) in steps.iter().zip(0_i64..) {
            run.step(step, &RecordContext::at(number));
        }
        run.commit();
        run.compare(i64::MIN, i64::MAX, Direction::Forward);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let start = || start(HALF_SEGMENTS);
    prop_oneof![
        13 => write(HALF_SEGMENTS).prop_map(Step::Write),
        2 => (key(), start()).prop_map(|(key, start)| Step::Get(key, start)),
        2 => (key(), start(), start()).prop_map(|(key, from, to)| Step::Fetch(key, from, to)),
        1 => (start(), start(), direction).prop_map(|(from, to, direction)| Step::FetchAll(from, to, direction)),
        3 => flush_limit().prop_map(Step::Flush),
        1 => Just(Step::Commit),
        2 => Just(Step::CommitIfDue),
        1 => Just(Step::Crash),
    ]
}

struct Run {
    subject: Subject,
    /// How many writes were refused.
    expired: u64,
    /// The map as of the last flush.
    flushed: BTreeMap<Window, i64>,
    /// Updated windows, the latest at the end.
    order: Vec<Window>,
}

impl Run {
    fn step(&mut self, step: &Step, context: &RecordContext) {
        match step {
            Step::Write(write) => self.write(write, context),
            Step::Get(key, start) => self.subject.compare_window(key, *start),
            Step::Fetch(key, from, to) => self.compare_fetch(key, *from, *to),
            Step::FetchAll(from, to, direction) => self.compare(*from, *to, *direction),
            Step::Flush(limit) => self.flush(*limit),
            Step::Commit => self.commit(),
            Step::CommitIfDue => self.commit_if_due(),
            Step::Crash => self.crash(context),
        }
    }

    /// Closed segments are removed, except windows that are dirty.
    fn write(&mut self, write: &Write, context: &RecordContext) {
        let (window, outcome) = self.subject.write(write, context, |window| self.order.contains(window));
        self.drop_closed();
        if outcome.is_expired() {
            self.expired += 1;
        } else if self.subject.store.is_caching() {
            self.order.retain(|other| *other != window);
            self.order.push(window);
        }
        let Subject { store, model, .. } = &self.subject;
        assert_eq!((store.expired(), store.observed_stream_time()), (self.expired, at(model.now)));
    }

    fn drop_closed(&mut self) {
        let (closed, order) = (self.subject.model.clone(), &self.order);
        let keep = |window: &Window| !closed.is_closed(window) || order.contains(window);
        self.subject.model.rows.retain(|window, _| keep(window));
        self.flushed.retain(|window, _| keep(window));
    }

    fn flush(&mut self, limit: usize) {
        let flushed = self.subject.store.take_dirty(&mut self.subject.log, limit).unwrap();
        let changes: Vec<_> = flushed
            .into_iter()
            .map(|change| (window(&change.key, change.start.as_millis()), change.old, change.new))
            .collect();
        let mut expected = Vec::new();
        for window in self.order.drain(..limit.min(self.order.len())) {
            let new = self.subject.model.rows.get(&window).copied();
            let old = match new {
                Some(value) => self.flushed.insert(window.clone(), value),
                None => self.flushed.remove(&window),
            };
            if old.is_some() || new.is_some() {
                expected.push((window, old, new));
            }
        }
        assert_eq!(changes, expected);
        self.drop_closed();
        let Subject { store, model, cache_bytes_max, .. } = &self.subject;
        if cache_bytes_max.is_none() && self.order.is_empty() {
            assert_eq!(store.len(), model.rows.len(), "closed segments are removed from memory");
        }
    }

    fn commit(&mut self) {
        self.flush(usize::MAX);
        let Subject { store, log, disk, model, cache_bytes_max, .. } = &mut self.subject;
        store.write_back(Some(log.end())).unwrap();
        if cache_bytes_max.is_some() {
            assert_eq!(disk.rows().len(), model.rows.len(), "closed segments are removed from the disk");
        }
    }

    fn commit_if_due(&mut self) {
        self.flush(usize::MAX);
        let Subject { store, log, .. } = &self.subject;
        let written_to = store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        let ahead = log.end().number() - written_to.number();
        if store.is_write_back_due(u64::try_from(ahead).unwrap()) {
            self.commit();
        }
    }

    /// Loses the memory, restores, and writes a record of the newest window.
    fn crash(&mut self, context: &RecordContext) {
        self.subject.reopen();
        let Subject { store, log, model, .. } = &mut self.subject;
        log.restore(store).unwrap();
        self.order.clear();
        model.rows.clear();
        self.expired = 0;
        for record in &log.records {
            let (key, suffix) = record.key.split_at(record.key.len() - 12);
            let window = window(key, i64::from_be_bytes(suffix[..8].try_into().unwrap()));
            model.set(window, record.value.as_ref().map(|value| i64::from_be_bytes(value[..].try_into().unwrap())));
        }
        self.flushed.clone_from(&model.rows);
        let newest = Write::Put(b"newest".to_vec(), model.now.max(0), 1);
        self.write(&newest, context);
    }

    /// The visible rows in the order of the store: in memory by start, with an engine by segment, key and start.
    fn rows(&self, from: i64, to: i64) -> Vec<(Key, i64, i64)> {
        let mut rows = self.subject.model.visible(from, to);
        if self.subject.cache_bytes_max.is_none() {
            rows.sort_by_key(|(key, start, _)| (*start, key.clone()));
        }
        rows
    }

    fn compare_fetch(&mut self, key: &Key, from: i64, to: i64) {
        let rows = self.subject.store.fetch(key, at(from), at(to)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.start.as_millis(), row.value)).collect();
        let expected = self.rows(from, to).into_iter().filter(|row| row.0 == *key);
        assert_eq!(rows, expected.map(|(_, start, value)| (start, value)).collect::<Vec<_>>());
    }

    fn compare(&mut self, from: i64, to: i64, direction: Direction) {
        let mut expected = self.rows(from, to);
        if direction == Direction::Backward {
            expected.reverse();
        }
        let range = WindowRange::starting(from, to);
        let mut cursor = WindowStore::cursor(range.clone(), direction);
        let mut rows = Vec::new();
        while let Some(row) = cursor.next(&mut self.subject.store).unwrap() {
            rows.push((row.key, row.start.as_millis(), row.value));
        }
        assert_eq!(rows, expected);
        let first = self.subject.store.page(&range, None, direction, 1).unwrap();
        assert_eq!(first.first().map(|row| &row.key), expected.first().map(|row| &row.0));
    }
}
