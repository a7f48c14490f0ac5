//! The tasks of a thread, by name and by the partitions they read.

use std::collections::{BTreeMap, HashMap};

use millstream_log::Chunk;
use millstream_types::{TaskId, TopicPartition};

use millstream_task::{Task, TaskState};

/// The tasks a thread has, whatever their state.
#[derive(Default)]
pub(super) struct Tasks {
    by_id: BTreeMap<TaskId, Task>,
    readers: HashMap<TopicPartition, TaskId>,
}

impl Tasks {
    /// Takes in a task; the partitions it reads.
    pub(super) fn insert(&mut self, task: Task) -> Vec<TopicPartition> {
        let partitions: Vec<TopicPartition> = task.partitions().cloned().collect();
        self.readers.extend(partitions.iter().map(|partition| (partition.clone(), task.id())));
        self.by_id.insert(task.id(), task);
        partitions
    }

    /// Lets a task go; the partitions it read.
    pub(super) fn remove(&mut self, id: TaskId) -> Option<(Task, Vec<TopicPartition>)> {
        let task = self.by_id.remove(&id)?;
        let partitions: Vec<TopicPartition> = task.partitions().cloned().collect();
        for partition in &partitions {
            self.readers.remove(partition);
        }
        Some((task, partitions))
    }

    pub(super) fn get(&self, id: TaskId) -> Option<&Task> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn contains(&self, id: TaskId) -> bool {
        self.by_id.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<TaskId> {
        self.by_id.keys().copied().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Task> {
        self.by_id.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.by_id.values_mut()
    }

    /// The map itself, for the restorer.
    pub(super) fn by_id_mut(&mut self) -> &mut BTreeMap<TaskId, Task> {
        &mut self.by_id
    }

    pub(super) fn are_all_running(&self) -> bool {
        self.iter().all(|task| task.state() == TaskState::Running)
    }

    /// The task that reads a partition.
    pub(super) fn reader_of(&self, partition: &TopicPartition) -> Option<TaskId> {
        self.readers.get(partition).copied()
    }

    /// Whether the task of a partition has room for more records of it.
    pub(super) fn wants(&self, partition: &TopicPartition) -> bool {
        self.reader_of(partition).and_then(|id| self.by_id.get(&id)).is_some_and(|task| task.wants(partition))
    }

    /// Gives a chunk to its task; one that has gone needs it no more.
    /// Marks a partition of which nothing could be fetched for some seconds.
    pub(super) fn stalled(&mut self, partition: &TopicPartition) {
        if let Some(task) = self.reader_of(partition).and_then(|id| self.by_id.get_mut(&id)) {
            task.stalled(partition);
        }
    }

    pub(super) fn add_chunk(&mut self, chunk: Chunk) {
        if let Some(task) = self.reader_of(&chunk.partition).and_then(|id| self.by_id.get_mut(&id)) {
            task.add_chunk(chunk);
        }
    }
}
