//! Tests of commits: two tasks on the in-process log, and the barrier between them.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millstream_changelog::{Restorer, TurnLimit};
use millstream_core::{Materialized, PartitionCounts, StreamsBuilder};
use millstream_log::{ChunkBuilder, InProcessLog, Log, Signal};
use millstream_observe::ManualClock;
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_state::Backing;
use millstream_types::{MonotonicTime, Offset, RecordBytes, Timestamp};

use super::*;
use crate::{Task, TaskSettings, restore_stores};

const NOW: Now = Now { wall: Timestamp::from_millis(0), monotonic: MonotonicTime::START };
const FIRST: TaskId = TaskId::new(0, 0);
const SECOND: TaskId = TaskId::new(0, 1);

/// Two tasks that count in memory, and their commits.
struct Fixture {
    log: InProcessLog,
    tasks: Tasks,
    outbox: Outbox,
    committer: Committer,
    participants: Vec<Box<dyn Participant>>,
    /// The offset of the next record of each partition.
    next: [i64; 2],
}

impl Fixture {
    fn new(barrier: CommitBarrier) -> Self {
        let (log, signal) = (InProcessLog::new(), Signal::new());
        ["in", "out", "app-counts-changelog"].into_iter().for_each(|topic| log.create_topic(topic, 2).unwrap());
        let builder = StreamsBuilder::new();
        let stream = builder.stream::<String, String>("in");
        stream.group_by_key().count(Materialized::named("counts")).to_stream().to("out");
        let topology = builder.build().unwrap();
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let clock = Arc::new(ManualClock::starting_at(NOW.wall));
        let events = EventSink::to_writer("app", &silent, clock, std::io::sink());
        let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(2)).unwrap();
        let (settings, metrics) = (TaskSettings::new("app"), MetricsRegistry::new("app"));
        let mut outbox = Outbox::new(log.producer("out", &signal).unwrap(), settings.handlers.clone());
        let mut restorer = Restorer::new(log.fetcher("r", &signal).unwrap(), log.admin("a", &signal).unwrap());
        let mut tasks = Tasks::default();
        for id in [FIRST, SECOND] {
            let mut in_memory = |_: &millstream_core::StoreInfo| Backing::InMemory;
            tasks.insert(Task::build(&topology, id, &counts, &settings, &mut in_memory, &events, &metrics).unwrap());
        }
        while !tasks.are_all_running() {
            for task in tasks.iter_mut() {
                task.advance(NOW, &mut outbox, &mut restorer).unwrap();
            }
            restore_stores(&mut restorer, tasks.by_id_mut(), NOW.monotonic, &mut TurnLimit::none());
        }
        let committer = Committer::new(barrier);
        Self { log, tasks, outbox, committer, participants: Vec::new(), next: [0, 0] }
    }

    /// Brings each task a record; how many records the tasks process then.
    fn process(&mut self) -> [usize; 2] {
        [FIRST, SECOND].map(|id| {
            let partition = id.partition.index();
            let mut builder = ChunkBuilder::new();
            let offset = Offset::new(self.next[partition]);
            builder.push(offset, &RecordBytes::new(NOW.wall, Some(b"k"), Some(b"v")));
            self.next[partition] += 1;
            let end = offset.next();
            self.tasks.add_chunk(builder.finish(TopicPartition::new("in", id.partition.number()), end, end));
            self.tasks.get_mut(id).unwrap().step(NOW, usize::MAX, &mut self.outbox).unwrap().records
        })
    }

    fn begin(&mut self, requested: &[TaskId]) {
        self.committer.begin(&self.tasks, requested.to_vec(), NOW);
    }

    fn advance(&mut self) -> CommitProgress {
        self.outbox.poll(NOW).unwrap();
        let (tasks, outbox, participants) = (&mut self.tasks, &mut self.outbox, &mut self.participants[..]);
        self.committer.advance(&mut CommitScope { tasks, outbox, participants }, NOW).unwrap()
    }

    /// Moves the commit along until its offsets can be sent; these.
    fn offsets(&mut self) -> Vec<(String, i64)> {
        for _ in 0..10 {
            if matches!(self.advance(), CommitProgress::OffsetsReady) {
                let offsets = self.committer.offsets().unwrap();
                return offsets.iter().map(|(of, committed)| (of.to_string(), committed.offset.number())).collect();
            }
        }
        panic!("the offsets are not ready");
    }

    fn end(&mut self, result: Result<(), LogError>) -> Commit {
        self.committer.offsets_settled(result);
        match self.advance() {
            CommitProgress::Ended(commit) => commit,
            progress => panic!("it has not ended: {progress:?}"),
        }
    }
}

/// What a task processed between its flush and the end of the commit would be in the transaction, without its offsets.
#[test]
fn behind_the_barrier_no_task_processes_until_the_commit_has_ended() {
    let mut fixture = Fixture::new(CommitBarrier::AllTasks);
    assert_eq!(fixture.process(), [1, 1]);
    fixture.begin(&[FIRST]);
    assert!(matches!(fixture.advance(), CommitProgress::Advanced));
    assert_eq!(fixture.process(), [0, 0], "while what they have written is made durable");
    assert_eq!(fixture.offsets().len(), 2, "it covers the task that did not ask, too");
    assert_eq!(fixture.process(), [0, 0], "while the offsets are committed");
    let commit = fixture.end(Ok(()));
    assert_eq!(commit.tasks().collect::<Vec<_>>().len(), 2);
    assert_eq!(commit.outcome(), &CommitOutcome::Committed);
    assert_eq!(fixture.process(), [3, 3]);
}

#[test]
fn without_the_barrier_tasks_in_memory_go_on_and_others_take_no_part() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process();
    fixture.begin(&[FIRST]);
    fixture.advance();
    assert_eq!(fixture.process(), [1, 1]);
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 1)], "what came after the flush is not covered");
    let commit = fixture.end(Ok(()));
    assert_eq!(commit.tasks().collect::<Vec<_>>(), [FIRST]);
    assert_eq!(fixture.tasks.uncommitted(), [FIRST, SECOND]);
}

#[test]
fn a_commit_that_fails_is_due_again_with_all_it_covered() {
    let mut fixture = Fixture::new(CommitBarrier::AllTasks);
    fixture.process();
    fixture.begin(&[]);
    let offsets = fixture.offsets();
    let commit = fixture.end(Err(LogError::NotAMember));
    assert!(commit.outcome().is_refused() && fixture.committer.is_idle());
    assert_eq!(fixture.tasks.uncommitted(), [FIRST, SECOND]);
    fixture.begin(&[]);
    assert_eq!(fixture.offsets(), offsets);
}

/// A sink beside the log that is slow.
struct Sink(Arc<AtomicBool>);

impl Participant for Sink {
    fn begin_flush(&mut self) {}

    fn is_flushed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn abort(&mut self, _task: TaskId) {}
}

#[test]
fn offsets_wait_for_every_participant() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    let is_flushed = Arc::new(AtomicBool::new(false));
    fixture.participants.push(Box::new(Sink(Arc::clone(&is_flushed))));
    fixture.process();
    fixture.begin(&[FIRST, SECOND]);
    assert!(matches!(fixture.advance(), CommitProgress::Advanced));
    for _ in 0..3 {
        assert!(matches!(fixture.advance(), CommitProgress::Waiting));
    }
    is_flushed.store(true, Ordering::Relaxed);
    assert_eq!(fixture.offsets().len(), 2);
}

#[test]
fn a_task_that_is_lost_meanwhile_takes_its_offsets_with_it() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process();
    fixture.begin(&[FIRST, SECOND]);
    fixture.offsets();
    let (_, partitions) = fixture.tasks.remove(FIRST).unwrap();
    fixture.committer.remove_task(FIRST, &partitions);
    assert_eq!(fixture.offsets(), [("in-1".to_owned(), 1)]);
    assert_eq!(fixture.end(Ok(())).tasks().collect::<Vec<_>>(), [SECOND]);
    assert!(fixture.tasks.uncommitted().is_empty());
}

/// One task of a thread is lost while another stays: its rows are in the producer's batch, beside those of the other.
#[test]
fn unsent_rows_of_a_lost_task_never_reach_its_changelog() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process();
    for id in [FIRST, SECOND] {
        let outbox = &mut fixture.outbox;
        fixture.tasks.run(id, |task| task.prepare_commit(NOW, outbox, CommitBarrier::PerTask).unwrap());
    }
    fixture.tasks.remove(FIRST).unwrap();
    fixture.outbox.abort(FIRST);
    fixture.outbox.begin_flush();
    fixture.outbox.poll(NOW).unwrap();
    let rows = fixture.log.records("app-counts-changelog").unwrap();
    let partitions: Vec<String> = rows.iter().map(|row| row.partition.to_string()).collect();
    assert_eq!(partitions, ["app-counts-changelog-1"]);
    assert!(fixture.outbox.is_flushed() && fixture.outbox.is_empty(), "nobody waits for what was dropped");
}
