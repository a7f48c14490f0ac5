//! The sentence of an event, for a person at 3 a.m.

use std::fmt;
use std::time::Duration;

use millstream_types::Topic;

use super::event::Event;
use super::kind::EventKind;
use super::skip::SkippedRecords;

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            EventKind::ThreadState { .. } | EventKind::ThreadFailed { .. } | EventKind::ThreadReplaced { .. } => {
                self.write_thread(f)
            }
            EventKind::TaskCreated { .. }
            | EventKind::TaskWaiting { .. }
            | EventKind::TaskRestoring
            | EventKind::TaskRunning
            | EventKind::TaskClosed { .. }
            | EventKind::TaskFailed(_) => self.write_task(f),
            EventKind::RestoreStarted { .. } | EventKind::RestoreProgress { .. } | EventKind::RestoreEnded { .. } => {
                write_restore(&self.kind, f)
            }
            EventKind::CommitFailed { .. }
            | EventKind::LogUnavailable { .. }
            | EventKind::LogAvailable { .. }
            | EventKind::OffsetOutOfRange { .. }
            | EventKind::LogFailed { .. } => write_log(&self.kind, f),
            EventKind::StoreOutsideChangelog { .. }
            | EventKind::StateDiscarded { .. }
            | EventKind::StoresUnknown { .. }
            | EventKind::StateCleanedUp { .. }
            | EventKind::StateNotCleanedUp { .. } => write_state(&self.kind, f),
            EventKind::RecordsSkipped(skipped) => write_skipped(skipped, f),
            EventKind::TopicCreated { .. }
            | EventKind::StoreBeginsEmpty { .. }
            | EventKind::TopicsLeftOver { .. }
            | EventKind::OffsetsLeftOver { .. }
            | EventKind::RecordsTooOld { .. } => write_topics(&self.kind, f),
            kind => write_application(kind, f),
        }
    }
}

impl Event {
    fn write_thread(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thread = self.thread.as_deref().unwrap_or("(unnamed)");
        match &self.kind {
            EventKind::ThreadState { from, to } => write!(f, "Thread {thread} went from {from} to {to}."),
            EventKind::ThreadFailed { failure, action } => {
                write!(f, "Thread {thread} failed: {failure}; {action}.")
            }
            EventKind::ThreadReplaced { replacement } => {
                write!(f, "Thread {replacement} has taken the place of thread {thread}.")
            }
            _ => Ok(()),
        }
    }

    fn write_task(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.task {
            Some(task) => write!(f, "Task {task} ")?,
            None => f.write_str("A task ")?,
        }
        match &self.kind {
            EventKind::TaskCreated { partitions } => write!(f, "was created for {}.", counted(partitions.len())),
            EventKind::TaskWaiting { reason } => write!(f, "is waiting for its state: {reason}."),
            EventKind::TaskRestoring => f.write_str("is waiting for its stores to be restored."),
            EventKind::TaskRunning => f.write_str("is running."),
            EventKind::TaskClosed { clean: true } => f.write_str("was closed; what it had processed is committed."),
            EventKind::TaskClosed { clean: false } => f.write_str("was closed without a commit."),
            EventKind::TaskFailed(failure) => write!(f, "failed: {failure}."),
            _ => Ok(()),
        }
    }
}

fn write_restore(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::RestoreStarted { store, changelog, from_offset, to_offset } => {
            write!(f, "Restoring store {store} from {changelog}, offsets {from_offset} to {to_offset}.")
        }
        EventKind::RestoreProgress { store, changelog, records, from_offset, to_offset } => write!(
            f,
            "Restoring store {store} from {changelog}: {records} records so far, at offset {from_offset} of {to_offset}."
        ),
        EventKind::RestoreEnded { store, changelog, records, took } => {
            write!(f, "Restored store {store} from {changelog}: {records} records in {}.", Seconds(*took))
        }
        _ => Ok(()),
    }
}

fn write_state(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::StoreOutsideChangelog { store, changelog, stood_at, from_offset, to_offset } => write!(
            f,
            "Store {store} on disk stood at offset {stood_at} of {changelog}, which has the offsets {from_offset} to \
             {to_offset} only: it was emptied and is restored from there."
        ),
        EventKind::StateDiscarded { directory, reason } => write!(
            f,
            "Deleted the damaged state in {directory}; it is restored from the changelogs. Have a look at the disk: \
             {reason}."
        ),
        EventKind::StoresUnknown { directory, stores } => write!(
            f,
            "The directory {directory} holds stores that the topology does not have: {}. They are kept; delete it when they \
             are not needed any more.",
            stores.join(", ")
        ),
        EventKind::StateCleanedUp { directory, tasks } => {
            write!(
                f,
                "Deleted the state of tasks that have been elsewhere for a while, in {directory}: {}.",
                tasks.join(", ")
            )
        }
        EventKind::StateNotCleanedUp { reason } => {
            write!(f, "The state of tasks that are elsewhere cannot be deleted: {reason}.")
        }
        _ => Ok(()),
    }
}

fn write_log(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::CommitFailed { reason, retried: true } => {
            write!(f, "A commit failed and will be tried again: {reason}.")
        }
        EventKind::CommitFailed { reason, retried: false } => write!(f, "A commit failed for good: {reason}."),
        EventKind::LogUnavailable { reason, lasting } if lasting.is_zero() => {
            write!(f, "The log cannot be reached: {reason}. Work goes on when it can.")
        }
        EventKind::LogUnavailable { reason, lasting } => {
            write!(f, "The log has not been reached for {}: {reason}. Work goes on when it can.", Seconds(*lasting))
        }
        EventKind::LogAvailable { lasted } => write!(f, "The log can be reached again after {}.", Seconds(*lasted)),
        EventKind::OffsetOutOfRange { partition, from_offset, to_offset } => write!(
            f,
            "The records of {partition} at offset {from_offset} are gone from the log; reading goes on at {to_offset}."
        ),
        EventKind::LogFailed { reason } => write!(f, "The log refuses this client for good: {reason}."),
        _ => Ok(()),
    }
}

fn write_topics(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::TopicCreated { topic, partitions } => {
            write!(f, "Created the internal topic {topic} with {}.", counted(*partitions as usize))
        }
        EventKind::StoreBeginsEmpty { store, changelog } => write!(
            f,
            "Store {store} begins empty, with what is processed from now on: records came before, and its changelog \
             {changelog} does not exist yet."
        ),
        EventKind::TopicsLeftOver { topics } => write!(
            f,
            "Left from an earlier topology, and read by nothing: {}. Delete them if they are not needed any more.",
            Names(topics)
        ),
        EventKind::OffsetsLeftOver { topics } => write!(
            f,
            "The application has read {} before, and does not now: a source was renamed or removed, or the application \
             id was another application's.",
            Names(topics)
        ),
        EventKind::RecordsTooOld { topic, kept_for, age } => write!(
            f,
            "A record for topic {topic} is {} old, and the topic keeps records for {} only (retention.ms), so the log \
             will delete it without a word. Raise retention.ms of {topic}, or set it to -1.",
            Days(*age),
            Days(*kept_for)
        ),
        _ => Ok(()),
    }
}

fn write_skipped(skipped: &SkippedRecords, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let SkippedRecords { reason, node, count, place, detail } = skipped;
    match count {
        1 => write!(f, "Skipped a record")?,
        _ => write!(f, "Skipped {count} records since the last such line")?,
    }
    write!(f, " in node {node}")?;
    match (count, place) {
        (_, None) => {}
        (1, Some(place)) => write!(f, ", {place}")?,
        (_, Some(place)) => write!(f, ", the latest {place}")?,
    }
    write!(f, ": {reason}")?;
    match detail {
        Some(detail) => write!(f, ": {detail}."),
        None => f.write_str("."),
    }
}

fn write_application(kind: &EventKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match kind {
        EventKind::ApplicationState { from, to } => write!(f, "The application went from {from} to {to}."),
        EventKind::ApplicationFailed(failure) => write!(f, "The application stops: {failure}."),
        EventKind::ShutdownStarted { limit } => write!(f, "Closing; it may take up to {}.", Seconds(*limit)),
        EventKind::ShutdownEnded { clean: true, took } => write!(f, "Closed cleanly after {}.", Seconds(*took)),
        EventKind::ShutdownEnded { clean: false, took } => {
            write!(f, "Closed after {}, but not cleanly: records may be processed again.", Seconds(*took))
        }
        EventKind::Progress(progress) => write!(f, "{progress}"),
        EventKind::Rebalanced { assigned, revoked, lost } => write!(
            f,
            "A rebalance assigned {}, revoked {} and lost {}.",
            counted(assigned.len()),
            revoked.len(),
            lost.len()
        ),
        EventKind::SettingDoubtful { setting, advice } => write!(f, "Check the setting {setting}: {advice}."),
        EventKind::AlertFailed { alert, receiver, attempts, reason } => {
            write!(f, "Gave up an alert ({alert}) to {receiver} after {attempts} attempts: {reason}.")
        }
        EventKind::AlertsDropped { count, receiver } => {
            write!(f, "Dropped {count} alerts to {receiver}: it did not take them in time.")
        }
        EventKind::OutputFailed { reason } => write!(f, "Event lines cannot be written: {reason}."),
        EventKind::ListenerFailed => f.write_str("A listener for events panicked and is heard no more."),
        _ => Ok(()),
    }
}

fn counted(partitions: usize) -> String {
    if partitions == 1 { "1 partition".to_owned() } else { format!("{partitions} partitions") }
}

/// Topics in a sentence.
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
