//! Random histories of window stores with an undo log: after a rollback windows that expired since the last commit are
//! restored, and stream time is as it was.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use millstream_state::conformance::RecordedChangelog;
use millstream_state::{
    AnyStore, InMemoryEngine, RecordContext, StoreIndex, StoreOptions, ValueAndTimestamp, WindowStore, WriteOutcome,
};
use millstream_types::Offset;
use proptest::collection::vec;
use proptest::prelude::*;
use support::windows::{Model, RETENTION_MS, Subject, Write, at, key, open_store, start, write};
use support::{Key, WriteBack, flush_limit};

const HALF_SEGMENTS: i64 = 12;

#[derive(Clone, Debug)]
enum Step {
    Write(Write),
    Get(Key, i64),
    ReadAll,
    Flush(usize),
    Commit(WriteBack),
    RollBack,
    Crash,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rollback_brings_expired_windows_back(
        cache_bytes_max in prop_oneof![Just(None), Just(Some(0)), Just(Some(400)), Just(Some(100_000))],
        caching in any::<bool>(),
        steps in vec(step(), 0..100),
    ) {
        let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
        let mut subject = Subject::open(cache_bytes_max, StoreOptions { caching, ..options });
        subject.store.keep_undo_log(1 << 20).unwrap();
        let mut run = Run { committed: subject.model.clone(), subject, committed_records: 0 };
        for (step, number) in steps.iter().zip(0_i64..) {
            run.step(step, &RecordContext::at(number));
        }
        run.roll_back();
        run.commit(WriteBack::Always);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let write_back = prop_oneof![Just(WriteBack::Delayed), Just(WriteBack::IfDue), Just(WriteBack::Always)];
    prop_oneof![
        13 => write(HALF_SEGMENTS).prop_map(Step::Write),
        2 => (key(), start(HALF_SEGMENTS)).prop_map(|(key, start)| Step::Get(key, start)),
        1 => Just(Step::ReadAll),
        3 => flush_limit().prop_map(Step::Flush),
        4 => write_back.prop_map(Step::Commit),
        3 => Just(Step::RollBack),
        1 => Just(Step::Crash),
    ]
}

struct Run {
    subject: Subject,
    committed: Model,
    /// How many records of the changelog are committed.
    committed_records: usize,
}

impl Run {
    fn step(&mut self, step: &Step, context: &RecordContext) {
        match step {
            Step::Write(write) => self.write(write, context),
            Step::Get(key, start) => self.subject.compare_window(key, *start),
            Step::ReadAll => self.compare(),
            Step::Flush(limit) => drop(self.subject.store.take_dirty(&mut self.subject.log, *limit).unwrap()),
            Step::Commit(write_back) => self.commit(*write_back),
            Step::RollBack => self.roll_back(),
            Step::Crash => self.crash(context),
        }
    }

    fn write(&mut self, write: &Write, context: &RecordContext) {
        _ = self.subject.write(write, context, |_| false);
    }

    fn commit(&mut self, write_back: WriteBack) {
        let Subject { store, log, model, disk, cache_bytes_max, .. } = &mut self.subject;
        store.take_dirty(log, usize::MAX).unwrap();
        store.committed().unwrap();
        self.committed.clone_from(model);
        self.committed_records = log.records.len();
        let written_to = store.changelog_offset().unwrap().unwrap_or(Offset::ZERO);
        let ahead = u64::try_from(log.end().number() - written_to.number()).unwrap();
        let is_due = match write_back {
            WriteBack::Delayed => false,
            WriteBack::IfDue => store.is_write_back_due(ahead),
            WriteBack::Always => true,
        };
        if is_due {
            store.write_back(Some(log.end())).unwrap();
            if cache_bytes_max.is_some() {
                assert_eq!(disk.rows().len(), model.rows.len(), "closed segments are removed from the disk");
            }
        }
    }

    fn roll_back(&mut self) {
        let disk = self.subject.disk.rows();
        self.subject.store.roll_back();
        self.abort();
        let Subject { store, disk: present, model, .. } = &self.subject;
        assert_eq!((store.has_dirty(), store.undo_bytes(), present.rows()), (false, 0, disk));
        assert_eq!(store.observed_stream_time(), at(model.now));
        self.compare();
        if self.subject.cache_bytes_max.is_none() {
            assert_eq!(self.subject.store.len(), self.subject.model.rows.len());
        }
    }

    /// Loses the memory, restores, and writes a record of the newest window.
    fn crash(&mut self, context: &RecordContext) {
        self.abort();
        self.subject.reopen();
        self.subject.store.keep_undo_log(1 << 20).unwrap();
        self.subject.log.restore(&mut self.subject.store).unwrap();
        let now = self.subject.model.now.max(0);
        self.write(&Write::Put(b"newest".to_vec(), now, 1), context);
        self.commit(WriteBack::Delayed);
        self.compare();
    }

    /// Removes what is logged and not committed, as aborting a transaction does.
    fn abort(&mut self) {
        self.subject.log.records.truncate(self.committed_records);
        self.subject.model.clone_from(&self.committed);
    }

    fn compare(&mut self) {
        let Subject { store, model, .. } = &mut self.subject;
        let rows = store.all().unwrap();
        let rows: BTreeMap<(Key, i64), i64> =
            rows.into_iter().map(|row| ((row.key, row.start.as_millis()), row.value)).collect();
        let expected = model.visible(i64::MIN, i64::MAX).into_iter();
        assert_eq!(rows, expected.map(|(key, start, value)| ((key, start), value)).collect());
        for ((key, start), value) in &rows {
            assert_eq!(store.get(key, at(*start)).unwrap().map(|held| held.value), Some(*value));
            let fetched = store.fetch(key, at(*start), at(*start)).unwrap();
            assert_eq!(fetched.into_iter().map(|row| row.value).collect::<Vec<_>>(), [*value]);
        }
    }
}

/// A segment that expires is moved into the log, and counts there.
#[test]
fn expired_windows_count_towards_the_bound() {
    let options = StoreOptions::new("undo", StoreIndex::new(0), "undo-changelog");
    let mut store = open_store(None, &options, &InMemoryEngine::new());
    store.keep_undo_log(1 << 20).unwrap();
    let mut log = RecordedChangelog::default();
    let mut put = |store: &mut WindowStore<Key, i64>, number: i64, start: i64| {
        let held = Some(ValueAndTimestamp::new(1, 0));
        let key = number.to_be_bytes().to_vec();
        assert_eq!(store.put(&key, at(start), held, &RecordContext::at(0), &mut log).unwrap(), WriteOutcome::Accepted);
    };
    (0..1_000).for_each(|number| put(&mut store, number, number));
    store.keep_undo_log(10_000).unwrap();
    put(&mut store, 0, 10 * RETENTION_MS);
    assert_eq!(store.len(), 1);
    assert!(store.is_commit_due());
    assert_eq!(store.roll_back(), 1_001);
    assert_eq!((store.len(), store.changelog_offset().unwrap()), (1_000, None::<Offset>));
}
