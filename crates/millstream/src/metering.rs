//! The metrics of an application: as a snapshot, for Prometheus, or through the crate `metrics`.

pub use millstream_observe::metrics::{
    CommitMetrics, DroppedRecords, MetricsRegistry, MetricsSnapshot, NodeMetrics, PartitionMetrics, StoreMetrics,
    TaskMetrics, TaskPlan, TaskRecorder,
};
