//! Everything that an application has to tell: one closed enum.

use std::sync::Arc;
use std::time::Duration;

use millstream_types::{Offset, Topic, TopicPartition};
use serde::Serialize;

use super::event::Level;
use super::failure::{Failure, ThreadAction};
use super::fields::{millis, offset, partition_list, text, topic_list};
use super::progress::Progress;
use super::skip::SkippedRecords;
use super::state::State;

/// From this duration on an unreachable log is no longer a hiccup: somebody should look.
const OUTAGE_MIN: Duration = Duration::from_secs(60);

/// What happened, with its fields. The event's thread and task stand beside it, in [`Event`](super::Event).
///
/// Texts named `detail` may quote a record; every other text comes from the library and never does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EventKind {
    /// The application went from one state to another.
    ApplicationState {
        /// The state it left.
        from: State,
        /// The state it is in.
        to: State,
    },
    /// The application stops, because of this.
    ApplicationFailed(Failure),
    /// Somebody asked the application to close.
    ShutdownStarted {
        /// How long closing may take.
        #[serde(rename = "limit_ms", serialize_with = "millis")]
        limit: Duration,
    },
    /// The application has closed.
    ShutdownEnded {
        /// Whether all threads ended in good order within the limit.
        clean: bool,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        took: Duration,
    },
    /// How far the application is, emitted every `StreamsConfig::progress_interval`.
    Progress(Progress),
    /// A thread went from one state to another.
    ThreadState {
        /// The state it left.
        from: State,
        /// The state it is in.
        to: State,
    },
    /// A thread ends, because of this.
    ThreadFailed {
        /// What happened.
        #[serde(flatten)]
        failure: Failure,
        /// What becomes of it.
        action: ThreadAction,
    },
    /// A new thread has taken the place of the one this event belongs to.
    ThreadReplaced {
        /// The new thread's name.
        replacement: Arc<str>,
    },
    /// The group moved partitions to or from this thread.
    Rebalanced {
        /// Partitions it got.
        #[serde(serialize_with = "partition_list")]
        assigned: Vec<TopicPartition>,
        /// Partitions it gave back in good order.
        #[serde(serialize_with = "partition_list")]
        revoked: Vec<TopicPartition>,
        /// Partitions that others had taken over before it could commit.
        #[serde(serialize_with = "partition_list")]
        lost: Vec<TopicPartition>,
    },
    /// A task was built for these partitions.
    TaskCreated {
        /// The partitions it reads.
        #[serde(serialize_with = "partition_list")]
        partitions: Vec<TopicPartition>,
    },
    /// A task waits for its state, which another thread or process still has open. Told once.
    TaskWaiting {
        /// Who has it, and what it waits for.
        reason: String,
    },
    /// A task waits for its stores to be restored.
    TaskRestoring,
    /// A task has its state and processes records.
    TaskRunning,
    /// A task is closed.
    TaskClosed {
        /// Whether it committed what it had processed.
        clean: bool,
    },
    /// A task cannot go on, because of this.
    TaskFailed(Failure),
    /// Restoring a store begins.
    RestoreStarted {
        /// The store.
        store: Arc<str>,
        /// The changelog it is restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// The first offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset it ends at.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// Restoring a store goes on.
    RestoreProgress {
        /// The store.
        store: Arc<str>,
        /// The changelog it is restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records restored since it began.
        records: u64,
        /// The next offset to read.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset it ends at.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// A store is restored.
    RestoreEnded {
        /// The store.
        store: Arc<str>,
        /// The changelog it was restored from.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// Records restored.
        records: u64,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        took: Duration,
    },
    /// A store on disk was emptied, because its changelog does not have the place where it stood: the topic was deleted
    /// or cut since. It is restored from the changelog's beginning.
    StoreOutsideChangelog {
        /// The store.
        store: Arc<str>,
        /// Its changelog.
        #[serde(serialize_with = "text")]
        changelog: TopicPartition,
        /// The offset at which the store stood.
        #[serde(serialize_with = "offset")]
        stood_at: Offset,
        /// The first offset that the changelog has.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// The offset at which it ends.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// Damaged state on this host was deleted; it is restored from the changelogs.
    StateDiscarded {
        /// The task's directory.
        directory: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A task's directory holds stores that the topology does not have: renamed or removed. They are kept.
    StoresUnknown {
        /// The task's directory.
        directory: String,
        /// Their names.
        stores: Vec<String>,
    },
    /// State on this host was deleted because its tasks have been elsewhere for a while.
    StateCleanedUp {
        /// The application's directory.
        directory: String,
        /// The tasks.
        tasks: Vec<String>,
    },
    /// Such state cannot be deleted. Told once; it is tried again.
    StateNotCleanedUp {
        /// Why.
        reason: String,
    },
    /// Records were left out.
    RecordsSkipped(SkippedRecords),
    /// A commit did not come about.
    CommitFailed {
        /// Why.
        reason: String,
        /// Whether it will be tried again.
        retried: bool,
    },
    /// The log cannot be reached; work goes on by itself when it can. Told again while it lasts.
    LogUnavailable {
        /// Why.
        reason: String,
        /// For how long so far.
        #[serde(rename = "unavailable_ms", serialize_with = "millis")]
        lasting: Duration,
    },
    /// The log can be reached again.
    LogAvailable {
        /// How long it could not.
        #[serde(rename = "unavailable_ms", serialize_with = "millis")]
        lasted: Duration,
    },
    /// Records that were to be read next are gone from the log; reading goes on elsewhere, as the reset policy says.
    OffsetOutOfRange {
        /// The partition.
        #[serde(serialize_with = "text")]
        partition: TopicPartition,
        /// The offset that was to be read next.
        #[serde(serialize_with = "offset")]
        from_offset: Offset,
        /// Where reading goes on.
        #[serde(serialize_with = "offset")]
        to_offset: Offset,
    },
    /// The log refuses this client for good.
    LogFailed {
        /// Why.
        reason: String,
    },
    /// An internal topic was created.
    TopicCreated {
        /// Its name.
        #[serde(serialize_with = "text")]
        topic: Topic,
        /// Its number of partitions.
        partitions: u32,
    },
    /// A store has no changelog yet, although records that concern it were processed before.
    StoreBeginsEmpty {
        /// The store.
        store: Arc<str>,
        /// The changelog it gets.
        #[serde(serialize_with = "text")]
        changelog: Topic,
    },
    /// Internal topics are left from an earlier topology, and nothing reads them. Nothing is lost with them.
    TopicsLeftOver {
        /// Their names.
        #[serde(serialize_with = "topic_list")]
        topics: Vec<Topic>,
    },
    /// The application has committed offsets of topics that its topology does not read.
    OffsetsLeftOver {
        /// Their names.
        #[serde(serialize_with = "topic_list")]
        topics: Vec<Topic>,
    },
    /// A record was written that is older than its topic keeps records, so the log deletes it at its next look. Told once
    /// for each topic.
    RecordsTooOld {
        /// The topic.
        #[serde(serialize_with = "text")]
        topic: Topic,
        /// How long it keeps records: its `retention.ms`.
        #[serde(rename = "retention_ms", serialize_with = "millis")]
        kept_for: Duration,
        /// How long ago the record's time was.
        #[serde(rename = "age_ms", serialize_with = "millis")]
        age: Duration,
    },
    /// A setting, or a mix of them, is allowed but probably not meant.
    SettingDoubtful {
        /// The setting's name; never its value, which may be a secret.
        setting: String,
        /// What it leads to, and what to do.
        advice: String,
    },
    /// An alert did not reach its receiver, and is given up.
    AlertFailed {
        /// The event it was for.
        alert: &'static str,
        /// Where it should have gone: scheme, host and port, the rest may be secret.
        receiver: String,
        /// How often it was tried.
        attempts: u32,
        /// How the last try ended.
        reason: String,
    },
    /// Alerts were never tried, since the queue was full or the time to close was over.
    AlertsDropped {
        /// How many.
        count: u64,
        /// Where they should have gone: scheme, host and port, the rest may be secret.
        receiver: String,
    },
    /// Event lines cannot be written. Told once, to listeners and alerts, until lines can be written again.
    OutputFailed {
        /// Why.
        reason: String,
    },
    /// A listener panicked and is heard no more.
    ListenerFailed,
}

impl EventKind {
    /// The event's name in its line; stable.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ApplicationState { .. } => "application_state",
            Self::ApplicationFailed(_) => "application_failed",
            Self::ShutdownStarted { .. } => "shutdown_started",
            Self::ShutdownEnded { .. } => "shutdown_ended",
            Self::Progress(_) => "progress",
            Self::ThreadState { .. } => "thread_state",
            Self::ThreadFailed { .. } => "thread_failed",
            Self::ThreadReplaced { .. } => "thread_replaced",
            Self::Rebalanced { .. } => "rebalanced",
            Self::TaskCreated { .. } => "task_created",
            Self::TaskWaiting { .. } => "task_waiting",
            Self::TaskRestoring => "task_restoring",
            Self::TaskRunning => "task_running",
            Self::TaskClosed { .. } => "task_closed",
            Self::TaskFailed(_) => "task_failed",
            Self::RestoreStarted { .. } => "restore_started",
            Self::RestoreProgress { .. } => "restore_progress",
            Self::RestoreEnded { .. } => "restore_ended",
            Self::StoreOutsideChangelog { .. } => "store_outside_changelog",
            Self::StateDiscarded { .. } => "state_discarded",
            Self::StoresUnknown { .. } => "stores_unknown",
            Self::StateCleanedUp { .. } => "state_cleaned_up",
            Self::StateNotCleanedUp { .. } => "state_not_cleaned_up",
            Self::RecordsSkipped(_) => "records_skipped",
            Self::CommitFailed { .. } => "commit_failed",
            Self::LogUnavailable { .. } => "log_unavailable",
            Self::LogAvailable { .. } => "log_available",
            Self::OffsetOutOfRange { .. } => "offset_out_of_range",
            Self::LogFailed { .. } => "log_failed",
            Self::TopicCreated { .. } => "topic_created",
            Self::StoreBeginsEmpty { .. } => "store_begins_empty",
            Self::TopicsLeftOver { .. } => "topics_left_over",
            Self::OffsetsLeftOver { .. } => "offsets_left_over",
            Self::RecordsTooOld { .. } => "records_too_old",
            Self::SettingDoubtful { .. } => "setting_doubtful",
            Self::AlertFailed { .. } => "alert_failed",
            Self::AlertsDropped { .. } => "alerts_dropped",
            Self::OutputFailed { .. } => "output_failed",
            Self::ListenerFailed => "listener_failed",
        }
    }

    /// How much it matters.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::TaskCreated { .. } | Self::TaskRestoring | Self::RestoreProgress { .. } => Level::Debug,
            Self::ApplicationState { .. }
            | Self::ShutdownStarted { .. }
            | Self::ShutdownEnded { clean: true, .. }
            | Self::Progress(_)
            | Self::ThreadState { .. }
            | Self::TaskWaiting { .. }
            | Self::TaskRunning
            | Self::TaskClosed { .. }
            | Self::RestoreStarted { .. }
            | Self::RestoreEnded { .. }
            | Self::StateCleanedUp { .. }
            | Self::LogAvailable { .. }
            | Self::TopicCreated { .. }
            | Self::TopicsLeftOver { .. }
            | Self::OffsetsLeftOver { .. } => Level::Info,
            Self::Rebalanced { lost, .. } if lost.is_empty() => Level::Info,
            Self::LogUnavailable { lasting, .. } if *lasting >= OUTAGE_MIN => Level::Error,
            Self::ThreadReplaced { .. }
            | Self::Rebalanced { .. }
            | Self::StoreOutsideChangelog { .. }
            | Self::StoresUnknown { .. }
            | Self::StateNotCleanedUp { .. }
            | Self::RecordsSkipped(_)
            | Self::CommitFailed { retried: true, .. }
            | Self::LogUnavailable { .. }
            | Self::StoreBeginsEmpty { .. }
            | Self::RecordsTooOld { .. }
            | Self::SettingDoubtful { .. }
            | Self::AlertFailed { .. }
            | Self::AlertsDropped { .. }
            | Self::ListenerFailed => Level::Warn,
            Self::ApplicationFailed(_)
            | Self::ShutdownEnded { .. }
            | Self::ThreadFailed { .. }
            | Self::TaskFailed(_)
            | Self::StateDiscarded { .. }
            | Self::CommitFailed { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::LogFailed { .. }
            | Self::OutputFailed { .. } => Level::Error,
        }
    }

    /// Takes out every text that may quote a record.
    pub(crate) fn clear_quotes(&mut self) {
        match self {
            Self::ApplicationFailed(failure) | Self::TaskFailed(failure) | Self::ThreadFailed { failure, .. } => {
                failure.clear_quotes();
            }
            Self::RecordsSkipped(skipped) => skipped.detail = None,
            _ => {}
        }
    }
}
