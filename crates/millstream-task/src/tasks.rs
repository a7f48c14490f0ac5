//! The tasks of a stream thread, by id and by partition.

use std::collections::{BTreeMap, BTreeSet};

use millstream_core::{PartitionCounts, Topology};
use millstream_log::Chunk;
use millstream_types::{TaskId, TopicPartition};

use crate::{ChangedInputs, Task, TaskState};

/// The tasks of one thread, in any state.
///
/// # Examples
/// ```
/// use millstream_task::Tasks;
/// use millstream_types::{TaskId, TopicPartition};
///
/// let tasks = Tasks::default();
/// assert!(tasks.is_empty() && !tasks.contains(TaskId::new(0, 0)));
/// assert_eq!(tasks.reader_of(&TopicPartition::new("orders", 0)), None);
/// ```
#[derive(Default)]
pub struct Tasks {
    by_id: BTreeMap<TaskId, Task>,
    readers: BTreeMap<TopicPartition, TaskId>,
    /// The task whose code is running. After a panic in this code it is still set.
    current: Option<TaskId>,
}

impl Tasks {
    /// Adds a task. Returns the partitions it reads.
    pub fn insert(&mut self, task: Task) -> Vec<TopicPartition> {
        let partitions: Vec<TopicPartition> = task.partitions().cloned().collect();
        self.readers.extend(partitions.iter().map(|partition| (partition.clone(), task.id())));
        self.by_id.insert(task.id(), task);
        partitions
    }

    /// Removes a task. Returns it with the partitions it read.
    pub fn remove(&mut self, id: TaskId) -> Option<(Task, Vec<TopicPartition>)> {
        let task = self.by_id.remove(&id)?;
        let partitions: Vec<TopicPartition> = task.partitions().cloned().collect();
        for partition in &partitions {
            self.readers.remove(partition);
        }
        Some((task, partitions))
    }

    /// Lets all tasks read the topics that `topology` has for them with these partition counts: see [`Task::change_topics`].
    pub fn change_topics(
        &mut self,
        topology: &Topology,
        counts: &PartitionCounts,
        anew: &BTreeSet<TopicPartition>,
    ) -> ChangedInputs {
        let mut all = ChangedInputs::default();
        for task in self.by_id.values_mut() {
            let changed = task.change_topics(topology, counts, anew);
            self.readers.extend(changed.added.iter().map(|partition| (partition.clone(), task.id())));
            changed.removed.iter().for_each(|partition| _ = self.readers.remove(partition));
            all.added.extend(changed.added);
            all.removed.extend(changed.removed);
        }
        all
    }

    /// Runs code of one task. If it panics, [`take_current`](Self::take_current) returns the task. `None` if there is no such task.
    pub fn run<T>(&mut self, id: TaskId, run: impl FnOnce(&mut Task) -> T) -> Option<T> {
        let task = self.by_id.get_mut(&id)?;
        self.current = Some(id);
        let result = run(task);
        self.current = None;
        Some(result)
    }

    /// The task whose code panicked in [`run`](Self::run), if one did.
    pub fn take_current(&mut self) -> Option<TaskId> {
        self.current.take()
    }

    /// Sets the task whose code is running, for a task that was removed from this collection; `None` when it is done.
    pub fn set_current(&mut self, id: Option<TaskId>) {
        self.current = id;
    }

    /// The task with this id.
    #[must_use]
    pub fn get(&self, id: TaskId) -> Option<&Task> {
        self.by_id.get(&id)
    }

    /// The task with this id, mutable.
    pub fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.by_id.get_mut(&id)
    }

    /// Whether there is a task with this id.
    #[must_use]
    pub fn contains(&self, id: TaskId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The ids of all tasks, sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<TaskId> {
        self.by_id.keys().copied().collect()
    }

    /// The ids of the tasks that have something to commit.
    #[must_use]
    pub fn uncommitted(&self) -> Vec<TaskId> {
        self.iter().filter(|task| task.needs_commit()).map(Task::id).collect()
    }

    /// The number of tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are no tasks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// All tasks, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.by_id.values()
    }

    /// All tasks, in the order of their ids, mutable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.by_id.values_mut()
    }

    /// The map of tasks, for the restorer.
    pub fn by_id_mut(&mut self) -> &mut BTreeMap<TaskId, Task> {
        &mut self.by_id
    }

    /// Whether every task is running.
    #[must_use]
    pub fn are_all_running(&self) -> bool {
        self.iter().all(|task| task.state() == TaskState::Running)
    }

    /// The task that reads a partition.
    #[must_use]
    pub fn reader_of(&self, partition: &TopicPartition) -> Option<TaskId> {
        self.readers.get(partition).copied()
    }

    /// The partitions that the tasks read, sorted.
    pub fn partitions(&self) -> impl Iterator<Item = &TopicPartition> {
        self.readers.keys()
    }

    /// Whether the task that reads a partition has room for more of its records.
    #[must_use]
    pub fn wants(&self, partition: &TopicPartition) -> bool {
        self.reader_of(partition).and_then(|id| self.by_id.get(&id)).is_some_and(|task| task.wants(partition))
    }

    /// Marks a partition from which nothing could be fetched for some seconds.
    pub fn mark_stalled(&mut self, partition: &TopicPartition) {
        if let Some(task) = self.reader_of(partition).and_then(|id| self.by_id.get_mut(&id)) {
            task.mark_stalled(partition);
        }
    }

    /// Gives a chunk to the task that reads its partition. Without such a task the chunk is dropped.
    pub fn add_chunk(&mut self, chunk: Chunk) {
        if let Some(task) = self.reader_of(&chunk.partition).and_then(|id| self.by_id.get_mut(&id)) {
            task.add_chunk(chunk);
        }
    }
}
