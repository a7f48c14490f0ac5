//! Tests of commits and their barrier: two tasks with the in-process log.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use millstream_changelog::{Restorer, TurnLimit};
use millstream_core::{Materialized, PartitionCounts, StreamsBuilder};
use millstream_log::{ChunkBuilder, InProcessLog, Log, Signal};
use millstream_observe::events::{EventSettings, EventSink};
use millstream_observe::metrics::MetricsRegistry;
use millstream_observe::{Clock, ManualClock};
use millstream_state::Backing;
use millstream_types::{MonotonicTime, Offset, RecordBytes, Timestamp};

use super::*;
use crate::{Outbox, Task, TaskSettings, restore_stores};

const NOW: Now = Now { wall: Timestamp::from_millis(0), monotonic: MonotonicTime::START };
const FIRST: TaskId = TaskId::new(0, 0);
const SECOND: TaskId = TaskId::new(0, 1);

/// How long user code takes for a forwarded row, by the clock of [`Fixture::advance_for`].
const PER_ROW: Duration = Duration::from_millis(20);

/// Two tasks that count in memory, and their commits.
struct Fixture {
    /// Only the code after the counts advances it.
    clock: Arc<ManualClock>,
    log: InProcessLog,
    tasks: Tasks,
    participants: Participants,
    committer: Committer,
    /// The offset of the next record of each partition.
    next: [i64; 2],
}

impl Fixture {
    fn new(barrier: CommitBarrier) -> Self {
        let (log, signal) = (InProcessLog::new(), Signal::new());
        ["in", "out", "app-counts-changelog"].into_iter().for_each(|topic| log.create_topic(topic, 2).unwrap());
        let builder = StreamsBuilder::new();
        let stream = builder.stream::<String, String>("in");
        let clock = Arc::new(ManualClock::starting_at(NOW.wall));
        let slow = Arc::clone(&clock);
        let counts = stream.group_by_key().count(Materialized::named("counts")).to_stream();
        counts.peek(move |_, _| slow.advance(PER_ROW)).to("out");
        let topology = builder.build().unwrap();
        let silent = EventSettings { lines: false, ..EventSettings::default() };
        let events = EventSink::to_writer("app", &silent, clock.clone(), std::io::sink());
        let counts = PartitionCounts::resolve(topology.subtopologies(), |_| Some(2)).unwrap();
        let (settings, metrics) = (TaskSettings::new("app"), MetricsRegistry::new("app"));
        let outbox = Outbox::new(log.producer("out", &signal).unwrap(), settings.handlers.clone());
        let mut participants = Participants::new(outbox);
        let mut restorer = Restorer::new(log.fetcher("r", &signal).unwrap(), log.admin("a", &signal).unwrap());
        let mut tasks = Tasks::default();
        for id in [FIRST, SECOND] {
            let mut in_memory = |_: &millstream_core::StoreInfo| Backing::InMemory;
            tasks.insert(Task::build(&topology, id, &counts, &settings, &mut in_memory, &events, &metrics).unwrap());
        }
        while !tasks.are_all_running() {
            for task in tasks.iter_mut() {
                task.advance(NOW, &mut participants.outbox, &mut restorer).unwrap();
            }
            restore_stores(
                &mut restorer,
                tasks.by_id_mut(),
                &mut BTreeMap::new(),
                NOW.monotonic,
                &mut TurnLimit::none(),
            );
        }
        let committer = Committer::new(barrier);
        Self { clock, log, tasks, participants, committer, next: [0, 0] }
    }

    /// Lets a task process a record of each of `keys` keys.
    fn process_keys(&mut self, id: TaskId, keys: usize) {
        let mut builder = ChunkBuilder::new();
        let next = &mut self.next[id.partition.index()];
        for key in 0..keys {
            let key = format!("{key}");
            builder.push(Offset::new(*next), &RecordBytes::new(NOW.wall, Some(key.as_bytes()), Some(b"v")));
            *next += 1;
        }
        let end = Offset::new(*next);
        self.tasks.add_chunk(builder.finish(TopicPartition::new("in", id.partition.number()), end, end));
        let step = self.tasks.get_mut(id).unwrap().step(NOW, usize::MAX, &mut self.participants.outbox).unwrap();
        assert_eq!(step.records, keys);
    }

    /// Advances in a turn of this length. Returns the progress, and how long it took.
    fn advance_for(&mut self, turn: Duration) -> (CommitProgress, Duration) {
        let began = self.clock.both().monotonic;
        self.participants.outbox.poll(NOW).unwrap();
        let (tasks, participants) = (&mut self.tasks, &mut self.participants);
        let clock = Arc::clone(&self.clock);
        let mut read_clock = || clock.both().monotonic;
        let mut limit = TurnLimit::until(began + turn, &mut read_clock);
        let progress = self.committer.advance(&mut CommitScope { tasks, participants }, NOW, &mut limit);
        (progress.unwrap(), self.clock.both().monotonic - began)
    }

    /// Adds a record to each task. Returns how many records the tasks process then.
    fn process(&mut self) -> [usize; 2] {
        [FIRST, SECOND].map(|id| {
            let partition = id.partition.index();
            let mut builder = ChunkBuilder::new();
            let offset = Offset::new(self.next[partition]);
            builder.push(offset, &RecordBytes::new(NOW.wall, Some(b"k"), Some(b"v")));
            self.next[partition] += 1;
            let end = offset.next();
            self.tasks.add_chunk(builder.finish(TopicPartition::new("in", id.partition.number()), end, end));
            self.tasks.get_mut(id).unwrap().step(NOW, usize::MAX, &mut self.participants.outbox).unwrap().records
        })
    }

    fn begin(&mut self, requested: &[TaskId]) {
        self.committer.begin(&self.tasks, requested, NOW);
    }

    fn advance(&mut self) -> CommitProgress {
        self.participants.outbox.poll(NOW).unwrap();
        let (tasks, participants) = (&mut self.tasks, &mut self.participants);
        self.committer.advance(&mut CommitScope { tasks, participants }, NOW, &mut TurnLimit::none()).unwrap()
    }

    /// Advances the commit until its offsets can be sent. Returns them.
    fn offsets(&mut self) -> Vec<(String, i64)> {
        for _ in 0..10 {
            if matches!(self.advance(), CommitProgress::OffsetsReady) {
                let offsets = self.committer.offsets(&self.tasks).unwrap();
                return offsets.iter().map(|(of, committed)| (of.to_string(), committed.offset.number())).collect();
            }
        }
        panic!("the offsets are not ready");
    }

    fn end(&mut self, result: Result<(), LogError>) -> Commit {
        self.committer.offsets_settled(result);
        assert_eq!(self.advance(), CommitProgress::Ended);
        self.committer.last().clone()
    }
}

/// A transaction would have the results of records that are processed after the flush, without their offsets.
#[test]
fn with_the_barrier_no_task_processes_until_the_commit_has_ended() {
    let mut fixture = Fixture::new(CommitBarrier::AllTasks);
    assert_eq!(fixture.process(), [1, 1]);
    fixture.begin(&[FIRST]);
    assert!(matches!(fixture.advance(), CommitProgress::Advanced));
    assert_eq!(fixture.process(), [0, 0], "while what they have written is made durable");
    assert_eq!(fixture.offsets().len(), 2, "it also covers the task without a request");
    assert_eq!(fixture.process(), [0, 0], "while the offsets are committed");
    let commit = fixture.end(Ok(()));
    assert_eq!(commit.tasks().collect::<Vec<_>>().len(), 2);
    assert_eq!(commit.outcome(), &CommitOutcome::Committed);
    assert_eq!(fixture.process(), [3, 3]);
}

#[test]
fn without_the_barrier_tasks_in_memory_continue_and_others_are_not_covered() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process();
    fixture.begin(&[FIRST]);
    fixture.advance();
    assert_eq!(fixture.process(), [1, 1]);
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 1)], "records after the flush are not covered");
    let commit = fixture.end(Ok(()));
    assert_eq!(commit.tasks().collect::<Vec<_>>(), [FIRST]);
    assert_eq!(fixture.tasks.uncommitted(), [FIRST, SECOND]);
}

#[test]
fn a_failed_commit_is_due_again_with_everything_that_it_covered() {
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

/// One flush of all 1,000 rows blocked the thread for 20 s, without heartbeats and other tasks.
#[test]
fn slow_code_after_a_cache_does_not_block_other_tasks() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process_keys(FIRST, 1_000);
    fixture.begin(&[FIRST]);
    let (turn, mut turns) = (Duration::from_millis(100), 0);
    loop {
        let (progress, took) = fixture.advance_for(turn);
        assert!(took <= 2 * turn + PER_ROW, "a turn took {took:?}");
        match progress {
            CommitProgress::TurnOver => turns += 1,
            CommitProgress::Advanced => break,
            progress => panic!("{progress:?}"),
        }
        assert_eq!(fixture.process(), [0, 1], "the task that is being flushed does not process, the other one does");
    }
    assert!(turns > 50, "{turns} turns");
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 1_000)], "records during the flush are not covered");
    assert_eq!(fixture.log.records("out").unwrap().len(), 1_000, "each row is forwarded once");
    assert_eq!(fixture.end(Ok(())).outcome(), &CommitOutcome::Committed);
    assert_eq!(fixture.process(), [turns + 1, 1]);
}

/// On a slow machine a turn was over when there were enough records to send and a task was not completely flushed. The next
/// task was flushed before the rest of its rows.
#[test]
fn an_interrupted_flush_is_completed_before_the_next_task_is_flushed() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    [FIRST, SECOND].into_iter().for_each(|id| fixture.process_keys(id, 6_000));
    fixture.begin(&[FIRST, SECOND]);
    // There are two records for each row.
    assert!(matches!(fixture.advance_for(5_500 * PER_ROW), (CommitProgress::TurnOver, _)));
    assert!(fixture.participants.outbox.written() > FLUSHED_AT_ONCE);
    assert!(matches!(fixture.advance(), CommitProgress::Advanced));
    assert_eq!(fixture.participants.outbox.written(), 12_000, "one task is flushed, whole");
    assert_eq!(fixture.offsets().len(), 2);
    assert_eq!(fixture.participants.outbox.written(), 24_000);
}

#[test]
fn the_others_are_committed_if_a_task_is_lost_during_its_flush() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process_keys(SECOND, 1_000);
    fixture.process_keys(FIRST, 1);
    // The last one is flushed first.
    fixture.begin(&[FIRST, SECOND]);
    assert!(matches!(fixture.advance_for(PER_ROW), (CommitProgress::TurnOver, _)));
    let (_, partitions) = fixture.tasks.remove(SECOND).unwrap();
    fixture.committer.remove_task(SECOND, &partitions);
    assert_eq!(fixture.offsets(), [("in-0".to_owned(), 1)]);
    assert_eq!(fixture.end(Ok(())).tasks().collect::<Vec<_>>(), [FIRST]);
}

/// A slow participant.
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
    fixture.participants.others.push(Box::new(Sink(Arc::clone(&is_flushed))));
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
fn the_offsets_of_a_task_that_is_lost_meanwhile_are_not_committed() {
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

/// One task of a thread was lost while another stayed, and its rows in the producer's batches were sent later.
#[test]
fn pending_rows_of_a_lost_task_never_reach_its_changelog() {
    let mut fixture = Fixture::new(CommitBarrier::PerTask);
    fixture.process();
    for id in [FIRST, SECOND] {
        let outbox = &mut fixture.participants.outbox;
        let task = fixture.tasks.get_mut(id).unwrap();
        task.prepare_commit(NOW, outbox, CommitBarrier::PerTask, &mut TurnLimit::none(), &mut Vec::new()).unwrap();
    }
    fixture.tasks.remove(FIRST).unwrap();
    fixture.participants.outbox.abort(FIRST);
    fixture.participants.outbox.begin_flush();
    fixture.participants.outbox.poll(NOW).unwrap();
    let rows = fixture.log.records("app-counts-changelog").unwrap();
    let partitions: Vec<String> = rows.iter().map(|row| row.partition.to_string()).collect();
    assert_eq!(partitions, ["app-counts-changelog-1"]);
    assert!(
        fixture.participants.outbox.is_flushed() && fixture.participants.outbox.is_empty(),
        "no commit waits for what was dropped"
    );
}
