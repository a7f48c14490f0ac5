//! Partitions that come, go in good order, or are lost: the tasks that follow them.

use std::collections::VecDeque;

use millstream_types::{MonotonicTime, Now, TaskId, TopicPartition};

use super::commit::CommitOutcome;
use super::stream_thread::{StreamThread, tell_task_failed};
use crate::messages::thread_name;
use millstream_observe::events::{EventKind, Failure, FailureKind};
use millstream_task::Task;

/// Rebalances that wait for their answer, the oldest first.
#[derive(Default)]
pub(super) struct Rebalances {
    waiting: VecDeque<Leaving>,
}

/// Tasks on their way out, and how far that is.
struct Leaving {
    tasks: Vec<TaskId>,
    /// Until when to try to commit them; the group waits for the answer.
    deadline: MonotonicTime,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Their commit has not begun.
    ToCommit,
    /// Their commit is under way.
    Committing,
    /// Nothing more to do than to answer.
    Ready,
}

impl Rebalances {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl StreamThread {
    /// The group gives partitions: the tasks that go with them are built, and reading begins when it is known where.
    pub(super) fn assigned(&mut self, assigned: Vec<TopicPartition>, now: Now) -> Result<(), Failure> {
        self.has_joined = true;
        let tasks: Vec<TaskId> =
            assigned.iter().filter_map(|partition| self.plan.assignment.task_of(partition)).collect();
        self.events.emit(EventKind::Rebalanced { assigned, revoked: Vec::new(), lost: Vec::new() });
        if !self.is_closing() {
            tasks.iter().try_for_each(|id| self.check_is_planned(*id))?;
            self.open(tasks, now)?;
        }
        // Earlier rebalances are answered before this one.
        self.rebalances.waiting.push_back(Leaving {
            tasks: Vec::new(),
            deadline: MonotonicTime::START,
            stage: Stage::Ready,
        });
        Ok(())
    }

    /// A topic that has grown since start-up brings tasks that nobody planned: their internal topics have no partitions
    /// for them, so start-up must look again, or say that the topology no longer fits.
    fn check_is_planned(&self, id: TaskId) -> Result<(), Failure> {
        let sources = &self.shared.topology.subtopologies()[id.subtopology as usize].sources;
        let known = sources.iter().filter_map(|source| self.plan.counts.partitions(&source.topic)).max().unwrap_or(0);
        if id.partition.number() < known {
            return Ok(());
        }
        let topics: Vec<String> =
            sources.iter().map(|source| format!("`{}`", source.topic.resolve(&self.shared.id))).collect();
        let grown = format!(
            "the group gives partition {} of {}, which had {known} partitions when the application started: the topic has \
             grown; start the application anew",
            id.partition,
            topics.join(", ")
        );
        Err(Failure::new(FailureKind::Topology, grown))
    }

    /// The group takes partitions away and waits: their tasks hold still, are committed and closed.
    pub(super) fn revoked(&mut self, revoked: Vec<TopicPartition>, now: Now) {
        let tasks: Vec<TaskId> =
            revoked.iter().filter_map(|partition| self.plan.assignment.task_of(partition)).collect();
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked, lost: Vec::new() });
        self.waiting.forget(&tasks);
        for id in &tasks {
            if let Some(task) = self.tasks.get_mut(*id) {
                task.suspend();
            }
        }
        let deadline = now.monotonic + self.shared.config.session_timeout;
        self.rebalances.waiting.push_back(Leaving { tasks, deadline, stage: Stage::ToCommit });
    }

    /// Others have the partitions already: their tasks are closed without a commit.
    pub(super) fn lost(&mut self, lost: Vec<TopicPartition>) -> Result<(), Failure> {
        let tasks: Vec<TaskId> = lost.iter().filter_map(|partition| self.plan.assignment.task_of(partition)).collect();
        self.events.emit(EventKind::Rebalanced { assigned: Vec::new(), revoked: Vec::new(), lost });
        self.waiting.forget(&tasks);
        tasks.into_iter().for_each(|id| self.close_task(id, false));
        self.share_cache();
        self.rebalances.waiting.push_back(Leaving {
            tasks: Vec::new(),
            deadline: MonotonicTime::START,
            stage: Stage::Ready,
        });
        self.discard_unsent()
    }

    /// Throws away what tasks have written that are closed without a commit, if no other task has. Their next owners have
    /// asked where the changelogs end, and write on: an older state of a key that arrived after theirs would be the newer
    /// one for whoever restores it next.
    fn discard_unsent(&mut self) -> Result<(), Failure> {
        if self.tasks.len() == 0 && !self.outbox.is_empty() {
            let client_id = thread_name(&self.shared.client_id, self.number);
            let producer = self.shared.log.producer(&client_id, self.commands.signal());
            self.outbox.replace_producer(producer.map_err(|error| Failure::new(FailureKind::Log, error))?);
        }
        Ok(())
    }

    /// Moves the oldest rebalance along, and answers it when its tasks are closed.
    pub(super) fn step_rebalance(&mut self, now: Now) -> Result<(), Failure> {
        while let Some(leaving) = self.rebalances.waiting.front() {
            let is_late = now.monotonic >= leaving.deadline;
            let needs_commit = |id: &TaskId| self.tasks.get(*id).is_some_and(Task::needs_commit);
            let uncommitted: Vec<TaskId> = leaving.tasks.iter().copied().filter(needs_commit).collect();
            let is_refused = leaving.stage == Stage::Committing && self.last_outcome == CommitOutcome::Refused;
            let is_over = leaving.stage == Stage::Ready || is_late || is_refused && self.commits.is_idle();
            if is_over || uncommitted.is_empty() && self.commits.is_idle() {
                self.answer_rebalance()?;
            } else if !self.commits.may_begin(now.monotonic) {
                return Ok(());
            } else {
                self.begin_commit(uncommitted, now)?;
                if let Some(leaving) = self.rebalances.waiting.front_mut() {
                    leaving.stage = Stage::Committing;
                }
            }
        }
        Ok(())
    }

    fn answer_rebalance(&mut self) -> Result<(), Failure> {
        let Some(leaving) = self.rebalances.waiting.pop_front() else { return Ok(()) };
        for id in leaving.tasks {
            let is_committed = self.tasks.get_mut(id).is_some_and(|task| !task.needs_commit() && !task.is_committing());
            self.close_task(id, is_committed);
        }
        self.share_cache();
        self.discard_unsent()?;
        self.consumer.finish_rebalance();
        Ok(())
    }

    /// Closes a task and forgets it; `is_committed` if nothing it has processed is repeated.
    pub(super) fn close_task(&mut self, id: TaskId, is_committed: bool) {
        self.current_task = Some(id);
        self.restorer.remove(id);
        self.commits.drop_task(id);
        if let Some((mut task, partitions)) = self.tasks.remove(id) {
            self.consumer.unassign(&partitions);
            self.commits.forget(&partitions);
            self.forget_restores(task.changelogs());
            if task.is_committing() {
                task.abandon_commit();
            }
            task.publish_metrics_now();
            if is_committed && let Err(error) = task.finish_stores(&self.outbox) {
                // Told, and no more: what is not written is restored.
                tell_task_failed(&self.events, error);
            }
            task.close(is_committed);
        }
        self.current_task = None;
    }
}
