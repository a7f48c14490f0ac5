//! Progress on standard error: in a terminal a few lines that are updated, elsewhere a line per second.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use millstream::metering::{MetricsSnapshot, TaskMetrics};

use super::report::{grouped, mebibytes};

/// How often a terminal's lines are updated.
const RENEW_EVERY: Duration = Duration::from_millis(200);

/// How often a line is written elsewhere.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// The rate is measured over this time, since the tasks publish their numbers about once a second, at different times.
const RATE_OVER: Duration = Duration::from_secs(3);

/// The most tasks that are shown in a terminal.
const TASKS_MAX: usize = 8;

/// The progress.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Since when it runs.
    pub elapsed: Duration,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes there are; `None` if unknown, as with standard input.
    pub bytes_in_all: Option<u64>,
    /// What the application has counted, at most about a second old.
    pub metrics: MetricsSnapshot,
}

/// Shows the progress on standard error.
#[derive(Debug)]
pub struct ProgressLines {
    is_terminal: bool,
    shown_at: Duration,
    /// How many lines stand in the terminal.
    standing: usize,
    rate: Rate,
}

/// The current rate in records per second.
#[derive(Debug)]
pub(super) struct Rate {
    /// Numbers of records with their times.
    records: VecDeque<(Duration, u64)>,
}

impl Default for Rate {
    fn default() -> Self {
        Self { records: [(Duration::ZERO, 0)].into() }
    }
}

impl Rate {
    /// Adds a number of records, and returns the rate.
    pub(super) fn at(&mut self, now: Duration, records: u64) -> u64 {
        self.records.push_back((now, records));
        while self.records.get(1).is_some_and(|(then, _)| *then + RATE_OVER <= now) {
            self.records.pop_front();
        }
        let (then, records_then) = self.records.front().copied().unwrap_or_default();
        let seconds = now.saturating_sub(then).as_secs_f64().max(f64::MIN_POSITIVE);
        (records.saturating_sub(records_then) as f64 / seconds) as u64
    }
}

impl Default for ProgressLines {
    fn default() -> Self {
        Self::new(io::stderr().is_terminal())
    }
}

impl ProgressLines {
    fn new(is_terminal: bool) -> Self {
        Self { is_terminal, shown_at: Duration::ZERO, standing: 0, rate: Rate::default() }
    }

    /// Shows the progress if it is time.
    pub fn show(&mut self, progress: &Progress) {
        let every = if self.is_terminal { RENEW_EVERY } else { WRITE_EVERY };
        if progress.elapsed < self.shown_at + every {
            return;
        }
        self.shown_at = progress.elapsed;
        let lines = self.lines(progress);
        self.clear();
        let text = if self.is_terminal { lines.join("\n") } else { lines.join("; ") };
        // A closed standard error must not stop the counting.
        _ = writeln!(io::stderr(), "{text}");
        self.standing = lines.len();
    }

    /// Removes the lines from a terminal.
    pub fn clear(&mut self) {
        if self.is_terminal && self.standing > 0 {
            _ = write!(io::stderr(), "\x1b[{}A\x1b[J", self.standing);
            self.standing = 0;
        }
    }

    fn lines(&mut self, progress: &Progress) -> Vec<String> {
        let read = mebibytes(progress.bytes);
        let read = match progress.bytes_in_all {
            Some(bytes) if bytes > 0 => {
                let percent = progress.bytes as f64 * 100.0 / bytes as f64;
                format!("{read} of {} MiB read ({percent:.0} %)", mebibytes(bytes))
            }
            _ => format!("{read} MiB read"),
        };
        // Both lines and words.
        let rate = grouped(self.rate.at(progress.elapsed, progress.metrics.records_in()));
        let mut lines = vec![format!("{:.1} s: {read}, {rate} records/s", progress.elapsed.as_secs_f64())];
        let tasks: Vec<&TaskMetrics> = progress.metrics.tasks.iter().filter(|task| task.open).collect();
        let shown = if self.is_terminal { TASKS_MAX.min(tasks.len()) } else { tasks.len() };
        lines.extend(tasks[..shown].iter().map(|task| format!("task {} at {}", task.task, position(task))));
        if shown < tasks.len() {
            lines.push(format!("and {} more tasks", tasks.len() - shown));
        }
        lines
    }
}

/// The progress of a task.
fn position(task: &TaskMetrics) -> String {
    let position: i64 = task.partitions.iter().map(|partition| partition.position.number()).sum();
    let lag: u64 = task.partitions.iter().map(|partition| partition.lag).sum();
    format!("{} of {}", grouped(position.unsigned_abs()), grouped(position.unsigned_abs() + lag))
}

#[cfg(test)]
mod tests {
    use millstream::metering::{MetricsRegistry, TaskPlan};
    use millstream::{Offset, TaskId, TopicPartition};

    use super::*;

    /// The progress after some seconds, when each of two tasks has read as many records as it should.
    fn progress(seconds: u64, records: u64) -> Progress {
        let registry = MetricsRegistry::new("wordcount");
        let recorder = |number| {
            let partitions = vec![TopicPartition::new("lines", number)];
            let plan = TaskPlan { nodes: vec!["source".into()], partitions, stores: vec![] };
            let mut recorder = registry.task(TaskId::new(0, number), plan);
            recorder.node(0).count_in(records, records);
            recorder.partition(0).at(Offset::new(records as i64), Offset::new(5_000));
            recorder.publish();
            recorder
        };
        let _open = [recorder(0), recorder(1)];
        let (elapsed, metrics) = (Duration::from_secs(seconds), registry.snapshot());
        Progress { elapsed, bytes: 1 << 20, bytes_in_all: Some(4 << 20), metrics }
    }

    #[test]
    fn a_line_has_the_current_rate_and_the_progress_of_each_task() {
        let mut shown = ProgressLines::new(false);
        for (seconds, records) in [(1, 0), (2, 1_000), (5, 4_000)] {
            shown.lines(&progress(seconds, records));
        }
        let expected = [
            "6.0 s: 1.0 of 4.0 MiB read (25 %), 1,750 records/s",
            "task 0_0 at 4,500 of 5,000",
            "task 0_1 at 4,500 of 5,000",
        ];
        assert_eq!(shown.lines(&progress(6, 4_500)), expected);
    }
}
