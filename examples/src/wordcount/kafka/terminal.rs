//! The output for a terminal: one line that is updated, and messages above it.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use millstream::StreamsHandle;
use millstream::events::{Event, EventKind, Level, State};
use millstream::metering::MetricsSnapshot;

use super::super::progress::Rate;
use super::super::report::grouped;

/// The terminal, if there is one.
#[derive(Debug)]
pub(super) struct Terminal {
    is_there: bool,
    /// Whether the line is shown.
    standing: Mutex<bool>,
}

impl Terminal {
    /// The terminal of standard error.
    pub(super) fn new() -> Self {
        Self { is_there: io::stderr().is_terminal(), standing: Mutex::new(false) }
    }

    /// Prints a message above the line.
    pub(super) fn show_event(&self, event: &Event) {
        if self.is_there && is_worth_telling(event) {
            self.write(&format!("wordcount: {event}\n"), false);
        }
    }

    /// Updates the line.
    pub(super) fn show(&self, line: &str) {
        if self.is_there {
            self.write(line, true);
        }
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        if self.is_there {
            self.write("", false);
        }
    }

    fn write(&self, text: &str, stands: bool) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if *standing { "\r\x1b[K" } else { "" };
        // A closed terminal must not stop the counting.
        let mut terminal = io::stderr();
        _ = write!(terminal, "{clear}{text}").and_then(|()| terminal.flush());
        *standing = stands;
    }
}

/// The messages of warnings, errors and long waits.
fn is_worth_telling(event: &Event) -> bool {
    use EventKind::{LogAvailable, RestoreEnded, ShutdownEnded, ShutdownStarted, TopicCreated};
    let awaited = matches!(
        event.kind,
        LogAvailable { .. } | RestoreEnded { .. } | ShutdownEnded { .. } | ShutdownStarted { .. } | TopicCreated { .. }
    );
    awaited || event.level() >= Level::Warn
}

/// The line: the state and progress of the application.
pub(super) fn line(streams: &StreamsHandle, elapsed: Duration, rate: &mut Rate) -> String {
    let snapshot = streams.metrics();
    let per_second = rate.at(elapsed, snapshot.records_in());
    describe(streams.state(), &snapshot, per_second)
}

fn describe(state: State, snapshot: &MetricsSnapshot, per_second: u64) -> String {
    let tasks = snapshot.tasks.iter().filter(|task| task.open).count();
    let stores = || snapshot.tasks.iter().flat_map(|task| &task.stores);
    let mut line =
        format!("{state}, tasks: {tasks}, {} records/s, {} behind", grouped(per_second), grouped(snapshot.lag()));
    let words: u64 = stores().map(|store| store.entries).sum();
    line += &format!(", {} different words here", grouped(words));
    match stores().map(|store| store.restore_remaining).sum() {
        0 => {}
        remaining => line += &format!(", {} to be restored", grouped(remaining)),
    }
    line
}

#[cfg(test)]
mod tests {
    use millstream::metering::{MetricsRegistry, TaskPlan};
    use millstream::{Offset, TaskId, TopicPartition};

    use super::*;

    #[test]
    fn the_line_has_rate_lag_and_what_is_to_be_restored() {
        let registry = MetricsRegistry::new("wordcount");
        let partitions = vec![TopicPartition::new("words", 0)];
        let plan = TaskPlan { nodes: vec![], partitions, stores: vec!["word-counts".into()] };
        let mut recorder = registry.task(TaskId::new(1, 0), plan);
        recorder.partition(0).at(Offset::new(1_000), Offset::new(3_500));
        (recorder.store(0).entries, recorder.store(0).restore_remaining) = (12, 0);
        recorder.publish();
        let line = describe(State::Running, &registry.snapshot(), 1_234);
        assert_eq!(line, "running, tasks: 1, 1,234 records/s, 2,500 behind, 12 different words here");
        recorder.store(0).restore_remaining = 5_000;
        recorder.publish();
        let line = describe(State::Rebalancing, &registry.snapshot(), 0);
        assert!(line.starts_with("rebalancing, ") && line.ends_with(", 5,000 to be restored"), "{line}");
    }
}
