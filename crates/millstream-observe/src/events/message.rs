//! The messages of events.

use std::fmt;
use std::time::Duration;

use millstream_types::{TaskId, Topic};

use super::event::Event;
use super::kind::EventKind;
use super::skip::SkippedRecords;

/// There is no wildcard, so that a new event does not compile without a message.
impl fmt::Display for Event {
    #[expect(clippy::too_many_lines, reason = "a flat list: one arm for each event")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = self.thread.as_deref().unwrap_or("(unnamed)");
        let task = Task(self.task);
        match &self.kind {
            EventKind::ApplicationState { from, to } => write!(f, "The application went from {from} to {to}."),
            EventKind::ApplicationPaused => f.write_str("The application is paused: its tasks process nothing."),
            EventKind::ApplicationResumed => f.write_str("The application is resumed."),
            EventKind::ApplicationFailed(failure) => write!(f, "The application stops: {failure}."),
            EventKind::ShutdownStarted { limit } => write!(f, "Closing; it may take up to {}.", Seconds(*limit)),
            EventKind::ShutdownEnded { clean: true, took } => write!(f, "Closed cleanly after {}.", Seconds(*took)),
            EventKind::ShutdownEnded { clean: false, took } => {
                write!(f, "Closed after {}, but not cleanly: records may be processed again.", Seconds(*took))
            }
            EventKind::Progress(progress) => write!(f, "{progress}"),
            EventKind::ThreadState { from, to } => write!(f, "Thread {thread} went from {from} to {to}."),
            EventKind::ThreadFailed { failure, action } => write!(f, "Thread {thread} failed: {failure}; {action}."),
            EventKind::ThreadReplaced { replacement } => {
                write!(f, "Thread {replacement} has taken the place of thread {thread}.")
            }
            EventKind::Rebalanced { assigned, revoked, lost } => {
                let (assigned, revoked, lost) = (counted(assigned.len()), revoked.len(), lost.len());
                write!(f, "A rebalance assigned {assigned}, revoked {revoked} and lost {lost}.")
            }
            EventKind::GroupAssigned(assigned) => write!(f, "{assigned}"),
            EventKind::SubscriptionUnreadable { member, reason } => {
                write!(f, "As the leader of the group, cannot read what the member {member} says: {reason}.")
            }
            EventKind::AssignmentRefused { reason } => write!(f, "Thread {thread} is refused tasks: {reason}."),
            EventKind::TaskCreated { partitions } => write!(f, "{task} was created for {}.", counted(partitions.len())),
            EventKind::TaskWaiting { reason } => write!(f, "{task} is waiting for its state: {reason}."),
            EventKind::TaskRestoring => write!(f, "{task} is waiting for its stores to be restored."),
            EventKind::TaskRunning => write!(f, "{task} is running."),
            EventKind::TaskClosed { clean: true } => write!(f, "{task} was closed; its work is committed."),
            EventKind::TaskClosed { clean: false } => write!(f, "{task} was closed without a commit."),
            EventKind::TaskFailed(failure) => write!(f, "{task} failed: {failure}."),
            EventKind::RestoreStarted { store, changelog, from_offset, to_offset } => {
                write!(f, "Restoring store {store} from {changelog}, offsets {from_offset} to {to_offset}.")
            }
            EventKind::RestoreProgress { store, changelog, records, from_offset, to_offset } => write!(
                f,
                "Restoring store {store} from {changelog}: {records} records so far, at offset {from_offset} of \
                 {to_offset}."
            ),
            EventKind::RestoreEnded { store, changelog, records, took } => {
                write!(f, "Restored store {store} from {changelog}: {records} records in {}.", Seconds(*took))
            }
            EventKind::StandbyStarted { store, changelog, from_offset, to_offset } => {
                write!(
                    f,
                    "The standby of store {store} follows {changelog} from offset {from_offset}; its end is {to_offset}."
                )
            }
            EventKind::StandbyProgress { store, changelog, records, from_offset, to_offset } => write!(
                f,
                "The standby of store {store} follows {changelog}: {records} records so far, at offset {from_offset} of \
                 {to_offset}."
            ),
            EventKind::StandbyCaughtUp { store, changelog, records } => {
                write!(f, "The standby of store {store} has caught up with {changelog}: {records} records.")
            }
            EventKind::StandbySuspended { store, changelog, records, from_offset, to_offset, reason } => write!(
                f,
                "The standby of store {store} {reason}: {records} records of {changelog}, at offset {from_offset} of \
                 {to_offset}."
            ),
            EventKind::StoreOutsideChangelog { store, changelog, stood_at, from_offset, to_offset } => write!(
                f,
                "Store {store} on disk was at offset {stood_at} of {changelog}, which has only the offsets \
                 {from_offset} to {to_offset}: it was emptied and is restored from there."
            ),
            EventKind::StateDiscarded { directory, reason } => write!(
                f,
                "Deleted the damaged state in {directory}; it is restored from the changelogs. Check the disk: {reason}."
            ),
            EventKind::StoresUnknown { directory, stores } => write!(
                f,
                "The directory {directory} holds stores that the topology does not have: {}. They are kept; delete the \
                 directory when they are no longer needed.",
                stores.join(", ")
            ),
            EventKind::StateCleanedUp { directory, tasks } => {
                write!(f, "Deleted the state of tasks that now run elsewhere, in {directory}: {}.", tasks.join(", "))
            }
            EventKind::StateNotCleanedUp { reason } => {
                write!(f, "The state of tasks that now run elsewhere cannot be deleted: {reason}.")
            }
            EventKind::StateModeTightened { directory, from_mode, to_mode } => write!(
                f,
                "The state directory {directory} was open to other users (mode {from_mode}); its mode is {to_mode} now."
            ),
            EventKind::RecordsSkipped(skipped) => write_skipped(skipped, f),
            EventKind::CommitFailed { reason, retried: true } => {
                write!(f, "A commit failed and will be tried again: {reason}.")
            }
            EventKind::CommitFailed { reason, retried: false } => {
                write!(f, "A commit failed and will not be tried again: {reason}.")
            }
            EventKind::LogUnavailable { reason, lasting } if lasting.is_zero() => {
                write!(f, "The log cannot be reached: {reason}. Processing resumes when it can.")
            }
            EventKind::LogUnavailable { reason, lasting } => write!(
                f,
                "The log has not been reachable for {}: {reason}. Processing resumes when it is.",
                Seconds(*lasting)
            ),
            EventKind::LogAvailable { lasted } => {
                write!(f, "The log can be reached again after {}.", Seconds(*lasted))
            }
            EventKind::OffsetOutOfRange { partition, from_offset, to_offset } => {
                write!(
                    f,
                    "The log no longer has the records of {partition} at offset {from_offset}; reading resumes "
                )?;
                match to_offset {
                    Some(offset) => write!(f, "at {offset}."),
                    None => f.write_str("at the first record that is late enough for the reset policy."),
                }
            }
            EventKind::LogFailed { reason } => write!(f, "The log refuses this client for good: {reason}."),
            EventKind::TopicCreated { topic, partitions } => {
                write!(f, "Created the internal topic {topic} with {}.", counted(*partitions as usize))
            }
            EventKind::SourceTopicsChanged { added, removed, grown } => {
                f.write_str("The topics that match the patterns of the topology have changed:")?;
                let mut separator = " ";
                for (what, topics) in [("new", added), ("deleted", removed), ("with more partitions", grown)] {
                    if !topics.is_empty() {
                        write!(f, "{separator}{what} {}", Names(topics))?;
                        separator = "; ";
                    }
                }
                f.write_str(".")
            }
            EventKind::StoreBeginsEmpty { store, changelog } => write!(
                f,
                "Store {store} begins empty and holds what is processed from now on: records were processed before, and \
                 its changelog {changelog} does not exist yet."
            ),
            EventKind::TopicsLeftOver { topics } => write!(
                f,
                "These topics are left from an earlier topology, and nothing reads them: {}. Delete them if they are no \
                 longer needed.",
                Names(topics)
            ),
            EventKind::OffsetsLeftOver { topics } => write!(
                f,
                "The application used to read {} and no longer does: a source was renamed or removed, or the \
                 application id belonged to another application.",
                Names(topics)
            ),
            EventKind::RecordsTooOld { topic, kept_for, age } => write!(
                f,
                "A record for topic {topic} is {} old, and the topic keeps records for only {} (retention.ms), so the log \
                 will delete it without an error. Raise retention.ms of {topic}, or set it to -1.",
                Days(*age),
                Days(*kept_for)
            ),
            EventKind::SettingDoubtful { setting, advice } => write!(f, "Check the setting {setting}: {advice}."),
            EventKind::AlertFailed { alert, receiver, attempts, reason } => {
                write!(f, "Gave up an alert ({alert}) to {receiver} after {attempts} attempts: {reason}.")
            }
            EventKind::AlertsDropped { count, receiver } => {
                write!(f, "Dropped {count} alerts to {receiver}: they could not be delivered in time.")
            }
            EventKind::OutputFailed { reason } => write!(f, "Event lines cannot be written: {reason}."),
            EventKind::ListenerFailed => f.write_str("A listener for events panicked and was removed."),
        }
    }
}

/// The subject of a sentence about a task.
struct Task(Option<TaskId>);

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(task) => write!(f, "Task {task}"),
            None => f.write_str("A task"),
        }
    }
}

fn write_skipped(skipped: &SkippedRecords, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let SkippedRecords { reason, node, count, origin, detail, record_data } = skipped;
    match count {
        1 => write!(f, "Skipped a record")?,
        _ => write!(f, "Skipped {count} records since the last such line")?,
    }
    write!(f, " in node {node}")?;
    match (count, origin) {
        (_, None) => {}
        (1, Some(origin)) => write!(f, ", {origin}")?,
        (_, Some(origin)) => write!(f, ", the latest {origin}")?,
    }
    write!(f, ": {reason}")?;
    if let Some(detail) = detail {
        write!(f, ": {detail}")?;
    }
    if let Some(data) = record_data {
        write!(f, "; {data}")?;
    }
    f.write_str(".")
}

fn counted(partitions: usize) -> String {
    if partitions == 1 { "1 partition".to_owned() } else { format!("{partitions} partitions") }
}

/// A list of topics in a message.
struct Names<'a>(&'a [Topic]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(Topic::as_str).collect();
        f.write_str(&names.join(", "))
    }
}

/// A duration in days to the tenth, in seconds below a day.
struct Days(Duration);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.as_secs_f64() / 86_400.0;
        if days < 1.0 { Seconds(self.0).fmt(f) } else { write!(f, "{days:.1} days") }
    }
}

/// A duration in seconds to the tenth, or in milliseconds below one second.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_secs(1) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}
