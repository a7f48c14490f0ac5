//! Tests of tasks that a thread loses: what they have not sent must be discarded.

#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use millstream_core::{Materialized, PartitionCounts, StreamsBuilder};
use millstream_log::{ChunkBuilder, GroupConfig, InProcessLog, Log, Signal};
use millstream_observe::{Clock, ManualClock};
use millstream_task::{Handlers, Participant, Retentions};
use millstream_types::{MonotonicTime, RecordBytes, Timestamp};

use super::*;
use crate::StreamsConfig;

const NOW: Now = Now { wall: Timestamp::from_millis(0), monotonic: MonotonicTime::START };
const FIRST: TaskId = TaskId::new(0, 0);
const SECOND: TaskId = TaskId::new(0, 1);

/// A sink inside the process that notes whose work it has dropped.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<TaskId>>>);

impl Participant for Sink {
    fn begin_flush(&mut self) {}

    fn is_flushed(&self) -> bool {
        true
    }

    fn abort(&mut self, task: TaskId) {
        self.0.lock().unwrap().push(task);
    }
}

/// Two tasks that count in memory and run, with a sink beside the log.
struct Fixture {
    owned: OwnedTasks,
    sink: Sink,
}

impl Fixture {
    fn new() -> Self {
        let (log, signal) = (InProcessLog::new(), Signal::new());
        ["in", "out", "app-counts-changelog"].into_iter().for_each(|topic| log.create_topic(topic, 2).unwrap());
        let shared = shared(log.clone(), &signal);
        let group = GroupConfig::new("app", "app-1", shared.config.session_timeout);
        let clients = Clients {
            consumer: log.consumer(&group, &signal).unwrap(),
            assignor: None,
            outbox: Outbox::new(log.producer("app-1", &signal).unwrap(), Handlers::default()),
            restorer: Restorer::new(log.fetcher("r", &signal).unwrap(), log.admin("a", &signal).unwrap()),
        };
        let events = shared.events.clone();
        let mut owned = OwnedTasks::new(&shared, plan(&shared), events, clients, 1 << 20);
        let sink = Sink::default();
        owned.participants.others.push(Box::new(sink.clone()));
        owned.assign(vec![FIRST, SECOND], NOW).unwrap();
        while !owned.are_all_running() {
            owned.restore(RestorePace::Full, &mut Outage::default(), NOW).unwrap();
            owned.participants.outbox.poll(NOW).unwrap();
        }
        Self { owned, sink }
    }

    /// Has a task process a record.
    fn process(&mut self, id: TaskId) {
        let mut builder = ChunkBuilder::new();
        builder.push(Offset::new(0), &RecordBytes::new(NOW.wall, Some(b"k"), Some(b"v")));
        let partition = TopicPartition::new("in", id.partition.number());
        self.owned.tasks.add_chunk(builder.finish(partition, Offset::new(1), Offset::new(1)));
        let mut membership = MembershipCheck::new(self.owned.shared.config.session_timeout, NOW.monotonic);
        assert!(self.owned.process(&mut membership, NOW).unwrap());
        assert!(self.owned.tasks.get(id).unwrap().needs_commit());
    }

    /// The tasks whose work the sink has dropped.
    fn aborted(&self) -> Vec<TaskId> {
        self.sink.0.lock().unwrap().clone()
    }
}

fn shared(log: InProcessLog, signal: &Signal) -> Arc<Shared> {
    let builder = StreamsBuilder::new();
    let stream = builder.stream::<String, String>("in");
    stream.group_by_key().count(Materialized::named("counts")).to_stream().to("out");
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::starting_at(NOW.wall));
    let topology = builder.build().unwrap();
    Arc::new(Shared::for_test(StreamsConfig::new("app"), topology, log, clock, signal.clone(), None))
}

fn plan(shared: &Shared) -> Arc<WorkPlan> {
    let counts = PartitionCounts::resolve(shared.topology.subtopologies(), |_| Some(2)).unwrap();
    Arc::new(WorkPlan::new(shared.process_id, &shared.config, shared.topology.clone(), counts, Retentions::new([])))
}

/// Only the outbox heard of a lost task: a sink beside it would have shown readers what the next owner writes again.
#[test]
fn every_participant_drops_the_work_of_a_lost_task_and_of_no_other() {
    let mut fixture = Fixture::new();
    fixture.process(FIRST);
    fixture.process(SECOND);
    fixture.owned.close_lost(vec![FIRST]);
    assert_eq!(fixture.aborted(), [FIRST]);
    assert!(fixture.owned.tasks.contains(SECOND));
}

#[test]
fn of_revoked_tasks_only_those_that_are_not_committed_are_aborted() {
    let mut fixture = Fixture::new();
    fixture.process(SECOND);
    fixture.owned.close_revoked(vec![FIRST, SECOND]);
    assert_eq!(fixture.aborted(), [SECOND]);
}

#[test]
fn a_thread_that_may_have_lost_its_membership_aborts_all_tasks() {
    let mut fixture = Fixture::new();
    fixture.process(FIRST);
    fixture.owned.drop_work();
    assert_eq!(fixture.aborted(), [FIRST, SECOND]);
}
