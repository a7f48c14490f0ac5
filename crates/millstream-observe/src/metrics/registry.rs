//! Where the tasks of an application publish their numbers, and a program reads them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use millstream_types::TaskId;
use serde::Serialize;

use super::recorder::TaskRecorder;
use super::task::{DroppedRecords, NodeMetrics, Published, TaskMetrics, TaskPlan};
use crate::events::{Health, SkipReason};

/// The numbers of all tasks of one application in this process; clones share them.
#[derive(Clone, Debug)]
pub struct MetricsRegistry {
    application: Arc<str>,
    tasks: Arc<Mutex<BTreeMap<TaskId, Published>>>,
}

/// The numbers of an application at one moment, at most about a second old. Serialises with the names of its fields.
///
/// # Examples
/// ```
/// use millstream_observe::events::SkipReason;
/// use millstream_observe::metrics::{MetricsRegistry, TaskPlan};
/// use millstream_types::{Offset, TaskId, TopicPartition};
///
/// let registry = MetricsRegistry::new("word-count");
/// let partitions = vec![TopicPartition::new("lines", 0)];
/// let plan = TaskPlan { nodes: vec!["source".into()], partitions, ..TaskPlan::default() };
/// let mut task = registry.task(TaskId::new(0, 0), plan);
/// task.node(0).count_in(3, 120);
/// task.node(0).count_dropped(SkipReason::NullKey);
/// task.partition(0).at(Offset::new(3), Offset::new(10));
/// task.publish();
///
/// let snapshot = registry.snapshot();
/// assert_eq!((snapshot.records_in(), snapshot.lag()), (3, 7));
/// assert_eq!((snapshot.dropped(SkipReason::NullKey), snapshot.dropped_total()), (1, 1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MetricsSnapshot {
    /// The application's id.
    pub application: Arc<str>,
    /// How it is; in snapshots of a running application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Its tasks in the order of their ids, those that have moved away included.
    pub tasks: Vec<TaskMetrics>,
}

impl MetricsRegistry {
    /// No numbers yet.
    #[must_use]
    pub fn new(application: impl Into<Arc<str>>) -> Self {
        Self { application: application.into(), tasks: Arc::default() }
    }

    /// The recorder for a task that opens. If it was here before, it counts on from where it was.
    #[must_use]
    pub fn task(&self, task: TaskId, plan: TaskPlan) -> TaskRecorder {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let published = tasks.entry(task).or_insert_with(|| new_slot(task, &plan));
        let fits = published.lock().unwrap_or_else(PoisonError::into_inner).fits(&plan);
        if !fits {
            *published = new_slot(task, &plan);
        }
        TaskRecorder::new(self.application.clone(), published.clone())
    }

    /// All numbers, as last published.
    #[must_use]
    pub fn snapshot(&self) -> MetricsSnapshot {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let copy = |task: &Published| task.lock().unwrap_or_else(PoisonError::into_inner).clone();
        MetricsSnapshot {
            application: self.application.clone(),
            health: None,
            tasks: tasks.values().map(copy).collect(),
        }
    }
}

fn new_slot(task: TaskId, plan: &TaskPlan) -> Published {
    Arc::new(Mutex::new(TaskMetrics::new(task, plan)))
}

impl MetricsSnapshot {
    /// Records that the application read from its source topics, repartition topics included.
    #[must_use]
    pub fn records_in(&self) -> u64 {
        self.nodes().filter(|node| node.bytes_in > 0).map(|node| node.records_in).sum()
    }

    /// Records left out for this reason.
    #[must_use]
    pub fn dropped(&self, reason: SkipReason) -> u64 {
        self.nodes().map(|node| node.dropped.of(reason)).sum()
    }

    /// Records left out for any reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.nodes().map(|node| DroppedRecords::total(&node.dropped)).sum()
    }

    /// Records that wait in the source partitions of the tasks that are here.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.tasks.iter().flat_map(|task| &task.partitions).map(|partition| partition.lag).sum()
    }

    /// Source partitions of which nothing could be fetched for some seconds: their lag is not known.
    #[must_use]
    pub fn stalled(&self) -> usize {
        self.tasks.iter().flat_map(|task| &task.partitions).filter(|partition| partition.stalled).count()
    }

    fn nodes(&self) -> impl Iterator<Item = &NodeMetrics> {
        self.tasks.iter().flat_map(|task| &task.nodes)
    }
}
