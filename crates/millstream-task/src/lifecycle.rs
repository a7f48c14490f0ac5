//! The task itself and its life: built, restoring, running, suspended, closed.

use millstream_changelog::{Goal, Restorer};
use millstream_core::Stores;
use millstream_core::chain::Chain;
use millstream_log::{CommittedOffset, TopicState};
use millstream_types::{Now, TaskId, Topic, TopicPartition};

use crate::commit_metadata::decode_partition_time;
use crate::commit_state::CommitState;
use crate::environment::TaskResources;
use crate::error::failure_of_store;
use crate::held_state::HeldState;
use crate::input_queue::InputQueue;
use crate::inputs::Inputs;
use crate::{Outbox, TaskError};
use millstream_observe::events::{EventKind, Failure, FailureKind};

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// Built; the topics it writes are being looked up.
    Created,
    /// Its stores are being restored.
    Restoring,
    /// It processes records.
    Running,
    /// It holds still, during a rebalance; it may run again or be closed.
    Suspended,
    /// It processes nothing any more.
    Closed,
}

/// What has become of the work of a task that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// All of it is committed.
    Committed,
    /// Some of it may not be: the next owner repeats it.
    Repeated,
}

/// One sub-topology on one partition: its input queues, its operators, its stores.
///
/// It is driven by its owner and never blocks; the module's documentation describes its states. After an error it must be
/// closed without a commit.
pub struct Task {
    pub(super) id: TaskId,
    pub(super) state: TaskState,
    pub(super) inputs: Inputs,
    pub(super) chain: Chain,
    /// Lent to the chain at each step.
    pub(super) stores: Stores,
    pub(super) resources: TaskResources,
    /// Per input the number of its source in the recorder.
    pub(super) source_nodes: Vec<usize>,
    /// The topics that its sinks write, without those computed per record.
    pub(super) sinks: Vec<Topic>,
    pub(super) commit: CommitState,
    pub(super) enforced_processing: u64,
    /// Dropped after the stores: the lock on their directory is in it.
    pub(super) held_state: Option<HeldState>,
}

impl Task {
    /// Its name.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Keeps the directory of its stores, locked, as long as it has them.
    pub fn hold_state(&mut self, held: HeldState) {
        self.held_state = Some(held);
    }

    /// What is wrong with its state on disk, if an engine has met damage.
    pub fn damage(&self) -> Option<&str> {
        self.held_state.as_ref().and_then(|held| held.damage.get())
    }

    /// Whether its state on disk is intact.
    ///
    /// # Errors
    /// When an engine has met damage, even if the error went to a query, or to user code that went on.
    pub fn check_state(&self) -> Result<(), TaskError> {
        let failure = self.damage().map(|damage| Failure::new(FailureKind::Store, damage));
        failure.map_or(Ok(()), |failure| Err(self.error(failure)))
    }

    /// The partitions it reads, in the order of its sub-topology's sources.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.inputs.iter().filter(|queue| queue.exists()).map(InputQueue::partition)
    }

    /// Its changelog partitions.
    pub fn changelogs(&self) -> impl Iterator<Item = &TopicPartition> {
        self.resources.changelogs.partitions()
    }

    /// Takes up where an earlier owner stopped: the partition's time, and the offset that need not be committed again.
    pub fn resume_from(&mut self, partition: &TopicPartition, committed: &CommittedOffset) {
        if let Some(input) = self.inputs.index_of(partition) {
            self.inputs.queue_mut(input).set_committed(committed.offset);
            self.chain.resume_partition_time(input, decode_partition_time(&committed.metadata));
        }
    }

    /// Moves it towards *running*: looks up the topics it writes, has its stores restored, initialises its processors. To
    /// be called until it runs; does nothing then.
    ///
    /// # Errors
    /// When a topic does not exist, or a processor's `init` fails.
    pub fn advance(&mut self, now: Now, outbox: &mut Outbox, restorer: &mut Restorer) -> Result<TaskState, TaskError> {
        if self.state == TaskState::Created && self.look_up_topics(outbox)? {
            restorer.add(self.id, &self.resources.changelogs, self.stores.iter_mut(), Goal::Run);
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

    /// Whether all topics it writes are known.
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

    /// Holds still until [`resume`](Self::resume); what was processed can still be committed.
    pub fn suspend(&mut self) {
        if self.state == TaskState::Running {
            self.state = TaskState::Suspended;
        }
    }

    /// Goes on after [`suspend`](Self::suspend).
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
