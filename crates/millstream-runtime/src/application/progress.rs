//! When to report progress, and what.

use std::time::Duration;

use millstream_types::MonotonicTime;

use millstream_observe::events::Progress;
use millstream_observe::metrics::MetricsSnapshot;

/// Reports progress at an interval, from the published metrics.
pub(super) struct ProgressReporter {
    interval: Option<Duration>,
    /// The time of the last report, and the number of records then. Before the first report: of the first call of `due`.
    reported: Option<(MonotonicTime, u64)>,
}

impl ProgressReporter {
    pub(super) fn new(interval: Option<Duration>) -> Self {
        Self { interval, reported: None }
    }

    /// The progress, if a report is due.
    pub(super) fn due(&mut self, now: MonotonicTime, snapshot: impl FnOnce() -> MetricsSnapshot) -> Option<Progress> {
        let interval = self.interval?;
        let (then, records_then) = *self.reported.get_or_insert((now, 0));
        let passed = now - then;
        if passed < interval || passed.is_zero() {
            return None;
        }
        let progress = read(&snapshot(), records_then, passed);
        self.reported = Some((now, progress.records));
        Some(progress)
    }
}

fn read(snapshot: &MetricsSnapshot, records_then: u64, passed: Duration) -> Progress {
    let records = snapshot.records_in();
    let stores = snapshot.tasks.iter().flat_map(|task| &task.stores);
    Progress {
        records,
        records_per_second: (records.saturating_sub(records_then) as f64 / passed.as_secs_f64()) as u64,
        lag: snapshot.lag(),
        stalled: snapshot.stalled(),
        restore_remaining: stores.map(|store| store.restore_remaining).sum(),
        tasks: snapshot.tasks.iter().filter(|task| task.open).count(),
    }
}

#[cfg(test)]
mod tests {
    use millstream_types::{Offset, TaskId, TopicPartition};

    use super::*;
    use millstream_observe::metrics::{MetricsRegistry, TaskPlan};

    #[test]
    fn it_reports_every_interval_and_the_rate_is_that_of_the_interval() {
        let registry = MetricsRegistry::new("app");
        let partitions = vec![TopicPartition::new("lines", 0)];
        let plan = TaskPlan { nodes: vec!["source".into()], partitions, stores: vec!["counts".into()] };
        let mut recorder = registry.task(TaskId::new(0, 0), plan);
        let mut read = |records: u64| {
            recorder.node(0).count_in(records, 1);
            recorder.partition(0).at(Offset::new(40), Offset::new(50));
            recorder.store(0).restore_remaining = 7;
            recorder.publish();
        };
        let second = Duration::from_secs;
        let at = |seconds| MonotonicTime::START + second(seconds);
        let mut reporter = ProgressReporter::new(Some(second(10)));
        assert_eq!(reporter.due(at(5), || registry.snapshot()), None, "it is the first call");
        read(200);
        assert_eq!(reporter.due(at(14), || registry.snapshot()), None);
        let first = reporter.due(at(15), || registry.snapshot());
        let expected =
            Progress { records: 200, records_per_second: 20, lag: 10, stalled: 0, restore_remaining: 7, tasks: 1 };
        assert_eq!(first, Some(expected));
        read(50);
        let rate = reporter.due(at(25), || registry.snapshot()).map(|progress| progress.records_per_second);
        assert_eq!(rate, Some(5));
    }

    #[test]
    fn without_an_interval_it_never_reports() {
        let mut reporter = ProgressReporter::new(None);
        assert_eq!(reporter.due(MonotonicTime::MAX, || unreachable!("it is not called")), None);
    }
}
