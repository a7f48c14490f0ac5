//! Exports metrics through the `metrics` facade: increments of counters, and gauges that have changed.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Label, counter, gauge, histogram};

use super::task::{CommitMetrics, NodeMetrics, PartitionMetrics, StoreMetrics, TaskMetrics};
use crate::events::SkipReason;

/// Exports the difference between `old` and `new`, two states of one task, and the commits between them.
pub(super) fn export(application: &Arc<str>, old: &TaskMetrics, new: &TaskMetrics, commits: CommitMetrics) {
    let labels = TaskLabels { application: application.clone(), task: new.task.to_string().into() };
    for (old, new) in old.nodes.iter().zip(&new.nodes) {
        if old != new {
            export_node(&labels, old, new);
        }
    }
    for (old, new) in old.partitions.iter().zip(&new.partitions) {
        if old != new {
            export_partition(&labels, new);
        }
    }
    for (old, new) in old.stores.iter().zip(&new.stores) {
        if old != new {
            export_store(&labels, old, new);
        }
    }
    export_commits(&labels, commits);
}

/// The common labels of all metrics of a task.
struct TaskLabels {
    application: Arc<str>,
    task: Arc<str>,
}

impl TaskLabels {
    fn with<const N: usize>(&self, more: [(&'static str, Arc<str>); N]) -> Vec<Label> {
        let own = [("application", self.application.clone()), ("task", self.task.clone())];
        own.into_iter().chain(more).map(|(name, value)| Label::new(name, value)).collect()
    }
}

fn export_node(labels: &TaskLabels, old: &NodeMetrics, new: &NodeMetrics) {
    let labels_of_node = || labels.with([("node", new.node.clone())]);
    let counts = [
        ("millstream_records_in_total", old.records_in, new.records_in),
        ("millstream_bytes_in_total", old.bytes_in, new.bytes_in),
        ("millstream_records_out_total", old.records_out, new.records_out),
        ("millstream_bytes_out_total", old.bytes_out, new.bytes_out),
    ];
    for (name, old, new) in counts {
        add(name, old, new, labels_of_node);
    }
    for reason in SkipReason::ALL {
        let labels = || labels.with([("node", new.node.clone()), ("reason", reason.label().into())]);
        add("millstream_records_dropped_total", old.dropped.of(reason), new.dropped.of(reason), labels);
    }
}

/// Increments a counter by the difference. Without a difference the counter is not created.
fn add(name: &'static str, old: u64, new: u64, labels: impl FnOnce() -> Vec<Label>) {
    let added = new.saturating_sub(old);
    if added > 0 {
        counter!(name, labels()).increment(added);
    }
}

fn export_partition(labels: &TaskLabels, new: &PartitionMetrics) {
    let topic = new.partition.topic.as_str().into();
    let partition = new.partition.partition.to_string().into();
    let labels = labels.with([("topic", topic), ("partition", partition)]);
    // The lag of a partition that cannot be fetched is unknown.
    gauge!("millstream_lag_records", labels).set(if new.stalled { f64::NAN } else { new.lag as f64 });
}

fn export_store(labels: &TaskLabels, old: &StoreMetrics, new: &StoreMetrics) {
    let labels = || labels.with([("store", new.store.clone())]);
    gauge!("millstream_store_entries", labels()).set(new.entries as f64);
    gauge!("millstream_restore_remaining_records", labels()).set(new.restore_remaining as f64);
    gauge!("millstream_standby_lag_records", labels()).set(new.standby_lag as f64);
    add("millstream_restored_records_total", old.restored, new.restored, labels);
}

/// Exports one sample per commit: the longest as it is, the others as their mean. Count, sum and maximum are exact, and
/// counting a commit is only an addition.
fn export_commits(labels: &TaskLabels, commits: CommitMetrics) {
    if commits.count == 0 {
        return;
    }
    let durations = histogram!("millstream_commit_duration_seconds", labels.with([]));
    durations.record(commits.max);
    let others = u32::try_from(commits.count - 1).unwrap_or(u32::MAX);
    if others > 0 {
        let mean: Duration = commits.total.saturating_sub(commits.max) / others;
        durations.record_many(mean, others as usize);
    }
}
