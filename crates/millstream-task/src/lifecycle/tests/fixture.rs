//! One task with everything around it, and topologies for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use millstream_changelog::{RestoreEvent, Restorer, TurnLimit};
use millstream_core::{Materialized, PartitionCounts, StreamsBuilder, Topology};
use millstream_log::{ChunkBuilder, CommittedOffset, InProcessLog, Log, Signal};
use millstream_observe::ManualClock;
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_state::{Backing, InMemoryEngine, KeyValueStore};
use millstream_types::{MonotonicTime, Now, Offset, RecordBytes, TaskId, Timestamp, TopicPartition};

use crate::{
    CommitBarrier, CoveredInput, ErrorHandler, Handlers, Outbox, Participant, Prepared, Step, Task, TaskError,
    TaskSettings, TaskState, emit_restore_event, restore_stores,
};

pub(super) const TIME: Timestamp = Timestamp::from_millis(5_000);
pub(super) const NOW: Now = Now { wall: TIME, monotonic: MonotonicTime::START };
pub(super) const ID: TaskId = TaskId::new(0, 0);

/// One task with everything around it.
pub(super) struct Fixture {
    pub(super) log: InProcessLog,
    pub(super) outbox: Outbox,
    pub(super) restorer: Restorer,
    pub(super) events: EventSink,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    /// What the commit under way covers.
    pub(super) covered: Vec<CoveredInput>,
}

impl Fixture {
    pub(super) fn new(topology: &Topology, settings: TaskSettings, topics: &[&str]) -> Self {
        Self::on(InProcessLog::new(), &InMemoryEngine::new(), topology, settings, topics)
    }

    /// A task on a log and an engine that may have been used before.
    pub(super) fn on(
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
            covered: Vec::new(),
            events,
            log,
        }
    }

    pub(super) fn running(mut self) -> Self {
        for _ in 0..20 {
            let task = self.tasks.get_mut(&ID).unwrap();
            if task.advance(NOW, &mut self.outbox, &mut self.restorer).unwrap() == TaskState::Running {
                return self;
            }
            let limit = &mut TurnLimit::none();
            for event in restore_stores(&mut self.restorer, &mut self.tasks, &mut BTreeMap::new(), NOW.monotonic, limit)
            {
                assert!(!matches!(event, RestoreEvent::Failed(_)), "{event:?}");
                emit_restore_event(&self.events, &event);
            }
        }
        panic!("the task does not start");
    }

    pub(super) fn task(&mut self) -> &mut Task {
        self.tasks.get_mut(&ID).unwrap()
    }

    /// Brings records, each a key and a time, whose offsets begin at `start`.
    pub(super) fn feed(&mut self, topic: &str, start: i64, records: &[(&str, i64)]) {
        let mut builder = ChunkBuilder::new();
        for (offset, (key, timestamp)) in (start..).zip(records) {
            let (offset, timestamp) = (Offset::new(offset), Timestamp::from_millis(*timestamp));
            builder.push(offset, &RecordBytes::new(timestamp, Some(key.as_bytes()), Some(b"v")));
        }
        self.feed_chunk(topic, builder, start + i64::try_from(records.len()).unwrap());
    }

    pub(super) fn feed_chunk(&mut self, topic: &str, builder: ChunkBuilder, next: i64) {
        let chunk = builder.finish(TopicPartition::new(topic, 0), Offset::new(next), Offset::new(next));
        self.task().add_chunk(chunk);
    }

    pub(super) fn step(&mut self) -> Result<Step, TaskError> {
        self.tasks.get_mut(&ID).unwrap().step(NOW, usize::MAX, &mut self.outbox)
    }

    pub(super) fn prepare_commit(&mut self) {
        self.covered.clear();
        let (task, limit) = (self.tasks.get_mut(&ID).unwrap(), &mut TurnLimit::none());
        let prepared = task.prepare_commit(NOW, &mut self.outbox, CommitBarrier::PerTask, limit, &mut self.covered);
        assert_ne!(prepared.unwrap(), Prepared::InPart, "there is no limit");
        self.outbox.begin_flush();
        while !self.outbox.is_flushed() {
            self.outbox.poll(NOW).unwrap();
        }
    }

    pub(super) fn offsets(&mut self) -> Vec<(String, i64, String)> {
        let row = |(partition, committed): (TopicPartition, CommittedOffset)| {
            (partition.to_string(), committed.offset.number(), committed.metadata)
        };
        self.tasks[&ID].offsets_to_commit(&self.covered).map(row).collect()
    }

    pub(super) fn finish_commit(&mut self) -> Result<(), TaskError> {
        self.tasks.get_mut(&ID).unwrap().finish_commit(&self.covered, &self.outbox)
    }

    pub(super) fn finish_stores(&mut self) {
        self.tasks.get_mut(&ID).unwrap().finish_stores(&self.outbox).unwrap();
    }

    pub(super) fn commit(&mut self) {
        self.prepare_commit();
        self.finish_commit().unwrap();
    }

    /// The keys of all records of a topic.
    pub(super) fn keys_in(&self, topic: &str) -> Vec<String> {
        let records = self.log.records(topic).unwrap();
        records.into_iter().map(|record| String::from_utf8(record.key.unwrap()).unwrap()).collect()
    }

    pub(super) fn count_of(&mut self, key: &str) -> Option<i64> {
        let store = self.task().stores_mut().next().unwrap().downcast_mut::<KeyValueStore<String, i64>>().unwrap();
        store.get(&key.to_owned()).unwrap().map(|held| held.value)
    }
}

/// Settings with this handler for records that cannot be read.
pub(super) fn settings(deserialization: ErrorHandler) -> TaskSettings {
    TaskSettings { handlers: Handlers { deserialization, ..Handlers::default() }, ..TaskSettings::new("app") }
}

pub(super) fn pass_through() -> Topology {
    let builder = StreamsBuilder::new();
    builder.stream::<String, String>("in").to("out");
    builder.build().unwrap()
}

pub(super) fn merged() -> Topology {
    let builder = StreamsBuilder::new();
    let (left, right) = (builder.stream::<String, String>("left"), builder.stream::<String, String>("right"));
    left.merge(&right).to("out");
    builder.build().unwrap()
}

pub(super) fn count() -> Topology {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    stream.group_by_key().count(Materialized::named("counts")).to_stream().to("out");
    builder.build().unwrap()
}

pub(super) const COUNT_TOPICS: [&str; 3] = ["in", "out", "app-counts-changelog"];
