//! The registry of an application's metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use millstream_types::TaskId;
use serde::Serialize;

use super::recorder::{Role, TaskRecorder};
use super::task::{DroppedRecords, NodeMetrics, Published, TaskMetrics, TaskPlan};
use crate::events::{Health, SkipReason};

/// The metrics of all tasks of one application in this process. Clones share them.
#[derive(Clone, Debug)]
pub struct MetricsRegistry {
    application: Arc<str>,
    tasks: Arc<Mutex<BTreeMap<TaskId, Published>>>,
}

/// The metrics of an application at one time, at most about a second old. It serialises with the names of its fields.
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
    /// Its health, in snapshots of a running application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Its tasks in the order of their ids, including those that have moved away.
    pub tasks: Vec<TaskMetrics>,
}

impl MetricsRegistry {
    /// A registry without tasks.
    #[must_use]
    pub fn new(application: impl Into<Arc<str>>) -> Self {
        Self { application: application.into(), tasks: Arc::default() }
    }

    /// The recorder for a task that is opened. If the task was open here before, its counts continue.
    #[must_use]
    pub fn task(&self, task: TaskId, plan: TaskPlan) -> TaskRecorder {
        self.recorder(task, &plan, Role::Active)
    }

    /// The recorder for a standby of a task, with the plan of the task itself: what it has restored is counted further if it
    /// becomes active.
    #[must_use]
    pub fn standby(&self, task: TaskId, plan: TaskPlan) -> TaskRecorder {
        self.recorder(task, &plan, Role::Standby)
    }

    fn recorder(&self, task: TaskId, plan: &TaskPlan, role: Role) -> TaskRecorder {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let published = tasks.entry(task).or_insert_with(|| new_slot(task, plan));
        let fits = published.lock().unwrap_or_else(PoisonError::into_inner).fits(plan);
        if !fits {
            *published = new_slot(task, plan);
        }
        TaskRecorder::new(self.application.clone(), published.clone(), role)
    }

    /// The metrics that were published last.
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
    /// The number of records read from source topics, including repartition topics.
    #[must_use]
    pub fn records_in(&self) -> u64 {
        self.nodes().filter(|node| node.bytes_in > 0).map(|node| node.records_in).sum()
    }

    /// The number of records skipped for this reason.
    #[must_use]
    pub fn dropped(&self, reason: SkipReason) -> u64 {
        self.nodes().map(|node| node.dropped.of(reason)).sum()
    }

    /// The number of records skipped for any reason.
    #[must_use]
    pub fn dropped_total(&self) -> u64 {
        self.nodes().map(|node| DroppedRecords::total(&node.dropped)).sum()
    }

    /// The lag of the open tasks: the number of records in their source partitions that they have not read.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.tasks.iter().flat_map(|task| &task.partitions).map(|partition| partition.lag).sum()
    }

    /// The number of source partitions that could not be fetched for some seconds. Their lag is unknown.
    #[must_use]
    pub fn stalled(&self) -> usize {
        self.tasks.iter().flat_map(|task| &task.partitions).filter(|partition| partition.stalled).count()
    }

    fn nodes(&self) -> impl Iterator<Item = &NodeMetrics> {
        self.tasks.iter().flat_map(|task| &task.nodes)
    }
}
