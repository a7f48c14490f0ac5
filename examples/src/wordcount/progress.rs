//! What is shown while it works: a line on standard error, renewed in a terminal, now and then a new one elsewhere.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use millstream::metrics::{MetricsSnapshot, TaskMetrics};

use super::report::{grouped, mebibytes};

/// A terminal's line is renewed this often.
const RENEW_EVERY: Duration = Duration::from_millis(200);

/// Elsewhere a line is written this often.
const WRITE_EVERY: Duration = Duration::from_secs(1);

/// The rate is that of this last stretch of time; the application publishes its numbers about once a second.
const RATE_OVER: Duration = Duration::from_secs(1);

/// A terminal's line has room for this many tasks.
const TASKS_MAX: usize = 4;

/// How far it is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Since when it runs.
    pub elapsed: Duration,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes there are; `None` if nobody knows, as with standard input.
    pub bytes_in_all: Option<u64>,
    /// Lines written to the source topic.
    pub lines: u64,
    /// What the application has counted, at most a second old.
    pub metrics: MetricsSnapshot,
}

/// Shows the progress on standard error.
#[derive(Debug)]
pub struct ProgressLine {
    is_terminal: bool,
    shown_at: Duration,
    /// Since when there was this number of records, and the rate before.
    since: (Duration, u64),
    rate: f64,
}

impl Default for ProgressLine {
    fn default() -> Self {
        let (shown_at, since) = (Duration::ZERO, (Duration::ZERO, 0));
        Self { is_terminal: io::stderr().is_terminal(), shown_at, since, rate: 0.0 }
    }
}

impl ProgressLine {
    /// Shows the progress if it is time.
    pub fn show(&mut self, progress: &Progress) {
        let every = if self.is_terminal { RENEW_EVERY } else { WRITE_EVERY };
        if progress.elapsed < self.shown_at + every {
            return;
        }
        self.shown_at = progress.elapsed;
        self.measure(progress);
        let line = self.line(progress);
        let (before, after) = if self.is_terminal { ("\r\x1b[2K", "") } else { ("", "\n") };
        // Whoever looks no longer at standard error does not want the counting to stop.
        _ = write!(io::stderr(), "{before}{line}{after}").and_then(|()| io::stderr().flush());
    }

    /// Removes the line from a terminal.
    pub fn clear(&self) {
        if self.is_terminal && self.shown_at > Duration::ZERO {
            _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }

    fn measure(&mut self, progress: &Progress) {
        let (since, records_then) = self.since;
        let (stretch, records) = (progress.elapsed - since, progress.metrics.records_in());
        if stretch >= RATE_OVER {
            self.rate = (records - records_then) as f64 / stretch.as_secs_f64();
            self.since = (progress.elapsed, records);
        }
    }

    fn line(&self, progress: &Progress) -> String {
        let read = mebibytes(progress.bytes);
        let read = match progress.bytes_in_all {
            Some(bytes) if bytes > 0 => {
                let percent = progress.bytes as f64 * 100.0 / bytes as f64;
                format!("{read} of {} MiB read ({percent:.0} %)", mebibytes(bytes))
            }
            _ => format!("{read} MiB read"),
        };
        let rate = grouped(self.rate as u64);
        let mut line = format!("{:.1} s: {read}, {rate} records/s", progress.elapsed.as_secs_f64());
        let tasks: Vec<&TaskMetrics> = progress.metrics.tasks.iter().filter(|task| task.open).collect();
        let shown = if self.is_terminal { TASKS_MAX.min(tasks.len()) } else { tasks.len() };
        for task in &tasks[..shown] {
            _ = write!(line, "; task {} at {}", task.task, position(task));
        }
        if shown < tasks.len() {
            _ = write!(line, "; {} more tasks", tasks.len() - shown);
        }
        line
    }
}

/// How far a task is in what it reads.
fn position(task: &TaskMetrics) -> String {
    let position: i64 = task.partitions.iter().map(|partition| partition.position.number()).sum();
    let lag: u64 = task.partitions.iter().map(|partition| partition.lag).sum();
    format!("{} of {}", grouped(position.unsigned_abs()), grouped(position.unsigned_abs() + lag))
}
