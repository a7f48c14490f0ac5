//! A task and its life cycle: created, restoring, running, suspended, closed.

use millstream_changelog::{Goal, Positions, Restorer};
use millstream_core::Stores;
use millstream_core::chain::Chain;
use millstream_log::{CommittedOffset, TopicState};
use millstream_types::{MonotonicTime, Now, TaskId, Topic, TopicPartition};

use crate::commit_metadata::{decode_emitted, decode_partition_time};
use crate::commit_state::CommitState;
use crate::environment::TaskResources;
use crate::error::failure_of_store;
use crate::held_state::HeldState;
use crate::input_queue::InputQueue;
use crate::inputs::Inputs;
use crate::source_stores::SourceStore;
use crate::{Outbox, TaskError};
use millstream_observe::events::{EventKind, Failure, FailureKind};

/// The state of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// Created; the topics that it writes are being looked up.
    Created,
    /// Its stores are being restored.
    Restoring,
    /// It processes records.
    Running,
    /// It processes nothing during a rebalance; it may run again or be closed.
    Suspended,
    /// It is closed.
    Closed,
}

/// What happens to the work of a closed task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// All work is committed.
    Committed,
    /// Some work may not be committed, and is repeated by the next owner.
    Repeated,
}

/// A task runs a sub-topology for a partition, with input queues, operators and stores.
///
/// Its owner drives it, and it never blocks; see the [crate](crate) for its life cycle. After an error it must be closed
/// without a commit.
pub struct Task {
    pub(super) id: TaskId,
    pub(super) state: TaskState,
    pub(super) inputs: Inputs,
    pub(super) chain: Chain,
    /// The stores, which are lent to the chain at each step.
    pub(super) stores: Stores,
    /// How far the stores have come in their changelogs by restoring, before the task ran or earlier.
    pub(super) positions: Positions,
    pub(super) resources: TaskResources,
    /// The stores whose changelogs are inputs.
    pub(super) sources: Vec<SourceStore>,
    /// For each input the index of its source in the recorder.
    pub(super) source_nodes: Vec<usize>,
    /// The topics that its sinks write, without computed ones.
    pub(super) sinks: Vec<Topic>,
    pub(super) commit: CommitState,
    pub(super) enforced_processing: u64,
    /// Since when it has had no record to process.
    pub(super) idling_since: Option<MonotonicTime>,
    /// Dropped after the stores, since it has the lock of their directory.
    pub(super) held_state: Option<HeldState>,
}

impl Task {
    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The state of the task.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Holds resources, such as the lock of its directory, until its stores are dropped.
    pub fn hold_state(&mut self, held: HeldState) {
        self.held_state = Some(held);
    }

    /// The damage of its state on disk, if an engine has found any.
    pub fn damage(&self) -> Option<&str> {
        self.held_state.as_ref().and_then(|held| held.damage.get())
    }

    /// Whether its state on disk is intact.
    ///
    /// # Errors
    /// When an engine has found damage, even if the error was returned to a query or ignored by user code.
    pub fn check_state(&self) -> Result<(), TaskError> {
        let failure = self.damage().map(|damage| Failure::new(FailureKind::Store, damage));
        failure.map_or(Ok(()), |failure| Err(self.error(failure)))
    }

    /// The partitions that it reads, in the order of its sub-topology's sources.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.inputs.iter().filter(|queue| queue.exists()).map(InputQueue::partition)
    }

    /// Its changelog partitions, and those of its inputs that serve as changelogs.
    pub fn changelogs(&self) -> impl Iterator<Item = &TopicPartition> {
        self.resources.changelogs.all()
    }

    /// Sets the committed offset, the partition time, and what was emitted of closed windows, of an earlier owner.
    pub fn resume_from(&mut self, partition: &TopicPartition, committed: &CommittedOffset) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_committed(committed.offset);
            self.chain.resume_partition_time(input, decode_partition_time(&committed.metadata));
        }
        for (name, until) in decode_emitted(&committed.metadata) {
            if let Some(store) = self.stores.iter_mut().find(|store| *store.options().name == *name) {
                self.chain.resume_emitted_until(store.index(), until);
            }
        }
        self.commit.emitted = self.emitted();
    }

    /// A partition that it reads of which it is not known yet whether an offset is committed; `None` if there is none.
    #[must_use]
    pub fn awaits_committed_offset(&self) -> Option<&TopicPartition> {
        let awaits = |queue: &&InputQueue| queue.exists() && !queue.is_resumed();
        self.inputs.iter().find(awaits).map(InputQueue::partition)
    }

    /// Advances the task towards *running*: looks up the topics that it writes, restores its stores, and initialises its
    /// processors. Must be called until it is running; then it does nothing. Stores whose changelogs are inputs are restored once
    /// it is [known](Self::resume_from) which offsets are committed, or that [none is](Self::resume_without_commit).
    ///
    /// # Errors
    /// When a topic does not exist, or a processor's `init` fails.
    pub fn advance(&mut self, now: Now, outbox: &mut Outbox, restorer: &mut Restorer) -> Result<TaskState, TaskError> {
        if self.state == TaskState::Created && self.look_up_topics(outbox)? && self.are_restore_ends_known() {
            restorer.add(self.id, &self.resources.changelogs, self.stores.iter_mut(), Goal::Run, &self.positions);
            self.restore_from_sources(restorer);
            self.enter(TaskState::Restoring, EventKind::TaskRestoring);
        }
        if self.state == TaskState::Restoring && !restorer.is_restoring(self.id) {
            let started = self.chain.start(&mut self.stores, &mut self.resources.environment(now, outbox));
            started.map_err(|failure| self.error(failure))?;
            self.enter(TaskState::Running, EventKind::TaskRunning);
        }
        Ok(self.state)
    }

    fn enter(&mut self, state: TaskState, event: EventKind) {
        self.state = state;
        self.resources.events.emit(event);
    }

    /// Whether all topics that it writes are known.
    fn look_up_topics(&mut self, outbox: &mut Outbox) -> Result<bool, TaskError> {
        let id = self.id;
        let sinks = self.sinks.iter().map(|topic| (topic, outbox.look_up(topic))).collect::<Vec<_>>();
        let changelogs = self.resources.changelogs.partitions();
        let changelogs = changelogs.map(|changelog| (&changelog.topic, outbox.look_up_changelog(id, changelog)));
        let mut all_known = true;
        for (topic, state) in sinks.into_iter().chain(changelogs) {
            match state {
                TopicState::Ready { .. } => {}
                TopicState::Pending => all_known = false,
                TopicState::Missing => {
                    let detail = format!("topic `{topic}` does not exist; create it before the application starts");
                    return Err(self.error(Failure::new(FailureKind::Topology, detail)));
                }
            }
        }
        Ok(all_known)
    }

    /// Stops processing until [`resume`](Self::resume). Processed records can still be committed.
    pub fn suspend(&mut self) {
        if self.state == TaskState::Running {
            self.state = TaskState::Suspended;
        }
    }

    /// Resumes processing after [`suspend`](Self::suspend).
    pub fn resume(&mut self) {
        if self.state == TaskState::Suspended {
            self.state = TaskState::Running;
        }
    }

    /// Closes its processors. One that panics is reported, and stops nothing: the work is done. A restore under way is to be [removed](millstream_changelog::Restorer::remove).
    pub fn close(&mut self, work: Work) {
        if self.state == TaskState::Closed {
            return;
        }
        if matches!(self.state, TaskState::Running | TaskState::Suspended) {
            for failure in self.chain.close() {
                self.resources.events.emit(EventKind::TaskFailed(failure));
            }
        }
        self.inputs.iter_mut().for_each(InputQueue::clear);
        self.enter(TaskState::Closed, EventKind::TaskClosed { clean: work == Work::Committed });
    }

    pub(super) fn error(&self, failure: Failure) -> TaskError {
        TaskError { task: self.id, failure }
    }

    pub(super) fn store_error(&self, error: millstream_state::StoreError) -> TaskError {
        self.error(failure_of_store(error))
    }
}

#[cfg(test)]
mod tests;
