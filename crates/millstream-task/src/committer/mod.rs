//! Commits the tasks of a thread: one commit at a time, in phases between which the log does its part.
//!
//! The order is what makes a crash harmless: what is processed is flushed and acknowledged before its offsets are
//! committed, and only then do the engines of the stores take it in.

mod commit;
mod participant;
#[cfg(test)]
mod tests;

use millstream_changelog::TurnLimit;
use millstream_log::{CommittedOffset, LogError};
use millstream_types::{Now, TaskId, TopicPartition};

pub use self::commit::{Commit, CommitOutcome};
pub use self::participant::Participant;
use crate::{Outbox, Prepared, TaskError, Tasks};

/// Once the tasks whose caches are flushed have written so many records, the next one waits until these are durable: what
/// a commit writes lies in memory until then, several times its size.
const FLUSHED_AT_ONCE: u64 = 10_000;

/// Which tasks hold still during a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitBarrier {
    /// For at-least-once. A commit covers the tasks that have something to commit; each of them holds still only if one
    /// of its engines may be written to when the commit ends.
    #[default]
    PerTask,
    /// For a commit that is a transaction of the thread. It covers all tasks of the thread, and none of them processes
    /// anything between its flush and the end of the commit: what it wrote would be in the transaction, and its offsets
    /// would not.
    AllTasks,
}

/// What a commit works on, lent for one call.
pub struct CommitScope<'a> {
    /// The tasks of the thread.
    pub tasks: &'a mut Tasks,
    /// Where they write.
    pub outbox: &'a mut Outbox,
    /// Where they write besides.
    pub participants: &'a mut [Box<dyn Participant>],
}

/// What [`Committer::advance`] has done.
#[derive(Debug)]
pub enum CommitProgress {
    /// Nothing: no commit is under way, or it waits for the log.
    Waiting,
    /// It has moved on, and may move on at once.
    Advanced,
    /// The turn is over, and the caches of a task are flushed in part: the next turn goes on with them.
    TurnOver,
    /// The offsets are to be committed now: send [`Committer::offsets`], and say so with
    /// [`offsets_sent`](Committer::offsets_sent) or [`offsets_settled`](Committer::offsets_settled).
    OffsetsReady,
    /// It has ended.
    Ended(Commit),
}

/// Commits the tasks of a thread, or of a test driver.
///
/// [`begin`](Self::begin) starts a commit; [`advance`](Self::advance) moves it along until it has
/// [ended](CommitProgress::Ended).
#[derive(Debug, Default)]
pub struct Committer {
    barrier: CommitBarrier,
    phase: Phase,
}

/// How far the commit is.
#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    /// What the flushed tasks have written is made durable; the caches of the others are still to be flushed.
    Flushing(Flush),
    /// Everything is durable; the offsets are to be sent.
    OffsetsReady(Commit),
    /// The log commits the offsets; its response will have this token.
    CommittingOffsets(Commit, u64),
    /// The outcome is known; the tasks from this one on are still to hear of it.
    Ending(Commit, usize),
}

/// The first phase of a commit.
#[derive(Debug)]
struct Flush {
    commit: Commit,
    /// The tasks whose caches are to be flushed, the next one last.
    unflushed: Vec<TaskId>,
    /// After a turn that was over too early: when the outbox has been written so much to, what it has is made durable
    /// first. Otherwise the next task waits for that anyway.
    interrupted: Option<u64>,
}

impl Committer {
    /// A committer without a commit under way.
    #[must_use]
    pub fn new(barrier: CommitBarrier) -> Self {
        Self { barrier, phase: Phase::Idle }
    }

    /// Whether no commit is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// Whether the offsets are sent and the log has not responded.
    #[must_use]
    pub fn are_offsets_sent(&self) -> bool {
        matches!(self.phase, Phase::CommittingOffsets(..))
    }

    /// Begins a commit of these tasks, or of all tasks if the [barrier](CommitBarrier) asks for it. To be called only
    /// when none is under way.
    pub fn begin(&mut self, tasks: &Tasks, requested: Vec<TaskId>, now: Now) {
        let unflushed = match self.barrier {
            CommitBarrier::PerTask => requested,
            CommitBarrier::AllTasks => tasks.ids(),
        };
        self.phase = Phase::Flushing(Flush {
            commit: Commit::new(now.monotonic, unflushed.len()),
            unflushed,
            interrupted: None,
        });
    }

    /// Moves the commit one phase along, as far as that goes without waiting and within the limit.
    ///
    /// # Errors
    /// When a task cannot go on. The commit goes on without it once it is closed and [removed](Self::remove_task).
    pub fn advance(
        &mut self,
        scope: &mut CommitScope<'_>,
        now: Now,
        limit: &mut TurnLimit<'_>,
    ) -> Result<CommitProgress, TaskError> {
        match &mut self.phase {
            Phase::Flushing(flush) => {
                let progress = flush.advance(self.barrier, scope, now, limit)?;
                if matches!(progress, CommitProgress::OffsetsReady) {
                    self.phase = Phase::OffsetsReady(flush.commit.take());
                }
                Ok(progress)
            }
            Phase::Ending(commit, next) => {
                end(commit, next, scope, now)?;
                let ended = commit.take();
                self.phase = Phase::Idle;
                Ok(CommitProgress::Ended(ended))
            }
            Phase::OffsetsReady(_) => Ok(CommitProgress::OffsetsReady),
            Phase::Idle | Phase::CommittingOffsets(..) => Ok(CommitProgress::Waiting),
        }
    }

    /// The offsets to commit: with [`CommitProgress::OffsetsReady`] the caller may add others. A caller who keeps no offsets
    /// need not ask.
    pub fn offsets(&mut self, tasks: &Tasks) -> Option<&mut Vec<(TopicPartition, CommittedOffset)>> {
        match &mut self.phase {
            Phase::OffsetsReady(commit) => {
                if commit.offsets.is_empty() {
                    commit.name_offsets(tasks);
                }
                Some(&mut commit.offsets)
            }
            Phase::Idle | Phase::Flushing(..) | Phase::CommittingOffsets(..) | Phase::Ending(..) => None,
        }
    }

    /// The offsets are sent; the response will have this token.
    pub fn offsets_sent(&mut self, token: u64) {
        self.phase = match std::mem::take(&mut self.phase) {
            Phase::OffsetsReady(commit) => Phase::CommittingOffsets(commit, token),
            phase => phase,
        };
    }

    /// The log has responded to a commit of offsets. Whether it was the one of this commit.
    pub fn offsets_answered(&mut self, token: u64, result: Result<(), LogError>) -> bool {
        let is_awaited = matches!(self.phase, Phase::CommittingOffsets(_, awaited) if awaited == token);
        if is_awaited {
            self.offsets_settled(result);
        }
        is_awaited
    }

    /// The offsets are committed or not, without a response to wait for: there are none, or nothing keeps them.
    pub fn offsets_settled(&mut self, result: Result<(), LogError>) {
        if let Phase::OffsetsReady(commit) | Phase::CommittingOffsets(commit, _) = &mut self.phase {
            commit.outcome = result.map_or_else(CommitOutcome::Failed, |()| CommitOutcome::Committed);
            self.phase = Phase::Ending(commit.take(), 0);
        }
    }

    /// Goes on without a task that is gone, and without the offsets of its partitions if they are not sent yet.
    pub fn remove_task(&mut self, id: TaskId, partitions: &[TopicPartition]) {
        let commit = match &mut self.phase {
            Phase::Idle => return,
            Phase::Flushing(flush) => {
                flush.unflushed.retain(|task| *task != id);
                &mut flush.commit
            }
            Phase::OffsetsReady(commit) => {
                commit.offsets.retain(|(partition, _)| !partitions.contains(partition));
                commit
            }
            Phase::CommittingOffsets(commit, _) => commit,
            Phase::Ending(commit, next) => {
                *next -= commit.tasks[..*next].iter().filter(|task| task.task() == id).count();
                commit
            }
        };
        commit.tasks.retain(|task| task.task() != id);
    }
}

impl Flush {
    /// First phase: what caches hold back is logged and forwarded, task by task until there is enough to send.
    fn advance(
        &mut self,
        barrier: CommitBarrier,
        scope: &mut CommitScope<'_>,
        now: Now,
        limit: &mut TurnLimit<'_>,
    ) -> Result<CommitProgress, TaskError> {
        let interrupted = self.interrupted.take();
        if interrupted.is_none() {
            if !self.commit.tasks.is_empty() && !scope.is_flushed() {
                return Ok(CommitProgress::Waiting);
            }
            if self.unflushed.is_empty() {
                return Ok(CommitProgress::OffsetsReady);
            }
        }
        let enough = interrupted.unwrap_or(scope.outbox.written() + FLUSHED_AT_ONCE);
        let progress = self.run(enough, barrier, scope, now, limit);
        if !matches!(progress, Ok(CommitProgress::TurnOver)) {
            scope.begin_flush();
        }
        progress
    }

    /// Flushes caches until there is enough to send, none is left, or the turn is over.
    fn run(
        &mut self,
        enough: u64,
        barrier: CommitBarrier,
        scope: &mut CommitScope<'_>,
        now: Now,
        limit: &mut TurnLimit<'_>,
    ) -> Result<CommitProgress, TaskError> {
        while scope.outbox.written() < enough
            && let Some(id) = self.unflushed.pop()
        {
            let outbox = &mut *scope.outbox;
            let prepared = scope.tasks.run(id, |task| task.prepare_commit(now, outbox, barrier, limit));
            match prepared.transpose()? {
                Some(Prepared::Ready(of_task)) => self.commit.tasks.push(of_task),
                Some(Prepared::InPart) => {
                    self.unflushed.push(id);
                    self.interrupted = Some(enough);
                    return Ok(CommitProgress::TurnOver);
                }
                Some(Prepared::NotRunning) | None => {}
            }
        }
        Ok(CommitProgress::Advanced)
    }
}

/// Last phase: the tasks hear how it ended. An engine that fails leaves those from `next` on to the next call.
fn end(commit: &mut Commit, next: &mut usize, scope: &mut CommitScope<'_>, now: Now) -> Result<(), TaskError> {
    let took = now.monotonic - commit.began;
    commit.took = took;
    while let Some(of_task) = commit.tasks.get(*next) {
        *next += 1;
        let outbox = &*scope.outbox;
        let ended = scope.tasks.run(of_task.task(), |task| match &commit.outcome {
            CommitOutcome::Committed => {
                task.count_commit(took);
                task.finish_commit(of_task, outbox)
            }
            CommitOutcome::Pending | CommitOutcome::Failed(_) => {
                task.abandon_commit();
                Ok(())
            }
        });
        ended.transpose()?;
    }
    Ok(())
}

impl CommitScope<'_> {
    fn begin_flush(&mut self) {
        self.outbox.begin_flush();
        self.participants.iter_mut().for_each(|participant| participant.begin_flush());
    }

    fn is_flushed(&self) -> bool {
        self.outbox.is_flushed() && self.participants.iter().all(|participant| participant.is_flushed())
    }
}
