//! Random histories of an engine over RocksDB beside the engine in memory: reads, pages, batches, flushes, reopenings.

#![allow(clippy::unwrap_used)]

use std::ops::Bound;

use millstream_rocksdb::{RocksDb, RocksDbConfig};
use millstream_state::{Batch, Direction, Engine, EngineSupplier, InMemoryEngine, StoreSpace};
use millstream_types::Offset;
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;

type Key = Vec<u8>;

#[derive(Clone, Debug)]
enum Write {
    Put(Key, Vec<u8>),
    Delete(Key),
    DeleteRange(Key, Key),
}

#[derive(Clone, Debug)]
enum Step {
    /// Writes, and the changelog records that they stand for, if any. Many of them cause a flush.
    Batch(Vec<Write>, Option<i64>),
    Get(Key),
    Page(Bound<Key>, Bound<Key>, Direction, usize),
    Clear,
    Reopen,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_engine_does_what_the_one_in_memory_does(steps in vec(step(), 0..60)) {
        let mut run = Run::open();
        for step in &steps {
            run.step(step);
        }
        run.step(&Step::Reopen);
    }
}

fn step() -> impl Strategy<Value = Step> {
    let direction = prop_oneof![Just(Direction::Forward), Just(Direction::Backward)];
    let limit = prop_oneof![Just(0), Just(1), Just(3), Just(usize::MAX)];
    prop_oneof![
        8 => (vec(write(), 0..6), proptest::option::of(prop_oneof![Just(1_i64), Just(100)]))
            .prop_map(|(writes, records)| Step::Batch(writes, records)),
        3 => key().prop_map(Step::Get),
        6 => (bound(), bound(), direction, limit)
            .prop_map(|(from, to, direction, limit)| Step::Page(from, to, direction, limit)),
        1 => Just(Step::Clear),
        1 => Just(Step::Reopen),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        6 => (key(), vec(any::<u8>(), 0..4)).prop_map(|(key, value)| Write::Put(key, value)),
        3 => key().prop_map(Write::Delete),
        1 => (key(), key()).prop_map(|(from, to)| Write::DeleteRange(from, to)),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Key>> {
    prop_oneof![Just(Bound::Unbounded), key().prop_map(Bound::Included), key().prop_map(Bound::Excluded)]
}

/// Few and short, so that steps meet; among them those that the layout's own keys could be taken for.
fn key() -> impl Strategy<Value = Key> {
    vec(prop_oneof![Just(0_u8), Just(1), Just(2), Just(u8::MAX)], 0..3)
}

struct Run {
    rocks: RocksDb,
    directory: TempDir,
    engine: Option<Box<dyn Engine>>,
    model: InMemoryEngine,
    offset: i64,
}

impl Run {
    fn open() -> Self {
        let rocks = RocksDb::new(RocksDbConfig { unflushed_records_max: 50, ..RocksDbConfig::default() });
        let directory = tempfile::tempdir().unwrap();
        let (engine, model, offset) = Default::default();
        let mut run = Self { rocks, directory, engine, model, offset };
        run.reopen();
        run
    }

    /// Closes the database first: it is open once at a time.
    fn reopen(&mut self) {
        self.engine = None;
        let mut opened = self.rocks.open(self.directory.path(), &[StoreSpace::new("store", "rows")]).unwrap();
        self.engine = opened.engines.pop();
    }

    fn step(&mut self, step: &Step) {
        let engine = self.engine.as_mut().unwrap();
        match step {
            Step::Batch(writes, records) => {
                let mut batch = Batch::new();
                writes.iter().for_each(|write| add(write, &mut batch));
                if let Some(records) = records {
                    self.offset += records;
                    batch.set_changelog_offset(Offset::new(self.offset));
                }
                engine.write(&batch).unwrap();
                self.model.write(&batch).unwrap();
            }
            Step::Get(key) => assert_eq!(engine.get(key).unwrap(), self.model.get(key).unwrap()),
            Step::Page(from, to, direction, limit) => {
                let (from, to) = (from.as_ref().map(Vec::as_slice), to.as_ref().map(Vec::as_slice));
                let page = engine.page(from, to, *direction, *limit).unwrap();
                assert_eq!(page, self.model.page(from, to, *direction, *limit).unwrap());
            }
            Step::Clear => {
                engine.clear().unwrap();
                self.model.clear().unwrap();
            }
            Step::Reopen => self.reopen(),
        }
        self.compare();
    }

    fn compare(&self) {
        let engine = self.engine.as_ref().unwrap();
        assert_eq!(engine.changelog_offset().unwrap(), self.model.changelog_offset().unwrap());
        let rows = engine.page(Bound::Unbounded, Bound::Unbounded, Direction::Forward, usize::MAX).unwrap();
        assert_eq!(rows, self.model.rows());
    }
}

fn add(write: &Write, batch: &mut Batch) {
    match write {
        Write::Put(key, value) => batch.put(key, value),
        Write::Delete(key) => batch.delete(key),
        Write::DeleteRange(from, to) => batch.delete_range(from, to),
    }
}
