//! The progress of an application.

use std::fmt;

use serde::Serialize;

/// The progress of this instance of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Records read since the start, including those of repartition topics.
    pub records: u64,
    /// Records read per second since the last such event.
    pub records_per_second: u64,
    /// The sum of the offsets between the tasks' positions and the ends of their partitions.
    pub lag: u64,
    /// Partitions that could not be fetched for some seconds. Their actual lag may be larger.
    pub stalled: usize,
    /// Records of changelogs still to be restored.
    pub restore_remaining: u64,
    /// Open tasks of this instance.
    pub tasks: usize,
}

/// Writes a sentence.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { records, records_per_second, lag, stalled, restore_remaining, tasks } = self;
        let tasks = if *tasks == 1 { "1 task".to_owned() } else { format!("{tasks} tasks") };
        let at_least = if *stalled == 0 { "" } else { "at least " };
        write!(
            f,
            "Read {records} records so far, {records_per_second} a second; {at_least}{lag} still to be read by {tasks}"
        )?;
        match stalled {
            0 => {}
            1 => f.write_str(", since 1 partition cannot be fetched")?,
            _ => write!(f, ", since {stalled} partitions cannot be fetched")?,
        }
        match restore_remaining {
            0 => f.write_str("."),
            _ => write!(f, ", after {restore_remaining} to be restored."),
        }
    }
}
