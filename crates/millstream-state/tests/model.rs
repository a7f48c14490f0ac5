//! Random histories of a key-value store beside a sorted map: reads, logged and forwarded changes, and the contents after a
//! crash.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::{AnyStore, Direction, KeyRange, StoreIndex, StoreOptions};
use millstream_types::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use support::key_value::{Held, RECORDS_AHEAD_MAX, Subject, Write, key, write};
use support::{Key, flush_limit};

#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    Get(Key),
    Range(Option<Key>, Option<Key>, Direction),
    Prefix(Key, Direction),
    Flush(usize),
    Commit,
    /// A commit as tasks make it, which writes to the engine only if that is due.
    CommitIfDue,
    FailedCommit,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_does_what_a_sorted_map_does(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(400)), Just(Some(100_000))],
        caching in any::<bool>(),
        keep_old in any::<bool>(),
        steps in vec(step(), 0..120),
    ) {
        let options = StoreOptions::new("model", StoreIndex::new(0), "model-changelog");
        let subject = Subject::open(cache_bytes_max, StoreOptions { caching, keep_old, ..options });
        let mut run = Run { subject, flushed: BTreeMap::new(), order: Vec::new() };
        for (step, time) in steps.iter().zip(0_i64..) {
            run.step(step, time);
        }
        run.compare_all();
        run.crash();
        run.compare_all();
    }
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let end = || proptest::option::of(key());
    prop_oneof![
        13 => write().prop_map(Step::Write),
        2 => key().prop_map(Step::Get),
        1 => (end(), end(), direction.clone()).prop_map(|(from, to, direction)| Step::Range(from, to, direction)),
        1 => (key(), direction).prop_map(|(prefix, direction)| Step::Prefix(prefix, direction)),
        3 => flush_limit().prop_map(Step::Flush),
        1 => Just(Step::Commit),
        3 => Just(Step::CommitIfDue),
        1 => Just(Step::FailedCommit),
        1 => Just(Step::Crash),
    ]
}

struct Run {
    subject: Subject,
    /// The map as of the last flush.
    flushed: BTreeMap<Key, Held>,
    /// Updated keys, the latest at the end.
    order: Vec<Key>,
}

impl Run {
    fn step(&mut self, step: &Step, time: i64) {
        match step {
            Step::Write(write) => self.write(write, time),
            Step::Get(key) => self.subject.compare_key(key),
            Step::Range(from, to, direction) => {
                self.compare(&KeyRange::between(from.clone(), to.clone()), *direction);
            }
            Step::Prefix(prefix, direction) => self.compare(&KeyRange::prefix(prefix), *direction),
            Step::Flush(limit) => self.flush(*limit),
            Step::Commit => self.commit(),
            Step::CommitIfDue => self.commit_if_due(),
            Step::FailedCommit => self.failed_commit(),
            Step::Crash => self.crash(),
        }
    }

    /// Without caching the update is logged at once.
    fn write(&mut self, write: &Write, time: i64) {
        let (key, new) = self.subject.write(write, time);
        if self.subject.options.caching {
            self.order.retain(|other| other != key);
            self.order.push(key.clone());
        } else {
            let logged = self.subject.log.records.last().expect("an update without caching is logged at once");
            assert_eq!((&logged.key, decoded(logged.value.as_deref())), (key, new.map(|held| held.0)));
            assert_eq!(logged.timestamp, Timestamp::from_millis(time));
        }
    }

    fn flush(&mut self, limit: usize) {
        let Subject { store, log, model, options, .. } = &mut self.subject;
        let seen = log.records.len();
        let changes = store.take_dirty(log, limit).unwrap();
        let changes: Vec<_> = changes.into_iter().map(|change| (change.key, change.old, change.new)).collect();
        let mut expected: Vec<(Key, Option<i64>, Option<i64>)> = Vec::new();
        for key in self.order.drain(..limit.min(self.order.len())) {
            let new = model.get(&key).copied();
            let old = match new {
                Some(held) => self.flushed.insert(key.clone(), held),
                None => self.flushed.remove(&key),
            };
            if old.is_some() || new.is_some() {
                let old = old.filter(|_| options.keep_old);
                expected.push((key, old.map(|held| held.0), new.map(|held| held.0)));
            }
        }
        assert_eq!(changes, expected);
        assert_eq!(store.has_dirty(), !self.order.is_empty(), "a key without a change does not stay dirty, and counts");
        let logged = log.records[seen..].iter();
        let logged: Vec<_> = logged.map(|record| (record.key.clone(), decoded(record.value.as_deref()))).collect();
        let expected: Vec<_> = expected.into_iter().map(|(key, _, new)| (key, new)).collect();
        assert_eq!(logged, expected, "forwarded changes are logged, in the same order");
    }

    fn commit(&mut self) {
        self.flush(usize::MAX);
        let end = self.subject.log.end();
        self.subject.store.write_back(Some(end)).unwrap();
        self.compare_disk();
    }

    fn commit_if_due(&mut self) {
        self.flush(usize::MAX);
        let ahead = self.subject.records_ahead();
        if self.subject.store.is_write_back_due(ahead) {
            self.commit();
        } else if let Some(bytes_max) = self.subject.cache_bytes_max {
            let unwritten = self.subject.store.unwritten_bytes();
            assert!(ahead < RECORDS_AHEAD_MAX || unwritten == 0, "the cost of a crash is bounded");
            assert!(unwritten <= bytes_max, "{unwritten} bytes are unwritten");
        }
    }

    /// A commit whose write fails changes nothing, and succeeds when it is tried again.
    fn failed_commit(&mut self) {
        self.flush(usize::MAX);
        if self.subject.cache_bytes_max.is_some() {
            let (rows, end) = (self.subject.disk.rows(), self.subject.log.end());
            self.subject.disk.fail_next_write();
            assert!(self.subject.store.write_back(Some(end)).is_err());
            assert_eq!(self.subject.disk.rows(), rows);
            self.compare_all();
        }
        self.commit();
    }

    /// Loses the memory. The end of the changelog restores everything that was logged.
    fn crash(&mut self) {
        self.subject.reopen();
        let Subject { store, log, model, .. } = &mut self.subject;
        log.restore(store).unwrap();
        self.order.clear();
        model.clear();
        for record in &log.records {
            match decoded(record.value.as_deref()) {
                Some(value) => model.insert(record.key.clone(), (value, record.timestamp.as_millis())),
                None => model.remove(&record.key),
            };
        }
        self.flushed.clone_from(model);
        self.compare_disk();
    }

    /// After a commit or restore the engine has exactly the rows of the map, in its layout.
    fn compare_disk(&self) {
        if self.subject.cache_bytes_max.is_some() {
            let stored = |held: &Held| [held.1.to_be_bytes(), held.0.to_be_bytes()].concat();
            let expected: Vec<_> = self.subject.model.iter().map(|(key, held)| (key.clone(), stored(held))).collect();
            assert_eq!(self.subject.disk.rows(), expected);
        }
    }

    fn compare_all(&mut self) {
        self.compare(&KeyRange::all(), Direction::Forward);
        if self.subject.cache_bytes_max.is_none() {
            assert_eq!(self.subject.store.len(), self.subject.model.len());
        }
    }

    /// Compares a range, read at once and in pages of two.
    fn compare(&mut self, range: &KeyRange, direction: Direction) {
        let Subject { store, model, .. } = &mut self.subject;
        let within = model.iter().filter(|(key, _)| range.contains(key));
        let mut expected: Vec<(Key, Held)> = within.map(|(key, held)| (key.clone(), *held)).collect();
        if direction == Direction::Backward {
            expected.reverse();
        }
        let rows = store.rows(range, direction).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|row| (row.key, (row.value, row.timestamp.as_millis()))).collect();
        assert_eq!(rows, expected);
        let mut after: Option<Key> = None;
        for expected in expected.chunks(2) {
            let page = store.page(range, after.as_deref(), direction, 2).unwrap();
            assert_eq!(page.iter().map(|row| &row.key).collect::<Vec<_>>(), keys(expected));
            after = page.last().map(|row| row.engine_key.clone());
        }
    }
}

fn decoded(value: Option<&[u8]>) -> Option<i64> {
    value.map(|bytes| i64::from_be_bytes(bytes.try_into().expect("the store logs an i64 as eight bytes")))
}

fn keys(rows: &[(Key, Held)]) -> Vec<&Key> {
    rows.iter().map(|(key, _)| key).collect()
}
