//! Commits the tasks of a thread: one commit at a time, in phases.
//!
//! The order of the phases makes crashes safe: results are flushed and acknowledged before the offsets are committed, and only
//! then written to the engines of the stores.

mod commit;
mod participant;
mod participants;
#[cfg(test)]
mod tests;

use millstream_changelog::TurnLimit;
use millstream_log::{CommittedOffset, LogError};
use millstream_types::{Now, TaskId, TopicPartition};

use self::commit::CoveredTask;
pub use self::commit::{Commit, CommitOutcome};
pub use self::participant::Participant;
pub use self::participants::Participants;
use crate::{Prepared, Task, TaskError, Tasks};

/// When the flushed tasks have written this many records, the next one is flushed only after these are durable, since they
/// need several times their size in memory until then.
const FLUSHED_AT_ONCE: u64 = 10_000;

/// Which tasks stop processing during a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitBarrier {
    /// For at-least-once. A commit covers the tasks with something to commit. Each of them stops processing only if one of its
    /// engines may be written when the commit ends.
    #[default]
    PerTask,
    /// For a commit that is a transaction of the thread. It covers all tasks of the thread, and none of them processes records
    /// between its flush and the end of the commit, since the transaction would have their results without their offsets.
    AllTasks,
}

/// The parts of a thread that a commit uses, lent for one call.
pub struct CommitScope<'a> {
    /// The tasks of the thread.
    pub tasks: &'a mut Tasks,
    /// Where they write.
    pub participants: &'a mut Participants,
}

/// What [`Committer::advance`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitProgress {
    /// Nothing was done: no commit is in progress, or it waits for the log.
    Waiting,
    /// The commit has advanced, and may advance further at once.
    Advanced,
    /// The turn is over, and the caches of a task are partly flushed. The next turn continues.
    TurnOver,
    /// The offsets have to be committed now: send [`Committer::offsets`], and call
    /// [`offsets_sent`](Committer::offsets_sent) or [`offsets_settled`](Committer::offsets_settled).
    OffsetsReady,
    /// It has ended: [`Committer::last`] says how.
    Ended,
}

/// Commits the tasks of a thread, or of a test driver.
///
/// [`begin`](Self::begin) starts a commit, and [`advance`](Self::advance) runs its phases until it has
/// [ended](CommitProgress::Ended).
#[derive(Debug)]
pub struct Committer {
    barrier: CommitBarrier,
    phase: Phase,
    /// The commit under way, or the last one. It stays where it is, and the next one uses its memory: the test driver
    /// commits after each record.
    commit: Commit,
    /// During the flush, the tasks that are not flushed yet, the next one last.
    unflushed: Vec<TaskId>,
}

/// The phase of a commit.
#[derive(Clone, Copy, Debug)]
enum Phase {
    Idle,
    /// The records of the flushed tasks are being made durable; the other tasks are not flushed yet.
    Flushing,
    /// A turn was over before a task was flushed. Its flush is completed first. If the outbox has this many records by then,
    /// they are made durable before the next task is flushed.
    Interrupted(u64),
    /// Everything is durable; the offsets have to be sent.
    OffsetsReady,
    /// The offsets are sent; the response will have this token.
    CommittingOffsets(u64),
    /// The outcome is known; the tasks from this index on are not finished yet.
    Ending(usize),
}

impl Default for Committer {
    fn default() -> Self {
        Self::new(CommitBarrier::default())
    }
}

impl Committer {
    /// A committer without a commit in progress.
    #[must_use]
    pub fn new(barrier: CommitBarrier) -> Self {
        Self { barrier, phase: Phase::Idle, commit: Commit::default(), unflushed: Vec::new() }
    }

    /// Whether no commit is in progress.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether the offsets are sent and the response is pending.
    #[must_use]
    pub fn are_offsets_sent(&self) -> bool {
        matches!(self.phase, Phase::CommittingOffsets(_))
    }

    /// Begins a commit of these tasks, or of all tasks if the [barrier](CommitBarrier) asks for it. To be called only
    /// when none is under way.
    pub fn begin(&mut self, tasks: &Tasks, requested: &[TaskId], now: Now) {
        self.unflushed.clear();
        match self.barrier {
            CommitBarrier::PerTask => self.unflushed.extend(requested),
            CommitBarrier::AllTasks => self.unflushed.extend(tasks.iter().map(Task::id)),
        }
        self.commit.begin(now.monotonic);
        self.phase = Phase::Flushing;
    }

    /// The last commit: the one under way if there is one, otherwise the one that ended last. Before the first one it is
    /// empty and pending.
    #[must_use]
    pub fn last(&self) -> &Commit {
        &self.commit
    }

    /// Moves the commit one phase along, as far as that goes without waiting and within the limit.
    ///
    /// # Errors
    /// When a task fails. The commit continues without it after it is closed and [removed](Self::remove_task).
    pub fn advance(
        &mut self,
        scope: &mut CommitScope<'_>,
        now: Now,
        limit: &mut TurnLimit<'_>,
    ) -> Result<CommitProgress, TaskError> {
        match self.phase {
            Phase::Flushing if !self.commit.tasks.is_empty() && !scope.participants.is_flushed() => {
                Ok(CommitProgress::Waiting)
            }
            Phase::Flushing if self.unflushed.is_empty() => {
                self.phase = Phase::OffsetsReady;
                Ok(CommitProgress::OffsetsReady)
            }
            Phase::Flushing => self.flush(scope.participants.outbox.written() + FLUSHED_AT_ONCE, scope, now, limit),
            Phase::Interrupted(enough) => self.flush(enough, scope, now, limit),
            Phase::OffsetsReady => Ok(CommitProgress::OffsetsReady),
            Phase::Ending(next) => self.end(next, scope, now),
            Phase::Idle | Phase::CommittingOffsets(_) => Ok(CommitProgress::Waiting),
        }
    }

    /// The offsets to commit. With [`CommitProgress::OffsetsReady`] the caller may add others. A caller that keeps no offsets
    /// need not call it.
    pub fn offsets(&mut self, tasks: &Tasks) -> Option<&mut Vec<(TopicPartition, CommittedOffset)>> {
        if !matches!(self.phase, Phase::OffsetsReady) {
            return None;
        }
        if self.commit.offsets.is_empty() {
            self.commit.name_offsets(tasks);
        }
        Some(&mut self.commit.offsets)
    }

    /// Records that the offsets are sent. The response will have this token.
    pub fn offsets_sent(&mut self, token: u64) {
        if matches!(self.phase, Phase::OffsetsReady) {
            self.phase = Phase::CommittingOffsets(token);
        }
    }

    /// Handles the response to a commit of offsets. Returns whether it belongs to this commit.
    pub fn take_response(&mut self, token: u64, result: Result<(), LogError>) -> bool {
        let is_awaited = matches!(self.phase, Phase::CommittingOffsets(awaited) if awaited == token);
        if is_awaited {
            self.offsets_settled(result);
        }
        is_awaited
    }

    /// Sets the result of the offsets without a response: there are no offsets, or they are not kept.
    pub fn offsets_settled(&mut self, result: Result<(), LogError>) {
        if matches!(self.phase, Phase::OffsetsReady | Phase::CommittingOffsets(_)) {
            self.commit.outcome = result.map_or_else(CommitOutcome::Failed, |()| CommitOutcome::Committed);
            self.phase = Phase::Ending(0);
        }
    }

    /// Removes a task from the commit, and the offsets of its partitions if they are not sent yet.
    pub fn remove_task(&mut self, id: TaskId, partitions: &[TopicPartition]) {
        let is_gone = |task: &CoveredTask| task.id == id;
        match &mut self.phase {
            Phase::Idle => return,
            Phase::OffsetsReady => self.commit.offsets.retain(|(partition, _)| !partitions.contains(partition)),
            Phase::Ending(next) => *next -= self.commit.tasks[..*next].iter().filter(|task| is_gone(task)).count(),
            Phase::Flushing | Phase::Interrupted(_) | Phase::CommittingOffsets(_) => {}
        }
        self.unflushed.retain(|task| *task != id);
        self.commit.tasks.retain(|task| !is_gone(task));
    }

    /// First phase: logs and forwards dirty rows, task by task until there are enough records to send, no task is left, or the
    /// turn is over.
    fn flush(
        &mut self,
        enough: u64,
        scope: &mut CommitScope<'_>,
        now: Now,
        limit: &mut TurnLimit<'_>,
    ) -> Result<CommitProgress, TaskError> {
        self.phase = Phase::Flushing;
        let CommitScope { tasks, participants } = scope;
        while let Some(id) = self.unflushed.pop() {
            let (first, inputs) = (self.commit.inputs.len(), &mut self.commit.inputs);
            let outbox = &mut participants.outbox;
            match tasks.run(id, |task| task.prepare_commit(now, outbox, self.barrier, limit, inputs)) {
                Some(Ok(Prepared::Ready)) => self.commit.tasks.push(CoveredTask { id, inputs: first..inputs.len() }),
                Some(Ok(Prepared::InPart)) => {
                    self.unflushed.push(id);
                    self.phase = Phase::Interrupted(enough);
                    return Ok(CommitProgress::TurnOver);
                }
                Some(Ok(Prepared::NotRunning)) | None => {}
                Some(Err(error)) => {
                    participants.begin_flush();
                    return Err(error);
                }
            }
            if participants.outbox.written() >= enough {
                break;
            }
        }
        participants.begin_flush();
        Ok(CommitProgress::Advanced)
    }

    /// Last phase: finishes the tasks. After an error of an engine, the next call continues with the next task.
    fn end(&mut self, from: usize, scope: &mut CommitScope<'_>, now: Now) -> Result<CommitProgress, TaskError> {
        let commit = &mut self.commit;
        commit.took = now.monotonic - commit.began;
        for (number, covered) in commit.tasks.iter().enumerate().skip(from) {
            self.phase = Phase::Ending(number + 1);
            let ended = scope.tasks.run(covered.id, |task| match &commit.outcome {
                CommitOutcome::Committed => {
                    task.count_commit(commit.took);
                    task.finish_commit(&commit.inputs[covered.inputs.clone()], &scope.participants.outbox)
                }
                CommitOutcome::Pending | CommitOutcome::Failed(_) => {
                    task.abandon_commit();
                    Ok(())
                }
            });
            ended.transpose()?;
        }
        self.phase = Phase::Idle;
        Ok(CommitProgress::Ended)
    }
}
