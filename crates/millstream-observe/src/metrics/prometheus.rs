//! The snapshot in the text format of Prometheus.

use super::health;
use super::registry::MetricsSnapshot;
use super::task::{NodeMetrics, StoreMetrics, TaskMetrics};
use crate::events::SkipReason;

/// The labels of a sample beside the common ones, and its value.
type Sample = (Vec<(&'static str, String)>, f64);

impl MetricsSnapshot {
    /// The snapshot in the text format of Prometheus (version 0.0.4), for a program that serves scrapes by itself. Names and
    /// labels are those of the `metrics` facade; commits are a summary with a sum and a count. The content type is
    /// `text/plain; version=0.0.4`.
    ///
    /// # Examples
    /// ```
    /// use millstream_observe::metrics::{MetricsRegistry, TaskPlan};
    /// use millstream_types::TaskId;
    ///
    /// let registry = MetricsRegistry::new("app");
    /// let plan = TaskPlan { stores: vec!["counts".into()], ..TaskPlan::default() };
    /// let recorder = registry.task(TaskId::new(0, 1), plan);
    /// let text = registry.snapshot().to_prometheus();
    /// assert!(text.contains("millstream_store_entries{application=\"app\",task=\"0_1\",store=\"counts\"} 0\n"));
    /// ```
    #[must_use]
    pub fn to_prometheus(&self) -> String {
        let mut text = Text { snapshot: self, text: String::new() };
        text.health();
        text.family("millstream_records_in_total", "counter", |task| of_nodes(task, |node| node.records_in));
        text.family("millstream_bytes_in_total", "counter", |task| of_nodes(task, |node| node.bytes_in));
        text.family("millstream_records_out_total", "counter", |task| of_nodes(task, |node| node.records_out));
        text.family("millstream_bytes_out_total", "counter", |task| of_nodes(task, |node| node.bytes_out));
        text.family("millstream_records_dropped_total", "counter", dropped);
        text.family("millstream_lag_records", "gauge", lag);
        text.family("millstream_store_entries", "gauge", |task| of_stores(task, |store| store.entries));
        text.family("millstream_restored_records_total", "counter", |task| of_stores(task, |store| store.restored));
        text.family("millstream_restore_remaining_records", "gauge", |task| {
            of_stores(task, |store| store.restore_remaining)
        });
        text.family("millstream_standby_lag_records", "gauge", |task| of_stores(task, |store| store.standby_lag));
        text.commits("millstream_commit_duration_seconds");
        text.text
    }
}

fn of_nodes(task: &TaskMetrics, count: impl Fn(&NodeMetrics) -> u64) -> Vec<Sample> {
    let sample = |node: &NodeMetrics| (vec![("node", node.node.to_string())], count(node) as f64);
    task.nodes.iter().map(sample).filter(|(_, value)| *value > 0.0).collect()
}

fn of_stores(task: &TaskMetrics, count: impl Fn(&StoreMetrics) -> u64) -> Vec<Sample> {
    task.stores.iter().map(|store| (vec![("store", store.store.to_string())], count(store) as f64)).collect()
}

fn dropped(task: &TaskMetrics) -> Vec<Sample> {
    let reasons = |node: &NodeMetrics| {
        let (name, dropped) = (node.node.to_string(), node.dropped);
        SkipReason::ALL.into_iter().map(move |reason| {
            (vec![("node", name.clone()), ("reason", reason.label().to_owned())], dropped.of(reason) as f64)
        })
    };
    task.nodes.iter().flat_map(reasons).filter(|(_, value)| *value > 0.0).collect()
}

fn lag(task: &TaskMetrics) -> Vec<Sample> {
    // The lag of a partition that cannot be fetched is unknown.
    let known = task.partitions.iter().filter(|metrics| !metrics.stalled);
    let of_partition = known.map(|metrics| {
        let (topic, partition) = (&metrics.partition.topic, metrics.partition.partition);
        (vec![("topic", topic.to_string()), ("partition", partition.to_string())], metrics.lag as f64)
    });
    of_partition.collect()
}

struct Text<'a> {
    snapshot: &'a MetricsSnapshot,
    text: String,
}

impl Text<'_> {
    fn health(&mut self) {
        let Some(health) = &self.snapshot.health else { return };
        let (application, mut begun) = (escaped(&health.application), "");
        for (name, state, value) in health::samples(health) {
            if begun != name {
                self.begin(name, "gauge");
                begun = name;
            }
            let of_state = state.map(|state| format!(",state=\"{state}\"")).unwrap_or_default();
            self.text += &format!("{name}{{application=\"{application}\"{of_state}}} {value}\n");
        }
    }

    /// Writes all samples of one metric after its type. A metric without samples is left out.
    fn family(&mut self, name: &str, kind: &str, of_task: impl Fn(&TaskMetrics) -> Vec<Sample>) {
        let mut is_begun = false;
        for task in &self.snapshot.tasks {
            for (labels, value) in of_task(task) {
                if !std::mem::replace(&mut is_begun, true) {
                    self.begin(name, kind);
                }
                self.sample(name, task, &labels, value);
            }
        }
    }

    fn commits(&mut self, name: &str) {
        if !self.snapshot.tasks.is_empty() {
            self.begin(name, "summary");
        }
        for task in &self.snapshot.tasks {
            self.sample(&format!("{name}_sum"), task, &[], task.commits.total.as_secs_f64());
            self.sample(&format!("{name}_count"), task, &[], task.commits.count as f64);
        }
    }

    fn begin(&mut self, name: &str, kind: &str) {
        self.text += &format!("# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, task: &TaskMetrics, labels: &[(&'static str, String)], value: f64) {
        let of_task = [("application", self.snapshot.application.to_string()), ("task", task.task.to_string())];
        let labels = of_task.iter().chain(labels).map(|(label, value)| format!("{label}=\"{}\"", escaped(value)));
        self.text += &format!("{name}{{{}}} {value}\n", labels.collect::<Vec<_>>().join(","));
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
