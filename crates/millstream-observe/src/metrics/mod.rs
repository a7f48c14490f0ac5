//! Metrics of an application per task, node, partition and store, as a snapshot and through the `metrics` facade.
//!
//! A task owns a [`TaskRecorder`] with plain numbers, without atomics or locks. About once a second the recorder publishes
//! them to the [`MetricsRegistry`], whose [`snapshot`](MetricsRegistry::snapshot) a program can read at any time, and as
//! increments through the `metrics` facade. `docs/formats/metrics.md` lists the names.
//!
//! # Examples
//! ```
//! use millstream_observe::metrics::{MetricsRegistry, TaskPlan};
//! use millstream_types::{TaskId, TopicPartition};
//!
//! let registry = MetricsRegistry::new("word-count");
//! let mut recorder = registry.task(TaskId::new(0, 0), TaskPlan {
//!     nodes: vec!["KSTREAM-SOURCE-0000000000".into()],
//!     partitions: vec![TopicPartition::new("lines", 0)],
//!     stores: vec![],
//! });
//! recorder.node(0).count_in(1, 120);
//! recorder.publish();
//! assert_eq!(registry.snapshot().tasks[0].nodes[0].records_in, 1);
//! ```

mod facade;
mod health;
mod prometheus;
mod recorder;
mod registry;
mod task;

pub(crate) use health::export_health;
pub use recorder::TaskRecorder;
pub use registry::{MetricsRegistry, MetricsSnapshot};
pub use task::{
    ChangelogMetrics, CommitMetrics, DroppedRecords, NodeMetrics, PartitionMetrics, StoreMetrics, TaskMetrics, TaskPlan,
};

#[cfg(test)]
mod tests;
