//! The recorder of a task's metrics.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use millstream_types::{MonotonicTime, TopicPartition};

use super::facade;
use super::task::{CommitMetrics, NodeMetrics, PartitionMetrics, Published, StoreMetrics, TaskMetrics};

/// The minimum time between two publications.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(1);

/// Whether a task processes records, or is a copy of one that does elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Active,
    Standby,
}

/// The metrics of one task, owned by it: counting is an addition, without atomics or locks.
///
/// Others see them once they are published. Dropping the recorder publishes them for the last time and closes the task:
/// lag and sizes become zero, counts stay.
#[derive(Debug)]
pub struct TaskRecorder {
    application: Arc<str>,
    current: TaskMetrics,
    nodes_by_name: HashMap<Arc<str>, usize>,
    /// The commits since the last publication.
    commits_new: CommitMetrics,
    published: Published,
    published_at: Option<MonotonicTime>,
}

impl TaskRecorder {
    pub(super) fn new(application: Arc<str>, published: Published, role: Role) -> Self {
        let mut current = published.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (current.open, current.standby) = (role == Role::Active, role == Role::Standby);
        let names = current.nodes.iter().enumerate();
        let nodes_by_name = names.map(|(index, node)| (node.node.clone(), index)).collect();
        let commits_new = CommitMetrics::default();
        Self { application, current, nodes_by_name, commits_new, published, published_at: None }
    }

    /// The metrics of the node with this index in the plan.
    ///
    /// # Panics
    /// When the plan has no such node.
    pub fn node(&mut self, index: usize) -> &mut NodeMetrics {
        &mut self.current.nodes[index]
    }

    /// The metrics of the node with this name, if the plan has it.
    pub fn node_named(&mut self, name: &str) -> Option<&mut NodeMetrics> {
        self.nodes_by_name.get(name).map(|&index| &mut self.current.nodes[index])
    }

    /// The metrics of the source partition with this index in the plan.
    ///
    /// # Panics
    /// When the plan has no such partition.
    pub fn partition(&mut self, index: usize) -> &mut PartitionMetrics {
        &mut self.current.partitions[index]
    }

    /// Adds a source partition, after those of the plan.
    pub fn add_partition(&mut self, partition: &TopicPartition) {
        self.current.partitions.push(PartitionMetrics::new(partition));
    }

    /// The metrics of the store with this index in the plan.
    ///
    /// # Panics
    /// When the plan has no such store.
    pub fn store(&mut self, index: usize) -> &mut StoreMetrics {
        &mut self.current.stores[index]
    }

    /// Sets the stream thread that has the task.
    pub fn set_thread(&mut self, thread: Option<Arc<str>>) {
        self.current.thread = thread;
    }

    /// Sets since when the task has no record that it can process; `None` if it has one.
    pub fn set_idling_since(&mut self, since: Option<MonotonicTime>) {
        self.current.idling_since = since;
    }

    /// Counts a commit of this task.
    pub fn count_commit(&mut self, took: Duration) {
        self.current.commits.count(took);
        self.commits_new.count(took);
    }

    /// The present metrics, published or not.
    #[must_use]
    pub fn current(&self) -> &TaskMetrics {
        &self.current
    }

    /// Whether a second has passed since this was so the last time: then the caller updates positions and sizes, and
    /// [publishes](Self::publish). It is only a comparison, so it may be called after each step.
    pub fn is_publication_due(&mut self, now: MonotonicTime) -> bool {
        let is_due = self.published_at.is_none_or(|at| now - at >= PUBLISH_INTERVAL);
        if is_due {
            self.published_at = Some(now);
        }
        is_due
    }

    /// Publishes now: to the snapshot, and the increments since the last time through the `metrics` facade.
    pub fn publish(&mut self) {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        facade::export(&self.application, &published, &self.current, std::mem::take(&mut self.commits_new));
        published.clone_from(&self.current);
    }
}

impl Drop for TaskRecorder {
    fn drop(&mut self) {
        self.current.close();
        self.publish();
    }
}
